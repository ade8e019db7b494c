//! A shop with its whole back room: one store, one buyer, the real engine and a real chain, all on
//! the clock of the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use devnet::{Address, Chain, Options, U256};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::{Clock, Span};
use escrow::chain::client::Client;
use escrow::{Ctx, Engine, Keys, NoProbe, Parts, PriceSource, Served, Transport, TransportError};
use serde_json::{Value, json};

use crate::catalogue;
use crate::client::{Agent, Browser};
use crate::keys;
use crate::shop::Shop;

/// A phrase of BIP-39's own examples.
const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
/// Where the commission goes.
pub const COMMISSION: &str = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720";
/// Where fees for rulings go.
pub const RESOLVER: &str = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f";
/// Where refunds go.
pub const REFUND: &str = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";

/// A chain in this process, which can be cut off.
#[derive(Clone)]
struct Near(Chain, Arc<AtomicBool>);

impl Transport for Near {
    fn call(&self, body: &str) -> Result<String, TransportError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(TransportError("cut off".to_owned()));
        }
        Ok(self.0.handle(body))
    }
}

impl PriceSource for Near {
    fn get(&self, query: &str) -> Result<String, TransportError> {
        Ok(self.0.prices(query))
    }

    fn name(&self) -> String {
        "test".to_owned()
    }
}

/// The market.
pub struct Market {
    /// The shop.
    pub shop: Shop,
    /// Its chain.
    pub chain: Chain,
    /// Its escrow.
    pub engine: Engine,
    /// Set to cut escrow off from the chain.
    pub cut: Arc<AtomicBool>,
    /// The buyer's browser.
    pub buyer: Browser,
    /// The vendor's browser.
    pub vendor: Browser,
    /// The store.
    pub store: String,
    /// A package that is shipped, at 74 dollars and 4.90 for shipping.
    pub package: String,
}

impl Market {
    /// A market that is ready to trade.
    pub fn open() -> Self {
        Self::with(&[])
    }

    /// The same with some settings of its own.
    pub fn with(vars: &[(&str, &str)]) -> Self {
        Self::tuned(vars, |_as_it_is| {})
    }

    /// The same, and what no setting reaches.
    pub fn tuned(vars: &[(&str, &str)], tune: impl FnOnce(&mut web::App)) -> Self {
        Self::open_with(Shop::tuned(vars, tune), Vec::new())
    }

    /// The same, where the stablecoin is taken as well.
    pub fn with_dollars() -> Self {
        Self::open_with(Shop::start(), vec![EvmAddress::from_bytes(devnet::DOLLAR.into_array())])
    }

    fn open_with(shop: Shop, tokens: Vec<EvmAddress>) -> Self {
        let clock = Arc::clone(&shop.clock);
        let seconds = move || u64::try_from(clock.now().as_secs()).expect("after 1970");
        let chain = Chain::new(Options { clock: Box::new(seconds), finality_lag: 1 });
        chain.mine().expect("a block");
        let cut = Arc::new(AtomicBool::new(false));
        let near = Near(chain.clone(), Arc::clone(&cut));
        let spec = ChainId::DEVELOPMENT.spec().expect("the development chain");
        let client = Client::new(spec, Box::new(near.clone()));
        let keys = Keys::from_phrase(PHRASE).expect("a phrase");
        let wallet = Address::from(*keys.gas_wallet(0).expect("a wallet").as_bytes());
        let ether = U256::from(10_u128.pow(19));
        chain.faucet(wallet, ether).expect("the faucet gives");
        let parts = Parts {
            db: shop.escrow(),
            clock: shop.clock.clone(),
            keys: Arc::new(keys),
            chains: vec![Served {
                client,
                commission_wallet: COMMISSION.parse().expect("an address"),
                resolver_wallet: Some(RESOLVER.parse().expect("an address")),
                tokens,
            }],
            prices: Some(Box::new(near)),
            probe: Box::new(NoProbe),
        };
        let engine = Engine::new(Ctx::new(parts).expect("a fresh ledger"));
        let (mut vendor, buyer) = (shop.member("vendor"), shop.member("buyer"));
        let store = catalogue::open(&mut vendor, "Fern & Kiln");
        catalogue::name_address(&mut vendor, &store);
        let item = catalogue::item(&mut vendor, &store, "A brass pen", "74");
        let page = vendor.see(&format!("/items/{item}/edit"));
        let package =
            page.split("/packages/").nth(1).and_then(|rest| rest.get(..32)).expect("a package");
        let package = package.to_owned();
        let mut market = Self { shop, chain, engine, cut, buyer, vendor, store, package };
        market.round();
        market
    }

    /// A few blocks and seconds pass, and escrow does what there is to do.
    pub fn round(&mut self) {
        for _ in 0..4 {
            self.engine.step_all().expect("escrow works");
            self.chain.mine().expect("a block");
            self.shop.wait(Span::secs(2));
        }
        self.engine.step_all().expect("escrow works");
    }

    /// The buyer's agent, which may act.
    pub fn buying(&mut self) -> Agent {
        let key = keys::make(&mut self.buyer, "write", "");
        self.shop.agent(&key)
    }

    /// The vendor's agent, which may act.
    pub fn selling(&mut self) -> Agent {
        let key = keys::make(&mut self.vendor, "write", "");
        self.shop.agent(&key)
    }

    /// What an agent sends to buy one.
    pub fn wish(&self) -> Value {
        json!({
            "lines": [{ "package_id": self.package, "quantity": 1 }],
            "chain_id": 31_337,
            "refund_address": REFUND,
            "delivery_address": "Ada Lovelace, 12 St James Square, London",
        })
    }

    /// An order that an agent placed and escrow took up.
    pub fn ordered(&mut self, agent: &Agent) -> Value {
        let placed = agent.post("/api/v1/orders", &self.wish());
        assert_eq!(placed.status, 201, "{}", placed.text());
        let id = placed.json()["id"].as_str().expect("an id").to_owned();
        self.round();
        agent.get(&format!("/api/v1/orders/{id}")).json()
    }

    /// Pays an order, or `share` percent of it, from the demo wallet.
    pub fn pay(&mut self, order: &Value, percent: u64) {
        let to: EvmAddress =
            order["address"].as_str().expect("an address").parse().expect("EIP-55");
        let due: U256 = order["amount"].as_str().expect("an amount").parse().expect("digits");
        let (to, part) =
            (Address::from(*to.as_bytes()), due * U256::from(percent) / U256::from(100));
        let paid = match order["token_address"].is_null() {
            true => self.chain.pay(to, part),
            false => self.chain.pay_dollars(to, part),
        };
        paid.expect("the wallet has enough");
        self.round();
    }

    /// What an address holds on the chain.
    pub fn balance(&self, address: &str) -> U256 {
        let address: EvmAddress = address.parse().expect("an address");
        self.chain.balance(Address::from(*address.as_bytes()))
    }
}
