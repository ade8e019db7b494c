//! What an order leaves at its address, as the parties see it.

use devnet::{Address, U256};
use domain::EvmAddress;
use domain::clock::Span;
use serde_json::{Value, json};

use crate::market::{Market, REFUND};

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
