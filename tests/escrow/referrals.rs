//! Whoever brought a buyer: sealed with the order, paid out of the commission, and nobody's trouble.

use db::addresses::{self, AddressRequest, Purpose};
use db::orders::OrderRow;
use db::payouts::{Leg, LegState};
use db::stores::{self, StoreUserRow};
use db::{clamps, tx};
use domain::EvmAddress;
use domain::clamps::Bound;
use domain::clock::{Clock, Span};
use domain::ids::{AddressRequestId, OrderId, UserId};
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use domain::settle::LegRole;
use domain::shares::{Rules, share_out};
use domain::store::StoreRole;
use escrow::Engine;

use crate::carriers::blacklisting;
use crate::disputes::disputed;
use crate::held::{MOODY, legs, mood, why};
use crate::provider::{deploy, paid_to_a_contract};
use crate::tokens::{conserved, terms};
use crate::world::World;

const INVITER: UserId = UserId::from_random([0x0a; 16]);
const WALLET: EvmAddress = EvmAddress::from_bytes([0x59; 20]);

impl World {
    /// An account of that name, which asks to be paid for those it brings.
    fn inviter(&self, address: EvmAddress) {
        self.customer(INVITER, "inviter");
        self.request_referral(INVITER, address);
    }

    fn request_referral(&self, user: UserId, address: EvmAddress) {
        let request = AddressRequest {
            id: AddressRequestId::from_random(self.fresh_id()),
            purpose: Purpose::Referral(user),
            address,
            by: user,
            at: self.clock.now(),
            proof: None,
        };
        tx::write(&self.web, "request", move |tx| addresses::insert(tx, &request)).unwrap();
    }

    /// An order of somebody whom `inviter` brought, as far as escrow takes it up.
    fn brought(&self, engine: &Engine, change: impl Fn(OrderRow) -> OrderRow) -> OrderId {
        engine.rates_once().unwrap();
        let (row, lines) = self.draft(5_000);
        let named =
            OrderRow { referrer_id: Some(INVITER.to_string()), referral_bps: Some(5_000), ..row };
        let order = self.place((change(named), lines));
        engine.desk_once(false).unwrap();
        order
    }

    /// The same, paid in full.
    fn brought_and_paid(&self, engine: &Engine) -> OrderId {
        let order = self.brought(engine, |row| row);
        self.pay(order, self.state(order).due);
        engine.chain_once().unwrap();
        assert_eq!(self.status(order), "COMPLETED");
        order
    }
}

fn of(legs: &[Leg], role: LegRole) -> Option<&Leg> {
    legs.iter().find(|leg| leg.role == role)
}

/// The fee that each leg of a plan was reckoned with.
fn leg_fee(world: &World, order: OrderId) -> Amount {
    let legs = legs(world, order);
    let most = legs.iter().filter_map(|leg| leg.fee_ceiling.checked_mul(leg.gas_limit)).max();
    terms(world, order).token.map_or(most.unwrap(), |token| token.leg_fee)
}

#[test]
fn an_inviter_is_paid_half_of_the_commission_when_the_vendor_is() {
    for world in [World::new(), World::in_dollars()] {
        let engine = world.engine();
        world.inviter(WALLET);
        let order = world.brought_and_paid(&engine);
        let sealed = terms(&world, order);
        let referral = sealed.referral.unwrap();
        assert_eq!((referral.address, referral.share), (WALLET, Bps::HALF));
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        world.until(&engine, order, "RELEASED");
        // What is shown before is what is paid: one computation.
        let (due, fee) = (sealed.due, leg_fee(&world, order));
        let shown = share_out(&Rules::from(&sealed), due, fee, domain::settle::Division::RELEASE);
        let shown = shown.unwrap();
        for (role, at) in [
            (LegRole::Vendor, world.payout),
            (LegRole::Commission, world.commission),
            (LegRole::Referral, WALLET),
        ] {
            let paid = shown.leg(role, world.in_dollars);
            assert_eq!(of(&legs(&world, order), role).map(|leg| leg.amount), paid, "{role}");
            assert_eq!(Some(world.balance(at)), paid, "{role}");
        }
        let commission = due.share(Bps::percent(5));
        assert_eq!(world.balance(WALLET), commission.share(Bps::HALF).minus(fee));
        assert_eq!(legs(&world, order).last().unwrap().role, LegRole::Referral);
        assert_eq!(world.alarms(), Vec::<String>::new());
        conserved(&world, order);
    }
}

#[test]
fn of_a_split_an_inviter_gets_of_the_vendors_part_and_of_a_refund_nothing() {
    let world = World::new();
    let engine = world.engine();
    world.inviter(WALLET);
    let refunded = world.brought_and_paid(&engine);
    world.ask(refunded, IntentAction::Refund, ActorRole::Vendor);
    world.until(&engine, refunded, "CANCELLED");
    assert_eq!(world.balance(WALLET), Amount::ZERO);
    let order = world.brought_and_paid(&engine);
    world.dispute(order);
    crate::deadlines::turn(&world, &engine);
    let offer = world.offer(order, ActorRole::Vendor, 40);
    crate::deadlines::turn(&world, &engine);
    world.accept(order, offer, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    let part = world.state(order).due.share(Bps::percent(60)).share(Bps::percent(5));
    let fee = leg_fee(&world, order);
    assert_eq!(world.balance(WALLET), part.share(Bps::HALF).minus(fee));
}

#[test]
fn without_an_address_of_the_book_the_commission_is_the_site_s() {
    let world = World::new();
    let engine = world.engine();
    world.customer(INVITER, "inviter");
    let order = world.brought_and_paid(&engine);
    assert_eq!(terms(&world, order).referral, None);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    assert_eq!(world.balance(world.commission), world.state(order).due.share(Bps::percent(5)));
}

#[test]
fn a_first_referral_address_counts_at_once_and_a_later_one_after_two_days() {
    let world = World::new();
    let engine = world.engine();
    let other = EvmAddress::from_bytes([0x5a; 20]);
    world.inviter(WALLET);
    engine.desk_once(false).unwrap();
    world.request_referral(INVITER, other);
    engine.desk_once(false).unwrap();
    let sealed = |world: &World| {
        let order = world.brought(&engine, |row| row);
        terms(world, order).referral.unwrap().address
    };
    assert_eq!(sealed(&world), WALLET);
    world.clock.advance(Span::secs(48 * 3_600 - 1));
    assert_eq!(sealed(&world), WALLET, "48 hours less a second");
    world.clock.advance(Span::secs(1));
    assert_eq!(sealed(&world), other);
}

#[test]
fn nobody_is_paid_for_what_he_bought_or_sold_himself() {
    let world = World::new();
    let engine = world.engine();
    world.inviter(WALLET);
    let sealed = |change: &dyn Fn(OrderRow) -> OrderRow| {
        let order = world.brought(&engine, change);
        assert_eq!(world.status(order), "PENDING");
        terms(&world, order).referral
    };
    assert!(sealed(&|row| row).is_some());
    assert_eq!(sealed(&|row| OrderRow { buyer_id: INVITER.to_string(), ..row }), None);
    assert_eq!(sealed(&|row| OrderRow { refund_address: WALLET.to_string(), ..row }), None);
    let (store, now) = (world.store, world.clock.now());
    tx::write(&world.web, "member", move |tx| {
        stores::insert_member(tx, &StoreUserRow::of(store, INVITER, StoreRole::Collaborator, now))
    })
    .unwrap();
    assert_eq!(sealed(&|row| row), None, "of the store");
}

#[test]
fn a_referral_beyond_the_bounds_or_of_half_is_refused() {
    let world = World::new();
    let engine = world.engine();
    world.inviter(WALLET);
    let refused = |change: &dyn Fn(OrderRow) -> OrderRow| {
        let order = world.brought(&engine, change);
        (world.status(order) == "FAILED").then(|| world.events(order)[0].comment.clone())
    };
    for (bps, word) in [(5_001, "limit"), (-1, "limit"), (70_000, "limit")] {
        let said = refused(&|row| OrderRow { referral_bps: Some(bps), ..row });
        assert!(said.unwrap().contains(word));
    }
    assert!(refused(&|row| OrderRow { referral_bps: None, ..row }).unwrap().contains("half"));
    assert!(refused(&|row| OrderRow { referrer_id: None, ..row }).unwrap().contains("half"));
    let nobody = |row| OrderRow { referrer_id: Some("x".repeat(32)), ..row };
    assert!(refused(&nobody).unwrap().contains("inviter"));
    assert_eq!(refused(&|row| row), None);
    let now = world.clock.now();
    tx::write(&world.escrow, "bound", move |tx| clamps::set(tx, Bound::Referral, 2_500, now))
        .unwrap();
    assert!(refused(&|row| row).unwrap().contains("limit"), "the operator's bound");
    assert_eq!(refused(&|row| OrderRow { referral_bps: Some(2_500), ..row }), None);
}

/// Of a contract that refuses, that burns gas, and of one that a token shuts out: neither vendor nor
/// buyer waits, and neither bears more.
#[test]
fn an_inviter_who_takes_nothing_stands_in_nobody_s_way() {
    // PUSH1 0 PUSH1 0 REVERT; and a loop of a thousand rounds.
    for code in ["60006000fd", "6103e85b600190038060035700"] {
        let world = World::new();
        let engine = world.engine();
        let inviter = deploy(&world, code);
        world.inviter(inviter);
        let order = world.brought_and_paid(&engine);
        assert!(terms(&world, order).referral.is_some());
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        world.until(&engine, order, "RELEASED");
        let legs = legs(&world, order);
        assert!(of(&legs, LegRole::Referral).is_none() && why(&world, order).is_none());
        assert!(legs.iter().all(|leg| leg.gas_limit == 21_000), "nobody pays more for it");
        assert_eq!(world.balance(world.commission), world.state(order).due.share(Bps::percent(5)));
    }
}

#[test]
fn a_referral_that_fails_on_the_chain_goes_to_the_site_by_itself() {
    let (world, engine, payee) = paid_to_a_contract(MOODY);
    let inviter = deploy(&world, MOODY);
    world.inviter(inviter);
    let order = world.brought_and_paid(&engine);
    world.chain.set_automine(false);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    mood(&world, inviter, 1);
    world.pass(2);
    world.chain.set_automine(true);
    world.until(&engine, order, "RELEASED");
    let legs = legs(&world, order);
    let [.., first, again] = legs.as_slice() else { panic!("{legs:?}") };
    assert_eq!(
        (first.role, first.to, first.state),
        (LegRole::Referral, inviter, LegState::Reverted)
    );
    assert_eq!((again.role, again.to), (LegRole::Referral, world.commission));
    assert_eq!(world.balance(inviter), Amount::ZERO);
    assert_eq!(Some(world.balance(payee)), of(&legs, LegRole::Vendor).map(|leg| leg.amount));
    let site = of(&legs, LegRole::Commission).unwrap().amount.checked_add(again.amount);
    assert_eq!(Some(world.balance(world.commission)), site);
    conserved(&world, order);
}

#[test]
fn an_inviter_whom_the_token_shuts_out_after_the_plan_holds_nothing_up() {
    let world = World::in_dollars();
    let engine = world.engine();
    world.inviter(WALLET);
    let order = world.brought_and_paid(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    let (chain, call) = (world.chain.clone(), blacklisting(WALLET, true));
    world.script.on("plan: committed", move || {
        chain.send(devnet::DOLLAR, devnet::U256::ZERO, call).unwrap();
    });
    world.until(&engine, order, "RELEASED");
    let legs = legs(&world, order);
    assert_eq!(of(&legs, LegRole::Referral).unwrap().to, world.commission);
    assert_eq!(world.balance(WALLET), Amount::ZERO);
    conserved(&world, order);
}

/// A hand in escrow's own file sends no referral where the terms do not.
#[test]
fn a_referral_that_is_not_sealed_is_not_signed() {
    let world = World::new();
    let engine = world.engine();
    let order = disputed(&world, &engine);
    let offer = world.offer(order, ActorRole::Vendor, 50);
    crate::deadlines::turn(&world, &engine);
    let data = std::sync::Arc::clone(&world.data);
    let change =
        format!("UPDATE legs SET role = 'referral', to_address = '{WALLET}' WHERE role = 'buyer';");
    world.meddled();
    world.script.on("plan: committed", move || data.by_hand(db::Owner::Escrow, &change, &change));
    world.accept(order, offer, ActorRole::Buyer);
    for _ in 0..4 {
        crate::deadlines::turn(&world, &engine);
    }
    assert!(world.state(order).held_reason.is_some());
    assert_eq!(world.balance(WALLET), Amount::ZERO);
}
