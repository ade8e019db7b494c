//! What item pages and routes show.

use db::items::Card;
use db::{items, packages, stores};
use domain::ids::{ItemId, PackageId, StoreId};
use domain::item::{Item, ItemState, Package};
use domain::store::{Store, StoreAct, StoreRole};

use crate::error::AppError;
use crate::http::paging::{self, Cursor};
use crate::http::viewer::Account;
use crate::state::App;
use crate::stores::access;
use crate::stores::reads::{after_card, place, visible};

/// An item as its page shows it.
#[derive(Debug)]
pub struct ItemPage {
    /// The item.
    pub item: Item,
    /// Who sells it.
    pub store: Store,
    /// In what it is sold, cheapest first.
    pub packages: Vec<Package>,
    /// The store's orders that came to a good end, as far as they are counted.
    pub released: Option<u64>,
    /// What the viewer is in the store.
    pub role: Option<StoreRole>,
}

/// An item as the members of its store see it.
#[derive(Debug)]
pub struct EditPage {
    /// The item.
    pub item: Item,
    /// Its store.
    pub store: Store,
    /// In what it is sold, cheapest first.
    pub packages: Vec<Package>,
    /// Whether it is on sale, and if not, why.
    pub state: ItemState,
}

/// Items on sale, newest first: of one store, or of all.
pub async fn window(
    app: &App,
    of: Option<(StoreId, Option<&Account>)>,
    cursor: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<Card>, Option<Cursor>), AppError> {
    let before = place(cursor)?;
    let rows = match of {
        None => app.read(move |conn| items::window(conn, before, i64::from(limit) + 1)).await?,
        Some((store, viewer)) => {
            visible(app, viewer, store).await?;
            app.read(move |conn| items::window_of(conn, store, before, i64::from(limit) + 1))
                .await?
        }
    };
    Ok(paging::split(rows, limit, after_card))
}

/// The public page of an item. What is not on sale exists only for its store's members and staff.
pub async fn shown(app: &App, viewer: Option<&Account>, id: ItemId) -> Result<ItemPage, AppError> {
    let who = viewer.map(|account| account.id);
    let staff = viewer.is_some_and(|account| account.role.is_staff());
    let page = app
        .read(move |conn| {
            let Some((item, store)) = items::by_id(conn, id)? else { return Ok(None) };
            let role = who.map(|who| stores::role_of(conn, store.id, who)).transpose()?.flatten();
            let public = item.on_sale() && store.suspended_at.is_none();
            if !public && role.is_none() && !staff {
                return Ok(None);
            }
            let packages = packages::on_sale_of(conn, id)?;
            let released = stores::released_orders(conn, store.id)?;
            Ok(Some(ItemPage { item, store, packages, released, role }))
        })
        .await?;
    page.ok_or(AppError::NotFound)
}

/// An item for the members of its store, who may do `act` there.
pub async fn edited(
    app: &App,
    who: &Account,
    id: ItemId,
    act: StoreAct,
) -> Result<EditPage, AppError> {
    let who = who.id;
    let found = app
        .read(move |conn| {
            let Some((item, store)) = items::by_id(conn, id)? else { return Ok(None) };
            let role = stores::role_of(conn, store.id, who)?;
            let packages = packages::on_sale_of(conn, id)?;
            let state = item.state(items::may_list(conn, store.id)?);
            Ok(role.map(|role| (role, EditPage { item, store, packages, state })))
        })
        .await?;
    let (role, page) = found.ok_or(AppError::NotFound)?;
    access::permit(Some((page.store.clone(), role)), act)?;
    Ok(page)
}

/// A package with its item, for the members of its store. A withdrawn one is gone.
pub async fn package(
    app: &App,
    who: &Account,
    id: PackageId,
    act: StoreAct,
) -> Result<(Package, Item, Store), AppError> {
    let who = who.id;
    let found = app
        .read(move |conn| {
            let found = packages::by_id(conn, id)?;
            let Some((package, item, store)) = found else { return Ok(None) };
            let role = stores::role_of(conn, store.id, who)?;
            Ok(role.map(|role| (role, package, item, store)))
        })
        .await?;
    let (role, package, item, store) = found.ok_or(AppError::NotFound)?;
    let (store, _) = access::permit(Some((store, role)), act)?;
    if package.withdrawn_at.is_some() {
        return Err(AppError::NotFound);
    }
    Ok((package, item, store))
}
