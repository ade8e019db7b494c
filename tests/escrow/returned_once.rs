//! A return is made once and by what is sealed: whatever is forged, wherever escrow is stopped, whatever
//! the chain takes back.

use db::payouts::{self, Leg, LegState, Payout, PayoutState};
use db::tokens::{self, Stray};
use db::tx;
use domain::EvmAddress;
use domain::asset::Asset;
use domain::clock::Clock;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use domain::settle::{LegRole, PayoutKind};

use crate::once::round;
use crate::returns::{In, Scene};
use crate::tokens::{dollars, settle};
use crate::world::{DOLLAR, on_chain};

/// A payout in another asset than the order's is no road to any other payee, nor for the order's own
/// money.
#[test]
fn a_forged_return_is_never_signed() {
    type Forge = fn(&Scene, &mut Payout, &mut Leg);
    const AS_PLANNED: &str = "as escrow would plan it";
    let forgeries: [(&str, Forge); 5] = [
        (AS_PLANNED, |_, _, _| {}),
        ("to another address", |scene, _, leg| leg.to = scene.world.payout),
        ("to the vendor", |scene, _, leg| {
            (leg.role, leg.to) = (LegRole::Vendor, scene.world.payout);
        }),
        ("as a release", |_, payout, _| payout.kind = PayoutKind::Release),
        ("of a token that nobody looked at", |_, _, leg| {
            leg.asset.token = Some(EvmAddress::from_bytes([0x77; 20]));
        }),
    ];
    for (name, forge) in forgeries {
        let scene = Scene::new(In::Coin);
        let Scene { world, engine, .. } = &scene;
        world.meddled();
        let order = world.sealed(engine);
        world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
        engine.desk_once(false).unwrap();
        // Nothing is noted yet: the forger is the first.
        scene.pay(order, In::Dollars, dollars("40"));
        let (mut payout, mut leg) = planned(&scene, order);
        forge(&scene, &mut payout, &mut leg);
        tx::write(&world.escrow, "forge", move |tx| -> Result<(), db::DbError> {
            let asset = leg.asset;
            let (block_number, seen_at) = (1, leg.state_at);
            let stray = Stray { asset, amount: dollars("40"), block_number, seen_at };
            tokens::note_stray(tx, payout.order, &stray)?;
            payouts::insert(tx, &payout)?;
            payouts::insert_leg(tx, &leg)
        })
        .unwrap();
        settle(world, engine);
        let legs = world.escrow.read(|conn| payouts::legs_of(conn, order, 1)).unwrap();
        if name == AS_PLANNED {
            assert_eq!(legs[0].state, LegState::Final, "{:?}", world.alarms());
            continue;
        }
        assert_eq!((legs.len(), legs[0].state), (1, LegState::Planned), "{name}");
        for who in [world.payout, world.refund] {
            assert_eq!(scene.has(who, In::Dollars), Amount::ZERO, "{name}");
        }
    }
}

/// A return of dollars as escrow would plan it.
fn planned(scene: &Scene, order: OrderId) -> (Payout, Leg) {
    let (world, now) = (&scene.world, scene.world.clock.now());
    let token = world.token(DOLLAR);
    let payout = Payout {
        order,
        case: 1,
        kind: PayoutKind::Residual,
        share: None,
        state: PayoutState::Planned,
        watermark: dollars("40"),
        available: dollars("40"),
        fee_reserve: token.leg_fee,
        held_reason: None,
        planned_at: now,
    };
    let leg = Leg {
        order,
        case: 1,
        leg: 0,
        role: LegRole::Buyer,
        to: world.refund,
        amount: dollars("40").minus(token.leg_fee),
        asset: Asset { ..token.asset },
        by_transfer: false,
        from: scene.address(order),
        nonce: None,
        gas_limit: 250_000,
        fee_ceiling: Amount::from_u128(1_000_000_000_000),
        state: LegState::Planned,
        tx_hash: None,
        block_hash: None,
        state_at: now,
    };
    (payout, leg)
}

/// A return from the end of its order to its own, with a stop at one point. Answers all points that it
/// passed.
fn with_a_stop(scene: &Scene, came: In, stop: Option<(&'static str, usize)>) -> Vec<&'static str> {
    let Scene { world, engine, .. } = scene;
    let before = scene.has(world.refund, came);
    let order = world.sealed(engine);
    scene.pay(order, came, Scene::sum(came));
    for _ in 0..3 {
        world.pass(61);
        engine.chain_once().unwrap();
    }
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    world.script.stop_at(stop);
    let (mut engine, mut stopped) = (world.engine(), false);
    for _ in 0..14 {
        if !round(&engine) {
            stopped = true;
            // A new process: it knows what is in the ledger and nothing else.
            engine = world.engine();
        }
        world.pass(31);
    }
    let mut points = world.script.visits();
    world.script.stop_at(None);
    let name = format!("{stop:?}");
    assert_eq!(stopped, stop.is_some(), "{name}");
    let all = scene.payouts(order, came);
    let [(payout, legs)] = all.as_slice() else { panic!("{name}: {all:?}") };
    assert_eq!(payout.state, PayoutState::Done, "{name}");
    let back = scene.has(world.refund, came).checked_sub(before);
    assert_eq!(back, Some(legs[0].amount), "{name}");
    assert_eq!(scene.strays(order), [], "{name}");
    points.sort_unstable();
    points.dedup();
    points
}

#[test]
fn a_return_is_made_once_wherever_escrow_is_stopped() {
    for (paid_in, came) in
        [(In::Dollars, In::Coin), (In::Coin, In::Plain), (In::Plain, In::Dollars)]
    {
        let scene = Scene::new(paid_in);
        let points = with_a_stop(&scene, came, None);
        assert!(points.contains(&"residual: planned"), "{points:?}");
        for point in &points {
            with_a_stop(&scene, came, Some((point, 1)));
        }
        assert!(points.len() > 8, "{points:?}");
    }
}

/// What a block took back is seen again, and a mempool that forgets loses nothing.
#[test]
fn a_return_outlives_a_reorganised_chain() {
    let scene = Scene::new(In::Dollars);
    let Scene { world, engine, .. } = &scene;
    let order = world.sealed(engine);
    scene.pay(order, In::Coin, Scene::sum(In::Coin));
    for _ in 0..4 {
        world.pass(61);
        engine.chain_once().unwrap();
    }
    world.chain.set_automine(false);
    world.chain.set_finality_lag(2);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    let sent = || world.chain.nonce(on_chain(scene.address(order)));
    let mut taken_back = false;
    for n in 0..24 {
        assert!(round(engine));
        let before = sent();
        match n {
            3 | 7 => world.chain.drop_mempool(),
            5 | 9 => world.chain.reorg(2, false).unwrap(),
            _ => {}
        }
        taken_back |= sent() < before;
        if n % 2 == 1 {
            world.pass(31);
        }
    }
    let all = scene.payouts(order, In::Coin);
    assert_eq!((all.len(), all[0].0.state), (1, PayoutState::Done), "{:?}", world.story(order));
    assert_eq!(scene.has(world.refund, In::Coin), all[0].1[0].amount);
    assert_eq!((sent(), taken_back), (1, true));
}
