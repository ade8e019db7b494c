//! Test builds alone: statements on the tables of others, by a connection of one's own.
//!
//! One attack for each table of [`db::owners::OWNERS`] that the attacked role writes, so a new table is
//! attacked from its first day.
#![expect(unsafe_code, reason = "an attacker does not ask our database crate")]

use std::ffi::{CStr, CString};
use std::path::Path;
use std::ptr;

use libsqlite3_sys as ffi;

use super::{Aim, Attack, Outcome, nothing};

/// All of them.
pub(super) fn all(aim: &Aim) -> Vec<Attack> {
    let theirs = db::owners::OWNERS.iter().filter(|(_, owner, _)| owner.name() == aim.victim);
    let mut all: Vec<Attack> = theirs
        .flat_map(|(table, ..)| {
            [
                ("insert-into", format!("INSERT INTO {table} SELECT * FROM {table} WHERE 0")),
                ("delete-from", format!("DELETE FROM {table} WHERE 0")),
            ]
            .map(|(verb, sql)| {
                Attack::new(format!("{verb}-{table}"), "rows of the other role", move |aim| {
                    execute(aim, &sql)
                })
            })
        })
        .collect();
    for (name, sql) in [
        (
            "plant-a-trigger",
            "CREATE TRIGGER planted AFTER DELETE ON {} BEGIN SELECT 1; END; DROP TRIGGER planted",
        ),
        ("plant-a-view", "CREATE VIEW planted AS SELECT 1; DROP VIEW planted"),
        (
            "rewrite-the-log",
            "PRAGMA wal_checkpoint(TRUNCATE); CREATE TABLE planted (a); DROP TABLE planted",
        ),
        ("load-an-extension", "SELECT load_extension('/tmp/none.so')"),
    ] {
        let table = db::owners::OWNERS.iter().find(|(_, owner, _)| owner.name() == aim.victim);
        let sql = sql.replace("{}", table.map_or("none", |(table, ..)| table));
        all.push(Attack::new(name, "words in the other role's mouth", move |aim| {
            execute(aim, &sql)
        }));
    }
    all
}

fn execute(aim: &Aim, sql: &str) -> Outcome {
    let file = aim.theirs.join(format!("{}.db", aim.victim));
    let sql = CString::new(sql)?;
    run(&file, &sql)
}

/// Opens the file for writing and runs the statements.
fn run(file: &Path, sql: &CStr) -> Outcome {
    let path = CString::new(file.to_string_lossy().into_owned())?;
    let mut db = ptr::null_mut();
    // SAFETY: both texts end with 0 and outlive the calls; `db` is closed in any case, as SQLite
    // asks for; no callback is given.
    unsafe {
        let flags = ffi::SQLITE_OPEN_READWRITE;
        let opened = ffi::sqlite3_open_v2(path.as_ptr(), &raw mut db, flags, ptr::null());
        let mut outcome = said(db, opened);
        if outcome.is_ok() {
            ffi::sqlite3_busy_timeout(db, 2_000);
            let none = ptr::null_mut();
            let done = ffi::sqlite3_exec(db, sql.as_ptr(), None, none, ptr::null_mut());
            outcome = said(db, done);
        }
        ffi::sqlite3_close(db);
        outcome
    }
}

/// # Safety
/// `db` is null or a connection.
unsafe fn said(db: *mut ffi::sqlite3, code: i32) -> Outcome {
    if code == ffi::SQLITE_OK {
        return Ok(());
    }
    // SAFETY: SQLite answers a text that ends with 0, also for null.
    let text = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(db)) };
    Err(nothing(&text.to_string_lossy()))
}
