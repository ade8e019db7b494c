//! From a configuration to a server that answers.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, HttpServer, web};
use db::WebDb;
use db::doors::Sizes;
use domain::clock::{Clock, Time};

use crate::config::{Config, ConfigError};
use crate::http::{body, outcome};
use crate::state::{App, State};
use crate::{accounts, assets, compress, routes};

/// How long escrow's heartbeat is remembered before it is looked up again.
const PULSE_LIFE: Duration = Duration::from_millis(500);
/// A client that takes longer to send its request's head is cut off.
const REQUEST_HEAD: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Threads of each worker that may wait: passwords, and reads from a database server.
const BLOCKING_THREADS: usize = 8;
/// Seconds that running requests get at a stop.
const SHUTDOWN_SECS: u64 = 5;
/// Connections at once in each worker.
const CONNECTIONS: usize = 4_096;

/// Why web stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A setting cannot be used; starting again does not help.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Anything else, in one sentence.
    #[error("{0}")]
    Failed(String),
}

/// The clock of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Runs web until it is told to stop. `enclose` is called when everything is open and no thread is
/// started yet, and answers the level of isolation; `ready` gets one line once requests are answered.
///
/// # Errors
/// [`RunError`] when it cannot start or breaks down.
pub fn run(
    config: Config,
    enclose: impl FnOnce() -> Result<u8, String>,
    ready: impl FnOnce(&str),
) -> Result<(), RunError> {
    let listener = TcpListener::bind(config.listen).map_err(|error| {
        failed(format!("LISTEN: {} cannot be listened on: {error}", config.listen))
    })?;
    let prepared = WebDb::prepare(&config.db).map_err(failed)?;
    // How many processors there are is told by files that the cage closes.
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(8));
    let level = enclose().map_err(failed)?;
    log_to_stderr();
    let db = prepared.start(Sizes::default()).map_err(failed)?;
    let app = App::new(config, db, Arc::new(SystemClock), PULSE_LIFE).at_level(level);
    accounts::first_admin(&app).map_err(failed)?;
    let line = format!("web listens on {}", app.config.site_url.origin());
    actix_web::rt::System::new().block_on(async move {
        let server = start(web::Data::new(app), listener, workers).map_err(failed)?;
        ready(&line);
        server.await.map_err(failed)
    })
}

/// Serves `app` on `listener` with `workers` threads: the one server, of production and of tests.
///
/// # Errors
/// What the system says about the socket.
pub fn start(app: State, listener: TcpListener, workers: usize) -> io::Result<Server> {
    listener.set_nonblocking(true)?;
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .app_data(web::PayloadConfig::new(body::MAX_BYTES))
            .wrap(from_fn(outcome::around))
            .wrap(from_fn(compress::compress))
            .configure(assets::configure)
            .configure(routes::configure)
            .default_service(web::to(routes::nothing_here))
    });
    let server = server
        .workers(workers)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .max_connections(CONNECTIONS)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(REQUEST_HEAD)
        // Whoever closes wants no answer any more: nobody works, and no stream waits, for who left.
        .h1_allow_half_closed(false)
        .shutdown_timeout(SHUTDOWN_SECS)
        .listen(listener)?;
    Ok(server.run())
}

/// One JSON object a line.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::new("info,actix_server=warn");
    let set = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
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
