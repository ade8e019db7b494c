//! The attacks of `holdfast check`: tried on this machine from the place of each role.

use std::fs::{self, Permissions};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::attack::{self, Aim};
use crate::cage::{self, Standing};
use crate::people::User;
use crate::probe::{self, Found};
use crate::role::Role;
use crate::settings::Settings;
use crate::step::OWNERS;
use crate::{Stop, people};

/// A wall between the roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Wall {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it stands.
    pub(crate) stands: bool,
    /// What it keeps out, and how much of it there is.
    pub(crate) what: String,
}

/// How one attack fared.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tried {
    /// The role from whose place it was tried.
    pub(crate) role: &'static str,
    /// Its name.
    pub(crate) attack: String,
    /// What it would give.
    pub(crate) what: String,
    /// `blocked` or `open`.
    pub(crate) result: &'static str,
    /// What stood in its way.
    pub(crate) why: Option<String>,
}

/// What stands and what it holds.
#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    #[serde(skip)]
    pub(crate) level: u8,
    pub(crate) walls: Vec<Wall>,
    #[serde(rename = "attacks")]
    pub(crate) tried: Vec<Tried>,
    /// What to change, in sentences.
    pub(crate) advice: Vec<String>,
}

impl Matrix {
    /// Whether something works at a level that promises that nothing does.
    pub(crate) fn leaks(&self) -> bool {
        self.level >= 2 && self.tried.iter().any(|tried| tried.result == "open")
    }
}

/// By which variable web is told of the matrix.
const VARIABLE: &str = "WALLS";

/// Gives web, among the variables of `role`, the matrix to show. Where it cannot be tried web shows
/// none: that stops no shop.
pub(crate) fn tell_web(
    matrix: &Result<Matrix, Stop>,
    role: Role,
    vars: &mut Vec<(String, String)>,
) {
    if role != Role::Web {
        return;
    }
    vars.retain(|(name, _)| name != VARIABLE);
    let text = matrix.as_ref().ok().and_then(|matrix| serde_json::to_string(matrix).ok());
    vars.extend(text.map(|text| (VARIABLE.to_owned(), text)));
}

/// Tries everything harmless. `own_users` says whether the roles have users of their own.
pub(crate) fn look(
    settings: &Settings,
    folder: Option<&Path>,
    own_users: bool,
) -> Result<Matrix, Stop> {
    let failed = |error: io::Error| Stop::Failed(format!("the walls cannot be tried: {error}"));
    cage::harden().map_err(failed)?;
    let outside = Outside::open(folder).map_err(failed)?;
    let user = |role| (own_users && people::is_root()).then(|| people::user(role));
    let (mut tried, mut standing) = (Vec::new(), Vec::new());
    for role in OWNERS {
        let found = at(role, settings, folder, (&outside, &user))?;
        standing.push((role, found.standing));
        let there =
            There { secret: settings.secret_file().is_ok(), helper: outside.file.is_some() };
        tried.extend(list(role, found, there));
    }
    let least = least(&standing);
    let level = least.level(own_users);
    let advice = advice(least, own_users, &tried);
    Ok(Matrix { level, walls: walls(&standing, own_users), tried, advice })
}

/// What a program beside the shop would offer.
struct Outside {
    port: u16,
    /// A socket in a folder; none where no folder can be written, as in an image.
    file: Option<UnixListener>,
    /// Its path, which is also the name of the socket that is in no folder.
    helper: PathBuf,
    _open: (TcpListener, UnixListener),
}

impl Outside {
    fn open(folder: Option<&Path>) -> io::Result<Self> {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let name = format!("holdfast-check-{}.sock", std::process::id());
        // A folder may be closed to whoever asks, or its name too long for a socket's.
        let bind = |place: &Path| {
            let helper = place.join(&name);
            UnixListener::bind(&helper).ok().map(|file| (Some(file), helper))
        };
        let tmp = Path::new("/tmp");
        let bound = folder.and_then(bind).or_else(|| bind(tmp));
        let (file, helper) = bound.unwrap_or_else(|| (None, tmp.join(&name)));
        if file.is_some() {
            fs::set_permissions(&helper, Permissions::from_mode(0o777))?;
        }
        let name = SocketAddr::from_abstract_name(helper.to_string_lossy().as_bytes())?;
        let abstracted = UnixListener::bind_addr(&name)?;
        Ok(Self { port: tcp.local_addr()?.port(), file, helper, _open: (tcp, abstracted) })
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _gone = fs::remove_file(&self.helper);
        }
    }
}

/// Tries from the place of `role`: keys are worth most, so escrow is what the others attack.
fn at(
    role: Role,
    settings: &Settings,
    folder: Option<&Path>,
    (outside, user): (&Outside, &dyn Fn(Role) -> Option<User>),
) -> Result<Found, Stop> {
    let victim = if role == Role::Escrow { Role::Web } else { Role::Escrow };
    let stand_in = probe::stand_in(user(victim))?;
    let of = |role: Role| folder.unwrap_or(Path::new("/nowhere")).join(role.name());
    let aim = Aim {
        secret: settings.secret_file().unwrap_or_default(),
        own: of(role),
        theirs: of(victim),
        victim: victim.name().to_owned(),
        pid: stand_in.pid(),
        monitor: std::process::id().cast_signed(),
        program: fs::read_link("/proc/self/exe").unwrap_or_default(),
        helper: outside.helper.clone(),
        port: outside.port,
        newest: 0,
    };
    probe::ask(role, user(role), settings.vars(role), Some(&aim))
}

/// What is there to be attacked.
#[derive(Clone, Copy)]
struct There {
    /// A secret file.
    secret: bool,
    /// A socket in a folder.
    helper: bool,
}

fn list(role: Role, mut found: Found, there: There) -> Vec<Tried> {
    // What is not there cannot be reached, whatever walls stand.
    let aimless = |name: &str| {
        let of_the_secret =
            name.starts_with("secret-") || ["their-root", "their-working-folder"].contains(&name);
        (!there.secret && of_the_secret) || (!there.helper && name == "call-a-helper")
    };
    let attacks = attack::harmless().into_iter().filter(|attack| !aimless(&attack.name));
    attacks
        .filter_map(|attack| {
            let why = found.outcomes.remove(&attack.name)?;
            let result = if why.is_none() { "open" } else { "blocked" };
            Some(Tried { role: role.name(), attack: attack.name, what: attack.what, result, why })
        })
        .collect()
}

/// The weakest of the cages.
fn least(standing: &[(Role, Standing)]) -> Standing {
    let of = |part: fn(&Standing) -> usize| standing.iter().map(|(_, one)| part(one)).min();
    let landlock = of(|one| one.landlock.into()).and_then(|version| u8::try_from(version).ok());
    Standing { landlock: landlock.unwrap_or(0), calls: of(|one| one.calls).unwrap_or(0) }
}

fn walls(standing: &[(Role, Standing)], own_users: bool) -> Vec<Wall> {
    let wall = |name, stands, what: &str| Wall { name, stands, what: what.to_owned() };
    let least = least(standing);
    let calls = standing.iter().map(|(role, one)| format!("{role} {}", one.calls));
    let calls = calls.collect::<Vec<_>>().join(", ");
    vec![
        wall("own users", own_users, "no role reads, signals or traces another"),
        wall("secret by descriptor", true, "only escrow holds the secret, and nobody its path"),
        wall("bare environment", true, "each role sees the variables that it is for"),
        wall("hardened processes", true, "no new privileges, no core, no tracing by equals"),
        wall(
            "file rules (Landlock)",
            least.landlock > 0,
            &format!(
                "each role reaches its own files and ports alone (version {})",
                least.landlock
            ),
        ),
        wall(
            "call filter (seccomp)",
            least.calls > 0,
            &format!("each role makes the system calls that it needs alone ({calls})"),
        ),
    ]
}

fn advice(least: Standing, own_users: bool, tried: &[Tried]) -> Vec<String> {
    let mut all = Vec::new();
    if !own_users {
        all.push(
            "Start the shop as root, or with the capabilities SETUID and SETGID, so that each \
             role gets a user of its own."
                .to_owned(),
        );
    }
    match least.landlock {
        0 => all.push(
            "Use a kernel with Landlock (5.13 or newer, best 6.12), with `landlock` among the \
             modules that /sys/kernel/security/lsm lists."
                .to_owned(),
        ),
        1..=5 => all.push(format!(
            "Use a kernel of 6.12 or newer: Landlock is of version {} here and leaves signals to \
             the call filter.",
            least.landlock
        )),
        _ => {}
    }
    if least.calls == 0 {
        all.push("Use a kernel with seccomp filters (CONFIG_SECCOMP_FILTER).".to_owned());
    }
    let is_open = |tried: &&Tried| tried.result == "open";
    if least.landlock > 0 && tried.iter().filter(is_open).any(|one| one.attack == "call-a-helper") {
        all.push(
            "Name 127.0.0.1 in the place of localhost in DB_DSN: by that name the roles reach the \
             server by a socket in the file system, and so any other program that has one."
                .to_owned(),
        );
    }
    let open = tried.iter().filter(is_open).count();
    if open > 0 {
        all.push(format!(
            "{open} attacks would work; what is told above closes them, or else tell us of it."
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_advised() {
        let good = Standing { landlock: 7, calls: 70 };
        assert_eq!(advice(good, true, &[]), Vec::<String>::new());
        let said = advice(Standing::default(), false, &[]).join(" ");
        for word in ["SETUID", "Landlock", "seccomp"] {
            assert!(said.contains(word), "{said}");
        }
        let helper = Tried {
            role: "web",
            attack: "call-a-helper".to_owned(),
            what: String::new(),
            result: "open",
            why: None,
        };
        assert!(advice(good, true, &[helper])[0].contains("127.0.0.1"));
        let old = advice(Standing { landlock: 3, calls: 70 }, true, &[]);
        assert!(old[0].contains("version 3"), "{old:?}");
    }

    #[test]
    fn the_weakest_cage_counts() {
        let of = |landlock, calls| Standing { landlock, calls };
        let all = [(Role::Web, of(7, 70)), (Role::Escrow, of(0, 80)), (Role::Courier, of(7, 0))];
        assert_eq!(least(&all), Standing::default());
    }
}
