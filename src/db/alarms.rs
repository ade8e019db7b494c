//! Alarms: what an operator must look at. History; one that stands already is not raised again.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::{AlarmId, OrderId};

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::alarms;

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = alarms)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct AlarmRow {
    pub id: String,
    pub kind: String,
    pub order_id: Option<String>,
    pub message: String,
    pub raised_at: NaiveDateTime,
}

/// Raises an alarm unless one with this id stands; says whether it is new.
pub fn raise(
    tx: &mut EscrowTx<'_>,
    (id, kind): (AlarmId, &str),
    order: Option<OrderId>,
    message: &str,
    at: Time,
) -> Result<bool, DbError> {
    let standing: bool = diesel::select(diesel::dsl::exists(alarms::table.find(id.to_string())))
        .get_result(tx.conn())?;
    if standing {
        return Ok(false);
    }
    diesel::insert_into(alarms::table)
        .values((
            alarms::id.eq(id.to_string()),
            alarms::kind.eq(kind),
            alarms::order_id.eq(order.map(|id| id.to_string())),
            alarms::message.eq(message),
            alarms::raised_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(true)
}

/// How many alarms of a kind were raised after a moment, counted up to `most`.
pub fn count(conn: &mut Conn, kind: &str, after: Time, most: i64) -> Result<i64, DbError> {
    let found: Vec<String> = alarms::table
        .filter(alarms::raised_at.gt(codec::stamp(after)))
        .filter(alarms::kind.eq(kind))
        .limit(most)
        .select(alarms::id)
        .load(conn)?;
    codec::number("alarms", found.len())
}

/// The newest alarms.
pub fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<AlarmRow>, DbError> {
    alarms::table
        .order(alarms::raised_at.desc())
        .limit(limit)
        .select(AlarmRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}
