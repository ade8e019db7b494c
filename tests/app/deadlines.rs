//! What the parties see of deadlines, and what they can do about them.

use db::EscrowTx;
use domain::clock::{Clock, Span};
use domain::deadline::RunClock;
use serde_json::json;

use crate::market::Market;

/// Escrow lives through a span, as if its heart had beaten all along.
pub fn live(market: &mut Market, span: Span) {
    market.round();
    market.shop.wait(span);
    let now = market.shop.clock.now();
    let door = market.shop.escrow();
    let clock = door.read(db::deadlines::clock).unwrap().expect("a clock");
    let lived = RunClock { ran: clock.after(span), at: now, ..clock };
    let set = move |tx: &mut EscrowTx<'_>| db::deadlines::set_clock(tx, lived);
    db::tx::write(&door, "live", set).unwrap();
    market.chain.mine().unwrap();
    market.round();
}

/// A paid order: its page and its route.
pub fn paid(market: &mut Market) -> (String, String) {
    let agent = market.buying();
    let json = market.ordered(&agent);
    market.pay(&json, 100);
    let id = json["id"].as_str().expect("an id");
    (format!("/orders/{id}"), format!("/api/v1/orders/{id}"))
}

#[test]
fn the_buyer_takes_more_time_and_then_the_vendor_is_paid() {
    let mut market = Market::open();
    let (page, route) = paid(&mut market);
    let agent = market.buying();
    let waiting = market.vendor.see(&page);
    assert!(waiting.contains("the buyer can have it back at once"), "{waiting}");
    assert_eq!(agent.post(&format!("{route}/extend"), &json!({})).status, 409, "not sent yet");

    market.vendor.see(&format!("{page}/ship"));
    market.vendor.act(&format!("{page}/ship"), &[("note", "")]);
    market.round();
    let before = agent.get(&route).json();
    assert_eq!(before["next"]["step"], "confirm-receipt");
    assert!(before["may"].as_array().unwrap().contains(&json!("extend")), "{before}");
    assert!(market.buyer.see(&page).contains("Otherwise the vendor is paid by then"));
    assert!(market.buyer.see(&format!("{page}/extend")).contains("possible once"));
    assert_eq!(market.buyer.act(&format!("{page}/extend"), &[]), page);
    market.round();
    let after = agent.get(&route).json();
    assert!(before["next"]["by"].as_str() < after["next"]["by"].as_str(), "{after}");
    assert!(!after["may"].as_array().unwrap().contains(&json!("extend")));
    let twice = agent.post(&format!("{route}/extend"), &json!({}));
    assert_eq!((twice.status, &twice.json()["code"]), (409, &json!("already-extended")));
    assert!(market.vendor.see(&page).contains("seven days more"));

    for _ in 0..3 {
        live(&mut market, Span::days(7));
        market.vendor.see(&page);
    }
    market.round();
    assert_eq!(agent.get(&route).json()["status"], "RELEASED");
    assert!(market.vendor.see(&page).contains("You are paid"));
}

#[test]
fn what_was_not_sent_in_time_is_the_buyers_to_take_back() {
    let mut market = Market::open();
    let (page, route) = paid(&mut market);
    assert!(!market.buyer.see(&page).contains("Take my money back"));
    live(&mut market, Span::hours(72));
    let late = market.buyer.see(&page);
    for told in ["Frozen", "Take my money back", "Otherwise you are paid back by then"] {
        assert!(late.contains(told), "{told}: {late}");
    }
    assert!(market.vendor.see(&page).contains("You can still send it"));
    market.buyer.see(&format!("{page}/refund"));
    assert_eq!(market.buyer.act(&format!("{page}/refund"), &[]), page);
    market.round();
    market.round();
    assert!(market.buyer.see(&page).contains("Refunded"));
    assert_eq!(market.selling().get(&route).json()["status"], "CANCELLED");
}

#[test]
fn what_was_sent_late_goes_on_if_the_buyer_says_so() {
    let mut market = Market::open();
    let (page, route) = paid(&mut market);
    live(&mut market, Span::hours(72));
    let agent = market.buying();
    let early = agent.post(&format!("{route}/resume"), &json!({}));
    assert_eq!((early.status, &early.json()["code"]), (409, &json!("not-shipped")));
    market.vendor.see(&format!("{page}/ship"));
    market.vendor.act(&format!("{page}/ship"), &[("note", "Sorry, it was the customs")]);
    let asked = market.buyer.see(&page);
    assert!(asked.contains("Take it after all") && asked.contains("Take my money back"), "{asked}");
    assert_eq!(agent.post(&format!("{route}/resume"), &json!({})).status, 202);
    market.round();
    let json = agent.get(&route).json();
    assert_eq!(
        (&json["status"], &json["next"]["step"]),
        (&json!("COMPLETED"), &json!("confirm-receipt"))
    );
    assert!(market.vendor.see(&page).contains("the order goes on"));
}
