//! Taking up new orders: check, issue an address that nobody has used, seal.

use std::collections::BTreeSet;

use db::ledger::{self, Derivation, State};
use db::orders::OrderRow;
use db::{EscrowTx, inbox};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::{Span, Time};
use domain::intent::EventActor;
use domain::money::Amount;
use domain::order::{EventKind, OrderStatus};
use domain::seal::Terms;

use super::check::{self, Identity, Known, Reason};
use crate::book::{self, Note};
use crate::chain::client::Client;
use crate::ctx::{self, Ctx};
use crate::fault::{ChainFault, Fault};
use crate::keys::ORDERS;

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
    let new = ctx.db.read(|conn| inbox::new_orders(conn, since, ROUND))?;
    let mut silent = BTreeSet::new();
    let mut done: u32 = 0;
    for id in new {
        let taken = look_up(ctx, &id, &mut silent);
        if ctx.contain("intake", id.parse().ok(), taken)? {
            done = done.saturating_add(1);
        }
    }
    Ok(done)
}

fn look_up(ctx: &Ctx, id: &str, silent: &mut BTreeSet<ChainId>) -> Result<bool, Fault> {
    let Some(row) = ctx.db.read(|conn| inbox::order(conn, id))? else { return Ok(false) };
    take_up(ctx, &row, silent)
}

/// Settles one order; `false` if it has to wait. A chain whose provider did not serve is noted as
/// silent, and not asked again in this round.
fn take_up(ctx: &Ctx, row: &OrderRow, silent: &mut BTreeSet<ChainId>) -> Result<bool, Fault> {
    let Some(id) = check::identity(row) else {
        // There is no order to write an event about.
        let shown: String = row.id.chars().filter(char::is_ascii_hexdigit).take(32).collect();
        ctx.alarm("order", None, format!("an order row cannot be read: {shown}"))?;
        return Ok(false);
    };
    let Some(chain) = ctx.chains.get(&id.asset.chain) else {
        return reject(ctx, id, "the chain is not served");
    };
    let known = Known {
        now: ctx.now(),
        commission_wallet: chain.commission_wallet,
        resolver_wallet: chain.resolver_wallet,
        gas_wallet: ctx.keys.gas_wallet(ctx.generation)?,
    };
    let judged = ctx.db.read(|conn| check::terms(conn, row, &id, &known))?;
    let terms = match judged {
        Err(reason) => return reject(ctx, id, reason),
        Ok(_) if known.now > id.expires_at => return expire(ctx, id),
        Ok(terms) => terms,
    };
    if silent.contains(&id.asset.chain) {
        return Ok(false);
    }
    match issue(ctx, &chain.client, &id, terms) {
        Err(Fault::Chain(fault)) => {
            tracing::warn!(order = %id.order, %fault, "no address can be issued now");
            silent.insert(id.asset.chain);
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
    if ledger::state(tx, id.order)?.is_some() {
        return Ok(false);
    }
    book::append(tx, &mut fresh(id, now), note, now)?;
    Ok(true)
}

/// Finds the next address that nobody has used and seals the order to it.
fn issue(ctx: &Ctx, client: &Client, id: &Identity, terms: Terms) -> Result<bool, Fault> {
    for _ in 0..BURNT_MAX {
        let generation = ctx.generation;
        let index = ctx.db.read(|conn| ledger::next_index(conn, ORDERS, generation))?;
        let address = ctx.keys.address(generation, index)?;
        let is_virgin = is_virgin(client, address, id.asset.token)?;
        let used = Derivation {
            purpose: ORDERS,
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

/// Uses up the index of an address that somebody has used already.
fn burn(ctx: &Ctx, used: Derivation) -> Result<(), Fault> {
    let message =
        format!("{} was in use before it was issued; its index is passed over", used.address);
    ctx.write("burn-index", move |tx| {
        ledger::derive(tx, &used)?;
        ctx::alarm(tx, "index", None, &message, used.issued_at)
    })?;
    Ok(())
}

/// Index, seal, event and state in one write. None if the index was taken meanwhile.
fn seal(ctx: &Ctx, id: Identity, used: Derivation, terms: Terms) -> Result<Option<bool>, Fault> {
    let now = used.issued_at;
    let sealed = ctx.keys.seal().seal(&terms, now).map_err(|e| Fault::Key(e.to_string()))?;
    ctx.write("seal", move |tx| {
        if ledger::state(tx, id.order)?.is_some() {
            return Ok(false);
        }
        ledger::derive(tx, &used)?;
        ledger::seal(tx, &sealed)?;
        let mut state = State { address: Some(used.address), ..fresh(&id, now) };
        let comment = format!("Pay to {}.", used.address);
        let note = Note::new(EventKind::AddressIssued, EventActor::Escrow, comment);
        book::append(tx, &mut state, note, now)?;
        Ok(true)
    })
}
