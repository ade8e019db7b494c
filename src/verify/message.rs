//! Texts that people sign (EIP-191, version `E`, which wallets call `personal_sign`).

use crate::keccak256;

/// The digest that is signed for a text: it cannot be one of a chain tx or of typed data.
pub fn digest(text: &str) -> [u8; 32] {
    let head = format!("\x19Ethereum Signed Message:\n{}", text.len());
    keccak256(&[head.as_bytes(), text.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with eth-account 0.14.0: `_hash_eip191_message(encode_defunct(text=…))`.
    #[test]
    fn digests_are_those_of_other_wallets() {
        for (text, known) in [
            ("hello world", "d9eba16ed0ecae432b71fe008c98cc872bb4cc214d3220a36f365326cf807d68"),
            ("", "5f35dce98ba4fba25530a026ed80b2cecdaa31091ba4958b99b52ea1d068adad"),
        ] {
            let digest: String = digest(text).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(digest, known, "{text:?}");
        }
    }
}
