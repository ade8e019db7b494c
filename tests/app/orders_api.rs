//! The purchase by two agents over JSON.

use devnet::U256;
use serde_json::{Value, json};

use crate::catalogue::PAYEE;
use crate::market::{COMMISSION, Market, REFUND};

fn at(order: &Value, verb: &str) -> String {
    format!("/api/v1/orders/{}/{verb}", order["id"].as_str().unwrap())
}

fn show(order: &Value) -> String {
    format!("/api/v1/orders/{}", order["id"].as_str().unwrap())
}

#[test]
fn an_agent_buys_and_another_sells() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());

    let quote = buyer.post("/api/v1/quotes", &json!({ "lines": market.wish()["lines"] })).json();
    assert_eq!(quote["total_cents"], 7_890);
    assert_eq!((&quote["ships"], &quote["refusal"]), (&json!(true), &Value::Null));

    let order = market.ordered(&buyer);
    assert_eq!(order["status"], "PENDING");
    assert_eq!(order["amount"], quote["options"][0]["amount"]);
    assert_eq!(order["may"], json!(["cancel", "reseal"]));
    assert_eq!(order["next"]["step"], "pay");
    let uri = order["payment_uri"].as_str().unwrap();
    let (address, amount) = (order["address"].as_str().unwrap(), order["amount"].as_str().unwrap());
    assert_eq!(uri, format!("ethereum:{address}@31337?value={amount}"));
    assert_eq!(
        vendor.get(&show(&order)).json()["delivery_address"],
        Value::Null,
        "not before it is paid"
    );

    market.pay(&order, 100);
    let funded = vendor.get(&show(&order)).json();
    assert_eq!(funded["status"], "COMPLETED");
    assert!(funded["delivery_address"].as_str().unwrap().contains("St James"));
    assert_eq!(funded["may"], json!(["refund", "ship", "dispute", "reseal"]));

    let shipped = vendor.post(&at(&order, "ship"), &json!({ "note": "Parcel 1" }));
    assert_eq!(shipped.status, 200, "{}", shipped.text());
    assert_eq!(
        vendor.post(&at(&order, "confirm-receipt"), &json!({})).status,
        403,
        "he never pays himself"
    );

    let before = (market.balance(PAYEE), market.balance(COMMISSION));
    let asked = buyer.post(&at(&order, "confirm-receipt"), &json!({}));
    assert_eq!(asked.status, 202, "{}", asked.text());
    assert_eq!(asked.json()["intent"]["action"], "release");
    assert_eq!(buyer.post(&at(&order, "confirm-receipt"), &json!({})).status, 202, "asked already");
    market.round();
    market.round();

    let done = buyer.get(&show(&order)).json();
    assert_eq!(done["status"], "RELEASED");
    let legs = done["legs"].as_array().unwrap();
    let got: Vec<_> = legs
        .iter()
        .map(|leg| (leg["role"].as_str().unwrap(), leg["state"].as_str().unwrap()))
        .collect();
    assert_eq!(got, [("vendor", "final"), ("commission", "final")]);
    let sum = |leg: &Value| leg["amount"].as_str().unwrap().parse::<U256>().unwrap();
    assert_eq!(market.balance(PAYEE) - before.0, sum(&legs[0]));
    assert_eq!(market.balance(COMMISSION) - before.1, sum(&legs[1]));
    let due: U256 = amount.parse().unwrap();
    assert_eq!(sum(&legs[1]), due / U256::from(5), "a free store pays 20 %");

    let events = buyer.get(&at(&order, "events")).json();
    let kinds: Vec<_> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap().to_owned())
        .collect();
    for kind in ["address-issued", "funded", "payout-planned", "leg-paid", "released"] {
        assert!(kinds.iter().any(|known| known == kind), "{kind} in {kinds:?}");
    }
    assert_eq!(kinds.iter().filter(|kind| *kind == "released").count(), 1);
    let sold = vendor.get(&format!("/api/v1/orders?store={}", market.store)).json();
    assert_eq!(sold["items"][0]["status"], "RELEASED");
}

#[test]
fn a_key_names_one_order_however_often_it_is_sent() {
    let mut market = Market::open();
    let buyer = market.buying();
    let body = market.wish().to_string();
    let send = |body: &str| {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "order-1")];
        buyer.send("POST", "/api/v1/orders", &headers, body.as_bytes())
    };
    let first = send(&body);
    assert_eq!(
        (first.status, first.header("idempotent-replayed")),
        (201, None),
        "{}",
        first.text()
    );
    let again = send(&body);
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(first.json()["id"], again.json()["id"]);
    let other = market.wish().to_string().replace("London", "Paris");
    assert_eq!(send(&other).status, 422);
    assert_eq!(buyer.get("/api/v1/orders").json()["items"].as_array().unwrap().len(), 1);
}

#[test]
fn an_unpaid_order_is_cancelled_and_money_that_comes_later_goes_back() {
    let mut market = Market::open();
    let buyer = market.buying();
    let order = market.ordered(&buyer);
    assert_eq!(buyer.post(&at(&order, "cancel"), &json!({})).status, 202);
    market.round();
    assert_eq!(buyer.get(&show(&order)).json()["status"], "CANCELLED");
    assert_eq!(buyer.post(&at(&order, "cancel"), &json!({})).status, 409);
    let vendor = market.selling();
    let told = vendor.get(&show(&order)).json();
    assert_eq!(told["delivery_address"], Value::Null, "it was never paid");

    let before = market.balance(REFUND);
    market.pay(&order, 50);
    market.shop.wait(domain::clock::Span::minutes(2));
    market.round();
    market.round();
    let late = buyer.get(&show(&order)).json();
    assert_eq!(late["status"], "CANCELLED");
    assert_eq!(late["legs"][0]["role"], "buyer");
    assert!(market.balance(REFUND) > before);
}

#[test]
fn the_vendor_refunds_in_full() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());
    let order = market.ordered(&buyer);
    assert_eq!(vendor.post(&at(&order, "refund"), &json!({})).status, 409, "nothing is paid yet");
    market.pay(&order, 100);
    assert_eq!(
        buyer.post(&at(&order, "cancel"), &json!({})).status,
        409,
        "paid orders are refunded"
    );
    assert_eq!(buyer.post(&at(&order, "refund"), &json!({})).status, 403);
    let before = market.balance(REFUND);
    assert_eq!(vendor.post(&at(&order, "refund"), &json!({})).status, 202);
    market.round();
    market.round();
    let done = buyer.get(&show(&order)).json();
    assert_eq!(
        (done["status"].as_str(), done["legs"][0]["role"].as_str()),
        (Some("CANCELLED"), Some("buyer"))
    );
    assert!(market.balance(REFUND) > before);
}

#[test]
fn a_dispute_freezes_the_money_until_one_side_gives_way() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());
    let order = market.ordered(&buyer);
    market.pay(&order, 100);
    let said = json!({ "reason": "not-received", "statement": "Nothing has come." });
    assert_eq!(buyer.post(&at(&order, "dispute"), &said).status, 202);
    assert_eq!(buyer.post(&at(&order, "dispute"), &said).status, 409, "one is enough");
    market.round();
    let frozen = vendor.get(&show(&order)).json();
    assert_eq!(
        (frozen["status"].as_str(), &frozen["dispute"]["effective"]),
        (Some("FROZEN"), &json!(true))
    );
    assert_eq!(frozen["may"], json!(["refund", "ship", "offer", "claim", "reseal"]));
    assert_eq!(vendor.post(&at(&order, "refund"), &json!({})).status, 202);
    market.round();
    market.round();
    assert_eq!(buyer.get(&show(&order)).json()["status"], "CANCELLED");
}

#[test]
fn an_order_of_others_does_not_exist() {
    let mut market = Market::open();
    let buyer = market.buying();
    let order = market.ordered(&buyer);
    let mut stranger = market.shop.member("stranger");
    let key = crate::keys::make(&mut stranger, "write", "");
    let agent = market.shop.agent(&key);
    assert_eq!(agent.get(&show(&order)).status, 404);
    assert_eq!(agent.get(&at(&order, "events")).status, 404);
    for verb in ["cancel", "confirm-receipt", "refund"] {
        assert_eq!(agent.post(&at(&order, verb), &json!({})).status, 404, "{verb}");
    }
    assert_eq!(agent.post(&at(&order, "ship"), &json!({})).status, 404);
    assert_eq!(agent.get(&format!("/api/v1/orders?store={}", market.store)).status, 404);
    let page = format!("/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(stranger.get(&page).status, 404);
}

/// Whatever an order says is not possible, its route refuses with the same word, and in the same
/// sentence; what it says is possible is not among that.
#[test]
fn an_order_says_why_an_act_is_not_possible_and_its_route_says_the_same() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());
    let order = market.ordered(&buyer);
    let body = |act: &str| match act {
        "dispute" => json!({ "reason": "damaged", "statement": "The nib is bent." }),
        "offer" => json!({ "buyer_bps": 5_000 }),
        "claim" => json!({ "body": "It is bent." }),
        "contest" => json!({ "ruling": 1 }),
        _ => json!({}),
    };
    for (paid, codes) in [(false, "not-paid"), (true, "not-shipped")] {
        if paid {
            market.pay(&order, 100);
        }
        let mut seen = Vec::new();
        for agent in [&buyer, &vendor] {
            let shown = agent.get(&show(&order)).json();
            let may = shown["may"].as_array().unwrap();
            for refused in shown["refused"].as_array().unwrap() {
                let act = refused["act"].as_str().unwrap();
                assert!(!may.contains(&refused["act"]), "{act}");
                if ["accept", "reseal"].contains(&act) {
                    continue;
                }
                let answer = agent.post(&at(&order, act), &body(act));
                let status = if refused["code"] == "other-party" { 403 } else { 409 };
                assert_eq!(answer.status, status, "{act}: {}", answer.text());
                assert_eq!(answer.json()["code"], refused["code"], "{act}");
                assert_eq!(answer.json()["detail"], refused["reason"], "{act}");
                seen.push(refused["code"].as_str().unwrap().to_owned());
            }
        }
        assert!(seen.len() >= 8 && seen.iter().any(|code| code == codes), "{seen:?}");
    }
}
