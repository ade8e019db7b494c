//! How a command ends before its time, and how it speaks.

use std::fmt;
use std::io::{self, Write};

/// The exit code of a setting that must be mended first; nobody starts the process again.
pub(crate) const CONFIG: u8 = 78;

/// Why a command or a role ends before its time.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A setting is wrong; one sentence that names it.
    Config(String),
    /// Something that went wrong and may go right another time.
    Failed(String),
    /// As the code of a process that has said why already.
    Said(u8),
}

impl Stop {
    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
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

/// Tells the operator something. Whether anybody listens is not our concern, here and below.
pub(crate) fn say(text: &str) {
    let _deaf = writeln!(io::stderr(), "holdfast: {text}");
}

/// Prints what was asked for.
pub(crate) fn tell(text: &str) {
    let _deaf = writeln!(io::stdout(), "{text}");
}
