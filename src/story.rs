//! A little history for a new demo: orders in every state, made by the real actions, the real
//! engine and the real chain on a clock that runs through the last days.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use db::{DbConfig, DbError, EscrowDb, WebDb, clamps, deadlines, tx};
use devnet::{Chain, Options, U256};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clamps::Bound;
use domain::clock::{Clock, ManualClock, Span, Time};
use domain::deadline::RunClock;
use domain::ids::OrderId;
use domain::intent::IntentAction;
use domain::item::PackageKind;
use domain::money::{Amount, Bps, Cents};
use escrow::chain::client::Client;
use escrow::{Ctx, Engine, Keys, NoProbe, Parts, PriceSource, Served, Transport, TransportError};
use web::demo::director::{Director, Purchase};

use crate::Stop;

/// Where the demo's buyer wants refunds: the demo wallet's second account, whose key is public.
const REFUND: &str = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";
/// Where one of the vendors wants to be paid instead: the demo wallet's sixth account.
const NEW_WALLET: &str = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc";
/// Who names a wallet.
const CAREFUL: &str = "careful";
/// Who rules.
const STAFF: &str = "admin";
/// Who can look at it after that one.
const SECOND: &str = "staff";
const NOTE: &str = "On its way since this morning. Thank you!";
/// What a buyer shows of a lamp, and what its vendor answers with.
const PHOTO: &[u8] = include_bytes!("../assets/demo/lamp-on-arrival.jpg");
const SLIP: &str = "Packing slip\n\n1 watchmaker's lamp, walnut\nGlass looked at: whole\nPacked in wood wool, two layers\n";
const DELIVERY: &str = "Ada Lovelace\n12 St James Square\nLondon SW1Y 4JH";

/// Who sells hours of work, what he has lodged for it, in millionths of a dollar, and the least that
/// the site wants, in cents.
const SERVANT: &str = "imke";
const DEPOSIT: u128 = 250_000_000;
const LEAST: u64 = 20_000;

/// What the buyer of the camera sends in the wrong coin: 0.04 ETH, in wei. It goes back.
const MISTAKE_WEI: u128 = 40_000_000_000_000_000;

/// What an order of the story comes to.
enum Ending {
    Released,
    Shipped,
    Funded,
    Late,
    Refunded,
    Frozen,
    Cancelled,
    Expired,
    Open,
}

/// What escrow's gas wallet begins with: 100 ETH, in wei.
const GAS_WEI: u128 = 100_000_000_000_000_000_000;

/// Item, vendor, hours until the next scene, and how it ends.
const SCENES: [(&str, &str, u32, Ending); 9] = [
    ("Brass fountain pen", "marlow", 7, Ending::Late),
    ("Tideline mug", "vendor", 20, Ending::Released),
    ("Bicycle bell", "marlow", 9, Ending::Expired),
    ("Dusk, a field-recording library", "imke", 14, Ending::Released),
    ("Proof book", "vendor", 11, Ending::Refunded),
    ("Watchmaker's lamp", "marlow", 16, Ending::Frozen),
    ("Shearwater blanket", "vendor", 10, Ending::Shipped),
    ("Pocket camera, serviced", "marlow", 8, Ending::Cancelled),
    ("Heather honey", "vendor", 3, Ending::Funded),
];

/// The chain within this process.
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
        "development chain".to_owned()
    }
}

/// What the story is told with.
pub(crate) struct Stage<'a> {
    /// The databases.
    pub(crate) config: &'a DbConfig,
    /// Settings of web.
    pub(crate) web: web::Config,
    /// Phrase of escrow.
    pub(crate) phrase: &'a str,
    /// Where commissions go.
    pub(crate) commission: &'a str,
    /// Where fees for rulings go.
    pub(crate) resolver: &'a str,
    /// The chain's journal.
    pub(crate) journal: &'a Path,
}

struct Teller {
    clock: Arc<ManualClock>,
    chain: Chain,
    ledger: EscrowDb,
    engine: Engine,
    people: Director,
}

/// How long before the present the last scene is set: what it takes must not reach into the future,
/// because the chain goes on from its last block.
const PAUSE: Span = Span::minutes(5);
/// What the scenes take beyond their hours.
const SLACK: Span = Span::minutes(30);

/// Tells the whole story, which ends a little before `now`.
pub(crate) fn tell(stage: Stage<'_>, now: Time) -> Result<(), Stop> {
    let end = now.before(PAUSE);
    let whole: u32 = SCENES.iter().map(|scene| scene.2).sum();
    let teller = Teller::new(stage, end.before(SLACK).before(Span::hours(whole)))?;
    teller.sworn()?;
    teller.lodged()?;
    let mut quarrel = None;
    for (item, vendor, hours, ending) in &SCENES {
        let begun = teller.clock.now();
        let order = teller.scene(item, vendor, ending)?;
        if matches!(ending, Ending::Frozen) {
            quarrel = Some(order);
        }
        teller.until(begun.after(Span::hours(*hours)))?;
    }
    teller.careful()?;
    if let Some(order) = quarrel {
        // Late, so that its notice is not over yet.
        teller.rule(order)?;
    }
    teller.until(end)?;
    teller.scene("Ledger, a text face", "imke", &Ending::Open)?;
    Ok(())
}

/// The stablecoin that the chain holds from its first block.
fn dollar() -> EvmAddress {
    EvmAddress::from_bytes(devnet::DOLLAR.into_array())
}

/// Opens the chain for a moment and fills escrow's gas wallet: a demo without a story.
pub(crate) fn begin(phrase: &str, journal: &Path) -> Result<(), Stop> {
    let options = Options { finality_lag: 1, ..Options::default() };
    let chain = Chain::open(journal, options).map_err(|error| failed(error.message))?;
    fill_gas_wallet(&chain, &Keys::from_phrase(phrase).map_err(failed)?)
}

/// What carries payouts in the stablecoin needs ether for its gas.
fn fill_gas_wallet(chain: &Chain, keys: &Keys) -> Result<(), Stop> {
    let wallet = keys.gas_wallet(0).map_err(failed)?;
    let wallet = devnet::Address::from(*wallet.as_bytes());
    chain.faucet(wallet, U256::from(GAS_WEI)).map_err(|error| failed(error.message))
}

fn failed(error: impl std::fmt::Display) -> Stop {
    Stop::Failed(format!("the demo's orders could not be made: {error}"))
}

impl Teller {
    fn new(stage: Stage<'_>, start: Time) -> Result<Self, Stop> {
        let clock = Arc::new(ManualClock::at(start));
        let watch = Arc::clone(&clock);
        let seconds = move || u64::try_from(watch.now().as_secs()).unwrap_or_default();
        let options = Options { clock: Box::new(seconds), finality_lag: 1 };
        let chain = Chain::open(stage.journal, options).map_err(|error| failed(error.message))?;
        let keys = Keys::from_phrase(stage.phrase).map_err(failed)?;
        fill_gas_wallet(&chain, &keys)?;
        let spec = ChainId::DEVELOPMENT.spec().ok_or_else(|| failed("no development chain"))?;
        let client = Client::new(spec, Box::new(Near(chain.clone())));
        let ledger = EscrowDb::open(stage.config).map_err(failed)?;
        let parts = Parts {
            db: ledger.clone(),
            clock: clock.clone(),
            keys: keys.into(),
            chains: vec![Served {
                client,
                commission_wallet: stage.commission.parse().map_err(failed)?,
                resolver_wallet: Some(stage.resolver.parse().map_err(failed)?),
                tokens: vec![dollar()],
            }],
            prices: Some(Box::new(Near(chain.clone()))),
            probe: Box::new(NoProbe),
        };
        let engine = Engine::new(Ctx::new(parts).map_err(failed)?);
        let web = WebDb::open(stage.config).map_err(failed)?;
        let people =
            Director::new(stage.web, web, clock.clone(), Duration::ZERO).map_err(failed)?;
        Ok(Self { clock, chain, ledger, engine, people })
    }

    /// Time passes, a block is made, and escrow does what there is to do.
    fn round(&self) -> Result<(), Stop> {
        self.clock.advance(Span::secs(15));
        self.chain.mine().map_err(|error| failed(error.message))?;
        // What one round leaves, the next one finds; a payout takes a few.
        for _ in 0..4 {
            self.engine.step_all().map_err(failed)?;
            self.chain.mine().map_err(|error| failed(error.message))?;
            self.clock.advance(Span::secs(2));
        }
        self.engine.step_all().map_err(failed)?;
        Ok(())
    }

    fn later(&self, span: Span) -> Result<(), Stop> {
        self.until(self.clock.now().after(span))
    }

    /// Time passes, and escrow was up all the while: deadlines run on.
    fn until(&self, then: Time) -> Result<(), Stop> {
        let span = then.since(self.clock.now());
        self.clock.set(then);
        let clock = self.ledger.read(deadlines::clock).map_err(failed)?;
        if let Some(clock) = clock {
            let lived = RunClock { ran: clock.after(span), at: then, ..clock };
            tx::write(&self.ledger, "live", move |tx| -> Result<(), DbError> {
                deadlines::set_clock(tx, lived)
            })
            .map_err(failed)?;
        }
        self.round()
    }

    /// Rulings want a signature here, and who rules names a wallet for it, the demo's own: early, since
    /// it counts after two days.
    fn sworn(&self) -> Result<(), Stop> {
        let now = self.clock.now();
        tx::write(&self.ledger, "limit", move |tx| clamps::set(tx, Bound::Signed, 1, now))
            .map_err(|error: DbError| failed(error))?;
        let wallet = devnet::DEMO_WALLET.to_checksum(None);
        let sign = |text: &str| devnet::sign_shown(text).map_err(|error| error.message);
        for who in [STAFF, SECOND] {
            self.people.name_signer(who, &wallet, sign).map_err(failed)?;
        }
        self.round()
    }

    /// The site wants a deposit of whoever sells his time, and the one who does has lodged it.
    fn lodged(&self) -> Result<(), Stop> {
        let amount = Amount::from_u128(DEPOSIT);
        let coin = (ChainId::DEVELOPMENT, dollar());
        let deposit = self.people.lodge(SERVANT, coin, amount).map_err(failed)?;
        self.round()?;
        let to = self.people.lodging(SERVANT, deposit).map_err(failed)?;
        let to = to.ok_or_else(|| failed("no address was issued for a deposit"))?;
        let to = devnet::Address::from(*to.as_bytes());
        self.chain.pay_dollars(to, U256::from(DEPOSIT)).map_err(|error| failed(error.message))?;
        self.round()?;
        let least = Cents::new(LEAST).ok_or_else(|| failed("no such sum"))?;
        self.people.demand(STAFF, PackageKind::Service, least).map_err(failed)
    }

    /// A buyer whose orders want the signature of a wallet, the demo's own: what he bought is paid
    /// and sent, and waits for it.
    fn careful(&self) -> Result<(), Stop> {
        let wallet = devnet::DEMO_WALLET.to_checksum(None);
        let sign = |text: &str| devnet::sign_text(text).map_err(|error| error.message);
        self.people.name_signer(CAREFUL, &wallet, sign).map_err(failed)?;
        self.round()?;
        let order = self.buy(CAREFUL, "Proof book", Some(dollar()))?;
        self.round()?;
        self.pay((CAREFUL, order), None)?;
        self.people.ship("vendor", order, NOTE).map_err(failed)?;
        self.round()
    }

    fn buy(&self, buyer: &str, item: &str, token: Option<EvmAddress>) -> Result<OrderId, Stop> {
        let bought = self.people.buy(Purchase {
            buyer,
            item,
            quantity: 1,
            chain: ChainId::DEVELOPMENT,
            token,
            refund: REFUND.parse().map_err(failed)?,
            delivery: DELIVERY,
        });
        bought.map_err(failed)
    }

    fn scene(&self, item: &str, vendor: &str, ending: &Ending) -> Result<OrderId, Stop> {
        self.round()?;
        // A quote in the stablecoin stands for a day, so what expires is paid in ether.
        let token = (!matches!(ending, Ending::Expired | Ending::Frozen)).then_some(dollar());
        let order = self.buy("buyer", item, token)?;
        self.round()?;
        match ending {
            Ending::Open => {}
            Ending::Cancelled => {
                self.later(Span::minutes(9))?;
                self.pay(("buyer", order), Some(MISTAKE_WEI))?;
                self.later(Span::minutes(2))?;
                self.people.ask("buyer", order, IntentAction::Cancel).map_err(failed)?;
                self.later(Span::minutes(2))?;
            }
            Ending::Expired => self.later(Span::minutes(70))?,
            paid => self.go_on(order, vendor, paid)?,
        }
        Ok(order)
    }

    /// What happens to an order once it is paid.
    fn go_on(&self, order: OrderId, vendor: &str, ending: &Ending) -> Result<(), Stop> {
        self.later(Span::minutes(4))?;
        self.pay(("buyer", order), None)?;
        self.later(Span::hours(1))?;
        match ending {
            Ending::Released => {
                self.people.ship(vendor, order, NOTE).map_err(failed)?;
                self.later(Span::hours(5))?;
                self.people.ask("buyer", order, IntentAction::Release).map_err(failed)?;
                self.round()
            }
            Ending::Shipped => {
                self.people
                    .ship(vendor, order, "Parcel HF-20493. It is well packed.")
                    .map_err(failed)?;
                self.later(Span::hours(2))?;
                // Another wallet of the vendor's: the buyer is told, and it counts in three days.
                self.people.reseal(vendor, order, NEW_WALLET).map_err(failed)?;
                self.round()
            }
            Ending::Refunded => {
                self.people.ask(vendor, order, IntentAction::Refund).map_err(failed)?;
                self.round()
            }
            Ending::Frozen => {
                self.people.ship(vendor, order, "Left with the neighbours.").map_err(failed)?;
                self.later(Span::hours(3))?;
                let said = ("damaged", "The glass of the lamp arrived broken.");
                let photo = Some(("Lamp on arrival.jpg", PHOTO));
                self.people.dispute("buyer", order, said, photo).map_err(failed)?;
                self.round()?;
                self.quarrel(order, vendor)
            }
            Ending::Funded | Ending::Late | Ending::Cancelled | Ending::Expired | Ending::Open => {
                Ok(())
            }
        }
    }

    /// What buyer and vendor say and offer.
    fn quarrel(&self, order: OrderId, vendor: &str) -> Result<(), Stop> {
        let said = "It left the workshop in one piece, packed in wood wool.";
        let slip = Some(("Packing slip.txt", SLIP.as_bytes()));
        self.people.claim(vendor, order, said, slip).map_err(failed)?;
        self.people.offer(vendor, order, Bps::percent(25)).map_err(failed)?;
        self.later(Span::hours(2))?;
        let said = "The box was dented on one side.";
        self.people.claim("buyer", order, said, None).map_err(failed)?;
        self.people.offer("buyer", order, Bps::percent(80)).map_err(failed)?;
        self.round()
    }

    /// Staff rule between them.
    fn rule(&self, order: OrderId) -> Result<(), Stop> {
        let reason = "A lamp in wood wool does not stand a fall, and the box shows one. Glass is a \
                      third of its price; the rest arrived as it should.";
        let sign = |shown: &str| devnet::sign_shown(shown).map_err(|error| error.message);
        self.people.rule(STAFF, order, (Bps::percent(40), reason), sign).map_err(failed)?;
        self.round()
    }

    /// The buyer pays what is due, or ether where that is not what he should pay in.
    fn pay(&self, (buyer, order): (&str, OrderId), wei: Option<u128>) -> Result<(), Stop> {
        let standing = self.people.standing(buyer, order).map_err(failed)?;
        let to: EvmAddress = standing.address.ok_or_else(|| failed("no address was issued"))?;
        let due = U256::from_limbs(*standing.due.as_u256().as_limbs());
        let to = devnet::Address::from(*to.as_bytes());
        let paid = match (wei, standing.asset.token) {
            (Some(wei), _) => self.chain.pay(to, U256::from(wei)),
            (None, Some(_)) => self.chain.pay_dollars(to, due),
            (None, None) => self.chain.pay(to, due),
        };
        paid.map_err(|error| failed(error.message))?;
        self.round()
    }
}
