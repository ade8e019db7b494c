//! Rows of one small table, for tests that care about transactions and not about meaning.

use db::schema::courier_jobs as jobs;
use db::{Conn, CourierTx, DbError};
use diesel::prelude::*;

pub(crate) fn insert(tx: &mut CourierTx<'_>, name: &str) -> Result<(), DbError> {
    let at = db::codec::stamp(domain::clock::Time::from_secs(1_795_000_000));
    diesel::insert_into(jobs::table)
        .values((jobs::name.eq(name), jobs::started_at.eq(at), jobs::outcome.eq("")))
        .execute(tx.conn())?;
    Ok(())
}

pub(crate) fn set(tx: &mut CourierTx<'_>, name: &str, outcome: &str) -> Result<(), DbError> {
    let row = jobs::table.find(name);
    let changed = diesel::update(row).set(jobs::outcome.eq(outcome)).execute(tx.conn())?;
    if changed == 1 { Ok(()) } else { Err(DbError::NotFound) }
}

pub(crate) fn names(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    Ok(jobs::table.select(jobs::name).order(jobs::name).load(conn)?)
}

#[cfg(feature = "mariadb")]
pub(crate) fn outcome(conn: &mut Conn, name: &str) -> Result<String, DbError> {
    Ok(jobs::table.find(name).select(jobs::outcome).first(conn)?)
}
