//! Payouts as planned, and their legs.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::asset::Asset;
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
use crate::holds::Share;
use crate::schema::{legs, order_state, payouts, strays};
use crate::tokens::pays_a_stray;

/// A payout as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// The order.
    pub order: OrderId,
    /// 0 for the order's decision.
    pub case: i32,
    /// What it is for.
    pub kind: PayoutKind,
    /// How it divides, where it is a split.
    pub share: Option<Share>,
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
    pub(crate) const fn as_str(self) -> &'static str {
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
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Signed => "signed",
            Self::Seen => "seen",
            Self::Final => "final",
            Self::Reverted => "reverted",
        }
    }

    fn read(text: &str) -> Result<Self, DbError> {
        [Self::Planned, Self::Signed, Self::Seen, Self::Final, Self::Reverted]
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
    /// What it pays in.
    pub asset: Asset,
    /// Whether a token's leg is a transfer by the escrow address itself, which pays its gas.
    pub by_transfer: bool,
    /// The escrow address.
    pub from: EvmAddress,
    /// Fixed for ever: the nonce of its own chain tx; none where the gas wallet carries it.
    pub nonce: Option<u64>,
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

impl Leg {
    /// Whether its chain tx is the escrow address's own, under the leg's nonce.
    pub const fn is_own(&self) -> bool {
        self.asset.token.is_none() || self.by_transfer
    }

    /// The nonce of its own chain tx.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] for a leg that the gas wallet carries.
    pub fn own_nonce(&self) -> Result<u64, DbError> {
        self.nonce.ok_or_else(|| codec::corrupt("legs.nonce", "a leg of its own has none"))
    }
}

pub(crate) fn hash(column: &str, text: &str) -> Result<[u8; 32], DbError> {
    unhex(text).ok_or_else(|| codec::corrupt(column, "not a hash"))
}

fn key(leg: &Leg) -> (String, i32, i32) {
    (leg.order.to_string(), leg.case, leg.leg)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = payouts)]
struct PayoutRow {
    order_id: String,
    case_no: i32,
    kind: String,
    buyer_bps: Option<i32>,
    ruling_n: Option<i32>,
    state: String,
    watermark: String,
    available: String,
    fee_reserve: String,
    held_reason: Option<String>,
    planned_at: NaiveDateTime,
}

impl TryFrom<PayoutRow> for Payout {
    type Error = DbError;

    fn try_from(row: PayoutRow) -> Result<Self, DbError> {
        let kind = codec::parsed("payouts.kind", &row.kind)?;
        Ok(Self {
            order: codec::parsed("payouts.order_id", &row.order_id)?,
            case: row.case_no,
            kind,
            share: Share::read("payouts.buyer_bps", kind, (row.buyer_bps, row.ruling_n))?,
            state: PayoutState::read(&row.state)?,
            watermark: codec::amount("payouts.watermark", &row.watermark)?,
            available: codec::amount("payouts.available", &row.available)?,
            fee_reserve: codec::amount("payouts.fee_reserve", &row.fee_reserve)?,
            held_reason: row.held_reason,
            planned_at: codec::time(row.planned_at),
        })
    }
}

/// Stores a payout; a second one of the same case fails with [`DbError::Unique`].
pub fn insert(tx: &mut EscrowTx<'_>, payout: &Payout) -> Result<(), DbError> {
    let (buyer_bps, ruling_n) = Share::columns(payout.share);
    diesel::insert_into(payouts::table)
        .values((
            payouts::order_id.eq(payout.order.to_string()),
            payouts::case_no.eq(payout.case),
            payouts::kind.eq(payout.kind.as_str()),
            payouts::buyer_bps.eq(buyer_bps),
            payouts::ruling_n.eq(ruling_n),
            payouts::state.eq(payout.state.as_str()),
            payouts::watermark.eq(codec::amount_text(payout.watermark)),
            payouts::available.eq(codec::amount_text(payout.available)),
            payouts::fee_reserve.eq(codec::amount_text(payout.fee_reserve)),
            payouts::planned_at.eq(codec::stamp(payout.planned_at)),
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
    let found: Vec<PayoutRow> = payouts::table
        .filter(payouts::order_id.eq(order.to_string()))
        .order(payouts::case_no)
        .select(PayoutRow::as_select())
        .load(conn)?;
    found.into_iter().map(Payout::try_from).collect()
}

/// One payout.
pub fn by_case(conn: &mut Conn, order: OrderId, case: i32) -> Result<Option<Payout>, DbError> {
    let found: Option<PayoutRow> = payouts::table
        .find((order.to_string(), case))
        .select(PayoutRow::as_select())
        .first(conn)
        .optional()?;
    found.map(Payout::try_from).transpose()
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
    nonce: Option<i64>,
    gas_limit: i64,
    fee_ceiling: String,
    state: String,
    tx_hash: Option<String>,
    block_hash: Option<String>,
    state_at: NaiveDateTime,
    token_address: Option<String>,
    by_transfer: bool,
}

/// What a token is called, and its decimals.
type Named = Option<(String, i32)>;
/// A leg's row, with what its order is paid in and, if it pays in something else, what that is.
type Paid = (LegRow, Named, Named);

impl TryFrom<Paid> for Leg {
    type Error = DbError;

    fn try_from((row, paid_in, other): Paid) -> Result<Self, DbError> {
        let chain = ChainId::from(codec::number::<_, u64>("legs.chain_id", row.chain_id)?);
        let asset = match &row.token_address {
            None => Asset::native_of(chain),
            token => {
                // A leg without its order's state is read as far as it can be.
                let (symbol, decimals) = other.or(paid_in).unwrap_or(("units".to_owned(), 0));
                codec::asset("legs", chain, token.as_deref(), (&symbol, decimals))?
            }
        };
        Ok(Self {
            order: codec::parsed("legs.order_id", &row.order_id)?,
            case: row.case_no,
            leg: row.leg,
            role: codec::parsed("legs.role", &row.role)?,
            to: codec::parsed("legs.to_address", &row.to_address)?,
            amount: codec::amount("legs.amount", &row.amount)?,
            asset,
            by_transfer: row.by_transfer,
            from: codec::parsed("legs.from_address", &row.from_address)?,
            nonce: row.nonce.map(|nonce| codec::number("legs.nonce", nonce)).transpose()?,
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
        chain_id: codec::column("legs.chain_id", leg.asset.chain.get())?,
        from_address: leg.from.to_string(),
        nonce: leg.nonce.map(|nonce| codec::column("legs.nonce", nonce)).transpose()?,
        gas_limit: codec::column("legs.gas_limit", leg.gas_limit)?,
        fee_ceiling: codec::amount_text(leg.fee_ceiling),
        state: leg.state.as_str().to_owned(),
        tx_hash: leg.tx_hash.map(|hash| hex(&hash)),
        block_hash: leg.block_hash.map(|hash| hex(&hash)),
        state_at: codec::stamp(leg.state_at),
        token_address: leg.asset.token.map(|token| token.to_string()),
        by_transfer: leg.by_transfer,
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

/// Whether a leg still stands where `leg` says.
pub fn stands(conn: &mut Conn, leg: &Leg) -> Result<bool, DbError> {
    let now: Option<String> =
        legs::table.find(key(leg)).select(legs::state).first(conn).optional()?;
    Ok(now.as_deref() == Some(leg.state.as_str()))
}

/// The legs of a payout in the order of their nonces.
pub fn legs_of(conn: &mut Conn, order: OrderId, case: i32) -> Result<Vec<Leg>, DbError> {
    let rows: Vec<Paid> = legs::table
        .left_join(order_state::table.on(order_state::order_id.eq(legs::order_id)))
        .left_join(strays::table.on(pays_a_stray()))
        .filter(legs::order_id.eq(order.to_string()))
        .filter(legs::case_no.eq(case))
        .order(legs::leg)
        .select((
            LegRow::as_select(),
            (order_state::token, order_state::decimals).nullable(),
            (strays::symbol, strays::decimals).nullable(),
        ))
        .load(conn)?;
    rows.into_iter().map(Leg::try_from).collect()
}

/// The nonce that the next chain tx of an address takes: as many as its legs have taken.
pub fn next_nonce(conn: &mut Conn, chain: ChainId, from: EvmAddress) -> Result<u64, DbError> {
    let chain: i64 = codec::column("legs.chain_id", chain.get())?;
    let count: i64 = legs::table
        .filter(legs::chain_id.eq(chain))
        .filter(legs::from_address.eq(from.to_string()))
        .filter(legs::nonce.is_not_null())
        .count()
        .get_result(conn)?;
    codec::number("legs.nonce", count)
}
