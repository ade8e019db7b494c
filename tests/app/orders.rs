//! The purchase on pages, as a reader without JavaScript makes it.

use domain::clock::Span;
use domain::ids::OrderId;

use crate::market::{Market, REFUND};

/// The checkout as the buyer fills it in.
fn filled_in(market: &mut Market) -> Vec<(&'static str, String)> {
    let page = market.buyer.see(&format!("/checkout?package={}&quantity=2", market.package));
    for told in ["commission of this site", "network fees", "0.06116", "Development chain"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let hidden = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a hidden field");
        rest.split('"').next().expect("a value").to_owned()
    };
    vec![
        ("form", hidden("form")),
        ("package", market.package.clone()),
        ("quantity", "2".to_owned()),
        ("pay", hidden("pay")),
        ("refund_address", REFUND.to_owned()),
        ("delivery", "Ada Lovelace\n12 St James Square".to_owned()),
    ]
}

fn place(market: &mut Market) -> String {
    let fields = filled_in(market);
    sent(market, &fields)
}

/// Where sending the checkout leads.
fn sent(market: &mut Market, fields: &[(&'static str, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    market.buyer.act("/orders", &fields)
}

/// The order as an agent of the buyer sees it, to pay it.
fn paid(market: &mut Market, order: &str) {
    let agent = market.buying();
    let json = agent.get(&format!("/api/v1{order}")).json();
    market.pay(&json, 100);
}

#[test]
fn a_purchase_from_the_checkout_to_the_end() {
    let mut market = Market::open();
    let order = place(&mut market);
    let preparing = market.buyer.see(&order);
    assert!(
        preparing.contains("Preparing address") && preparing.contains("http-equiv=\"refresh\""),
        "{preparing}"
    );
    market.round();
    let waiting = market.buyer.see(&order);
    for told in ["Awaiting payment", "Send exactly", "ethereum:0x", "You pay", REFUND] {
        assert!(waiting.contains(told), "{told}: {waiting}");
    }
    assert!(market.vendor.see(&order).contains("Do not send anything"));
    paid(&mut market, &order);
    assert!(market.vendor.see(&order).contains("You send it"));

    let ship = format!("{order}/ship");
    assert!(market.vendor.see(&ship).contains("St James"));
    assert_eq!(market.vendor.act(&ship, &[("note", "Parcel <b>1</b>")]), order);
    let sent = market.buyer.see(&order);
    assert!(sent.contains("Parcel &lt;b&gt;1") && sent.contains("You confirm"), "{sent}");

    let confirm = format!("{order}/confirm-receipt");
    let asked = market.buyer.see(&confirm);
    assert!(
        asked.contains("cannot be undone") && asked.contains(crate::catalogue::PAYEE),
        "{asked}"
    );
    assert_eq!(market.buyer.act(&confirm, &[]), order);
    assert!(market.buyer.see(&order).contains("Escrow carries out the request"));
    market.round();
    market.round();
    let done = market.buyer.see(&order);
    assert!(done.contains("Released") && done.contains("Commission of this site"), "{done}");
    assert!(!done.contains("http-equiv=\"refresh\""), "nothing more will come");
    assert!(market.vendor.see(&order).contains("You are paid"));
    assert!(market.buyer.see("/orders").contains("Released"));
    let sales = format!("/stores/{}/orders", market.store);
    assert!(market.vendor.see(&sales).contains("Released"));
    assert_eq!(market.buyer.get(&sales).status, 404);
}

#[test]
fn a_double_click_places_one_order_and_a_second_tab_is_told_what_happened_in_the_first() {
    let mut market = Market::open();
    let fields = filled_in(&mut market);
    let order = sent(&mut market, &fields);
    assert_eq!(sent(&mut market, &fields), order, "the same form is the same order");
    let other = place(&mut market);
    assert_ne!(other, order, "a form of its own is another one");
    market.round();

    // Both tabs ask whether to call it off; the first does.
    let cancel = format!("{order}/cancel");
    for _tab in 0..2 {
        assert!(market.buyer.see(&cancel).contains("<form"));
    }
    assert_eq!(market.buyer.act(&cancel, &[]), order);
    assert_eq!(market.buyer.act(&cancel, &[]), order, "the wish is on its way");
    market.round();
    let late = market.buyer.post(&cancel, &[]);
    assert_eq!(late.status, 409);
    assert!(late.text().contains("This order is finished"), "{}", late.text());
    assert!(market.buyer.see(&order).contains("Cancelled"));
    assert!(market.buyer.see(&other).contains("Awaiting payment"), "the other one goes on");
}

#[test]
fn a_page_that_polls_gets_the_news_and_then_stops() {
    let mut market = Market::open();
    let order = place(&mut market);
    let live = format!("{order}/live");
    let first = market.buyer.htmx("GET", &live, &[]);
    assert_eq!(first.status, 200);
    let seen = first
        .text()
        .split("seen=")
        .nth(1)
        .and_then(|r| r.split('"').next())
        .expect("a version")
        .to_owned();
    let again = market.buyer.htmx("GET", &format!("{live}?seen={seen}"), &[]);
    assert_eq!(again.status, 204, "nothing is new");
    market.round();
    let news = market.buyer.htmx("GET", &format!("{live}?seen={seen}"), &[]);
    assert_eq!(news.status, 200);
    assert!(news.text().contains("Send exactly") && !news.text().contains("<html"), "a fragment");
    market.buyer.see(&order);
    market.buyer.act(&format!("{order}/cancel"), &[]);
    market.round();
    assert_eq!(market.buyer.htmx("GET", &live, &[]).status, 286, "the end");
    assert_eq!(
        market.buyer.get(&live).status,
        303,
        "a reader who follows the link lands on the page"
    );
}

#[test]
fn a_large_sum_wants_the_password_once_more() {
    let mut market = Market::open();
    let item =
        crate::catalogue::item(&mut market.vendor, &market.store.clone(), "A grand piano", "9000");
    let page = market.vendor.see(&format!("/items/{item}/edit"));
    market.package = page
        .split("/packages/")
        .nth(1)
        .and_then(|rest| rest.get(..32))
        .expect("a package")
        .to_owned();
    let agent = market.buying();
    let json = market.ordered(&agent);
    market.pay(&json, 100);
    market.shop.wait(Span::minutes(6));
    market.round();
    let order = format!("/orders/{}", json["id"].as_str().unwrap());
    let confirm = format!("{order}/confirm-receipt");
    market.buyer.see(&order);
    let led = market.buyer.get(&confirm);
    assert_eq!(led.status, 303);
    assert!(led.location().starts_with("/account/confirm"), "{}", led.location());
    market.buyer.see(&order);
    let posted = market.buyer.post(&confirm, &[]);
    assert!(posted.location().starts_with("/account/confirm"), "{}", posted.location());
    let page = led.location().to_owned();
    market.buyer.see(&page);
    let next = market
        .buyer
        .act("/account/confirm", &[("password", crate::shop::PASSWORD), ("next", &confirm)]);
    assert_eq!(next, confirm);
    market.buyer.see(&confirm);
    assert_eq!(market.buyer.act(&confirm, &[]), order);
}

#[test]
fn whoever_is_banned_can_bring_open_orders_to_their_end_and_nothing_else() {
    let mut market = Market::open();
    let order = place(&mut market);
    market.round();
    paid(&mut market, &order);
    let now = market.shop.app.now();
    for name in ["buyer", "vendor"] {
        crate::sessions::ban(&market.shop, name, now);
    }
    for browser in [&mut market.buyer, &mut market.vendor] {
        for path in ["/account", "/account/keys", "/selling/new"] {
            assert_eq!(browser.get(path).status, 403, "{path}");
        }
        assert!(browser.see(&order).contains("This account is closed. Your open orders"));
    }
    let package = market.package.clone();
    assert_eq!(market.buyer.get(&format!("/checkout?package={package}")).status, 403);
    let edit = format!("/stores/{}/edit", market.store);
    assert_eq!(market.vendor.get(&edit).status, 403);

    let ship = format!("{order}/ship");
    market.vendor.see(&ship);
    assert_eq!(market.vendor.act(&ship, &[("note", "Parcel 1")]), order);
    let mut again = market.shop.browser();
    again.see("/login");
    again.act("/login", &[("username", "buyer"), ("password", crate::shop::PASSWORD)]);
    let confirm = format!("{order}/confirm-receipt");
    again.see(&confirm);
    assert_eq!(again.act(&confirm, &[]), order);
    for _ in 0..4 {
        market.round();
    }
    assert!(again.see(&order).contains("Released"));

    let mut late = market.shop.browser();
    late.see("/login");
    let refused =
        late.post("/login", &[("username", "buyer"), ("password", crate::shop::PASSWORD)]);
    assert_eq!(refused.status, 403, "nothing is open any more");
}

#[test]
fn a_delivery_address_is_erased_some_days_after_the_end() {
    let mut market = Market::open();
    let order = place(&mut market);
    market.round();
    market.buyer.see(&format!("{order}/cancel"));
    market.buyer.act(&format!("{order}/cancel"), &[]);
    market.round();
    let id: OrderId = order.rsplit('/').next().expect("an id").parse().expect("an id");
    let kept = |market: &Market| {
        let row = market.shop.db().read(move |conn| db::orders::delivery(conn, id)).unwrap();
        let row = row.expect("a row");
        assert_eq!(row.ciphertext.is_none(), row.erased_at.is_some());
        row.ciphertext.is_some()
    };
    let guest = |market: &Market| {
        let mut browser = market.shop.browser();
        browser.see("/login");
        browser.act("/login", &[("username", "buyer"), ("password", crate::shop::PASSWORD)]);
    };
    market.shop.wait(Span::days(29));
    guest(&market);
    assert!(kept(&market));
    market.shop.wait(Span::days(2));
    guest(&market);
    assert!(!kept(&market));
}
