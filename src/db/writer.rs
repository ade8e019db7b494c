//! Writes. On SQLite one thread takes what has gathered, up to [`GROUP`] jobs, and makes it
//! durable by one commit, each job under a savepoint of its own; on MariaDB several threads run
//! one job a transaction, because there round trips dominate and because a deadlock lost inside a
//! group undoes all of it while COMMIT still answers Ok.
//!
//! A job that refuses, or that the table refuses, undoes its own work only. Any other failure
//! undoes the group, whose jobs then run alone: that is why a job may run more than once.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::TransactionManager;

use crate::config::DbConfig;
use crate::conn::{Conn, Mode};
use crate::dialect;
use crate::error::DbError;
use crate::link::Link;
use crate::owners::Owner;
use crate::taint::Taint;
use crate::wal::Deadline;

/// Most jobs in one commit.
const GROUP: usize = 64;
/// Jobs that may wait; beyond them a write is refused as busy.
const QUEUE: usize = 1_024;
/// Times that a job is tried when the engine had to choose a loser.
const TRIES: u32 = 6;
/// A job that waited for so long for what others hold is not tried again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest that the statements of one job of escrow may run together: they read what web wrote.
const JOB_LIMIT: Duration = Duration::from_secs(5);

/// What a job did with the connection. Its answer it keeps for itself until it is told to give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    /// Its work shall stand.
    Done,
    /// It refused: its work shall be undone.
    Refused,
}

/// One write on its way through the writer.
pub(crate) trait Task {
    /// Its name in the log.
    fn name(&self) -> &'static str;
    /// When it was placed.
    fn placed(&self) -> Instant;
    /// Does the work, possibly again.
    fn run(&mut self, conn: &mut Conn) -> Ran;
    /// Replaces whatever it came to by a failure.
    fn fail(&mut self, error: DbError);
    /// Tells whoever waits.
    fn answer(self: Box<Self>);
}

/// A task in the queue.
type Placed = Box<dyn Task + Send>;

/// A connection that writes, and opens itself again after it was lost.
pub(crate) struct Desk {
    config: DbConfig,
    owner: Owner,
    held: Option<Link>,
    taint: Taint,
}

impl Desk {
    /// Opens the connection.
    ///
    /// # Errors
    /// [`DbError::Down`] when it cannot be opened.
    pub(crate) fn open(config: &DbConfig, owner: Owner) -> Result<Self, DbError> {
        let taint = Taint::default();
        let mut desk = Self { config: config.clone(), owner, held: None, taint };
        desk.conn()?;
        Ok(desk)
    }

    /// The connection, opened anew where it was lost.
    ///
    /// # Errors
    /// As of [`Desk::open`].
    pub(crate) fn conn(&mut self) -> Result<&mut Conn, DbError> {
        if self.held.is_none() {
            let mut link = Link::open(&self.config, self.owner, Mode::Write)?;
            self.taint.watch(&mut link);
            self.held = Some(link);
        }
        let held = self.held.as_deref_mut();
        held.ok_or_else(|| DbError::Down("no connection to write by".to_owned()))
    }

    /// Why the files of the others are left out; `None` where they are there.
    pub(crate) fn lack(&self) -> Option<&DbError> {
        self.held.as_ref().and_then(Link::lack)
    }

    /// Begins a transaction. The others' tables are looked at within it, where they stand still.
    fn begin(&mut self) -> Result<(), DbError> {
        dialect::begin_write(self.conn()?)?;
        if self.held.as_mut().is_some_and(|link| !link.is_sound()) {
            self.held = None;
            dialect::begin_write(self.conn()?)?;
        }
        Ok(())
    }

    /// Runs the tasks of one group and answers each.
    fn serve(&mut self, mut tasks: Vec<Placed>) {
        let started = Instant::now();
        let size = tasks.len();
        let mut settled = vec![false; size];
        let together = size > 1 && self.together(&mut tasks, &mut settled);
        for (mut task, settled) in tasks.into_iter().zip(settled) {
            if !together && !settled {
                self.alone(&mut *task);
            }
            let waited = started.saturating_duration_since(task.placed()).as_micros();
            let took = started.elapsed().as_micros();
            tracing::debug!(job = task.name(), group = size, together, waited, took, "wrote");
            task.answer();
        }
    }

    /// Runs all tasks in one transaction. If it says `false` nothing of it stands, and every task
    /// that is not marked as settled has to run alone.
    fn together(&mut self, tasks: &mut [Placed], settled: &mut [bool]) -> bool {
        let begun = self.begin();
        let stands = begun.is_ok()
            && tasks.iter_mut().zip(settled).all(|(task, settled)| self.in_group(task, settled))
            && self.commit().is_ok();
        if !stands {
            self.undo();
        }
        stands
    }

    /// Runs one task under a savepoint; `false` means that the group is lost.
    fn in_group(&mut self, task: &mut Placed, settled: &mut bool) -> bool {
        let Ok(conn) = self.conn() else { return false };
        if Conn::begin_transaction(conn).is_err() {
            return false;
        }
        let Some(ran) = self.run(&mut **task) else {
            *settled = true;
            return false;
        };
        if self.taint.is_set() {
            return false;
        }
        let Some(conn) = self.held.as_mut() else { return false };
        match ran {
            Ran::Done => Conn::commit_transaction(conn).is_ok(),
            Ran::Refused => Conn::rollback_transaction(conn).is_ok(),
        }
    }

    /// Runs one task in a transaction of its own, again where the engine chose it as a loser.
    pub(crate) fn alone(&mut self, task: &mut dyn Task) {
        let started = Instant::now();
        for round in 1..=TRIES {
            let more = |round: u32| round < TRIES && started.elapsed() < PATIENCE;
            match self.once(task) {
                Ok(()) => return,
                // The connection was lost, or a file spoilt, before anything was asked of it.
                Err(Lost::Unbegun(error)) if round == 1 && error.is_of_file() => {}
                Err(Lost::Passing(error)) if more(round) => {
                    tracing::debug!(job = task.name(), round, %error, "again");
                    thread::sleep(Duration::from_millis(u64::from(round).saturating_mul(3)));
                }
                Err(Lost::Unbegun(error) | Lost::Passing(error) | Lost::Final(error)) => {
                    tracing::warn!(job = task.name(), round, %error, "a write failed");
                    task.fail(error);
                    return;
                }
            }
        }
    }

    fn once(&mut self, task: &mut dyn Task) -> Result<(), Lost> {
        if let Err(error) = self.begin() {
            self.undo();
            // It may be web that keeps a file of its own busy; escrow leaves that out then.
            if error != DbError::Busy || self.owner == Owner::Escrow {
                self.held = None;
            }
            return Err(Lost::Unbegun(error));
        }
        let Some(ran) = self.run(task) else { return Ok(()) };
        match (ran, self.taint.take()) {
            (Ran::Done, None) => self.commit().map_err(Lost::of),
            (Ran::Refused, None) => {
                self.undo();
                Ok(())
            }
            (ran, Some(error)) => {
                self.undo();
                match (ran, Lost::of(error)) {
                    // What the job made of the failure says more than the failure.
                    (Ran::Refused, Lost::Final(_)) => Ok(()),
                    (_, lost) => Err(lost),
                }
            }
        }
    }

    /// Runs the task; `None` if it panicked, in which case it is settled as failed and the
    /// connection, in whatever state it was left, is gone.
    fn run(&mut self, task: &mut dyn Task) -> Option<Ran> {
        self.taint.take();
        let conn = self.held.as_mut()?;
        let _limit = (self.owner == Owner::Escrow).then(|| Deadline::after(JOB_LIMIT));
        match catch_unwind(AssertUnwindSafe(|| task.run(conn))) {
            Ok(ran) => Some(ran),
            Err(_panic) => {
                tracing::error!(job = task.name(), "a write panicked");
                task.fail(DbError::Failed(format!("the write {} panicked", task.name())));
                self.held = None;
                None
            }
        }
    }

    fn commit(&mut self) -> Result<(), DbError> {
        let committed = Conn::commit_transaction(self.conn()?).map_err(DbError::from);
        if committed.is_err() {
            self.undo();
        }
        committed
    }

    /// Ends the transaction, down to nothing; a connection that cannot is dropped, which ends it.
    fn undo(&mut self) {
        while let Some(conn) = self.held.as_mut() {
            if matches!(depth(conn), Ok(None)) {
                return;
            }
            // After some failures SQLite has ended the transaction already, and diesel finds out
            // by the rollback that fails.
            let failed = Conn::rollback_transaction(conn).is_err();
            if failed && !matches!(depth(conn), Ok(None)) {
                self.held = None;
            }
        }
    }
}

/// How deep in transactions the connection is; an error when diesel has given it up.
fn depth(conn: &mut Conn) -> diesel::QueryResult<Option<NonZeroU32>> {
    Conn::transaction_manager_status_mut(conn).transaction_depth()
}

/// Why a task run alone came to nothing.
enum Lost {
    /// The transaction did not begin.
    Unbegun(DbError),
    /// The engine chose it as a loser.
    Passing(DbError),
    /// Anything else.
    Final(DbError),
}

impl Lost {
    fn of(error: DbError) -> Self {
        if error.is_passing() { Self::Passing(error) } else { Self::Final(error) }
    }
}

/// The queue and the threads behind it. They end, and close their files, when it is dropped.
pub(crate) struct Writer {
    queue: Option<SyncSender<Placed>>,
    threads: Vec<JoinHandle<()>>,
}

impl Writer {
    /// Starts the threads; `first` is a desk that was opened before, the others are opened here.
    ///
    /// # Errors
    /// [`DbError::Down`] when a connection cannot be opened, [`DbError::Failed`] when a thread
    /// cannot be started.
    pub(crate) fn start(first: Desk, many: u32) -> Result<Self, DbError> {
        let local = first.config.is_local();
        let (queue, tasks) = sync_channel(QUEUE);
        let tasks = Arc::new(Mutex::new(tasks));
        let mut writer = Self { queue: Some(queue), threads: Vec::new() };
        let more = if local { 0 } else { many.saturating_sub(1) };
        let (config, owner) = (first.config.clone(), first.owner);
        let mut desks = vec![first];
        for _ in 0..more {
            desks.push(Desk::open(&config, owner)?);
        }
        let group = if local { GROUP } else { 1 };
        for desk in desks {
            let tasks = Arc::clone(&tasks);
            let thread = thread::Builder::new()
                .name(format!("db-{}", owner.name()))
                .spawn(move || work(desk, &tasks, group))
                .map_err(|error| DbError::Failed(format!("no thread to write by: {error}")))?;
            writer.threads.push(thread);
        }
        Ok(writer)
    }

    /// Puts a task into the queue.
    ///
    /// # Errors
    /// [`DbError::Busy`] when the queue is full, [`DbError::Down`] when nobody serves it any more;
    /// the task is dropped.
    pub(crate) fn place(&self, task: Box<dyn Task + Send>) -> Result<(), DbError> {
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.try_send(task).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })
    }
}

/// Nobody answers any more.
pub(crate) fn stopped() -> DbError {
    DbError::Down("the writer has stopped".to_owned())
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // The last handle may be dropped by a job, on the thread that would wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a writing thread had died");
            }
        }
    }
}

fn work(mut desk: Desk, tasks: &Mutex<Receiver<Placed>>, most: usize) {
    loop {
        let group = {
            let tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(first) = tasks.recv() else { return };
            std::iter::once(first).chain(tasks.try_iter()).take(most).collect()
        };
        desk.serve(group);
    }
}
