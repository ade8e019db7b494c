//! The few sentences that the two engines do not share.

use diesel::connection::AnsiTransactionManager;
#[cfg(feature = "mariadb")]
use diesel::connection::SimpleConnection;

use crate::conn::Conn;
use crate::error::DbError;

/// Begins a writing transaction. On SQLite it holds the write lock of the own file at once (a
/// deferred one answers BUSY when two readers want to become writers), and it takes its snapshot
/// of the attached files at once too.
pub(crate) fn begin_write(conn: &mut Conn) -> Result<(), DbError> {
    let begun = match conn {
        Conn::Sqlite(inner) => {
            AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")
        }
        #[cfg(feature = "mariadb")]
        Conn::Mysql(inner) => {
            AnsiTransactionManager::begin_transaction_sql(inner, "START TRANSACTION")
        }
    };
    begun.map_err(|error| match error.into() {
        // Beginning writes nothing, but for the index of a log: that of another role's file, which
        // only that role may make. If it is the own file that is read-only, the first write fails.
        DbError::ReadOnly => DbError::Down("another role's file cannot be read".to_owned()),
        other => other,
    })
}

/// Begins a reading transaction in which what was looked at stands still.
pub(crate) fn begin_snapshot(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(inner) => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN")?,
        #[cfg(feature = "mariadb")]
        Conn::Mysql(inner) => {
            // For the next transaction only; the session reads what is committed.
            inner.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
            AnsiTransactionManager::begin_transaction_sql(
                inner,
                "START TRANSACTION WITH CONSISTENT SNAPSHOT",
            )?;
        }
    }
    Ok(())
}

/// The statement of a view's file as this engine wants it: of this connection alone where its
/// tables lie in several files, else of the database and with the rights of whoever reads it.
pub(crate) fn create_view(statement: &str, local: bool) -> String {
    let create =
        if local { "CREATE TEMP VIEW" } else { "CREATE OR REPLACE SQL SECURITY INVOKER VIEW" };
    statement.replacen("CREATE VIEW", create, 1)
}

/// Holds the row of `table` whose columns have these values until the transaction ends, and waits
/// for whoever holds it now. Says whether it is held: on SQLite the write lock holds every row, on
/// MariaDB a row that is not there cannot be held.
#[cfg_attr(
    not(feature = "mariadb"),
    expect(unused_variables, reason = "a file has one writer and it holds everything")
)]
pub(crate) fn hold(
    conn: &mut Conn,
    table: &'static str,
    key: &[(&'static str, &str)],
) -> Result<bool, DbError> {
    match conn {
        Conn::Sqlite(_) => Ok(true),
        #[cfg(feature = "mariadb")]
        Conn::Mysql(inner) => {
            use diesel::sql_types::Text;
            let columns: Vec<_> = key.iter().map(|(column, _)| format!("{column} = ?")).collect();
            let select =
                format!("SELECT 1 AS held FROM {table} WHERE {} FOR UPDATE", columns.join(" AND "));
            let mut query = diesel::sql_query(select).into_boxed();
            for (_, value) in key {
                query = query.bind::<Text, _>(*value);
            }
            let rows: Vec<Held> = diesel::RunQueryDsl::load(query, inner)?;
            Ok(!rows.is_empty())
        }
    }
}

/// A row that is held.
#[cfg(feature = "mariadb")]
#[derive(diesel::QueryableByName)]
struct Held {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    #[expect(dead_code, reason = "only whether there is one matters")]
    held: i32,
}
