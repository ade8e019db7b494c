//! Paying in a stablecoin, on pages and over JSON: what it costs is said beforehand and comes true.

use devnet::{Address, U256};
use domain::EvmAddress;
use serde_json::{Value, json};

use crate::catalogue::PAYEE;
use crate::market::{COMMISSION, Market, REFUND};

fn units(value: &Value) -> u128 {
    value.as_str().unwrap().parse().unwrap()
}

fn dollars(market: &Market, of: &str) -> u128 {
    let of: EvmAddress = of.parse().unwrap();
    market.chain.dollars(Address::from(*of.as_bytes())).to()
}

pub fn in_dollars(market: &Market) -> Value {
    let mut wish = market.wish();
    wish["token_address"] = json!(devnet::DOLLAR.to_checksum(None));
    wish
}

#[test]
fn an_agent_pays_in_a_stablecoin_and_the_stated_fees_come_true() {
    let mut market = Market::with_dollars();
    let (buyer, vendor) = (market.buying(), market.selling());
    let quote = buyer.post("/api/v1/quotes", &json!({ "lines": market.wish()["lines"] })).json();
    let (option, ether) = (&quote["options"][0], &quote["options"][1]);
    assert_eq!((&option["token"], &option["amount"]), (&json!("DUSD"), &json!("78900000")));
    assert_eq!((&ether["token"], &ether["token_address"]), (&json!("ETH"), &Value::Null));
    let fee = units(&option["network_fee"]);
    assert!(fee > 0);

    let wish = in_dollars(&market);
    let placed = buyer.post("/api/v1/orders", &wish);
    assert_eq!(placed.status, 201, "{}", placed.text());
    let path = format!("/api/v1/orders/{}", placed.json()["id"].as_str().unwrap());
    market.round();
    let order = buyer.get(&path).json();
    assert_eq!((&order["status"], units(&order["network_fee"])), (&json!("PENDING"), fee));
    let (token, address) = (&wish["token_address"], order["address"].as_str().unwrap());
    assert_eq!(
        order["payment_uri"],
        format!(
            "ethereum:{}@31337/transfer?address={address}&uint256=78900000",
            token.as_str().unwrap()
        )
    );
    // Something else comes first: it is shown and does not count.
    let to: EvmAddress = address.parse().unwrap();
    market.chain.pay(Address::from(*to.as_bytes()), U256::from(5)).unwrap();
    market.round();
    market.shop.wait(domain::clock::Span::secs(61));
    market.round();
    let strayed = buyer.get(&path).json();
    assert_eq!((&strayed["status"], &strayed["credited"]), (&json!("PENDING"), &json!("0")));
    assert_eq!(strayed["strays"][0]["amount"], "5");

    market.pay(&order, 100);
    let funded = buyer.get(&path).json();
    assert_eq!(funded["status"], "COMPLETED");
    let deposit = &funded["deposits"][0];
    assert_eq!(deposit["from"], devnet::DEMO_WALLET.to_checksum(None));
    assert!(deposit["tx_hash"].as_str().unwrap().starts_with("0x"));

    let before = [PAYEE, COMMISSION].map(|who| dollars(&market, who));
    vendor.post(&format!("{path}/ship"), &json!({ "note": "Parcel 1" }));
    assert_eq!(buyer.post(&format!("{path}/confirm-receipt"), &json!({})).status, 202);
    market.round();
    market.round();
    let done = vendor.get(&path).json();
    assert_eq!(done["status"], "RELEASED", "{done}");
    let due = units(&order["amount"]);
    let commission = due * u128::from(order["commission_bps"].as_u64().unwrap()) / 10_000;
    let came = [PAYEE, COMMISSION].map(|who| dollars(&market, who));
    assert_eq!(came[0] - before[0], due - commission - 2 * fee);
    assert_eq!(came[1] - before[1], commission + 2 * fee);
}

#[test]
fn the_pages_offer_the_stablecoin_first_and_say_what_it_costs() {
    let mut market = Market::with_dollars();
    let page = market.buyer.see(&format!("/checkout?package={}&quantity=1", market.package));
    let (dollar, ether) = (page.find("DUSD on Development chain"), page.find("ETH on Development"));
    assert!(dollar.unwrap() < ether.unwrap(), "{page}");
    for told in ["78.9", "for each of two payments out of escrow", "24 hours in a stablecoin"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let hidden = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a field");
        rest.split('"').next().expect("a value").to_owned()
    };
    let (form, pay) = (hidden("form"), hidden("pay"));
    assert!(pay.starts_with(&format!("31337:{}:", devnet::DOLLAR.to_checksum(None))), "{pay}");
    let package = market.package.clone();
    let fields = [
        ("form", form.as_str()),
        ("package", package.as_str()),
        ("quantity", "1"),
        ("pay", pay.as_str()),
        ("refund_address", REFUND),
        ("delivery", "Ada Lovelace\n12 St James Square"),
    ];
    let order = market.buyer.act("/orders", &fields);
    market.round();
    let waiting = market.buyer.see(&order);
    for told in ["78.9", "DUSD", "/transfer?address=0x", "for each payment out of escrow"] {
        assert!(waiting.contains(told), "{told}: {waiting}");
    }
}

#[test]
fn a_token_that_is_not_offered_is_refused() {
    let mut market = Market::with_dollars();
    let buyer = market.buying();
    let mut wish = in_dollars(&market);
    wish["token_address"] = json!(COMMISSION);
    let refused = buyer.post("/api/v1/orders", &wish);
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("chain-unavailable")));
    wish["token_address"] = json!("0x1");
    assert_eq!(buyer.post("/api/v1/orders", &wish).status, 422);
}
