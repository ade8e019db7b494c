//! Deposits of vendors: taking them up and answering their owners. The money goes the way of all
//! orders' money: watched, credited, announced, planned and sent by the same lanes.

use db::addresses::Purpose;
use db::inbox::Part;
use db::ledger::{self, State};
use db::lodgings::{self, DepositRow};
use db::{Conn, DbError, EscrowTx, clamps, codec, desk, holds, placing, stores, tokens};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::{ChainId, RATE_FRESH};
use domain::clamps::Bound;
use domain::clock::Time;
use domain::deposit::{LIFE, Refusal};
use domain::ids::UserId;
use domain::intent::EventActor;
use domain::limits::MIN_ORDER_FEES;
use domain::money::{Amount, Bps};
use domain::order::{EventKind, OrderStatus};
use domain::seal::{Terms, TokenTerms};
use domain::settle::PayoutKind;
use domain::store::StoreRole;

use super::check::{Identity, Reason};
use super::intake;
use crate::book::{self, Note};
use crate::ctx::{self, Ctx};
use crate::fault::Fault;
use crate::money::plan;

/// Deposits, and wishes about them, in one round.
const ROUND: i64 = 100;

/// Takes up new deposits and answers owners who ask for theirs. Answers how many were moved on.
///
/// # Errors
/// [`Fault`] when the database fails; a deposit whose chain does not answer just waits.
pub fn run_once(ctx: &Ctx) -> Result<u32, Fault> {
    let asked = |conn: &mut Conn, part: Part| lodgings::open_withdrawals(conn, part);
    let answered = ctx.walk("withdrawals", ROUND, asked, |(id, n)| {
        ctx.contain("lodgings", id.parse().ok(), answer(ctx, &id, n))
    })?;
    if plan::is_paused(ctx)? {
        return Ok(answered);
    }
    let unseen = |conn: &mut Conn, part: Part| lodgings::unseen(conn, part);
    let taken = ctx.walk("lodgings", ROUND, unseen, |id| {
        ctx.contain("lodgings", id.parse().ok(), take_up(ctx, &id))
    })?;
    Ok(answered.saturating_add(taken))
}

fn identity(row: &DepositRow) -> Option<Identity> {
    let coin = Asset::native_of(ChainId::from(u64::try_from(row.chain_id).ok()?));
    let token = row.token_address.as_deref().map(str::parse).transpose().ok()?;
    let placed_at = codec::time(row.created_at);
    let symbol = row.token.parse().ok()?;
    Some(Identity {
        order: row.id.parse().ok()?,
        buyer: row.lodged_by.parse().ok()?,
        store: row.store_id.parse().ok()?,
        asset: Asset { token, symbol, decimals: u8::try_from(row.decimals).ok()?, ..coin },
        due: Amount::from_fixed(&row.amount).ok()?,
        placed_at,
        expires_at: placed_at.after(LIFE),
    })
}

fn take_up(ctx: &Ctx, id: &str) -> Result<bool, Fault> {
    let row = ctx.db.read(|conn| lodgings::by_id(conn, id))?;
    let Some((row, id)) = row.and_then(|row| identity(&row).map(|id| (row, id))) else {
        ctx.alarm("deposit", None, "the row of a deposit cannot be read".to_owned())?;
        return Ok(false);
    };
    let Some(chain) = ctx.chains.get(&id.asset.chain) else {
        return reject(ctx, id, "the chain is not served");
    };
    let (now, wallet) = (ctx.now(), ctx.keys.gas_wallet(ctx.generation())?);
    let judged = ctx.db.read(|conn| judge(conn, (&row, &id), (wallet, now)))?;
    let terms = match judged {
        Err(reason) => return reject(ctx, id, reason),
        Ok(None) => return Ok(false),
        Ok(Some(terms)) => Terms { commission_wallet: chain.commission_wallet, ..terms },
    };
    match intake::issue(ctx, &chain.client, &id, terms) {
        Err(Fault::Chain(fault)) => {
            tracing::warn!(deposit = %id.order, %fault, "no address can be issued now");
            Ok(false)
        }
        other => other,
    }
}

fn reject(ctx: &Ctx, id: Identity, reason: Reason) -> Result<bool, Fault> {
    let now = ctx.now();
    let done = ctx.write("reject", move |tx| {
        let state = State { deposit: true, ..intake::fresh(&id, now) };
        let note = Note::new(EventKind::Rejected, EventActor::Escrow, reason);
        if !intake::start(tx, state, note, now)? {
            return Ok(false);
        }
        ctx::alarm(tx, "rejected", Some(id.order), reason, now)?;
        Ok(true)
    })?;
    Ok(done.unwrap_or_default())
}

/// The terms of a deposit but for its address, or why it is refused; nothing where its worth cannot
/// be told now. The return address must be the one that the book pays the store to: a hostile row
/// cannot name another.
fn judge(
    conn: &mut Conn,
    (row, id): (&DepositRow, &Identity),
    (wallet, now): (EvmAddress, Time),
) -> Result<Result<Option<Terms>, Reason>, DbError> {
    if now > id.expires_at {
        return Ok(Err("it is out of date"));
    }
    if stores::role_of(conn, id.store, id.buyer)?.is_none() {
        return Ok(Err("it does not come from a member of the store"));
    }
    let Some(back) = desk::in_force(conn, Purpose::Payout(id.store), now)? else {
        return Ok(Err("the store has no payout address that counts"));
    };
    if back.to_string() != row.return_address {
        return Ok(Err("the return address is not the store's payout address"));
    }
    if back == wallet
        || Some(back) == id.asset.token
        || ledger::derivation_of(conn, back)?.is_some()
    {
        return Ok(Err("the return address is one of escrow's own"));
    }
    let (token, fee) = match paid_in(conn, id)? {
        Ok(known) => known,
        Err(reason) => return Ok(Err(reason)),
    };
    if fee.checked_mul(MIN_ORDER_FEES).is_none_or(|least| id.due < least) {
        return Ok(Err("the amount is below the minimum of the chain"));
    }
    let Some((_, rate)) = placing::newest_rate(conn, id.asset.rate_name())? else {
        return Ok(Ok(None));
    };
    if now.since(rate.fetched_at) > RATE_FRESH {
        return Ok(Ok(None));
    }
    let clamps = clamps::all(conn)?;
    let worth = rate.usd.cents_of(id.due, id.asset.decimals);
    let Some(total) = worth.filter(|worth| worth.get() <= clamps.get(Bound::Order)) else {
        return Ok(Err("the sum is above the limit of this site"));
    };
    if clamps::in_escrow(conn)?.saturating_add(total.get()) > clamps.get(Bound::Open) {
        return Ok(Err("as much is in escrow as this site takes"));
    }
    Ok(Ok(Some(Terms {
        order: id.order,
        buyer: id.buyer,
        store: id.store,
        lines_hash: [0; 32],
        total,
        chain: id.asset.chain,
        token,
        usd: rate.usd,
        due: id.due,
        tolerance: Bps::ZERO,
        // Set when the address is issued.
        escrow: EvmAddress::from_bytes([0; 20]),
        refund: back,
        payout: back,
        // Set from what escrow is told; nothing of a deposit goes there.
        commission_wallet: EvmAddress::from_bytes([0; 20]),
        commission: Bps::ZERO,
        referral: None,
        resolver: None,
        signer: None,
        deposit: true,
        handling_hours: 0,
        inspection_hours: 0,
        placed_at: id.placed_at,
        expires_at: id.expires_at,
    })))
}

type PaidIn = (Option<TokenTerms>, Amount);

/// The asset as escrow knows it, with the fee of a leg.
fn paid_in(conn: &mut Conn, id: &Identity) -> Result<Result<PaidIn, Reason>, DbError> {
    let Some(address) = id.asset.token else {
        if id.asset != Asset::native_of(id.asset.chain) {
            return Ok(Err("the coin is not the chain's"));
        }
        let fee = desk::leg_fee(conn, id.asset.chain)?;
        return Ok(fee.map(|fee| (None, fee)).ok_or("the chain is not one that is served"));
    };
    let known = tokens::by_address(conn, id.asset.chain, address)?;
    let Some(known) = known.filter(|known| known.state != tokens::TokenState::Refused) else {
        return Ok(Err("the token is not one of ours"));
    };
    if known.asset != id.asset {
        return Ok(Err("the token is not what it is called"));
    }
    let (domain, leg_fee) = (known.domain, known.leg_fee);
    let Asset { symbol, decimals, .. } = known.asset;
    Ok(Ok((Some(TokenTerms { address, symbol, decimals, domain, leg_fee }), leg_fee)))
}

/// Whether the wish of a number stands and the deposit may leave by it.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(crate) fn may_leave(
    tx: &mut EscrowTx<'_>,
    state: &State,
    n: i32,
) -> Result<Result<(), Refusal>, Fault> {
    let row = lodgings::withdrawal(tx, &state.order.to_string(), n)?;
    let actor = row.and_then(|row| row.actor_id.parse::<UserId>().ok());
    let role = actor.map(|actor| stores::role_of(tx, state.store, actor)).transpose()?.flatten();
    if role != Some(StoreRole::Owner) {
        return Ok(Err(Refusal::NotOwner));
    }
    if !state.deposit || state.status != OrderStatus::Completed || state.paying {
        return Ok(Err(Refusal::NotLodged));
    }
    if lodgings::is_disputed(tx, state.store)? {
        return Ok(Err(Refusal::Disputed));
    }
    Ok(Ok(()))
}

/// Announces that a deposit leaves, or says why it does not. The numbers of wishes have no gaps, as
/// those of intents.
fn answer(ctx: &Ctx, id: &str, n: i32) -> Result<bool, Fault> {
    let Ok(deposit) = id.parse() else { return Ok(false) };
    let now = ctx.now();
    let moved = ctx.write("withdrawal", move |tx| {
        let Some(mut state) = ledger::state(tx, deposit)? else { return Ok(false) };
        let next = ledger::answered(tx, deposit)?.saturating_add(1);
        let waits = holds::open_hold(tx, deposit)?.is_some();
        if !state.deposit || waits || i64::from(n) != next || state.status == OrderStatus::New {
            return Ok(false);
        }
        match may_leave(tx, &state, n)? {
            Ok(()) => {
                holds::announce(tx, deposit, (PayoutKind::Refund, None), Some(n), now)?;
            }
            Err(refusal) => {
                let why = refusal.to_string();
                ledger::answer(tx, (deposit, n), Some(&why), now)?;
                let note = Note::new(EventKind::IntentRefused, EventActor::Escrow, why);
                book::append(tx, &mut state, note.intent(Some(n)), now)?;
            }
        }
        Ok(true)
    })?;
    ctx.reach("lodgings: announced")?;
    Ok(moved.unwrap_or_default())
}
