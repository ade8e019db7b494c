//! Lets the people of a demo act: they place, ship, confirm and dispute orders through the same
//! actions as pages and agents.

use std::sync::Arc;
use std::time::Duration;

use db::WebDb;
use db::sessions::ViewerRow;
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Clock;
use domain::file::safe_name;
use domain::ids::{OrderId, PackageId};
use domain::intent::IntentAction;
use domain::money::{Amount, Bps};
use domain::policy::Act;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::config::Config;
use crate::disputes::attached::Files;
use crate::error::AppError;
use crate::files::store::Unfit;
use crate::http::viewer::Account;
use crate::orders::actions::act::{Acting, Deed, perform};
use crate::orders::actions::place::{self, PlaceOrder, Wish};
use crate::orders::actions::read;
use crate::orders::consent::{self, Given, Plan};
use crate::signer::actions::{self as signer, Naming};
use crate::state::{App, State};

/// How many items of the window are looked through; the demo has fewer.
const WINDOW: i64 = 100;

/// The shop without its server, and people to act in it.
pub struct Director {
    app: State,
    runtime: Runtime,
}

/// What somebody buys.
#[derive(Debug, Clone, Copy)]
pub struct Purchase<'a> {
    /// Username of the buyer.
    pub buyer: &'a str,
    /// Name of the item; its cheapest package is taken.
    pub item: &'a str,
    /// How many.
    pub quantity: u32,
    /// The chain to pay on.
    pub chain: ChainId,
    /// The token to pay in; none for the chain's coin.
    pub token: Option<EvmAddress>,
    /// Where a refund goes.
    pub refund: EvmAddress,
    /// Where the goods go.
    pub delivery: &'a str,
}

/// A purchase that is ready to be placed.
#[derive(Debug, Clone)]
pub struct Choice {
    buyer: Account,
    command: PlaceOrder,
}

/// Where an order stands, as far as a demo cares.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The address to pay to, once it is issued.
    pub address: Option<EvmAddress>,
    /// What it is paid in.
    pub asset: Asset,
    /// To be paid, in base units.
    pub due: Amount,
}

/// What went wrong, in the words of the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Missed(pub(super) String);

impl From<AppError> for Missed {
    fn from(error: AppError) -> Self {
        Self(format!("{error:?}"))
    }
}

impl From<db::DbError> for Missed {
    fn from(error: db::DbError) -> Self {
        Self(error.to_string())
    }
}

impl Director {
    /// Opens the shop for acting. `pulse_life` is that of [`App::new`].
    ///
    /// # Errors
    /// When no runtime can be had.
    pub fn new(
        config: Config,
        db: WebDb,
        clock: Arc<dyn Clock>,
        pulse_life: Duration,
    ) -> Result<Self, Missed> {
        let runtime =
            Builder::new_current_thread().build().map_err(|error| Missed(error.to_string()))?;
        Ok(Self { app: State::new(App::new(config, db, clock, pulse_life)), runtime })
    }

    /// Somebody orders something.
    ///
    /// # Errors
    /// When the shop refuses it.
    pub fn buy(&self, purchase: Purchase<'_>) -> Result<OrderId, Missed> {
        self.place(&self.choose(purchase)?)
    }

    /// Looks up who buys and what, as the pages before the checkout do.
    ///
    /// # Errors
    /// When there is no such person or item.
    pub fn choose(&self, purchase: Purchase<'_>) -> Result<Choice, Missed> {
        let buyer = self.account(purchase.buyer)?;
        let command = PlaceOrder {
            wish: Wish { lines: vec![(self.cheapest(purchase.item)?, purchase.quantity)] },
            pay: (purchase.chain, purchase.token),
            rate: None,
            most: None,
            refund: purchase.refund,
            delivery: Some(purchase.delivery.to_owned()),
            ticket: None,
            request_id: "demo".to_owned(),
        };
        Ok(Choice { buyer, command })
    }

    /// Places what was chosen.
    ///
    /// # Errors
    /// When the shop refuses it.
    pub fn place(&self, choice: &Choice) -> Result<OrderId, Missed> {
        let placed = place::place(&self.app, &choice.buyer, choice.command.clone());
        Ok(self.runtime.block_on(placed)?.order)
    }

    /// Places orders for many at once, as a worker of the server serves many connections: each of
    /// `choices` is placed `times` over, one after the other, while the others go on beside it.
    ///
    /// # Errors
    /// The first refusal.
    pub fn place_at_once(&self, choices: &[Choice], times: u32) -> Result<(), Missed> {
        let together = LocalSet::new();
        let placing: Vec<_> = choices
            .iter()
            .cloned()
            .map(|choice| {
                let app = State::clone(&self.app);
                together.spawn_local(async move {
                    for _ in 0..times {
                        place::place(&app, &choice.buyer, choice.command.clone()).await?;
                    }
                    Ok::<(), AppError>(())
                })
            })
            .collect();
        self.runtime.block_on(together.run_until(async {
            for placed in placing {
                placed.await.map_err(|error| Missed(error.to_string()))??;
            }
            Ok(())
        }))
    }

    /// Where an order stands, as its buyer sees it.
    ///
    /// # Errors
    /// When there is no such order of this buyer.
    pub fn standing(&self, buyer: &str, order: OrderId) -> Result<Standing, Missed> {
        let account = self.account(buyer)?;
        let view = self.runtime.block_on(read::view(&self.app, &account, order))?;
        Ok(Standing { address: view.address, asset: view.asset, due: view.due })
    }

    /// A vendor sends what was bought.
    ///
    /// # Errors
    /// When the order is not his, not paid or sent already.
    pub fn ship(&self, vendor: &str, order: OrderId, note: &str) -> Result<(), Missed> {
        self.act(vendor, order, Deed::Ship(note.to_owned()))
    }

    /// Somebody asks escrow for something.
    ///
    /// # Errors
    /// When the rules say no.
    pub fn ask(&self, who: &str, order: OrderId, action: IntentAction) -> Result<(), Missed> {
        self.act(who, order, Deed::ask(action))
    }

    /// Somebody names the wallet that signs for him; `sign` is the wallet.
    ///
    /// # Errors
    /// When the wallet or the shop refuses.
    pub fn name_signer(
        &self,
        who: &str,
        address: &str,
        sign: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<(), Missed> {
        let account = self.account(who)?;
        let challenge = signer::challenge(&self.app, &account);
        let (request, signature) =
            (challenge.request.to_string(), sign(&challenge.text).map_err(Missed)?);
        let naming = Naming { request: &request, address, signature: &signature };
        self.runtime.block_on(signer::name(&self.app, &account, naming))?;
        Ok(())
    }

    /// Somebody wants to be paid to another address than the sealed one.
    ///
    /// # Errors
    /// When the rules say no.
    pub fn reseal(&self, who: &str, order: OrderId, address: &str) -> Result<(), Missed> {
        self.act(who, order, Deed::Reseal(address.to_owned()))
    }

    /// Somebody opens a dispute.
    ///
    /// # Errors
    /// When the rules say no.
    pub fn dispute(
        &self,
        who: &str,
        order: OrderId,
        (reason, statement): (&str, &str),
        file: Option<(&str, &[u8])>,
    ) -> Result<(), Missed> {
        let files = self.files(file)?;
        self.act(who, order, Deed::Dispute(reason.to_owned(), statement.to_owned(), files))
    }

    /// A party offers the buyer a share.
    ///
    /// # Errors
    /// When the rules say no.
    pub fn offer(&self, who: &str, order: OrderId, buyer: Bps) -> Result<(), Missed> {
        self.act(who, order, Deed::Offer(buyer, None))
    }

    /// Somebody says something about a dispute.
    ///
    /// # Errors
    /// When the rules say no.
    pub fn claim(
        &self,
        who: &str,
        order: OrderId,
        body: &str,
        file: Option<(&str, &[u8])>,
    ) -> Result<(), Missed> {
        let files = self.files(file)?;
        self.act(who, order, Deed::Claim(body.to_owned(), files))
    }

    /// Takes in a file as the server does while it is sent.
    fn files(&self, file: Option<(&str, &[u8])>) -> Result<Files, Missed> {
        let (Some((name, content)), Some(store)) = (file, &self.app.files) else {
            return Ok(Vec::new());
        };
        let missed = |unfit: Unfit| Missed(unfit.to_string());
        let mut coming = store.begin("demo").map_err(|error| missed(error.into()))?;
        coming.push(content).map_err(missed)?;
        let file = coming.finish().map_err(missed)?;
        Ok(vec![(safe_name(name, file.kind), file)])
    }

    /// A staff member rules, with the signature of his wallet where the site wants it; `sign` is the
    /// wallet, which is given typed data as pages show them.
    ///
    /// # Errors
    /// When the wallet or the rules say no.
    pub fn rule(
        &self,
        who: &str,
        order: OrderId,
        (buyer, reason): (Bps, &str),
        sign: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<(), Missed> {
        let account = self.account(who)?;
        let view = self.runtime.block_on(read::view(&self.app, &account, order))?;
        let plan = Plan::share(Act::Ask(IntentAction::Rule), Some(buyer));
        let given = match consent::wanted(&view, plan, self.app.now()) {
            None => None,
            Some(wanted) => {
                let signature = sign(&wanted.typed_text()).map_err(Missed)?;
                Some(Given { signature, deadline: wanted.consent.deadline })
            }
        };
        self.act(who, order, Deed::Rule(buyer, reason.to_owned(), given))
    }

    fn act(&self, who: &str, order: OrderId, deed: Deed) -> Result<(), Missed> {
        let account = self.account(who)?;
        self.runtime.block_on(async {
            let (app, who): (&App, _) = (&self.app, &account);
            let view = read::view(app, who, order).await?;
            perform(Acting { app, who, view: &view, request_id: "demo" }, deed).await
        })?;
        Ok(())
    }

    /// The cheapest package of an item in the window.
    fn cheapest(&self, item: &str) -> Result<PackageId, Missed> {
        let name = item.to_owned();
        let found = self.runtime.block_on(self.app.read(move |conn| {
            let cards = db::items::window(conn, None, WINDOW)?;
            let Some(card) = cards.iter().find(|card| card.name == name) else { return Ok(None) };
            Ok(db::packages::on_sale_of(conn, card.id)?.first().map(|package| package.id))
        }))?;
        found.ok_or_else(|| Missed(format!("{item} is not on sale")))
    }

    /// The shop.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// Runs an action to its end.
    pub(super) fn run<T>(
        &self,
        act: impl Future<Output = Result<T, AppError>>,
    ) -> Result<T, Missed> {
        Ok(self.runtime.block_on(act)?)
    }

    pub(super) fn account(&self, username: &str) -> Result<Account, Missed> {
        let key = username.to_lowercase();
        let row =
            self.runtime.block_on(self.app.read(move |conn| db::accounts::by_key(conn, &key)))?;
        let row = row.ok_or_else(|| Missed(format!("there is no user {username}")))?;
        Ok(Account::try_from(ViewerRow::from(row))?)
    }
}
