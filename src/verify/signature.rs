//! Whose signature it is.

use std::fmt;
use std::str::FromStr;

use k256::ecdsa::{RecoveryId, VerifyingKey};

use crate::address::EvmAddress;

/// A signature as wallets write it: r, s and v in 65 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    inner: k256::ecdsa::Signature,
    odd: bool,
}

/// Why something is no signature; each reads as a sentence for whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// Not `0x` and 130 hexadecimal digits that end in v.
    #[error("A signature is 0x followed by 130 characters, 0 to 9 and a to f.")]
    Form,
    /// The twin that everybody can make of a signature (EIP-2).
    #[error("This signature has a high s, which no wallet writes.")]
    HighS,
    /// No key of any account gives it.
    #[error("This is not the signature of any account.")]
    Nobody,
}

impl Signature {
    /// The signature of these parts; `odd` says which of two points r stands for.
    ///
    /// # Errors
    /// [`BadSignature`] for numbers that are out of range, or a high s.
    pub fn from_parts(r: [u8; 32], s: [u8; 32], odd: bool) -> Result<Self, BadSignature> {
        let inner = k256::ecdsa::Signature::from_scalars(r, s).ok().ok_or(BadSignature::Nobody)?;
        if inner.normalize_s() == inner {
            Ok(Self { inner, odd })
        } else {
            Err(BadSignature::HighS)
        }
    }

    /// The account whose key signed a digest.
    ///
    /// # Errors
    /// [`BadSignature::Nobody`] where there is none.
    pub fn signer(&self, digest: &[u8; 32]) -> Result<EvmAddress, BadSignature> {
        let which = RecoveryId::new(self.odd, false);
        let key = VerifyingKey::recover_from_prehash(digest, &self.inner, which);
        let point = key.ok().ok_or(BadSignature::Nobody)?.to_sec1_point(false);
        let xy = point.as_bytes().get(1..).and_then(|xy| xy.try_into().ok());
        xy.map(EvmAddress::from_public_key).ok_or(BadSignature::Nobody)
    }
}

impl FromStr for Signature {
    type Err = BadSignature;

    /// Reads v as 27 or 28, and as 0 or 1, which some devices write.
    fn from_str(text: &str) -> Result<Self, BadSignature> {
        let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 130);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let digits = digits.ok_or(BadSignature::Form)?;
        let mut bytes = [0; 65];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok().ok_or(BadSignature::Form)?;
            *byte = u8::from_str_radix(pair, 16).ok().ok_or(BadSignature::Form)?;
        }
        let [rs @ .., v] = bytes;
        let odd = match v {
            0 | 27 => false,
            1 | 28 => true,
            _ => return Err(BadSignature::Form),
        };
        let (r, s) = rs.split_at(32);
        let half = |half: &[u8]| half.try_into().ok().ok_or(BadSignature::Form);
        Self::from_parts(half(r)?, half(s)?, odd)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = if self.odd { 28 } else { 27 };
        f.write_str("0x")?;
        self.inner.to_bytes().iter().chain([&v]).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typed::letter;

    /// The signature that EIP-712 gives for its example, by the key keccak256("cow").
    const COW: &str = "0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d\
                       07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c";

    #[test]
    fn cow_signed_the_example_of_eip_712() {
        let (domain, letter) = letter();
        let signature: Signature = COW.parse().unwrap();
        let cow = "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826".parse().unwrap();
        assert_eq!(signature.signer(&domain.digest(&letter)), Ok(cow));
        assert_ne!(signature.signer(&letter), Ok(cow), "another digest, another account");
        assert_eq!(signature.to_string(), COW);
        let with_v_of_a_device = format!("{}01", COW.strip_suffix("1c").unwrap());
        assert_eq!(with_v_of_a_device.parse(), Ok(signature));
        assert_eq!(COW.to_uppercase().replace("0X", "0x").parse(), Ok(signature));
    }

    /// n - s with the other v recovers to the same account, and is refused for that.
    #[test]
    fn the_twin_of_a_signature_is_refused() {
        let order = k256::ecdsa::Signature::from_scalars([1; 32], [1; 32]).unwrap();
        let (r, s) = COW.parse::<Signature>().unwrap().inner.split_scalars();
        let high = k256::ecdsa::Signature::from_scalars(r, -*s).unwrap();
        let (r, s) = high.split_bytes();
        assert_ne!(high, order);
        assert_eq!(Signature::from_parts(r.into(), s.into(), false), Err(BadSignature::HighS));
        let digits: String = [r, s].concat().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(format!("0x{digits}1b").parse::<Signature>(), Err(BadSignature::HighS));
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let body = COW.strip_prefix("0x").unwrap();
        for text in [
            "",
            "0x",
            body,
            &COW[..130],
            &format!("{COW}00"),
            &COW.replace("1c", "1d"),
            &COW.replace("4355", "+355"),
            &COW.replace("4355", "g355"),
            &format!(" {COW}"),
        ] {
            assert_eq!(text.parse::<Signature>(), Err(BadSignature::Form), "{text}");
        }
        let zero = format!("0x{}1b", "0".repeat(128));
        assert_eq!(zero.parse::<Signature>(), Err(BadSignature::Nobody));
        // An r that is no point's coordinate.
        let r = format!("0x{}{}1b", "0".repeat(63) + "5", "1".repeat(64));
        let off: Signature = r.parse().unwrap();
        assert_eq!(off.signer(&[7; 32]), Err(BadSignature::Nobody));
    }
}
