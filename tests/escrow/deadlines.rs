//! Deadlines of funded orders: what they do, what stops them, and that no outage makes them fire.

use std::sync::Arc;

use domain::clock::{Clock, Span};
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use escrow::Engine;

use crate::world::{World, open_dispute};

/// Hours of handling and inspection that orders of these tests are sealed with.
const HANDLING: u32 = 48;
const INSPECTION: u32 = 336;

/// A minute within which the lanes have their turns.
pub(crate) fn turn(world: &World, engine: &Engine) {
    for _ in 0..3 {
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        world.live(engine, Span::secs(2));
    }
}

pub(crate) fn sent(world: &World, engine: &Engine) -> domain::ids::OrderId {
    let order = world.funded(engine);
    turn(world, engine);
    world.ship(order);
    turn(world, engine);
    order
}

#[test]
fn what_nobody_objects_to_is_paid_when_the_inspection_time_is_over() {
    let world = World::new();
    let engine = world.engine();
    let order = sent(&world, &engine);
    world.live(&engine, Span::hours(INSPECTION - 1));
    turn(&world, &engine);
    assert_eq!(world.status(order), "COMPLETED");
    world.live(&engine, Span::hours(1));
    world.until(&engine, order, "RELEASED");
    assert_eq!(
        world.story(order),
        ["address-issued", "funded", "payout-planned", "leg-paid", "leg-paid", "released"]
    );
    let planned = &world.events(order)[2];
    assert_eq!((planned.actor_role.as_str(), planned.intent_n), ("escrow", None));
    let left = world.escrow.read(|conn| db::deadlines::of_order(conn, order)).unwrap();
    assert_eq!(left, None, "nothing runs for an order that has ended");
}

#[test]
fn what_is_not_sent_in_time_is_frozen_and_goes_back_after_a_week() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    turn(&world, &engine);
    world.live(&engine, Span::hours(HANDLING));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN");
    world.live(&engine, Span::days(6));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN");
    world.live(&engine, Span::days(1));
    world.until(&engine, order, "CANCELLED");
    assert_eq!(
        world.story(order),
        ["address-issued", "funded", "overdue", "payout-planned", "leg-paid", "refunded"]
    );
    assert!(!world.balance(world.refund).is_zero());
    assert_eq!(world.balance(world.payout), Amount::ZERO);
}

#[test]
fn the_buyer_takes_back_what_was_not_sent_in_time_and_nothing_else() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    turn(&world, &engine);
    world.ask(order, IntentAction::Refund, ActorRole::Buyer);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "refused");
    world.live(&engine, Span::hours(HANDLING));
    turn(&world, &engine);
    world.ask(order, IntentAction::Refund, ActorRole::Buyer);
    world.until(&engine, order, "CANCELLED");
}

#[test]
fn a_late_dispatch_counts_once_the_buyer_takes_it() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    turn(&world, &engine);
    world.live(&engine, Span::hours(HANDLING));
    turn(&world, &engine);
    world.ask(order, IntentAction::Resume, ActorRole::Buyer);
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("not marked this order as sent"));
    world.ship(order);
    world.live(&engine, Span::days(5));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN", "the vendor alone does not unfreeze it");
    world.ask(order, IntentAction::Resume, ActorRole::Buyer);
    turn(&world, &engine);
    assert_eq!(world.status(order), "COMPLETED");
    world.live(&engine, Span::hours(INSPECTION - 1));
    turn(&world, &engine);
    assert_eq!(world.status(order), "COMPLETED", "the time to look begins with the yes");
    world.live(&engine, Span::hours(1));
    world.until(&engine, order, "RELEASED");
}

#[test]
fn the_buyer_takes_more_time_once() {
    let world = World::new();
    let engine = world.engine();
    let order = sent(&world, &engine);
    for outcome in ["accepted", "refused"] {
        world.ask(order, IntentAction::Extend, ActorRole::Buyer);
        turn(&world, &engine);
        assert_eq!(world.answer(order).unwrap().0, outcome);
    }
    world.live(&engine, Span::hours(INSPECTION + 7 * 24 - 1));
    turn(&world, &engine);
    assert_eq!(world.status(order), "COMPLETED");
    world.live(&engine, Span::hours(1));
    world.until(&engine, order, "RELEASED");
}

#[test]
fn a_dispute_stops_every_other_deadline_also_after_one_has_fired() {
    for overdue in [false, true] {
        let world = World::new();
        let engine = world.engine();
        let order = if overdue { world.funded(&engine) } else { sent(&world, &engine) };
        turn(&world, &engine);
        if overdue {
            world.live(&engine, Span::hours(HANDLING));
            turn(&world, &engine);
        }
        world.dispute(order);
        turn(&world, &engine);
        assert!(world.state(order).disputed);
        let pause = |on: bool| {
            let at = world.clock.now();
            let set = move |tx: &mut db::EscrowTx<'_>| db::desk::set_pause(tx, on, at);
            db::tx::write(&world.escrow, "pause", set).unwrap();
        };
        // The month after which it counts as stuck is by the calendar, the dispute's time by a clock
        // that stands still in a pause.
        pause(true);
        world.clock.advance(Span::days(47));
        pause(false);
        engine.step_all().unwrap();
        world.live(&engine, Span::days(13));
        turn(&world, &engine);
        assert_eq!(world.status(order), "FROZEN");
        world.ask(order, IntentAction::Refund, ActorRole::Buyer);
        turn(&world, &engine);
        assert_eq!(world.answer(order).unwrap().0, "refused", "not in a dispute");
        assert!(world.alarms().iter().any(|alarm| alarm.starts_with("stuck")));
        world.ask(order, IntentAction::Refund, ActorRole::Vendor);
        world.until(&engine, order, "CANCELLED");
    }
}

#[test]
fn an_outage_of_fifteen_days_releases_nothing_when_escrow_is_back() {
    let world = World::new();
    let engine = world.engine();
    let order = sent(&world, &engine);
    world.live(&engine, Span::hours(INSPECTION - 1));
    world.clock.advance(Span::days(15));
    let engine = world.engine();
    engine.step_all().unwrap();
    turn(&world, &engine);
    assert_eq!(world.status(order), "COMPLETED", "the time away does not count");
    world.live(&engine, Span::hours(2));
    turn(&world, &engine);
    assert_eq!(world.status(order), "COMPLETED", "due, but it is quiet for a day");
    world.live(&engine, Span::hours(22));
    world.until(&engine, order, "RELEASED");
}

/// Longer before the end than the quiet day is: when that is over, what was left is left.
#[test]
fn an_outage_takes_nothing_from_the_time_to_look() {
    let world = World::new();
    let engine = world.engine();
    let order = sent(&world, &engine);
    world.live(&engine, Span::hours(INSPECTION - 30));
    world.clock.advance(Span::days(15));
    let engine = world.engine();
    engine.step_all().unwrap();
    world.live(&engine, Span::hours(26));
    turn(&world, &engine);
    assert_eq!(world.status(order), "COMPLETED", "it is not quiet any more, and hours are left");
    world.live(&engine, Span::hours(5));
    world.until(&engine, order, "RELEASED");
}

#[test]
fn a_pause_stops_the_clock() {
    let world = World::new();
    let engine = world.engine();
    let order = sent(&world, &engine);
    world.live(&engine, Span::hours(INSPECTION - 1));
    let pause = |on: bool| {
        let at = world.clock.now();
        let set = move |tx: &mut db::EscrowTx<'_>| db::desk::set_pause(tx, on, at);
        db::tx::write(&world.escrow, "pause", set).unwrap();
    };
    pause(true);
    for _ in 0..100 {
        world.clock.advance(Span::hours(1));
        engine.step_all().unwrap();
    }
    pause(false);
    engine.step_all().unwrap();
    assert_eq!(world.status(order), "COMPLETED");
    world.live(&engine, Span::hours(25));
    world.until(&engine, order, "RELEASED");
}

/// Web's dispute between every two steps of a deadline's payout: one of the two takes effect.
#[test]
fn a_dispute_and_a_deadline_never_both_take_effect() {
    let mut frozen = 0;
    let points = ["plan: before the look", "plan: committed", "sign: before"];
    for point in points {
        let world = World::new();
        let engine = world.engine();
        let order = sent(&world, &engine);
        let (web, by, clock) = (world.web.clone(), world.buyer, Arc::clone(&world.clock));
        world.script.on(point, move || open_dispute(&web, order, by, clock.now()));
        world.live(&engine, Span::hours(INSPECTION));
        for _ in 0..4 {
            turn(&world, &engine);
        }
        let story = world.story(order);
        let stopped = story.iter().any(|kind| kind == "frozen");
        let planned = story.iter().any(|kind| kind == "payout-planned");
        assert_ne!(stopped, planned, "{point}: {story:?}");
        let paid = !world.balance(world.payout).is_zero();
        assert_eq!(paid, planned, "{point}");
        frozen += u32::from(stopped);
    }
    assert_eq!(frozen, 1, "before the look the dispute wins, after it the payout");
}

/// Stopped at any step and begun again, a deadline pays once.
#[test]
fn a_deadline_that_is_interrupted_pays_once() {
    for point in ["plan: before the look", "plan: committed", "sign: before"] {
        let world = World::new();
        let order = sent(&world, &world.engine());
        world.live(&world.engine(), Span::hours(INSPECTION));
        world.script.stop_at(Some((point, 1)));
        let engine = world.engine();
        let stopped =
            (0..4).any(|_| engine.desk_once(false).is_err() || engine.chain_once().is_err());
        assert!(stopped, "{point} was reached");
        let engine = world.engine();
        world.until(&engine, order, "RELEASED");
        let paid = world.story(order).iter().filter(|kind| *kind == "leg-paid").count();
        assert_eq!(paid, 2, "{point}");
    }
}
