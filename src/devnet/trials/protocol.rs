use super::*;

fn answer(body: &str) -> Value {
    serde_json::from_str(&world().chain.handle(body)).unwrap()
}

fn code(body: &str) -> i64 {
    let answer = answer(body);
    assert_eq!(answer["jsonrpc"], "2.0");
    assert!(answer.get("result").is_none());
    answer["error"]["code"].as_i64().unwrap()
}

#[test]
fn a_request_is_answered_under_its_id() {
    let body = r#"{"jsonrpc":"2.0","id":"a","method":"eth_chainId"}"#;
    assert_eq!(answer(body), json!({ "jsonrpc": "2.0", "id": "a", "result": "0x7a69" }));
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"net_version","params":[]}"#;
    assert_eq!(answer(body)["result"], "31337");
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[]}"#;
    assert!(answer(body)["result"].as_str().unwrap().starts_with("holdfast-devnet/v"));
}

#[test]
fn errors_have_their_codes() {
    for (body, expected) in [
        ("{", -32700),
        ("", -32700),
        ("1", -32600),
        ("[]", -32600),
        (r#"{"id":1,"method":"eth_chainId"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_nonsense"}"#, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":{}}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x1"]}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["1"]}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"evm_increaseTime","params":["x"]}"#, -32602),
    ] {
        assert_eq!(code(body), expected, "{body}");
    }
    let unknown = answer(r#"{"jsonrpc":"2.0","id":1,"method":"eth_nonsense"}"#);
    let message = "the method eth_nonsense does not exist/is not available";
    assert_eq!(unknown["error"]["message"], message);
}

#[test]
fn a_batch_is_answered_in_order_and_one_by_one() {
    let batch = r#"[
        {"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"},
        {"jsonrpc":"2.0","method":"evm_mine"},
        {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber"},
        {"jsonrpc":"2.0","id":3,"method":"eth_nonsense"},
        7
    ]"#;
    let answers = answer(batch);
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 4, "the notification is done and not answered");
    assert_eq!(answers[0]["result"], "0x0");
    assert_eq!(answers[1]["result"], "0x1");
    assert_eq!(answers[2]["error"]["code"], -32601);
    assert_eq!(answers[3]["error"]["code"], -32600);
    assert_eq!(answers[3]["id"], Value::Null);

    let silent = r#"[{"jsonrpc":"2.0","method":"eth_blockNumber"}]"#;
    assert_eq!(world().chain.handle(silent), "");
    let large = format!("[{}]", vec!["1"; 1_001].join(","));
    assert_eq!(answer(&large)["error"]["message"], "batch too large");
}

#[test]
fn blocks_answer_to_their_tags() {
    let world = world();
    world.chain.set_finality_lag(1);
    world.chain.mine().unwrap();
    world.chain.mine().unwrap();
    let number_at =
        |tag: &str| number(&world.get("eth_getBlockByNumber", json!([tag, false]))["number"]);
    assert_eq!(
        ["earliest", "finalized", "safe", "latest", "pending", "0x1"].map(number_at),
        [0, 1, 1, 2, 3, 1]
    );
    let pending = world.get("eth_getBlockByNumber", json!(["pending", false]));
    assert_eq!(pending["hash"], Value::Null);
    let latest = world.get("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(pending["parentHash"], latest["hash"]);
    assert_eq!(world.get("eth_getBlockByNumber", json!(["0x99", false])), Value::Null);
    assert_eq!(world.get("eth_getBlockByHash", json!([B256::ZERO, false])), Value::Null);
}

#[test]
fn a_legacy_transaction_is_taken_with_its_chain_id_only() {
    use alloy_consensus::{SignableTransaction, TxEnvelope, TxLegacy};
    use alloy_eips::eip2718::Encodable2718;
    use alloy_primitives::Signature;
    use k256::ecdsa::SigningKey;

    let world = funded("payer");
    let send = |chain_id| {
        let tx = TxLegacy {
            chain_id,
            nonce: 0,
            gas_price: 2 * GWEI,
            gas_limit: 21_000,
            to: TxKind::Call(SHOP),
            value: eth(1) / U256::from(2),
            input: Bytes::new(),
        };
        let key = SigningKey::from_slice(keccak256("payer").as_slice()).unwrap();
        let (signature, id) = key.sign_prehash_recoverable(tx.signature_hash().as_slice());
        let signature = Signature::from_bytes_and_parity(&signature.to_bytes(), id.is_y_odd());
        let raw: Bytes = TxEnvelope::from(tx.into_signed(signature)).encoded_2718().into();
        world.ask("eth_sendRawTransaction", json!([raw]))
    };
    let unprotected = send(None).unwrap_err().1;
    assert_eq!(unprotected, "only replay-protected (EIP-155) transactions allowed over RPC");
    let hash = send(Some(CHAIN_ID)).unwrap();
    let receipt = world.get("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["type"], "0x0");
    assert_eq!(receipt["status"], "0x1");
    let tx = world.get("eth_getTransactionByHash", json!([hash]));
    assert_eq!(tx["gasPrice"], "0x77359400");
}
