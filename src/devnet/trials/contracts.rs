use super::*;

/// Stores 42 in slot 0, logs topic 7, returns slot 0.
const STORER: &str = "602a600055600760006000a160005460005260206000f3";

/// Returns the 23 bytes that follow as the contract's code.
const DEPLOYER: &str = "6017600c60003960176000f3";

/// Reverts with the 100 bytes that follow.
const REVERTER: &str = "6064600c60003960646000fd";

fn deployment() -> Bytes {
    format!("0x{DEPLOYER}{STORER}").parse().unwrap()
}

fn deployed() -> (World, Address) {
    let world = funded("coder");
    let tx = Sketch {
        to: TxKind::Create,
        value: 0,
        gas: 200_000,
        input: deployment(),
        ..sketch("coder", 0)
    };
    world.send(&tx).unwrap();
    let receipt = world.get("eth_getTransactionReceipt", json!([tx.hash()]));
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["to"], Value::Null);
    let contract = serde_json::from_value(receipt["contractAddress"].clone()).unwrap();
    (world, contract)
}

#[test]
fn code_is_deployed_and_runs() {
    let (world, contract) = deployed();
    assert_eq!(world.get("eth_getCode", json!([contract, "latest"])), format!("0x{STORER}"));
    assert_eq!(world.get("eth_getCode", json!([contract, "0x1"])), "0x", "not yet there");

    let answer = world.get("eth_call", json!([{ "to": contract }, "latest"]));
    assert_eq!(bytes(&answer)[31], 42);
    let slot = |at: &str| world.get("eth_getStorageAt", json!([contract, "0x0", at]));
    assert_eq!(bytes(&slot("latest")), vec![0; 32], "a call changes nothing");

    let gas = number(&world.get("eth_estimateGas", json!([{ "to": contract }])));
    let call = Sketch { to: TxKind::Call(contract), value: 0, gas, ..sketch("coder", 1) };
    world.send(&call).unwrap();
    let receipt = world.get("eth_getTransactionReceipt", json!([call.hash()]));
    assert_eq!(receipt["status"], "0x1", "the estimate is enough");
    assert_eq!(bytes(&slot("latest"))[31], 42);
    assert_eq!(bytes(&slot("0x2")), vec![0; 32]);

    let tight = Sketch { gas: gas - 1, nonce: 2, ..call };
    world.chain.reorg(1, false).unwrap();
    let tight = Sketch { nonce: 1, ..tight };
    world.send(&tight).unwrap();
    let receipt = world.get("eth_getTransactionReceipt", json!([tight.hash()]));
    assert_eq!(receipt["status"], "0x0", "and no more than enough");
    assert_eq!(receipt["gasUsed"], receipt["cumulativeGasUsed"]);
    assert_eq!(receipt["logs"], json!([]));
}

#[test]
fn logs_are_found_by_what_they_are() {
    let (world, contract) = deployed();
    let call = |nonce| Sketch {
        to: TxKind::Call(contract),
        value: 0,
        gas: 100_000,
        ..sketch("coder", nonce)
    };
    world.send(&call(1)).unwrap();
    world.chain.mine().unwrap();
    world.chain.set_automine(false);
    world.send(&call(2)).unwrap();
    world.send(&call(3)).unwrap();
    world.chain.mine().unwrap();

    let find =
        |filter: Value| world.get("eth_getLogs", json!([filter])).as_array().unwrap().clone();
    let topic = B256::with_last_byte(7);
    let all = find(json!({ "fromBlock": "0x0", "address": contract, "topics": [topic] }));
    assert_eq!(all.len(), 3);
    let places: Vec<_> = all
        .iter()
        .map(|log| {
            let at = |name: &str| number(&log[name]);
            (at("blockNumber"), at("transactionIndex"), at("logIndex"))
        })
        .collect();
    assert_eq!(places, [(3, 0, 0), (5, 0, 0), (5, 1, 1)]);
    assert_eq!(all[0]["transactionHash"], json!(call(1).hash()));

    assert_eq!(find(json!({ "fromBlock": "0x4" })).len(), 2);
    assert_eq!(find(json!({ "toBlock": "0x4", "fromBlock": "earliest" })).len(), 1);
    assert_eq!(find(json!({ "blockHash": all[0]["blockHash"] })).len(), 1);
    assert_eq!(find(json!({ "fromBlock": "0x0", "topics": [[topic, B256::ZERO]] })).len(), 3);
    assert_eq!(find(json!({ "fromBlock": "0x0", "topics": [null] })).len(), 3);
    assert_eq!(find(json!({ "fromBlock": "0x0", "topics": [null, null] })).len(), 0);
    assert_eq!(find(json!({ "fromBlock": "0x0", "topics": [B256::ZERO] })).len(), 0);
    assert_eq!(find(json!({ "fromBlock": "0x0", "address": [SHOP] })).len(), 0);
    assert_eq!(find(json!({ "fromBlock": "0x99" })).len(), 0);
}

#[test]
fn a_revert_tells_its_reason() {
    let world = world();
    let reason = format!("08c379a0{:064x}{:064x}{:0<64}", 32, 6, hex::encode("sorry!"));
    let data = format!("0x{REVERTER}{reason}");
    let answer = world.chain.handle(
        &json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{ "data": data }] })
            .to_string(),
    );
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        answer["error"],
        json!({
            "code": 3,
            "message": "execution reverted: sorry!",
            "data": format!("0x{reason}"),
        })
    );
    let estimate = world.ask("eth_estimateGas", json!([{ "data": data }])).unwrap_err();
    assert_eq!(estimate, (3, "execution reverted: sorry!".to_owned()));
}

#[test]
fn estimates_know_plain_transfers_and_empty_pockets() {
    let world = funded("payer");
    let payer = sketch("payer", 0).sender();
    let transfer = json!({ "from": payer, "to": SHOP, "value": "0x1" });
    assert_eq!(world.get("eth_estimateGas", json!([transfer])), "0x5208");
    let poor = json!({ "from": SHOP, "to": payer, "value": "0x1" });
    let error = world.ask("eth_estimateGas", json!([poor])).unwrap_err();
    assert_eq!(error, (-32000, "insufficient funds for transfer".to_owned()));
}

#[test]
fn a_call_may_suppose_other_code_at_an_account_and_keeps_nothing_of_it() {
    let (world, contract) = deployed();
    // Returns 7.
    let instead = json!({ contract.to_string(): { "code": "0x600760005260206000f3" } });
    let answer = world.get("eth_call", json!([{ "to": contract }, "latest", instead]));
    assert_eq!(bytes(&answer)[31], 7);
    assert_eq!(world.get("eth_getCode", json!([contract, "latest"])), format!("0x{STORER}"));
    let empty = Address::repeat_byte(0x77);
    let instead = json!({ empty.to_string(): { "code": "0x600760005260206000f3" } });
    let answer = world.get("eth_call", json!([{ "to": empty }, "latest", instead]));
    assert_eq!(bytes(&answer)[31], 7);
    assert_eq!(world.get("eth_call", json!([{ "to": empty }, "latest"])), "0x");
}
