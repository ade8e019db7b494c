//! How the jobs of escrow and of courier last ran: a row a job, in a table of each role's own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::job::Job;

use crate::codec;
use crate::conn::Conn;
use crate::doors::{CourierTx, EscrowTx};
use crate::error::DbError;
use crate::owners::Owner;
use crate::schema::{courier_jobs, escrow_jobs};

/// Jobs of a role that are read at most; no role has more.
const MOST: i64 = 100;
/// Letters of an outcome that are kept.
const OUTCOME_MAX: usize = 200;

/// Writes how the last run of a job went, in the table of one role.
macro_rules! put {
    ($tx:expr, $table:ident, $job:expr) => {{
        let job: &Job = $job;
        let period: i32 = codec::column("jobs.period_secs", job.period_secs)?;
        let outcome: String = job.outcome.chars().take(OUTCOME_MAX).collect();
        let values = (
            $table::period_secs.eq(period),
            $table::started_at.eq(codec::stamp(job.started_at)),
            $table::finished_at.eq(job.finished_at.map(codec::stamp)),
            $table::outcome.eq(outcome),
            $table::failed.eq(job.failed),
        );
        let known = diesel::update($table::table.find(&job.name)).set(values.clone());
        if known.execute($tx.conn())? == 0 {
            diesel::insert_into($table::table)
                .values(($table::name.eq(&job.name), values))
                .execute($tx.conn())?;
        }
    }};
}

/// Writes how the last run of a job of courier went.
pub fn note(tx: &mut CourierTx<'_>, job: &Job) -> Result<(), DbError> {
    put!(tx, courier_jobs, job);
    Ok(())
}

/// Writes how the last runs of jobs of escrow went.
pub fn note_all(tx: &mut EscrowTx<'_>, jobs: &[Job]) -> Result<(), DbError> {
    for job in jobs {
        put!(tx, escrow_jobs, job);
    }
    Ok(())
}

type Row = (String, i32, NaiveDateTime, Option<NaiveDateTime>, String, bool);

fn job((name, period, started, finished, outcome, failed): Row) -> Result<Job, DbError> {
    Ok(Job {
        name,
        period_secs: codec::number("jobs.period_secs", period)?,
        started_at: codec::time(started),
        finished_at: finished.map(codec::time),
        outcome,
        failed,
    })
}

/// The jobs of escrow and of courier with their last runs, by role and name.
pub fn all(conn: &mut Conn) -> Result<Vec<(Owner, Job)>, DbError> {
    macro_rules! of {
        ($table:ident) => {
            $table::table
                .order($table::name)
                .limit(MOST)
                .select((
                    $table::name,
                    $table::period_secs,
                    $table::started_at,
                    $table::finished_at,
                    $table::outcome,
                    $table::failed,
                ))
                .load::<Row>(conn)?
        };
    }
    let (escrow, courier) = (of!(escrow_jobs), of!(courier_jobs));
    let named = |owner: Owner| move |row: Row| Ok((owner, job(row)?));
    let escrow = escrow.into_iter().map(named(Owner::Escrow));
    escrow.chain(courier.into_iter().map(named(Owner::Courier))).collect()
}

/// What a process knows of its own jobs until it writes it down.
#[derive(Debug, Default)]
pub struct Runs(Mutex<BTreeMap<&'static str, Job>>);

impl Runs {
    /// Names a job that is to run from now on, at least every `period_secs`.
    pub fn expect(&self, name: &'static str, period_secs: u32, now: Time) {
        let job = Job {
            name: name.to_owned(),
            period_secs,
            started_at: now,
            finished_at: None,
            outcome: "has not run yet".to_owned(),
            failed: false,
        };
        self.jobs(|jobs| jobs.entry(name).or_insert(job).period_secs = period_secs);
    }

    /// Takes down a run that has ended; one of a job that nobody expects is left out.
    pub fn ended(
        &self,
        name: &'static str,
        (began, end): (Time, Time),
        said: Result<String, String>,
    ) {
        self.jobs(|jobs| {
            if let Some(job) = jobs.get_mut(name) {
                job.started_at = began;
                job.finished_at = Some(end);
                job.failed = said.is_err();
                job.outcome = said.unwrap_or_else(|why| why);
            }
        });
    }

    /// The jobs as they stand.
    pub fn standing(&self) -> Vec<Job> {
        self.jobs(|jobs| jobs.values().cloned().collect())
    }

    fn jobs<T>(&self, with: impl FnOnce(&mut BTreeMap<&'static str, Job>) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
