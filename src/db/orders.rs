//! Orders as web writes them: the order, its lines and where the goods go. Rows are never changed,
//! but for the delivery address, which is erased after the end.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::{OrderId, StoreId, UserId};
use domain::order::{Line, OrderStatus};
use domain::policy::Relation;
use domain::user::Role;

use crate::codec;
use crate::conn::{Conn, native};
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{
    order_deliveries, order_lines, order_state, orders, store_users, stores, users,
};

/// An order as it was placed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = orders)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct OrderRow {
    pub id: String,
    pub buyer_id: String,
    pub store_id: String,
    pub chain_id: i64,
    pub token: String,
    pub decimals: i32,
    pub amount: String,
    pub total_cents: i64,
    pub rate_id: String,
    pub rate_usd_micros: i64,
    pub refund_address: String,
    pub commission_bps: i32,
    pub tolerance_bps: i32,
    pub handling_hours: i32,
    pub inspection_hours: i32,
    pub ships: bool,
    pub lines_hash: String,
    pub request_id: String,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
    pub token_address: Option<String>,
    pub leg_fee: Option<String>,
    pub tier: Option<String>,
    pub referrer_id: Option<String>,
    pub referral_bps: Option<i32>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_lines)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct LineRow {
    pub order_id: String,
    pub n: i32,
    pub kind: String,
    pub package_id: Option<String>,
    pub item_id: Option<String>,
    pub title: String,
    pub unit_cents: i64,
    pub quantity: i32,
    pub total_cents: i64,
}

impl LineRow {
    /// The row of the `n`th line of an order.
    pub fn of(order: OrderId, n: usize, line: &Line) -> Result<Self, DbError> {
        Ok(Self {
            order_id: order.to_string(),
            n: codec::column("order_lines.n", n)?,
            kind: line.kind.to_string(),
            package_id: line.package.map(|id| id.to_string()),
            item_id: line.item.map(|id| id.to_string()),
            title: line.title.clone(),
            unit_cents: codec::column("order_lines.unit_cents", line.unit.get())?,
            quantity: codec::column("order_lines.quantity", line.quantity)?,
            total_cents: codec::column("order_lines.total_cents", line.total.get())?,
        })
    }
}

impl TryFrom<LineRow> for Line {
    type Error = DbError;

    fn try_from(row: LineRow) -> Result<Self, DbError> {
        Ok(Self {
            kind: codec::parsed("order_lines.kind", &row.kind)?,
            package: codec::parsed_opt("order_lines.package_id", row.package_id.as_deref())?,
            item: codec::parsed_opt("order_lines.item_id", row.item_id.as_deref())?,
            unit: codec::cents("order_lines.unit_cents", row.unit_cents)?,
            quantity: codec::number("order_lines.quantity", row.quantity)?,
            total: codec::cents("order_lines.total_cents", row.total_cents)?,
            title: row.title,
        })
    }
}

/// The delivery address, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_deliveries)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct DeliveryRow {
    pub order_id: String,
    pub ciphertext: Option<Vec<u8>>,
    pub created_at: NaiveDateTime,
    pub erased_at: Option<NaiveDateTime>,
}

/// An order in a list: of a buyer's purchases or of a store's sales.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRow {
    /// The order.
    pub order: OrderRow,
    /// Name of its store.
    pub store_name: String,
    /// Name of its buyer.
    pub buyer_name: String,
    /// Escrow's status; none as long as no event stands.
    pub status: Option<String>,
    /// A payout is planned.
    pub paying: bool,
    /// Nothing is credited.
    pub unpaid: bool,
    /// Escrow issued an address.
    pub addressed: bool,
    /// Title of its first line.
    pub first_title: String,
}

/// Whose list of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Board {
    /// What a person bought.
    Buyer(UserId),
    /// What a store sold.
    Store(StoreId),
}

/// Writes an order whole.
pub fn insert(
    tx: &mut WebTx<'_>,
    order: &OrderRow,
    lines: &[LineRow],
    delivery: Option<&DeliveryRow>,
) -> Result<(), DbError> {
    native!(tx.conn(), |own| diesel::insert_into(orders::table).values(order).execute(own))?;
    for line in lines {
        native!(tx.conn(), |own| diesel::insert_into(order_lines::table)
            .values(line)
            .execute(own))?;
    }
    if let Some(delivery) = delivery {
        native!(tx.conn(), |own| {
            diesel::insert_into(order_deliveries::table).values(delivery).execute(own)
        })?;
    }
    Ok(())
}

/// One order.
pub fn by_id(conn: &mut Conn, id: OrderId) -> Result<Option<OrderRow>, DbError> {
    orders::table
        .find(id.to_string())
        .select(OrderRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// The lines of an order, in their order.
pub fn lines(conn: &mut Conn, id: OrderId) -> Result<Vec<LineRow>, DbError> {
    order_lines::table
        .filter(order_lines::order_id.eq(id.to_string()))
        .order(order_lines::n)
        .select(LineRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}

/// Where the goods of an order go.
pub fn delivery(conn: &mut Conn, id: OrderId) -> Result<Option<DeliveryRow>, DbError> {
    order_deliveries::table
        .find(id.to_string())
        .select(DeliveryRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// How many orders of a buyer wait for their payment: those that escrow calls pending, and those
/// still within their time that escrow has not taken up yet.
pub fn open_unpaid(conn: &mut Conn, buyer: UserId, now: Time) -> Result<i64, DbError> {
    orders::table
        .left_join(order_state::table.on(order_state::order_id.eq(orders::id)))
        .filter(orders::buyer_id.eq(buyer.to_string()))
        .filter(
            order_state::status
                .eq(OrderStatus::Pending.as_str())
                .or(order_state::status.is_null().and(orders::expires_at.gt(codec::stamp(now)))),
        )
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}

/// Whether an account has an order, bought or sold by a store of its own, that has not come to its
/// end.
pub fn any_open(conn: &mut Conn, user: UserId) -> Result<bool, DbError> {
    let user = user.to_string();
    let stores =
        store_users::table.filter(store_users::user_id.eq(&user)).select(store_users::store_id);
    let open = orders::table
        .left_join(order_state::table.on(order_state::order_id.eq(orders::id)))
        .filter(orders::buyer_id.eq(&user).or(orders::store_id.eq_any(stores)))
        .filter(order_state::status.is_null().or(order_state::status.ne_all(ended())));
    diesel::select(exists(open)).get_result(conn).map_err(DbError::from)
}

/// The statuses that end an order.
pub(crate) fn ended() -> Vec<&'static str> {
    OrderStatus::ALL.iter().filter(|status| status.is_terminal()).map(|one| one.as_str()).collect()
}

/// Up to `most` orders that ended before a moment and whose delivery address is still there.
pub fn deliveries_due(
    conn: &mut Conn,
    ended_before: Time,
    most: i64,
) -> Result<Vec<String>, DbError> {
    order_deliveries::table
        .inner_join(order_state::table.on(order_state::order_id.eq(order_deliveries::order_id)))
        .filter(order_deliveries::ciphertext.is_not_null())
        .filter(order_state::status.eq_any(ended()))
        .filter(order_state::updated_at.lt(codec::stamp(ended_before)))
        .limit(most)
        .select(order_deliveries::order_id)
        .load(conn)
        .map_err(DbError::from)
}

/// Erases delivery addresses for good.
pub fn erase_deliveries(tx: &mut WebTx<'_>, orders: &[String], now: Time) -> Result<(), DbError> {
    diesel::update(order_deliveries::table.filter(order_deliveries::order_id.eq_any(orders)))
        .set((
            order_deliveries::ciphertext.eq(None::<Vec<u8>>),
            order_deliveries::erased_at.eq(codec::stamp(now)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// How many orders a buyer placed since a moment, whatever became of them.
pub fn placed_since(conn: &mut Conn, buyer: UserId, since: Time) -> Result<i64, DbError> {
    let placed = orders::table
        .filter(orders::buyer_id.eq(buyer.to_string()))
        .filter(orders::created_at.gt(codec::stamp(since)))
        .count();
    native!(conn, |own| placed.get_result(own)).map_err(DbError::from)
}

/// Up to `limit` orders of a board, newest first, older than the cursor (time and id of the last one shown).
pub fn board(
    conn: &mut Conn,
    board: Board,
    before: Option<(Time, OrderId)>,
    limit: i64,
) -> Result<Vec<BoardRow>, DbError> {
    let mut query = orders::table
        .inner_join(stores::table.on(stores::id.eq(orders::store_id)))
        .inner_join(users::table.on(users::id.eq(orders::buyer_id)))
        .left_join(order_state::table.on(order_state::order_id.eq(orders::id)))
        .left_join(
            order_lines::table.on(order_lines::order_id.eq(orders::id).and(order_lines::n.eq(0))),
        )
        .into_boxed();
    query = match board {
        Board::Buyer(id) => query.filter(orders::buyer_id.eq(id.to_string())),
        Board::Store(id) => query.filter(orders::store_id.eq(id.to_string())),
    };
    if let Some((time, id)) = before {
        let time = codec::stamp(time);
        query = query.filter(
            orders::created_at
                .lt(time)
                .or(orders::created_at.eq(time).and(orders::id.lt(id.to_string()))),
        );
    }
    let found: Vec<Listed> = query
        .order((orders::created_at.desc(), orders::id.desc()))
        .limit(limit)
        .select((
            OrderRow::as_select(),
            stores::name,
            users::username,
            (
                order_state::status,
                order_state::paying,
                order_state::credited,
                order_state::address.is_not_null(),
            )
                .nullable(),
            order_lines::title.nullable(),
        ))
        .load(conn)?;
    Ok(found.into_iter().map(board_row).collect())
}

/// Escrow's status, whether it pays out, what is credited, and whether an address was issued.
type Standing = (String, bool, String, bool);

/// An order with the names of its store and its buyer, where it stands, and its first title.
type Listed = (OrderRow, String, String, Option<Standing>, Option<String>);

fn board_row((order, store_name, buyer_name, state, title): Listed) -> BoardRow {
    let (status, paying, credited, addressed) = match state {
        Some((status, paying, credited, addressed)) => (Some(status), paying, credited, addressed),
        None => (None, false, String::new(), false),
    };
    BoardRow {
        order,
        store_name,
        buyer_name,
        status,
        paying,
        unpaid: credited.bytes().all(|digit| digit == b'0'),
        addressed,
        first_title: title.unwrap_or_default(),
    }
}

/// What a person is to an order, with the names of its store and its buyer.
pub fn parties(
    conn: &mut Conn,
    order: &OrderRow,
    user: UserId,
    role: Role,
) -> Result<(Relation, String, String), DbError> {
    let (store_name, buyer_name, member): (String, String, Option<String>) = stores::table
        .inner_join(users::table.on(users::id.eq(order.buyer_id.clone())))
        .left_join(store_users::table.on(
            store_users::store_id.eq(stores::id).and(store_users::user_id.eq(user.to_string())),
        ))
        .filter(stores::id.eq(order.store_id.clone()))
        .select((stores::name, users::username, store_users::role.nullable()))
        .first(conn)?;
    let member = codec::parsed_opt("store_users.role", member.as_deref())?;
    let is_buyer = order.buyer_id == user.to_string();
    Ok((Relation::of(is_buyer, member, role), store_name, buyer_name))
}
