//! JSON-RPC: requests, and a strict reading of what comes back.

use domain::EvmAddress;
use domain::clock::Time;
use domain::money::Amount;
use domain::seal::hex;
use serde_json::{Map, Value, json};

use super::transport::Transport;
use crate::fault::ChainFault;

/// Most characters of a provider's message that are kept.
const MESSAGE_MAX: usize = 200;
/// Blocks dated beyond the year 9999 are none.
const SECONDS_MAX: u64 = 253_402_300_799;

/// One request of a batch.
pub(super) type Ask = (&'static str, Value);
/// One answer: the result, or the provider's refusal.
pub(super) type Answer = Result<Value, ChainFault>;

pub(super) fn garbage(what: impl Into<String>) -> ChainFault {
    ChainFault::Garbage(what.into())
}

/// Sends a batch; answers come in the order of the requests, one for each.
pub(super) fn batch(transport: &dyn Transport, asks: &[Ask]) -> Result<Vec<Answer>, ChainFault> {
    let requests: Vec<Value> = asks
        .iter()
        .enumerate()
        .map(|(id, (method, params))| {
            json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
        })
        .collect();
    let text = transport
        .call(&Value::Array(requests).to_string())
        .map_err(|error| ChainFault::Unreachable(error.0))?;
    let parsed: Value = serde_json::from_str(&text).map_err(|_unparsed| garbage("not JSON"))?;
    let answers = match parsed {
        Value::Array(answers) => answers,
        // Refused as a whole.
        Value::Object(single) => return Err(refusal(&single)),
        _ => return Err(garbage("neither an answer nor a batch")),
    };
    let mut sorted: Vec<Option<Answer>> = asks.iter().map(|_| None).collect();
    for answer in answers {
        let (id, answer) = read(answer)?;
        let slot = usize::try_from(id).ok().and_then(|id| sorted.get_mut(id));
        let slot = slot.ok_or_else(|| garbage("an answer to nothing that was asked"))?;
        if slot.replace(answer).is_some() {
            return Err(garbage("two answers to one request"));
        }
    }
    let whole: Option<Vec<Answer>> = sorted.into_iter().collect();
    whole.ok_or_else(|| garbage("an answer is missing"))
}

fn read(answer: Value) -> Result<(u64, Answer), ChainFault> {
    let Value::Object(mut answer) = answer else {
        return Err(garbage("an answer is not an object"));
    };
    let id = answer.get("id").and_then(Value::as_u64);
    let id = id.ok_or_else(|| garbage("an answer without its number"))?;
    if answer.get("error").is_some_and(|error| !error.is_null()) {
        return Ok((id, Err(refusal(&answer))));
    }
    let result = answer.remove("result").ok_or_else(|| garbage("an answer without a result"))?;
    Ok((id, Ok(result)))
}

fn refusal(answer: &Map<String, Value>) -> ChainFault {
    let error = answer.get("error").and_then(Value::as_object);
    let Some(error) = error else { return garbage("neither a result nor an error") };
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let message = message.chars().filter(|c| !c.is_control()).take(MESSAGE_MAX).collect();
    ChainFault::Refused { code: error.get("code").and_then(Value::as_i64).unwrap_or(0), message }
}

/// A quantity: `0x`, no leading zeros, at most 64 digits.
pub(super) fn quantity(value: &Value) -> Result<Amount, ChainFault> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let digits = digits.ok_or_else(|| garbage("a quantity without 0x"))?;
    let minimal = digits == "0" || !digits.starts_with('0');
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits.is_empty() || digits.len() > 64 || !minimal || !plain {
        return Err(garbage("not a quantity"));
    }
    let mut bytes = [0; 32];
    let padded = format!("{digits:0>64}");
    fill(&padded, &mut bytes)?;
    Ok(Amount::from_u256(domain_u256(bytes)))
}

fn domain_u256(bytes: [u8; 32]) -> ruint::aliases::U256 {
    ruint::aliases::U256::from_be_bytes(bytes)
}

pub(super) fn number(value: &Value) -> Result<u64, ChainFault> {
    u64::try_from(quantity(value)?.as_u256()).map_err(|_large| garbage("a number beyond 64 bits"))
}

/// The number of a block: at most what the ledger can hold.
fn height(value: &Value) -> Result<u64, ChainFault> {
    let number = number(value)?;
    match i64::try_from(number) {
        Ok(_) => Ok(number),
        Err(_) => Err(garbage("a block number beyond all chains")),
    }
}

/// 32 bytes in hex, in either case.
pub(super) fn hash(value: &Value) -> Result<[u8; 32], ChainFault> {
    let mut bytes = [0; 32];
    fill(digits(value, 64)?, &mut bytes)?;
    Ok(bytes)
}

/// 20 bytes in hex, in any case: chains do not write checksums.
pub(super) fn address(value: &Value) -> Result<EvmAddress, ChainFault> {
    let mut bytes = [0; 20];
    fill(digits(value, 40)?, &mut bytes)?;
    Ok(EvmAddress::from_bytes(bytes))
}

/// Bytes in hex, as many as there are.
pub(super) fn bytes(value: &Value) -> Result<Vec<u8>, ChainFault> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2) && digits.is_ascii());
    let digits = digits.ok_or_else(|| garbage("not bytes"))?;
    let mut bytes = vec![0; digits.len().wrapping_div(2)];
    fill(digits, &mut bytes)?;
    Ok(bytes)
}

/// Something that a contract told in a chain tx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The contract.
    pub address: EvmAddress,
    /// What kind of thing, and about whom.
    pub topics: Vec<[u8; 32]>,
    /// The rest.
    pub data: Vec<u8>,
    /// The chain tx.
    pub tx_hash: [u8; 32],
    /// The block's number.
    pub block_number: u64,
    /// The block's hash.
    pub block_hash: [u8; 32],
}

/// Logs that stand; one that was taken back is none.
pub(super) fn logs(value: &Value) -> Result<Vec<Log>, ChainFault> {
    let logs = value.as_array().ok_or_else(|| garbage("no list of logs"))?;
    let standing = logs.iter().filter(|log| log.get("removed") != Some(&Value::Bool(true)));
    standing.map(log).collect()
}

fn log(value: &Value) -> Result<Log, ChainFault> {
    let topics = field(value, "topics")?.as_array().ok_or_else(|| garbage("no topics"))?;
    Ok(Log {
        address: address(field(value, "address")?)?,
        topics: topics.iter().map(hash).collect::<Result<_, _>>()?,
        data: bytes(field(value, "data")?)?,
        tx_hash: hash(field(value, "transactionHash")?)?,
        block_number: height(field(value, "blockNumber")?)?,
        block_hash: hash(field(value, "blockHash")?)?,
    })
}

fn digits(value: &Value, length: usize) -> Result<&str, ChainFault> {
    value
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .filter(|digits| digits.len() == length && digits.is_ascii())
        .ok_or_else(|| garbage(format!("not {length} digits")))
}

fn fill(digits: &str, bytes: &mut [u8]) -> Result<(), ChainFault> {
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.contains('+'));
        let parsed = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        *byte = parsed.ok_or_else(|| garbage("not hexadecimal"))?;
    }
    Ok(())
}

/// A block, as far as money asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its time.
    pub time: Time,
    /// Burnt for each gas, in base units.
    pub base_fee: Amount,
}

impl Block {
    /// How a request names exactly this block (EIP-1898).
    pub(super) fn pinned(&self) -> Value {
        json!({ "blockHash": hex(&self.hash), "requireCanonical": true })
    }
}

fn field<'a>(object: &'a Value, name: &str) -> Result<&'a Value, ChainFault> {
    object.get(name).ok_or_else(|| garbage(format!("no {name}")))
}

/// A block; none where the provider knows none.
pub(super) fn block(value: &Value) -> Result<Option<Block>, ChainFault> {
    if value.is_null() {
        return Ok(None);
    }
    let seconds = number(field(value, "timestamp")?)?;
    let seconds = Some(seconds)
        .filter(|seconds| *seconds <= SECONDS_MAX)
        .and_then(|seconds| i64::try_from(seconds).ok())
        .ok_or_else(|| garbage("a block of no time"))?;
    let base_fee = match value.get("baseFeePerGas") {
        Some(fee) => quantity(fee)?,
        None => Amount::ZERO,
    };
    Ok(Some(Block {
        number: height(field(value, "number")?)?,
        hash: hash(field(value, "hash")?)?,
        time: Time::from_secs(seconds),
        base_fee,
    }))
}

/// A chain tx as it was sent, as far as money asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its hash.
    pub tx_hash: [u8; 32],
    /// Who sent it.
    pub from: EvmAddress,
    /// Whom it pays.
    pub to: Option<EvmAddress>,
    /// Its sender's number.
    pub nonce: u64,
    /// What it moves, in base units of the coin.
    pub value: Amount,
}

/// A chain tx; none where the provider knows none.
pub(super) fn sent(value: &Value) -> Result<Option<Sent>, ChainFault> {
    if value.is_null() {
        return Ok(None);
    }
    let to = match value.get("to") {
        Some(to) if !to.is_null() => Some(address(to)?),
        _ => None,
    };
    Ok(Some(Sent {
        tx_hash: hash(field(value, "hash")?)?,
        from: address(field(value, "from")?)?,
        to,
        nonce: number(field(value, "nonce")?)?,
        value: quantity(field(value, "value")?)?,
    }))
}

/// What a provider says became of a chain tx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mined {
    /// Its hash.
    pub tx_hash: [u8; 32],
    /// Who sent it.
    pub from: EvmAddress,
    /// Whom it paid.
    pub to: Option<EvmAddress>,
    /// Whether the money arrived.
    pub succeeded: bool,
    /// What the chain took, in base units.
    pub fee: Amount,
    /// The block's number.
    pub block_number: u64,
    /// The block's hash.
    pub block_hash: [u8; 32],
}

/// A receipt; none where the provider knows none.
pub(super) fn mined(value: &Value) -> Result<Option<Mined>, ChainFault> {
    if value.is_null() {
        return Ok(None);
    }
    let succeeded = match number(field(value, "status")?)? {
        0 => false,
        1 => true,
        _ => return Err(garbage("a receipt of no status")),
    };
    let gas = number(field(value, "gasUsed")?)?;
    let fee = quantity(field(value, "effectiveGasPrice")?)?.checked_mul(gas);
    // Chains that write their data to another chain charge for that as well.
    let data_fee = match value.get("l1Fee") {
        Some(fee) if !fee.is_null() => quantity(fee)?,
        _ => Amount::ZERO,
    };
    let to = match value.get("to") {
        Some(to) if !to.is_null() => Some(address(to)?),
        _ => None,
    };
    Ok(Some(Mined {
        tx_hash: hash(field(value, "transactionHash")?)?,
        from: address(field(value, "from")?)?,
        to,
        succeeded,
        fee: fee
            .and_then(|fee| fee.checked_add(data_fee))
            .ok_or_else(|| garbage("a fee beyond all sums"))?,
        block_number: height(field(value, "blockNumber")?)?,
        block_hash: hash(field(value, "blockHash")?)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::transport::TransportError;
    use proptest::prelude::*;

    struct Says(String);

    impl Transport for Says {
        fn call(&self, _: &str) -> Result<String, TransportError> {
            Ok(self.0.clone())
        }
    }

    fn ask(answer: &str) -> Result<Vec<Answer>, ChainFault> {
        batch(&Says(answer.to_owned()), &[("a", json!([])), ("b", json!([]))])
    }

    #[test]
    fn answers_are_sorted_by_number() {
        let answers = ask(r#"[{"id":1,"result":"b"},{"id":0,"result":"a"}]"#).unwrap();
        assert_eq!(answers, [Ok(json!("a")), Ok(json!("b"))]);
    }

    #[test]
    fn garbage_is_told_from_answers() {
        for text in [
            "",
            "<html>busy</html>",
            "null",
            "[]",
            r#"[{"id":0,"result":"a"}]"#,
            r#"[{"id":0,"result":"a"},{"id":0,"result":"a"}]"#,
            r#"[{"id":0,"result":"a"},{"id":7,"result":"b"}]"#,
            r#"[{"id":"0","result":"a"},{"id":1,"result":"b"}]"#,
            r#"[{"id":0},{"id":1,"result":"b"}]"#,
            r#"[{"id":0,"result":"a"},{"id":1,"result":"b"}"#,
            "{}",
        ] {
            assert!(matches!(ask(text), Err(ChainFault::Garbage(_))), "{text}");
        }
        let refused = ask(r#"{"id":null,"error":{"code":-32005,"message":"slow\ndown"}}"#);
        let expected = ChainFault::Refused { code: -32005, message: "slowdown".to_owned() };
        assert_eq!(refused, Err(expected));
    }

    #[test]
    fn quantities_have_one_form() {
        assert_eq!(quantity(&json!("0x0")), Ok(Amount::ZERO));
        assert_eq!(quantity(&json!("0xff")), Ok(Amount::from_u128(255)));
        assert!(quantity(&json!(format!("0x{}", "f".repeat(64)))).is_ok());
        for bad in [
            json!("ff"),
            json!("0x"),
            json!("0x00"),
            json!("0x0f"),
            json!("0X1"),
            json!("0x-1"),
            json!("0x+1"),
            json!("0xg"),
            json!(format!("0x1{}", "0".repeat(64))),
            json!(1),
            json!(null),
            json!("0x1 "),
        ] {
            assert!(quantity(&bad).is_err(), "{bad}");
        }
        assert!(number(&json!("0x10000000000000000")).is_err());
        assert_eq!(height(&json!("0x7fffffffffffffff")), Ok(u64::MAX >> 1));
        assert!(matches!(height(&json!("0x8000000000000000")), Err(ChainFault::Garbage(_))));
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in ".{0,200}") {
            let value = serde_json::from_str(&text).unwrap_or(Value::String(text.clone()));
            let _ = (quantity(&value), hash(&value), address(&value));
            let _ = (block(&value), mined(&value), sent(&value), ask(&text), bytes(&value), logs(&value));
        }
    }
}
