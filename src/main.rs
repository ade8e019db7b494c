//! Holdfast: an escrow marketplace in one binary.
//!
//! The process that a person starts reads the settings and becomes the monitor; every role is this
//! same binary executed again with an environment, a user and descriptors of its own. Nothing here
//! starts a thread before that.

mod admin;
mod cage;
mod check;
mod cli;
mod deaths;
#[cfg(feature = "devnet")]
mod demo;
mod folders;
mod monitor;
mod people;
mod role;
mod secret;
mod serve;
mod settings;
mod step;
#[cfg(feature = "devnet")]
mod story;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// The exit code of a configuration that must be mended first; nobody starts the process again.
const CONFIG: u8 = 78;

/// Why a command or a role ends before its time.
#[derive(Debug)]
enum Stop {
    /// Something set wrongly; one sentence that names it.
    Config(String),
    /// Something that went wrong and may go right another time.
    Failed(String),
    /// As the code of a process that has said why already.
    Said(u8),
}

impl Stop {
    const fn code(&self) -> u8 {
        match self {
            Self::Config(_) => CONFIG,
            Self::Failed(_) => 1,
            Self::Said(code) => *code,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(why) | Self::Failed(why) => f.write_str(why),
            Self::Said(code) => write!(f, "ended with code {code}"),
        }
    }
}

/// Tells the operator something; whether anybody listens is not our concern.
fn say(text: &str) {
    let _deaf = writeln!(io::stderr(), "holdfast: {text}");
}

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            if !matches!(stop, Stop::Said(_)) {
                say(&stop.to_string());
            }
            ExitCode::from(stop.code())
        }
    }
}
