//! Paying from the demo wallet: an offer, one button, a payment.

use std::collections::{HashMap, VecDeque};
use std::sync::PoisonError;

use alloy_primitives::{Address, B256, U256, hex};

use crate::error::ChainError;
use crate::http::{Request, Response};
use crate::pages;
use crate::site::Site;
use crate::wallet;

/// How many forms may be open at a time; the oldest is forgotten first.
const MAX_OFFERS: usize = 1_024;

/// What the demo wallet pays in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coin {
    Ether,
    /// The demo's stablecoin.
    Dollar,
}

/// A payment that a form stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) to: Address,
    pub(crate) coin: Coin,
    /// Base units.
    pub(crate) value: U256,
    /// A page of the shop.
    pub(crate) back: Option<String>,
    /// The payment's transaction, once it is made: a form pays once.
    paid: Option<B256>,
}

/// The open forms by token. A page of another site cannot read our forms, so it has no token.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    by_token: HashMap<String, Offer>,
    order: VecDeque<String>,
}

impl Offers {
    fn put(&mut self, token: String, offer: Offer) {
        if self.order.len() >= MAX_OFFERS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_token.remove(&oldest);
        }
        self.order.push_back(token.clone());
        self.by_token.insert(token, offer);
    }
}

/// GET /pay: shows what would be paid, with the button.
pub(crate) fn offer(site: &Site, request: &Request) -> Response {
    let fields = fields(request.query.as_bytes());
    let offer = match parse(&fields, &site.shop.site_url) {
        Ok(offer) => offer,
        Err(sentence) => return pages::html(400, pages::refusal(sentence)),
    };
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        return pages::html(503, pages::refusal("The machine gives no random numbers."));
    }
    let token = hex::encode(bytes);
    let held = match offer.coin {
        Coin::Ether => site.chain.balance(crate::DEMO_WALLET),
        Coin::Dollar => site.chain.dollars(crate::DEMO_WALLET),
    };
    let page = pages::offer(&offer, held, &token);
    lock(site).put(token, offer);
    pages::html(200, page)
}

/// POST /pay: pays what the form's token stands for, once.
pub(crate) fn accept(site: &Site, request: &Request) -> Response {
    if !is_same_origin(request) {
        return pages::html(403, pages::refusal("A payment can only be sent from this page."));
    }
    let fields = fields(&request.body);
    let token = fields.get("token").map_or("", String::as_str);
    // Held while paying: a second press of the button waits and finds it paid.
    let mut offers = lock(site);
    let Some(offer) = offers.by_token.get_mut(token) else {
        let sentence = "This form has expired. Nothing was paid: open the payment link again.";
        return pages::html(410, pages::refusal(sentence));
    };
    let hash = match offer.paid {
        Some(hash) => hash,
        None => match pay(site, offer) {
            Ok(hash) => *offer.paid.insert(hash),
            Err(error) => {
                let sentence = format!("The payment was refused: {error}.");
                return pages::html(400, pages::refusal(&sentence));
            }
        },
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("tx", &hash.to_string());
    if let Some(back) = &offer.back {
        query.append_pair("back", back);
    }
    // A page of its own, so that loading it again does not post again.
    Response::text(303, "").with("Location", format!("/paid?{}", query.finish()))
}

fn pay(site: &Site, offer: &Offer) -> Result<B256, ChainError> {
    match offer.coin {
        Coin::Ether => site.chain.pay(offer.to, offer.value),
        Coin::Dollar => site.chain.pay_dollars(offer.to, offer.value),
    }
}

/// GET /paid: what became of a payment.
pub(crate) fn paid(site: &Site, request: &Request) -> Response {
    let fields = fields(request.query.as_bytes());
    let back = match back(&fields, &site.shop.site_url) {
        Ok(back) => back,
        Err(sentence) => return pages::html(400, pages::refusal(sentence)),
    };
    let hash = fields.get("tx").and_then(|hash| hash.parse::<B256>().ok());
    let node = site.chain.lock();
    let known = hash.and_then(|hash| {
        let mined = node
            .ledger
            .mined(hash)
            .map(|(block, _, mined)| (block.number(), mined.receipt.is_success()));
        (mined.is_some() || node.mempool.get(hash).is_some()).then_some((hash, mined))
    });
    match known {
        Some((hash, mined)) => pages::html(200, pages::paid(hash, mined, back.as_deref())),
        None => pages::html(404, pages::refusal("This payment is not known here.")),
    }
}

/// GET /sign: what the demo wallet signs for a text or typed data. Nothing is done by it, and whoever
/// has its key, which is everybody, can do the same.
pub(crate) fn sign(request: &Request) -> Response {
    let fields = fields(request.query.as_bytes());
    let Some(shown) = fields.get("data").filter(|data| !data.is_empty()) else {
        return pages::html(400, pages::refusal("There is nothing to sign in this link."));
    };
    match wallet::sign_shown(shown) {
        Ok(signature) => pages::html(200, pages::signed(shown, &signature)),
        Err(error) => pages::html(400, pages::refusal(&format!("This was not signed: {error}."))),
    }
}

fn lock(site: &Site) -> std::sync::MutexGuard<'_, Offers> {
    site.offers.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fields(encoded: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// Reads a payment link, or says in a sentence what is wrong with it.
fn parse(fields: &HashMap<String, String>, site_url: &str) -> Result<Offer, &'static str> {
    let to = fields
        .get("to")
        .and_then(|text| address(text))
        .ok_or("The address in this link is not a valid one.")?;
    let value = fields
        .get("value")
        .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| U256::from_str_radix(text, 10).ok())
        .filter(|value| !value.is_zero())
        .ok_or("The amount in this link is not a valid one.")?;
    let coin = match fields.get("token").filter(|token| !token.is_empty()) {
        None => Coin::Ether,
        Some(token) if address(token) == Some(crate::DOLLAR) => Coin::Dollar,
        Some(_) => return Err("The demo wallet has nothing of the token in this link."),
    };
    let back = back(fields, site_url)?;
    Ok(Offer { to, coin, value, back, paid: None })
}

/// All lower case, or with a right EIP-55 checksum.
fn address(text: &str) -> Option<Address> {
    let digits = text.strip_prefix("0x")?;
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Address::parse_checksummed(text, None).ok();
    }
    text.parse().ok()
}

/// Where the page leads back to: nowhere, or a page of the shop.
fn back(fields: &HashMap<String, String>, site_url: &str) -> Result<Option<String>, &'static str> {
    let Some(back) = fields.get("back").filter(|back| !back.is_empty()) else { return Ok(None) };
    let rest = back.strip_prefix(site_url.trim_end_matches('/'));
    // Without one of these after it, the shop's URL may be the start of another host's.
    let ours = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    if ours && !back.chars().any(|char| char.is_control() || char == '\\') {
        Ok(Some(back.clone()))
    } else {
        Err("This link leads back to a page that is not the shop's.")
    }
}

/// Was the form sent from a page of ours? A browser says so in one or both of two headers.
fn is_same_origin(request: &Request) -> bool {
    let host = request.header("host").unwrap_or_default();
    let origin = request.header("origin").is_none_or(|origin| {
        ["http://", "https://"].iter().any(|scheme| origin.strip_prefix(scheme) == Some(host))
    });
    let site = request.header("sec-fetch-site").is_none_or(|site| site == "same-origin");
    origin && site
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Chain, Options};
    use crate::site::PayPage;

    const SIGNED: &str = "0xa461f509887bd19e312c0c58467ce8ff8e300d3c1a90b608a760c5b80318eaf15fe5\
                          7c96f9175d6cd4daad4663763baa7e78836e067d0163e9a2ccf2ff753f5b1b";
    const TO: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

    fn site() -> Site {
        let shop = PayPage { site_url: "http://127.0.0.1:8080".to_owned() };
        Site::new(Chain::new(Options::default()), shop)
    }

    fn get(site: &Site, path: &str, query: &str) -> Response {
        let mut request = request("GET", path, &[("host", "127.0.0.1:8545")]);
        request.query = query.to_owned();
        site.respond(&request)
    }

    #[test]
    fn signs_a_text_and_typed_data_and_says_what_it_cannot_sign() {
        let site = site();
        // As eth-account 0.14.0 signs it with the same key.
        let signed = get(&site, "/sign", "data=hello+world");
        assert_eq!(signed.status, 200);
        assert!(signed.body.contains(SIGNED), "{}", signed.body);
        assert!(signed.body.contains("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        for nothing in ["", "data=", "data=%7B%7D", "data=%7B"] {
            assert_eq!(get(&site, "/sign", nothing).status, 400, "{nothing}");
        }
    }

    fn post(site: &Site, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = request("POST", "/pay", headers);
        request.body = body.as_bytes().to_vec();
        site.respond(&request)
    }

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            ..Request::default()
        }
    }

    fn token(page: &str) -> String {
        let at = page.find("name=\"token\" value=\"").unwrap() + 20;
        page[at..at + 32].to_owned()
    }

    const OURS: [(&str, &str); 3] = [
        ("host", "127.0.0.1:8545"),
        ("origin", "http://127.0.0.1:8545"),
        ("sec-fetch-site", "same-origin"),
    ];

    #[test]
    fn pays_once_and_leads_back() {
        let site = site();
        let query = format!("to={TO}&value=1500000000000000000&back=http://127.0.0.1:8080/o/1");
        let page = get(&site, "/pay", &query);
        assert_eq!(page.status, 200);
        for shown in [TO, "1.5 ETH", "10000 ETH"] {
            assert!(page.body.contains(shown), "{shown} in {}", page.body);
        }
        let form = format!("token={}", token(&page.body));
        let answer = post(&site, &OURS, &form);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let to: Address = TO.parse().unwrap();
        assert_eq!(site.chain.balance(to), U256::from(1_500_000_000_000_000_000_u64));

        let again = post(&site, &OURS, &form);
        assert_eq!(again.headers, answer.headers, "the second press shows the first payment");
        assert_eq!(site.chain.nonce(crate::DEMO_WALLET), 1);

        let location = &answer.headers.iter().find(|(name, _)| *name == "Location").unwrap().1;
        let (path, query) = location.split_once('?').unwrap();
        let page = get(&site, path, query);
        assert!(page.body.contains("Paid"), "{}", page.body);
        assert!(page.body.contains("href=\"http://127.0.0.1:8080/o/1\""), "{}", page.body);
    }

    #[test]
    fn pays_in_the_stablecoin_too_and_in_no_other() {
        let site = site();
        let query = format!("to={TO}&value=25500000&token={}", crate::DOLLAR);
        let page = get(&site, "/pay", &query);
        for shown in [TO, "25.5 DUSD", "1000000 DUSD"] {
            assert!(page.body.contains(shown), "{shown} in {}", page.body);
        }
        let answer = post(&site, &OURS, &format!("token={}", token(&page.body)));
        assert_eq!(answer.status, 303, "{}", answer.body);
        let to: Address = TO.parse().unwrap();
        assert_eq!(site.chain.dollars(to), U256::from(25_500_000));
        assert_eq!(site.chain.balance(to), U256::ZERO);
        let other = get(&site, "/pay", &format!("to={TO}&value=1&token={TO}"));
        assert_eq!(other.status, 400);
    }

    #[test]
    fn refuses_other_sites() {
        let site = site();
        let page = get(&site, "/pay", &format!("to={TO}&value=1"));
        let form = format!("token={}", token(&page.body));
        let host = ("host", "127.0.0.1:8545");
        for foreign in [
            ("origin", "http://evil.example"),
            ("origin", "http://127.0.0.1:8080"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(post(&site, &[host, foreign], &form).status, 403, "{foreign:?}");
        }
        for stale in ["", "token=", "token=00000000000000000000000000000000"] {
            assert_eq!(post(&site, &OURS, stale).status, 410, "{stale}");
        }
        assert_eq!(site.chain.height(), 0, "nothing was paid");
    }

    #[test]
    fn leads_back_to_the_shop_only() {
        let site = site();
        let status = |back: &str| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("to", TO)
                .append_pair("value", "1")
                .append_pair("back", back)
                .finish();
            get(&site, "/pay", &query).status
        };
        for good in ["", "http://127.0.0.1:8080", "http://127.0.0.1:8080/orders/1?paid=1#top"] {
            assert_eq!(status(good), 200, "{good}");
        }
        for bad in [
            "http://evil.example/",
            "http://127.0.0.1:80801/",
            "http://127.0.0.1:8080.evil.example/",
            "http://127.0.0.1:8080@evil.example/",
            "https://127.0.0.1:8080/",
            "javascript:alert(1)",
            "//evil.example",
            "http://127.0.0.1:8080/\\evil",
        ] {
            assert_eq!(status(bad), 400, "{bad}");
        }
        assert_eq!(get(&site, "/paid", "tx=0x00&back=http://evil.example/").status, 400);
    }

    #[test]
    fn refuses_links_that_make_no_sense() {
        let site = site();
        let status =
            |to: &str, value: &str| get(&site, "/pay", &format!("to={to}&value={value}")).status;
        assert_eq!(status(&TO.to_lowercase(), "1"), 200);
        assert_eq!(status("0x70997970c51812dc3A010C7d01b50e0d17dc79C8", "1"), 400, "checksum");
        assert_eq!(status("0x7099", "1"), 400);
        for bad in ["0", "", "-1", "1.5", "0x10", "1e18"] {
            assert_eq!(status(TO, bad), 400, "{bad}");
        }
        assert_eq!(get(&site, "/pay", "").status, 400);
    }

    #[test]
    fn more_than_the_wallet_has_gets_no_button() {
        let page = get(&site(), "/pay", &format!("to={TO}&value=99999000000000000000000"));
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<button"), "{}", page.body);
    }
}
