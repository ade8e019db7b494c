//! How escrow is doing, as the other roles see it: its last beat and the operator's pause.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;

use crate::codec::time;
use crate::conn::Conn;
use crate::error::DbError;
use crate::schema::{chains, controls, escrow_heartbeat};

/// What escrow last said of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// Its last beat; `None` if it never ran.
    pub beat_at: Option<Time>,
    /// Whether the operator paused it.
    pub paused: bool,
}

/// Looks at the last beat and the pause.
pub fn look(conn: &mut Conn) -> Result<Pulse, DbError> {
    let beat: Option<NaiveDateTime> =
        escrow_heartbeat::table.select(escrow_heartbeat::beat_at).first(conn).optional()?;
    let pause: Option<String> =
        controls::table.find("pause").select(controls::value).first(conn).optional()?;
    Ok(Pulse { beat_at: beat.map(time), paused: pause.as_deref() == Some("on") })
}

/// Number, name, state and the moment of the last look of each chain that escrow serves.
pub fn chain_states(conn: &mut Conn) -> Result<Vec<(i64, String, String, Time)>, DbError> {
    let found: Vec<(i64, String, String, NaiveDateTime)> = chains::table
        .order(chains::chain_id)
        .select((chains::chain_id, chains::name, chains::state, chains::checked_at))
        .limit(100)
        .load(conn)?;
    Ok(found.into_iter().map(|(id, name, state, at)| (id, name, state, time(at))).collect())
}
