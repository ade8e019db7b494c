//! Sealing: the MAC by which escrow knows its own terms again.

use std::fmt;

use db::ledger::Sealed;
use domain::clock::Time;
use domain::seal::{Terms, hex, unhex};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The key under which terms are sealed.
#[derive(Clone)]
pub struct SealKey(Zeroizing<[u8; 32]>);

/// A seal that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the seal is broken: {0}")]
pub struct BrokenSeal(String);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

impl SealKey {
    pub(crate) const fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self(key)
    }

    /// The row that seals terms.
    ///
    /// # Errors
    /// [`BrokenSeal`] never in practice: HMAC takes a key of any length.
    pub fn seal(&self, terms: &Terms, at: Time) -> Result<Sealed, BrokenSeal> {
        let text = terms.to_text();
        let mac = self.mac(text.as_bytes())?.finalize().into_bytes();
        Ok(Sealed {
            order: terms.order,
            chain: terms.chain,
            address: terms.escrow,
            terms: text.into_bytes(),
            mac: hex(&mac),
            sealed_at: at,
            signed: None,
        })
    }

    /// The terms of a row, if its MAC holds and its columns say what its text says.
    ///
    /// # Errors
    /// [`BrokenSeal`] otherwise: somebody wrote the row who is not escrow.
    pub fn open(&self, sealed: &Sealed) -> Result<Terms, BrokenSeal> {
        let broken = |why: &str| BrokenSeal(why.to_owned());
        let mac = unhex(&sealed.mac).ok_or_else(|| broken("the MAC is not one"))?;
        self.mac(&sealed.terms)?
            .verify_slice(&mac)
            .map_err(|_mismatch| broken("the MAC does not match the terms"))?;
        let text =
            std::str::from_utf8(&sealed.terms).map_err(|error| broken(&error.to_string()))?;
        let terms = Terms::from_text(text).map_err(|error| broken(&error.to_string()))?;
        let columns = (sealed.order, sealed.chain, sealed.address);
        if columns == (terms.order, terms.chain, terms.escrow) {
            Ok(terms)
        } else {
            Err(broken("the row belongs to another order"))
        }
    }

    /// The MAC of any other text of ours, each kind of which begins with a line of its own.
    ///
    /// # Errors
    /// As of [`SealKey::seal`].
    pub fn tag(&self, text: &str) -> Result<String, BrokenSeal> {
        Ok(hex(&self.mac(text.as_bytes())?.finalize().into_bytes()))
    }

    /// Whether a MAC is that of the text.
    pub fn fits(&self, text: &str, tag: &str) -> bool {
        let mac = unhex(tag).zip(self.mac(text.as_bytes()).ok());
        mac.is_some_and(|(tag, mac)| mac.verify_slice(&tag).is_ok())
    }

    fn mac(&self, text: &[u8]) -> Result<Hmac<Sha256>, BrokenSeal> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_ref())
            .map_err(|error| BrokenSeal(error.to_string()))?;
        mac.update(text);
        Ok(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::EvmAddress;
    use domain::chain::ChainId;
    use domain::ids::{OrderId, StoreId, UserId};
    use domain::money::{Amount, Bps, Cents, UsdMicros};

    fn terms() -> Terms {
        let address = |byte| EvmAddress::from_bytes([byte; 20]);
        Terms {
            order: OrderId::from_random([1; 16]),
            buyer: UserId::from_random([2; 16]),
            store: StoreId::from_random([3; 16]),
            lines_hash: [4; 32],
            total: Cents::new(2_500).unwrap(),
            chain: ChainId::DEVELOPMENT,
            token: None,
            usd: UsdMicros::new(2_500_000_000).unwrap(),
            due: Amount::from_u128(10),
            tolerance: Bps::percent(1),
            escrow: address(0x51),
            refund: address(0x52),
            payout: address(0x53),
            commission_wallet: address(0x54),
            commission: Bps::percent(5),
            referral: None,
            resolver: None,
            signer: None,
            deposit: false,
            handling_hours: 72,
            inspection_hours: 336,
            placed_at: Time::from_secs(1),
            expires_at: Time::from_secs(2),
        }
    }

    fn key(byte: u8) -> SealKey {
        SealKey::new(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn a_seal_opens_to_what_was_sealed() {
        let sealed = key(1).seal(&terms(), Time::from_secs(1)).unwrap();
        assert_eq!(key(1).open(&sealed), Ok(terms()));
    }

    #[test]
    fn a_tag_fits_its_text_and_key_alone() {
        let tag = key(1).tag("a").unwrap();
        assert!(key(1).fits("a", &tag));
        for (key, text, tag) in
            [(key(2), "a", tag.clone()), (key(1), "b", tag.clone()), (key(1), "a", tag[2..].into())]
        {
            assert!(!key.fits(text, &tag));
        }
    }

    #[test]
    fn a_seal_breaks_at_any_byte_any_column_and_under_any_other_key() {
        let sealed = key(1).seal(&terms(), Time::from_secs(1)).unwrap();
        assert!(key(2).open(&sealed).is_err());
        for at in 0..sealed.terms.len() {
            let mut other = sealed.clone();
            other.terms[at] ^= 1;
            assert!(key(1).open(&other).is_err(), "byte {at}");
        }
        let moved = [
            Sealed { order: OrderId::from_random([9; 16]), ..sealed.clone() },
            Sealed { address: EvmAddress::from_bytes([9; 20]), ..sealed.clone() },
            Sealed { chain: ChainId::BASE, ..sealed.clone() },
            Sealed { mac: sealed.mac.replace("0x", "0X"), ..sealed.clone() },
        ];
        for other in moved {
            assert!(key(1).open(&other).is_err());
        }
    }
}
