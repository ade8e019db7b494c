//! How a token came in: its transfers, each with payer, chain tx and the time of its block. They
//! are held against the balance, and only what both tell is credited.

use std::collections::BTreeMap;

use db::deposits as received;
use db::ledger::State;
use domain::EvmAddress;
use domain::money::Amount;

use super::astray;
use super::deposits::Sight;
use crate::chain::rpc::Block;
use crate::ctx::{Ctx, Served};
use crate::fault::{ChainFault, Fault};

/// One transfer of a token that is not credited yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) from: EvmAddress,
    pub(crate) amount: Amount,
    pub(crate) tx_hash: [u8; 32],
    pub(crate) block: Block,
}

/// What is known of how money came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// A coin: its balance is all there is.
    ByBalance,
    /// A token: by these, oldest first.
    ByLogs(Vec<Arrival>),
    /// A token, and it cannot be told now.
    Untold,
}

/// Finds the transfers that make up what an address holds beyond what is credited.
///
/// # Errors
/// [`Fault`] when the database fails; a provider that does not serve leaves it untold.
pub(crate) fn find(
    ctx: &Ctx,
    served: &Served,
    state: &State,
    sight: &Sight,
) -> Result<Came, Fault> {
    let (Some(token), Some(address)) = (state.asset.token, state.address) else {
        return Ok(Came::ByBalance);
    };
    let (total, low) = ctx.db.read(|conn| {
        let at = (sight.settled, sight.fin.number);
        let total = astray::came(conn, state.order, &state.asset, at)?;
        Ok((total, received::last_block(conn, state.order)?))
    })?;
    let wanted = total.map(|total| total.minus(state.credited)).unwrap_or_default();
    if wanted.is_zero() {
        return Ok(Came::ByLogs(Vec::new()));
    }
    match look(served, (token, address), (low, sight), wanted) {
        Ok(arrivals) => judge(ctx, state, (arrivals, wanted)),
        Err(fault) => {
            tracing::warn!(order = %state.order, %fault, "how a token came cannot be told now");
            Ok(Came::Untold)
        }
    }
}

fn look(
    served: &Served,
    at: (EvmAddress, EvmAddress),
    (low, sight): (Option<u64>, &Sight),
    wanted: Amount,
) -> Result<Vec<Arrival>, ChainFault> {
    let transfers = served.client.arrivals(at, (low, &sight.fin), wanted)?;
    let mut blocks = BTreeMap::new();
    let mut arrivals = Vec::new();
    for transfer in transfers {
        let number = transfer.block_number;
        let block = match blocks.get(&number) {
            Some(block) => *block,
            None => {
                let block = served.client.block(number)?;
                *blocks.entry(number).or_insert(block)
            }
        };
        let block = block.filter(|block| block.hash == transfer.block_hash);
        let block = block.ok_or_else(|| {
            ChainFault::Garbage("a transfer in a block that is not on the chain".to_owned())
        })?;
        let (from, amount, tx_hash) = (transfer.from, transfer.amount, transfer.tx_hash);
        arrivals.push(Arrival { from, amount, tx_hash, block });
    }
    Ok(arrivals)
}

/// Logs and balance must tell the same. Where they do not, nothing is credited: the operator looks.
fn judge(
    ctx: &Ctx,
    state: &State,
    (arrivals, wanted): (Vec<Arrival>, Amount),
) -> Result<Came, Fault> {
    let sum = Amount::sum(arrivals.iter().map(|arrival| arrival.amount));
    if sum == Some(wanted) {
        return Ok(Came::ByLogs(arrivals));
    }
    let told = sum.map_or_else(|| "too much".to_owned(), |sum| state.asset.shown(sum));
    let why = format!(
        "the balance grew by {}, the transfers sum up to {told}; it is not credited",
        state.asset.shown(wanted)
    );
    ctx.alarm("token", Some(state.order), why)?;
    Ok(Came::Untold)
}
