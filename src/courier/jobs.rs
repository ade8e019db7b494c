//! The jobs and when they run.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use db::{CourierDb, DbError, stats, tx};
use domain::clock::{Clock, Time};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Each second.
const BEAT: &str = "* * * * * *";
/// Each minute, at its middle.
const STATS: &str = "30 * * * * *";

/// The clock of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// What the jobs work with. Clones share it.
#[derive(Clone)]
pub struct Desk {
    db: CourierDb,
    clock: Arc<dyn Clock>,
    started_at: Time,
}

impl Desk {
    /// A courier that starts now.
    pub fn new(db: CourierDb, clock: Arc<dyn Clock>) -> Self {
        let started_at = clock.now();
        Self { db, clock, started_at }
    }

    /// Every job once.
    ///
    /// # Errors
    /// What the database says.
    pub async fn all(&self) -> Result<(), DbError> {
        self.beat().await?;
        self.stats().await
    }

    /// Gives a sign of life.
    ///
    /// # Errors
    /// What the database says.
    pub async fn beat(&self) -> Result<(), DbError> {
        let (started_at, now) = (self.started_at, self.clock.now());
        tx::write_async(&self.db, "beat", move |tx| stats::beat(tx, started_at, now)).await
    }

    /// Counts each store's released orders.
    ///
    /// # Errors
    /// What the database says.
    pub async fn stats(&self) -> Result<(), DbError> {
        let started = self.clock.now();
        let changed =
            tx::write_async(&self.db, "stats", move |tx| stats::recount(tx, started)).await?;
        let finished = self.clock.now();
        tx::write_async(&self.db, "note", move |tx| {
            stats::note(tx, "stats", (started, finished), &format!("{changed} changed"))
        })
        .await?;
        if changed > 0 {
            tracing::info!(job = "stats", changed, "counted");
        }
        Ok(())
    }
}

/// The jobs on a scheduler that is not started yet. A run that fails is logged; the next one
/// comes at its time.
pub(crate) async fn schedule(desk: &Desk) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let own = desk.clone();
    let beat = Job::new_async(BEAT, move |_, _| {
        let desk = own.clone();
        Box::pin(async move { log("beat", desk.beat().await) })
    })?;
    let own = desk.clone();
    let stats = Job::new_async(STATS, move |_, _| {
        let desk = own.clone();
        Box::pin(async move { log("stats", desk.stats().await) })
    })?;
    scheduler.add(beat).await?;
    scheduler.add(stats).await?;
    Ok(scheduler)
}

fn log(job: &str, outcome: Result<(), DbError>) {
    if let Err(error) = outcome {
        tracing::error!(job, %error, "a job failed");
    }
}

#[cfg(test)]
mod tests {
    use domain::clock::{ManualClock, Span};
    use testkit::Data;

    use super::*;

    const START: Time = Time::from_secs(1_795_000_000);

    #[test]
    fn jobs_leave_their_marks_by_the_clock_that_they_are_given() {
        let data = Data::sqlite();
        let clock = Arc::new(ManualClock::at(START));
        let desk = Desk::new(data.courier(), clock.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(desk.all()).unwrap();
        clock.advance(Span::secs(7));
        runtime.block_on(desk.beat()).unwrap();

        let web = data.web();
        assert_eq!(web.read(stats::last_beat).unwrap(), Some(START.after(Span::secs(7))));
        let jobs = web.read(stats::jobs).unwrap();
        assert_eq!(jobs, [("stats".to_owned(), START, "0 changed".to_owned())]);
    }

    #[test]
    fn every_schedule_is_one_that_the_scheduler_understands() {
        let data = Data::sqlite();
        let desk = Desk::new(data.courier(), Arc::new(SystemClock));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut scheduler = schedule(&desk).await.unwrap();
            let next = scheduler.time_till_next_job().await.unwrap().unwrap();
            assert!(next <= std::time::Duration::from_secs(1), "{next:?}");
        });
    }
}
