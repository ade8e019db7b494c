//! Recovery codes: written down at registration, each good for one new password.

/// How many codes an account is given.
pub(crate) const COUNT: usize = 10;
/// Characters of a code: 60 bits.
const LENGTH: usize = 12;
/// Without letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A code out of random bytes, in groups of four.
pub(crate) fn code(random: [u8; LENGTH]) -> String {
    let letter = |byte: u8| ALPHABET.get(usize::from(byte & 31)).copied().map(char::from);
    let letters: Vec<char> = random.into_iter().filter_map(letter).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The one spelling of what somebody typed; `None` for what cannot be a code.
pub(crate) fn spelled(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    let known = |b: u8| ALPHABET.contains(&b);
    (plain.len() == LENGTH && plain.bytes().all(known)).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        let code = code([0, 1, 31, 32, 33, 255, 10, 11, 12, 13, 14, 15]);
        assert_eq!(code, "01z0-1zab-cdef");
        for typed in ["01z0-1zab-cdef", " 01Z0 1ZAB CDEF ", "olzo-izab-cdef", "01z01zabcdef"] {
            assert_eq!(spelled(typed).as_deref(), Some("01z01zabcdef"), "{typed}");
        }
        for typed in ["", "01z0-1zab-cde", "01z0-1zab-cdeu", "01z0-1zab-cdef-0", "äöü"] {
            assert_eq!(spelled(typed), None, "{typed}");
        }
    }
}
