use super::*;

fn message(answer: Result<Value, (i64, String)>) -> String {
    let (code, message) = answer.unwrap_err();
    assert_eq!(code, -32000, "{message}");
    message
}

#[test]
fn a_gap_waits_for_its_nonce() {
    let world = funded("payer");
    world.chain.set_automine(false);
    let payer = sketch("payer", 0).sender();
    world.send(&sketch("payer", 1)).unwrap();
    world.chain.mine().unwrap();
    assert_eq!(world.chain.nonce(payer), 0, "nonce 0 is missing");
    let waiting = world.get("eth_getTransactionByHash", json!([sketch("payer", 1).hash()]));
    assert_eq!(waiting["blockHash"], Value::Null);
    assert_eq!(waiting["nonce"], "0x1");
    assert_eq!(
        world.get("eth_getTransactionReceipt", json!([sketch("payer", 1).hash()])),
        Value::Null
    );

    world.send(&sketch("payer", 0)).unwrap();
    let count = |at: &str| world.get("eth_getTransactionCount", json!([payer, at]));
    assert_eq!((count("latest"), count("pending")), (json!("0x0"), json!("0x2")));
    let head = world.chain.mine().unwrap();
    assert_eq!(count("latest"), "0x2");
    for nonce in [0, 1] {
        assert_eq!(world.chain.mined(sketch("payer", nonce).hash()), Some(head));
    }
}

#[test]
fn automine_makes_a_block_for_each() {
    let world = funded("payer");
    world.send(&sketch("payer", 1)).unwrap();
    assert_eq!(world.chain.height(), 1, "the gap still waits");
    world.send(&sketch("payer", 0)).unwrap();
    assert_eq!(world.chain.height(), 3, "one block for each");
}

#[test]
fn a_replacement_must_offer_a_tenth_more() {
    let world = funded("payer");
    world.chain.set_automine(false);
    let old = sketch("payer", 0);
    world.send(&old).unwrap();
    assert_eq!(message(world.send(&old)), "already known");
    for (tip, max_fee) in [(GWEI * 109 / 100, 11 * GWEI), (2 * GWEI, 10 * GWEI)] {
        let cheap = Sketch { tip, max_fee, ..old.clone() };
        assert_eq!(message(world.send(&cheap)), "replacement transaction underpriced");
    }
    let new = Sketch { tip: GWEI * 110 / 100, max_fee: 11 * GWEI, ..old.clone() };
    world.send(&new).unwrap();
    assert_eq!(world.get("eth_getTransactionByHash", json!([old.hash()])), Value::Null);
    world.chain.mine().unwrap();
    assert!(world.chain.mined(new.hash()).is_some());
    assert!(world.chain.mined(old.hash()).is_none());
    assert!(message(world.send(&old)).starts_with("nonce too low: next nonce 1, tx nonce 0"));
}

#[test]
fn refusals_speak_as_geth_does() {
    let world = funded("payer");
    let good = sketch("payer", 0);
    let cases = [
        (Sketch { value: 2 * 10_u128.pow(18), ..good.clone() }, "insufficient funds for gas *"),
        (sketch("pauper", 0), "insufficient funds for gas * price + value: balance 0"),
        (
            Sketch { chain_id: 1, ..good.clone() },
            "invalid sender: invalid chain id for signer: have 1 want 31337",
        ),
        (
            Sketch { gas: 20_000, ..good.clone() },
            "intrinsic gas too low: gas 20000, minimum needed 21000",
        ),
        (
            Sketch { tip: 11 * GWEI, ..good.clone() },
            "max priority fee per gas higher than max fee per gas",
        ),
        (Sketch { gas: 30_000_001, ..good.clone() }, "exceeds block gas limit"),
    ];
    for (tx, start) in cases {
        let message = message(world.send(&tx));
        assert!(message.starts_with(start), "{message}");
    }
    for garbage in ["0x", "0x02c0", "0xdeadbeef"] {
        let message = message(world.ask("eth_sendRawTransaction", json!([garbage])));
        assert!(message.starts_with("rlp: "), "{message}");
    }
    let trailing = [good.raw().as_ref(), &[0]].concat();
    let trailing = Bytes::from(trailing);
    assert_eq!(
        message(world.ask("eth_sendRawTransaction", json!([trailing]))),
        "rlp: input contains trailing bytes"
    );
    assert_eq!(world.chain.height(), 1, "none of them was mined");
    world.send(&good).unwrap();
}

#[test]
fn the_sum_of_what_waits_must_be_affordable() {
    let world = funded("payer");
    world.chain.set_automine(false);
    let half = |nonce| Sketch { value: 6 * 10_u128.pow(17), ..sketch("payer", nonce) };
    world.send(&half(0)).unwrap();
    assert!(message(world.send(&half(1))).starts_with("insufficient funds"));
}

#[test]
fn a_low_fee_waits_for_a_low_base_fee() {
    let world = funded("payer");
    world.chain.set_base_fee(20_000_000_000);
    let tx = sketch("payer", 0);
    world.send(&tx).unwrap();
    world.chain.mine().unwrap();
    assert_eq!(world.chain.mined(tx.hash()), None);
    world.chain.set_base_fee(2_000_000_000);
    let head = world.chain.mine().unwrap();
    assert_eq!(world.chain.mined(tx.hash()), Some(head));
}

#[test]
fn higher_tips_go_first_and_a_sender_stays_in_order() {
    let world = funded("slow");
    world.chain.faucet(sketch("quick", 0).sender(), eth(1)).unwrap();
    world.chain.set_automine(false);
    let slow = [sketch("slow", 0), Sketch { tip: 5 * GWEI, ..sketch("slow", 1) }];
    let quick = Sketch { tip: 2 * GWEI, ..sketch("quick", 0) };
    for tx in [&slow[1], &slow[0], &quick] {
        world.send(tx).unwrap();
    }
    world.chain.mine().unwrap();
    let block = world.get("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(
        block["transactions"],
        json!([quick.hash(), slow[0].hash(), slow[1].hash()]),
        "the second of the slow sender had to wait for the first"
    );
}

#[test]
fn the_pool_can_be_emptied() {
    let world = funded("payer");
    world.chain.set_automine(false);
    world.send(&sketch("payer", 0)).unwrap();
    world.get("devnet_dropMempool", json!([]));
    let hash = sketch("payer", 0).hash();
    assert_eq!(world.get("eth_getTransactionByHash", json!([hash])), Value::Null);
    world.chain.mine().unwrap();
    assert_eq!(world.chain.mined(hash), None);
    world.send(&sketch("payer", 0)).unwrap();
}
