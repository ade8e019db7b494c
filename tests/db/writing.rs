//! Groups, refusals, panics and losers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use db::{CourierDb, DbError, Owner, tx};
use diesel::connection::SimpleConnection;
use testkit::{Data, conformance};

use crate::rows;

conformance! {
    a_job_that_fails_leaves_the_others_alone
    a_job_that_panics_harms_nobody
    a_written_row_is_seen_by_all_and_a_refused_one_by_none
    an_answer_comes_without_holding_the_thread
    one_write_without_a_door
}

/// A job's own refusal.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Own(&'static str),
    Db(DbError),
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Holds the writer until the sender is dropped, so that what is placed meanwhile makes one group.
struct Gate {
    open: Option<Sender<()>>,
    held: Option<thread::JoinHandle<()>>,
}

impl Gate {
    fn shut(door: &CourierDb) -> Self {
        Self::shut_after(door, None)
    }

    /// Shuts it after `sql` was run on the writer's connection.
    fn shut_after(door: &CourierDb, sql: Option<&'static str>) -> Self {
        let (open, wait) = channel::<()>();
        let (shut, is_shut) = channel::<()>();
        let wait: Mutex<Receiver<()>> = Mutex::new(wait);
        let door = door.clone();
        let held = thread::spawn(move || {
            let done: Result<(), DbError> = tx::write(&door, "gate", move |tx| {
                if let Some(sql) = sql {
                    tx.batch_execute(sql)?;
                }
                shut.send(()).unwrap();
                wait.lock().unwrap().recv().unwrap_err();
                Ok(())
            });
            done.unwrap();
        });
        is_shut.recv().unwrap();
        Self { open: Some(open), held: Some(held) }
    }

    fn open(mut self) {
        self.open.take();
        self.held.take().unwrap().join().unwrap();
    }
}

/// A runtime on this thread: what is spawned on it is placed by the next `settle`.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Lets everything that was spawned run until it waits; a yield lets some sixty tasks run.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn a_job_that_fails_leaves_the_others_alone(data: &Data) {
    let door = data.courier();
    let runs = Arc::new(AtomicU32::new(0));
    let answers = runtime().block_on(async {
        let gate = Gate::shut(&door);
        let jobs: Vec<_> = ["a", "b", "twice", "own", "c"]
            .into_iter()
            .map(|name| {
                let (door, runs) = (door.clone(), Arc::clone(&runs));
                tokio::spawn(async move {
                    tx::write_async(&door, "insert", move |tx| {
                        runs.fetch_add(1, Ordering::Relaxed);
                        rows::insert(tx, name)?;
                        match name {
                            "twice" => Ok(rows::insert(tx, name)?),
                            "own" => Err(Refusal::Own("no")),
                            _ => Ok(()),
                        }
                    })
                    .await
                })
            })
            .collect();
        settle().await;
        gate.open();
        let mut answers = Vec::new();
        for job in jobs {
            answers.push(job.await.unwrap());
        }
        answers
    });
    assert_eq!(answers[0], Ok(()));
    assert_eq!(answers[1], Ok(()));
    assert!(matches!(answers[2], Err(Refusal::Db(DbError::Unique(_)))), "{:?}", answers[2]);
    assert_eq!(answers[3], Err(Refusal::Own("no")));
    assert_eq!(answers[4], Ok(()));
    assert_eq!(runs.load(Ordering::Relaxed), 5, "a refusal makes nobody run again");
    assert_eq!(door.read(rows::names).unwrap(), ["a", "b", "c"]);
}

fn a_job_that_panics_harms_nobody(data: &Data) {
    let door = data.courier();
    let (before, panicked, after) = runtime().block_on(async {
        let gate = Gate::shut(&door);
        let [before, panicked, after] = ["a", "panic", "b"].map(|name| {
            let door = door.clone();
            tokio::spawn(async move {
                tx::write_async(&door, "insert", move |tx| {
                    rows::insert(tx, name)?;
                    assert!(name != "panic", "as the test wants");
                    Ok::<_, DbError>(())
                })
                .await
            })
        });
        settle().await;
        gate.open();
        (before.await.unwrap(), panicked.await.unwrap(), after.await.unwrap())
    });
    assert_eq!(before, Ok(()));
    assert!(matches!(&panicked, Err(DbError::Failed(text)) if text.contains("panicked")));
    assert_eq!(after, Ok(()));
    let later: Result<(), DbError> = tx::write(&door, "insert", |tx| rows::insert(tx, "later"));
    assert_eq!(later, Ok(()));
    assert_eq!(door.read(rows::names).unwrap(), ["a", "b", "later"]);
}

fn a_written_row_is_seen_by_all_and_a_refused_one_by_none(data: &Data) {
    let (door, web, escrow) = (data.courier(), data.web(), data.escrow());
    let kept: Result<(), DbError> = tx::write(&door, "insert", |tx| rows::insert(tx, "kept"));
    assert_eq!(kept, Ok(()));
    let refused = tx::write(&door, "insert", |tx| {
        rows::insert(tx, "refused")?;
        Err::<(), _>(Refusal::Own("no"))
    });
    assert_eq!(refused, Err(Refusal::Own("no")));
    for names in [door.read(rows::names), web.read(rows::names), escrow.snapshot(rows::names)] {
        assert_eq!(names.unwrap(), ["kept"]);
    }
}

fn an_answer_comes_without_holding_the_thread(data: &Data) {
    let door = data.courier();
    runtime().block_on(async {
        let gate = Gate::shut(&door);
        let job = tokio::spawn({
            let door = door.clone();
            async move { tx::write_async(&door, "insert", |tx| rows::insert(tx, "a")).await }
        });
        // This thread is free although the answer cannot have come when there is one writer.
        settle().await;
        assert!(!data.config(Owner::Courier).is_local() || !job.is_finished());
        gate.open();
        assert_eq!(job.await.unwrap(), Ok::<(), DbError>(()));
    });
}

fn one_write_without_a_door(data: &Data) {
    let config = data.config(Owner::Courier);
    let write = |name: &'static str| {
        tx::write_once(&config, "insert", |tx: &mut db::CourierTx<'_>| rows::insert(tx, name))
    };
    assert_eq!(write("a"), Ok(()));
    assert!(matches!(write("a"), Err(DbError::Unique(_))));
    assert_eq!(data.courier().read(rows::names).unwrap(), ["a"]);
}

/// Keeps the file from growing by more than a page or two.
const FULL: &str = "PRAGMA max_page_count = 1;";

#[test]
fn a_full_disk_in_a_group_costs_only_the_job_that_met_it() {
    let data = Data::sqlite();
    let door = data.courier();
    let runs = Arc::new(AtomicU32::new(0));
    let answers = runtime().block_on(async {
        let gate = Gate::shut_after(&door, Some(FULL));
        let jobs = ["a", "large", "b"].map(|name| {
            let (door, runs) = (door.clone(), Arc::clone(&runs));
            tokio::spawn(async move {
                tx::write_async(&door, "insert", move |tx| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    rows::insert(tx, name)?;
                    let text = if name == "large" { "x".repeat(1 << 20) } else { String::new() };
                    rows::set(tx, name, &text)
                })
                .await
            })
        });
        settle().await;
        gate.open();
        let mut answers = Vec::new();
        for job in jobs {
            answers.push(job.await.unwrap());
        }
        answers
    });
    assert_eq!(answers, [Ok(()), Err(DbError::Full), Ok(())]);
    // Together a and large, then each alone.
    assert_eq!(runs.load(Ordering::Relaxed), 5);
    assert_eq!(door.read(rows::names).unwrap(), ["a", "b"]);
}

#[test]
fn a_swallowed_failure_is_found_out() {
    let data = Data::sqlite();
    let door = data.courier();
    let answer: Result<(), DbError> = tx::write(&door, "insert", |tx| {
        tx.batch_execute(FULL)?;
        rows::insert(tx, "a")?;
        assert_eq!(rows::set(tx, "a", &"x".repeat(1 << 20)), Err(DbError::Full));
        Ok(())
    });
    assert_eq!(answer, Err(DbError::Full));
    assert!(door.read(rows::names).unwrap().is_empty());
}

#[test]
fn a_lock_held_elsewhere_is_busy() {
    let data = Data::sqlite();
    let (holder, door) = (data.courier(), data.courier());
    let hurry: Result<(), DbError> =
        tx::write(&door, "hurry", |tx| Ok(tx.batch_execute("PRAGMA busy_timeout = 20;")?));
    assert_eq!(hurry, Ok(()));
    let gate = Gate::shut(&holder);
    let answer: Result<(), DbError> = tx::write(&door, "insert", |tx| rows::insert(tx, "a"));
    assert_eq!(answer, Err(DbError::Busy));
    gate.open();
    let again: Result<(), DbError> = tx::write(&door, "insert", |tx| rows::insert(tx, "a"));
    assert_eq!(again, Ok(()));
}

#[test]
fn a_full_queue_is_busy() {
    const PLACES: usize = 1_024;
    const MORE: usize = 10;
    let data = Data::sqlite();
    let door = data.courier();
    let answers = runtime().block_on(async {
        let gate = Gate::shut(&door);
        let jobs: Vec<_> = (0..PLACES + MORE)
            .map(|n| {
                let door = door.clone();
                tokio::spawn(async move {
                    tx::write_async(&door, "insert", move |tx| rows::insert(tx, &n.to_string()))
                        .await
                })
            })
            .collect();
        settle().await;
        gate.open();
        let mut answers = Vec::new();
        for job in jobs {
            answers.push(job.await.unwrap());
        }
        answers
    });
    let busy = answers.iter().filter(|answer| **answer == Err(DbError::Busy)).count();
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((done, busy), (PLACES, MORE));
    assert_eq!(door.read(rows::names).unwrap().len(), PLACES);
}

/// Two jobs take two rows in opposite order, and each waits on its first run until the other has
/// its first row: the engine must choose a loser, which runs again.
#[cfg(feature = "mariadb")]
#[test]
fn a_lost_deadlock_is_run_again() {
    let data = Data::mariadb();
    let door = data.courier();
    let made: Result<(), DbError> = tx::write(&door, "insert", |tx| {
        rows::insert(tx, "a")?;
        rows::insert(tx, "b")
    });
    assert_eq!(made, Ok(()));
    let runs = Arc::new(AtomicU32::new(0));
    let both = Arc::new(std::sync::Barrier::new(2));
    let jobs = [("a", "b"), ("b", "a")].map(|(first, second)| {
        let (door, runs, both) = (door.clone(), Arc::clone(&runs), Arc::clone(&both));
        thread::spawn(move || {
            let mine = AtomicU32::new(0);
            tx::write(&door, "cross", move |tx| {
                rows::set(tx, first, first)?;
                if mine.fetch_add(1, Ordering::Relaxed) == 0 {
                    both.wait();
                }
                runs.fetch_add(1, Ordering::Relaxed);
                rows::set(tx, second, first)
            })
        })
    });
    for job in jobs {
        assert_eq!(job.join().unwrap(), Ok::<(), DbError>(()));
    }
    assert_eq!(runs.load(Ordering::Relaxed), 3, "the loser ran again, the winner did not");
    let read = |name: &'static str| door.read(move |conn| rows::outcome(conn, name)).unwrap();
    // Whole jobs, one after the other: the later one wrote both rows.
    assert_eq!(read("a"), read("b"));
}
