//! Providers that are gone, lie or talk nonsense, and payees that refuse.

use std::sync::atomic::Ordering;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Signature, TxKind, b256, hex};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Span;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use escrow::Engine;
use k256::ecdsa::SigningKey;

use crate::world::{World, on_chain};

fn chain_state(world: &World) -> (String, String) {
    let row = world.escrow.read(|conn| db::desk::chain(conn, ChainId::DEVELOPMENT)).unwrap();
    let row = row.unwrap();
    (row.state, row.note)
}

/// An order that waits for money, and one that is to be released, while the provider is in
/// trouble: nothing moves, and nothing is lost.
fn nothing_moves(trouble: impl Fn(&World), state: &str) {
    let world = World::new();
    let engine = world.engine();
    let (waiting, paid) = (world.sealed(&engine), world.funded(&engine));
    world.ask(paid, IntentAction::Release, ActorRole::Buyer);
    world.pay(waiting, world.state(waiting).due);
    trouble(&world);
    let new = world.place(world.draft(5_000));
    for _ in 0..3 {
        engine.desk_once(true).unwrap();
        engine.chain_once().unwrap();
        world.pass(2);
    }
    let (told, note) = chain_state(&world);
    assert_eq!(told, state, "{note}");
    assert!(!note.is_empty());
    assert_eq!((world.status(waiting), world.status(paid)), ("PENDING", "COMPLETED"));
    assert!(!world.story(paid).contains(&"payout-planned".to_owned()));
    let taken_up = world.escrow.read(|conn| db::ledger::state(conn, new)).unwrap();
    assert_eq!(taken_up, None, "no address is issued");
    // A new order can be called off all the same.
    world.ask(new, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    assert_eq!(world.status(new), "CANCELLED");

    world.wire.mend();
    world.pass(2);
    world.until(&engine, paid, "RELEASED");
    assert_eq!(world.status(waiting), "COMPLETED");
    assert_eq!(chain_state(&world).0, "ok");
}

#[test]
fn a_provider_that_is_gone() {
    nothing_moves(|world| world.wire.down.store(true, Ordering::SeqCst), "down");
}

#[test]
fn a_provider_that_talks_nonsense() {
    for text in [
        "",
        "<html><h1>502</h1></html>",
        "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":\"0x\"}",
        "[]",
        "[{\"id\":0,\"result\":null}]",
        "null",
    ] {
        nothing_moves(|world| *world.wire.says.lock().unwrap() = Some(text.to_owned()), "down");
    }
}

#[test]
fn a_provider_that_limits_us() {
    let text = r#"{"jsonrpc":"2.0","id":null,"error":{"code":429,"message":"slow down"}}"#;
    nothing_moves(|world| *world.wire.says.lock().unwrap() = Some(text.to_owned()), "down");
}

/// 0x7a69 is 31,337. Balances and codes do not hold it.
#[test]
fn a_provider_of_another_chain() {
    nothing_moves(
        |world| {
            // Addresses are issued by a look at the chain as well, so that has to fail too.
            world.wire.lie("\"result\":\"0x7a69\"", "\"result\":\"0x1\"");
            world.wire.lie("\"result\":\"0x\"", "\"result\":7");
        },
        "wrong",
    );
}

#[test]
fn a_provider_whose_block_0_is_another_one() {
    let world = World::new();
    let engine = world.engine();
    engine.chain_once().unwrap();
    let answer = world.chain.handle(
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0x0",false]}"#,
    );
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let genesis = answer["result"]["hash"].as_str().unwrap();
    world.wire.lie(genesis, &format!("0x{}", "1".repeat(64)));
    engine.chain_once().unwrap();
    assert_eq!(chain_state(&world).0, "wrong");
    assert!(world.alarms().iter().any(|alarm| alarm.contains("block 0")));
}

#[test]
fn a_provider_that_fell_behind_is_not_believed() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    let before = world.chain.snapshot();
    for _ in 0..5 {
        world.pass(11);
        engine.chain_once().unwrap();
    }
    assert!(world.chain.revert(before).unwrap());
    engine.chain_once().unwrap();
    let (state, note) = chain_state(&world);
    assert_eq!(state, "down");
    assert!(note.contains("behind"), "{note}");
    assert_eq!(world.state(order).held_reason, None);
}

/// Money that is missing from an address without a payout: somebody else has the key, or the
/// provider lies. Either way nothing more moves.
#[test]
fn money_that_is_missing_stops_its_order() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    let due = world.state(order).due;
    world.wire.lie(&format!("0x{:x}", due.as_u256()), "0x1");
    world.pass(11);
    engine.chain_once().unwrap();
    world.wire.mend();
    assert!(world.state(order).held_reason.unwrap().contains("missing"));
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    for _ in 0..5 {
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        world.pass(11);
    }
    assert_eq!(world.balance(world.payout), Amount::ZERO);
    assert!(world.alarms().iter().any(|alarm| alarm.starts_with("conservation")));
}

/// Init code whose contract runs `code` on every call.
fn contract(code: &str) -> String {
    let size = code.len() / 2;
    // PUSH1 size PUSH1 12 PUSH1 0 CODECOPY PUSH1 size PUSH1 0 RETURN, then the code.
    format!("60{size:02x}600c60003960{size:02x}6000f3{code}")
}

/// A shop whose vendor is paid to a contract.
pub(crate) fn paid_to_a_contract(code: &str) -> (World, Engine, EvmAddress) {
    let world = World::new();
    let engine = world.engine();
    let address = deploy(&world, code);
    world.request_payout(world.store, address);
    engine.desk_once(false).unwrap();
    world.clock.advance(Span::hours(49));
    world.pass(1);
    engine.step_all().unwrap();
    (world, engine, address)
}

/// The key of the demo wallet, which is printed in the manuals of development chains.
const DEMO_KEY: B256 = b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

pub(crate) fn deploy(world: &World, code: &str) -> EvmAddress {
    make(world, &contract(code))
}

/// The address of a contract that the demo wallet makes with this code in hex.
pub(crate) fn make(world: &World, code: &str) -> EvmAddress {
    let tx = TxEip1559 {
        chain_id: 31_337,
        nonce: world.chain.nonce(devnet::DEMO_WALLET),
        gas_limit: 3_000_000,
        max_fee_per_gas: 3_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Create,
        input: hex::decode(code).unwrap().into(),
        ..TxEip1559::default()
    };
    let key = SigningKey::from_slice(DEMO_KEY.as_slice()).unwrap();
    let (signature, id) = key.sign_prehash_recoverable(tx.signature_hash().as_slice());
    let signature = Signature::from_bytes_and_parity(&signature.to_bytes(), id.is_y_odd());
    let signed = TxEnvelope::from(tx.into_signed(signature));
    let raw = hex::encode_prefixed(signed.encoded_2718());
    let call = |method: &str, param: &str| {
        let request = serde_json::json!({
            "jsonrpc": "2.0", "id": 1, "method": method, "params": [param]
        });
        let answer = world.chain.handle(&request.to_string());
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].clone()
    };
    let hash = call("eth_sendRawTransaction", &raw);
    let receipt = call("eth_getTransactionReceipt", hash.as_str().unwrap());
    let address: Address = receipt["contractAddress"].as_str().unwrap().parse().unwrap();
    EvmAddress::from_bytes(address.into())
}

#[test]
fn a_payee_that_refuses_holds_its_payout_until_it_takes_the_money() {
    // PUSH1 0 PUSH1 0 REVERT.
    let (world, engine, payee) = paid_to_a_contract("60006000fd");
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    for _ in 0..5 {
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        world.pass(601);
    }
    assert_eq!(world.story(order).last().unwrap(), "payout-held");
    assert_eq!(world.status(order), "COMPLETED", "trouble in paying out is never a status");
    assert_eq!(world.chain.nonce(on_chain(world.state(order).address.unwrap())), 0);
    let held = world.web.read(|conn| db::held::of_order(conn, order)).unwrap();
    assert!(held.unwrap().reason.contains("refuses"));
    assert_eq!(world.balance(payee), Amount::ZERO);
}

#[test]
fn a_payee_with_code_is_given_the_gas_that_it_needs() {
    // SSTORE(0, 1), STOP.
    let (world, engine, payee) = paid_to_a_contract("600160005500");
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    assert!(world.balance(payee) > Amount::parse("0.038", 18).unwrap());
}
