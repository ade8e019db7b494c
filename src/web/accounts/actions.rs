//! What people do with their accounts.

use db::accounts::{self, UserRow};
use db::sessions::ViewerRow;
use db::{DbError, WebTx, attempts, codec, keys, orders, referrals, sessions};
use domain::EvmAddress;
use domain::clock::{Span, Time};
use domain::ids::UserId;
use domain::referral::InviteCode;
use domain::refusal::Faults;
use domain::user::{Role, Username};
use secrecy::{ExposeSecret, SecretString};

use super::password::{Place, is_outdated};
use super::{codes, strength};
use crate::error::AppError;
use crate::housekeeping;
use crate::http::limits::{Limit, Try, admit, until};
use crate::http::session::{NewSession, Session};
use crate::http::viewer::Account;
use crate::state::App;

/// Logins from one address.
const LOGIN: Limit = Limit { name: "login", max: 10, window: Span::minutes(5) };
/// Recoveries from one address.
const RECOVERY: Limit = Limit { name: "recovery", max: 5, window: Span::hours(1) };
/// Forms of registration from one address, good or bad.
const REGISTER_TRIES: Limit = Limit { name: "register-try", max: 30, window: Span::minutes(10) };
/// Passwords typed in one session to confirm something.
const CONFIRM: Limit = Limit { name: "confirm", max: 10, window: Span::minutes(5) };
/// Failed logins of one account from one address, after which the next from there has to wait. Not
/// of the account alone: whoever knows a name could keep its owner out.
const FAILURES: Limit = Limit { name: "login-failure", max: 10, window: Span::minutes(15) };
/// The longest such wait: whoever shares an address with a guesser still gets in.
const LONGEST_WAIT: Span = Span::secs(60);

/// Said of a code that is nobody's.
const NO_INVITE: &str = "Nobody has this code. Leave the field empty to go on without one.";

/// A new account, its first session and its recovery codes, which are shown this once.
pub(crate) struct Registered {
    pub(crate) session: Session,
    pub(crate) codes: Vec<String>,
}

/// Opens an account. Whose code it came with is kept for ever.
pub(crate) async fn register(
    app: &App,
    username: Username,
    password: SecretString,
    (invite, address): (Option<InviteCode>, &str),
) -> Result<Registered, AppError> {
    let desk = app.hasher.place().await?;
    let minutes = app.config.registration_minutes;
    if minutes > 0 {
        admit(app, REGISTER_TRIES, address).await?;
    }
    let limit = Limit { name: "register", max: 1, window: Span::minutes(minutes) };
    let counted = (minutes > 0).then(|| Try::new(app, limit, address));
    let hash = desk.hash(password, app.random()).await?;
    let (id, at) = (UserId::from_random(app.random()), app.now());
    let row = row(id, &username, hash, Role::Customer, at);
    let (codes, hashes) = new_codes(app, id);
    let session = NewSession::new(app);
    let begun = session.clone();
    app.write("register", move |tx| {
        if let Some(counted) = &counted {
            counted.count(tx)?;
        }
        insert(tx, &row)?;
        if let Some(code) = &invite {
            let inviter = referrals::owner_of(tx, code)?;
            let inviter = inviter.ok_or_else(|| AppError::fault("invite", NO_INVITE))?;
            referrals::invite(tx, id, inviter, at)?;
        }
        accounts::replace_codes(tx, id, &hashes, at)?;
        begun.begin(tx, id)?;
        Ok::<_, AppError>(())
    })
    .await?;
    let account = Account {
        id,
        username: username.as_str().to_owned(),
        role: Role::Customer,
        refund_address: None,
        closed: false,
    };
    Ok(Registered { session: session.of(account, false), codes })
}

/// Begins a session for whoever knows the password; `old` is the session that it replaces.
pub(crate) async fn login(
    app: &App,
    name: &str,
    password: SecretString,
    address: &str,
    old: Option<String>,
) -> Result<Session, AppError> {
    let desk = app.hasher.place().await?;
    admit(app, LOGIN, address).await?;
    let key: String = name.trim().to_ascii_lowercase().chars().take(64).collect();
    let guesser = format!("{address} {key}");
    let failure = Try::new(app, FAILURES, &guesser);
    patience(app, &guesser).await?;
    let user = app.read(move |conn| accounts::by_key(conn, &key)).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    if !desk.verify(password.clone(), stored).await? {
        app.write("login-failure", move |tx| failure.note(tx)).await?;
        return Err(wrong());
    }
    let user = user.ok_or_else(wrong)?;
    let outdated = is_outdated(&user.password_hash);
    let known_hash = user.password_hash.clone();
    let account = Account::try_from(ViewerRow::from(user))?;
    let id = account.id;
    if account.closed && !app.read(move |conn| orders::any_open(conn, id)).await? {
        return Err(AppError::Denied(
            "account-closed",
            "This account is closed. Please write to whoever runs this site.".into(),
        ));
    }
    let newer = if outdated { Some(desk.hash(password, app.random()).await?) } else { None };
    let session = NewSession::new(app);
    let (begun, now) = (session.clone(), app.now());
    app.write("login", move |tx| {
        if let Some(old) = &old {
            sessions::delete(tx, old)?;
        }
        if let Some(newer) = &newer {
            accounts::rehash(tx, id, &known_hash, newer)?;
        }
        failure.forgive(tx)?;
        housekeeping::prune(tx, now)?;
        begun.begin(tx, id)
    })
    .await?;
    housekeeping::erase_deliveries(app).await;
    Ok(session.of(account, false))
}

/// Ends a session.
pub(crate) async fn logout(app: &App, token_hash: String) -> Result<(), AppError> {
    app.write("logout", move |tx| sessions::delete(tx, &token_hash)).await.map_err(AppError::from)
}

/// Changes the password of whoever knows the present one. Every other session and every API key
/// ends, and this session gets a new token.
pub(crate) async fn change_password(
    app: &App,
    session: &Session,
    current: SecretString,
    new: SecretString,
) -> Result<Session, AppError> {
    let desk = app.hasher.place().await?;
    prove((app, &desk), &session.account, current, "current").await?;
    let hash = desk.hash(new, app.random()).await?;
    let (id, now) = (session.account.id, app.now());
    let fresh = NewSession::new(app);
    let begun = fresh.clone();
    app.write("change-password", move |tx| {
        accounts::set_password(tx, id, &hash, now)?;
        sessions::delete_all(tx, id)?;
        keys::revoke_all(tx, id, now)?;
        begun.begin(tx, id)
    })
    .await?;
    Ok(fresh.of(session.account.clone(), session.has_stores))
}

/// Notes that the password was typed just now; the session gets a new token.
pub(crate) async fn confirm(
    app: &App,
    session: &Session,
    password: SecretString,
) -> Result<Session, AppError> {
    prove((app, &app.hasher.place().await?), &session.account, password, "password").await?;
    let (id, old) = (session.account.id, session.token_hash.clone());
    let fresh = NewSession::new(app);
    let begun = fresh.clone();
    app.write("confirm-password", move |tx| {
        sessions::delete(tx, &old)?;
        begun.begin(tx, id)
    })
    .await?;
    Ok(fresh.of(session.account.clone(), session.has_stores))
}

/// Sets a new password by a recovery code; sessions and API keys end. Whoever does not exist is answered like one whose code
/// is wrong, and it takes as long.
pub(crate) async fn recover(
    app: &App,
    name: &str,
    code: &str,
    new: SecretString,
    address: &str,
) -> Result<(), AppError> {
    let desk = app.hasher.place().await?;
    admit(app, RECOVERY, address).await?;
    let key = name.trim().to_ascii_lowercase();
    let user = app.read(move |conn| accounts::by_key(conn, &key)).await?;
    let user = user.filter(|user| user.banned_at.is_none());
    let id = match &user {
        Some(user) => codec::parsed("users.id", &user.id)?,
        None => UserId::from_random(app.random()),
    };
    let hash = desk.hash(new, app.random()).await?;
    let code = app.keys.recovery_hash(&id.to_string(), &codes::spelled(code).unwrap_or_default());
    let now = app.now();
    app.write("recover", move |tx| {
        if !accounts::use_code(tx, id, &code, now)? {
            return Err(AppError::fault("code", "This name and this code do not belong together."));
        }
        accounts::set_password(tx, id, &hash, now)?;
        sessions::delete_all(tx, id)?;
        keys::revoke_all(tx, id, now)?;
        Ok(())
    })
    .await
}

/// Gives new recovery codes to whoever knows the password; the old ones are void.
pub(crate) async fn renew_codes(
    app: &App,
    who: &Account,
    password: SecretString,
) -> Result<Vec<String>, AppError> {
    prove((app, &app.hasher.place().await?), who, password, "password").await?;
    let (id, now) = (who.id, app.now());
    let (codes, hashes) = new_codes(app, id);
    app.write("renew-codes", move |tx| accounts::replace_codes(tx, id, &hashes, now)).await?;
    Ok(codes)
}

/// Sets where refunds go unless an order says otherwise.
pub(crate) async fn set_refund_address(
    app: &App,
    who: &Account,
    address: Option<EvmAddress>,
) -> Result<(), AppError> {
    let id = who.id;
    app.write("refund-address", move |tx| accounts::set_refund_address(tx, id, address.as_ref()))
        .await
        .map_err(AppError::from)
}

/// How many recovery codes are left.
pub(crate) async fn codes_left(app: &App, who: &Account) -> Result<i64, AppError> {
    let id = who.id;
    Ok(app.read(move |conn| accounts::codes_left(conn, id)).await?)
}

/// Checks a new password that was typed twice.
pub(crate) fn checked_password(
    faults: &mut Faults,
    password: &SecretString,
    repeated: &SecretString,
    username: &str,
) {
    faults.take("password", strength::check(password.expose_secret(), username));
    if password.expose_secret() != repeated.expose_secret() {
        faults.note("repeat", "This is not the same password.");
    }
}

/// A row for a new account.
pub(crate) fn row(id: UserId, username: &Username, hash: String, role: Role, at: Time) -> UserRow {
    UserRow {
        id: id.to_string(),
        username: username.as_str().to_owned(),
        username_key: username.key(),
        password_hash: hash,
        role: role.to_string(),
        refund_address: None,
        banned_at: None,
        created_at: codec::stamp(at),
        password_changed_at: codec::stamp(at),
    }
}

/// Adds an account, or says that its name is taken.
pub(crate) fn insert(tx: &mut WebTx<'_>, row: &UserRow) -> Result<(), AppError> {
    accounts::insert(tx, row).map_err(|error| match error {
        DbError::Unique(_) => AppError::fault("username", "This name is taken."),
        other => other.into(),
    })
}

/// Sees that the password is the account's; tries are counted.
pub(crate) async fn prove(
    (app, desk): (&App, &Place),
    who: &Account,
    password: SecretString,
    field: &'static str,
) -> Result<(), AppError> {
    let id = who.id;
    admit(app, CONFIRM, &id.to_string()).await?;
    let user = app.read(move |conn| accounts::by_id(conn, id)).await?;
    if desk.verify(password, Some(user.password_hash)).await? {
        Ok(())
    } else {
        Err(AppError::fault(field, "This is not your password."))
    }
}

/// After some failures each further try of an account from an address waits twice as long as the
/// one before.
async fn patience(app: &App, guesser: &str) -> Result<(), AppError> {
    let bucket = app.keys.bucket(FAILURES.name, guesser);
    let (now, most) = (app.now(), i64::from(FAILURES.max).saturating_add(7));
    let failures = app
        .read(move |conn| attempts::since(conn, &bucket, now.before(FAILURES.window), most))
        .await?;
    let beyond = u32::try_from(failures.len()).unwrap_or(u32::MAX).checked_sub(FAILURES.max);
    let (Some(beyond), Some(last)) = (beyond, failures.first()) else { return Ok(()) };
    let wait = Span::secs(1u32.checked_shl(beyond).unwrap_or(u32::MAX)).min(LONGEST_WAIT);
    let next = last.after(wait);
    if next > now { Err(AppError::Limited(until(next, now))) } else { Ok(()) }
}

fn wrong() -> AppError {
    AppError::fault("password", "This name and this password do not belong together.")
}

/// Codes as they are shown and as they are kept.
fn new_codes(app: &App, id: UserId) -> (Vec<String>, Vec<String>) {
    let codes: Vec<String> = (0..codes::COUNT).map(|_| codes::code(app.random())).collect();
    let user = id.to_string();
    let kept =
        |code: &String| app.keys.recovery_hash(&user, &codes::spelled(code).unwrap_or_default());
    let hashes = codes.iter().map(kept).collect();
    (codes, hashes)
}

/// A random salt and id for accounts made by commands.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], AppError> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(AppError::Internal(format!("the system gives no randomness: {error}"))),
    }
}
