//! Packages: the priced variants in which items are sold.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::{ItemId, PackageId};
use domain::item::{Item, Package, PackageDraft};
use domain::store::Store;

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::items::ItemRow;
use crate::schema::{items, packages, stores};
use crate::stores::StoreRow;

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = packages)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct PackageRow {
    pub id: String,
    pub item_id: String,
    pub name: String,
    pub kind: String,
    pub price_cents: i64,
    pub shipping_cents: i64,
    pub handling_hours: i32,
    pub created_at: NaiveDateTime,
    pub withdrawn_at: Option<NaiveDateTime>,
}

impl TryFrom<&Package> for PackageRow {
    type Error = DbError;

    fn try_from(package: &Package) -> Result<Self, DbError> {
        Ok(Self {
            id: package.id.to_string(),
            item_id: package.item.to_string(),
            name: package.name.clone(),
            kind: package.kind.as_str().to_owned(),
            price_cents: codec::column("packages.price_cents", package.price.get())?,
            shipping_cents: codec::column("packages.shipping_cents", package.shipping.get())?,
            handling_hours: codec::column("packages.handling_hours", package.handling_hours)?,
            created_at: codec::stamp(package.created_at),
            withdrawn_at: package.withdrawn_at.map(codec::stamp),
        })
    }
}

impl TryFrom<PackageRow> for Package {
    type Error = DbError;

    fn try_from(row: PackageRow) -> Result<Self, DbError> {
        Ok(Self {
            id: codec::parsed("packages.id", &row.id)?,
            item: codec::parsed("packages.item_id", &row.item_id)?,
            name: row.name,
            kind: codec::parsed("packages.kind", &row.kind)?,
            price: codec::cents("packages.price_cents", row.price_cents)?,
            shipping: codec::cents("packages.shipping_cents", row.shipping_cents)?,
            handling_hours: codec::number("packages.handling_hours", row.handling_hours)?,
            created_at: codec::time(row.created_at),
            withdrawn_at: row.withdrawn_at.map(codec::time),
        })
    }
}

/// The packages of an item that are not withdrawn, cheapest first.
pub fn on_sale_of(conn: &mut Conn, item: ItemId) -> Result<Vec<Package>, DbError> {
    let rows: Vec<PackageRow> = packages::table
        .filter(packages::item_id.eq(item.to_string()))
        .filter(packages::withdrawn_at.is_null())
        .order((packages::price_cents, packages::id))
        .select(PackageRow::as_select())
        .load(conn)?;
    rows.into_iter().map(Package::try_from).collect()
}

/// One package with its item and store, in whatever state they are.
pub fn by_id(conn: &mut Conn, id: PackageId) -> Result<Option<(Package, Item, Store)>, DbError> {
    let row: Option<(PackageRow, ItemRow, StoreRow)> = packages::table
        .inner_join(items::table.on(items::id.eq(packages::item_id)))
        .inner_join(stores::table.on(stores::id.eq(items::store_id)))
        .filter(packages::id.eq(id.to_string()))
        .select((PackageRow::as_select(), ItemRow::as_select(), StoreRow::as_select()))
        .first(conn)
        .optional()?;
    row.map(|(package, item, store)| Ok((package.try_into()?, item.try_into()?, store.try_into()?)))
        .transpose()
}

/// Adds a package. [`crate::items::reprice`] follows in the same transaction.
pub fn insert(tx: &mut WebTx<'_>, package: &Package) -> Result<(), DbError> {
    let row = PackageRow::try_from(package)?;
    diesel::insert_into(packages::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Changes a package. [`crate::items::reprice`] follows in the same transaction.
pub fn change(tx: &mut WebTx<'_>, id: PackageId, draft: &PackageDraft) -> Result<(), DbError> {
    let hours: i32 = codec::column("packages.handling_hours", draft.handling_hours)?;
    let price: i64 = codec::column("packages.price_cents", draft.price.get())?;
    let shipping: i64 = codec::column("packages.shipping_cents", draft.shipping.get())?;
    diesel::update(packages::table.find(id.to_string()))
        .set((
            packages::name.eq(&draft.name),
            packages::kind.eq(draft.kind.as_str()),
            packages::price_cents.eq(price),
            packages::shipping_cents.eq(shipping),
            packages::handling_hours.eq(hours),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Takes a package off sale for good. [`crate::items::reprice`] follows in the same transaction.
pub fn withdraw(tx: &mut WebTx<'_>, id: PackageId, now: Time) -> Result<(), DbError> {
    diesel::update(packages::table.find(id.to_string()))
        .set(packages::withdrawn_at.eq(codec::stamp(now)))
        .execute(tx.conn())?;
    Ok(())
}
