//! Signed by the parties and by the site: wallets that enter the book, releases that want their
//! consent, and terms that anybody can check.

use db::addresses::Purpose;
use db::intents::IntentRow;
use db::{intents, tx};
use domain::EvmAddress;
use domain::clock::{Clock, Span};
use domain::ids::{AddressRequestId, OrderId, UserId};
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use domain::pledge::Pledge;
use escrow::Engine;
use testkit::Wallet;
use verify::consent::{Consent, challenge};
use verify::message;
use verify::signature::Signature;

use crate::deadlines::turn;
use crate::disputes::disputed;
use crate::forged::by_hand;
use crate::world::World;

const NOBODY: EvmAddress = EvmAddress::from_bytes([0; 20]);

impl World {
    fn signer_in_force(&self) -> Option<EvmAddress> {
        let (buyer, now) = (Purpose::Signer(self.buyer), self.clock.now());
        self.escrow.read(|conn| db::desk::in_force(conn, buyer, now)).unwrap()
    }

    /// What the buyer's wallet is asked to sign for the next release of an order.
    fn consent(&self, order: OrderId) -> Consent {
        let n = u32::try_from(self.next_number(order)).unwrap();
        self.terms_of(order).consent(Pledge::Release, n, self.deadline())
    }

    /// The buyer asks for a release with a signature and its expiry.
    fn release(&self, order: OrderId, signature: Option<String>, expires: Option<u64>) {
        let n = self.next_number(order);
        let row = IntentRow {
            signature,
            signature_expires: expires.map(|secs| i64::try_from(secs).unwrap()),
            ..self.intent(order, n, IntentAction::Release, ActorRole::Buyer)
        };
        tx::write(&self.web, "intent", move |tx| intents::insert(tx, &row)).unwrap();
    }

    /// An order of the buyer's that is paid and sealed with this wallet.
    pub(crate) fn funded_with(&self, engine: &Engine, wallet: &Wallet) -> OrderId {
        self.name_signer(wallet);
        engine.desk_once(false).unwrap();
        let order = self.funded(engine);
        assert_eq!(self.terms_of(order).signer, Some(wallet.address()));
        order
    }
}

#[test]
fn a_named_wallet_is_sealed_with_later_orders_and_a_change_of_it_waits_two_days() {
    let world = World::new();
    let engine = world.engine();
    let before = world.sealed(&engine);
    let (first, second) = (Wallet::of(1), Wallet::of(2));
    world.name_signer(&first);
    engine.desk_once(false).unwrap();
    assert_eq!(world.signer_in_force(), Some(first.address()), "a first one counts at once");
    assert_eq!(world.terms_of(before).signer, None, "what is sealed stays as it is");
    assert_eq!(world.terms_of(world.sealed(&engine)).signer, Some(first.address()));

    world.name_signer(&second);
    engine.desk_once(false).unwrap();
    world.clock.advance(Span::hours(47));
    assert_eq!(world.terms_of(world.sealed(&engine)).signer, Some(first.address()));
    world.clock.advance(Span::hours(1));
    assert_eq!(world.terms_of(world.sealed(&engine)).signer, Some(second.address()));

    world.request_signer(NOBODY, |_, _| None);
    engine.desk_once(false).unwrap();
    assert_eq!(world.terms_of(world.sealed(&engine)).signer, Some(second.address()));
    world.clock.advance(Span::hours(48));
    assert_eq!(
        world.terms_of(world.sealed(&engine)).signer,
        None,
        "taken away, as late as a change"
    );
    assert_eq!(world.alarms(), [""; 0]);
}

#[test]
fn a_wallet_that_did_not_sign_for_the_account_and_the_request_enters_no_book() {
    let world = World::new();
    let engine = world.engine();
    let (wallet, other) = (Wallet::of(1), Wallet::of(2));
    let text = |user: UserId, id: AddressRequestId| challenge(&user.to_string(), &id.to_string());
    let fixed = AddressRequestId::from_random([9; 16]);
    world.request_signer(wallet.address(), |_, _| None);
    world.request_signer(wallet.address(), |_, _| Some("0x".to_owned()));
    world.request_signer(wallet.address(), |user, id| Some(other.sign_text(&text(user, id))));
    world.request_signer(wallet.address(), |_, id| Some(wallet.sign_text(&text(world.vendor, id))));
    // One that was signed before, for another request.
    world.request_signer(wallet.address(), |user, _| Some(wallet.sign_text(&text(user, fixed))));
    engine.desk_once(false).unwrap();
    assert_eq!(world.signer_in_force(), None);
    let alarms = world.alarms();
    assert_eq!(alarms.len(), 5, "{alarms:?}");
    assert!(
        alarms.iter().all(|alarm| alarm.contains("the wallet has not signed it")),
        "{alarms:?}"
    );
}

/// What a taken web can send in the buyer's name, and what escrow says to it.
type Attempt = (&'static str, fn(&World, OrderId, &Wallet) -> (Option<String>, Option<u64>));

const FORGERIES: &[Attempt] = &[
    ("there is none", |_, _, _| (None, None)),
    ("there is none", |world, _, _| (None, Some(world.deadline()))),
    ("there is none", |world, order, wallet| {
        (Some(wallet.sign(&world.consent(order).digest())), None)
    }),
    ("cannot be read", |world, _, _| (Some("0x1234".to_owned()), Some(world.deadline()))),
    ("not by the wallet", |world, order, _| {
        let consent = world.consent(order);
        (Some(Wallet::of(9).sign(&consent.digest())), Some(consent.deadline))
    }),
    ("not by the wallet", |world, order, wallet| {
        let consent = Consent { order: "f".repeat(32), ..world.consent(order) };
        (Some(wallet.sign(&consent.digest())), Some(consent.deadline))
    }),
    ("not by the wallet", |world, order, wallet| {
        let escrow = EvmAddress::from_bytes([7; 20]);
        let consent = Consent { escrow, ..world.consent(order) };
        (Some(wallet.sign(&consent.digest())), Some(consent.deadline))
    }),
    ("not by the wallet", |world, order, wallet| {
        let consent = Consent { chain: 1, ..world.consent(order) };
        (Some(wallet.sign(&consent.digest())), Some(consent.deadline))
    }),
    ("not by the wallet", |world, order, wallet| {
        let consent = Consent { action: "refund".to_owned(), ..world.consent(order) };
        (Some(wallet.sign(&consent.digest())), Some(consent.deadline))
    }),
    ("not by the wallet", |world, order, wallet| {
        let consent = world.consent(order);
        let consent = Consent { nonce: consent.nonce + 1, ..consent };
        (Some(wallet.sign(&consent.digest())), Some(consent.deadline))
    }),
    // The deadline beside a signature is put off.
    ("not by the wallet", |world, order, wallet| {
        let consent = world.consent(order);
        (Some(wallet.sign(&consent.digest())), Some(consent.deadline + 1))
    }),
    ("expired", |world, order, wallet| {
        let consent = Consent { deadline: world.deadline() - 3_601, ..world.consent(order) };
        (Some(wallet.sign(&consent.digest())), Some(consent.deadline))
    }),
];

#[test]
fn a_release_without_the_consent_of_the_sealed_wallet_is_refused_with_its_reason() {
    let world = World::new();
    let engine = world.engine();
    let wallet = Wallet::of(1);
    let order = world.funded_with(&engine, &wallet);
    for (number, (reason, forge)) in FORGERIES.iter().enumerate() {
        let (signature, expires) = forge(&world, order, &wallet);
        world.release(order, signature, expires);
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        let (outcome, why) = world.answer(order).unwrap();
        assert_eq!(outcome, "refused", "{number}: {reason}");
        assert!(why.contains(reason), "{number}: {why}");
        assert_eq!(world.story(order).last().unwrap(), "intent-refused");
        assert_eq!(world.status(order), "COMPLETED");
    }
    assert_eq!(world.balance(world.payout), domain::money::Amount::ZERO);

    let consent = world.consent(order);
    world.release(order, Some(wallet.sign(&consent.digest())), Some(consent.deadline));
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.answer(order).unwrap().0, "accepted");
}

#[test]
fn a_consent_counts_for_one_request_alone() {
    let world = World::new();
    let engine = world.engine();
    let wallet = Wallet::of(1);
    let order = world.funded_with(&engine, &wallet);
    let consent = world.consent(order);
    let signature = wallet.sign(&consent.digest());
    // Its number goes to another request, which is refused for what it is.
    world.ask(order, IntentAction::Extend, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    assert_eq!(world.answer(order).unwrap().0, "refused");
    world.release(order, Some(signature.clone()), Some(consent.deadline));
    engine.desk_once(false).unwrap();
    let (outcome, why) = world.answer(order).unwrap();
    assert!(outcome == "refused" && why.contains("not by the wallet"), "{why}");
    // Nor does it count for another order of the same buyer.
    let twin = world.funded(&engine);
    world.release(twin, Some(signature), Some(consent.deadline));
    engine.desk_once(false).unwrap();
    assert!(world.answer(twin).unwrap().1.contains("not by the wallet"));
    assert_eq!((world.status(order), world.status(twin)), ("COMPLETED", "COMPLETED"));
}

#[test]
fn what_gives_the_money_back_and_what_time_does_want_no_consent() {
    let world = World::new();
    let engine = world.engine();
    let wallet = Wallet::of(1);
    let refunded = world.funded_with(&engine, &wallet);
    world.ask(refunded, IntentAction::Refund, ActorRole::Vendor);
    world.until(&engine, refunded, "CANCELLED");

    let waited = world.funded(&engine);
    assert_eq!(world.terms_of(waited).signer, Some(wallet.address()));
    world.ship(waited);
    engine.desk_once(false).unwrap();
    world.live(&engine, Span::hours(337));
    world.until(&engine, waited, "RELEASED");
}

/// The buyer takes an offer; his wallet has signed for an act.
fn accept(world: &World, (order, offer): (OrderId, i32), (wallet, act): (&Wallet, Pledge)) {
    let row = world.about(order, (IntentAction::Accept, offer), (ActorRole::Buyer, world.buyer));
    let n = u32::try_from(row.n).unwrap();
    let consent = world.terms_of(order).consent(act, n, world.deadline());
    world.send(IntentRow {
        signature: Some(wallet.sign(&consent.digest())),
        signature_expires: Some(i64::try_from(consent.deadline).unwrap()),
        ..row
    });
}

#[test]
fn an_offer_is_accepted_with_a_signature_over_its_very_share() {
    let world = World::new();
    let engine = world.engine();
    let wallet = Wallet::of(1);
    world.name_signer(&wallet);
    engine.desk_once(false).unwrap();
    let order = disputed(&world, &engine);
    let offer = world.offer(order, ActorRole::Vendor, 40);
    turn(&world, &engine);
    world.accept(order, offer, ActorRole::Buyer);
    turn(&world, &engine);
    assert!(world.answer(order).unwrap().1.contains("there is none"));
    let share = |percent| Pledge::Accept(Bps::percent(percent));
    for (wallet, act) in [
        (&wallet, share(50)),
        (&wallet, Pledge::Offer(Bps::percent(40))),
        (&wallet, Pledge::Release),
        (&Wallet::of(2), share(40)),
    ] {
        accept(&world, (order, offer), (wallet, act));
        turn(&world, &engine);
        let (outcome, why) = world.answer(order).unwrap();
        assert!(outcome == "refused" && why.contains("not by the wallet"), "{act:?}: {why}");
    }
    assert_eq!((world.status(order), world.balance(world.payout)), ("FROZEN", Amount::ZERO));
    accept(&world, (order, offer), (&wallet, share(40)));
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.story(order).last().unwrap(), "split-released");
}

#[test]
fn a_consent_that_runs_out_between_announcement_and_plan_still_counts() {
    let world = World::new();
    let engine = world.engine();
    let wallet = Wallet::of(1);
    let order = world.funded_with(&engine, &wallet);
    let consent = world.consent(order);
    world.release(order, Some(wallet.sign(&consent.digest())), Some(consent.deadline));
    engine.desk_once(false).unwrap();
    world.pass(3_700);
    world.until(&engine, order, "RELEASED");
}

/// The row is web's, who may change it after escrow has announced the payout.
#[test]
fn the_look_before_the_payout_reads_the_consent_afresh() {
    let world = World::on_files();
    let engine = world.engine();
    let wallet = Wallet::of(1);
    let order = world.funded_with(&engine, &wallet);
    let consent = world.consent(order);
    let file = world.data.config(db::Owner::Web).file(db::Owner::Web).unwrap();
    let stranger = Wallet::of(9).sign(&consent.digest());
    world.script.on("intents: announced", move || {
        by_hand(
            &file,
            &format!(
                "DROP TRIGGER order_intents_no_update; \
                 UPDATE order_intents SET signature = '{stranger}';"
            ),
        );
    });
    world.release(order, Some(wallet.sign(&consent.digest())), Some(consent.deadline));
    for _ in 0..4 {
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        world.pass(2);
    }
    assert_eq!(world.status(order), "COMPLETED");
    assert!(world.answer(order).unwrap().1.contains("not by the wallet"));
}

#[test]
fn the_site_signs_what_it_seals_and_publishes_by_which_key() {
    let world = World::new();
    let engine = world.engine();
    let order = world.sealed(&engine);
    let sealed = world.seal_of(order);
    let (signer, signature) = sealed.signed.clone().unwrap();
    assert_eq!(signer, world.keys.site(0).unwrap());
    assert_ne!(Ok(signer), world.keys.site(1));
    let text = std::str::from_utf8(&sealed.terms).unwrap();
    let signature: Signature = signature.parse().unwrap();
    assert_eq!(signature.signer(&message::digest(text)), Ok(signer));
    assert_ne!(signature.signer(&message::digest(&format!("{text} "))), Ok(signer));

    let keys = world.escrow.read(db::desk::site_keys).unwrap();
    assert_eq!(keys.len(), 1, "noted once, however often escrow starts: {keys:?}");
    let _again = world.engine();
    assert_eq!(world.escrow.read(db::desk::site_keys).unwrap(), keys);
    assert_eq!((keys[0].generation, keys[0].address), (0, signer));
}
