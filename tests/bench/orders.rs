//! Places orders for 64 callers at once through the shop's own action, each with its durable
//! commit, on two workers as the server has them, and prints how many a second as JSON. With
//! `--mariadb`, in a build with that feature, on a MariaDB server instead of files.
#![expect(clippy::unwrap_used, reason = "a measurement that fails says so and ends")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use db::Owner;
use db::accounts::{self, UserRow};
use devnet::{Chain, Options};
use domain::chain::ChainId;
use domain::clock::{Clock, ManualClock};
use domain::ids::UserId;
use escrow::chain::client::Client;
use escrow::{Ctx, Engine, Keys, NoProbe, Parts, PriceSource, Served, Transport, TransportError};
use testkit::Data;
use web::demo::director::{Choice, Director, Purchase};
use web::{Config, SystemClock};

/// As the server remembers what is the same for everybody.
const PULSE_LIFE: Duration = Duration::from_millis(500);
const WORKERS: u32 = 2;
/// Callers that a worker serves at once.
const CALLERS: u32 = 32;
/// One buyer after the other for each caller; ten orders each, since more unpaid ones a buyer may
/// not have.
const ROUNDS: u32 = 40;
const EACH: u32 = 10;
const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const ADDRESS: &str = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720";

struct Near(Chain);

impl Transport for Near {
    fn call(&self, body: &str) -> Result<String, TransportError> {
        Ok(self.0.handle(body))
    }
}

impl PriceSource for Near {
    fn get(&self, query: &str) -> Result<String, TransportError> {
        Ok(self.0.prices(query))
    }

    fn name(&self) -> String {
        "bench".to_owned()
    }
}

fn config() -> Config {
    let vars = [
        ("SITE_URL", "http://127.0.0.1:1"),
        ("SESSION_SALT", "c0ffee6b1f9a4d27835e6a90b7d1428e"),
        ("COOKIE_ENCRYPTION_SALT", "5d81e07b9c2f4a36af10d4c8e92b7365"),
        ("CSRF_SALT", "e94b72c8a15f4d03b6d7082f1ac53e69"),
    ];
    Config::from_vars(vars.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap()
}

/// A shop that takes orders: escrow has looked at its chain, its prices and its addresses.
fn open(data: &Data, clock: &Arc<ManualClock>) {
    let chain = Chain::new(Options::default());
    chain.mine().unwrap();
    let spec = ChainId::DEVELOPMENT.spec().unwrap();
    let client = Client::new(spec, Box::new(Near(chain.clone())));
    let parts = Parts {
        db: data.escrow(),
        clock: clock.clone(),
        keys: Arc::new(Keys::from_phrase(PHRASE).unwrap()),
        chains: vec![Served {
            client,
            commission_wallet: ADDRESS.parse().unwrap(),
            resolver_wallet: None,
            tokens: Vec::new(),
        }],
        prices: Some(Box::new(Near(chain))),
        probe: Box::new(NoProbe),
    };
    Engine::new(Ctx::new(parts).unwrap()).step_all().unwrap();
}

fn name(n: u32) -> String {
    format!("buyer-{n}")
}

fn enrol(data: &Data, now: domain::clock::Time) {
    let door = data.web();
    for n in 0..WORKERS.saturating_mul(CALLERS).saturating_mul(ROUNDS) {
        let mut id = [7; 16];
        id.split_at_mut(4).0.copy_from_slice(&n.to_be_bytes());
        let row = UserRow {
            id: UserId::from_random(id).to_string(),
            username: name(n),
            username_key: name(n),
            password_hash: "none".to_owned(),
            role: "customer".to_owned(),
            refund_address: None,
            banned_at: None,
            created_at: db::codec::stamp(now),
            password_changed_at: db::codec::stamp(now),
        };
        db::tx::write(&door, "enrol", move |tx| accounts::insert(tx, &row)).unwrap();
    }
}

/// Where the orders go: files, or with `--mariadb` a server of this run's own whose commits wait
/// for the disk as well.
fn tables() -> Data {
    #[cfg(feature = "mariadb")]
    if std::env::args().any(|word| word == "--mariadb") {
        testkit::server::Server::durable();
        return Data::mariadb();
    }
    Data::sqlite()
}

fn main() {
    let data = tables();
    let now = SystemClock.now();
    let clock = Arc::new(ManualClock::at(now));
    web::demo::seed(&data.config(Owner::Web), now).unwrap();
    enrol(&data, now);
    open(&data, &clock);
    let door = data.web();
    let workers: Vec<(Director, Vec<Vec<Choice>>)> = (0..WORKERS)
        .map(|worker| {
            let director =
                Director::new(config(), door.clone(), clock.clone(), PULSE_LIFE).unwrap();
            let first = worker.saturating_mul(CALLERS).saturating_mul(ROUNDS);
            let choose = |n: u32| {
                let buyer = name(first.saturating_add(n));
                let purchase = Purchase {
                    buyer: &buyer,
                    item: "Tideline mug",
                    quantity: 1,
                    chain: ChainId::DEVELOPMENT,
                    token: None,
                    refund: ADDRESS.parse().unwrap(),
                    delivery: "Somewhere 1",
                };
                director.choose(purchase).unwrap()
            };
            let round = |r: u32| {
                let start = r.saturating_mul(CALLERS);
                (start..start.saturating_add(CALLERS)).map(choose).collect()
            };
            let rounds = (0..ROUNDS).map(round).collect();
            (director, rounds)
        })
        .collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for (director, rounds) in workers {
            scope.spawn(move || {
                for choices in rounds {
                    director.place_at_once(&choices, EACH).unwrap();
                }
            });
        }
    });
    let millis = start.elapsed().as_millis().max(1);
    let buyers = WORKERS.saturating_mul(CALLERS).saturating_mul(ROUNDS);
    let placed = u128::from(buyers.saturating_mul(EACH));
    println!("{{\"orders_per_second\": {}}}", placed.saturating_mul(1_000) / millis);
}
