//! The only way to write: a named transaction.
//!
//! The job gets a connection on which its transaction has begun. `Ok` makes its work durable
//! before the answer is given; `Err` is its refusal and undoes it. It may run more than once, so
//! it must have no effect but by the connection, and it must not wait for anything.
//!
//! # What a job sees
//! On SQLite the transaction begins by BEGIN IMMEDIATE, which takes a snapshot of the attached
//! files of the other roles **at that moment**, before the job runs and possibly before other
//! jobs of the same group. So nothing that another role commits after the begin is seen by the
//! job. "Announce, commit, then look" therefore takes two calls: one write that announces, and
//! after it has returned a second write, or a read, that looks. On MariaDB each statement sees
//! what was committed before it (READ COMMITTED); two calls are right there too.
//!
//! On MariaDB several jobs run at once. One that decides by what it counts or reads takes its turn
//! first ([`crate::turns`]).

use std::sync::mpsc;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::config::DbConfig;
use crate::conn::Conn;
use crate::doors::{Door, Role, Tx};
use crate::error::DbError;
use crate::writer::{Desk, Ran, Task, stopped};

/// A job with its answer and with whoever waits for it.
struct Job<T, E, F, A> {
    name: &'static str,
    placed: Instant,
    run: F,
    outcome: Option<Result<T, E>>,
    tell: A,
}

impl<T, E, F, A> Task for Job<T, E, F, A>
where
    E: From<DbError>,
    F: Fn(&mut Conn) -> Result<T, E>,
    A: FnOnce(Result<T, E>),
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn placed(&self) -> Instant {
        self.placed
    }

    fn run(&mut self, conn: &mut Conn) -> Ran {
        let outcome = (self.run)(conn);
        let ran = if outcome.is_ok() { Ran::Done } else { Ran::Refused };
        self.outcome = Some(outcome);
        ran
    }

    fn fail(&mut self, error: DbError) {
        self.outcome = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(stopped().into()));
        (self.tell)(outcome);
    }
}

/// Runs `job` as the write `name` and blocks until it is durable or refused.
///
/// Never call it on a thread that serves other requests: [`write_async`] is for those.
///
/// # Errors
/// The job's own refusal, or a [`DbError`] turned into `E`: `Busy` when the queue is full or
/// another process holds the lock for 5 s, `Full`, `ReadOnly`, `Down`, or `Failed` when the job
/// panicked. Except after `Down`, which may come in the middle of a commit, nothing was written.
pub fn write<R, T, E>(
    door: &Door<R>,
    name: &'static str,
    job: impl Fn(&mut Tx<'_, R>) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    R: Role,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (tell, told) = mpsc::sync_channel(1);
    place(door, name, job, move |outcome| {
        if tell.send(outcome).is_err() {
            gone(name);
        }
    })?;
    told.recv().unwrap_or_else(|_closed| Err(stopped().into()))
}

/// Runs `job` as the write `name` and waits without holding the thread. If the future is dropped
/// the job is still run.
///
/// # Errors
/// As of [`write`].
pub async fn write_async<R, T, E>(
    door: &Door<R>,
    name: &'static str,
    job: impl Fn(&mut Tx<'_, R>) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    R: Role,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (tell, told) = oneshot::channel();
    place(door, name, job, move |outcome| {
        if tell.send(outcome).is_err() {
            gone(name);
        }
    })?;
    told.await.unwrap_or_else(|_closed| Err(stopped().into()))
}

/// Opens the database as the role, runs `job` as the one write `name` and closes it: for commands
/// that do a single thing. No thread is started.
///
/// # Errors
/// As of [`write`], and [`DbError::Schema`] when the tables are not those of this binary.
pub fn write_once<R, T, E>(
    config: &DbConfig,
    name: &'static str,
    job: impl Fn(&mut Tx<'_, R>) -> Result<T, E>,
) -> Result<T, E>
where
    R: Role,
    E: From<DbError>,
{
    let mut desk = Desk::open(config, R::OWNER)?;
    match desk.lack() {
        // Whatever became of web's file, the operator can pause escrow.
        Some(_) => crate::migrate::check_versions(desk.conn()?, "main", R::OWNER)?,
        None => crate::migrate::check_all(desk.conn()?, R::OWNER)?,
    }
    let mut task = Job {
        name,
        placed: Instant::now(),
        run: |conn: &mut Conn| job(&mut Tx::new(conn)),
        outcome: None,
        tell: drop,
    };
    desk.alone(&mut task);
    task.outcome.unwrap_or_else(|| Err(stopped().into()))
}

fn place<R, T, E>(
    door: &Door<R>,
    name: &'static str,
    job: impl Fn(&mut Tx<'_, R>) -> Result<T, E> + Send + 'static,
    tell: impl FnOnce(Result<T, E>) + Send + 'static,
) -> Result<(), DbError>
where
    R: Role,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    door.writer().place(Box::new(Job {
        name,
        placed: Instant::now(),
        run: move |conn: &mut Conn| job(&mut Tx::new(conn)),
        outcome: None,
        tell,
    }))
}

fn gone(name: &'static str) {
    tracing::debug!(job = name, "written, but nobody waits for the answer any more");
}
