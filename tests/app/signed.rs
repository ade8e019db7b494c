//! Offers and rulings that want a wallet's signature, on pages and over JSON.

use db::Owner;
use domain::clock::Span;
use serde_json::{Value, json};
use testkit::Wallet;

use crate::client::{Agent, Browser};
use crate::deadlines::live;
use crate::disputes::{agent, staff};
use crate::market::{Market, REFUND};
use crate::signer::{answer, funded, hidden, sign, to_sign, wallet};

/// A dispute about an order that is sealed with the buyer's wallet: its page and its route.
fn disputed(market: &mut Market, buyer: &Agent) -> (String, String) {
    let id = funded(market, buyer);
    dispute(market, buyer, &id)
}

fn dispute(market: &mut Market, buyer: &Agent, id: &str) -> (String, String) {
    let said = json!({ "reason": "damaged", "statement": "The nib is bent." });
    let answer = buyer.post(&format!("/api/v1/orders/{id}/dispute"), &said);
    assert_eq!(answer.status, 202, "{}", answer.text());
    market.round();
    (format!("/orders/{id}"), format!("/api/v1/orders/{id}"))
}

#[test]
fn an_agent_s_offer_goes_with_the_wallet_s_signature_and_the_vendor_takes_it() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());
    let (_, route) = disputed(&mut market, &buyer);
    let place = format!("{route}/offer");
    let bare = buyer.post(&place, &json!({ "buyer_bps": 6_000 }));
    assert_eq!((bare.status, &bare.json()["faults"][0]["field"]), (422, &json!("signature")));
    assert_eq!(buyer.get(&format!("{place}?buyer_bps=10001")).status, 422);
    let asked = buyer.get(&format!("{place}?buyer_bps=6000")).json();
    assert_eq!(asked["signer"], wallet().address().to_string());
    assert_eq!(asked["typed_data"]["message"]["action"], "offer: 60 % to the buyer");
    assert_eq!(
        vendor.get(&format!("{place}?buyer_bps=6000")).json()["wanted"],
        false,
        "the vendor's offers are as they were"
    );
    let signature = sign(&asked["typed_data"], &wallet());
    let signed = |bps: u16, signature: &str| {
        let body =
            json!({ "buyer_bps": bps, "signature": signature, "deadline": asked["deadline"] });
        buyer.post(&place, &body)
    };
    assert_eq!(signed(5_000, &signature).status, 422, "another share");
    let stranger = sign(&asked["typed_data"], &Wallet::of(2));
    assert_eq!(signed(6_000, &stranger).status, 422);
    let made = signed(6_000, &signature);
    assert_eq!(made.status, 200, "{}", made.text());
    market.round();
    assert_eq!(signed(6_000, &signature).status, 422, "it counts once");
    assert!(vendor.get(&route).json()["may"].as_array().unwrap().contains(&json!("accept")));
    let taken = vendor.post(&format!("{route}/accept"), &json!({ "offer": 1 }));
    assert_eq!(taken.status, 202, "{}", taken.text());
    market.round();
    market.round();
    assert_eq!(buyer.get(&route).json()["status"], "CANCELLED");
    assert!(!market.balance(REFUND).is_zero());
}

#[test]
fn a_reader_without_javascript_signs_an_offer_in_two_steps() {
    let mut market = Market::open();
    let buyer = market.buying();
    let (page, route) = disputed(&mut market, &buyer);
    let form = format!("{page}/offer");
    market.buyer.see(&form);
    let second = market.buyer.post(&form, &[("share", "62.5")]);
    assert_eq!(second.status, 200, "the share is known now, and what to sign is shown");
    let second = second.text();
    assert!(second.contains("This order wants the signature of the wallet"), "{second}");
    assert_eq!(hidden(&second, "share"), "62.5");
    let typed: Value = serde_json::from_str(&to_sign(&second)).unwrap();
    let (signature, deadline) = (sign(&typed, &wallet()), hidden(&second, "deadline"));
    let fields = |signature| [("share", "62.5"), ("signature", signature), ("deadline", &deadline)];
    let wrong = market.buyer.post(&form, &fields("0x12"));
    assert!(wrong.status == 422 && wrong.text().contains("cannot be read"), "{}", wrong.text());
    assert_eq!(market.buyer.act(&form, &fields(&signature)), page);
    market.round();
    let told = buyer.get(&route).json();
    assert_eq!(told["dispute"]["offers"][0]["buyer_bps"], 6_250);
    market.vendor.see(&page);
    market.vendor.see(&format!("{page}/accept"));
    assert_eq!(market.vendor.act(&format!("{page}/accept"), &[("offer", "1")]), page);
    market.round();
    market.round();
    assert_eq!(buyer.get(&route).json()["status"], "CANCELLED");
}

/// A taken web writes an offer in the buyer's name; a page that is not taken says that it is none.
#[test]
fn an_offer_that_escrow_did_not_take_is_told() {
    let mut market = Market::open();
    let buyer = market.buying();
    let (page, route) = disputed(&mut market, &buyer);
    let id = page.trim_start_matches("/orders/");
    let forged = format!(
        "INSERT INTO dispute_offers (order_id, n, author_id, author_role, buyer_bps, request_id, \
         created_at) SELECT id, 1, buyer_id, 'buyer', 0, 'x', created_at FROM orders \
         WHERE id = '{id}';"
    );
    market.shop.data.by_hand(Owner::Web, &forged, &forged);
    market.round();
    let told = market.vendor.see(&page);
    assert!(told.contains("Escrow did not take offer 1"), "{told}");
    assert!(!told.contains("Accept the offer"));
    assert_eq!(buyer.get(&route).json()["dispute"]["offers"], json!([]));
}

/// The operator wants rulings signed; a staff member of old has named a wallet.
fn sworn(market: &mut Market, name: &str, wallet: &Wallet) -> (Browser, Agent) {
    let on = "INSERT INTO limits (name, value, changed_at) VALUES ('signed-rulings', 1, \
              '2026-11-26 00:00:00');";
    market.shop.data.by_hand(Owner::Escrow, on, on);
    let mut browser = staff(market, name);
    let agent = agent(market, &mut browser);
    let challenge = agent.get("/api/v1/me/signer").json()["challenge"].clone();
    let named = agent.post("/api/v1/me/signer", &answer(&challenge, wallet));
    assert_eq!(named.status, 200, "{}", named.text());
    market.round();
    (browser, agent)
}

#[test]
fn staff_rule_by_their_wallet_s_signature_where_the_operator_wants_it() {
    let mut market = Market::open();
    let own = Wallet::of(7);
    let (mut ann, ann_agent) = sworn(&mut market, "ann", &own);
    let buyer = market.buying();
    let json = market.ordered(&buyer);
    market.pay(&json, 100);
    let (page, route) = dispute(&mut market, &buyer, json["id"].as_str().unwrap());
    let form = format!("{page}/rule");
    let early = ann.get(&form);
    assert_eq!(early.status, 409, "named and appointed just now");
    assert!(early.text().contains("One counts from two days after"), "{}", early.text());
    let refused = ann_agent.get(&format!("{route}/rule?buyer_bps=4000"));
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("no-wallet")));
    let refused =
        ann_agent.post(&format!("{route}/rule"), &json!({ "buyer_bps": 1, "reason": "." }));
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("no-wallet")));
    live(&mut market, Span::hours(48));

    // Over JSON: nothing without the signature, nor with that of another share.
    let asked = ann_agent.get(&format!("{route}/rule?buyer_bps=4000")).json();
    assert_eq!(asked["signer"], own.address().to_string());
    assert_eq!(asked["typed_data"]["message"]["action"], "rule: 40 % to the buyer");
    let signature = sign(&asked["typed_data"], &own);
    let mut body = json!({ "buyer_bps": 3_000, "reason": "So be it." });
    let bare = ann_agent.post(&format!("{route}/rule"), &body);
    assert_eq!((bare.status, &bare.json()["faults"][0]["field"]), (422, &json!("signature")));
    body["signature"] = json!(signature);
    body["deadline"] = asked["deadline"].clone();
    assert_eq!(ann_agent.post(&format!("{route}/rule"), &body).status, 422, "another share");

    // On pages, in two steps.
    let page_one = ann.see(&form);
    assert!(!page_one.contains("sign-what"), "nothing to sign before the share is known");
    let two = ann.post(&form, &[("share", "40"), ("reason", "The nib shows it.")]);
    assert_eq!(two.status, 200);
    let two = two.text();
    assert!(two.contains("This site wants the signature of the wallet"), "{two}");
    assert_eq!(hidden(&two, "reason"), "The nib shows it.");
    let typed: Value = serde_json::from_str(&to_sign(&two)).unwrap();
    let (signature, deadline) = (sign(&typed, &own), hidden(&two, "deadline"));
    let fields = [
        ("share", "40"),
        ("reason", "The nib shows it."),
        ("signature", &signature),
        ("deadline", &deadline),
    ];
    assert_eq!(ann.act(&form, &fields), page);
    market.round();
    let told = buyer.get(&route).json();
    assert_eq!(told["dispute"]["rulings"][0]["buyer_bps"], 4_000);
    let story = market.buyer.see(&page);
    assert!(story.contains(&format!("Signed by the wallet {}", own.address())), "{story}");
    live(&mut market, Span::hours(24));
    market.round();
    assert_eq!(buyer.get(&route).json()["status"], "RELEASED");
}

#[test]
fn a_second_staff_member_confirms_by_a_signature() {
    let mut market = Market::open();
    let (one, two) = (Wallet::of(7), Wallet::of(8));
    let (_, ann) = sworn(&mut market, "ann", &one);
    let mut bea = staff(&mut market, "bea");
    let bea_agent = agent(&market, &mut bea);
    let challenge = bea_agent.get("/api/v1/me/signer").json()["challenge"].clone();
    assert_eq!(bea_agent.post("/api/v1/me/signer", &answer(&challenge, &two)).status, 200);
    live(&mut market, Span::hours(73));
    let buyer = market.buying();
    let json = market.ordered(&buyer);
    market.pay(&json, 100);
    let (page, route) = dispute(&mut market, &buyer, json["id"].as_str().unwrap());
    let asked = ann.get(&format!("{route}/rule?buyer_bps=10000")).json();
    let body = json!({
        "buyer_bps": 10_000,
        "reason": "All of it.",
        "signature": sign(&asked["typed_data"], &one),
        "deadline": asked["deadline"],
    });
    assert_eq!(ann.post(&format!("{route}/rule"), &body).status, 202);
    market.round();
    assert_eq!(
        market.selling().post(&format!("{route}/contest"), &json!({ "ruling": 1 })).status,
        202
    );
    market.round();
    let place = format!("{route}/confirm-ruling");
    assert_eq!(bea_agent.post(&place, &json!({ "ruling": 1 })).status, 422);
    let asked = bea_agent.get(&place).json();
    let action = &asked["typed_data"]["message"]["action"];
    assert_eq!(action, "confirm ruling 1: 100 % to the buyer");
    // On the page, where all is known at once.
    let shown = bea.see(&format!("{page}/confirm-ruling"));
    let typed: Value = serde_json::from_str(&to_sign(&shown)).unwrap();
    let (signature, deadline) = (sign(&typed, &two), hidden(&shown, "deadline"));
    let fields = [("ruling", "1"), ("signature", &signature), ("deadline", &deadline)];
    assert_eq!(bea.act(&format!("{page}/confirm-ruling"), &fields), page);
    live(&mut market, Span::hours(24));
    market.round();
    assert_eq!(buyer.get(&route).json()["status"], "CANCELLED");
}
