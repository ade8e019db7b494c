//! Work on the database outside of the roles: each piece in a process of its own, as the user
//! whose files it writes, so that the monitor never opened one.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use clap::ValueEnum;
use db::{DbConfig, Owner, migrate};
use rustix::process::{Gid, Uid, umask};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};

use crate::people::{self, User};
use crate::role::Role;
use crate::settings::Settings;
use crate::{Stop, backup, folders, tell, uploads};

/// The roles that own tables.
pub(crate) const OWNERS: [Role; 3] = [Role::Web, Role::Escrow, Role::Courier];

/// A piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Makes the tables of web.
    MigrateWeb,
    /// Makes the tables of escrow.
    MigrateEscrow,
    /// Makes the tables of courier.
    MigrateCourier,
    /// Says whether the tables of web are those of this binary.
    LookWeb,
    /// Says whether those of escrow are.
    LookEscrow,
    /// Says whether those of courier are.
    LookCourier,
    /// Copies the file of web to another.
    BackupWeb,
    /// Copies that of escrow.
    BackupEscrow,
    /// Copies that of courier.
    BackupCourier,
    /// Puts the file of web back from the input.
    RestoreWeb,
    /// Puts the files that people sent back from the input.
    RestoreFiles,
    /// Puts that of escrow back.
    RestoreEscrow,
    /// Puts that of courier back.
    RestoreCourier,
    /// Tells escrow that its ledger moves.
    #[cfg(feature = "mariadb")]
    Adopt,
    /// Says whether the files that people sent are what they were.
    LookFiles,
    /// Says whether an escrow runs on the tables.
    LookIdle,
    /// Says whether no order was ever taken up there.
    LookUnused,
    /// Tells the addresses of orders with their chains.
    LookIssued,
    /// Copies everything to a server.
    #[cfg(feature = "mariadb")]
    Copy,
    /// Fills a new demo.
    #[cfg(feature = "devnet")]
    Seed,
}

/// How much of what a step prints is for the operator; faults always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// All of it.
    All,
    /// Nothing.
    #[cfg(feature = "devnet")]
    Nothing,
}

/// The hidden verb: does the step in this process.
pub(crate) fn run(step: Step) -> Result<(), Stop> {
    let config = Settings::read()?.db()?;
    let owner = match step {
        Step::MigrateWeb => Owner::Web,
        Step::MigrateEscrow => Owner::Escrow,
        Step::MigrateCourier => Owner::Courier,
        Step::LookWeb => return look(&config, Owner::Web),
        Step::LookEscrow => return look(&config, Owner::Escrow),
        Step::LookCourier => return look(&config, Owner::Courier),
        Step::BackupWeb => return backup::copy(Owner::Web, false),
        Step::BackupEscrow => return backup::copy(Owner::Escrow, false),
        Step::BackupCourier => return backup::copy(Owner::Courier, false),
        Step::RestoreWeb => return backup::copy(Owner::Web, true),
        Step::RestoreFiles => return uploads::put_back(),
        Step::LookFiles => return uploads::look(),
        Step::RestoreEscrow => return backup::copy(Owner::Escrow, true),
        Step::RestoreCourier => return backup::copy(Owner::Courier, true),
        #[cfg(feature = "mariadb")]
        Step::Adopt => return backup::adopt(false),
        Step::LookIdle => return crate::recover::idle(&config),
        Step::LookUnused => return crate::recover::unused(&config),
        Step::LookIssued => return crate::recover::issued(&config),
        #[cfg(feature = "mariadb")]
        Step::Copy => return crate::moving::copy(),
        #[cfg(feature = "devnet")]
        Step::Seed => return crate::demo::seed(&config),
    };
    become_owner(&config, owner)?;
    say(owner.name(), &migrate::run(&config, owner).map_err(refused)?);
    Ok(())
}

/// Looks as the owner: whoever opens a file of SQLite last takes away what readers need beside it,
/// unless it is one of us, and the owner alone can put it back.
fn look(config: &DbConfig, owner: Owner) -> Result<(), Stop> {
    become_owner(config, owner)?;
    migrate::check(config, owner).map_err(refused)
}

/// Refuses tables that are not those of this binary.
pub(crate) fn tables(settings: &Settings) -> Result<(), Stop> {
    for step in [Step::LookWeb, Step::LookEscrow, Step::LookCourier] {
        apart(step, settings.vars(Role::Courier), Told::All)?;
    }
    Ok(())
}

/// `holdfast migrate`.
pub(crate) fn migrate() -> Result<(), Stop> {
    let mut settings = Settings::read()?;
    let config = settings.db_of_keeper()?;
    let Some(folder) = config.folder() else {
        say("", &migrate::run_all(&config).map_err(refused)?);
        return Ok(());
    };
    let folder = crate::settings::absolute(folder)?;
    settings.settle_folder(&folder)?;
    folders::prepare(&folder, &OWNERS, people::is_root())?;
    migrate_files(&settings, Told::All)
}

/// Makes the tables of SQLite, each file as the owner of its folder.
pub(crate) fn migrate_files(settings: &Settings, told: Told) -> Result<(), Stop> {
    for step in [Step::MigrateWeb, Step::MigrateEscrow, Step::MigrateCourier] {
        apart(step, settings.vars(Role::Courier), told)?;
    }
    Ok(())
}

/// Does `step` in a process of its own with these variables and this input, and answers what it
/// printed.
pub(crate) fn answer(
    step: Step,
    vars: Vec<(String, String)>,
    input: Option<File>,
) -> Result<String, Stop> {
    let name = step.to_possible_value().ok_or_else(|| Stop::Failed("no such step".to_owned()))?;
    let failed = |why: String| Stop::Failed(format!("{}: {why}", name.get_name()));
    let ended = Command::new("/proc/self/exe")
        .args(["step", name.get_name()])
        .env_clear()
        .envs(vars)
        .current_dir("/")
        .stdin(input.map_or_else(Stdio::null, Stdio::from))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    match ended.status.code() {
        Some(0) => String::from_utf8(ended.stdout).map_err(|error| failed(error.to_string())),
        Some(code) => Err(Stop::Said(u8::try_from(code).unwrap_or(1))),
        None => Err(failed(ended.status.to_string())),
    }
}

/// Does `step` in a process of its own with these variables, and waits for its end.
pub(crate) fn apart(step: Step, vars: Vec<(String, String)>, told: Told) -> Result<(), Stop> {
    let name = step.to_possible_value().ok_or_else(|| Stop::Failed("no such step".to_owned()))?;
    let ended = Command::new("/proc/self/exe")
        .args(["step", name.get_name()])
        .env_clear()
        .envs(vars)
        .current_dir("/")
        .stdout(match told {
            Told::All => Stdio::inherit(),
            #[cfg(feature = "devnet")]
            Told::Nothing => Stdio::null(),
        })
        .status()
        .map_err(|error| Stop::Failed(format!("{} cannot be run: {error}", name.get_name())))?;
    match ended.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Stop::Said(u8::try_from(code).unwrap_or(1))),
        None => Err(Stop::Failed(format!("{} was killed: {ended}", name.get_name()))),
    }
}

/// Gives up being root for the user who owns the files of `owner`, for good.
pub(crate) fn become_owner(config: &DbConfig, owner: Owner) -> Result<(), Stop> {
    umask(rustix::fs::Mode::RWXO | rustix::fs::Mode::WGRP);
    let Some(file) = config.file(owner).filter(|_| people::is_root()) else { return Ok(()) };
    let folder = file.parent().unwrap_or(&file);
    let Ok(about) = fs::symlink_metadata(folder) else { return Ok(()) };
    if about.uid() == 0 {
        return Ok(());
    }
    become_user(User { uid: about.uid(), gid: about.gid() }).map_err(|error| {
        Stop::Failed(format!("cannot act as the owner of {}: {error}", folder.display()))
    })
}

/// Gives up being root for this user, for good.
pub(crate) fn become_user(user: User) -> rustix::io::Result<()> {
    // One thread only: nothing was started in this process.
    set_thread_groups(&[])
        .and_then(|()| set_thread_gid(Gid::from_raw(user.gid)))
        .and_then(|()| set_thread_uid(Uid::from_raw(user.uid)))
}

/// What the database says, as an end of the command: another version of the tables or a file that
/// is not there is for the operator to mend.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
pub(crate) fn refused(error: db::DbError) -> Stop {
    match error {
        db::DbError::Schema(_) | db::DbError::Down(_) => Stop::Config(error.to_string()),
        _ => Stop::Failed(error.to_string()),
    }
}

fn say(owner: &str, applied: &[String]) {
    for name in applied {
        tell(&format!("{owner}: {name}"));
    }
}
