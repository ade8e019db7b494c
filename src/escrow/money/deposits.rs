//! What came in: balances at a final block, plus what has left by then, is what was ever credited.

use db::deposits::{self as received, Deposit};
use db::ledger::{self, State};
use db::{EscrowTx, todo, top_ups};
use domain::EvmAddress;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::intent::EventActor;
use domain::money::Amount;
use domain::order::{self, EventKind, OrderStatus};

use super::arrivals::{self, Arrival, Came};
use super::{astray, expiry, freeze, residuals, strays, terms};
use crate::book::{self, Note};
use crate::chain::client::{Held, View};
use crate::chain::rpc::Block;
use crate::ctx::{Ctx, Served};
use crate::fault::Fault;
use crate::journal;

/// Addresses in one round.
const ROUND: i64 = 400;
/// Seconds until an order whose state cannot be read is looked at again.
const UNREAD: u32 = 600;

/// What was read of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Balance at the final block.
    pub(crate) settled: Amount,
    /// Balance at the newest block, if the provider told.
    pub(crate) latest: Option<Amount>,
    /// The final block.
    pub(crate) fin: Block,
}

/// Looks at the addresses that are due. Answers how many events were written.
///
/// # Errors
/// [`Fault`] when the database or the provider fails.
pub fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    let chain = served.client.spec().id;
    let due = ctx.db.read(|conn| ledger::due(conn, chain, ctx.now(), ROUND))?;
    let full = due.len() >= usize::try_from(ROUND).unwrap_or(usize::MAX);
    let due: Vec<OrderId> = due.iter().filter_map(|id| id.parse().ok()).collect();
    let (states, unread) = load(ctx, &due)?;
    let watched: Vec<_> = states.iter().filter_map(|s| Some((s, s.address?))).collect();
    let held: Vec<Held> = watched.iter().map(|(state, at)| (*at, state.asset.token)).collect();
    let settled = served.client.balances(&view.fin, &held)?;
    let latest = at_head(served, view, &held);
    let mut done: u32 = 0;
    for ((state, _), (settled, latest)) in watched.iter().zip(settled.into_iter().zip(latest)) {
        // A token that tells no balance is looked at again in the next round.
        let Some(settled) = settled else { continue };
        let sight = Sight { settled, latest, fin: view.fin };
        let came = examine(ctx, served, view, (state, sight));
        done = done.saturating_add(ctx.contain("deposits", Some(state.order), came)?);
    }
    let strayed = strays::look(ctx, served, view, &watched);
    let elsewhere = || strays::elsewhere(ctx, served, view);
    match strayed.and_then(|found| Ok(found.saturating_add(elsewhere()?))) {
        Ok(found) => done = done.saturating_add(found),
        Err(Fault::Chain(fault)) => {
            tracing::warn!(chain = served.client.spec().name, %fault, "what strays is not told");
        }
        Err(other) => return Err(other),
    }
    ctx.reach("deposits: examined")?;
    schedule(ctx, &due, unread, full)?;
    Ok(done)
}

/// The states of orders that can be read, and the orders whose states cannot.
fn load(ctx: &Ctx, orders: &[OrderId]) -> Result<(Vec<State>, Vec<OrderId>), Fault> {
    let mut states = Vec::new();
    let mut unread = Vec::new();
    for order in orders {
        match ctx.db.read(|conn| ledger::state(conn, *order)) {
            Ok(state) => states.extend(state),
            Err(error) => {
                ctx.contain("deposits", Some(*order), Err::<(), _>(error.into()))?;
                unread.push(*order);
            }
        }
    }
    Ok((states, unread))
}

/// Balances at the newest block. They are told and decide nothing, so their lack holds up nothing.
fn at_head(served: &Served, view: &View, held: &[Held]) -> Vec<Option<Amount>> {
    match served.client.balances(&view.head, held) {
        Ok(latest) => latest,
        Err(fault) => {
            tracing::warn!(chain = served.client.spec().name, %fault, "what is not final is not told");
            vec![None; held.len()]
        }
    }
}

/// Writes down when the addresses are due again. Those that are due in every round need no write,
/// unless there are so many that they have to take turns. What cannot be read steps back for long.
fn schedule(ctx: &Ctx, checked: &[OrderId], unread: Vec<OrderId>, full: bool) -> Result<(), Fault> {
    let now = ctx.now();
    let (states, _known) = load(ctx, checked)?;
    let mut next: Vec<_> = states
        .into_iter()
        .map(|state| (state.order, next_check(&state, now)))
        .filter(|(_, next)| full || *next > now)
        .collect();
    next.extend(unread.into_iter().map(|order| (order, super::later(now, UNREAD))));
    if next.is_empty() {
        return Ok(());
    }
    ctx.write("checked", move |tx| {
        for (order, next) in &next {
            ledger::check_at(tx, *order, *next)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// An address is watched for ever: often while money is awaited, seldom later.
fn next_check(state: &State, now: Time) -> Time {
    let since = now.since(state.updated_at).as_secs();
    let secs = match state.status {
        OrderStatus::New | OrderStatus::Pending => 0,
        OrderStatus::Completed | OrderStatus::Frozen => 10,
        _ if since < 3_600 => 60,
        _ if since < 30 * 86_400 => 3_600,
        _ => 86_400,
    };
    super::later(now, secs)
}

/// Credits one address, decides about its deadline, and returns what came after its end.
fn examine(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (state, sight): (&State, Sight),
) -> Result<u32, Fault> {
    let came = arrivals::find(ctx, served, state, &sight)?;
    // Past the deadline, money must have been in by the last block before it.
    let in_time = if state.status == OrderStatus::Pending && sight.fin.time > state.expires_at {
        in_time(ctx, served, state, (&sight, &came))?
    } else {
        InTime::Open
    };
    if in_time == InTime::Open && is_known(ctx, state, sight)? {
        return residuals::run_once(ctx, served, view, state);
    }
    let (order, now) = (state.order, ctx.now());
    let keys = std::sync::Arc::clone(&ctx.keys);
    ctx.reach("deposits: before credit")?;
    let written = ctx.write("credit", move |tx| {
        let Some(mut state) = ledger::state(tx, order)? else { return Ok(0) };
        match terms(tx, keys.seal(), &state)? {
            Ok(sealed) => credit(tx, &mut state, (sight, &came), (sealed.tolerance, in_time), now),
            Err(broken) => {
                freeze(tx, &mut state, "seal", &broken.to_string(), now)?;
                Ok(0)
            }
        }
    })?;
    ctx.reach("deposits: credited")?;
    let Some(state) = ctx.db.read(|conn| ledger::state(conn, order))? else { return Ok(0) };
    let returned = residuals::run_once(ctx, served, view, &state)?;
    Ok(written.unwrap_or_default().saturating_add(returned))
}

/// [`expiry::in_time`], unknown for now if the provider does not serve.
fn in_time(
    ctx: &Ctx,
    served: &Served,
    state: &State,
    seen: (&Sight, &Came),
) -> Result<InTime, Fault> {
    match expiry::in_time(ctx, served, state, seen) {
        Err(Fault::Chain(fault)) => {
            tracing::warn!(order = %state.order, %fault, "the deadline cannot be judged now");
            Ok(InTime::Unknown)
        }
        other => other,
    }
}

/// Whether an address holds just what the ledger says, so that there is nothing to write.
fn is_known(ctx: &Ctx, state: &State, sight: Sight) -> Result<bool, Fault> {
    let at = (sight.settled, sight.fin.number);
    let total = ctx.db.read(|conn| astray::came(conn, state.order, &state.asset, at))?;
    let told = sight.latest.is_none_or(|latest| latest.minus(sight.settled) == state.unfinal);
    Ok(total == Some(state.credited) && told)
}

/// What is known about an unpaid order's deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InTime {
    /// The final chain has not passed it.
    Open,
    /// It is passed, and this much was in by then.
    Passed(Amount),
    /// It is passed, but it cannot be told now how much was in.
    Unknown,
}

/// All that one look at an address leads to, in one write.
fn credit(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    (sight, how): (Sight, &Came),
    (tolerance, in_time): (domain::money::Bps, InTime),
    now: Time,
) -> Result<u32, Fault> {
    // While signed bytes are about, a balance cannot be told from a payout on its way. And what
    // was credited by a later block is not judged by an earlier one.
    let newer = received::last_block(tx, state.order)?.is_some_and(|n| n > sight.fin.number);
    let coin = state.asset.token.is_none();
    let moves = todo::in_flight(tx, state.order)? || (coin && top_ups::in_flight(tx, state.order)?);
    if newer || moves || state.held_reason.is_some() {
        return Ok(0);
    }
    let before = state.last_seq;
    let at = (sight.settled, sight.fin.number);
    let total = astray::came(tx, state.order, &state.asset, at)?;
    let total = total.ok_or_else(|| Fault::Ledger("a sum beyond all sums".to_owned()))?;
    if total < state.credited {
        let why = format!(
            "{} is missing from the address at block {}",
            state.asset.shown(state.credited.minus(total)),
            sight.fin.number
        );
        freeze(tx, state, "conservation", &why, now)?;
        return Ok(0);
    }
    let visible = (state.credited, state.unfinal);
    let came = total.minus(state.credited);
    if !came.is_zero() {
        let Some(parts) = parts(how, came, sight.fin) else { return Ok(0) };
        for part in parts {
            enter(tx, state, part, now)?;
        }
    }
    if state.status == OrderStatus::Pending {
        decide(tx, state, (came, tolerance), in_time, now)?;
    } else if !came.is_zero() {
        credited(tx, state, came, now)?;
    }
    notice(tx, state, visible, sight, now)?;
    Ok(u32::try_from(state.last_seq.saturating_sub(before)).unwrap_or_default())
}

/// What came, in how many parts, by which block and from whom.
type Part = (Amount, Block, Option<(EvmAddress, [u8; 32])>);

/// The parts that make up what came; none where they are not known, or were known of another sum.
fn parts(how: &Came, came: Amount, fin: Block) -> Option<Vec<Part>> {
    match how {
        Came::ByBalance => Some(vec![(came, fin, None)]),
        Came::Untold => None,
        Came::ByLogs(arrivals) => {
            let sum = Amount::sum(arrivals.iter().map(|arrival| arrival.amount));
            let part = |a: &Arrival| (a.amount, a.block, Some((a.from, a.tx_hash)));
            (sum == Some(came)).then(|| arrivals.iter().map(part).collect())
        }
    }
}

fn enter(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    (came, block, origin): Part,
    now: Time,
) -> Result<(), Fault> {
    let total = state.credited.checked_add(came);
    let total = total.ok_or_else(|| Fault::Ledger("a sum beyond all sums".to_owned()))?;
    state.credited = total;
    let seq = received::insert(
        tx,
        &Deposit {
            order: state.order,
            chain: state.asset.chain,
            origin,
            amount: came,
            credited_total: total,
            block_number: block.number,
            block_hash: block.hash,
            block_at: block.time,
            credited_at: now,
        },
    )?;
    journal::deposit(tx, state, (seq, came), now)?;
    state.updated_at = now;
    ledger::put_state(tx, state)?;
    Ok(())
}

/// An unpaid order: funded, short, or over its time.
fn decide(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    (came, tolerance): (Amount, domain::money::Bps),
    in_time: InTime,
    now: Time,
) -> Result<(), Fault> {
    let (counts, passed) = match in_time {
        InTime::Open => (state.credited, false),
        InTime::Passed(counts) => (counts, true),
        InTime::Unknown => (Amount::ZERO, false),
    };
    if order::is_funded(counts, state.due, tolerance) {
        state.funded_at = Some(now);
        let comment = format!("{} is there and final.", state.asset.shown(state.credited));
        return book::append(
            tx,
            state,
            Note::new(EventKind::Funded, EventActor::Chain, comment),
            now,
        );
    }
    if !came.is_zero() {
        credited(tx, state, came, now)?;
    }
    if passed {
        let comment = "The deadline passed without the full payment.";
        return book::append(
            tx,
            state,
            Note::new(EventKind::Expired, EventActor::Chain, comment),
            now,
        );
    }
    Ok(())
}

fn credited(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    came: Amount,
    now: Time,
) -> Result<(), Fault> {
    let comment = format!("{} came in and is final.", state.asset.shown(came));
    book::append(tx, state, Note::new(EventKind::PaymentCredited, EventActor::Chain, comment), now)
}

/// Money at the head that is not final: told when it comes and when it is gone again.
fn notice(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    (credited, unfinal): (Amount, Amount),
    sight: Sight,
    now: Time,
) -> Result<(), Fault> {
    let waiting = match sight.latest {
        Some(latest) => latest.minus(sight.settled),
        // Not told: what became final is what was waiting.
        None => unfinal.minus(state.credited.minus(credited)),
    };
    if waiting == unfinal && credited == state.credited {
        return Ok(());
    }
    let sum = |a: Amount, b: Amount| a.checked_add(b).unwrap_or(a);
    let (was, is) = (sum(credited, unfinal), sum(state.credited, waiting));
    state.unfinal = waiting;
    let (kind, comment) = if is > was && !waiting.is_zero() {
        let amount = state.asset.shown(is.minus(was).min(waiting));
        (EventKind::PaymentSeen, format!("{amount} is seen and not final yet."))
    } else if is < was {
        let amount = state.asset.shown(was.minus(is));
        (EventKind::PaymentVanished, format!("{amount} that was seen is gone from the chain."))
    } else {
        ledger::put_state(tx, state)?;
        return Ok(());
    };
    book::append(tx, state, Note::new(kind, EventActor::Chain, comment), now)
}
