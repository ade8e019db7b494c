//! The role that tells people what happens to their orders and does the other periodic work that is
//! not money.
//!
//! It listens on nothing and calls nobody; it reads everything and writes its own tables. Each job
//! is one named write, so a courier that dies in the middle leaves the last whole state.
#![deny(missing_docs)]

mod config;
mod jobs;
mod telling;

use std::io;
use std::sync::Arc;

use db::CourierDb;
use db::doors::Sizes;
use domain::clock::Clock;
use tokio::runtime;

pub use config::{Config, ConfigError, VARS};
pub use jobs::{Chore, Desk, SystemClock, Turn};

/// Connections that read; the jobs come one after the other.
const READERS: u32 = 1;

/// Why courier stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A setting cannot be used; starting again does not help.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Anything else, in one sentence.
    #[error("{0}")]
    Failed(String),
}

/// Runs courier until its process ends. `enclose` is called when everything is open and no thread
/// is started yet; `ready` gets one line once every job has run for the first time.
///
/// # Errors
/// [`RunError`] when it cannot start.
pub fn run(
    config: Config,
    enclose: impl FnOnce() -> Result<(), String>,
    ready: impl FnOnce(&str),
) -> Result<(), RunError> {
    let prepared = CourierDb::prepare(&config.db).map_err(failed)?;
    enclose().map_err(RunError::Failed)?;
    log_to_stderr();
    let db = prepared.start(Sizes { readers: READERS, writers: 1 }).map_err(failed)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let desk = Desk::new(db, clock);
    let runtime = runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
    runtime.block_on(async {
        desk.all().await.map_err(failed)?;
        let scheduler = jobs::schedule(&desk).await.map_err(failed)?;
        scheduler.start().await.map_err(failed)?;
        ready("courier keeps house");
        std::future::pending::<()>().await;
        Ok(())
    })
}

/// One JSON object a line.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::new("info,tokio_cron_scheduler=warn");
    let set = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .try_init();
    if set.is_err() {
        tracing::debug!("somebody else writes the log already");
    }
}

fn failed(error: impl ToString) -> RunError {
    RunError::Failed(error.to_string())
}
