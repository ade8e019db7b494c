//! The outbox: what people are to be told, a row for each person, occasion and channel. Courier
//! alone writes it; on the site web shows what was sent.

use std::collections::HashSet;

use diesel::dsl::exists;
use diesel::prelude::*;
use domain::clock::Time;
use domain::notice::{Channel, Notice};

use crate::codec;
use crate::conn::Conn;
use crate::doors::CourierTx;
use crate::error::DbError;
use crate::schema::outbox;

const WAITING: &str = "waiting";
const SENT: &str = "sent";

/// Puts what is not there yet into the outbox, for the site. Answers how many were new.
pub fn put(tx: &mut CourierTx<'_>, notices: &[Notice], now: Time) -> Result<usize, DbError> {
    let mut new = 0_usize;
    for notice in notices {
        let id = notice.id(Channel::Site).to_string();
        let known = exists(outbox::table.find(&id));
        if diesel::select(known).get_result(tx.conn())? {
            continue;
        }
        diesel::insert_into(outbox::table)
            .values((
                (
                    outbox::id.eq(id),
                    outbox::user_id.eq(notice.user.to_string()),
                    outbox::role.eq(notice.role.as_str()),
                    outbox::order_id.eq(notice.order.to_string()),
                    outbox::what.eq(notice.what.as_str()),
                    outbox::occasion.eq(notice.occasion),
                    outbox::channel.eq(Channel::Site.as_str()),
                    // On the site people are found by who they are.
                    outbox::address.eq(notice.user.to_string()),
                ),
                (
                    outbox::note.eq(&notice.note),
                    outbox::happened_at.eq(codec::stamp(notice.happened_at)),
                    outbox::due_at.eq(notice.due_at.map(codec::stamp)),
                    outbox::state.eq(WAITING),
                    outbox::attempts.eq(0),
                    outbox::next_try_at.eq(codec::stamp(now)),
                ),
            ))
            .execute(tx.conn())?;
        new = new.saturating_add(1);
    }
    Ok(new)
}

/// Which of these orders were told of what, and on which occasions.
pub fn told(
    conn: &mut Conn,
    orders: &HashSet<&str>,
) -> Result<HashSet<(String, String, i64)>, DbError> {
    let found: Vec<(String, String, i64)> = outbox::table
        .filter(outbox::order_id.eq_any(orders))
        .select((outbox::order_id, outbox::what, outbox::occasion))
        .load(conn)?;
    Ok(found.into_iter().collect())
}

/// Sends up to `limit` rows of the site that are due, the longest waiting first: from then on their
/// list shows them. Answers how many.
pub fn send(tx: &mut CourierTx<'_>, now: Time, limit: i64) -> Result<usize, DbError> {
    let due: Vec<String> = outbox::table
        .filter(outbox::state.eq(WAITING))
        .filter(outbox::next_try_at.le(codec::stamp(now)))
        .filter(outbox::channel.eq(Channel::Site.as_str()))
        .order((outbox::next_try_at, outbox::id))
        .limit(limit)
        .select(outbox::id)
        .load(tx.conn())?;
    if due.is_empty() {
        return Ok(0);
    }
    let rows = outbox::table.filter(outbox::id.eq_any(due)).filter(outbox::state.eq(WAITING));
    let sent = diesel::update(rows)
        .set((
            outbox::state.eq(SENT),
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::sent_at.eq(codec::stamp(now)),
        ))
        .execute(tx.conn())?;
    Ok(sent)
}

/// Removes up to `limit` rows about what happened before a moment, the oldest first. Answers how
/// many.
pub fn prune(tx: &mut CourierTx<'_>, before: Time, limit: i64) -> Result<usize, DbError> {
    let old: Vec<String> = outbox::table
        .filter(outbox::happened_at.lt(codec::stamp(before)))
        .order(outbox::happened_at)
        .limit(limit)
        .select(outbox::id)
        .load(tx.conn())?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(outbox::table.filter(outbox::id.eq_any(old))).execute(tx.conn())?)
}
