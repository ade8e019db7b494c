//! Reminders of what ends soon and of what can still be objected to; and a courier that dies between
//! what it writes down and what it sends.

use courier::{Chore, Desk, Turn};
use db::outbox;
use domain::clock::{Clock, Span};
use domain::ids::OrderId;
use serde_json::{Value, json};

use crate::client::Agent;
use crate::deadlines::{live, paid};
use crate::disputes::{disputed, staff};
use crate::market::Market;
use crate::notices::{tell, told};
use crate::shop::PASSWORD;
use crate::tokens::in_dollars;

const OTHER: &str = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc";

/// The newest notice of an agent.
fn newest(agent: &Agent) -> Value {
    agent.get("/api/v1/notices").json()["items"][0].clone()
}

/// Orders in dollars; answers the order.
fn ordered_in_dollars(market: &mut Market, buyer: &Agent) -> Value {
    let placed = buyer.post("/api/v1/orders", &in_dollars(market));
    assert_eq!(placed.status, 201, "{}", placed.text());
    market.round();
    buyer.get(&format!("/api/v1/orders/{}", placed.json()["id"].as_str().expect("an id"))).json()
}

#[test]
fn a_buyer_who_has_not_paid_by_half_time_is_reminded_once() {
    let mut market = Market::with_dollars();
    let (buyer, vendor) = (market.buying(), market.selling());
    let open = ordered_in_dollars(&mut market, &buyer);
    let done = ordered_in_dollars(&mut market, &buyer);
    market.pay(&done, 100);
    live(&mut market, Span::hours(11));
    tell(&market);
    assert_eq!(told(&buyer), ["funded"], "thirteen hours are left");
    live(&mut market, Span::hours(2));
    assert_eq!(tell(&market), 1);
    assert_eq!(told(&buyer), ["pay-soon", "funded"], "of the one that is unpaid");
    let reminder = newest(&buyer);
    assert_eq!((&reminder["order_id"], &reminder["due_at"]), (&open["id"], &open["expires_at"]));
    assert!(market.buyer.see("/notices").contains(open["id"].as_str().expect("an id")));
    assert_eq!(told(&vendor), ["funded"], "he has nothing to do");
    live(&mut market, Span::hours(5));
    assert_eq!(tell(&market), 0, "once");
}

#[test]
fn whoever_can_help_a_held_payout_on_is_reminded_a_day_before_its_time_ends() {
    let mut market = Market::open();
    let (page, _) = paid(&mut market);
    market.buyer.see(&format!("{page}/confirm-receipt"));
    market.buyer.act(&format!("{page}/confirm-receipt"), &[]);
    market.engine.desk_once(false).expect("it is announced");
    market.engine.chain_once().expect("it is planned and sent");
    let order: OrderId = page.rsplit('/').next().expect("a word").parse().expect("an id");
    let by = market.shop.clock.now().after(Span::days(7));
    let hold = move |tx: &mut db::EscrowTx<'_>| {
        let why = ("the recipient's contract refuses the transfer", "vendor");
        db::held::hold(tx, (order, 0), why, by)
    };
    db::tx::write(&market.shop.escrow(), "hold", hold).expect("it is held");
    let (buyer, vendor) = (market.buying(), market.selling());
    tell(&market);
    market.shop.wait(Span::hours(143));
    assert_eq!(tell(&market), 0, "a day and an hour are left");
    market.shop.wait(Span::hours(2));
    assert_eq!(tell(&market), 1);
    let reminder = newest(&vendor);
    assert_eq!(reminder["what"], "held-soon");
    assert_eq!(reminder["due_at"], web::http::api::rfc3339(by));
    assert!(reminder["note"].as_str().expect("words").contains("It waits for the vendor"));
    assert!(market.vendor.see("/notices").contains("contract refuses"));
    assert!(!told(&buyer).contains(&"held-soon".to_owned()), "it does not wait for the buyer");
    market.shop.wait(Span::hours(1));
    assert_eq!(tell(&market), 0, "once");
}

#[test]
fn both_parties_are_told_of_a_ruling_and_until_when_they_can_object() {
    let mut market = Market::open();
    let mut ann = staff(&mut market, "ann");
    market.round();
    live(&mut market, Span::hours(73));
    let (page, route) = disputed(&mut market);
    tell(&market);
    ann.see(&format!("{page}/rule"));
    ann.act(&format!("{page}/rule"), &[("share", "60"), ("reason", "The nib shows it.")]);
    market.round();
    assert_eq!(tell(&market), 2, "the parties, and not whoever ruled");
    let (buyer, vendor) = (market.buying(), market.selling());
    let due = buyer.get(&route).json()["dispute"]["ruling_due"].clone();
    assert!(due.is_string(), "{due}");
    for agent in [&buyer, &vendor] {
        let notice = newest(agent);
        assert_eq!((&notice["what"], &notice["due_at"]), (&json!("ruled"), &due));
    }
}

#[test]
fn the_other_party_is_told_of_another_address_before_it_counts() {
    let mut market = Market::open();
    let (_, route) = paid(&mut market);
    tell(&market);
    let (buyer, vendor) = (market.buying(), market.selling());
    let wish = json!({ "address": OTHER, "password": PASSWORD });
    assert_eq!(buyer.post(&format!("{route}/reseal"), &wish).status, 202);
    market.round();
    assert_eq!(tell(&market), 1, "nobody is told what he did himself");
    let asked = newest(&vendor);
    let counts = buyer.get(&route).json()["reseals"][0]["counts_from"].clone();
    assert_eq!((&asked["what"], &asked["due_at"]), (&json!("reseal-asked"), &counts));
    live(&mut market, Span::hours(71));
    tell(&market);
    assert!(!told(&vendor).contains(&"resealed".to_owned()), "an hour is left");
    live(&mut market, Span::hours(1));
    tell(&market);
    for agent in [&buyer, &vendor] {
        assert_eq!(told(agent).iter().filter(|what| *what == "resealed").count(), 1);
    }
}

#[test]
fn a_courier_that_dies_before_or_while_it_sends_tells_once() {
    let mut market = Market::with_dollars();
    let buyer = market.buying();
    let _unpaid = ordered_in_dollars(&mut market, &buyer);
    live(&mut market, Span::hours(13));
    let runtime = actix_web::rt::System::new();
    let desk = || Desk::new(market.shop.data.courier(), market.shop.clock.clone());

    // It dies when the reminder is written down.
    let turn = runtime.block_on(desk().run(Chore::Remind));
    assert_eq!(turn, Ok(Turn::Done(1)));
    assert_eq!(told(&buyer), [""; 0], "written down and not sent");
    // The next one dies while it marks what it sent: nothing of that is left.
    let now = market.shop.clock.now();
    let died = db::tx::write(&market.shop.data.courier(), "send", move |tx| {
        assert_eq!(outbox::send(tx, now, 500)?, 1);
        Err::<(), _>(db::DbError::Down("it died".to_owned()))
    });
    assert!(died.is_err());
    assert_eq!(told(&buyer), [""; 0]);
    // Those that come after it find the one row, and one of them sends it.
    let run = |chore| runtime.block_on(desk().run(chore));
    assert_eq!((run(Chore::Tell), run(Chore::Remind)), (Ok(Turn::Done(0)), Ok(Turn::Done(0))));
    assert_eq!((run(Chore::Send), run(Chore::Send)), (Ok(Turn::Done(1)), Ok(Turn::Done(0))));
    assert_eq!(told(&buyer), ["pay-soon"]);
}
