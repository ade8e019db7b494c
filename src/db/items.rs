//! Items and packages: the shop window, item pages, and what vendors change.

use chrono::NaiveDateTime;
use diesel::dsl::min;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::{ItemId, StoreId};
use domain::item::Item;
use domain::money::Cents;
use domain::store::Store;

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{address_requests, items, packages, stores};
use crate::stores::StoreRow;
use crate::turns;

/// An item.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = items)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct ItemRow {
    pub id: String,
    pub store_id: String,
    pub name: String,
    pub description: String,
    pub picture: String,
    pub from_cents: Option<i64>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub withdrawn_at: Option<NaiveDateTime>,
}

impl TryFrom<&Item> for ItemRow {
    type Error = DbError;

    fn try_from(item: &Item) -> Result<Self, DbError> {
        let from = item.from.map(|from| codec::column("items.from_cents", from.get()));
        Ok(Self {
            id: item.id.to_string(),
            store_id: item.store.to_string(),
            name: item.name.clone(),
            description: item.description.clone(),
            picture: item.picture.clone(),
            from_cents: from.transpose()?,
            created_at: codec::stamp(item.created_at),
            updated_at: codec::stamp(item.updated_at),
            withdrawn_at: item.withdrawn_at.map(codec::stamp),
        })
    }
}

impl TryFrom<ItemRow> for Item {
    type Error = DbError;

    fn try_from(row: ItemRow) -> Result<Self, DbError> {
        let from = row.from_cents.map(|from| codec::cents("items.from_cents", from));
        Ok(Self {
            id: codec::parsed("items.id", &row.id)?,
            store: codec::parsed("items.store_id", &row.store_id)?,
            name: row.name,
            description: row.description,
            picture: row.picture,
            from: from.transpose()?,
            created_at: codec::time(row.created_at),
            updated_at: codec::time(row.updated_at),
            withdrawn_at: row.withdrawn_at.map(codec::time),
        })
    }
}

/// What of an item its vendor changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemWords {
    /// Its name.
    pub name: String,
    /// What it is, in words.
    pub description: String,
    /// The name of its picture.
    pub picture: String,
}

/// An item in the shop window: as little of it as a card shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The item.
    pub id: ItemId,
    /// The store that sells it.
    pub store: StoreId,
    /// The store's name.
    pub store_name: String,
    /// The item's name.
    pub name: String,
    /// The name of its picture.
    pub picture: String,
    /// The lowest price among its packages on sale.
    pub from: Cents,
    /// Since when it is there.
    pub created_at: Time,
}

type CardRow = (String, String, String, String, String, Option<i64>, NaiveDateTime);

fn cards(rows: Result<Vec<CardRow>, diesel::result::Error>) -> Result<Vec<Card>, DbError> {
    rows?
        .into_iter()
        .map(|(id, store, store_name, name, picture, from, created_at)| {
            Ok(Card {
                id: codec::parsed("items.id", &id)?,
                store: codec::parsed("items.store_id", &store)?,
                store_name,
                name,
                picture,
                from: codec::cents("items.from_cents", from.unwrap_or(-1))?,
                created_at: codec::time(created_at),
            })
        })
        .collect()
}

/// A place in a list that runs from the newest to the oldest: the last item shown.
pub type Place = (Time, ItemId);

type CardColumns = (
    items::id,
    items::store_id,
    stores::name,
    items::name,
    items::picture,
    items::from_cents,
    items::created_at,
);
const CARD: CardColumns = (
    items::id,
    items::store_id,
    stores::name,
    items::name,
    items::picture,
    items::from_cents,
    items::created_at,
);

/// Up to `limit` items on sale in open stores, newest first, older than the cursor.
pub fn window(conn: &mut Conn, before: Option<Place>, limit: i64) -> Result<Vec<Card>, DbError> {
    let query = items::table
        .inner_join(stores::table.on(stores::id.eq(items::store_id)))
        .filter(items::from_cents.is_not_null())
        .filter(items::withdrawn_at.is_null())
        .filter(stores::suspended_at.is_null())
        .order((items::created_at.desc(), items::id.desc()))
        .limit(limit)
        .select(CARD);
    let rows = match before {
        None => query.load(conn),
        Some((time, id)) => {
            let time = codec::stamp(time);
            // The first term is the range that the index serves, the second cuts its edge off.
            let older = items::created_at
                .le(time)
                .and(items::created_at.lt(time).or(items::id.lt(id.to_string())));
            query.filter(older).load(conn)
        }
    };
    cards(rows)
}

/// As [`window`], of one store, whose being open the caller has checked.
pub fn window_of(
    conn: &mut Conn,
    store: StoreId,
    before: Option<Place>,
    limit: i64,
) -> Result<Vec<Card>, DbError> {
    let query = items::table
        .inner_join(stores::table.on(stores::id.eq(items::store_id)))
        .filter(items::store_id.eq(store.to_string()))
        .filter(items::from_cents.is_not_null())
        .filter(items::withdrawn_at.is_null())
        .order((items::created_at.desc(), items::id.desc()))
        .limit(limit)
        .select(CARD);
    let rows = match before {
        None => query.load(conn),
        Some((time, id)) => {
            let time = codec::stamp(time);
            let older = items::created_at
                .le(time)
                .and(items::created_at.lt(time).or(items::id.lt(id.to_string())));
            query.filter(older).load(conn)
        }
    };
    cards(rows)
}

/// Up to `limit` items of a store whether or not they are on sale, newest first: for its members.
pub fn all_of(
    conn: &mut Conn,
    store: StoreId,
    before: Option<Place>,
    limit: i64,
) -> Result<Vec<Item>, DbError> {
    let query = items::table
        .filter(items::store_id.eq(store.to_string()))
        .order((items::created_at.desc(), items::id.desc()))
        .limit(limit)
        .select(ItemRow::as_select());
    let rows: Vec<ItemRow> = match before {
        None => query.load(conn)?,
        Some((time, id)) => {
            let time = codec::stamp(time);
            let older = items::created_at
                .le(time)
                .and(items::created_at.lt(time).or(items::id.lt(id.to_string())));
            query.filter(older).load(conn)?
        }
    };
    rows.into_iter().map(Item::try_from).collect()
}

/// One item with its store, in whatever state they are.
pub fn by_id(conn: &mut Conn, id: ItemId) -> Result<Option<(Item, Store)>, DbError> {
    let row: Option<(ItemRow, StoreRow)> = items::table
        .inner_join(stores::table.on(stores::id.eq(items::store_id)))
        .filter(items::id.eq(id.to_string()))
        .select((ItemRow::as_select(), StoreRow::as_select()))
        .first(conn)
        .optional()?;
    row.map(|(item, store)| Ok((item.try_into()?, store.try_into()?))).transpose()
}

/// Adds an item.
pub fn insert(tx: &mut WebTx<'_>, item: &Item) -> Result<(), DbError> {
    diesel::insert_into(items::table).values(ItemRow::try_from(item)?).execute(tx.conn())?;
    Ok(())
}

/// Changes what an item says about itself.
pub fn describe(
    tx: &mut WebTx<'_>,
    id: ItemId,
    words: &ItemWords,
    now: Time,
) -> Result<(), DbError> {
    diesel::update(items::table.find(id.to_string()))
        .set((
            items::name.eq(&words.name),
            items::description.eq(&words.description),
            items::picture.eq(&words.picture),
            items::updated_at.eq(codec::stamp(now)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Takes an item off sale, or puts it back.
pub fn withdraw(tx: &mut WebTx<'_>, id: ItemId, since: Option<Time>) -> Result<(), DbError> {
    diesel::update(items::table.find(id.to_string()))
        .set(items::withdrawn_at.eq(since.map(codec::stamp)))
        .execute(tx.conn())?;
    Ok(())
}

/// Sets the price that an item's card shows to the lowest of its packages on sale; to none while
/// its store has never named a payout address, because such a store lists nothing.
pub fn reprice(tx: &mut WebTx<'_>, item: ItemId, store: StoreId) -> Result<(), DbError> {
    turns::of_item(tx, item)?;
    let from: Option<i64> = if may_list(tx, store)? {
        packages::table
            .filter(packages::item_id.eq(item.to_string()))
            .filter(packages::withdrawn_at.is_null())
            .select(min(packages::price_cents))
            .first(tx.conn())?
    } else {
        None
    };
    diesel::update(items::table.find(item.to_string()))
        .set(items::from_cents.eq(from))
        .execute(tx.conn())?;
    Ok(())
}

/// [`reprice`] for all items of a store, when it has named its first payout address.
pub fn reprice_all(tx: &mut WebTx<'_>, store: StoreId) -> Result<(), DbError> {
    let all: Vec<String> = items::table
        .filter(items::store_id.eq(store.to_string()))
        .select(items::id)
        .load(tx.conn())?;
    for id in all {
        reprice(tx, codec::parsed("items.id", &id)?, store)?;
    }
    Ok(())
}

/// Whether a store has named a payout address, so that its items may go on sale.
pub fn may_list(conn: &mut Conn, store: StoreId) -> Result<bool, DbError> {
    let named = address_requests::table
        .filter(address_requests::owner_id.eq(store.to_string()))
        .filter(address_requests::owner_kind.eq("store"))
        .filter(address_requests::purpose.eq("payout"));
    diesel::select(diesel::dsl::exists(named)).get_result(conn).map_err(DbError::from)
}
