//! Turns and losers: what decides by counting is never overtaken, and whoever has to wait or to
//! lose is tried again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use db::accounts::{self, UserRow};
use db::keys::{self, KeyRow};
use db::{CourierDb, DbError, WebDb, attempts, codec, ledger, turns, tx};
use domain::clock::{Span, Time};
use domain::ids::UserId;
use testkit::{Data, conformance};

use crate::rows;

conformance! {
    what_is_counted_for_one_account_stays_within_its_limit
    tries_in_a_bucket_stay_within_their_limit
    escrow_writes_one_at_a_time
    a_change_that_changes_nothing_is_a_change
}

const START: Time = Time::from_secs(1_795_000_000);
const CALLERS: u32 = 24;
const MOST: i64 = 5;

/// Runs `write` for many callers at once, each on its own thread; how many of them did it.
fn at_once(write: impl Fn(u32) -> bool + Send + Sync + 'static) -> i64 {
    let (write, start) =
        (Arc::new(write), Arc::new(Barrier::new(usize::try_from(CALLERS).unwrap())));
    let callers: Vec<_> = (0..CALLERS)
        .map(|n| {
            let (write, start) = (Arc::clone(&write), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                write(n)
            })
        })
        .collect();
    callers.into_iter().map(|caller| i64::from(caller.join().unwrap())).sum()
}

pub(crate) fn user(id: UserId, name: &str) -> UserRow {
    UserRow {
        id: id.to_string(),
        username: name.to_owned(),
        username_key: name.to_owned(),
        password_hash: String::new(),
        role: "customer".to_owned(),
        refund_address: None,
        banned_at: None,
        created_at: codec::stamp(START),
        password_changed_at: codec::stamp(START),
    }
}

fn enrolled(web: &WebDb) -> UserId {
    let id = UserId::from_random([7; 16]);
    let row = user(id, "ada");
    tx::write(web, "enrol", move |tx| accounts::insert(tx, &row)).unwrap();
    id
}

fn what_is_counted_for_one_account_stays_within_its_limit(data: &Data) {
    let web = data.web();
    let user = enrolled(&web);
    let door = web.clone();
    let made = at_once(move |n| {
        let row = KeyRow {
            id: format!("{n:032x}"),
            user_id: user.to_string(),
            name: "key".to_owned(),
            prefix: String::new(),
            key_hash: format!("{n:064x}"),
            scope: "read".to_owned(),
            created_at: codec::stamp(START),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        };
        let made = tx::write(&door, "key", move |tx| -> Result<bool, DbError> {
            turns::of_user(tx, user)?;
            if keys::count(tx, user)? >= MOST {
                return Ok(false);
            }
            keys::insert(tx, &row).map(|()| true)
        });
        made.unwrap()
    });
    assert_eq!(made, MOST);
    assert_eq!(web.read(|conn| keys::count(conn, user)), Ok(MOST));
}

fn tries_in_a_bucket_stay_within_their_limit(data: &Data) {
    let web = data.web();
    for round in 0..3 {
        let (door, bucket) = (web.clone(), format!("{round:064x}"));
        let name = bucket.clone();
        let admitted = at_once(move |n| {
            let (bucket, nonce) = (bucket.clone(), format!("{n:032x}"));
            let admitted = tx::write(&door, "try", move |tx| -> Result<bool, DbError> {
                turns::of_bucket(tx, &bucket)?;
                let since = START.before(Span::hours(1));
                if attempts::since(tx, &bucket, since, MOST)?.len() >= 5 {
                    return Ok(false);
                }
                attempts::insert(tx, &bucket, START, &nonce).map(|()| true)
            });
            admitted.unwrap()
        });
        assert_eq!(admitted, MOST);
        let since = START.before(Span::hours(1));
        let counted = web.read(|conn| attempts::since(conn, &name, since, 100)).unwrap();
        assert_eq!(counted.len(), 5, "what is held for the turn counts for nobody");
    }
}

/// Reading the highest number and writing the next never collides within escrow's turn.
fn escrow_writes_one_at_a_time(data: &Data) {
    let escrow = data.escrow();
    let row = db::desk::Installation { fingerprint: "0".repeat(66), generation: 0, bond: None };
    tx::write(&escrow, "install", move |tx| db::desk::install(tx, &row, START)).unwrap();
    let door = escrow.clone();
    let done = at_once(move |n| {
        let address = format!("0x{:040x}", n + 1).parse().unwrap();
        let used = tx::write(&door, "derive", move |tx| -> Result<(), DbError> {
            turns::of_escrow(tx)?;
            let index = ledger::next_index(tx, 0, 0)?;
            let used = ledger::Derivation {
                purpose: 0,
                generation: 0,
                index,
                address,
                order: None,
                issued_at: START,
            };
            ledger::derive(tx, &used)
        });
        used.is_ok()
    });
    assert_eq!(done, i64::from(CALLERS));
    assert_eq!(escrow.read(|conn| ledger::next_index(conn, 0, 0)), Ok(CALLERS));
}

/// Rows that were found are counted, changed or not: "insert where nothing was changed" relies on it.
fn a_change_that_changes_nothing_is_a_change(data: &Data) {
    let door = data.courier();
    let write = |job: fn(&mut db::CourierTx<'_>) -> Result<(), DbError>| tx::write(&door, "w", job);
    assert_eq!(write(|tx| rows::insert(tx, "a")), Ok(()));
    for _ in 0..2 {
        assert_eq!(write(|tx| rows::set(tx, "a", "same")), Ok(()));
    }
    assert_eq!(write(|tx| rows::set(tx, "b", "same")), Err(DbError::NotFound));
}

/// Holds the row "a" until it is told to let go.
#[cfg(feature = "mariadb")]
fn holder(
    door: &CourierDb,
    until: std::sync::mpsc::Receiver<()>,
) -> (thread::JoinHandle<()>, std::sync::mpsc::Receiver<()>) {
    let (held, is_held) = std::sync::mpsc::channel();
    let (door, until) = (door.clone(), std::sync::Mutex::new(until));
    let thread = thread::spawn(move || {
        tx::write(&door, "hold", move |tx| -> Result<(), DbError> {
            rows::set(tx, "a", "held")?;
            held.send(()).unwrap();
            until.lock().unwrap().recv().unwrap();
            Ok(())
        })
        .unwrap();
    });
    (thread, is_held)
}

/// The engine ends a wait for a row by an error that undoes one statement alone; the whole job
/// runs again, so nothing of its first try stands.
#[cfg(feature = "mariadb")]
#[test]
fn a_wait_that_took_too_long_is_tried_again_whole() {
    let data = Data::mariadb();
    let door = data.courier();
    tx::write(&door, "insert", |tx| rows::insert(tx, "a")).unwrap();
    let (release, until) = std::sync::mpsc::channel();
    let (holding, is_held) = holder(&door, until);
    is_held.recv().unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&runs);
    let release = std::sync::Mutex::new(Some(release));
    let answer = tx::write(&door, "wait", move |tx| -> Result<(), DbError> {
        let run = seen.fetch_add(1, Ordering::Relaxed);
        if run == 1 {
            // The first try has come to its end without the row.
            release.lock().unwrap().take().unwrap().send(()).unwrap();
        }
        rows::insert(tx, &format!("try {run}"))?;
        rows::set(tx, "a", "mine")
    });
    assert_eq!(answer, Ok(()));
    holding.join().unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    assert_eq!(door.read(rows::names).unwrap(), ["a", "try 1"]);
    assert_eq!(door.read(|conn| rows::outcome(conn, "a")).unwrap(), "mine");
}

/// Nobody waits for ever: after some seconds it is said that the database is busy.
#[cfg(feature = "mariadb")]
#[test]
fn a_row_that_is_never_let_go_is_busy() {
    let data = Data::mariadb();
    let door = data.courier();
    tx::write(&door, "insert", |tx| rows::insert(tx, "a")).unwrap();
    let (release, until) = std::sync::mpsc::channel();
    let (holding, is_held) = holder(&door, until);
    is_held.recv().unwrap();
    let answer = tx::write(&door, "wait", |tx| {
        rows::insert(tx, "b")?;
        rows::set(tx, "a", "mine")
    });
    assert_eq!(answer, Err(DbError::Busy));
    release.send(()).unwrap();
    holding.join().unwrap();
    assert_eq!(door.read(rows::names).unwrap(), ["a"]);
}
