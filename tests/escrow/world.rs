//! A shop with one store and one buyer, a chain in memory, and escrow between them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use db::addresses::{self, AddressRequest, Purpose};
use db::disputes::DisputeRow;
use db::doors::Sizes;
use db::intents::IntentRow;
use db::ledger::{self, EventRow, State};
use db::stores::{self, StoreUserRow};
use db::{EscrowDb, Owner, WebDb, accounts, codec, disputes, intents, tx};
use devnet::{Address, Chain, Options, U256};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::{Clock, ManualClock, Span, Time};
use domain::ids::{AddressRequestId, OrderId, StoreId, UserId};
use domain::intent::{ActorRole, IntentAction};
use domain::money::Amount;
use domain::store::{Store, StoreRole, Tier};
use escrow::audit::{self, Audit};
use escrow::chain::client::Client;
use escrow::{Ctx, Engine, Keys, Parts, Served};
use testkit::Data;

use crate::wire::{Hand, Line, Script, Wire};

/// A phrase of BIP-39's own examples, whose accounts nobody uses on the development chain.
pub(crate) const PHRASE: &str =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";
/// The stablecoin that the chain holds from its first block.
pub(crate) const DOLLAR: EvmAddress = EvmAddress::from_bytes(devnet::DOLLAR.into_array());
const START: Time = Time::from_secs(1_800_000_000);

/// What every part of a test works with.
pub(crate) struct World {
    pub(crate) data: Arc<Data>,
    pub(crate) web: WebDb,
    pub(crate) escrow: EscrowDb,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) chain: Chain,
    pub(crate) wire: Arc<Wire>,
    pub(crate) script: Arc<Script>,
    pub(crate) keys: Arc<Keys>,
    numbers: AtomicU8,
    pub(crate) orders: std::sync::atomic::AtomicU32,
    pub(crate) buyer: UserId,
    pub(crate) vendor: UserId,
    pub(crate) store: StoreId,
    pub(crate) refund: EvmAddress,
    pub(crate) payout: EvmAddress,
    pub(crate) commission: EvmAddress,
    /// Where fees for rulings go.
    pub(crate) resolver: Option<EvmAddress>,
    /// Whether orders are paid in the stablecoin.
    pub(crate) in_dollars: bool,
    /// The token of the zoo that orders are paid in.
    pub(crate) beast: Option<EvmAddress>,
    /// What escrow is told to offer.
    pub(crate) tokens: Vec<EvmAddress>,
    meddled: AtomicBool,
}

/// Whatever a test has done: in the end the books agree with the ledger and with the chain.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.meddled.load(Ordering::SeqCst) {
            let found = self.audit();
            assert_eq!(found.faults.first(), None, "and more; {:?}", found.notes.first());
        }
    }
}

fn sizes() -> Sizes {
    Sizes { readers: 2, writers: 1 }
}

/// Durability is not what is tested here, and a disk would make it slow.
fn in_memory() {
    if Path::new("/dev/shm").is_dir() {
        let _set_already = tempfile::env::override_temp_dir(Path::new("/dev/shm"));
    }
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

    /// The same on SQLite whatever the tests run on: for what happens to files.
    pub(crate) fn on_files() -> Self {
        let world = Self::of(Data::sqlite());
        world.engine().step_all().unwrap();
        world
    }

    /// The same, and orders are paid in the stablecoin.
    pub(crate) fn in_dollars() -> Self {
        in_memory();
        let world = Self::of_coin(Data::new(), true);
        let wallet = on_chain(world.keys.gas_wallet(0).unwrap());
        world.chain.faucet(wallet, wei(Amount::parse("100", 18).unwrap())).unwrap();
        world.engine().step_all().unwrap();
        world
    }

    /// A shop whose escrow has never run.
    pub(crate) fn bare() -> Self {
        in_memory();
        Self::of(Data::new())
    }

    /// A shop on these tables whose escrow has never run.
    pub(crate) fn of(data: Data) -> Self {
        Self::of_coin(data, false)
    }

    fn of_coin(data: Data, in_dollars: bool) -> Self {
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
            data: Arc::new(data),
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
            resolver: None,
            in_dollars,
            beast: None,
            tokens: if in_dollars { vec![DOLLAR] } else { Vec::new() },
            meddled: AtomicBool::new(false),
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
        let request = AddressRequest {
            id: AddressRequestId::from_random(self.fresh_id()),
            purpose: Purpose::Payout(store),
            address,
            by: self.vendor,
            at: self.clock.now(),
            proof: None,
        };
        tx::write(&self.web, "request", move |tx| addresses::insert(tx, &request)).unwrap();
    }

    /// A new process on the same ledger.
    pub(crate) fn engine(&self) -> Engine {
        self.engine_on(self.escrow.clone())
    }

    pub(crate) fn engine_on(&self, db: EscrowDb) -> Engine {
        let ctx = Ctx::new(Parts {
            db,
            clock: self.clock.clone(),
            keys: Arc::clone(&self.keys),
            chains: vec![self.served(&self.wire)],
            prices: Some(Box::new(Line(Arc::clone(&self.wire)))),
            probe: Box::new(Hand(Arc::clone(&self.script))),
        });
        Engine::new(ctx.unwrap())
    }

    /// The chain as it is reached over a line.
    pub(crate) fn served(&self, wire: &Arc<Wire>) -> Served {
        let spec = ChainId::DEVELOPMENT.spec().unwrap();
        Served {
            client: Client::new(spec, Box::new(Line(Arc::clone(wire)))),
            commission_wallet: self.commission,
            resolver_wallet: self.resolver,
            tokens: self.tokens.clone(),
        }
    }

    /// What an audit finds, over a line that nobody meddles with.
    pub(crate) fn audit(&self) -> Audit {
        let chains = [self.served(&Arc::new(Wire::new(self.chain.clone())))];
        audit::books(&self.escrow, &chains).unwrap()
    }

    /// From now on rows or the chain are not what escrow wrote or saw, and the books need not agree.
    pub(crate) fn meddled(&self) {
        self.meddled.store(true, Ordering::SeqCst);
    }

    /// Time passes, and with it a block.
    pub(crate) fn pass(&self, secs: u32) {
        self.clock.advance(Span::secs(secs));
        self.chain.mine().unwrap();
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
            about_n: None,
            signature: None,
            signature_expires: None,
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
        if let Some(beast) = self.beast {
            return self.held_of(beast, address);
        }
        let address = on_chain(address);
        let units = match self.in_dollars {
            true => self.chain.dollars(address),
            false => self.chain.balance(address),
        };
        Amount::from_u256(units)
    }

    /// What orders are paid in; none for the coin.
    pub(crate) fn paid_in(&self) -> Option<EvmAddress> {
        self.beast.or(self.in_dollars.then_some(DOLLAR))
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
