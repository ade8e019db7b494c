//! What staff rule: under notice, with a second opinion, within a day's sum, and never alone against
//! what the parties agree on.

use db::rulings::Ruling;
use domain::EvmAddress;
use domain::clock::{Clock, Span};
use domain::dispute::RulingState;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use escrow::Engine;

use crate::deadlines::turn;
use crate::disputes::{disputed, percent};
use crate::world::World;

const RESOLVER: EvmAddress = EvmAddress::from_bytes([0x57; 20]);

/// A world whose site takes a fee for rulings.
fn with_resolver() -> World {
    let mut world = World::bare();
    world.resolver = Some(RESOLVER);
    world.engine().step_all().unwrap();
    world
}

fn state(ruling: Option<Ruling>) -> RulingState {
    ruling.unwrap().state
}

/// A dispute in which a staff member of old has ruled.
fn ruled(world: &World, engine: &Engine, percent: i32) -> OrderId {
    let staff = world.staff(0x71);
    let order = disputed(world, engine);
    world.rule(order, staff, percent);
    turn(world, engine);
    assert_eq!(world.answer(order).unwrap().0, "accepted");
    order
}

#[test]
fn a_ruling_is_carried_out_a_day_later_and_costs_a_tenth() {
    let world = with_resolver();
    let engine = world.engine();
    let order = ruled(&world, &engine, 60);
    let told = world.events(order).pop().unwrap();
    assert_eq!((told.kind.as_str(), told.actor_role.as_str()), ("ruled", "staff"));
    assert_eq!(told.comment, "60 % to the buyer.");
    let kept = world.ruling(order).unwrap();
    assert_eq!((kept.reason.as_str(), kept.state), ("The pictures show it.", RulingState::Notice));
    world.live(&engine, Span::hours(23));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN");
    world.live(&engine, Span::hours(1));
    world.until(&engine, order, "CANCELLED");
    assert_eq!(world.story(order).last().unwrap(), "split-cancelled");
    let due = world.state(order).due;
    assert!(percent(&world, order, RESOLVER).abs_diff(10) <= 1);
    assert!(percent(&world, order, world.refund).abs_diff(55) <= 1);
    let payout = &world.escrow.read(|conn| db::payouts::of_order(conn, order)).unwrap()[0];
    let all = [world.refund, world.payout, world.commission, RESOLVER].map(|of| world.balance(of));
    assert_eq!(Amount::sum(all.into_iter().chain([payout.fee_reserve])), Some(due));
    assert_eq!(payout.share.unwrap().ruling, Some(1));
}

/// Nobody takes a fee for a ruling that there was not, even with a hand in escrow's own file.
#[test]
fn a_fee_without_a_ruling_is_not_signed() {
    let world = with_resolver();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    let offer = world.offer(order, ActorRole::Vendor, 50);
    turn(&world, &engine);
    let data = std::sync::Arc::clone(&world.data);
    let change = format!(
        "UPDATE legs SET role = 'resolver', to_address = '{RESOLVER}' WHERE role = 'buyer';"
    );
    // The books tell of it too.
    world.meddled();
    world.script.on("plan: committed", move || data.by_hand(db::Owner::Escrow, &change, &change));
    world.accept(order, offer, ActorRole::Buyer);
    for _ in 0..4 {
        turn(&world, &engine);
    }
    assert!(world.state(order).held_reason.is_some());
    assert_eq!(world.balance(RESOLVER), Amount::ZERO);
}

#[test]
fn without_an_address_a_ruling_costs_nothing() {
    let world = World::new();
    let engine = world.engine();
    let order = ruled(&world, &engine, 0);
    world.live(&engine, Span::hours(24));
    world.until(&engine, order, "RELEASED");
    let due = world.state(order).due;
    assert_eq!(world.balance(world.commission), due.share(Bps::percent(5)));
    assert!(percent(&world, order, world.payout).abs_diff(94) <= 1);
}

#[test]
fn what_the_parties_agree_on_before_comes_first() {
    type Agree = fn(&World, OrderId);
    let ways: [(Agree, &str); 3] = [
        (|world, order| world.ask(order, IntentAction::Release, ActorRole::Buyer), "released"),
        (|world, order| world.ask(order, IntentAction::Refund, ActorRole::Vendor), "refunded"),
        (|world, order| world.accept(order, 1, ActorRole::Buyer), "split-released"),
    ];
    for (agree, end) in ways {
        let world = with_resolver();
        let engine = world.engine();
        let order = ruled(&world, &engine, 60);
        world.offer(order, ActorRole::Vendor, 20);
        world.live(&engine, Span::hours(23));
        turn(&world, &engine);
        agree(&world, order);
        for _ in 0..4 {
            turn(&world, &engine);
        }
        assert_eq!(world.story(order).last().unwrap(), end);
        assert_eq!(world.balance(RESOLVER), Amount::ZERO, "no ruling was carried out");
        world.live(&engine, Span::days(2));
        turn(&world, &engine);
        let plans = world.story(order).iter().filter(|kind| *kind == "payout-planned").count();
        assert_eq!(plans, 1, "{end}");
    }
}

#[test]
fn a_party_calls_a_second_one_who_is_another_and_no_newcomer() {
    for party in [ActorRole::Buyer, ActorRole::Vendor] {
        let world = World::new();
        let engine = world.engine();
        let (first, second) = (world.staff(0x70), world.staff(0x72));
        engine.desk_once(true).unwrap();
        world.live(&engine, Span::hours(71));
        let order = disputed(&world, &engine);
        world.rule(order, first, 60);
        turn(&world, &engine);
        world.contest(order, 1, party);
        turn(&world, &engine);
        assert_eq!(world.story(order).last().unwrap(), "contested");
        assert_eq!(world.ruling(order).unwrap().contested_by.as_deref(), Some(party.as_str()));
        for (who, word) in [(first, "Another staff member"), (second, "last three days")] {
            world.confirm(order, 1, who);
            turn(&world, &engine);
            assert!(world.answer(order).unwrap().1.contains(word), "{word}");
        }
        world.live(&engine, Span::days(2));
        turn(&world, &engine);
        assert_eq!(world.status(order), "FROZEN", "it waits");
        world.contest(order, 1, party);
        turn(&world, &engine);
        assert!(world.answer(order).unwrap().1.contains("called already"));
        world.confirm(order, 1, second);
        world.until(&engine, order, "CANCELLED");
    }
}

#[test]
fn a_second_one_rules_otherwise_under_notice_and_that_is_final() {
    let world = World::new();
    let engine = world.engine();
    let (first, second) = (world.staff(0x70), world.staff(0x72));
    engine.desk_once(true).unwrap();
    world.live(&engine, Span::hours(72));
    let order = disputed(&world, &engine);
    world.rule(order, first, 100);
    turn(&world, &engine);
    world.rule(order, second, 0);
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("There is a ruling already"));
    world.contest(order, 1, ActorRole::Vendor);
    turn(&world, &engine);
    world.live(&engine, Span::days(3));
    world.rule(order, first, 50);
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("Another staff member"));
    world.rule(order, second, 0);
    turn(&world, &engine);
    let last = world.ruling(order).unwrap();
    assert_eq!((last.n, last.second, last.state), (2, true, RulingState::Notice));
    world.contest(order, 2, ActorRole::Buyer);
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("final"));
    world.live(&engine, Span::hours(23));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN", "this one has its notice too");
    world.live(&engine, Span::hours(1));
    world.until(&engine, order, "RELEASED");
}

/// A party calls a second staff member between every two steps by which a ruling is carried out.
#[test]
fn of_a_ruling_and_a_call_for_a_second_one_one_takes_effect() {
    let mut contested = Vec::new();
    for point in ["plan: before the look", "plan: committed", "sign: before"] {
        let world = World::new();
        let engine = world.engine();
        let order = ruled(&world, &engine, 60);
        let party = (ActorRole::Vendor, world.vendor);
        world.ask_at(point, world.about(order, (IntentAction::Contest, 1), party));
        world.live(&engine, Span::hours(24));
        for _ in 0..4 {
            turn(&world, &engine);
        }
        let stopped = state(world.ruling(order)) == RulingState::Contested;
        let planned = world.story(order).iter().any(|kind| kind == "payout-planned");
        assert_ne!(stopped, planned, "{point}");
        let outcome = world.answer(order).unwrap().0;
        assert_eq!(outcome, if stopped { "accepted" } else { "refused" }, "{point}");
        assert_eq!(world.balance(world.refund).is_zero(), stopped, "{point}");
        contested.push(stopped);
    }
    assert_eq!(contested, [true, false, false]);
}

#[test]
fn nobody_rules_who_is_no_staff_or_a_party() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    for who in [world.buyer, world.vendor] {
        let file = format!("UPDATE users SET role = 'admin' WHERE id = '{who}';");
        for appointed in [false, true] {
            if appointed {
                world.data.by_hand(db::Owner::Web, &file, &file);
            }
            world.rule(order, who, 0);
            turn(&world, &engine);
            assert!(world.answer(order).unwrap().1.contains("Only staff who are no party"));
        }
    }
    assert_eq!(world.ruling(order), None);
    let staff = world.staff(0x73);
    let banned = format!("UPDATE users SET banned_at = created_at WHERE id = '{staff}';");
    world.data.by_hand(db::Owner::Web, &banned, &banned);
    world.rule(order, staff, 0);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "refused");
}

/// What a web that was taken over could do about rulings: it appoints somebody and rules. That stands in
/// the order's story for a day before anything moves, and what it writes about it afterwards, it writes
/// in vain.
#[test]
fn a_forged_ruling_is_seen_for_a_day_and_cannot_be_changed() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    let forged = world.staff(0x74);
    world.rule(order, forged, 0);
    turn(&world, &engine);
    assert_eq!(world.story(order).last().unwrap(), "ruled");
    let change = format!(
        "UPDATE dispute_rulings SET buyer_bps = 10000, reason = 'x' WHERE order_id = '{order}';"
    );
    let local = format!("DROP TRIGGER dispute_rulings_no_update; {change}");
    world.data.by_hand(db::Owner::Web, &local, &change);
    world.live(&engine, Span::hours(23));
    turn(&world, &engine);
    assert_eq!((world.status(order), world.balance(world.payout)), ("FROZEN", Amount::ZERO));
    // As its own second one it cannot pose, nor appoint one in time.
    world.contest(order, 1, ActorRole::Buyer);
    turn(&world, &engine);
    let accomplice = world.staff(0x75);
    world.live(&engine, Span::hours(71));
    for who in [forged, accomplice] {
        world.confirm(order, 1, who);
        turn(&world, &engine);
        assert_eq!(world.answer(order).unwrap().0, "refused");
    }
    assert_eq!(world.ruling(order).unwrap().buyer, Bps::ZERO, "as it was when escrow saw it");
    assert_eq!(world.status(order), "FROZEN");
}

#[test]
fn who_rules_about_more_than_a_day_s_sum_needs_a_second_one() {
    let world = World::new();
    let engine = world.engine();
    let (first, second) = (world.staff(0x70), world.staff(0x72));
    engine.desk_once(true).unwrap();
    world.live(&engine, Span::hours(72));
    let dear = |cents: u64| {
        engine.rates_once().unwrap();
        let order = world.place(world.draft(cents));
        engine.desk_once(false).unwrap();
        world.pay(order, world.state(order).due);
        turn(&world, &engine);
        world.dispute(order);
        turn(&world, &engine);
        order
    };
    // 6,005 dollars, and again 6,005: together above the ten thousand of a day.
    let (one, two) = (dear(300_000), dear(300_000));
    for order in [one, two] {
        world.rule(order, first, 100);
        turn(&world, &engine);
    }
    assert_eq!(state(world.ruling(one)), RulingState::Notice);
    assert_eq!(state(world.ruling(two)), RulingState::Contested);
    assert_eq!(world.ruling(two).unwrap().contested_by.as_deref(), Some("limit"));
    world.live(&engine, Span::hours(25));
    world.until(&engine, one, "CANCELLED");
    assert_eq!(world.status(two), "FROZEN");
    world.confirm(two, 1, second);
    world.until(&engine, two, "CANCELLED");
    let three = dear(300_000);
    world.rule(three, first, 100);
    turn(&world, &engine);
    assert_eq!(state(world.ruling(three)), RulingState::Notice, "another day");
}

#[test]
fn a_second_one_has_a_week_even_if_the_dispute_were_over_before() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    world.live(&engine, Span::hours(13 * 24 + 12));
    let staff = world.staff(0x71);
    world.rule(order, staff, 0);
    turn(&world, &engine);
    world.live(&engine, Span::hours(23));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN", "a ruling under notice goes first");
    world.contest(order, 1, ActorRole::Buyer);
    turn(&world, &engine);
    world.live(&engine, Span::days(6));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN");
    world.live(&engine, Span::days(1));
    world.until(&engine, order, "CANCELLED");
    assert!(percent(&world, order, world.refund) >= 98, "nobody came, so silence decides");
}

#[test]
fn no_pause_and_no_outage_shortens_a_notice() {
    let world = World::new();
    let engine = world.engine();
    let order = ruled(&world, &engine, 100);
    world.live(&engine, Span::hours(23));
    world.clock.advance(Span::days(15));
    let engine = world.engine();
    engine.step_all().unwrap();
    world.live(&engine, Span::hours(2));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN", "due, but it is quiet for a day");
    assert!(world.clock.now() > world.ruling(order).unwrap().noted_at);
    world.live(&engine, Span::hours(23));
    world.until(&engine, order, "CANCELLED");
}
