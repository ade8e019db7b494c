use super::*;
use crate::DEMO_WALLET;

#[test]
fn a_payment_moves_money_and_leaves_a_receipt() {
    let world = world();
    let before = world.chain.balance(DEMO_WALLET);
    assert_eq!(before, eth(10_000));
    let hash = world.chain.pay(SHOP, eth(2)).unwrap();

    let receipt = world.get("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["blockNumber"], "0x1");
    assert_eq!(receipt["gasUsed"], "0x5208");
    assert_eq!(receipt["type"], "0x2");
    assert_eq!(receipt["to"], json!(SHOP));
    assert_eq!(receipt["logs"], json!([]));
    let fee = U256::from(number(&receipt["gasUsed"]) * number(&receipt["effectiveGasPrice"]));
    assert_eq!(number(&receipt["effectiveGasPrice"]), 2_000_000_000, "base fee and tip");
    assert_eq!(world.chain.balance(SHOP), eth(2));
    assert_eq!(world.chain.balance(DEMO_WALLET), before - eth(2) - fee, "the sender pays the gas");

    let tx = world.get("eth_getTransactionByHash", json!([hash]));
    assert_eq!(tx["blockHash"], receipt["blockHash"]);
    assert_eq!(tx["from"], json!(DEMO_WALLET));
    assert_eq!(tx["value"], json!(eth(2)));
    let block = world.get("eth_getBlockByHash", json!([receipt["blockHash"], true]));
    assert_eq!(block["transactions"][0], tx);
    assert_eq!(block["number"], "0x1");
    assert_eq!(number(&block["timestamp"]), START);
    assert_eq!(world.get("eth_getBlockReceipts", json!(["0x1"])), json!([receipt]));
}

#[test]
fn old_balances_are_kept() {
    let world = world();
    for _ in 0..3 {
        world.chain.pay(SHOP, eth(1)).unwrap();
        world.chain.mine().unwrap();
    }
    for (at, coins) in [("0x0", 0), ("0x1", 1), ("0x2", 1), ("0x3", 2), ("0x4", 2), ("0x5", 3)] {
        assert_eq!(world.balance(SHOP, at), eth(coins), "at {at}");
    }
    let third = world.get("eth_getBlockByNumber", json!(["0x3", false]));
    let by_hash = json!({ "blockHash": third["hash"], "requireCanonical": true });
    assert_eq!(world.balance(SHOP, by_hash), eth(2));
    assert_eq!(world.balance(SHOP, third["hash"].clone()), eth(2));
    assert_eq!(world.get("eth_getTransactionCount", json!([DEMO_WALLET, "0x3"])), "0x2");
    let ahead = world.ask("eth_getBalance", json!([SHOP, "0x99"]));
    assert_eq!(ahead, Err((-32000, "header not found".to_owned())));
    let unknown = json!({ "blockHash": B256::ZERO });
    let unknown = world.ask("eth_getBalance", json!([SHOP, unknown]));
    assert_eq!(unknown, Err((-32000, "header for hash not found".to_owned())));
}

#[test]
fn the_faucet_gives_in_a_block_of_its_own() {
    let world = world();
    world.get("devnet_faucet", json!([SHOP, "1500"]));
    assert_eq!(world.chain.height(), 1);
    assert_eq!(world.balance(SHOP, "latest"), U256::from(1500));
    assert_eq!(world.balance(SHOP, "0x0"), U256::ZERO);
    let block = world.get("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(block["transactions"], json!([]));
    assert_eq!(block["devnetGrants"][0]["address"], json!(SHOP));
}

#[test]
fn finality_follows_behind() {
    let world = world();
    world.chain.set_finality_lag(3);
    for _ in 0..5 {
        world.chain.pay(SHOP, eth(1)).unwrap();
    }
    let finalized = world.get("eth_getBlockByNumber", json!(["finalized", false]));
    assert_eq!(finalized["number"], "0x2");
    assert_eq!(world.chain.finalized(), 2);
    assert_eq!(world.balance(SHOP, "finalized"), eth(2));
    assert_eq!(world.balance(SHOP, "safe"), eth(2));
    assert_eq!(world.balance(SHOP, "latest"), eth(5));
    world.get("devnet_setFinalityLag", json!([0]));
    assert_eq!(world.balance(SHOP, "finalized"), eth(5));
    world.chain.set_finality_lag(100);
    assert_eq!(world.balance(SHOP, "finalized"), U256::ZERO, "never below the genesis");
}

#[test]
fn time_rises_and_jumps() {
    let world = world();
    let mine = || world.chain.mine().unwrap().timestamp;
    assert_eq!([mine(), mine(), mine()], [START, START + 1, START + 2], "strictly");
    world.pass(10);
    assert_eq!(mine(), START + 10);
    assert_eq!(world.get("evm_increaseTime", json!([3600])), 3600);
    assert_eq!(mine(), START + 3610);
    world.get("evm_setNextBlockTimestamp", json!([START + 10_000]));
    assert_eq!(mine(), START + 10_000);
    world.pass(5);
    assert_eq!(mine(), START + 10_005, "time goes on from there");
    let past = world.ask("evm_setNextBlockTimestamp", json!([START])).unwrap_err();
    assert_eq!(past.0, -32602);
    world.get("evm_mine", json!([START + 20_000]));
    assert_eq!(world.chain.head().timestamp, START + 20_000);
    world.get("evm_mine", json!([{ "blocks": 5 }]));
    assert_eq!(world.chain.head().timestamp, START + 20_005);
}

#[test]
fn an_idle_chain_ticks() {
    let world = world();
    world.chain.tick(2).unwrap();
    world.chain.tick(2).unwrap();
    assert_eq!(world.chain.height(), 1, "one block, then not yet");
    world.pass(2);
    world.chain.tick(2).unwrap();
    assert_eq!(world.chain.height(), 2);
    world.chain.set_automine(false);
    world.pass(60);
    world.chain.tick(2).unwrap();
    assert_eq!(world.chain.height(), 2, "blocks by hand means by hand");
}

#[test]
fn fees_are_told_as_they_are() {
    let world = funded("payer");
    world.get("devnet_setBaseFee", json!(["0x77359400"]));
    assert_eq!(world.get("eth_gasPrice", json!([])), "0xb2d05e00", "2 gwei and a tip");
    assert_eq!(world.get("eth_maxPriorityFeePerGas", json!([])), "0x3b9aca00");
    world.send(&sketch("payer", 0)).unwrap();
    let history = world.get("eth_feeHistory", json!(["0x2", "latest", [50]]));
    assert_eq!(history["oldestBlock"], "0x1");
    assert_eq!(history["baseFeePerGas"], json!(["0x3b9aca00", "0x77359400", "0x77359400"]));
    assert_eq!(history["gasUsedRatio"], json!([0.0, 0.0007]));
    assert_eq!(history["reward"], json!([["0x0"], ["0x3b9aca00"]]));
    let bad = world.ask("eth_feeHistory", json!(["0x2", "latest", [101]])).unwrap_err();
    assert_eq!(bad.0, -32602);
}
