//! One key a purpose, each derived from the salt that the operator set for it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::config::Salts;

/// Bytes of a nonce before a sealed text.
const NONCE: usize = 24;

/// What a sealed text is for; texts of one purpose do not open as another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// Cookies that carry something for the next page.
    Cookie,
    /// Delivery addresses.
    Delivery,
}

/// Keys derived from the salts. They are never written anywhere.
pub struct Keys {
    session: Hmac<Sha256>,
    csrf: Hmac<Sha256>,
    limits: Hmac<Sha256>,
    recovery: Hmac<Sha256>,
    cookie: XChaCha20Poly1305,
    delivery: XChaCha20Poly1305,
}

impl Keys {
    pub(crate) fn derive(salts: &Salts) -> Self {
        let session = salts.session.expose_secret();
        let cookie = salts.cookie.expose_secret();
        Self {
            session: mac(session, b"holdfast/web/session/1"),
            csrf: mac(salts.csrf.expose_secret(), b"holdfast/web/csrf/1"),
            limits: mac(session, b"holdfast/web/limits/1"),
            recovery: mac(session, b"holdfast/web/recovery/1"),
            cookie: aead(cookie, b"holdfast/web/cookie/1"),
            delivery: aead(cookie, b"holdfast/web/delivery/1"),
        }
    }

    /// What the database keeps of a session's token.
    pub(crate) fn session_hash(&self, token: &str) -> String {
        tag(&self.session, &[token.as_bytes()])
    }

    /// The form token that goes with a session or, before there is one, with a visit.
    pub(crate) fn csrf_token(&self, kind: &str, secret: &str) -> String {
        tag(&self.csrf, &[kind.as_bytes(), b":", secret.as_bytes()])
    }

    /// The bucket in which tries of `subject` at `purpose` are counted.
    pub(crate) fn bucket(&self, purpose: &str, subject: &str) -> String {
        tag(&self.limits, &[purpose.as_bytes(), b":", subject.as_bytes()])
    }

    /// What the database keeps of a recovery code.
    pub(crate) fn recovery_hash(&self, user: &str, code: &str) -> String {
        tag(&self.recovery, &[user.as_bytes(), b":", code.as_bytes()])
    }

    /// Encrypts `plain` so that it opens only for the same purpose and the same `bound_to`, such
    /// as the id of the order that it belongs to. `nonce` is random and used once.
    pub fn seal(
        &self,
        purpose: Seal,
        nonce: [u8; NONCE],
        bound_to: &[u8],
        plain: &[u8],
    ) -> Vec<u8> {
        let payload = Payload { msg: plain, aad: bound_to };
        // It fails only beyond 256 GiB.
        let sealed = self.aead(purpose).encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [nonce.as_slice(), sealed.as_slice()].concat()
    }

    /// Decrypts what [`Keys::seal`] made; `None` if it is anything else.
    pub fn open(
        &self,
        purpose: Seal,
        bound_to: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: bound_to };
        self.aead(purpose).decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }

    const fn aead(&self, purpose: Seal) -> &XChaCha20Poly1305 {
        match purpose {
            Seal::Cookie => &self.cookie,
            Seal::Delivery => &self.delivery,
        }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

/// 32 bytes of a purpose's own; the length is far below HKDF's limit, so it cannot fail.
fn derive(salt: &str, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    if Hkdf::<Sha256>::new(None, salt.as_bytes()).expand(purpose, key.as_mut_slice()).is_err() {
        std::process::abort();
    }
    key
}

fn mac(salt: &str, purpose: &[u8]) -> Hmac<Sha256> {
    let key = derive(salt, purpose);
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key.iter()) {
        *to = *from;
    }
    // A key of one block is taken as it is, padded with zeros as HMAC would do.
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

fn aead(salt: &str, purpose: &[u8]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*derive(salt, purpose)).into())
}

fn tag(key: &Hmac<Sha256>, parts: &[&[u8]]) -> String {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    hex(&mac.finalize().into_bytes())
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map(char::from);
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).filter_map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(session: &str) -> Keys {
        Keys::derive(&Salts { session: session.into(), cookie: "b".into(), csrf: "c".into() })
    }

    #[test]
    fn purposes_and_salts_have_keys_of_their_own() {
        let (a, b) = (keys("a"), keys("x"));
        assert_ne!(a.session_hash("t"), b.session_hash("t"));
        assert_ne!(a.session_hash("t"), a.csrf_token("session", "t"));
        assert_ne!(a.csrf_token("session", "t"), a.csrf_token("visit", "t"));
        assert_eq!(a.session_hash("t").len(), 64);
        assert_eq!(a.csrf_token("visit", "t"), b.csrf_token("visit", "t"));
    }

    #[test]
    fn a_sealed_text_opens_for_its_purpose_and_owner_only() {
        let keys = keys("a");
        let sealed = keys.seal(Seal::Delivery, [7; 24], b"order-1", b"1 Main Street");
        assert_eq!(
            keys.open(Seal::Delivery, b"order-1", &sealed).unwrap().as_slice(),
            b"1 Main Street"
        );
        assert!(keys.open(Seal::Delivery, b"order-2", &sealed).is_none());
        assert!(keys.open(Seal::Cookie, b"order-1", &sealed).is_none());
        assert!(keys.open(Seal::Delivery, b"order-1", &sealed[..30]).is_none());
        assert!(keys.open(Seal::Delivery, b"order-1", &[]).is_none());
        let mut bent = sealed;
        bent[30] ^= 1;
        assert!(keys.open(Seal::Delivery, b"order-1", &bent).is_none());
    }
}
