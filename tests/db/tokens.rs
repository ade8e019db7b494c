//! Tokens, what carries them, and what strays.

use db::payouts::{self, Leg, LegState, Payout, PayoutState};
use db::proofs::{self, Receipt};
use db::relays::{self, Relay};
use db::tokens::{self, Stray, Token, TokenState};
use db::{DbError, EscrowDb, tx};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use domain::settle::{LegRole, PayoutKind};
use testkit::Data;

testkit::conformance! {
    a_token_is_written_once_and_revised
    a_nonce_of_the_gas_wallet_carries_one_leg
    two_legs_of_a_token_may_be_paid_by_one_chain_tx
    what_strays_is_told_when_it_changes
}

const AT: Time = Time::from_secs(1_795_000_000);
const WALLET: EvmAddress = EvmAddress::from_bytes([7; 20]);

fn usdc() -> Asset {
    Asset {
        token: Some(EvmAddress::from_bytes([9; 20])),
        symbol: "USDC".parse().unwrap(),
        decimals: 6,
        ..Asset::native_of(ChainId::DEVELOPMENT)
    }
}

fn order() -> OrderId {
    OrderId::from_random([1; 16])
}

fn leg(number: i32) -> Leg {
    Leg {
        order: order(),
        case: 0,
        leg: number,
        role: LegRole::Vendor,
        to: EvmAddress::from_bytes([3; 20]),
        amount: Amount::from_u128(25_000_000),
        asset: usdc(),
        by_transfer: false,
        from: EvmAddress::from_bytes([4; 20]),
        nonce: None,
        gas_limit: 250_000,
        fee_ceiling: Amount::from_u128(1),
        state: LegState::Planned,
        tx_hash: None,
        block_hash: None,
        state_at: AT,
    }
}

/// A payout of two legs in the token.
fn planned(escrow: &EscrowDb) {
    let payout = Payout {
        order: order(),
        case: 0,
        kind: PayoutKind::Release,
        share: None,
        state: PayoutState::Planned,
        watermark: Amount::from_u128(50_000_000),
        available: Amount::from_u128(50_000_000),
        fee_reserve: Amount::ZERO,
        held_reason: None,
        planned_at: AT,
    };
    tx::write(escrow, "plan", move |tx| -> Result<(), DbError> {
        payouts::insert(tx, &payout)?;
        payouts::insert_leg(tx, &leg(0))?;
        payouts::insert_leg(tx, &leg(1))
    })
    .unwrap();
}

fn a_token_is_written_once_and_revised(data: &Data) {
    let escrow = data.escrow();
    let token = Token {
        asset: usdc(),
        code_hash: [1; 32],
        domain: Some([2; 32]),
        state: TokenState::Ok,
        note: String::new(),
        leg_fee: Amount::from_u128(150_000),
        checked_at: AT,
    };
    let waits = Token { state: TokenState::Waiting, note: "it waits".to_owned(), ..token.clone() };
    for row in [token, waits] {
        let put = row.clone();
        tx::write(&escrow, "token", move |tx| tokens::put(tx, &put)).unwrap();
        assert_eq!(escrow.read(tokens::all), Ok(vec![row.clone()]));
        let address = row.asset.token.unwrap();
        let found = escrow.read(|conn| tokens::by_address(conn, row.asset.chain, address));
        assert_eq!(found, Ok(Some(row)));
    }
    for balance in [Amount::ZERO, Amount::from_u128(u128::MAX)] {
        let chain = ChainId::DEVELOPMENT;
        let put = (WALLET, balance);
        tx::write(&escrow, "wallet", move |tx| tokens::put_wallet(tx, chain, put, AT)).unwrap();
        assert_eq!(escrow.read(|conn| tokens::wallet(conn, chain)), Ok(Some(put)));
    }
}

fn a_nonce_of_the_gas_wallet_carries_one_leg(data: &Data) {
    let escrow = data.escrow();
    planned(&escrow);
    let chain = ChainId::DEVELOPMENT;
    let next = || escrow.read(|conn| relays::next_nonce(conn, chain, WALLET)).unwrap();
    let take = |number: i32, nonce, first_attempt| {
        let relay = Relay { from: WALLET, nonce, first_attempt };
        tx::write(&escrow, "take", move |tx| relays::take(tx, &leg(number), &relay, AT))
    };
    assert_eq!(next(), 0);
    take(0, 5, 1).unwrap();
    assert!(matches!(take(1, 5, 1), Err(DbError::Unique(_))));
    assert!(matches!(take(0, 6, 1), Err(DbError::Unique(_))), "an attempt has one nonce");
    take(0, 6, 2).unwrap();
    assert_eq!(next(), 7);
    let carried = escrow.read(|conn| relays::of_leg(conn, (order(), 0, 0))).unwrap();
    assert_eq!(carried, Some(Relay { from: WALLET, nonce: 6, first_attempt: 2 }));
    assert_eq!(escrow.read(|conn| relays::of_leg(conn, (order(), 0, 1))), Ok(None));
    let behind = |nonce| {
        let relay = Relay { from: WALLET, nonce, first_attempt: 1 };
        escrow.read(|conn| relays::is_behind(conn, chain, &relay)).unwrap()
    };
    assert!(!behind(9), "what is planned is not about");
    tx::write(&escrow, "sign", |tx| {
        let signed = Leg { state: LegState::Signed, ..leg(0) };
        payouts::move_leg(tx, &signed, LegState::Planned)
    })
    .unwrap();
    assert!(behind(9) && !behind(5));
}

fn two_legs_of_a_token_may_be_paid_by_one_chain_tx(data: &Data) {
    let escrow = data.escrow();
    planned(&escrow);
    let receipt = Receipt {
        tx_hash: [8; 32],
        fee_paid: Amount::from_u128(1_000_000),
        succeeded: true,
        block_number: 7,
        block_hash: [7; 32],
        block_at: AT,
        recorded_at: AT,
    };
    let put = |number| {
        tx::write(&escrow, "receipt", move |tx| proofs::insert_receipt(tx, &leg(number), &receipt))
    };
    put(0).unwrap();
    put(1).unwrap();
    assert!(matches!(put(1), Err(DbError::Unique(_))));
    // What the gas wallet laid out did not leave the order's address.
    let spent = |block| escrow.read(|conn| proofs::spent(conn, order(), &usdc(), block));
    assert_eq!(spent(7), Ok(Amount::from_u128(50_000_000)));
    assert_eq!(spent(6), Ok(Amount::ZERO));
    // What its own transfers cost did, in coin.
    let coin = Asset::native_of(ChainId::DEVELOPMENT);
    let in_coin = || escrow.read(|conn| proofs::spent(conn, order(), &coin, 7)).unwrap();
    assert_eq!(in_coin(), Amount::ZERO);
    let own = Leg { leg: 2, by_transfer: true, nonce: Some(0), ..leg(2) };
    tx::write(&escrow, "own", move |tx| {
        payouts::insert_leg(tx, &own)?;
        proofs::insert_receipt(tx, &own, &proofs::Receipt { tx_hash: [9; 32], ..receipt })
    })
    .unwrap();
    assert_eq!(in_coin(), receipt.fee_paid);
}

fn what_strays_is_told_when_it_changes(data: &Data) {
    let escrow = data.escrow();
    let coin = Asset::native_of(ChainId::DEVELOPMENT);
    let note = |asset: Asset, amount: u128| {
        let amount = Amount::from_u128(amount);
        let stray = Stray { asset, amount, block_number: 3, seen_at: AT };
        tx::write(&escrow, "stray", move |tx| tokens::note_stray(tx, order(), &stray)).unwrap()
    };
    let told = [note(coin, 0), note(coin, 5), note(coin, 5), note(usdc(), 6), note(coin, 0)];
    // What was noted before, where something has changed.
    let before = |amount: u128| Some(Amount::from_u128(amount));
    assert_eq!(told, [None, before(0), None, before(0), before(5)]);
    let left = escrow.read(|conn| tokens::strays_of(conn, order())).unwrap();
    assert_eq!((left.len(), left[0].asset, left[0].amount), (1, usdc(), Amount::from_u128(6)));
}
