//! Announce, commit, then look: web and escrow act at once, and one of them wins, never both.
//! Web's step is put between every two steps of escrow's.

use std::sync::Arc;

use db::WebDb;
use domain::clock::Clock;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;

use crate::world::{World, open_dispute};

/// Every point at which escrow may be overtaken on its way from a request to a plan.
const POINTS: [&str; 4] =
    ["intents: announced", "plan: before the look", "plan: committed", "sign: before"];

/// Lets web open a dispute when escrow reaches a point.
fn dispute_at(world: &World, order: OrderId, point: &'static str) {
    let web: WebDb = world.web.clone();
    let (by, clock) = (world.vendor, Arc::clone(&world.clock));
    world.script.on(point, move || open_dispute(&web, order, by, clock.now()));
}

/// Rounds until the handshake is over.
fn rounds(world: &World) {
    let engine = world.engine();
    for _ in 0..6 {
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        world.pass(11);
    }
}

/// Exactly one of the two took effect, and the ledger, the answer and the chain agree on which.
fn one_won(world: &World, order: OrderId, at: &str) -> bool {
    let (status, story) = (world.status(order), world.story(order));
    let frozen = story.iter().any(|kind| kind == "frozen");
    let planned = story.iter().any(|kind| kind == "payout-planned");
    assert_ne!(frozen, planned, "{at}: {story:?}");
    let (outcome, reason) = world.answer(order).unwrap();
    if frozen {
        assert_eq!(status, "FROZEN", "{at}");
        assert_eq!(outcome, "refused", "{at}");
        assert!(reason.contains("dispute"), "{at}: {reason}");
        assert_eq!(world.balance(world.payout), Amount::ZERO, "{at}");
        assert_eq!(world.balance(world.refund), Amount::ZERO, "{at}");
        let open = world.escrow.read(|conn| db::holds::open_hold(conn, order)).unwrap();
        assert_eq!(open, None, "{at}");
    } else {
        assert_eq!(outcome, "accepted", "{at}");
    }
    frozen
}

#[test]
fn a_dispute_and_a_payout_never_both_take_effect() {
    for (action, role) in
        [(IntentAction::Release, ActorRole::Buyer), (IntentAction::Refund, ActorRole::Vendor)]
    {
        let mut outcomes = Vec::new();
        for point in POINTS {
            let world = World::new();
            let order = world.funded(&world.engine());
            dispute_at(&world, order, point);
            world.ask(order, action, role);
            rounds(&world);
            outcomes.push(one_won(&world, order, point));
        }
        // Whoever committed before escrow looked has won; after that it is too late.
        assert_eq!(outcomes, [true, true, false, false]);
    }
}

#[test]
fn a_dispute_before_or_after_everything_is_clear_too() {
    let world = World::new();
    let order = world.funded(&world.engine());
    world.dispute(order);
    world.engine().desk_once(false).unwrap();
    assert_eq!(world.status(order), "FROZEN");
    let late = world.funded(&world.engine());
    world.ask(late, IntentAction::Release, ActorRole::Buyer);
    world.until(&world.engine(), late, "RELEASED");
    world.dispute(late);
    rounds(&world);
    assert_eq!(world.status(late), "RELEASED");
}

#[test]
fn the_parties_can_end_a_dispute_by_giving_in() {
    for (action, role, end) in [
        (IntentAction::Release, ActorRole::Buyer, "RELEASED"),
        (IntentAction::Refund, ActorRole::Vendor, "CANCELLED"),
    ] {
        let world = World::new();
        let engine = world.engine();
        let order = world.funded(&engine);
        world.dispute(order);
        engine.desk_once(false).unwrap();
        world.ask(order, action, role);
        world.until(&engine, order, end);
        assert!(world.story(order).contains(&"frozen".to_owned()));
    }
}

/// A release is under way when the vendor asks for a refund, or the reverse. Web numbers requests
/// by answers, so the second one is placed as soon as the first is answered.
#[test]
fn of_a_release_and_a_refund_the_first_one_counts() {
    for (first, second) in [
        ((IntentAction::Release, ActorRole::Buyer), (IntentAction::Refund, ActorRole::Vendor)),
        ((IntentAction::Refund, ActorRole::Vendor), (IntentAction::Release, ActorRole::Buyer)),
    ] {
        for point in POINTS {
            let world = World::new();
            let order = world.funded(&world.engine());
            let web = world.web.clone();
            let later = world.intent(order, 2, second.0, second.1);
            world.script.on(point, move || {
                let row = later.clone();
                db::tx::write(&web, "second", move |tx| db::intents::insert(tx, &row)).unwrap();
            });
            world.ask(order, first.0, first.1);
            rounds(&world);
            let story = world.story(order);
            let plans = story.iter().filter(|kind| *kind == "payout-planned").count();
            assert_eq!(plans, 1, "{point}: {story:?}");
            let ends = if first.0 == IntentAction::Release { "RELEASED" } else { "CANCELLED" };
            assert_eq!(world.status(order), ends, "{point}");
            let (outcome, _) = world.answer(order).unwrap();
            assert_eq!(outcome, "refused", "{point}: the second one is told so");
        }
    }
}

/// The request changes between the announcement and the look, as only a web that was taken over
/// could make it: nothing is planned by it.
#[test]
fn a_request_that_changes_under_way_plans_nothing() {
    let world = World::new();
    let order = world.funded(&world.engine());
    let data = std::sync::Arc::clone(&world.data);
    world.script.on("plan: before the look", move || {
        let change = format!(
            "UPDATE order_intents SET action = 'refund', actor_role = 'vendor' \
             WHERE order_id = '{order}';"
        );
        let local = format!("DROP TRIGGER order_intents_no_update; {change}");
        data.by_hand(db::Owner::Web, &local, &change);
    });
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    rounds(&world);
    assert_eq!(world.status(order), "COMPLETED");
    assert_eq!(world.answer(order).unwrap().0, "refused");
    assert_eq!(world.balance(world.payout), Amount::ZERO);
}

/// The buyer calls the order off while his payment becomes final.
#[test]
fn of_a_cancellation_and_a_funding_one_counts() {
    let mut ends = Vec::new();
    for point in ["deposits: before credit", "deposits: credited", "deposits: examined"] {
        let world = World::new();
        let engine = world.engine();
        let order = world.sealed(&engine);
        world.pay(order, world.state(order).due);
        world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
        let desk = world.engine();
        world.script.on(point, move || {
            desk.desk_once(false).unwrap();
        });
        engine.chain_once().unwrap();
        rounds(&world);
        let (status, answer) = (world.status(order), world.answer(order).unwrap());
        match status {
            "CANCELLED" => {
                assert_eq!(answer.0, "accepted", "{point}");
                // The payment that came too late is back with the buyer.
                assert!(world.balance(world.refund) > Amount::parse("0.041", 18).unwrap());
            }
            "COMPLETED" => {
                assert_eq!(answer.0, "refused", "{point}");
                assert!(answer.1.contains("paid already"), "{point}: {}", answer.1);
            }
            other => panic!("{point}: {other}"),
        }
        ends.push(status);
    }
    assert_eq!(ends, ["CANCELLED", "COMPLETED", "COMPLETED"]);
}
