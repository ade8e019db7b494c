//! What members and staff do about deposits; pages and routes both call these.

use db::addresses::Purpose;
use db::lodgings::{self, DepositRow, Lodged, WithdrawalRow};
use db::{addresses, codec, turns};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::clock::Span;
use domain::deposit::{self, OPEN_MAX, Refusal};
use domain::ids::{OrderId, StoreId};
use domain::item::PackageKind;
use domain::money::{Amount, Cents};
use domain::order::{self, AssetNow, OrderStatus};
use domain::refusal::{Faults, OrderRefusal};
use domain::store::{Store, StoreAct, StoreRefusal, StoreRole};

use crate::error::AppError;
use crate::http::limits::{self, Limit};
use crate::http::viewer::Account;
use crate::state::App;
use crate::stores::{access, reads};

const LODGINGS: Limit = Limit { name: "deposits", max: 20, window: Span::days(1) };
/// Deposits that are shown, the newest.
const SHOWN: i64 = 100;

/// The deposits of a store as its members see them.
#[derive(Debug)]
pub(crate) struct OfStore {
    pub(crate) store: Store,
    pub(crate) role: StoreRole,
    pub(crate) deposits: Vec<Lodged>,
    /// What its deposits that count come to.
    pub(crate) lodged: Cents,
    /// What it must have lodged to sell what it has on sale.
    pub(crate) demanded: Cents,
    /// Where a deposit goes back to.
    pub(crate) payout: Option<EvmAddress>,
}

/// What the site demands by kind of package, and the newest deposits of all stores.
#[derive(Debug)]
pub(crate) struct OfAll {
    pub(crate) rules: Vec<(PackageKind, Cents)>,
    pub(crate) deposits: Vec<Lodged>,
}

/// A deposit that somebody wants to lodge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// Number of the chain and, for a token, its contract, as `pay` of the checkout.
    pub(crate) asset: Option<Asset>,
    pub(crate) amount: Option<Amount>,
    pub(crate) request_id: &'a str,
}

/// What can be lodged in now.
pub(crate) async fn assets(app: &App) -> Result<Vec<AssetNow>, AppError> {
    Ok(app.market().await?.payable.iter().map(|(now, _)| *now).collect())
}

/// A store's deposits, for its members.
pub(crate) async fn of_store(app: &App, who: &Account, id: StoreId) -> Result<OfStore, AppError> {
    let (store, role) = reads::membership(app, who, id, StoreAct::See).await?;
    let now = app.now();
    let (deposits, lodged, demanded, payout) = app
        .read(move |conn| {
            let kinds = lodgings::kinds_of(conn, id)?;
            let book = addresses::book(conn, Purpose::Payout(id))?;
            Ok((
                lodgings::list(conn, Some(id), SHOWN)?,
                lodgings::lodged(conn, id)?,
                deposit::demanded(&lodgings::rules(conn)?, kinds),
                book.in_force(now).map(|entry| entry.address),
            ))
        })
        .await?;
    Ok(OfStore { store, role, deposits, lodged, demanded, payout })
}

/// Writes down what a store wants to lodge; escrow issues and seals an address within moments. It goes
/// back to the store's payout address of now, and nowhere else.
pub(crate) async fn lodge(
    app: &App,
    who: &Account,
    id: StoreId,
    wish: Wish<'_>,
) -> Result<OrderId, AppError> {
    reads::membership(app, who, id, StoreAct::Sell).await?;
    let mut faults = Faults::default();
    let chosen = assets(app).await?.into_iter().find(|now| Some(now.asset) == wish.asset);
    let chosen = faults.take("pay", chosen.ok_or("Please choose what to lodge it in."));
    let amount = wish.amount.filter(|amount| !amount.is_zero());
    let amount = faults.take("amount", amount.ok_or("Please say how much, in digits."));
    let (Some(chosen), Some(amount)) = (chosen, amount) else {
        return Err(AppError::invalid(faults));
    };
    if order::minimum(chosen.leg_fee).is_none_or(|least| amount < least) {
        let least = order::minimum(chosen.leg_fee).unwrap_or_default();
        let why = format!("The least is {} because of network fees.", chosen.asset.shown(least));
        return Err(AppError::fault("amount", why));
    }
    limits::admit(app, LODGINGS, &id.to_string()).await?;
    let (by, now, deposit) = (who.id, app.now(), OrderId::dated(app.now(), app.random()));
    let request_id = wish.request_id.to_owned();
    app.write("deposit-lodge", move |tx| -> Result<(), AppError> {
        turns::of_store(tx, id)?;
        access::member(tx, id, by, StoreAct::Sell)?;
        if lodgings::count_open(tx, id)? >= OPEN_MAX {
            let why = format!("A store has at most {OPEN_MAX} deposits at once.");
            return Err(AppError::Conflict("too-many-deposits", why.into()));
        }
        let book = addresses::book(tx, Purpose::Payout(id))?;
        let back = book.in_force(now).ok_or(OrderRefusal::NoPayoutAddress)?;
        let asset = chosen.asset;
        let row = DepositRow {
            id: deposit.to_string(),
            store_id: id.to_string(),
            lodged_by: by.to_string(),
            chain_id: codec::column("vendor_deposits.chain_id", asset.chain.get())?,
            token_address: asset.token.map(|token| token.to_string()),
            token: asset.symbol.to_string(),
            decimals: asset.decimals.into(),
            amount: codec::amount_text(amount),
            return_address: back.address.to_string(),
            request_id: request_id.clone(),
            created_at: codec::stamp(now),
        };
        Ok(lodgings::insert(tx, &row)?)
    })
    .await?;
    Ok(deposit)
}

/// Asks escrow to send a deposit back to its sealed address. For the owner, and not while the store
/// has orders that it is security for.
pub(crate) async fn withdraw(
    app: &App,
    who: &Account,
    (id, deposit): (StoreId, OrderId),
    request_id: &str,
) -> Result<(), AppError> {
    reads::membership(app, who, id, StoreAct::Payout).await?;
    let (by, now, request_id) = (who.id, app.now(), request_id.to_owned());
    app.write("deposit-withdraw", move |tx| -> Result<(), AppError> {
        turns::of_store(tx, id)?;
        let (store, _) = access::member(tx, id, by, StoreAct::Payout)?;
        if store.suspended_at.is_some() {
            return Err(StoreRefusal::Suspended.into());
        }
        let found = lodgings::one(tx, id, deposit)?.ok_or(AppError::NotFound)?;
        let lodged = found.state.as_ref().is_some_and(|state| {
            state.status == OrderStatus::Completed && !state.paying && state.deposit
        });
        if !lodged {
            return Err(Refusal::NotLodged.into());
        }
        if found.asked {
            return Err(Refusal::Asked.into());
        }
        if lodgings::is_disputed(tx, id)? {
            return Err(Refusal::Disputed.into());
        }
        let kinds: Vec<PackageKind> =
            lodgings::rules(tx)?.into_iter().map(|(kind, _)| kind).collect();
        if lodgings::has_open_orders(tx, id, &kinds)? {
            return Err(Refusal::OpenOrders.into());
        }
        let row = WithdrawalRow {
            deposit_id: deposit.to_string(),
            n: lodgings::next_number(tx, deposit)?,
            actor_id: by.to_string(),
            request_id: request_id.clone(),
            created_at: codec::stamp(now),
        };
        Ok(lodgings::ask_back(tx, &row)?)
    })
    .await
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let sentence = refusal.to_string().into();
        match refusal {
            Refusal::NotOwner => Self::Denied(refusal.code(), sentence),
            _ => Self::Conflict(refusal.code(), sentence),
        }
    }
}

fn staff(who: &Account) -> Result<(), AppError> {
    if who.role.is_staff() { Ok(()) } else { Err(AppError::NotFound) }
}

/// What is demanded and lodged, for staff; to others there is nothing here.
pub(crate) async fn of_all(app: &App, who: &Account) -> Result<OfAll, AppError> {
    staff(who)?;
    let (rules, deposits) =
        app.read(|conn| Ok((lodgings::rules(conn)?, lodgings::list(conn, None, SHOWN)?))).await?;
    Ok(OfAll { rules, deposits })
}

/// Demands a least deposit for a kind of package; zero demands none.
pub(crate) async fn demand(
    app: &App,
    who: &Account,
    (kind, least): (&str, Option<Cents>),
    request_id: &str,
) -> Result<(), AppError> {
    staff(who)?;
    let mut faults = Faults::default();
    let kind = faults.take("kind", kind.parse::<PackageKind>());
    let least = faults.take("least", least.ok_or("Write the sum in digits: 100.00"));
    let (Some(kind), Some(least)) = (kind, least) else { return Err(AppError::invalid(faults)) };
    let (by, now, request_id) = (who.id, app.now(), request_id.to_owned());
    app.write("deposit-rule", move |tx| -> Result<(), AppError> {
        Ok(lodgings::set_rule(tx, (kind, least), (by, &request_id), now)?)
    })
    .await
}
