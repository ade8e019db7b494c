//! The engine: one round of each lane. Every round may be run at any time and any number of
//! times; each looks at the ledger and the chain and does the one next thing.

use std::sync::Arc;

use db::deadlines as timers;
use db::desk::{self, Beat};
use db::{jobs, placing};
use domain::chain::ChainId;
use domain::clock::{Span, Time};
use domain::deadline::RunClock;

use crate::ctx::{Ctx, Served};
use crate::desk::{
    addresses, anchors, deadlines, disputes, intake, intents, lodgings, offers, reseals, rulings,
};
use crate::fault::Fault;
use crate::journal;
use crate::money::{
    broadcast, confirm, deposits, heads, plan, rates, sights, sign, strays, tokens,
};

/// What a lane does in a round, in the order in which it does it.
#[derive(Debug, Clone)]
pub struct Engine {
    ctx: Arc<Ctx>,
}

/// What the jobs of a round came to. Each runs whatever became of the one before.
#[derive(Debug, Default)]
struct Round {
    done: u32,
    fault: Option<Fault>,
}

impl Round {
    /// Takes down what a job came to.
    ///
    /// # Errors
    /// [`Fault::Stopped`], at once: a power cut lets nothing run on.
    fn add(&mut self, outcome: Result<u32, Fault>) -> Result<(), Fault> {
        match outcome {
            Ok(more) => self.done = self.done.saturating_add(more),
            Err(stop @ Fault::Stopped(_)) => return Err(stop),
            Err(fault) => {
                // A provider's trouble does not hide the database's.
                let graver = match &self.fault {
                    None => true,
                    Some(Fault::Chain(_)) => !matches!(fault, Fault::Chain(_)),
                    Some(_) => false,
                };
                if graver {
                    self.fault = Some(fault);
                }
            }
        }
        Ok(())
    }

    /// How much was done, or the first fault.
    fn end(self) -> Result<u32, Fault> {
        self.fault.map_or(Ok(self.done), Err)
    }
}

/// The jobs of the desk, in their order.
const DESK: [&str; 10] = [
    "disputes",
    "offers",
    "intents",
    "rulings",
    "deadlines",
    "addresses",
    "reseals",
    "anchors",
    "lodgings",
    "intake",
];
/// The jobs of each chain, in their order.
const CHAIN: [&str; 8] =
    ["confirm", "deposits", "plan", "sign", "broadcast", "strays", "tokens", "sights"];
/// The longest time from one round of a lane to the next, in seconds, where nothing is amiss.
const LANE_SECS: u32 = 10;
/// The same of rates.
const RATES_SECS: u32 = 60;
/// How often is written down how the jobs ran.
const TELL: Span = Span::secs(10);

impl Engine {
    /// An engine on a context.
    pub fn new(ctx: Ctx) -> Self {
        let now = ctx.now();
        let chains = if ctx.chains.is_empty() { &[][..] } else { &CHAIN };
        for name in DESK.iter().chain(chains) {
            ctx.runs.expect(name, LANE_SECS, now);
        }
        if ctx.prices.is_some() {
            ctx.runs.expect("rates", RATES_SECS, now);
        }
        Self { ctx: Arc::new(ctx) }
    }

    /// Runs one job, notes how it went, and tells the log if it did something or failed.
    fn job(
        &self,
        name: &'static str,
        run: impl FnOnce() -> Result<u32, Fault>,
    ) -> Result<u32, Fault> {
        let began = self.now();
        let done = run();
        let said = match &done {
            Ok(done) => Ok(format!("{done} done")),
            Err(fault) => Err(fault.to_string()),
        };
        self.ctx.runs.ended(name, (began, self.now()), said);
        match &done {
            Ok(0) => {}
            Ok(done) => tracing::info!(job = name, done, "job"),
            Err(fault) => tracing::error!(job = name, %fault, "job"),
        }
        done
    }

    /// One round of the desk: disputes, offers, intents, rulings, deadlines, addresses, wishes for
    /// others, deposits, new orders. Disputes come before intents and deadlines, so that one that stands is not
    /// overtaken; what the parties ask for comes before what is done without them; new orders come last,
    /// because they wait for a provider. A full round looks at everything that was ever left over. Answers how much
    /// was done.
    ///
    /// # Errors
    /// The first [`Fault`], after every job has had its turn.
    pub fn desk_once(&self, full: bool) -> Result<u32, Fault> {
        let ctx = &self.ctx;
        if ctx.lacks_web()? {
            return Ok(0);
        }
        ctx.walk_anew();
        let full = full || ctx.is_walking(true);
        let mut round = Round::default();
        round.add(self.job("disputes", || disputes::run_once(ctx)))?;
        round.add(self.job("offers", || offers::run_once(ctx)))?;
        round.add(self.job("intents", || intents::run_once(ctx, full)))?;
        round.add(self.job("rulings", || rulings::run_once(ctx, full)))?;
        round.add(self.job("deadlines", || deadlines::run_once(ctx)))?;
        round.add(self.job("addresses", || addresses::run_once(ctx)))?;
        round.add(self.job("reseals", || reseals::run_once(ctx)))?;
        round.add(self.job("anchors", || anchors::run_once(ctx)))?;
        round.add(self.job("lodgings", || lodgings::run_once(ctx)))?;
        round.add(self.job("intake", || intake::run_once(ctx, full)))?;
        round.end()
    }

    /// Whether a list at the desk was not walked to its end, so that another round is due at once.
    pub fn has_more(&self) -> bool {
        self.ctx.is_walking(false)
    }

    /// Whether the ledger can be written, whatever became of web's tables.
    pub fn is_well(&self) -> bool {
        self.ctx.write("well", |_tx| Ok(())).is_ok()
    }

    /// One round over all chains. A chain in trouble does not hold up the others.
    ///
    /// # Errors
    /// The first [`Fault`] that is not a provider's, after every chain has had its turn.
    pub fn chain_once(&self) -> Result<u32, Fault> {
        let mut round = Round::default();
        for served in self.ctx.chains.values() {
            if !self.ctx.is_chains_turn(served.client.spec()) {
                continue;
            }
            match self.chain_round(served) {
                Err(Fault::Chain(_)) => {}
                outcome => round.add(outcome)?,
            }
        }
        round.end()
    }

    /// Legs are confirmed before balances are read at the same final block: else what has left
    /// would look as if it were missing. That holds if confirming fails, too: what has signed
    /// bytes about is not credited.
    fn chain_round(&self, served: &Served) -> Result<u32, Fault> {
        let ctx = &self.ctx;
        let Some(view) = heads::look(ctx, served)? else { return Ok(0) };
        let mut round = Round::default();
        round.add(self.job("confirm", || confirm::run_once(ctx, served, &view)))?;
        round.add(self.job("deposits", || deposits::run_once(ctx, served, &view)))?;
        round.add(self.job("plan", || plan::run_once(ctx, served, &view)))?;
        round.add(self.job("sign", || sign::run_once(ctx, served, &view)))?;
        round.add(self.job("broadcast", || broadcast::run_once(ctx, served, &view)))?;
        round.add(self.job("strays", || strays::run_once(ctx, served, &view)))?;
        round.add(self.job("tokens", || tokens::run_once(ctx, served, &view)))?;
        round.add(self.job("sights", || sights::run_once(ctx, served, &view)))?;
        round.end()
    }

    /// Takes orders into the books that are older than these, for the start. Answers how many.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub fn open_books(&self) -> Result<u32, Fault> {
        let (mut all, mut place): (u32, String) = (0, String::new());
        loop {
            let (done, next) = journal::open_next(&self.ctx, &place)?;
            all = all.saturating_add(done);
            match next {
                Some(next) => place = next,
                None => break,
            }
        }
        self.job("books", || Ok(all))
    }

    /// Fetches rates that are due.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn rates_once(&self) -> Result<u32, Fault> {
        self.job("rates", || rates::run_once(&self.ctx))
    }

    /// Writes the heartbeat with the times at which the lanes last came round, winds the clock of
    /// deadlines, and now and then writes down how the jobs ran.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub fn beat(&self, started_at: Time, desk_at: Time, chain_at: Time) -> Result<(), Fault> {
        let beat = Beat { started_at, beat_at: self.ctx.now(), desk_at, chain_at };
        let is_time = self.ctx.is_time((ChainId::from(0), "jobs"), TELL);
        let runs = if is_time { self.ctx.runs.standing() } else { Vec::new() };
        self.ctx.write("beat", move |tx| {
            let clock = timers::clock(tx)?.unwrap_or(RunClock::new(beat.beat_at));
            let paused = placing::paused(tx)?;
            desk::beat(tx, &beat)?;
            jobs::note_all(tx, &runs)?;
            Ok(timers::set_clock(tx, clock.wound(beat.beat_at, paused))?)
        })?;
        Ok(())
    }

    /// Everything once: heartbeat, rates, desk and chains. For preparing a demo and for tests.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn step_all(&self) -> Result<u32, Fault> {
        let now = self.ctx.now();
        self.beat(now, now, now)?;
        let mut done = self.rates_once()?;
        done = done.saturating_add(self.chain_once()?);
        done = done.saturating_add(self.desk_once(true)?);
        Ok(done.saturating_add(self.chain_once()?))
    }

    /// The time by the engine's clock.
    pub fn now(&self) -> Time {
        self.ctx.now()
    }
}
