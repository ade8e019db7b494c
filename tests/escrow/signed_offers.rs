//! Offers of a buyer whose wallet signs: they count with its signature alone, which no web can make.

use db::offers::{self, OfferRow};
use db::{Owner, tx};
use domain::EvmAddress;
use domain::clock::Span;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use domain::pledge::Pledge;
use escrow::Engine;
use testkit::Wallet;
use verify::consent::Consent;

use crate::deadlines::turn;
use crate::disputes::percent;
use crate::world::World;

const BUYER: ActorRole = ActorRole::Buyer;
const VENDOR: ActorRole = ActorRole::Vendor;

fn wallet() -> Wallet {
    Wallet::of(1)
}

/// A sent order that is sealed with the wallet, and in dispute.
fn disputed(world: &World, engine: &Engine) -> OrderId {
    let order = world.funded_with(engine, &wallet());
    world.ship(order);
    world.pass(2);
    world.dispute(order);
    turn(world, engine);
    assert_eq!(world.status(order), "FROZEN");
    order
}

fn next(world: &World, order: OrderId) -> i32 {
    world.web.read(|conn| offers::next_number(conn, order)).unwrap()
}

/// Web writes an offer of the buyer's with this signature; its number.
fn write(world: &World, order: OrderId, share: i32, signed: Option<(String, u64)>) -> i32 {
    let n = next(world, order);
    let (signature, expires) = signed.unzip();
    let row = OfferRow {
        signature,
        signature_expires: expires.map(|secs| i64::try_from(secs).unwrap()),
        ..world.offer_row(order, n, BUYER, share)
    };
    tx::write(&world.web, "offer", move |tx| offers::insert(tx, &row)).unwrap();
    n
}

/// What the wallet is to sign for the next offer of this share.
fn consent(world: &World, order: OrderId, share: u8) -> Consent {
    world.to_sign(order, Pledge::Offer(Bps::percent(share)), next(world, order))
}

fn by(wallet: &Wallet, consent: &Consent) -> Option<(String, u64)> {
    Some((wallet.sign(&consent.digest()), consent.deadline))
}

/// What a taken web can put under an offer of nothing in the buyer's name, and what escrow says.
type Attempt = (&'static str, fn(&World, OrderId) -> Option<(String, u64)>);

const FORGERIES: &[Attempt] = &[
    ("there is none", |_, _| None),
    ("cannot be read", |world, _| Some(("0x12".to_owned(), world.deadline()))),
    ("not by the wallet", |world, order| by(&Wallet::of(9), &consent(world, order, 0))),
    ("not by the wallet", |world, order| by(&wallet(), &consent(world, order, 10))),
    ("not by the wallet", |world, order| {
        let consent = consent(world, order, 0);
        by(&wallet(), &Consent { order: "f".repeat(32), ..consent })
    }),
    ("not by the wallet", |world, order| {
        let escrow = EvmAddress::from_bytes([7; 20]);
        by(&wallet(), &Consent { escrow, ..consent(world, order, 0) })
    }),
    ("not by the wallet", |world, order| {
        let consent = consent(world, order, 0);
        by(&wallet(), &Consent { nonce: consent.nonce + 1, ..consent })
    }),
    // An acceptance, which the buyer's wallet may have signed, and a release.
    ("not by the wallet", |world, order| {
        by(&wallet(), &world.to_sign(order, Pledge::Accept(Bps::ZERO), next(world, order)))
    }),
    ("not by the wallet", |world, order| {
        by(&wallet(), &world.to_sign(order, Pledge::Release, next(world, order)))
    }),
    // The deadline beside the signature is put off.
    ("not by the wallet", |world, order| {
        by(&wallet(), &consent(world, order, 0)).map(|(signature, at)| (signature, at + 1))
    }),
    ("expired", |world, order| {
        let consent = consent(world, order, 0);
        by(&wallet(), &Consent { deadline: consent.deadline - 3_601, ..consent })
    }),
];

#[test]
fn an_offer_in_the_buyer_s_name_is_taken_with_the_signature_of_his_wallet_alone() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    for (number, (reason, forge)) in FORGERIES.iter().enumerate() {
        let forged = forge(&world, order);
        let n = write(&world, order, 0, forged);
        turn(&world, &engine);
        world.accept(order, n, VENDOR);
        turn(&world, &engine);
        let (outcome, why) = world.answer(order).unwrap();
        assert!(outcome == "refused" && why.contains("does not stand"), "{number}: {why}");
        let told = format!("offer: offer {n} is not taken");
        let alarms = world.alarms();
        let alarm = alarms.iter().find(|alarm| alarm.starts_with(&told));
        assert!(alarm.is_some_and(|alarm| alarm.contains(reason)), "{number}: {alarms:?}");
    }
    assert!(!world.story(order).contains(&"offer-made".to_owned()));
    assert_eq!((world.status(order), world.balance(world.payout)), ("FROZEN", Amount::ZERO));

    // The vendor may take what the wallet signed. That nothing else stands is no hindrance.
    let signed = by(&wallet(), &consent(&world, order, 30));
    let n = write(&world, order, 30, signed.clone());
    turn(&world, &engine);
    assert_eq!(world.story(order).last().unwrap(), "offer-made");
    // The same signature under the next number, as a new offer.
    let again = write(&world, order, 30, signed);
    turn(&world, &engine);
    world.accept(order, again, VENDOR);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "refused", "it counts once");
    world.accept(order, n, VENDOR);
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.story(order).last().unwrap(), "split-released");
    assert!(percent(&world, order, world.refund).abs_diff(30) <= 1);
}

/// At the end of its time a dispute goes by the last offer that binds: by none that web made up.
#[test]
fn a_forged_offer_decides_no_dispute_that_nobody_ends() {
    for (share, signed, buyer) in [(0, false, 50), (20, true, 20)] {
        let world = World::new();
        let engine = world.engine();
        let order = disputed(&world, &engine);
        let by = by(&wallet(), &consent(&world, order, share)).filter(|_| signed);
        let n = write(&world, order, share.into(), by);
        world.show(order, n);
        turn(&world, &engine);
        world.live(&engine, Span::days(14));
        for _ in 0..4 {
            turn(&world, &engine);
        }
        assert_eq!(world.story(order).last().unwrap(), "split-released", "{signed}");
        let has = percent(&world, order, world.refund);
        assert!(has.abs_diff(buyer) <= 1, "{signed}: {has}");
    }
}

/// An offer that escrow noted before it asked for signatures, or that a hand in its file noted.
#[test]
fn an_offer_that_was_noted_without_a_signature_does_not_count() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    world.meddled();
    let n = write(&world, order, 0, None);
    let noted = format!(
        "INSERT INTO noted_offers (order_id, n, author_id, author_role, buyer_bps, noted_at) \
         VALUES ('{order}', {n}, '{}', 'buyer', 0, '2026-11-26 00:00:00');",
        world.buyer
    );
    world.data.by_hand(Owner::Escrow, &noted, &noted);
    world.show(order, n);
    world.accept(order, n, VENDOR);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "refused");
    world.live(&engine, Span::days(14));
    for _ in 0..4 {
        turn(&world, &engine);
    }
    assert!(percent(&world, order, world.refund).abs_diff(50) <= 1);
}

/// Who names no wallet offers as before, and the vendor's offers want no signature.
#[test]
fn without_a_wallet_offers_want_no_signature() {
    let world = World::new();
    let engine = world.engine();
    let order = crate::disputes::disputed(&world, &engine);
    let n = write(&world, order, 40, None);
    turn(&world, &engine);
    world.send(world.about(order, (IntentAction::Accept, n), (VENDOR, world.vendor)));
    world.until(&engine, order, "RELEASED");
}
