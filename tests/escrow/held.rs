//! Payouts that cannot go on by themselves: who can help each on, and what the operator's word does.

use db::held::{self, Held};
use db::payouts::{self, Leg, LegState};
use db::{ledger, tx};
use devnet::{Bytes, U256};
use domain::EvmAddress;
use domain::clock::Clock;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use domain::seal::{hex, unhex};
use escrow::Engine;
use escrow::evm::tx::LegTx;
use escrow::keys::Signable;

use crate::carriers::shut_out;
use crate::provider::{deploy, paid_to_a_contract};
use crate::tokens::{conserved, settle};
use crate::world::{World, on_chain};

/// Refuses money while its word is not 0; a call with a word sets it.
pub(crate) const MOODY: &str = "36600b57600054601357005b600035600055005b60006000fd";

pub(crate) fn why(world: &World, order: OrderId) -> Option<Held> {
    world.web.read(|conn| held::of_order(conn, order)).unwrap()
}

pub(crate) fn legs(world: &World, order: OrderId) -> Vec<Leg> {
    world.escrow.read(|conn| payouts::legs_of(conn, order, 0)).unwrap()
}

/// The operator asks, and escrow answers in its next round.
fn retry(
    world: &World,
    engine: &Engine,
    order: OrderId,
    hash: Option<[u8; 32]>,
) -> (String, String) {
    let now = world.clock.now();
    tx::write(&world.escrow, "retry", move |tx| held::ask(tx, (order, 0), hash, now)).unwrap();
    engine.chain_once().unwrap();
    world.escrow.read(|conn| held::last_asked(conn, order, 0)).unwrap().unwrap()
}

/// Sets the word of a moody contract before what waits in the pool is mined.
pub(crate) fn mood(world: &World, payee: EvmAddress, word: u8) {
    let mut call = [0; 32];
    call[31] = word;
    world.chain.drop_mempool();
    world.chain.send(on_chain(payee), U256::ZERO, Bytes::from(call.to_vec())).unwrap();
}

/// An order whose vendor's contract refused the transfer on the chain, after it had agreed to it.
pub(crate) fn reverted() -> (World, Engine, EvmAddress, OrderId) {
    let (world, engine, payee) = paid_to_a_contract(MOODY);
    let order = world.funded(&engine);
    world.chain.set_automine(false);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    mood(&world, payee, 1);
    world.pass(2);
    world.chain.set_automine(true);
    for _ in 0..4 {
        engine.chain_once().unwrap();
        world.pass(2);
    }
    (world, engine, payee, order)
}

#[test]
fn what_failed_on_the_chain_is_paid_anew_at_the_operator_s_word_and_once() {
    let (world, engine, payee, order) = reverted();
    let held = why(&world, order).unwrap();
    assert!(held.reason.contains("on the chain"), "{held:?}");
    assert_eq!(held.owner, "vendor");
    // As long as the payee refuses, no fee is spent on another try.
    let (outcome, said) = retry(&world, &engine, order, None);
    assert_eq!((outcome.as_str(), legs(&world, order).len()), ("refused", 2), "{said}");
    mood(&world, payee, 0);
    world.pass(601);
    engine.chain_once().unwrap();
    assert!(why(&world, order).is_some(), "nobody has said that it shall be tried again");
    let (outcome, said) = retry(&world, &engine, order, None);
    assert_eq!(outcome, "done", "{said}");
    world.until(&engine, order, "RELEASED");
    let legs = legs(&world, order);
    assert_eq!(legs.len(), 3);
    let [first, again] = [&legs[0], &legs[2]];
    assert_eq!((first.state, again.state), (LegState::Reverted, LegState::Final));
    assert_eq!((again.role, again.to, again.nonce), (first.role, first.to, Some(2)));
    assert!(again.amount < first.amount, "the payee bears the fee of another try");
    assert_eq!(world.balance(payee), again.amount, "paid once");
    conserved(&world, order);
    assert_eq!(retry(&world, &engine, order, None).0, "refused", "nothing is held any more");
}

/// The same account signs elsewhere, as from a ledger that was lost: nothing is signed again before
/// somebody has said which chain tx it was.
#[test]
fn a_nonce_that_others_used_is_settled_by_their_chain_tx() {
    for (faithful, outcome) in [(true, "done"), (false, "refused")] {
        let world = World::new();
        let engine = world.engine();
        let order = world.funded(&engine);
        world.wire.refuse(|body| body.contains("eth_sendRawTransaction"));
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        let leg = legs(&world, order)[0].clone();
        let path =
            world.escrow.read(|conn| ledger::derivation_of(conn, leg.from)).unwrap().unwrap();
        let other = LegTx {
            from: leg.from,
            chain: leg.asset.chain,
            nonce: leg.own_nonce().unwrap(),
            max_tip: leg.fee_ceiling,
            max_fee: leg.fee_ceiling,
            gas_limit: leg.gas_limit,
            to: if faithful { leg.to } else { EvmAddress::from_bytes([0x77; 20]) },
            value: leg.amount,
        };
        let signed = world.keys.sign((path.1, path.2), Signable::Leg(&other)).unwrap();
        let send = serde_json::json!({ "jsonrpc": "2.0", "id": 1,
            "method": "eth_sendRawTransaction", "params": [hex(&signed.raw)] });
        let answer = world.chain.handle(&send.to_string());
        assert!(answer.contains("result"), "{answer}");
        for _ in 0..4 {
            world.pass(61);
            engine.chain_once().unwrap();
        }
        let held = why(&world, order).unwrap();
        assert!(held.reason.contains("not in the ledger"), "{held:?}");
        assert_eq!(held.owner, "operator");
        world.wire.mend();
        let (refused, said) = retry(&world, &engine, order, None);
        assert!(refused == "refused" && said.contains("--tx"), "{said}");
        let nothing = unhex(&format!("0x{}", "7".repeat(64)));
        assert_eq!(retry(&world, &engine, order, nothing).0, "refused");
        let (said, because) = retry(&world, &engine, order, Some(signed.hash));
        assert_eq!(said, outcome, "{because}");
        if faithful {
            world.until(&engine, order, "RELEASED");
            assert_eq!(world.balance(world.payout), leg.amount);
            conserved(&world, order);
        } else {
            settle(&world, &engine);
            assert_eq!(world.status(order), "COMPLETED");
            assert_eq!(world.balance(world.payout), Amount::ZERO);
        }
    }
}

/// The token's issuer shuts out the escrow address itself: nobody here can help, so it is tried once
/// a week, and at the operator's word.
#[test]
fn an_escrow_address_that_is_shut_out_is_tried_each_week() {
    for by_word in [true, false] {
        let world = World::in_dollars();
        let engine = world.engine();
        let order = world.funded(&engine);
        let address = world.state(order).address.unwrap();
        shut_out(&world, address, true);
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        settle(&world, &engine);
        let held = why(&world, order).unwrap();
        assert!(held.reason.contains("issuer"), "{held:?}");
        assert_eq!((held.owner.as_str(), world.status(order)), ("issuer", "COMPLETED"));
        shut_out(&world, address, false);
        if by_word {
            assert_eq!(retry(&world, &engine, order, None).0, "done");
        } else {
            let left = held.deadline.unwrap().since(world.clock.now()).as_secs();
            assert!(left > 6 * 86_400, "{left}");
            world.pass(u32::try_from(left).unwrap() - 1);
            engine.chain_once().unwrap();
            assert!(why(&world, order).is_some(), "a week less one second");
            world.pass(1);
            engine.chain_once().unwrap();
        }
        assert_eq!(why(&world, order), None);
        world.until(&engine, order, "RELEASED");
        conserved(&world, order);
    }
}

#[test]
fn what_is_held_beyond_its_time_is_told() {
    // PUSH1 0 PUSH1 0 REVERT.
    let (world, engine, _) = paid_to_a_contract("60006000fd");
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    settle(&world, &engine);
    let told = |world: &World| world.alarms().iter().any(|alarm| alarm.starts_with("held:"));
    let left = why(&world, order).unwrap().deadline.unwrap().since(world.clock.now()).as_secs();
    world.pass(u32::try_from(left).unwrap() - 1);
    engine.desk_once(false).unwrap();
    assert!(!told(&world));
    world.pass(1);
    world.live(&engine, domain::clock::Span::days(1));
    engine.desk_once(false).unwrap();
    assert!(told(&world), "{:?}", world.alarms());
}

/// An order that was stopped for a lie of its provider is looked at anew at the operator's word; one
/// whose seal is broken is not.
#[test]
fn a_stopped_order_is_looked_at_anew() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    let stop = |why: &'static str| {
        tx::write(&world.escrow, "stop", move |tx| -> Result<(), db::DbError> {
            let mut state = ledger::state(tx, order)?.unwrap();
            state.held_reason = Some(why.to_owned());
            ledger::put_state(tx, &state)
        })
        .unwrap();
    };
    stop("something is missing");
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    settle(&world, &engine);
    assert_eq!(world.status(order), "COMPLETED");
    let frozen = world.escrow.read(|conn| held::frozen(conn, 10)).unwrap();
    assert_eq!(frozen, [(order, "something is missing".to_owned())]);
    assert_eq!(retry(&world, &engine, order, None).0, "done");
    world.until(&engine, order, "RELEASED");

    let other = world.funded(&engine);
    let change =
        format!("UPDATE seals SET mac = '0x{}' WHERE order_id = '{other}';", "0".repeat(64));
    let local = format!("DROP TRIGGER seals_no_update; {change}");
    world.data.by_hand(db::Owner::Escrow, &local, &change);
    settle(&world, &engine);
    world.ask(other, IntentAction::Release, ActorRole::Buyer);
    settle(&world, &engine);
    assert!(world.state(other).held_reason.is_some());
    assert_eq!(retry(&world, &engine, other, None).0, "refused");
    assert!(world.state(other).held_reason.is_some());
}

/// A contract of that kind which takes money.
pub(crate) fn moody(world: &World) -> EvmAddress {
    deploy(world, MOODY)
}
