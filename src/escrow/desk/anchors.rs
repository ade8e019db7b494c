//! Anchors of the evidence: escrow keeps the head of web's chain, each minute and before each payout,
//! so that what the parties said cannot be changed afterwards without being found out.

use db::EscrowTx;
use db::evidence::{self, NOWHERE};
use domain::chain::ChainId;
use domain::clock::{Span, Time};
use domain::seal::hex;

use crate::ctx::{self, Ctx};
use crate::fault::Fault;

/// How often the head is anchored.
const PACE: Span = Span::minutes(1);
/// Entries that are walked at once; what is left is walked the next time.
const WALK: i64 = 2_000;

/// Anchors the head if a minute has gone by. Answers 1 if there was a new one.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx) -> Result<u32, Fault> {
    if !ctx.is_time((ChainId::from(0), "anchor"), PACE) {
        return Ok(0);
    }
    let now = ctx.now();
    let done = ctx.write("anchor", move |tx| take(tx, now))?;
    Ok(u32::from(done == Some(true)))
}

/// Anchors the head within a write, after a look whether it follows from the last anchor. A chain that
/// does not is told, and nothing waits for it: what was anchored before stays.
pub(crate) fn take(tx: &mut EscrowTx<'_>, now: Time) -> Result<bool, Fault> {
    let last = evidence::last_anchor(tx)?;
    if let Some(last) = last
        && evidence::head_at(tx, last.n)?.as_deref() != Some(hex(&last.head).as_str())
    {
        let why = format!("the evidence was changed at or before entry {}", last.n);
        ctx::alarm(tx, "evidence", None, &why, now)?;
        return Ok(false);
    }
    let from = last.unwrap_or(NOWHERE);
    match evidence::walk(tx, from, WALK)? {
        Ok(at) if at.n > from.n => {
            evidence::anchor(tx, at, now)?;
            Ok(true)
        }
        Ok(_) => Ok(false),
        Err(why) => {
            ctx::alarm(tx, "evidence", None, &why, now)?;
            Ok(false)
        }
    }
}
