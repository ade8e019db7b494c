//! Signed by the buyer and by the site, on pages and over JSON.

use domain::signed;
use serde_json::{Value, json};
use testkit::Wallet;
use verify::consent::{Consent, TYPE};
use verify::message;
use verify::signature::Signature;

use crate::client::{Agent, Browser};
use crate::market::Market;
use crate::shop::PASSWORD;

const PAGE: &str = "/account/signer";

pub(crate) fn wallet() -> Wallet {
    Wallet::of(1)
}

/// Names the wallet over JSON, and escrow takes it up.
fn name(market: &mut Market, agent: &Agent) {
    let challenge = agent.get("/api/v1/me/signer").json()["challenge"].clone();
    let named = agent.post("/api/v1/me/signer", &answer(&challenge, &wallet()));
    assert_eq!(named.status, 200, "{}", named.text());
    assert_eq!(named.json()["unanswered"], true);
    market.round();
    let told = agent.get("/api/v1/me/signer").json();
    assert_eq!(told["in_force"]["address"], wallet().address().to_string());
}

pub(crate) fn answer(challenge: &Value, wallet: &Wallet) -> Value {
    json!({
        "request": challenge["request"],
        "address": wallet.address().to_string(),
        "signature": wallet.sign_text(challenge["text"].as_str().unwrap()),
    })
}

/// An order that is paid and sealed with the wallet.
pub(crate) fn funded(market: &mut Market, agent: &Agent) -> String {
    name(market, agent);
    let order = market.ordered(agent);
    assert_eq!(order["sealed"]["buyer_signer"], wallet().address().to_string());
    market.pay(&order, 100);
    order["id"].as_str().unwrap().to_owned()
}

/// Signs typed data as a wallet reads it.
pub(crate) fn sign(typed: &Value, wallet: &Wallet) -> String {
    let (domain, message) = (&typed["domain"], &typed["message"]);
    let members = typed["types"]["Consent"].as_array().unwrap().iter();
    let members =
        members.map(|m| format!("{} {}", m["type"].as_str().unwrap(), m["name"].as_str().unwrap()));
    assert_eq!(format!("Consent({})", members.collect::<Vec<_>>().join(",")), TYPE);
    assert_eq!((&domain["name"], &domain["version"]), (&json!("Holdfast"), &json!("1")));
    let text = |name: &str| message[name].as_str().unwrap().to_owned();
    let consent = Consent {
        order: text("order"),
        action: text("action"),
        nonce: message["nonce"].as_u64().unwrap(),
        deadline: message["deadline"].as_u64().unwrap(),
        chain: domain["chainId"].as_u64().unwrap(),
        escrow: domain["verifyingContract"].as_str().unwrap().parse().unwrap(),
    };
    wallet.sign(&consent.digest())
}

#[test]
fn an_agent_names_a_wallet_and_releases_by_its_signature() {
    let mut market = Market::open();
    let buyer = market.buying();
    let order = funded(&mut market, &buyer);
    let place = format!("/api/v1/orders/{order}/confirm-receipt");
    let asked = buyer.get(&place).json();
    assert_eq!(
        (&asked["wanted"], &asked["signer"]),
        (&json!(true), &json!(wallet().address().to_string()))
    );
    let deadline = asked["deadline"].clone();

    let refused = |body: &Value| {
        let answer = buyer.post(&place, body);
        assert_eq!(answer.status, 422, "{}", answer.text());
        answer.json()["faults"][0].clone()
    };
    let none = refused(&json!({}));
    assert_eq!(none["field"], "signature");
    assert!(none["message"].as_str().unwrap().contains("there is none"), "{none}");
    let bare = buyer.send("POST", &place, &[], b"");
    assert_eq!(bare.status, 422, "a body may be left out: {}", bare.text());
    let stranger = sign(&asked["typed_data"], &Wallet::of(2));
    assert!(
        refused(&json!({ "signature": stranger, "deadline": deadline }))["message"]
            .as_str()
            .unwrap()
            .contains("not by the wallet")
    );
    let good = sign(&asked["typed_data"], &wallet());
    let later = json!(deadline.as_u64().unwrap() + 1);
    refused(&json!({ "signature": good, "deadline": later }));
    let unknown = buyer.post(&place, &json!({ "signature": good, "deadline": deadline, "x": 1 }));
    assert_eq!(unknown.json()["code"], "unexpected-members");

    let done = buyer.post(&place, &json!({ "signature": good, "deadline": deadline }));
    assert_eq!(done.status, 202, "{}", done.text());
    market.round();
    market.round();
    assert_eq!(buyer.get(&format!("/api/v1/orders/{order}")).json()["status"], "RELEASED");
}

#[test]
fn a_wallet_is_named_by_its_own_fresh_signature_only() {
    let mut market = Market::open();
    let buyer = market.buying();
    let vendor = market.selling();
    let challenge = || buyer.get("/api/v1/me/signer").json()["challenge"].clone();
    let fresh = challenge();
    // The newest of several requests counts, so no two are of one moment.
    let clock = std::sync::Arc::clone(&market.shop.clock);
    let named = |body: &Value| {
        clock.advance(domain::clock::Span::secs(1));
        buyer.post("/api/v1/me/signer", body)
    };
    let other = Wallet::of(2).sign_text(fresh["text"].as_str().unwrap());
    let mut forged = answer(&fresh, &wallet());
    forged["signature"] = json!(other);
    assert_eq!(named(&forged).json()["faults"][0]["field"], "signature");
    let of_another = vendor.get("/api/v1/me/signer").json()["challenge"].clone();
    assert_eq!(named(&answer(&of_another, &wallet())).status, 422, "another account's text");
    let mut elsewhere = answer(&fresh, &wallet());
    elsewhere["request"] = challenge()["request"].clone();
    assert_eq!(named(&elsewhere).status, 422, "another request's text");

    assert_eq!(buyer.delete("/api/v1/me/signer").status, 409, "there is none to take away");
    assert_eq!(named(&answer(&fresh, &wallet())).status, 200);
    assert_eq!(named(&answer(&challenge(), &wallet())).status, 409, "he signs already");
    assert_eq!(named(&answer(&challenge(), &Wallet::of(2))).status, 200);
    let again = named(&answer(&fresh, &wallet()));
    assert_eq!(again.status, 422, "a text counts once: {}", again.text());
    market.round();
    let told = buyer.get("/api/v1/me/signer").json();
    assert_eq!(told["in_force"]["address"], wallet().address().to_string());
    assert_eq!(told["next"]["address"], Wallet::of(2).address().to_string());
    market.shop.wait(domain::clock::Span::secs(1));
    assert_eq!(buyer.delete("/api/v1/me/signer").json()["unanswered"], true);
    market.round();
    assert_eq!(buyer.get("/api/v1/me/signer").json()["next"]["address"], Value::Null);
}

/// What stands between `<code>` and its end in the box of what is to be signed.
pub(crate) fn to_sign(page: &str) -> String {
    let rest = page.split("class=\"sign-what\"><code>").nth(1).expect("something to sign");
    let text = rest.split("</code>").next().unwrap();
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

pub(crate) fn hidden(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a hidden field");
    rest.split('"').next().unwrap().to_owned()
}

pub(crate) fn with_password(browser: &mut Browser, page: &str) -> String {
    let shown = browser.get(page);
    if shown.status == 303 {
        browser.see(shown.location());
        browser.act("/account/confirm", &[("password", PASSWORD), ("next", page)]);
        return browser.see(page);
    }
    shown.text()
}

#[test]
fn a_reader_without_javascript_names_a_wallet_and_pastes_its_signatures() {
    let mut market = Market::open();
    market.shop.wait(domain::clock::Span::minutes(6));
    market.round();
    assert_eq!(market.buyer.get(PAGE).status, 303, "the password is asked for first");
    let page = with_password(&mut market.buyer, PAGE);
    assert!(page.contains("No wallet signs for you"), "{page}");
    let (request, text) = (hidden(&page, "request"), to_sign(&page));
    let address = wallet().address().to_string();
    let wrong = market
        .buyer
        .post(PAGE, &[("request", &request), ("address", &address), ("signature", "0x12")]);
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text().contains(&request) && wrong.text().contains("not the signature"),
        "{}",
        wrong.text()
    );
    let signature = wallet().sign_text(&text);
    market
        .buyer
        .act(PAGE, &[("request", &request), ("address", &address), ("signature", &signature)]);
    market.round();
    let page = market.buyer.see(PAGE);
    assert!(page.contains("In force") && page.contains(&address), "{page}");

    let agent = market.buying();
    let order = market.ordered(&agent);
    market.pay(&order, 100);
    let order = format!("/orders/{}", order["id"].as_str().unwrap());
    let shown = market.buyer.see(&order);
    assert!(
        shown.contains("signed by the wallet") && shown.contains("Signed by this site"),
        "{shown}"
    );
    let confirm = format!("{order}/confirm-receipt");
    let page = market.buyer.see(&confirm);
    assert!(page.contains("This order wants the signature of the wallet"), "{page}");
    let bare = market.buyer.post(&confirm, &[]);
    assert!(bare.status == 422 && bare.text().contains("there is none"), "{}", bare.text());
    let typed: Value = serde_json::from_str(&to_sign(&page)).unwrap();
    let (signature, deadline) = (sign(&typed, &wallet()), hidden(&page, "deadline"));
    let fields = [("signature", signature.as_str()), ("deadline", deadline.as_str())];
    assert_eq!(market.buyer.act(&confirm, &fields), order);
    market.round();
    market.round();
    assert!(market.buyer.see(&order).contains("Released"));
}

#[test]
fn orders_without_a_wallet_want_no_signature() {
    let mut market = Market::open();
    let buyer = market.buying();
    let order = market.ordered(&buyer);
    market.pay(&order, 100);
    let place = format!("/api/v1/orders/{}/confirm-receipt", order["id"].as_str().unwrap());
    assert_eq!(
        buyer.get(&place).json(),
        json!({ "wanted": false, "signer": null, "deadline": null, "typed_data": null })
    );
    assert_eq!(buyer.send("POST", &place, &[], b"").status, 202);
}

#[test]
fn the_terms_of_an_order_come_signed_by_the_key_that_the_site_publishes() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());
    let order = market.ordered(&buyer);
    let place = format!("/api/v1/orders/{}/terms", order["id"].as_str().unwrap());
    let told = buyer.get(&place);
    assert_eq!(told.header("content-type"), Some("text/plain; charset=utf-8"));
    let (terms, signature) = signed::split(&told.text()).unwrap();
    let site = crate::client::send(market.shop.addr, "GET", "/api/v1/site", &[], b"").json();
    let key = site["terms_keys"][0]["address"].as_str().unwrap();
    let found = signature.parse::<Signature>().unwrap().signer(&message::digest(&terms)).unwrap();
    assert_eq!(found.to_string(), key);
    assert!(terms.contains(&format!("escrow address: {}", order["address"].as_str().unwrap())));
    let sealed = &order["sealed"];
    assert_eq!((&sealed["terms"], &sealed["signer"]), (&json!(terms), &json!(key)));
    assert_eq!(sealed["signature"], signature);

    assert_eq!(vendor.get(&place).text(), told.text());
    let page = format!("/orders/{}/terms", order["id"].as_str().unwrap());
    let kept = market.buyer.get(&page);
    assert_eq!(kept.text(), told.text());
    assert!(kept.header("content-disposition").unwrap().starts_with("inline; filename="));
    let mut stranger = market.shop.member("stranger");
    assert_eq!(stranger.get(&page).status, 404);
    let key = crate::keys::make(&mut stranger, "read", "");
    assert_eq!(market.shop.agent(&key).get(&place).status, 404);
}

#[test]
fn the_checker_is_served_with_the_strict_rules_of_every_page() {
    let shop = crate::shop::Shop::start();
    let mut browser = shop.browser();
    for (file, kind) in
        [("index.html", "text/html"), ("verify.js", "text/javascript"), ("verify.css", "text/css")]
    {
        let answer = browser.get(&format!("/verify-terms/{file}"));
        assert_eq!(answer.status, 200, "{file}");
        assert!(answer.header("content-type").unwrap().starts_with(kind), "{file}");
        let rules = answer.header("content-security-policy").unwrap();
        assert!(
            rules.contains("default-src 'none'") || rules.contains("script-src 'self'"),
            "{rules}"
        );
        // It asks nobody for anything.
        for word in
            ["fetch(", "XMLHttp", "WebSocket", "import(", "http://", "https://", "sendBeacon"]
        {
            assert!(!answer.text().contains(word), "{file}: {word}");
        }
    }
    assert_eq!(browser.get("/verify-terms/other").status, 404);
}
