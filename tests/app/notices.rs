//! What people are told of their orders, on pages and over JSON.

use std::sync::Arc;

use courier::{Chore, Desk, Turn};
use domain::clock::Span;
use serde_json::{Value, json};

use crate::deadlines::{live, paid};
use crate::keys;
use crate::market::Market;

/// Courier does all there is to do, on the clock of the shop.
pub fn tell(market: &Market) -> usize {
    let desk = Desk::new(market.shop.data.courier(), market.shop.clock.clone());
    let runtime = actix_web::rt::System::new();
    let run = |chore| match runtime.block_on(desk.run(chore)) {
        Ok(Turn::Done(done)) => done,
        other => panic!("{other:?}"),
    };
    // Two couriers after one another tell nothing twice.
    let told = run(Chore::Tell) + run(Chore::Remind);
    assert_eq!((run(Chore::Tell), run(Chore::Remind)), (0, 0));
    assert_eq!(run(Chore::Send), told);
    told
}

/// What an agent was told, newest first, as role and word.
pub fn told(agent: &crate::client::Agent) -> Vec<String> {
    let json = agent.get("/api/v1/notices").json();
    let all = json["items"].as_array().expect("a list").iter();
    all.map(|one| one["what"].as_str().expect("a word").to_owned()).collect()
}

fn staff(market: &Market, name: &str) -> crate::client::Browser {
    let mut browser = market.shop.member(name);
    let change = format!("UPDATE users SET role = 'staff' WHERE username_key = '{name}';");
    market.shop.data.by_hand(db::Owner::Web, &change, &change);
    browser.see("/account");
    browser
}

#[test]
fn a_purchase_is_told_to_whom_it_concerns_and_read_once() {
    let mut market = Market::open();
    let (page, _) = paid(&mut market);
    assert!(market.vendor.see("/notices").contains("Nothing yet"));
    assert_eq!(tell(&market), 2, "the buyer and the vendor");
    let list = market.vendor.see("/notices");
    for word in ["One is new", "paid in full", &page, "A brass pen", "Mark all as read"] {
        assert!(list.contains(word), "{word}: {list}");
    }
    assert!(list.contains("class=\"count\">1<"), "{list}");

    market.vendor.see(&format!("{page}/ship"));
    market.vendor.act(&format!("{page}/ship"), &[("note", "")]);
    market.round();
    assert_eq!(tell(&market), 1, "nobody is told what he did himself");
    let agent = market.buying();
    assert_eq!(told(&agent), ["dispatched", "funded"]);

    market.vendor.see("/notices");
    let until =
        list.split("name=\"until\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let fields = [("until", until.expect("a moment"))];
    assert_eq!(market.vendor.act("/notices/read", &fields), "/notices");
    let read = market.vendor.see("/notices");
    assert!(read.contains("Everything is read") && !read.contains("class=\"count\""), "{read}");

    let before = agent.get("/api/v1/notices").json();
    assert_eq!((&before["unread"], &before["items"][0]["read"]), (&json!(2), &json!(false)));
    assert_eq!(
        agent.post("/api/v1/notices/read", &json!({ "until": before["newest"] })).status,
        204
    );
    market.buyer.see(&format!("{page}/confirm-receipt"));
    market.buyer.act(&format!("{page}/confirm-receipt"), &[]);
    market.round();
    market.round();
    assert_eq!(tell(&market), 2);
    let after = agent.get("/api/v1/notices").json();
    assert_eq!(after["unread"], 1, "what came later");
    let reads: Vec<&Value> =
        after["items"].as_array().expect("a list").iter().map(|one| &one["read"]).collect();
    assert_eq!(reads, [&json!(false), &json!(true), &json!(true)]);
    assert_eq!(after["items"][0]["what"], "released");
    let reader = keys::make(&mut market.buyer, "read", "");
    let reader = market.shop.agent(&reader);
    assert_eq!(reader.post("/api/v1/notices/read", &json!({ "until": 1 })).status, 403);
    let mut eve = market.shop.member("eve");
    assert!(eve.see("/notices").contains("Nothing yet"), "another's notices are nobody's");
}

#[test]
fn the_buyer_is_reminded_twice_before_the_vendor_is_paid() {
    let mut market = Market::open();
    let (page, _) = paid(&mut market);
    market.vendor.see(&format!("{page}/ship"));
    market.vendor.act(&format!("{page}/ship"), &[("note", "")]);
    market.round();
    tell(&market);
    live(&mut market, Span::days(10));
    assert_eq!(tell(&market), 0, "four days are left");
    live(&mut market, Span::hours(25));
    let agent = market.buying();
    assert_eq!(tell(&market), 1);
    live(&mut market, Span::days(2));
    assert_eq!(tell(&market), 1);
    assert_eq!(told(&agent)[..2], ["inspect-last", "inspect-soon"]);
    let last = &agent.get("/api/v1/notices").json()["items"][0];
    assert!(last["due_at"].is_string(), "{last}");
    market.buyer.see(&format!("{page}/extend"));
    market.buyer.act(&format!("{page}/extend"), &[]);
    market.round();
    tell(&market);
    live(&mut market, Span::days(5));
    tell(&market);
    assert_eq!(told(&agent)[0], "inspect-soon", "of the new end anew");
}

#[test]
fn the_vendor_is_reminded_to_send_and_staff_of_a_dispute_that_nobody_ends() {
    let mut market = Market::open();
    let mut ann = staff(&market, "ann");
    let (_, route) = paid(&mut market);
    live(&mut market, Span::hours(49));
    tell(&market);
    let (buyer, vendor) = (market.buying(), market.selling());
    assert_eq!(told(&vendor), ["dispatch-soon", "funded"]);
    market.shop.wait(Span::secs(1));
    let said = json!({ "reason": "other", "statement": "Where is it?" });
    assert_eq!(buyer.post(&format!("{route}/dispute"), &said).status, 202);
    market.round();
    tell(&market);
    let key = keys::make(&mut ann, "read", "");
    let ann = market.shop.agent(&key);
    assert_eq!((told(&ann), told(&vendor)[0].as_str()), (vec!["disputed".into()], "disputed"));
    live(&mut market, Span::days(7));
    tell(&market);
    assert_eq!(told(&ann), ["second-look", "disputed"]);
    assert_eq!(told(&buyer), ["funded"], "he opened it himself");
}

#[test]
fn nobody_is_reminded_while_the_clock_of_deadlines_stands_still() {
    let mut market = Market::open();
    let _paid = paid(&mut market);
    tell(&market);
    live(&mut market, Span::hours(49));
    let vendor = market.selling();
    let (data, now) = (&market.shop.data, market.shop.app.now());
    db::tx::write(&data.escrow(), "pause", move |tx| db::desk::set_pause(tx, true, now)).unwrap();
    assert_eq!(tell(&market), 0, "paused");
    db::tx::write(&data.escrow(), "pause", move |tx| db::desk::set_pause(tx, false, now)).unwrap();
    market.shop.wait(Span::days(15));
    assert_eq!(tell(&market), 0, "escrow is not heard of");
    market.round();
    assert_eq!(tell(&market), 1, "in the quiet after the gap");
    let json = vendor.get("/api/v1/notices").json();
    assert_eq!(json["items"][0]["what"], "dispatch-soon");
    let tomorrow = web::http::api::rfc3339(market.shop.app.now().after(Span::hours(23)));
    assert!(json["items"][0]["due_at"].as_str() > Some(&tomorrow), "no sooner than it is over");
}

#[test]
fn notices_end_after_ninety_days() {
    let mut market = Market::open();
    let _paid = paid(&mut market);
    tell(&market);
    let agent = market.buying();
    let prune = |market: &Market| {
        let desk = Desk::new(market.shop.data.courier(), Arc::clone(&market.shop.app.clock));
        actix_web::rt::System::new().block_on(desk.run(Chore::Prune)).unwrap()
    };
    market.shop.wait(Span::days(89));
    assert_eq!(prune(&market), Turn::Done(0));
    market.shop.wait(Span::days(2));
    assert_eq!(prune(&market), Turn::Done(2));
    assert_eq!(tell(&market), 0, "what is gone is not told again");
    assert_eq!(told(&agent), [""; 0]);
}
