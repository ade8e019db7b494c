//! What a wallet is asked to sign: shown in full, with a button where there is a wallet.

use domain::EvmAddress;
use maud::{Markup, html};

use super::form::outside;
use super::money::copy;
use super::url::{self, ExternalUrl};

/// What is to be signed, and how.
#[derive(Debug, Clone, Copy)]
pub enum Signing<'a> {
    /// A text (`personal_sign`), by any account of the wallet.
    Text(&'a str),
    /// Typed data (`eth_signTypedData_v4`), by one account, on one chain.
    Typed {
        /// The data in JSON.
        json: &'a str,
        /// The account.
        signer: &'a EvmAddress,
        /// The chain.
        chain: u64,
    },
}

/// The thing to sign. The script puts what the wallet answers into the fields `signature` and
/// `address` of the form that this stands in, and sends it; without a wallet people sign elsewhere.
pub fn sign_box(signing: Signing<'_>, demo: Option<&ExternalUrl>) -> Markup {
    let (kind, what, signer, chain) = match signing {
        Signing::Text(text) => ("text", text, None, None),
        Signing::Typed { json, signer, chain } => ("typed", json, Some(signer), Some(chain)),
    };
    html! {
        div.sign data-sign=(kind) data-signer=[signer] data-chain=[chain] {
            pre.sign-what { code { (what) } }
            (copy(what, "text to sign"))
            @if let Some(demo) = demo { p { (outside(&demo.clone().query("data", what), "Sign with the demo wallet")) } }
            p.actions data-sign-wallet hidden {
                button.button type="button" { "Sign with your wallet" }
                span role="status" {}
            }
        }
        script src=(url::wallet_js()) defer {}
    }
}

/// A text to keep exactly as it is.
pub fn verbatim(text: &str, what: &str) -> Markup {
    html! {
        div.sign { pre.sign-what { code { (text) } } (copy(text, what)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_shown_whole_and_escaped() {
        let signer = EvmAddress::from_bytes([0x57; 20]);
        let json = "{\"a\": \"<b>\"}";
        let markup = Signing::Typed { json, signer: &signer, chain: 31_337 };
        let markup = sign_box(markup, None).into_string();
        assert!(markup.contains("{&quot;a&quot;: &quot;&lt;b&gt;&quot;}"), "{markup}");
        assert!(
            markup.contains(&format!("data-signer=\"{signer}\" data-chain=\"31337\"")),
            "{markup}"
        );
        let text = Signing::Text("x y");
        let demo = ExternalUrl::configured("http://127.0.0.1:1").unwrap().seg("sign");
        let text = sign_box(text, Some(&demo)).into_string();
        assert!(text.contains("href=\"http://127.0.0.1:1/sign?data=x%20y\""), "{text}");
        assert!(text.contains("data-sign=\"text\"") && !text.contains("data-signer"), "{text}");
    }
}
