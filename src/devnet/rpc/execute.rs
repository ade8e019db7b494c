//! Methods that run something, or tell what running it would cost.

use alloy_primitives::Bytes;
use serde_json::{Value, json};

use super::params::Params;
use super::{fees, shape};
use crate::call;
use crate::chain::Chain;
use crate::error::ChainError;
use crate::node::GWEI;
use crate::tx::SignedTx;

/// None where the method is not of this family.
pub(super) fn answer(
    chain: &Chain,
    method: &str,
    params: &Params,
) -> Option<Result<Value, ChainError>> {
    Some(match method {
        "eth_sendRawTransaction" => send(chain, params),
        "eth_call" => {
            let node = &*chain.lock();
            params.at(1).and_then(|at| at.known(node)).and_then(|number| {
                let instead = params.optional(2)?.unwrap_or_default();
                call::call(node, &params.required(0)?, number, &instead).map(|output| json!(output))
            })
        }
        "eth_estimateGas" => {
            let node = &*chain.lock();
            params.at(1).and_then(|at| at.known(node)).and_then(|number| {
                call::estimate(node, &params.required(0)?, number).map(shape::quantity)
            })
        }
        "eth_gasPrice" => Ok(shape::quantity(chain.lock().base_fee.saturating_add(GWEI))),
        "eth_maxPriorityFeePerGas" => Ok(shape::quantity(GWEI)),
        "eth_feeHistory" => fees::fee_history(&chain.lock(), params),
        _ => return None,
    })
}

fn send(chain: &Chain, params: &Params) -> Result<Value, ChainError> {
    let raw: Bytes = params.required(0)?;
    // The signature is checked outside of the lock: it is the dearest part.
    let tx = SignedTx::decode(raw)?;
    let clock = chain.clock();
    chain.lock().submit(tx, clock).map(|hash| json!(hash))
}
