//! What an order leaves at its address, as the parties see it.

use devnet::{Address, U256};
use domain::EvmAddress;
use domain::clock::Span;
use serde_json::{Value, json};

use crate::market::{Market, REFUND};
use crate::tokens::in_dollars;

#[test]
fn ether_in_the_place_of_dollars_goes_back_and_is_no_part_of_the_order_s_sums() {
    let mut market = Market::with_dollars();
    let buyer = market.buying();
    let placed = buyer.post("/api/v1/orders", &in_dollars(&market)).json();
    let id = placed["id"].as_str().expect("an id").to_owned();
    let (page, route) = (format!("/orders/{id}"), format!("/api/v1/orders/{id}"));
    market.round();
    let order = buyer.get(&route).json();
    let to: EvmAddress = order["address"].as_str().expect("an address").parse().expect("EIP-55");
    let sum = U256::from(40_000_000_000_000_000_u64);
    market.chain.pay(Address::from(*to.as_bytes()), sum).expect("it is paid");
    for _ in 0..2 {
        market.shop.wait(Span::secs(61));
        market.round();
    }
    let told = market.buyer.see(&page);
    assert!(told.contains("Something else came to this address"), "{told}");
    assert!(told.contains("When the order has ended, it goes to the refund address"), "{told}");

    assert_eq!(buyer.post(&format!("{route}/cancel"), &json!({})).status, 202);
    for _ in 0..3 {
        market.shop.wait(Span::secs(61));
        market.round();
    }
    let json = buyer.get(&route).json();
    let leg = &json["legs"][0];
    assert_eq!((&json["status"], &json["strays"]), (&json!("CANCELLED"), &json!([])), "{json}");
    assert_eq!((&leg["token"], &leg["token_address"]), (&json!("ETH"), &Value::Null), "{json}");
    assert_eq!((&leg["decimals"], &leg["state"]), (&json!(18), &json!("final")), "{json}");
    let back: U256 = leg["amount"].as_str().expect("a sum").parse().expect("digits");
    assert_eq!(market.balance(REFUND), back);
    assert_eq!(json["shares"]["paid"], Value::Null, "nothing of the order's own left: {json}");
    let told = market.buyer.see(&page);
    assert!(told.contains("Paid out of escrow") && told.contains("0.0397"), "{told}");
    assert!(!told.contains("Something else came"), "{told}");
    assert!(!told.contains("Where the money goes"), "{told}");
}

#[test]
fn dust_is_shown_and_booked_and_goes_back_with_what_comes_later() {
    let mut market = Market::open();
    let buyer = market.buying();
    let order = market.ordered(&buyer);
    let id = order["id"].as_str().expect("an id");
    let (page, route) = (format!("/orders/{id}"), format!("/api/v1/orders/{id}"));
    assert_eq!(buyer.post(&format!("{route}/cancel"), &json!({})).status, 202);
    market.round();
    let json = buyer.get(&route).json();
    assert_eq!((&json["status"], &json["left"]), (&json!("CANCELLED"), &Value::Null));
    assert!(!market.buyer.see(&page).contains("Money is left"));

    let to: EvmAddress = order["address"].as_str().expect("an address").parse().expect("EIP-55");
    market.chain.pay(Address::from(*to.as_bytes()), U256::from(7)).expect("it is paid");
    market.shop.wait(Span::secs(61));
    market.round();
    market.shop.wait(Span::secs(61));
    market.round();
    let json = buyer.get(&route).json();
    assert_eq!(json["left"], json!({ "amount": "7", "dust": true }), "{json}");
    for browser in [&mut market.buyer, &mut market.vendor] {
        let told = browser.see(&page);
        for words in
            ["Money is left at the address", "booked as the buyer", "more than it is worth"]
        {
            assert!(told.contains(words), "{words}: {told}");
        }
    }

    market.pay(&order, 100);
    for _ in 0..3 {
        market.shop.wait(Span::secs(61));
        market.round();
    }
    let json = buyer.get(&route).json();
    assert_eq!((&json["status"], &json["left"]), (&json!("CANCELLED"), &Value::Null), "{json}");
    let due: U256 = order["amount"].as_str().expect("an amount").parse().expect("digits");
    let back: U256 = json["legs"][0]["amount"].as_str().expect("a sum").parse().expect("digits");
    assert_eq!(market.balance(REFUND), back);
    assert!(back < due + U256::from(7) && back > due / U256::from(2), "{back} of {due}");
    assert!(!market.buyer.see(&page).contains("Money is left"));
}
