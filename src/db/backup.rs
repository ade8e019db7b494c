//! Copies of the SQLite files: made by SQLite itself while the shop runs, and put back.

use std::fs::File;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::clock::Time;

use crate::codec;
use crate::config::DbConfig;
use crate::conn::{Conn, Mode};
use crate::error::DbError;
use crate::owners::Owner;
use crate::schema::{controls, derivations};

/// How far the addresses of a purpose and generation were used up when a copy was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// 0 for orders.
    pub purpose: u32,
    /// Part of the path.
    pub generation: u32,
    /// The first index that was not used.
    pub next: u32,
}

/// Copies the file that `owner` writes to `target`, which must not be there. Whoever writes goes on
/// meanwhile, and the copy is of one moment.
///
/// # Errors
/// [`DbError::Down`] when a file cannot be reached, [`DbError::Full`] when there is no room, else
/// what the engine says.
pub fn copy(config: &DbConfig, owner: Owner, target: &Path) -> Result<(), DbError> {
    let text = target
        .to_str()
        .ok_or_else(|| DbError::Down(format!("{} is not UTF-8", target.display())))?;
    let mut conn = Conn::open(config, owner, Mode::Bare)?;
    conn.batch_execute(&format!("VACUUM INTO '{}';", text.replace('\'', "''")))?;
    let synced = File::open(target).and_then(|file| file.sync_all());
    synced.map_err(|error| DbError::Down(format!("{text} cannot be kept: {error}")))
}

/// Looks whether the file that `owner` writes is sound, page by page. Opening it also makes what
/// readers need beside it.
///
/// # Errors
/// [`DbError::Corrupt`] with what the engine found first.
pub fn check(config: &DbConfig, owner: Owner) -> Result<(), DbError> {
    #[derive(QueryableByName)]
    struct Said {
        #[diesel(sql_type = Text)]
        integrity_check: String,
    }
    let mut conn = Conn::open(config, owner, Mode::Bare)?;
    let said: Vec<Said> = diesel::sql_query("PRAGMA integrity_check(1)").load(&mut conn)?;
    match said.first().map(|said| said.integrity_check.as_str()) {
        Some("ok") => Ok(()),
        other => Err(codec::corrupt(owner.name(), other.unwrap_or("nothing was said"))),
    }
}

/// How far the addresses of each purpose and generation are used up in the file that escrow writes.
///
/// # Errors
/// What the engine says.
pub fn marks(config: &DbConfig) -> Result<Vec<Mark>, DbError> {
    let mut conn = Conn::open(config, Owner::Escrow, Mode::Bare)?;
    let found: Vec<(i32, i32, Option<i64>)> = derivations::table
        .group_by((derivations::purpose, derivations::generation))
        .order((derivations::purpose, derivations::generation))
        .select((derivations::purpose, derivations::generation, diesel::dsl::max(derivations::idx)))
        .load(&mut conn)?;
    let mark = |(purpose, generation, last): (i32, i32, Option<i64>)| {
        Ok(Mark {
            purpose: codec::number("derivations.purpose", purpose)?,
            generation: codec::number("derivations.generation", generation)?,
            next: codec::number("derivations.idx", last.map_or(0, |last| last.saturating_add(1)))?,
        })
    };
    found.into_iter().map(mark).collect()
}

/// Sets a switch of the operator's in a file of escrow's that may be of an older version.
///
/// # Errors
/// What the engine says.
pub fn set_control(config: &DbConfig, name: &str, value: &str, at: Time) -> Result<(), DbError> {
    let mut conn = Conn::open(config, Owner::Escrow, Mode::Bare)?;
    let values = (controls::value.eq(value), controls::changed_at.eq(codec::stamp(at)));
    if diesel::update(controls::table.find(name)).set(values).execute(&mut conn)? == 0 {
        diesel::insert_into(controls::table)
            .values((controls::name.eq(name), values))
            .execute(&mut conn)?;
    }
    Ok(())
}
