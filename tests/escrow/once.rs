//! Exactly once: escrow is stopped at every point of a two-leg payout, while broadcasts get lost
//! and the chain drops or takes back what it had. Each payee is paid once, and the order is
//! released once.

use std::collections::BTreeMap;

use db::payouts::LegState;
use domain::EvmAddress;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use domain::settle::LegRole;
use escrow::{Engine, Fault};

use crate::wire::SendFault;
use crate::world::{World, on_chain};

/// What the chain does meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Calm,
    /// What waits is forgotten, twice.
    MempoolDropped,
    /// The newest blocks are taken back with all that was in them, twice.
    Reorganised,
}

/// What the orders are paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PaidIn {
    Coin,
    /// With EIP-3009.
    Dollars,
    /// A token that its address transfers itself.
    Plain,
}

/// Every way in which a broadcast may go wrong, at the first or the second one.
const SENDS: [Option<(usize, SendFault)>; 7] = [
    None,
    Some((1, SendFault::RequestLost)),
    Some((2, SendFault::RequestLost)),
    Some((1, SendFault::ReplyLost)),
    Some((2, SendFault::ReplyLost)),
    Some((1, SendFault::ErrorAfterAcceptance)),
    Some((2, SendFault::ErrorAfterAcceptance)),
];

/// Rounds after which a payout must have come to its end.
const ROUNDS: u32 = 40;
/// Visits of one point at which escrow is stopped.
const VISITS: usize = 2;

/// One round of both lanes; `false` if escrow was stopped in it.
pub(crate) fn round(engine: &Engine) -> bool {
    for done in [engine.desk_once(false), engine.chain_once()] {
        match done {
            Err(Fault::Stopped(_)) => return false,
            Err(fault) => panic!("{fault}"),
            Ok(_) => {}
        }
    }
    true
}

/// Something happens on the chain, and blocks are made by hand.
fn happen(world: &World, event: Event, round: u32) {
    match event {
        Event::MempoolDropped if round == 1 || round == 3 => world.chain.drop_mempool(),
        Event::Reorganised if round == 3 || round == 5 => world.chain.reorg(2, false).unwrap(),
        _ => {}
    }
    // No block in some rounds, so that chain txs wait.
    if round % 2 == 1 {
        world.pass(2);
    }
}

/// One payout from the request to its end.
fn trial(world: &World, stop: Option<(&'static str, usize)>, sends: usize, event: Event) {
    let mut engine = world.engine();
    let order = world.funded_calmly(&engine);
    let before = balances(world);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.wire.expect(SENDS[sends]);
    world.script.stop_at(stop);
    for n in 0..ROUNDS {
        if !round(&engine) {
            // A new process: it knows what is in the ledger and nothing else.
            engine = world.engine();
        }
        happen(world, event, n);
        if world.status(order) == "RELEASED" {
            break;
        }
    }
    let name = format!("{stop:?} {:?} {event:?}", SENDS[sends]);
    world.settle_chain(&engine);
    verify(world, order, &before, &name);
}

fn balances(world: &World) -> BTreeMap<EvmAddress, Amount> {
    let all = [world.payout, world.commission, world.refund];
    all.into_iter().map(|address| (address, world.balance(address))).collect()
}

/// The chain and the ledger agree that each leg was paid once and nothing else was.
fn verify(world: &World, order: OrderId, before: &BTreeMap<EvmAddress, Amount>, name: &str) {
    let story = world.story(order);
    let count = |kind: &str| story.iter().filter(|event| *event == kind).count();
    assert_eq!(world.status(order), "RELEASED", "{name}: {story:?}");
    assert_eq!(
        (count("released"), count("leg-paid"), count("payout-planned")),
        (1, 2, 1),
        "{name}"
    );
    let legs = world.escrow.read(|conn| db::payouts::legs_of(conn, order, 0)).unwrap();
    let roles: Vec<LegRole> = legs.iter().map(|leg| leg.role).collect();
    assert_eq!(roles, [LegRole::Vendor, LegRole::Commission], "{name}");
    for leg in &legs {
        let came = world.balance(leg.to).checked_sub(before[&leg.to]);
        assert_eq!(came, Some(leg.amount), "{name}: {}", leg.role);
        assert_eq!(leg.state, LegState::Final, "{name}: {}", leg.role);
    }
    assert_eq!(world.balance(world.refund), before[&world.refund], "{name}");
    let from = world.state(order).address.unwrap();
    // A token leaves by the gas wallet's hand, and its address sends nothing.
    let sent = if world.in_dollars { 0 } else { 2 };
    assert_eq!(world.chain.nonce(on_chain(from)), sent, "{name}");
    let spent = world
        .escrow
        .read(|conn| db::proofs::spent(conn, order, &world.state(order).asset, u64::MAX >> 1))
        .unwrap();
    let there = world.balance(from).checked_add(spent);
    assert_eq!(there, Some(world.state(order).credited), "{name}");
    let state = world.state(order);
    assert_eq!((state.paying, state.held_reason), (false, None), "{name}");
}

/// The points that a payout passes, each with how often.
fn points(event: Event, paid_in: PaidIn) -> Vec<(&'static str, usize)> {
    let world = calm_world(paid_in);
    let engine = world.engine();
    let order = world.funded_calmly(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.wire.expect(None);
    world.script.stop_at(None);
    for n in 0..ROUNDS {
        assert!(round(&engine));
        happen(&world, event, n);
        if world.status(order) == "RELEASED" {
            break;
        }
    }
    let mut visits = BTreeMap::new();
    for point in world.script.visits() {
        *visits.entry(point).or_insert(0_usize) += 1;
    }
    visits.into_iter().flat_map(|(point, n)| (1..=n.min(VISITS)).map(move |n| (point, n))).collect()
}

/// Blocks are made by hand and become final two later.
fn calm_world(paid_in: PaidIn) -> World {
    let world = match paid_in {
        PaidIn::Coin => World::new(),
        PaidIn::Dollars => World::in_dollars(),
        PaidIn::Plain => World::in_zoo("NoReturn"),
    };
    // What there is to be paid in is looked at once.
    world.engine().step_all().unwrap();
    world.chain.set_automine(false);
    world.chain.set_finality_lag(2);
    world
}

impl World {
    /// An order that is paid and final, whatever the chain's habits.
    fn funded_calmly(&self, engine: &Engine) -> OrderId {
        let order = self.sealed(engine);
        self.pay(order, self.state(order).due);
        for _ in 0..4 {
            self.pass(2);
            engine.chain_once().unwrap();
        }
        assert_eq!(self.status(order), "COMPLETED");
        order
    }

    /// More rounds, in which nothing may happen any more.
    fn settle_chain(&self, engine: &Engine) {
        self.script.stop_at(None);
        for _ in 0..3 {
            self.pass(2);
            assert!(round(engine));
        }
    }
}

/// Every point × every fault of a broadcast, under one kind of chain. A server is asked a third of them,
/// in which each point and each fault still is; all with HOLDFAST_LONG.
fn every_trial(event: Event, paid_in: PaidIn, at_least: usize) {
    let world = calm_world(paid_in);
    let is_long = std::env::var_os("HOLDFAST_LONG").is_some();
    let all = is_long || world.data.config(db::Owner::Escrow).is_local();
    let every = if all { 1 } else { 3 };
    let mut stops: Vec<_> = points(event, paid_in).into_iter().map(Some).collect();
    stops.push(None);
    let trials: Vec<_> =
        stops.iter().flat_map(|stop| (0..SENDS.len()).map(move |sends| (*stop, sends))).collect();
    assert!(trials.len() >= at_least, "{}", trials.len());
    for (stop, sends) in trials.into_iter().step_by(every) {
        trial(&world, stop, sends, event);
    }
}

#[test]
fn each_leg_is_paid_once_on_a_calm_chain() {
    every_trial(Event::Calm, PaidIn::Coin, 150);
}

#[test]
fn each_leg_is_paid_once_when_the_pool_forgets() {
    every_trial(Event::MempoolDropped, PaidIn::Coin, 150);
}

#[test]
fn each_leg_is_paid_once_when_blocks_are_taken_back() {
    every_trial(Event::Reorganised, PaidIn::Coin, 150);
}

#[test]
fn each_leg_of_a_token_is_paid_once_on_a_calm_chain() {
    every_trial(Event::Calm, PaidIn::Dollars, 150);
}

#[test]
fn each_leg_of_a_token_is_paid_once_when_the_pool_forgets() {
    every_trial(Event::MempoolDropped, PaidIn::Dollars, 150);
}

#[test]
fn each_leg_of_a_token_is_paid_once_when_blocks_are_taken_back() {
    every_trial(Event::Reorganised, PaidIn::Dollars, 150);
}

#[test]
fn each_transfer_of_a_token_is_made_once_on_a_calm_chain() {
    every_trial(Event::Calm, PaidIn::Plain, 150);
}

#[test]
fn each_transfer_of_a_token_is_made_once_when_the_pool_forgets() {
    every_trial(Event::MempoolDropped, PaidIn::Plain, 150);
}

#[test]
fn each_transfer_of_a_token_is_made_once_when_blocks_are_taken_back() {
    every_trial(Event::Reorganised, PaidIn::Plain, 150);
}

/// Two processes on one ledger, each stopped and going on while the other works.
#[test]
fn two_engines_on_one_ledger_pay_once() {
    two_engines(PaidIn::Coin);
}

#[test]
fn two_engines_on_one_ledger_pay_a_token_once() {
    two_engines(PaidIn::Dollars);
}

#[test]
fn two_engines_on_one_ledger_pay_a_plain_token_once() {
    two_engines(PaidIn::Plain);
}

fn two_engines(paid_in: PaidIn) {
    let world = calm_world(paid_in);
    let other = {
        let config = world.data.config(db::Owner::Escrow);
        world.engine_on(db::EscrowDb::open(&config).unwrap())
    };
    let engine = world.engine();
    let mut trials = 0;
    let points: Vec<_> =
        points(Event::Calm, paid_in).into_iter().filter(|(_, nth)| *nth == 1).collect();
    // After one block what was sent is seen, after three it is final.
    for ((point, _), blocks) in points.into_iter().flat_map(|point| [(point, 1), (point, 3)]) {
        let order = world.funded_calmly(&engine);
        let before = balances(&world);
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        let (second, chain) = (other.clone(), world.chain.clone());
        // The second does whole rounds in the middle of the first one's step, and blocks go on.
        world.script.on(point, move || {
            second.desk_once(false).unwrap();
            second.chain_once().unwrap();
            for _ in 0..blocks {
                chain.mine().unwrap();
            }
            second.chain_once().unwrap();
        });
        for _ in 0..ROUNDS {
            assert!(round(&engine) && round(&other));
            world.pass(2);
            if world.status(order) == "RELEASED" {
                break;
            }
        }
        world.settle_chain(&engine);
        verify(&world, order, &before, point);
        let held = world.story(order).iter().any(|event| event == "payout-held");
        assert!(!held, "{point}: held for what was paid");
        trials += 1;
    }
    assert!(trials >= 20, "{trials}");
}

/// Fees rise far above the first offer: the leg is offered again at a higher price, under the same
/// nonce, and whichever is taken pays once.
#[test]
fn a_leg_that_no_block_takes_is_offered_again_within_its_reserve() {
    let world = calm_world(PaidIn::Coin);
    let engine = world.engine();
    let order = world.funded_calmly(&engine);
    let before = balances(&world);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    assert!(round(&engine) && round(&engine));
    // The first offer was 3 gwei, the ceiling is 12.
    world.chain.set_base_fee(8_000_000_000);
    for _ in 0..10 {
        world.pass(100);
        assert!(round(&engine));
    }
    let legs = world.escrow.read(|conn| db::payouts::legs_of(conn, order, 0)).unwrap();
    let attempts = world.escrow.read(|conn| db::proofs::attempts(conn, &legs[0])).unwrap();
    assert!((2..=8).contains(&attempts.len()), "{}", attempts.len());
    for (earlier, later) in attempts.iter().zip(attempts.iter().skip(1)) {
        assert!(later.max_fee > earlier.max_fee && later.max_fee <= legs[0].fee_ceiling);
    }
    world.settle_chain(&engine);
    verify(&world, order, &before, "base fee");
}

#[test]
fn fees_above_the_ceiling_are_waited_out_and_told() {
    let world = calm_world(PaidIn::Coin);
    let engine = world.engine();
    let order = world.funded_calmly(&engine);
    let before = balances(&world);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    assert!(round(&engine) && round(&engine));
    world.chain.set_base_fee(100_000_000_000);
    for _ in 0..60 {
        world.pass(100);
        assert!(round(&engine));
    }
    assert!(world.alarms().iter().any(|alarm| alarm.starts_with("stuck")), "{:?}", world.alarms());
    assert_eq!(world.status(order), "COMPLETED");
    world.chain.set_base_fee(1_000_000_000);
    for _ in 0..8 {
        world.pass(2);
        assert!(round(&engine));
    }
    verify(&world, order, &before, "base fee");
}
