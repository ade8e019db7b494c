//! An outage of fifteen days, with every timer near its end: nobody could object, so nothing fires
//! when escrow is back.

use domain::clock::{Clock, Span};
use domain::ids::OrderId;

use crate::deadlines::{sent, turn};
use crate::disputes::disputed;
use crate::world::World;

/// How many events each order has.
fn told(world: &World, orders: &[OrderId]) -> Vec<usize> {
    orders.iter().map(|order| world.story(*order).len()).collect()
}

#[test]
fn no_deadline_of_any_kind_fires_on_the_first_ticks() {
    let world = World::new();
    let engine = world.engine();
    let inspected = sent(&world, &engine);
    let quarrel = disputed(&world, &engine);
    world.live(&engine, Span::hours(120));
    let overdue = world.funded(&engine);
    turn(&world, &engine);
    world.live(&engine, Span::hours(48));
    turn(&world, &engine);
    assert_eq!(world.status(overdue), "FROZEN");
    world.live(&engine, Span::hours(120));
    let unsent = world.funded(&engine);
    turn(&world, &engine);
    world.live(&engine, Span::minutes(47 * 60 + 30));
    turn(&world, &engine);
    let orders = [inspected, quarrel, overdue, unsent];
    let before = told(&world, &orders);

    world.clock.advance(Span::days(15));
    let engine = world.engine();
    engine.step_all().unwrap();
    turn(&world, &engine);
    assert_eq!(told(&world, &orders), before, "the time away does not count");
    world.live(&engine, Span::hours(2));
    turn(&world, &engine);
    assert_eq!(told(&world, &orders), before, "due, but it is quiet for a day");

    world.live(&engine, Span::hours(22));
    turn(&world, &engine);
    world.until(&engine, inspected, "RELEASED");
    world.until(&engine, quarrel, "CANCELLED");
    world.until(&engine, overdue, "CANCELLED");
    assert_eq!(world.status(unsent), "FROZEN");
}

/// The time to pay runs by the blocks of the chain: what was in by its end counts whenever escrow
/// looks.
#[test]
fn what_was_paid_in_time_counts_however_late_escrow_looks() {
    let world = World::new();
    let engine = world.engine();
    let (paid, unpaid) = (world.sealed(&engine), world.sealed(&engine));
    world.pay(paid, world.state(paid).due);
    let late = world.clock.now();
    world.pass(15 * 24 * 3_600);
    assert!(world.state(paid).expires_at < world.clock.now() && late < world.clock.now());
    let engine = world.engine();
    engine.step_all().unwrap();
    world.pass(2);
    engine.step_all().unwrap();
    assert_eq!((world.status(paid), world.status(unpaid)), ("COMPLETED", "FAILED"));
    assert!(world.balance(world.payout).is_zero());
}

#[test]
fn what_is_stuck_is_told_once_and_not_in_the_quiet_after_a_gap() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    let stuck = |world: &World| {
        let alarms = world.alarms();
        let now = world.clock.now();
        let public = world.web.read(|conn| db::overview::stuck(conn, now)).unwrap();
        (alarms.iter().filter(|alarm| alarm.starts_with("stuck")).count(), public)
    };
    world.live(&engine, Span::hours(1));
    turn(&world, &engine);
    assert_eq!(stuck(&world), (0, 0));
    world.clock.advance(Span::days(30));
    let engine = world.engine();
    engine.step_all().unwrap();
    turn(&world, &engine);
    assert_eq!(stuck(&world), (0, 1), "anybody sees it, but nobody is called yet");
    world.live(&engine, Span::hours(25));
    for _ in 0..2 {
        turn(&world, &engine);
        turn(&world, &world.engine());
    }
    assert_eq!(stuck(&world), (1, 1));
    assert_eq!(world.status(order), "FROZEN");
}
