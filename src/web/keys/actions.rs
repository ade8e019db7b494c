//! What people and agents do with keys.

use db::keys::{self, KeyRow};
use db::{DbError, codec, turns};
use domain::clock::{Span, Time};
use domain::ids::KeyId;
use domain::text;

use super::{Scope, secret};
use crate::error::AppError;
use crate::http::viewer::{Account, ApiCaller};
use crate::state::App;

/// Keys that an account may have at once.
const MOST: i64 = 25;
/// The use of a key is written down at most this often.
const TOUCH_EVERY: Span = Span::minutes(1);
/// The longest life that may be asked for, in days.
const LONGEST_DAYS: u32 = 3_650;

/// A key as its owner sees it.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) id: KeyId,
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) scope: Scope,
    pub(crate) created_at: Time,
    pub(crate) expires_at: Option<Time>,
    pub(crate) last_used_at: Option<Time>,
}

/// What a new key shall be.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    pub(crate) name: String,
    pub(crate) scope: Scope,
    /// Days until it expires; `None` for never.
    pub(crate) days: Option<u32>,
    /// When it ends at the latest: the end of the key that makes it.
    pub(crate) not_after: Option<Time>,
}

impl TryFrom<KeyRow> for Key {
    type Error = DbError;

    fn try_from(row: KeyRow) -> Result<Self, DbError> {
        Ok(Self {
            id: codec::parsed("api_keys.id", &row.id)?,
            name: row.name,
            prefix: row.prefix,
            scope: codec::parsed("api_keys.scope", &row.scope)?,
            created_at: codec::time(row.created_at),
            expires_at: row.expires_at.map(codec::time),
            last_used_at: row.last_used_at.map(codec::time),
        })
    }
}

/// The name of a key, 1 to 60 characters.
pub(crate) fn parse_name(name: &str) -> Result<String, domain::refusal::BadText> {
    text::line(name, 60)
}

/// Checks a life in days.
pub(crate) fn parse_days(days: u32) -> Result<u32, &'static str> {
    if (1..=LONGEST_DAYS).contains(&days) { Ok(days) } else { Err("A key lasts 1 to 3650 days.") }
}

/// The keys of an account.
pub(crate) async fn list(app: &App, who: &Account) -> Result<Vec<Key>, AppError> {
    let id = who.id;
    let rows = app.read(move |conn| keys::of_user(conn, id)).await?;
    Ok(rows.into_iter().map(Key::try_from).collect::<Result<_, _>>()?)
}

/// Makes a key. Its text is given out here and kept nowhere.
pub(crate) async fn create(
    app: &App,
    who: &Account,
    new: NewKey,
) -> Result<(Key, String), AppError> {
    let (text, at, user) = (secret::text(app.random()), app.now(), who.id);
    let life = new.days.map(|days| Span::hours(days.saturating_mul(24)));
    // Neither end counts more than the other: the earlier one holds.
    let end = life.map(|life| at.after(life)).into_iter().chain(new.not_after).min();
    let row = KeyRow {
        id: KeyId::from_random(app.random()).to_string(),
        user_id: user.to_string(),
        name: new.name,
        prefix: secret::prefix(&text),
        key_hash: secret::hash(&text),
        scope: new.scope.as_str().to_owned(),
        created_at: codec::stamp(at),
        expires_at: end.map(codec::stamp),
        last_used_at: None,
        revoked_at: None,
    };
    let key = Key::try_from(row.clone())?;
    app.write("create-key", move |tx| {
        turns::of_user(tx, user)?;
        if keys::count(tx, user)? >= MOST {
            return Err(AppError::Conflict(
                "too-many-keys",
                format!("You have {MOST} keys already. Revoke one of them first.").into(),
            ));
        }
        keys::insert(tx, &row)?;
        Ok(())
    })
    .await?;
    Ok((key, text))
}

/// Revokes a key of an account.
pub(crate) async fn revoke(app: &App, who: &Account, id: KeyId) -> Result<(), AppError> {
    let (user, now) = (who.id, app.now());
    let revoked = app.write("revoke-key", move |tx| keys::revoke(tx, user, id, now)).await;
    if revoked.map_err(|error: DbError| AppError::from(error))? {
        Ok(())
    } else {
        Err(AppError::NotFound)
    }
}

/// Revokes the keys of these hashes that were seen in an address, whoever sent them there; says
/// whether one was revoked. Hashes of no key cost no write.
pub(crate) async fn revoke_exposed(app: &App, hashes: Vec<String>) -> bool {
    let revoked = revoke_standing(app, hashes).await;
    match revoked {
        Ok(true) => tracing::warn!("an API key came in an address and is revoked"),
        Ok(false) => {}
        Err(ref error) => {
            tracing::error!(%error, "an API key came in an address and could not be revoked");
        }
    }
    revoked.unwrap_or(false)
}

async fn revoke_standing(app: &App, hashes: Vec<String>) -> Result<bool, DbError> {
    let standing = app.read(move |conn| keys::standing(conn, &hashes)).await?;
    if standing.is_empty() {
        return Ok(false);
    }
    let now = app.now();
    app.write("revoke-exposed-key", move |tx| {
        let mut any = false;
        for hash in &standing {
            any |= keys::revoke_by_hash(tx, hash, now)?;
        }
        Ok(any)
    })
    .await
}

/// Whose key this is, and whether its use has to be written down again.
pub(crate) async fn caller(
    app: &App,
    key_hash: String,
) -> Result<Option<(ApiCaller, bool)>, AppError> {
    let now = app.now();
    let found = app.read(move |conn| keys::look(conn, &key_hash, now)).await?;
    let Some((key, viewer)) = found else { return Ok(None) };
    let stale = key.last_used_at.is_none_or(|at| now.since(codec::time(at)) >= TOUCH_EVERY);
    let caller = ApiCaller {
        account: Account::try_from(viewer)?,
        scope: codec::parsed("api_keys.scope", &key.scope)?,
        key_id: codec::parsed("api_keys.id", &key.id)?,
        expires_at: key.expires_at.map(codec::time),
    };
    Ok(Some((caller, stale)))
}

/// Writes down that a key was used.
pub(crate) async fn touch(app: &App, id: KeyId) -> Result<(), AppError> {
    let now = app.now();
    app.write("touch-key", move |tx| keys::touch(tx, id, now)).await.map_err(AppError::from)
}
