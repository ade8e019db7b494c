//! A shop as an operator runs it, on anvil, with the demo's people in it.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use db::story::{self, EventRow, LegRow};
use db::{DbConfig, WebDb};
use devnet::{Chain, Options, PayPage};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Clock;
use domain::ids::OrderId;
use domain::intent::IntentAction;
use domain::money::Amount;
use escrow::Keys;
use web::SystemClock;
use web::demo::director::{Director, Purchase, Standing};

use crate::node::{LONG, Node, dollar};
use crate::shop::{Running, Shop, within};

/// A phrase of BIP-39's own examples, whose accounts the node has given nothing.
pub(crate) const PHRASE: &str =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";
const REFUND: &str = "0x1efF47bc3a10a45D4B230B5d10E37751FE6AA718";
/// The demo's vendor and the commission wallet.
pub(crate) const PAYEES: [&str; 2] =
    ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"];
/// Where whoever invited the demo's buyer is paid.
const INVITER: &str = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";

/// The shop, its people and its chain.
pub(crate) struct Market {
    pub(crate) node: Node,
    pub(crate) running: Running,
    people: Director,
    db: WebDb,
    shop: Shop,
}

/// The price of ether, from a server of its own: anvil has none.
fn prices() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let page = PayPage { site_url: "http://127.0.0.1:1".to_owned() };
    thread::spawn(move || devnet::serve(Chain::new(Options::default()), listener, page));
    port
}

/// A secret file for a node, with prices from a port.
pub(crate) fn secret(node: &str, prices: u16) -> String {
    format!(
        "MNEMONIC=\"{PHRASE}\"\nRPC_URL_DEV=http://{node}\nTOKENS_DEV={}\n\
         PRICES_URL=http://127.0.0.1:{prices}/prices/v1/demo/tokens/by-symbol\n\
         COMMISSION_WALLET_DEV={}\n",
        dollar(),
        PAYEES[1]
    )
}

impl Market {
    /// Opens a shop that escrow may be killed in so many times.
    pub(crate) fn open(kills: usize) -> Self {
        let node = Node::start();
        let shop = Shop::migrated();
        std::fs::write(shop.secret(), secret(&node.address, prices())).unwrap();
        let wallet = Keys::from_phrase(PHRASE).unwrap().gas_wallet(0).unwrap();
        node.fill(wallet, 100);
        let restarts = vec!["0"; kills + 1].join(",");
        let running = shop.start(&["serve", "--restart-secs", &restarts]);
        running.ready();
        let config = DbConfig::sqlite(shop.path().join("data"));
        web::demo::seed(&config, SystemClock.now()).unwrap();
        let db = WebDb::open(&config).unwrap();
        let web = web::Config::from_vars(shop.vars.clone()).unwrap();
        let people = Director::new(web, db.clone(), Arc::new(SystemClock), Duration::ZERO).unwrap();
        let market = Self { node, running, people, db, shop };
        within(LONG, "the stablecoin is offered", || {
            let assets = market.db.read(db::placing::assets).unwrap();
            assets.first().filter(|now| now.asset.token.is_some() && now.reachable).map(|_| ())
        });
        market
    }

    /// Somebody orders a mug, to be paid in ether or in the stablecoin.
    pub(crate) fn order(&self, token: Option<EvmAddress>) -> (OrderId, Standing) {
        self.order_for(token, REFUND.parse().unwrap())
    }

    /// The same, to be paid back elsewhere.
    pub(crate) fn order_for(
        &self,
        token: Option<EvmAddress>,
        refund: EvmAddress,
    ) -> (OrderId, Standing) {
        let purchase = Purchase {
            buyer: "buyer",
            item: "Tideline mug",
            quantity: 1,
            chain: ChainId::DEVELOPMENT,
            token,
            refund,
            delivery: "Somewhere 1",
        };
        // At first the shop has not looked at its chain or its address book yet and says so.
        let order = within(LONG, "the shop takes orders", || self.people.buy(purchase).ok());
        let standing = within(LONG, "an address is issued", || {
            let standing = self.people.standing("buyer", order).unwrap();
            standing.address.map(|_| standing)
        });
        (order, standing)
    }

    /// The shop's folder, settings and commands.
    pub(crate) const fn shop(&self) -> &Shop {
        &self.shop
    }

    /// An order, paid.
    pub(crate) fn funded(&self, token: Option<EvmAddress>) -> OrderId {
        let (order, standing) = self.order(token);
        self.node.pay(standing.address.unwrap(), standing.due, token);
        self.until(order, "COMPLETED");
        order
    }

    pub(crate) fn until(&self, order: OrderId, status: &str) {
        within(LONG, status, || (self.status(order) == status).then_some(()));
    }

    pub(crate) fn status(&self, order: OrderId) -> String {
        let state = self.db.read(|conn| story::state(conn, order)).unwrap();
        state.map(|state| state.status).unwrap_or_default()
    }

    pub(crate) fn release(&self, order: OrderId) {
        self.people.ask("buyer", order, IntentAction::Release).unwrap();
    }

    pub(crate) fn cancel(&self, order: OrderId) {
        self.people.ask("buyer", order, IntentAction::Cancel).unwrap();
    }

    pub(crate) fn refund(&self, order: OrderId) {
        self.people.ask("vendor", order, IntentAction::Refund).unwrap();
    }

    pub(crate) fn legs(&self, order: OrderId) -> Vec<LegRow> {
        self.db.read(|conn| story::legs(conn, order)).unwrap()
    }

    /// What strayed to an order's address, as escrow noted it.
    pub(crate) fn strays(&self, order: OrderId) -> Vec<db::tokens::Stray> {
        self.db.read(|conn| db::tokens::strays_of(conn, order)).unwrap()
    }

    pub(crate) fn events(&self, order: OrderId) -> Vec<EventRow> {
        self.db.read(|conn| story::events(conn, order)).unwrap()
    }

    /// How many events of a kind an order has.
    pub(crate) fn count(&self, order: OrderId, kind: &str) -> usize {
        self.events(order).iter().filter(|event| event.kind == kind).count()
    }

    /// What the vendor, the site, the buyer and the inviter have.
    pub(crate) fn balances(&self, token: Option<EvmAddress>) -> Vec<Amount> {
        let all = [PAYEES[0], PAYEES[1], REFUND, INVITER];
        all.iter().map(|payee| self.node.balance(payee.parse().unwrap(), token)).collect()
    }
}

/// Every leg of a release has come to its end, and there are those that there must be: of a token the
/// share of whoever invited the buyer may not be worth a payment.
pub(crate) fn assert_released(legs: &[LegRow], token: Option<EvmAddress>) {
    let roles: Vec<_> = legs.iter().map(|leg| leg.role.as_str()).collect();
    let all = ["vendor", "commission", "referral"];
    assert!(roles == all || token.is_some() && roles == all[..2], "{token:?}: {roles:?}");
    assert!(legs.iter().all(|leg| leg.state == "final"), "{token:?}");
}

/// What legs pay, by whom they pay.
pub(crate) fn paid(legs: &[LegRow]) -> [Amount; 4] {
    ["vendor", "commission", "buyer", "referral"].map(|role| {
        let own = legs.iter().filter(|leg| leg.role == role);
        Amount::sum(own.map(|leg| Amount::from_fixed(&leg.amount).unwrap())).unwrap()
    })
}

/// What came in addition, payee by payee.
pub(crate) fn more(after: &[Amount], before: &[Amount]) -> Vec<Amount> {
    after.iter().zip(before).map(|(after, before)| after.checked_sub(*before).unwrap()).collect()
}
