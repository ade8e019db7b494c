//! How the shop stands, in JSON.

use db::alarms::AlarmRow;
use db::desk::ChainRow;
use db::{Owner, codec};
use domain::clock::Time;
use domain::job::Job;
use serde::Serialize;
use utoipa::ToSchema;

use super::actions::{self, Status};
use super::walls::Walls;
use crate::error::ApiResult;
use crate::http::api;
use crate::http::paging::{PageJson, PageQuery};
use crate::http::query::Query;
use crate::http::viewer::ApiCaller;
use crate::state::State;
use crate::ui::rfc3339;

/// Routes of administrators for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(status))]
pub(crate) struct Doc;

/// How the shop stands.
#[derive(Debug, Serialize, ToSchema)]
struct StatusJson {
    /// The roles that have a heartbeat.
    roles: Vec<RoleJson>,
    /// Whether the operator paused payouts and new orders.
    paused: bool,
    /// The chains that escrow serves, as it last saw them.
    chains: Vec<ChainJson>,
    /// Payouts that wait for the operator; 1000 for as many or more.
    held_payouts: i64,
    /// Orders that are frozen; 1000 for as many or more.
    frozen_orders: i64,
    /// Orders about which escrow does nothing until the operator has looked; 1000 for as many or more.
    stopped_orders: i64,
    /// Orders that were funded a month ago and have come to no end; 1000 for as many or more.
    stuck_orders: i64,
    /// How the jobs of escrow and courier last ran.
    jobs: Vec<JobJson>,
    /// Alarms, newest first; `cursor` and `limit` page through them.
    alarms: PageJson<AlarmJson>,
    /// 0 to 3; null where the shop was not started by `serve`.
    isolation_level: Option<u8>,
    /// The walls as they were tried before the roles were started; null where they were not.
    isolation: Option<Walls>,
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
struct RoleJson {
    /// `escrow` or `courier`.
    name: &'static str,
    /// Whether it was heard of within five seconds.
    alive: bool,
    /// When it was last heard of, RFC 3339 in UTC; null for never.
    beat_at: Option<String>,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
struct JobJson {
    /// `escrow` or `courier`.
    role: &'static str,
    /// Its name.
    name: String,
    /// The longest time that usually goes by between two runs.
    period_secs: u32,
    /// When its last run began, RFC 3339 in UTC.
    started_at: String,
    /// How long that took, in milliseconds; null while it runs for the first time.
    took_millis: Option<i64>,
    /// What it came to.
    outcome: String,
    /// Whether it failed.
    failed: bool,
    /// Whether it has not come to an end for three of its periods.
    late: bool,
}

/// A chain.
#[derive(Debug, Serialize, ToSchema)]
struct ChainJson {
    /// Its number.
    chain_id: i64,
    /// Its name.
    name: String,
    /// As escrow says: `ok` or what is wrong.
    state: String,
    /// More about it.
    note: String,
    /// The newest block.
    head: i64,
    /// The last block that is final.
    last_final: i64,
    /// When escrow last looked, RFC 3339 in UTC.
    checked_at: String,
}

/// An alarm.
#[derive(Debug, Serialize, ToSchema)]
struct AlarmJson {
    /// Its id.
    id: String,
    /// What it is about, in a word.
    kind: String,
    /// The order that it is about.
    order_id: Option<String>,
    /// A sentence.
    message: String,
    /// When it was raised, RFC 3339 in UTC.
    raised_at: String,
}

impl From<ChainRow> for ChainJson {
    fn from(row: ChainRow) -> Self {
        Self {
            chain_id: row.chain_id,
            name: row.name,
            state: row.state,
            note: row.note,
            head: row.head_number,
            last_final: row.final_number,
            checked_at: rfc3339(codec::time(row.checked_at)),
        }
    }
}

impl From<AlarmRow> for AlarmJson {
    fn from(row: AlarmRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            order_id: row.order_id,
            message: row.message,
            raised_at: rfc3339(codec::time(row.raised_at)),
        }
    }
}

/// How the shop stands, for the key of an administrator.
#[utoipa::path(
    get, path = "/api/v1/admin/status", tag = "admin", security(("key" = [])),
    params(
        ("cursor" = Option<String>, Query, description = "Where the last page of alarms ended"),
        ("limit" = Option<u32>, Query, description = "Alarms of a page, 1 to 100")
    ),
    responses(
        (status = 200, description = "How it stands", body = StatusJson),
        (status = 404, description = "The key is no administrator's")
    )
)]
pub(super) async fn status(
    app: State,
    caller: ApiCaller,
    Query(query): Query<PageQuery>,
) -> ApiResult {
    let page = (query.cursor()?, query.limit());
    let status = actions::status(&app, &caller.account, page).await?;
    let role = |name, beat: Option<Time>| RoleJson {
        name,
        alive: status.is_alive(beat),
        beat_at: beat.map(rfc3339),
    };
    let roles = vec![
        role("escrow", status.overview.escrow.map(|beat| beat.beat_at)),
        role("courier", status.overview.courier),
    ];
    let Status { overview, alarms, next, now } = status;
    let job = |(owner, job): &(Owner, Job)| JobJson {
        role: owner.name(),
        name: job.name.clone(),
        period_secs: job.period_secs,
        started_at: rfc3339(job.started_at),
        took_millis: job.took().map(|took| took.as_micros() / 1_000),
        outcome: job.outcome.clone(),
        failed: job.failed,
        late: job.is_late(now),
    };
    let jobs = overview.jobs.iter().map(job).collect();
    Ok(api::ok(&StatusJson {
        roles,
        paused: overview.paused,
        chains: overview.chains.into_iter().map(ChainJson::from).collect(),
        held_payouts: overview.held,
        frozen_orders: overview.frozen,
        stopped_orders: overview.stopped,
        stuck_orders: overview.stuck,
        jobs,
        alarms: PageJson::new(alarms.into_iter().map(AlarmJson::from).collect(), next),
        isolation_level: app.isolation_level,
        isolation: app.config.walls.clone(),
    }))
}
