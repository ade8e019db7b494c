//! Up, down and up again; and what a binary does with tables that are not its own.

use std::collections::BTreeSet;

use db::owners::OWNERS;
use db::{CourierDb, DbError, Owner, migrate};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::{QueryableByName, sql_query};
use testkit::{Data, conformance};

conformance! {
    down_and_up_again_is_where_it_began
    every_table_has_the_owner_that_the_list_says
}

const LEDGER: &str = "__diesel_schema_migrations";

#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

/// Everything that `owner` sees of tables, columns, indexes and triggers, as text.
fn schema(data: &Data, owner: Owner) -> Vec<String> {
    let config = data.keeper();
    let select = if config.is_local() {
        "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') AS text FROM main.sqlite_master \
         ORDER BY 1"
    } else {
        "SELECT CAST(CONCAT(table_name, ' ', column_name, ' ', column_type, ' ', is_nullable) AS \
         CHAR) AS text FROM information_schema.columns WHERE table_schema = DATABASE() \
         AND table_name NOT LIKE 'v\\_%' ORDER BY 1"
    };
    rows(data, owner, select)
}

fn rows(data: &Data, owner: Owner, select: &str) -> Vec<String> {
    let rows: Vec<Text> = match data.config(owner).file(owner) {
        Some(file) => {
            let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
            sql_query(select).load(&mut conn).unwrap()
        }
        None => match owner {
            Owner::Web => data.web().read(|conn| Ok(sql_query(select).load(conn)?)).unwrap(),
            Owner::Escrow => data.escrow().read(|conn| Ok(sql_query(select).load(conn)?)).unwrap(),
            Owner::Courier => {
                data.courier().read(|conn| Ok(sql_query(select).load(conn)?)).unwrap()
            }
        },
    };
    rows.into_iter().map(|row| row.text).collect()
}

fn down_and_up_again_is_where_it_began(data: &Data) {
    let config = data.keeper();
    let before = Owner::ALL.map(|owner| schema(data, owner));
    for owner in Owner::ALL {
        assert_eq!(migrate::check(&config, owner), Ok(()));
        assert_eq!(migrate::run(&config, owner), Ok(vec![]), "nothing is left to do");
        let undone = migrate::revert_all(&config, owner).unwrap();
        assert!(!undone.is_empty());
        let mut pending = migrate::pending(&config, owner).unwrap();
        pending.reverse();
        assert_eq!(pending, undone);
        assert!(matches!(migrate::check(&config, owner), Err(DbError::Schema(_))));
    }
    if config.is_local() {
        for owner in Owner::ALL {
            let left: Vec<_> =
                schema(data, owner).into_iter().filter(|text| !text.contains(LEDGER)).collect();
            assert_eq!(left, [""; 0], "{owner:?} leaves something behind");
        }
    }
    migrate::run_all(&config).unwrap();
    assert_eq!(Owner::ALL.map(|owner| schema(data, owner)), before);
}

fn every_table_has_the_owner_that_the_list_says(data: &Data) {
    let local = data.keeper().is_local();
    let select = if local {
        "SELECT name AS text FROM main.sqlite_master WHERE type = 'table'"
    } else {
        "SELECT table_name AS text FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
    };
    let mut all = BTreeSet::new();
    for owner in Owner::ALL {
        let real: BTreeSet<_> =
            rows(data, owner, select).into_iter().filter(|name| name != LEDGER).collect();
        let mine = OWNERS.iter().filter(|(_, whose, _)| *whose == owner);
        let listed: BTreeSet<_> = mine.map(|(table, ..)| (*table).to_owned()).collect();
        if local {
            assert_eq!(real, listed, "tables of {owner:?}");
        }
        all.extend(real);
    }
    let listed: BTreeSet<_> = OWNERS.iter().map(|(table, ..)| (*table).to_owned()).collect();
    assert_eq!(all, listed);
}

#[test]
fn tables_newer_than_the_binary_are_left_alone() {
    let data = Data::sqlite();
    let config = data.config(Owner::Courier);
    let file = config.file(Owner::Courier).unwrap();
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    conn.batch_execute(&format!("INSERT INTO {LEDGER} (version) VALUES ('99991231000000')"))
        .unwrap();
    let refused = |said: &Result<(), DbError>| matches!(said, Err(DbError::Schema(s)) if s.contains("99991231000000"));
    for said in [
        migrate::check(&config, Owner::Courier),
        migrate::run(&config, Owner::Courier).map(drop),
        CourierDb::prepare(&config).map(drop),
        db::WebDb::prepare(&config).map(drop),
    ] {
        assert!(refused(&said), "{said:?}");
    }
}

#[cfg(feature = "mariadb")]
#[test]
fn both_engines_have_the_same_columns() {
    let server = Data::mariadb();
    let files = Data::sqlite();
    for (table, owner, _) in OWNERS {
        let local = rows(
            &files,
            *owner,
            &format!(
                "SELECT name || ' ' || (\"notnull\" = 0) AS text FROM pragma_table_info('{table}') ORDER BY cid"
            ),
        );
        let there = rows(
            &server,
            *owner,
            &format!(
                "SELECT CAST(CONCAT(column_name, ' ', is_nullable = 'YES') AS CHAR) AS text \
                 FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        );
        assert_eq!(local, there, "{table}");
    }
}

#[test]
fn nothing_cascades_and_no_reference_leaves_its_file() {
    let data = Data::sqlite();
    for owner in Owner::ALL {
        let own =
            |name: &str| OWNERS.iter().any(|(table, whose, _)| *table == name && *whose == owner);
        for text in schema(&data, owner) {
            assert!(!text.to_uppercase().contains("CASCADE"), "{text}");
            for reference in text.split("REFERENCES ").skip(1) {
                let table = reference.split([' ', '(']).next().unwrap();
                assert!(own(table), "{owner:?} refers to {table}: {text}");
            }
        }
    }
}
