//! What courier reads of what the others write, in the order of time, and how far it has come.
//!
//! Writers date a row before they commit it, so that a row may appear behind one that is dated
//! later. Courier therefore goes back a little each time; what it has told already it tells no more.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::{Span, Time};
use domain::ids::{OrderId, StoreId, UserId};
use domain::notice::of_event;
use domain::order::EventKind;

use crate::codec;
use crate::conn::Conn;
use crate::doors::CourierTx;
use crate::error::DbError;
use crate::schema::{
    alarms, feeds, order_events, order_state, shipment_events, store_users, users,
};

/// How far back courier goes each time.
const BACK: Span = Span::secs(60);
/// How much of the past courier tells at its very first time.
const FIRST: Span = Span::days(7);

/// A place in a feed: time, id and number of the last row read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The row's time.
    pub at: Time,
    /// Its id.
    pub id: String,
    /// Its number.
    pub n: i32,
}

/// A row of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The order that it is about.
    pub order: String,
    /// Its number in the order's stream, or 0.
    pub n: i32,
    /// What it is.
    pub kind: String,
    /// In which part somebody did it.
    pub actor: String,
    /// Who did it.
    pub by: Option<String>,
    /// A sentence about it.
    pub comment: String,
    /// The payout that it is about.
    pub case: Option<i32>,
    /// Where the feed goes on behind it.
    pub place: Place,
}

/// The place from which courier reads a feed at `now`.
pub fn place(conn: &mut Conn, feed: &str, now: Time) -> Result<Place, DbError> {
    let found: Option<(NaiveDateTime, String, i32)> = feeds::table
        .find(feed)
        .select((feeds::read_until, feeds::row_id, feeds::row_n))
        .first(conn)
        .optional()?;
    Ok(found.map_or_else(
        || Place { at: now.before(FIRST), id: String::new(), n: 0 },
        |(at, id, n)| Place { at: codec::time(at), id, n },
    ))
}

/// Notes that a feed was read from `from` to `to`: to its end, if there is no `to`. The next time
/// begins at that place, but in any case some seconds before `now`.
pub fn read_to(
    tx: &mut CourierTx<'_>,
    feed: &str,
    (from, to): (Place, Option<Place>),
    now: Time,
) -> Result<(), DbError> {
    let back = Place { at: now.before(BACK), id: String::new(), n: 0 };
    let next = match to {
        Some(to) if to.at < back.at => to,
        _ if from.at < back.at => back,
        _ => from,
    };
    let values = (
        feeds::read_until.eq(codec::stamp(next.at)),
        feeds::row_id.eq(next.id),
        feeds::row_n.eq(next.n),
    );
    if diesel::update(feeds::table.find(feed)).set(values.clone()).execute(tx.conn())? == 0 {
        diesel::insert_into(feeds::table)
            .values((feeds::name.eq(feed), values))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Rows of a table behind a place, by time, id and number.
macro_rules! behind {
    ($query:expr, $place:expr, $table:ident . $at:ident, $id:ident, $n:ident) => {{
        let place: &Place = $place;
        let at = codec::stamp(place.at);
        let in_row = $table::$id.eq(place.id.clone()).and($table::$n.gt(place.n));
        let at_once = $table::$at.eq(at).and($table::$id.gt(place.id.clone()).or(in_row));
        $query.filter($table::$at.ge(at)).filter($table::$at.gt(at).or(at_once)).order((
            $table::$at,
            $table::$id,
            $table::$n,
        ))
    }};
}

/// Events of escrow's that somebody is told of, behind a place, up to `limit`.
pub fn events(conn: &mut Conn, place: &Place, limit: i64) -> Result<Vec<Item>, DbError> {
    type Row = (String, i32, String, String, Option<String>, String, Option<i32>, NaiveDateTime);
    let kinds = EventKind::ALL.iter().filter(|kind| of_event(**kind).is_some());
    let kinds: Vec<&str> = kinds.map(|kind| kind.as_str()).collect();
    let rows: Vec<Row> = behind!(
        order_events::table.filter(order_events::kind.eq_any(kinds)),
        place,
        order_events.at,
        order_id,
        seq
    )
    .limit(limit)
    .select((
        order_events::order_id,
        order_events::seq,
        order_events::kind,
        order_events::actor_role,
        order_events::actor_id,
        order_events::comment,
        order_events::case_no,
        order_events::at,
    ))
    .load(conn)?;
    let item = |(order, n, kind, actor, by, comment, case, at): Row| {
        let place = Place { at: codec::time(at), id: order.clone(), n };
        Item { order, n, kind, actor, by, comment, case, place }
    };
    Ok(rows.into_iter().map(item).collect())
}

/// What vendors said of goods, behind a place, up to `limit`.
pub fn shipments(conn: &mut Conn, place: &Place, limit: i64) -> Result<Vec<Item>, DbError> {
    type Row = (String, i32, String, String, NaiveDateTime);
    let rows: Vec<Row> =
        behind!(shipment_events::table, place, shipment_events.created_at, order_id, seq)
            .limit(limit)
            .select((
                shipment_events::order_id,
                shipment_events::seq,
                shipment_events::status,
                shipment_events::actor_id,
                shipment_events::created_at,
            ))
            .load(conn)?;
    let item = |(order, n, kind, by, at): Row| Item {
        place: Place { at: codec::time(at), id: order.clone(), n },
        actor: "vendor".to_owned(),
        by: Some(by),
        comment: String::new(),
        case: None,
        order,
        n,
        kind,
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Alarms of a kind about orders, behind a place, up to `limit`.
pub fn alarms(
    conn: &mut Conn,
    kind: &str,
    place: &Place,
    limit: i64,
) -> Result<Vec<Item>, DbError> {
    type Row = (String, Option<String>, String, String, NaiveDateTime);
    let at = codec::stamp(place.at);
    let rows: Vec<Row> = alarms::table
        .filter(alarms::raised_at.ge(at))
        .filter(alarms::raised_at.gt(at).or(alarms::id.gt(place.id.clone())))
        .filter(alarms::kind.eq(kind))
        .filter(alarms::order_id.is_not_null())
        .order((alarms::raised_at, alarms::id))
        .limit(limit)
        .select((alarms::id, alarms::order_id, alarms::kind, alarms::message, alarms::raised_at))
        .load(conn)?;
    let item = |(id, order, kind, comment, at): Row| Item {
        order: order.unwrap_or_default(),
        n: 0,
        kind,
        actor: "escrow".to_owned(),
        by: None,
        comment,
        case: None,
        place: Place { at: codec::time(at), id, n: 0 },
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Buyer and store of an order, by escrow's table; none before it took the order up, nor of a deposit.
pub fn parties(conn: &mut Conn, order: OrderId) -> Result<Option<(UserId, StoreId)>, DbError> {
    let found: Option<(String, String)> = order_state::table
        .find(order.to_string())
        .filter(order_state::deposit.eq(false))
        .select((order_state::buyer_id, order_state::store_id))
        .first(conn)
        .optional()?;
    let read = |(buyer, store): (String, String)| {
        let buyer = codec::parsed("order_state.buyer_id", &buyer)?;
        Ok((buyer, codec::parsed("order_state.store_id", &store)?))
    };
    found.map(read).transpose()
}

/// Everybody who belongs to a store, up to `limit`.
pub fn members(conn: &mut Conn, store: StoreId, limit: i64) -> Result<Vec<UserId>, DbError> {
    let found: Vec<String> = store_users::table
        .filter(store_users::store_id.eq(store.to_string()))
        .order(store_users::user_id)
        .limit(limit)
        .select(store_users::user_id)
        .load(conn)?;
    found.iter().map(|id| codec::parsed("store_users.user_id", id)).collect()
}

/// Everybody who is staff, up to `limit`.
pub fn staff(conn: &mut Conn, limit: i64) -> Result<Vec<UserId>, DbError> {
    let found: Vec<String> = users::table
        .filter(users::role.eq_any(["staff", "admin"]))
        .filter(users::banned_at.is_null())
        .order(users::id)
        .limit(limit)
        .select(users::id)
        .load(conn)?;
    found.iter().map(|id| codec::parsed("users.id", id)).collect()
}
