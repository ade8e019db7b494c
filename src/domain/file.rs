//! Files that go with what is said in a dispute: which kinds are taken, told by their content alone,
//! and what they are called.

use std::fmt;
use std::str::FromStr;

use crate::limits::{FILE_BYTES, FILE_NAME};
use crate::order::{BadWord, words};
use crate::text::invisible;

words! {
    /// What a file is.
    FileKind {
        /// A picture.
        Png = "png",
        /// A photograph.
        Jpeg = "jpeg",
        /// A picture.
        Webp = "webp",
        /// A document.
        Pdf = "pdf",
        /// Plain text in UTF-8.
        Text = "text",
    }
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// Nothing in it.
    #[error("it is empty.")]
    Empty,
    /// Longer than [`FILE_BYTES`].
    #[error("it is too large; a file has {} MiB at most.", FILE_BYTES >> 20)]
    Large,
    /// None of [`FileKind`].
    #[error("only PNG, JPEG and WebP, PDF and plain text in UTF-8 are.")]
    Kind,
}

impl FileKind {
    /// Its type in the words of HTTP.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    /// How names of such files end; the first is added to a name that ends otherwise.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Webp => &["webp"],
            Self::Pdf => &["pdf"],
            Self::Text => &["txt", "log", "md"],
        }
    }

    /// The kind of a file that begins so, by the marks that their own standards set; text has none.
    fn marked(head: &[u8]) -> Option<Self> {
        match head {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// The longest of the marks.
const HEAD: usize = 12;

/// Tells what a file is while it comes in.
#[derive(Debug, Default)]
pub struct Sniffer {
    head: Vec<u8>,
    bytes: u64,
    text: TextCheck,
}

impl Sniffer {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`BadFile`] as soon as it is plain that the file will not be taken.
    pub fn push(&mut self, part: &[u8]) -> Result<(), BadFile> {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        if self.bytes > FILE_BYTES {
            return Err(BadFile::Large);
        }
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend(part.iter().take(missing));
        self.text.push(part);
        let whole = self.head.len() == HEAD;
        if whole && self.text.broken && FileKind::marked(&self.head).is_none() {
            return Err(BadFile::Kind);
        }
        Ok(())
    }

    /// What it is, and how many bytes there were.
    ///
    /// # Errors
    /// [`BadFile`]
    pub fn finish(&self) -> Result<(FileKind, u64), BadFile> {
        if self.bytes == 0 {
            return Err(BadFile::Empty);
        }
        let text = self.text.is_whole().then_some(FileKind::Text);
        let kind = FileKind::marked(&self.head).or(text).ok_or(BadFile::Kind)?;
        Ok((kind, self.bytes))
    }
}

/// Whether bytes that come in parts are text that can be shown.
#[derive(Debug, Default)]
struct TextCheck {
    /// The beginning of a character whose end has not come yet.
    rest: Vec<u8>,
    broken: bool,
}

impl TextCheck {
    fn push(&mut self, part: &[u8]) {
        if self.broken {
            return;
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(part);
        let (good, rest) = match std::str::from_utf8(&bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_none() => {
                let (good, rest) = bytes.split_at_checked(error.valid_up_to()).unwrap_or_default();
                (std::str::from_utf8(good).unwrap_or_default(), rest)
            }
            Err(_) => {
                self.broken = true;
                return;
            }
        };
        let unseen = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        self.broken = good.chars().any(unseen);
        self.rest = rest.to_vec();
    }

    const fn is_whole(&self) -> bool {
        !self.broken && self.rest.is_empty()
    }
}

/// What a file is called, out of what its sender called it: no path, nothing that hides or that a
/// file system or a shell would read as more than a name, and an ending that fits its content.
pub fn safe_name(sent: &str, kind: FileKind) -> String {
    let stem = shown_name(sent);
    let ending = stem.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let fits = |known: &&str| ending.as_deref() == Some(*known);
    match kind.endings() {
        endings if endings.iter().any(fits) => stem,
        [first, ..] => format!("{stem}.{first}"),
        [] => stem,
    }
}

/// The same without a look at the ending, for a sentence about a file that is not taken.
pub fn shown_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| match c {
        '"' | '\'' | '`' | '<' | '>' | ':' | '|' | '?' | '*' | '%' | ';' | '&' | '$' => '_',
        c if c.is_whitespace() => ' ',
        c => c,
    };
    let seen = last.chars().filter(|c| !invisible(*c) && (!c.is_control() || c.is_whitespace()));
    let name: String = seen.map(plain).collect();
    // The end of a long name tells more than its middle: it is the ending.
    let name = name.trim_matches(|c: char| c == '.' || c == '-' || c.is_whitespace());
    let length = name.chars().count();
    let half = FILE_NAME.div_euclid(2);
    let name: String = match length > FILE_NAME {
        false => name.to_owned(),
        true => {
            let cut = length.saturating_sub(half);
            name.chars().take(half).chain(name.chars().skip(cut)).collect()
        }
    };
    if name.is_empty() { "file".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(parts: &[&[u8]]) -> Result<FileKind, BadFile> {
        let mut sniffer = Sniffer::default();
        for part in parts {
            sniffer.push(part)?;
        }
        sniffer.finish().map(|(kind, _)| kind)
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn a_kind_is_told_by_content() {
        assert_eq!(kind(&[PNG]), Ok(FileKind::Png));
        assert_eq!(kind(&[b"\xff\xd8\xff\xe0\0\x10JFIF\0\0\0\0"]), Ok(FileKind::Jpeg));
        assert_eq!(kind(&[b"RIFF\x10\0\0\0WEBPVP8 \0"]), Ok(FileKind::Webp));
        assert_eq!(kind(&[b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n"]), Ok(FileKind::Pdf));
        assert_eq!(kind(&["Grüße\r\n\tund €".as_bytes()]), Ok(FileKind::Text));
        assert_eq!(kind(&[b"<html><script>"]), Ok(FileKind::Text), "it is shown as what it is");
        assert_eq!(kind(&[b"%PDF"]), Ok(FileKind::Text));
    }

    #[test]
    fn all_else_is_refused() {
        for bytes in [
            &b"\x7fELF\x02\x01\x01\0\0\0\0\0\0"[..],
            b"PK\x03\x04\x14\0\0\0\x08\0xxxx",
            b"GIF89a\x01\0\x01\0\0\0\0",
            b"RIFF\x10\0\0\0WAVEfmt ",
            b" \x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"text with a \0 in it",
            b"\xff\xfet\0e\0x\0t\0",
            b"caf\xe9 in Latin 1",
            b"half a character \xe2\x82",
        ] {
            assert_eq!(kind(&[bytes]), Err(BadFile::Kind), "{bytes:?}");
        }
        assert_eq!(kind(&[]), Err(BadFile::Empty));
        assert_eq!(kind(&[b""]), Err(BadFile::Empty));
    }

    #[test]
    fn a_file_has_its_bytes_and_not_one_more() {
        let most = vec![b'a'; usize::try_from(FILE_BYTES).unwrap()];
        assert_eq!(kind(&[&most]), Ok(FileKind::Text));
        assert_eq!(kind(&[&most, b"a"]), Err(BadFile::Large));
    }

    #[test]
    fn what_cannot_be_taken_is_refused_before_it_has_come() {
        let mut sniffer = Sniffer::default();
        assert_eq!(sniffer.push(b"MZ\x90\0\x03\0\0"), Ok(()), "a mark may still come");
        assert_eq!(sniffer.push(b"\0\x04\0\0\0"), Err(BadFile::Kind));
    }

    #[test]
    fn a_name_is_a_name_and_no_more() {
        for (sent, kind, name) in [
            ("lamp.jpg", FileKind::Jpeg, "lamp.jpg"),
            ("LAMP.JPEG", FileKind::Jpeg, "LAMP.JPEG"),
            ("../../etc/passwd", FileKind::Text, "passwd.txt"),
            ("C:\\Users\\ada\\receipt.pdf", FileKind::Pdf, "receipt.pdf"),
            ("run.exe", FileKind::Png, "run.exe.png"),
            ("page.html", FileKind::Text, "page.html.txt"),
            ("gpj.\u{202e}exe", FileKind::Text, "gpj.exe.txt"),
            ("a\r\nSet-Cookie: b=c.png", FileKind::Png, "a  Set-Cookie_ b=c.png"),
            ("a\";filename=b.png", FileKind::Png, "a__filename=b.png"),
            (".htaccess", FileKind::Text, "htaccess.txt"),
            ("--force", FileKind::Text, "force.txt"),
            ("..", FileKind::Text, "file.txt"),
            ("", FileKind::Webp, "file.webp"),
            ("a\0b.png", FileKind::Png, "ab.png"),
            ("Straße 1 – Küche.png", FileKind::Png, "Straße 1 – Küche.png"),
        ] {
            assert_eq!(safe_name(sent, kind), name, "{sent:?}");
        }
        let long = safe_name(&format!("{}.png", "ä".repeat(500)), FileKind::Png);
        assert!(long.chars().count() <= FILE_NAME && long.ends_with("ä.png"), "{long}");
    }

    proptest! {
        #[test]
        fn however_a_file_is_cut_it_is_the_same_kind(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..80),
                "[a-zäß€\n\u{1f600}]{0,40}".prop_map(String::into_bytes),
                proptest::collection::vec(any::<u8>(), 0..40).prop_map(|tail| [PNG, &tail].concat()),
            ],
            cuts in proptest::collection::vec(0usize..80, 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|two| &bytes[two[0]..two[1]]).collect();
            prop_assert_eq!(kind(&parts), kind(&[&bytes]));
        }

        #[test]
        fn every_name_is_safe_in_a_header_and_in_a_folder(sent in any::<String>()) {
            for kind in FileKind::ALL {
                let name = safe_name(&sent, *kind);
                prop_assert!(!name.contains(['/', '\\', '"', '\r', '\n', '\0', ';', '%']), "{}", name);
                prop_assert!(!name.starts_with(['.', '-']) && name.len() > 3, "{}", name);
                prop_assert!(name.chars().count() <= FILE_NAME + 5);
                prop_assert_eq!(safe_name(&name, *kind), name.clone(), "it stays");
            }
        }
    }
}
