//! Taking up new orders: check, issue an address that nobody has used, seal.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::ledger::{self, Derivation, State};
use db::orders::OrderRow;
use db::{Conn, DbError, EscrowTx, clamps, inbox};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clamps::Clamps;
use domain::clock::{Span, Time};
use domain::intent::EventActor;
use domain::money::Amount;
use domain::order::{EventKind, OrderStatus};
use domain::seal::Terms;

use super::check::{self, Identity, Known, Reason};
use crate::bond;
use crate::book::{self, Note};
use crate::chain::client::Client;
use crate::ctx::{self, Ctx};
use crate::fault::{ChainFault, Fault};
use crate::keys::{DEPOSITS, ORDERS, Place};
use crate::money::plan;

/// Orders taken up in one round.
const ROUND: i64 = 200;
/// Orders placed longer ago are looked for in full rounds only.
const RECENT: Span = Span::hours(3);
/// Used addresses that are passed over for one order before it waits for the next round.
const BURNT_MAX: u32 = 20;

/// Takes up the orders that wait. A full round looks at all of them, else at recent ones only.
/// Answers how many were settled.
///
/// # Errors
/// [`Fault`] when the database fails; an order whose chain does not answer just waits.
pub fn run_once(ctx: &Ctx, full: bool) -> Result<u32, Fault> {
    let since = (!full).then(|| ctx.now().before(RECENT));
    // While the operator has paused, nobody is told where to pay, whatever web says.
    if plan::is_paused(ctx)? {
        return Ok(0);
    }
    let list = if full { ctx::all!("intake") } else { "intake" };
    let read = |conn: &mut Conn, part| inbox::new_orders(conn, since, part);
    let mut round = None;
    ctx.walk(list, ROUND, read, |id| {
        if round.is_none() {
            round = Some(ctx.db.read(Round::begin)?);
        }
        let taken = round.as_mut().map_or(Ok(false), |round| look_up(ctx, &id, round));
        ctx.contain("intake", id.parse().ok(), taken)
    })
}

/// What is the same for the orders of a round.
struct Round {
    /// Chains whose provider did not serve.
    silent: BTreeSet<ChainId>,
    clamps: Clamps,
    /// US cents.
    in_escrow: u64,
}

impl Round {
    fn begin(conn: &mut Conn) -> Result<Self, DbError> {
        let (clamps, in_escrow) = (clamps::all(conn)?, clamps::in_escrow(conn)?);
        Ok(Self { silent: BTreeSet::new(), clamps, in_escrow })
    }
}

fn look_up(ctx: &Ctx, id: &str, round: &mut Round) -> Result<bool, Fault> {
    let row = ctx.db.read(|conn| inbox::order(conn, id))?;
    if let Some((row, identity)) = row.and_then(|row| check::identity(&row).map(|id| (row, id))) {
        return take_up(ctx, (&row, identity), round);
    }
    // There is no order to write an event about.
    let shown: String = id.chars().filter(char::is_ascii_hexdigit).take(32).collect();
    ctx.alarm("order", None, format!("an order row cannot be read: {shown}"))?;
    Ok(false)
}

/// Settles one order; `false` if it has to wait. A chain whose provider did not serve is noted as
/// silent, and not asked again in this round.
fn take_up(ctx: &Ctx, (row, id): (&OrderRow, Identity), round: &mut Round) -> Result<bool, Fault> {
    let Some(chain) = ctx.chains.get(&id.asset.chain) else {
        return reject(ctx, id, "the chain is not served");
    };
    let known = Known {
        now: ctx.now(),
        commission_wallet: chain.commission_wallet,
        resolver_wallet: chain.resolver_wallet,
        gas_wallet: ctx.keys.gas_wallet(ctx.generation())?,
        clamps: round.clamps,
        in_escrow: round.in_escrow,
    };
    let judged = ctx.db.read(|conn| check::terms(conn, row, &id, &known))?;
    let terms = match judged {
        Err(reason) => return reject(ctx, id, reason),
        Ok(_) if known.now > id.expires_at => return expire(ctx, id),
        Ok(terms) => terms,
    };
    if round.silent.contains(&id.asset.chain) {
        return Ok(false);
    }
    match issue(ctx, &chain.client, &id, terms) {
        Err(Fault::Chain(fault)) => {
            tracing::warn!(order = %id.order, %fault, "no address can be issued now");
            round.silent.insert(id.asset.chain);
            Ok(false)
        }
        other => other,
    }
}

/// The state of an order that escrow sees for the first time.
pub(crate) fn fresh(id: &Identity, now: Time) -> State {
    State {
        order: id.order,
        store: id.store,
        buyer: id.buyer,
        status: OrderStatus::New,
        asset: id.asset,
        address: None,
        due: id.due,
        credited: Amount::ZERO,
        unfinal: Amount::ZERO,
        paying: false,
        disputed: false,
        held_reason: None,
        last_seq: 0,
        funded_at: None,
        expires_at: id.expires_at,
        next_check_at: now,
        created_at: id.placed_at,
        updated_at: now,
        deposit: false,
    }
}

fn reject(ctx: &Ctx, id: Identity, reason: Reason) -> Result<bool, Fault> {
    let now = ctx.now();
    let done = ctx.write("reject", move |tx| {
        let note = Note::new(EventKind::Rejected, EventActor::Escrow, reason);
        if !first(tx, &id, note, now)? {
            return Ok(false);
        }
        ctx::alarm(tx, "rejected", Some(id.order), reason, now)?;
        Ok(true)
    })?;
    Ok(done.unwrap_or_default())
}

fn expire(ctx: &Ctx, id: Identity) -> Result<bool, Fault> {
    let now = ctx.now();
    let comment = "The deadline passed before an address could be issued.";
    let done = ctx.write("expire-new", move |tx| {
        first(tx, &id, Note::new(EventKind::Expired, EventActor::Escrow, comment), now)
    })?;
    Ok(done.unwrap_or_default())
}

/// Writes the first event of an order, unless there is one.
pub(crate) fn first(
    tx: &mut EscrowTx<'_>,
    id: &Identity,
    note: Note,
    now: Time,
) -> Result<bool, Fault> {
    start(tx, fresh(id, now), note, now)
}

/// The same of what may be a deposit.
pub(super) fn start(
    tx: &mut EscrowTx<'_>,
    mut state: State,
    note: Note,
    now: Time,
) -> Result<bool, Fault> {
    if ledger::state(tx, state.order)?.is_some() {
        return Ok(false);
    }
    book::append(tx, &mut state, note, now)?;
    Ok(true)
}

/// Finds the next address that nobody has used and seals the order, or the deposit, to it.
pub(super) fn issue(
    ctx: &Ctx,
    client: &Client,
    id: &Identity,
    terms: Terms,
) -> Result<bool, Fault> {
    let purpose = if terms.deposit { DEPOSITS } else { ORDERS };
    for _ in 0..BURNT_MAX {
        let generation = ctx.generation();
        let index = ctx.db.read(|conn| ledger::next_index(conn, purpose, generation))?;
        let address = ctx.keys.address_at(Place { purpose, generation, index })?;
        let is_virgin = is_virgin(client, address, id.asset.token)?;
        let used = Derivation {
            purpose,
            generation,
            index,
            address,
            order: is_virgin.then_some(id.order),
            issued_at: ctx.now(),
        };
        if !is_virgin {
            burn(ctx, used)?;
            continue;
        }
        ctx.reach("intake: address chosen")?;
        let terms = Terms { escrow: address, ..terms.clone() };
        if let Some(sealed) = seal(ctx, *id, used, terms)? {
            ctx.reach("intake: sealed")?;
            return Ok(sealed);
        }
    }
    Ok(false)
}

/// Whether nobody has used an address, nor paid the token there that it is for.
fn is_virgin(
    client: &Client,
    address: EvmAddress,
    token: Option<EvmAddress>,
) -> Result<bool, ChainFault> {
    let held = token.map(|token| client.holds(token, address)).transpose()?;
    Ok(client.account(address)?.is_virgin() && held.is_none_or(Amount::is_zero))
}

/// Uses up the index of an address that somebody has used already. Whoever did has these keys and a
/// ledger that this one does not know, so the next addresses are of another generation.
fn burn(ctx: &Ctx, used: Derivation) -> Result<(), Fault> {
    let keys = Arc::clone(&ctx.keys);
    let risen = ctx.write("burn-index", move |tx| {
        ledger::derive(tx, &used)?;
        let next = bond::rise(tx, &keys, used.issued_at)?;
        let message = format!(
            "{} was in use before it was issued; addresses are of generation {next} from now on, \
             and the gas wallet is {}",
            used.address,
            keys.gas_wallet(next)?
        );
        ctx::alarm(tx, "index", None, &message, used.issued_at)?;
        Ok(next)
    })?;
    risen.into_iter().for_each(|next| ctx.next_generation(next));
    Ok(())
}

/// Index, seal, event and state in one write. None if the index was taken meanwhile.
fn seal(ctx: &Ctx, id: Identity, used: Derivation, terms: Terms) -> Result<Option<bool>, Fault> {
    let (now, worth, deposit) = (used.issued_at, terms.total.get(), terms.deposit);
    let sealed = ctx.keys.seal_signed(ctx.generation(), &terms, now)?;
    ctx.write("seal", move |tx| {
        if ledger::state(tx, id.order)?.is_some() {
            return Ok(false);
        }
        ledger::derive(tx, &used)?;
        ledger::seal(tx, &sealed)?;
        clamps::note_order(tx, id.order, worth, now)?;
        let mut state = State { address: Some(used.address), deposit, ..fresh(&id, now) };
        let comment = format!("Pay to {}.", used.address);
        let note = Note::new(EventKind::AddressIssued, EventActor::Escrow, comment);
        book::append(tx, &mut state, note, now)?;
        Ok(true)
    })
}
