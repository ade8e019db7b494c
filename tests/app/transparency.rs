//! What escrow holds and owes, on its page and over JSON, for people without an account.

use domain::clock::Span;
use serde_json::{Value, json};

use crate::market::Market;
use crate::shop::Shop;

fn read(market: &mut Market) -> (Value, String) {
    // Escrow reads the addresses of a development chain twice a minute.
    market.shop.wait(Span::secs(31));
    market.round();
    let mut stranger = market.shop.browser();
    let answer = stranger.get("/api/v1/transparency");
    assert_eq!(answer.status, 200, "{}", answer.text());
    (answer.json(), stranger.see("/transparency"))
}

fn coin(holdings: &Value) -> &Value {
    let all = holdings["items"].as_array().unwrap();
    all.iter().find(|one| one["token_address"].is_null()).unwrap()
}

#[test]
fn a_shop_that_has_looked_at_nothing_says_so() {
    let shop = Shop::start();
    let mut stranger = shop.browser();
    assert_eq!(
        stranger.get("/api/v1/transparency").json(),
        json!({ "items": [], "stuck_orders": 0 })
    );
    assert!(stranger.see("/transparency").contains("Nothing yet"));
    assert!(stranger.see("/").contains("href=\"/transparency\""), "the footer leads there");
}

#[test]
fn anybody_sees_what_is_held_and_owed_and_by_which_block() {
    let mut market = Market::open();
    let (buyer, vendor) = (market.buying(), market.selling());
    let (nothing, page) = read(&mut market);
    assert_eq!((&coin(&nothing)["held"], &coin(&nothing)["addresses"]), (&json!("0"), &json!(0)));
    assert!(page.contains("Development chain"), "{page}");

    let order = market.ordered(&buyer);
    market.pay(&order, 100);
    let (funded, page) = read(&mut market);
    let (due, coin_now) = (&order["amount"], coin(&funded));
    assert_eq!((&coin_now["held"], &coin_now["owed"]), (due, due));
    assert_eq!((&coin_now["owed_to_parties"], &coin_now["owed_to_site"]), (due, &json!("0")));
    assert_eq!((&coin_now["accounts"]["escrow"], &coin_now["addresses"]), (due, &json!(1)));
    let block = coin_now["block_number"].as_u64().unwrap();
    assert!(block > 0 && page.contains(&block.to_string()), "{page}");
    assert!(page.contains("Paid in, not decided") && !page.contains("Something is missing"));

    let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
    vendor.post(&format!("{path}/ship"), &json!({ "note": "Parcel 1" }));
    assert_eq!(buyer.post(&format!("{path}/confirm-receipt"), &json!({})).status, 202);
    market.round();
    assert_eq!(buyer.get(&path).json()["status"], "RELEASED");
    let (released, page) = read(&mut market);
    let coin_now = coin(&released);
    assert_eq!((&coin_now["held"], &coin_now["owed_to_parties"]), (&json!("0"), &json!("0")));
    let residue = coin_now["accounts"]["residue"].as_str().unwrap();
    assert_eq!(residue, market.balance(order["address"].as_str().unwrap()).to_string());
    assert!(page.contains("Left over from network fees"), "{page}");
}
