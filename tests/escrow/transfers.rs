//! Tokens without EIP-3009: the gas wallet sends coin, the order's address transfers. And the tokens that
//! are refused at the door, or held when they turn bad.

use db::tokens::TokenState;
use db::top_ups::{self, TopUp, TopUpState};
use devnet::U256;
use domain::asset::Asset;
use domain::books::Account;
use domain::chain::ChainId;
use domain::clock::Span;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};

use crate::held::why;
use crate::tokens::{conserved, dollars, settle, terms};
use crate::world::{World, on_chain};
use crate::zoo::number;

fn top_ups(world: &World, order: OrderId) -> Vec<TopUp> {
    world.escrow.read(|conn| top_ups::of_order(conn, order)).unwrap()
}

/// What an account of an order's books holds of the coin.
fn coin(world: &World, order: OrderId, account: Account) -> Amount {
    let all = world.escrow.read(|conn| db::balances::of_order(conn, order)).unwrap();
    let coin = Asset::native_of(ChainId::DEVELOPMENT);
    let own = all.into_iter().find(|(asset, of, _)| (*asset, *of) == (coin, account));
    own.and_then(|(.., sums)| sums.balance()).unwrap_or_default()
}

#[test]
fn a_token_without_authorizations_leaves_by_transfers_that_the_gas_wallet_tops_up() {
    for name in ["Plain", "NoReturn", "Proxy"] {
        let world = World::in_zoo(name);
        let engine = world.engine();
        engine.step_all().unwrap();
        let order = world.funded(&engine);
        let (due, token) = (world.state(order).due, terms(&world, order).token.unwrap());
        assert_eq!((due, token.domain), (dollars("105"), None));
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        world.until(&engine, order, "RELEASED");
        let charges = token.leg_fee.checked_mul(2).unwrap();
        let commission = due.share(Bps::percent(5));
        assert_eq!(world.balance(world.payout), due.minus(commission).minus(charges), "{name}");
        assert_eq!(Some(world.balance(world.commission)), commission.checked_add(charges));
        let address = world.state(order).address.unwrap();
        assert_eq!(world.balance(address), Amount::ZERO);
        assert_eq!((world.chain.nonce(on_chain(address)), world.alarms()), (2, Vec::new()));
        let all = top_ups(&world, order);
        assert_eq!((all.len(), all[0].state), (1, TopUpState::Final));
        // What the gas did not use is booked, and lies where the books say.
        let left = Amount::from_u256(world.chain.balance(on_chain(address)));
        assert!(!left.is_zero() && left < all[0].amount);
        assert_eq!(coin(&world, order, Account::Residue), left);
        assert_eq!(coin(&world, order, Account::Gas), Amount::ZERO);
        conserved(&world, order);
    }
}

#[test]
fn late_money_in_such_a_token_goes_back_with_a_top_up_of_its_own() {
    let world = World::in_zoo("Plain");
    let engine = world.engine();
    engine.step_all().unwrap();
    let order = world.sealed(&engine);
    world.ask(order, IntentAction::Cancel, ActorRole::Buyer);
    engine.desk_once(false).unwrap();
    for times in 1..=2 {
        world.pay(order, dollars("105"));
        settle(&world, &engine);
        assert_eq!(top_ups(&world, order).len(), times);
    }
    let fee = terms(&world, order).token.unwrap().leg_fee;
    assert_eq!(Some(world.balance(world.refund)), dollars("105").minus(fee).checked_mul(2));
    conserved(&world, order);
}

/// Gas rises while a leg waits: more coin is sent for, and the leg is offered again.
#[test]
fn a_leg_that_no_block_takes_is_topped_up_again() {
    let world = World::in_zoo("Plain");
    let engine = world.engine();
    engine.step_all().unwrap();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.script.on("sign: before", {
        let chain = world.chain.clone();
        move || chain.set_base_fee(20_000_000_000)
    });
    for _ in 0..12 {
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        world.pass(100);
    }
    assert_eq!(world.status(order), "RELEASED", "{:?}", world.alarms());
    assert!(top_ups(&world, order).len() > 1);
    assert_eq!(coin(&world, order, Account::Gas), Amount::ZERO);
    conserved(&world, order);
}

#[test]
fn coin_that_strayed_there_is_told_from_coin_that_came_for_gas() {
    let world = World::in_zoo("Plain");
    let engine = world.engine();
    engine.step_all().unwrap();
    let order = world.funded(&engine);
    let address = world.state(order).address.unwrap();
    world.chain.pay(on_chain(address), U256::from(7)).unwrap();
    world.pass(61);
    engine.chain_once().unwrap();
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    world.pass(86_400);
    settle(&world, &engine);
    assert_eq!(coin(&world, order, Account::Stray), Amount::from_u128(7));
    let there = Amount::from_u256(world.chain.balance(on_chain(address)));
    assert_eq!(
        there.checked_sub(coin(&world, order, Account::Residue)),
        Some(Amount::from_u128(7))
    );
}

/// What is bad from the start is refused with its reason, and offered to nobody.
#[test]
fn bad_tokens_are_refused_at_the_door() {
    for (name, mood, why) in [
        ("FeeOnTransfer", 100_u64, "more or less than the sum"),
        ("Rebasing", 1_007, "more or less than the sum"),
        ("FalseReturn", 1, "moves nothing"),
        ("DenyingReturn", 0, "does not say true"),
        ("Hook", 0, "calls whom it pays"),
        ("WrongDecimals", 77, "more decimals than any money"),
        ("WrongDecimals", 300, "more decimals than any money"),
    ] {
        let world = World::in_zoo(name);
        world.turn(U256::from(mood));
        let engine = world.engine();
        engine.chain_once().unwrap();
        let token = world.token(world.beast.unwrap());
        assert_eq!(token.state, TokenState::Refused, "{name}: {}", token.note);
        assert!(token.note.contains(why), "{name}: {}", token.note);
        let offered = world.web.read(db::placing::assets).unwrap();
        assert!(offered.iter().all(|now| now.asset.token != world.beast), "{name}");
    }
}

#[test]
fn a_token_that_is_stopped_or_held_by_nobody_is_not_offered_until_it_can_be_tried() {
    let world = World::in_zoo("Pausable");
    world.turn(U256::from(1));
    let engine = world.engine();
    engine.chain_once().unwrap();
    let token = world.token(world.beast.unwrap());
    assert_eq!(token.state, TokenState::Waiting, "{}", token.note);
    world.turn(U256::ZERO);
    world.clock.advance(Span::secs(31));
    engine.chain_once().unwrap();
    assert_eq!(world.token(world.beast.unwrap()).state, TokenState::Ok);
}

#[test]
fn a_token_whose_decimals_or_whose_proxy_change_is_offered_no_more() {
    for name in ["WrongDecimals", "Proxy"] {
        let world = World::in_zoo(name);
        let engine = world.engine();
        engine.chain_once().unwrap();
        let beast = world.beast.unwrap();
        assert_eq!(world.token(beast).state, TokenState::Ok, "{name}");
        match name {
            "Proxy" => world.upgrade(beast, "Upgraded"),
            _ => world.turn(U256::from(18)),
        }
        world.clock.advance(Span::secs(31));
        engine.chain_once().unwrap();
        let token = world.token(beast);
        assert_eq!(token.state, TokenState::Refused, "{name}: {}", token.note);
        assert!(token.note.contains("changed"), "{name}: {}", token.note);
    }
}

type Turn = fn(&World, OrderId);

/// What turns bad after the seal holds its payout with a reason, an owner and a deadline; when it is well
/// again, everybody is paid once.
#[test]
fn what_turns_bad_after_the_seal_is_held_and_paid_when_it_is_well_again() {
    let cases: [(&str, Turn, &str, &str); 6] = [
        ("FeeOnTransfer", |world, _| world.turn(U256::from(100)), "does not move", "issuer"),
        ("FalseReturn", |world, _| world.turn(U256::from(1)), "does not move", "issuer"),
        ("Pausable", |world, _| world.turn(U256::from(1)), "issuer", "issuer"),
        ("Blacklisting", |world, _| world.turn(number(world.payout)), "refuses", "vendor"),
        (
            "Blacklisting",
            |world, order| world.turn(number(world.state(order).address.unwrap())),
            "issuer",
            "issuer",
        ),
        (
            "Proxy",
            |world, _| world.upgrade(world.beast.unwrap(), "Upgraded"),
            "does not move",
            "issuer",
        ),
    ];
    for (name, turn, reason, owner) in cases {
        let world = World::in_zoo(name);
        let engine = world.engine();
        engine.step_all().unwrap();
        let order = world.funded(&engine);
        turn(&world, order);
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        for _ in 0..2 {
            settle(&world, &engine);
            world.pass(601);
        }
        let held = why(&world, order).unwrap_or_else(|| panic!("{name}: {:?}", world.story(order)));
        assert!(held.reason.contains(reason), "{name}: {held:?}");
        assert_eq!(held.owner, owner, "{name}");
        assert!(held.deadline.is_some());
        assert_eq!(world.balance(world.payout), Amount::ZERO, "{name}");
        match name {
            "Proxy" => world.upgrade(world.beast.unwrap(), "Implementation"),
            _ => world.turn(U256::ZERO),
        }
        world.pass(7 * 86_400);
        world.until(&engine, order, "RELEASED");
        let fees = terms(&world, order).token.unwrap().leg_fee.checked_mul(2).unwrap();
        let commission = dollars("105").share(Bps::percent(5));
        assert_eq!(world.balance(world.payout), dollars("105").minus(commission).minus(fees));
        conserved(&world, order);
    }
}
