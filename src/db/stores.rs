//! Stores, their members, and the numbers that courier counts for them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::{StoreId, UserId};
use domain::store::{Member, Store, StoreRole, Tier};

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{store_stats, store_users, stores, users};

/// A store.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = stores)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct StoreRow {
    pub id: String,
    pub name: String,
    pub name_key: String,
    pub description: String,
    pub picture: String,
    pub tier: String,
    pub suspended_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
}

impl From<&Store> for StoreRow {
    fn from(store: &Store) -> Self {
        Self {
            id: store.id.to_string(),
            name: store.name.clone(),
            name_key: domain::text::name_key(&store.name),
            description: store.description.clone(),
            picture: store.picture.clone(),
            tier: store.tier.as_str().to_owned(),
            suspended_at: store.suspended_at.map(codec::stamp),
            created_at: codec::stamp(store.created_at),
        }
    }
}

impl TryFrom<StoreRow> for Store {
    type Error = DbError;

    fn try_from(row: StoreRow) -> Result<Self, DbError> {
        Ok(Self {
            id: codec::parsed("stores.id", &row.id)?,
            name: row.name,
            description: row.description,
            picture: row.picture,
            tier: codec::parsed("stores.tier", &row.tier)?,
            suspended_at: row.suspended_at.map(codec::time),
            created_at: codec::time(row.created_at),
        })
    }
}

/// A person's part in a store.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = store_users)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct StoreUserRow {
    pub store_id: String,
    pub user_id: String,
    pub role: String,
    pub created_at: NaiveDateTime,
}

impl StoreUserRow {
    /// The row that makes `user` a member.
    pub fn of(store: StoreId, user: UserId, role: StoreRole, since: Time) -> Self {
        Self {
            store_id: store.to_string(),
            user_id: user.to_string(),
            role: role.as_str().to_owned(),
            created_at: codec::stamp(since),
        }
    }
}

/// What of a store its members change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreWords {
    /// Its name.
    pub name: String,
    /// What it says about itself.
    pub description: String,
    /// The name of its picture.
    pub picture: String,
}

/// Adds a store.
///
/// # Errors
/// [`DbError::Unique`] on `name_key` when a store of the same name is there.
pub fn insert(tx: &mut WebTx<'_>, store: &Store) -> Result<(), DbError> {
    diesel::insert_into(stores::table).values(StoreRow::from(store)).execute(tx.conn())?;
    Ok(())
}

/// Changes what a store says about itself.
///
/// # Errors
/// [`DbError::Unique`] on `name_key` when another store has the name.
pub fn describe(tx: &mut WebTx<'_>, id: StoreId, words: &StoreWords) -> Result<(), DbError> {
    diesel::update(stores::table.find(id.to_string()))
        .set((
            stores::name.eq(&words.name),
            stores::name_key.eq(domain::text::name_key(&words.name)),
            stores::description.eq(&words.description),
            stores::picture.eq(&words.picture),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Gives a store another tier. Orders that were placed keep the commission of theirs.
pub fn set_tier(tx: &mut WebTx<'_>, id: StoreId, tier: Tier) -> Result<(), DbError> {
    diesel::update(stores::table.find(id.to_string()))
        .set(stores::tier.eq(tier.as_str()))
        .execute(tx.conn())?;
    Ok(())
}

/// Closes a store for everybody but its members, or opens it again.
pub fn suspend(tx: &mut WebTx<'_>, id: StoreId, since: Option<Time>) -> Result<(), DbError> {
    diesel::update(stores::table.find(id.to_string()))
        .set(stores::suspended_at.eq(since.map(codec::stamp)))
        .execute(tx.conn())?;
    Ok(())
}

/// One store, suspended or not.
pub fn by_id(conn: &mut Conn, id: StoreId) -> Result<Option<Store>, DbError> {
    let row: Option<StoreRow> =
        stores::table.find(id.to_string()).select(StoreRow::as_select()).first(conn).optional()?;
    row.map(Store::try_from).transpose()
}

/// Up to `limit` open stores, newest first, older than the cursor.
pub fn newest(
    conn: &mut Conn,
    before: Option<(Time, StoreId)>,
    limit: i64,
) -> Result<Vec<Store>, DbError> {
    let query = stores::table
        .filter(stores::suspended_at.is_null())
        .order((stores::created_at.desc(), stores::id.desc()))
        .limit(limit)
        .select(StoreRow::as_select());
    let rows: Vec<StoreRow> = match before {
        None => query.load(conn)?,
        Some((time, id)) => {
            let time = codec::stamp(time);
            // The first term is the range that the index serves, the second cuts its edge off.
            let older = stores::created_at
                .le(time)
                .and(stores::created_at.lt(time).or(stores::id.lt(id.to_string())));
            query.filter(older).load(conn)?
        }
    };
    rows.into_iter().map(Store::try_from).collect()
}

/// The stores that a person is a member of, the oldest membership first.
pub fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<(Store, StoreRole)>, DbError> {
    let rows: Vec<(StoreRow, String)> = store_users::table
        .inner_join(stores::table.on(stores::id.eq(store_users::store_id)))
        .filter(store_users::user_id.eq(user.to_string()))
        .order((store_users::created_at, store_users::store_id))
        .select((StoreRow::as_select(), store_users::role))
        .load(conn)?;
    rows.into_iter()
        .map(|(store, role)| {
            Ok((Store::try_from(store)?, codec::parsed("store_users.role", &role)?))
        })
        .collect()
}

/// What a person is in a store.
pub fn role_of(
    conn: &mut Conn,
    store: StoreId,
    user: UserId,
) -> Result<Option<StoreRole>, DbError> {
    let role: Option<String> = store_users::table
        .find((store.to_string(), user.to_string()))
        .select(store_users::role)
        .first(conn)
        .optional()?;
    codec::parsed_opt("store_users.role", role.as_deref())
}

/// The members of a store: the owner, then the others in the order in which they came.
pub fn members(conn: &mut Conn, store: StoreId) -> Result<Vec<Member>, DbError> {
    let rows: Vec<(StoreUserRow, String)> = store_users::table
        .inner_join(users::table.on(users::id.eq(store_users::user_id)))
        .filter(store_users::store_id.eq(store.to_string()))
        // The words happen to sort so: owner after collaborator.
        .order((store_users::role.desc(), store_users::created_at, store_users::user_id))
        .select((StoreUserRow::as_select(), users::username))
        .load(conn)?;
    rows.into_iter()
        .map(|(row, username)| {
            Ok(Member {
                user: codec::parsed("store_users.user_id", &row.user_id)?,
                username,
                role: codec::parsed("store_users.role", &row.role)?,
                since: codec::time(row.created_at),
            })
        })
        .collect()
}

/// Makes a person a member.
///
/// # Errors
/// [`DbError::Unique`] when they are one already.
pub fn insert_member(tx: &mut WebTx<'_>, row: &StoreUserRow) -> Result<(), DbError> {
    diesel::insert_into(store_users::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Ends a membership; false when there was none.
pub fn remove_member(tx: &mut WebTx<'_>, store: StoreId, user: UserId) -> Result<bool, DbError> {
    let row = store_users::table.find((store.to_string(), user.to_string()));
    Ok(diesel::delete(row).execute(tx.conn())? > 0)
}

/// How many orders of a store came to a good end, by courier's last count; none as long as it
/// has not counted them.
pub fn released_orders(conn: &mut Conn, store: StoreId) -> Result<Option<u64>, DbError> {
    let count: Option<i64> = store_stats::table
        .find(store.to_string())
        .select(store_stats::released_orders)
        .first(conn)
        .optional()?;
    count.map(|count| codec::number("store_stats.released_orders", count)).transpose()
}
