//! The journal: what the database takes and what it refuses, whoever writes.

use db::journal::{self, Entry};
use db::{DbError, EscrowDb, EscrowTx, balances, tx};
use diesel::RunQueryDsl;
use domain::EvmAddress;
use domain::asset::Asset;
use domain::books::{self, Account, Sums};
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use testkit::{Data, conformance};

conformance! {
    an_entry_is_written_once_and_its_sums_are_kept_along
    no_line_can_be_out_of_balance
    what_is_owed_is_found_without_looking_at_all
    a_line_without_its_entry_is_refused
}

const AT: Time = Time::from_secs(1_795_000_000);

fn order(n: u8) -> OrderId {
    OrderId::from_random([n; 16])
}

fn coin() -> Asset {
    Asset::native_of(ChainId::DEVELOPMENT)
}

fn amount(units: u128) -> Amount {
    Amount::from_u128(units)
}

fn entry(books: &str, lines: Vec<books::Line>) -> Entry {
    Entry { books: books.to_owned(), lines, at: AT }
}

fn post(escrow: &EscrowDb, order: OrderId, entry: Entry) -> Result<(), DbError> {
    tx::write(escrow, "post", move |tx| journal::post(tx, order, &entry))
}

fn an_entry_is_written_once_and_its_sums_are_kept_along(data: &Data) {
    let escrow = data.escrow();
    // More than any integer of an engine holds.
    let large = Amount::parse("1000000000000000000000000", 18).unwrap();
    let first = entry("deposit 1", books::deposit(coin(), large));
    post(&escrow, order(1), first.clone()).unwrap();
    post(&escrow, order(2), entry("deposit 1", books::deposit(coin(), amount(1)))).unwrap();
    let twice = post(&escrow, order(1), first.clone());
    assert!(matches!(&twice, Err(error) if error.is_unique("order_id_books")), "{twice:?}");
    post(&escrow, order(1), entry("nothing", Vec::new())).unwrap();
    let token = Asset { token: Some(EvmAddress::from_bytes([9; 20])), ..coin() };
    let second = entry("stray 1", books::stray(token, Amount::ZERO, amount(7)));
    post(&escrow, order(1), second.clone()).unwrap();

    let entries = escrow.read(|conn| journal::of_order(conn, order(1)));
    assert_eq!(entries, Ok(vec![first, second]));
    assert_eq!(escrow.read(journal::count), Ok(3));
    let accounts = escrow.read(|conn| balances::of_order(conn, order(1))).unwrap();
    let given = |asset, account, given| {
        accounts.contains(&(asset, account, Sums { given, taken: Amount::ZERO }))
    };
    assert!(given(coin(), Account::Escrow, large), "{accounts:?}");
    assert!(given(token, Account::Stray, amount(7)), "{accounts:?}");
    let totals = escrow.read(balances::totals).unwrap();
    let all = Sums { given: large.checked_add(amount(1)).unwrap(), taken: Amount::ZERO };
    assert!(totals.contains(&(coin(), Account::Escrow, all)), "{totals:?}");
    assert_eq!(totals.len(), 4);
}

/// Every way to write a line that is not an amount from one account to another.
fn no_line_can_be_out_of_balance(data: &Data) {
    let escrow = data.escrow();
    post(&escrow, order(1), entry("deposit 1", books::deposit(coin(), amount(5)))).unwrap();
    let insert = |line: i32, from: &str, to: &str, amount: &str| {
        let sql = format!(
            "INSERT INTO journal_lines VALUES ('{}', 1, {line}, '{from}', '{to}', 31337, '', 'ETH', 18, '{amount}')",
            order(1)
        );
        tx::write(&escrow, "line", move |tx: &mut EscrowTx<'_>| {
            diesel::sql_query(&sql).execute(tx.conn()).map_err(DbError::from)
        })
    };
    let one = amount(1).to_fixed();
    let (none, minus) = (Amount::ZERO.to_fixed(), format!("-{}", &one[1..]));
    for (from, to, amount) in [
        ("outside", "escrow", none.as_str()),
        ("outside", "escrow", minus.as_str()),
        ("outside", "escrow", &one[1..]),
        ("outside", "escrow", ""),
        ("outside", "escrow", &one.replace('1', "x")),
        ("escrow", "escrow", &one),
        ("escrow", "nobody", &one),
        ("", "escrow", &one),
    ] {
        let refused = insert(2, from, to, amount);
        assert!(refused.is_err(), "{from} to {to}: {amount}");
    }
    assert!(insert(1, "outside", "escrow", &one).is_err(), "the line stands already");
    assert_eq!(insert(2, "outside", "escrow", &one), Ok(1), "the statement itself is sound");
}

fn what_is_owed_is_found_without_looking_at_all(data: &Data) {
    let escrow = data.escrow();
    for n in 1..=3 {
        post(&escrow, order(n), entry("deposit 1", books::deposit(coin(), amount(5)))).unwrap();
    }
    // The second is paid out but for a residue.
    let leg = [(domain::settle::LegRole::Vendor, amount(3))];
    post(
        &escrow,
        order(2),
        entry("payout 0", books::payout((Account::Escrow, coin()), leg, amount(2))),
    )
    .unwrap();
    let carried = books::Carried {
        asset: coin(),
        role: domain::settle::LegRole::Vendor,
        amount: amount(3),
        fee: amount(1),
        succeeded: true,
        own_gas: true,
    };
    post(&escrow, order(2), entry("receipt", books::receipt(&carried))).unwrap();
    let owing = |after: &str, limit| {
        escrow.read(|conn| balances::owing(conn, ChainId::DEVELOPMENT, after, limit)).unwrap()
    };
    assert_eq!(owing("", 9).len(), 3, "the rest of the reserve is not decided about");
    post(&escrow, order(2), entry("leftover", books::leftover(coin(), amount(2), amount(1))))
        .unwrap();
    let [first, third] = [order(1).to_string(), order(3).to_string()];
    assert_eq!(owing("", 9), [first.clone(), third.clone()]);
    assert_eq!(owing(&first, 9), [third]);
    assert_eq!(owing("", 1), [first]);
    let elsewhere = escrow.read(|conn| balances::owing(conn, ChainId::BASE, "", 9)).unwrap();
    assert!(elsewhere.is_empty());
}

fn a_line_without_its_entry_is_refused(data: &Data) {
    let escrow = data.escrow();
    let sql = format!(
        "INSERT INTO journal_lines VALUES ('{}', 9, 1, 'outside', 'escrow', 31337, '', 'ETH', 18, '{}')",
        order(1),
        amount(1).to_fixed()
    );
    let orphan = tx::write(&escrow, "line", move |tx: &mut EscrowTx<'_>| {
        diesel::sql_query(&sql).execute(tx.conn()).map_err(DbError::from)
    });
    assert!(orphan.is_err());
    assert_eq!(escrow.read(|conn| journal::of_order(conn, order(1))), Ok(Vec::new()));
}
