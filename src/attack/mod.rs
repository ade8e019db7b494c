//! What a role that was taken over would try: at its start, from `holdfast check`, and in the
//! tests from inside of running roles.
//!
//! An attack is a function that answers `Ok` where it worked. Those of this build are harmless:
//! they look whether a door opens and do not go through. What does harm is in `harsh` and `sql`,
//! of test builds alone.

mod calls;
mod files;
#[cfg(feature = "attack")]
mod harsh;
#[cfg(feature = "attack")]
pub(crate) mod order;
mod processes;
mod raw;
#[cfg(feature = "attack")]
mod sql;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cage::Standing;

/// What an attacker knows of the shop.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Aim {
    /// The secret file.
    pub(crate) secret: PathBuf,
    /// The folder of the role that attacks.
    pub(crate) own: PathBuf,
    /// The folder of the role that is attacked; in it the file of its name.
    pub(crate) theirs: PathBuf,
    /// The name of the role that is attacked.
    pub(crate) victim: String,
    /// Its process.
    pub(crate) pid: i32,
    /// The process that started it.
    pub(crate) monitor: i32,
    /// The program itself.
    pub(crate) program: PathBuf,
    /// A socket in the file system that some other program listens on.
    pub(crate) helper: PathBuf,
    /// A TCP port of this machine that some other program listens on.
    pub(crate) port: u16,
    /// Processes from here on may be the role that starts anew.
    pub(crate) newest: i32,
}

/// A wall around one process that the system may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wall {
    /// Rules on files and ports: Landlock.
    Files,
    /// A list of system calls: seccomp.
    Calls,
}

/// Whether an attack worked: `Ok` where it did, else what stood in its way.
pub(crate) type Outcome = io::Result<()>;

/// One thing to try.
pub(crate) struct Attack {
    /// Its name, in words with hyphens.
    pub(crate) name: String,
    /// What it would give, in a few words.
    pub(crate) what: String,
    try_it: Box<dyn Fn(&Aim) -> Outcome>,
}

impl Attack {
    fn new(
        name: impl Into<String>,
        what: impl Into<String>,
        try_it: impl Fn(&Aim) -> Outcome + 'static,
    ) -> Self {
        Self { name: name.into(), what: what.into(), try_it: Box::new(try_it) }
    }

    /// Tries it.
    pub(crate) fn run(&self, aim: &Aim) -> Outcome {
        (self.try_it)(aim)
    }
}

/// Those that do no harm.
pub(crate) fn harmless() -> Vec<Attack> {
    [files::all(), processes::all(), calls::all()].into_iter().flatten().collect()
}

/// All of them. The order matters: the harmless first, then what may end its victim.
#[cfg(feature = "attack")]
pub(crate) fn all(aim: &Aim) -> Vec<Attack> {
    harmless().into_iter().chain(sql::all(aim)).chain(harsh::all()).collect()
}

/// How each of `attacks` fared, by its name: `None` where it worked, else what stood in its way.
pub(crate) fn run(attacks: &[Attack], aim: &Aim) -> BTreeMap<String, Option<String>> {
    let fared = |attack: &Attack| attack.run(aim).err().map(|error| error.to_string());
    attacks.iter().map(|attack| (attack.name.clone(), fared(attack))).collect()
}

/// What works although a wall stands that keeps it out: tried by every role at its start.
pub(crate) fn leaks(standing: Standing) -> Vec<String> {
    let aim = Aim::default();
    let tried = calls::at_start().into_iter().chain(files::at_start());
    let stands = tried.filter(|(wall, _)| standing.has(*wall));
    let leaks = stands.filter(|(_, attack)| attack.run(&aim).is_ok());
    leaks.map(|(_, attack)| format!("{} works ({})", attack.name, attack.what)).collect()
}

/// An error for what looked like success and was none.
fn nothing(why: &str) -> io::Error {
    io::Error::other(why.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_attack_has_a_name_of_its_own() {
        let attacks = harmless();
        let names: BTreeSet<_> = attacks.iter().map(|attack| &attack.name).collect();
        assert_eq!(names.len(), attacks.len());
        assert!(attacks.len() >= 60, "{}", attacks.len());
        assert!(attacks.iter().all(|attack| !attack.what.is_empty()));
    }

    #[test]
    fn an_open_process_is_found_leaking() {
        // This process has no filter at all, so what is tried at the start works.
        let standing = Standing { landlock: 7, calls: 60 };
        let leaks = leaks(standing);
        for name in ["read-outside", "multipath-socket", "start-a-program"] {
            assert!(leaks.iter().any(|leak| leak.starts_with(name)), "{name}: {leaks:?}");
        }
        assert_eq!(super::leaks(Standing::default()), Vec::<String>::new());
    }
}
