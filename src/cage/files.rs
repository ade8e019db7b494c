//! Rules on files, ports, signals and abstract sockets, by Landlock.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, NetPort,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, make_bitflags,
    path_beneath_rules,
};

use super::Needs;

/// The version that the tests run on; a kernel with less closes what it knows.
const KNOWN: ABI = ABI::V7;

/// What a role does in its own folder: no link, no device, no socket, no program.
const OWN: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
    ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir
});
/// What it does with the files of others.
const READ: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile});

/// Closes everything but `needs` for this process. Answers the version of Landlock, or 0 where
/// the kernel has none.
///
/// # Errors
/// What the kernel says where it has Landlock and refuses.
pub(super) fn close(needs: &Needs) -> Result<u8, String> {
    if let Some(pretended) = super::left_out("files") {
        return Ok(pretended);
    }
    restrict(needs).map_err(|error| format!("no rules on files: {error}"))
}

fn restrict(needs: &Needs) -> Result<u8, RulesetError> {
    let exists = |paths: &[PathBuf]| paths.iter().filter(|path| path.exists()).cloned().collect();
    let (own, read): (Vec<_>, Vec<_>) = (exists(&needs.own), exists(&needs.read));
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(own, OWN))?
        .add_rules(path_beneath_rules(read, READ))?
        .add_rules(
            needs
                .ports
                .iter()
                .map(|port| Ok::<_, RulesetError>(NetPort::new(*port, AccessNet::ConnectTcp))),
        )?
        .restrict_self()?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => 0,
        (_, LandlockStatus::Available { effective_abi, .. }) => version(effective_abi),
        _ => 0,
    })
}

/// The number of a version, as it is written.
fn version(abi: ABI) -> u8 {
    abi.to_string().parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_its_number() {
        assert_eq!(version(ABI::V7), 7);
        assert_eq!(version(ABI::Unsupported), 0);
    }
}
