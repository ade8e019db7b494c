//! Money at an order's address on another chain, where the same key has the same address: in whatever
//! state the order is, it is found, booked and told, counts as no payment, and can be moved.

use std::sync::Arc;
use std::time::Duration;

use db::balances;
use db::tokens::{self, Stray};
use devnet::{Chain, Options, U256};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::books::Account;
use domain::chain::{ChainId, ChainSpec};
use domain::clock::{Clock, ManualClock};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use domain::seal::hex;
use escrow::audit;
use escrow::chain::client::Client;
use escrow::evm::eip3009;
use escrow::recover::{self, Extent, Find, Outcome, Range};
use escrow::{Ctx, Engine, Parts, Served};

use crate::tokens::settle;
use crate::wire::{Hand, Line, Wire};
use crate::world::{DOLLAR, World, on_chain};

const COLD: EvmAddress = EvmAddress::from_bytes([0xc1; 20]);

/// A second chain, which says of itself that it is Sepolia.
struct Other {
    chain: Chain,
    wire: Arc<Wire>,
}

impl Other {
    fn new(clock: &Arc<ManualClock>) -> Self {
        let ticking = Arc::clone(clock);
        let chain = Chain::new(Options {
            clock: Box::new(move || u64::try_from(ticking.now().as_secs()).unwrap()),
            finality_lag: 0,
        });
        let wire = Arc::new(Wire::new(chain.clone()));
        wire.lie("\"0x7a69\"", "\"0xaa36a7\"");
        let domain = |chain| hex(&eip3009::domain("Demo Dollar", "1", chain, DOLLAR));
        wire.lie(&domain(ChainId::DEVELOPMENT), &domain(ChainId::SEPOLIA));
        Self { chain, wire }
    }

    fn served(&self, world: &World) -> Served {
        let real = ChainId::SEPOLIA.spec().unwrap();
        // Its first block is not Sepolia's.
        let spec: &'static ChainSpec = Box::leak(Box::new(ChainSpec { genesis: None, ..*real }));
        let client = Client::new(spec, Box::new(Line(Arc::clone(&self.wire))));
        Served { client, tokens: vec![DOLLAR], ..world.served(&world.wire) }
    }

    fn engine(&self, world: &World) -> Engine {
        let ctx = Ctx::new(Parts {
            db: world.escrow.clone(),
            clock: world.clock.clone(),
            keys: Arc::clone(&world.keys),
            chains: vec![world.served(&world.wire), self.served(world)],
            prices: Some(Box::new(Line(Arc::clone(&world.wire)))),
            probe: Box::new(Hand(Arc::clone(&world.script))),
        });
        Engine::new(ctx.unwrap())
    }

    fn pass(&self, world: &World, engine: &Engine) {
        world.pass(61);
        self.chain.mine().unwrap();
        engine.chain_once().unwrap();
    }
}

fn strays(world: &World, order: OrderId) -> Vec<Stray> {
    world.web.read(|conn| tokens::strays_of(conn, order)).unwrap()
}

/// What is booked of an order as strayed, by chain.
fn booked(world: &World, order: OrderId, chain: ChainId) -> Vec<Amount> {
    let all = world.escrow.read(|conn| balances::of_order(conn, order)).unwrap();
    all.into_iter()
        .filter(|(asset, account, _)| asset.chain == chain && *account == Account::Stray)
        .filter_map(|(.., sums)| sums.balance().filter(|there| !there.is_zero()))
        .collect()
}

#[test]
fn what_comes_on_another_chain_is_found_in_every_state_and_can_be_moved() {
    let world = World::in_dollars();
    let other = Other::new(&world.clock);
    let engine = other.engine(&world);
    engine.step_all().unwrap();
    let pending = world.sealed(&engine);
    let cancelled = world.sealed(&engine);
    world.ask(cancelled, IntentAction::Cancel, ActorRole::Buyer);
    let released = world.sealed(&engine);
    world.pay(released, world.state(released).due);
    settle(&world, &engine);
    world.ask(released, IntentAction::Release, ActorRole::Buyer);
    settle(&world, &engine);
    let orders = [(pending, "PENDING"), (cancelled, "CANCELLED"), (released, "RELEASED")];
    for (order, _) in orders {
        let at = on_chain(world.state(order).address.unwrap());
        other.chain.faucet(at, U256::from(10_u64.pow(17))).unwrap();
        other.chain.pay_dollars(at, U256::from(105_000_000)).unwrap();
    }
    other.pass(&world, &engine);
    other.pass(&world, &engine);
    for (order, status) in orders {
        assert_eq!(world.status(order), status);
        let found = strays(&world, order);
        let names: Vec<_> = found.iter().map(|one| one.asset.symbol.to_string()).collect();
        assert_eq!(names, ["ETH", "DUSD"], "{status}");
        assert!(found.iter().all(|one| one.asset.chain == ChainId::SEPOLIA), "{status}");
        assert_eq!(booked(&world, order, ChainId::SEPOLIA).len(), 2, "{status}");
        assert_eq!(booked(&world, order, ChainId::DEVELOPMENT), [], "{status}");
    }
    let told = world.alarms().into_iter().filter(|alarm| alarm.starts_with("stray:"));
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(told.iter().all(|alarm| alarm.contains("came on Sepolia")), "{told:?}");
    let chains = || [world.served(&world.wire), other.served(&world)];
    let audit = || audit::books(&world.escrow, &chains()).unwrap();
    assert_eq!(audit().faults, Vec::<String>::new());

    // It goes by the keys of its addresses, and its going is booked.
    // The second chain takes bytes under its real number alone.
    let served = world.served(&Arc::new(Wire::new(other.chain.clone())));
    let assets = recover::assets(&served).unwrap();
    let coin = &assets.all[..1];
    let range = Range { generations: 1, extent: Extent::Count(5) };
    let finds = recover::scan(&world.keys, &served, (coin, &range), |_, _| ()).unwrap();
    assert_eq!(finds.len(), 3);
    let issued = world.web.read(db::ledger::issued_for).unwrap().into_iter().collect();
    assert_eq!(recover::strayed(&finds, &issued), [], "on its own chain it is the order's");
    // On the other one it is nobody's payout.
    let sepolia = ChainId::SEPOLIA;
    let found = |find: &Find| Find { asset: Asset { chain: sepolia, ..find.asset }, ..*find };
    let there: Vec<Find> = finds.iter().map(found).collect();
    assert_eq!(recover::strayed(&there, &issued), there);
    assert_eq!(recover::strayed(&there, &std::collections::BTreeMap::new()), []);
    let wait = Duration::from_secs(20);
    let swept = recover::sweep(&world.keys, &served, (&finds, &[]), COLD, wait).unwrap();
    assert!(swept.iter().all(|one| matches!(one.outcome, Outcome::Moved(_))), "{swept:?}");
    other.pass(&world, &engine);
    other.pass(&world, &engine);
    for (order, status) in orders {
        let left = booked(&world, order, ChainId::SEPOLIA);
        assert!(left.iter().all(|amount| *amount < Amount::from_u128(10_u128.pow(16))), "{status}");
    }
    assert_eq!(audit().faults, Vec::<String>::new());
}
