//! The secret file: read once from an open descriptor, checked whole, shown nowhere.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::net::IpAddr;
use std::os::unix::fs::FileExt;

use bip39::Mnemonic;
use domain::EvmAddress;
use domain::chain::ChainId;
use secrecy::{ExposeSecret, SecretString};
use ureq::http::Uri;
use zeroize::Zeroizing;

use crate::config::ConfigError;
use crate::keys;

/// The names that the secret file may hold.
pub const SECRET_VARS: &[&str] = &[
    "MNEMONIC",
    "ACCOUNT_KEY",
    "ALCHEMY_API_KEY",
    "ALCHEMY_NETWORK",
    "COMMISSION_WALLET_MAINNET",
    "COMMISSION_WALLET_SEPOLIA",
    "COMMISSION_WALLET_BASE",
    "COMMISSION_WALLET_DEV",
    "TOKENS_MAINNET",
    "TOKENS_SEPOLIA",
    "TOKENS_BASE",
    "TOKENS_DEV",
    "RESOLVER_WALLET_MAINNET",
    "RESOLVER_WALLET_SEPOLIA",
    "RESOLVER_WALLET_BASE",
    "RESOLVER_WALLET_DEV",
    "RPC_URL_MAINNET",
    "RPC_URL_SEPOLIA",
    "RPC_URL_BASE",
    "RPC_URL_DEV",
    "PRICES_URL",
    "ESCROW_DB_USER",
    "ESCROW_DB_PASSWORD",
];

/// Each token is asked about at each look.
const TOKENS_MAX: usize = 16;

/// The file is a page of settings; anything longer is another file.
pub(crate) const LENGTH_MAX: usize = 64 << 10;

/// A chain with its names in the file and at Alchemy.
struct Named {
    id: ChainId,
    suffix: &'static str,
    network: Option<&'static str>,
}

const CHAINS: [Named; 4] = [
    Named { id: ChainId::ETHEREUM, suffix: "MAINNET", network: Some("eth-mainnet") },
    Named { id: ChainId::SEPOLIA, suffix: "SEPOLIA", network: Some("eth-sepolia") },
    Named { id: ChainId::BASE, suffix: "BASE", network: Some("base-mainnet") },
    Named { id: ChainId::DEVELOPMENT, suffix: "DEV", network: None },
];

/// Phrases that stand in manuals: whoever reads them holds their keys.
const PUBLIC_PHRASES: [&str; 2] = [
    "test test test test test test test test test test test junk",
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
];

/// Values that say that nobody has filled them in.
const PLACEHOLDERS: [&str; 8] =
    ["changeme", "change-me", "secret", "password", "example", "xxx", "your-api-key", "todo"];

/// A chain to serve.
pub struct ChainSecret {
    /// Which one.
    pub id: ChainId,
    /// Its provider.
    pub url: SecretString,
    /// Where its commissions go.
    pub commission_wallet: EvmAddress,
    /// Where the site's fees for rulings go; without one none is taken.
    pub resolver_wallet: Option<EvmAddress>,
    /// Contracts of stablecoins to be offered besides those that are listed.
    pub tokens: Vec<EvmAddress>,
}

/// What all keys come from.
pub enum KeySource {
    /// A BIP-39 phrase.
    Phrase(SecretString),
    /// The extended private key at m/44'/60', so that the phrase stays on paper.
    Account(SecretString),
}

/// What the secret file holds, checked.
pub struct Secrets {
    /// What all keys come from.
    pub keys: KeySource,
    /// The chains to serve, at least one.
    pub chains: Vec<ChainSecret>,
    /// Where prices come from.
    pub prices_url: SecretString,
    /// Escrow's own user of the database server.
    pub db_user: Option<SecretString>,
    /// Its password.
    pub db_password: Option<SecretString>,
}

impl fmt::Debug for ChainSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainSecret({}, ..)", self.id.get())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({:?}, ..)", self.chains)
    }
}

pub(crate) type Values = BTreeMap<&'static str, SecretString>;

fn wrong<T>(sentence: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError(sentence.into()))
}

impl Secrets {
    /// Reads the file by position, so that a descriptor shared with its opener is not moved.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable that is missing, malformed or left at a default.
    pub fn read(file: &File) -> Result<Self, ConfigError> {
        Self::parse(&text(file)?)
    }

    /// Reads the lines of the file.
    ///
    /// # Errors
    /// As of [`Secrets::read`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::of(&values(text)?)
    }

    /// Checks the lines of the file.
    pub(crate) fn of(values: &Values) -> Result<Self, ConfigError> {
        let chains = chains(values)?;
        let only_development = chains.iter().all(|chain| chain.id == ChainId::DEVELOPMENT);
        Ok(Self {
            keys: key_source(values, only_development)?,
            prices_url: prices_url(values)?,
            db_user: values.get("ESCROW_DB_USER").cloned(),
            db_password: values.get("ESCROW_DB_PASSWORD").cloned(),
            chains,
        })
    }
}

/// The whole text of the file.
pub(crate) fn text(file: &File) -> Result<Zeroizing<String>, ConfigError> {
    let mut bytes = Zeroizing::new(vec![0; LENGTH_MAX]);
    let mut length = 0;
    loop {
        let rest = bytes.get_mut(length..).unwrap_or_default();
        let offset = u64::try_from(length).unwrap_or(u64::MAX);
        match file.read_at(rest, offset) {
            Ok(0) => break,
            Ok(read) => length = length.saturating_add(read),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                return wrong(format!("SECRET_FILE cannot be read: {}.", error.kind()));
            }
        }
    }
    if length >= LENGTH_MAX {
        return wrong("SECRET_FILE is too long to be a file of settings.");
    }
    match std::str::from_utf8(bytes.get(..length).unwrap_or_default()) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => wrong("SECRET_FILE is not a file of text."),
    }
}

/// The lines by name; empty values count as missing.
pub(crate) fn values(text: &str) -> Result<Values, ConfigError> {
    let mut values = Values::new();
    for (at, line) in dotenvy::from_read_iter(text.as_bytes()).enumerate() {
        let Ok((name, value)) = line else {
            let n = at.saturating_add(1);
            return wrong(format!("SECRET_FILE: entry {n} is not of the form NAME=value."));
        };
        let Some(known) = SECRET_VARS.iter().find(|known| **known == name) else {
            let shown: String = name.chars().take(40).collect();
            return wrong(format!("SECRET_FILE holds {shown}, which is not known here."));
        };
        let value = SecretString::from(value);
        if value.expose_secret().trim().is_empty() {
            continue;
        }
        if values.insert(known, value).is_some() {
            return wrong(format!("{known} stands twice in SECRET_FILE."));
        }
    }
    Ok(values)
}

fn key_source(values: &Values, only_development: bool) -> Result<KeySource, ConfigError> {
    let Some(key) = values.get("ACCOUNT_KEY") else {
        return phrase(values, only_development).map(KeySource::Phrase);
    };
    if values.contains_key("MNEMONIC") {
        return wrong("MNEMONIC and ACCOUNT_KEY both stand in SECRET_FILE; keep one of them.");
    }
    let text = key.expose_secret().trim();
    if !keys::is_account_key(text) {
        return wrong("ACCOUNT_KEY is not an extended private key (xprv) at m/44'/60'.");
    }
    let known = |phrase: &&str| keys::account_key(phrase).is_ok_and(|known| *known == text);
    if !only_development && PUBLIC_PHRASES.iter().any(known) {
        return wrong(
            "ACCOUNT_KEY comes from a phrase that stands in manuals; it may serve the \
             development chain only.",
        );
    }
    Ok(KeySource::Account(SecretString::from(text)))
}

fn phrase(values: &Values, only_development: bool) -> Result<SecretString, ConfigError> {
    let Some(value) = values.get("MNEMONIC") else {
        return wrong("MNEMONIC is missing from SECRET_FILE.");
    };
    let words: Vec<&str> = value.expose_secret().split_whitespace().collect();
    let text = Zeroizing::new(words.join(" "));
    if Mnemonic::parse_normalized(&text).is_err() {
        return wrong(
            "MNEMONIC is not a BIP-39 phrase of 12 to 24 English words with a right checksum.",
        );
    }
    if PUBLIC_PHRASES.contains(&text.as_str()) && !only_development {
        return wrong(
            "MNEMONIC is a phrase that stands in manuals; it may serve the development chain only.",
        );
    }
    Ok(SecretString::from(text.as_str()))
}

fn chains(values: &Values) -> Result<Vec<ChainSecret>, ConfigError> {
    let networks = networks(values)?;
    let mut chains = Vec::new();
    for named in &CHAINS {
        let wallet_name = format!("COMMISSION_WALLET_{}", named.suffix);
        let wallet = wallet(values, &wallet_name)?;
        let resolver_wallet = self::wallet(values, &format!("RESOLVER_WALLET_{}", named.suffix))?;
        let Some(url) = chain_url(values, named, &networks)? else { continue };
        let Some(commission_wallet) = wallet else {
            return wrong(format!("{wallet_name} is missing from SECRET_FILE."));
        };
        let tokens = tokens(values, &format!("TOKENS_{}", named.suffix))?;
        let id = named.id;
        chains.push(ChainSecret { id, url, commission_wallet, resolver_wallet, tokens });
    }
    if chains.is_empty() {
        return wrong(
            "SECRET_FILE names no chain: set RPC_URL_MAINNET, RPC_URL_SEPOLIA, RPC_URL_BASE or \
             RPC_URL_DEV, or ALCHEMY_API_KEY with ALCHEMY_NETWORK.",
        );
    }
    Ok(chains)
}

/// The networks that Alchemy shall serve.
fn networks(values: &Values) -> Result<Vec<&'static str>, ConfigError> {
    let (key, listed) = (values.get("ALCHEMY_API_KEY"), values.get("ALCHEMY_NETWORK"));
    if let Some(key) = key {
        let key = key.expose_secret();
        let plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let placeholder = PLACEHOLDERS.contains(&key.to_ascii_lowercase().as_str());
        if !plain || placeholder || key.len() < 8 {
            return wrong("ALCHEMY_API_KEY is not a key of Alchemy.");
        }
    }
    let Some(listed) = listed else { return Ok(Vec::new()) };
    if key.is_none() {
        return wrong("ALCHEMY_API_KEY is missing from SECRET_FILE, but ALCHEMY_NETWORK is set.");
    }
    let known = |name: &str| CHAINS.iter().filter_map(|named| named.network).find(|n| *n == name);
    let networks: Option<Vec<&str>> =
        listed.expose_secret().split(',').map(|name| known(name.trim())).collect();
    networks.map_or_else(
        || wrong("ALCHEMY_NETWORK must be of eth-mainnet, eth-sepolia and base-mainnet, parted by commas."),
        Ok,
    )
}

fn chain_url(
    values: &Values,
    named: &Named,
    networks: &[&str],
) -> Result<Option<SecretString>, ConfigError> {
    let name = format!("RPC_URL_{}", named.suffix);
    if let Some(url) = values.get(name.as_str()) {
        return checked_url(&name, url).map(Some);
    }
    let Some(network) = named.network.filter(|network| networks.contains(network)) else {
        return Ok(None);
    };
    let key = values.get("ALCHEMY_API_KEY").map(ExposeSecret::expose_secret).unwrap_or_default();
    Ok(Some(SecretString::from(format!("https://{network}.g.alchemy.com/v2/{key}"))))
}

fn prices_url(values: &Values) -> Result<SecretString, ConfigError> {
    if let Some(url) = values.get("PRICES_URL") {
        return checked_url("PRICES_URL", url);
    }
    match values.get("ALCHEMY_API_KEY") {
        Some(key) => Ok(SecretString::from(format!(
            "https://api.g.alchemy.com/prices/v1/{}/tokens/by-symbol",
            key.expose_secret()
        ))),
        None => wrong("ALCHEMY_API_KEY is missing from SECRET_FILE: prices come from there."),
    }
}

/// An address must be secret on its way: https, unless it does not leave the machine.
fn checked_url(name: &str, url: &SecretString) -> Result<SecretString, ConfigError> {
    let text = url.expose_secret().trim();
    let Ok(uri) = text.parse::<Uri>() else {
        return wrong(format!("{name} is not the address of a web service."));
    };
    let host = uri.host().unwrap_or_default();
    let loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => {}
        Some("http") if loopback => {}
        _ => {
            return wrong(format!(
                "{name} must begin with https://, or with http:// on this machine alone."
            ));
        }
    }
    Ok(SecretString::from(text))
}

/// Addresses parted by commas.
fn tokens(values: &Values, name: &str) -> Result<Vec<EvmAddress>, ConfigError> {
    let Some(text) = values.get(name) else { return Ok(Vec::new()) };
    let parsed: Result<Vec<_>, _> = text
        .expose_secret()
        .split(',')
        .map(|address| EvmAddress::parse_payee(address.trim()))
        .collect();
    match parsed {
        Ok(tokens) if tokens.len() <= TOKENS_MAX => Ok(tokens),
        Ok(_) => wrong(format!("{name} names more than {TOKENS_MAX} tokens.")),
        Err(error) => wrong(format!("{name} must be addresses parted by commas: {error}")),
    }
}

fn wallet(values: &Values, name: &str) -> Result<Option<EvmAddress>, ConfigError> {
    let Some(text) = values.get(name) else { return Ok(None) };
    match EvmAddress::parse_payee(text.expose_secret()) {
        Ok(address) => Ok(Some(address)),
        Err(error) => wrong(format!("{name} is not an address to pay to: {error}")),
    }
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
