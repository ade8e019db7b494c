//! What every SQLite connection of this process gets before anybody uses it. diesel shows no raw
//! handle, so SQLite is asked to call us for each connection that it opens; this is the crate's
//! one place with `unsafe`.
//!
//! - the write-ahead log and its index stay when the last connection closes, else a reader that
//!   may not write in the folder could not read while the writer is down;
//! - defensive mode: no statement can damage the file on purpose;
//! - plans that do not follow the values bound: otherwise every `LIMIT ?` has its statement parsed
//!   and planned anew each time it runs, which cost more than half of a page;
//! - a progress callback that ends a statement when the thread's time for it is over.
#![expect(unsafe_code, reason = "diesel gives no way to call sqlite3_file_control and its kin")]

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

use crate::error::DbError;

/// The int that switches a setting on.
const ON: c_int = 1;
/// The int that switches it off.
const OFF: c_int = 0;
/// Virtual machine steps between two looks at the clock: some ten microseconds.
const STEPS: c_int = 2_000;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Limits the statements of this thread until it is dropped.
#[derive(Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// From now on statements of this thread end with [`DbError::Timeout`] after `limit`, unless
    /// an outer limit ends them sooner.
    pub(crate) fn after(limit: Duration) -> Self {
        let before = DEADLINE.get();
        let mine = Instant::now().checked_add(limit);
        DEADLINE.set(before.into_iter().chain(mine).min());
        Self(before)
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        DEADLINE.set(self.0);
    }
}

/// Makes SQLite prepare every connection that this process opens from now on.
pub(crate) fn register() -> Result<(), DbError> {
    static ANSWER: OnceLock<c_int> = OnceLock::new();
    let answer = *ANSWER.get_or_init(|| {
        // Statistics of memory cost a lock that all threads share at every allocation.
        // SAFETY: MEMSTATUS takes an int; where SQLite runs already the call changes nothing.
        let _ = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, OFF) };
        // SAFETY: `prepare` has the signature that SQLite calls and lives as long as the process.
        unsafe { ffi::sqlite3_auto_extension(Some(prepare)) }
    });
    match answer {
        ffi::SQLITE_OK => Ok(()),
        code => Err(DbError::Failed(format!("SQLite refused our connection hook, code {code}"))),
    }
}

/// Called by SQLite at the end of each `sqlite3_open`.
unsafe extern "C" fn prepare(
    db: *mut ffi::sqlite3,
    _error: *mut *mut c_char,
    _api: *const ffi::sqlite3_api_routines,
) -> c_int {
    let mut persist = ON;
    // SAFETY: `db` is the open connection that SQLite hands us; the argument of PERSIST_WAL is an
    // int that is read and written during the call only.
    let kept = unsafe {
        ffi::sqlite3_file_control(
            db,
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_PERSIST_WAL,
            ptr::from_mut(&mut persist).cast::<c_void>(),
        )
    };
    // A database in memory has no file to keep a log beside.
    if kept != ffi::SQLITE_OK && kept != ffi::SQLITE_NOTFOUND {
        return kept;
    }
    // SAFETY: as above; DEFENSIVE takes an int and a pointer to an int that may be null.
    let defended = unsafe {
        ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_DEFENSIVE, ON, ptr::null_mut::<c_int>())
    };
    if defended != ffi::SQLITE_OK {
        return defended;
    }
    // SAFETY: as above; ENABLE_QPSG takes the same two.
    let stable = unsafe {
        ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_ENABLE_QPSG, ON, ptr::null_mut::<c_int>())
    };
    if stable != ffi::SQLITE_OK {
        return stable;
    }
    // SAFETY: the callback uses no argument and lives as long as the process.
    unsafe { ffi::sqlite3_progress_handler(db, STEPS, Some(overdue), ptr::null_mut()) };
    ffi::SQLITE_OK
}

/// Called by SQLite every [`STEPS`] steps on the thread that runs the statement; not 0 ends it.
unsafe extern "C" fn overdue(_: *mut c_void) -> c_int {
    DEADLINE.get().is_some_and(|deadline| Instant::now() >= deadline).into()
}
