//! Deadlines by block time: what was in by the last block before the deadline counts. A coin's
//! balance is asked for there; a token's transfers carry the time of their blocks.

use db::deposits as received;
use db::ledger::State;
use domain::clock::Time;
use domain::money::Amount;

use super::arrivals::Came;
use super::deposits::{InTime, Sight};
use crate::chain::client::Client;
use crate::chain::rpc::Block;
use crate::ctx::{Ctx, Served};
use crate::fault::{ChainFault, Fault};

/// [`by_balance`] of a coin; of a token what was recorded by the deadline and what has come in since
/// the last look, each transfer by its block's time.
///
/// # Errors
/// [`Fault`] when the database fails or the provider does not serve.
pub(crate) fn in_time(
    ctx: &Ctx,
    served: &Served,
    state: &State,
    (sight, came): (&Sight, &Came),
) -> Result<InTime, Fault> {
    let arrivals = match came {
        Came::ByBalance => return by_balance(ctx, served, state, sight),
        Came::ByLogs(arrivals) => arrivals,
        Came::Untold => return Ok(InTime::Unknown),
    };
    let deadline = state.expires_at;
    let recorded = ctx.db.read(|conn| received::total_by(conn, state.order, deadline))?;
    let timely = arrivals.iter().filter(|arrival| arrival.block.time <= deadline);
    let sum = Amount::sum(timely.map(|arrival| arrival.amount).chain([recorded]));
    Ok(sum.map_or(InTime::Unknown, InTime::Passed))
}

/// How much of an unpaid order's money was in by its deadline, which the final chain has passed.
///
/// Nothing has left such an address, so its balance never fell: what is there now bounds what was
/// there then, and what was recorded then is a floor. An old state is asked for only when these
/// two do not decide.
///
/// # Errors
/// [`Fault`] when the database fails or the provider does not serve.
fn by_balance(ctx: &Ctx, served: &Served, state: &State, sight: &Sight) -> Result<InTime, Fault> {
    let deadline = state.expires_at;
    let recorded = ctx.db.read(|conn| received::total_by(conn, state.order, deadline))?;
    if recorded == sight.settled || sight.settled.is_zero() {
        return Ok(InTime::Passed(recorded));
    }
    let Some(address) = state.address else { return Ok(InTime::Passed(recorded)) };
    let block = last_before(&served.client, deadline, &sight.fin)?;
    match served.client.balances(&block, &[(address, None)]) {
        Ok(balances) => {
            let then = balances.into_iter().flatten().next().unwrap_or_default();
            Ok(InTime::Passed(then.max(recorded)))
        }
        Err(ChainFault::Refused { message, .. }) => {
            let why = format!(
                "the provider does not keep the state of block {}: {message}",
                block.number
            );
            ctx.alarm("expiry", Some(state.order), why)?;
            Ok(InTime::Unknown)
        }
        Err(other) => Err(other.into()),
    }
}

/// The last block dated at or before `deadline`; block 0 if all are later.
pub(crate) fn last_before(
    client: &Client,
    deadline: Time,
    fin: &Block,
) -> Result<Block, ChainFault> {
    let gone = || ChainFault::Garbage("a block below the final one is missing".to_owned());
    let mut low = client.block(0)?.ok_or_else(gone)?;
    let mut high = *fin;
    while high.number > low.number.saturating_add(1) {
        let half = high.number.saturating_sub(low.number).wrapping_div(2);
        let middle = client.block(low.number.saturating_add(half))?.ok_or_else(gone)?;
        if middle.time <= deadline {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
