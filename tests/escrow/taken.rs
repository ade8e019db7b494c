//! A web that was taken over, beside single rows: floods of forged ones, and a file of its own that
//! is no sound database any more. Honest orders go on, or wait with their money where it is.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use db::addresses::{AddressRequest, Purpose};
use db::disputes::{self, DisputeRow};
use db::intents::{self, IntentRow};
use db::shipments::{self, ShipmentRow};
use db::{EscrowDb, Owner, WebDb, codec, orders, tx};
use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use domain::EvmAddress;
use domain::clock::Clock;
use domain::ids::{AddressRequestId, OrderId, StoreId};
use domain::intent::{ActorRole, IntentAction};
use escrow::Engine;

use crate::forged::by_hand;
use crate::world::World;

/// Rows of each kind in a flood.
const FLOOD: u32 = 10_000;
/// Longest that a round may take under a flood, on a slow machine.
const ROUND: Duration = Duration::from_secs(20);

/// Writes a flood by web's own door: orders that cannot be read, each with a dispute, intents and
/// shipments about them and, out of turn, about `honest`, and addresses that are none.
fn flood(world: &World, honest: OrderId) {
    let (row, _) = world.draft(5_000);
    let now = codec::stamp(world.clock.now());
    let (buyer, vendor) = (world.buyer, world.vendor);
    let (store, at) = (world.store, world.clock.now());
    let intent = move |order_id: String, n: i32| IntentRow {
        order_id,
        n,
        action: "release".to_owned(),
        actor_id: buyer.to_string(),
        actor_role: "buyer".to_owned(),
        request_id: "flood".to_owned(),
        created_at: now,
        about_n: None,
        signature: None,
        signature_expires: None,
    };
    let shipment = move |order_id: String, seq: i32| ShipmentRow {
        order_id,
        seq,
        status: "DISPATCHED".to_owned(),
        note: String::new(),
        actor_id: vendor.to_string(),
        created_at: now,
    };
    let dispute = move |order_id: String| DisputeRow {
        order_id,
        opened_by: vendor.to_string(),
        opener_role: "vendor".to_owned(),
        reason: "other".to_owned(),
        statement: "flood".to_owned(),
        request_id: "flood".to_owned(),
        created_at: now,
    };
    let nowhere = move |n: u32| {
        let mut id = [0xee; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        let (id, address) = (AddressRequestId::from_random(id), EvmAddress::from_bytes([0; 20]));
        let purpose = Purpose::Payout(store);
        AddressRequest { id, purpose, address, by: vendor, at, proof: None }
    };
    for part in 0..FLOOD / 500 {
        let row = row.clone();
        let write = move |tx: &mut db::WebTx<'_>| -> Result<(), db::DbError> {
            for n in part * 500..(part + 1) * 500 {
                let id = format!("z{n:031}");
                let place = i32::try_from(n).unwrap();
                let forged = orders::OrderRow { id: id.clone(), ..row.clone() };
                orders::insert(tx, &forged, &[], None)?;
                disputes::insert(tx, &dispute(id.clone()))?;
                // Half about what cannot be read, half out of turn.
                let (about, nth) =
                    if n % 2 == 0 { (id, 1) } else { (honest.to_string(), place + 1) };
                intents::insert(tx, &intent(about.clone(), nth))?;
                shipments::insert(tx, &shipment(about, nth))?;
                db::addresses::insert(tx, &nowhere(n))?;
            }
            Ok(())
        };
        tx::write(&world.web, "flood", write).unwrap();
    }
}

/// Rounds of the desk, each bounded, until a list is at its end; answers how many.
fn swept(engine: &Engine) -> u32 {
    for round in 1..=200 {
        let began = Instant::now();
        engine.desk_once(false).unwrap();
        let took = began.elapsed();
        assert!(took < ROUND, "round {round} took {took:?}");
        if !engine.has_more() {
            return round;
        }
    }
    panic!("the desk comes to no end");
}

#[test]
fn a_flood_of_forged_rows_holds_up_no_honest_order() {
    let world = World::new();
    let engine = world.engine();
    let funded = world.funded(&engine);
    flood(&world, funded);
    let fresh = world.place(world.draft(5_000));
    let other = StoreId::from_random([9; 16]);
    world.request_payout(other, "0x2222222222222222222222222222222222222222".parse().unwrap());
    let rounds = swept(&engine);
    assert!(rounds >= FLOOD / 200, "{rounds}");
    assert_eq!(world.status(fresh), "PENDING");
    let paid =
        |conn: &mut db::Conn| db::desk::in_force(conn, Purpose::Payout(other), world.clock.now());
    assert!(world.escrow.read(paid).unwrap().is_some());

    world.ask(funded, IntentAction::Release, ActorRole::Buyer);
    swept(&engine);
    world.until(&engine, funded, "RELEASED");
    // Full rounds end, too, and alarms are not written by the thousand.
    engine.desk_once(true).unwrap();
    swept(&engine);
    let alarms = world.alarms();
    assert!(alarms.len() <= 310, "{}", alarms.len());
    assert!(alarms.iter().any(|alarm| alarm.starts_with("flood")), "the flood is told");
}

/// What becomes of web's file.
enum Spoil {
    /// Statements, as a taken web runs them.
    Sql(&'static str),
    /// The same, and the number of the schema is set back to what it was.
    Unnoticed(&'static str),
    /// Bytes written into one of its files, by its ending, from a page on.
    Bytes(&'static str, u64, &'static [u8]),
    /// One of its files cut off at so many bytes.
    Cut(&'static str, u64),
}

/// Where the number of the schema stands in a file of SQLite's.
const SCHEMA_VERSION_AT: u64 = 40;
/// Carries everything from the log into the file.
const FOLD: &str = "PRAGMA wal_checkpoint(TRUNCATE);";

fn spoils() -> Vec<(&'static str, Spoil)> {
    tables().into_iter().chain(bytes()).collect()
}

/// Tables that are none any more, or others.
fn tables() -> Vec<(&'static str, Spoil)> {
    use Spoil::{Sql, Unnoticed};
    vec![
        (
            "an endless view in the place of disputes",
            Sql("DROP TABLE disputes; CREATE VIEW disputes AS \
                 WITH RECURSIVE f(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM f) \
                 SELECT x AS order_id, '' AS opened_by, '' AS opener_role, '' AS reason, \
                 '' AS statement, '' AS request_id, '' AS created_at FROM f WHERE x < 0;"),
        ),
        (
            "an endless view in the place of orders",
            Sql("PRAGMA foreign_keys = OFF; ALTER TABLE orders RENAME TO hidden; \
                 CREATE VIEW orders AS \
                 WITH RECURSIVE f(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM f) \
                 SELECT hidden.* FROM hidden, f;"),
        ),
        (
            "a computed column that takes all memory",
            Sql("ALTER TABLE orders ADD COLUMN big AS (hex(zeroblob(900000000)));"),
        ),
        (
            "a computed column that fails",
            Sql("ALTER TABLE order_intents ADD COLUMN bad AS (abs(-9223372036854775807 - n));"),
        ),
        (
            "a computed column that is stored",
            Sql("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; \
                 ALTER TABLE offer_views RENAME TO hidden; \
                 CREATE TABLE offer_views (order_id CHAR(32) NOT NULL, offer_n INTEGER NOT NULL, \
                 viewer_id CHAR(32) NOT NULL, seen_at TIMESTAMP NOT NULL \
                 AS (hex(zeroblob(900000000))) STORED, PRIMARY KEY (order_id, offer_n));"),
        ),
        (
            "a view that tells each reader something else in the place of requests",
            Sql("ALTER TABLE order_intents RENAME TO hidden; CREATE VIEW order_intents AS \
                 SELECT order_id, n, CASE WHEN random() & 1 THEN 'release' ELSE 'refund' END \
                 AS action, actor_id, actor_role, request_id, created_at, about_n, signature, \
                 signature_expires FROM hidden;"),
        ),
        (
            "a virtual table in the place of staff",
            Sql("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; \
                 ALTER TABLE users RENAME TO hidden; CREATE VIRTUAL TABLE users USING fts5( \
                 id, username, username_key, password_hash, role, refund_address, banned_at, \
                 created_at, password_changed_at);"),
        ),
        (
            "columns that changed places",
            Sql("ALTER TABLE orders RENAME COLUMN buyer_id TO swapped; \
                 ALTER TABLE orders RENAME COLUMN store_id TO buyer_id; \
                 ALTER TABLE orders RENAME COLUMN swapped TO store_id;"),
        ),
        (
            "an endless view whose schema has the number of the one before",
            Unnoticed(
                "DROP TABLE disputes; CREATE VIEW disputes AS \
                 WITH RECURSIVE f(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM f) \
                 SELECT x AS order_id, '' AS opened_by, '' AS opener_role, '' AS reason, \
                 '' AS statement, '' AS request_id, '' AS created_at FROM f WHERE x < 0;",
            ),
        ),
        ("a table that is gone", Sql("PRAGMA foreign_keys = OFF; DROP TABLE shipment_events;")),
        (
            "a table without one of its columns",
            Sql("ALTER TABLE order_intents RENAME COLUMN action TO deed;"),
        ),
    ]
}

/// Files that are none any more.
fn bytes() -> Vec<(&'static str, Spoil)> {
    use Spoil::{Bytes, Cut};
    vec![
        ("a header of nothing", Bytes("", 0, &[0xff; 100])),
        ("a list of tables of nothing", Bytes("", 0, &[0xff; 4_096])),
        ("a file that is cut in its first page", Cut("", 1_000)),
        ("an empty file", Cut("", 0)),
        ("a log that is cut", Cut("-wal", 40)),
        ("a log of nothing", Bytes("-wal", 32, &[0xff; 4_096])),
    ]
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", file.display()))
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    schema_version: i32,
}

/// The number that SQLite raises with each change of the tables.
fn schema_version(file: &Path) -> i32 {
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let found: Number = sql_query("PRAGMA schema_version").get_result(&mut conn).unwrap();
    found.schema_version
}

impl Spoil {
    fn done(&self, file: &Path) {
        let open = |ending: &str| {
            // Something is in the log, then, and else nothing that would mend the file.
            by_hand(file, if ending.is_empty() { FOLD } else { "UPDATE users SET role = role;" });
            OpenOptions::new().write(true).open(beside(file, ending)).unwrap()
        };
        match self {
            Self::Sql(sql) => by_hand(file, sql),
            Self::Unnoticed(sql) => {
                let number = schema_version(file);
                by_hand(file, sql);
                assert_ne!(schema_version(file), number);
                // The number stands in the header, where SQL may not write it.
                let bytes = number.to_be_bytes();
                open("").write_all_at(&bytes, SCHEMA_VERSION_AT).unwrap();
                assert_eq!(schema_version(file), number);
            }
            Self::Bytes(ending, at, bytes) => open(ending).write_all_at(bytes, *at).unwrap(),
            Self::Cut(ending, length) => open(ending).set_len(*length).unwrap(),
        }
    }
}

/// One payout is under way and one order funded when the file is spoilt: the first comes to its end
/// without web, the second waits, with an alarm, until there is a file again.
fn outlived(what: &str, spoil: &Spoil) {
    let world = World::on_files();
    let engine = world.engine();
    let (waiting, paying) = (world.funded(&engine), world.funded(&engine));
    world.ask(paying, IntentAction::Release, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    world.script.stop_at(Some(("plan: committed", 1)));
    assert!(engine.chain_once().is_err(), "{what}: stopped before it signs");
    world.script.stop_at(None);
    world.ask(waiting, IntentAction::Release, ActorRole::Buyer);
    let file = world.data.config(Owner::Web).file(Owner::Web).unwrap();
    by_hand(&file, FOLD);
    let sound = fs::read(&file).unwrap();
    spoil.done(&file);

    let began = Instant::now();
    for _ in 0..8 {
        // The round that finds it out fails.
        let _ = (engine.desk_once(true), engine.chain_once());
        world.pass(11);
    }
    engine.desk_once(true).unwrap_or_else(|fault| panic!("{what}: {fault}"));
    engine.chain_once().unwrap_or_else(|fault| panic!("{what}: {fault}"));
    assert!(began.elapsed() < Duration::from_secs(60), "{what}: {:?}", began.elapsed());
    let now = world.clock.now();
    engine.beat(now, now, now).unwrap_or_else(|fault| panic!("{what}: no heartbeat: {fault}"));
    assert!(engine.is_well(), "{what}");
    assert_eq!(world.status(paying), "RELEASED", "{what}: {:?}", world.alarms());
    let alarms = world.alarms();
    match (world.status(waiting), spoil) {
        // What a connection has in memory may be all that it needs.
        ("RELEASED", Spoil::Bytes(..) | Spoil::Cut(..) | Spoil::Unnoticed(_)) => {}
        ("COMPLETED", _) => {
            let kept = world.balance(world.state(waiting).address.unwrap());
            assert_eq!(kept, world.state(waiting).due, "{what}");
            assert!(alarms.iter().any(|alarm| alarm.starts_with("files")), "{what}: {alarms:?}");
        }
        (other, _) => panic!("{what}: {other}: {:?}", world.story(waiting)),
    }
    drop(engine);

    // A start on such a file is refused; once the operator has put back what he kept, all is well.
    let escrow = world.data.config(Owner::Escrow);
    if matches!(spoil, Spoil::Sql(_) | Spoil::Unnoticed(_)) {
        assert!(EscrowDb::prepare(&escrow).is_err(), "{what}: it starts");
    }
    let aside = beside(&file, ".kept");
    fs::write(&aside, sound).unwrap();
    for ending in ["-wal", "-shm"] {
        fs::remove_file(beside(&file, ending)).unwrap();
    }
    fs::rename(&aside, &file).unwrap();
    drop(WebDb::open(&world.data.config(Owner::Web)).unwrap());
    let engine = world.engine_on(EscrowDb::open(&escrow).unwrap());
    world.until(&engine, waiting, "RELEASED");
    assert!(!world.balance(world.payout).is_zero() && !world.balance(world.commission).is_zero());
}

#[test]
fn a_spoilt_file_of_web_s_stops_no_payout_under_way_and_starts_none() {
    for (what, spoil) in spoils() {
        outlived(what, &spoil);
    }
}
