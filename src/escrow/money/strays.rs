//! Money at an order's address in another asset than the order's: the coin where a token is due,
//! another token, or anything on another chain, where the same key has the same address. It is no
//! payment; it is noted for the order's page, told to the operator, and sent back once the order has
//! ended.

use db::EscrowTx;
use db::ledger::{self, State};
use db::tokens::{self, Stray};
use db::{Conn, DbError, todo, top_ups};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::{Span, Time};
use domain::ids::OrderId;
use domain::money::Amount;

use super::astray;
use super::residuals::{self, Case};
use crate::chain::client::{Held, View};
use crate::ctx::{Ctx, Place, Served};
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
/// Nor this one.
const TURN_BACK: i32 = -2;
/// How often it is tried to send back what strayed to an order.
const PACE_BACK: Span = Span::minutes(10);
/// Orders of which that is tried in one round.
const TRIES: u32 = 20;

/// What is there of an asset after a final block.
type Sight = (Asset, Amount, u64);

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
    // Of one that was never what it should be neither name nor decimals are known.
    let known = known.into_iter().filter(|token| token.code_hash != [0; 32]);
    assets.extend(known.map(|token| token.asset).filter(|asset| asset.chain == spec.id));
    let others: Vec<(&State, EvmAddress, Asset)> = places
        .iter()
        .flat_map(|(state, address)| assets.iter().map(move |asset| (*state, *address, *asset)))
        .filter(|(state, _, asset)| !asset.is(&state.asset))
        .collect();
    let held: Vec<Held> = others.iter().map(|(_, at, asset)| (*at, asset.token)).collect();
    let mut found: u32 = 0;
    let there = served.client.balances(&view.fin, &held)?;
    for ((state, _, asset), there) in others.iter().zip(there) {
        // A contract that does not tell has nothing that could be told.
        let Some(there) = there else { continue };
        let sight = (*asset, there, view.fin.number);
        let order = state.order;
        if ctx.db.read(|conn| news(conn, order, &sight))?.is_none() {
            continue;
        }
        let now = ctx.now();
        let noted = ctx.write("stray", move |tx| note(tx, order, sight, now))?.flatten();
        if let Some((asset, amount)) = noted.filter(|(_, amount)| !amount.is_zero()) {
            tell(ctx, state, &asset, amount)?;
            found = found.saturating_add(1);
        }
    }
    Ok(found)
}

fn tell(ctx: &Ctx, state: &State, asset: &Asset, amount: Amount) -> Result<(), Fault> {
    let (came, paid_in) = (asset.shown(amount), state.asset.symbol);
    let on = |chain: ChainId| chain.spec().map_or("another chain", |spec| spec.name);
    let why = if asset.chain == state.asset.chain {
        format!("{came} came to an address that is paid in {paid_in}")
    } else {
        let (there, own) = (on(asset.chain), on(state.asset.chain));
        format!("{came} came on {there} to an address that is paid in {paid_in} on {own}")
    };
    ctx.alarm("stray", Some(state.order), why)
}

/// What has strayed to an order's address and no payout sends back, by what is there after a final
/// block, where that is not what is noted: of coin, what did not come for gas. It stays called as it was
/// noted first. None while anything of the order moves.
fn news(
    conn: &mut Conn,
    order: OrderId,
    (asset, there, block): &Sight,
) -> Result<Option<(Asset, Amount)>, DbError> {
    let noted = tokens::ever_strayed(conn, order)?;
    let noted = noted.iter().find(|stray| stray.asset.is(asset));
    let asset = noted.map_or(*asset, |stray| stray.asset);
    let noted = noted.map(|stray| stray.amount).unwrap_or_default();
    if there.is_zero() && noted.is_zero() {
        return Ok(None);
    }
    if todo::in_flight(conn, order)? || top_ups::in_flight(conn, order)? {
        return Ok(None);
    }
    let came = astray::came(conn, order, &asset, (*there, *block))?;
    let returned = astray::returned(conn, order, &asset)?;
    let amount = came.zip(returned).map(|(came, returned)| came.minus(returned));
    Ok(amount.filter(|amount| *amount != noted).map(|amount| (asset, amount)))
}

/// Notes and books what has changed, looked at again within the write. Answers what is there now.
fn note(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    sight: Sight,
    now: Time,
) -> Result<Option<(Asset, Amount)>, Fault> {
    let Some((asset, amount)) = news(tx, order, &sight)? else { return Ok(None) };
    let (_, _, block_number) = sight;
    let stray = Stray { asset, amount, block_number, seen_at: now };
    if let Some(before) = tokens::note_stray(tx, order, &stray)? {
        journal::stray(tx, order, (before, &stray))?;
    }
    Ok(Some((asset, amount)))
}

/// Sends back what strayed on a chain to orders that have ended. Answers how many payouts are planned.
///
/// # Errors
/// [`Fault`] when the database fails; what a provider's trouble holds up waits.
pub(crate) fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    let chain = served.client.spec().id;
    let list = |conn: &mut Conn, after: Option<&Place>, limit: i64| {
        tokens::strayed(conn, chain, after, limit)
    };
    let (mut done, mut tries): (u32, u32) = (0, 0);
    let walk = (chain, "strays");
    for (order, _) in ctx.next_of(walk, ROUND, list)? {
        let found = ctx.db.read(|conn| due(conn, served, order, ctx.now()));
        let found = ctx.contain("strays", Some(order), found.map_err(Fault::from))?;
        let Some((state, cases)) = found.filter(|(_, cases)| !cases.is_empty()) else {
            continue;
        };
        // Anybody can let anything stray: what is in vain holds up neither this lane nor other orders.
        if !ctx.is_turn((order, TURN_BACK), PACE_BACK) {
            continue;
        }
        tries = tries.saturating_add(1);
        for case in cases {
            let planned = residuals::return_stray(ctx, (served, view), &state, case);
            // While it is on its way, no other of the order is due.
            if ctx.contain("strays", Some(order), planned)? > 0 {
                done = done.saturating_add(1);
                break;
            }
        }
        if tries >= TRIES {
            ctx.put_place(walk, Some(order.to_string()));
            break;
        }
    }
    Ok(done)
}

/// What of an order's strays could be sent back now, if that is worth it; what went back least often
/// comes first, so that nobody keeps a stray waiting by sending another one again and again.
fn due(
    conn: &mut Conn,
    served: &Served,
    order: OrderId,
    now: Time,
) -> Result<Option<(State, Vec<Case>)>, DbError> {
    let Some(state) = ledger::state(conn, order)? else { return Ok(None) };
    let chain = served.client.spec().id;
    let mut cases = Vec::new();
    for Stray { asset, .. } in tokens::strays_of(conn, order)? {
        if asset.chain != chain || !astray::is_sound(conn, served, &asset, now)? {
            continue;
        }
        if let Some(case) = residuals::due(conn, &state, asset)? {
            cases.push((astray::payouts_in(conn, order, &asset)?.len(), case));
        }
    }
    cases.sort_by_key(|(times, _)| *times);
    Ok(Some((state, cases.into_iter().map(|(_, case)| case).collect())))
}
