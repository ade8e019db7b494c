//! The one place that calls revm.

use std::convert::Infallible;

use revm::context::result::{EVMError, ExecResultAndState, ExecutionResult, InvalidTransaction};
use revm::context::{BlockEnv, TxEnv};
use revm::primitives::hardfork::SpecId;
use revm::state::EvmState;
use revm::{Context, ExecuteEvm, MainBuilder, MainContext};

use crate::CHAIN_ID;
use crate::error::ChainError;
use crate::state::View;

/// The most gas that a block may use.
pub(crate) const BLOCK_GAS_LIMIT: u64 = 30_000_000;

/// What a transaction did, and what it changed.
pub(crate) type Outcome = ExecResultAndState<ExecutionResult, EvmState>;

/// How strictly a transaction is checked before it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// All of consensus: what goes into a block.
    Block,
    /// Without nonce, balance, base fee and sender's code: eth_call and trying at the door.
    Call,
}

/// Executes one transaction without keeping what it changes.
pub(crate) fn transact(
    view: View<'_>,
    block: BlockEnv,
    tx: TxEnv,
    rules: Rules,
) -> Result<Outcome, ChainError> {
    let lenient = rules == Rules::Call;
    Context::mainnet()
        .with_db(view)
        .with_block(block)
        .modify_cfg_chained(|cfg| {
            cfg.chain_id = CHAIN_ID;
            cfg.set_spec_and_mainnet_gas_params(SpecId::PRAGUE);
            cfg.disable_nonce_check = lenient;
            cfg.disable_balance_check = lenient;
            cfg.disable_base_fee = lenient;
            cfg.disable_eip3607 = lenient;
        })
        .build_mainnet()
        .transact(tx)
        .map_err(refusal)
}

/// geth's words for what makes a transaction invalid.
fn refusal(error: EVMError<Infallible>) -> ChainError {
    let EVMError::Transaction(invalid) = error else {
        return ChainError::internal(error);
    };
    ChainError::refused(match invalid {
        InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
            format!("intrinsic gas too low: gas {gas_limit}, minimum needed {initial_gas}")
        }
        InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => format!(
            "insufficient gas for floor data gas cost: gas {gas_limit}, minimum needed {gas_floor}"
        ),
        InvalidTransaction::PriorityFeeGreaterThanMaxFee => {
            "max priority fee per gas higher than max fee per gas".to_owned()
        }
        InvalidTransaction::CallerGasLimitMoreThanBlock => "exceeds block gas limit".to_owned(),
        InvalidTransaction::RejectCallerWithCode => "sender not an eoa".to_owned(),
        InvalidTransaction::GasPriceLessThanBasefee => {
            "max fee per gas less than block base fee".to_owned()
        }
        other => other.to_string(),
    })
}
