//! Money at an order's address in another asset than the order's: the coin where a token is due,
//! another token, or anything on another chain, where the same key has the same address. It is no
//! payment; it is noted for the order's page and told to the operator.

use db::EscrowTx;
use db::ledger::{self, State};
use db::tokens::{self, Stray};
use db::{payouts, top_ups};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Span;
use domain::ids::OrderId;
use domain::money::Amount;

use crate::chain::client::{Held, View};
use crate::ctx::{Ctx, Served};
use crate::fault::Fault;
use crate::journal;

/// How often an address that is watched closely is looked at for it.
const PACE: Span = Span::secs(60);
/// How many orders of other chains are looked at in one round, on each chain.
const ROUND: i64 = 200;
/// How often such a round is.
const PACE_ELSEWHERE: Span = Span::secs(60);
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
    let due = watched.iter().filter(|(state, _)| ctx.is_turn((state.order, TURN), PACE));
    look_at(ctx, served, view, &due.copied().collect::<Vec<_>>())
}

/// Looks on a chain at the next addresses that were issued for another one: to every address that was
/// ever issued its turn comes, whatever became of its order. Answers how much was found.
///
/// # Errors
/// [`Fault`] when the database or the provider fails.
pub(crate) fn elsewhere(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    let list = (served.client.spec().id, "elsewhere");
    if !ctx.is_time(list, PACE_ELSEWHERE) {
        return Ok(0);
    }
    let orders =
        ctx.go_on(list, |conn, after| ledger::issued_elsewhere(conn, list.0, after, ROUND))?;
    let mut states = Vec::new();
    for order in orders.iter().filter_map(|id| id.parse().ok()) {
        let state = ctx.db.read(|conn| ledger::state(conn, order)).map_err(Fault::from);
        states.extend(ctx.contain("elsewhere", Some(order), state)?);
    }
    let places: Vec<_> = states.iter().filter_map(|s| Some((s, s.address?))).collect();
    look_at(ctx, served, view, &places)
}

/// Looks at these addresses for all that a chain knows and that is not their order's asset.
fn look_at(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    places: &[(&State, EvmAddress)],
) -> Result<u32, Fault> {
    let spec = served.client.spec();
    let mut assets = vec![Asset::native(spec)];
    let known = ctx.db.read(tokens::all)?;
    assets.extend(known.into_iter().map(|token| token.asset).filter(|a| a.chain == spec.id));
    let others: Vec<(&State, EvmAddress, Asset)> = places
        .iter()
        .flat_map(|(state, address)| assets.iter().map(move |asset| (*state, *address, *asset)))
        .filter(|(state, _, asset)| {
            (asset.chain, asset.token) != (state.asset.chain, state.asset.token)
        })
        .collect();
    let held: Vec<Held> = others.iter().map(|(_, at, asset)| (*at, asset.token)).collect();
    let mut found: u32 = 0;
    for ((state, _, asset), amount) in others.iter().zip(served.client.balances(&view.fin, &held)?)
    {
        // A contract that does not tell has nothing that could be told.
        let Some(amount) = amount else { continue };
        let (order, now) = (state.order, ctx.now());
        let Some(amount) = strayed(ctx, state, (asset, amount), view.fin.number)? else { continue };
        let stray = Stray { asset: *asset, amount, block_number: view.fin.number, seen_at: now };
        let noted = if amount.is_zero() && !is_known(ctx, state)? {
            None
        } else {
            ctx.write("stray", move |tx| note(tx, order, &stray))?
        };
        if noted == Some(true) && !amount.is_zero() {
            let came = asset.shown(amount);
            let paid_in = state.asset.symbol;
            let why = if asset.chain == state.asset.chain {
                format!("{came} came to an address that is paid in {paid_in}")
            } else {
                let on = |chain: ChainId| chain.spec().map_or("another chain", |spec| spec.name);
                let own = on(state.asset.chain);
                format!(
                    "{came} came on {} to an address that is paid in {paid_in} on {own}",
                    spec.name
                )
            };
            ctx.alarm("stray", Some(order), why)?;
            found = found.saturating_add(1);
        }
    }
    Ok(found)
}

/// What of a balance has strayed there: of coin, what did not come for gas. None while that moves.
fn strayed(
    ctx: &Ctx,
    state: &State,
    (asset, there): (&Asset, Amount),
    fin: u64,
) -> Result<Option<Amount>, Fault> {
    let order = state.order;
    if asset.token.is_some() || asset.chain != state.asset.chain {
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
    let strays = ctx.db.read(|conn| tokens::strays_of(conn, state.order))?;
    Ok(!strays.is_empty())
}
