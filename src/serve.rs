//! `holdfast serve`: looks at every setting first, and starts nothing where one is wrong.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use crate::cli::ServeArgs;
use crate::matrix;
use crate::monitor::{self, Post};
use crate::people;
use crate::role::Role;
use crate::settings::{Settings, absolute};
use crate::step;
use crate::uploads::FILES_DIR;
use crate::{Stop, folders, probe, say, secret};

/// Seconds before each restart of a role within ten minutes; one death more is the last.
pub(crate) const RESTART_SECS: [u64; 5] = [0, 1, 5, 30, 120];

/// Runs the shop until it is asked to stop.
pub(crate) fn run(args: &ServeArgs) -> Result<(), Stop> {
    let (mut roles, mut named) = (args.roles.clone(), HashSet::new());
    roles.retain(|role| named.insert(*role));
    let mut settings = Settings::read()?;
    settings.refuse_dangers()?;
    let config = settings.db()?;
    let folder = config.folder().map(absolute).transpose()?;
    if let Some(folder) = &folder {
        folders::refuse_moved(folder)?;
        settings.settle_folder(folder)?;
    }
    for role in &roles {
        role.check(settings.vars(*role))?;
    }
    let secret = if roles.contains(&Role::Escrow) { Some(settings.secret_file()?) } else { None };
    // Opened once now, so that a loose file is told before anything else starts.
    secret.as_deref().map(secret::open).transpose()?;

    let own_users = people::is_root();
    if let (Some(folder), true) = (&folder, own_users) {
        reachable(folder, &roles)?;
    }
    let user = |role| own_users.then(|| people::user(role));
    let standing = probe::ask(Role::Web, user(Role::Web), settings.vars(Role::Web), None)?.standing;
    let level = standing.level(own_users);
    if level == 0 && !args.accept_no_isolation {
        return Err(Stop::Config(
            "isolation level 0: no wall stands between the shop and the keys of escrow; start as \
             root, so that each role gets a user of its own, or on a kernel with Landlock and \
             seccomp, or accept it with --accept-no-isolation (never with a main net)"
                .to_owned(),
        ));
    }
    let _locks = match &folder {
        Some(folder) => {
            folders::prepare(folder, &step::OWNERS, own_users)?;
            folders::lock(folder, &roles)?
        }
        None => Vec::new(),
    };
    if let (Some(files), true) = (settings.get(FILES_DIR), roles.contains(&Role::Web)) {
        folders::prepare_files(Path::new(files), own_users)?;
    }
    step::tables(&settings)?;
    say(&format!("isolation level {level} (`holdfast check` shows the walls)"));
    let walls = matrix::look(&settings, folder.as_deref(), own_users);
    let vars = |role| {
        let mut vars = settings.vars(role);
        matrix::tell_web(&walls, role, &mut vars);
        vars
    };
    let posts: Vec<Post> = roles
        .iter()
        .map(|role| Post {
            role: *role,
            vars: vars(*role),
            user: user(*role),
            secret: secret.clone().filter(|_| *role == Role::Escrow),
            log: None,
            level,
        })
        .collect();
    let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
    let greeting = format!("holdfast is ready: {}", names.join(", "));
    monitor::run(&posts, &delays(&args.restart_secs), &greeting)
}

/// The waits as durations.
pub(crate) fn delays(secs: &[u64]) -> Vec<Duration> {
    secs.iter().copied().map(Duration::from_secs).collect()
}

fn reachable(folder: &Path, roles: &[Role]) -> Result<(), Stop> {
    for role in roles {
        if let Some(closed) = people::closed_to(people::user(*role), folder) {
            return Err(Stop::Config(format!(
                "DB_DSN leads to {}, and the user of {role} may not pass through {}; choose \
                 another folder, or open that one with chmod a+x",
                folder.display(),
                closed.display()
            )));
        }
    }
    Ok(())
}
