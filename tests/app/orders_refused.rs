//! Orders that cannot be placed: each with a sentence for a person, a problem for an agent, and
//! nothing half done.

use std::sync::atomic::Ordering;

use domain::clock::Span;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::market::{Market, REFUND};

fn code(answer: &Answer) -> (u16, String) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{}",
        answer.text()
    );
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn faulty(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{}", answer.text());
    let faults = answer.json()["faults"].as_array().cloned().unwrap_or_default();
    faults.iter().map(|fault| fault["field"].as_str().unwrap_or_default().to_owned()).collect()
}

fn with(mut wish: Value, name: &str, value: Value) -> Value {
    wish[name] = value;
    wish
}

#[test]
fn every_wrong_field_is_named() {
    let mut market = Market::open();
    let agent = market.buying();
    let wish = market.wish();
    let line =
        |package: &str, quantity: i64| json!([{ "package_id": package, "quantity": quantity }]);
    for (name, value, field) in [
        ("lines", json!([]), "lines"),
        ("lines", line("xyz", 1), "lines.package_id"),
        ("lines", line(&market.package, 0), "lines.quantity"),
        ("lines", line(&market.package, 100), "lines.quantity"),
        ("refund_address", json!("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), "refund_address"),
        ("refund_address", json!("0x0000000000000000000000000000000000000000"), "refund_address"),
        ("refund_address", json!("vitalik.eth"), "refund_address"),
        ("refund_address", Value::Null, "refund_address"),
        ("delivery_address", Value::Null, "delivery"),
        ("delivery_address", json!("a".repeat(501)), "delivery_address"),
        ("rate_id", json!("x"), "rate_id"),
    ] {
        let answer = agent.post("/api/v1/orders", &with(wish.clone(), name, value.clone()));
        assert_eq!(faulty(&answer), [field], "{name}: {value}");
    }
    let unknown = with(wish, "discount", json!(100));
    assert!(matches!(agent.post("/api/v1/orders", &unknown).status, 400 | 422));
    assert_eq!(agent.get("/api/v1/orders").json()["items"], json!([]), "nothing was placed");
}

#[test]
fn what_is_not_to_be_had_is_refused() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());
    let wish = market.wish();
    let no_chain = buyer.post("/api/v1/orders", &with(wish.clone(), "chain_id", json!(56)));
    assert_eq!(code(&no_chain), (503, "chain-unavailable".to_owned()));
    assert_eq!(code(&vendor.post("/api/v1/orders", &wish)), (409, "own-store".to_owned()));
    let gone = json!([{ "package_id": "0123456789abcdef0123456789abcdef", "quantity": 1 }]);
    assert_eq!(
        code(&buyer.post("/api/v1/orders", &with(wish.clone(), "lines", gone))),
        (409, "not-on-sale".to_owned())
    );
    let rate = json!("0123456789abcdef0123456789abcdef");
    let unknown_rate = buyer.post("/api/v1/orders", &with(wish, "rate_id", rate));
    assert_eq!(code(&unknown_rate), (409, "price-changed".to_owned()));
}

#[test]
fn ten_unpaid_orders_are_enough() {
    let mut market = Market::open();
    let agent = market.buying();
    for n in 0..10 {
        let placed = agent.post("/api/v1/orders", &market.wish());
        assert_eq!(placed.status, 201, "{n}: {}", placed.text());
    }
    assert_eq!(
        code(&agent.post("/api/v1/orders", &market.wish())),
        (409, "too-many-unpaid".to_owned())
    );
    market.round();
    assert_eq!(
        code(&agent.post("/api/v1/orders", &market.wish())),
        (409, "too-many-unpaid".to_owned())
    );
}

#[test]
fn without_escrow_nothing_new_is_ordered_and_pages_say_so() {
    let mut market = Market::open();
    let agent = market.buying();
    let order = market.ordered(&agent);
    let wish = market.wish();
    // Its heart stops.
    market.shop.wait(Span::secs(6));
    assert_eq!(code(&agent.post("/api/v1/orders", &wish)), (503, "payments-paused".to_owned()));
    let page = market.buyer.see(&format!("/checkout?package={}&quantity=1", market.package));
    assert!(page.contains("Payments are paused"), "{page}");
    let health = market.buyer.get("/health");
    assert_eq!(health.status, 503, "{}", health.text());
    // What stands can still be looked at and disputed or called off: the request waits.
    let id = order["id"].as_str().unwrap();
    assert_eq!(agent.post(&format!("/api/v1/orders/{id}/cancel"), &json!({})).status, 202);
    market.round();
    assert_eq!(agent.get(&format!("/api/v1/orders/{id}")).json()["status"], "CANCELLED");
    assert_eq!(agent.post("/api/v1/orders", &wish).status, 201, "it beats again");
}

#[test]
fn without_the_chain_orders_wait_and_no_new_ones_come() {
    let mut market = Market::open();
    let agent = market.buying();
    market.cut.store(true, Ordering::SeqCst);
    let waiting = agent.post("/api/v1/orders", &market.wish());
    assert_eq!(waiting.status, 201, "{}", waiting.text());
    let show = format!("/api/v1/orders/{}", waiting.json()["id"].as_str().unwrap());
    market.round();
    let order = agent.get(&show).json();
    assert_eq!((order["status"].as_str(), &order["address"]), (Some("NEW"), &Value::Null));
    assert_eq!(
        code(&agent.post("/api/v1/orders", &market.wish())),
        (503, "chain-unavailable".to_owned())
    );
    market.cut.store(false, Ordering::SeqCst);
    market.round();
    assert_eq!(agent.get(&show).json()["status"], "PENDING", "nothing was lost");
}

#[test]
fn a_price_that_aged_is_shown_again_before_it_counts() {
    let mut market = Market::open();
    let page = market.buyer.see(&format!("/checkout?package={}&quantity=1", market.package));
    let hidden = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a hidden field");
        rest.split('"').next().expect("a value").to_owned()
    };
    let (form, pay) = (hidden("form"), hidden("pay"));
    let (package, refund) = (market.package.clone(), REFUND);
    let fields = [
        ("form", form.as_str()),
        ("package", package.as_str()),
        ("quantity", "1"),
        ("pay", pay.as_str()),
        ("refund_address", refund),
        ("delivery", "Somewhere 1"),
    ];
    market.shop.wait(Span::minutes(11));
    market.round();
    let stale = market.buyer.post("/orders", &fields);
    assert_eq!(stale.status, 409);
    assert!(
        stale.text().contains("The price changed") && stale.text().contains("Somewhere 1"),
        "{}",
        stale.text()
    );
    let fresh = stale
        .text()
        .split("name=\"pay\" value=\"")
        .nth(1)
        .and_then(|r| r.split('"').next())
        .expect("a choice")
        .to_owned();
    assert_ne!(fresh, pay);
    let fields: Vec<_> =
        fields.iter().map(|(k, v)| (*k, if *k == "pay" { fresh.as_str() } else { *v })).collect();
    let order = market.buyer.act("/orders", &fields);
    assert!(order.starts_with("/orders/"), "{order}");
    // The very same form once more is the very same order.
    assert_eq!(market.buyer.act("/orders", &fields), order);
}

#[test]
fn a_price_that_rose_since_the_page_was_shown_is_shown_again() {
    let mut market = Market::open();
    let agent = market.buying();
    let page = market.buyer.see(&format!("/checkout?package={}&quantity=1", market.package));
    let hidden = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a hidden field");
        rest.split('"').next().expect("a value").to_owned()
    };
    let (form, pay, shown) = (hidden("form"), hidden("pay"), hidden("shown"));
    assert_eq!(shown, "7890");
    let edit = format!("/packages/{}/edit", market.package);
    market.vendor.see(&edit);
    let dearer = [
        ("name", "One"),
        ("kind", "shipped"),
        ("price", "900"),
        ("shipping", "4.90"),
        ("handling_hours", "72"),
    ];
    market.vendor.act(&edit, &dearer);
    let package = market.package.clone();
    let fields = [
        ("form", form.as_str()),
        ("package", package.as_str()),
        ("quantity", "1"),
        ("shown", shown.as_str()),
        ("pay", pay.as_str()),
        ("refund_address", REFUND),
        ("delivery", "Somewhere 1"),
    ];
    let answer = market.buyer.post("/orders", &fields);
    assert_eq!(answer.status, 409);
    assert!(
        answer.text().contains("value=\"90490\""),
        "the new sum is on the page: {}",
        answer.text()
    );
    let capped = with(market.wish(), "max_total_cents", json!(7_890));
    assert_eq!(code(&agent.post("/api/v1/orders", &capped)), (409, "price-changed".to_owned()));
    assert_eq!(agent.get("/api/v1/orders").json()["items"], json!([]), "nothing was placed");
}

#[test]
fn sixty_orders_a_day_are_enough() {
    let mut market = Market::open();
    let mut placed = 0;
    let mut agent = market.buying();
    loop {
        if placed % 20 == 0 {
            // A minute's pace of a key is shorter than a day's of orders.
            market.shop.wait(Span::minutes(2));
            market.round();
            agent = market.buying();
        }
        let answer = agent.post("/api/v1/orders", &market.wish());
        if answer.status != 201 {
            assert_eq!(code(&answer), (409, "too-many-orders".to_owned()));
            break;
        }
        placed += 1;
        let id = answer.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(agent.post(&format!("/api/v1/orders/{id}/cancel"), &json!({})).status, 202);
        if placed % 5 == 0 {
            market.round();
        }
    }
    assert_eq!(placed, 60);
}
