//! Disputes as the parties and staff meet them: offers, rulings, statements, and who may do what.

use domain::clock::Span;
use serde_json::{Value, json};

use crate::client::{Agent, Browser};
use crate::deadlines::live;
use crate::keys;
use crate::market::{Market, REFUND, RESOLVER};

/// A member whom the operator made staff.
pub(crate) fn staff(market: &mut Market, name: &str) -> Browser {
    let mut browser = market.shop.member(name);
    let change = format!("UPDATE users SET role = 'staff' WHERE username_key = '{name}';");
    market.shop.data.by_hand(db::Owner::Web, &change, &change);
    browser.see("/account");
    browser
}

pub(crate) fn agent(market: &Market, browser: &mut Browser) -> Agent {
    let key = keys::make(browser, "write", "");
    market.shop.agent(&key)
}

/// A paid order with a dispute in effect: its page and its route.
fn disputed(market: &mut Market) -> (String, String) {
    let buyer = market.buying();
    let json = market.ordered(&buyer);
    market.pay(&json, 100);
    let id = json["id"].as_str().expect("an id").to_owned();
    let said = json!({ "reason": "damaged", "statement": "The nib is bent." });
    let answer = buyer.post(&format!("/api/v1/orders/{id}/dispute"), &said);
    assert_eq!(answer.status, 202, "{}", answer.text());
    market.round();
    (format!("/orders/{id}"), format!("/api/v1/orders/{id}"))
}

fn may(agent: &Agent, route: &str) -> Vec<String> {
    let json = agent.get(route).json();
    let all = json["may"].as_array().expect("a list").iter();
    all.map(|verb| verb.as_str().expect("a word").to_owned()).collect()
}

fn code(answer: &crate::client::Answer) -> (u16, Value) {
    (answer.status, answer.json()["code"].clone())
}

#[test]
fn the_parties_agree_on_pages() {
    let mut market = Market::open();
    let (page, _) = disputed(&mut market);
    let told = market.buyer.see(&page);
    for word in ["You or Fern", "Nobody has made an offer yet", "everything to buyer", "By "] {
        assert!(told.contains(word), "{word}: {told}");
    }
    market.buyer.see(&format!("{page}/offer"));
    let refused = market.buyer.post(&format!("{page}/offer"), &[("share", "101")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("from 0 to 100"), "{}", refused.text());
    assert_eq!(market.buyer.act(&format!("{page}/offer"), &[("share", "62.5")]), page);
    assert!(market.buyer.see(&page).contains("not seen yet"));
    let shown = market.vendor.see(&page);
    assert!(shown.contains("62.5 % to buyer, 37.5 % to Fern &amp; Kiln"), "{shown}");
    assert!(shown.contains("Accept the offer"));
    assert!(!market.buyer.see(&page).contains("not seen yet"));
    assert!(!market.buyer.see(&page).contains("Accept the offer"), "nobody takes his own");
    market.round();
    let asked = market.vendor.see(&format!("{page}/accept"));
    for word in ["cannot be undone", "To the buyer", "commission", "name=\"offer\" value=\"1\""] {
        assert!(asked.contains(word), "{word}: {asked}");
    }
    assert_eq!(market.vendor.act(&format!("{page}/accept"), &[("offer", "1")]), page);
    market.round();
    market.round();
    let done = market.buyer.see(&page);
    assert!(done.contains("The dispute is over, and both parties are paid their share"), "{done}");
    assert!(!market.balance(REFUND).is_zero());
}

#[test]
fn staff_rule_and_a_party_calls_a_second_one() {
    let mut market = Market::open();
    let (mut ann, mut bea) = (staff(&mut market, "ann"), staff(&mut market, "bea"));
    market.round();
    live(&mut market, Span::hours(73));
    let (page, route) = disputed(&mut market);
    for browser in [&mut market.buyer, &mut market.vendor] {
        assert_eq!(browser.get("/disputes").status, 404, "a list for staff");
        assert!(!browser.see("/").contains("href=\"/disputes\""));
    }
    let list = ann.see("/disputes");
    assert!(list.contains(&page) && list.contains("no ruling"), "{list}");
    assert!(ann.see("/").contains("href=\"/disputes\""));
    ann.see(&format!("{page}/rule"));
    let empty = ann.post(&format!("{page}/rule"), &[("share", "60"), ("reason", " ")]);
    assert_eq!(empty.status, 422);
    let ruling = [("share", "60"), ("reason", "The nib shows it <b>.")];
    assert_eq!(ann.act(&format!("{page}/rule"), &ruling), page);
    market.round();
    for browser in [&mut market.buyer, &mut market.vendor] {
        let told = browser.see(&page);
        for word in [
            "Escrow carries out the ruling, unless one of you objects",
            "60 % to buyer",
            "The nib shows it &lt;b&gt;.",
            "under notice",
            "By ann",
            "Call a second staff member",
        ] {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
    let buyer = market.buying();
    let json = buyer.get(&route).json();
    assert_eq!(json["next"]["step"], "await-ruling");
    assert_eq!(json["next"]["by"], json["dispute"]["ruling_due"]);
    market.vendor.see(&format!("{page}/contest"));
    assert_eq!(market.vendor.act(&format!("{page}/contest"), &[("ruling", "1")]), page);
    market.round();
    assert!(market.vendor.see(&page).contains("A second staff member looks at the ruling"));
    live(&mut market, Span::hours(25));
    assert_eq!(buyer.get(&route).json()["status"], "FROZEN", "it waits");
    assert!(!ann.see(&page).contains("Confirm the ruling"), "not by the same one");
    assert!(bea.see("/disputes").contains("second opinion wanted"));
    let asked = bea.see(&format!("{page}/confirm-ruling"));
    assert!(
        asked.contains("For the ruling") && asked.contains("name=\"ruling\" value=\"1\""),
        "{asked}"
    );
    assert_eq!(bea.act(&format!("{page}/confirm-ruling"), &[("ruling", "1")]), page);
    market.round();
    market.round();
    let done = buyer.get(&route).json();
    assert_eq!(done["status"], "CANCELLED");
    let roles: Vec<_> = done["legs"].as_array().unwrap().iter().map(|leg| &leg["role"]).collect();
    assert_eq!(roles, ["vendor", "commission", "resolver", "buyer"]);
    assert!(!market.balance(RESOLVER).is_zero());
    let told = market.buyer.see(&page);
    assert!(told.contains("This site, for the ruling") && told.contains("carried out"), "{told}");
    assert_eq!(done["dispute"]["rulings"][0]["carried_out"], true);
    assert!(!ann.see("/disputes").contains(&page), "it is over");
}

#[test]
fn over_json_each_may_do_his_own() {
    let mut market = Market::open();
    let (_, route) = disputed(&mut market);
    let (buyer, vendor) = (market.buying(), market.selling());
    let mut ann = staff(&mut market, "ann");
    let ann = agent(&market, &mut ann);
    market.round();
    assert_eq!(may(&buyer, &route), ["confirm-receipt", "offer", "claim", "reseal"]);
    assert_eq!(may(&vendor, &route), ["refund", "ship", "offer", "claim", "reseal"]);
    assert_eq!(may(&ann, &route), ["rule", "claim"]);
    let post = |who: &Agent, verb: &str, body: Value| who.post(&format!("{route}/{verb}"), &body);
    let offered = post(&vendor, "offer", json!({ "buyer_bps": 2_500 }));
    assert_eq!(offered.status, 200, "{}", offered.text());
    assert_eq!(offered.json()["dispute"]["offers"][0]["seen"], false);
    assert_eq!(may(&buyer, &route), ["confirm-receipt", "accept", "offer", "claim", "reseal"]);
    assert_eq!(vendor.get(&route).json()["dispute"]["offers"][0]["seen"], true);
    for (who, verb, body, said) in [
        (&vendor, "accept", json!({ "offer": 1 }), (409, "offer-gone")),
        (&buyer, "accept", json!({ "offer": 2 }), (409, "offer-gone")),
        (&ann, "accept", json!({ "offer": 1 }), (403, "other-party")),
        (&ann, "offer", json!({ "buyer_bps": 1 }), (403, "other-party")),
        (&buyer, "offer", json!({ "buyer_bps": 10_001 }), (422, "invalid-input")),
        (&buyer, "rule", json!({ "buyer_bps": 1, "reason": "I win." }), (403, "other-party")),
        (&buyer, "contest", json!({ "ruling": 1 }), (409, "not-ruled")),
        (&ann, "confirm-ruling", json!({ "ruling": 1 }), (409, "not-ruled")),
        (&ann, "rule", json!({ "buyer_bps": 1, "reason": "" }), (422, "invalid-input")),
        (&buyer, "claim", json!({ "body": "x".repeat(5_001) }), (422, "invalid-input")),
    ] {
        let answer = post(who, verb, body);
        assert_eq!(code(&answer), (said.0, json!(said.1)), "{verb}: {}", answer.text());
    }
    assert_eq!(buyer.get("/api/v1/disputes").status, 404);
    let list = ann.get("/api/v1/disputes").json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["items"][0]["reminder"], false);
    for (who, by) in [(&buyer, "buyer"), (&vendor, "vendor"), (&ann, "staff")] {
        let said = post(who, "claim", json!({ "body": format!("Says the {by}.") }));
        assert_eq!(said.status, 200, "{}", said.text());
    }
    let claims = buyer.get(&route).json()["dispute"]["claims"].clone();
    assert_eq!((&claims[2]["by"], &claims[2]["author"]), (&json!("staff"), &json!("ann")));
    let ruled = post(&ann, "rule", json!({ "buyer_bps": 5_000, "reason": "Half each." }));
    assert_eq!(ruled.status, 202, "{}", ruled.text());
    market.round();
    assert_eq!(
        code(&post(&ann, "rule", json!({ "buyer_bps": 1, "reason": "No." }))).1,
        "already-ruled"
    );
    assert_eq!(code(&post(&buyer, "contest", json!({ "ruling": 2 }))).1, "other-ruling");
    let accepted = post(&buyer, "accept", json!({ "offer": 1 }));
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    market.round();
    market.round();
    let end = vendor.get(&route).json();
    assert_eq!(end["status"], "RELEASED", "the parties' word comes before a ruling under notice");
    assert_eq!(end["dispute"]["rulings"][0]["carried_out"], false);
    assert_eq!(code(&post(&buyer, "offer", json!({ "buyer_bps": 1 }))).1, "order-ended");
}

#[test]
fn strangers_and_undisputed_orders_have_none_of_this() {
    let mut market = Market::open();
    let buyer = market.buying();
    let json = market.ordered(&buyer);
    market.pay(&json, 100);
    let route = format!("/api/v1/orders/{}", json["id"].as_str().expect("an id"));
    for (verb, body) in [
        ("offer", json!({ "buyer_bps": 1 })),
        ("claim", json!({ "body": "Hello?" })),
        ("contest", json!({ "ruling": 1 })),
    ] {
        let answer = buyer.post(&format!("{route}/{verb}"), &body);
        assert_eq!(code(&answer), (409, json!("not-disputed")), "{verb}");
    }
    let (page, route) = disputed(&mut market);
    let mut eve = market.shop.member("eve");
    assert_eq!(eve.get(&page).status, 404);
    let eve = agent(&market, &mut eve);
    for (verb, body) in [
        ("offer", json!({ "buyer_bps": 1 })),
        ("claim", json!({ "body": "Let me in." })),
        ("accept", json!({ "offer": 1 })),
        ("rule", json!({ "buyer_bps": 1, "reason": "Mine." })),
        ("contest", json!({ "ruling": 1 })),
        ("confirm-ruling", json!({ "ruling": 1 })),
    ] {
        assert_eq!(eve.post(&format!("{route}/{verb}"), &body).status, 404, "{verb}");
    }
    // Whoever is a party is no staff in his own order.
    let change = "UPDATE users SET role = 'admin' WHERE username_key IN ('buyer', 'vendor');";
    market.shop.data.by_hand(db::Owner::Web, change, change);
    for who in [&buyer, &market.selling()] {
        let answer = who.post(&format!("{route}/rule"), &json!({ "buyer_bps": 1, "reason": "I." }));
        assert_eq!(code(&answer), (403, json!("other-party")));
    }
}

#[test]
fn a_dispute_that_nobody_ends_says_so_and_ends() {
    let mut market = Market::open();
    let mut ann = staff(&mut market, "ann");
    let (page, route) = disputed(&mut market);
    let buyer = market.buying();
    let json = buyer.get(&route).json();
    assert_eq!(json["dispute"]["default_buyer_bps"], 10_000, "it was never sent");
    assert_eq!(json["next"]["by"], json["dispute"]["ends_at"]);
    assert!(market.vendor.see(&page).contains("Otherwise it ends by itself: everything to buyer"));
    live(&mut market, Span::days(7));
    assert!(ann.see("/disputes").contains("open for a week"));
    live(&mut market, Span::days(7));
    market.round();
    assert_eq!(buyer.get(&route).json()["status"], "CANCELLED");
}
