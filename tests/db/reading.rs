//! What a reader may do, for how long, and how it learns of news.

use db::{Conn, DbError, Owner, tx};
use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use testkit::{Data, conformance};

use crate::rows;

conformance! {
    a_reader_cannot_write
    a_slow_read_is_cut_off_and_the_next_is_not
    a_snapshot_stands_still
    news_is_noticed
    views_join_what_several_roles_wrote
}

fn a_reader_cannot_write(data: &Data) {
    let door = data.courier();
    let write: Result<(), DbError> = tx::write(&door, "insert", |tx| rows::insert(tx, "a"));
    assert_eq!(write, Ok(()));
    let delete = |conn: &mut Conn| Ok(conn.batch_execute("DELETE FROM courier_jobs")?);
    let answer = door.read(delete);
    assert!(matches!(answer, Err(DbError::Down(_) | DbError::ReadOnly)), "{answer:?}");
    assert_eq!(door.read(rows::names).unwrap(), ["a"]);
}

fn a_snapshot_stands_still(data: &Data) {
    let (door, web) = (data.courier(), data.web());
    let write = |name| tx::write(&door, "insert", move |tx| rows::insert(tx, name));
    assert_eq!(write("a"), Ok::<(), DbError>(()));
    let both = web.snapshot(|conn| {
        let before = rows::names(conn)?;
        write("b")?;
        Ok((before, rows::names(conn)?))
    });
    let one = vec!["a".to_owned()];
    assert_eq!(both, Ok((one.clone(), one)));
    assert_eq!(web.snapshot(rows::names).unwrap(), ["a", "b"]);
}

#[test]
fn a_write_sees_the_others_files_as_at_its_begin_and_the_next_write_sees_more() {
    let data = Data::sqlite();
    let (courier, web) = (data.courier(), data.web());
    let look = |other: Option<&'static str>| {
        let courier = courier.clone();
        tx::write(&web, "look", move |tx| {
            if let Some(name) = other {
                tx::write(&courier, "insert", move |tx| rows::insert(tx, name))?;
            }
            rows::names(tx)
        })
    };
    assert_eq!(look(Some("a")), Ok(vec![]), "committed after the begin, so not seen");
    assert_eq!(look(None), Ok(vec!["a".to_owned()]));
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn count(conn: &mut Conn, to: u32) -> Result<i64, DbError> {
    let select = if conn.is_sqlite() {
        format!(
            "WITH RECURSIVE c AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM c WHERE i < {to}) \
             SELECT COUNT(*) AS n FROM c"
        )
    } else {
        format!("SELECT COUNT(*) AS n FROM seq_1_to_{to} WHERE seq % 7 < 7")
    };
    let row: Count = sql_query(select).get_result(conn)?;
    Ok(row.n)
}

fn a_slow_read_is_cut_off_and_the_next_is_not(data: &Data) {
    let door = data.web();
    assert_eq!(door.read(|conn| count(conn, 1_000_000_000)), Err(DbError::Timeout));
    assert_eq!(door.read(|conn| count(conn, 1_000)), Ok(1_000));
}

fn news_is_noticed(data: &Data) {
    let (courier, web) = (data.courier(), data.web());
    let mut watch = web.watch(Owner::Courier).unwrap();
    assert_eq!(watch.changed(), Ok(true), "the first look always says so");
    let idle = watch.changed().unwrap();
    assert_eq!(idle, !data.config(Owner::Web).is_local());
    let write: Result<(), DbError> = tx::write(&courier, "insert", |tx| rows::insert(tx, "a"));
    assert_eq!(write, Ok(()));
    assert_eq!(watch.changed(), Ok(true));
    assert_eq!(watch.changed(), Ok(idle));
}

fn views_join_what_several_roles_wrote(data: &Data) {
    for view in
        ["", "_evm", "_cumulative_evm"].map(|kind| kind.replace("_cumulative_evm", "_cumulative"))
    {
        let select = format!("SELECT COUNT(*) AS n FROM v_current{view}_order_statuses");
        for answer in [
            data.web().read(|conn| Ok(sql_query(&select).get_result::<Count>(conn)?.n)),
            data.escrow().read(|conn| Ok(sql_query(&select).get_result::<Count>(conn)?.n)),
        ] {
            assert_eq!(answer, Ok(0), "{select}");
        }
    }
}
