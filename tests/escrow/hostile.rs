//! Code and names in web's file: what a web that was taken over can plant in its schema. Escrow reads
//! that file, so none of it may run in escrow, or stand in the place of what is escrow's own.

use db::Owner;
use db::owners::OWNERS;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::{QueryableByName, SqliteConnection, sql_query};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use escrow::Engine;

use crate::world::World;

const THIEF: &str = "0x1111111111111111111111111111111111111111";

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

fn texts(conn: &mut SqliteConnection, select: &str) -> Vec<String> {
    let rows: Vec<Text> = sql_query(select).load(conn).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

/// A hand in web's own file.
fn hand(world: &World) -> SqliteConnection {
    let file = world.data.config(Owner::Web).file(Owner::Web).unwrap();
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 5000;").unwrap();
    conn
}

fn tables(owner: Owner) -> impl Iterator<Item = &'static str> {
    OWNERS.iter().filter(move |(_, whose, _)| *whose == owner).map(|(table, ..)| *table)
}

/// The order is paid out as it was sealed, and nothing is told of web's file.
fn pays_as_sealed(world: &World, engine: &Engine, order: OrderId) {
    world.until(engine, order, "RELEASED");
    assert_eq!(world.balance(THIEF.parse().unwrap()), Amount::ZERO);
    assert!(world.balance(world.payout) > Amount::parse("0.039", 18).unwrap());
    assert!(world.balance(world.commission) > Amount::parse("0.002", 18).unwrap());
    assert_eq!(world.alarms(), [""; 0]);
}

/// Triggers on every table of web's, for every verb, with names of their own and with those of
/// escrow's guards, which are temporary ones. Each leaves a trace where it runs.
#[test]
fn triggers_in_web_s_file_do_not_run_in_escrow() {
    let world = World::on_files();
    let engine = world.engine();
    let order = world.sealed(&engine);
    let mut hand = hand(&world);
    hand.batch_execute("CREATE TABLE traces (name TEXT);").unwrap();
    for table in tables(Owner::Web) {
        for verb in ["INSERT", "UPDATE", "DELETE"] {
            for (name, when) in [
                (format!("trap_{table}_{verb}"), "AFTER"),
                (format!("guard_{table}_{verb}"), "BEFORE"),
                (format!("temp.guard_{table}_{verb}"), "AFTER"),
            ] {
                let trap = format!(
                    "CREATE TRIGGER \"{name}\" {when} {verb} ON {table} \
                     BEGIN INSERT INTO traces VALUES ('{name}'); END;"
                );
                hand.batch_execute(&trap).unwrap();
            }
        }
    }
    for table in tables(Owner::Escrow) {
        // On a table that has the name of one of escrow's.
        let trap = format!(
            "CREATE TABLE {table} (address TEXT); \
             CREATE TRIGGER \"guard_{table}_UPDATE\" AFTER INSERT ON {table} \
             BEGIN INSERT INTO traces VALUES ('{table}'); END;"
        );
        hand.batch_execute(&trap).unwrap();
    }
    let traces = |hand: &mut SqliteConnection| {
        texts(hand, "SELECT DISTINCT name AS text FROM traces ORDER BY name")
    };
    // Web's own writes run them, in web.
    world.ask(order, IntentAction::Extend, ActorRole::Buyer);
    assert_ne!(traces(&mut hand), [""; 0]);
    hand.batch_execute("DELETE FROM traces;").unwrap();
    engine.desk_once(true).unwrap();
    world.pay(order, world.state(order).due);
    engine.chain_once().unwrap();
    assert_eq!(traces(&mut hand), [""; 0]);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    hand.batch_execute("DELETE FROM traces;").unwrap();
    pays_as_sealed(&world, &engine, order);
    assert_eq!(traces(&mut hand), [""; 0]);
}

/// Tables in web's file with the names of escrow's and courier's, their columns and their rows, but
/// for what the thief would like to read there; and views and tables with the names of escrow's
/// temporary views and of the files themselves.
#[test]
fn tables_in_web_s_file_with_the_names_of_escrow_s_are_not_escrow_s() {
    let world = World::on_files();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    let ledger = world.data.config(Owner::Escrow).file(Owner::Escrow).unwrap();
    let mut hand = hand(&world);
    let attach = format!("ATTACH 'file:{}?mode=ro' AS ledger;", ledger.display());
    sql_query("SELECT 1").execute(&mut hand).unwrap();
    hand.batch_execute(&attach).unwrap();
    let mut planted = 0;
    for table in tables(Owner::Escrow) {
        let copy = format!("CREATE TABLE main.{table} AS SELECT * FROM ledger.{table};");
        hand.batch_execute(&copy).unwrap();
        let columns =
            texts(&mut hand, &format!("SELECT name AS text FROM pragma_table_info('{table}')"));
        for column in columns.iter().filter(|column| column.contains("address")) {
            let steal = format!("UPDATE main.{table} SET {column} = '{THIEF}';");
            hand.batch_execute(&steal).unwrap();
            planted += 1;
        }
    }
    assert!(planted >= 5, "{planted}");
    let terms = format!(
        "UPDATE main.seals SET terms = CAST(replace(CAST(terms AS TEXT), '{}', '{THIEF}') AS BLOB); \
         UPDATE main.limits SET value = 9223372036854775807; DELETE FROM main.installation; \
         UPDATE main.order_state SET status = 'CANCELLED', paying = 1; \
         DELETE FROM main.escrow_heartbeat;",
        world.payout
    );
    hand.batch_execute(&terms).unwrap();
    let views = texts(
        &mut hand,
        "SELECT 'v_current_order_statuses' AS text UNION SELECT 'v_current_evm_order_statuses' \
         UNION SELECT 'v_current_cumulative_order_statuses'",
    );
    for name in views.iter().map(String::as_str).chain(["escrow", "main", "temp", "web"]) {
        let view = format!("CREATE VIEW \"{name}\" AS SELECT '{THIEF}' AS address;");
        hand.batch_execute(&view).unwrap();
    }
    // Connections that were open see the names, and new ones as well.
    pays_as_sealed(&world, &engine, order);
    let fresh = db::EscrowDb::open(&world.data.config(Owner::Escrow)).unwrap();
    let fresh = world.engine_on(fresh);
    let later = world.funded(&fresh);
    world.ask(later, IntentAction::Refund, ActorRole::Vendor);
    world.until(&fresh, later, "CANCELLED");
    assert_eq!(world.balance(THIEF.parse().unwrap()), Amount::ZERO);
    assert!(!world.balance(world.refund).is_zero());
}

/// Keys of the right length that are no text. One of them would spoil every list that it is in.
#[test]
fn keys_that_are_no_text_hold_up_nobody() {
    for key in [format!("CAST(x'{}' AS TEXT)", "ff".repeat(32)), format!("x'{}'", "ff".repeat(32))]
    {
        let world = World::on_files();
        let engine = world.engine();
        let order = world.funded(&engine);
        let mut hand = hand(&world);
        let columns = |hand: &mut SqliteConnection, table: &str, id: &str| {
            let all =
                texts(hand, &format!("SELECT name AS text FROM pragma_table_info('{table}')"));
            let each = |name: &String| if name == id { key.clone() } else { name.clone() };
            all.iter().map(each).collect::<Vec<_>>().join(", ")
        };
        world.ask(order, IntentAction::Extend, ActorRole::Buyer);
        hand.batch_execute("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;")
            .unwrap();
        for (table, id) in
            [("orders", "id"), ("order_intents", "order_id"), ("address_requests", "id")]
        {
            let all = columns(&mut hand, table, id);
            let forge = format!("INSERT INTO {table} SELECT {all} FROM {table} LIMIT 1;");
            hand.batch_execute(&forge).unwrap();
        }
        let all = columns(&mut hand, "users", "id")
            .replace("username_key", "'x'")
            .replace("role", "'staff'");
        hand.batch_execute(&format!("INSERT INTO users SELECT {all} FROM users LIMIT 1;")).unwrap();
        let wish = format!(
            "INSERT INTO reseal_requests VALUES ('{order}', {key}, 'ask', '{THIEF}', '{}', 'x', \
             '2027-01-15 08:00:00');",
            world.buyer
        );
        hand.batch_execute(&wish).unwrap();
        for _ in 0..3 {
            engine.desk_once(true).unwrap();
            world.pass(2);
        }
        assert_eq!(world.answer(order).unwrap().0, "refused", "{key}");
        let fresh = world.sealed(&engine);
        assert_eq!(world.status(fresh), "PENDING", "{key}");
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        world.until(&engine, order, "RELEASED");
        assert_eq!(world.balance(THIEF.parse().unwrap()), Amount::ZERO);
        let alarms = world.alarms();
        assert!(alarms.iter().any(|alarm| alarm.starts_with("unread")), "{key}: {alarms:?}");
        assert!(alarms.len() <= 10, "{key}: {alarms:?}");
    }
}
