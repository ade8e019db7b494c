//! The operator's bounds: what they refuse and what they let wait, to the cent and to the second, and
//! that no row widens them.

use db::orders::OrderRow;
use db::{Owner, clamps, desk, tx};
use domain::clamps::Bound;
use domain::clock::Clock;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use escrow::Engine;

use crate::tokens::{conserved, settle};
use crate::world::World;

/// What an order of these tests is worth.
const WORTH: u64 = 10_500;

fn set(world: &World, bound: Bound, value: u64) {
    let now = world.clock.now();
    tx::write(&world.escrow, "limit", move |tx| clamps::set(tx, bound, value, now)).unwrap();
}

/// Places an order and says why it was refused, if it was.
fn placed(world: &World, engine: &Engine, row: impl Fn(OrderRow) -> OrderRow) -> Option<String> {
    engine.rates_once().unwrap();
    let (draft, lines) = world.draft(5_000);
    let order = world.place((row(draft), lines));
    engine.desk_once(false).unwrap();
    let first = world.events(order).remove(0);
    (first.kind == "rejected").then_some(first.comment)
}

#[test]
fn an_order_is_held_against_each_bound_to_the_last_unit() {
    for (bound, at, why) in [
        (Bound::Tolerance, 100, "the tolerance is above the limit"),
        (Bound::Commission, 500, "the commission is above the limit"),
        (Bound::Handling, 48, "the handling time is out of range"),
        (Bound::Inspection, 336, "the inspection time is out of range"),
        (Bound::Order, WORTH, "the sum is above the limit of this site"),
        (Bound::Open, WORTH, "as much is in escrow as this site takes"),
    ] {
        let world = World::new();
        let engine = world.engine();
        set(&world, bound, at);
        assert_eq!(placed(&world, &engine, |row| row), None, "{bound}");
        set(&world, bound, at - 1);
        assert_eq!(placed(&world, &engine, |row| row).as_deref(), Some(why), "{bound}");
    }
}

/// A row of escrow's own file that says more than the hard range means the hard range.
#[test]
fn a_row_that_says_more_than_the_hard_range_widens_nothing() {
    let world = World::new();
    let engine = world.engine();
    let now = world.clock.now();
    for bound in [Bound::Tolerance, Bound::Commission, Bound::Handling, Bound::Inspection] {
        tx::write(&world.escrow, "limit", move |tx| clamps::set(tx, bound, 1_000_000, now))
            .unwrap();
    }
    let refused = |row: fn(OrderRow) -> OrderRow| placed(&world, &engine, row).is_some();
    assert!(refused(|row| OrderRow { tolerance_bps: 501, ..row }));
    assert!(refused(|row| OrderRow { commission_bps: 2_001, ..row }));
    assert!(refused(|row| OrderRow { handling_hours: 721, ..row }));
    assert!(refused(|row| OrderRow { inspection_hours: 721, ..row }));
    assert!(!refused(|row| OrderRow { tolerance_bps: 500, commission_bps: 2_000, ..row }));
}

#[test]
fn what_is_in_escrow_bounds_what_is_taken_up_and_makes_room_when_it_leaves() {
    let world = World::new();
    let engine = world.engine();
    let first = world.funded(&engine);
    set(&world, Bound::Open, 2 * WORTH - 1);
    assert!(placed(&world, &engine, |row| row).is_some());
    set(&world, Bound::Open, 2 * WORTH);
    assert_eq!(placed(&world, &engine, |row| row), None);
    set(&world, Bound::Open, WORTH);
    assert!(placed(&world, &engine, |row| row).is_some());
    world.ask(first, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, first, "RELEASED");
    assert_eq!(placed(&world, &engine, |row| row), None);
}

/// Orders of which the buyer asks to pay the vendor at once, as a web that was taken over might.
fn asked(world: &World, engine: &Engine, count: usize) -> Vec<OrderId> {
    let orders: Vec<OrderId> = (0..count).map(|_| world.funded(engine)).collect();
    for order in &orders {
        world.ask(*order, IntentAction::Release, ActorRole::Buyer);
    }
    orders
}

fn released(world: &World, orders: &[OrderId]) -> usize {
    orders.iter().filter(|order| world.status(**order) == "RELEASED").count()
}

#[test]
fn no_more_than_the_bound_leaves_a_chain_within_a_day_and_the_rest_waits() {
    let world = World::new();
    let engine = world.engine();
    set(&world, Bound::Order, WORTH);
    set(&world, Bound::Day, 2 * WORTH);
    let orders = asked(&world, &engine, 10);
    engine.desk_once(false).unwrap();
    let begun = world.clock.now();
    engine.chain_once().unwrap();
    settle(&world, &engine);
    assert_eq!(released(&world, &orders), 2);
    let paid = world.balance(world.payout);
    let caps = world.alarms().iter().filter(|alarm| alarm.starts_with("cap")).count();
    assert_eq!(caps, 8, "each that waits is told once");
    // A day less a second later nothing more has left.
    let day = 86_400 - world.clock.now().since(begun).as_secs();
    world.pass(u32::try_from(day).unwrap() - 1);
    engine.chain_once().unwrap();
    assert_eq!(world.balance(world.payout), paid);
    world.pass(1);
    settle(&world, &engine);
    assert_eq!(released(&world, &orders), 4);
    // And the operator may allow more.
    set(&world, Bound::Day, 100 * WORTH);
    settle(&world, &engine);
    assert_eq!(released(&world, &orders), 10);
    orders.iter().for_each(|order| conserved(&world, *order));
}

/// What comes late goes back under the same bound.
#[test]
fn late_money_is_under_the_bound_of_the_day_as_well() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    set(&world, Bound::Order, WORTH);
    set(&world, Bound::Day, WORTH);
    world.pay(order, Amount::parse("0.01", 18).unwrap());
    settle(&world, &engine);
    assert_eq!(world.balance(world.refund), Amount::ZERO);
    assert!(world.alarms().iter().any(|alarm| alarm.starts_with("cap")));
    world.pass(86_400);
    settle(&world, &engine);
    assert!(!world.balance(world.refund).is_zero());
}

/// The bound of the day is read from escrow's own rows; what web says of an order's worth is nothing.
#[test]
fn a_worth_that_web_makes_small_afterwards_lets_nothing_more_out() {
    let world = World::new();
    let engine = world.engine();
    set(&world, Bound::Order, WORTH);
    set(&world, Bound::Day, WORTH);
    let orders = asked(&world, &engine, 2);
    let change = "UPDATE orders SET total_cents = 1, rate_usd_micros = 1;";
    let local = format!("DROP TRIGGER orders_no_update; {change}");
    world.data.by_hand(Owner::Web, &local, change);
    engine.desk_once(false).unwrap();
    settle(&world, &engine);
    assert_eq!(released(&world, &orders), 1);
}

/// A web that was taken over places orders whatever its pages say: while the operator has paused,
/// escrow tells nobody where to pay, and what is announced is not planned.
#[test]
fn a_pause_issues_no_address_and_plans_nothing_whatever_web_writes() {
    let world = World::new();
    let engine = world.engine();
    let paid = world.funded(&engine);
    let pause = |on| {
        let now = world.clock.now();
        tx::write(&world.escrow, "pause", move |tx| desk::set_pause(tx, on, now)).unwrap();
    };
    pause(true);
    let order = world.place(world.draft(5_000));
    world.ask(paid, IntentAction::Release, ActorRole::Buyer);
    for _ in 0..3 {
        engine.desk_once(true).unwrap();
        engine.chain_once().unwrap();
    }
    let state = world.escrow.read(|conn| db::ledger::state(conn, order)).unwrap();
    assert_eq!(state, None);
    assert_eq!(world.status(paid), "COMPLETED");
    // A dispute is taken all the same.
    world.dispute(paid);
    engine.desk_once(true).unwrap();
    assert_eq!(world.status(paid), "FROZEN");
    pause(false);
    engine.desk_once(true).unwrap();
    assert!(world.state(order).address.is_some());
}
