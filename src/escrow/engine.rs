//! The engine: one round of each lane. Every round may be run at any time and any number of
//! times; each looks at the ledger and the chain and does the one next thing.

use std::sync::Arc;

use db::desk::{self, Beat};
use domain::clock::Time;

use crate::ctx::{Ctx, Served};
use crate::desk::{addresses, disputes, intake, intents};
use crate::fault::Fault;
use crate::money::{broadcast, confirm, deposits, heads, plan, rates, sign};

/// What a lane does in a round, in the order in which it does it.
#[derive(Debug, Clone)]
pub struct Engine {
    ctx: Arc<Ctx>,
}

/// Runs one job and tells the log if it did something or failed.
fn job(name: &'static str, run: impl FnOnce() -> Result<u32, Fault>) -> Result<u32, Fault> {
    let done = run();
    match &done {
        Ok(0) => {}
        Ok(done) => tracing::info!(job = name, done, "job"),
        Err(fault) => tracing::error!(job = name, %fault, "job"),
    }
    done
}

impl Engine {
    /// An engine on a context.
    pub fn new(ctx: Ctx) -> Self {
        Self { ctx: Arc::new(ctx) }
    }

    /// One round of the desk: addresses, new orders, disputes, intents. Disputes come before
    /// intents, so that one that stands is not overtaken. A full round looks at everything that
    /// was ever left over. Answers how much was done.
    ///
    /// # Errors
    /// The first job's [`Fault`]; the rest of the round is left to the next one.
    pub fn desk_once(&self, full: bool) -> Result<u32, Fault> {
        let ctx = &self.ctx;
        let mut done = job("addresses", || addresses::run_once(ctx))?;
        done = done.saturating_add(job("intake", || intake::run_once(ctx, full))?);
        done = done.saturating_add(job("disputes", || disputes::run_once(ctx))?);
        Ok(done.saturating_add(job("intents", || intents::run_once(ctx, full))?))
    }

    /// One round over all chains. A chain in trouble does not hold up the others.
    ///
    /// # Errors
    /// The first [`Fault`] that is not a provider's.
    pub fn chain_once(&self) -> Result<u32, Fault> {
        let mut done: u32 = 0;
        for served in self.ctx.chains.values() {
            if !self.ctx.is_chains_turn(served.client.spec()) {
                continue;
            }
            match self.chain_round(served) {
                Ok(more) => done = done.saturating_add(more),
                Err(Fault::Chain(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(done)
    }

    /// Legs are confirmed before balances are read at the same final block: else what has left
    /// would look as if it were missing.
    fn chain_round(&self, served: &Served) -> Result<u32, Fault> {
        let ctx = &self.ctx;
        let Some(view) = heads::look(ctx, served)? else { return Ok(0) };
        let mut done = job("confirm", || confirm::run_once(ctx, served, &view))?;
        done = done.saturating_add(job("deposits", || deposits::run_once(ctx, served, &view))?);
        done = done.saturating_add(job("plan", || plan::run_once(ctx, served, &view))?);
        done = done.saturating_add(job("sign", || sign::run_once(ctx, served, &view))?);
        Ok(done.saturating_add(job("broadcast", || broadcast::run_once(ctx, served, &view))?))
    }

    /// Fetches rates that are due.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn rates_once(&self) -> Result<u32, Fault> {
        job("rates", || rates::run_once(&self.ctx))
    }

    /// Writes the heartbeat with the times at which the lanes last came round.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub fn beat(&self, started_at: Time, desk_at: Time, chain_at: Time) -> Result<(), Fault> {
        let beat = Beat { started_at, beat_at: self.ctx.now(), desk_at, chain_at };
        self.ctx.write("beat", move |tx| Ok(desk::beat(tx, &beat)?))?;
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
