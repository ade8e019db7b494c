//! Holdfast: an escrow marketplace in one binary.
//!
//! What a person starts reads the settings and becomes the monitor; each role is the same binary,
//! executed again. Nothing here starts a thread before that.

mod admin;
mod attack;
mod backup;
mod books;
mod cage;
mod check;
mod cli;
mod deaths;
#[cfg(feature = "devnet")]
mod demo;
mod derive;
mod folders;
mod grants;
mod matrix;
mod monitor;
#[cfg(feature = "mariadb")]
mod moving;
mod payouts;
mod people;
mod probe;
mod recover;
mod role;
mod secret;
mod serve;
mod settings;
mod step;
mod stop;
#[cfg(feature = "devnet")]
mod story;
mod terms;
mod uploads;

use std::process::ExitCode;

use stop::{CONFIG, Stop, say, tell};

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
