//! A web that was taken over, after sealing: every column of every table that it owns is set to
//! every hostile value, one at a time. The list is made from `db::owners` and from the tables
//! themselves, so a new table or column joins by itself.

use std::collections::BTreeSet;

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

/// Where the money must never go. Without a letter it is its own checksum.
pub(crate) const THIEF: &str = "0x1111111111111111111111111111111111111111";
/// What escrow reads of web's, and what it may come to read through these; tables about disputes have
/// a suite of their own beside this one.
const READ: [&str; 8] = [
    "address_requests",
    "disputes",
    "order_intents",
    "order_lines",
    "orders",
    "shipment_events",
    "store_users",
    "users",
];

/// Tables of which every order has rows of its own.
const ABOUT_ORDERS: [&str; 5] =
    ["orders", "order_lines", "order_intents", "disputes", "shipment_events"];

/// Tables that escrow reads while money leaves.
const READ_LATE: [&str; 3] = ["order_intents", "disputes", "shipment_events"];

/// Hostile values, as expressions of SQL. All are tried on every column, whatever it is for.
pub(crate) fn values() -> Vec<String> {
    let quoted = |text: &str| format!("'{text}'");
    let mut all: Vec<String> = [
        THIEF,
        "",
        "99999999999999999999999999999999",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "262142-12-31 23:59:59.999999",
        "-4712-01-01 00:00:00",
        "NaN",
        "refund",
        "cancel",
        "vendor",
        "staff",
    ]
    .iter()
    .map(|text| quoted(text))
    .collect();
    all.extend([quoted(&"0".repeat(78)), quoted(&"9".repeat(78))]);
    all.extend(
        [
            "NULL",
            "-1",
            "0",
            "9223372036854775807",
            "-9223372036854775808",
            "1e300",
            "x'00ff'",
            "CAST(x'fffe80c0' AS TEXT)",
            "char(1, 27, 31, 127, 8238)",
            "replace(hex(zeroblob(524288)), '0', 'z')",
        ]
        .map(str::to_owned),
    );
    all
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// Web's own hand on its file, with every rule of the tables off.
pub(crate) struct Attacker(SqliteConnection);

impl Attacker {
    pub(crate) fn of(world: &World) -> Self {
        let file = world.data.config(Owner::Web).file(Owner::Web).unwrap();
        let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        conn.batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF; \
             PRAGMA ignore_check_constraints = ON;",
        )
        .unwrap();
        let mut attacker = Self(conn);
        for trigger in attacker.names("SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
            attacker.0.batch_execute(&format!("DROP TRIGGER {trigger};")).unwrap();
        }
        attacker
    }

    fn names(&mut self, select: &str) -> Vec<String> {
        let found: Vec<Name> = sql_query(select).load(&mut self.0).unwrap();
        found.into_iter().map(|one| one.name).collect()
    }

    fn columns(&mut self, table: &str) -> Vec<String> {
        self.names(&format!("SELECT name FROM pragma_table_info('{table}')"))
    }

    fn has_rows(&mut self, table: &str) -> bool {
        !self.names(&format!("SELECT 'one' AS name FROM {table} LIMIT 1")).is_empty()
    }

    /// Sets a column of what belongs to `order`, else of one row; says whether that was taken.
    pub(crate) fn set(
        &mut self,
        (table, column): (&str, &str),
        value: &str,
        order: OrderId,
    ) -> bool {
        let row = match table {
            "orders" => format!("id = '{order}'"),
            _ if self.columns(table).contains(&"order_id".to_owned()) => {
                format!("order_id = '{order}'")
            }
            _ => "1".to_owned(),
        };
        let update = format!("UPDATE OR FAIL {table} SET {column} = {value} WHERE {row}");
        sql_query(update).execute(&mut self.0).is_ok_and(|rows| rows > 0)
    }

    pub(crate) fn save(&mut self, table: &str) {
        let copy = format!(
            "DROP TABLE IF EXISTS temp.saved; CREATE TEMP TABLE saved AS SELECT * FROM {table};"
        );
        self.0.batch_execute(&copy).unwrap();
    }

    pub(crate) fn restore(&mut self, table: &str) {
        let back = format!(
            "BEGIN; DELETE FROM {table}; INSERT INTO {table} SELECT * FROM temp.saved; COMMIT;"
        );
        self.0.batch_execute(&back).unwrap();
    }
}

/// What has arrived, of store, site, buyer and thief.
pub(crate) fn arrived(world: &World) -> [Amount; 4] {
    let thief = THIEF.parse().unwrap();
    [world.payout, world.commission, world.refund, thief].map(|address| world.balance(address))
}

pub(crate) fn sealed(world: &World, order: OrderId) -> Vec<u8> {
    world.escrow.read(|conn| db::ledger::sealed(conn, order)).unwrap().unwrap().terms
}

/// Both lanes, whatever they find: no round may fail.
pub(crate) fn round(world: &World, engine: &Engine, what: &str) {
    engine.desk_once(true).unwrap_or_else(|fault| panic!("{what}: desk: {fault}"));
    engine.chain_once().unwrap_or_else(|fault| panic!("{what}: chain: {fault}"));
    world.pass(2);
}

/// Leads an order to where its terms say, once web's rows are as they were.
fn ends(world: &World, engine: &Engine, order: OrderId, what: &str) -> &'static str {
    for _ in 0..4 {
        (0..3).for_each(|_| round(world, engine, what));
        let state = world.state(order);
        if state.status.is_terminal() || state.disputed {
            return state.status.as_str();
        }
        let open = world.web.read(|conn| db::intents::open(conn, order)).unwrap();
        if open.is_none() {
            world.ask(order, IntentAction::Release, ActorRole::Buyer);
        }
    }
    panic!("{what}: {} {:?} {:?}", world.status(order), world.story(order), world.alarms());
}

/// Sets one column of one order's rows to each of these values in turn, the last of them while
/// the order is paid out; `false` where no value was taken.
fn tampered(
    (world, engine): (&World, &Engine),
    attacker: &mut Attacker,
    place: (&str, &str),
    values: &[String],
) -> bool {
    let order = world.funded(engine);
    world.ship(order);
    if place.0 == "disputes" {
        world.dispute(order);
    }
    let (terms, before, due) = (sealed(world, order), arrived(world), world.state(order).due);
    let (mut taken, mut what) = (false, String::new());
    attacker.save(place.0);
    for (left, value) in (0..values.len()).rev().zip(values) {
        what = format!("{}.{} = {}", place.0, place.1, &value[..value.len().min(60)]);
        if left == 0 {
            world.ask(order, IntentAction::Release, ActorRole::Buyer);
            attacker.save(place.0);
        }
        taken |= attacker.set(place, value, order);
        (0..if left == 0 { 3 } else { 1 }).for_each(|_| round(world, engine, &what));
        attacker.restore(place.0);
    }
    let end = ends(world, engine, order, &what);

    assert_eq!(sealed(world, order), terms, "{what}");
    let after = arrived(world);
    let came = |n: usize| after[n].checked_sub(before[n]).unwrap();
    // Above nine tenths: the rest is what the network took.
    let is_most = |sum: Amount, percent: u64| {
        let [wanted, sum] =
            [(due, percent), (sum, 100)].map(|(of, by)| of.checked_mul(by).unwrap());
        sum <= wanted && sum.checked_mul(10) > wanted.checked_mul(9)
    };
    let [store, site, buyer] = [came(0), came(1), came(2)];
    let fits = match end {
        "RELEASED" => is_most(store, 95) && is_most(site, 5) && buyer == Amount::ZERO,
        "CANCELLED" => is_most(buyer, 100) && store == Amount::ZERO && site == Amount::ZERO,
        "FROZEN" => {
            let kept = world.balance(world.state(order).address.unwrap());
            kept == due && [store, site, buyer] == [Amount::ZERO; 3]
        }
        _ => false,
    };
    assert!(fits, "{what}: {end}: {store:?} {site:?} {buyer:?} of {due:?}");
    assert_eq!(after[3], Amount::ZERO, "{what}");
    taken
}

/// Every column of these tables; answers which were there to be changed. What is read while money
/// leaves is changed then, by each value; of all else each value stands for a round, and the last
/// one then.
fn all_of(tables: &[&'static str]) -> BTreeSet<&'static str> {
    let mut changed = BTreeSet::new();
    for table in tables {
        for column in columns(table) {
            // A world of its own, because escrow watches the addresses of all its orders.
            let world = World::on_files();
            let engine = world.engine();
            let mut attacker = Attacker::of(&world);
            if !ABOUT_ORDERS.contains(table) && !attacker.has_rows(table) {
                break;
            }
            let size = if READ_LATE.contains(table) { 1 } else { values().len() };
            for some in values().chunks(size) {
                if tampered((&world, &engine), &mut attacker, (table, &column), some) {
                    changed.insert(*table);
                }
            }
        }
    }
    changed
}

/// The columns of a table as it is made.
pub(crate) fn columns(table: &str) -> Vec<String> {
    let data = testkit::Data::sqlite();
    data.texts(Owner::Web, &format!("SELECT name AS text FROM pragma_table_info('{table}')"))
}

#[test]
fn no_column_of_an_order_moves_its_money() {
    assert_eq!(all_of(&["orders"]), BTreeSet::from(["orders"]));
}

#[test]
fn no_column_of_what_is_asked_about_an_order_moves_its_money_elsewhere() {
    let tables = &ABOUT_ORDERS[1..];
    assert_eq!(all_of(tables), tables.iter().copied().collect());
}

#[test]
fn no_column_of_any_other_table_of_web_s_moves_money() {
    let others: Vec<_> = OWNERS
        .iter()
        .filter(|(table, owner, _)| *owner == Owner::Web && !ABOUT_ORDERS.contains(table))
        .filter(|(table, ..)| !crate::tampered_disputes::TABLES.contains(table))
        .map(|(table, ..)| *table)
        .collect();
    let mut changed = all_of(&others);
    changed.extend(ABOUT_ORDERS);
    for table in READ {
        assert!(changed.contains(table), "{table} was never changed");
    }
}
