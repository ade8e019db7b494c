//! Money that comes short, late, twice, too much, or not for good.

use domain::clock::{Clock, Span};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use domain::settle::PayoutKind;

use crate::tokens::{conserved, settle};
use crate::world::World;

fn eth(text: &str) -> Amount {
    Amount::parse(text, 18).unwrap()
}

/// What each case of an order settled, and what all receipts say left the address.
fn cases(world: &World, order: OrderId) -> Vec<(i32, PayoutKind, Amount)> {
    let payouts = world.escrow.read(|conn| db::payouts::of_order(conn, order)).unwrap();
    payouts.into_iter().map(|payout| (payout.case, payout.kind, payout.available)).collect()
}

#[test]
fn parts_add_up() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    for part in ["0.02", "0.01", "0.011", "0.001"] {
        assert_eq!(world.status(order), "PENDING");
        world.pay(order, eth(part));
        engine.chain_once().unwrap();
    }
    assert_eq!(world.status(order), "COMPLETED");
    assert_eq!(
        world.story(order),
        ["address-issued", "payment-credited", "payment-credited", "payment-credited", "funded"]
    );
    let amounts: Vec<String> = world.events(order).into_iter().map(|event| event.amount).collect();
    assert_eq!(amounts.last().unwrap(), &eth("0.042").to_fixed());
}

#[test]
fn a_payment_within_the_tolerance_funds_and_one_below_does_not() {
    let world = World::new();
    let engine = world.engine();
    let (within, below) = (world.sealed(&engine), world.sealed(&engine));
    let due = world.state(within).due;
    let least = due.minus(due.share(Bps::percent(1)));
    world.pay(within, least);
    world.pay(below, least.minus(Amount::from_u128(1)));
    engine.chain_once().unwrap();
    assert_eq!((world.status(within), world.status(below)), ("COMPLETED", "PENDING"));
}

#[test]
fn a_surplus_goes_back_as_a_leg_of_the_decision() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    world.pay(order, eth("0.1"));
    engine.chain_once().unwrap();
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    let back = world.balance(world.refund);
    assert!(back > eth("0.057") && back < eth("0.058"), "{back}");
    assert_eq!(cases(&world, order), [(0, PayoutKind::Release, eth("0.1"))]);
    conserved(&world, order);
}

#[test]
fn what_came_short_goes_back_after_the_deadline() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    world.pay(order, eth("0.03"));
    engine.chain_once().unwrap();
    world.pass(3_601);
    settle(&world, &engine);
    assert_eq!(
        world.story(order),
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
    assert_eq!(cases(&world, order), [(1, PayoutKind::Residual, eth("0.03"))]);
    conserved(&world, order);
}

#[test]
fn money_dated_before_the_deadline_counts_though_escrow_sees_it_later() {
    let world = World::new();
    let engine = world.engine();
    let (in_time, too_late) = (world.sealed(&engine), world.sealed(&engine));
    let due = world.state(in_time).due;
    world.clock.advance(Span::secs(3_600));
    world.pay(in_time, due);
    world.clock.advance(Span::secs(1));
    world.pay(too_late, due);
    world.pass(100);
    world.pass(100);
    engine.chain_once().unwrap();
    assert_eq!((world.status(in_time), world.status(too_late)), ("COMPLETED", "FAILED"));
    settle(&world, &engine);
    assert_eq!(cases(&world, too_late), [(1, PayoutKind::Residual, due)]);
    conserved(&world, too_late);
}

#[test]
fn money_on_a_cancelled_order_goes_back_each_time() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    for times in 1..=3 {
        world.pay(order, eth("0.042"));
        settle(&world, &engine);
        assert_eq!(cases(&world, order).len(), times);
        conserved(&world, order);
    }
    assert_eq!(world.status(order), "CANCELLED");
    assert!(
        cases(&world, order)
            .iter()
            .all(|(_, kind, sum)| { *kind == PayoutKind::Residual && *sum == eth("0.042") })
    );
}

#[test]
fn money_long_after_a_release_goes_back_to_the_buyer_alone() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    let (vendor, site) = (world.balance(world.payout), world.balance(world.commission));
    for days in [0, 1, 400] {
        world.clock.advance(Span::days(days));
        world.pay(order, eth("0.042"));
        // Watched each minute, hourly or daily, so a day later it was seen.
        world.pass(86_400);
        settle(&world, &engine);
    }
    assert_eq!(cases(&world, order).len(), 4);
    assert_eq!((world.balance(world.payout), world.balance(world.commission)), (vendor, site));
    conserved(&world, order);
}

#[test]
fn dust_stays_booked_until_it_is_more_than_dust() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    world.pay(order, eth("0.0004"));
    settle(&world, &engine);
    assert_eq!(cases(&world, order), []);
    assert_eq!(world.state(order).credited, eth("0.0004"));
    world.pay(order, eth("0.0004"));
    settle(&world, &engine);
    assert_eq!(cases(&world, order), [(1, PayoutKind::Residual, eth("0.0008"))]);
    conserved(&world, order);
}

#[test]
fn dust_goes_back_by_itself_once_gas_is_cheap() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    world.chain.set_base_fee(1_000_000_000_000);
    world.pay(order, eth("0.004"));
    engine.chain_once().unwrap();
    engine.chain_once().unwrap();
    assert_eq!((cases(&world, order), world.state(order).credited), (Vec::new(), eth("0.004")));
    // Its address is looked at once a day by then.
    world.pass(60 * 86_400);
    world.chain.set_base_fee(1_000_000_000_000);
    engine.chain_once().unwrap();
    assert_eq!(cases(&world, order), []);
    world.chain.set_base_fee(1_000_000_000);
    world.pass(86_400);
    settle(&world, &engine);
    assert_eq!(cases(&world, order), [(1, PayoutKind::Residual, eth("0.004"))]);
    assert!(world.balance(world.refund) > eth("0.003"));
    conserved(&world, order);
}

#[test]
fn money_that_comes_while_the_decision_is_paid_out_goes_back_afterwards() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    assert!(world.state(order).paying);
    world.pay(order, eth("0.02"));
    world.until(&engine, order, "RELEASED");
    settle(&world, &engine);
    assert_eq!(cases(&world, order).last(), Some(&(1, PayoutKind::Residual, eth("0.02"))));
    assert_eq!(world.alarms(), Vec::<String>::new());
    conserved(&world, order);
}

#[test]
fn a_payment_is_told_when_seen_and_credited_when_final() {
    let world = World::new();
    let engine = world.engine();
    world.chain.set_finality_lag(3);
    let order = world.sealed(&engine);
    world.pay(order, eth("0.042"));
    engine.chain_once().unwrap();
    engine.chain_once().unwrap();
    assert_eq!(world.story(order), ["address-issued", "payment-seen"]);
    assert_eq!(world.state(order).unfinal, eth("0.042"));
    for _ in 0..3 {
        assert_eq!(world.status(order), "PENDING");
        world.pass(2);
        engine.chain_once().unwrap();
    }
    assert_eq!(world.story(order), ["address-issued", "payment-seen", "funded"]);
    assert_eq!(world.state(order).unfinal, Amount::ZERO);
}

#[test]
fn a_payment_that_is_reorganised_away_is_never_credited() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..4 {
        world.pass(2);
    }
    world.chain.set_finality_lag(3);
    let order = world.sealed(&engine);
    world.pay(order, eth("0.042"));
    engine.chain_once().unwrap();
    world.chain.reorg(1, false).unwrap();
    for _ in 0..6 {
        world.pass(2);
        engine.chain_once().unwrap();
    }
    assert_eq!(world.story(order), ["address-issued", "payment-seen", "payment-vanished"]);
    assert_eq!(world.state(order).credited, Amount::ZERO);
    world.pay(order, eth("0.042"));
    for _ in 0..4 {
        world.pass(2);
        engine.chain_once().unwrap();
    }
    assert_eq!(world.status(order), "COMPLETED");
}

#[test]
fn a_sum_beyond_any_price_is_credited_and_goes_back() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    let to = crate::world::on_chain(world.state(order).address.unwrap());
    // All the ether there is, ten thousand times.
    let sum = Amount::parse("1200000000000", 18).unwrap();
    world.chain.faucet(to, crate::world::wei(sum)).unwrap();
    engine.chain_once().unwrap();
    assert_eq!(world.status(order), "COMPLETED");
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    for _ in 0..3 {
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        world.pass(2);
    }
    assert_eq!(world.status(order), "COMPLETED", "more than may leave within a day");
    let now = world.clock.now();
    let all = domain::clamps::Bound::Day.range().1;
    let allow =
        move |tx: &mut db::EscrowTx<'_>| db::clamps::set(tx, domain::clamps::Bound::Day, all, now);
    db::tx::write(&world.escrow, "limit", allow).unwrap();
    world.until(&engine, order, "RELEASED");
    assert!(world.balance(world.refund) > eth("1199999999999.9"));
    conserved(&world, order);
}
