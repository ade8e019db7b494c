//! Test builds alone: attacks that do harm where they work.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::fs::MemfdFlags;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process};

use super::processes::descriptors;
use super::raw::touch_memory;
use super::{Aim, Attack, Outcome, nothing};

/// How long the race with a role that starts anew goes on.
const RACE: Duration = Duration::from_secs(2);

fn kill(pid: i32, signal: Signal) -> Outcome {
    let pid = Pid::from_raw(pid).ok_or_else(|| nothing("no process"))?;
    Ok(kill_process(pid, signal)?)
}

/// All of them; those that end their victim come last.
pub(super) fn all() -> Vec<Attack> {
    vec![
        Attack::new("program-from-memory", "any program of one's own", from_memory),
        Attack::new("program-from-own-folder", "any program of one's own", from_own_folder),
        Attack::new("no-files-for-them", "a role that opens nothing", |aim| {
            let limit = Rlimit { current: Some(4_096), maximum: Some(4_096) };
            set_limit(aim, Resource::Nofile, limit)
        }),
        Attack::new("core-dumps-for-them", "a memory image on disk", |aim| {
            set_limit(aim, Resource::Core, Rlimit { current: None, maximum: None })
        }),
        Attack::new("their-folder-renamed", "a role without its tables", |aim| {
            let aside = aim.theirs.with_extension("aside");
            fs::rename(&aim.theirs, &aside)?;
            fs::rename(aside, &aim.theirs)
        }),
        Attack::new("their-index-truncated", "an end of it", |aim| {
            let file = aim.theirs.join(format!("{}.db-shm", aim.victim));
            // Longer by nothing: the right to cut it is what counts.
            let file = OpenOptions::new().write(true).open(file)?;
            file.set_len(file.metadata()?.len())
        }),
        Attack::new("stop-them", "a standstill", |aim| {
            kill(aim.pid, Signal::STOP)?;
            kill(aim.pid, Signal::CONT)
        }),
        Attack::new("dump-them", "a memory image on disk", |aim| kill(aim.pid, Signal::QUIT)),
        Attack::new("kill-them", "an end of it", |aim| kill(aim.pid, Signal::KILL)),
    ]
}

/// One that takes its time and wants a victim that dies meanwhile.
pub(super) fn race_with_their_start() -> Attack {
    Attack::new("race-with-their-start", "its memory before it is hardened", race)
}

fn set_limit(aim: &Aim, resource: Resource, limit: Rlimit) -> Outcome {
    let pid = Pid::from_raw(aim.pid).ok_or_else(|| nothing("no process"))?;
    Ok(rustix::process::prlimit(Some(pid), resource, limit).map(drop)?)
}

fn from_memory(_: &Aim) -> Outcome {
    let memory = rustix::fs::memfd_create("attack", MemfdFlags::empty())?;
    let mut file = File::from(memory);
    file.write_all(b"#!/bin/sh\nexit 0\n")?;
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    ran(&mut Command::new(path))
}

fn from_own_folder(aim: &Aim) -> Outcome {
    let path = aim.own.join("holdfast-attack-program");
    fs::write(&path, "#!/bin/sh\nexit 0\n")?;
    let file = File::open(&path)?;
    let made = file.set_permissions(fs::Permissions::from_mode(0o700));
    let outcome = made.and_then(|()| ran(&mut Command::new(&path)));
    fs::remove_file(&path)?;
    outcome
}

fn ran(command: &mut Command) -> Outcome {
    if command.status()?.success() { Ok(()) } else { Err(nothing("it did not run")) }
}

/// Reaches for every process that is younger than the youngest that was known, again and again:
/// one of them is the victim between its birth and its hardening.
fn race(aim: &Aim) -> Outcome {
    let until = Instant::now() + RACE;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    while Instant::now() < until {
        for pid in aim.newest..aim.newest.saturating_add(500) {
            // One's own threads have numbers, too.
            if Path::new(&format!("/proc/self/task/{pid}")).exists() {
                continue;
            }
            for reach in [descriptors(pid), touch_memory(pid, false)] {
                match reach {
                    Ok(()) => return Ok(()),
                    // Nobody there is no wall.
                    Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                    Err(error) => last = error,
                }
            }
        }
    }
    Err(last)
}
