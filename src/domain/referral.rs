//! Referrals: the code by which an account invites others, and when an inviter is paid.

use std::fmt;
use std::str::FromStr;

use crate::EvmAddress;
use crate::ids::UserId;
use crate::refusal::BadText;

/// Characters of a code.
const LENGTH: usize = 8;
/// Digits and letters without those that are taken for one another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The code by which an account invites others. It is no secret: whoever knows it can only be invited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InviteCode(String);

impl InviteCode {
    /// A code of random bytes, of which each gives a character.
    pub fn from_random(bytes: [u8; LENGTH]) -> Self {
        let letter = |byte: u8| ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
        Self(bytes.into_iter().map(|byte| char::from(letter(byte))).collect())
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for InviteCode {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let code = text.trim().to_ascii_lowercase();
        let known = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        if known { Ok(Self(code)) } else { Err(BadText::Form("This is no invitation code.")) }
    }
}

/// Whose order it is and where its money goes, as far as an inviter must not be one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties {
    /// Who placed it.
    pub buyer: UserId,
    /// Whether the inviter belongs to its store.
    pub sells: bool,
    /// Where a refund goes, where that is known yet.
    pub refund: Option<EvmAddress>,
    /// Where the vendor is paid, where that is known.
    pub payout: Option<EvmAddress>,
}

/// Whether an inviter is paid at an address for an order: nobody is for what he bought or sold
/// himself, as far as accounts and addresses tell.
pub fn is_paid(inviter: UserId, address: EvmAddress, parties: &Parties) -> bool {
    let own = [parties.refund, parties.payout].contains(&Some(address));
    inviter != parties.buyer && !parties.sells && !own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code = InviteCode::from_random([0, 31, 32, 255, 10, 20, 9, 64]);
        assert_eq!(code.as_str(), "0z0zam90");
        assert_eq!(" 0Z0zAM90 ".parse(), Ok(code));
        for bad in ["", "0z0zan9", "0z0zam900", "0z0zan9i", "0z0zan9ü"] {
            assert!(bad.parse::<InviteCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_is_paid_for_his_own_orders() {
        let id = |byte| UserId::from_random([byte; 16]);
        let at = |byte| EvmAddress::from_bytes([byte; 20]);
        let parties =
            Parties { buyer: id(1), sells: false, refund: Some(at(2)), payout: Some(at(3)) };
        assert!(is_paid(id(9), at(4), &parties));
        assert!(is_paid(id(9), at(2), &Parties { refund: None, ..parties }));
        assert!(!is_paid(id(1), at(4), &parties), "the buyer");
        assert!(!is_paid(id(9), at(4), &Parties { sells: true, ..parties }), "of the store");
        assert!(!is_paid(id(9), at(2), &parties), "the buyer's address");
        assert!(!is_paid(id(9), at(3), &parties), "the vendor's address");
    }
}
