//! Addresses that may stand in `href`, `src`, `action` and `hx-*`: ours, made of fixed paths and
//! encoded parts, and foreign ones, made of fixed templates. Neither can be made of a user's text.

use std::fmt::{self, Display, Write};

use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainSpec;
use domain::ids::{ItemId, OrderId, StoreId};
use domain::money::Amount;
use maud::Render;

use crate::assets;

/// An address within this site: always a path that begins with one slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(String);

/// An address elsewhere: an explorer, a wallet, the operator's development chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUrl(String);

impl Url {
    /// A path written in the source, such as `/orders`.
    pub fn fixed(path: &'static str) -> Self {
        debug_assert!(path.starts_with('/') && !path.starts_with("//"), "{path}");
        Self(path.to_owned())
    }

    /// A path of ours that came back from a browser, as the place to go on to after a login. `None`
    /// for anything that is not plainly a path: foreign hosts, backslashes, dot segments.
    pub fn local(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let plain = |text: &str, more: &[u8]| {
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.~%".contains(&b) || more.contains(&b))
        };
        let rest = path.strip_prefix('/')?;
        let segment = |s: &str| !s.is_empty() && !s.starts_with('.') && !s.contains('%');
        let good = text.len() <= 512
            && plain(path, b"/")
            && plain(query, b"=&+")
            && (rest.is_empty() || rest.split('/').all(segment));
        good.then(|| Self(text.to_owned()))
    }

    /// One path segment more, percent-encoded: `/orders` and `a/b` give `/orders/a%2Fb`.
    #[must_use]
    pub fn seg(self, segment: impl Display) -> Self {
        Self(with_segment(self.0, &segment.to_string()))
    }

    /// One query parameter more, percent-encoded.
    #[must_use]
    pub fn query(self, key: &'static str, value: impl Display) -> Self {
        Self(with_query(self.0, key, &value.to_string()))
    }

    /// As text, for a `Location` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ExternalUrl {
    /// An address that the operator configured, without query: `http(s)://host[:port][/path]`.
    /// `None` if it is anything else.
    pub fn configured(base: &str) -> Option<Self> {
        let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"))?;
        let host = rest.split('/').next()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_~:/[]".contains(c);
        let good = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && rest.chars().all(plain);
        good.then(|| Self(base.trim_end_matches('/').to_owned()))
    }

    /// One path segment more, percent-encoded.
    #[must_use]
    pub fn seg(self, segment: impl Display) -> Self {
        Self(with_segment(self.0, &segment.to_string()))
    }

    /// One query parameter more, percent-encoded.
    #[must_use]
    pub fn query(self, key: &'static str, value: impl Display) -> Self {
        Self(with_query(self.0, key, &value.to_string()))
    }

    /// As text, for a QR code or JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Render for Url {
    fn render_to(&self, buffer: &mut String) {
        self.0.as_str().render_to(buffer);
    }
}

impl Render for ExternalUrl {
    fn render_to(&self, buffer: &mut String) {
        self.0.as_str().render_to(buffer);
    }
}

impl Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Display for ExternalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn with_segment(mut path: String, segment: &str) -> String {
    if !path.ends_with('/') {
        path.push('/');
    }
    // A browser resolves a dot segment, encoded or not, against the path before it.
    if segment.is_empty() || segment.chars().all(|c| c == '.') {
        path.push('_');
    } else {
        encode_into(&mut path, segment);
    }
    path
}

fn with_query(mut path: String, key: &str, value: &str) -> String {
    path.push(if path.contains('?') { '&' } else { '?' });
    encode_into(&mut path, key);
    path.push('=');
    encode_into(&mut path, value);
    path
}

/// RFC 3986: everything but the unreserved characters is encoded.
fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// The shop window.
pub fn home() -> Url {
    Url::fixed("/")
}

/// The viewer's purchases.
pub fn orders() -> Url {
    Url::fixed("/orders")
}

/// One order.
pub fn order(id: OrderId) -> Url {
    orders().seg(id)
}

/// The disputes that staff work through.
pub fn disputes() -> Url {
    Url::fixed("/disputes")
}

/// One item.
pub fn item(id: ItemId) -> Url {
    Url::fixed("/items").seg(id)
}

/// One store.
pub fn store(id: StoreId) -> Url {
    Url::fixed("/stores").seg(id)
}

/// Every store.
pub fn stores() -> Url {
    Url::fixed("/stores")
}

/// The vendor's side.
pub fn selling() -> Url {
    Url::fixed("/selling")
}

/// The viewer's account.
pub fn account() -> Url {
    Url::fixed("/account")
}

/// How the shop stands, for administrators.
pub fn admin() -> Url {
    Url::fixed("/admin")
}

/// The walls between the roles, attack by attack.
pub fn walls() -> Url {
    Url::fixed("/admin/walls")
}

/// The wallet that signs for the viewer.
pub fn signer() -> Url {
    account().seg("signer")
}

/// The viewer's invitation link and what it earned.
pub fn referrals() -> Url {
    account().seg("referrals")
}

/// Login.
pub fn login() -> Url {
    Url::fixed("/login")
}

/// Registration.
pub fn register() -> Url {
    Url::fixed("/register")
}

/// Logout, by POST.
pub fn logout() -> Url {
    Url::fixed("/logout")
}

/// Choice of theme, by POST.
pub fn theme() -> Url {
    Url::fixed("/theme")
}

/// How escrow works here.
pub fn help() -> Url {
    Url::fixed("/help")
}

/// The notices.
pub fn notices() -> Url {
    Url::fixed("/notices")
}

/// What escrow holds and owes.
pub fn transparency() -> Url {
    Url::fixed("/transparency")
}

/// The style sheet.
pub fn css() -> Url {
    Url(assets::css_path().to_owned())
}

/// The vendored htmx.
pub fn htmx() -> Url {
    Url(assets::htmx_path().to_owned())
}

/// Our own script.
pub fn app_js() -> Url {
    Url(assets::app_js_path().to_owned())
}

/// The script that asks a wallet to sign.
pub fn wallet_js() -> Url {
    Url(assets::wallet_js_path().to_owned())
}

/// The page that checks signed terms by itself.
pub fn verify_terms() -> Url {
    Url::fixed("/verify-terms/index.html")
}

/// A picture of the gallery by its name; an unknown name leads to the placeholder.
pub fn picture(name: &str) -> Url {
    Url(assets::picture_path(name).to_owned())
}

/// A chain tx in the chain's explorer. `None` where the chain has no explorer or `hash` is no hash.
pub fn explorer_tx(chain: &ChainSpec, hash: &str) -> Option<ExternalUrl> {
    let digits = hash.strip_prefix("0x")?;
    let is_hash = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    (is_hash && !chain.explorer.is_empty())
        .then(|| ExternalUrl(format!("{}/tx/{hash}", chain.explorer)))
}

/// An address in the chain's explorer. `None` where the chain has no explorer.
pub fn explorer_address(chain: &ChainSpec, address: &EvmAddress) -> Option<ExternalUrl> {
    (!chain.explorer.is_empty())
        .then(|| ExternalUrl(format!("{}/address/{address}", chain.explorer)))
}

/// The payment link of EIP-681 for a coin or a token, which wallets open and QR codes carry.
pub fn eip681(asset: &Asset, to: &EvmAddress, amount: Amount) -> ExternalUrl {
    let chain = asset.chain.get();
    ExternalUrl(match asset.token {
        None => format!("ethereum:{to}@{chain}?value={amount}"),
        Some(token) => {
            format!("ethereum:{token}@{chain}/transfer?address={to}&uint256={amount}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::chain::ChainId;

    const TO: EvmAddress = EvmAddress::from_bytes([0x11; 20]);

    #[test]
    fn parts_are_encoded_and_stay_on_this_site() {
        assert_eq!(Url::fixed("/a").seg("b/../c?x#y").as_str(), "/a/b%2F..%2Fc%3Fx%23y");
        assert_eq!(Url::fixed("/a").seg("..").as_str(), "/a/_");
        assert_eq!(Url::fixed("/").seg("/evil.example").as_str(), "/%2Fevil.example");
        let url = Url::fixed("/a").query("q", "x y&z=\"<é").query("r", 2);
        assert_eq!(url.as_str(), "/a?q=x%20y%26z%3D%22%3C%C3%A9&r=2");
    }

    #[test]
    fn a_way_back_stays_on_this_site() {
        for good in ["/", "/orders", "/orders/0a1b", "/checkout?package=ab&quantity=2"] {
            assert_eq!(Url::local(good).as_ref().map(Url::as_str), Some(good));
        }
        for bad in [
            "",
            "orders",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/%2f/evil.example",
            "/a//b",
            "/../b",
            "/a/./b",
            "/a?next=//x:y",
            "javascript:alert(1)",
            "/a\r\nb",
            "/\tb",
            "/a#b",
            "/ä",
            "/.evil.example",
            "/a?b=c?d",
            "/%5cevil.example",
            "/a@b",
            "/;a",
        ] {
            assert_eq!(Url::local(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_plain_web_addresses_are_taken_from_configuration() {
        let good = ExternalUrl::configured("http://127.0.0.1:8546/").unwrap();
        assert_eq!(
            good.seg("pay").query("to", TO).as_str().split('?').next(),
            Some("http://127.0.0.1:8546/pay")
        );
        for bad in [
            "javascript:alert(1)",
            "https://",
            "https://a\"b",
            "//x.example",
            "https://a?b",
            "https://u@h",
        ] {
            assert_eq!(ExternalUrl::configured(bad), None, "{bad}");
        }
    }

    #[test]
    fn explorers_get_hashes_only() {
        let hash = format!("0x{}", "ab".repeat(32));
        let base = ChainId::BASE.spec().unwrap();
        assert_eq!(
            explorer_tx(base, &hash).unwrap().as_str(),
            format!("https://basescan.org/tx/{hash}")
        );
        assert_eq!(explorer_tx(base, "0x12"), None);
        assert_eq!(explorer_tx(base, &"<".repeat(66)), None);
        assert_eq!(explorer_tx(ChainId::DEVELOPMENT.spec().unwrap(), &hash), None);
        assert!(explorer_address(base, &TO).unwrap().as_str().ends_with(&TO.to_string()));
    }

    #[test]
    fn payment_links_follow_eip_681() {
        let coin = Asset::native_of(ChainId::SEPOLIA);
        let link = eip681(&coin, &TO, Amount::from_u128(1_500));
        assert_eq!(link.as_str(), format!("ethereum:{TO}@11155111?value=1500"));
        let token = EvmAddress::from_bytes([0x22; 20]);
        let link = eip681(&Asset { token: Some(token), ..coin }, &TO, Amount::from_u128(1_500));
        let expected = format!("ethereum:{token}@11155111/transfer?address={TO}&uint256=1500");
        assert_eq!(link.as_str(), expected);
    }
}
