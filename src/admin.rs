//! `holdfast admin`: what only the operator does. Each command acts as the owner of the table
//! that it writes.

use std::io::{self, BufRead, IsTerminal};

use courier::SystemClock;
use db::{DbError, EscrowDb, EscrowTx, Owner, clamps, desk, tx};
use domain::clamps::Bound;
use domain::clock::Clock;
use domain::refusal::BadText;
use web::ui::rfc3339;

use crate::settings::Settings;
use crate::step::{become_owner, refused};
use crate::{Stop, tell};

/// Stops payouts and new orders, or lets them go on.
pub(crate) fn pause(on: bool) -> Result<(), Stop> {
    let config = Settings::read()?.db_of(Owner::Escrow)?;
    become_owner(&config, Owner::Escrow)?;
    let now = SystemClock.now();
    tx::write_once(&config, "pause", |tx: &mut EscrowTx<'_>| desk::set_pause(tx, on, now))
        .map_err(|error: DbError| refused(error))?;
    tell(if on { "paused: no payouts and no new orders" } else { "resumed" });
    Ok(())
}

/// Prints the bounds as they stand.
pub(crate) fn limits() -> Result<(), Stop> {
    let config = Settings::read()?.db_of(Owner::Escrow)?;
    become_owner(&config, Owner::Escrow)?;
    let stand = EscrowDb::open(&config).and_then(|door| door.read(clamps::all)).map_err(refused)?;
    for bound in Bound::ALL {
        let (least, most) = bound.range();
        tell(&format!(
            "{:<18}{:>14}  {} ({least} to {most})",
            bound.as_str(),
            stand.get(*bound),
            bound.what()
        ));
    }
    Ok(())
}

/// Sets a bound, within what no operator may go beyond.
pub(crate) fn limit(name: &str, value: u64) -> Result<(), Stop> {
    let bound: Bound = name.parse().map_err(|_bad| {
        let names: Vec<_> = Bound::ALL.iter().map(|bound| bound.as_str()).collect();
        Stop::Failed(format!("there is no limit {name}; there are {}", names.join(", ")))
    })?;
    let config = Settings::read()?.db_of(Owner::Escrow)?;
    become_owner(&config, Owner::Escrow)?;
    let now = SystemClock.now();
    let set = tx::write_once(&config, "limit", |tx: &mut EscrowTx<'_>| {
        match clamps::all(tx)?.with(bound, value) {
            Err(bad) => Ok(Some(bad)),
            Ok(_) => clamps::set(tx, bound, value, now).map(|()| None),
        }
    });
    match set.map_err(|error: DbError| refused(error))? {
        Some(bad) => Err(Stop::Failed(format!("{bad}; nothing was changed"))),
        None => {
            let stays = match bound {
                Bound::Signed => "what is ruled",
                _ => "what is sealed",
            };
            tell(&format!("{bound} is {value} from now on; {stays} already stays as it is"));
            Ok(())
        }
    }
}

/// Prints the keys by which this site signs terms, for publishing them where a taken shop cannot
/// change them.
pub(crate) fn site_keys() -> Result<(), Stop> {
    let config = Settings::read()?.db_of(Owner::Escrow)?;
    become_owner(&config, Owner::Escrow)?;
    let keys = EscrowDb::open(&config).and_then(|db| db.read(desk::site_keys)).map_err(refused)?;
    for key in &keys {
        tell(&format!("{} since {}", key.address, rfc3339(key.since)));
    }
    if keys.is_empty() {
        return Err(Stop::Failed("escrow has not run yet, so it has no key to show".to_owned()));
    }
    Ok(())
}

/// Prints a new phrase. It needs no settings: the secret file is written after it.
pub(crate) fn new_phrase() -> Result<(), Stop> {
    let phrase = escrow::new_mnemonic().map_err(|error| Stop::Failed(error.to_string()))?;
    tell(&phrase);
    Ok(())
}

/// Creates an account.
pub(crate) fn create_user(name: &str, role: &str) -> Result<(), Stop> {
    let config = Settings::read()?.db()?;
    let password = password(name)?;
    become_owner(&config, Owner::Web)?;
    let as_role = role.parse().map_err(|why: BadText| Stop::Failed(why.to_string()))?;
    web::create_account(&config, name, &password, as_role).map_err(Stop::Failed)?;
    tell(&format!("{name} may log in as {role}"));
    Ok(())
}

/// Closes an account at once, or opens it again.
pub(crate) fn set_banned(name: &str, banned: bool) -> Result<(), Stop> {
    let config = Settings::read()?.db()?;
    become_owner(&config, Owner::Web)?;
    web::set_banned(&config, name, banned).map_err(Stop::Failed)?;
    println!(
        "{name} {}",
        if banned { "is out; every session has ended" } else { "may log in again" }
    );
    Ok(())
}

/// Gives an account another password.
pub(crate) fn set_password(name: &str) -> Result<(), Stop> {
    let config = Settings::read()?.db()?;
    let password = password(name)?;
    become_owner(&config, Owner::Web)?;
    web::set_password(&config, name, &password).map_err(Stop::Failed)?;
    tell(&format!("{name} has a new password; every session has ended"));
    Ok(())
}

/// Asks twice on a terminal, else reads one line; never takes it from the command line, which
/// every user of the machine can see.
fn password(name: &str) -> Result<String, Stop> {
    let failed = |error: io::Error| Stop::Failed(format!("no password was read: {error}"));
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(failed)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password(format!("Password for {name}: ")).map_err(failed)?;
    let again = rpassword::prompt_password("Once more: ").map_err(failed)?;
    if first == again {
        Ok(first)
    } else {
        Err(Stop::Failed("the two passwords differ; nothing was changed".to_owned()))
    }
}
