//! Keys: m/44'/60'/purpose'/generation/index, and what may be signed with them.

mod site;

use std::fmt;

use bip32::{ChildNumber, DerivationPath, Prefix, XPrv};
use bip39::Mnemonic;
use domain::EvmAddress;
use domain::seal::hex;
use hkdf::Hkdf;
use k256::ecdsa::SigningKey;
use secrecy::ExposeSecret;
use sha2::Sha256;
use verify::keccak256;
use zeroize::{Zeroize, Zeroizing};

use crate::evm::eip3009::{Authorization, SignedAuthorization};
use crate::evm::tx::{LegTx, RelayTx, SignedTx, TopUpTx, TransferTx};
use crate::fault::Fault;
use crate::locked::Locked;
use crate::seal::SealKey;
use crate::secret::KeySource;

/// Purpose of the addresses that orders are paid to.
pub const ORDERS: u32 = 0;
/// Purpose of the addresses that vendors' deposits are paid to.
pub const DEPOSITS: u32 = 1;
/// Purpose of the wallet that pays the gas of tokens' payouts.
pub const GAS: u32 = 2;
/// Purpose of the keys that sign terms for this site; the first of them also says whose ledger this
/// is, and from it MAC keys come.
const SITE: u32 = 3;
/// Where the account keys begin, and the coin of that place.
const ACCOUNT: &str = "m/44'/60'";
const COIN: u32 = 60;
/// Separates the key of seals from any other that may come from the same source.
const SEAL_INFO: &[u8] = b"holdfast seals 1";

/// Where the key of an address is, below m/44'/60'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// [`ORDERS`] or [`DEPOSITS`]; [`GAS`] of a wallet, whose index is 0.
    pub purpose: u32,
    /// Rises at each restore.
    pub generation: u32,
    /// Number of the key.
    pub index: u32,
}

impl From<(u32, u32)> for Place {
    /// Generation and index of an order's key.
    fn from((generation, index): (u32, u32)) -> Self {
        Self { purpose: ORDERS, generation, index }
    }
}

/// The only things that can be signed.
#[derive(Debug, Clone, Copy)]
pub enum Signable<'a> {
    /// The chain tx of a payout's leg.
    Leg(&'a LegTx),
    /// The chain tx that carries a leg's authorization, of the gas wallet.
    Relay(&'a RelayTx),
    /// The chain tx of a leg that transfers a token.
    Transfer(&'a TransferTx),
    /// Coin for an address of ours, of the gas wallet.
    TopUp(&'a TopUpTx),
    /// What the gas wallet holds, where all is moved by the keys alone.
    Purse(&'a LegTx),
}

/// The keys of an installation. They never leave this type.
pub struct Keys {
    held: Locked<Held>,
    fingerprint: String,
}

/// What is secret of them.
struct Held {
    orders: XPrv,
    deposits: XPrv,
    gas: XPrv,
    site: XPrv,
    seal: SealKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// The extended private key at m/44'/60' of a BIP-39 phrase, in the form that wallets write.
///
/// # Errors
/// [`Fault::Key`] for a phrase that is none.
pub fn account_key(phrase: &str) -> Result<Zeroizing<String>, Fault> {
    let mnemonic = Mnemonic::parse_normalized(phrase).map_err(|error| bad(&error))?;
    let seed = Zeroizing::new(mnemonic.to_seed_normalized(""));
    let path: DerivationPath = ACCOUNT.parse().map_err(|error| bad(&error))?;
    let key = XPrv::derive_from_path(seed.as_slice(), &path).map_err(|error| bad(&error))?;
    Ok(key.to_string(Prefix::XPRV))
}

/// Whether a text is the private key of that place.
pub(crate) fn is_account_key(text: &str) -> bool {
    let place = |key: XPrv| {
        let attrs = key.attrs();
        attrs.depth == 2 && attrs.child_number.is_hardened() && attrs.child_number.index() == COIN
    };
    text.starts_with("xprv") && text.parse().is_ok_and(place)
}

impl Keys {
    /// Derives the account keys from a BIP-39 phrase; the phrase is not kept.
    ///
    /// # Errors
    /// [`Fault::Key`] for a phrase that is none.
    pub fn from_phrase(phrase: &str) -> Result<Self, Fault> {
        Self::from_account_key(&account_key(phrase)?)
    }

    /// The keys that a secret file names, whose text is erased.
    ///
    /// # Errors
    /// [`Fault::Key`] where it names none.
    pub fn from_source(source: KeySource) -> Result<Self, Fault> {
        match source {
            KeySource::Phrase(phrase) => Self::from_phrase(phrase.expose_secret()),
            KeySource::Account(key) => Self::from_account_key(key.expose_secret()),
        }
    }

    /// The same keys from the extended private key at m/44'/60'.
    ///
    /// # Errors
    /// [`Fault::Key`] for a text that is none.
    pub fn from_account_key(text: &str) -> Result<Self, Fault> {
        let root: XPrv = text.parse().map_err(|error| bad(&error))?;
        let orders = hardened(&root, ORDERS)?;
        let deposits = hardened(&root, DEPOSITS)?;
        let gas = hardened(&root, GAS)?;
        let site = hardened(&root, SITE)?;
        let first = child(&child(&site, 0)?, 0)?;
        let address = address_of(first.private_key())?;
        let mut secret = first.private_key().to_bytes();
        let mut key = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(None, &secret).expand(SEAL_INFO, key.as_mut());
        secret.zeroize();
        expanded.map_err(|error| bad(&error))?;
        let fingerprint = hex(&keccak256(address.as_bytes()));
        let held = Locked::new(Held { orders, deposits, gas, site, seal: SealKey::new(key) });
        Ok(Self { held, fingerprint })
    }

    /// Tells this installation's keys from any other's.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The key of seals.
    pub fn seal(&self) -> &SealKey {
        &self.held.seal
    }

    /// The address that an order is paid to under an index.
    ///
    /// # Errors
    /// [`Fault::Key`] beyond 2^31 - 1.
    pub fn address(&self, generation: u32, index: u32) -> Result<EvmAddress, Fault> {
        self.address_at((generation, index).into())
    }

    /// The address at a place.
    ///
    /// # Errors
    /// [`Fault::Key`] beyond 2^31 - 1, and of another purpose.
    pub fn address_at(&self, place: Place) -> Result<EvmAddress, Fault> {
        address_of(self.key_at(place)?.private_key())
    }

    /// The wallet that pays the gas of tokens' payouts.
    ///
    /// # Errors
    /// [`Fault::Key`] beyond 2^31 - 1.
    pub fn gas_wallet(&self, generation: u32) -> Result<EvmAddress, Fault> {
        address_of(self.gas_key(generation)?.private_key())
    }

    /// Signs a chain tx: a leg with the key of the address at a place, a relay or a top-up with that of
    /// the generation's gas wallet.
    ///
    /// # Errors
    /// [`Fault::Key`] when the key is not the one of the address that it is to be sent from, or a
    /// top-up goes to anybody else than an address of ours.
    pub fn sign(&self, place: impl Into<Place>, what: Signable<'_>) -> Result<SignedTx, Fault> {
        let place = place.into();
        let (key, from) = match what {
            Signable::Leg(leg) => (self.key_at(place)?, leg.from),
            Signable::Relay(relay) => (self.gas_key(place.generation)?, relay.from),
            Signable::Transfer(transfer) => (self.key_at(place)?, transfer.leg.from),
            Signable::Purse(coin) => (self.gas_key(place.generation)?, coin.from),
            Signable::TopUp(top_up) => {
                own(&self.key_at(top_up.place)?, top_up.coin.to)?;
                (self.gas_key(place.generation)?, top_up.coin.from)
            }
        };
        own(&key, from)?;
        match what {
            Signable::Leg(leg) | Signable::Purse(leg) => leg.sign(key.private_key()),
            Signable::Relay(relay) => relay.sign(key.private_key()),
            Signable::Transfer(transfer) => transfer.sign(key.private_key()),
            Signable::TopUp(top_up) => top_up.coin.sign(key.private_key()),
        }
    }

    /// Signs the authorization of a leg with the key of the address at a place.
    ///
    /// # Errors
    /// [`Fault::Key`] when the key is not the one of the address that the money leaves.
    pub fn authorize(
        &self,
        place: impl Into<Place>,
        asked: &Authorization,
    ) -> Result<SignedAuthorization, Fault> {
        let key = self.key_at(place.into())?;
        own(&key, asked.from)?;
        asked.sign(key.private_key())
    }

    fn gas_key(&self, generation: u32) -> Result<XPrv, Fault> {
        child(&child(&self.held.gas, generation)?, 0)
    }

    fn key_at(&self, place: Place) -> Result<XPrv, Fault> {
        let branch = match place.purpose {
            ORDERS => &self.held.orders,
            DEPOSITS => &self.held.deposits,
            other => return Err(Fault::Key(format!("no address has a key of purpose {other}"))),
        };
        child(&child(branch, place.generation)?, place.index)
    }
}

/// Refuses a key of any other address.
fn own(key: &XPrv, from: EvmAddress) -> Result<(), Fault> {
    if address_of(key.private_key())? == from {
        Ok(())
    } else {
        Err(Fault::Key(format!("the key of {from} is another one")))
    }
}

fn hardened(parent: &XPrv, number: u32) -> Result<XPrv, Fault> {
    let number = ChildNumber::new(number, true).map_err(|error| bad(&error))?;
    parent.derive_child(number).map_err(|error| bad(&error))
}

fn child(parent: &XPrv, number: u32) -> Result<XPrv, Fault> {
    let number = ChildNumber::new(number, false).map_err(|error| bad(&error))?;
    parent.derive_child(number).map_err(|error| bad(&error))
}

fn address_of(key: &SigningKey) -> Result<EvmAddress, Fault> {
    let point = key.verifying_key().to_sec1_point(false);
    let xy: &[u8; 64] = point
        .as_bytes()
        .get(1..)
        .and_then(|xy| xy.try_into().ok())
        .ok_or_else(|| Fault::Key("a public key has another length".to_owned()))?;
    Ok(EvmAddress::from_public_key(xy))
}

fn bad(error: &dyn fmt::Display) -> Fault {
    Fault::Key(format!("the keys cannot be derived: {error}"))
}

/// A new phrase of 24 words.
///
/// # Errors
/// [`Fault::Key`] when the system has no randomness to give.
pub fn new_mnemonic() -> Result<Zeroizing<String>, Fault> {
    let mut entropy = Zeroizing::new([0; 32]);
    getrandom::fill(entropy.as_mut()).map_err(|error| bad(&error))?;
    let mnemonic = Mnemonic::from_entropy(entropy.as_ref()).map_err(|error| bad(&error))?;
    Ok(Zeroizing::new(mnemonic.to_string()))
}

#[cfg(test)]
mod tests;
