//! Rulings: what staff asked for, in web's table, and what escrow made of it, in its own.

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use domain::clock::Time;
use domain::dispute::{self, RulingState};
use domain::ids::{OrderId, UserId};
use domain::money::{Bps, Cents};
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::{EscrowTx, WebTx};
use crate::error::DbError;
use crate::evidence;
use crate::inbox::is_small;
use crate::schema::{dispute_rulings, order_state, payout_holds, rulings};

/// What a staff member asks to rule, as web wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = dispute_rulings)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct RequestRow {
    pub order_id: String,
    pub n: i32,
    pub staff_id: String,
    pub buyer_bps: i32,
    pub reason: String,
    pub request_id: String,
    pub created_at: NaiveDateTime,
}

/// A ruling as escrow keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Number within the order.
    pub n: i32,
    /// Who ruled.
    pub staff: UserId,
    /// What the buyer gets.
    pub buyer: Bps,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub state: RulingState,
    /// It is a second opinion.
    pub second: bool,
    /// Why it waits for a second staff member: `buyer`, `vendor` or `limit`.
    pub contested_by: Option<String>,
    /// The second staff member who agreed.
    pub confirmed_by: Option<UserId>,
    /// The reading of escrow's clock at which its notice is over, in microseconds.
    pub due: i64,
    /// What the order came to.
    pub total: Cents,
    /// When escrow noted it.
    pub noted_at: Time,
}

impl Ruling {
    /// What of it decides about what may come next.
    pub const fn standing(&self) -> dispute::Ruling {
        let Self { n, staff, buyer, state, second, .. } = *self;
        dispute::Ruling { n, staff, buyer, state, second }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = rulings)]
struct RulingRow {
    order_id: String,
    n: i32,
    staff_id: String,
    buyer_bps: i32,
    reason: String,
    state: String,
    second: bool,
    contested_by: Option<String>,
    confirmed_by: Option<String>,
    due_micros: i64,
    cents: i64,
    noted_at: NaiveDateTime,
}

impl TryFrom<RulingRow> for Ruling {
    type Error = DbError;

    fn try_from(row: RulingRow) -> Result<Self, DbError> {
        Ok(Self {
            n: row.n,
            staff: codec::parsed("rulings.staff_id", &row.staff_id)?,
            buyer: codec::bps("rulings.buyer_bps", row.buyer_bps)?,
            reason: row.reason,
            state: codec::parsed("rulings.state", &row.state)?,
            second: row.second,
            contested_by: row.contested_by,
            confirmed_by: codec::parsed_opt("rulings.confirmed_by", row.confirmed_by.as_deref())?,
            due: row.due_micros,
            total: codec::cents("rulings.cents", row.cents)?,
            noted_at: codec::time(row.noted_at),
        })
    }
}

/// Writes what a staff member asks for under the order's next number, which it answers.
pub fn request(tx: &mut WebTx<'_>, row: RequestRow) -> Result<i32, DbError> {
    let last: Option<i32> = dispute_rulings::table
        .filter(dispute_rulings::order_id.eq(&row.order_id))
        .select(diesel::dsl::max(dispute_rulings::n))
        .first(tx.conn())?;
    let n = last.unwrap_or_default().saturating_add(1);
    let row = RequestRow { n, ..row };
    diesel::insert_into(dispute_rulings::table).values(&row).execute(tx.conn())?;
    evidence::note(tx, &row)?;
    Ok(n)
}

/// What a staff member asked for, as web wrote it; none if it is too large.
pub fn requested(conn: &mut Conn, order: OrderId, n: i32) -> Result<Option<RequestRow>, DbError> {
    dispute_rulings::table
        .find((order.to_string(), n))
        .filter(is_small!(dispute_rulings: staff_id buyer_bps reason request_id created_at))
        .select(RequestRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// Stores a ruling; a taken number fails with [`DbError::Unique`].
pub fn insert(tx: &mut EscrowTx<'_>, order: OrderId, ruling: &Ruling) -> Result<(), DbError> {
    let row = RulingRow {
        order_id: order.to_string(),
        n: ruling.n,
        staff_id: ruling.staff.to_string(),
        buyer_bps: ruling.buyer.get().into(),
        reason: ruling.reason.clone(),
        state: ruling.state.to_string(),
        second: ruling.second,
        contested_by: ruling.contested_by.clone(),
        confirmed_by: ruling.confirmed_by.map(|id| id.to_string()),
        due_micros: ruling.due,
        cents: codec::column("rulings.cents", ruling.total.get())?,
        noted_at: codec::stamp(ruling.noted_at),
    };
    diesel::insert_into(rulings::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Moves a ruling to another state.
pub fn set_state(
    tx: &mut EscrowTx<'_>,
    (order, n): (OrderId, i32),
    state: RulingState,
) -> Result<(), DbError> {
    diesel::update(rulings::table.find((order.to_string(), n)))
        .set(rulings::state.eq(state.as_str()))
        .execute(tx.conn())?;
    Ok(())
}

/// Notes who called a second staff member.
pub fn contest(tx: &mut EscrowTx<'_>, ruling: (OrderId, i32), by: &str) -> Result<(), DbError> {
    diesel::update(rulings::table.find((ruling.0.to_string(), ruling.1)))
        .set(rulings::contested_by.eq(by))
        .execute(tx.conn())?;
    set_state(tx, ruling, RulingState::Contested)
}

/// Notes which second staff member agreed.
pub fn confirm(tx: &mut EscrowTx<'_>, ruling: (OrderId, i32), by: UserId) -> Result<(), DbError> {
    diesel::update(rulings::table.find((ruling.0.to_string(), ruling.1)))
        .set(rulings::confirmed_by.eq(by.to_string()))
        .execute(tx.conn())?;
    set_state(tx, ruling, RulingState::Confirmed)
}

/// The rulings of an order, oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Ruling>, DbError> {
    let rows: Vec<RulingRow> = rulings::table
        .filter(rulings::order_id.eq(order.to_string()))
        .order(rulings::n)
        .select(RulingRow::as_select())
        .load(conn)?;
    rows.into_iter().map(Ruling::try_from).collect()
}

/// The last ruling of an order.
pub fn last(conn: &mut Conn, order: OrderId) -> Result<Option<Ruling>, DbError> {
    let row: Option<RulingRow> = rulings::table
        .filter(rulings::order_id.eq(order.to_string()))
        .order(rulings::n.desc())
        .select(RulingRow::as_select())
        .first(conn)
        .optional()?;
    row.map(Ruling::try_from).transpose()
}

/// What a staff member ruled about since a moment, in US cents.
pub fn ruled_since(conn: &mut Conn, staff: UserId, since: Time) -> Result<u64, DbError> {
    let each: Vec<i64> = rulings::table
        .filter(rulings::staff_id.eq(staff.to_string()))
        .filter(rulings::noted_at.gt(codec::stamp(since)))
        .select(rulings::cents)
        .load(conn)?;
    let sum = each.into_iter().fold(0_i64, i64::saturating_add);
    codec::number("rulings.cents", sum)
}

/// Orders with a ruling whose notice is over at the reading `ran` and that waits for nobody, the
/// earliest first.
pub fn due(conn: &mut Conn, ran: i64, limit: i64) -> Result<Vec<OrderId>, DbError> {
    let announced = exists(
        payout_holds::table
            .filter(payout_holds::order_id.eq(rulings::order_id))
            .filter(payout_holds::state.eq("held")),
    );
    let ids: Vec<String> = rulings::table
        .inner_join(order_state::table.on(order_state::order_id.eq(rulings::order_id)))
        .filter(rulings::due_micros.le(ran))
        .filter(
            rulings::state.eq_any([RulingState::Notice.as_str(), RulingState::Confirmed.as_str()]),
        )
        .filter(order_state::status.eq(OrderStatus::Frozen.as_str()))
        .filter(order_state::paying.eq(false))
        .filter(order_state::held_reason.is_null())
        .filter(not(announced))
        .order(rulings::due_micros)
        .limit(limit)
        .select(rulings::order_id)
        .load(conn)?;
    ids.iter().map(|id| codec::parsed("rulings.order_id", id)).collect()
}
