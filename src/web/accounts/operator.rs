//! Accounts made by whoever runs the site: at the first start, by commands, as demo data.

use db::DbConfig;
use db::accounts as rows;
use db::doors::Web;
use db::{keys, sessions, tx};
use domain::clock::Clock;
use domain::ids::UserId;
use domain::user::{Role, Username};
use secrecy::ExposeSecret;

use super::{actions, password, strength};
use crate::error::AppError;
use crate::server::SystemClock;
use crate::state::App;

/// The hash to store for a password, made on the calling thread.
///
/// # Errors
/// A sentence, where the system gives no randomness.
pub fn hash_password(password: &str) -> Result<String, String> {
    let salt = actions::random().map_err(said)?;
    password::hash_password(password, salt).map_err(said)
}

/// Opens an account. The caller acts as web, in a process of its own.
///
/// # Errors
/// One sentence: a bad name or password, a name that is taken, a database that cannot be written.
pub fn create_account(
    db: &DbConfig,
    username: &str,
    password: &str,
    role: Role,
) -> Result<UserId, String> {
    let username = Username::parse_official(username).map_err(|why| format!("the name: {why}"))?;
    strength::check(password, username.as_str()).map_err(|why| format!("the password: {why}"))?;
    let id = UserId::from_random(actions::random().map_err(said)?);
    let row = actions::row(id, &username, hash_password(password)?, role, SystemClock.now());
    tx::write_once::<Web, _, _>(db, "create-account", move |tx| actions::insert(tx, &row))
        .map_err(said)?;
    Ok(id)
}

/// Gives an account another password, ends its sessions and revokes its API keys.
///
/// # Errors
/// One sentence: an unknown name, a bad password, a database that cannot be written.
pub fn set_password(db: &DbConfig, username: &str, password: &str) -> Result<(), String> {
    strength::check(password, username).map_err(|why| format!("the password: {why}"))?;
    let (hash, now) = (hash_password(password)?, SystemClock.now());
    let key = username.trim().to_ascii_lowercase();
    tx::write_once::<Web, _, _>(db, "set-password", move |tx| {
        let Some(user) = rows::by_key(tx, &key)? else {
            return Err(AppError::fault("username", "There is no account of this name."));
        };
        let id: UserId = db::codec::parsed("users.id", &user.id)?;
        rows::set_password(tx, id, &hash, now)?;
        sessions::delete_all(tx, id)?;
        keys::revoke_all(tx, id, now)?;
        Ok(())
    })
    .map_err(said)
}

/// Closes an account at once, its sessions with it, or opens it again. Its API keys do not work
/// while it is closed.
///
/// # Errors
/// One sentence: an unknown name, a database that cannot be written.
pub fn set_banned(db: &DbConfig, username: &str, banned: bool) -> Result<(), String> {
    let (key, now) = (username.trim().to_ascii_lowercase(), SystemClock.now());
    tx::write_once::<Web, _, _>(db, "set-banned", move |tx| {
        let Some(user) = rows::by_key(tx, &key)? else {
            return Err(AppError::fault("username", "There is no account of this name."));
        };
        let id: UserId = db::codec::parsed("users.id", &user.id)?;
        rows::set_banned(tx, id, banned.then_some(now))?;
        sessions::delete_all(tx, id)?;
        Ok(())
    })
    .map_err(said)
}

/// Opens the administrator's account that the operator set, where no account has its name. One
/// that exists stays as it is.
///
/// # Errors
/// One sentence, where the database cannot be read or written.
pub fn first_admin(app: &App) -> Result<(), String> {
    let Some(admin) = &app.config.admin else { return Ok(()) };
    let key = admin.username.key();
    let known = app.db.read(|conn| rows::by_key(conn, &key)).map_err(|error| error.to_string())?;
    if known.is_some() {
        return Ok(());
    }
    let id = UserId::from_random(app.random());
    let hash = hash_password(admin.password.expose_secret())?;
    let row = actions::row(id, &admin.username, hash, Role::Admin, app.now());
    tx::write(&app.db, "first-admin", move |tx| actions::insert(tx, &row)).map_err(said)?;
    tracing::info!(username = admin.username.as_str(), "the administrator's account was opened");
    Ok(())
}

fn said(error: AppError) -> String {
    match error {
        AppError::Invalid(faults) => {
            faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join(" ")
        }
        AppError::Internal(cause) => cause,
        other => other.to_string(),
    }
}
