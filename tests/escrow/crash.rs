//! Escrow is stopped on its way to an address, a credit or a return of late money: what it had
//! committed stands once, and what it had not is done again.

use domain::clock::Span;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use escrow::{Engine, Fault};

use crate::world::{World, on_chain};

/// Rounds of both lanes; a stopped engine is followed by a new one.
fn rounds(world: &World, mut engine: Engine, count: u32) -> Engine {
    for _ in 0..count {
        for done in [engine.desk_once(true), engine.chain_once()] {
            match done {
                Err(Fault::Stopped(_)) => {
                    engine = world.engine();
                    break;
                }
                other => {
                    other.unwrap();
                }
            }
        }
        world.pass(2);
    }
    engine
}

/// A purchase that fails for want of time and whose money comes late: `trouble` may stop it
/// anywhere.
fn late(world: &World) -> OrderId {
    let order = world.place(world.draft(5_000));
    let engine = rounds(world, world.engine(), 3);
    world.pay(order, world.state(order).due.share(HALF));
    let engine = rounds(world, engine, 3);
    // As long as the quote stands.
    world.pass(if world.in_dollars { 86_400 } else { 3_600 });
    let engine = rounds(world, engine, 8);
    engine.rates_once().unwrap();
    order
}

const HALF: domain::money::Bps = domain::money::Bps::percent(50);

#[test]
fn every_step_of_a_late_purchase_happens_once_wherever_escrow_is_stopped() {
    every_step_of_a_late_purchase(&World::new(), "sign: committed");
}

#[test]
fn every_step_of_a_late_purchase_in_a_token_happens_once_wherever_escrow_is_stopped() {
    every_step_of_a_late_purchase(&World::in_dollars(), "relay: committed");
}

fn every_step_of_a_late_purchase(world: &World, signed: &'static str) {
    world.script.stop_at(None);
    let first = late(world);
    let story = world.story(first);
    assert_eq!(
        story,
        [
            "address-issued",
            "payment-credited",
            "expired",
            "late-money",
            "payout-planned",
            "leg-paid",
            "late-money-returned"
        ]
    );
    let mut points = world.script.visits();
    points.sort_unstable();
    points.dedup();
    for point in ["intake: sealed", "residual: planned", signed] {
        assert!(points.contains(&point), "{point}: {points:?}");
    }
    for point in points {
        for nth in [1, 2] {
            world.script.stop_at(Some((point, nth)));
            let before = world.balance(world.refund);
            let order = late(world);
            assert_eq!(world.story(order), story, "{point} {nth}");
            let legs = world.escrow.read(|conn| db::payouts::legs_of(conn, order, 1)).unwrap();
            let came = world.balance(world.refund).checked_sub(before);
            assert_eq!(came, Some(legs[0].amount), "{point} {nth}");
        }
    }
    no_index_is_lost(world);
}

/// Indexes follow one another, and each belongs to an order: none is used twice or skipped.
fn no_index_is_lost(world: &World) {
    let next = world.escrow.read(|conn| db::ledger::next_index(conn, 0, 0)).unwrap();
    for index in 0..next {
        let address = world.keys.address(0, index).unwrap();
        let found = world.escrow.read(|conn| db::ledger::derivation_of(conn, address)).unwrap();
        assert_eq!(found, Some((0, 0, index)));
    }
}

#[test]
fn two_engines_give_no_address_twice() {
    let world = World::new();
    let config = world.data.config(db::Owner::Escrow);
    let other = world.engine_on(db::EscrowDb::open(&config).unwrap());
    let engine = world.engine();
    let orders: Vec<OrderId> = (0..4).map(|_| world.place(world.draft(5_000))).collect();
    // The other one takes up everything between this one's choice of an address and its write.
    world.script.on("intake: address chosen", move || {
        other.desk_once(true).unwrap();
    });
    engine.desk_once(true).unwrap();
    let mut addresses: Vec<_> = orders.iter().map(|order| world.state(*order).address).collect();
    addresses.dedup();
    assert_eq!(addresses.len(), orders.len());
    for order in orders {
        assert_eq!(world.story(order), ["address-issued"]);
    }
    no_index_is_lost(&world);
}

/// The disk is full when the signed bytes are to be stored: nothing is broadcast.
#[test]
fn nothing_leaves_that_could_not_be_written_down() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.data.by_hand(
        db::Owner::Escrow,
        "CREATE TRIGGER full BEFORE INSERT ON chain_attempts \
         BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;",
        "CREATE TRIGGER full BEFORE INSERT ON chain_attempts FOR EACH ROW \
         SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'The table is full';",
    );
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    for _ in 0..5 {
        engine.desk_once(false).unwrap();
        assert!(matches!(engine.chain_once(), Ok(_) | Err(Fault::Db(_))));
        world.pass(2);
    }
    let from = world.state(order).address.unwrap();
    assert_eq!(world.chain.nonce(on_chain(from)), 0);
    assert_eq!(world.balance(world.payout), Amount::ZERO);
    world.data.by_hand(db::Owner::Escrow, "DROP TRIGGER full;", "DROP TRIGGER full;");
    world.until(&engine, order, "RELEASED");
}

/// Escrow was away for two days: what was paid in time is funded, the rest has run out.
#[test]
fn a_long_absence_changes_no_outcome() {
    let world = World::new();
    let engine = world.engine();
    let (paid, unpaid) = (world.sealed(&engine), world.sealed(&engine));
    world.pay(paid, world.state(paid).due);
    world.clock.advance(Span::days(2));
    world.pass(1);
    let back = world.engine();
    back.step_all().unwrap();
    assert_eq!((world.status(paid), world.status(unpaid)), ("COMPLETED", "FAILED"));
}
