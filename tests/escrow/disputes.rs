//! How the parties end a dispute between themselves, and how it ends if nobody does.

use domain::clock::{Clock, Span};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use escrow::Engine;

use crate::deadlines::{sent, turn};
use crate::world::World;

const BUYER: ActorRole = ActorRole::Buyer;
const VENDOR: ActorRole = ActorRole::Vendor;

/// A paid order whose dispute is in effect.
pub(crate) fn disputed(world: &World, engine: &Engine) -> OrderId {
    let order = world.funded(engine);
    world.dispute(order);
    turn(world, engine);
    assert_eq!(world.status(order), "FROZEN");
    order
}

/// What a party has, as a share of what was due, rounded to whole percent: network fees are small.
pub(crate) fn percent(world: &World, order: OrderId, of: domain::EvmAddress) -> u16 {
    let due = world.state(order).due;
    let has = world.balance(of);
    let near = |percent: &u16| {
        let share = due.share(Bps::new(percent * 100).unwrap());
        let off = share.minus(has).max(has.minus(share));
        off <= due.share(Bps::percent(1))
    };
    (0..=100).find(near).unwrap_or_else(|| panic!("{has:?} of {due:?}"))
}

fn parts(world: &World, order: OrderId) -> (u16, u16) {
    (percent(world, order, world.refund), percent(world, order, world.payout))
}

#[test]
fn an_accepted_offer_divides_the_money_in_coin_and_in_dollars() {
    for (world, share, end, last) in [
        (World::new(), 60, "CANCELLED", "split-cancelled"),
        (World::in_dollars(), 30, "RELEASED", "split-released"),
    ] {
        let engine = world.engine();
        let order = disputed(&world, &engine);
        let offer = world.offer(order, VENDOR, share);
        turn(&world, &engine);
        world.accept(order, offer, BUYER);
        world.until(&engine, order, end);
        let story = world.story(order);
        assert_eq!(story[..4], ["address-issued", "funded", "frozen", "offer-made"]);
        assert_eq!(story.last().unwrap(), last);
        assert_eq!(world.answer(order).unwrap().0, "accepted");
        let payouts = world.escrow.read(|conn| db::payouts::of_order(conn, order)).unwrap();
        let all = [world.refund, world.payout, world.commission].map(|of| world.balance(of));
        let sum = Amount::sum(all.into_iter().chain([payouts[0].fee_reserve]));
        assert_eq!(sum, Some(world.state(order).due), "nothing is lost");
        let share = u16::try_from(share).unwrap();
        let (buyer, vendor) = parts(&world, order);
        assert!(buyer.abs_diff(share) <= 1, "{buyer}");
        // The commission of 5 % is of the vendor's part.
        assert!(vendor.abs_diff((100 - share) * 95 / 100) <= 2, "{vendor}");
    }
}

#[test]
fn only_the_other_party_takes_an_offer_and_only_the_last_one() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    let first = world.offer(order, VENDOR, 20);
    let second = world.offer(order, VENDOR, 50);
    turn(&world, &engine);
    world.accept(order, first, BUYER);
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("does not stand any more"));
    world.accept(order, second, VENDOR);
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("does not stand any more"), "one's own");
    let staff = world.staff(0x77);
    for who in [(BUYER, world.vendor), (VENDOR, world.buyer), (ActorRole::Staff, staff)] {
        let row = world.about(order, (IntentAction::Accept, second), who);
        db::tx::write(&world.web, "forge", move |tx| db::intents::insert(tx, &row)).unwrap();
        turn(&world, &engine);
        assert_eq!(world.answer(order).unwrap().0, "refused", "{who:?}");
    }
    assert_eq!(world.status(order), "FROZEN");
    world.accept(order, second, BUYER);
    world.until(&engine, order, "RELEASED");
}

/// The vendor makes another offer while the buyer accepts the one before: what was committed before
/// escrow looked counts.
#[test]
fn an_offer_that_is_overtaken_by_another_is_not_paid() {
    let mut paid = Vec::new();
    for point in ["intents: announced", "plan: before the look", "plan: committed"] {
        let world = World::new();
        let engine = world.engine();
        let order = disputed(&world, &engine);
        let offer = world.offer(order, VENDOR, 90);
        turn(&world, &engine);
        let (web, later) = (world.web.clone(), world.offer_row(order, offer + 1, VENDOR, 10));
        world.script.on(point, move || {
            let row = later.clone();
            db::tx::write(&web, "later", move |tx| db::offers::insert(tx, &row)).unwrap();
        });
        world.accept(order, offer, BUYER);
        for _ in 0..3 {
            turn(&world, &engine);
        }
        let outcome = world.answer(order).unwrap().0;
        assert_eq!(outcome == "accepted", world.status(order) == "CANCELLED", "{point}");
        assert_eq!(outcome == "accepted", !world.balance(world.refund).is_zero(), "{point}");
        paid.push(outcome == "accepted");
    }
    assert_eq!(paid, [false, false, true]);
}

/// What a web that was taken over could write about offers: another share after escrow noted it, in the
/// name of somebody who is no party, or more than a party may make.
#[test]
fn forged_offers_move_nothing() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    let offer = world.offer(order, VENDOR, 50);
    turn(&world, &engine);
    let change = format!("UPDATE dispute_offers SET buyer_bps = 0 WHERE order_id = '{order}';");
    let local = format!("DROP TRIGGER dispute_offers_no_update; {change}");
    world.data.by_hand(db::Owner::Web, &local, &change);
    world.accept(order, offer, BUYER);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "refused", "it is not what was noted");

    let stranger = db::offers::OfferRow {
        author_id: world.buyer.to_string(),
        ..world.offer_row(order, offer + 1, VENDOR, 100)
    };
    db::tx::write(&world.web, "forge", move |tx| db::offers::insert(tx, &stranger)).unwrap();
    turn(&world, &engine);
    world.accept(order, offer + 1, BUYER);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "refused");
    let made = world.story(order).iter().filter(|kind| *kind == "offer-made").count();
    assert_eq!(made, 1, "what no party made stands nowhere");
    assert!(world.alarms().iter().any(|alarm| alarm.starts_with("offer: ")));

    for _ in 0..60 {
        world.offer(order, VENDOR, 10);
    }
    turn(&world, &engine);
    let made = world.story(order).iter().filter(|kind| *kind == "offer-made").count();
    assert!(made <= 40, "{made}");
    assert_eq!(world.status(order), "FROZEN");
}

#[test]
fn a_dispute_that_nobody_ends_goes_back_or_to_the_middle_or_where_an_offer_binds() {
    type Story = fn(&World, OrderId);
    let cases: [(bool, Story, (u16, u16), &str); 6] = [
        (false, |_, _| {}, (100, 0), "split-cancelled"),
        (true, |_, _| {}, (50, 47), "split-released"),
        (false, |world, order| world.ship(order), (100, 0), "split-cancelled"),
        (
            true,
            |world, order| {
                let offer = world.offer(order, VENDOR, 70);
                world.show(order, offer);
            },
            (70, 28),
            "split-cancelled",
        ),
        (
            true,
            |world, order| {
                world.offer(order, VENDOR, 70);
            },
            (50, 47),
            "split-released",
        ),
        (
            true,
            |world, order| {
                let greedy = world.offer(order, VENDOR, 0);
                world.show(order, greedy);
            },
            (50, 47),
            "split-released",
        ),
    ];
    for (n, (dispatched, story, shares, end)) in cases.into_iter().enumerate() {
        let world = World::new();
        let engine = world.engine();
        let order = if dispatched { sent(&world, &engine) } else { world.funded(&engine) };
        world.dispute(order);
        turn(&world, &engine);
        story(&world, order);
        turn(&world, &engine);
        world.live(&engine, Span::days(13));
        turn(&world, &engine);
        assert_eq!(world.status(order), "FROZEN", "{n}");
        world.live(&engine, Span::days(1));
        for _ in 0..4 {
            turn(&world, &engine);
        }
        assert_eq!(world.story(order).last().unwrap(), end, "{n}");
        let (buyer, vendor) = parts(&world, order);
        assert!(
            buyer.abs_diff(shares.0) <= 1 && vendor.abs_diff(shares.1) <= 2,
            "{n}: {buyer} {vendor}"
        );
    }
}

/// A party asks for something between every two steps by which a dispute runs out: what it asks for
/// before escrow looked comes first.
#[test]
fn what_a_party_asks_for_comes_before_the_end_of_the_time() {
    let mut releases = Vec::new();
    for point in ["plan: before the look", "plan: committed"] {
        let world = World::new();
        let engine = world.engine();
        let order = disputed(&world, &engine);
        let row = world.intent(order, 1, IntentAction::Release, BUYER);
        world.ask_at(point, row);
        world.live(&engine, Span::days(14));
        for _ in 0..6 {
            turn(&world, &engine);
        }
        let plans = world.story(order).iter().filter(|kind| *kind == "payout-planned").count();
        assert_eq!(plans, 1, "{point}");
        releases.push(world.status(order) == "RELEASED");
    }
    assert_eq!(releases, [true, false]);
}

#[test]
fn no_outage_and_no_pause_ends_a_dispute() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    world.live(&engine, Span::hours(14 * 24 - 1));
    world.clock.advance(Span::days(15));
    let engine = world.engine();
    engine.step_all().unwrap();
    world.live(&engine, Span::hours(2));
    turn(&world, &engine);
    assert_eq!(world.status(order), "FROZEN", "due, but it is quiet for a day");
    let pause = |on: bool| {
        let at = world.clock.now();
        let set = move |tx: &mut db::EscrowTx<'_>| db::desk::set_pause(tx, on, at);
        db::tx::write(&world.escrow, "pause", set).unwrap();
    };
    pause(true);
    for _ in 0..50 {
        world.clock.advance(Span::hours(1));
        engine.step_all().unwrap();
    }
    assert_eq!(world.status(order), "FROZEN");
    pause(false);
    engine.step_all().unwrap();
    world.live(&engine, Span::hours(25));
    world.until(&engine, order, "CANCELLED");
}

/// Stopped at any step and begun again, a split pays each party once.
#[test]
fn a_split_that_is_interrupted_pays_once() {
    for point in ["intents: announced", "plan: before the look", "plan: committed", "sign: before"]
    {
        let world = World::new();
        let order = disputed(&world, &world.engine());
        let offer = world.offer(order, BUYER, 40);
        turn(&world, &world.engine());
        world.accept(order, offer, VENDOR);
        world.script.stop_at(Some((point, 1)));
        let engine = world.engine();
        let stopped =
            (0..4).any(|_| engine.desk_once(false).is_err() || engine.chain_once().is_err());
        assert!(stopped, "{point} was reached");
        let engine = world.engine();
        world.until(&engine, order, "RELEASED");
        let paid = world.story(order).iter().filter(|kind| *kind == "leg-paid").count();
        assert_eq!(paid, 3, "{point}");
        let (buyer, vendor) = parts(&world, order);
        assert!(buyer.abs_diff(40) <= 1 && vendor.abs_diff(57) <= 2, "{point}: {buyer} {vendor}");
    }
}
