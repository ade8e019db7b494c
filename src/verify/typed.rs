//! Typed data that wallets show before they sign (EIP-712).

use crate::address::EvmAddress;
use crate::keccak256;

/// 32 bytes, as structures are hashed.
pub type Word = [u8; 32];

const DOMAIN_TYPE: &str =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/// For whom something is signed: a signature of one domain means nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain<'a> {
    /// Name of whoever asks.
    pub name: &'a str,
    /// Version of what is asked.
    pub version: &'a str,
    /// The chain by its EIP-155 number.
    pub chain: u64,
    /// The contract, or whatever address stands for it.
    pub contract: EvmAddress,
}

impl Domain<'_> {
    /// The domain as a word.
    pub fn separator(&self) -> Word {
        structure(
            DOMAIN_TYPE,
            &[text(self.name), text(self.version), number(self.chain), address(self.contract)],
        )
    }

    /// The digest that is signed for a structure.
    pub fn digest(&self, structure: &Word) -> Word {
        keccak256(&[b"\x19\x01".as_slice(), &self.separator(), structure].concat())
    }
}

/// A structure as a word: its type, written as EIP-712 wants it, and its members in that order.
pub fn structure(kind: &str, members: &[Word]) -> Word {
    keccak256(&[keccak256(kind.as_bytes()).as_slice(), members.concat().as_slice()].concat())
}

/// A text as a word.
pub fn text(text: &str) -> Word {
    keccak256(text.as_bytes())
}

/// A whole number as a word.
pub fn number(number: u64) -> Word {
    let mut word = [0; 32];
    word.split_at_mut(24).1.copy_from_slice(&number.to_be_bytes());
    word
}

/// An address as a word.
pub fn address(address: EvmAddress) -> Word {
    let mut word = [0; 32];
    word.split_at_mut(12).1.copy_from_slice(address.as_bytes());
    word
}

/// The letter between Cow and Bob that EIP-712 gives as its example: domain and structure.
#[cfg(test)]
pub(crate) fn letter() -> (Domain<'static>, Word) {
    const MAIL: &str =
        "Mail(Person from,Person to,string contents)Person(string name,address wallet)";
    let person = |name, wallet: &str| {
        let wallet = address(wallet.parse().unwrap());
        structure("Person(string name,address wallet)", &[text(name), wallet])
    };
    let domain = Domain {
        name: "Ether Mail",
        version: "1",
        chain: 1,
        contract: "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC".parse().unwrap(),
    };
    let letter = [
        person("Cow", "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"),
        person("Bob", "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"),
        text("Hello, Bob!"),
    ];
    (domain, structure(MAIL, &letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(word: &Word) -> String {
        word.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The hashes that the standard's own example comes to.
    #[test]
    fn the_example_of_eip_712_comes_out() {
        let (domain, letter) = letter();
        for (word, known) in [
            (
                domain.separator(),
                "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f",
            ),
            (letter, "c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e"),
            (
                domain.digest(&letter),
                "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2",
            ),
        ] {
            assert_eq!(hex(&word), known);
        }
    }
}
