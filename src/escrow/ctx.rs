//! What every job works with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use db::jobs::Runs;
use db::{Conn, DbError, EscrowDb, EscrowTx, desk, turns, tx};
use domain::EvmAddress;
use domain::chain::{ChainId, ChainSpec};
use domain::clock::{Clock, Span, Time};
use domain::ids::{AlarmId, OrderId};

use crate::alarms::{alarm_id, printable};
use crate::bond;
use crate::chain::client::Client;
use crate::chain::transport::PriceSource;
use crate::fault::Fault;
use crate::keys::Keys;
use crate::money::sights::Reading;

/// How long a public chain is left alone between two looks.
const PACE: Span = Span::secs(3);
/// Turns that are remembered; when there are more, all come round once more.
const TURNS_MAX: usize = 100_000;
/// Alarms that are remembered, so that raising them again costs no write.
const TOLD_MAX: usize = 100_000;

pub(crate) use crate::alarms::raise as alarm;
use crate::walks::Walk;
pub(crate) use crate::walks::all;

/// A list of a chain that is walked round by round, or a job that is done now and then.
pub(crate) type List = (ChainId, &'static str);
/// A row of such a list: order and number.
pub(crate) type Place = (String, i32);

/// Where a test may stop a job, as a power cut would. Outside of tests it never does.
pub trait Probe: Send + Sync {
    /// Called at each named point.
    ///
    /// # Errors
    /// [`Fault::Stopped`] to stop here.
    fn reach(&self, point: &'static str) -> Result<(), Fault>;
}

/// Lets every job run on.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn reach(&self, _point: &'static str) -> Result<(), Fault> {
        Ok(())
    }
}

/// A chain that is served.
#[derive(Debug)]
pub struct Served {
    /// Its provider.
    pub client: Client,
    /// Where its commissions go.
    pub commission_wallet: EvmAddress,
    /// Where the fees for rulings go; without one none is taken.
    pub resolver_wallet: Option<EvmAddress>,
    /// Contracts of the stablecoins that are to be offered, if they pass their check.
    pub tokens: Vec<EvmAddress>,
}

/// All that an engine is made of.
pub struct Parts {
    /// The database as escrow sees it.
    pub db: EscrowDb,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The keys.
    pub keys: Arc<Keys>,
    /// The chains to serve.
    pub chains: Vec<Served>,
    /// Where prices come from; without one nothing new is priced.
    pub prices: Option<Box<dyn PriceSource>>,
    /// Where tests stop jobs.
    pub probe: Box<dyn Probe>,
}

/// What every job works with.
pub struct Ctx {
    pub(crate) db: EscrowDb,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) chains: BTreeMap<ChainId, Served>,
    pub(crate) prices: Option<Box<dyn PriceSource>>,
    generation: AtomicU32,
    /// When what is tried now and then was tried last. Forgotten at a restart, which does no harm.
    turns: Mutex<BTreeMap<(OrderId, i32), Time>>,
    looked: Mutex<BTreeMap<List, Time>>,
    told: Mutex<BTreeSet<AlarmId>>,
    /// Where each list is gone on with.
    places: Mutex<BTreeMap<List, Place>>,
    /// How far each list at the desk is walked.
    pub(crate) walks: Mutex<BTreeMap<&'static str, Walk>>,
    /// How the jobs last ran, until the heart writes it down.
    pub(crate) runs: Runs,
    /// What is being read of each chain for the public sums. Forgotten, it begins anew.
    readings: Mutex<BTreeMap<ChainId, Reading>>,
    probe: Box<dyn Probe>,
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ctx({:?})", self.chains.keys())
    }
}

/// The keys are not those that the ledger was written with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Another phrase.
    #[error(
        "MNEMONIC is another phrase than the one that this ledger was written with; put the old \
         one back, or start with an empty data folder."
    )]
    OtherPhrase,
    /// A copy of a ledger, or one that was moved.
    #[error(
        "this ledger lies elsewhere than where it last ran, as a copy does; two that run would give \
         the same addresses to different orders. If no other will ever run again: `holdfast adopt`; \
         if it is an older copy: `holdfast adopt --restored`."
    )]
    Copy,
    /// Somebody changed the row that says whose ledger it is.
    #[error(
        "the row of escrow's table `installation` was changed by hand; put the ledger back as it was."
    )]
    Forged,
    /// Something else went wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Notes the key by which this site signs from its generation's first start on.
fn note_site_key(
    db: &EscrowDb,
    (generation, address): (u32, EvmAddress),
    since: Time,
) -> Result<(), Fault> {
    let known = db.read(desk::site_keys)?;
    if known.iter().any(|key| key.generation == generation) {
        return Ok(());
    }
    let key = desk::SiteKey { generation, address, since };
    tx::write(db, "site-key", move |tx| Ok(desk::note_site_key(tx, &key)?))
}

impl Ctx {
    /// Binds the parts to the ledger: at the first start it notes whose ledger this is and where it
    /// lies, later it refuses any other's keys and any copy.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn new(parts: Parts) -> Result<Self, Unfit> {
        let Parts { db, clock, keys, chains, prices, probe } = parts;
        let generation = bond::hold(&db, &keys, clock.now())?;
        note_site_key(&db, (generation, keys.site(generation)?), clock.now())?;
        Ok(Self {
            db,
            clock,
            keys,
            chains: chains.into_iter().map(|chain| (chain.client.spec().id, chain)).collect(),
            prices,
            generation: AtomicU32::new(generation),
            turns: Mutex::default(),
            looked: Mutex::default(),
            told: Mutex::default(),
            places: Mutex::default(),
            walks: Mutex::default(),
            runs: Runs::default(),
            readings: Mutex::default(),
            probe,
        })
    }

    /// The generation of addresses that are issued now.
    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Goes on to the next generation of addresses: those of the present one are used by others.
    pub(crate) fn next_generation(&self, generation: u32) {
        self.generation.fetch_max(generation, Ordering::SeqCst);
    }

    /// Now.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// A point at which a test may stop the job.
    pub(crate) fn reach(&self, point: &'static str) -> Result<(), Fault> {
        self.probe.reach(point)
    }

    /// Whether a chain is to be looked at in this round: a public one not in each, because its
    /// blocks are slower and its provider counts requests.
    pub(crate) fn is_chains_turn(&self, spec: &ChainSpec) -> bool {
        let pace = if spec.genesis.is_some() { PACE } else { Span::secs(0) };
        self.is_time((spec.id, "chain"), pace)
    }

    /// Whether `span` has gone by since something was last due on a chain.
    pub(crate) fn is_time(&self, what: List, span: Span) -> bool {
        let now = self.now();
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = looked.get(&what).is_none_or(|last| is_over(*last, now, span));
        if is_due {
            looked.insert(what, now);
        }
        is_due
    }

    /// Whether `span` has gone by since this was last so for a payout.
    pub(crate) fn is_turn(&self, payout: (OrderId, i32), span: Span) -> bool {
        let now = self.now();
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = turns.get(&payout).is_none_or(|last| is_over(*last, now, span));
        if is_due {
            if turns.len() >= TURNS_MAX {
                turns.clear();
            }
            turns.insert(payout, now);
        }
        is_due
    }

    /// The next part of a list, from where the last round left off, so that what waits at its
    /// head never hides what comes after. `list` answers up to `limit` rows after a place.
    pub(crate) fn next_of(
        &self,
        key: List,
        limit: i64,
        list: impl FnOnce(&mut Conn, Option<&Place>, i64) -> Result<Vec<Place>, DbError>,
    ) -> Result<Vec<(OrderId, i32)>, Fault> {
        let places = || self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places().get(&key).cloned();
        let rows = self.db.read(|conn| list(conn, place.as_ref(), limit))?;
        let full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        match rows.last().filter(|_| full) {
            Some(last) => places().insert(key, last.clone()),
            // The end: the next round begins anew.
            None => places().remove(&key),
        };
        Ok(rows.iter().filter_map(|(order, n)| Some((order.parse().ok()?, *n))).collect())
    }

    /// The id at which a list was left; empty where it begins.
    pub(crate) fn place_in(&self, list: List) -> String {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(&list).map(|place| place.0.clone()).unwrap_or_default()
    }

    /// Notes where a list was left; nowhere at its end.
    pub(crate) fn put_place(&self, list: List, last: Option<String>) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        match last {
            Some(last) => places.insert(list, (last, 0)),
            None => places.remove(&list),
        };
    }

    /// Whether web's file cannot be used, which raises an alarm. Nothing is taken up or planned
    /// then; payouts under way go on.
    pub(crate) fn lacks_web(&self) -> Result<bool, Fault> {
        let Some(why) = self.db.lack()? else { return Ok(false) };
        self.alarm("files", None, format!("nothing is taken up and no payout planned: {why}"))?;
        Ok(true)
    }

    /// The readings that go on in the next round.
    pub(crate) fn readings(&self) -> MutexGuard<'_, BTreeMap<ChainId, Reading>> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes in escrow's turn, and says `None` where another engine on the same ledger was
    /// quicker.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        job: impl Fn(&mut EscrowTx<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<Option<T>, Fault> {
        let in_turn = move |tx: &mut EscrowTx<'_>| {
            turns::of_escrow(tx)?;
            job(tx)
        };
        match tx::write(&self.db, name, in_turn) {
            Err(fault) if fault.is_overtaken() => {
                tracing::info!(job = name, %fault, "another engine was quicker");
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// Raises an alarm; the same one again is not another one.
    pub(crate) fn alarm(
        &self,
        kind: &'static str,
        order: Option<OrderId>,
        message: String,
    ) -> Result<(), Fault> {
        let now = self.now();
        let message = printable(&message);
        let id = alarm_id(kind, order, &message);
        let told = || self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told().contains(&id) {
            return Ok(());
        }
        self.write("alarm", move |tx| alarm(tx, kind, order, &message, now))?;
        if told().len() >= TOLD_MAX {
            told().clear();
        }
        told().insert(id);
        Ok(())
    }

    /// Turns a fault that concerns one order into an alarm, so that the job goes on with the
    /// others.
    ///
    /// # Errors
    /// Faults that concern all, see [`Fault::is_local`].
    pub(crate) fn contain<T: Default>(
        &self,
        job: &'static str,
        order: Option<OrderId>,
        outcome: Result<T, Fault>,
    ) -> Result<T, Fault> {
        match outcome {
            Err(fault) if fault.is_local() => {
                match self.alarm("order", order, format!("{job}: {fault}")) {
                    Err(fault) if fault.is_local() => {
                        tracing::error!(job, order = order.map(|order| order.to_string()), %fault, "no alarm");
                    }
                    raised => raised?,
                }
                Ok(T::default())
            }
            other => other,
        }
    }
}

/// Whether a span has gone by since `last`. A time that lies ahead was noted by a clock that has
/// been set back since, and holds up nothing.
pub(crate) fn is_over(last: Time, now: Time, span: Span) -> bool {
    last > now || now.since(last) >= span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_was_noted_ahead_of_now_is_over() {
        let now = Time::from_secs(1_000);
        assert!(!is_over(now.before(Span::secs(2)), now, Span::secs(3)));
        assert!(is_over(now.before(Span::secs(3)), now, Span::secs(3)));
        assert!(is_over(now.after(Span::days(9)), now, Span::secs(3)));
    }
}
