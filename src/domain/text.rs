//! Texts that people type: trimmed, of bounded length, without characters that hide.

use crate::refusal::BadText;

/// Checks a single line of at most `max` characters and gives it back trimmed.
pub fn line(text: &str, max: usize) -> Result<String, BadText> {
    let text = text.trim();
    bounded(text, max)?;
    if text.chars().any(|c| c.is_control() || invisible(c)) {
        return Err(BadText::Invisible);
    }
    Ok(text.to_owned())
}

/// Checks a text of several lines and gives it back trimmed, with plain line ends.
pub fn paragraphs(text: &str, max: usize) -> Result<String, BadText> {
    let text = text.trim().replace("\r\n", "\n");
    bounded(&text, max)?;
    if text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || invisible(c)) {
        return Err(BadText::Invisible);
    }
    Ok(text)
}

/// The key by which two names count as the same: case folded, runs of space as one.
pub fn name_key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn bounded(text: &str, max: usize) -> Result<(), BadText> {
    if text.is_empty() {
        return Err(BadText::Empty);
    }
    if text.chars().count() > max { Err(BadText::Long(max)) } else { Ok(()) }
}

/// Zero-width characters, direction marks and other code points that print nothing
/// (Unicode categories Cf and the fillers), by which one name can pose as another.
pub(crate) fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_bounded() {
        assert_eq!(line("  Mug ", 10).as_deref(), Ok("Mug"));
        assert_eq!(line("   ", 10), Err(BadText::Empty));
        assert_eq!(line("äöü", 2), Err(BadText::Long(2)));
        assert_eq!(line("a\nb", 10), Err(BadText::Invisible));
        assert_eq!(line("a\u{202e}b", 10), Err(BadText::Invisible));
        assert_eq!(paragraphs("a\r\n\r\nb", 10).as_deref(), Ok("a\n\nb"));
    }

    #[test]
    fn names_that_look_alike_share_a_key() {
        assert_eq!(name_key("Fern  &  Kiln"), name_key("fern & KILN"));
    }
}
