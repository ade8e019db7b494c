//! Up, down and up again; and what a binary does with tables that are not its own.

use std::collections::BTreeSet;

use db::owners::OWNERS;
use db::{CourierDb, DbError, Owner, migrate};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use testkit::{Data, conformance};

conformance! {
    down_and_up_again_is_where_it_began
    every_table_has_the_owner_that_the_list_says
    every_table_has_a_primary_key
}

const LEDGER: &str = "__diesel_schema_migrations";

/// Everything that `owner` sees of tables, columns, keys, checks and references, as text.
pub(crate) fn schema(data: &Data, owner: Owner) -> Vec<String> {
    let files = ["SELECT type || ' ' || name || ' ' || COALESCE(sql, '') AS text \
                  FROM main.sqlite_master ORDER BY 1"];
    let selects = if data.is_local() { &files[..] } else { &SERVER };
    selects.iter().flat_map(|select| rows(data, owner, select)).collect()
}

/// The same from a server, which keeps it in several places.
const SERVER: [&str; 5] = [
    "SELECT CONCAT_WS(' ', 'table', table_name, table_type, engine, table_collation) AS text \
     FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
    "SELECT CONCAT_WS(' ', 'column', table_name, LPAD(ordinal_position, 3, '0'), column_name, \
     column_type, is_nullable, COALESCE(collation_name, '-'), COALESCE(column_default, '-'), \
     extra) AS text \
     FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1",
    "SELECT CONCAT_WS(' ', 'key', table_name, index_name, seq_in_index, column_name, non_unique) \
     AS text FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1",
    "SELECT CONCAT_WS(' ', 'check', table_name, constraint_name, check_clause) AS text \
     FROM information_schema.check_constraints WHERE constraint_schema = DATABASE() ORDER BY 1",
    "SELECT CONCAT_WS(' ', 'reference', table_name, constraint_name, referenced_table_name, \
     delete_rule, update_rule) AS text \
     FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() \
     ORDER BY 1",
];

fn rows(data: &Data, owner: Owner, select: &str) -> Vec<String> {
    data.texts(owner, select)
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
    for owner in Owner::ALL {
        let left: Vec<_> =
            schema(data, owner).into_iter().filter(|text| !text.contains(LEDGER)).collect();
        assert_eq!(left, [""; 0], "{owner:?} leaves something behind");
    }
    migrate::run_all(&config).unwrap();
    assert_eq!(Owner::ALL.map(|owner| schema(data, owner)), before);
    let kinds = |kind: &str| before[0].iter().filter(|text| text.starts_with(kind)).count();
    assert!(kinds("table ") > 15 && data.is_local() || kinds("check ") > 20, "{before:?}");
}

/// Rows without a key of their own cannot be told apart, and a cluster refuses them.
fn every_table_has_a_primary_key(data: &Data) {
    let select = if data.is_local() {
        "SELECT m.name AS text FROM main.sqlite_master m WHERE m.type = 'table' \
         AND NOT EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE pk > 0)"
    } else {
        "SELECT t.table_name AS text FROM information_schema.tables t \
         WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND NOT EXISTS \
         (SELECT 1 FROM information_schema.statistics s WHERE s.table_schema = DATABASE() \
         AND s.table_name = t.table_name AND s.index_name = 'PRIMARY')"
    };
    for owner in Owner::ALL {
        assert_eq!(rows(data, owner, select), [""; 0]);
    }
}

/// What a table is made of: rows that a crash cannot lose half of, and text that is what it is.
#[cfg(feature = "mariadb")]
#[test]
fn tables_on_a_server_are_exact() {
    let data = Data::mariadb();
    for text in schema(&data, Owner::Web) {
        let exact = match text.split(' ').next().unwrap() {
            "table" => {
                text.contains(LEDGER)
                    || text.contains(" VIEW")
                    || text.ends_with("InnoDB utf8mb4_nopad_bin")
            }
            "column" => {
                let ours = !text.contains(LEDGER) && !text.contains(" v_");
                let words: Vec<_> = text.split(' ').collect();
                let exact = ["utf8mb4_nopad_bin", "ascii_bin", "-"];
                !ours || words.iter().any(|word| exact.contains(word))
            }
            "reference" => {
                text.ends_with("RESTRICT RESTRICT") || text.ends_with("NO ACTION NO ACTION")
            }
            _ => true,
        };
        assert!(exact, "{text}");
    }
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
