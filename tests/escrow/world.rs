//! A shop with one store and one buyer, a chain in memory, and escrow between them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use db::addresses::{self, PayoutRequest};
use db::disputes::DisputeRow;
use db::doors::Sizes;
use db::intents::IntentRow;
use db::ledger::{self, EventRow, State};
use db::orders::{LineRow, OrderRow};
use db::stores::{self, StoreUserRow};
use db::{EscrowDb, Owner, WebDb, accounts, codec, disputes, intents, orders, placing, tx};
use devnet::{Address, Chain, Options, U256};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::{Clock, ManualClock, Span, Time};
use domain::ids::{AddressRequestId, ItemId, OrderId, PackageId, StoreId, UserId};
use domain::intent::{ActorRole, IntentAction};
use domain::item::PackageKind;
use domain::money::{Amount, Bps, Cents};
use domain::order::{AssetNow, Basket, Offer, lines_hash};
use domain::seal::hex;
use domain::store::{Store, StoreRole, Tier};
use escrow::chain::client::Client;
use escrow::{Ctx, Engine, Keys, Parts, Served};
use testkit::Data;

use crate::wire::{Hand, Line, Script, Wire};

/// A phrase of BIP-39's own examples, whose accounts nobody uses on the development chain.
const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
/// The stablecoin that the chain holds from its first block.
pub(crate) const DOLLAR: EvmAddress = EvmAddress::from_bytes(devnet::DOLLAR.into_array());
const START: Time = Time::from_secs(1_800_000_000);

/// What every part of a test works with.
pub(crate) struct World {
    pub(crate) data: Data,
    pub(crate) web: WebDb,
    pub(crate) escrow: EscrowDb,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) chain: Chain,
    pub(crate) wire: Arc<Wire>,
    pub(crate) script: Arc<Script>,
    pub(crate) keys: Arc<Keys>,
    numbers: AtomicU8,
    orders: std::sync::atomic::AtomicU32,
    pub(crate) buyer: UserId,
    pub(crate) vendor: UserId,
    pub(crate) store: StoreId,
    pub(crate) refund: EvmAddress,
    pub(crate) payout: EvmAddress,
    pub(crate) commission: EvmAddress,
    /// Whether orders are paid in the stablecoin.
    pub(crate) in_dollars: bool,
}

fn sizes() -> Sizes {
    Sizes { readers: 2, writers: 1 }
}

pub(crate) fn on_chain(address: EvmAddress) -> Address {
    Address::from(*address.as_bytes())
}

impl World {
    /// A shop that can sell: rates are there and the store's payout address counts.
    pub(crate) fn new() -> Self {
        let world = Self::bare();
        world.engine().step_all().unwrap();
        world
    }

    /// The same, and orders are paid in the stablecoin.
    pub(crate) fn in_dollars() -> Self {
        let world = Self::bare_in(true);
        let wallet = on_chain(world.keys.gas_wallet(0).unwrap());
        world.chain.faucet(wallet, wei(Amount::parse("100", 18).unwrap())).unwrap();
        world.engine().step_all().unwrap();
        world
    }

    /// A shop whose escrow has never run.
    pub(crate) fn bare() -> Self {
        Self::bare_in(false)
    }

    fn bare_in(in_dollars: bool) -> Self {
        // Durability is not what is tested here, and a disk would make it slow.
        if Path::new("/dev/shm").is_dir() {
            let _set_already = tempfile::env::override_temp_dir(Path::new("/dev/shm"));
        }
        let data = Data::sqlite();
        let clock = Arc::new(ManualClock::at(START));
        let ticking = Arc::clone(&clock);
        let chain = Chain::new(Options {
            clock: Box::new(move || u64::try_from(ticking.now().as_secs()).unwrap()),
            finality_lag: 0,
        });
        let web = WebDb::prepare(&data.config(Owner::Web)).unwrap().start(sizes()).unwrap();
        let escrow =
            EscrowDb::prepare(&data.config(Owner::Escrow)).unwrap().start(sizes()).unwrap();
        let world = Self {
            wire: Arc::new(Wire::new(chain.clone())),
            data,
            web,
            escrow,
            clock,
            chain,
            script: Arc::default(),
            keys: Arc::new(Keys::from_phrase(PHRASE).unwrap()),
            numbers: AtomicU8::new(0x40),
            orders: std::sync::atomic::AtomicU32::new(1),
            buyer: UserId::from_random([2; 16]),
            vendor: UserId::from_random([3; 16]),
            store: StoreId::from_random([4; 16]),
            refund: EvmAddress::from_bytes([0x52; 20]),
            payout: EvmAddress::from_bytes([0x53; 20]),
            commission: EvmAddress::from_bytes([0x54; 20]),
            in_dollars,
        };
        world.people();
        world.request_payout(world.store, world.payout);
        world
    }

    fn people(&self) {
        let (buyer, vendor, store) = (self.buyer, self.vendor, self.store);
        tx::write(&self.web, "people", move |tx| -> Result<(), db::DbError> {
            for (id, name) in [(buyer, "buyer"), (vendor, "vendor")] {
                let row = accounts::UserRow {
                    id: id.to_string(),
                    username: name.to_owned(),
                    username_key: name.to_owned(),
                    password_hash: String::new(),
                    role: "customer".to_owned(),
                    refund_address: None,
                    banned_at: None,
                    created_at: codec::stamp(START),
                    password_changed_at: codec::stamp(START),
                };
                accounts::insert(tx, &row)?;
            }
            stores::insert(tx, &a_store(store))?;
            stores::insert_member(tx, &StoreUserRow::of(store, vendor, StoreRole::Owner, START))
        })
        .unwrap();
    }

    pub(crate) fn fresh_id(&self) -> [u8; 16] {
        [self.numbers.fetch_add(1, Ordering::SeqCst); 16]
    }

    /// The store asks to be paid to an address.
    pub(crate) fn request_payout(&self, store: StoreId, address: EvmAddress) {
        let request = PayoutRequest {
            id: AddressRequestId::from_random(self.fresh_id()),
            store,
            address,
            by: self.vendor,
            at: self.clock.now(),
        };
        tx::write(&self.web, "request", move |tx| addresses::insert(tx, &request)).unwrap();
    }

    /// A new process on the same ledger.
    pub(crate) fn engine(&self) -> Engine {
        self.engine_on(self.escrow.clone())
    }

    pub(crate) fn engine_on(&self, db: EscrowDb) -> Engine {
        let spec = ChainId::DEVELOPMENT.spec().unwrap();
        let client = Client::new(spec, Box::new(Line(Arc::clone(&self.wire))));
        let ctx = Ctx::new(Parts {
            db,
            clock: self.clock.clone(),
            keys: Arc::clone(&self.keys),
            chains: vec![Served {
                client,
                commission_wallet: self.commission,
                tokens: if self.in_dollars { vec![DOLLAR] } else { Vec::new() },
            }],
            prices: Some(Box::new(Line(Arc::clone(&self.wire)))),
            probe: Box::new(Hand(Arc::clone(&self.script))),
        });
        Engine::new(ctx.unwrap())
    }

    /// Time passes, and with it a block.
    pub(crate) fn pass(&self, secs: u32) {
        self.clock.advance(Span::secs(secs));
        self.chain.mine().unwrap();
    }

    /// The rows that web writes for an order of one package at this price.
    pub(crate) fn draft(&self, cents: u64) -> (OrderRow, Vec<LineRow>) {
        let number = self.orders.fetch_add(1, Ordering::SeqCst);
        let mut id = [0x11; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let order = OrderId::from_random(id);
        let offer = Offer {
            package: PackageId::from_random([5; 16]),
            item: ItemId::from_random([6; 16]),
            title: "Mug, one".to_owned(),
            kind: PackageKind::Shipped,
            price: Cents::new(cents).unwrap(),
            shipping: Cents::new(500).unwrap(),
            handling_hours: 48,
        };
        let basket = Basket::of(&[(offer, 2)]).unwrap();
        let now = self.clock.now();
        let assets = self.web.read(placing::assets).unwrap();
        let paid_in = assets.iter().find(|now| now.asset.token.is_some() == self.in_dollars);
        let AssetNow { asset, leg_fee, .. } = *paid_in.unwrap();
        let newest = self.web.read(|conn| placing::newest_rate(conn, asset.rate_name())).unwrap();
        let (rate_id, rate) = newest.unwrap();
        let due = rate.usd.amount_for(basket.total, asset.decimals).unwrap();
        let row = OrderRow {
            id: order.to_string(),
            buyer_id: self.buyer.to_string(),
            store_id: self.store.to_string(),
            chain_id: 31_337,
            token: asset.symbol.to_string(),
            decimals: asset.decimals.into(),
            amount: codec::amount_text(due),
            total_cents: i64::try_from(basket.total.get()).unwrap(),
            rate_id: rate_id.to_string(),
            rate_usd_micros: i64::try_from(rate.usd.get()).unwrap(),
            refund_address: self.refund.to_string(),
            commission_bps: i32::from(Bps::percent(5).get()),
            tolerance_bps: i32::from(Bps::percent(1).get()),
            handling_hours: 48,
            inspection_hours: 336,
            ships: true,
            lines_hash: hex(&lines_hash(&basket.lines)),
            request_id: "test".to_owned(),
            created_at: codec::stamp(now),
            expires_at: codec::stamp(now.after(asset.quote_life())),
            token_address: asset.token.map(|token| token.to_string()),
            leg_fee: asset.token.map(|_| codec::amount_text(leg_fee)),
        };
        let lines = basket.lines.iter().enumerate();
        (row, lines.map(|(n, line)| LineRow::of(order, n, line).unwrap()).collect())
    }

    /// Web places an order.
    pub(crate) fn place(&self, (row, lines): (OrderRow, Vec<LineRow>)) -> OrderId {
        let order = row.id.parse().unwrap();
        tx::write(&self.web, "place", move |tx| orders::insert(tx, &row, &lines, None)).unwrap();
        order
    }

    /// An order of 105 dollars, sealed.
    pub(crate) fn sealed(&self, engine: &Engine) -> OrderId {
        engine.rates_once().unwrap();
        let order = self.place(self.draft(5_000));
        engine.desk_once(false).unwrap();
        order
    }

    /// An order that is paid in full.
    pub(crate) fn funded(&self, engine: &Engine) -> OrderId {
        let order = self.sealed(engine);
        self.pay(order, self.state(order).due);
        engine.chain_once().unwrap();
        assert_eq!(self.status(order), "COMPLETED");
        order
    }

    pub(crate) fn pay(&self, order: OrderId, amount: Amount) {
        let to = self.state(order).address.unwrap();
        if self.in_dollars {
            self.chain.pay_dollars(on_chain(to), wei(amount)).unwrap();
        } else {
            self.chain.pay(on_chain(to), wei(amount)).unwrap();
        }
    }

    /// Somebody asks escrow for something.
    pub(crate) fn ask(&self, order: OrderId, action: IntentAction, role: ActorRole) {
        let n = self.web.read(|conn| intents::next_number(conn, order)).unwrap();
        let row = self.intent(order, n, action, role);
        tx::write(&self.web, "intent", move |tx| intents::insert(tx, &row)).unwrap();
    }

    pub(crate) fn intent(
        &self,
        order: OrderId,
        n: i32,
        action: IntentAction,
        role: ActorRole,
    ) -> IntentRow {
        let actor = if role == ActorRole::Buyer { self.buyer } else { self.vendor };
        IntentRow {
            order_id: order.to_string(),
            n,
            action: action.to_string(),
            actor_id: actor.to_string(),
            actor_role: role.to_string(),
            request_id: "test".to_owned(),
            created_at: codec::stamp(self.clock.now()),
        }
    }

    /// The vendor opens a dispute.
    pub(crate) fn dispute(&self, order: OrderId) {
        open_dispute(&self.web, order, self.vendor, self.clock.now());
    }

    pub(crate) fn state(&self, order: OrderId) -> State {
        self.escrow.read(|conn| ledger::state(conn, order)).unwrap().unwrap()
    }

    pub(crate) fn status(&self, order: OrderId) -> &'static str {
        self.state(order).status.as_str()
    }

    pub(crate) fn events(&self, order: OrderId) -> Vec<EventRow> {
        let events = self.escrow.read(|conn| ledger::events(conn, order)).unwrap();
        assert_eq!(escrow::book::verify(order, &events), None, "the chain of events holds");
        events
    }

    /// The kinds of an order's events.
    pub(crate) fn story(&self, order: OrderId) -> Vec<String> {
        self.events(order).into_iter().map(|event| event.kind).collect()
    }

    /// The last answer to an intent: its outcome and reason.
    pub(crate) fn answer(&self, order: OrderId) -> Option<(String, String)> {
        let answer = self.web.read(|conn| db::story::last_answer(conn, order)).unwrap();
        answer.map(|answer| (answer.outcome, answer.reason))
    }

    /// What somebody has of what orders are paid in.
    pub(crate) fn balance(&self, address: EvmAddress) -> Amount {
        let address = on_chain(address);
        let units = match self.in_dollars {
            true => self.chain.dollars(address),
            false => self.chain.balance(address),
        };
        Amount::from_u256(units)
    }

    /// Rounds of both lanes, with a block between them, until the order has this status.
    pub(crate) fn until(&self, engine: &Engine, order: OrderId, status: &str) {
        for _ in 0..20 {
            engine.desk_once(false).unwrap();
            engine.chain_once().unwrap();
            if self.status(order) == status {
                return;
            }
            self.pass(2);
        }
        panic!("{order} is {}, not {status}: {:?}", self.status(order), self.story(order));
    }

    /// Messages of the alarms so far.
    pub(crate) fn alarms(&self) -> Vec<String> {
        let alarms = self.escrow.read(|conn| db::alarms::newest(conn, 1_000)).unwrap();
        alarms.into_iter().map(|alarm| format!("{}: {}", alarm.kind, alarm.message)).collect()
    }
}

pub(crate) fn open_dispute(web: &WebDb, order: OrderId, by: UserId, at: Time) {
    let row = DisputeRow {
        order_id: order.to_string(),
        opened_by: by.to_string(),
        opener_role: "vendor".to_owned(),
        reason: "other".to_owned(),
        statement: "This is not right.".to_owned(),
        request_id: "test".to_owned(),
        created_at: codec::stamp(at),
    };
    tx::write(web, "dispute", move |tx| disputes::insert(tx, &row)).unwrap();
}

pub(crate) fn wei(amount: Amount) -> U256 {
    U256::from_be_bytes(amount.as_u256().to_be_bytes::<32>())
}

fn a_store(id: StoreId) -> Store {
    Store {
        id,
        name: "Mugs".to_owned(),
        description: String::new(),
        picture: String::new(),
        tier: Tier::Silver,
        suspended_at: None,
        created_at: START,
    }
}
