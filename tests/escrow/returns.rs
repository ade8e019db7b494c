//! What an order is not paid in goes back: in whatever asset it came, beside whatever the order is paid
//! in, to the sealed refund address and nowhere else, once.

use db::payouts::{self, Leg, LegState, Payout, PayoutState};
use db::tokens::{self, Stray};
use db::tx;
use devnet::U256;
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Clock;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use domain::settle::{LegRole, PayoutKind};
use escrow::{Engine, Fault};

use crate::tokens::{conserved, dollars, settle};
use crate::world::{DOLLAR, World, on_chain, wei};

/// What comes, or what an order is paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum In {
    Coin,
    /// With EIP-3009.
    Dollars,
    /// A token that its address transfers itself.
    Plain,
}

const ALL: [In; 3] = [In::Coin, In::Dollars, In::Plain];

/// A shop that takes all three, and one of them for its orders.
struct Scene {
    world: World,
    engine: Engine,
    plain: EvmAddress,
}

impl Scene {
    fn new(paid_in: In) -> Self {
        let mut world = World::in_zoo("Plain");
        let plain = world.beast.unwrap();
        world.engine().step_all().unwrap();
        world.beast = (paid_in == In::Plain).then_some(plain);
        world.in_dollars = paid_in == In::Dollars;
        let engine = world.engine();
        Self { world, engine, plain }
    }

    fn token(&self, of: In) -> Option<EvmAddress> {
        match of {
            In::Coin => None,
            In::Dollars => Some(DOLLAR),
            In::Plain => Some(self.plain),
        }
    }

    /// A sum that is well worth moving.
    fn sum(of: In) -> Amount {
        match of {
            In::Coin => Amount::parse("0.25", 18).unwrap(),
            In::Dollars | In::Plain => dollars("40"),
        }
    }

    fn address(&self, order: OrderId) -> EvmAddress {
        self.world.state(order).address.unwrap()
    }

    fn pay(&self, order: OrderId, of: In, amount: Amount) {
        let to = self.address(order);
        match of {
            In::Coin => drop(self.world.chain.pay(on_chain(to), wei(amount)).unwrap()),
            In::Dollars => drop(self.world.chain.pay_dollars(on_chain(to), wei(amount)).unwrap()),
            In::Plain => self.world.pay_of(self.plain, to, amount),
        }
    }

    fn has(&self, who: EvmAddress, of: In) -> Amount {
        match self.token(of) {
            None => Amount::from_u256(self.world.chain.balance(on_chain(who))),
            Some(token) => self.world.held_of(token, who),
        }
    }

    fn strays(&self, order: OrderId) -> Vec<Stray> {
        self.world.web.read(|conn| tokens::strays_of(conn, order)).unwrap()
    }

    /// The payouts of an order that pay in this.
    fn payouts(&self, order: OrderId, of: In) -> Vec<(Payout, Vec<Leg>)> {
        let all = |conn: &mut db::Conn| {
            let mut all = Vec::new();
            for payout in payouts::of_order(conn, order)? {
                let legs = payouts::legs_of(conn, order, payout.case)?;
                all.push((payout, legs));
            }
            Ok(all)
        };
        let mut all = self.world.escrow.read(all).unwrap();
        all.retain(|(_, legs)| legs[0].asset.token == self.token(of));
        all
    }
}

#[test]
fn what_strayed_goes_back_when_the_order_has_ended() {
    for paid_in in ALL {
        for came in ALL.into_iter().filter(|came| *came != paid_in) {
            for released in [false, true] {
                one_return(paid_in, came, released);
            }
        }
    }
}

fn one_return(paid_in: In, came: In, released: bool) {
    let name = format!("{came:?} to an order in {paid_in:?}, released: {released}");
    let scene = Scene::new(paid_in);
    let Scene { world, engine, .. } = &scene;
    let order = world.sealed(engine);
    let (sum, wallet) = (Scene::sum(came), world.refund);
    scene.pay(order, came, sum);
    if released {
        world.pay(order, world.state(order).due);
    }
    world.pass(61);
    settle(world, engine);
    // As long as the order is open it stays, booked and told.
    let found = scene.strays(order);
    assert_eq!((found.len(), found[0].amount), (1, sum), "{name}");
    assert_eq!(scene.has(wallet, came), Amount::ZERO, "{name}");
    let (action, status) = match released {
        true => (IntentAction::Release, "RELEASED"),
        false => (IntentAction::Cancel, "CANCELLED"),
    };
    world.ask(order, action, ActorRole::Buyer);
    settle(world, engine);
    settle(world, engine);
    assert_eq!(world.status(order), status, "{name}: {:?}", world.alarms());
    let all = scene.payouts(order, came);
    let [(payout, legs)] = all.as_slice() else { panic!("{name}: {all:?}") };
    assert_eq!((payout.kind, payout.state), (PayoutKind::Residual, PayoutState::Done), "{name}");
    assert_eq!((legs.len(), legs[0].to, legs[0].role), (1, wallet, LegRole::Buyer), "{name}");
    assert_eq!(legs[0].amount.checked_add(payout.fee_reserve), Some(sum), "{name}");
    assert_eq!(scene.has(wallet, came), legs[0].amount, "{name}");
    assert!(legs[0].amount > sum.minus(sum.share(domain::money::Bps::percent(10))), "{name}");
    assert_eq!(scene.strays(order), [], "{name}");
    assert_eq!(world.story(order).last().unwrap(), "late-money-returned", "{name}");
    assert!(!world.alarms().iter().any(|alarm| !alarm.starts_with("stray:")), "{name}");

    // And once more, with money of the order's own that came too late: each goes back by itself.
    scene.pay(order, came, sum);
    world.pay(order, world.state(order).due);
    world.pass(86_400);
    settle(world, engine);
    settle(world, engine);
    let twice = legs[0].amount.checked_mul(2);
    assert_eq!(Some(scene.has(wallet, came)), twice, "{name}: {:?}", world.alarms());
    assert!(!scene.has(wallet, paid_in).is_zero(), "{name}");
    let held = scene.world.escrow.read(|conn| db::held::all(conn, 9)).unwrap();
    assert_eq!(held, [], "{name}");
    if paid_in != In::Coin {
        conserved(world, order);
    }
}

/// What is not worth moving stays, and goes once there is more of it.
#[test]
fn what_strayed_in_dust_waits_for_more() {
    let scene = Scene::new(In::Coin);
    let Scene { world, engine, .. } = &scene;
    let order = world.sealed(engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    scene.pay(order, In::Dollars, Amount::from_u128(1));
    settle(world, engine);
    assert_eq!((world.status(order), scene.strays(order).len()), ("CANCELLED", 1));
    world.pass(86_400);
    settle(world, engine);
    assert_eq!(scene.payouts(order, In::Dollars), []);
    scene.pay(order, In::Dollars, dollars("40"));
    world.pass(86_400);
    settle(world, engine);
    let [(payout, _)] = &scene.payouts(order, In::Dollars)[..] else { panic!("one") };
    assert_eq!(Some(payout.available), dollars("40").checked_add(Amount::from_u128(1)));
}

/// Anybody can send one unit of anything: it holds up nothing else.
#[test]
fn dust_of_one_asset_holds_up_no_other() {
    let scene = Scene::new(In::Dollars);
    let Scene { world, engine, .. } = &scene;
    let order = world.sealed(engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    scene.pay(order, In::Coin, Amount::from_u128(1));
    scene.pay(order, In::Plain, dollars("40"));
    world.pass(61);
    settle(world, engine);
    settle(world, engine);
    let left: Vec<_> = scene.strays(order).iter().map(|stray| stray.asset.token).collect();
    assert_eq!(left, [None], "{:?}", world.alarms());
    assert_eq!(scene.payouts(order, In::Plain)[0].0.state, PayoutState::Done);
}

/// What escrow does not look at any more cannot be priced, and a token that turned out bad is moved by
/// nobody: both stay, booked and told.
#[test]
fn a_token_that_is_not_served_or_not_sound_stays() {
    let mut scene = Scene::new(In::Coin);
    let order = scene.world.sealed(&scene.engine);
    scene.world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    scene.engine.desk_once(false).unwrap();
    scene.pay(order, In::Dollars, dollars("40"));
    // The next process is told of no token; then of one again.
    let served = std::mem::take(&mut scene.world.tokens);
    scene.engine = scene.world.engine();
    scene.world.pass(601);
    settle(&scene.world, &scene.engine);
    settle(&scene.world, &scene.engine);
    assert_eq!((scene.strays(order).len(), scene.payouts(order, In::Dollars)), (1, vec![]));
    scene.world.tokens = served;
    scene.engine = scene.world.engine();
    settle(&scene.world, &scene.engine);
    assert_eq!(scene.payouts(order, In::Dollars).len(), 1);

    let mut world = World::in_zoo("FeeOnTransfer");
    world.turn(U256::from(100));
    let bad = world.beast.take().unwrap();
    let engine = world.engine();
    engine.step_all().unwrap();
    let order = world.sealed(&engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    world.pay_of(bad, world.state(order).address.unwrap(), dollars("40"));
    world.pass(61);
    settle(&world, &engine);
    settle(&world, &engine);
    assert_eq!(world.token(bad).state, tokens::TokenState::Refused);
    let found = world.web.read(|conn| tokens::strays_of(conn, order)).unwrap();
    assert_eq!((found.len(), found[0].asset.token), (1, Some(bad)));
    assert_eq!(world.held_of(bad, world.refund), Amount::ZERO);
}

/// A token may be called something else one day; in the books it stays what it was.
#[test]
fn a_token_that_is_renamed_is_booked_under_its_first_name() {
    let scene = Scene::new(In::Coin);
    let Scene { world, engine, plain } = &scene;
    let order = world.sealed(engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    for _ in 0..2 {
        scene.pay(order, In::Plain, dollars("40"));
        world.pass(86_400);
        settle(world, engine);
        settle(world, engine);
        let mut token = world.token(*plain);
        token.asset.symbol = "PLN2".parse().unwrap();
        tx::write(&world.escrow, "rename", move |tx| tokens::put(tx, &token)).unwrap();
    }
    let all = scene.payouts(order, In::Plain);
    let done = all.iter().filter(|(payout, _)| payout.state == PayoutState::Done);
    assert_eq!(done.count(), 2, "{:?}", world.alarms());
}

/// Where something else was sent with the address's key, nobody can tell what is whose.
#[test]
fn nothing_goes_back_from_an_address_that_sent_what_escrow_did_not() {
    let scene = Scene::new(In::Dollars);
    let Scene { world, engine, .. } = &scene;
    let order = world.sealed(engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    scene.pay(order, In::Coin, Scene::sum(In::Coin));
    world.wire.lie("\"result\":\"0x0\"", "\"result\":\"0x1\"");
    settle(world, engine);
    assert_eq!(scene.payouts(order, In::Coin), []);
    let told = world.alarms().iter().any(|alarm| alarm.contains("has sent what escrow did not"));
    assert!(told, "{:?}", world.alarms());
}

/// A payout in another asset than the order's is no road to any other payee, nor for the order's own
/// money.
#[test]
fn a_forged_return_is_never_signed() {
    type Forge = fn(&Scene, &mut Payout, &mut Leg);
    const AS_PLANNED: &str = "as escrow would plan it";
    let forgeries: [(&str, Forge); 6] = [
        (AS_PLANNED, |_, _, _| {}),
        ("to another address", |scene, _, leg| leg.to = scene.world.payout),
        ("to the vendor", |scene, _, leg| {
            (leg.role, leg.to) = (LegRole::Vendor, scene.world.payout);
        }),
        ("as a release", |_, payout, _| payout.kind = PayoutKind::Release),
        ("on another chain", |_, _, leg| leg.asset.chain = ChainId::SEPOLIA),
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

/// One round of both lanes; `false` if escrow was stopped in it.
fn round(engine: &Engine) -> bool {
    for done in [engine.desk_once(false), engine.chain_once()] {
        match done {
            Err(Fault::Stopped(_)) => return false,
            Err(fault) => panic!("{fault}"),
            Ok(_) => {}
        }
    }
    true
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
    let mut engine = world.engine();
    for _ in 0..14 {
        if !round(&engine) {
            // A new process: it knows what is in the ledger and nothing else.
            engine = world.engine();
        }
        world.pass(31);
    }
    let mut points = world.script.visits();
    world.script.stop_at(None);
    let name = format!("{stop:?}");
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
    for n in 0..24 {
        assert!(round(engine));
        match n {
            3 | 7 => world.chain.drop_mempool(),
            5 | 9 => world.chain.reorg(2, false).unwrap(),
            _ => {}
        }
        if n % 2 == 1 {
            world.pass(31);
        }
    }
    let all = scene.payouts(order, In::Coin);
    assert_eq!((all.len(), all[0].0.state), (1, PayoutState::Done), "{:?}", world.story(order));
    assert_eq!(scene.has(world.refund, In::Coin), all[0].1[0].amount);
    assert_eq!(world.chain.nonce(on_chain(scene.address(order))), 1);
    assert_ne!(world.chain.balance(on_chain(world.refund)), U256::ZERO);
}
