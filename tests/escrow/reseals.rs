//! Another address than the sealed one: it counts 72 hours after escrow first saw it, once, and moves
//! nothing that was signed.

use db::reseals::{self, RequestRow, ResealState};
use db::{Owner, codec, deadlines, desk, seals, tx};
use domain::EvmAddress;
use domain::clock::{Clock, Span};
use domain::deadline::RunClock;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use escrow::Engine;

use crate::held::{legs, moody, reverted, why};
use crate::provider::paid_to_a_contract;
use crate::tokens::{conserved, settle, terms};
use crate::world::World;

const OTHER: EvmAddress = EvmAddress::from_bytes([0x77; 20]);
const THIEF: &str = "0x1111111111111111111111111111111111111111";
const BUYER: ActorRole = ActorRole::Buyer;
const VENDOR: ActorRole = ActorRole::Vendor;
const SECOND: Span = Span::secs(1);

fn row(world: &World, order: OrderId, party: ActorRole, step: &str, address: &str) -> RequestRow {
    let actor = if party == BUYER { world.buyer } else { world.vendor };
    RequestRow {
        order_id: order.to_string(),
        party: party.to_string(),
        step: step.to_owned(),
        address: address.to_owned(),
        actor_id: actor.to_string(),
        request_id: "test".to_owned(),
        created_at: codec::stamp(world.clock.now()),
    }
}

fn write(world: &World, row: RequestRow) -> Result<(), db::DbError> {
    tx::write(&world.web, "reseal", move |tx| reseals::request(tx, &row))
}

/// A party asks, and escrow takes it down.
fn ask(world: &World, engine: &Engine, order: OrderId, party: ActorRole, address: EvmAddress) {
    write(world, row(world, order, party, reseals::ASK, &address.to_string())).unwrap();
    engine.desk_once(false).unwrap();
}

fn state(world: &World, order: OrderId, party: ActorRole) -> Option<ResealState> {
    let wish = world.web.read(|conn| reseals::one(conn, (order, party))).unwrap();
    wish.map(|wish| wish.state)
}

/// Escrow lives through 72 hours less `less`.
fn wait(world: &World, engine: &Engine, less: Span) {
    let whole = Span::hours(72).as_secs() - less.as_secs();
    world.live(engine, Span::secs(u32::try_from(whole).unwrap()));
    engine.desk_once(false).unwrap();
}

#[test]
fn it_counts_72_hours_after_escrow_first_saw_it_and_not_a_second_sooner() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    ask(&world, &engine, order, VENDOR, OTHER);
    assert_eq!(world.story(order).last().unwrap(), "reseal-asked");
    wait(&world, &engine, SECOND);
    assert_eq!(state(&world, order, VENDOR), Some(ResealState::Waiting));
    assert_eq!(terms(&world, order).payout, world.payout, "72 hours less a second");
    world.live(&engine, SECOND);
    engine.desk_once(false).unwrap();
    assert_eq!(state(&world, order, VENDOR), Some(ResealState::Sealed));
    assert_eq!(terms(&world, order).payout, OTHER);
    // What was sealed first is still there, and nothing but the one address differs.
    let all = world.escrow.read(|conn| seals::all(conn, order)).unwrap();
    assert_eq!(all.len(), 2);
    let mut first =
        domain::seal::Terms::from_text(std::str::from_utf8(&all[0].terms).unwrap()).unwrap();
    assert_eq!(first.payout, world.payout);
    first.payout = OTHER;
    assert_eq!(first, terms(&world, order));
    world.ask(order, IntentAction::Release, BUYER);
    world.until(&engine, order, "RELEASED");
    assert!(world.balance(OTHER) > Amount::parse("0.039", 18).unwrap());
    assert_eq!(world.balance(world.payout), Amount::ZERO);
    conserved(&world, order);
    // Once.
    let again = row(&world, order, VENDOR, reseals::ASK, THIEF);
    assert!(matches!(write(&world, again), Err(db::DbError::Unique(_))));
}

#[test]
fn the_buyer_s_refund_goes_to_the_new_address_and_so_does_what_comes_late() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    ask(&world, &engine, order, BUYER, OTHER);
    wait(&world, &engine, Span::secs(0));
    world.ask(order, IntentAction::Refund, VENDOR);
    world.until(&engine, order, "CANCELLED");
    let refunded = world.balance(OTHER);
    assert!(refunded > Amount::parse("0.041", 18).unwrap());
    world.pay(order, Amount::parse("0.1", 18).unwrap());
    settle(&world, &engine);
    assert!(world.balance(OTHER) > Amount::parse("0.1", 18).unwrap());
    assert_eq!(world.balance(world.refund), Amount::ZERO);
}

/// Time in which nobody could object does not count.
#[test]
fn an_outage_and_a_pause_stop_its_clock() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    ask(&world, &engine, order, VENDOR, OTHER);
    world.pass(100 * 3_600);
    engine.desk_once(false).unwrap();
    let now = world.clock.now();
    engine.beat(now, now, now).unwrap();
    engine.desk_once(false).unwrap();
    assert_eq!(state(&world, order, VENDOR), Some(ResealState::Waiting), "down for 100 hours");
    let pause = |on| {
        let now = world.clock.now();
        tx::write(&world.escrow, "pause", move |tx| desk::set_pause(tx, on, now)).unwrap();
    };
    wait(&world, &engine, Span::hours(1));
    pause(true);
    world.live(&engine, Span::hours(2));
    engine.desk_once(false).unwrap();
    assert_eq!(state(&world, order, VENDOR), Some(ResealState::Waiting), "paused");
    pause(false);
    let now = world.clock.now();
    engine.beat(now, now, now).unwrap();
    world.live(&engine, Span::hours(24));
    engine.desk_once(false).unwrap();
    assert_eq!(state(&world, order, VENDOR), Some(ResealState::Sealed));
}

/// From its first sight on escrow's own copy counts, whatever web's row says later.
#[test]
fn a_row_that_is_changed_after_it_was_seen_moves_nothing() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    ask(&world, &engine, order, VENDOR, OTHER);
    let change = format!("UPDATE reseal_requests SET address = '{THIEF}';");
    let local = format!("DROP TRIGGER reseal_requests_no_update; {change}");
    world.data.by_hand(Owner::Web, &local, &change);
    wait(&world, &engine, Span::secs(0));
    assert_eq!(terms(&world, order).payout, OTHER);
}

/// Nor does a hand in escrow's own table: the waiting wish is under a MAC, its time with it.
#[test]
fn a_wish_that_is_changed_in_escrow_s_own_table_stops_the_order() {
    for change in [format!("address = '{THIEF}'"), "due_micros = 0".to_owned()] {
        let world = World::new();
        let engine = world.engine();
        let order = world.funded(&engine);
        ask(&world, &engine, order, VENDOR, OTHER);
        let change = format!("UPDATE reseals SET {change};");
        world.data.by_hand(Owner::Escrow, &change, &change);
        wait(&world, &engine, Span::secs(0));
        assert_eq!(state(&world, order, VENDOR), Some(ResealState::Waiting), "{change}");
        assert_eq!(terms(&world, order).payout, world.payout);
        assert!(world.state(order).held_reason.is_some());
        assert!(world.alarms().iter().any(|alarm| alarm.starts_with("seal")));
    }
}

/// A later seal is a seal: changed, it stops the order.
#[test]
fn a_later_seal_that_is_changed_stops_its_order() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    ask(&world, &engine, order, VENDOR, OTHER);
    wait(&world, &engine, Span::secs(0));
    let change = format!("UPDATE later_seals SET mac = '0x{}';", "0".repeat(64));
    let local = format!("DROP TRIGGER later_seals_no_update; {change}");
    world.data.by_hand(Owner::Escrow, &local, &change);
    world.ask(order, IntentAction::Release, BUYER);
    settle(&world, &engine);
    assert!(world.state(order).held_reason.is_some());
    assert_eq!((world.balance(OTHER), world.balance(world.payout)), (Amount::ZERO, Amount::ZERO));
}

#[test]
fn whoever_did_not_want_it_takes_it_back_in_time() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    ask(&world, &engine, order, BUYER, OTHER);
    wait(&world, &engine, SECOND);
    write(&world, row(&world, order, BUYER, reseals::WITHDRAW, "")).unwrap();
    world.live(&engine, SECOND);
    engine.desk_once(false).unwrap();
    assert_eq!(state(&world, order, BUYER), Some(ResealState::Withdrawn));
    assert_eq!(world.story(order).last().unwrap(), "reseal-ended");
    world.live(&engine, Span::days(9));
    engine.desk_once(false).unwrap();
    assert_eq!(terms(&world, order).refund, world.refund);
}

#[test]
fn what_no_money_may_go_to_is_refused_with_its_reason() {
    let world = World::new();
    let engine = world.engine();
    let ours = world.state(world.sealed(&engine)).address.unwrap().to_string();
    let wallet = world.keys.gas_wallet(0).unwrap().to_string();
    let sealed = world.payout.to_string();
    for (address, reason) in [
        (ours.as_str(), "escrow's own"),
        (&wallet, "escrow's own"),
        (&sealed, "sealed already"),
        ("0x1", "not an address"),
        ("0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359", "checksummed"),
        (&format!("0x{}", "0".repeat(40)), "not an address"),
    ] {
        let order = world.funded(&engine);
        write(&world, row(&world, order, VENDOR, reseals::ASK, address)).unwrap();
        engine.desk_once(false).unwrap();
        let wish = world.web.read(|conn| reseals::one(conn, (order, VENDOR))).unwrap().unwrap();
        assert_eq!(wish.state, ResealState::Refused, "{address}");
        assert!(wish.reason.contains(reason), "{address}: {}", wish.reason);
    }
    let order = world.funded(&engine);
    let forged = RequestRow {
        actor_id: world.vendor.to_string(),
        ..row(&world, order, BUYER, reseals::ASK, THIEF)
    };
    write(&world, forged).unwrap();
    engine.desk_once(false).unwrap();
    assert_eq!(state(&world, order, BUYER), Some(ResealState::Refused));
    wait(&world, &engine, Span::secs(0));
    assert_eq!(terms(&world, order).refund, world.refund);
}

/// The payee's contract refuses: the only way on is another address, which nothing was signed to.
#[test]
fn a_payee_that_refuses_is_paid_at_its_new_address() {
    // PUSH1 0 PUSH1 0 REVERT.
    let (world, engine, payee) = paid_to_a_contract("60006000fd");
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, BUYER);
    settle(&world, &engine);
    assert!(why(&world, order).unwrap().reason.contains("refuses"));
    let before = legs(&world, order);
    // One that takes more gas than was set aside for the old one is told apart from one that does not.
    let other = moody(&world);
    ask(&world, &engine, order, VENDOR, other);
    wait(&world, &engine, Span::secs(0));
    world.until(&engine, order, "RELEASED");
    let after = legs(&world, order);
    assert_eq!((after.len(), after[0].to), (before.len(), other), "planned anew, not beside");
    assert_eq!(world.balance(other), after[0].amount);
    assert_eq!(world.balance(payee), Amount::ZERO);
    conserved(&world, order);
}

#[test]
fn what_failed_on_the_chain_is_paid_to_the_new_address_without_the_operator() {
    let (world, engine, payee, order) = reverted();
    ask(&world, &engine, order, VENDOR, OTHER);
    wait(&world, &engine, Span::secs(0));
    world.until(&engine, order, "RELEASED");
    let legs = legs(&world, order);
    assert_eq!((legs.len(), legs[2].to), (3, OTHER));
    assert_eq!((world.balance(OTHER), world.balance(payee)), (legs[2].amount, Amount::ZERO));
    conserved(&world, order);
}

/// A leg that is signed goes where it was signed to, even if the new address counts before it is
/// mined; one that waits goes to the new one.
#[test]
fn what_is_signed_is_never_planned_anew() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    ask(&world, &engine, order, VENDOR, OTHER);
    wait(&world, &engine, SECOND);
    world.wire.refuse(|body| body.contains("eth_sendRawTransaction"));
    world.ask(order, IntentAction::Release, BUYER);
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    world.live(&engine, SECOND);
    engine.desk_once(false).unwrap();
    assert_eq!(state(&world, order, VENDOR), Some(ResealState::Sealed));
    world.wire.mend();
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.balance(OTHER), Amount::ZERO);
    assert!(world.balance(world.payout) > Amount::parse("0.039", 18).unwrap());
    conserved(&world, order);
}

/// Between the plan and the signature the new address comes to count. It is a contract's and takes
/// more gas than was set aside for the old one; its payee bears that.
#[test]
fn what_is_planned_and_not_signed_goes_to_the_new_address() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    let other = moody(&world);
    ask(&world, &engine, order, VENDOR, other);
    wait(&world, &engine, SECOND);
    world.ask(order, IntentAction::Release, BUYER);
    engine.desk_once(false).unwrap();
    let (desk, door) = (world.engine(), world.escrow.clone());
    world.script.on("plan: committed", move || {
        let clock = door.read(deadlines::clock).unwrap().unwrap();
        let later = RunClock { ran: clock.after(SECOND), ..clock };
        tx::write(&door, "live", move |tx| deadlines::set_clock(tx, later)).unwrap();
        desk.desk_once(false).unwrap();
    });
    engine.chain_once().unwrap();
    assert_eq!(state(&world, order, VENDOR), Some(ResealState::Sealed));
    let legs = legs(&world, order);
    assert_eq!((legs[0].to, legs[1].to), (other, world.commission));
    assert!(legs[0].gas_limit > legs[1].gas_limit);
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.balance(other), legs[0].amount);
    assert_eq!(world.balance(world.payout), Amount::ZERO);
    conserved(&world, order);
}
