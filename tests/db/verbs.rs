//! Every verb on every table from every role: what the list of owners does not allow is refused
//! by the database.

use db::owners::OWNERS;
use db::{Conn, DbError, Owner, tx};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::{QueryableByName, sql_query};
use testkit::{Data, conformance};

conformance! { nobody_writes_what_is_not_his }

const VERBS: [&str; 3] = ["INSERT", "UPDATE", "DELETE"];

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    kind: String,
}

fn columns(conn: &mut Conn, table: &str) -> Result<Vec<Column>, DbError> {
    let select = if conn.is_sqlite() {
        format!("SELECT name, lower(type) AS kind FROM pragma_table_info('{table}') ORDER BY cid")
    } else {
        format!(
            "SELECT column_name AS name, CAST(data_type AS CHAR) AS kind \
             FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position"
        )
    };
    Ok(sql_query(select).load(conn)?)
}

/// A value of the kind, never mind what it means.
fn value(kind: &str) -> &'static str {
    match kind {
        k if k.starts_with("int") || k.starts_with("bigint") || k.contains("bool") => "1",
        k if k.starts_with("tinyint") => "1",
        k if k.starts_with("timestamp") || k.starts_with("datetime") => "'2026-11-21 00:00:00'",
        _ => "'1'",
    }
}

/// The statement that `verb` makes of `table`.
fn statement(verb: &str, table: &str, columns: &[Column]) -> String {
    let first = &columns[0].name;
    match verb {
        "INSERT" => {
            let values: Vec<_> = columns.iter().map(|column| value(&column.kind)).collect();
            format!("INSERT INTO {table} VALUES ({})", values.join(", "))
        }
        "UPDATE" => format!("UPDATE {table} SET {first} = {first}"),
        _ => format!("DELETE FROM {table}"),
    }
}

/// Makes the tables take a row that means nothing, so that there is one to change and to remove.
fn unchecked(local: bool) -> &'static str {
    if local {
        "PRAGMA ignore_check_constraints = ON; PRAGMA defer_foreign_keys = ON;"
    } else {
        "SET SESSION check_constraint_checks = 0; SET SESSION foreign_key_checks = 0;"
    }
}

/// Tries each verb on each table as `owner`, each in a transaction that is undone.
fn tries(data: &Data, owner: Owner) -> Vec<(&'static str, &'static str, Result<(), DbError>)> {
    let mut said = Vec::new();
    for (table, whose, _) in OWNERS {
        for verb in VERBS {
            let job = move |conn: &mut Conn| {
                let columns = columns(conn, table)?;
                conn.batch_execute(unchecked(conn.is_sqlite()))?;
                if *whose == owner && verb != "INSERT" {
                    conn.batch_execute(&statement("INSERT", table, &columns))?;
                }
                // What came before this is not what is being tried.
                Ok(conn.batch_execute(&statement(verb, table, &columns)).map_err(DbError::from))
            };
            let config = data.config(owner);
            let answer = match owner {
                Owner::Web => {
                    tx::write_once(&config, "try", |tx: &mut db::WebTx<'_>| undone(job(tx)))
                }
                Owner::Escrow => {
                    tx::write_once(&config, "try", |tx: &mut db::EscrowTx<'_>| undone(job(tx)))
                }
                Owner::Courier => {
                    tx::write_once(&config, "try", |tx: &mut db::CourierTx<'_>| undone(job(tx)))
                }
            };
            let Err(Tried(answer)) = answer else { unreachable!("a try never stands") };
            said.push((*table, verb, answer.unwrap_or_else(|error| panic!("{table}: {error}"))));
        }
    }
    said
}

/// The outcome of a try: of what led up to it, then of itself.
struct Tried(Result<Result<(), DbError>, DbError>);

impl From<DbError> for Tried {
    fn from(error: DbError) -> Self {
        Self(Err(error))
    }
}

fn undone(outcome: Result<Result<(), DbError>, DbError>) -> Result<(), Tried> {
    Err(Tried(outcome))
}

fn nobody_writes_what_is_not_his(data: &Data) {
    for owner in Owner::ALL {
        let mut tried = 0;
        for (table, verb, answer) in tries(data, owner) {
            let (_, whose, verbs) = OWNERS.iter().find(|(name, ..)| *name == table).unwrap();
            let may = *whose == owner && verbs.words(true).contains(&verb);
            let what = format!("{verb} {table} as {owner:?}: {answer:?}");
            match (may, whose == &owner) {
                (true, _) => assert_eq!(answer, Ok(()), "{what}"),
                (false, true) => {
                    assert!(
                        matches!(answer, Err(DbError::Constraint(_) | DbError::ReadOnly)),
                        "{what}"
                    );
                }
                (false, false) => assert_eq!(answer, Err(DbError::ReadOnly), "{what}"),
            }
            tried += 1;
        }
        assert_eq!(tried, OWNERS.len() * VERBS.len());
    }
}
