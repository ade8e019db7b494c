//! The text of a key: a mark that scanners of leaked secrets can look for, and 256 random bits.

use sha2::{Digest, Sha256};

use crate::state::hex;

/// What every key begins with.
const MARK: &str = "hfk_";
/// Characters of a key that stay known, so that its owner can tell it from others.
const SHOWN: usize = 10;
/// 43 digits of base 62 hold 256 bits.
const DIGITS: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key out of random bytes: the number that they are, in base 62.
pub(crate) fn text(random: [u8; 32]) -> String {
    let mut number = random;
    let mut digits = Vec::with_capacity(DIGITS);
    for _ in 0..DIGITS {
        let mut rest: u16 = 0;
        for byte in &mut number {
            let value = rest << 8 | u16::from(*byte);
            // Below 256, because the rest before was below 62.
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            rest = value % 62;
        }
        digits.extend(ALPHABET.get(usize::from(rest)).copied().map(char::from));
    }
    digits.iter().rev().fold(MARK.to_owned(), |mut text, digit| {
        text.push(*digit);
        text
    })
}

/// The part of a key that may be shown again.
pub(crate) fn prefix(key: &str) -> String {
    key.chars().take(SHOWN).collect()
}

/// Every key of ours that stands in a text.
pub(crate) fn found_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(MARK).filter_map(|(at, _)| {
        let key = text.get(at..at.checked_add(MARK.len() + DIGITS)?)?;
        key.bytes().skip(MARK.len()).all(|b| ALPHABET.contains(&b)).then_some(key)
    })
}

/// What the database keeps of a key.
pub(crate) fn hash(key: &str) -> String {
    hex(&Sha256::digest(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_all_its_randomness() {
        assert_eq!(text([0; 32]), format!("hfk_{}", "0".repeat(43)));
        let mut one = [0; 32];
        one[31] = 61;
        assert!(text(one).ends_with("0z"));
        one[30] = 1;
        assert!(text(one).ends_with("057"), "{}", text(one));
        let most = text([0xff; 32]);
        assert_eq!(most.len(), 47);
        assert_ne!(most, text([0xfe; 32]));
        assert_eq!(prefix(&most).len(), 10);
        let around = format!("Bearer {most} ähfk_ {}", &most[..46]);
        assert_eq!(found_in(&around).collect::<Vec<_>>(), [most.as_str()]);
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
