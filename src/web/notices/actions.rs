//! Reading what one was told, and saying how far.

use db::notices::{self, Told};
use db::{DbError, codec};
use domain::clock::Time;

use crate::error::AppError;
use crate::http::paging::{self, Cursor};
use crate::http::viewer::Account;
use crate::state::App;

/// A page of somebody's notices.
#[derive(Debug)]
pub struct Listed {
    /// The notices, newest first; with each, whether it was read.
    pub notices: Vec<(Told, bool)>,
    /// Where the page ends, if there are older ones.
    pub next: Option<Cursor>,
    /// How many are unread, counted up to [`notices::COUNTED`].
    pub unread: i64,
    /// When the newest of all came, by which they are marked as read.
    pub newest: Option<Time>,
}

/// Up to `limit` notices of somebody that are older than the cursor.
///
/// # Errors
/// What the database says.
pub async fn list(
    app: &App,
    who: &Account,
    (before, limit): (Option<Cursor>, u32),
) -> Result<Listed, AppError> {
    let user = who.id;
    let before =
        before.map(|cursor| Ok::<_, DbError>((cursor.at, codec::parsed("cursor", &cursor.id)?)));
    let before = before.transpose()?;
    let most = i64::from(limit).saturating_add(1);
    let (rows, mark, unread, newest) = app
        .snapshot(move |conn| {
            let rows = notices::list(conn, user, before, most)?;
            let (mark, unread) = (notices::mark(conn, user)?, notices::unread(conn, user)?);
            Ok((rows, mark, unread, notices::newest(conn, user)?))
        })
        .await?;
    let end = |told: &Told| Cursor { at: told.happened_at, id: told.id.to_string() };
    let (rows, next) = paging::split(rows, limit, end);
    let with_mark = |told: Told| {
        let read = mark.is_some_and(|mark| told.sent_at <= mark);
        (told, read)
    };
    Ok(Listed { notices: rows.into_iter().map(with_mark).collect(), next, unread, newest })
}

/// Marks as read what came to somebody up to `until`; what comes later stays unread.
///
/// # Errors
/// What the database says.
pub async fn read(app: &App, who: &Account, until: Time) -> Result<(), AppError> {
    let (user, now) = (who.id, app.now());
    app.write("read-notices", move |tx| notices::read_until(tx, user, until.min(now))).await?;
    Ok(())
}
