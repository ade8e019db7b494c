//! Attacks by way of files.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use super::{Aim, Attack, Outcome, Wall, nothing};

/// Whether a byte of the file can be had.
pub(super) fn read(path: &Path) -> Outcome {
    File::open(path)?.read_exact(&mut [0])
}

/// Whether the file opens for writing; nothing is written.
fn write(path: &Path) -> Outcome {
    OpenOptions::new().write(true).open(path).map(drop)
}

/// Whether a file can be made in `folder`; it is taken away again.
fn plant(folder: &Path) -> Outcome {
    let planted = folder.join(format!("holdfast-attack-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&planted)?;
    fs::remove_file(&planted)
}

fn beside(path: &Path) -> Outcome {
    plant(path.parent().ok_or_else(|| nothing("no folder"))?)
}

/// A file of the attacked role: its database, the log of it, the index of that.
fn theirs(aim: &Aim, suffix: &str) -> PathBuf {
    aim.theirs.join(format!("{}.db{suffix}", aim.victim))
}

/// By another name in one's own folder.
fn by_name(aim: &Aim, make: impl Fn(&Path, &Path) -> io::Result<()>) -> Outcome {
    let name = aim.own.join("holdfast-attack-name");
    make(&aim.secret, &name)?;
    let outcome = read(&name);
    fs::remove_file(&name)?;
    outcome
}

/// All of them.
pub(super) fn all() -> Vec<Attack> {
    let mut all = vec![
        Attack::new("secret-by-path", "the keys", |aim| read(&aim.secret)),
        Attack::new("secret-by-symbolic-link", "the keys", |aim| {
            by_name(aim, |a, b| symlink(a, b))
        }),
        Attack::new("secret-by-hard-link", "the keys", |aim| {
            by_name(aim, |a, b| fs::hard_link(a, b))
        }),
        Attack::new("secret-for-writing", "other keys at the next start", |aim| write(&aim.secret)),
        Attack::new("secret-replaced", "other keys at the next start", |aim| beside(&aim.secret)),
        Attack::new("secret-made-readable", "the keys, by somebody else", |aim| {
            fs::set_permissions(&aim.secret, Permissions::from_mode(0o600))
        }),
        Attack::new("secret-given-away", "the keys, by somebody else", |aim| {
            chown(&aim.secret, Some(rustix::process::getuid().as_raw()), None)
        }),
        Attack::new("secret-retouched", "a trace less", |aim| {
            let at = rustix::fs::UTIME_OMIT;
            let omit = rustix::fs::Timespec { tv_sec: 0, tv_nsec: at };
            let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
            let times = rustix::fs::Timestamps { last_access: omit, last_modification: now };
            let flags = rustix::fs::AtFlags::empty();
            Ok(rustix::fs::utimensat(rustix::fs::CWD, &aim.secret, &times, flags)?)
        }),
        Attack::new("program-replaced", "one's own code at the next start", |aim| {
            beside(&aim.program)
        }),
        Attack::new("program-for-writing", "one's own code at the next start", |aim| {
            OpenOptions::new().append(true).open(&aim.program).map(drop)
        }),
        Attack::new("lock-files", "a shop that does not start", |aim| beside(&aim.own)),
        Attack::new("file-in-their-folder", "a hot journal to play back", |aim| plant(&aim.theirs)),
        Attack::new("file-in-tmp", "a meeting place", |_| plant(Path::new("/tmp"))),
        Attack::new("file-in-shared-memory", "a meeting place", |_| plant(Path::new("/dev/shm"))),
        Attack::new("unit-files", "a service at the next boot", |_| {
            plant(Path::new("/etc/systemd/system"))
        }),
        Attack::new("cron-files", "a job of root's", |_| plant(Path::new("/etc/cron.d"))),
        Attack::new("people-of-the-machine", "names to try", |_| read(Path::new("/etc/passwd"))),
        Attack::new("file-of-core-dumps", "a program that the kernel starts", |_| {
            write(Path::new("/proc/sys/kernel/core_pattern"))
        }),
        Attack::new("a-terminal", "words put into a shell", |_| {
            OpenOptions::new().write(true).open("/dev/ptmx").map(drop)
        }),
    ];
    let files = [("", "database"), ("-wal", "log"), ("-shm", "index")];
    all.extend(files.map(|(suffix, what)| {
        let words = "the other role's tables";
        Attack::new(format!("their-{what}-for-writing"), words, move |aim| {
            write(&theirs(aim, suffix))
        })
    }));
    all
}

/// What each role tries at its start: no role may read or write there, whatever it needs.
pub(super) fn at_start() -> Vec<(Wall, Attack)> {
    [
        Attack::new("read-outside", "every file of this machine", |_| {
            read(Path::new("/proc/version"))
        }),
        Attack::new("list-outside", "the names of all files", |_| fs::read_dir("/").map(drop)),
        Attack::new("write-outside", "a meeting place", |_| plant(Path::new("/tmp"))),
    ]
    .map(|attack| (Wall::Files, attack))
    .into()
}
