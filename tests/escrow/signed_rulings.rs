//! Rulings where the operator wants them signed: escrow takes none without the signature of the staff
//! member's wallet, which it looks up in its own book.

use db::intents::IntentRow;
use db::{Owner, clamps, tx};
use domain::EvmAddress;
use domain::clamps::Bound;
use domain::clock::{Clock, Span};
use domain::dispute::RulingState;
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use domain::pledge::Pledge;
use escrow::Engine;
use testkit::Wallet;
use verify::consent::Consent;

use crate::deadlines::turn;
use crate::disputes::{disputed, percent};
use crate::world::World;

const STAFF: ActorRole = ActorRole::Staff;

/// The operator wants rulings signed, or no more.
fn want(world: &World, on: bool) {
    let at = world.clock.now();
    let set = move |tx: &mut db::EscrowTx<'_>| clamps::set(tx, Bound::Signed, on.into(), at);
    tx::write(&world.escrow, "limit", set).unwrap();
}

/// A staff member of old who has named a wallet.
fn judge(world: &World, engine: &Engine, byte: u8) -> (UserId, Wallet) {
    let (staff, wallet) = (world.staff(byte), Wallet::of(byte));
    world.name_signer_of(staff, &wallet);
    engine.desk_once(true).unwrap();
    (staff, wallet)
}

/// A world in which rulings are signed, two who may rule, and a dispute.
fn signing() -> (World, Engine, OrderId, [(UserId, Wallet); 2]) {
    let world = World::new();
    let engine = world.engine();
    want(&world, true);
    let judges = [0x71, 0x72].map(|byte| judge(&world, &engine, byte));
    world.live(&engine, Span::hours(72));
    let order = disputed(&world, &engine);
    (world, engine, order, judges)
}

/// The request goes to escrow with this signature.
fn send(world: &World, row: IntentRow, signed: Option<(String, u64)>) {
    let (signature, expires) = signed.unzip();
    let signature_expires = expires.map(|secs| i64::try_from(secs).unwrap());
    world.send(IntentRow { signature, signature_expires, ..row });
}

fn by(wallet: &Wallet, consent: &Consent) -> Option<(String, u64)> {
    Some((wallet.sign(&consent.digest()), consent.deadline))
}

fn rule(share: u8) -> Pledge {
    Pledge::Rule(Bps::percent(share))
}

/// What a wallet is to sign for the next request.
fn consent(world: &World, order: OrderId, pledge: Pledge) -> Consent {
    world.to_sign(order, pledge, world.next_number(order))
}

/// What a taken web can put under a ruling of nothing for the buyer, and what escrow says to it.
type Attempt = (&'static str, fn(&World, OrderId, &Wallet) -> Option<(String, u64)>);

const FORGERIES: &[Attempt] = &[
    ("there is none", |_, _, _| None),
    ("cannot be read", |world, _, _| Some(("0x".to_owned(), world.deadline()))),
    ("not by the wallet", |world, order, _| by(&Wallet::of(9), &consent(world, order, rule(0)))),
    // Another who may rule.
    ("not by the wallet", |world, order, _| by(&Wallet::of(0x72), &consent(world, order, rule(0)))),
    // Another ruling.
    ("not by the wallet", |world, order, wallet| by(wallet, &consent(world, order, rule(1)))),
    ("not by the wallet", |world, order, wallet| {
        let pledge = Pledge::Confirm { ruling: 1, buyer: Bps::ZERO };
        by(wallet, &consent(world, order, pledge))
    }),
    ("not by the wallet", |world, order, wallet| {
        by(wallet, &consent(world, order, Pledge::Release))
    }),
    // Another order, by its number, its address, its chain.
    ("not by the wallet", |world, order, wallet| {
        let consent = consent(world, order, rule(0));
        by(wallet, &Consent { order: "f".repeat(32), ..consent })
    }),
    ("not by the wallet", |world, order, wallet| {
        let escrow = EvmAddress::from_bytes([7; 20]);
        by(wallet, &Consent { escrow, ..consent(world, order, rule(0)) })
    }),
    ("not by the wallet", |world, order, wallet| {
        by(wallet, &Consent { chain: 1, ..consent(world, order, rule(0)) })
    }),
    // Another request.
    ("not by the wallet", |world, order, wallet| {
        let consent = consent(world, order, rule(0));
        by(wallet, &Consent { nonce: consent.nonce + 1, ..consent })
    }),
    ("not by the wallet", |world, order, wallet| {
        by(wallet, &consent(world, order, rule(0))).map(|(signature, at)| (signature, at + 1))
    }),
    ("expired", |world, order, wallet| {
        let consent = consent(world, order, rule(0));
        by(wallet, &Consent { deadline: consent.deadline - 3_601, ..consent })
    }),
];

#[test]
fn a_ruling_without_the_staff_member_s_own_signature_is_refused_with_its_reason() {
    let (world, engine, order, [(staff, wallet), _]) = signing();
    for (number, (reason, forge)) in FORGERIES.iter().enumerate() {
        let row = world.ruling_row(order, staff, 0);
        let signed = forge(&world, order, &wallet);
        send(&world, row, signed);
        turn(&world, &engine);
        let (outcome, why) = world.answer(order).unwrap();
        assert!(outcome == "refused" && why.contains(reason), "{number}: {reason}: {why}");
        assert_eq!(world.ruling(order), None, "{number}");
    }
    let row = world.ruling_row(order, staff, 60);
    let signed = by(&wallet, &consent(&world, order, rule(60)));
    send(&world, row, signed);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "accepted");
    let told = world.events(order).pop().unwrap();
    let said = format!("60 % to the buyer. Signed by the wallet {}.", wallet.address());
    assert_eq!((told.kind.as_str(), told.comment), ("ruled", said));
    world.live(&engine, Span::hours(24));
    world.until(&engine, order, "CANCELLED");
    assert!(percent(&world, order, world.refund).abs_diff(60) <= 1);
}

#[test]
fn a_signature_counts_for_one_ruling_of_one_order() {
    let (world, engine, order, [(staff, wallet), _]) = signing();
    let twin = disputed(&world, &engine);
    let row = world.ruling_row(order, staff, 0);
    let signed = by(&wallet, &consent(&world, order, rule(0)));
    // Another request is answered under the number that was signed.
    world.contest(order, 1, ActorRole::Buyer);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "refused");
    send(&world, IntentRow { n: row.n + 1, ..row }, signed.clone());
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("not by the wallet"));
    send(&world, world.ruling_row(twin, staff, 0), signed);
    turn(&world, &engine);
    assert!(world.answer(twin).unwrap().1.contains("not by the wallet"));
    assert_eq!((world.ruling(order), world.ruling(twin)), (None, None));
}

/// Web writes another share into the row that the signed request names.
#[test]
fn the_share_is_the_one_that_was_signed() {
    let (world, engine, order, [(staff, wallet), _]) = signing();
    let row = world.ruling_row(order, staff, 100);
    let signed = by(&wallet, &consent(&world, order, rule(100)));
    let change = format!("UPDATE dispute_rulings SET buyer_bps = 0 WHERE order_id = '{order}';");
    let local = format!("DROP TRIGGER dispute_rulings_no_update; {change}");
    world.data.by_hand(Owner::Web, &local, &change);
    send(&world, row, signed);
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("not by the wallet"));
    assert_eq!((world.ruling(order), world.balance(world.payout)), (None, Amount::ZERO));
}

#[test]
fn a_second_one_confirms_by_a_signature_of_its_own_over_the_very_ruling() {
    let (world, engine, order, [(first, one), (second, two)]) = signing();
    let row = world.ruling_row(order, first, 70);
    send(&world, row, by(&one, &consent(&world, order, rule(70))));
    turn(&world, &engine);
    world.contest(order, 1, ActorRole::Vendor);
    turn(&world, &engine);
    let confirm = |ruling, share| Pledge::Confirm { ruling, buyer: Bps::percent(share) };
    for (wallet, pledge) in [
        (None, confirm(1, 70)),
        (Some(&one), confirm(1, 70)),
        (Some(&two), confirm(2, 70)),
        (Some(&two), confirm(1, 60)),
        (Some(&two), rule(70)),
    ] {
        let row = world.about(order, (IntentAction::Confirm, 1), (STAFF, second));
        let signed = wallet.and_then(|wallet| by(wallet, &consent(&world, order, pledge)));
        send(&world, row, signed);
        turn(&world, &engine);
        assert_eq!(world.answer(order).unwrap().0, "refused", "{pledge}");
        assert_eq!(world.ruling(order).unwrap().state, RulingState::Contested, "{pledge}");
    }
    let row = world.about(order, (IntentAction::Confirm, 1), (STAFF, second));
    send(&world, row, by(&two, &consent(&world, order, confirm(1, 70))));
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "accepted");
    let told = world.events(order).into_iter().find(|event| event.kind == "ruling-confirmed");
    assert!(told.unwrap().comment.ends_with(&format!("{}.", two.address())));
    world.live(&engine, Span::hours(24));
    world.until(&engine, order, "CANCELLED");
}

/// A taken web appoints somebody and names a wallet for him. The operator is told, and for two days
/// neither counts, though a first wallet of a buyer's would at once.
#[test]
fn a_new_wallet_and_a_new_staff_member_do_not_rule_and_the_operator_hears_of_both() {
    let (world, engine, order, _) = signing();
    let rules = |staff: UserId, wallet: &Wallet| {
        let row = world.ruling_row(order, staff, 0);
        let signed = by(wallet, &consent(&world, order, rule(0)));
        send(&world, row, signed);
        turn(&world, &engine);
        world.answer(order).unwrap()
    };
    let alarmed = |words: &str| world.alarms().iter().any(|alarm| alarm.contains(words));
    // A customer of old with a wallet of old, appointed just now.
    world.name_signer(&Wallet::of(0x30));
    engine.desk_once(true).unwrap();
    world.live(&engine, Span::hours(72));
    let sleeper = world.buyer;
    // His own order is not for him to rule in, so he is looked at by the book alone.
    let appoint = format!("UPDATE users SET role = 'staff' WHERE id = '{sleeper}';");
    world.data.by_hand(Owner::Web, &appoint, &appoint);
    engine.desk_once(true).unwrap();
    assert!(alarmed(&format!("{sleeper} is staff by now")));
    let counts = |user: UserId| {
        let now = world.clock.now();
        world.escrow.read(|conn| db::staff::wallet(conn, user, now)).unwrap()
    };
    assert_eq!(counts(sleeper), None);

    let (staff, wallet) = judge(&world, &engine, 0x74);
    assert!(rules(staff, &wallet).1.contains("wants rulings signed"), "appointed and named now");
    assert!(alarmed(&format!("signs rulings by {}", wallet.address())));
    world.live(&engine, Span::hours(47));
    assert!(rules(staff, &wallet).1.contains("wants rulings signed"));
    world.live(&engine, Span::hours(1));
    assert_eq!(rules(staff, &wallet).0, "accepted");
    assert_eq!(counts(sleeper), Some(Wallet::of(0x30).address()));
}

#[test]
fn a_changed_wallet_waits_while_the_old_one_counts() {
    let (world, engine, order, [(staff, old), _]) = signing();
    let new = Wallet::of(0x31);
    world.name_signer_of(staff, &new);
    engine.desk_once(false).unwrap();
    let tries = |wallet: &Wallet| {
        let row = world.ruling_row(order, staff, 50);
        let signed = by(wallet, &consent(&world, order, rule(50)));
        send(&world, row, signed);
        turn(&world, &engine);
        world.answer(order).unwrap().0
    };
    assert_eq!(tries(&new), "refused");
    world.live(&engine, Span::hours(48));
    assert_eq!(tries(&old), "refused");
    assert_eq!(tries(&new), "accepted");
}

#[test]
fn whether_rulings_are_signed_is_the_operator_s_to_say() {
    let (world, engine, order, [(staff, _), _]) = signing();
    want(&world, false);
    world.rule(order, staff, 60);
    turn(&world, &engine);
    assert_eq!(world.answer(order).unwrap().0, "accepted");
    assert_eq!(world.events(order).pop().unwrap().comment, "60 % to the buyer.");
    // What was ruled is carried out, whatever is wanted later.
    want(&world, true);
    world.live(&engine, Span::hours(24));
    world.until(&engine, order, "CANCELLED");
}
