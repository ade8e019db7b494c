//! Money at an order's address in another asset than the order's: the coin where a token is due, or
//! another token. It is no payment; it is noted for the order's page and told to the operator.

use db::EscrowTx;
use db::ledger::State;
use db::tokens::{self, Stray};
use db::{payouts, top_ups};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::clock::Span;
use domain::ids::OrderId;
use domain::money::Amount;

use crate::chain::client::{Held, View};
use crate::ctx::{Ctx, Served};
use crate::fault::Fault;
use crate::journal;

/// How often an address that is watched closely is looked at for it.
const PACE: Span = Span::secs(60);
/// No payout has this number.
const TURN: i32 = -1;

/// Looks at addresses for what does not belong there. Answers how much was found.
///
/// # Errors
/// [`Fault`] when the database or the provider fails.
pub(crate) fn look(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    watched: &[(&State, EvmAddress)],
) -> Result<u32, Fault> {
    let spec = served.client.spec();
    let mut assets = vec![Asset::native(spec)];
    let known = ctx.db.read(tokens::all)?;
    assets.extend(known.into_iter().map(|token| token.asset).filter(|a| a.chain == spec.id));
    let others: Vec<(&State, EvmAddress, Asset)> = watched
        .iter()
        .filter(|(state, _)| ctx.is_turn((state.order, TURN), PACE))
        .flat_map(|(state, address)| assets.iter().map(move |asset| (*state, *address, *asset)))
        .filter(|(state, _, asset)| asset.token != state.asset.token)
        .collect();
    let held: Vec<Held> = others.iter().map(|(_, at, asset)| (*at, asset.token)).collect();
    let mut found: u32 = 0;
    for ((state, _, asset), amount) in others.iter().zip(served.client.balances(&view.fin, &held)?)
    {
        // A contract that does not tell has nothing that could be told.
        let Some(amount) = amount else { continue };
        let (order, now) = (state.order, ctx.now());
        let Some(amount) = strayed(ctx, order, (asset, amount), view.fin.number)? else { continue };
        let stray = Stray { asset: *asset, amount, block_number: view.fin.number, seen_at: now };
        let noted = if amount.is_zero() && !is_known(ctx, state)? {
            None
        } else {
            ctx.write("stray", move |tx| note(tx, order, &stray))?
        };
        if noted == Some(true) && !amount.is_zero() {
            let why = format!(
                "{} came to an address that is paid in {}",
                asset.shown(amount),
                state.asset.symbol
            );
            ctx.alarm("stray", Some(order), why)?;
            found = found.saturating_add(1);
        }
    }
    Ok(found)
}

/// What of a balance has strayed there: of coin, what did not come for gas. None while that moves.
fn strayed(
    ctx: &Ctx,
    order: OrderId,
    (asset, there): (&Asset, Amount),
    fin: u64,
) -> Result<Option<Amount>, Fault> {
    if asset.token.is_some() {
        return Ok(Some(there));
    }
    Ok(ctx.db.read(|conn| {
        let moves = payouts::in_flight(conn, order)? || top_ups::in_flight(conn, order)?;
        let own = top_ups::held(conn, order, fin)?;
        Ok((!moves).then(|| there.minus(own)))
    })?)
}

/// Notes and books what has changed; `false` where nothing has.
fn note(tx: &mut EscrowTx<'_>, order: OrderId, stray: &Stray) -> Result<bool, Fault> {
    let Some(before) = tokens::note_stray(tx, order, stray)? else { return Ok(false) };
    journal::stray(tx, order, (before, stray))?;
    Ok(true)
}

/// Whether anything was ever noted there, so that its going is noted as well.
fn is_known(ctx: &Ctx, state: &State) -> Result<bool, Fault> {
    let strays = ctx.db.read(|conn| tokens::strays_of(conn, state.asset.chain, state.order))?;
    Ok(!strays.is_empty())
}
