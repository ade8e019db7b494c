//! The monitor: opens the secret, starts every role, watches, starts again, stops.
//!
//! It has no runtime, no parser, no network and no database. Each role is this binary executed
//! again, with an environment made from nothing, a user of its own where there is one, and three
//! descriptors: the secret (escrow's alone), the life-line, and the pipe for one ready line.
#![expect(unsafe_code, reason = "between fork and exec, and in a signal handler")]

use std::fs::File;
use std::io::{self, Read};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal, umask};

use crate::deaths::Deaths;
use crate::people::User;
use crate::role::Role;
use crate::{CONFIG, Stop, cage, say, secret, tell};

/// How long a role may take to end when asked to.
const PATIENCE: Duration = Duration::from_secs(10);

/// A role to run.
pub(crate) struct Post {
    pub(crate) role: Role,
    pub(crate) vars: Vec<(String, String)>,
    pub(crate) user: Option<User>,
    /// The secret file; opened afresh at each start.
    pub(crate) secret: Option<PathBuf>,
    /// Where its words go; to ours where there is none.
    pub(crate) log: Option<PathBuf>,
    /// The level of isolation that it must reach.
    pub(crate) level: u8,
}

/// A role and how it fares.
struct Watched<'a> {
    post: &'a Post,
    child: Option<Child>,
    life_line: Option<OwnedFd>,
    ready: Option<File>,
    serves: bool,
    deaths: Deaths,
    again_at: Option<Instant>,
}

/// Runs the roles until a signal asks to stop, or one of them cannot be kept alive. `delays` are
/// the waits before the restarts of one role within ten minutes; `greeting` is printed once all
/// serve.
pub(crate) fn run(posts: &[Post], delays: &[Duration], greeting: &str) -> Result<(), Stop> {
    let failed = |error: io::Error| Stop::Failed(format!("the monitor cannot work: {error}"));
    let _reserved = cage::reserve().map_err(failed)?;
    cage::keep_descriptors().map_err(failed)?;
    cage::harden().map_err(failed)?;
    umask(Mode::RWXO | Mode::WGRP);
    let mut signals = listen().map_err(failed)?;
    let mut all: Vec<_> = posts.iter().map(Watched::new).collect();
    let ended = watch(&mut all, &mut signals, delays, greeting);
    stop(&mut all, &mut signals);
    ended
}

fn watch(
    all: &mut [Watched<'_>],
    signals: &mut File,
    delays: &[Duration],
    mut greeting: &str,
) -> Result<(), Stop> {
    let failed = |error: io::Error| Stop::Failed(format!("the monitor cannot wait: {error}"));
    loop {
        let now = Instant::now();
        for one in all.iter_mut().filter(|one| one.again_at.is_some_and(|at| at <= now)) {
            one.start()?;
        }
        wait(all, signals, all.iter().filter_map(|one| one.again_at).min()).map_err(failed)?;
        if asked_to_stop(signals).map_err(failed)? {
            return Ok(());
        }
        for one in all.iter_mut() {
            one.listen();
            let Some(status) = one.ended().map_err(failed)? else { continue };
            let role = one.post.role;
            if let Some(log) = &one.post.log {
                say(&format!("the last words of {role} are in {}", log.display()));
            }
            if status.code() == Some(CONFIG.into()) {
                return Err(Stop::Said(CONFIG));
            }
            let Some(delay) = one.deaths.count(Instant::now(), delays) else {
                return Err(Stop::Failed(format!("{role} ended too often ({status})")));
            };
            let secs = delay.as_secs();
            say(&format!("{role} ended ({status}); it starts again in {secs} s"));
            one.again_at = Instant::now().checked_add(delay);
        }
        if !greeting.is_empty() && all.iter().all(|one| one.serves) {
            tell(greeting);
            greeting = "";
        }
    }
}

impl<'a> Watched<'a> {
    fn new(post: &'a Post) -> Self {
        let again_at = Some(Instant::now());
        let (child, life_line, ready) = (None, None, None);
        Self { post, child, life_line, ready, serves: false, deaths: Deaths::default(), again_at }
    }

    fn start(&mut self) -> Result<(), Stop> {
        let role = self.post.role;
        let secret = self.post.secret.as_deref().map(secret::open).transpose()?;
        self.again_at = None;
        self.exec(secret)
            .map_err(|error| Stop::Failed(format!("{role} cannot be started: {error}")))
    }

    fn exec(&mut self, secret: Option<File>) -> io::Result<()> {
        let (theirs, life_line) = pipe_with(PipeFlags::CLOEXEC)?;
        let (ready, tell) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let mut gifts = vec![(theirs, cage::LIFE_LINE), (tell, cage::READY)];
        gifts.extend(secret.map(|file| (OwnedFd::from(file), cage::SECRET)));
        let role = self.post.role;
        let mut command = Command::new("/proc/self/exe");
        command
            .arg0(format!("holdfast: {role}"))
            .args(["role", role.name(), "--level", &self.post.level.to_string()])
            .env_clear()
            .envs(self.post.vars.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::null())
            .process_group(0);
        if let Some(user) = self.post.user {
            // Started by root, std also drops every other group.
            command.uid(user.uid).gid(user.gid);
        }
        if let Some(log) = &self.post.log {
            let file = File::options().append(true).create(true).open(log)?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        let monitor = getpid();
        // SAFETY: one thread, so nothing is locked in the child; it makes system calls on
        // descriptors that it owns there. It runs after the change of user, which would undo the
        // death signal.
        unsafe { command.pre_exec(move || settle(&gifts, monitor)) };
        let child = command.spawn()?;
        self.serves = false;
        (self.child, self.life_line, self.ready) =
            (Some(child), Some(life_line), Some(ready.into()));
        Ok(())
    }

    /// Hears whether the role serves.
    fn listen(&mut self) {
        let Some(ready) = &mut self.ready else { return };
        match ready.read(&mut [0; 256]) {
            Ok(1..) => self.serves = true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => self.ready = None,
        }
    }

    fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let status = child.try_wait()?;
        if status.is_some() {
            (self.child, self.life_line, self.ready, self.serves) = (None, None, None, false);
        }
        Ok(status)
    }
}

/// In the child, after the change of user and before exec.
fn settle(gifts: &[(OwnedFd, RawFd)], monitor: Pid) -> io::Result<()> {
    for (gift, number) in gifts {
        // SAFETY: the monitor holds these three numbers open (`cage::reserve`), so no other descriptor
        // of this process has one of them; dup2 replaces what is there.
        let mut place = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(*number) });
        rustix::io::dup2(gift, &mut place)?;
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // A monitor that died before that line would have sent nothing.
    if getppid() == Some(monitor) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}

/// A pipe that gets a byte with each signal that matters here.
fn listen() -> io::Result<File> {
    let (signals, tell) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::CHILD] {
        let tell = tell.try_clone()?;
        let word: &[u8] = if signal == Signal::CHILD { b"c" } else { b"t" };
        // SAFETY: write(2) may be called in a handler; a full pipe has woken us already.
        unsafe {
            signal_hook_registry::register(signal.as_raw(), move || {
                let _full = rustix::io::write(&tell, word);
            })
        }?;
    }
    Ok(signals.into())
}

/// Whether SIGTERM, SIGINT or SIGHUP came.
fn asked_to_stop(signals: &mut File) -> io::Result<bool> {
    let mut words = [0; 64];
    match signals.read(&mut words) {
        Ok(count) => Ok(words.iter().take(count).any(|word| *word == b't')),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Until a signal, word from a role, or `until`.
fn wait(all: &[Watched<'_>], signals: &File, until: Option<Instant>) -> io::Result<()> {
    let ready = all.iter().filter_map(|one| one.ready.as_ref()).map(AsFd::as_fd);
    let mut fds: Vec<_> = ready
        .chain([signals.as_fd()])
        .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    let timeout = until.map(|until| until.saturating_duration_since(Instant::now()));
    let timeout = timeout.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Ends the life-lines, waits, and kills what is still there; a second signal shortens the wait.
fn stop(all: &mut [Watched<'_>], signals: &mut File) {
    for one in all.iter_mut() {
        (one.life_line, one.ready) = (None, None);
    }
    let until = Instant::now().checked_add(PATIENCE);
    while all.iter_mut().any(|one| one.ended().is_err() || one.child.is_some()) {
        let late = until.is_some_and(|until| until <= Instant::now());
        if late || wait(all, signals, until).is_err() || asked_to_stop(signals).unwrap_or(true) {
            break;
        }
    }
    for child in all.iter_mut().filter_map(|one| one.child.as_mut()) {
        // Where it may not be killed by us, it has lost its life-line all the same.
        let _ended = child.kill().and_then(|()| child.wait());
    }
}
