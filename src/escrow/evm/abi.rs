//! The little of Solidity's ABI that tokens are asked with: words of 32 bytes, and one text.

use domain::EvmAddress;
use domain::money::Amount;
use ruint::aliases::U256;
use verify::keccak256;

/// Longest text that is read of a contract, in bytes.
const TEXT_MAX: usize = 128;

/// A word of 32 bytes.
pub type Word = [u8; 32];

/// An address as a word: zeros before it.
pub fn address(address: EvmAddress) -> Word {
    let mut word = [0; 32];
    word.split_at_mut(12).1.copy_from_slice(address.as_bytes());
    word
}

/// A number as a word.
pub fn number(amount: Amount) -> Word {
    amount.as_u256().to_be_bytes::<32>()
}

/// The address in a word; none where something stands before it.
pub fn to_address(word: &Word) -> Option<EvmAddress> {
    let (zeros, rest) = word.split_at(12);
    let bytes = rest.try_into().ok()?;
    zeros.iter().all(|byte| *byte == 0).then(|| EvmAddress::from_bytes(bytes))
}

/// The number in a word.
pub fn to_amount(word: &Word) -> Amount {
    Amount::from_u256(U256::from_be_bytes(*word))
}

/// A call of a function by its signature, such as `balanceOf(address)`.
pub fn call(signature: &str, words: &[Word]) -> Vec<u8> {
    let name = keccak256(signature.as_bytes());
    let mut data = name.split_at(4).0.to_vec();
    words.iter().for_each(|word| data.extend_from_slice(word));
    data
}

/// The first topic of an event by its signature.
pub fn topic(signature: &str) -> Word {
    keccak256(signature.as_bytes())
}

/// The word that is all of an answer.
pub fn one(answer: &[u8]) -> Option<Word> {
    answer.try_into().ok()
}

/// The text that is all of an answer; some old tokens answer one word, padded with zeros.
pub fn text(answer: &[u8]) -> Option<String> {
    let bytes = match one(answer) {
        Some(word) => {
            let end = word.iter().position(|byte| *byte == 0).unwrap_or(word.len());
            word.get(..end)?.to_vec()
        }
        None => {
            let word = |from: usize| answer.get(from..from.checked_add(32)?)?.try_into().ok();
            let length = |word: Word| usize::try_from(U256::from_be_bytes(word)).ok();
            let at = length(word(0)?)?;
            let count = length(word(at)?).filter(|count| *count <= TEXT_MAX)?;
            let start = at.checked_add(32)?;
            answer.get(start..start.checked_add(count)?)?.to_vec()
        }
    };
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn functions_have_their_known_names() {
        let name = |signature: &str| call(signature, &[]);
        assert_eq!(name("balanceOf(address)"), [0x70, 0xa0, 0x82, 0x31]);
        assert_eq!(name("decimals()"), [0x31, 0x3c, 0xe5, 0x67]);
        assert_eq!(name("transfer(address,uint256)"), [0xa9, 0x05, 0x9c, 0xbb]);
    }

    #[test]
    fn texts_are_read_in_both_of_their_forms() {
        let mut answer = vec![0; 96];
        answer[31] = 32;
        answer[63] = 4;
        answer[64..68].copy_from_slice(b"USDC");
        assert_eq!(text(&answer).as_deref(), Some("USDC"));
        let mut word = [0; 32];
        word[..3].copy_from_slice(b"DAI");
        assert_eq!(text(&word).as_deref(), Some("DAI"));
        answer[63] = 64;
        assert_eq!(text(&answer), None);
        assert_eq!(text(&[]), None);
    }

    proptest! {
        #[test]
        fn no_answer_makes_reading_panic(answer in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (text(&answer), one(&answer).map(|word| (to_address(&word), to_amount(&word))));
        }

        #[test]
        fn words_read_back(bytes in any::<[u8; 20]>(), value in any::<u128>()) {
            let of = EvmAddress::from_bytes(bytes);
            prop_assert_eq!(to_address(&address(of)), Some(of));
            prop_assert_eq!(to_amount(&number(Amount::from_u128(value))), Amount::from_u128(value));
        }
    }
}
