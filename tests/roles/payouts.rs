//! Escrow is killed thirty times in the middle of payouts, each time at another stage of one; the
//! monitor starts it again, and in the end each leg is paid once.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use db::story::{self, LegRow};
use db::{DbConfig, WebDb};
use domain::chain::ChainId;
use domain::ids::OrderId;
use domain::intent::IntentAction;
use domain::money::Amount;
use web::SystemClock;
use web::demo::director::{Director, Purchase};

use crate::demo::opened;
use crate::shop::{Running, Shop, within};

const KILLS: usize = 30;
/// Long enough for a machine that does other things as well.
const LONG: Duration = Duration::from_secs(120);
const REFUND: &str = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";

/// The demo's people and its database, beside its running processes.
struct Market {
    people: Director,
    db: WebDb,
    chain: String,
}

/// Settings that the demo wrote.
fn settings(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("demo.env")).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

impl Market {
    fn of(folder: &Path) -> Self {
        let settings = settings(folder);
        let chain = settings["DEVNET_LISTEN"].clone();
        let db = WebDb::open(&DbConfig::sqlite(folder)).unwrap();
        let config = web::Config::from_vars(settings).unwrap();
        let people =
            Director::new(config, db.clone(), Arc::new(SystemClock), Duration::ZERO).unwrap();
        Self { people, db, chain }
    }

    /// An order, paid.
    fn funded(&self) -> OrderId {
        let purchase = Purchase {
            buyer: "buyer",
            item: "Tideline mug",
            quantity: 1,
            chain: ChainId::DEVELOPMENT,
            token: None,
            refund: REFUND.parse().unwrap(),
            delivery: "Somewhere 1",
        };
        // In its first second the shop has not looked at its chain yet and says so.
        let order = within(LONG, "the shop takes orders", || self.people.buy(purchase).ok());
        let standing = || self.people.standing("buyer", order).unwrap();
        let address = within(LONG, "an address is issued", || standing().address);
        let wei = format!("0x{:x}", standing().due.as_u256());
        self.rpc("devnet_faucet", &format!("[\"{address}\",\"{wei}\"]"));
        within(LONG, "the order is funded", || (self.status(order) == "COMPLETED").then_some(()));
        order
    }

    fn status(&self, order: OrderId) -> String {
        let state = self.db.read(|conn| story::state(conn, order)).unwrap();
        state.map(|state| state.status).unwrap_or_default()
    }

    fn legs(&self, order: OrderId) -> Vec<LegRow> {
        self.db.read(|conn| story::legs(conn, order)).unwrap()
    }

    /// Whether the payout of an order has come to a stage, or past it.
    fn reached(&self, order: OrderId, stage: usize) -> bool {
        let legs = self.legs(order);
        let any = |states: &[&str]| legs.iter().any(|leg| states.contains(&leg.state.as_str()));
        match stage {
            0 => true,
            1 => !legs.is_empty(),
            2 => any(&["signed", "seen", "final"]),
            3 => any(&["seen", "final"]),
            _ => any(&["final"]),
        }
    }

    /// What the chain answers.
    fn rpc(&self, method: &str, params: &str) -> String {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.chain,
            body.len()
        );
        let mut socket = TcpStream::connect(&self.chain).unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("\"result\""), "{method}: {answer}");
        answer
    }

    fn balance(&self, address: &str) -> Amount {
        let answer = self.rpc("eth_getBalance", &format!("[\"{address}\",\"latest\"]"));
        let hex = answer.split("\"result\":\"0x").nth(1).unwrap().split('"').next().unwrap();
        Amount::from_u128(u128::from_str_radix(hex, 16).unwrap())
    }
}

fn kill(running: &Running) {
    let old = within(LONG, "escrow runs", || running.role("escrow"));
    old.kill();
    within(LONG, "escrow is back", || running.role("escrow").filter(|new| new.pid != old.pid));
}

#[test]
fn thirty_kills_pay_every_leg_once() {
    let mut shop = Shop::bare();
    shop.vars.clear();
    let restarts = vec!["0"; KILLS + 1].join(",");
    let args =
        ["demo", "--listen", "127.0.0.1:0", "--data", "try", "--restart-secs", restarts.as_str()];
    let running = shop.start(&args);
    opened(&running);
    let market = Market::of(&shop.path().join("try"));
    let orders: Vec<OrderId> = (0..KILLS).map(|_| market.funded()).collect();
    let payees: Vec<String> = [
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
    ]
    .map(str::to_owned)
    .into();
    let before: Vec<Amount> = payees.iter().map(|payee| market.balance(payee)).collect();

    for (n, order) in orders.iter().enumerate() {
        market.people.ask("buyer", *order, IntentAction::Release).unwrap();
        within(LONG, "the payout goes on", || market.reached(*order, n % 5).then_some(()));
        kill(&running);
    }
    for order in &orders {
        within(LONG, "the vendor is paid", || (market.status(*order) == "RELEASED").then_some(()));
    }

    let mut paid = [Amount::ZERO; 2];
    for order in &orders {
        let legs = market.legs(*order);
        let roles: Vec<_> =
            legs.iter().map(|leg| (leg.role.as_str(), leg.state.as_str())).collect();
        assert_eq!(roles, [("vendor", "final"), ("commission", "final")]);
        for (sum, leg) in paid.iter_mut().zip(&legs) {
            *sum = sum.checked_add(Amount::from_fixed(&leg.amount).unwrap()).unwrap();
        }
        let events = market.db.read(|conn| story::events(conn, *order)).unwrap();
        let released = events.iter().filter(|event| event.kind == "released").count();
        assert_eq!(released, 1, "{events:?}");
    }
    for ((payee, before), paid) in payees.iter().zip(before).zip(paid) {
        assert_eq!(market.balance(payee), before.checked_add(paid).unwrap(), "{payee}");
    }
}
