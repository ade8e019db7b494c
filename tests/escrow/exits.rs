//! Every exit that money has, as one table: what comes and when, what is asked, and where each unit of it
//! ends. Each row runs in the chain's coin, in the stablecoin and in a token without EIP-3009, and each
//! run ends with the audit of the books against the chain.

use db::balances;
use devnet::U256;
use domain::EvmAddress;
use domain::books::Account;
use domain::clock::{Clock, Span};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use escrow::Engine;

use self::Part::{All, None as Nothing, Of, Unit};
use self::Step::{
    Ask, Deadline, Look, Pass, Pay, Refuses, Release, Reorg, Settle, Stray, Times, Unless,
};
use crate::held::why;
use crate::tokens::{settle, terms};
use crate::world::{DOLLAR, World, on_chain};
use crate::zoo::number;

/// A sum by what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    /// One base unit.
    Unit,
    /// Basis points of what is due.
    Of(u32),
    /// So many basis points less one base unit.
    UnitLess(u32),
    All,
}

/// Who a token shuts out, or whose contract refuses a coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Vendor,
    Buyer,
    Site,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Pay(Part),
    /// So many payments of a part, a look after each tenth.
    Times(u32, Part),
    /// The clock goes to so many seconds after the deadline.
    Deadline(u32),
    Pass(u32),
    /// Escrow looks once.
    Look,
    /// Rounds until nothing is left to do.
    Settle,
    /// Asked and come to its end.
    Ask(IntentAction, ActorRole),
    /// Asked and under way.
    Release,
    /// What was paid last is taken back with its block.
    Reorg,
    /// Some of another asset comes.
    Stray,
    /// A payee refuses from now on; of tokens alone.
    Refuses(Who),
    /// Not in the chain's coin.
    Unless,
}

/// Where it ends: the order's status; whether the vendor and the site are paid; what went back to the
/// buyer, before fees; what stays in escrow; and who can help on what is held.
type End = (&'static str, bool, &'static [Part], Part, Option<&'static str>);

struct Row {
    name: &'static str,
    steps: &'static [Step],
    end: End,
}

const fn row(name: &'static str, steps: &'static [Step], end: End) -> Row {
    Row { name, steps, end }
}

const CANCEL: Step = Ask(IntentAction::Cancel, ActorRole::Buyer);
const REFUND: Step = Ask(IntentAction::Refund, ActorRole::Vendor);
const RELEASE: Step = Ask(IntentAction::Release, ActorRole::Buyer);
const YEAR: u32 = 365 * 86_400;

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("nothing", &[Deadline(1)], ("FAILED", false, &[], Nothing, None)),
    row("one unit", &[Pay(Unit), Deadline(1)], ("FAILED", false, &[], Unit, None)),
    row("short within the tolerance", &[Pay(Of(9_900)), Look, RELEASE], ("RELEASED", true, &[], Nothing, None)),
    row("short beyond it", &[Pay(Part::UnitLess(9_900)), Deadline(1)], ("FAILED", false, &[Of(9_900)], Nothing, None)),
    row("exact, released", &[Pay(All), Look, RELEASE], ("RELEASED", true, &[], Nothing, None)),
    row("exact, refunded", &[Pay(All), Look, REFUND], ("CANCELLED", false, &[All], Nothing, None)),
    row("over by little", &[Pay(Of(10_050)), Look, RELEASE], ("RELEASED", true, &[], Nothing, None)),
    row("over by much, released", &[Pay(Of(15_000)), Look, RELEASE], ("RELEASED", true, &[Of(5_000)], Nothing, None)),
    row("over by much, refunded", &[Pay(Of(15_000)), Look, REFUND], ("CANCELLED", false, &[Of(15_000)], Nothing, None)),
    row("twice at once", &[Pay(All), Pay(All), Look, RELEASE], ("RELEASED", true, &[All], Nothing, None)),
    row("twice, with a look between", &[Pay(All), Look, Pay(All), Pass(11), Look, RELEASE], ("RELEASED", true, &[All], Nothing, None)),
    row("fifty parts", &[Times(50, Of(200)), Look, RELEASE], ("RELEASED", true, &[], Nothing, None)),
    row("forty-nine of fifty parts", &[Times(49, Of(200)), Look, Deadline(1)], ("FAILED", false, &[Of(9_800)], Nothing, None)),
    row("at the last second", &[Deadline(0), Pay(All), Pass(100), Look, RELEASE], ("RELEASED", true, &[], Nothing, None)),
    row("late by a second", &[Deadline(1), Pay(All)], ("FAILED", false, &[All], Nothing, None)),
    row("late by a day", &[Deadline(86_400), Pay(All)], ("FAILED", false, &[All], Nothing, None)),
    row("late by a year", &[Deadline(1), Settle, Pass(YEAR), Pay(All), Pass(86_400)], ("FAILED", false, &[All], Nothing, None)),
    row("half in time and half late", &[Pay(Of(5_000)), Look, Deadline(1), Pay(Of(5_000))], ("FAILED", false, &[All], Nothing, None)),
    row("after FAILED, again", &[Pay(Of(3_000)), Deadline(1), Settle, Pay(All)], ("FAILED", false, &[Of(3_000), All], Nothing, None)),
    row("after CANCELLED", &[CANCEL, Pay(All)], ("CANCELLED", false, &[All], Nothing, None)),
    row("after CANCELLED, three times", &[CANCEL, Pay(All), Settle, Pay(All), Settle, Pay(All)], ("CANCELLED", false, &[All, All, All], Nothing, None)),
    row("after a refund", &[Pay(All), Look, REFUND, Pay(All)], ("CANCELLED", false, &[All, All], Nothing, None)),
    row("after RELEASED", &[Pay(All), Look, RELEASE, Pay(All)], ("RELEASED", true, &[All], Nothing, None)),
    row("a year after RELEASED", &[Pay(All), Look, RELEASE, Pass(YEAR), Settle, Pay(All), Pass(86_400)], ("RELEASED", true, &[All], Nothing, None)),
    row("while it is paid out", &[Pay(All), Look, Release, Pay(Of(5_000))], ("RELEASED", true, &[Of(5_000)], Nothing, None)),
    row("dust after the end", &[CANCEL, Pay(Unit)], ("CANCELLED", false, &[], Unit, None)),
    row("dust, and then more", &[CANCEL, Pay(Unit), Settle, Pay(All)], ("CANCELLED", false, &[All], Nothing, None)),
    row("seen and taken back", &[Reorg, Deadline(1)], ("FAILED", false, &[], Nothing, None)),
    row("seen, taken back and paid again", &[Reorg, Pay(All), Settle, RELEASE], ("RELEASED", true, &[], Nothing, None)),
    row("in another asset", &[Stray, Deadline(1)], ("FAILED", false, &[], Nothing, None)),
    row("in another asset as well", &[Pay(All), Stray, Look, RELEASE], ("RELEASED", true, &[], Nothing, None)),
    row("to a vendor who is shut out", &[Unless, Pay(All), Look, Refuses(Who::Vendor), Release, Settle, Pass(601)], ("COMPLETED", false, &[], Nothing, Some("vendor"))),
    row("to a buyer who is shut out", &[Unless, Pay(All), Look, Refuses(Who::Buyer), Ask(IntentAction::Refund, ActorRole::Vendor), Pass(601)], ("COMPLETED", false, &[], Nothing, Some("buyer"))),
    row("to a site that is shut out", &[Unless, Pay(All), Look, Refuses(Who::Site), Release, Settle, Pass(601)], ("COMPLETED", false, &[], Nothing, Some("operator"))),
    row("late, to a buyer who is shut out", &[Unless, CANCEL, Refuses(Who::Buyer), Pay(All)], ("CANCELLED", false, &[], All, None)),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum In {
    Coin,
    Dollars,
    Beast,
}

struct Scene {
    world: World,
    engine: Engine,
    order: OrderId,
    came: Amount,
}

impl Scene {
    fn open(paid_in: In) -> Self {
        let mut world = match paid_in {
            In::Coin => World::new(),
            In::Dollars => World::in_dollars(),
            In::Beast => World::in_zoo("Blacklisting"),
        };
        if paid_in == In::Coin {
            world.tokens = vec![DOLLAR];
        }
        let engine = world.engine();
        engine.step_all().unwrap();
        let order = world.sealed(&engine);
        Self { world, engine, order, came: Amount::ZERO }
    }

    fn part(&self, part: Part) -> Amount {
        let due = self.world.state(self.order).due;
        let of = |bps: u32| {
            let units = due.as_u256() * U256::from(bps) / U256::from(10_000);
            Amount::from_u256(units)
        };
        match part {
            Part::None => Amount::ZERO,
            Part::Unit => Amount::from_u128(1),
            Part::Of(bps) => of(bps),
            Part::UnitLess(bps) => of(bps).minus(Amount::from_u128(1)),
            Part::All => due,
        }
    }

    fn pay(&mut self, part: Part) {
        let amount = self.part(part);
        self.world.pay(self.order, amount);
        self.came = self.came.checked_add(amount).unwrap();
    }

    fn step(&mut self, step: Step) {
        let (world, engine, order) = (&self.world, &self.engine, self.order);
        match step {
            Pay(part) => self.pay(part),
            Times(count, part) => {
                for n in 1..=count {
                    self.pay(part);
                    if n % 10 == 0 {
                        self.engine.chain_once().unwrap();
                    }
                }
            }
            Deadline(secs) => {
                let left = world.state(order).expires_at.since(world.clock.now());
                world.clock.advance(Span::secs(u32::try_from(left.as_secs()).unwrap() + secs));
            }
            Pass(secs) => world.pass(secs),
            Look => {
                engine.chain_once().unwrap();
            }
            Settle => settle(world, engine),
            Ask(action, role) => {
                world.ask(order, action, role);
                settle(world, engine);
            }
            Release => {
                world.ask(order, IntentAction::Release, ActorRole::Buyer);
                engine.desk_once(false).unwrap();
                engine.chain_once().unwrap();
            }
            Reorg => {
                for _ in 0..4 {
                    world.pass(2);
                }
                engine.chain_once().unwrap();
                world.chain.set_finality_lag(3);
                for _ in 0..3 {
                    world.pass(2);
                }
                world.pay(order, self.part(All));
                engine.chain_once().unwrap();
                assert!(world.story(order).contains(&"payment-seen".to_owned()));
                world.chain.reorg(1, false).unwrap();
                for _ in 0..6 {
                    world.pass(2);
                    engine.chain_once().unwrap();
                }
                world.chain.set_finality_lag(0);
            }
            Stray => {
                let to = on_chain(world.state(order).address.unwrap());
                match world.paid_in() {
                    Some(_) => world.chain.pay(to, U256::from(1_000)).unwrap(),
                    None => world.chain.pay_dollars(to, U256::from(1_000)).unwrap(),
                };
                world.pass(61);
            }
            Refuses(who) => {
                let who = match who {
                    Who::Vendor => world.payout,
                    Who::Buyer => world.refund,
                    Who::Site => world.commission,
                };
                if world.beast.is_some() {
                    world.turn(number(who));
                } else {
                    crate::carriers::shut_out(world, who, true);
                }
            }
            Unless => {}
        }
    }

    fn account(&self, account: Account) -> Amount {
        let all = self.world.escrow.read(|conn| balances::of_order(conn, self.order)).unwrap();
        let asset = self.world.state(self.order).asset;
        let own = all.into_iter().find(|(of, kind, _)| (*of, *kind) == (asset, account));
        own.and_then(|(.., sums)| sums.balance()).unwrap_or_default()
    }

    fn verify(&self, name: &str, (status, paid, back, stays, held): End) {
        let (world, order) = (&self.world, self.order);
        let story = world.story(order);
        assert_eq!(world.status(order), status, "{name}: {story:?} {:?}", world.alarms());
        let has = |who: EvmAddress| world.balance(who);
        let (vendor, site, buyer) = (has(world.payout), has(world.commission), has(world.refund));
        assert_eq!((!vendor.is_zero(), !site.is_zero()), (paid, paid), "{name}: {vendor} {site}");
        // What goes back is less by its fees and by no more.
        let gross = Amount::sum(back.iter().map(|part| self.part(*part))).unwrap();
        let fee = match terms(world, order).token {
            Some(token) => token.leg_fee,
            None => Amount::parse("0.0006", 18).unwrap(),
        };
        let fees = fee.checked_mul(u64::try_from(back.len()).unwrap()).unwrap();
        let near = buyer <= gross.checked_add(Amount::from_u128(1)).unwrap()
            && buyer >= gross.minus(fees).minus(Amount::from_u128(1));
        assert!(near, "{name}: {buyer} of {gross} less {fees}");
        // Each unit is with somebody: paid, back, taken by the network, or at the address by the books.
        let fees = match world.paid_in() {
            Some(_) => Amount::ZERO,
            None => {
                let all = world.escrow.read(|conn| db::proofs::of_order(conn, order)).unwrap();
                Amount::sum(all.into_iter().map(|one| one.fee)).unwrap()
            }
        };
        let there = has(world.state(order).address.unwrap());
        assert_eq!(Amount::sum([vendor, site, buyer, fees, there]), Some(self.came), "{name}");
        let expected = if held.is_some() { Amount::ZERO } else { self.part(stays) };
        assert_eq!(self.account(Account::Escrow), expected, "{name}");
        let found = why(world, order);
        assert_eq!(found.as_ref().map(|held| held.owner.as_str()), held, "{name}: {found:?}");
        assert!(found.is_none_or(|held| held.deadline.is_some() && !held.reason.is_empty()));
        let audit = world.audit();
        assert_eq!(audit.faults, Vec::<String>::new(), "{name}");
    }
}

/// Runs the table in one asset.
fn every_exit(paid_in: In) -> usize {
    let mut count = 0;
    for Row { name, steps, end } in ROWS {
        let of_tokens = steps.iter().any(|step| matches!(step, Unless));
        if of_tokens && paid_in == In::Coin {
            continue;
        }
        let mut scene = Scene::open(paid_in);
        for step in *steps {
            scene.step(*step);
        }
        scene.world.pass(61);
        settle(&scene.world, &scene.engine);
        scene.verify(&format!("{name}, {paid_in:?}"), *end);
        count += 1;
    }
    count
}

#[test]
fn every_exit_in_coin() {
    assert!(every_exit(In::Coin) >= 30);
}

#[test]
fn every_exit_in_the_stablecoin() {
    assert!(every_exit(In::Dollars) >= 30);
}

#[test]
fn every_exit_in_a_token_without_authorizations() {
    assert!(every_exit(In::Beast) >= 30);
}
