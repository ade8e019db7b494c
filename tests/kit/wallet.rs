//! A wallet of somebody: it holds a key and signs what it is given.

use domain::EvmAddress;
use k256::ecdsa::SigningKey;
use verify::message;

/// A wallet.
#[derive(Debug)]
pub struct Wallet(SigningKey);

impl Wallet {
    /// The wallet whose key is this byte, 32 times over; not zero.
    pub fn of(byte: u8) -> Self {
        Self(SigningKey::from_slice(&[byte; 32]).expect("a key"))
    }

    /// Its address.
    pub fn address(&self) -> EvmAddress {
        let point = self.0.verifying_key().to_sec1_point(false);
        let xy = point.as_bytes().get(1..).and_then(|xy| xy.try_into().ok());
        EvmAddress::from_public_key(xy.expect("64 bytes"))
    }

    /// Signs a digest.
    pub fn sign(&self, digest: &[u8; 32]) -> String {
        let (signature, id) = self.0.sign_prehash_recoverable(digest);
        let v = if id.is_y_odd() { 28 } else { 27 };
        let bytes = signature.to_bytes();
        let digits: String = bytes.iter().chain([&v]).map(|byte| format!("{byte:02x}")).collect();
        format!("0x{digits}")
    }

    /// Signs a text (`personal_sign`).
    pub fn sign_text(&self, text: &str) -> String {
        self.sign(&message::digest(text))
    }
}
