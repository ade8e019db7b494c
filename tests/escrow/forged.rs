//! What a web that was taken over could write: every field of an order, and rows of escrow's own
//! file changed by hand. Escrow refuses it, and no money moves by it.

use std::path::Path;

use db::addresses::Purpose;
use db::orders::{LineRow, OrderRow};
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use domain::clock::{Clock, Span};
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;

use crate::world::World;

/// Changes a database behind everybody's back.
pub(crate) fn by_hand(file: &Path, sql: &str) {
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 5000;").unwrap();
    conn.batch_execute(sql).unwrap();
}

type Forgery = (&'static str, fn(&mut OrderRow, &mut Vec<LineRow>));

const FORGERIES: &[Forgery] = &[
    ("the chain is not served", |row, _| row.chain_id = 1),
    ("the chain is not served", |row, _| row.chain_id = 56),
    ("the coin is not the chain's", |row, _| row.token = "USDC".to_owned()),
    ("the coin is not the chain's", |row, _| row.decimals = 6),
    ("does not follow", |row, _| row.amount = Amount::from_u128(1).to_fixed()),
    ("does not follow", |row, _| row.amount = Amount::ZERO.to_fixed()),
    ("does not follow", |row, _| row.total_cents += 1),
    ("the rate is not one of ours", |row, _| row.rate_id = "0".repeat(32)),
    ("the rate is not one of ours", |row, _| row.rate_id = "x".to_owned()),
    ("the rate is not as it was quoted", |row, _| row.rate_usd_micros *= 2),
    ("the refund address is not one to pay to", |row, _| row.refund_address = "0x1".to_owned()),
    ("the refund address is not one to pay to", |row, _| {
        row.refund_address = format!("0x{}", "0".repeat(40));
    }),
    ("checksummed", |row, _| {
        row.refund_address = "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359".to_owned()
    }),
    ("the commission is above the limit", |row, _| row.commission_bps = 2_001),
    ("the commission is above the limit", |row, _| row.commission_bps = -1),
    ("the tolerance is above the limit", |row, _| row.tolerance_bps = 501),
    ("the tolerance is above the limit", |row, _| row.tolerance_bps = 70_000),
    ("the handling time is out of range", |row, _| row.handling_hours = 0),
    ("the handling time is out of range", |row, _| row.handling_hours = 721),
    ("the inspection time is out of range", |row, _| row.inspection_hours = i32::MAX),
    ("the lines are not those of the order", |row, _| {
        row.lines_hash = format!("0x{}", "0".repeat(64))
    }),
    ("the lines are not those of the order", |_, lines| lines[0].title.push('!')),
    ("the lines do not sum up", |_, lines| {
        lines[0].quantity = 1;
        lines[0].total_cents = lines[0].unit_cents;
    }),
    ("a line does not fit", |_, lines| {
        lines[0].quantity = 200;
        lines[0].total_cents = lines[0].unit_cents * 200;
    }),
    ("a line does not fit", |_, lines| lines[1].n = 7),
    ("a line does not fit", |_, lines| lines[0].package_id = None),
    ("a line does not fit", |_, lines| lines[0].title = "Mug\u{1f}one".to_owned()),
    ("a line does not fit", |_, lines| lines[0].title = "m".repeat(301)),
    ("a line cannot be read", |_, lines| lines[0].package_id = Some("no id".to_owned())),
    ("it has no lines", |_, lines| lines.clear()),
    ("its deadline is not that of its quote", |row, _| row.expires_at += DAY),
    ("its deadline is not that of its quote", |row, _| row.expires_at = row.created_at),
    ("it was placed in the future", |row, _| {
        row.created_at += HOUR;
        row.expires_at += HOUR;
    }),
    ("the store has no payout address", |row, _| row.store_id = OTHER_STORE.to_owned()),
];

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
const HOUR: std::time::Duration = std::time::Duration::from_secs(120);
const OTHER_STORE: &str = "99999999999999999999999999999999";

#[test]
fn an_order_with_any_field_forged_is_refused_with_its_reason() {
    let world = World::on_files();
    let engine = world.engine();
    let file = world.data.config(db::Owner::Web).file(db::Owner::Web).unwrap();
    let store = format!(
        "INSERT INTO stores SELECT '{OTHER_STORE}', 'Other', 'other', '', '', 'gold', NULL, \
         created_at FROM stores LIMIT 1;"
    );
    by_hand(&file, &store);
    for (reason, forge) in FORGERIES {
        let (mut row, mut lines) = world.draft(5_000);
        forge(&mut row, &mut lines);
        let order = world.place((row, lines));
        engine.desk_once(false).unwrap();
        let events = world.events(order);
        assert_eq!(events.len(), 1, "{reason}");
        assert_eq!((events[0].kind.as_str(), events[0].status.as_str()), ("rejected", "FAILED"));
        assert!(events[0].comment.contains(reason), "{}: {reason}", events[0].comment);
        assert_eq!(world.state(order).address, None, "{reason}");
        let sealed = world.escrow.read(|conn| db::ledger::sealed(conn, order)).unwrap();
        assert_eq!(sealed, None, "{reason}");
    }
    // The shop goes on.
    let order = world.sealed(&engine);
    assert_eq!(world.status(order), "PENDING");
    assert_eq!(world.state(order).address, Some(world.keys.address(0, 0).unwrap()));
}

#[test]
fn an_old_rate_seals_nothing() {
    let world = World::new();
    let engine = world.engine();
    let (row, lines) = world.draft(5_000);
    world.clock.advance(Span::minutes(11));
    let now = db::codec::stamp(world.clock.now());
    let later = OrderRow { created_at: now, expires_at: now + HOUR, ..row };
    let order = world.place((later, lines));
    engine.desk_once(false).unwrap();
    assert!(world.events(order)[0].comment.contains("the rate was not of that time"));
}

#[test]
fn an_order_below_the_minimum_and_one_from_a_member_are_refused() {
    let world = World::new();
    let engine = world.engine();
    let small = world.place(world.draft(10));
    let (row, lines) = world.draft(5_000);
    let own = world.place((OrderRow { buyer_id: world.vendor.to_string(), ..row }, lines));
    engine.desk_once(false).unwrap();
    assert!(world.events(small)[0].comment.contains("minimum"));
    assert!(world.events(own)[0].comment.contains("member of the store"));
}

#[test]
fn escrow_s_own_addresses_are_nobody_s_refund_or_payout() {
    let world = World::new();
    let engine = world.engine();
    let ours = world.state(world.sealed(&engine)).address.unwrap();
    let (row, lines) = world.draft(5_000);
    let order = world.place((OrderRow { refund_address: ours.to_string(), ..row }, lines));
    world.request_payout(world.store, ours);
    engine.desk_once(false).unwrap();
    assert!(world.events(order)[0].comment.contains("escrow's own"));
    world.clock.advance(Span::hours(49));
    let counts = |conn: &mut db::Conn| {
        db::desk::in_force(conn, Purpose::Payout(world.store), world.clock.now())
    };
    assert_eq!(world.escrow.read(counts).unwrap(), Some(world.payout));
}

#[test]
fn an_order_that_is_changed_after_it_was_sealed_pays_as_it_was_sealed() {
    let world = World::on_files();
    let engine = world.engine();
    let order = world.funded(&engine);
    let file = world.data.config(db::Owner::Web).file(db::Owner::Web).unwrap();
    let thief = "0x1111111111111111111111111111111111111111";
    by_hand(
        &file,
        &format!(
            "DROP TRIGGER orders_no_update; DROP TRIGGER address_requests_no_update;
             UPDATE orders SET refund_address = '{thief}', commission_bps = 0, amount = '{}', \
             total_cents = 1, lines_hash = '';
             UPDATE address_requests SET address = '{thief}';",
            Amount::from_u128(1).to_fixed()
        ),
    );
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.balance(thief.parse().unwrap()), Amount::ZERO);
    assert!(world.balance(world.payout) > Amount::parse("0.039", 18).unwrap());
    assert!(world.balance(world.commission) > Amount::parse("0.002", 18).unwrap());
}

/// Even a hand in escrow's own file: the seal's MAC is under a key that is in no file.
#[test]
fn a_seal_that_is_changed_stops_its_order() {
    let thief = "0x1111111111111111111111111111111111111111";
    for change in [
        format!(
            "terms = CAST(replace(CAST(terms AS TEXT), 'payout address: 0x5353535353535353535353535353535353535353', 'payout address: {thief}') AS BLOB)"
        ),
        "mac = replace(mac, '0x', '0X')".to_owned(),
        format!("mac = '0x{}'", "0".repeat(64)),
    ] {
        for when in ["before funding", "before the plan", "before signing"] {
            let world = World::on_files();
            let engine = world.engine();
            let file = world.data.config(db::Owner::Escrow).file(db::Owner::Escrow).unwrap();
            let sql = format!("DROP TRIGGER seals_no_update; UPDATE seals SET {change};");
            let order = world.sealed(&engine);
            world.pay(order, world.state(order).due);
            if when == "before funding" {
                by_hand(&file, &sql);
            }
            engine.chain_once().unwrap();
            if when == "before the plan" {
                by_hand(&file, &sql);
            }
            if when == "before signing" {
                let sql = sql.clone();
                world.script.on("plan: committed", move || by_hand(&file, &sql));
            }
            world.ask(order, IntentAction::Release, ActorRole::Buyer);
            for _ in 0..6 {
                engine.desk_once(false).unwrap();
                engine.chain_once().unwrap();
                world.pass(11);
            }
            assert!(world.state(order).held_reason.is_some(), "{when}: {change}");
            assert!(world.alarms().iter().any(|alarm| alarm.starts_with("seal")), "{when}");
            assert_eq!(world.balance(world.payout), Amount::ZERO, "{when}");
            assert_eq!(world.balance(thief.parse().unwrap()), Amount::ZERO, "{when}");
        }
    }
}

#[test]
fn a_leg_that_is_changed_before_it_is_signed_is_not_signed() {
    let thief = "0x1111111111111111111111111111111111111111";
    for change in
        [format!("to_address = '{thief}'"), "amount = '1' || substr(amount, 2)".to_owned()]
    {
        let world = World::on_files();
        world.meddled();
        let engine = world.engine();
        let order = world.funded(&engine);
        let file = world.data.config(db::Owner::Escrow).file(db::Owner::Escrow).unwrap();
        world.script.on("plan: committed", move || {
            by_hand(&file, &format!("UPDATE legs SET {change} WHERE leg = 0;"));
        });
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        for _ in 0..6 {
            engine.desk_once(false).unwrap();
            engine.chain_once().unwrap();
            world.pass(11);
        }
        assert!(world.state(order).held_reason.is_some());
        assert_eq!(world.balance(thief.parse().unwrap()), Amount::ZERO);
        assert_eq!(
            world.chain.nonce(crate::world::on_chain(world.state(order).address.unwrap())),
            0
        );
    }
}

#[test]
fn a_row_that_cannot_even_be_read_raises_an_alarm_once_and_stops_nobody() {
    let world = World::new();
    let engine = world.engine();
    let (mut row, mut lines) = world.draft(5_000);
    "z".repeat(32).clone_into(&mut row.id);
    lines.clear();
    db::tx::write(&world.web, "forge", move |tx| db::orders::insert(tx, &row, &lines, None))
        .unwrap();
    for _ in 0..3 {
        engine.desk_once(true).unwrap();
    }
    assert_eq!(world.alarms().len(), 1);
    let order = world.sealed(&engine);
    assert_eq!(world.status(order), "PENDING");
}

#[test]
fn an_event_that_is_changed_breaks_the_chain_of_events() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    let events = world.events(order);
    for at in 0..events.len() {
        let mut forged = events.clone();
        forged[at].comment.push('.');
        assert_eq!(escrow::book::verify(order, &forged), Some(forged[at].seq));
        let mut shorter = events.clone();
        shorter.remove(at);
        let last = at + 1 == events.len();
        assert_eq!(escrow::book::verify(order, &shorter).is_none(), last);
    }
}
