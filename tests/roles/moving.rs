//! A shop moves from files to a server, is cut off on the way, and arrives whole or not at all.

use std::time::Duration;

use db::{CourierDb, DbConfig, EscrowDb, ledger, migrate};
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use domain::ids::OrderId;
use rustix::process::Signal;
use testkit::Data;
use testkit::server::{PASSWORD, Server};

use crate::demo::opened;
use crate::mariadb::{as_owner, asked, grant, settle};
use crate::shop::{Shop, health, within, words};

const LONG: Duration = Duration::from_secs(60);

#[derive(QueryableByName)]
struct Order {
    #[diesel(sql_type = Text)]
    order_id: String,
    #[diesel(sql_type = BigInt)]
    events: i64,
}

fn ends(data: &Data) -> (String, DbConfig) {
    let dsn = data.dsn().unwrap();
    let owner = data.user("owner");
    let config = DbConfig::new(Some("mariadb"), Some(&dsn), owner.as_deref(), Some(PASSWORD));
    (dsn, config.unwrap())
}

/// A shop whose data are those of a demo that has run and ended; refused as long as it runs.
fn told(data: &Data) -> Shop {
    let mut demo = Shop::bare();
    let vars = std::mem::take(&mut demo.vars);
    let mut running = demo.start(&["demo", "--listen", "127.0.0.1:0", "--data", "try"]);
    opened(&running);
    demo.vars = vars;
    demo.set("DB_DSN", "sqlite:try");
    let (dsn, _) = ends(data);
    let busy = as_owner(&mut demo, data, &["migrate-to", "--dsn", &dsn]);
    assert_eq!(busy.status.code(), Some(78), "{}", words(&busy));
    assert!(words(&busy).contains("in use"), "{}", words(&busy));
    running.signal(Signal::INT);
    assert_eq!(running.end(), Some(0), "{}", running.said());
    for (args, word) in [
        (["migrate-to", "--dsn", dsn.as_str()], "OWNER_DB_USER"),
        (["migrate", "--print-grants", "--from-host=%"], "sqlite"),
    ] {
        let output = demo.run(&args);
        assert_eq!(output.status.code(), Some(78), "{}", words(&output));
        assert!(words(&output).contains(word), "{}", words(&output));
    }
    demo
}

/// Starts to move, and is killed when everything but the last tables lies in its transaction.
fn killed_on_the_way(shop: &mut Shop, data: &Data) {
    let (dsn, config) = ends(data);
    migrate::run_all(&config).unwrap();
    let schema = dsn.rsplit('/').next().unwrap().to_owned();
    let mut admin = Server::get().admin();
    // A row that is not committed and that the copy must wait for: it takes its key.
    let in_the_way = format!(
        "START TRANSACTION; INSERT INTO `{schema}`.courier_heartbeat VALUES \
         (1, '2020-01-01', '2020-01-01')"
    );
    admin.batch_execute(&in_the_way).unwrap();
    shop.set("OWNER_DB_USER", &data.user("owner").unwrap()).set("OWNER_DB_PASSWORD", PASSWORD);
    let mut moving = shop.start(&["migrate-to", "--dsn", &dsn]);
    let waiting = "SELECT state AS text FROM information_schema.processlist \
                   WHERE info LIKE 'INSERT INTO courier_heartbeat%'";
    within(LONG, "the copy is under way", || {
        assert_eq!(moving.said(), "", "it ends before its time");
        asked(waiting).pop()
    });
    for process in moving.roles() {
        process.kill();
    }
    moving.signal(Signal::KILL);
    moving.end();
    admin.batch_execute("ROLLBACK").unwrap();
    let left = format!("SELECT 'rows' AS text FROM `{schema}`.users LIMIT 1");
    assert_eq!(asked(&left), [""; 0], "what was not committed is not there");
}

/// Orders with the count of their events.
fn orders(config: &DbConfig) -> Vec<(OrderId, i64)> {
    let door = CourierDb::open(config).unwrap();
    let select = "SELECT order_id, COUNT(*) AS events FROM order_events GROUP BY order_id \
                  ORDER BY order_id";
    let rows: Vec<Order> = door.read(|conn| Ok(sql_query(select).load(conn)?)).unwrap();
    rows.into_iter().map(|row| (row.order_id.parse().unwrap(), row.events)).collect()
}

/// The chains of events hold on the other side as they did on this one.
fn the_ledger_holds(files: &DbConfig, server: &DbConfig) {
    let before = orders(files);
    assert!(before.len() >= 8, "the demo has a history");
    assert_eq!(orders(server), before);
    let (here, there) = (EscrowDb::open(files).unwrap(), EscrowDb::open(server).unwrap());
    for (order, _) in before {
        let events = there.read(|conn| ledger::events(conn, order)).unwrap();
        assert_eq!(escrow::book::verify(order, &events), None, "{order}");
        assert_eq!(here.read(|conn| ledger::events(conn, order)).unwrap(), events);
        let sealed = |door: &EscrowDb| door.read(|conn| ledger::sealed(conn, order)).unwrap();
        assert_eq!(sealed(&here), sealed(&there));
    }
}

#[test]
fn a_shop_moves_whole_or_not_at_all() {
    let data = Data::unmigrated_mariadb();
    let mut shop = told(&data);
    let (dsn, server) = ends(&data);
    killed_on_the_way(&mut shop, &data);

    let moved = as_owner(&mut shop, &data, &["migrate-to", "--dsn", &dsn]);
    assert!(moved.status.success(), "{}", words(&moved));
    assert!(words(&moved).contains("users: ") && words(&moved).contains("compared row by row"));
    let files = DbConfig::sqlite(shop.path().join("try"));
    the_ledger_holds(&files, &server);
    let again = as_owner(&mut shop, &data, &["migrate-to", "--dsn", &dsn]);
    assert!(again.status.success() && words(&again).contains("there already"), "{}", words(&again));

    let refused = shop.refused(&["serve"]);
    assert!(refused.contains("has moved to") && refused.contains(&dsn), "{refused}");
    let phrase = std::fs::read_to_string(shop.path().join("try/secret.env")).unwrap();
    std::fs::write(shop.secret(), phrase).unwrap();
    settle(&mut shop, &data);
    grant(&shop);
    let mut running = shop.serve();
    let address = shop.address().to_owned();
    within(LONG, "the shop answers", || health(&address));
    let page = crate::client::Browser::new(address.parse().unwrap(), shop.vars["SITE_URL"].clone())
        .see("/");
    assert!(page.contains("Tideline mug"), "{page}");
    running.signal(Signal::TERM);
    running.end();

    // What has gone on since is no copy of the files any more.
    shop.set("DB_DRIVER", "sqlite").set("DB_DSN", "sqlite:try");
    let full = as_owner(&mut shop, &data, &["migrate-to", "--dsn", &dsn]);
    assert_eq!(full.status.code(), Some(78), "{}", words(&full));
    assert!(words(&full).contains("not empty"), "{}", words(&full));
}
