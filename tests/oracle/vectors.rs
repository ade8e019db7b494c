//! The published vectors: they show that the other wallet may be believed.

use std::fs;
use std::path::PathBuf;

use hdwallet::ring::digest;

use crate::wallet::{self, bytes, hex, unhex};

/// Length of an extended key in bytes: version, depth, parent, number, chain code, key.
const EXTENDED_KEY_BYTES: usize = 78;

/// A vendored file, compared with the hash that its VENDOR.md gives.
fn vendored(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vendor").join(path);
    let text = fs::read_to_string(&path).unwrap();
    let hash = hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    let about = fs::read_to_string(path.with_file_name("VENDOR.md")).unwrap();
    assert!(about.contains(&hash), "{} is not the file that was vendored", path.display());
    text
}

/// Private key and chain code out of an `xprv…`.
fn of_xprv(text: &str) -> Vec<u8> {
    let all = bs58::decode(text).with_check(None).into_vec().unwrap();
    assert_eq!(all.len(), EXTENDED_KEY_BYTES, "{text}");
    [&all[46..], &all[13..45]].concat()
}

/// A phrase of the vectors of BIP-39, its seed under the passphrase `TREZOR`, its master key.
pub(crate) struct Phrase {
    pub(crate) words: String,
    seed: Vec<u8>,
    master: String,
}

/// The English ones.
pub(crate) fn phrases() -> Vec<Phrase> {
    let all: serde_json::Value = serde_json::from_str(&vendored("bip39/vectors.json")).unwrap();
    let text = |row: &serde_json::Value, at: usize| row[at].as_str().unwrap().to_owned();
    let phrase =
        |row| Phrase { words: text(row, 1), seed: unhex(&text(row, 2)), master: text(row, 3) };
    all["english"].as_array().unwrap().iter().map(phrase).collect()
}

#[test]
fn bip_32() {
    let text = vendored("bip32/bip-0032.mediawiki");
    let text = &text[..text.find("===Test vector 5===").unwrap()];
    let (mut seed, mut path, mut count) = (Vec::new(), String::new(), 0);
    for line in text.lines() {
        if let Some(digits) = line.strip_prefix("Seed (hex): ") {
            seed = unhex(digits);
        } else if let Some(chain) = line.strip_prefix("* Chain ") {
            path = chain.replace("<sub>H</sub>", "'");
        } else if let Some(xprv) = line.strip_prefix("** ext prv: ") {
            assert_eq!(bytes(&wallet::key(&seed, &path)), of_xprv(xprv), "{path}");
            count += 1;
        }
    }
    assert_eq!(count, 17, "vectors 1 to 4 have so many keys");
}

#[test]
fn bip_39() {
    let phrases = phrases();
    assert_eq!(phrases.len(), 24);
    for phrase in &phrases {
        let seed = wallet::seed(&phrase.words, "TREZOR");
        assert_eq!(seed.as_slice(), phrase.seed, "{}", phrase.words);
        assert_eq!(bytes(&wallet::key(&seed, "m")), of_xprv(&phrase.master), "{}", phrase.words);
    }
}
