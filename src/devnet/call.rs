//! Trying a transaction out: eth_call and eth_estimateGas.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, TxKind, U64, U128, U256, hex};
use revm::context::TxEnv;
use revm::context::result::{ExecutionResult, HaltReason};
use serde::Deserialize;

use crate::CHAIN_ID;
use crate::error::ChainError;
use crate::evm::{self, Outcome, Rules};
use crate::node::Node;
use crate::state::{State, View};

/// The most gas that a trial may use. Below 2^24, the limit of a transaction in later forks.
const TRIAL_GAS: u64 = 16_000_000;

/// Gas of a plain transfer.
const TRANSFER_GAS: u64 = 21_000;

/// The first four bytes of what `revert("reason")` and `require` return.
const ERROR_SELECTOR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];

/// A transaction that is not signed; fields that are not named here are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallRequest {
    pub(crate) from: Option<Address>,
    pub(crate) to: Option<Address>,
    pub(crate) gas: Option<U64>,
    pub(crate) gas_price: Option<U128>,
    pub(crate) max_fee_per_gas: Option<U128>,
    pub(crate) value: Option<U256>,
    pub(crate) data: Option<Bytes>,
    pub(crate) input: Option<Bytes>,
}

impl CallRequest {
    fn env(&self, gas_limit: u64) -> Result<TxEnv, ChainError> {
        let input = self.input.as_ref().or(self.data.as_ref()).cloned();
        let price = self.max_fee_per_gas.or(self.gas_price).unwrap_or_default();
        TxEnv::builder()
            .caller(self.from.unwrap_or_default())
            .gas_limit(gas_limit)
            .gas_price(price.saturating_to())
            .kind(self.to.map_or(TxKind::Create, TxKind::Call))
            .value(self.value.unwrap_or_default())
            .data(input.unwrap_or_default())
            .chain_id(Some(CHAIN_ID))
            .build()
            .map_err(|error| ChainError::params(format!("{error:?}")))
    }

    fn gas_cap(&self) -> u64 {
        self.gas.map_or(TRIAL_GAS, |gas| gas.saturating_to()).min(TRIAL_GAS)
    }
}

/// What accounts are supposed to be during a call, of geth's state overrides.
pub(crate) type Instead = BTreeMap<Address, Supposed>;

/// What an account is supposed to be. Overrides that are not known here are refused, not ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Supposed {
    code: Option<Bytes>,
}

/// What the transaction would return on top of the block of that number, with other code at some
/// accounts.
pub(crate) fn call(
    node: &Node,
    request: &CallRequest,
    number: u64,
    instead: &Instead,
) -> Result<Bytes, ChainError> {
    let mut state = state_at(node, number)?.clone();
    for (address, supposed) in instead {
        if let Some(code) = &supposed.code {
            state.suppose(*address, code.clone());
        }
    }
    success(attempt(node, request, (number, &state), request.gas_cap())?).map(|(output, _)| output)
}

fn state_at(node: &Node, number: u64) -> Result<&State, ChainError> {
    node.ledger.state_at(number).ok_or_else(|| unavailable(number))
}

fn unavailable(number: u64) -> ChainError {
    ChainError::refused(format!("the state of block {number} is not available"))
}

/// The least gas limit under which the transaction succeeds on top of the block of that number.
pub(crate) fn estimate(node: &Node, request: &CallRequest, number: u64) -> Result<u64, ChainError> {
    let mut enough = request.gas_cap();
    let at = (number, state_at(node, number)?);
    let (_, used) = success(attempt(node, request, at, enough)?)?;
    if used == TRANSFER_GAS {
        return Ok(TRANSFER_GAS);
    }
    // Gas that is given back, or held back for a call, makes the limit higher than the use.
    let mut too_little = used.saturating_sub(1);
    while too_little.saturating_add(1) < enough {
        let middle = too_little.saturating_add(enough.saturating_sub(too_little) / 2);
        let succeeds =
            attempt(node, request, at, middle).is_ok_and(|outcome| outcome.result.is_success());
        if succeeds {
            enough = middle;
        } else {
            too_little = middle;
        }
    }
    Ok(enough)
}

fn attempt(
    node: &Node,
    request: &CallRequest,
    (number, state): (u64, &State),
    gas_limit: u64,
) -> Result<Outcome, ChainError> {
    let ledger = &node.ledger;
    let block = ledger.block(number).ok_or_else(|| unavailable(number))?;
    let value = request.value.unwrap_or_default();
    if value > state.balance(request.from.unwrap_or_default()) {
        return Err(ChainError::refused("insufficient funds for transfer"));
    }
    evm::transact(View { state, ledger }, block.env(), request.env(gas_limit)?, Rules::Call)
}

/// Output and gas used, or geth's words for the failure.
fn success(outcome: Outcome) -> Result<(Bytes, u64), ChainError> {
    let used = outcome.result.tx_gas_used();
    match outcome.result {
        ExecutionResult::Success { output, .. } => Ok((output.into_data(), used)),
        ExecutionResult::Revert { output, .. } => Err(reverted(&output)),
        ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. } => {
            Err(ChainError::refused("out of gas"))
        }
        ExecutionResult::Halt { reason, .. } => {
            Err(ChainError::refused(format!("execution failed: {reason:?}")))
        }
    }
}

fn reverted(output: &Bytes) -> ChainError {
    let message = reason(output).map_or_else(
        || "execution reverted".to_owned(),
        |reason| format!("execution reverted: {reason}"),
    );
    ChainError { code: 3, message, data: Some(hex::encode_prefixed(output)) }
}

/// The text of an ABI-encoded `Error(string)`.
fn reason(output: &[u8]) -> Option<String> {
    let body = output.strip_prefix(&ERROR_SELECTOR)?;
    let length = usize::try_from(U256::from_be_slice(body.get(32..64)?)).ok()?;
    let text = body.get(64..64_usize.checked_add(length)?)?;
    Some(String::from_utf8_lossy(text).into_owned())
}
