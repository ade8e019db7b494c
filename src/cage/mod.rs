//! What shuts a role in.
//!
//! A role hardens itself, takes what it was handed, opens what it needs, and calls [`close`]
//! before its first thread: rules on files and ports (Landlock) and a list of the system calls
//! that it makes (seccomp). Then it tries what must not work, and ends where something does.

mod birth;
mod calls;
mod files;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::process;
use std::thread;

use serde::{Deserialize, Serialize};

pub(crate) use birth::{
    Handed, LIFE_LINE, READY, SECRET, handed, harden, keep_descriptors, report, reserve,
};

use crate::attack::{self, Wall};

/// What a role may reach once it is shut in; all else is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Folders that it reads and writes.
    pub(crate) own: Vec<PathBuf>,
    /// Folders and files that it reads.
    pub(crate) read: Vec<PathBuf>,
    /// TCP ports that it calls.
    pub(crate) ports: Vec<u16>,
    /// Whether it asks a resolver for names, by datagrams.
    pub(crate) names: bool,
    /// Whether it calls a database server by a socket in the file system.
    pub(crate) local: bool,
}

/// Files that the resolver reads.
const RESOLVER: [&str; 6] = [
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/services",
];

impl Needs {
    /// Adds what looking up names takes. Where `/etc/resolv.conf` leads elsewhere its folder is
    /// opened, because the file there is replaced when the network changes.
    pub(crate) fn with_names(mut self) -> Self {
        self.names = true;
        self.ports.push(53);
        self.read.extend(RESOLVER.map(PathBuf::from));
        let real = fs::canonicalize("/etc/resolv.conf").ok();
        let folder = real.and_then(|file| Some(file.parent()?.to_path_buf()));
        self.read.extend(folder.filter(|folder| !folder.ends_with("etc")));
        self
    }
}

/// The walls that a process stands behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// The version of Landlock by which files and ports are closed; 0 where it is not there.
    pub(crate) landlock: u8,
    /// How many system calls are allowed; 0 where nothing filters them.
    pub(crate) calls: usize,
}

impl Standing {
    /// Whether `wall` is up.
    pub(crate) const fn has(self, wall: Wall) -> bool {
        match wall {
            Wall::Files => self.landlock > 0,
            Wall::Calls => self.calls > 0,
        }
    }

    /// The level of isolation: 3 with users of their own and both filters, 2 with the filters,
    /// 1 with the users, else 0.
    pub(crate) const fn level(self, own_users: bool) -> u8 {
        match (self.landlock > 0 && self.calls > 0, own_users) {
            (true, true) => 3,
            (true, false) => 2,
            (false, true) => 1,
            (false, false) => 0,
        }
    }
}

/// Whether a level says that the roles have users of their own.
pub(crate) const fn with_own_users(level: u8) -> bool {
    level % 2 == 1
}

/// Closes the filters around this process, which has one thread, and tries them.
///
/// # Errors
/// Where a thread was started before (it would stay outside of every wall), where a filter is
/// refused by the kernel for another reason than that it has none, and where something works that
/// a standing wall keeps out.
pub(crate) fn close(needs: &Needs) -> Result<Standing, String> {
    let tasks = fs::read_dir("/proc/self/task").map_err(|error| error.to_string())?.count();
    if tasks != 1 {
        return Err(format!("{tasks} threads run already and would stay outside the cage"));
    }
    let standing = Standing { landlock: files::close(needs)?, calls: calls::close(needs)? };
    match attack::leaks(standing).as_slice() {
        [] => Ok(standing),
        leaks => Err(format!("the cage does not hold: {}", leaks.join("; "))),
    }
}

/// Ties the role to the monitor: from here on it ends with it, within milliseconds.
///
/// # Errors
/// Where no thread can be started.
pub(crate) fn tie(life_line: File) -> Result<(), String> {
    thread::Builder::new()
        .name("life-line".to_owned())
        .spawn(move || follow(life_line))
        .map(drop)
        .map_err(|error| format!("no thread for the life-line: {error}"))
}

/// Blocks until the monitor is gone, then ends the process: what was not durable never happened.
fn follow(mut life_line: File) {
    let mut byte = [0];
    loop {
        match life_line.read(&mut byte) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => process::exit(0),
            Ok(_) => {}
        }
    }
}

/// Whether a test build was told to leave a wall out, and what it shall say of it instead.
#[cfg(feature = "attack")]
fn left_out(wall: &str) -> Option<u8> {
    attack::order::left_out(wall)
}

/// No other build leaves a wall out.
#[cfg(not(feature = "attack"))]
const fn left_out(_: &str) -> Option<u8> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_what_the_walls_say() {
        let both = Standing { landlock: 7, calls: 60 };
        let levels = |standing: Standing| [false, true].map(|users| standing.level(users));
        assert_eq!(levels(both), [2, 3]);
        for half in [Standing { landlock: 0, ..both }, Standing { calls: 0, ..both }] {
            assert_eq!(levels(half), [0, 1]);
        }
    }

    #[test]
    fn a_process_with_threads_is_not_shut_in() {
        // The test harness has a thread of its own beside this one.
        let said = close(&Needs::default()).unwrap_err();
        assert!(said.contains("threads run already"), "{said}");
    }
}
