//! The books: they agree with the ledger and the chain whatever orders go through, and a hand that
//! changes them is seen. That they agree at the end of every other test, too, is the world's to say.

use db::{Owner, balances};
use domain::EvmAddress;
use domain::books::Account;
use domain::chain::ChainId;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::money::{Amount, Bps};
use escrow::Engine;
use escrow::evm::tx::LegTx;
use escrow::keys::Signable;

use crate::world::{World, on_chain, wei};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.roll(u64::try_from(of).unwrap())).unwrap()
    }
}

fn round(world: &World, engine: &Engine, secs: u32) {
    engine.desk_once(false).unwrap();
    engine.chain_once().unwrap();
    world.pass(secs);
}

/// Something happens to one of the orders.
fn happens(world: &World, dice: &mut Dice, order: OrderId) {
    let due = world.state(order).due;
    // One request is open at a time.
    let is_open = world.web.read(|conn| db::intents::open(conn, order)).unwrap().is_some();
    match dice.roll(8) {
        3..=5 if is_open => {}
        0 | 1 => world.pay(order, due),
        2 => world.pay(order, due.share(Bps::percent(7)).checked_mul(1 + dice.roll(25)).unwrap()),
        3 => world.ask(order, IntentAction::Release, ActorRole::Buyer),
        4 => world.ask(order, IntentAction::Refund, ActorRole::Vendor),
        5 => world.ask(order, IntentAction::Cancel, ActorRole::Buyer),
        6 if dice.roll(4) == 0 => world.dispute(order),
        _ => {
            // In what it is not paid in.
            let address = on_chain(world.state(order).address.unwrap());
            let some = wei(Amount::from_u128(1_000 + u128::from(dice.roll(9))));
            if world.in_dollars {
                world.chain.pay(address, some).unwrap();
            } else {
                world.chain.pay_dollars(address, some).unwrap();
            }
        }
    }
}

fn journeys(mut world: World, seed: u64) {
    // What strays is looked for among the coins that escrow knows.
    world.tokens = vec![crate::world::DOLLAR];
    let engine = world.engine();
    engine.step_all().unwrap();
    let mut dice = Dice(seed);
    let mut orders = Vec::new();
    let mut disputed = Vec::new();
    for step in 0..60 {
        if step % 8 == 0 {
            orders.push(world.sealed(&engine));
        }
        let order = orders[dice.pick(orders.len())];
        if !disputed.contains(&order) {
            happens(&world, &mut dice, order);
            disputed.extend(
                world
                    .web
                    .read(|conn| db::inbox::is_disputed(conn, order))
                    .unwrap()
                    .then_some(order),
            );
        }
        round(&world, &engine, [1, 2, 12, 70, 900][dice.pick(5)]);
        let found = world.audit();
        assert_eq!(found.faults, Vec::<String>::new(), "seed {seed}, step {step}");
    }
    world.pass(100_000);
    for _ in 0..20 {
        round(&world, &engine, 3_700);
    }
    let found = world.audit();
    assert_eq!(found.faults, Vec::<String>::new(), "seed {seed}, at the end");
    assert_eq!(found.orders, u64::try_from(orders.len()).unwrap());
    assert!(found.entries > 8 && found.compared >= found.orders, "{found:?}");
}

#[test]
fn the_books_agree_on_every_step_of_random_journeys() {
    let seeds = if std::env::var_os("HOLDFAST_LONG").is_some() { 40 } else { 3 };
    for seed in 1..=seeds {
        journeys(World::new(), seed * 0x9E37_79B9);
        journeys(World::in_dollars(), seed * 0x85EB_CA6B);
    }
}

#[test]
fn a_purchase_is_booked_line_by_line() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    let entries = world.escrow.read(|conn| db::journal::of_order(conn, order)).unwrap();
    let told: Vec<(String, Vec<String>)> = entries
        .iter()
        .map(|entry| {
            let lines = entry.lines.iter().map(|line| format!("{}-{}", line.from, line.to));
            (entry.books.split(' ').next().unwrap().to_owned(), lines.collect())
        })
        .collect();
    let told: Vec<(&str, Vec<&str>)> = told
        .iter()
        .map(|(books, lines)| (books.as_str(), lines.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        told,
        [
            ("deposit", vec!["outside-escrow"]),
            ("payout", vec!["escrow-vendor", "escrow-commission", "escrow-gas"]),
            ("receipt", vec!["vendor-outside", "gas-outside"]),
            ("receipt", vec!["commission-outside", "gas-outside"]),
            ("leftover", vec!["gas-residue"]),
        ]
    );
    let accounts = world.escrow.read(|conn| balances::of_order(conn, order)).unwrap();
    let there = accounts.iter().filter(|(_, account, _)| account.is_held());
    let sum = Amount::sum(there.map(|(.., sums)| sums.balance().unwrap()));
    let address = world.state(order).address.unwrap();
    assert_eq!(sum, Some(world.balance(address)), "the residue is what lies there");
}

#[test]
fn a_token_s_gas_is_the_wallet_s() {
    let world = World::in_dollars();
    let engine = world.engine();
    let wallet = world.keys.gas_wallet(0).unwrap();
    let before = world.chain.balance(on_chain(wallet));
    let order = world.funded(&engine);
    world.ask(order, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, order, "RELEASED");
    let laid_out = before - world.chain.balance(on_chain(wallet));
    let totals = world.escrow.read(balances::totals).unwrap();
    let (.., sums) = totals.iter().find(|(_, account, _)| *account == Account::Wallet).unwrap();
    assert_eq!((wei(sums.taken), sums.given), (laid_out, Amount::ZERO));
}

#[test]
fn what_the_chain_holds_is_published_beside_what_is_owed() {
    let world = World::new();
    let engine = world.engine();
    let (paid, half) = (world.funded(&engine), world.sealed(&engine));
    world.pay(half, Amount::from_u128(1_000));
    world.pass(31);
    engine.chain_once().unwrap();
    let sights = world.escrow.read(balances::sights).unwrap();
    let coin = sights.iter().find(|sight| sight.asset.token.is_none()).unwrap();
    let due = world.state(paid).due;
    assert_eq!(coin.held, due.checked_add(Amount::from_u128(1_000)).unwrap());
    assert_eq!((coin.booked, coin.addresses), (coin.held, 2));
    assert_eq!(coin.block_number, world.audit().chains[0].1);

    world.ask(paid, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, paid, "RELEASED");
    world.pass(31);
    engine.chain_once().unwrap();
    let sights = world.escrow.read(balances::sights).unwrap();
    let coin = sights.iter().find(|sight| sight.asset.token.is_none()).unwrap();
    assert_eq!((coin.held, coin.addresses), (Amount::from_u128(1_000), 1), "a residue is not owed");
    assert_eq!(world.alarms(), Vec::<String>::new());

    // A provider says that something is gone.
    world.wire.lie("\"0x3e8\"", "\"0x3e7\"");
    world.pass(31);
    engine.chain_once().unwrap();
    assert!(
        world.alarms().iter().any(|alarm| alarm.contains("hold less ETH")),
        "{:?}",
        world.alarms()
    );
}

/// Orders from before the books are taken into them as if they had been there all along.
#[test]
fn orders_that_are_older_than_the_books_are_taken_into_them() {
    let world = World::new();
    let engine = world.engine();
    let released = world.funded(&engine);
    world.ask(released, IntentAction::Release, ActorRole::Buyer);
    world.until(&engine, released, "RELEASED");
    world.funded(&engine);
    let before = world.audit();
    let gone = "DELETE FROM journal_lines; DELETE FROM journal_entries; DELETE FROM book_accounts; \
                DELETE FROM book_totals;";
    let local = format!(
        "DROP TRIGGER journal_lines_no_delete; DROP TRIGGER journal_entries_no_delete; {gone}"
    );
    world.data.by_hand(Owner::Escrow, &local, gone);
    assert!(!world.audit().faults.is_empty(), "what is not booked is found");
    assert_eq!(engine.open_books(), Ok(2));
    assert_eq!(engine.open_books(), Ok(0));
    assert_eq!(world.audit(), before);
}

/// A statement that changes a row, without the guard that is in its way on SQLite, and a word of the
/// sentence by which the audit tells it.
const HANDS: &[(&str, &str, &str)] = &[
    (
        "journal_lines_no_update",
        "UPDATE journal_lines SET amount = replace(amount, '42', '43') WHERE from_account = 'outside'",
        "deposit 1 stands in the journal as",
    ),
    (
        "journal_lines_no_update",
        "UPDATE journal_lines SET to_account = 'buyer' WHERE to_account = 'vendor'",
        "payout 0 stands in the journal as",
    ),
    (
        "journal_lines_no_delete",
        "DELETE FROM journal_lines WHERE from_account = 'commission'",
        "stands in the journal as",
    ),
    (
        "journal_entries_no_update",
        "UPDATE journal_entries SET books = 'deposit 7' WHERE books = 'deposit 1'",
        "deposit 7 stands in the journal",
    ),
    (
        "deposits_no_update",
        "UPDATE deposits SET amount = replace(amount, '42', '41')",
        "its deposits sum up to",
    ),
    (
        "receipts_no_update",
        "UPDATE receipts SET fee_paid = amount WHERE role = 'vendor'",
        "the ledger says",
    ),
    (
        "receipts_no_delete",
        "DELETE FROM receipts WHERE role = 'vendor'",
        "the ledger does not know it",
    ),
    ("", "UPDATE order_state SET credited = replace(credited, '42', '44')", "is credited"),
    ("", "UPDATE payouts SET fee_reserve = available", "payout 0 stands in the journal as"),
    (
        "",
        "UPDATE book_accounts SET taken = given WHERE account = 'residue'",
        "by what is kept along",
    ),
    (
        "",
        "UPDATE book_totals SET given = taken WHERE account = 'residue'",
        "the shop: by the journal",
    ),
    ("", "DELETE FROM order_state", "the books know it and escrow does not"),
];

#[test]
fn a_hand_in_the_tables_is_seen() {
    for (guard, change, word) in HANDS {
        let world = World::new();
        world.meddled();
        let engine = world.engine();
        let order = world.funded(&engine);
        world.ask(order, IntentAction::Release, ActorRole::Buyer);
        world.until(&engine, order, "RELEASED");
        assert_eq!(world.audit().faults, Vec::<String>::new());
        let local = match *guard {
            "" => format!("{change};"),
            guard => format!("DROP TRIGGER {guard}; {change};"),
        };
        world.data.by_hand(Owner::Escrow, &local, change);
        let faults = world.audit().faults;
        assert!(faults.iter().any(|fault| fault.contains(word)), "{change}: {faults:#?}");
    }
}

/// Money that left an address without a payout, and money that came and is not credited.
#[test]
fn what_the_chain_holds_is_held_against_the_books() {
    let world = World::new();
    let engine = world.engine();
    let order = world.funded(&engine);
    world.pay(order, Amount::from_u128(3));
    world.pass(1);
    let found = world.audit();
    assert_eq!(found.faults, Vec::<String>::new());
    assert!(found.notes[0].contains("not credited yet"), "{:?}", found.notes);

    let leg = LegTx {
        from: world.state(order).address.unwrap(),
        chain: ChainId::DEVELOPMENT,
        nonce: 0,
        max_tip: Amount::from_u128(1_000_000_000),
        max_fee: Amount::from_u128(3_000_000_000),
        gas_limit: 21_000,
        to: EvmAddress::from_bytes([0x99; 20]),
        value: Amount::from_u128(1_000),
    };
    let stolen = world.keys.sign((0, 0), Signable::Leg(&leg)).unwrap();
    world.served(&world.wire).client.send(&stolen.raw).unwrap();
    world.pass(1);
    let found = world.audit();
    assert!(found.faults[0].contains("is missing"), "{found:?}");
    world.meddled();
}

#[test]
fn without_a_provider_the_tables_alone_are_compared() {
    let world = World::new();
    let engine = world.engine();
    world.funded(&engine);
    let alone = escrow::audit::books(&world.escrow, &[]).unwrap();
    assert_eq!((alone.orders, alone.compared), (1, 0));
    assert!(alone.faults.is_empty());
    world.wire.down.store(true, std::sync::atomic::Ordering::SeqCst);
    let served = [world.served(&world.wire)];
    let deaf = escrow::audit::books(&world.escrow, &served).unwrap();
    assert!(deaf.faults.is_empty() && deaf.notes[0].contains("not compared"), "{:?}", deaf.notes);
}
