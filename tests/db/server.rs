//! What a server may be like, and how it may go away.

use db::{Conn, CourierDb, DbConfig, DbError, Owner, tx};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use testkit::Data;
use testkit::server::{PASSWORD, Server};

use crate::rows;

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

fn text(conn: &mut Conn, select: &str) -> Result<String, DbError> {
    let row: Text = sql_query(select).get_result(conn)?;
    Ok(row.text)
}

fn session(scope: &str) -> String {
    format!(
        "SELECT CONCAT_WS('|', @@{scope}.tx_isolation, @@{scope}.time_zone, \
         @@{scope}.character_set_client, @@{scope}.character_set_results) AS text"
    )
}

#[test]
fn a_session_is_what_we_ask_for_on_a_server_that_is_otherwise() {
    const OURS: &str = "READ-COMMITTED|+00:00|utf8mb4|utf8mb4";
    let data = Data::mariadb();
    assert_eq!(
        data.texts(Owner::Web, &session("GLOBAL")),
        ["REPEATABLE-READ|+05:30|latin1|latin1"],
        "the server has other habits, or this test shows nothing"
    );
    let door = data.courier();
    let read = |select: String| door.read(move |conn| text(conn, &select));
    let write = |select: String| tx::write(&door, "look", move |tx| text(tx, &select));
    for answer in [read(session("SESSION")), write(session("SESSION"))] {
        assert_eq!(answer.unwrap(), OURS);
    }
    let strict = "SELECT IF(FIND_IN_SET('STRICT_ALL_TABLES', @@SESSION.sql_mode), 'strict', \
                  @@SESSION.sql_mode) AS text";
    assert_eq!(write(strict.to_owned()).unwrap(), "strict");
    let waits = "SELECT CAST(@@SESSION.wsrep_sync_wait AS CHAR) AS text";
    assert_eq!(
        (read(waits.to_owned()), write(waits.to_owned())),
        (Ok("7".to_owned()), Ok("7".to_owned()))
    );
}

/// Ends every connection of an account, as a server that is restarted does.
fn cut_off(user: &str) {
    let select = format!(
        "SELECT CAST(id AS CHAR) AS text FROM information_schema.processlist WHERE user = '{user}'"
    );
    let mut admin = Server::get().admin();
    let lines: Vec<Text> = sql_query(select).load(&mut admin).unwrap();
    assert!(!lines.is_empty());
    for line in lines {
        // It may have gone by itself.
        let _gone = sql_query(format!("KILL {}", line.text)).execute(&mut admin);
    }
}

#[test]
fn a_server_that_went_away_is_found_again() {
    let data = Data::mariadb();
    let door = data.courier();
    let user = data.user("courier").unwrap();
    for name in ["a", "b"] {
        let write = tx::write(&door, "insert", move |tx| rows::insert(tx, name));
        assert_eq!(write, Ok(()));
        cut_off(&user);
        assert!(door.read(rows::names).unwrap().contains(&name.to_owned()));
    }
}

#[test]
fn a_job_whose_connection_is_cut_writes_nothing() {
    let data = Data::mariadb();
    let door = data.courier();
    let user = data.user("courier").unwrap();
    let answer = tx::write(&door, "cut", move |tx| -> Result<(), DbError> {
        rows::insert(tx, "half")?;
        cut_off(&user);
        rows::insert(tx, "whole")
    });
    assert!(matches!(answer, Err(DbError::Down(_))), "{answer:?}");
    assert_eq!(door.read(rows::names).unwrap(), [""; 0]);
    let later: Result<(), DbError> = tx::write(&door, "later", |tx| rows::insert(tx, "later"));
    assert_eq!(later, Ok(()));
}

#[test]
fn who_may_not_come_in_is_told_so() {
    let data = Data::mariadb();
    let dsn = data.dsn().unwrap();
    let open = |user: &str, password: &str, dsn: &str| {
        let config = DbConfig::new(Some("mariadb"), Some(dsn), Some(user), Some(password));
        CourierDb::open(&config.unwrap()).map(drop)
    };
    let courier = data.user("courier").unwrap();
    assert_eq!(open(&courier, PASSWORD, &dsn), Ok(()));
    let elsewhere = dsn.rsplit_once('/').unwrap().0.to_owned() + "/mysql";
    for (user, password, dsn) in [
        (courier.as_str(), "wrong", dsn.as_str()),
        ("nobody", PASSWORD, &dsn),
        (&courier, PASSWORD, &elsewhere),
        (&courier, PASSWORD, "mysql://127.0.0.1:9/hf"),
    ] {
        let said = open(user, password, dsn);
        assert!(matches!(&said, Err(DbError::Down(why)) if !why.contains(PASSWORD)), "{said:?}");
    }
}
