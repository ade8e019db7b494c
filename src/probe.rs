//! A process that shuts itself in as a role would and tells what stands, and how attacks from in
//! there fare. `serve` asks one for the level of isolation, `check` one a role for the matrix.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::attack::{self, Aim};
use crate::cage::{self, Standing};
use crate::people::User;
use crate::role::{self, Role};
use crate::{Stop, tell};

/// What a probe found.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Found {
    /// The walls around it.
    pub(crate) standing: Standing,
    /// Each attack by name: `None` where it worked, else what stood in its way.
    pub(crate) outcomes: BTreeMap<String, Option<String>>,
}

/// The hidden verb: reads its aim, shuts itself in as `role`, attacks, and tells.
pub(crate) fn run(role: Role) -> Result<(), Stop> {
    let failed = |why: String| Stop::Failed(format!("probe of {role}: {why}"));
    cage::harden().map_err(|error| failed(error.to_string()))?;
    let mut wish = String::new();
    io::stdin().read_to_string(&mut wish).map_err(|error| failed(error.to_string()))?;
    let aim: Option<Aim> =
        serde_json::from_str(&wish).map_err(|error| failed(error.to_string()))?;
    let standing = cage::close(&role::needs(role, &role::given())?).map_err(Stop::Config)?;
    let outcomes = aim.map(|aim| attack::run(&attack::harmless(), &aim)).unwrap_or_default();
    let found = serde_json::to_string(&Found { standing, outcomes });
    tell(&found.map_err(|error| failed(error.to_string()))?);
    Ok(())
}

/// The hidden verb of a process that does nothing: attacked in the place of `role`.
pub(crate) fn stand() -> Result<(), Stop> {
    let failed = |error: io::Error| Stop::Failed(format!("stand: {error}"));
    cage::harden().map_err(failed)?;
    tell("hardened");
    // Until whoever started it closes the pipe.
    io::stdin().read_to_string(&mut String::new()).map_err(failed)?;
    Ok(())
}

/// Asks a probe of `role`, as `user` and with these variables.
pub(crate) fn ask(
    role: Role,
    user: Option<User>,
    vars: Vec<(String, String)>,
    aim: Option<&Aim>,
) -> Result<Found, Stop> {
    let failed = |why: String| Stop::Failed(format!("the walls of {role} cannot be tried: {why}"));
    let mut child =
        start(&["probe", role.name()], user, vars).map_err(|e| failed(e.to_string()))?;
    let wish = serde_json::to_string(&aim).map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(wish.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    match output.status.code() {
        Some(0) => {}
        // It has said why.
        Some(code) => return Err(Stop::Said(u8::try_from(code).unwrap_or(1))),
        None => return Err(failed(output.status.to_string())),
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}

/// A process of `user` that is hardened like a role and does nothing, to be attacked.
pub(crate) fn stand_in(user: Option<User>) -> Result<StandIn, Stop> {
    let failed = |error: io::Error| Stop::Failed(format!("nobody stands in: {error}"));
    let mut child = start(&["stand"], user, Vec::new()).map_err(failed)?;
    // Its first byte says that it is hardened.
    let mut word = [0];
    if let Some(stdout) = &mut child.stdout {
        stdout.read_exact(&mut word).map_err(failed)?;
    }
    Ok(StandIn(child))
}

/// Ends with its owner.
pub(crate) struct StandIn(Child);

impl StandIn {
    pub(crate) fn pid(&self) -> i32 {
        self.0.id().cast_signed()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ended = self.0.wait();
    }
}

fn start(words: &[&str], user: Option<User>, vars: Vec<(String, String)>) -> io::Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.args(words).env_clear().envs(vars).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command.spawn()
}
