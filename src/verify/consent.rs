//! Consents: a party's signature for one act on one order, which nobody can use for another.

use crate::address::EvmAddress;
use crate::typed::{self, Domain, Word};

/// Name of the domain under which parties sign.
pub const NAME: &str = "Holdfast";
/// Its version.
pub const VERSION: &str = "1";
/// The structure that they sign, as EIP-712 writes types.
pub const TYPE: &str = "Consent(string order,string action,uint256 nonce,uint256 deadline)";

/// What a wallet signs (EIP-191) to show that it is the one of an account's holder. `request` is
/// new each time and entered once, so that no proof can be used again.
pub fn challenge(account: &str, request: &str) -> String {
    format!("Holdfast: my wallet signs for the account {account}. Request {request}.")
}

/// What a party agrees to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The order, 32 hexadecimal digits.
    pub order: String,
    /// The act in words: `release`, `accept: 40 % to the buyer`, `rule: 40 % to the buyer`.
    pub action: String,
    /// The number of the request that it goes with, or of the offer that is made. Each counts once.
    pub nonce: u64,
    /// Until when it counts, in seconds since 1970.
    pub deadline: u64,
    /// The chain that the order is paid on.
    pub chain: u64,
    /// The order's escrow address.
    pub escrow: EvmAddress,
}

impl Consent {
    /// The domain: this chain and this order's address.
    pub const fn domain(&self) -> Domain<'static> {
        Domain { name: NAME, version: VERSION, chain: self.chain, contract: self.escrow }
    }

    /// The digest that is signed.
    pub fn digest(&self) -> Word {
        self.domain().digest(&typed::structure(
            TYPE,
            &[
                typed::text(&self.order),
                typed::text(&self.action),
                typed::number(self.nonce),
                typed::number(self.deadline),
            ],
        ))
    }
}

/// Why a consent does not count; each reads as a sentence for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoConsent {
    /// There is none.
    #[error("This wants the signature of a wallet, and there is none.")]
    Missing,
    /// It cannot be read, or is nobody's.
    #[error("The signature of the wallet cannot be read.")]
    Unreadable,
    /// Its time is over.
    #[error("The signature has expired. Please sign once more.")]
    Expired,
    /// Somebody else's, or for something else: these two cannot be told apart.
    #[error(
        "The signature is not by the wallet that is sealed with this order or named for rulings, or it is for another order, act, share or request."
    )]
    OtherSigner,
}

/// Whether `proof` is the signature of `wallet` over the [`challenge`] of an account and request.
#[cfg(feature = "recover")]
pub fn is_proven(wallet: EvmAddress, (account, request): (&str, &str), proof: &str) -> bool {
    let digest = crate::message::digest(&challenge(account, request));
    let signature = proof.parse::<crate::signature::Signature>();
    signature.is_ok_and(|signature| signature.signer(&digest) == Ok(wallet))
}

#[cfg(feature = "recover")]
impl Consent {
    /// Whether `signature` is the consent of `signer`, at `now_secs` since 1970.
    ///
    /// # Errors
    /// [`NoConsent`] says why not.
    pub fn check(
        &self,
        signer: EvmAddress,
        signature: &str,
        now_secs: u64,
    ) -> Result<(), NoConsent> {
        let signature: crate::signature::Signature =
            signature.parse().ok().ok_or(NoConsent::Unreadable)?;
        if now_secs > self.deadline {
            return Err(NoConsent::Expired);
        }
        let found = signature.signer(&self.digest()).ok().ok_or(NoConsent::Unreadable)?;
        if found == signer { Ok(()) } else { Err(NoConsent::OtherSigner) }
    }
}

#[cfg(all(test, feature = "recover"))]
mod tests {
    use super::*;

    fn consent() -> Consent {
        Consent {
            order: "0102030405060708090a0b0c0d0e0f10".to_owned(),
            action: "release".to_owned(),
            nonce: 1,
            deadline: 1_800_000_000,
            chain: 31_337,
            escrow: EvmAddress::from_bytes([0x51; 20]),
        }
    }

    /// Signed with eth-account 0.14.0 by the key of all `11` bytes.
    const SIGNER: &str = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A";
    const SIGNED: &str = "0x1465dfbbfd32d63af26275f4ab5207daebf8fecfdf4e6c78437cd919f40a4b57\
                          492b03923e7bec6dc515946b43167f6075101c60410d35b6fa964242031e69e61b";

    #[test]
    fn a_wallet_s_consent_counts_until_its_deadline() {
        let signer = SIGNER.parse().unwrap();
        assert_eq!(consent().check(signer, SIGNED, 1_800_000_000), Ok(()));
        assert_eq!(consent().check(signer, SIGNED, 1_800_000_001), Err(NoConsent::Expired));
    }

    #[test]
    fn a_wallet_is_proven_for_one_account_and_one_request() {
        let (account, request) = ("02".repeat(16), "40".repeat(16));
        let proven = |signer: EvmAddress, account: &str, request: &str| {
            is_proven(signer, (account, request), PROOF)
        };
        let signer = SIGNER.parse().unwrap();
        assert!(proven(signer, &account, &request));
        assert!(!proven(EvmAddress::from_bytes([1; 20]), &account, &request));
        assert!(!proven(signer, &request, &request));
        assert!(!proven(signer, &account, &account));
        assert!(!is_proven(signer, (&account, &request), ""));
    }

    const PROOF: &str = "0xb9e3cc499f2b3319ba8af29c43689e8a51a4e3b62d726964ad2a8f80a5350937\
                         5176cf3e8ad7d6f7b5d34c57bfc416667d3a8805ec2ee3678e56abe4a4f564501c";

    #[test]
    fn it_counts_for_nothing_else_and_nobody_else() {
        let signer = SIGNER.parse().unwrap();
        let same = consent();
        for other in [
            Consent { order: same.order.replace("01", "02"), ..same.clone() },
            Consent { action: "refund".to_owned(), ..same.clone() },
            Consent { nonce: 2, ..same.clone() },
            Consent { deadline: same.deadline + 1, ..same.clone() },
            Consent { chain: 1, ..same.clone() },
            Consent { escrow: EvmAddress::from_bytes([0x52; 20]), ..same.clone() },
        ] {
            let found = other.check(signer, SIGNED, 1_700_000_000);
            assert_eq!(found, Err(NoConsent::OtherSigner), "{other:?}");
        }
        let stranger = EvmAddress::from_bytes([0x53; 20]);
        assert_eq!(same.check(stranger, SIGNED, 0), Err(NoConsent::OtherSigner));
        for text in ["", "0x", "0x00", &SIGNED.replace("0x", "")] {
            assert_eq!(same.check(signer, text, 0), Err(NoConsent::Unreadable), "{text}");
        }
    }
}
