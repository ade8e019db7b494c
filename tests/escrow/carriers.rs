//! Payouts of tokens in trouble: payees that are shut out, carriers that fail or are overtaken, gas
//! that runs out or is too dear. Each leg is paid once all the same.

use db::tokens::{self, TokenState};
use devnet::{Bytes, U256};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use domain::settle::LegRole;

use crate::tokens::{conserved, dollars, settle, terms};
use crate::world::{DOLLAR, World, on_chain};

/// A call of the token by its keeper, the demo wallet.
fn keep(world: &World, data: Bytes) {
    world.chain.send(devnet::DOLLAR, U256::ZERO, data).unwrap();
}

/// What shuts an account out, or lets it in again.
pub(crate) fn blacklisting(account: EvmAddress, out: bool) -> Bytes {
    let flag = escrow::evm::abi::number(Amount::from_u128(u128::from(out)));
    let words = [escrow::evm::abi::address(account), flag];
    Bytes::from(escrow::evm::abi::call("blacklist(address,bool)", &words))
}

pub(crate) fn shut_out(world: &World, account: EvmAddress, out: bool) {
    keep(world, blacklisting(account, out));
}

#[test]
fn a_payee_that_is_shut_out_holds_its_payout_until_it_is_let_in() {
    let world = World::in_dollars();
    let engine = world.engine();
    let (order, other) = (world.funded(&engine), world.funded(&engine));
    shut_out(&world, world.payout, true);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    settle(&world, &engine);
    assert_eq!(world.story(order).last().unwrap(), "payout-held");
    assert_eq!((world.status(order), world.balance(world.payout)), ("COMPLETED", Amount::ZERO));
    let held = world.web.read(|conn| db::held::of_order(conn, order)).unwrap();
    assert!(held.unwrap().reason.contains("refuses"));
    // Its hold is its own: the gas wallet goes on with others.
    world.ask(other, IntentAction::Refund, ActorRole::Vendor);
    world.until(&engine, other, "CANCELLED");
    shut_out(&world, world.payout, false);
    world.pass(601);
    world.until(&engine, order, "RELEASED");
    conserved(&world, order);
}

/// Between signing and mining the payee is shut out: the carrier fails on the chain, its nonce is
/// used up, and the same authorization goes with the next one.
#[test]
fn a_carrier_that_fails_is_followed_by_another_with_the_same_authorization() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.chain.set_automine(false);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    // The keeper's call goes first: the carriers wait in the pool, dropped and sent again.
    world.chain.drop_mempool();
    keep(&world, blacklisting(world.payout, true));
    world.pass(2);
    engine.chain_once().unwrap();
    for _ in 0..4 {
        world.pass(2);
        engine.chain_once().unwrap();
    }
    assert!(world.story(order).contains(&"payout-held".to_owned()), "{:?}", world.story(order));
    let legs = world.escrow.read(|conn| db::payouts::legs_of(conn, order, 0)).unwrap();
    assert_eq!(legs[0].role, LegRole::Vendor);
    let tried = world.escrow.read(|conn| db::proofs::attempts(conn, &legs[0])).unwrap().len();
    shut_out(&world, world.payout, false);
    world.chain.set_automine(true);
    world.pass(601);
    world.until(&engine, order, "RELEASED");
    let attempts = world.escrow.read(|conn| db::proofs::attempts(conn, &legs[0])).unwrap();
    assert!(attempts.len() > tried);
    assert_eq!(world.balance(world.payout), legs[0].amount);
    conserved(&world, order);
}

/// Anybody may carry an authorization that he sees in the pool. It pays the leg all the same, once.
#[test]
fn an_authorization_that_somebody_else_carries_pays_its_leg() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.chain.set_automine(false);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    let legs = world.escrow.read(|conn| db::payouts::legs_of(conn, order, 0)).unwrap();
    world.chain.drop_mempool();
    for leg in &legs {
        let attempt = world.escrow.read(|conn| db::proofs::attempts(conn, leg)).unwrap();
        let call = carried_call(&attempt[0].raw);
        world.chain.send(devnet::DOLLAR, U256::ZERO, call).unwrap();
    }
    world.chain.mine().unwrap();
    world.chain.set_automine(true);
    let wallet = on_chain(world.keys.gas_wallet(0).unwrap());
    let before = world.chain.nonce(wallet);
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.balance(world.payout), legs[0].amount);
    let receipts = world.web.read(|conn| db::story::legs(conn, order)).unwrap();
    let fees: Vec<_> = receipts.into_iter().map(|leg| leg.receipt.unwrap().0).collect();
    assert_eq!(fees, vec![Amount::ZERO.to_fixed(); 2], "it cost the gas wallet nothing");
    assert!(world.chain.nonce(wallet) <= before + 2);
    conserved(&world, order);
}

/// The data of a chain tx of the gas wallet.
fn carried_call(raw: &[u8]) -> Bytes {
    use alloy_consensus::{Transaction, TxEnvelope};
    use alloy_eips::eip2718::Decodable2718;
    let tx = TxEnvelope::decode_2718(&mut &raw[..]).unwrap();
    tx.input().clone()
}

#[test]
fn an_empty_gas_wallet_holds_payouts_up_and_says_so() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.funded(&engine);
    let wallet = world.keys.gas_wallet(0).unwrap();
    let has = format!("0x{:x}", Amount::parse("100", 18).unwrap().as_u256());
    world.wire.lie(&format!("\"{has}\""), "\"0x1\"");
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    settle(&world, &engine);
    assert!(world.alarms().iter().any(|alarm| alarm.starts_with("gas:")), "{:?}", world.alarms());
    assert_eq!(world.balance(world.payout), Amount::ZERO);
    let row = world.escrow.read(|conn| tokens::by_address(conn, ChainId::DEVELOPMENT, DOLLAR));
    let row = row.unwrap().unwrap();
    assert_eq!(row.state, TokenState::Waiting);
    assert!(row.note.contains(&wallet.to_string()), "{}", row.note);
    world.wire.mend();
    world.until(&engine, order, "RELEASED");
    conserved(&world, order);
}

/// Late money can be made to come when gas is dearest; its return waits for cheaper gas.
#[test]
fn late_money_goes_back_when_gas_is_what_it_was() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.sealed(&engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    world.chain.set_base_fee(20_000_000_000);
    world.pay(order, dollars("105"));
    settle(&world, &engine);
    assert_eq!(
        (world.story(order).last().unwrap().as_str(), world.balance(world.refund)),
        ("payout-planned", Amount::ZERO)
    );
    world.chain.set_base_fee(1_000_000_000);
    settle(&world, &engine);
    let fee = terms(&world, order).token.unwrap().leg_fee;
    assert_eq!(world.balance(world.refund), dollars("105").minus(fee));
    conserved(&world, order);
}
