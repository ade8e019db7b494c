//! Signed terms as one text to keep, send and check: the canonical text that escrow sealed, and below
//! it the site's signature over it.

/// Begins the row of the signature, which is no part of what is signed.
const SIGNATURE: &str = "signature: ";

/// The text to keep.
pub fn join(terms: &str, signature: &str) -> String {
    format!("{terms}{SIGNATURE}{signature}\n")
}

/// Terms and signature of such a text; none where one of them is missing. What copying changes, line
/// ends and space around the text, is mended.
pub fn split(text: &str) -> Option<(String, String)> {
    let text = text.trim().replace("\r\n", "\n");
    let (terms, signature) = text.rsplit_once(&format!("\n{SIGNATURE}"))?;
    (!signature.contains('\n')).then(|| (format!("{terms}\n"), signature.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::sample;

    #[test]
    fn what_was_joined_comes_apart_again() {
        let terms = sample().to_text();
        let text = join(&terms, "0xab");
        for kept in [text.clone(), text.trim().to_owned(), text.replace('\n', "\r\n")] {
            assert_eq!(split(&kept), Some((terms.clone(), "0xab".to_owned())), "{kept:?}");
        }
        assert_eq!(split(&format!("\n\n{text}\n ")), Some((terms.clone(), "0xab".to_owned())));
    }

    #[test]
    fn a_text_without_a_signature_at_its_end_is_none() {
        let terms = sample().to_text();
        for text in ["", "signature: 0xab", &terms, &format!("{}due: 1\n", join(&terms, "0xab"))] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
