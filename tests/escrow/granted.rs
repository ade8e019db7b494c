//! What a web that was taken over can change on a server, where it has the account of web and no file:
//! history not at all, and what it may change moves no sealed order's money.
//!
//! On files, where nothing keeps web from its own rows, `tampered` does the same and more.

use std::collections::BTreeSet;

use db::owners::{OWNERS, Verbs};
use db::{Conn, DbError, Owner, WebTx, tx};
use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, sql_query};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use testkit::Data;

use crate::tampered::{THIEF, arrived, sealed};
use crate::world::World;

/// Hostile values, as expressions of SQL.
const VALUES: [&str; 12] = [
    "'0x1111111111111111111111111111111111111111'",
    "''",
    "NULL",
    "'99999999999999999999999999999999'",
    "'9999-12-31 23:59:59'",
    "'1000-01-01 00:00:00'",
    "-1",
    "0",
    "9223372036854775807",
    "'admin'",
    "x'00ff'",
    "REPEAT('z', 524288)",
];

/// Sets a column as web's account does, with every check of a session that it may lift lifted.
fn set(world: &World, table: &str, column: &str, value: &str) -> Result<usize, DbError> {
    let update = format!("UPDATE {table} SET {column} = {value}");
    tx::write_once(&world.data.config(Owner::Web), "tamper", |tx: &mut WebTx<'_>| {
        let conn: &mut Conn = tx;
        conn.batch_execute(
            "SET SESSION check_constraint_checks = 0; SET SESSION foreign_key_checks = 0;",
        )?;
        Ok(sql_query(&update).execute(conn)?)
    })
}

fn columns(data: &Data, table: &str) -> Vec<String> {
    data.texts(
        Owner::Web,
        &format!(
            "SELECT column_name AS text FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name = '{table}'"
        ),
    )
}

/// Keeps the rows of a table, or puts them back, as whoever made the tables.
fn keep(world: &World, table: &str) {
    let copy = format!("CREATE OR REPLACE TABLE kept AS SELECT * FROM {table};");
    world.data.by_hand(Owner::Web, "", &copy);
}

fn put_back(world: &World, table: &str) {
    let back = format!(
        "SET SESSION foreign_key_checks = 0; DELETE FROM {table}; \
         INSERT INTO {table} SELECT * FROM kept;"
    );
    world.data.by_hand(Owner::Web, "", &back);
}

fn rounds(engine: &escrow::Engine, what: &str) {
    engine.desk_once(true).unwrap_or_else(|fault| panic!("{what}: desk: {fault}"));
    engine.chain_once().unwrap_or_else(|fault| panic!("{what}: chain: {fault}"));
}

/// Two orders, one of them in dispute with an offer, so that every table of orders has rows.
fn told(world: &World, engine: &escrow::Engine) -> (OrderId, OrderId) {
    let (order, other) = (world.funded(engine), world.funded(engine));
    world.ship(order);
    world.dispute(other);
    rounds(engine, "disputed");
    let offer = world.offer(other, ActorRole::Vendor, 40);
    world.show(other, offer);
    let staff = world.staff(0x71);
    world.rule(other, staff, 50);
    rounds(engine, "told");
    (order, other)
}

#[test]
fn on_a_server_web_changes_no_history_and_moves_no_sealed_money() {
    let world = World::new();
    if world.data.is_local() {
        // There web owns the file; `tampered` is about that.
        return;
    }
    let engine = world.engine();
    let (order, other) = told(&world, &engine);
    let seals = [order, other].map(|order| sealed(&world, order));
    let mut changed = BTreeSet::new();
    for (table, _, verbs) in OWNERS.iter().filter(|(_, owner, _)| *owner == Owner::Web) {
        keep(&world, table);
        for column in columns(&world.data, table) {
            for value in VALUES {
                let what = format!("{table}.{column} = {value}");
                match set(&world, table, &column, value) {
                    Ok(0) => {}
                    Ok(_) => {
                        assert_ne!(*verbs, Verbs::HISTORY, "{what}: history was changed");
                        changed.insert(*table);
                        rounds(&engine, &what);
                        put_back(&world, table);
                    }
                    Err(why) if *verbs == Verbs::HISTORY => {
                        assert_eq!(why, DbError::ReadOnly, "{what}");
                    }
                    // The column does not take such a value.
                    Err(_) => {}
                }
            }
        }
    }
    // What escrow reads of it, and some that it does not.
    for table in ["users", "store_users", "stores", "evidence_head"] {
        assert!(changed.contains(table), "{table} was never changed: {changed:?}");
    }
    assert_eq!([order, other].map(|order| sealed(&world, order)), seals);
    assert_eq!(arrived(&world), [Amount::ZERO; 4]);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.balance(THIEF.parse().unwrap()), Amount::ZERO);
    assert!(!world.balance(world.payout).is_zero() && !world.balance(world.commission).is_zero());
}
