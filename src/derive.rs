//! The helper that derives escrow's keys: a process of its own that reads the secret file, writes
//! the account key and the rest to a pipe, and ends, and the phrase with it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use escrow::Secrets;

use crate::{CONFIG, Stop, cage};

/// The hidden verb: from the file on standard input to standard output.
pub(crate) fn run() -> Result<(), Stop> {
    let failed = |error: io::Error| Stop::Failed(format!("escrow: no keys: {error}"));
    cage::harden().map_err(failed)?;
    let file = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(failed)?);
    let text =
        escrow::without_phrase(&file).map_err(|error| Stop::Config(format!("escrow: {error}")))?;
    io::stdout().write_all(text.as_bytes()).map_err(failed)
}

/// What the helper reads from the secret file.
pub(crate) fn apart(secret: &File) -> Result<Secrets, Stop> {
    let failed = |error: io::Error| Stop::Failed(format!("escrow: no keys: {error}"));
    let mut child = Command::new("/proc/self/exe")
        .arg0("holdfast: keys")
        .arg("derive")
        .env_clear()
        .stdin(Stdio::from(secret.try_clone().map_err(failed)?))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let secrets = child.stdout.take().map(Secrets::from_handover);
    match child.wait().map_err(failed)?.code() {
        Some(0) => match secrets {
            Some(Ok(secrets)) => Ok(secrets),
            Some(Err(why)) => Err(Stop::Config(why.to_string())),
            None => {
                Err(Stop::Failed("escrow: the helper that derives the keys is mute".to_owned()))
            }
        },
        // It has said why.
        Some(code) if code == i32::from(CONFIG) => Err(Stop::Said(CONFIG)),
        _ => Err(Stop::Failed("escrow: the helper that derives the keys failed".to_owned())),
    }
}
