//! Files: the field that sends some, and the list of those that were sent.

use domain::file::FileKind;
use domain::refusal::Fault;
use maud::{Markup, html};

use super::input::Wiring;
use super::url::Url;

/// What browsers offer to choose from; what is taken is told by the content.
const OFFERED: &str = "image/png,image/jpeg,image/webp,application/pdf,text/plain,.txt,.log,.md";

/// A field for several files.
pub fn file_field(name: &'static str, label: &str, hint: &str, faults: &[Fault]) -> Markup {
    let mut wiring = Wiring { hint: Some(hint), optional: true, ..Wiring::new(name, label) };
    wiring.fault(faults);
    wiring.around(html! {
        input.input.input-file id=(wiring.id()) type="file" name=(name) multiple accept=(OFFERED)
            aria-describedby=[wiring.described_by()] aria-invalid=[wiring.invalid()];
    })
}

/// A file that can be saved.
#[derive(Debug, Clone)]
pub struct Attached<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is, if that is known.
    pub kind: Option<FileKind>,
    /// Its length.
    pub bytes: u64,
    /// Where it is.
    pub url: Url,
}

/// A list of files; nothing where there is none.
pub fn files(all: &[Attached<'_>]) -> Markup {
    html! {
        @if !all.is_empty() {
            ul.files {
                @for file in all {
                    li {
                        a href=(file.url) download { (file.name) } " "
                        span.file-about { (word(file.kind)) ", " (size(file.bytes)) }
                    }
                }
            }
        }
    }
}

const fn word(kind: Option<FileKind>) -> &'static str {
    match kind {
        Some(FileKind::Png | FileKind::Jpeg | FileKind::Webp) => "picture",
        Some(FileKind::Pdf) => "PDF",
        Some(FileKind::Text) => "text",
        None => "file",
    }
}

/// A length in words: `812 bytes`, `14 KiB`, `2.3 MiB`.
fn size(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_024 => format!("{bytes} bytes"),
        1_024..MIB => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => {
            let tenths = bytes.saturating_mul(10).div_ceil(MIB);
            format!("{}.{} MiB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        for (bytes, words) in [
            (1, "1 byte"),
            (812, "812 bytes"),
            (1_024, "1 KiB"),
            (14_000, "14 KiB"),
            (5 << 20, "5.0 MiB"),
            (2_400_000, "2.3 MiB"),
        ] {
            assert_eq!(size(bytes), words);
        }
    }

    #[test]
    fn a_name_stays_a_name() {
        let file = Attached {
            name: "<b>\"x\".png",
            kind: Some(FileKind::Png),
            bytes: 9,
            url: Url::fixed("/orders/1/files/2"),
        };
        let markup = files(&[file]).into_string();
        assert!(markup.contains("href=\"/orders/1/files/2\" download>&lt;b&gt;"), "{markup}");
        assert!(markup.contains("picture, 9 bytes"), "{markup}");
        assert_eq!(files(&[]).into_string(), "");
    }

    #[test]
    fn a_fault_stands_beside_its_field() {
        let markup =
            file_field("files", "Files", "Five.", &[Fault::new("files", "No.")]).into_string();
        assert!(markup.contains("aria-invalid=\"true\"") && markup.contains("id=\"e-files\""));
        assert!(markup.contains("type=\"file\" name=\"files\" multiple"), "{markup}");
    }
}
