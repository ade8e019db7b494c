//! Recovery: the keys alone find what lies at their addresses and move it.

use std::time::Duration;

use domain::EvmAddress;
use domain::money::Amount;
use escrow::keys::{DEPOSITS, GAS, ORDERS, Place};
use escrow::recover::{self, Extent, Find, Outcome, Range};

use crate::world::{World, on_chain, wei};

const COLD: EvmAddress = EvmAddress::from_bytes([0xc0; 20]);

fn ether(text: &str) -> Amount {
    Amount::parse(text, 18).unwrap()
}

fn place(purpose: u32, generation: u32, index: u32) -> Place {
    Place { purpose, generation, index }
}

fn pay(world: &World, place: Place, amount: Amount) -> EvmAddress {
    let address = world.keys.address_at(place).unwrap();
    world.chain.faucet(on_chain(address), wei(amount)).unwrap();
    address
}

fn scan(world: &World, generations: u32, extent: Extent) -> (Vec<Find>, u64) {
    let served = world.served(&world.wire);
    let assets = recover::assets(&served).unwrap();
    assert!(assets.left_out.is_empty(), "{:?}", assets.left_out);
    let range = Range { generations, extent };
    let mut tried = 0;
    let mut last: Option<Place> = None;
    let told = |at: Place, _| {
        let same =
            last.filter(|last| (last.purpose, last.generation) == (at.purpose, at.generation));
        tried += u64::from(at.index + 1 - same.map_or(0, |last| last.index + 1));
        last = Some(at);
    };
    let finds = recover::scan(&world.keys, &served, (&assets.all, &range), told).unwrap();
    (finds, tried)
}

#[test]
fn a_count_finds_all_that_lies_within_it() {
    let world = World::in_dollars();
    let places = [
        place(ORDERS, 0, 0),
        place(ORDERS, 0, 699),
        place(ORDERS, 1, 3),
        place(DEPOSITS, 0, 7),
        place(DEPOSITS, 1, 0),
    ];
    for (n, at) in (1..).zip(places) {
        pay(&world, at, Amount::from_u128(n));
    }
    let dollars = world.keys.address_at(place(ORDERS, 0, 3)).unwrap();
    world.chain.pay_dollars(on_chain(dollars), devnet::U256::from(9)).unwrap();
    pay(&world, place(ORDERS, 0, 700), Amount::from_u128(1));
    let (finds, tried) = scan(&world, 2, Extent::Count(700));
    assert_eq!(tried, 4 * 700);
    let found: Vec<(Place, u128, bool)> = finds
        .iter()
        .map(|find| (find.place, find.amount.as_u256().to::<u128>(), find.asset.token.is_some()))
        .collect();
    assert_eq!(
        found,
        [
            (places[0], 1, false),
            (place(ORDERS, 0, 3), 9, true),
            (places[1], 2, false),
            (places[2], 3, false),
            (places[3], 4, false),
            (places[4], 5, false),
            (place(GAS, 0, 0), 100 * 10_u128.pow(18), false),
        ]
    );
    let (wallet, keys) = finds.split_last().unwrap();
    assert_eq!(wallet.address, world.keys.gas_wallet(0).unwrap());
    assert!(keys.iter().all(|find| world.keys.address_at(find.place).unwrap() == find.address));
}

#[test]
fn a_gap_is_looked_beyond_until_nothing_comes() {
    let world = World::new();
    for index in [0, 900, 1_850] {
        pay(&world, place(ORDERS, 0, index), Amount::from_u128(5));
    }
    let found = |gap| scan(&world, 1, Extent::Gap(gap)).0.len();
    assert_eq!([found(10), found(899), found(949), found(950)], [1, 1, 2, 3]);
    // What sent something was used, though it holds nothing.
    let (_, tried) = scan(&world, 1, Extent::Gap(950));
    assert!(tried >= 2_800 + 950, "{tried}");
}

#[test]
fn a_sweep_moves_coins_and_tokens_and_leaves_what_is_not_worth_it() {
    let world = World::in_dollars();
    let rich = pay(&world, place(ORDERS, 0, 4), ether("1"));
    pay(&world, place(DEPOSITS, 0, 2), ether("2"));
    let poor = pay(&world, place(ORDERS, 0, 5), Amount::from_u128(10_000));
    for index in [6, 7] {
        let address = world.keys.address_at(place(ORDERS, 0, index)).unwrap();
        world.chain.pay_dollars(on_chain(address), devnet::U256::from(25_000_000)).unwrap();
    }
    let served = world.served(&world.wire);
    let assets = recover::assets(&served).unwrap();
    let domains: Vec<_> =
        assets.all.iter().filter_map(|(asset, domain)| Some((asset.token?, (*domain)?))).collect();
    let (finds, _) = scan(&world, 1, Extent::Count(10));
    assert_eq!(finds.len(), 6);
    let sweep = |finds: &[Find]| {
        recover::sweep(&world.keys, &served, (finds, &domains), COLD, Duration::from_secs(20))
            .unwrap()
    };
    let swept = sweep(&finds);
    let stayed: Vec<_> =
        swept.iter().filter(|one| !matches!(one.outcome, Outcome::Moved(_))).collect();
    assert_eq!(stayed.len(), 1, "{swept:?}");
    assert_eq!(stayed[0].find.address, poor);
    assert_eq!(world.chain.dollars(on_chain(COLD)), devnet::U256::from(50_000_000));
    let arrived = Amount::from_u256(world.chain.balance(on_chain(COLD)));
    // What was found and what the gas wallet had, less the fees.
    assert!(arrived > ether("102.998") && arrived < ether("103"), "{arrived}");
    let wallet = on_chain(world.keys.gas_wallet(0).unwrap());
    assert!(Amount::from_u256(world.chain.balance(wallet)) < ether("0.001"));
    assert!(Amount::from_u256(world.chain.balance(on_chain(rich))) < ether("0.001"));

    // Once more over the same finds: nothing can go twice.
    world.pass(1);
    let again = sweep(&finds);
    assert!(again.iter().all(|one| !matches!(one.outcome, Outcome::Moved(_))), "{again:?}");
    let (left, _) = scan(&world, 1, Extent::Count(10));
    assert!(left.iter().all(|find| find.asset.token.is_none() && find.amount < ether("0.001")));
}

#[test]
fn a_gas_wallet_that_is_empty_leaves_tokens_where_they_are() {
    let world = World::in_dollars();
    let wallet = world.keys.gas_wallet(0).unwrap();
    let address = world.keys.address_at(place(ORDERS, 1, 0)).unwrap();
    world.chain.pay_dollars(on_chain(address), devnet::U256::from(25_000_000)).unwrap();
    let served = world.served(&world.wire);
    let assets = recover::assets(&served).unwrap();
    let domains: Vec<_> =
        assets.all.iter().filter_map(|(asset, domain)| Some((asset.token?, (*domain)?))).collect();
    let (finds, _) = scan(&world, 2, Extent::Count(3));
    // The chain says that nobody has any coin.
    let has = world.chain.balance(on_chain(wallet));
    world.wire.lie(&format!("\"0x{has:x}\""), "\"0x1\"");
    let swept =
        recover::sweep(&world.keys, &served, (&finds, &domains), COLD, Duration::from_secs(1))
            .unwrap();
    assert!(
        matches!(&swept[0].outcome, Outcome::Stayed(why) if why.contains("gas wallet")),
        "{swept:?}"
    );
    world.wire.mend();
    let swept =
        recover::sweep(&world.keys, &served, (&finds, &domains), COLD, Duration::from_secs(20))
            .unwrap();
    assert!(matches!(swept[0].outcome, Outcome::Moved(_)), "{swept:?}");
}

/// A token without authorizations needs coin at each address, which the gas wallet sends there first.
#[test]
fn a_sweep_moves_tokens_that_know_no_authorizations() {
    let world = World::in_zoo("NoReturn");
    let beast = world.beast.unwrap();
    for index in [6, 7] {
        let address = world.keys.address_at(place(ORDERS, 0, index)).unwrap();
        world.pay_of(beast, address, Amount::from_u128(25_000_000));
    }
    let served = world.served(&world.wire);
    let (finds, _) = scan(&world, 1, Extent::Count(10));
    let swept =
        recover::sweep(&world.keys, &served, (&finds, &[]), COLD, Duration::from_secs(20)).unwrap();
    assert!(swept.iter().all(|one| matches!(one.outcome, Outcome::Moved(_))), "{swept:?}");
    assert_eq!(world.held_of(beast, COLD), Amount::from_u128(50_000_000));
    assert!(Amount::from_u256(world.chain.balance(on_chain(COLD))) > ether("99.99"));
}
