//! QR codes as one SVG path: black on white in either theme, since cameras expect that.

use std::fmt::Write;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

use super::url::ExternalUrl;

/// Modules of white around the code that readers need.
const QUIET: usize = 4;

/// A payment link as a QR code with a caption. What does not fit into a code leaves only the caption.
pub fn qr(data: &ExternalUrl, caption: &str) -> Markup {
    let code = QrCode::with_error_correction_level(data.as_str(), EcLevel::M).ok();
    html! {
        figure.qr {
            @if let Some(code) = code {
                @let side = code.width().saturating_add(QUIET * 2);
                svg viewBox=(format!("0 0 {side} {side}")) role="img" aria-label="QR code of the payment link"
                    shape-rendering="crispEdges" {
                    rect width=(side) height=(side) fill="#fff" {}
                    path d=(path_of(&code)) fill="#000" {}
                }
            }
            figcaption { (caption) }
        }
    }
}

/// One horizontal bar a run of dark modules.
fn path_of(code: &QrCode) -> String {
    let width = code.width();
    let colours = code.to_colors();
    let mut path = String::new();
    for (y, row) in colours.chunks(width.max(1)).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
            }
            x += length;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::url;
    use domain::EvmAddress;
    use domain::chain::ChainId;
    use domain::money::Amount;

    #[test]
    fn every_dark_module_is_drawn_once() {
        let link = url::eip681(
            &domain::asset::Asset::native_of(ChainId::BASE),
            &EvmAddress::from_bytes([0x42; 20]),
            Amount::from_u128(1 << 60),
        );
        let code = QrCode::with_error_correction_level(link.as_str(), EcLevel::M).unwrap();
        let dark = code.to_colors().iter().filter(|colour| **colour == Color::Dark).count();
        let drawn: usize = path_of(&code)
            .split('h')
            .skip(1)
            .filter_map(|rest| rest.split('v').next()?.parse::<usize>().ok())
            .sum();
        assert_eq!(drawn, dark);
        let markup = qr(&link, "Scan <to> pay").into_string();
        assert!(
            markup.contains("role=\"img\"") && markup.contains("Scan &lt;to&gt; pay"),
            "{markup}"
        );
    }

    #[test]
    fn too_long_a_link_leaves_the_caption() {
        let link = ExternalUrl::configured("https://a.example").unwrap().seg("x".repeat(4_000));
        let markup = qr(&link, "Too long").into_string();
        assert!(!markup.contains("<svg") && markup.contains("Too long"));
    }
}
