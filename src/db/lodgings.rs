//! Deposits of vendors: what web asks for, what the site demands, and how they stand by escrow's
//! tables. To escrow the rows are as hostile as those of [`crate::inbox`].

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use domain::clock::Time;
use domain::ids::{OrderId, StoreId, UserId};
use domain::item::PackageKind;
use domain::money::Cents;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::inbox::{Part, is_key, is_small};
use crate::schema::{
    deposit_rules, deposit_withdrawals, intent_answers, items, order_lines, order_state,
    order_values, orders, packages, payout_holds, stores, vendor_deposits,
};

/// What a store wants to lodge.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = vendor_deposits)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct DepositRow {
    pub id: String,
    pub store_id: String,
    pub lodged_by: String,
    pub chain_id: i64,
    pub token_address: Option<String>,
    pub token: String,
    pub decimals: i32,
    pub amount: String,
    pub return_address: String,
    pub request_id: String,
    pub created_at: NaiveDateTime,
}

/// An owner's wish to have a deposit back.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = deposit_withdrawals)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct WithdrawalRow {
    pub deposit_id: String,
    pub n: i32,
    pub actor_id: String,
    pub request_id: String,
    pub created_at: NaiveDateTime,
}

/// A deposit with the name of its store and what escrow says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lodged {
    /// As web wrote it.
    pub row: DepositRow,
    /// The store's name.
    pub store_name: String,
    /// Status and address by escrow; none before it took the deposit up.
    pub state: Option<crate::ledger::State>,
    /// Whether an owner asked for it and escrow has not answered.
    pub asked: bool,
    /// Why escrow did not give it back when it was last asked.
    pub refused: Option<String>,
    /// What it was worth when its address was sealed.
    pub worth: Option<Cents>,
}

/// Writes what a store wants to lodge.
pub fn insert(tx: &mut WebTx<'_>, row: &DepositRow) -> Result<(), DbError> {
    diesel::insert_into(vendor_deposits::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Writes a wish to have a deposit back.
pub fn ask_back(tx: &mut WebTx<'_>, row: &WithdrawalRow) -> Result<(), DbError> {
    diesel::insert_into(deposit_withdrawals::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Number of the next wish about a deposit.
pub fn next_number(conn: &mut Conn, deposit: OrderId) -> Result<i32, DbError> {
    let last: Option<i32> = deposit_withdrawals::table
        .filter(deposit_withdrawals::deposit_id.eq(deposit.to_string()))
        .select(diesel::dsl::max(deposit_withdrawals::n))
        .first(conn)?;
    Ok(last.unwrap_or_default().saturating_add(1))
}

/// Ids of deposits that escrow has not taken up, oldest first.
pub fn unseen(conn: &mut Conn, part: Part) -> Result<Vec<String>, DbError> {
    vendor_deposits::table
        .left_join(order_state::table.on(order_state::order_id.eq(vendor_deposits::id)))
        .filter(order_state::order_id.is_null())
        .filter(is_key!(vendor_deposits.id))
        .order((vendor_deposits::created_at, vendor_deposits::id))
        .limit(part.limit)
        .offset(part.skip)
        .select(vendor_deposits::id)
        .load(conn)
        .map_err(DbError::from)
}

/// A deposit as web wrote it; none if it is too large.
pub fn by_id(conn: &mut Conn, id: &str) -> Result<Option<DepositRow>, DbError> {
    vendor_deposits::table
        .find(id)
        .filter(is_small!(vendor_deposits: id store_id lodged_by token_address token amount
            return_address request_id created_at))
        .select(DepositRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// Deposit and number of wishes without an answer, oldest first; those that are announced are left
/// out.
pub fn open_withdrawals(conn: &mut Conn, part: Part) -> Result<Vec<(String, i32)>, DbError> {
    deposit_withdrawals::table
        .left_join(
            intent_answers::table.on(intent_answers::order_id
                .eq(deposit_withdrawals::deposit_id)
                .and(intent_answers::n.eq(deposit_withdrawals::n))),
        )
        .left_join(
            payout_holds::table.on(payout_holds::order_id
                .eq(deposit_withdrawals::deposit_id)
                .and(payout_holds::state.eq("held"))),
        )
        .filter(intent_answers::n.is_null())
        .filter(payout_holds::order_id.is_null())
        .filter(is_key!(deposit_withdrawals.deposit_id))
        .filter(deposit_withdrawals::n.between(1, i32::MAX))
        .order((deposit_withdrawals::created_at, deposit_withdrawals::deposit_id))
        .limit(part.limit)
        .offset(part.skip)
        .select((deposit_withdrawals::deposit_id, deposit_withdrawals::n))
        .load(conn)
        .map_err(DbError::from)
}

/// One wish to have a deposit back; none if it is too large.
pub fn withdrawal(conn: &mut Conn, id: &str, n: i32) -> Result<Option<WithdrawalRow>, DbError> {
    deposit_withdrawals::table
        .find((id, n))
        .filter(is_small!(deposit_withdrawals: deposit_id actor_id request_id created_at))
        .select(WithdrawalRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

const ENDED: [&str; 3] =
    [OrderStatus::Released.as_str(), OrderStatus::Cancelled.as_str(), OrderStatus::Failed.as_str()];

/// Whether a dispute is in effect about an order of a store, by escrow's table.
pub fn is_disputed(conn: &mut Conn, store: StoreId) -> Result<bool, DbError> {
    let disputed = order_state::table
        .filter(order_state::store_id.eq(store.to_string()))
        .filter(order_state::disputed.eq(true))
        .filter(order_state::status.ne_all(ENDED));
    diesel::select(exists(disputed)).get_result(conn).map_err(DbError::from)
}

/// Whether orders of a store are open with a package of one of these kinds. One that escrow has not
/// taken up yet is open.
pub fn has_open_orders(
    conn: &mut Conn,
    store: StoreId,
    kinds: &[PackageKind],
) -> Result<bool, DbError> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let open = orders::table
        .inner_join(order_lines::table.on(order_lines::order_id.eq(orders::id)))
        .inner_join(packages::table.on(order_lines::package_id.eq(packages::id.nullable())))
        .left_join(order_state::table.on(order_state::order_id.eq(orders::id)))
        .filter(orders::store_id.eq(store.to_string()))
        .filter(packages::kind.eq_any(kinds))
        .filter(order_state::status.is_null().or(order_state::status.ne_all(ENDED)))
        .select(orders::id)
        .limit(1);
    Ok(!open.load::<String>(conn)?.is_empty())
}

/// What the deposits of a store come to that are there and that nobody has asked back, each as it was
/// worth when its address was sealed.
pub fn lodged(conn: &mut Conn, store: StoreId) -> Result<Cents, DbError> {
    let answered = intent_answers::table
        .filter(intent_answers::order_id.eq(deposit_withdrawals::deposit_id))
        .filter(intent_answers::n.eq(deposit_withdrawals::n));
    let asked = deposit_withdrawals::table
        .filter(deposit_withdrawals::deposit_id.eq(order_state::order_id))
        .filter(not(exists(answered)));
    let sum: Option<i64> = order_state::table
        .inner_join(order_values::table.on(order_values::order_id.eq(order_state::order_id)))
        .filter(order_state::store_id.eq(store.to_string()))
        .filter(order_state::deposit.eq(true))
        .filter(order_state::status.eq(OrderStatus::Completed.as_str()))
        .filter(order_state::paying.eq(false))
        .filter(order_state::held_reason.is_null())
        .filter(not(exists(asked)))
        .select(sql::<Nullable<BigInt>>("CAST(SUM(order_values.cents) AS SIGNED)"))
        .get_result(conn)?;
    codec::cents("order_values.cents", sum.unwrap_or_default())
}

/// Deposits of a store, or of all, the newest first, up to `limit`.
pub fn list(conn: &mut Conn, store: Option<StoreId>, limit: i64) -> Result<Vec<Lodged>, DbError> {
    let mut query = vendor_deposits::table
        .inner_join(stores::table.on(stores::id.eq(vendor_deposits::store_id)))
        .into_boxed();
    if let Some(store) = store {
        query = query.filter(vendor_deposits::store_id.eq(store.to_string()));
    }
    let rows: Vec<(DepositRow, String)> = query
        .order((vendor_deposits::created_at.desc(), vendor_deposits::id.desc()))
        .limit(limit)
        .select((DepositRow::as_select(), stores::name))
        .load(conn)?;
    rows.into_iter().map(|(row, store_name)| stand(conn, row, store_name)).collect()
}

/// One deposit of a store.
pub fn one(conn: &mut Conn, store: StoreId, id: OrderId) -> Result<Option<Lodged>, DbError> {
    let found: Option<(DepositRow, String)> = vendor_deposits::table
        .inner_join(stores::table.on(stores::id.eq(vendor_deposits::store_id)))
        .filter(vendor_deposits::id.eq(id.to_string()))
        .filter(vendor_deposits::store_id.eq(store.to_string()))
        .select((DepositRow::as_select(), stores::name))
        .first(conn)
        .optional()?;
    found.map(|(row, store_name)| stand(conn, row, store_name)).transpose()
}

fn stand(conn: &mut Conn, row: DepositRow, store_name: String) -> Result<Lodged, DbError> {
    let id: OrderId = codec::parsed("vendor_deposits.id", &row.id)?;
    let state = crate::ledger::state(conn, id)?;
    let last = next_number(conn, id)?.saturating_sub(1);
    let answer: Option<(String, String)> = intent_answers::table
        .find((&row.id, last))
        .select((intent_answers::outcome, intent_answers::reason))
        .first(conn)
        .optional()?;
    let worth: Option<i64> =
        order_values::table.find(&row.id).select(order_values::cents).first(conn).optional()?;
    Ok(Lodged {
        asked: last > 0 && answer.is_none(),
        refused: answer.filter(|(outcome, _)| outcome == "refused").map(|(_, reason)| reason),
        worth: worth.map(|cents| codec::cents("order_values.cents", cents)).transpose()?,
        row,
        store_name,
        state,
    })
}

/// How many deposits of a store have not come to their end.
pub fn count_open(conn: &mut Conn, store: StoreId) -> Result<i64, DbError> {
    vendor_deposits::table
        .left_join(order_state::table.on(order_state::order_id.eq(vendor_deposits::id)))
        .filter(vendor_deposits::store_id.eq(store.to_string()))
        .filter(order_state::status.is_null().or(order_state::status.ne_all(ENDED)))
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}

/// The kinds of package that a store has on sale.
pub fn kinds_of(conn: &mut Conn, store: StoreId) -> Result<Vec<PackageKind>, DbError> {
    let kinds: Vec<String> = packages::table
        .inner_join(items::table.on(items::id.eq(packages::item_id)))
        .filter(items::store_id.eq(store.to_string()))
        .filter(items::withdrawn_at.is_null())
        .filter(packages::withdrawn_at.is_null())
        .select(packages::kind)
        .distinct()
        .load(conn)?;
    kinds.iter().map(|kind| codec::parsed("packages.kind", kind)).collect()
}

/// The least deposit by kind of package, where the site demands one.
pub fn rules(conn: &mut Conn) -> Result<Vec<(PackageKind, Cents)>, DbError> {
    let rows: Vec<(String, i64)> = deposit_rules::table
        .order((deposit_rules::kind, deposit_rules::n))
        .select((deposit_rules::kind, deposit_rules::min_cents))
        .load(conn)?;
    let mut rules: Vec<(PackageKind, Cents)> = Vec::new();
    for (kind, cents) in rows {
        let kind = codec::parsed("deposit_rules.kind", &kind)?;
        rules.retain(|(of, _)| *of != kind);
        rules.push((kind, codec::cents("deposit_rules.min_cents", cents)?));
    }
    rules.retain(|(_, least)| *least != Cents::default());
    Ok(rules)
}

/// Demands a least deposit for a kind of package from now on; zero demands none.
pub fn set_rule(
    tx: &mut WebTx<'_>,
    (kind, least): (PackageKind, Cents),
    (staff, request_id): (UserId, &str),
    now: Time,
) -> Result<(), DbError> {
    let last: Option<i32> = deposit_rules::table
        .filter(deposit_rules::kind.eq(kind.as_str()))
        .select(diesel::dsl::max(deposit_rules::n))
        .first(tx.conn())?;
    let cents: i64 = codec::column("deposit_rules.min_cents", least.get())?;
    diesel::insert_into(deposit_rules::table)
        .values((
            deposit_rules::kind.eq(kind.as_str()),
            deposit_rules::n.eq(last.unwrap_or_default().saturating_add(1)),
            deposit_rules::min_cents.eq(cents),
            deposit_rules::staff_id.eq(staff.to_string()),
            deposit_rules::request_id.eq(request_id),
            deposit_rules::created_at.eq(codec::stamp(now)),
        ))
        .execute(tx.conn())?;
    Ok(())
}
