//! What somebody was told on the site, and how far he has read it. Courier writes the list, web the
//! mark in it.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::{NoticeId, OrderId, UserId};
use domain::intent::ActorRole;
use domain::notice::{Channel, What};

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{notice_marks, order_lines, outbox};

/// Unread notices are counted up to here.
pub const COUNTED: i64 = 100;

/// The line of an order by whose title it is called.
const FIRST_LINE: i32 = 0;

/// A notice in somebody's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its id.
    pub id: NoticeId,
    /// As whom he was told.
    pub role: ActorRole,
    /// About which order.
    pub order: OrderId,
    /// What that order is called; empty where it is not known.
    pub title: String,
    /// What.
    pub what: What,
    /// More about it.
    pub note: String,
    /// When it happened.
    pub happened_at: Time,
    /// By when somebody must act, or when something comes by itself.
    pub due_at: Option<Time>,
    /// When it came into the list.
    pub sent_at: Time,
}

type Row = (
    (String, String, String, String, String),
    (NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>),
    Option<String>,
);

impl TryFrom<Row> for Told {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let ((id, role, order, what, note), (happened, due, sent), title) = row;
        let happened_at = codec::time(happened);
        Ok(Self {
            id: codec::parsed("outbox.id", &id)?,
            role: codec::parsed("outbox.role", &role)?,
            order: codec::parsed("outbox.order_id", &order)?,
            title: title.unwrap_or_default(),
            what: codec::parsed("outbox.what", &what)?,
            note,
            happened_at,
            due_at: due.map(codec::time),
            sent_at: sent.map_or(happened_at, codec::time),
        })
    }
}

/// Up to `limit` notices of somebody, newest first, older than the cursor (time and id of the last
/// one shown).
pub fn list(
    conn: &mut Conn,
    user: UserId,
    before: Option<(Time, NoticeId)>,
    limit: i64,
) -> Result<Vec<Told>, DbError> {
    let mut query = outbox::table
        .left_join(
            order_lines::table
                .on(order_lines::order_id.eq(outbox::order_id).and(order_lines::n.eq(FIRST_LINE))),
        )
        .filter(outbox::user_id.eq(user.to_string()))
        .filter(outbox::channel.eq(Channel::Site.as_str()))
        .filter(outbox::sent_at.is_not_null())
        .into_boxed();
    if let Some((at, id)) = before {
        let at = codec::stamp(at);
        let same = outbox::happened_at.eq(at).and(outbox::id.lt(id.to_string()));
        query = query.filter(outbox::happened_at.lt(at).or(same));
    }
    let rows: Vec<Row> = query
        .order((outbox::happened_at.desc(), outbox::id.desc()))
        .limit(limit)
        .select((
            (outbox::id, outbox::role, outbox::order_id, outbox::what, outbox::note),
            (outbox::happened_at, outbox::due_at, outbox::sent_at),
            order_lines::title.nullable(),
        ))
        .load(conn)?;
    rows.into_iter().map(Told::try_from).collect()
}

/// The moment up to which somebody has read his list; none for somebody who never has.
pub fn mark(conn: &mut Conn, user: UserId) -> Result<Option<Time>, DbError> {
    let found = notice_marks::table
        .find(user.to_string())
        .select(notice_marks::read_until)
        .first(conn)
        .optional()?;
    Ok(found.map(codec::time))
}

/// How many notices of somebody came after his mark, up to [`COUNTED`].
pub fn unread(conn: &mut Conn, user: UserId) -> Result<i64, DbError> {
    let mark = mark(conn, user)?;
    let mut query = outbox::table
        .filter(outbox::user_id.eq(user.to_string()))
        .filter(outbox::channel.eq(Channel::Site.as_str()))
        .filter(outbox::sent_at.is_not_null())
        .into_boxed();
    if let Some(mark) = mark {
        query = query.filter(outbox::sent_at.gt(codec::stamp(mark)));
    }
    let found: Vec<NaiveDateTime> =
        query.limit(COUNTED).select(outbox::sent_at.assume_not_null()).load(conn)?;
    codec::number("outbox", found.len())
}

/// When the last notice of somebody came; none where there never was one.
pub fn newest(conn: &mut Conn, user: UserId) -> Result<Option<Time>, DbError> {
    let found: Option<Option<NaiveDateTime>> = outbox::table
        .filter(outbox::user_id.eq(user.to_string()))
        .filter(outbox::channel.eq(Channel::Site.as_str()))
        .filter(outbox::sent_at.is_not_null())
        .order(outbox::sent_at.desc())
        .select(outbox::sent_at)
        .first(conn)
        .optional()?;
    Ok(found.flatten().map(codec::time))
}

/// Moves somebody's mark on to `until`, never back.
pub fn read_until(tx: &mut WebTx<'_>, user: UserId, until: Time) -> Result<(), DbError> {
    let until = codec::stamp(until);
    let id = user.to_string();
    match mark(tx, user)? {
        None => {
            diesel::insert_into(notice_marks::table)
                .values((notice_marks::user_id.eq(id), notice_marks::read_until.eq(until)))
                .execute(tx.conn())?;
        }
        Some(_) => {
            let own = notice_marks::table.find(id).filter(notice_marks::read_until.lt(until));
            diesel::update(own).set(notice_marks::read_until.eq(until)).execute(tx.conn())?;
        }
    }
    Ok(())
}
