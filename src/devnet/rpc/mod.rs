//! JSON-RPC 2.0: from text to method and back.

mod control;
mod execute;
mod fees;
mod params;
mod read;
mod shape;

use serde_json::{Value, json};

use crate::chain::Chain;
use crate::error::ChainError;
use params::Params;

/// How many requests one batch may hold: geth's limit.
const MAX_BATCH: usize = 1_000;

/// Answers a request or a batch; empty where nothing asked for an answer.
pub(crate) fn handle(chain: &Chain, body: &str) -> String {
    let Ok(request) = serde_json::from_str::<Value>(body) else {
        return failure(&Value::Null, &ChainError::new(-32700, "parse error")).to_string();
    };
    let answer = match request {
        Value::Array(requests) => batch(chain, requests),
        request => single(chain, request),
    };
    answer.map_or_else(String::new, |answer| answer.to_string())
}

fn batch(chain: &Chain, requests: Vec<Value>) -> Option<Value> {
    let refuse = |message| Some(failure(&Value::Null, &ChainError::new(-32600, message)));
    if requests.is_empty() {
        return refuse("empty batch");
    }
    if requests.len() > MAX_BATCH {
        return refuse("batch too large");
    }
    let answers: Vec<Value> =
        requests.into_iter().filter_map(|request| single(chain, request)).collect();
    if answers.is_empty() { None } else { Some(Value::Array(answers)) }
}

fn single(chain: &Chain, mut request: Value) -> Option<Value> {
    let id = request.get_mut("id").map(Value::take);
    let params = request.get_mut("params").map_or(Value::Null, Value::take);
    let versioned = request.get("jsonrpc").and_then(Value::as_str) == Some("2.0");
    let plain = !matches!(id, Some(Value::Object(_) | Value::Array(_) | Value::Bool(_)));
    let method = request.get("method").and_then(Value::as_str);
    let (Some(method), true, true) = (method, versioned, plain) else {
        let id = id.filter(|_| plain).unwrap_or(Value::Null);
        return Some(failure(&id, &ChainError::new(-32600, "invalid request")));
    };
    let outcome = Params::new(params).and_then(|params| dispatch(chain, method, &params));
    // A request without an id is a notification: it is done and not answered.
    let id = id?;
    Some(match outcome {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => failure(&id, &error),
    })
}

fn dispatch(chain: &Chain, method: &str, params: &Params) -> Result<Value, ChainError> {
    read::answer(chain, method, params)
        .or_else(|| execute::answer(chain, method, params))
        .or_else(|| control::answer(chain, method, params))
        .unwrap_or_else(|| {
            let message = format!("the method {method} does not exist/is not available");
            Err(ChainError::new(-32601, message))
        })
}

fn failure(id: &Value, error: &ChainError) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() })
}
