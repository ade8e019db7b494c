//! A session on a MariaDB server: what it has to be like, set and then looked at. A proxy may
//! swallow a SET, and a server may be another than we think.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, MysqlConnection, QueryableByName, RunQueryDsl, sql_query};

use crate::conn::Mode;
use crate::error::DbError;

/// What a value that does not fit comes to: an error, never a guess.
const SQL_MODE: [&str; 5] = [
    "STRICT_ALL_TABLES",
    "NO_ZERO_DATE",
    "NO_ZERO_IN_DATE",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_ENGINE_SUBSTITUTION",
];
/// The oldest version that has everything we ask for; 10.11 is what is tested.
const OLDEST: (u32, u32) = (10, 6);

/// Opens a session of the kind that `mode` wants.
///
/// # Errors
/// [`DbError::Down`] where the server does not answer or cannot give such a session.
pub(crate) fn open(url: &str, mode: Mode) -> Result<MysqlConnection, DbError> {
    let mut conn = MysqlConnection::establish(url)?;
    conn.batch_execute(&format!(
        "SET SESSION sql_mode = '{}'; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
         SET SESSION innodb_lock_wait_timeout = {LOCK_SECS};",
        SQL_MODE.join(",")
    ))?;
    if mode == Mode::Read {
        // Seconds; the guard that the progress callback is on SQLite.
        conn.batch_execute(
            "SET SESSION max_statement_time = 1; SET SESSION TRANSACTION READ ONLY;",
        )?;
    }
    let waits = wait_for_cluster(&mut conn)?;
    match Session::of(&mut conn, waits)?.fault(waits) {
        None => Ok(conn),
        Some(sentence) => Err(DbError::Down(sentence)),
    }
}

/// Longest wait for a row that another transaction holds. It is tried again for as long as
/// [`crate::writer`] has patience.
const LOCK_SECS: u32 = 2;

/// On a cluster each statement waits until this node has applied what was committed on the others
/// before it: "announce, commit, then look" needs to see it. Says whether the server knows of
/// clusters at all.
fn wait_for_cluster(conn: &mut MysqlConnection) -> Result<bool, DbError> {
    match conn.batch_execute("SET SESSION wsrep_sync_wait = 7;") {
        Ok(()) => Ok(true),
        Err(error) if error.to_string().contains("Unknown system variable") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What the server says of a session.
#[derive(Debug, QueryableByName)]
struct Session {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Text)]
    sql_mode: String,
    #[diesel(sql_type = Text)]
    isolation: String,
    #[diesel(sql_type = Text)]
    zone: String,
    #[diesel(sql_type = Text)]
    charsets: String,
    #[diesel(sql_type = Text)]
    autocommit: String,
    #[diesel(sql_type = Text)]
    binlog: String,
    #[diesel(sql_type = Text)]
    waits: String,
}

impl Session {
    const SELECT: &str = "SELECT VERSION() AS version, @@SESSION.sql_mode AS sql_mode, \
        @@SESSION.tx_isolation AS isolation, @@SESSION.time_zone AS zone, \
        CONCAT_WS(' ', @@SESSION.character_set_client, @@SESSION.character_set_connection, \
        @@SESSION.character_set_results) AS charsets, \
        IF(@@SESSION.autocommit, 'ON', 'OFF') AS autocommit, \
        IF(@@GLOBAL.log_bin, @@SESSION.binlog_format, 'OFF') AS binlog";
    const WAITS: &str = "CAST(@@SESSION.wsrep_sync_wait AS CHAR)";

    fn of(conn: &mut MysqlConnection, waits: bool) -> Result<Self, DbError> {
        let waits = if waits { Self::WAITS } else { "''" };
        Ok(sql_query(format!("{}, {waits} AS waits", Self::SELECT)).get_result(conn)?)
    }

    /// The first thing about it that we cannot work with, in a sentence.
    fn fault(&self, waits: bool) -> Option<String> {
        let is = |value: &str| self.sql_mode.split(',').any(|mode| mode == value);
        let modes: BTreeSet<_> = self.sql_mode.split(',').collect();
        if !is_known(&self.version) {
            return Some(format!(
                "the database server is {}; Holdfast wants MariaDB {}.{} or newer",
                self.version, OLDEST.0, OLDEST.1
            ));
        }
        let wrong = |what: &str, is: &str, wants: &str| {
            Some(format!(
                "the database session has {what} {is:?} although {wants:?} was asked for: does a \
                 proxy stand before the server?"
            ))
        };
        if !SQL_MODE.into_iter().all(is) || modes.len() != SQL_MODE.len() {
            return wrong("sql_mode", &self.sql_mode, &SQL_MODE.join(","));
        }
        for (what, is, wants) in [
            ("the isolation level", self.isolation.as_str(), "READ-COMMITTED"),
            ("the time zone", &self.zone, "+00:00"),
            ("the character sets", &self.charsets, "utf8mb4 utf8mb4 utf8mb4"),
            ("autocommit", &self.autocommit, "ON"),
            ("wsrep_sync_wait", &self.waits, if waits { "7" } else { "" }),
        ] {
            if is != wants {
                return wrong(what, is, wants);
            }
        }
        (self.binlog == "STATEMENT").then(|| {
            "the database server writes its binary log by statement, which READ COMMITTED does \
             not allow: set binlog_format to MIXED or ROW"
                .to_owned()
        })
    }
}

/// Whether it is a MariaDB that is not too old: `10.11.6-MariaDB-…`.
fn is_known(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return false;
    };
    version.contains("MariaDB") && (major, minor) >= OLDEST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Session {
        Session {
            version: "10.11.19-MariaDB-0+deb12u1".to_owned(),
            sql_mode: SQL_MODE.join(","),
            isolation: "READ-COMMITTED".to_owned(),
            zone: "+00:00".to_owned(),
            charsets: "utf8mb4 utf8mb4 utf8mb4".to_owned(),
            autocommit: "ON".to_owned(),
            binlog: "OFF".to_owned(),
            waits: "7".to_owned(),
        }
    }

    #[test]
    fn each_thing_that_is_not_as_asked_has_its_sentence() {
        assert_eq!(good().fault(true), None);
        assert_eq!(Session { waits: String::new(), ..good() }.fault(false), None);
        let text = str::to_owned;
        for (session, word) in [
            (Session { version: text("8.0.36"), ..good() }, "MariaDB 10.6"),
            (Session { version: text("10.5.9-MariaDB"), ..good() }, "MariaDB 10.6"),
            (Session { sql_mode: text("STRICT_ALL_TABLES"), ..good() }, "sql_mode"),
            (
                Session {
                    sql_mode: format!("{},PAD_CHAR_TO_FULL_LENGTH", SQL_MODE.join(",")),
                    ..good()
                },
                "sql_mode",
            ),
            (Session { isolation: text("REPEATABLE-READ"), ..good() }, "isolation"),
            (Session { zone: text("SYSTEM"), ..good() }, "time zone"),
            (Session { charsets: text("utf8mb4 latin1 utf8mb4"), ..good() }, "character sets"),
            (Session { autocommit: text("OFF"), ..good() }, "autocommit"),
            (Session { waits: text("0"), ..good() }, "wsrep_sync_wait"),
            (Session { binlog: text("STATEMENT"), ..good() }, "binlog_format"),
        ] {
            let said = session.fault(true).unwrap();
            assert!(said.contains(word), "{said}");
        }
    }
}
