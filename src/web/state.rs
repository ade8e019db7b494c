//! What every handler works with: configuration, database, clock, keys.

mod due;
mod heads;
mod keys;
mod market;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web;
use db::{Conn, DbError, WebDb, WebTx};
use domain::clock::{Clock, Time};
use domain::limits;

use crate::accounts::password::Hasher;
use crate::config::Config;
use crate::files::Store;
use crate::http::cookies::Names;
use crate::http::limits::Pace;
use crate::http::sse::Seats;
use crate::ui::url::ExternalUrl;
use due::Due;

pub(crate) use heads::Follower;
pub use market::{Market, Payable};

pub(crate) use keys::hex;
pub use keys::{Keys, Seal};

/// A client that takes longer to send its request's body is cut off.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// The application as handlers take it.
pub type State = web::Data<App>;

/// Everything that outlives a request.
pub struct App {
    /// What the operator set.
    pub config: Config,
    /// The database as web may use it.
    pub db: WebDb,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Keys derived from the salts.
    pub keys: Keys,
    /// Hashes passwords, few at a time.
    pub hasher: Hasher,
    /// Calls per API key.
    pub(crate) pace: Pace,
    /// Open streams per account.
    pub(crate) seats: Seats,
    /// How far the stories are that streams follow.
    pub(crate) heads: heads::Heads,
    /// Where files lie that people send; `None` where the shop takes none.
    pub files: Option<Store>,
    /// When files were last swept.
    pub(crate) sweeping: Due,
    /// When delivery addresses were last looked through.
    pub(crate) erasing: Due,
    /// Names of our cookies.
    pub(crate) cookies: Names,
    /// How long a request's body may take to arrive.
    pub body_deadline: Duration,
    /// The level of isolation that this process runs at, for staff to see; `None` in tests.
    pub isolation_level: Option<u8>,
    seen: Mutex<Option<(Instant, db::pulse::Pulse)>>,
    market: Mutex<Option<market::Seen>>,
    pulse_life: Duration,
}

/// What escrow can do for a visitor now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulse {
    /// Orders are taken and paid out.
    Running,
    /// The operator paused it.
    Paused,
    /// It has not been heard of for [`limits::HEARTBEAT_STALE`].
    Stale,
}

impl App {
    /// Puts the application together. `pulse_life` says how long escrow's last beat is remembered
    /// before it is looked up again.
    pub fn new(config: Config, db: WebDb, clock: Arc<dyn Clock>, pulse_life: Duration) -> Self {
        let keys = Keys::derive(&config.salts);
        let cookies = Names::new(config.site_url.is_https());
        Self {
            files: config.files.clone().map(Store::new),
            sweeping: Due::default(),
            config,
            db,
            clock,
            keys,
            hasher: Hasher::for_this_machine(),
            pace: Pace::default(),
            seats: Seats::default(),
            heads: heads::Heads::default(),
            erasing: Due::default(),
            cookies,
            body_deadline: BODY_DEADLINE,
            isolation_level: None,
            seen: Mutex::new(None),
            market: Mutex::new(None),
            pulse_life,
        }
    }

    /// The same, in a process that is shut in at this level.
    #[must_use]
    pub fn at_level(self, level: u8) -> Self {
        Self { isolation_level: Some(level), ..self }
    }

    /// The moment now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Where the demo's wallet signs, in a demo.
    pub(crate) fn demo_signer(&self) -> Option<ExternalUrl> {
        Some(ExternalUrl::configured(self.config.devnet_url.as_deref()?)?.seg("sign"))
    }

    /// Bytes that nobody can guess.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        if getrandom::fill(&mut bytes).is_err() {
            // Ids, tokens and keys would be guessable: nothing may go on.
            tracing::error!("the system gives no randomness");
            std::process::abort();
        }
        bytes
    }

    /// Reads from the database: at once where it is a file, on another thread where it is a server.
    ///
    /// # Errors
    /// As of [`db::doors::Door::read`].
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        if self.db.is_local() {
            return self.db.read(f);
        }
        let db = self.db.clone();
        web::block(move || db.read(f)).await.unwrap_or_else(|_gone| Err(cancelled()))
    }

    /// [`App::read`] with the tables standing still.
    ///
    /// # Errors
    /// As of [`db::doors::Door::snapshot`].
    pub async fn snapshot<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        if self.db.is_local() {
            return self.db.snapshot(f);
        }
        let db = self.db.clone();
        web::block(move || db.snapshot(f)).await.unwrap_or_else(|_gone| Err(cancelled()))
    }

    /// Writes as the named transaction `name`; `job` may run more than once.
    ///
    /// # Errors
    /// As of [`db::tx::write_async`].
    pub async fn write<T, E>(
        &self,
        name: &'static str,
        job: impl Fn(&mut WebTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        db::tx::write_async(&self.db, name, job).await
    }

    /// How escrow is doing. When that cannot be read it counts as stale.
    pub async fn pulse(&self) -> Pulse {
        let known = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let pulse = match known {
            Some((at, pulse)) if at.elapsed() < self.pulse_life => pulse,
            _ => {
                let unknown = db::pulse::Pulse { beat_at: None, paused: false };
                let pulse = self.read(db::pulse::look).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "escrow's heartbeat cannot be read");
                    unknown
                });
                let seen = Some((Instant::now(), pulse));
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
                pulse
            }
        };
        let fresh = |beat: Time| self.now().since(beat) <= limits::HEARTBEAT_STALE;
        match pulse {
            db::pulse::Pulse { beat_at: Some(beat), paused } if fresh(beat) => {
                if paused {
                    Pulse::Paused
                } else {
                    Pulse::Running
                }
            }
            _ => Pulse::Stale,
        }
    }
}

fn cancelled() -> DbError {
    DbError::Failed("the thread that reads was stopped".to_owned())
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}
