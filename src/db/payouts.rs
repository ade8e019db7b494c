//! Payouts: announcements, plans, legs, signed attempts and receipts.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use domain::seal::{hex, unhex};
use domain::settle::{LegRole, PayoutKind};

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{chain_attempts, legs, payout_holds, payouts, receipts};

/// The announcement before a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The order.
    pub order: OrderId,
    /// Number within the order.
    pub seq: i32,
    /// What is to be planned.
    pub kind: PayoutKind,
    /// The intent that asks for it.
    pub intent: Option<i32>,
    /// When it was announced.
    pub held_at: Time,
}

/// A payout as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// The order.
    pub order: OrderId,
    /// 0 for the order's decision.
    pub case: i32,
    /// What it is for.
    pub kind: PayoutKind,
    /// `planned`, `done` or `held`.
    pub state: PayoutState,
    /// Credited total that it settles up to.
    pub watermark: Amount,
    /// What it divides.
    pub available: Amount,
    /// Kept for fees.
    pub fee_reserve: Amount,
    /// Why it is held.
    pub held_reason: Option<String>,
    /// When it was planned.
    pub planned_at: Time,
}

/// Where a payout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutState {
    /// On its way.
    Planned,
    /// All legs are final.
    Done,
    /// Waits for somebody.
    Held,
}

impl PayoutState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Held => "held",
        }
    }

    fn read(text: &str) -> Result<Self, DbError> {
        [Self::Planned, Self::Done, Self::Held]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| codec::corrupt("payouts.state", "not a state"))
    }
}

/// Where a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegState {
    /// Nonce, destination and amount stand.
    Planned,
    /// Signed bytes are stored.
    Signed,
    /// In a block that is not final.
    Seen,
    /// In a final block.
    Final,
    /// Failed in a final block; the nonce is used up.
    Reverted,
}

impl LegState {
    const ALL: [Self; 5] = [Self::Planned, Self::Signed, Self::Seen, Self::Final, Self::Reverted];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Signed => "signed",
            Self::Seen => "seen",
            Self::Final => "final",
            Self::Reverted => "reverted",
        }
    }

    fn read(text: &str) -> Result<Self, DbError> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| codec::corrupt("legs.state", "not a state"))
    }

    /// Whether signed bytes may be about that no final block has settled.
    pub const fn is_in_flight(self) -> bool {
        matches!(self, Self::Signed | Self::Seen)
    }
}

/// One destination of a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The order.
    pub order: OrderId,
    /// The payout.
    pub case: i32,
    /// Number within the payout.
    pub leg: i32,
    /// Whom it pays.
    pub role: LegRole,
    /// Where.
    pub to: EvmAddress,
    /// What arrives there.
    pub amount: Amount,
    /// The chain.
    pub chain: ChainId,
    /// The escrow address.
    pub from: EvmAddress,
    /// Fixed for ever.
    pub nonce: u64,
    /// Most gas that it may use.
    pub gas_limit: u64,
    /// Most base units that it may pay for one gas.
    pub fee_ceiling: Amount,
    /// Where it stands.
    pub state: LegState,
    /// The chain tx that was signed last, seen or final.
    pub tx_hash: Option<[u8; 32]>,
    /// The block that it was seen in.
    pub block_hash: Option<[u8; 32]>,
    /// Since when it stands there.
    pub state_at: Time,
}

/// One signed chain tx of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Number within the leg.
    pub attempt: i32,
    /// Its hash.
    pub tx_hash: [u8; 32],
    /// The signed bytes.
    pub raw: Vec<u8>,
    /// Most base units for one gas.
    pub max_fee: Amount,
    /// Most of it for the block's maker.
    pub max_tip: Amount,
    /// When it was signed.
    pub signed_at: Time,
}

/// Proof of a final chain tx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its hash.
    pub tx_hash: [u8; 32],
    /// What the chain took for it.
    pub fee_paid: Amount,
    /// Whether the money arrived.
    pub succeeded: bool,
    /// The final block.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: [u8; 32],
    /// Its time.
    pub block_at: Time,
    /// When it was recorded.
    pub recorded_at: Time,
}

fn hash(column: &str, text: &str) -> Result<[u8; 32], DbError> {
    unhex(text).ok_or_else(|| codec::corrupt(column, "not a hash"))
}

fn key(leg: &Leg) -> (String, i32, i32) {
    (leg.order.to_string(), leg.case, leg.leg)
}

type HoldColumns = (String, i32, String, Option<i32>, NaiveDateTime);
const HOLD: (
    payout_holds::order_id,
    payout_holds::seq,
    payout_holds::kind,
    payout_holds::intent_n,
    payout_holds::held_at,
) = (
    payout_holds::order_id,
    payout_holds::seq,
    payout_holds::kind,
    payout_holds::intent_n,
    payout_holds::held_at,
);

fn hold_of((order, seq, kind, intent, at): HoldColumns) -> Result<Hold, DbError> {
    Ok(Hold {
        order: codec::parsed("payout_holds.order_id", &order)?,
        seq,
        kind: codec::parsed("payout_holds.kind", &kind)?,
        intent,
        held_at: codec::time(at),
    })
}

/// Announces a payout of case 0 under the order's next number.
pub fn announce(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    kind: PayoutKind,
    intent: Option<i32>,
    at: Time,
) -> Result<Hold, DbError> {
    let last: Option<i32> = payout_holds::table
        .filter(payout_holds::order_id.eq(order.to_string()))
        .select(diesel::dsl::max(payout_holds::seq))
        .first(tx.conn())?;
    let seq = last.unwrap_or_default().saturating_add(1);
    diesel::insert_into(payout_holds::table)
        .values((
            payout_holds::order_id.eq(order.to_string()),
            payout_holds::seq.eq(seq),
            payout_holds::case_no.eq(0),
            payout_holds::kind.eq(kind.as_str()),
            payout_holds::intent_n.eq(intent),
            payout_holds::state.eq("held"),
            payout_holds::held_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(Hold { order, seq, kind, intent, held_at: at })
}

/// The open announcement of an order.
pub fn open_hold(conn: &mut Conn, order: OrderId) -> Result<Option<Hold>, DbError> {
    let found: Option<HoldColumns> = payout_holds::table
        .filter(payout_holds::order_id.eq(order.to_string()))
        .filter(payout_holds::state.eq("held"))
        .order(payout_holds::seq)
        .select(HOLD)
        .first(conn)
        .optional()?;
    found.map(hold_of).transpose()
}

/// All open announcements, oldest first.
pub fn open_holds(conn: &mut Conn, limit: i64) -> Result<Vec<Hold>, DbError> {
    let found: Vec<HoldColumns> = payout_holds::table
        .filter(payout_holds::state.eq("held"))
        .order(payout_holds::held_at)
        .limit(limit)
        .select(HOLD)
        .load(conn)?;
    found.into_iter().map(hold_of).collect()
}

/// Closes an open announcement; says whether it was still open.
pub fn settle(
    tx: &mut EscrowTx<'_>,
    hold: &Hold,
    planned: bool,
    at: Time,
) -> Result<bool, DbError> {
    let row = payout_holds::table.find((hold.order.to_string(), hold.seq));
    let changed = diesel::update(row)
        .filter(payout_holds::state.eq("held"))
        .set((
            payout_holds::state.eq(if planned { "planned" } else { "withdrawn" }),
            payout_holds::settled_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

type PayoutColumns =
    (String, i32, String, String, String, String, String, Option<String>, NaiveDateTime);
const PAYOUT: (
    payouts::order_id,
    payouts::case_no,
    payouts::kind,
    payouts::state,
    payouts::watermark,
    payouts::available,
    payouts::fee_reserve,
    payouts::held_reason,
    payouts::planned_at,
) = (
    payouts::order_id,
    payouts::case_no,
    payouts::kind,
    payouts::state,
    payouts::watermark,
    payouts::available,
    payouts::fee_reserve,
    payouts::held_reason,
    payouts::planned_at,
);

fn payout_of(columns: PayoutColumns) -> Result<Payout, DbError> {
    let (order, case, kind, state, watermark, available, reserve, held_reason, planned) = columns;
    Ok(Payout {
        order: codec::parsed("payouts.order_id", &order)?,
        case,
        kind: codec::parsed("payouts.kind", &kind)?,
        state: PayoutState::read(&state)?,
        watermark: codec::amount("payouts.watermark", &watermark)?,
        available: codec::amount("payouts.available", &available)?,
        fee_reserve: codec::amount("payouts.fee_reserve", &reserve)?,
        held_reason,
        planned_at: codec::time(planned),
    })
}

/// Stores a payout; a second one of the same case fails with [`DbError::Unique`].
pub fn insert(tx: &mut EscrowTx<'_>, payout: &Payout) -> Result<(), DbError> {
    diesel::insert_into(payouts::table)
        .values((
            payouts::order_id.eq(payout.order.to_string()),
            payouts::case_no.eq(payout.case),
            payouts::kind.eq(payout.kind.as_str()),
            payouts::state.eq(payout.state.as_str()),
            payouts::watermark.eq(codec::amount_text(payout.watermark)),
            payouts::available.eq(codec::amount_text(payout.available)),
            payouts::fee_reserve.eq(codec::amount_text(payout.fee_reserve)),
            payouts::planned_at.eq(codec::stamp(payout.planned_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Lets a payout wait for the operator until `deadline`.
pub fn hold(
    tx: &mut EscrowTx<'_>,
    payout: &Payout,
    reason: &str,
    deadline: Time,
) -> Result<(), DbError> {
    diesel::update(payouts::table.find((payout.order.to_string(), payout.case)))
        .set((
            payouts::state.eq(PayoutState::Held.as_str()),
            payouts::held_reason.eq(reason),
            payouts::held_owner.eq("operator"),
            payouts::held_deadline.eq(codec::stamp(deadline)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Lets a held payout go on.
pub fn resume(tx: &mut EscrowTx<'_>, order: OrderId, case: i32) -> Result<(), DbError> {
    diesel::update(payouts::table.find((order.to_string(), case)))
        .filter(payouts::state.eq(PayoutState::Held.as_str()))
        .set((
            payouts::state.eq(PayoutState::Planned.as_str()),
            payouts::held_reason.eq(None::<String>),
            payouts::held_owner.eq(None::<String>),
            payouts::held_deadline.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends a payout.
pub fn finish(tx: &mut EscrowTx<'_>, order: OrderId, case: i32, at: Time) -> Result<(), DbError> {
    diesel::update(payouts::table.find((order.to_string(), case)))
        .set((
            payouts::state.eq(PayoutState::Done.as_str()),
            payouts::held_reason.eq(None::<String>),
            payouts::held_owner.eq(None::<String>),
            payouts::held_deadline.eq(None::<NaiveDateTime>),
            payouts::done_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The payouts of an order, case 0 first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Payout>, DbError> {
    let found: Vec<PayoutColumns> = payouts::table
        .filter(payouts::order_id.eq(order.to_string()))
        .order(payouts::case_no)
        .select(PAYOUT)
        .load(conn)?;
    found.into_iter().map(payout_of).collect()
}

/// Payouts that are not done, oldest first.
pub fn open(conn: &mut Conn, limit: i64) -> Result<Vec<Payout>, DbError> {
    let found: Vec<PayoutColumns> = payouts::table
        .filter(payouts::state.eq_any(["planned", "held"]))
        .order(payouts::planned_at)
        .limit(limit)
        .select(PAYOUT)
        .load(conn)?;
    found.into_iter().map(payout_of).collect()
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = legs)]
struct LegRow {
    order_id: String,
    case_no: i32,
    leg: i32,
    role: String,
    to_address: String,
    amount: String,
    chain_id: i64,
    from_address: String,
    nonce: i64,
    gas_limit: i64,
    fee_ceiling: String,
    state: String,
    tx_hash: Option<String>,
    block_hash: Option<String>,
    state_at: NaiveDateTime,
}

impl TryFrom<LegRow> for Leg {
    type Error = DbError;

    fn try_from(row: LegRow) -> Result<Self, DbError> {
        let chain: u64 = codec::number("legs.chain_id", row.chain_id)?;
        Ok(Self {
            order: codec::parsed("legs.order_id", &row.order_id)?,
            case: row.case_no,
            leg: row.leg,
            role: codec::parsed("legs.role", &row.role)?,
            to: codec::parsed("legs.to_address", &row.to_address)?,
            amount: codec::amount("legs.amount", &row.amount)?,
            chain: ChainId::from(chain),
            from: codec::parsed("legs.from_address", &row.from_address)?,
            nonce: codec::number("legs.nonce", row.nonce)?,
            gas_limit: codec::number("legs.gas_limit", row.gas_limit)?,
            fee_ceiling: codec::amount("legs.fee_ceiling", &row.fee_ceiling)?,
            state: LegState::read(&row.state)?,
            tx_hash: row.tx_hash.map(|text| hash("legs.tx_hash", &text)).transpose()?,
            block_hash: row.block_hash.map(|text| hash("legs.block_hash", &text)).transpose()?,
            state_at: codec::time(row.state_at),
        })
    }
}

/// Stores a leg; a nonce that is taken fails with [`DbError::Unique`].
pub fn insert_leg(tx: &mut EscrowTx<'_>, leg: &Leg) -> Result<(), DbError> {
    let row = LegRow {
        order_id: leg.order.to_string(),
        case_no: leg.case,
        leg: leg.leg,
        role: leg.role.to_string(),
        to_address: leg.to.to_string(),
        amount: codec::amount_text(leg.amount),
        chain_id: codec::column("legs.chain_id", leg.chain.get())?,
        from_address: leg.from.to_string(),
        nonce: codec::column("legs.nonce", leg.nonce)?,
        gas_limit: codec::column("legs.gas_limit", leg.gas_limit)?,
        fee_ceiling: codec::amount_text(leg.fee_ceiling),
        state: leg.state.as_str().to_owned(),
        tx_hash: leg.tx_hash.map(|hash| hex(&hash)),
        block_hash: leg.block_hash.map(|hash| hex(&hash)),
        state_at: codec::stamp(leg.state_at),
    };
    diesel::insert_into(legs::table).values(&row).execute(tx.conn())?;
    Ok(())
}

/// Moves a leg to where `leg` says it stands, if it still stands at `from`; says whether it did.
pub fn move_leg(tx: &mut EscrowTx<'_>, leg: &Leg, from: LegState) -> Result<bool, DbError> {
    let changed = diesel::update(legs::table.find(key(leg)))
        .filter(legs::state.eq(from.as_str()))
        .set((
            legs::state.eq(leg.state.as_str()),
            legs::tx_hash.eq(leg.tx_hash.map(|hash| hex(&hash))),
            legs::block_hash.eq(leg.block_hash.map(|hash| hex(&hash))),
            legs::state_at.eq(codec::stamp(leg.state_at)),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

/// The legs of a payout in the order of their nonces.
pub fn legs_of(conn: &mut Conn, order: OrderId, case: i32) -> Result<Vec<Leg>, DbError> {
    let rows: Vec<LegRow> = legs::table
        .filter(legs::order_id.eq(order.to_string()))
        .filter(legs::case_no.eq(case))
        .order(legs::leg)
        .select(LegRow::as_select())
        .load(conn)?;
    rows.into_iter().map(Leg::try_from).collect()
}

/// The nonce that the next leg of an address takes: as many as it has legs.
pub fn next_nonce(conn: &mut Conn, chain: ChainId, from: EvmAddress) -> Result<u64, DbError> {
    let chain: i64 = codec::column("legs.chain_id", chain.get())?;
    let count: i64 = legs::table
        .filter(legs::chain_id.eq(chain))
        .filter(legs::from_address.eq(from.to_string()))
        .count()
        .get_result(conn)?;
    codec::number("legs.nonce", count)
}

/// Whether signed bytes of an order may be about that no final block has settled.
pub fn in_flight(conn: &mut Conn, order: OrderId) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(
        legs::table
            .filter(legs::order_id.eq(order.to_string()))
            .filter(legs::state.eq_any(["signed", "seen"])),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}

type AttemptColumns = (i32, String, Vec<u8>, String, String, NaiveDateTime);

/// The signed chain txs of a leg, the first one first.
pub fn attempts(conn: &mut Conn, leg: &Leg) -> Result<Vec<Attempt>, DbError> {
    let found: Vec<AttemptColumns> = chain_attempts::table
        .filter(chain_attempts::order_id.eq(leg.order.to_string()))
        .filter(chain_attempts::case_no.eq(leg.case))
        .filter(chain_attempts::leg.eq(leg.leg))
        .order(chain_attempts::attempt)
        .select((
            chain_attempts::attempt,
            chain_attempts::tx_hash,
            chain_attempts::raw,
            chain_attempts::max_fee,
            chain_attempts::max_tip,
            chain_attempts::signed_at,
        ))
        .load(conn)?;
    found
        .into_iter()
        .map(|(attempt, tx_hash, raw, max_fee, max_tip, at)| {
            Ok(Attempt {
                attempt,
                tx_hash: hash("chain_attempts.tx_hash", &tx_hash)?,
                raw,
                max_fee: codec::amount("chain_attempts.max_fee", &max_fee)?,
                max_tip: codec::amount("chain_attempts.max_tip", &max_tip)?,
                signed_at: codec::time(at),
            })
        })
        .collect()
}

/// Stores signed bytes. The same number twice fails with [`DbError::Unique`].
pub fn insert_attempt(tx: &mut EscrowTx<'_>, leg: &Leg, attempt: &Attempt) -> Result<(), DbError> {
    diesel::insert_into(chain_attempts::table)
        .values((
            chain_attempts::order_id.eq(leg.order.to_string()),
            chain_attempts::case_no.eq(leg.case),
            chain_attempts::leg.eq(leg.leg),
            chain_attempts::attempt.eq(attempt.attempt),
            chain_attempts::tx_hash.eq(hex(&attempt.tx_hash)),
            chain_attempts::raw.eq(&attempt.raw),
            chain_attempts::max_fee.eq(codec::amount_text(attempt.max_fee)),
            chain_attempts::max_tip.eq(codec::amount_text(attempt.max_tip)),
            chain_attempts::signed_at.eq(codec::stamp(attempt.signed_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Stores a receipt; one of the same chain tx twice fails with [`DbError::Unique`].
pub fn insert_receipt(tx: &mut EscrowTx<'_>, leg: &Leg, receipt: &Receipt) -> Result<(), DbError> {
    let chain: i64 = codec::column("receipts.chain_id", leg.chain.get())?;
    let block: i64 = codec::column("receipts.block_number", receipt.block_number)?;
    diesel::insert_into(receipts::table)
        .values((
            receipts::chain_id.eq(chain),
            receipts::tx_hash.eq(hex(&receipt.tx_hash)),
            receipts::order_id.eq(leg.order.to_string()),
            receipts::case_no.eq(leg.case),
            receipts::leg.eq(leg.leg),
            receipts::role.eq(leg.role.as_str()),
            receipts::to_address.eq(leg.to.to_string()),
            receipts::amount.eq(codec::amount_text(leg.amount)),
            receipts::fee_paid.eq(codec::amount_text(receipt.fee_paid)),
            receipts::succeeded.eq(receipt.succeeded),
            receipts::block_number.eq(block),
            receipts::block_hash.eq(hex(&receipt.block_hash)),
            receipts::block_at.eq(codec::stamp(receipt.block_at)),
            receipts::recorded_at.eq(codec::stamp(receipt.recorded_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What left an order's address for good at or before a block: sums and fees.
pub fn spent(conn: &mut Conn, order: OrderId, block: u64) -> Result<Amount, DbError> {
    let block: i64 = codec::column("receipts.block_number", block)?;
    let rows: Vec<(String, String, bool)> = receipts::table
        .filter(receipts::order_id.eq(order.to_string()))
        .filter(receipts::block_number.le(block))
        .select((receipts::amount, receipts::fee_paid, receipts::succeeded))
        .load(conn)?;
    let mut parts = Vec::new();
    for (amount, fee, succeeded) in rows {
        parts.push(codec::amount("receipts.fee_paid", &fee)?);
        if succeeded {
            parts.push(codec::amount("receipts.amount", &amount)?);
        }
    }
    Amount::sum(parts).ok_or_else(|| codec::corrupt("receipts", "the sum is too large"))
}
