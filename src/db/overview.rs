//! How the shop stands as a whole, for whoever runs it.

use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::AlarmId;
use domain::job::Job;
use domain::limits::STUCK_AFTER;
use domain::order::OrderStatus;

use crate::alarms::AlarmRow;
use crate::codec;
use crate::conn::Conn;
use crate::desk::{self, Beat, ChainRow};
use crate::error::DbError;
use crate::owners::Owner;
use crate::payouts::PayoutState;
use crate::schema::{alarms, chains, order_state, payouts};
use crate::{deadlines, jobs, pulse, stats};

/// What is counted is counted up to here.
pub const COUNTED: i64 = 1_000;

/// How the shop stands.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Escrow's last beat; `None` if it never ran.
    pub escrow: Option<Beat>,
    /// Courier's.
    pub courier: Option<Time>,
    /// Whether the operator paused escrow.
    pub paused: bool,
    /// The chains that escrow serves, as it last saw them.
    pub chains: Vec<ChainRow>,
    /// Payouts that wait for the operator, up to [`COUNTED`].
    pub held: i64,
    /// Orders that are frozen, up to [`COUNTED`].
    pub frozen: i64,
    /// Orders about which escrow does nothing until the operator has looked, up to [`COUNTED`].
    pub stopped: i64,
    /// Orders that were funded long ago and have come to no end, up to [`COUNTED`].
    pub stuck: i64,
    /// The jobs of escrow and of courier.
    pub jobs: Vec<(Owner, Job)>,
}

/// Looks at everything but the alarms.
pub fn look(conn: &mut Conn, now: Time) -> Result<Overview, DbError> {
    let chains = chains::table
        .order(chains::chain_id)
        .limit(100)
        .select(ChainRow::as_select())
        .load(conn)?;
    let held = payouts::table
        .filter(payouts::state.eq(PayoutState::Held.as_str()))
        .limit(COUNTED)
        .select(payouts::case_no)
        .load::<i32>(conn)?;
    let orders = order_state::table.limit(COUNTED).select(order_state::last_seq);
    let frozen =
        orders.filter(order_state::status.eq(OrderStatus::Frozen.as_str())).load::<i32>(conn)?;
    let open = [OrderStatus::Pending, OrderStatus::Completed, OrderStatus::Frozen];
    let stopped = orders
        .filter(order_state::status.eq_any(open.map(OrderStatus::as_str)))
        .filter(order_state::held_reason.is_not_null())
        .load::<i32>(conn)?;
    let count = |rows: Vec<i32>| codec::number("count", rows.len());
    Ok(Overview {
        escrow: desk::last_beat(conn)?,
        courier: stats::last_beat(conn)?,
        paused: pulse::look(conn)?.paused,
        chains,
        held: count(held)?,
        frozen: count(frozen)?,
        stopped: count(stopped)?,
        stuck: stuck(conn, now)?,
        jobs: jobs::all(conn)?,
    })
}

/// How many orders are stuck at `now`, up to [`COUNTED`].
pub fn stuck(conn: &mut Conn, now: Time) -> Result<i64, DbError> {
    deadlines::count_stuck(conn, now.before(STUCK_AFTER), COUNTED)
}

/// Up to `limit` alarms, newest first, older than the cursor (time and id of the last one shown).
pub fn alarms(
    conn: &mut Conn,
    before: Option<(Time, AlarmId)>,
    limit: i64,
) -> Result<Vec<AlarmRow>, DbError> {
    let mut query = alarms::table.into_boxed();
    if let Some((at, id)) = before {
        let at = codec::stamp(at);
        let same = alarms::raised_at.eq(at).and(alarms::id.lt(id.to_string()));
        query = query.filter(alarms::raised_at.lt(at).or(same));
    }
    query
        .order((alarms::raised_at.desc(), alarms::id.desc()))
        .limit(limit)
        .select(AlarmRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}
