use super::*;
use crate::DEMO_WALLET;

#[test]
fn a_reorg_with_its_transactions_puts_them_back_into_the_pool() {
    let world = world();
    let first = world.chain.pay(SHOP, eth(1)).unwrap();
    let second = world.chain.pay(SHOP, eth(2)).unwrap();
    let dropped = world.chain.mined(second).unwrap();
    world.get("devnet_reorg", json!([1, true]));

    assert_eq!(world.chain.height(), 1);
    assert_eq!(world.chain.balance(SHOP), eth(1));
    assert!(world.chain.mined(first).is_some());
    assert_eq!(world.get("eth_getTransactionReceipt", json!([second])), Value::Null);
    let waiting = world.get("eth_getTransactionByHash", json!([second]));
    assert_eq!(waiting["blockNumber"], Value::Null);
    assert_eq!(world.get("eth_getBlockByHash", json!([dropped.hash, false])), Value::Null);
    let gone = world.ask("eth_getBalance", json!([SHOP, { "blockHash": dropped.hash }]));
    assert_eq!(gone, Err((-32000, "header for hash not found".to_owned())));

    let again = world.chain.mine().unwrap();
    assert_eq!(world.chain.mined(second), Some(again));
    assert_eq!(again.number, dropped.number);
    assert_eq!(again.timestamp, dropped.timestamp);
    assert_ne!(again.hash, dropped.hash, "the same block made again is another block");
    assert_eq!(world.chain.balance(SHOP), eth(3));
}

#[test]
fn a_reorg_without_its_transactions_loses_them() {
    let world = world();
    world.chain.faucet(SHOP, eth(5)).unwrap();
    let lost = world.chain.pay(SHOP, eth(1)).unwrap();
    world.chain.reorg(2, false).unwrap();
    world.chain.mine().unwrap();
    assert_eq!(world.chain.balance(SHOP), U256::ZERO);
    assert_eq!(world.chain.balance(DEMO_WALLET), eth(10_000));
    assert_eq!(world.get("eth_getTransactionByHash", json!([lost])), Value::Null);
    let spent_again = world.chain.pay(SHOP, eth(7)).unwrap();
    let tx = world.get("eth_getTransactionByHash", json!([spent_again]));
    assert_eq!(tx["nonce"], "0x0", "the nonce is free for another payment");
}

#[test]
fn grants_come_back_with_a_reorg_that_keeps() {
    let world = world();
    world.chain.faucet(SHOP, eth(5)).unwrap();
    world.chain.reorg(1, true).unwrap();
    assert_eq!(world.chain.balance(SHOP), U256::ZERO);
    world.chain.mine().unwrap();
    assert_eq!(world.chain.balance(SHOP), eth(5));
}

#[test]
fn a_reorg_cannot_go_below_the_genesis() {
    let world = world();
    world.chain.mine().unwrap();
    assert_eq!(world.chain.reorg(2, true).unwrap_err().code, -32602);
    assert_eq!(world.chain.height(), 1);
    world.chain.reorg(0, true).unwrap();
    assert_eq!(world.chain.height(), 1);
}

#[test]
fn a_snapshot_brings_everything_back() {
    let world = funded("payer");
    world.chain.set_automine(false);
    world.send(&sketch("payer", 0)).unwrap();
    let (head, now) = (world.chain.head(), world.chain.now());
    let snapshot = world.get("evm_snapshot", json!([]));
    let later = world.get("evm_snapshot", json!([]));

    world.chain.advance(1_000).unwrap();
    world.chain.set_base_fee(5);
    world.chain.mine().unwrap();
    world.chain.pay(SHOP, eth(1)).unwrap();
    world.chain.mine().unwrap();
    assert_eq!(world.get("evm_revert", json!([snapshot])), true);

    assert_eq!(world.chain.head(), head);
    assert_eq!(world.chain.now(), now);
    assert_eq!(world.chain.balance(SHOP), U256::ZERO);
    assert_eq!(world.get("evm_revert", json!([snapshot])), false, "used up");
    assert_eq!(world.get("evm_revert", json!([later])), false, "with all later ones");
    let block = world.chain.mine().unwrap();
    assert_eq!(world.chain.mined(sketch("payer", 0).hash()), Some(block), "the pool too");
}

#[test]
fn a_snapshot_outlives_a_reorg_below_it() {
    let world = world();
    let paid = world.chain.pay(SHOP, eth(1)).unwrap();
    world.chain.mine().unwrap();
    let head = world.chain.head();
    let snapshot = world.chain.snapshot();
    world.chain.reorg(2, false).unwrap();
    world.chain.mine().unwrap();
    assert!(world.chain.revert(snapshot).unwrap());
    assert_eq!(world.chain.head(), head);
    assert!(world.chain.mined(paid).is_some());
}

#[test]
fn chains_begin_alike() {
    let genesis = |world: &World| world.get("eth_getBlockByNumber", json!(["0x0", false]));
    let (one, two) = (world(), world());
    assert_eq!(genesis(&one), genesis(&two));
    // The same deeds at the same time make the same chain.
    for world in [&one, &two] {
        world.chain.faucet(SHOP, eth(1)).unwrap();
        world.chain.pay(SHOP, eth(1)).unwrap();
    }
    assert_eq!(one.chain.head(), two.chain.head());
    // Other deeds make another.
    one.chain.pay(SHOP, eth(1)).unwrap();
    two.chain.pay(SHOP, eth(2)).unwrap();
    assert_ne!(one.chain.head().hash, two.chain.head().hash);
}
