//! Payouts that wait for somebody, what may be changed about them while they do, and what the
//! operator asks of escrow about them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use domain::seal::hex;
use domain::settle::PayoutKind;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::payouts::{Leg, LegState, PayoutState, hash};
use crate::schema::{alarms, legs, order_state, payout_requests, payouts};

const HELD: &str = PayoutState::Held.as_str();
const OPEN: &str = "open";

/// A payout that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The order.
    pub order: OrderId,
    /// 0 for the order's decision.
    pub case: i32,
    /// What it is for.
    pub kind: PayoutKind,
    /// Why it waits.
    pub reason: String,
    /// Who can help it on: `buyer`, `vendor`, `issuer` of the token, `escrow` or `operator`.
    pub owner: String,
    /// Until when that should have been done.
    pub deadline: Option<Time>,
}

/// A chain tx that the operator names, and the payout that it shall have paid; or the wish to try
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The order.
    pub order: OrderId,
    /// The payout.
    pub case: i32,
    /// Number within the payout.
    pub seq: i32,
    /// The chain tx.
    pub tx_hash: Option<[u8; 32]>,
}

/// Lets a payout that is not done wait for `owner` until `deadline`; says whether it does.
pub fn hold(
    tx: &mut EscrowTx<'_>,
    (order, case): (OrderId, i32),
    (reason, owner): (&str, &str),
    deadline: Time,
) -> Result<bool, DbError> {
    let changed = diesel::update(payouts::table.find((order.to_string(), case)))
        .filter(payouts::state.ne(PayoutState::Done.as_str()))
        .set((
            payouts::state.eq(HELD),
            payouts::held_reason.eq(reason),
            payouts::held_owner.eq(owner),
            payouts::held_deadline.eq(codec::stamp(deadline)),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

/// Lets a held payout go on.
pub fn resume(tx: &mut EscrowTx<'_>, order: OrderId, case: i32) -> Result<(), DbError> {
    diesel::update(payouts::table.find((order.to_string(), case)))
        .filter(payouts::state.eq(HELD))
        .set((
            payouts::state.eq(PayoutState::Planned.as_str()),
            payouts::held_reason.eq(None::<String>),
            payouts::held_owner.eq(None::<String>),
            payouts::held_deadline.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.conn())?;
    Ok(())
}

type Columns = (String, i32, String, Option<String>, Option<String>, Option<NaiveDateTime>);
const COLUMNS: (
    payouts::order_id,
    payouts::case_no,
    payouts::kind,
    payouts::held_reason,
    payouts::held_owner,
    payouts::held_deadline,
) = (
    payouts::order_id,
    payouts::case_no,
    payouts::kind,
    payouts::held_reason,
    payouts::held_owner,
    payouts::held_deadline,
);

/// A row of the columns above.
pub(crate) fn read((order, case, kind, reason, owner, deadline): Columns) -> Result<Held, DbError> {
    Ok(Held {
        order: codec::parsed("payouts.order_id", &order)?,
        case,
        kind: codec::parsed("payouts.kind", &kind)?,
        reason: reason.unwrap_or_default(),
        owner: owner.unwrap_or_else(|| "operator".to_owned()),
        deadline: deadline.map(codec::time),
    })
}

/// The held payout of an order, of the earliest case if there are several.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<Held>, DbError> {
    let found: Option<Columns> = payouts::table
        .filter(payouts::order_id.eq(order.to_string()))
        .filter(payouts::state.eq(HELD))
        .order(payouts::case_no)
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    found.map(read).transpose()
}

/// One payout, if it is held.
pub fn one(conn: &mut Conn, order: OrderId, case: i32) -> Result<Option<Held>, DbError> {
    let found: Option<Columns> = payouts::table
        .find((order.to_string(), case))
        .filter(payouts::state.eq(HELD))
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    found.map(read).transpose()
}

/// Held payouts that are over their time at `now` and of which no alarm of this kind was raised
/// since, the longest over it first. What the issuer of a token holds up is left out: it is tried
/// again by itself.
pub fn late(conn: &mut Conn, (now, alarm): (Time, &str), limit: i64) -> Result<Vec<Held>, DbError> {
    let told = alarms::table
        .filter(alarms::order_id.eq(payouts::order_id.nullable()))
        .filter(alarms::kind.eq(alarm.to_owned()))
        .filter(alarms::raised_at.nullable().ge(payouts::held_deadline));
    let found: Vec<Columns> = payouts::table
        .filter(payouts::state.eq(HELD))
        .filter(payouts::held_deadline.le(codec::stamp(now)))
        .filter(payouts::held_owner.is_null().or(payouts::held_owner.ne("issuer")))
        .filter(diesel::dsl::not(diesel::dsl::exists(told)))
        .order((payouts::held_deadline, payouts::order_id, payouts::case_no))
        .limit(limit)
        .select(COLUMNS)
        .load(conn)?;
    found.into_iter().map(read).collect()
}

/// The held payouts, the longest waiting first.
pub fn all(conn: &mut Conn, limit: i64) -> Result<Vec<Held>, DbError> {
    let found: Vec<Columns> = payouts::table
        .filter(payouts::state.eq(HELD))
        .order((payouts::planned_at, payouts::order_id, payouts::case_no))
        .limit(limit)
        .select(COLUMNS)
        .load(conn)?;
    found.into_iter().map(read).collect()
}

/// Orders about which nothing moves, with the reason.
pub fn frozen(conn: &mut Conn, limit: i64) -> Result<Vec<(OrderId, String)>, DbError> {
    let found: Vec<(String, Option<String>)> = order_state::table
        .filter(order_state::held_reason.is_not_null())
        .order((order_state::updated_at, order_state::order_id))
        .limit(limit)
        .select((order_state::order_id, order_state::held_reason))
        .load(conn)?;
    let read = |(order, why): (String, Option<String>)| {
        Ok((codec::parsed("order_state.order_id", &order)?, why.unwrap_or_default()))
    };
    found.into_iter().map(read).collect()
}

/// Gives a planned leg another payee, sum or gas limit; says whether it was still planned.
pub fn alter(tx: &mut EscrowTx<'_>, leg: &Leg) -> Result<bool, DbError> {
    let gas: i64 = codec::column("legs.gas_limit", leg.gas_limit)?;
    let changed = diesel::update(legs::table.find((leg.order.to_string(), leg.case, leg.leg)))
        .filter(legs::state.eq(LegState::Planned.as_str()))
        .set((
            legs::to_address.eq(leg.to.to_string()),
            legs::amount.eq(codec::amount_text(leg.amount)),
            legs::gas_limit.eq(gas),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

/// Sets what a payout keeps for fees.
pub fn reserve(
    tx: &mut EscrowTx<'_>,
    (order, case): (OrderId, i32),
    sum: Amount,
) -> Result<(), DbError> {
    diesel::update(payouts::table.find((order.to_string(), case)))
        .set(payouts::fee_reserve.eq(codec::amount_text(sum)))
        .execute(tx.conn())?;
    Ok(())
}

/// Asks escrow to look at a held payout at once, or to take down the chain tx `tx_hash` as what paid
/// a leg of it. Only the operator's command line does so.
pub fn ask(
    tx: &mut EscrowTx<'_>,
    (order, case): (OrderId, i32),
    tx_hash: Option<[u8; 32]>,
    at: Time,
) -> Result<(), DbError> {
    let last: Option<i32> = payout_requests::table
        .filter(payout_requests::order_id.eq(order.to_string()))
        .filter(payout_requests::case_no.eq(case))
        .select(diesel::dsl::max(payout_requests::seq))
        .first(tx.conn())?;
    diesel::insert_into(payout_requests::table)
        .values((
            payout_requests::order_id.eq(order.to_string()),
            payout_requests::case_no.eq(case),
            payout_requests::seq.eq(last.unwrap_or_default().saturating_add(1)),
            payout_requests::tx_hash.eq(tx_hash.map(|hash| hex(&hash))),
            payout_requests::state.eq(OPEN),
            payout_requests::outcome.eq(""),
            payout_requests::asked_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What the operator asked about payouts of a chain and escrow has not answered, oldest first.
pub fn asked(conn: &mut Conn, chain: ChainId, limit: i64) -> Result<Vec<Ask>, DbError> {
    let chain: i64 = codec::column("order_state.chain_id", chain.get())?;
    let found: Vec<(String, i32, i32, Option<String>)> = payout_requests::table
        .inner_join(order_state::table.on(order_state::order_id.eq(payout_requests::order_id)))
        .filter(payout_requests::state.eq(OPEN))
        .filter(order_state::chain_id.eq(chain))
        .order((payout_requests::asked_at, payout_requests::order_id, payout_requests::seq))
        .limit(limit)
        .select((
            payout_requests::order_id,
            payout_requests::case_no,
            payout_requests::seq,
            payout_requests::tx_hash,
        ))
        .load(conn)?;
    let read = |(order, case, seq, tx_hash): (String, i32, i32, Option<String>)| {
        Ok(Ask {
            order: codec::parsed("payout_requests.order_id", &order)?,
            case,
            seq,
            tx_hash: tx_hash.map(|text| hash("payout_requests.tx_hash", &text)).transpose()?,
        })
    };
    found.into_iter().map(read).collect()
}

/// Answers the operator with a sentence: it was done, or why not.
pub fn answer(
    tx: &mut EscrowTx<'_>,
    ask: &Ask,
    outcome: Result<&str, &str>,
    at: Time,
) -> Result<(), DbError> {
    let state = if outcome.is_ok() { "done" } else { "refused" };
    let said = outcome.unwrap_or_else(|why| why);
    diesel::update(payout_requests::table.find((ask.order.to_string(), ask.case, ask.seq)))
        .filter(payout_requests::state.eq(OPEN))
        .set((
            payout_requests::state.eq(state),
            payout_requests::outcome.eq(said),
            payout_requests::answered_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What was last asked about a payout: `open`, `done` or `refused`, and escrow's sentence.
pub fn last_asked(
    conn: &mut Conn,
    order: OrderId,
    case: i32,
) -> Result<Option<(String, String)>, DbError> {
    payout_requests::table
        .filter(payout_requests::order_id.eq(order.to_string()))
        .filter(payout_requests::case_no.eq(case))
        .order(payout_requests::seq.desc())
        .select((payout_requests::state, payout_requests::outcome))
        .first(conn)
        .optional()
        .map_err(DbError::from)
}
