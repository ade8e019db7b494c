//! Sessions: the token in the cookie, its keyed hash in the database.

use actix_web::cookie::Cookie;
use actix_web::http::header::HeaderMap;
use db::sessions::SessionRow;
use db::{Conn, DbError, WebTx, codec, notices, sessions};
use domain::clock::{Span, Time};
use domain::ids::UserId;
use domain::limits::SESSION_LIFE;
use zeroize::Zeroizing;

use super::cookies;
use super::viewer::Account;
use crate::state::{App, hex};

/// A session is written at most this often for being used.
const TOUCH_EVERY: Span = Span::hours(1);
/// Hexadecimal digits of a token of 256 bits.
const TOKEN_DIGITS: usize = 64;

/// A session that holds, and who is signed in by it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) token: Zeroizing<String>,
    pub(crate) token_hash: String,
    pub(crate) account: Account,
    pub(crate) authenticated_at: Time,
    pub(crate) has_stores: bool,
    /// Notices that were not read, counted up to [`notices::COUNTED`].
    pub(crate) unread: i64,
    pub(crate) seen_at: Time,
}

/// A session about to be begun.
#[derive(Clone)]
pub(crate) struct NewSession {
    token: Zeroizing<String>,
    token_hash: String,
    at: Time,
}

impl Session {
    /// The session of a request's cookie; `None` where there is no cookie, or its session is over,
    /// or the account is closed.
    pub(crate) async fn of(app: &App, headers: &HeaderMap) -> Result<Option<Self>, DbError> {
        let Some(token) = sent(app, headers) else { return Ok(None) };
        let token = Zeroizing::new(token.to_owned());
        let token_hash = app.keys.session_hash(&token);
        let (hash, now) = (token_hash.clone(), app.now());
        let look = move |conn: &mut Conn| {
            let Some((row, viewer, has_stores)) = sessions::look(conn, &hash, now)? else {
                return Ok(None);
            };
            let account = Account::try_from(viewer)?;
            // A page does without their number where courier's tables cannot be read.
            let unread = notices::unread(conn, account.id).unwrap_or_else(|error| {
                tracing::warn!(%error, "notices cannot be counted");
                0
            });
            Ok(Some((row, account, has_stores, unread)))
        };
        let Some((row, account, has_stores, unread)) = app.read(look).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            token,
            token_hash,
            account,
            authenticated_at: codec::time(row.authenticated_at),
            has_stores,
            unread,
            seen_at: codec::time(row.seen_at),
        }))
    }

    /// Lets it live on, if that was not written down within the last hour. `true` if it was now.
    pub(crate) async fn touch(&mut self, app: &App) -> Result<bool, DbError> {
        let now = app.now();
        if now.since(self.seen_at) < TOUCH_EVERY {
            return Ok(false);
        }
        let hash = self.token_hash.clone();
        app.write("session-touch", move |tx| {
            sessions::touch(tx, &hash, now, now.after(SESSION_LIFE))
        })
        .await?;
        self.seen_at = now;
        Ok(true)
    }

    /// The cookie that carries it.
    pub(crate) fn cookie(&self, app: &App) -> Cookie<'static> {
        let secs = SESSION_LIFE.as_secs();
        app.cookies.cookie(app.cookies.session, self.token.to_string(), Some(secs))
    }
}

impl NewSession {
    /// A session with a token that nobody has seen.
    pub(crate) fn new(app: &App) -> Self {
        let token = Zeroizing::new(hex(&app.random::<32>()));
        let token_hash = app.keys.session_hash(&token);
        Self { token, token_hash, at: app.now() }
    }

    /// Writes it down as `user`'s, whose password was just typed.
    pub(crate) fn begin(&self, tx: &mut WebTx<'_>, user: UserId) -> Result<(), DbError> {
        let at = codec::stamp(self.at);
        sessions::insert(
            tx,
            &SessionRow {
                token_hash: self.token_hash.clone(),
                user_id: user.to_string(),
                created_at: at,
                seen_at: at,
                expires_at: codec::stamp(self.at.after(SESSION_LIFE)),
                authenticated_at: at,
            },
        )
    }

    /// It as the session of `account`, once it is written.
    pub(crate) fn of(self, account: Account, has_stores: bool) -> Session {
        Session {
            token: self.token,
            token_hash: self.token_hash,
            account,
            authenticated_at: self.at,
            has_stores,
            unread: 0,
            seen_at: self.at,
        }
    }
}

/// The token of a request's cookie, if it has the form of one.
pub(crate) fn sent<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let token = cookies::value(headers, app.cookies.session)?;
    let fits = token.len() == TOKEN_DIGITS && token.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then_some(token)
}
