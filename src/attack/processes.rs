//! Attacks on another role's process.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::files::read;
use super::raw::{call, reached, touch_memory};
use super::{Aim, Attack, Outcome, nothing};

fn proc(pid: i32, what: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{what}"))
}

fn pid(number: i32) -> io::Result<Pid> {
    Pid::from_raw(number).ok_or_else(|| nothing("no process"))
}

/// Whether another's descriptors are listed.
pub(super) fn descriptors(of: i32) -> Outcome {
    // A descriptor that is no file cannot be opened by its name: the list itself is the leak.
    let first = fs::read_dir(proc(of, "fd"))?.next();
    first.unwrap_or_else(|| Err(nothing("no descriptor is listed"))).map(drop)
}

fn steal_descriptor(aim: &Aim) -> Outcome {
    let process = pidfd_open(pid(aim.pid)?, PidfdFlags::empty())?;
    (0..64)
        .find_map(|number| pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok())
        .map(drop)
        .ok_or_else(|| nothing("no descriptor is handed over"))
}

/// The secret by way of another's view of the file system.
fn through(aim: &Aim, link: &str) -> Outcome {
    let inner = aim.secret.strip_prefix("/").unwrap_or(&aim.secret);
    read(&proc(aim.pid, link).join(inner))
}

/// A call of numbers at the attacked process.
fn at(
    name: &str,
    what: &str,
    number: i64,
    arguments: impl Fn(i32) -> [i32; 6] + 'static,
) -> Attack {
    Attack::new(name, what, move |aim| call(number, arguments(aim.pid)).map(drop).or_else(reached))
}

/// All of them.
pub(super) fn all() -> Vec<Attack> {
    let mut all = looks();
    all.extend(grips());
    all.extend(programs());
    all
}

/// By the files that the kernel shows of a process.
fn looks() -> Vec<Attack> {
    let mut all: Vec<Attack> = [
        ("environ", "its environment"),
        ("mem", "its memory"),
        ("maps", "where its memory lies"),
        ("auxv", "where its memory lies"),
    ]
    .map(|(file, what)| {
        Attack::new(format!("their-{file}"), what, move |aim: &Aim| {
            let path = proc(aim.pid, file);
            // The first byte of a memory is nowhere; that it opens is enough.
            if file == "mem" { fs::File::open(path).map(drop) } else { read(&path) }
        })
    })
    .into();
    all.extend([
        Attack::new("their-descriptors", "the secret file, open", |aim| descriptors(aim.pid)),
        Attack::new("descriptors-of-the-monitor", "the secret file, open", |aim| {
            descriptors(aim.monitor)
        }),
        Attack::new("memory-of-the-monitor", "its memory", |aim| {
            fs::File::open(proc(aim.monitor, "mem")).map(drop)
        }),
        Attack::new("their-root", "the keys", |aim| through(aim, "root")),
        Attack::new("their-working-folder", "the keys", |aim| through(aim, "cwd")),
        Attack::new("their-out-of-memory-score", "an end of it", |aim| {
            fs::OpenOptions::new().write(true).open(proc(aim.pid, "oom_score_adj")).map(drop)
        }),
    ]);
    all
}

/// By calls that take hold of a process.
fn grips() -> Vec<Attack> {
    vec![
        Attack::new("read-their-memory", "the keys", |aim| touch_memory(aim.pid, false)),
        Attack::new("write-their-memory", "its next act", |aim| touch_memory(aim.pid, true)),
        Attack::new("trace-them", "its next act", |aim| trace(aim.pid)),
        Attack::new("steal-their-descriptor", "the secret file, open", steal_descriptor),
        Attack::new("signal-them", "an end of it", |aim| {
            Ok(rustix::process::test_kill_process(pid(aim.pid)?)?)
        }),
        Attack::new("signal-the-monitor", "an end of the shop", |aim| {
            Ok(rustix::process::test_kill_process(pid(aim.monitor)?)?)
        }),
        at("signal-one-thread", "an end of it", libc::SYS_tkill, |pid| [pid, 0, 0, 0, 0, 0]),
        at("signal-as-another", "an end of it", libc::SYS_tgkill, |pid| [pid, pid, 0, 0, 0, 0]),
        at("their-limits", "no more files for it", libc::SYS_prlimit64, |pid| {
            [pid, libc::RLIMIT_NOFILE.cast_signed(), 0, 0, 0, 0]
        }),
        at("their-priority", "no more time for it", libc::SYS_setpriority, |pid| {
            [libc::PRIO_PROCESS.cast_signed(), pid, 0, 0, 0, 0]
        }),
        at("their-processors", "no more time for it", libc::SYS_sched_setaffinity, |pid| {
            [pid, 0, 0, 0, 0, 0]
        }),
        at("compare-with-them", "addresses of the kernel", libc::SYS_kcmp, |pid| {
            [pid, std::process::id().cast_signed(), 0, 0, 0, 0]
        }),
        at("move-their-memory", "a slow process", libc::SYS_migrate_pages, |pid| {
            [pid, 0, 0, 0, 0, 0]
        }),
    ]
}

/// Takes hold of a process without stopping it, from a thread that ends at once: the hold ends
/// with it.
fn trace(pid: i32) -> Outcome {
    const SEIZE: i32 = 0x4206;
    let seize = move || call(libc::SYS_ptrace, [SEIZE, pid, 0, 0, 0, 0]).map(drop).or_else(reached);
    std::thread::spawn(seize).join().unwrap_or_else(|_| Err(nothing("the thread died")))
}

/// By programs that would stand outside.
fn programs() -> Vec<Attack> {
    vec![
        Attack::new("start-oneself-anew", "a role without a cage", |aim| {
            ran(Command::new(&aim.program).arg("--version"))
        }),
        Attack::new("start-by-proc", "a role without a cage", |_| {
            ran(Command::new("/proc/self/exe").arg("--version"))
        }),
        Attack::new("secret-by-cat", "the keys", |aim| {
            ran(Command::new("/bin/cat").arg(&aim.secret))
        }),
        Attack::new("code-by-the-loader", "code in another program", |aim| {
            ran(Command::new("/bin/true").env("LD_PRELOAD", aim.own.join("x.so")))
        }),
    ]
}

fn ran(command: &mut Command) -> Outcome {
    match command.output()? {
        output if output.status.success() => Ok(()),
        output => Err(nothing(&output.status.to_string())),
    }
}
