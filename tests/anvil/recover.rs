//! The books and recovery against a node that is not ours, by the binary as the operator runs it.

use std::time::{Duration, Instant};

use domain::EvmAddress;
use domain::money::Amount;
use escrow::Keys;
use rustix::process::Signal;

use crate::market::{Market, PHRASE, secret};
use crate::node::{LONG, Node, dollar};
use crate::shop::{Shop, within, words};

const COLD: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
/// Keys that are tried, of which a run in the middle was never paid, and how many were.
const KEYS: u32 = 10_000;
const RUN: std::ops::Range<u32> = 2_500..7_500;
const PAID: u32 = 300;
/// What is promised of a search.
const PROMISED: Duration = Duration::from_secs(600);

/// The paid ones: spread over what lies before and behind the run, its edges among them.
fn paid() -> impl Iterator<Item = u32> {
    let half = PAID / 2;
    let step = RUN.start / half;
    let before = (0..half).map(move |n| RUN.start - 1 - n * step);
    let after = (0..half).map(move |n| RUN.end + n * step);
    before.chain(after)
}

fn told(shop: &Shop, args: &[&str]) -> (String, Duration) {
    let start = Instant::now();
    let output = shop.run(args);
    let took = start.elapsed();
    assert!(output.status.success(), "{args:?}: {}", words(&output));
    (String::from_utf8(output.stdout).unwrap(), took)
}

#[test]
fn three_hundred_among_ten_thousand_are_found_and_moved() {
    let node = Node::start();
    let shop = Shop::bare();
    std::fs::write(shop.secret(), secret(&node.address, 9)).unwrap();
    let keys = Keys::from_phrase(PHRASE).unwrap();
    node.fill(keys.gas_wallet(0).unwrap(), 100);
    for (n, index) in paid().enumerate() {
        let address = keys.address(0, index).unwrap();
        if n % 10 == 9 {
            node.pay(address, Amount::from_u128(25_000_000), Some(dollar()));
        } else {
            node.fill(address, 1);
        }
    }
    assert!(paid().count() == 300 && paid().all(|index| index < KEYS && !RUN.contains(&index)));
    node.mine(5);

    let count = KEYS.to_string();
    let by_count = ["recover", "--generations", "1", "--count", &count];
    let (all, took) = told(&shop, &by_count);
    let paths = |text: &str| text.matches("m/44'/60'/").count();
    assert_eq!(paths(&all), 301, "and the gas wallet: {all}");
    for index in paid() {
        let address = keys.address(0, index).unwrap().to_string();
        assert!(all.contains(&address), "key {index} at {address} was not found");
    }

    let cold: EvmAddress = COLD.parse().unwrap();
    let unsure = ["recover", "--generations", "1", "--count", "200", "--to", COLD, "--sweep"];
    let unsure = shop.run(&unsure);
    assert!(!unsure.status.success() && words(&unsure).contains("nothing was moved"));
    assert_eq!(node.balance(cold, None), Amount::ZERO);
    // A count that is not known: the same are found beyond the run.
    let gap = (RUN.end - RUN.start + 1).to_string();
    let by_gap = ["recover", "--generations", "1", "--gap", &gap, "--to", COLD, "--sweep", "--yes"];
    let (moved, by_gap) = told(&shop, &by_gap);
    println!("{KEYS} keys in {took:?}, by a gap and with moving them in {by_gap:?}");
    assert!(took < PROMISED && by_gap < PROMISED);
    assert_eq!(moved.matches(" moved by 0x").count(), 301, "{moved}");
    assert_eq!(node.balance(cold, Some(dollar())), Amount::from_u128(30 * 25_000_000));
    let ether = node.balance(cold, None);
    // 270 of orders and 100 of the gas wallet, less their fees.
    assert!(ether > Amount::parse("369.8", 18).unwrap(), "{ether}");
    assert!(!shop.path().join("data").exists(), "nothing was written");
}

#[test]
fn the_books_agree_and_a_ledger_is_not_swept_past() {
    let mut market = Market::open(0);
    for token in [None, Some(dollar())] {
        let order = market.funded(token);
        market.release(order);
        market.until(order, "RELEASED");
        market.funded(token);
    }
    let running = market.shop().run(&["recover", "--count", "10"]);
    assert_eq!(running.status.code(), Some(78), "{}", words(&running));
    market.running.signal(Signal::TERM);
    market.running.end();

    let shop = market.shop();
    let (books, _) = told(shop, &["check", "--books"]);
    assert!(books.contains("4 orders") && books.contains("The books agree."), "{books}");
    let (json, _) = told(shop, &["check", "--books", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["ok"], &json["orders"]), (&true.into(), &4.into()), "{json}");
    assert_eq!(json["keys_issued"], serde_json::json!([4]));
    assert!(json["balances_compared"].as_u64().unwrap() >= 4, "{json}");

    // A sign of life counts for some seconds.
    let search = ["recover", "--count", "10", "--generations", "1"];
    within(LONG, "escrow is still", || shop.run(&search).status.success().then_some(()));
    let (found, _) = told(shop, &search);
    // Two that were funded; of the others, the one in coin has a residue. And the gas wallet.
    assert_eq!(found.matches("m/44'/60'/").count(), 4, "{found}");
    let sweep = ["recover", "--count", "10", "--sweep", "--yes", "--to", COLD];
    let refused = shop.run(&sweep);
    assert_eq!(refused.status.code(), Some(78), "{}", words(&refused));
    assert!(words(&refused).contains("4 addresses are issued"), "{}", words(&refused));
    // Of what came on another chain than its order's nothing is here.
    let strayed = ["recover", "--count", "10", "--sweep", "--strayed", "--yes", "--to", COLD];
    let (none, _) = told(shop, &strayed);
    assert!(none.contains("Development chain: 0 finds"), "{none}");
    assert_eq!(market.node.balance(COLD.parse().unwrap(), None), Amount::ZERO);
}
