//! What a role is handed at birth, and what it gives up before it opens anything.
//!
//! A role starts by [`harden`] and takes what the monitor left on three fixed descriptors.
#![expect(unsafe_code, reason = "the descriptors of a new process have no owner that std knows")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::set_no_new_privs;

/// Where escrow finds the open secret file; only ever read by position.
pub(crate) const SECRET: RawFd = 3;
/// Where a role finds the pipe that ends when the monitor does.
pub(crate) const LIFE_LINE: RawFd = 4;
/// Where a role writes one line when it serves.
pub(crate) const READY: RawFd = 5;

/// Takes from this process what no role and no monitor needs: privileges by exec, core dumps and
/// the eyes of others of the same user. Inherited but for the second, which exec gives back.
pub(crate) fn harden() -> io::Result<()> {
    set_no_new_privs(true)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}

/// Lets no descriptor but the three standard ones outlive an exec, whoever opened it.
pub(crate) fn keep_descriptors() -> io::Result<()> {
    let mut open = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        open.extend(entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()));
    }
    for number in open.into_iter().filter(|number| *number > 2) {
        // SAFETY: the descriptor is borrowed for the one call; where it was closed meanwhile (the
        // one that listed the folder) the call fails and changes nothing.
        let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
        match fcntl_setfd(borrowed, FdFlags::CLOEXEC) {
            Ok(()) | Err(rustix::io::Errno::BADF) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Occupies the numbers that roles are handed descriptors on, so that no pipe of std's lies there.
pub(crate) fn reserve() -> io::Result<Vec<File>> {
    let mut held = Vec::new();
    loop {
        let file = File::open("/dev/null")?;
        if file.as_raw_fd() > READY {
            return Ok(held);
        }
        held.push(file);
    }
}

/// What the monitor gives a role.
pub(crate) struct Handed {
    /// The secret file, for escrow.
    pub(crate) secret: Option<File>,
    /// Ends when the monitor ends.
    pub(crate) life_line: File,
    /// Takes one line.
    pub(crate) ready: File,
}

/// Takes what the monitor left. To be called once, before anything opens a file.
pub(crate) fn handed(with_secret: bool) -> Result<Handed, String> {
    let secret = if with_secret { Some(take(SECRET)?) } else { None };
    Ok(Handed { secret, life_line: take(LIFE_LINE)?, ready: take(READY)? })
}

fn take(number: RawFd) -> Result<File, String> {
    // SAFETY: the descriptor is borrowed for two calls, which fail where it is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl_getfd(borrowed)
        .and_then(|_| fcntl_setfd(borrowed, FdFlags::CLOEXEC))
        .map_err(|error| format!("descriptor {number} is not open ({error})"))?;
    // SAFETY: it is open, was inherited at exec, and nothing else in this process owns it: the
    // numbers are taken once, before any file is opened.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(number) }))
}

/// Tells the monitor that the role serves.
pub(crate) fn report(mut ready: File, line: &str) {
    let first = line.lines().next().unwrap_or_default();
    if let Err(error) = writeln!(ready, "{first}") {
        eprintln!("holdfast: nobody heard that the role is ready: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_that_is_not_open_is_not_taken() {
        let said = take(900).unwrap_err();
        assert!(said.contains("900"), "{said}");
    }
}
