//! Tries that count towards a limit. A bucket is the keyed hash of what is limited and for whom,
//! so that no address of a visitor is kept.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;

use crate::codec::{stamp, time};
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::attempts;

#[derive(Insertable)]
#[diesel(table_name = attempts)]
struct AttemptRow<'a> {
    bucket: &'a str,
    at: NaiveDateTime,
    nonce: &'a str,
}

/// The times of tries in a bucket after `since`, the newest first, `most` of them at the most.
pub fn since(conn: &mut Conn, bucket: &str, since: Time, most: i64) -> Result<Vec<Time>, DbError> {
    let found: Vec<NaiveDateTime> = attempts::table
        .filter(attempts::bucket.eq(bucket))
        .filter(attempts::at.gt(stamp(since)))
        .order(attempts::at.desc())
        .select(attempts::at)
        .limit(most)
        .load(conn)?;
    Ok(found.into_iter().map(time).collect())
}

/// Counts a try; `nonce` tells apart those of the same moment.
pub fn insert(tx: &mut WebTx<'_>, bucket: &str, at: Time, nonce: &str) -> Result<(), DbError> {
    let row = AttemptRow { bucket, at: stamp(at), nonce };
    diesel::insert_into(attempts::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Forgets the tries in a bucket.
pub fn clear(tx: &mut WebTx<'_>, bucket: &str) -> Result<(), DbError> {
    diesel::delete(attempts::table.filter(attempts::bucket.eq(bucket))).execute(tx.conn())?;
    Ok(())
}

/// Forgets all tries before `before`.
pub fn prune(tx: &mut WebTx<'_>, before: Time) -> Result<(), DbError> {
    diesel::delete(attempts::table.filter(attempts::at.lt(stamp(before)))).execute(tx.conn())?;
    Ok(())
}
