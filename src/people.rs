//! Users of the operating system: one for each role where the shop is started by root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use rustix::thread::{CapabilitySet, capabilities};

use crate::role::Role;

/// The group that all roles share: by it they read each other's files.
const GROUP: &str = "holdfast";
/// Its number, and those of the users below, where the system has none of these names: between
/// the numbers of people and those that systemd gives out.
const GROUP_ID: u32 = 61_000;

/// A user and a group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Whether this process may give the roles users of their own: it is root, and not one that was
/// left without the right to become somebody else, as in a container with all rights dropped.
pub(crate) fn is_root() -> bool {
    #[cfg(feature = "attack")]
    if crate::attack::order::without("users") {
        return false;
    }
    let wanted = CapabilitySet::SETUID | CapabilitySet::SETGID;
    geteuid().is_root() && capabilities(None).is_ok_and(|has| has.effective.contains(wanted))
}

/// The user of `role`: `holdfast-web` and so on of group `holdfast` where the system has them,
/// else fixed numbers.
pub(crate) fn user(role: Role) -> User {
    let fixed = match role {
        Role::Web => 61_001,
        Role::Escrow => 61_002,
        Role::Courier => 61_003,
        #[cfg(feature = "devnet")]
        Role::Devnet => 61_004,
    };
    User {
        uid: number("/etc/passwd", &format!("holdfast-{role}")).unwrap_or(fixed),
        gid: number("/etc/group", GROUP).unwrap_or(GROUP_ID),
    }
}

/// The number that a file of the form `name:password:number:…` gives `name`; never root's.
fn number(file: &str, name: &str) -> Option<u32> {
    find(&fs::read_to_string(file).ok()?, name)
}

fn find(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let number =
            if fields.next()? == name { fields.nth(1)?.parse().ok()? } else { return None };
        (number != 0).then_some(number)
    })
}

/// The first folder on the way to `path` that `user` may not pass through.
pub(crate) fn closed_to(user: User, path: &Path) -> Option<PathBuf> {
    let mut way: Vec<&Path> = path.ancestors().filter(|step| step.exists()).collect();
    way.reverse();
    way.into_iter().find(|step| !passes(user, step)).map(Path::to_path_buf)
}

fn passes(user: User, folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|about| {
        let shift = match (about.uid() == user.uid, about.gid() == user.gid) {
            (true, _) => 6,
            (false, true) => 3,
            (false, false) => 0,
        };
        (about.mode() >> shift) & 0o1 == 0o1
    })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn names_are_found_whole_and_never_become_root() {
        let text = "root:x:0:0::/:/bin/sh\nholdfast-web2:x:7:7::/:\nholdfast-web:x:990:990::/:\n";
        assert_eq!(find(text, "holdfast-web"), Some(990));
        assert_eq!(find(text, "holdfast-escrow"), None);
        assert_eq!(find("holdfast-web:x:0:0::/:", "holdfast-web"), None);
    }

    #[test]
    fn every_role_has_a_number_of_its_own() {
        let users = [user(Role::Web), user(Role::Escrow), user(Role::Courier)];
        assert!(users[0].uid != users[1].uid && users[1].uid != users[2].uid);
        assert!(users.iter().all(|user| user.uid != 0 && user.gid == users[0].gid));
    }

    #[test]
    fn a_closed_folder_on_the_way_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let stranger = User { uid: 4_000_000, gid: 4_000_000 };
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert_eq!(closed_to(stranger, &inner), None);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        assert_eq!(closed_to(stranger, &inner).as_deref(), Some(folder.path()));
    }
}
