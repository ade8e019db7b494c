//! From the secret file to the process that works with it: a helper reads the phrase, derives the
//! account key, hands over that and the rest, and ends. So the phrase and the seed never were in
//! the memory of the process that lives on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::config::ConfigError;
use crate::keys;
use crate::secret::{KeySource, LENGTH_MAX, SECRET_VARS, Secrets, Values, text, values};

/// What the secret file holds, with the account key in the place of the phrase; for
/// [`Secrets::from_handover`].
///
/// # Errors
/// As of [`Secrets::read`].
pub fn without_phrase(file: &File) -> Result<Zeroizing<String>, ConfigError> {
    let values = values(&text(file)?)?;
    // The whole file is checked here, as long as somebody can be told of each line.
    let account = match Secrets::of(&values)?.keys {
        KeySource::Account(key) => Zeroizing::new(key.expose_secret().to_owned()),
        KeySource::Phrase(phrase) => keys::account_key(phrase.expose_secret())
            .map_err(|fault| ConfigError(format!("MNEMONIC cannot be used: {fault}.")))?,
    };
    let kept = values.iter().filter(|(name, _)| **name != "MNEMONIC");
    let mut plain: BTreeMap<&str, &str> =
        kept.map(|(name, value)| (*name, value.expose_secret())).collect();
    plain.insert("ACCOUNT_KEY", &account);
    let text = serde_json::to_string(&plain);
    text.map(Zeroizing::new).map_err(|error| ConfigError(error.to_string()))
}

impl Secrets {
    /// Reads what [`without_phrase`] answered, to its end.
    ///
    /// # Errors
    /// [`ConfigError`] for what no helper of this version wrote.
    pub fn from_handover(from: impl Read) -> Result<Self, ConfigError> {
        // Of one size from the start, so that no part of it is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(LENGTH_MAX));
        let limit = u64::try_from(LENGTH_MAX).unwrap_or(u64::MAX);
        from.take(limit)
            .read_to_string(&mut text)
            .map_err(|error| ConfigError(format!("the keys were not handed over: {error}.")))?;
        let torn = |_| ConfigError("the helper that derives the keys told nothing.".to_owned());
        let plain: BTreeMap<String, SecretString> = serde_json::from_str(&text).map_err(torn)?;
        let known = |name: &str| SECRET_VARS.iter().find(|known| **known == name).copied();
        let known = |(name, value): (String, _)| Some((known(&name)?, value));
        Self::of(&plain.into_iter().filter_map(known).collect::<Values>())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PHRASE: &str = "test test test test test test test test test test test junk";

    fn file(keys: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        let rest = "RPC_URL_DEV=http://127.0.0.1:9\nPRICES_URL=http://127.0.0.1:9\n\
                    COMMISSION_WALLET_DEV=0x70997970C51812dc3A010C7d01b50e0d17dc79C8\n\
                    ESCROW_DB_PASSWORD='a \"$quoted\" one'\n";
        write!(file, "{keys}\n{rest}").unwrap();
        file
    }

    #[test]
    fn all_but_the_phrase_is_handed_over_and_the_keys_are_the_same() {
        let text = without_phrase(&file(&format!("MNEMONIC=\"{PHRASE}\""))).unwrap();
        assert!(!text.contains("junk") && !text.contains("MNEMONIC"));
        let secrets = Secrets::from_handover(text.as_bytes()).unwrap();
        assert!(matches!(secrets.keys, KeySource::Account(_)));
        let password = secrets.db_password.as_ref().unwrap().expose_secret();
        assert_eq!(password, "a \"$quoted\" one");
        let keys = keys::Keys::from_source(secrets.keys).unwrap();
        assert_eq!(keys.fingerprint(), keys::Keys::from_phrase(PHRASE).unwrap().fingerprint());
    }

    #[test]
    fn a_file_with_the_account_key_is_handed_over_alike() {
        let key = keys::account_key(PHRASE).unwrap();
        let text = without_phrase(&file(&format!("ACCOUNT_KEY={}", *key))).unwrap();
        let by_phrase = without_phrase(&file(&format!("MNEMONIC=\"{PHRASE}\""))).unwrap();
        assert_eq!(text, by_phrase);
    }

    #[test]
    fn a_torn_word_is_no_secret() {
        for torn in ["", "{", "[]", "{\"ACCOUNT_KEY\":\"xprv\"}"] {
            assert!(Secrets::from_handover(torn.as_bytes()).is_err(), "{torn}");
        }
    }
}
