//! What vendors do with packages; pages and routes both call these. Each keeps the price that the
//! item's card shows right in the same transaction.

use db::{WebTx, items, packages, turns};
use domain::clock::Span;
use domain::ids::{ItemId, PackageId, UserId};
use domain::item::{Item, PACKAGES_MAX, Package, PackageDraft, PackagePatch};
use domain::refusal::Faults;
use domain::store::StoreAct;

use crate::error::AppError;
use crate::http::limits::{self, Limit};
use crate::http::viewer::Account;
use crate::items::actions::sold_by;
use crate::items::reads;
use crate::state::App;
use crate::stores::access;

const CREATIONS: Limit = Limit { name: "package-create", max: 500, window: Span::hours(1) };

/// Adds a package to an item. The draft is parsed here so that a stranger is told nothing about it.
pub async fn add(
    app: &App,
    who: &Account,
    item: ItemId,
    parse: impl FnOnce(&mut Faults) -> Option<PackageDraft>,
) -> Result<Package, AppError> {
    reads::edited(app, who, item, StoreAct::Sell).await?;
    let mut faults = Faults::default();
    let Some(draft) = parse(&mut faults) else { return Err(AppError::invalid(faults)) };
    limits::admit(app, CREATIONS, &item.to_string()).await?;
    let who = who.id;
    let package = Package {
        id: PackageId::from_random(app.random()),
        item,
        name: draft.name,
        kind: draft.kind,
        price: draft.price,
        shipping: draft.shipping,
        handling_hours: draft.handling_hours,
        created_at: app.now(),
        withdrawn_at: None,
    };
    app.write("package-add", move |tx| -> Result<Package, AppError> {
        turns::of_item(tx, item)?;
        let (_, store) = sold_by(tx, item, who)?;
        if packages::on_sale_of(tx, item)?.len() >= PACKAGES_MAX {
            let sentence = format!("An item has {PACKAGES_MAX} packages at the most.");
            return Err(AppError::Conflict("too-many-packages", sentence.into()));
        }
        packages::insert(tx, &package)?;
        items::reprice(tx, item, store.id)?;
        Ok(package.clone())
    })
    .await
}

/// Changes a package. Orders that stand keep what was agreed.
pub async fn change(
    app: &App,
    who: &Account,
    id: PackageId,
    parse: impl FnOnce(&mut Faults) -> PackagePatch,
) -> Result<Package, AppError> {
    let (package, ..) = reads::package(app, who, id, StoreAct::Sell).await?;
    let mut faults = Faults::default();
    let patch = parse(&mut faults);
    if !faults.is_empty() {
        return Err(AppError::invalid(faults));
    }
    let field = if patch.shipping.is_some() { "shipping_cents" } else { "kind" };
    let refused = move |error| AppError::fault(field, error);
    patch.clone().over(&package).map_err(refused)?;
    let who = who.id;
    app.write("package-change", move |tx| -> Result<Package, AppError> {
        let (mut package, item) = standing(tx, id, who)?;
        let draft = patch.clone().over(&package).map_err(refused)?;
        packages::change(tx, id, &draft)?;
        items::reprice(tx, item.id, item.store)?;
        package.name = draft.name;
        package.kind = draft.kind;
        package.price = draft.price;
        package.shipping = draft.shipping;
        package.handling_hours = draft.handling_hours;
        Ok(package)
    })
    .await
}

/// Takes a package off sale for good. Orders that stand are not touched.
pub async fn withdraw(app: &App, who: &Account, id: PackageId) -> Result<Item, AppError> {
    let (who, now) = (who.id, app.now());
    app.write("package-withdraw", move |tx| -> Result<Item, AppError> {
        let (_, item) = standing(tx, id, who)?;
        packages::withdraw(tx, id, now)?;
        items::reprice(tx, item.id, item.store)?;
        Ok(item)
    })
    .await
}

/// A package on sale, for a write, in a store where `who` may sell.
fn standing(tx: &mut WebTx<'_>, id: PackageId, who: UserId) -> Result<(Package, Item), AppError> {
    let (package, item, store) = packages::by_id(tx, id)?.ok_or(AppError::NotFound)?;
    access::member(tx, store.id, who, StoreAct::Sell)?;
    if package.withdrawn_at.is_some() {
        return Err(AppError::NotFound);
    }
    Ok((package, item))
}
