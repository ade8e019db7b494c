//! Another address than the sealed one, as the parties ask for it on pages and by JSON.

use domain::clock::{Clock, Span};
use domain::ids::OrderId;
use serde_json::{Value, json};

use crate::catalogue::PAYEE;
use crate::deadlines::{live, paid};
use crate::market::{Market, REFUND};
use crate::shop::PASSWORD;

const OTHER: &str = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc";

fn wishes(market: &mut Market, route: &str) -> Value {
    market.buying().get(route).json()["reseals"].clone()
}

#[test]
fn the_vendor_asks_on_the_page_the_buyer_is_told_and_after_72_hours_it_counts() {
    let mut market = Market::open();
    let (page, route) = paid(&mut market);
    let reseal = format!("{page}/reseal");
    // A password that was typed some minutes ago does not do, whatever the sum.
    market.shop.wait(Span::minutes(6));
    market.round();
    market.vendor.see(&page);
    assert!(market.vendor.get(&reseal).location().starts_with("/account/confirm"));
    market.vendor.see(&page);
    let posted = market.vendor.post(&reseal, &[("address", OTHER), ("sure", "true")]);
    assert!(posted.location().starts_with("/account/confirm"), "{}", posted.text());
    market.vendor.see("/account/confirm?next=%2F");
    market.vendor.act("/account/confirm", &[("password", PASSWORD), ("next", &reseal)]);

    let form = market.vendor.see(&reseal);
    assert!(form.contains(PAYEE) && form.contains("72"), "{form}");
    let wrong = market.vendor.post(&reseal, &[("address", "0x1")]);
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let same = market.vendor.post(&reseal, &[("address", PAYEE)]);
    assert!(same.status == 422 && same.text().contains("sealed already"), "{}", same.text());
    let sure = market.vendor.post(&reseal, &[("address", OTHER)]);
    assert!(sure.status == 200 && sure.text().contains(OTHER), "{}", sure.text());
    assert_eq!(wishes(&mut market, &route), json!([]), "shown once more before it is asked");
    assert_eq!(market.vendor.act(&reseal, &[("address", OTHER), ("sure", "true")]), page);
    market.round();

    let told = market.buyer.see(&page);
    assert!(told.contains("asked to be paid to another address") && told.contains(OTHER), "{told}");
    assert!(!told.contains("Keep the old address"), "that is the vendor's to say");
    assert!(market.vendor.see(&page).contains("Keep the old address"));
    let wish = wishes(&mut market, &route)[0].clone();
    assert_eq!((&wish["party"], &wish["state"]), (&json!("vendor"), &json!("waiting")));
    assert!(wish["counts_from"].is_string(), "{wish}");
    assert_eq!(market.vendor.get(&reseal).status, 409, "once");

    live(&mut market, Span::hours(72));
    assert_eq!(wishes(&mut market, &route)[0]["state"], "sealed");
    let shown = market.buying().get(&route).json();
    assert_eq!(shown["payout_address"], OTHER);
    let confirm = market.buyer.see(&format!("{page}/confirm-receipt"));
    assert!(confirm.contains(OTHER) && !confirm.contains(PAYEE), "the buyer sees where it goes");
    market.buyer.act(&format!("{page}/confirm-receipt"), &[]);
    market.round();
    market.round();
    assert!(!market.balance(OTHER).is_zero() && market.balance(PAYEE).is_zero());
}

#[test]
fn a_key_alone_moves_no_money_elsewhere_and_what_was_asked_can_be_taken_back() {
    let mut market = Market::open();
    let (page, route) = paid(&mut market);
    let (buyer, seller) = (market.buying(), market.selling());
    let ask = |password: &str| json!({ "address": OTHER, "password": password });
    let at = |verb: &str| format!("{route}/{verb}");
    let nothing = buyer.post(&at("keep-address"), &json!({}));
    assert_eq!((nothing.status, &nothing.json()["code"]), (409, &json!("nothing-waits")));
    let bare = buyer.post(&at("reseal"), &json!({ "address": OTHER }));
    assert!((400..=422).contains(&bare.status), "{}", bare.text());
    let wrong = buyer.post(&at("reseal"), &ask("correct horse batterie"));
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(buyer.get(&route).json()["may"].as_array().unwrap().contains(&json!("reseal")));

    let asked = buyer.post(&at("reseal"), &ask(PASSWORD));
    assert_eq!(asked.status, 202, "{}", asked.text());
    assert_eq!(asked.json()["reseals"][0]["state"], "asked");
    market.round();
    assert_eq!(seller.get(&route).json()["reseals"][0]["state"], "waiting");
    assert!(market.vendor.see(&page).contains("asked for another refund address"));
    assert_eq!(seller.post(&at("keep-address"), &json!({})).status, 409, "not his to take back");
    let twice = buyer.post(&at("reseal"), &ask(PASSWORD));
    assert_eq!((twice.status, &twice.json()["code"]), (409, &json!("reseal-asked")));
    assert_eq!(buyer.post(&at("keep-address"), &json!({})).status, 202);
    market.round();
    live(&mut market, Span::hours(80));
    let json = buyer.get(&route).json();
    assert_eq!(json["reseals"][0]["state"], "withdrawn");
    assert_eq!(json["refund_address"], REFUND);
}

#[test]
fn a_held_payout_says_why_who_can_help_it_on_and_by_when() {
    let mut market = Market::open();
    let (page, route) = paid(&mut market);
    market.buyer.see(&format!("{page}/confirm-receipt"));
    market.buyer.act(&format!("{page}/confirm-receipt"), &[]);
    market.engine.desk_once(false).expect("it is announced");
    market.engine.chain_once().expect("it is planned and sent");
    let order: OrderId = page.rsplit('/').next().unwrap().parse().expect("an id");
    let by = market.shop.clock.now().after(Span::days(7));
    let hold = move |tx: &mut db::EscrowTx<'_>| {
        let why = ("the recipient's contract refuses the transfer", "vendor");
        db::held::hold(tx, (order, 0), why, by)
    };
    db::tx::write(&market.shop.escrow(), "hold", hold).unwrap();
    let vendor = market.vendor.see(&page);
    for told in ["You help a payout on", "contract refuses", "ask for another address"] {
        assert!(vendor.contains(told), "{told}: {vendor}");
    }
    assert!(market.buyer.see(&page).contains("Fern &amp; Kiln helps a payout on"));
    let json = market.buying().get(&route).json();
    assert_eq!((&json["held"]["who"], &json["next"]["who"]), (&json!("vendor"), &json!("vendor")));
    assert_eq!(
        (&json["next"]["step"], &json["next"]["by"]),
        (&json!("unblock"), &json["held"]["by"])
    );
    assert!(json["held"]["by"].is_string());
}
