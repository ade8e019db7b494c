//! A purchase from its order to its end, and the other ways in which it may end.

use db::addresses::Purpose;
use domain::EvmAddress;
use domain::clock::Span;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use domain::seal::Terms;

use crate::world::{World, on_chain};

#[test]
fn an_order_is_sealed_to_the_addresses_that_count() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    assert_eq!(world.status(order), "PENDING");
    let state = world.state(order);
    assert_eq!(state.address, Some(world.keys.address(0, 0).unwrap()));
    assert_eq!(state.due, Amount::parse("0.042", 18).unwrap());
    let sealed = world.escrow.read(|conn| db::ledger::sealed(conn, order)).unwrap().unwrap();
    let terms = Terms::from_text(std::str::from_utf8(&sealed.terms).unwrap()).unwrap();
    assert_eq!((terms.payout, terms.refund), (world.payout, world.refund));
    assert_eq!(terms.commission_wallet, world.commission);
}

#[test]
fn an_address_that_somebody_has_used_is_passed_over() {
    let world = World::new();
    let engine = world.engine();
    let used = world.keys.address(0, 0).unwrap();
    world.chain.faucet(on_chain(used), devnet::U256::from(1)).unwrap();
    let order = world.sealed(&engine);
    assert_eq!(world.state(order).address, Some(world.keys.address(1, 0).unwrap()));
    assert!(world.alarms()[0].contains(&used.to_string()));
}

#[test]
fn the_whole_purchase() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    assert_eq!(
        world.story(order),
        ["address-issued", "funded", "payout-planned", "leg-paid", "leg-paid", "released"]
    );
    let due = world.state(order).due;
    let commission = world.balance(world.commission);
    assert_eq!(commission, due.share(domain::money::Bps::percent(5)));
    let vendor = world.balance(world.payout);
    let payouts = world.escrow.read(|conn| db::payouts::of_order(conn, order)).unwrap();
    let parts = [vendor, commission, payouts[0].fee_reserve];
    assert_eq!(Amount::sum(parts), Some(due));
    assert_eq!(world.answer(order).unwrap().0, "accepted");
    // The reserve is four times what gas cost, so what is left of it is not much.
    assert!(payouts[0].fee_reserve < due.share(domain::money::Bps::percent(2)));
    assert_eq!(world.alarms(), Vec::<String>::new());
}

#[test]
fn the_vendor_refunds_in_full() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Refund, ActorRole::Vendor);
    world.until(&engine, order, "CANCELLED");
    assert_eq!(
        world.story(order),
        ["address-issued", "funded", "payout-planned", "leg-paid", "refunded"]
    );
    assert_eq!(world.balance(world.payout), Amount::ZERO);
    let reserve =
        world.escrow.read(|conn| db::payouts::of_order(conn, order)).unwrap()[0].fee_reserve;
    assert_eq!(Some(world.balance(world.refund)), world.state(order).due.checked_sub(reserve));
}

#[test]
fn an_unpaid_order_is_called_off_or_runs_out() {
    let world = World::new();
    let engine = world.engine();
    let (cancelled, expired) = (world.sealed(&engine), world.sealed(&engine));
    world.ask(cancelled, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    assert_eq!(world.story(cancelled), ["address-issued", "cancelled"]);
    world.pass(3_600);
    engine.chain_once().unwrap();
    assert_eq!(world.status(expired), "PENDING", "the last second still counts");
    world.pass(1);
    engine.chain_once().unwrap();
    assert_eq!(world.story(expired), ["address-issued", "expired"]);
}

#[test]
fn what_does_not_fit_is_refused_with_a_sentence() {
    let world = World::new();
    let engine = world.engine();
    let unpaid = world.sealed(&engine);
    let paid = world.funded(&engine);
    for (order, action, role, word) in [
        (unpaid, IntentAction::Release, ActorRole::Buyer, "not paid"),
        (unpaid, IntentAction::Cancel, ActorRole::Vendor, "other party"),
        (paid, IntentAction::Cancel, ActorRole::Buyer, "paid already"),
        (paid, IntentAction::Release, ActorRole::Vendor, "other party"),
        (paid, IntentAction::Refund, ActorRole::Buyer, "other party"),
        (paid, IntentAction::Refund, ActorRole::Staff, "other party"),
    ] {
        world.ask(order, action, role);
        engine.desk_once(false).unwrap();
        let (outcome, reason) = world.answer(order).unwrap();
        assert_eq!(outcome, "refused", "{action} by {role}");
        assert!(reason.contains(word), "{reason}");
        assert_eq!(world.story(order).last().unwrap(), "intent-refused");
    }
    assert_eq!((world.status(unpaid), world.status(paid)), ("PENDING", "COMPLETED"));
}

#[test]
fn somebody_else_cannot_act_as_the_buyer() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    let forged = db::intents::IntentRow {
        actor_id: world.vendor.to_string(),
        ..world.intent(order, 1, IntentAction::Release, ActorRole::Buyer)
    };
    db::tx::write(&world.web, "forge", move |tx| db::intents::insert(tx, &forged)).unwrap();
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    assert_eq!(world.answer(order).unwrap().0, "refused");
    assert_eq!(world.status(order), "COMPLETED");
}

#[test]
fn a_pause_stops_payouts_and_a_resume_lets_them_go() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    let now = domain::clock::Time::from_secs(1);
    db::tx::write(&world.escrow, "pause", move |tx| db::desk::set_pause(tx, true, now)).unwrap();
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    for _ in 0..5 {
        engine.step_all().unwrap();
        world.pass(2);
    }
    assert_eq!(world.story(order), ["address-issued", "funded"]);
    db::tx::write(&world.escrow, "resume", move |tx| db::desk::set_pause(tx, false, now)).unwrap();
    world.until(&engine, order, "RELEASED");
}

#[test]
fn a_first_payout_address_counts_at_once_and_a_later_one_after_two_days() {
    let world = World::new();
    let engine = world.engine();
    let other = EvmAddress::from_bytes([0x77; 20]);
    world.request_payout(world.store, other);
    engine.desk_once(false).unwrap();
    let counts = || {
        let now = domain::clock::Clock::now(world.clock.as_ref());
        world
            .escrow
            .read(|conn| db::desk::in_force(conn, Purpose::Payout(world.store), now))
            .unwrap()
    };
    assert_eq!(counts(), Some(world.payout));
    world.clock.advance(Span::secs(48 * 3_600 - 1));
    assert_eq!(counts(), Some(world.payout), "48 hours less a second");
    world.clock.advance(Span::secs(1));
    assert_eq!(counts(), Some(other));
}

#[test]
fn another_phrase_does_not_start_on_this_ledger() {
    use std::sync::Arc;
    let world = World::new();
    let keys = escrow::Keys::from_phrase(&escrow::new_mnemonic().unwrap()).unwrap();
    let refused = escrow::Ctx::new(escrow::Parts {
        db: world.escrow.clone(),
        clock: world.clock.clone(),
        keys: Arc::new(keys),
        chains: Vec::new(),
        prices: None,
        probe: Box::new(escrow::NoProbe),
    });
    assert_eq!(refused.unwrap_err(), escrow::Unfit::OtherPhrase);
}
