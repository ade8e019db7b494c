//! The running process: threads, and who wakes whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use db::doors::Sizes;
use db::{EscrowDb, Owner};
use domain::asset::LISTED;
use domain::clock::{Clock, Time};
use secrecy::ExposeSecret;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::chain::client::Client;
use crate::chain::transport::HttpTransport;
use crate::config::{Config, ConfigError, RunError};
use crate::ctx::{Ctx, NoProbe, Parts, Served, Unfit};
use crate::engine::Engine;
use crate::fault::Fault;
use crate::keys::Keys;
use crate::reach::Reach;
use crate::secret::{ChainSecret, Secrets};

/// How often the desk asks whether web has written.
const WATCH: Duration = Duration::from_millis(100);
/// How often it looks without being told, where asking is not to be had (MariaDB).
const WATCH_REMOTE: Duration = Duration::from_millis(500);
/// How often the heart beats.
const BEAT: Duration = Duration::from_secs(1);
/// Rounds of a lane that may fail one after another before the process gives up.
const FAILURES_MAX: u32 = 60;

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        // A clock before 1970 is a broken machine; nothing is fresh then, so nothing moves.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// How a lane is woken. A lane that is still busy misses a usual turn; that a special one is
/// wanted (everything left over at the desk, rates on the chains) is not forgotten.
#[derive(Debug, Clone)]
struct Bell {
    wake: SyncSender<()>,
    special: Arc<AtomicBool>,
}

/// Where a lane hears its bell.
#[derive(Debug)]
struct Turns {
    woken: Receiver<()>,
    special: Arc<AtomicBool>,
}

fn bell() -> (Bell, Turns) {
    let (wake, woken) = sync_channel(1);
    // At the start both lanes have a special turn.
    let special = Arc::new(AtomicBool::new(true));
    (Bell { wake, special: Arc::clone(&special) }, Turns { woken, special })
}

impl Bell {
    fn ring(&self, special: bool) {
        if special {
            self.special.store(true, Ordering::SeqCst);
        }
        // Full: it is awake already. Disconnected: the lane itself reports its end.
        let _missed = self.wake.try_send(());
    }
}

impl Turns {
    fn is_special(&self) -> bool {
        self.special.swap(false, Ordering::SeqCst)
    }
}

/// Runs the role until it fails.
///
/// `enclose` is called once everything is open and
/// before the first thread is started, with what is called from then on; `ready` once the lanes run.
///
/// # Errors
/// [`RunError::Config`] when starting again would not help, else [`RunError::Failed`].
pub fn run(
    config: Config,
    secrets: Secrets,
    enclose: impl FnOnce(&Reach) -> Result<(), String>,
    ready: impl FnOnce(&str),
) -> Result<(), RunError> {
    log();
    let user = secrets.db_user.as_ref().map(ExposeSecret::expose_secret);
    let password = secrets.db_password.as_ref().map(ExposeSecret::expose_secret);
    let database = config.db(user, password)?;
    let reach = Reach::of(&secrets);
    let Secrets { keys, chains, prices_url, .. } = secrets;
    // The text of the key goes as soon as the keys are made.
    let keys = Keys::from_source(keys).map_err(failed)?;
    let prepared = EscrowDb::prepare(&database).map_err(failed)?;
    enclose(&reach).map_err(RunError::Failed)?;

    let db = prepared.start(Sizes { writers: 1, ..Sizes::default() }).map_err(failed)?;
    let local = db.is_local();
    let chains = providers(chains);
    let names: Vec<_> = chains.iter().map(|chain| chain.client.spec().name).collect();
    let line = format!("escrow for {}", names.join(", "));
    let watch = db.watch(Owner::Web).map_err(failed)?;
    let ctx = Ctx::new(Parts {
        db,
        clock: Arc::new(SystemClock),
        keys: Arc::new(keys),
        chains,
        prices: Some(Box::new(HttpTransport::new(prices_url))),
        probe: Box::new(NoProbe),
    })
    .map_err(|unfit| match unfit {
        Unfit::OtherPhrase | Unfit::Copy | Unfit::Forged => {
            RunError::Config(ConfigError(unfit.to_string()))
        }
        Unfit::Fault(fault) => failed(fault),
    })?;
    let engine = Engine::new(ctx);
    // The first beat, so that whoever waits for `ready` finds a living heart.
    let now = engine.now();
    engine.beat(now, now, now).map_err(failed)?;
    engine.open_books().map_err(failed)?;
    live(&engine, Watching { watch, local }, || ready(&line))
}

fn failed(error: impl std::fmt::Display) -> RunError {
    RunError::Failed(error.to_string())
}

/// The chains of a secret file with their providers and the tokens that are asked about.
pub fn providers(chains: Vec<ChainSecret>) -> Vec<Served> {
    chains.into_iter().filter_map(served).collect()
}

fn served(secret: ChainSecret) -> Option<Served> {
    let transport = Box::new(HttpTransport::new(secret.url.clone()));
    let client = Client::new(secret.id.spec()?, transport);
    let listed = LISTED.iter().filter(|listed| listed.chain == secret.id);
    let mut tokens: Vec<_> = listed.filter_map(|listed| listed.token.parse().ok()).collect();
    tokens.extend(&secret.tokens);
    tokens.sort_unstable();
    tokens.dedup();
    let ChainSecret { commission_wallet, resolver_wallet, .. } = secret;
    Some(Served { client, commission_wallet, resolver_wallet, tokens })
}

/// One JSON line an event, to standard error.
fn log() {
    let filter = tracing_subscriber::EnvFilter::new("info,tokio_cron_scheduler=warn");
    let logger = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_writer(std::io::stderr)
        .try_init();
    if let Err(error) = logger {
        tracing::debug!(%error, "somebody logs already");
    }
}

/// How the desk learns that web has written.
struct Watching {
    watch: db::doors::Watch,
    local: bool,
}

/// When each lane last came round, in microseconds.
#[derive(Debug)]
struct Progress {
    desk: AtomicI64,
    chain: AtomicI64,
}

/// Starts the lanes and the heart, and waits until one of them ends, which none ever should.
fn live(engine: &Engine, watching: Watching, ready: impl FnOnce()) -> Result<(), RunError> {
    let now = engine.now().as_micros();
    let progress = Arc::new(Progress { desk: AtomicI64::new(now), chain: AtomicI64::new(now) });
    let (ended, mut end) = unbounded_channel();
    let (desk, desk_turns) = bell();
    let (chain, chain_turns) = bell();

    let (e, p) = (engine.clone(), Arc::clone(&progress));
    spawn("desk", &ended, move || desk_lane(&e, &desk_turns, watching, &p.desk))?;
    let (e, p) = (engine.clone(), Arc::clone(&progress));
    spawn("chain", &ended, move || chain_lane(&e, &chain_turns, &p.chain))?;
    let e = engine.clone();
    spawn("heart", &ended, move || heart(&e, &progress))?;

    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
    runtime.block_on(async move {
        let _scheduler = schedule(desk, chain).await.map_err(failed)?;
        ready();
        let why = end.recv().await;
        Err(RunError::Failed(why.unwrap_or_else(|| "every lane ended".to_owned())))
    })
}

/// Starts a thread that reports its end, whether it returns or panics.
fn spawn(
    name: &'static str,
    ended: &UnboundedSender<String>,
    run: impl FnOnce() -> String + Send + 'static,
) -> Result<(), RunError> {
    struct Report(&'static str, UnboundedSender<String>, Option<String>);
    impl Drop for Report {
        fn drop(&mut self) {
            let why = self.2.take().unwrap_or_else(|| "it panicked".to_owned());
            if self.1.send(format!("{} ended: {why}", self.0)).is_err() {
                tracing::error!(lane = self.0, why, "ended");
            }
        }
    }
    let ended = ended.clone();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let mut report = Report(name, ended, None);
            report.2 = Some(run());
        })
        .map_err(failed)?;
    Ok(())
}

/// Says when.
async fn schedule(desk: Bell, chain: Bell) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let turns = [
        ("*/10 * * * * *", &desk, false),
        ("0 */10 * * * *", &desk, true),
        ("* * * * * *", &chain, false),
        ("30 * * * * *", &chain, true),
    ];
    for (when, lane, special) in turns {
        let lane = lane.clone();
        scheduler.add(Job::new(when, move |_id, _jobs| lane.ring(special))?).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}

/// Counts failures in a row; too many end the lane, and with it the process, which the monitor
/// starts again. As long as the ledger can be written it is web's tables that are at fault, and a
/// new process would fare no better with them.
struct Patience<'a>(u32, &'a Engine);

impl Patience<'_> {
    fn bears(&mut self, round: Result<u32, Fault>) -> Result<(), String> {
        match round {
            Ok(_) => self.0 = 0,
            Err(Fault::Chain(_)) => {}
            Err(fault) => {
                self.0 = self.0.saturating_add(1);
                if self.0 >= FAILURES_MAX {
                    if !self.1.is_well() {
                        return Err(fault.to_string());
                    }
                    self.0 = 0;
                }
            }
        }
        Ok(())
    }
}

fn desk_lane(
    engine: &Engine,
    turns: &Turns,
    mut watching: Watching,
    progress: &AtomicI64,
) -> String {
    let mut patience = Patience(0, engine);
    let pause = if watching.local { WATCH } else { WATCH_REMOTE };
    let mut awake = true;
    loop {
        if awake && let Err(why) = patience.bears(engine.desk_once(turns.is_special())) {
            return why;
        }
        progress.store(engine.now().as_micros(), Ordering::Relaxed);
        awake = engine.has_more();
        if awake {
            continue;
        }
        awake = match turns.woken.recv_timeout(pause) {
            Ok(()) => true,
            Err(RecvTimeoutError::Disconnected) => return "nobody wakes it".to_owned(),
            Err(RecvTimeoutError::Timeout) => match watching.watch.changed() {
                Ok(changed) => changed,
                Err(error) => match patience.bears(Err(error.into())) {
                    Ok(()) => false,
                    Err(why) => return why,
                },
            },
        };
    }
}

fn chain_lane(engine: &Engine, turns: &Turns, progress: &AtomicI64) -> String {
    let mut patience = Patience(0, engine);
    loop {
        if turns.is_special()
            && let Err(why) = patience.bears(engine.rates_once())
        {
            return why;
        }
        if let Err(why) = patience.bears(engine.chain_once()) {
            return why;
        }
        progress.store(engine.now().as_micros(), Ordering::Relaxed);
        if turns.woken.recv().is_err() {
            return "nobody wakes it".to_owned();
        }
    }
}

fn heart(engine: &Engine, progress: &Progress) -> String {
    let started = engine.now();
    let mut patience = Patience(0, engine);
    let read = |time: &AtomicI64| Time::from_micros(time.load(Ordering::Relaxed));
    loop {
        let beat = engine.beat(started, read(&progress.desk), read(&progress.chain));
        if let Err(why) = patience.bears(beat.map(|()| 1)) {
            return why;
        }
        thread::sleep(BEAT);
    }
}
