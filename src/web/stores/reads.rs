//! What store pages and routes show.

use db::addresses::Purpose;
use db::{addresses, items, lodgings, stores};
use domain::deposit;
use domain::ids::{ItemId, StoreId};
use domain::item::Item;
use domain::money::Cents;
use domain::store::{Member, Store, StoreAct, StoreRole, sets_tier};

pub use db::addresses::Book as PayoutBook;
pub use db::items::Card;

use super::access::{self, Membership};
use crate::error::AppError;
use crate::http::paging::{self, Cursor};
use crate::http::viewer::Account;
use crate::state::App;

/// A store as its page shows it.
#[derive(Debug)]
pub struct StorePage {
    /// The store.
    pub store: Store,
    /// Its items on sale, newest first.
    pub cards: Vec<Card>,
    /// Where the older ones begin.
    pub next: Option<Cursor>,
    /// Orders that came to a good end, as far as they are counted.
    pub released: Option<u64>,
    /// What its deposits come to.
    pub lodged: Cents,
    /// What the viewer is in it.
    pub role: Option<StoreRole>,
    /// Whether the viewer sets its tier.
    pub sets_tier: bool,
}

/// A store as its members see it.
#[derive(Debug)]
pub struct ManagePage {
    /// The store.
    pub store: Store,
    /// What the viewer is in it.
    pub role: StoreRole,
    /// Its items, on sale or not, newest first.
    pub items: Vec<Item>,
    /// Where the older ones begin.
    pub next: Option<Cursor>,
    /// Where it is paid.
    pub payout: PayoutBook,
    /// What its deposits come to.
    pub lodged: Cents,
    /// What it must have lodged to sell what it has on sale.
    pub demanded: Cents,
    /// Orders that came to a good end, as far as they are counted.
    pub released: Option<u64>,
}

/// The place in a list of items after which `cursor` goes on.
pub fn place(cursor: Option<Cursor>) -> Result<Option<(domain::clock::Time, ItemId)>, AppError> {
    cursor.map(|cursor| Ok((cursor.at, parsed(&cursor.id)?))).transpose()
}

fn parsed<T: std::str::FromStr>(id: &str) -> Result<T, AppError> {
    let wrong = "This is no place in the list.";
    id.parse().ok().ok_or_else(|| AppError::fault("cursor", wrong))
}

/// The cursor after a card.
pub fn after_card(card: &Card) -> Cursor {
    Cursor { at: card.created_at, id: card.id.to_string() }
}

/// The cursor after an item.
pub fn after_item(item: &Item) -> Cursor {
    Cursor { at: item.created_at, id: item.id.to_string() }
}

/// Open stores, newest first.
pub async fn newest(
    app: &App,
    cursor: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<Store>, Option<Cursor>), AppError> {
    let before =
        cursor.map(|cursor| Ok::<_, AppError>((cursor.at, parsed(&cursor.id)?))).transpose()?;
    let rows = app.read(move |conn| stores::newest(conn, before, i64::from(limit) + 1)).await?;
    let after = |store: &Store| Cursor { at: store.created_at, id: store.id.to_string() };
    Ok(paging::split(rows, limit, after))
}

/// A store and what the viewer is in it; a suspended one exists only for its members and staff.
pub async fn visible(
    app: &App,
    viewer: Option<&Account>,
    id: StoreId,
) -> Result<(Store, Option<StoreRole>), AppError> {
    let who = viewer.map(|account| account.id);
    let found = app
        .read(move |conn| {
            let role = who.map(|who| stores::role_of(conn, id, who)).transpose()?.flatten();
            Ok(stores::by_id(conn, id)?.map(|store| (store, role)))
        })
        .await?;
    let (store, role) = found.ok_or(AppError::NotFound)?;
    let staff = viewer.is_some_and(|account| account.role.is_staff());
    if store.suspended_at.is_some() && role.is_none() && !staff {
        return Err(AppError::NotFound);
    }
    Ok((store, role))
}

/// The public page of a store.
pub async fn shown(
    app: &App,
    viewer: Option<&Account>,
    id: StoreId,
    cursor: Option<Cursor>,
    limit: u32,
) -> Result<StorePage, AppError> {
    let before = place(cursor)?;
    let (store, role) = visible(app, viewer, id).await?;
    let (rows, released, lodged) = app
        .read(move |conn| {
            let rows = items::window_of(conn, id, before, i64::from(limit) + 1)?;
            Ok((rows, stores::released_orders(conn, id)?, lodgings::lodged(conn, id)?))
        })
        .await?;
    let (cards, next) = paging::split(rows, limit, after_card);
    let sets_tier = viewer.is_some_and(|who| sets_tier(who.role, role));
    Ok(StorePage { store, cards, next, released, lodged, role, sets_tier })
}

/// The viewer's stores with his part in each.
pub async fn mine(app: &App, who: &Account) -> Result<Vec<Membership>, AppError> {
    let who = who.id;
    Ok(app.read(move |conn| stores::of_user(conn, who)).await?)
}

/// A store for a page of its members on which they may do `act`.
pub async fn membership(
    app: &App,
    who: &Account,
    id: StoreId,
    act: StoreAct,
) -> Result<Membership, AppError> {
    let who = who.id;
    access::permit(app.read(move |conn| access::find(conn, id, who)).await?, act)
}

/// The members' page of a store.
pub async fn managed(
    app: &App,
    who: &Account,
    id: StoreId,
    cursor: Option<Cursor>,
    limit: u32,
) -> Result<ManagePage, AppError> {
    let before = place(cursor)?;
    let (store, role) = membership(app, who, id, StoreAct::See).await?;
    let (rows, payout, released, (lodged, demanded)) = app
        .read(move |conn| {
            let rows = items::all_of(conn, id, before, i64::from(limit) + 1)?;
            let payout = addresses::book(conn, Purpose::Payout(id))?;
            let kinds = lodgings::kinds_of(conn, id)?;
            let demanded = deposit::demanded(&lodgings::rules(conn)?, kinds);
            let deposits = (lodgings::lodged(conn, id)?, demanded);
            Ok((rows, payout, stores::released_orders(conn, id)?, deposits))
        })
        .await?;
    let (items, next) = paging::split(rows, limit, after_item);
    Ok(ManagePage { store, role, items, next, payout, lodged, demanded, released })
}

/// Who is in a store, for its members.
pub async fn members(
    app: &App,
    who: &Account,
    id: StoreId,
) -> Result<(Membership, Vec<Member>), AppError> {
    let found = membership(app, who, id, StoreAct::See).await?;
    let members = app.read(move |conn| stores::members(conn, id)).await?;
    Ok((found, members))
}

/// Where a store is paid, for its members.
pub async fn payout(
    app: &App,
    who: &Account,
    id: StoreId,
) -> Result<(Membership, PayoutBook), AppError> {
    let found = membership(app, who, id, StoreAct::See).await?;
    let book = app.read(move |conn| addresses::book(conn, Purpose::Payout(id))).await?;
    Ok((found, book))
}
