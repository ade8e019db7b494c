//! Orders in a stablecoin: what is charged, how deposits are told, and what can go wrong with a
//! token that cannot go wrong with a coin.

use db::ledger;
use db::orders::OrderRow;
use db::tokens::{self, TokenState};
use devnet::U256;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::{Clock, Span};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use domain::seal::Terms;
use domain::settle::PayoutKind;
use escrow::Engine;

use crate::world::{DOLLAR, World, on_chain, wei};

pub(crate) fn dollars(text: &str) -> Amount {
    Amount::parse(text, 6).unwrap()
}

pub(crate) fn terms(world: &World, order: OrderId) -> Terms {
    let sealed = world.escrow.read(|conn| ledger::sealed(conn, order)).unwrap().unwrap();
    Terms::from_text(std::str::from_utf8(&sealed.terms).unwrap()).unwrap()
}

/// Rounds until nothing is left to do.
pub(crate) fn settle(world: &World, engine: &Engine) {
    for _ in 0..8 {
        engine.desk_once(false).unwrap();
        engine.chain_once().unwrap();
        world.pass(61);
    }
}

/// Everything that ever came in has left or is still there.
pub(crate) fn conserved(world: &World, order: OrderId) {
    let state = world.state(order);
    let spent = world
        .escrow
        .read(|conn| db::proofs::spent(conn, order, &world.state(order).asset, u64::MAX >> 1))
        .unwrap();
    let there = world.balance(state.address.unwrap());
    assert_eq!(there.checked_add(spent), Some(state.credited));
}

#[test]
fn the_whole_purchase_in_a_stablecoin() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.funded(&engine);
    let (due, fee) = (world.state(order).due, terms(&world, order).token.unwrap().leg_fee);
    assert_eq!(due, dollars("105"));
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    assert_eq!(
        world.story(order),
        ["address-issued", "funded", "payout-planned", "leg-paid", "leg-paid", "released"]
    );
    // The charge of both legs goes with the site's, and nothing stays behind.
    let charges = fee.checked_mul(2).unwrap();
    let commission = due.share(Bps::percent(5));
    assert_eq!(Some(world.balance(world.commission)), commission.checked_add(charges));
    assert_eq!(world.balance(world.payout), due.minus(commission).minus(charges));
    let address = world.state(order).address.unwrap();
    assert_eq!(world.balance(address), Amount::ZERO);
    assert_eq!((world.chain.nonce(on_chain(address)), world.alarms()), (0, Vec::new()));
    // And it was enough for the gas: the charge is worth more than the wallet laid out.
    let wallet = world.keys.gas_wallet(0).unwrap();
    let laid_out = wei(Amount::parse("100", 18).unwrap()) - world.chain.balance(on_chain(wallet));
    let worth = laid_out * U256::from(2_500_000_000_u64) / U256::from(10).pow(U256::from(18));
    assert!(worth < wei(charges), "{worth} of {charges}");
    conserved(&world, order);
}

#[test]
fn a_refund_costs_its_charge_and_no_more() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.funded(&engine);
    let fee = terms(&world, order).token.unwrap().leg_fee;
    world.ask(order, IntentAction::Refund, ActorRole::Vendor);
    world.until(&engine, order, "CANCELLED");
    assert_eq!(world.balance(world.refund), world.state(order).due.minus(fee));
    assert_eq!(world.balance(world.state(order).address.unwrap()), fee);
    conserved(&world, order);
}

#[test]
fn parts_are_told_with_payer_chain_tx_and_time() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.sealed(&engine);
    // Two between two looks, then the rest.
    world.pay(order, dollars("40"));
    world.pass(5);
    world.pay(order, dollars("50"));
    engine.chain_once().unwrap();
    assert_eq!((world.status(order), world.state(order).credited), ("PENDING", dollars("90")));
    world.pass(5);
    world.pay(order, dollars("15"));
    engine.chain_once().unwrap();
    assert_eq!(world.status(order), "COMPLETED");
    let came = world.escrow.read(|conn| db::deposits::of_order(conn, order)).unwrap();
    let amounts: Vec<Amount> = came.iter().map(|deposit| deposit.amount).collect();
    assert_eq!(amounts, [dollars("40"), dollars("50"), dollars("15")]);
    for (earlier, later) in came.iter().zip(came.iter().skip(1)) {
        assert!(earlier.block_at < later.block_at);
    }
    let payer = EvmAddress::from_bytes(devnet::DEMO_WALLET.into_array());
    assert!(came.iter().all(|deposit| deposit.origin.is_some_and(|(from, _)| from == payer)));
}

#[test]
fn a_day_s_quote_counts_to_the_second_by_the_block_of_the_transfer() {
    let world = World::in_dollars();
    let engine = world.engine();
    let (in_time, too_late) = (world.sealed(&engine), world.sealed(&engine));
    let due = world.state(in_time).due;
    world.clock.advance(Span::hours(24));
    world.pay(in_time, due);
    world.clock.advance(Span::secs(1));
    world.pay(too_late, due);
    world.pass(100);
    world.pass(100);
    engine.chain_once().unwrap();
    assert_eq!((world.status(in_time), world.status(too_late)), ("COMPLETED", "FAILED"));
    settle(&world, &engine);
    let payouts = world.escrow.read(|conn| db::payouts::of_order(conn, too_late)).unwrap();
    assert_eq!((payouts[0].kind, payouts[0].available), (PayoutKind::Residual, due));
    conserved(&world, too_late);
}

#[test]
fn a_transfer_that_is_reorganised_away_is_never_credited() {
    let world = World::in_dollars();
    let engine = world.engine();
    for _ in 0..4 {
        world.pass(2);
    }
    engine.chain_once().unwrap();
    world.chain.set_finality_lag(3);
    for _ in 0..3 {
        world.pass(2);
    }
    let order = world.sealed(&engine);
    world.pay(order, dollars("105"));
    engine.chain_once().unwrap();
    world.chain.reorg(1, false).unwrap();
    for _ in 0..6 {
        world.pass(2);
        engine.chain_once().unwrap();
    }
    assert_eq!(world.story(order), ["address-issued", "payment-seen", "payment-vanished"]);
    assert_eq!(world.state(order).credited, Amount::ZERO);
}

/// Balance and transfers must tell the same, else nothing is credited and the operator looks.
#[test]
fn a_balance_that_the_transfers_do_not_explain_is_not_credited() {
    let world = World::in_dollars();
    let engine = world.engine();
    let order = world.sealed(&engine);
    world.pay(order, dollars("105"));
    world.wire.refuse(|body| body.contains("eth_getLogs"));
    engine.chain_once().unwrap();
    assert_eq!((world.status(order), world.alarms()), ("PENDING", Vec::new()));
    world.wire.mend();
    let data = |units: &str| format!("\"data\":\"0x{:064x}\"", dollars(units).as_u256());
    for lie in ["104", "106"] {
        world.wire.lie(&data("105"), &data(lie));
        engine.chain_once().unwrap();
        assert_eq!(world.state(order).credited, Amount::ZERO, "{lie}");
        assert!(world.alarms().iter().any(|alarm| alarm.contains(&format!("to {lie} DUSD"))));
        world.wire.mend();
    }
    engine.chain_once().unwrap();
    assert_eq!(world.status(order), "COMPLETED");
}

#[test]
fn what_strays_to_an_address_is_noted_and_told_and_does_not_count() {
    let mut world = World::in_dollars();
    let engine = world.engine();
    let order = world.sealed(&engine);
    let address = world.state(order).address.unwrap();
    world.chain.pay(on_chain(address), U256::from(7)).unwrap();
    world.pass(61);
    engine.chain_once().unwrap();
    assert_eq!(world.status(order), "PENDING");
    let strays = |order| world.web.read(|conn| tokens::strays_of(conn, order)).unwrap();
    let found = strays(order);
    assert_eq!((found.len(), found[0].amount), (1, Amount::from_u128(7)));
    assert_eq!(found[0].asset.symbol.as_str(), "ETH");
    let told = |world: &World| world.alarms().iter().filter(|a| a.starts_with("stray:")).count();
    assert_eq!(told(&world), 1);
    world.in_dollars = false;
    let order = world.sealed(&engine);
    let address = world.state(order).address.unwrap();
    world.chain.pay_dollars(on_chain(address), U256::from(9_000_000)).unwrap();
    world.pass(61);
    engine.chain_once().unwrap();
    let found = world.web.read(|conn| tokens::strays_of(conn, order));
    assert_eq!(found.unwrap()[0].asset.token, Some(DOLLAR));
    assert_eq!((world.status(order), told(&world)), ("PENDING", 2));
}

type Forgery = (&'static str, fn(&mut OrderRow));

const FORGERIES: &[Forgery] = &[
    ("the token is not one of ours", |row| {
        row.token_address = Some("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".to_owned());
    }),
    ("the token is not what it is called", |row| row.token = "USDC".to_owned()),
    ("the token is not what it is called", |row| row.decimals = 18),
    ("the token is not what it is called", |row| {
        row.token_address = Some(DOLLAR.to_string().to_lowercase());
    }),
    ("the coin is not the chain's", |row| row.token_address = None),
    ("the network fee is none", |row| row.leg_fee = None),
    ("the network fee is none", |row| row.leg_fee = Some("1".to_owned())),
    ("the network fee is not of this time", |row| row.leg_fee = Some(Amount::ZERO.to_fixed())),
    ("the network fee is not of this time", |row| {
        row.leg_fee = Some(dollars("100").to_fixed());
    }),
    ("does not follow", |row| row.amount = dollars("1").to_fixed()),
    ("the rate is not", |row| row.rate_id = "0".repeat(32)),
    ("its deadline", |row| row.expires_at += std::time::Duration::from_secs(1)),
    ("escrow's own", |row| row.refund_address = DOLLAR.to_string()),
];

#[test]
fn a_token_order_with_any_field_forged_is_refused_with_its_reason() {
    let mut world = World::in_dollars();
    let engine = world.engine();
    for (reason, forge) in FORGERIES {
        let (mut row, lines) = world.draft(5_000);
        forge(&mut row);
        let order = world.place((row, lines));
        engine.desk_once(false).unwrap();
        let events = world.events(order);
        assert_eq!(events[0].kind, "rejected", "{reason}");
        assert!(events[0].comment.contains(reason), "{}: {reason}", events[0].comment);
        assert_eq!(world.state(order).address, None, "{reason}");
    }
    let wallet = world.keys.gas_wallet(0).unwrap();
    let (row, lines) = world.draft(5_000);
    let order = world.place((OrderRow { refund_address: wallet.to_string(), ..row }, lines));
    engine.desk_once(false).unwrap();
    assert!(world.events(order)[0].comment.contains("escrow's own"));
    // The price of a dollar prices no ether.
    let (dollar_row, _) = world.draft(5_000);
    world.in_dollars = false;
    let (row, lines) = world.draft(5_000);
    let order = world.place((OrderRow { rate_id: dollar_row.rate_id, ..row }, lines));
    engine.desk_once(false).unwrap();
    assert!(world.events(order)[0].comment.contains("the rate is not one of ours"));
}

#[test]
fn a_token_whose_contract_changes_is_offered_no_more() {
    let world = World::in_dollars();
    let engine = world.engine();
    let before = world.draft(5_000);
    let look = |world: &World| {
        engine.chain_once().unwrap();
        let read = |conn: &mut db::Conn| tokens::by_address(conn, ChainId::DEVELOPMENT, DOLLAR);
        world.escrow.read(read).unwrap().unwrap()
    };
    assert_eq!(look(&world).state, TokenState::Ok);
    world.clock.advance(Span::secs(31));
    // The code as another one, by its first bytes.
    world.wire.lie("\"0x60806040", "\"0x60806041");
    let changed = look(&world);
    assert_eq!(changed.state, TokenState::Refused);
    assert!(changed.note.contains("changed"), "{}", changed.note);
    let offered = world.web.read(db::placing::assets).unwrap();
    assert!(offered.iter().all(|now| now.asset.token.is_none()));
    let order = world.place(before);
    engine.desk_once(false).unwrap();
    assert!(world.events(order)[0].comment.contains("the token is not one of ours"));
    world.wire.mend();
    world.clock.advance(Span::secs(31));
    assert_eq!(look(&world).state, TokenState::Ok);
    assert!(world.alarms().iter().any(|alarm| alarm.starts_with("token:")));
    assert!(world.clock.now() > changed.checked_at);
}

/// What is named and is no stablecoin with EIP-3009 is refused with its reason, and offered to nobody.
#[test]
fn what_is_no_such_token_is_refused_with_its_reason() {
    let mut world = World::in_dollars();
    // SSTORE(0, 1), STOP: a contract that answers nothing.
    let silent = crate::provider::deploy(&world, "600160005500");
    let nobody = EvmAddress::from_bytes([0x66; 20]);
    world.tokens = vec![silent, nobody, DOLLAR];
    let named = escrow::evm::eip3009::domain("Demo Dollar", "1", ChainId::DEVELOPMENT, DOLLAR);
    let other = escrow::evm::eip3009::domain("Demo Dollar", "2", ChainId::DEVELOPMENT, DOLLAR);
    world.wire.lie(&domain::seal::hex(&named), &domain::seal::hex(&other));
    world.engine().chain_once().unwrap();
    for (address, why) in [
        (silent, "does not tell a symbol"),
        (nobody, "there is no contract"),
        (DOLLAR, "is not that of its name"),
    ] {
        let read = |conn: &mut db::Conn| tokens::by_address(conn, ChainId::DEVELOPMENT, address);
        let row = world.escrow.read(read).unwrap().unwrap();
        assert_eq!(row.state, TokenState::Refused, "{why}");
        assert!(row.note.contains(why), "{}", row.note);
    }
    let offered = world.web.read(db::placing::assets).unwrap();
    assert_eq!(offered.len(), 1, "the coin alone");
    world.wire.mend();
    world.clock.advance(Span::secs(31));
    world.engine().chain_once().unwrap();
    assert_eq!(world.web.read(db::placing::assets).unwrap().len(), 2);
}
