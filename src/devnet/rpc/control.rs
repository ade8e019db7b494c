//! Methods that no real chain has: they move time, blocks and money for tests and for the demo.

use serde_json::{Value, json};

use super::params::Params;
use super::shape;
use crate::chain::Chain;
use crate::error::ChainError;

/// How many blocks one request may ask for.
const MAX_BLOCKS: u64 = 1_000;

/// None where the method is not of this family.
pub(super) fn answer(
    chain: &Chain,
    method: &str,
    params: &Params,
) -> Option<Result<Value, ChainError>> {
    Some(match method {
        "evm_mine" => mine(chain, params),
        "evm_setAutomine" => params.required(0).map(|on| {
            chain.set_automine(on);
            json!(true)
        }),
        "evm_snapshot" => Ok(shape::quantity(chain.snapshot())),
        "evm_revert" => {
            params.required_u64(0).and_then(|id| chain.revert(id)).map(|done| json!(done))
        }
        "evm_increaseTime" => params
            .required_u64(0)
            .and_then(|secs| chain.lock().advance(secs))
            .map(|offset| json!(offset)),
        "evm_setNextBlockTimestamp" => params.required_u64(0).and_then(|time| {
            let clock = chain.clock();
            chain.lock().set_next_timestamp(time, clock).map(|()| json!(time))
        }),
        "devnet_faucet" => params
            .required(0)
            .and_then(|to| chain.faucet(to, params.required_quantity(1)?).map(|()| json!(true))),
        "devnet_setFinalityLag" => params.required_u64(0).map(|blocks| {
            chain.set_finality_lag(blocks);
            json!(true)
        }),
        "devnet_reorg" => params.required_u64(0).and_then(|depth| {
            let keep = params.optional(1)?.unwrap_or(true);
            chain.reorg(depth, keep).map(|()| json!(true))
        }),
        "devnet_dropMempool" => {
            chain.drop_mempool();
            Ok(json!(true))
        }
        "devnet_setBaseFee" => params.required_u64(0).map(|wei| {
            chain.set_base_fee(wei);
            json!(true)
        }),
        "devnet_setPrice" => {
            params.required::<String>(0).and_then(|usd| chain.set_price(&usd)).map(|()| json!(true))
        }
        _ => return None,
    })
}

/// Mines one block, at a timestamp where one is given; or several: `{"blocks": n}`.
fn mine(chain: &Chain, params: &Params) -> Result<Value, ChainError> {
    let blocks = match params.value(0) {
        Some(Value::Object(fields)) => {
            let wanted = fields.get("blocks").map_or(Some(1), Value::as_u64);
            wanted.filter(|blocks| *blocks <= MAX_BLOCKS).ok_or_else(|| {
                ChainError::params(format!("blocks must be a number up to {MAX_BLOCKS}"))
            })?
        }
        Some(_) => {
            let clock = chain.clock();
            chain.lock().set_next_timestamp(params.required_u64(0)?, clock)?;
            1
        }
        None => 1,
    };
    for _ in 0..blocks {
        chain.mine()?;
    }
    Ok(json!("0x0"))
}
