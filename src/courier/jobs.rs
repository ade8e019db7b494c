//! The jobs and when they run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use db::{CourierDb, CourierTx, DbError, jobs, outbox, pulse, stats, tx};
use domain::clock::{Clock, Time};
use domain::job::Job;
use domain::limits::{HEARTBEAT_STALE, NOTICES_KEPT};
use tokio_cron_scheduler::{Job as Cron, JobScheduler, JobSchedulerError};

use crate::telling;

/// Each second.
const BEAT: &str = "* * * * * *";
/// Notices that are sent at once.
const SEND_MOST: i64 = 500;
/// Notices that are removed at once.
const PRUNE_MOST: i64 = 5_000;

/// The clock of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A job beside the heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    /// Tells people what happened to their orders.
    Tell,
    /// Reminds them of what ends soon.
    Remind,
    /// Sends what is in the outbox.
    Send,
    /// Counts each store's released orders.
    Stats,
    /// Removes what people were told long ago.
    Prune,
}

impl Chore {
    /// All of them, what is told before it is sent.
    pub const ALL: [Self; 5] = [Self::Tell, Self::Remind, Self::Send, Self::Stats, Self::Prune];

    /// Its name in the table of jobs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tell => "tell",
            Self::Remind => "remind",
            Self::Send => "send",
            Self::Stats => "stats",
            Self::Prune => "prune",
        }
    }

    /// When it runs, and how long that is from one time to the next, in seconds.
    const fn when(self) -> (&'static str, u32) {
        match self {
            Self::Tell => ("*/2 * * * * *", 2),
            Self::Remind => ("15 * * * * *", 60),
            Self::Send => ("1-59/2 * * * * *", 2),
            Self::Stats => ("30 * * * * *", 60),
            Self::Prune => ("45 */10 * * * *", 600),
        }
    }

    const fn place(self) -> usize {
        match self {
            Self::Tell => 0,
            Self::Remind => 1,
            Self::Send => 2,
            Self::Stats => 3,
            Self::Prune => 4,
        }
    }
}

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The job ran and did so much.
    Done(usize),
    /// Its last run was not over.
    Missed,
}

/// What the jobs work with. Clones share it.
#[derive(Clone)]
pub struct Desk {
    db: CourierDb,
    clock: Arc<dyn Clock>,
    started_at: Time,
    /// Which jobs run now.
    busy: Arc<[AtomicBool; 5]>,
}

/// Says that a job runs, for as long as it is held.
struct Busy<'a>(&'a AtomicBool);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Desk {
    /// A courier that starts now.
    pub fn new(db: CourierDb, clock: Arc<dyn Clock>) -> Self {
        let started_at = clock.now();
        Self { db, clock, started_at, busy: Arc::default() }
    }

    /// Every job once. One that fails holds up no other, and is noted as failed.
    ///
    /// # Errors
    /// What the database says of the heartbeat.
    pub async fn all(&self) -> Result<(), DbError> {
        self.beat().await?;
        for chore in Chore::ALL {
            log(chore.name(), self.run(chore).await.map(drop));
        }
        Ok(())
    }

    /// Gives a sign of life.
    ///
    /// # Errors
    /// What the database says.
    pub async fn beat(&self) -> Result<(), DbError> {
        let (started_at, now) = (self.started_at, self.clock.now());
        tx::write_async(&self.db, "beat", move |tx| stats::beat(tx, started_at, now)).await
    }

    /// Runs a job, unless its last run is not over yet, and notes how it went.
    ///
    /// # Errors
    /// What the database says.
    pub async fn run(&self, chore: Chore) -> Result<Turn, DbError> {
        let Some(busy) = self.busy.get(chore.place()) else { return Ok(Turn::Missed) };
        if busy.swap(true, Ordering::SeqCst) {
            return Ok(Turn::Missed);
        }
        let _busy = Busy(busy);
        let started_at = self.clock.now();
        let ran =
            tx::write_async(&self.db, chore.name(), move |tx| work(tx, chore, started_at)).await;
        let job = Job {
            name: chore.name().to_owned(),
            period_secs: chore.when().1,
            started_at,
            finished_at: Some(self.clock.now()),
            outcome: match &ran {
                Ok(done) => format!("{done} done"),
                Err(error) => error.to_string(),
            },
            failed: ran.is_err(),
        };
        let noted = tx::write_async(&self.db, "note", move |tx| jobs::note(tx, &job)).await;
        let done = ran?;
        noted?;
        if done > 0 {
            tracing::info!(job = chore.name(), done, "job");
        }
        Ok(Turn::Done(done))
    }
}

/// A job's work within one write.
fn work(tx: &mut CourierTx<'_>, chore: Chore, now: Time) -> Result<usize, DbError> {
    match chore {
        Chore::Tell => {
            let events = telling::events(tx, now)?;
            let sent = telling::shipments(tx, now)?;
            Ok(events.saturating_add(sent).saturating_add(telling::alarms(tx, now)?))
        }
        Chore::Remind => {
            let pulse = pulse::look(tx)?;
            let fresh = pulse.beat_at.is_some_and(|beat| now.since(beat) <= HEARTBEAT_STALE);
            telling::reminders(tx, now, fresh && !pulse.paused)
        }
        Chore::Send => outbox::send(tx, now, SEND_MOST),
        Chore::Stats => stats::recount(tx, now),
        Chore::Prune => outbox::prune(tx, now.before(NOTICES_KEPT), PRUNE_MOST),
    }
}

/// The jobs on a scheduler that is not started yet. A run that fails is logged; the next one
/// comes at its time.
pub(crate) async fn schedule(desk: &Desk) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let own = desk.clone();
    let beat = Cron::new_async(BEAT, move |_, _| {
        let desk = own.clone();
        Box::pin(async move { log("beat", desk.beat().await) })
    })?;
    scheduler.add(beat).await?;
    for chore in Chore::ALL {
        let own = desk.clone();
        let job = Cron::new_async(chore.when().0, move |_, _| {
            let desk = own.clone();
            Box::pin(async move { log(chore.name(), desk.run(chore).await.map(drop)) })
        })?;
        scheduler.add(job).await?;
    }
    Ok(scheduler)
}

fn log(job: &str, outcome: Result<(), DbError>) {
    if let Err(error) = outcome {
        tracing::error!(job, %error, "a job failed");
    }
}

#[cfg(test)]
mod tests {
    use db::Owner;
    use domain::clock::{ManualClock, Span};
    use testkit::Data;

    use super::*;

    const START: Time = Time::from_secs(1_795_000_000);

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
    }

    #[test]
    fn jobs_leave_their_marks_by_the_clock_that_they_are_given() {
        let data = Data::sqlite();
        let clock = Arc::new(ManualClock::at(START));
        let desk = Desk::new(data.courier(), clock.clone());
        runtime().block_on(desk.all()).unwrap();
        clock.advance(Span::secs(7));
        runtime().block_on(desk.beat()).unwrap();

        let web = data.web();
        assert_eq!(web.read(stats::last_beat).unwrap(), Some(START.after(Span::secs(7))));
        let jobs = web.read(jobs::all).unwrap();
        let mut names: Vec<&str> = Chore::ALL.map(Chore::name).to_vec();
        names.sort_unstable();
        assert_eq!(jobs.iter().map(|(_, job)| job.name.as_str()).collect::<Vec<_>>(), names);
        for (owner, job) in &jobs {
            assert_eq!((*owner, job.started_at), (Owner::Courier, START));
            assert_eq!((job.outcome.as_str(), job.failed), ("0 done", false));
        }
        let late = START.after(Span::secs(181));
        let late: Vec<_> = jobs.iter().filter(|(_, job)| job.is_late(late)).collect();
        assert_eq!(late.len(), 4, "all but the one of each ten minutes: {late:?}");
    }

    #[test]
    fn a_job_never_runs_twice_at_once() {
        let data = Data::sqlite();
        let desk = Desk::new(data.courier(), Arc::new(SystemClock));
        runtime().block_on(async {
            let turns = tokio::join!(desk.run(Chore::Stats), desk.run(Chore::Stats));
            assert_eq!(turns, (Ok(Turn::Done(0)), Ok(Turn::Missed)));
            assert_eq!(desk.run(Chore::Stats).await, Ok(Turn::Done(0)), "its turn comes again");
        });
    }

    #[test]
    fn a_job_that_fails_is_noted_and_holds_up_no_other() {
        let data = Data::sqlite();
        let desk = Desk::new(data.courier(), Arc::new(SystemClock));
        let gone = "ALTER TABLE outbox RENAME TO elsewhere;";
        data.by_hand(Owner::Courier, gone, gone);
        runtime().block_on(desk.all()).unwrap();
        let jobs = data.courier().read(jobs::all).unwrap();
        let failed: Vec<_> =
            jobs.iter().filter(|(_, job)| job.failed).map(|(_, job)| job.name.as_str()).collect();
        assert_eq!(failed, ["prune", "remind", "send", "tell"]);
        assert!(jobs.iter().any(|(_, job)| job.name == "stats" && !job.failed), "{jobs:?}");
    }

    #[test]
    fn every_schedule_is_one_that_the_scheduler_understands() {
        let data = Data::sqlite();
        let desk = Desk::new(data.courier(), Arc::new(SystemClock));
        runtime().block_on(async {
            let mut scheduler = schedule(&desk).await.unwrap();
            let next = scheduler.time_till_next_job().await.unwrap().unwrap();
            assert!(next <= std::time::Duration::from_secs(1), "{next:?}");
        });
    }
}
