//! Evidence: what a party wrote cannot be changed, removed or slipped in afterwards without being
//! found out, by the walk along the chain or by escrow's anchors.

use db::Owner;
use db::evidence::{self, NOWHERE, Walked};
use db::intents::IntentRow;
use domain::clock::Clock;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Bps;
use domain::pledge::Pledge;
use escrow::Engine;

use crate::world::World;

/// An order with a dispatch and a request, and another with a dispute; all of it anchored.
fn told() -> (World, Engine, OrderId) {
    let world = World::new();
    let engine = world.engine();
    let (order, other) = (world.funded(&engine), world.funded(&engine));
    world.ship(order);
    world.dispute(other);
    engine.desk_once(false).unwrap();
    world.ask(order, IntentAction::Extend, ActorRole::Buyer);
    world.pass(61);
    engine.desk_once(false).unwrap();
    (world, engine, other)
}

fn walked(world: &World) -> Result<Walked, String> {
    world.web.read(|conn| evidence::walk_rows(conn, NOWHERE, 1_000)).unwrap()
}

fn anchored(world: &World) -> i64 {
    world.web.read(evidence::last_anchor).unwrap().map_or(0, |anchor| anchor.n)
}

/// Changes web's tables as a web that was taken over could on files: there triggers are no wall.
fn forge(world: &World, table: &str, change: &str) {
    let local = format!(
        "DROP TRIGGER IF EXISTS {table}_no_update; DROP TRIGGER IF EXISTS {table}_no_delete; {change}"
    );
    world.data.by_hand(Owner::Web, &local, change);
}

#[test]
fn what_is_written_is_bound_and_anchored_within_a_minute() {
    let (world, engine, _) = told();
    let at = walked(&world).unwrap();
    assert_eq!((at.n, anchored(&world)), (3, 3));
    let order = world.funded(&engine);
    world.dispute(order);
    world.pass(58);
    engine.desk_once(false).unwrap();
    assert_eq!((walked(&world).unwrap().n, anchored(&world)), (4, 3), "not each round");
    world.pass(61);
    engine.desk_once(false).unwrap();
    assert_eq!(anchored(&world), 4);
}

#[test]
fn a_payout_anchors_what_led_to_it() {
    let (world, engine, _) = told();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    assert_eq!(anchored(&world), 3);
    engine.chain_once().unwrap();
    assert_eq!(anchored(&world), 4, "the request is anchored in the write that plans its payout");
}

#[test]
fn a_row_that_is_changed_or_removed_is_named() {
    for (table, change, named) in [
        ("disputes", "UPDATE disputes SET statement = 'All is well.';", "dispute"),
        ("shipment_events", "UPDATE shipment_events SET note = 'Parcel 7';", "shipment"),
        ("order_intents", "UPDATE order_intents SET action = 'cancel';", "intent"),
        ("disputes", "DELETE FROM disputes;", "dispute"),
    ] {
        let (world, ..) = told();
        forge(&world, table, change);
        let said = walked(&world).unwrap_err();
        assert!(said.starts_with(named), "{change}: {said}");
    }
}

/// A dispute with an offer that was shown, a signed one, a statement and a ruling; all of it anchored.
fn disputed() -> World {
    let world = World::new();
    let engine = world.engine();
    let wallet = testkit::Wallet::of(1);
    let order = world.funded_with(&engine, &wallet);
    world.dispute(order);
    engine.desk_once(false).unwrap();
    let offer = world.offer(order, ActorRole::Vendor, 40);
    world.show(order, offer);
    let consent = world.to_sign(order, Pledge::Offer(Bps::percent(60)), offer + 1);
    let signed = db::offers::OfferRow {
        signature: Some(wallet.sign(&consent.digest())),
        signature_expires: Some(i64::try_from(consent.deadline).unwrap()),
        ..world.offer_row(order, offer + 1, ActorRole::Buyer, 60)
    };
    db::tx::write(&world.web, "offer", move |tx| db::offers::insert(tx, &signed)).unwrap();
    let claim = db::claims::ClaimRow {
        order_id: order.to_string(),
        n: 1,
        author_id: world.buyer.to_string(),
        author_role: "buyer".to_owned(),
        body: "The handle is off.".to_owned(),
        request_id: "test".to_owned(),
        created_at: db::codec::stamp(world.clock.now()),
    };
    db::tx::write(&world.web, "claim", move |tx| db::claims::insert(tx, &claim)).unwrap();
    let staff = world.staff(0x71);
    let row = world.ruling_row(order, staff, 50);
    world.send(IntentRow { signature: Some("0x12".to_owned()), ..row });
    world.pass(61);
    engine.desk_once(false).unwrap();
    assert_eq!((walked(&world).unwrap().n, anchored(&world)), (7, 7));
    world
}

#[test]
fn what_is_offered_shown_said_and_ruled_in_a_dispute_is_bound_too() {
    let seen = "seen_at = '2027-01-01 00:00:00'";
    for (table, change, named) in [
        ("dispute_offers", "UPDATE dispute_offers SET buyer_bps = 0 WHERE n = 1;", "offer"),
        ("dispute_offers", "UPDATE dispute_offers SET author_role = 'vendor';", "offer"),
        ("dispute_offers", "UPDATE dispute_offers SET signature = NULL WHERE n = 2;", "offer"),
        ("dispute_offers", "UPDATE dispute_offers SET signature_expires = 1 WHERE n = 2;", "offer"),
        ("offer_views", &format!("UPDATE offer_views SET {seen};"), "view"),
        (
            "offer_views",
            "UPDATE offer_views SET viewer_id = (SELECT id FROM users WHERE username = 'vendor');",
            "view",
        ),
        ("offer_views", "DELETE FROM offer_views;", "view"),
        ("dispute_rulings", "UPDATE dispute_rulings SET buyer_bps = 0;", "ruling"),
        ("dispute_rulings", "UPDATE dispute_rulings SET reason = 'Otherwise.';", "ruling"),
        ("dispute_rulings", "DELETE FROM dispute_rulings;", "ruling"),
        ("dispute_claims", "UPDATE dispute_claims SET body = 'All is well.';", "claim"),
        ("order_intents", "UPDATE order_intents SET signature = '0x34';", "intent"),
    ] {
        let world = disputed();
        forge(&world, table, change);
        let said = walked(&world).unwrap_err();
        assert!(said.starts_with(named), "{change}: {said}");
    }
}

/// What is slipped in beside the chain is bound by no entry of it.
#[test]
fn a_row_without_an_entry_is_told() {
    let world = disputed();
    let unbound = || world.web.snapshot(db::unbound::unbound).unwrap();
    assert_eq!(unbound(), [""; 0]);
    forge(
        &world,
        "offer_views",
        "INSERT INTO offer_views SELECT order_id, 2, viewer_id, seen_at FROM offer_views;",
    );
    assert_eq!(unbound(), ["2 rows of the kind view, and 1 entries bind one"]);
}

/// The whole chain is written anew so that it fits the changed row: then it does not fit the anchor.
#[test]
fn a_chain_that_is_written_anew_does_not_meet_its_anchor() {
    let (world, engine, order) = told();
    forge(&world, "disputes", "UPDATE disputes SET statement = 'All is well.';");
    let row = world.web.read(|conn| db::disputes::of_order(conn, order)).unwrap().unwrap();
    let columns = evidence::Evident::columns(&row);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let digest = domain::evidence::digest(&columns);
    let entries = world.web.read(|conn| evidence::after(conn, 0, 1_000)).unwrap();
    let (mut head, mut all) = (domain::evidence::START, String::new());
    for mut entry in entries {
        if entry.kind == "dispute" {
            entry.digest = domain::seal::hex(&digest);
        }
        let bound = domain::evidence::Entry {
            n: entry.n,
            kind: entry.kind.parse().unwrap(),
            key: &entry.row_key,
            digest: domain::seal::unhex(&entry.digest).unwrap(),
        };
        head = domain::evidence::next(&head, &bound);
        all += &format!(
            "UPDATE evidence SET digest = '{}', head = '{}' WHERE n = {};",
            entry.digest,
            domain::seal::hex(&head),
            entry.n
        );
    }
    forge(&world, "evidence", &all);
    let said = walked(&world).unwrap_err();
    assert!(said.contains("escrow anchored another head"), "{said}");
    world.pass(61);
    engine.desk_once(false).unwrap();
    assert!(
        world.alarms().iter().any(|alarm| alarm.starts_with("evidence")),
        "escrow tells it, too"
    );
    assert_eq!(anchored(&world), 3, "what was anchored stays");
}

#[test]
fn an_end_that_is_cut_off_and_an_entry_that_is_slipped_in_are_found() {
    let (world, engine, _) = told();
    forge(&world, "evidence", "DELETE FROM evidence WHERE n = 3;");
    world.pass(61);
    engine.desk_once(false).unwrap();
    assert!(world.alarms().iter().any(|alarm| alarm.contains("at or before entry 3")));

    let (world, engine, _) = told();
    let zero = format!("'0x{}'", "0".repeat(64));
    let slip = format!("INSERT INTO evidence VALUES (4, 'dispute', 'x', {zero}, {zero});");
    forge(&world, "evidence", &slip);
    assert!(walked(&world).unwrap_err().contains("entry 4"));
    world.pass(61);
    engine.desk_once(false).unwrap();
    assert!(world.alarms().iter().any(|alarm| alarm.contains("entry 4 of the evidence")));
}
