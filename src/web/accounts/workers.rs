//! The threads on which passwords are hashed: as many as may hash at once, each with a buffer that
//! it keeps, and of lower priority than those that answer pages.
//!
//! Each hash fills 19 MiB. Buffers that came and went would stay with the allocator, tens of them.
//! What is left in one is overwritten by the next hash and is worth no more than the stored hash
//! itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use argon2::Block;
use rustix::process::setpriority_process;

use crate::error::AppError;

/// How much these threads stand back: a page that has something to do goes before a hash, and a
/// hash still gets a tenth of a core that is asked for more than it has.
const NICE: i32 = 10;

/// What is done in a buffer.
pub(super) type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// Threads that are started when there is first something to do: a role starts none before its cage
/// is closed.
pub(super) struct Workers {
    count: usize,
    jobs: OnceLock<Sender<Job>>,
}

impl Workers {
    pub(super) const fn new(count: usize) -> Self {
        Self { count, jobs: OnceLock::new() }
    }

    /// Gives a job to the next thread that is free.
    ///
    /// # Errors
    /// [`AppError::Internal`] where no thread can be started.
    pub(super) fn give(&self, job: Job) -> Result<(), AppError> {
        let none = || AppError::Internal("no thread for passwords".to_owned());
        self.jobs.get_or_init(|| start(self.count)).send(job).map_err(|_ended| none())
    }
}

fn start(count: usize) -> Sender<Job> {
    let (jobs, turns) = channel();
    let turns = Arc::new(Mutex::new(turns));
    for _ in 0..count {
        let turns = Arc::clone(&turns);
        let started =
            thread::Builder::new().name("passwords".to_owned()).spawn(move || work(&turns));
        if let Err(error) = started {
            tracing::error!(%error, "a thread for passwords cannot be started");
        }
    }
    jobs
}

/// Until the application is gone.
fn work(turns: &Mutex<Receiver<Job>>) {
    // On Linux this is the priority of the calling thread alone.
    if let Err(error) = setpriority_process(None, NICE) {
        tracing::warn!(%error, "passwords are hashed at the priority of pages");
    }
    let mut buffer = Vec::new();
    loop {
        let next = turns.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // Whoever asked hears of a panic by the end of his channel; the next one is served.
        if catch_unwind(AssertUnwindSafe(|| job(&mut buffer))).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}
