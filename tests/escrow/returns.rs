//! What an order is not paid in goes back: in whatever asset it came, beside whatever the order is paid
//! in, to the sealed refund address and nowhere else, once.

use db::payouts::{self, Leg, Payout, PayoutState};
use db::tokens::{self, Stray, Token, TokenState};
use db::tx;
use domain::EvmAddress;
use domain::clock::{Clock, Span};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use domain::settle::{LegRole, PayoutKind};
use escrow::Engine;

use crate::tokens::{conserved, dollars, settle};
use crate::world::{DOLLAR, World, on_chain, wei};

/// What comes, or what an order is paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum In {
    Coin,
    /// With EIP-3009.
    Dollars,
    /// A token that its address transfers itself.
    Plain,
}

const ALL: [In; 3] = [In::Coin, In::Dollars, In::Plain];

/// A shop that takes all three, and one of them for its orders.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) engine: Engine,
    plain: EvmAddress,
}

impl Scene {
    pub(crate) fn new(paid_in: In) -> Self {
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
    pub(crate) fn sum(of: In) -> Amount {
        match of {
            In::Coin => Amount::parse("0.25", 18).unwrap(),
            In::Dollars | In::Plain => dollars("40"),
        }
    }

    pub(crate) fn address(&self, order: OrderId) -> EvmAddress {
        self.world.state(order).address.unwrap()
    }

    pub(crate) fn pay(&self, order: OrderId, of: In, amount: Amount) {
        let to = self.address(order);
        match of {
            In::Coin => drop(self.world.chain.pay(on_chain(to), wei(amount)).unwrap()),
            In::Dollars => drop(self.world.chain.pay_dollars(on_chain(to), wei(amount)).unwrap()),
            In::Plain => self.world.pay_of(self.plain, to, amount),
        }
    }

    pub(crate) fn has(&self, who: EvmAddress, of: In) -> Amount {
        match self.token(of) {
            None => Amount::from_u256(self.world.chain.balance(on_chain(who))),
            Some(token) => self.world.held_of(token, who),
        }
    }

    pub(crate) fn strays(&self, order: OrderId) -> Vec<Stray> {
        self.world.web.read(|conn| tokens::strays_of(conn, order)).unwrap()
    }

    /// The payouts of an order that pay in this.
    pub(crate) fn payouts(&self, order: OrderId, of: In) -> Vec<(Payout, Vec<Leg>)> {
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
    assert!(legs[0].amount > sum.minus(sum.share(Bps::percent(10))), "{name}");
    assert_eq!(scene.strays(order), [], "{name}");
    assert_eq!(world.story(order).last().unwrap(), "late-money-returned", "{name}");
    let told = |alarm: &String| alarm.starts_with("stray:") && alarm.contains("came to an address");
    assert!(world.alarms().iter().all(told), "{name}: {:?}", world.alarms());

    // And once more, with money of the order's own that came too late: each goes back by itself.
    scene.pay(order, came, sum);
    world.pay(order, world.state(order).due);
    world.pass(86_400);
    settle(world, engine);
    settle(world, engine);
    let twice = legs[0].amount.checked_mul(2);
    assert_eq!(Some(scene.has(wallet, came)), twice, "{name}: {:?}", world.alarms());
    let due = world.state(order).due;
    let own = scene.has(wallet, paid_in);
    assert!(own < due && own > due.minus(due.share(Bps::percent(10))), "{name}: {own} of {due}");
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
    settle(&scene.world, &scene.engine);
    assert_eq!((scene.strays(order).len(), scene.payouts(order, In::Dollars)), (1, vec![]));
    scene.world.tokens = served;
    let Scene { world, .. } = &scene;
    let sound = world.token(DOLLAR);
    let turns: [fn(&mut Token); 4] = [
        |token| token.state = TokenState::Refused,
        |token| token.state = TokenState::Waiting,
        |token| token.asset.decimals = 18,
        |token| token.checked_at = token.checked_at.before(Span::minutes(20)),
    ];
    for turn in turns {
        let mut token = Token { checked_at: world.clock.now(), ..sound.clone() };
        turn(&mut token);
        tx::write(&world.escrow, "turn", move |tx| tokens::put(tx, &token)).unwrap();
        // It looks at tokens after this.
        world.engine().chain_once().unwrap();
        assert_eq!(scene.payouts(order, In::Dollars), vec![]);
    }
    settle(world, &world.engine());
    assert_eq!(scene.payouts(order, In::Dollars).len(), 1);
}

/// A token may be called something else one day; in the books it stays what it was.
#[test]
fn a_token_that_is_renamed_is_booked_under_its_first_name() {
    let scene = Scene::new(In::Coin);
    let Scene { world, engine, plain } = &scene;
    let order = world.sealed(engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    let later = world.sealed(engine);
    world.ask(later, IntentAction::Cancel, ActorRole::Buyer);
    for other in [order, later] {
        scene.pay(order, In::Plain, dollars("40"));
        if other == later {
            scene.pay(later, In::Plain, dollars("40"));
        }
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
    let books = world.escrow.read(|conn| db::balances::of_order(conn, order)).unwrap();
    let names = books.iter().filter(|(asset, ..)| asset.token == Some(*plain));
    assert!(names.clone().count() > 2);
    assert!(names.into_iter().all(|(asset, ..)| asset.symbol.as_str() != "PLN2"), "{books:?}");
    // An order that is the first to meet it under the new name has that one, the shop as a whole not.
    let [(_, legs)] = &scene.payouts(later, In::Plain)[..] else { panic!("one") };
    assert_eq!(legs[0].asset.symbol.as_str(), "PLN2");
    let totals = world.escrow.read(db::balances::totals).unwrap();
    assert!(totals.iter().all(|(asset, ..)| asset.symbol.as_str() != "PLN2"), "{totals:?}");
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
    assert_eq!((scene.strays(order).len(), scene.payouts(order, In::Coin)), (1, vec![]));
    let why = format!("stray: {} has sent what escrow did not", scene.address(order));
    assert!(world.alarms().iter().any(|alarm| alarm.starts_with(&why)), "{:?}", world.alarms());
}
