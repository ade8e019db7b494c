//! What administrators look at.

use db::alarms::AlarmRow;
use db::codec;
use db::overview::{self, Overview};
use domain::clock::Time;
use domain::limits::HEARTBEAT_STALE;
use domain::policy;

use crate::error::AppError;
use crate::http::paging::{self, Cursor};
use crate::http::viewer::Account;
use crate::state::App;

/// How the shop stands, with a page of its alarms.
#[derive(Debug)]
pub(super) struct Status {
    /// When it was looked at.
    pub(super) now: Time,
    /// Everything but the alarms.
    pub(super) overview: Overview,
    /// Alarms, newest first.
    pub(super) alarms: Vec<AlarmRow>,
    /// Where the page of alarms ends, if there are older ones.
    pub(super) next: Option<Cursor>,
}

impl Status {
    /// Whether a role that was last heard of at `beat` lives.
    pub(super) fn is_alive(&self, beat: Option<Time>) -> bool {
        beat.is_some_and(|beat| self.now.since(beat) <= HEARTBEAT_STALE)
    }
}

/// Whether an account may see all this; to others there is nothing here.
///
/// # Errors
/// [`AppError::NotFound`].
pub(super) fn admitted(who: &Account) -> Result<(), AppError> {
    if policy::sees_site(who.role) { Ok(()) } else { Err(AppError::NotFound) }
}

/// How the shop stands, with up to `limit` alarms older than the cursor.
///
/// # Errors
/// [`AppError::NotFound`] for all but administrators, else what the database says.
pub(super) async fn status(
    app: &App,
    who: &Account,
    (before, limit): (Option<Cursor>, u32),
) -> Result<Status, AppError> {
    admitted(who)?;
    let before =
        before.map(|cursor| Ok::<_, AppError>((cursor.at, codec::parsed("cursor", &cursor.id)?)));
    let before = before.transpose()?;
    let most = i64::from(limit).saturating_add(1);
    let now = app.now();
    let (overview, rows) = app
        .read(move |conn| Ok((overview::look(conn, now)?, overview::alarms(conn, before, most)?)))
        .await?;
    let end = |row: &AlarmRow| Cursor { at: codec::time(row.raised_at), id: row.id.clone() };
    let (alarms, next) = paging::split(rows, limit, end);
    Ok(Status { now, overview, alarms, next })
}
