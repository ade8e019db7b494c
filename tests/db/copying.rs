//! Files are copied to a server as they are, or not at all.

use db::copy::{self, CopyError};
use db::{DbError, Owner, accounts, attempts, codec, migrate, tx};
use domain::clock::Time;
use domain::ids::UserId;
use testkit::Data;

use crate::turns::user;

/// Texts that a careless copy would change.
const TEXTS: [&str; 7] =
    ["", " ", "ädmin ", "it's \\ \\' %s ' OR 1", "\u{1F9C0}\u{200D}", "a\0b", "line\r\n\u{1f}"];

/// Files with some rows of every kind of column.
fn files() -> Data {
    let data = Data::sqlite();
    let web = data.web();
    for (n, text) in (0_u8..).zip(TEXTS) {
        let row = accounts::UserRow {
            username: text.to_owned(),
            password_hash: text.repeat(2_000),
            refund_address: (n > 3).then(|| "0x0".to_owned()),
            created_at: codec::stamp(Time::from_micros(1_795_000_000_000_000 + i64::from(n))),
            ..user(UserId::from_random([n; 16]), &format!("{text}{n}"))
        };
        let bucket = "b".repeat(64);
        tx::write(&web, "row", move |tx| -> Result<(), DbError> {
            accounts::insert(tx, &row)?;
            attempts::insert(tx, &bucket, codec::time(row.created_at), "n")
        })
        .unwrap();
    }
    let row = db::desk::NewRate {
        id: domain::ids::RateId::from_random([1; 16]),
        coin: "ETH".to_owned(),
        usd: domain::money::UsdMicros::new(i64::MAX.unsigned_abs()).unwrap(),
        source: "somebody".to_owned(),
        quoted_at: Time::from_secs(1),
        fetched_at: Time::from_secs(4_000_000_000),
    };
    tx::write(&data.escrow(), "rate", move |tx| db::desk::insert_rate(tx, &row)).unwrap();
    data
}

fn rows(server: &Data) -> usize {
    let web = server.web();
    let found = (0_u8..10)
        .filter(|n| web.read(|conn| accounts::by_id(conn, UserId::from_random([*n; 16]))).is_ok());
    found.count()
}

#[test]
fn what_arrives_is_what_was_sent_and_arriving_twice_changes_nothing() {
    let (files, server) = (files(), Data::mariadb());
    let (from, to) = (files.config(Owner::Web), server.keeper());
    for before in [false, true] {
        // Whoever reads the files reads all of them.
        let reader = if before { Owner::Courier } else { Owner::Web };
        let copied = copy::copy(&from, &to, reader).unwrap();
        assert_eq!(copied.before, before);
        let count = |name| copied.tables.iter().find(|(table, _)| *table == name).unwrap().1;
        assert_eq!(
            [count("users"), count("attempts"), count("rates"), count("seals")],
            [7, 7, 1, 0]
        );
        assert_eq!(copied.tables.len(), db::owners::OWNERS.len(), "no table is left out");
    }
    for n in 0_u8..7 {
        let row = |data: &Data| {
            data.web().read(|conn| accounts::by_id(conn, UserId::from_random([n; 16]))).unwrap()
        };
        assert_eq!(row(&files), row(&server));
    }
}

#[test]
fn a_server_that_changes_what_it_is_given_keeps_nothing() {
    let (files, server) = (files(), Data::mariadb());
    let (from, to) = (files.config(Owner::Web), server.keeper());
    for change in [
        "password_hash = TRIM(NEW.password_hash)",
        "created_at = NEW.created_at + INTERVAL 1 MICROSECOND",
    ] {
        let liar =
            format!("CREATE TRIGGER liar BEFORE INSERT ON users FOR EACH ROW SET NEW.{change}");
        server.by_hand(Owner::Web, "", &liar);
        let copied = copy::copy(&from, &to, Owner::Web);
        assert!(matches!(copied, Err(CopyError::Differs("users", _))), "{copied:?}");
        assert_eq!(rows(&server), 0);
        server.by_hand(Owner::Web, "", "DROP TRIGGER liar");
    }
    server.by_hand(Owner::Web, "", "DROP TABLE rates");
    let copied = copy::copy(&from, &to, Owner::Web);
    assert!(matches!(copied, Err(CopyError::Db(DbError::Schema(_)))), "{copied:?}");
    assert_eq!(rows(&server), 0);
}

#[test]
fn a_server_that_holds_something_is_left_alone() {
    let (files, server) = (files(), Data::mariadb());
    let (from, to) = (files.config(Owner::Web), server.keeper());
    server.by_hand(Owner::Web, "", "CREATE TABLE guestbook (n INT)");
    assert_eq!(copy::copy(&from, &to, Owner::Web), Err(CopyError::Foreign("guestbook".to_owned())));
    server.by_hand(Owner::Web, "", "DROP TABLE guestbook");
    let row = user(UserId::from_random([9; 16]), "somebody");
    tx::write(&server.web(), "row", move |tx| accounts::insert(tx, &row)).unwrap();
    assert_eq!(copy::copy(&from, &to, Owner::Web), Err(CopyError::NotEmpty("users".to_owned())));
    assert_eq!(rows(&server), 1);
    assert_eq!(copy::copy(&to, &from, Owner::Web), Err(CopyError::Direction));
}

/// A file whose rows cannot be what we wrote is not copied with guesses.
#[test]
fn spoilt_rows_are_not_copied() {
    for (spoil, column) in [
        ("UPDATE users SET created_at = 'yesterday'", "users.created_at"),
        (
            "UPDATE attempts SET at = x'00ff' WHERE at = (SELECT MAX(at) FROM attempts)",
            "attempts.at",
        ),
        ("UPDATE rates SET usd_micros = 'ten'", "rates.usd_micros"),
    ] {
        let (files, server) = (files(), Data::mariadb());
        let owner = if column.starts_with("rates") { Owner::Escrow } else { Owner::Web };
        let spoil = format!(
            "DROP TRIGGER IF EXISTS rates_no_update; PRAGMA ignore_check_constraints = ON; {spoil}"
        );
        files.by_hand(owner, &spoil, "");
        let copied = copy::copy(&files.config(Owner::Web), &server.keeper(), Owner::Web);
        assert_eq!(copied, Err(CopyError::Db(DbError::Corrupt(column.to_owned()))));
        assert_eq!(rows(&server), 0);
    }
}

/// As after a server that died while it made the tables: some of them are there, and their
/// migration is not noted.
#[test]
fn migrations_that_were_cut_off_are_run_again() {
    let server = Data::mariadb();
    let to = server.keeper();
    let ledger = "__diesel_schema_migrations";
    server.by_hand(
        Owner::Web,
        "",
        &format!(
            "DELETE FROM {ledger}; DROP TABLE alarms; DROP TABLE store_stats; \
             DROP INDEX receipts_by_order ON receipts; DROP TABLE shipment_events;"
        ),
    );
    let applied = migrate::run_all(&to).unwrap();
    assert!(applied.len() >= 5, "{applied:?}");
    assert!(Owner::ALL.into_iter().all(|owner| migrate::check(&to, owner).is_ok()));
    let whole = Data::mariadb();
    assert_eq!(
        crate::migrating::schema(&server, Owner::Web),
        crate::migrating::schema(&whole, Owner::Web)
    );
}
