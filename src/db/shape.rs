//! Whether another role's tables on SQLite are the plain tables that its migrations made. Its file
//! is its own to spoil: a view or a computed column in the place of a table would be run by
//! whoever reads it, for as long and with as much memory as it likes.

use std::sync::OnceLock;

use diesel::sql_types::{Integer, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

use crate::error::DbError;
use crate::migrate;
use crate::owners::{OWNERS, Owner};

/// A column as SQLite tells of it; `hidden` is not 0 where it is computed.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    r#type: String,
    #[diesel(sql_type = Integer)]
    notnull: i32,
    #[diesel(sql_type = Integer)]
    pk: i32,
    #[diesel(sql_type = Integer)]
    hidden: i32,
}

#[derive(QueryableByName)]
struct Kind {
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct Cookie {
    #[diesel(sql_type = Integer)]
    schema_version: i32,
}

/// The tables of one role with their columns, by the order of [`OWNERS`].
type Tables = Vec<Vec<Column>>;

/// The number that SQLite raises whenever the tables of `schema` are changed.
pub(crate) fn cookie(conn: &mut SqliteConnection, schema: &str) -> Result<i32, DbError> {
    let found: Cookie = sql_query(format!("PRAGMA {schema}.schema_version")).get_result(conn)?;
    Ok(found.schema_version)
}

/// Refuses tables of `owner`, attached by its name, that are not as they were made.
///
/// # Errors
/// [`DbError::Schema`] with a sentence, else what the engine says.
pub(crate) fn check(conn: &mut SqliteConnection, owner: Owner) -> Result<(), DbError> {
    let (made, found) = (made(owner)?, tables(conn, owner, owner.name())?);
    let names = OWNERS.iter().filter(|(_, whose, _)| *whose == owner).map(|(table, ..)| table);
    match names.zip(made.iter().zip(found)).find(|(_, (made, found))| *made != found) {
        None => Ok(()),
        Some((table, _)) => Err(DbError::Schema(format!(
            "the table {table} of {} is not as it was made: restore its file from a backup",
            owner.name()
        ))),
    }
}

/// What the migrations of `owner` make, tried once in memory.
fn made(owner: Owner) -> Result<&'static Tables, DbError> {
    static MADE: [OnceLock<Tables>; 3] = [const { OnceLock::new() }; 3];
    let [web, escrow, courier] = &MADE;
    let place = match owner {
        Owner::Web => web,
        Owner::Escrow => escrow,
        Owner::Courier => courier,
    };
    if let Some(known) = place.get() {
        return Ok(known);
    }
    let mut conn = SqliteConnection::establish(":memory:")?;
    migrate::make(&mut conn, owner)?;
    let tables = tables(&mut conn, owner, "main")?;
    Ok(place.get_or_init(|| tables))
}

/// The columns of each table of `owner` in `schema`; none of what is no plain table.
fn tables(conn: &mut SqliteConnection, owner: Owner, schema: &str) -> Result<Tables, DbError> {
    let mut all = Vec::new();
    for (table, ..) in OWNERS.iter().filter(|(_, whose, _)| *whose == owner) {
        let kinds: Vec<Kind> = sql_query(format!(
            "SELECT type AS kind FROM pragma_table_list WHERE schema = '{schema}' AND name = '{table}'"
        ))
        .load(conn)?;
        let plain = kinds.first().is_some_and(|found| found.kind == "table");
        let columns = format!("PRAGMA {schema}.table_xinfo({table})");
        all.push(if plain { sql_query(columns).load(conn)? } else { Vec::new() });
    }
    Ok(all)
}
