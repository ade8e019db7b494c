//! The folders of a shop's data: one a role, written by it alone and readable by the others.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use crate::Stop;
use crate::people::{self, User};
use crate::role::Role;

/// The data folder itself: anybody may pass, only its owner adds to it.
const OPEN: u32 = 0o755;
/// A role's folder: its files take the group of the folder.
const SHARED: u32 = 0o2750;

/// Makes `folder` and the folders of `roles` in it, each of the role's own user where `own_users`.
///
/// # Errors
/// [`Stop::Config`] where a role's folder is somebody else's already.
pub(crate) fn prepare(folder: &Path, roles: &[Role], own_users: bool) -> Result<(), Stop> {
    if !folder.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(OPEN)
            .create(folder)
            .and_then(|()| fs::set_permissions(folder, Permissions::from_mode(OPEN)))
            .map_err(|error| cannot(folder, &error))?;
    }
    for role in roles {
        let own = folder.join(role.name());
        make(&own).map_err(|error| cannot(&own, &error))?;
        let about = fs::symlink_metadata(&own).map_err(|error| cannot(&own, &error))?;
        if !about.is_dir() {
            return Err(Stop::Config(format!("{} is no folder", own.display())));
        }
        if own_users {
            give(&own, &about, people::user(*role))?;
        }
    }
    Ok(())
}

/// Makes the folder of the files that people send, where it is not web's own: of web's user where
/// `own_users`, and closed to all others.
///
/// # Errors
/// [`Stop::Config`] where it is somebody else's or web's user may not get there.
pub(crate) fn prepare_files(folder: &Path, own_users: bool) -> Result<(), Stop> {
    make(folder).map_err(|error| cannot(folder, &error))?;
    let about = fs::symlink_metadata(folder).map_err(|error| cannot(folder, &error))?;
    if !about.is_dir() {
        return Err(Stop::Config(format!("FILES_DIR: {} is no folder", folder.display())));
    }
    if own_users {
        let user = people::user(Role::Web);
        give(folder, &about, user)?;
        if let Some(closed) = people::closed_to(user, folder) {
            return Err(Stop::Config(format!(
                "FILES_DIR leads to {}, and the user of web may not pass through {}",
                folder.display(),
                closed.display()
            )));
        }
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700))
        .map_err(|error| cannot(folder, &error))
}

fn cannot(path: &Path, error: &io::Error) -> Stop {
    Stop::Config(format!("{} cannot be made: {error}", path.display()))
}

fn make(own: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(own) {
        Ok(()) => fs::set_permissions(own, Permissions::from_mode(SHARED)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Gives an empty folder to `user`; one that has content must be the user's already.
fn give(own: &Path, about: &fs::Metadata, user: User) -> Result<(), Stop> {
    if (about.uid(), about.gid()) == (user.uid, user.gid) {
        return Ok(());
    }
    let empty = fs::read_dir(own).map_err(|error| cannot(own, &error))?.next().is_none();
    if !empty {
        return Err(Stop::Config(format!(
            "{0} belongs to user {1} and group {2}; give it to the role: chown -R {3}:{4} {0}",
            own.display(),
            about.uid(),
            about.gid(),
            user.uid,
            user.gid
        )));
    }
    chown(own, Some(user.uid), Some(user.gid))
        .and_then(|()| fs::set_permissions(own, Permissions::from_mode(SHARED)))
        .map_err(|error| cannot(own, &error))
}

/// Gives everything in the folders of `roles` to their users. Only for folders in which no role
/// has run yet: nothing in them was placed there to mislead us.
#[cfg(feature = "devnet")]
pub(crate) fn hand_over(folder: &Path, roles: &[Role]) -> Result<(), Stop> {
    for role in roles {
        let (own, user) = (folder.join(role.name()), people::user(*role));
        hand_over_tree(&own, user).map_err(|error| cannot(&own, &error))?;
    }
    Ok(())
}

#[cfg(feature = "devnet")]
fn hand_over_tree(path: &Path, user: User) -> io::Result<()> {
    let is_dir = fs::symlink_metadata(path)?.is_dir();
    std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))?;
    if is_dir {
        fs::set_permissions(path, Permissions::from_mode(SHARED))?;
        for entry in fs::read_dir(path)? {
            hand_over_tree(&entry?.path(), user)?;
        }
    }
    Ok(())
}

/// Locks `roles` for as long as the answer lives: two of the same role would write the same files.
/// The files lie beside the roles' folders, where no role can lock them against us.
pub(crate) fn lock(folder: &Path, roles: &[Role]) -> Result<Vec<File>, Stop> {
    let one = |role: &Role| {
        let path = folder.join(format!("{role}.lock"));
        let open = File::options().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = open.map_err(|error| cannot(&path, &error))?;
        hold(file, folder, &format!("{role}; stop it first"))
    };
    roles.iter().map(one).collect()
}

/// The note in a data folder whose shop has moved to a server.
pub(crate) const MOVED: &str = "moved";

/// Refuses a folder whose shop is elsewhere now.
pub(crate) fn refuse_moved(folder: &Path) -> Result<(), Stop> {
    let note = folder.join(MOVED);
    match fs::read_to_string(&note) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot(&note, &error)),
        Ok(place) => Err(Stop::Config(format!(
            "DB_DSN leads to {}, whose shop has moved to {}: set DB_DRIVER and DB_DSN to that. \
             Going on with these files would give the same addresses to other orders; if the \
             move is to be undone and nobody has used the server, remove {}",
            folder.display(),
            place.trim(),
            note.display()
        ))),
    }
}

/// Locks a whole folder; where another process holds it, `what` says what runs there.
#[cfg(any(feature = "devnet", feature = "mariadb"))]
pub(crate) fn hold_all(folder: &Path, what: &str) -> Result<File, Stop> {
    hold(File::open(folder).map_err(|error| cannot(folder, &error))?, folder, what)
}

fn hold(held: File, folder: &Path, what: &str) -> Result<File, Stop> {
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => Err(Stop::Config(format!(
            "{} is in use: another holdfast runs {what}",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(cannot(folder, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 2] = [Role::Web, Role::Courier];

    #[test]
    fn folders_are_made_once_with_their_modes() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("data/demo");
        for _ in 0..2 {
            prepare(&folder, &ROLES, false).unwrap();
        }
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o7777, OPEN);
        for role in ROLES {
            let mode = fs::metadata(folder.join(role.name())).unwrap().mode();
            assert_eq!(mode & 0o7777, SHARED, "{role}");
        }
        assert!(!folder.join("escrow").exists());
    }

    #[test]
    fn a_folder_of_another_kind_or_owner_is_refused() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("web"), "").unwrap();
        let said = prepare(base.path(), &ROLES, false).unwrap_err();
        assert!(matches!(&said, Stop::Config(why) if why.contains("no folder")), "{said}");

        if people::is_root() {
            let base = tempfile::tempdir().unwrap();
            prepare(base.path(), &ROLES, true).unwrap();
            let web = base.path().join("web");
            assert_eq!(fs::metadata(&web).unwrap().uid(), people::user(Role::Web).uid);
            chown(&web, Some(0), Some(0)).unwrap();
            prepare(base.path(), &ROLES, true).unwrap();
            chown(&web, Some(0), Some(0)).unwrap();
            fs::write(web.join("web.db"), "").unwrap();
            let said = prepare(base.path(), &ROLES, true).unwrap_err().to_string();
            assert!(said.contains("chown -R"), "{said}");
            #[cfg(feature = "devnet")]
            {
                hand_over(base.path(), &ROLES).unwrap();
                prepare(base.path(), &ROLES, true).unwrap();
                let file = fs::metadata(web.join("web.db")).unwrap();
                assert_eq!(file.uid(), people::user(Role::Web).uid);
            }
        }
    }

    #[test]
    fn the_folder_of_files_is_webs_alone() {
        let base = tempfile::tempdir().unwrap();
        fs::set_permissions(base.path(), Permissions::from_mode(OPEN)).unwrap();
        let folder = base.path().join("files");
        for _ in 0..2 {
            prepare_files(&folder, people::is_root()).unwrap();
            let about = fs::metadata(&folder).unwrap();
            assert_eq!(about.mode() & 0o7777, 0o700);
            assert!(!people::is_root() || about.uid() == people::user(Role::Web).uid);
        }
        fs::write(base.path().join("file"), "").unwrap();
        for (bad, why) in [("file", "no folder"), ("no/where", "cannot be made")] {
            let said = prepare_files(&base.path().join(bad), false).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn two_of_one_role_do_not_run() {
        let base = tempfile::tempdir().unwrap();
        prepare(base.path(), &ROLES, false).unwrap();
        let held = lock(base.path(), &ROLES).unwrap();
        let said = lock(base.path(), &[Role::Courier]).unwrap_err().to_string();
        assert!(said.contains("courier"), "{said}");
        drop(held);
        lock(base.path(), &[Role::Courier]).unwrap();
    }
}
