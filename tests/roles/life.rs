//! Life and death of the roles.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::shop::{PATIENCE, Process, SERVED, Shop, health, within};

const SECOND: Duration = Duration::from_secs(1);

fn names(running: &crate::shop::Running) -> Vec<String> {
    running.roles().into_iter().map(|process| process.role).collect()
}

#[test]
fn every_role_that_is_killed_is_back_within_a_second() {
    let shop = Shop::migrated();
    let running = shop.serve();
    assert_eq!(names(&running), SERVED);
    for name in SERVED {
        let before = running.roles();
        let old = running.role(name).unwrap();
        old.kill();
        let new = within(SECOND, name, || running.role(name).filter(|new| new.pid != old.pid));
        // The others live on, and the dead one left nobody behind.
        let mut expected = before.clone();
        expected.iter_mut().find(|process| **process == old).unwrap().pid = new.pid;
        assert_eq!(running.roles(), expected);
    }
    within(PATIENCE, "web answers again", || health(shop.address()));
    assert_eq!(names(&running), SERVED);
}

/// A taken web may cut the index of its log under those who have it mapped, which the kernel
/// answers with SIGBUS.
#[test]
fn a_cut_index_of_web_s_log_ends_nobody_for_good() {
    let shop = Shop::migrated();
    let running = shop.serve();
    let index = shop.path().join("data/web/web.db-shm");
    for _ in 0..2 {
        let index = std::fs::File::options().write(true).open(&index).unwrap();
        index.set_len(0).unwrap();
        within(PATIENCE, "the shop is well", || {
            let well = health(shop.address())?.contains("200");
            (well && names(&running) == SERVED).then_some(())
        });
    }
    assert!(!running.said().contains("ended too often"), "{}", running.said());
}

#[test]
fn no_role_outlives_the_monitor() {
    let shop = Shop::migrated();
    let running = shop.serve();
    running.signal(Signal::KILL);
    running.none_left(SECOND);
}

#[test]
fn not_even_a_role_that_cannot_hear_outlives_the_monitor() {
    let shop = Shop::migrated();
    let running = shop.serve();
    for role in running.roles() {
        stop(&role);
    }
    running.signal(Signal::KILL);
    running.none_left(SECOND);
}

/// Stops a process and waits until it stands.
fn stop(role: &Process) {
    let pid = rustix::process::Pid::from_raw(role.pid).unwrap();
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    within(PATIENCE, "it stands", || role.status("State").starts_with('T').then_some(()));
}

#[test]
fn no_role_outlives_a_monitor_that_dies_while_they_start() {
    let shop = Shop::migrated();
    for roles in 1..=SERVED.len() {
        let running = shop.start(&["serve"]);
        let started = || SERVED.iter().filter(|name| running.role(name).is_some()).count();
        within(PATIENCE, "a role starts", || (started() >= roles).then_some(()));
        running.signal(Signal::KILL);
        running.none_left(SECOND);
    }
}

#[test]
fn a_role_that_dies_six_times_ends_everything() {
    let shop = Shop::migrated();
    let mut running = shop.start(&["serve", "--restart-secs", "0,0,0,0,0"]);
    running.ready();
    let mut last = 0;
    for _ in 0..6 {
        let victim = within(PATIENCE, "courier is back", || {
            running.role("courier").filter(|process| process.pid != last)
        });
        last = victim.pid;
        victim.kill();
    }
    assert_eq!(running.end(), Some(1), "{}", running.said());
    assert!(running.said().contains("courier ended too often"), "{}", running.said());
    running.none_left(SECOND);
}

#[test]
fn it_ends_cleanly_when_asked() {
    for signal in [Signal::TERM, Signal::INT] {
        let shop = Shop::migrated();
        let mut running = shop.serve();
        let asked = Instant::now();
        running.signal(signal);
        assert_eq!(running.end(), Some(0), "{}", running.said());
        // After ten seconds the monitor would have killed whoever had not heard.
        assert!(asked.elapsed() < 5 * SECOND, "a role did not follow its life-line");
        assert_eq!(running.roles(), []);
        // And nothing hinders the next start.
        let mut again = shop.serve();
        again.signal(signal);
        assert_eq!(again.end(), Some(0), "{}", again.said());
    }
}

#[test]
fn a_stopped_role_is_no_hindrance_for_long() {
    let shop = Shop::migrated();
    let mut running = shop.serve();
    stop(&running.role("courier").unwrap());
    running.signal(Signal::TERM);
    // A second word shortens the wait of ten seconds; it comes again until it is heard.
    within(PATIENCE, "the others end", || (running.roles().len() == 1).then_some(()));
    running.signal(Signal::TERM);
    assert_eq!(running.end(), Some(0), "{}", running.said());
    running.none_left(SECOND);
}

#[test]
fn roles_may_live_apart_but_not_twice() {
    let shop = Shop::migrated();
    let web = shop.start(&["serve", "--roles", "web"]);
    web.ready();
    assert_eq!(names(&web), ["web"]);
    let courier = shop.start(&["serve", "--roles", "courier"]);
    courier.ready();
    assert_eq!(names(&courier), ["courier"]);
    let said = shop.refused(&["serve", "--roles", "courier"]);
    assert!(said.contains("another holdfast runs courier"), "{said}");
}

#[test]
fn a_rotated_secret_is_read_at_the_next_start_of_escrow() {
    let shop = Shop::migrated();
    let mut running = shop.serve();
    let text = std::fs::read_to_string(shop.secret()).unwrap();
    std::fs::write(shop.secret(), text.replace("junk", "canary")).unwrap();
    running.role("escrow").unwrap().kill();
    assert_eq!(running.end(), Some(78), "{}", running.said());
    running.none_left(SECOND);
}

/// As after `sqlite3 FILE` on a shop that is down: what readers need beside each file is gone.
#[test]
fn a_shop_whose_files_somebody_else_closed_last_starts_all_the_same() {
    let shop = Shop::migrated();
    let mut gone = 0;
    for role in SERVED {
        for end in ["-wal", "-shm"] {
            let file = shop.path().join(format!("data/{role}/{role}.db{end}"));
            gone += usize::from(std::fs::remove_file(file).is_ok());
        }
    }
    assert!(gone > 0, "our own leave them there, or this proves nothing");
    shop.serve();
}
