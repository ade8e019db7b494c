//! A sentence on its way to the next page: sealed, so that nobody puts words into our mouth.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::state::{Keys, Seal};
use crate::ui::{Flash, Tone};

/// What binds the sealed text to its use.
const USE: &[u8] = b"flash";

/// The value of the cookie.
pub(crate) fn sealed(keys: &Keys, nonce: [u8; 24], flash: &Flash) -> String {
    let tone = match flash.tone {
        Tone::Info => 'i',
        Tone::Success => 's',
        Tone::Warning => 'w',
        Tone::Danger => 'd',
    };
    let plain = format!("{tone}{}", flash.text);
    Base64UrlUnpadded::encode_string(&keys.seal(Seal::Cookie, nonce, USE, plain.as_bytes()))
}

/// The sentence in a cookie that we made; `None` for any other.
pub(crate) fn opened(keys: &Keys, cookie: &str) -> Option<Flash> {
    let sealed = Base64UrlUnpadded::decode_vec(cookie).ok()?;
    let plain = keys.open(Seal::Cookie, USE, &sealed)?;
    let mut chars = std::str::from_utf8(&plain).ok()?.chars();
    let tone = match chars.next()? {
        'i' => Tone::Info,
        's' => Tone::Success,
        'w' => Tone::Warning,
        _ => Tone::Danger,
    };
    Some(Flash { tone, text: chars.as_str().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Salts;

    #[test]
    fn only_our_own_words_are_shown() {
        let salts = Salts { session: "a".into(), cookie: "b".into(), csrf: "c".into() };
        let keys = Keys::derive(&salts);
        let flash = Flash { tone: Tone::Success, text: "Saved, grüße".to_owned() };
        let cookie = sealed(&keys, [1; 24], &flash);
        let back = opened(&keys, &cookie).unwrap();
        assert_eq!((back.tone, back.text), (flash.tone, flash.text));
        for forged in ["", "c2F2ZWQ", &cookie[1..], "wYou have won"] {
            assert!(opened(&keys, forged).is_none(), "{forged}");
        }
    }
}
