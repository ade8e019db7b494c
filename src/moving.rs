//! `holdfast migrate-to`: a shop moves from SQLite files to a MariaDB server. The files are only
//! read; afterwards a note beside them keeps `serve` from going on with them by mistake, because
//! two shops with the same keys would give the same addresses to different orders.

use std::fs;
use std::io;
use std::path::Path;

use db::copy::{self, CopyError};
use db::{DbConfig, Owner, migrate};

use crate::role::Role;
use crate::settings::{Settings, absolute};
use crate::step::{self, OWNERS, Step, Told, become_owner, refused};
use crate::uploads::{self, FILES_DIR};
use crate::{Stop, folders, tell};

/// How the step learns where to.
const TARGET: &str = "TARGET_DB_DSN";
const ACCOUNT: [&str; 2] = ["OWNER_DB_USER", "OWNER_DB_PASSWORD"];

/// Moves the shop of the settings to the database that `dsn` names.
pub(crate) fn run(dsn: &str) -> Result<(), Stop> {
    let mut settings = Settings::read()?;
    settings.refuse_dangers()?;
    let config = settings.db()?;
    let Some(folder) = config.folder() else {
        return Err(Stop::Config(
            "DB_DRIVER is mariadb already; migrate-to copies a shop from SQLite files".to_owned(),
        ));
    };
    let folder = absolute(folder)?;
    settings.settle_folder(&folder)?;
    let mut vars = settings.vars(Role::Courier);
    vars.push((TARGET.to_owned(), dsn.to_owned()));
    for name in ACCOUNT {
        let value = settings.get(name).unwrap_or_default();
        vars.push((name.to_owned(), value.to_owned()));
    }
    target(|name| vars.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()))?;
    if !folder.is_dir() {
        return Err(Stop::Config(format!("DB_DSN leads to {}, no folder", folder.display())));
    }
    let _demo = folders::hold_all(&folder, "the demo; stop it first")?;
    let _roles = folders::lock(&folder, &OWNERS)?;
    // The copy lies elsewhere, and is to run there.
    step::answer(Step::Adopt, vars.clone(), None)?;
    step::apart(Step::Copy, vars, Told::All)?;
    note(&folder, dsn).map_err(|error| {
        Stop::Failed(format!("all is copied, but no note of it: {}: {error}", folder.display()))
    })?;
    tell(&format!(
        "The shop is on {dsn}, compared row by row. Set DB_DRIVER=mariadb and DB_DSN={dsn}, and \
         give the roles their rights (`holdfast migrate --print-grants`). The files are as they \
         were; `serve` does not use them any more."
    ));
    let files = uploads::store(&settings, &config).filter(|store| store.folder().is_dir());
    if let Some(store) = files {
        tell(&format!(
            "What people sent stays in {0}: set {FILES_DIR} to it, or copy it with its owner to where \
             every node that serves reaches it and name that.",
            absolute(store.folder())?.display()
        ));
    }
    Ok(())
}

/// Where to, by the values that `get` knows.
fn target<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<DbConfig, Stop> {
    let [user, password] = ACCOUNT.map(|name| get(name).filter(|value| !value.is_empty()));
    let user = user.ok_or_else(|| {
        Stop::Config(
            "OWNER_DB_USER is missing; it names the account that makes tables on the server"
                .to_owned(),
        )
    })?;
    let dsn = get(TARGET).unwrap_or_default();
    DbConfig::new(Some("mariadb"), Some(dsn), Some(user), password)
        .map_err(|why| Stop::Config(why.to_string().replace("DB_DSN", "--dsn")))
}

/// The hidden step: copies, as the owner of courier's file, who may read all of them.
pub(crate) fn copy() -> Result<(), Stop> {
    let settings = Settings::read()?;
    let config = settings.db()?;
    let target = target(|name| settings.get(name))?;
    become_owner(&config, Owner::Courier)?;
    Owner::ALL.into_iter().try_for_each(|owner| migrate::check(&config, owner)).map_err(refused)?;
    let copied = copy::copy(&config, &target, Owner::Courier).map_err(|error| match error {
        CopyError::Db(error) => refused(error),
        CopyError::Differs(..) => Stop::Failed(error.to_string()),
        other => Stop::Config(other.to_string()),
    })?;
    if copied.before {
        tell("All of it was there already.");
    }
    for (table, rows) in copied.tables {
        tell(&format!("{table}: {rows}"));
    }
    Ok(())
}

/// Says beside the files where the shop is now.
fn note(folder: &Path, dsn: &str) -> io::Result<()> {
    let (beside, path) = (folder.join("moved.new"), folder.join(folders::MOVED));
    fs::write(&beside, format!("{dsn}\n"))?;
    fs::File::open(&beside)?.sync_all()?;
    fs::rename(&beside, &path)
}
