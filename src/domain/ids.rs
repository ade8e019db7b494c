//! Names of things: 128-bit ids, one type a noun, so that none is taken for another.

use std::fmt;
use std::str::FromStr;

use uuid::{Builder, Uuid};

use crate::clock::Time;

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

            /// The id of something made at `at` (UUID version 7, RFC 9562): the milliseconds
            /// first, then 74 bits of `random`, which must come from a cryptographic source. What
            /// is made together then lies together in every index, so that a commit of many writes
            /// few pages. Moments before 1970 count as 1970.
            pub fn dated(at: Time, random: [u8; 10]) -> Self {
                let millis = u64::try_from(at.as_micros()).unwrap_or(0) / 1_000;
                Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
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
    /// What somebody is told once; it follows from whom, of what and on which occasion.
    NoticeId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_ids_follow_time_and_keep_their_randomness() {
        let at = |millis: i64| Time::from_micros(millis * 1_000);
        let earlier = OrderId::dated(at(1_795_000_000_000), [0xff; 10]);
        let later = OrderId::dated(at(1_795_000_000_001), [0; 10]);
        assert!(earlier < later && earlier.to_string() < later.to_string());
        assert_eq!(earlier.to_string(), "01a1ee565e007fffbfffffffffffffff");
        assert_ne!(OrderId::dated(at(5), [1; 10]), OrderId::dated(at(5), [2; 10]));
        assert_eq!(OrderId::dated(at(-1), [3; 10]), OrderId::dated(at(0), [3; 10]));
    }

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
