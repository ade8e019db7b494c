//! Names of things: random 128-bit ids, one type a noun, so that none is taken for another.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct BadId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id made of these bytes, which must come from a cryptographic source of
            /// randomness: the id is part of the page's address.
            pub const fn from_random(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self.0.as_simple(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.as_simple())
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            /// Only the one form that we write: an id has no second spelling.
            fn from_str(text: &str) -> Result<Self, BadId> {
                let exact = text.len() == 32
                    && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                if !exact {
                    return Err(BadId);
                }
                Uuid::try_parse(text).map(Self).ok().ok_or(BadId)
            }
        }
    )*};
}

ids! {
    /// A person or an agent with an account.
    UserId;
    /// A store.
    StoreId;
    /// An item in a store's window.
    ItemId;
    /// A priced variant of an item.
    PackageId;
    /// One purchase with its own escrow.
    OrderId;
    /// An API key; the secret itself is not its id.
    KeyId;
    /// A stored rate that quotes refer to.
    RateId;
    /// A request to enter an address into escrow's address book.
    AddressRequestId;
    /// An alarm raised by escrow.
    AlarmId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = OrderId::from_random([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in [
            "ABABABABABABABABABABABABABABABAB",
            "abababab-abab-abab-abab-abababababab",
            "abababababababababababababababa",
            "",
        ] {
            assert_eq!(text.parse::<OrderId>(), Err(BadId), "{text}");
        }
    }
}
