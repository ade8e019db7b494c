//! Test builds alone: how a test tells a running role what to attack, and leaves walls out.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::harsh::race_with_their_start;
use super::{Aim, all, run};
use crate::role::Role;

/// Walls to leave out, parted by commas: `users`, `files`, `calls`; with `pretend-` before it the
/// wall is left out and said to stand. `thread` starts one before the cage is closed.
pub(crate) const WITHOUT: &str = "HOLDFAST_TEST_WITHOUT";
/// How long a role waits for an order.
const PATIENCE: Duration = Duration::from_secs(600);

/// Whether the test wants `word` left out.
pub(crate) fn without(word: &str) -> bool {
    std::env::var(WITHOUT).is_ok_and(|words| words.split(',').any(|one| one == word))
}

/// What a wall that is left out says of itself; `None` where it shall stand.
pub(crate) fn left_out(wall: &str) -> Option<u8> {
    let pretends = || without(&format!("pretend-{wall}")).then_some(7);
    if without(wall) { Some(0) } else { pretends() }
}

/// A thread before the cage, where the test wants one.
pub(crate) fn early_thread() {
    if without("thread") {
        thread::spawn(|| thread::sleep(PATIENCE));
    }
}

#[derive(Deserialize)]
struct Order {
    #[serde(default)]
    aim: Aim,
    /// The race with a role that starts, and nothing else.
    race: bool,
    /// A panic in the midst of the role's work, and nothing else.
    #[serde(default)]
    panic: bool,
}

/// A line on standard error for each attack, and a last one without a name: short enough not to
/// be torn by what others say there.
#[derive(Serialize)]
struct Report<'a> {
    attacked: &'static str,
    name: &'a str,
    worked: bool,
}

/// Waits beside the role's own work for a file `attack.json` in its folder, does what it says and
/// tells on standard error. The thread is started when the role serves, as a taken one's would be.
pub(crate) fn await_order(role: Role, own: &Path) {
    static ONCE: AtomicBool = AtomicBool::new(false);
    if ONCE.swap(true, Ordering::SeqCst) {
        return;
    }
    let file = own.join("attack.json");
    thread::spawn(move || {
        let until = Instant::now() + PATIENCE;
        let mut last = Vec::new();
        while Instant::now() < until {
            if let Ok(text) = std::fs::read(&file)
                && text != last
                && let Ok(order) = serde_json::from_slice::<Order>(&text)
            {
                last = text;
                obey(role, &order);
            }
            thread::sleep(Duration::from_millis(10));
        }
    });
}

fn obey(role: Role, order: &Order) {
    if order.panic {
        let fallen = thread::spawn(move || panic!("{} panics as it was ordered", role.name()));
        let _fell = fallen.join();
        return;
    }
    let attacks = if order.race { vec![race_with_their_start()] } else { all(&order.aim) };
    let outcomes = run(&attacks, &order.aim);
    let each = outcomes.iter().map(|(name, why)| (name.as_str(), why.is_none()));
    for (name, worked) in each.chain([("", false)]) {
        if let Ok(line) = serde_json::to_string(&Report { attacked: role.name(), name, worked }) {
            let _deaf = std::io::stderr().write_all(format!("\n{line}\n").as_bytes());
        }
    }
}
