//! The same as in `tampered`, for what parties and staff write while an order is in dispute or waits
//! for another address: each column is set to each hostile value while it decides.

use db::reseals::{self, RequestRow};
use db::{codec, tx};
use domain::EvmAddress;
use domain::clock::{Clock, Span};
use domain::ids::OrderId;
use domain::intent::ActorRole;
use domain::money::{Amount, Bps};
use escrow::Engine;

use crate::tampered::{Attacker, THIEF, arrived, columns, round, sealed, values};
use crate::world::World;

/// What is covered here.
pub(crate) const TABLES: [&str; 5] =
    ["dispute_claims", "dispute_offers", "dispute_rulings", "offer_views", "reseal_requests"];
/// Where the store asks to be paid instead.
const ELSEWHERE: EvmAddress = EvmAddress::from_bytes([0x77; 20]);

/// A story that is tampered with: how it begins, and what decides while each value stands.
struct Story {
    table: &'static str,
    begin: fn(&World, &Engine, OrderId),
    decide: fn(&World, &Engine, OrderId),
    /// What the buyer may come to have, in percent of what was due.
    buyer: &'static [u8],
}

const STORIES: &[Story] = &[
    // The vendor's offer of 60 % to the buyer, which the buyer takes.
    Story { table: "dispute_offers", begin: offered, decide: accepted, buyer: &[60] },
    Story { table: "dispute_claims", begin: offered, decide: accepted, buyer: &[60] },
    // The end of the time: by the offer if it was seen, else half.
    Story { table: "offer_views", begin: offered, decide: outlived, buyer: &[50, 60] },
    // A ruling of 30 % under notice.
    Story { table: "dispute_rulings", begin: ruled, decide: noticed, buyer: &[30] },
];

fn offered(world: &World, engine: &Engine, order: OrderId) {
    let offer = world.offer(order, ActorRole::Vendor, 60);
    world.show(order, offer);
    let claim = db::claims::ClaimRow {
        order_id: order.to_string(),
        n: 1,
        author_id: world.vendor.to_string(),
        author_role: "vendor".to_owned(),
        body: "It left whole.".to_owned(),
        request_id: "test".to_owned(),
        created_at: codec::stamp(world.clock.now()),
    };
    tx::write(&world.web, "claim", move |tx| db::claims::insert(tx, &claim)).unwrap();
    round(world, engine, "offered");
    assert_eq!(world.story(order).last().unwrap(), "offer-made");
}

fn accepted(world: &World, _: &Engine, order: OrderId) {
    world.accept(order, 1, ActorRole::Buyer);
}

fn outlived(world: &World, engine: &Engine, _: OrderId) {
    world.live(engine, Span::days(14));
}

fn ruled(world: &World, engine: &Engine, order: OrderId) {
    let staff = world.staff(0x71);
    world.rule(order, staff, 30);
    round(world, engine, "ruled");
    assert_eq!(world.answer(order).unwrap().0, "accepted");
}

fn noticed(world: &World, engine: &Engine, _: OrderId) {
    world.live(engine, Span::hours(24));
}

/// A world with a sent order in dispute, in which the story has begun.
fn begun(story: &Story) -> (World, Engine, OrderId) {
    let world = World::on_files();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ship(order);
    world.pass(2);
    world.dispute(order);
    round(&world, &engine, "disputed");
    (story.begin)(&world, &engine, order);
    (world, engine, order)
}

/// Sets a column to the values, the last of them while the story is decided; then all is as it was,
/// and it is decided again where it was not. Says whether a value was taken.
fn tampered(story: &Story, column: &str, values: &[String]) -> bool {
    let (world, engine, order) = begun(story);
    let mut attacker = Attacker::of(&world);
    let (terms, before, due) = (sealed(&world, order), arrived(&world), world.state(order).due);
    let (mut taken, mut what) = (false, String::new());
    attacker.save(story.table);
    for (left, value) in (0..values.len()).rev().zip(values) {
        what = format!("{}.{column} = {}", story.table, &value[..value.len().min(60)]);
        taken |= attacker.set((story.table, column), value, order);
        if left == 0 {
            (story.decide)(&world, &engine, order);
        }
        (0..if left == 0 { 4 } else { 1 }).for_each(|_| round(&world, &engine, &what));
        attacker.restore(story.table);
    }
    for _ in 0..4 {
        if world.state(order).status.is_terminal() {
            break;
        }
        let open = world.web.read(|conn| db::intents::open(conn, order)).unwrap();
        if open.is_none() {
            (story.decide)(&world, &engine, order);
        }
        (0..3).for_each(|_| round(&world, &engine, &what));
    }
    let (status, story_so_far) = (world.status(order), world.story(order));
    assert!(world.state(order).status.is_terminal(), "{what}: {status} {story_so_far:?}");
    assert_eq!(sealed(&world, order), terms, "{what}");
    let after = arrived(&world);
    let came = |n: usize| after[n].checked_sub(before[n]).unwrap();
    let [store, site, buyer] = [came(0), came(1), came(2)];
    // The network took the rest, which is less than two hundredths.
    let near =
        |sum: Amount, whole: Amount| sum <= whole && whole.minus(sum) <= due.share(Bps::percent(2));
    let fits = |percent: &u8| {
        let share = due.share(Bps::percent(*percent));
        let rest = due.minus(share);
        let commission = rest.share(Bps::percent(5));
        near(buyer, share) && near(site, commission) && near(store, rest.minus(commission))
    };
    assert!(story.buyer.iter().any(fits), "{what}: {store:?} {site:?} {buyer:?} of {due:?}");
    assert_eq!(after[3], Amount::ZERO, "{what}");
    taken
}

fn all_of(table: &str) {
    let story = STORIES.iter().find(|story| story.table == table).unwrap();
    let values = values();
    // What is read when it is decided stands alone then; the rest is read before.
    let decides = ["dispute_offers", "offer_views"].contains(&table);
    let size = if decides { 1 } else { values.len() };
    let mut changed = false;
    for column in columns(table) {
        for some in values.chunks(size) {
            changed |= tampered(story, &column, some);
        }
    }
    assert!(changed, "{table} was never changed");
}

#[test]
fn no_column_of_an_offer_moves_money_otherwise_than_it_was_made() {
    all_of("dispute_offers");
}

#[test]
fn no_column_of_what_was_shown_or_said_moves_money_elsewhere() {
    all_of("offer_views");
    all_of("dispute_claims");
}

#[test]
fn no_column_of_what_staff_ask_for_changes_a_ruling_under_notice() {
    all_of("dispute_rulings");
}

/// A wish for another address counts as escrow saw it first, whatever becomes of its row.
#[test]
fn no_column_of_a_wish_for_another_address_leads_anywhere_else() {
    let values = values();
    let mut changed = false;
    for column in columns("reseal_requests") {
        let world = World::on_files();
        let engine = world.engine();
        let order = world.funded(&engine);
        let row = RequestRow {
            order_id: order.to_string(),
            party: "vendor".to_owned(),
            step: reseals::ASK.to_owned(),
            address: ELSEWHERE.to_string(),
            actor_id: world.vendor.to_string(),
            request_id: "test".to_owned(),
            created_at: codec::stamp(world.clock.now()),
        };
        tx::write(&world.web, "reseal", move |tx| reseals::request(tx, &row)).unwrap();
        round(&world, &engine, "asked");
        let mut attacker = Attacker::of(&world);
        attacker.save("reseal_requests");
        for value in &values {
            let what = format!("{column} = {}", &value[..value.len().min(60)]);
            changed |= attacker.set(("reseal_requests", &column), value, order);
            round(&world, &engine, &what);
            world.live(&engine, Span::hours(4));
            attacker.restore("reseal_requests");
        }
        // 92 hours on, with the last value when it came to count.
        round(&world, &engine, &column);
        world.ask(order, domain::intent::IntentAction::Release, ActorRole::Buyer);
        world.until(&engine, order, "RELEASED");
        let (there, here) = (world.balance(ELSEWHERE), world.balance(world.payout));
        assert!(there.is_zero() != here.is_zero(), "{column}: {there:?} {here:?}");
        assert_eq!(world.balance(THIEF.parse().unwrap()), Amount::ZERO, "{column}");
    }
    assert!(changed);
}
