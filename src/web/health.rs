//! Whether the shop works, for machines that watch it. No secret, no path, no name of a host.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::clock::Time;
use domain::limits::HEARTBEAT_STALE;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api;
use crate::routes::ApiRoutes;
use crate::state::State;
use crate::ui::rfc3339;

/// Routes of health for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(health))]
pub(crate) struct Doc;

/// How the shop is.
#[derive(Debug, Serialize, ToSchema)]
struct HealthJson {
    /// `ok`, or `down` where something that orders need is missing.
    status: &'static str,
    /// `ok` or `down`.
    database: &'static str,
    /// `ok`, `paused` by the operator, or `stale`.
    escrow: &'static str,
    /// When escrow last gave a sign of life, RFC 3339 in UTC.
    escrow_beat_at: Option<String>,
    /// Jobs that failed or have not run for three of their periods, as `escrow/deadlines`.
    jobs_amiss: Vec<String>,
    /// Orders that were funded a month ago and have come to no end; 1000 for as many or more.
    stuck_orders: i64,
    /// The chains that escrow serves.
    chains: Vec<ChainHealthJson>,
}

/// How a chain is.
#[derive(Debug, Serialize, ToSchema)]
struct ChainHealthJson {
    /// Its number.
    chain_id: i64,
    /// Its name.
    name: String,
    /// As escrow says.
    state: String,
    /// When escrow last looked, RFC 3339 in UTC.
    checked_at: String,
}

/// The API's routes of health.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/health", health);
}

/// Whether the shop works: 200, or 503 when it cannot take orders for a reason that nobody chose.
#[utoipa::path(
    get, path = "/health", tag = "health",
    responses(
        (status = 200, description = "It works, or the operator paused it", body = HealthJson),
        (status = 503, description = "It does not", body = HealthJson)
    )
)]
async fn health(app: State) -> HttpResponse {
    let now = app.now();
    let looked = app
        .read(move |conn| {
            let jobs = db::jobs::all(conn)?;
            let stuck = db::overview::stuck(conn, now)?;
            Ok((db::pulse::look(conn)?, db::pulse::chain_states(conn)?, jobs, stuck))
        })
        .await;
    let body = match looked {
        Ok((pulse, chains, jobs, stuck_orders)) => {
            let amiss = jobs.into_iter().filter(|(_, job)| job.is_amiss(now));
            let jobs_amiss =
                amiss.map(|(owner, job)| format!("{}/{}", owner.name(), job.name)).collect();
            HealthJson { jobs_amiss, stuck_orders, ..told(pulse, chains, now) }
        }
        Err(error) => {
            tracing::warn!(%error, "health cannot be read");
            HealthJson {
                status: "down",
                database: "down",
                escrow: "stale",
                escrow_beat_at: None,
                jobs_amiss: Vec::new(),
                stuck_orders: 0,
                chains: Vec::new(),
            }
        }
    };
    let well = body.status == "ok";
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    api::json(status, "application/json", &body)
}

fn told(
    pulse: db::pulse::Pulse,
    chains: Vec<(i64, String, String, Time)>,
    now: Time,
) -> HealthJson {
    let fresh = pulse.beat_at.is_some_and(|beat| now.since(beat) <= HEARTBEAT_STALE);
    let escrow = match (fresh, pulse.paused) {
        (false, _) => "stale",
        (true, true) => "paused",
        (true, false) => "ok",
    };
    HealthJson {
        status: if fresh { "ok" } else { "down" },
        database: "ok",
        escrow,
        escrow_beat_at: pulse.beat_at.map(rfc3339),
        jobs_amiss: Vec::new(),
        stuck_orders: 0,
        chains: chains
            .into_iter()
            .map(|(chain_id, name, state, checked_at)| ChainHealthJson {
                chain_id,
                name,
                state,
                checked_at: rfc3339(checked_at),
            })
            .collect(),
    }
}
