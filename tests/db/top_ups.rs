//! Coin that is sent for gas: each number and each nonce of a wallet once, and what the address still
//! holds of it.

use db::proofs::Attempt;
use db::relays::{self, Relay};
use db::top_ups::{self, TopUp, TopUpState};
use db::{DbError, EscrowDb, tx};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use testkit::Data;

testkit::conformance! {
    a_top_up_has_its_number_its_nonce_and_its_bytes
    a_top_up_moves_on_from_where_it_stands
}

const AT: Time = Time::from_secs(1_795_000_000);
const WALLET: EvmAddress = EvmAddress::from_bytes([7; 20]);

fn order() -> OrderId {
    OrderId::from_random([1; 16])
}

fn top_up(n: i32, nonce: u64) -> TopUp {
    TopUp {
        order: order(),
        case: 0,
        n,
        chain: ChainId::DEVELOPMENT,
        from: WALLET,
        nonce,
        to: EvmAddress::from_bytes([4; 20]),
        amount: Amount::from_u128(1_000),
        state: TopUpState::Signed,
        state_at: AT,
        tx_hash: None,
        settled: None,
    }
}

fn signed(attempt: i32) -> Attempt {
    let one = Amount::from_u128(1);
    let byte = u8::try_from(attempt).unwrap();
    let tx_hash = [byte; 32];
    Attempt { attempt, tx_hash, raw: vec![byte], max_fee: one, max_tip: one, signed_at: AT }
}

fn insert(escrow: &EscrowDb, top_up: TopUp) -> Result<(), DbError> {
    tx::write(escrow, "top-up", move |tx| top_ups::insert(tx, &top_up, &signed(1)))
}

fn a_top_up_has_its_number_its_nonce_and_its_bytes(data: &Data) {
    let escrow = data.escrow();
    insert(&escrow, top_up(0, 5)).unwrap();
    assert!(matches!(insert(&escrow, top_up(0, 6)), Err(DbError::Unique(_))), "its number");
    assert!(matches!(insert(&escrow, top_up(1, 5)), Err(DbError::Unique(_))), "its nonce");
    let chain = ChainId::DEVELOPMENT;
    let next = escrow.read(|conn| relays::next_nonce(conn, chain, WALLET)).unwrap();
    assert_eq!(next, 6, "what was refused has taken nothing");
    let behind = |nonce| {
        let relay = Relay { from: WALLET, nonce, first_attempt: 1 };
        escrow.read(|conn| relays::is_behind(conn, chain, &relay)).unwrap()
    };
    assert!(behind(6) && !behind(5));
    tx::write(&escrow, "again", |tx| top_ups::again(tx, &top_up(0, 5), &signed(2))).unwrap();
    let attempts = escrow.read(|conn| top_ups::attempts(conn, &top_up(0, 5))).unwrap();
    assert_eq!(attempts, [signed(1), signed(2)]);
    let all = escrow.read(|conn| top_ups::of_order(conn, order())).unwrap();
    assert_eq!(all, [top_up(0, 5)]);
    let open = escrow.read(|conn| top_ups::open(conn, chain, None, 9)).unwrap();
    assert_eq!(open, [(order().to_string(), 0)]);
    let after = open.first().cloned();
    let rest = escrow.read(|conn| top_ups::open(conn, chain, after.as_ref(), 9)).unwrap();
    assert_eq!(rest, []);
}

fn a_top_up_moves_on_from_where_it_stands(data: &Data) {
    let escrow = data.escrow();
    insert(&escrow, top_up(0, 5)).unwrap();
    let settled = Some((7, Amount::from_u128(3)));
    let done = TopUp { state: TopUpState::Final, tx_hash: Some([1; 32]), settled, ..top_up(0, 5) };
    let advance = |from| {
        let done = done.clone();
        tx::write(&escrow, "advance", move |tx| top_ups::advance(tx, &done, from)).unwrap()
    };
    let held = |block| {
        escrow.read(|conn| top_ups::came(conn, order(), (ChainId::DEVELOPMENT, block))).unwrap()
    };
    assert_eq!(held(9), Amount::ZERO, "what is on its way is not there");
    assert!(escrow.read(|conn| top_ups::in_flight(conn, order())).unwrap());
    assert!(!advance(TopUpState::Seen) && advance(TopUpState::Signed));
    assert!(!advance(TopUpState::Signed), "once");
    let all = escrow.read(|conn| top_ups::of_order(conn, order())).unwrap();
    assert_eq!(all, std::slice::from_ref(&done));
    assert_eq!((held(6), held(7)), (Amount::ZERO, Amount::from_u128(1_000)));
    assert!(!escrow.read(|conn| top_ups::in_flight(conn, order())).unwrap());
    assert_eq!(
        escrow.read(|conn| top_ups::last_block(conn, order(), ChainId::DEVELOPMENT)).unwrap(),
        Some(7)
    );
}
