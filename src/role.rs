//! The roles: who there is, and the life of one in the process that the monitor made for it.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use db::{DbConfig, Owner};

use crate::cage::{self, Handed, Needs};
use crate::uploads::FILES_DIR;
use crate::{CONFIG, Stop, derive, say};

/// A role of the shop; each runs in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Role {
    /// Speaks HTTP.
    Web,
    /// Holds the keys.
    Escrow,
    /// Does the periodic work that is not money.
    Courier,
    /// The development chain of the demo.
    #[cfg(feature = "devnet")]
    #[value(skip)]
    Devnet,
}

impl Role {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        Self::Web,
        Self::Escrow,
        Self::Courier,
        #[cfg(feature = "devnet")]
        Self::Devnet,
    ];

    /// Its name: verb, folder, user.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Escrow => "escrow",
            Self::Courier => "courier",
            #[cfg(feature = "devnet")]
            Self::Devnet => "devnet",
        }
    }

    /// The role of this name.
    pub(crate) fn of(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|role| role.name() == name);
        found.copied().ok_or_else(|| format!("there is no role {name}"))
    }

    /// The environment that it may see.
    pub(crate) const fn vars(self) -> &'static [&'static str] {
        match self {
            Self::Web => web::VARS,
            Self::Escrow => escrow::VARS,
            Self::Courier => courier::VARS,
            #[cfg(feature = "devnet")]
            Self::Devnet => devnet::VARS,
        }
    }

    /// Whether the role can start with these variables.
    pub(crate) fn check(self, vars: Vec<(String, String)>) -> Result<(), Stop> {
        let fault = match self {
            Self::Web => web::Config::from_vars(vars).err().map(|error| error.to_string()),
            Self::Escrow => escrow::Config::from_vars(vars).err().map(|error| error.to_string()),
            Self::Courier => courier::Config::from_vars(vars).err().map(|error| error.to_string()),
            #[cfg(feature = "devnet")]
            Self::Devnet => devnet::Config::from_vars(vars).err().map(|error| error.to_string()),
        };
        fault.map_or(Ok(()), |sentence| Err(Stop::Config(sentence)))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The hidden verb by which the monitor starts a role. The crates' error types are alike and not
/// the same, so a macro turns each into ours.
macro_rules! play {
    ($role:ident, $vars:expr, $enclose:expr, $ready:expr $(, $secret:expr)?) => {
        match $role::Config::from_vars($vars) {
            Err(error) => Err(Stop::Config(error.to_string())),
            Ok(config) => $role::run(config $(, $secret)?, $enclose, $ready).map_err(|error| {
                match error {
                    $role::RunError::Config(why) => Stop::Config(why.to_string()),
                    $role::RunError::Failed(why) => Stop::Failed(why),
                }
            }),
        }
    };
}

/// Lives as `role` until the life-line ends or the role fails.
pub(crate) fn run(role: Role, level: u8) -> Result<(), Stop> {
    cage::harden().map_err(|error| Stop::Failed(format!("{role}: no hardening: {error}")))?;
    let Handed { secret, life_line, ready } =
        cage::handed(role == Role::Escrow).map_err(|why| {
            Stop::Failed(format!("`role {role}` is for `holdfast serve` to start: {why}"))
        })?;
    let secrets = secret.map(|secret| derive::apart(&secret)).transpose()?;
    if let Some(secrets) = secrets.as_ref().filter(|_| level == 0) {
        play_money_only(secrets)?;
    }
    let vars = settled(given())?;
    let needs = needs(role, &vars)?;
    #[cfg(feature = "attack")]
    crate::attack::order::early_thread();
    #[cfg(feature = "attack")]
    let own = needs.own.clone();
    let enclose = |needs: Needs| enclosed(role, &needs, level, life_line);
    let ready = |line: &str| {
        cage::report(ready, line);
        #[cfg(feature = "attack")]
        own.first().into_iter().for_each(|own| crate::attack::order::await_order(role, own));
    };
    let ended = match (role, secrets) {
        (Role::Web, _) => play!(web, vars, || enclose(needs), ready),
        (Role::Escrow, Some(secrets)) => {
            let enclose = |reach: &escrow::Reach| enclose(reaching(needs, reach)).map(drop);
            play!(escrow, vars, enclose, ready, secrets)
        }
        (Role::Escrow, None) => Err(Stop::Failed("the secret was not handed over".to_owned())),
        (Role::Courier, _) => play!(courier, vars, || enclose(needs).map(drop), ready),
        #[cfg(feature = "devnet")]
        (Role::Devnet, _) => play!(devnet, vars, || enclose(needs).map(drop), ready),
    };
    ended.map_err(|stop| match stop {
        Stop::Config(why) => Stop::Config(format!("{role}: {why}")),
        Stop::Failed(why) => Stop::Failed(format!("{role}: {why}")),
        said @ Stop::Said(_) => said,
    })
}

/// The environment that the monitor made.
pub(crate) fn given() -> Vec<(String, String)> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// The same with the address of a database server in the place of its name: inside of the cage
/// nobody looks up names for it. A server of this machine keeps its name, by which the client
/// library takes its socket.
fn settled(mut vars: Vec<(String, String)>) -> Result<Vec<(String, String)>, Stop> {
    for (_, dsn) in vars.iter_mut().filter(|(name, _)| name == "DB_DSN") {
        let find = |host: &str, port: u16| {
            let mut found = (host, port).to_socket_addrs().ok()?;
            found.find(SocketAddr::is_ipv4).map(|address| address.ip())
        };
        *dsn = addressed(dsn, find)?;
    }
    Ok(vars)
}

fn addressed(dsn: &str, find: impl Fn(&str, u16) -> Option<IpAddr>) -> Result<String, Stop> {
    let server = dsn.strip_prefix("mysql://").and_then(|rest| rest.split_once('/'));
    let Some((place, database)) = server else { return Ok(dsn.to_owned()) };
    let (host, port) = place.split_once(':').unwrap_or((place, "3306"));
    let Ok(port) = port.parse() else { return Ok(dsn.to_owned()) };
    if host == "localhost" || host.parse::<IpAddr>().is_ok() {
        return Ok(dsn.to_owned());
    }
    match find(host, port) {
        Some(address) => Ok(format!("mysql://{address}:{port}/{database}")),
        None => Err(Stop::Failed(format!("DB_DSN names {host}, which has no address of IPv4"))),
    }
}

/// What `role` needs beside what escrow learns from its secret.
pub(crate) fn needs(role: Role, vars: &[(String, String)]) -> Result<Needs, Stop> {
    let value = |name: &str| {
        let pair = vars.iter().find(|(one, _)| one == name);
        pair.map(|(_, value)| value.as_str())
    };
    #[cfg(feature = "devnet")]
    if role == Role::Devnet {
        let own = value("DEVNET_DATA").map(PathBuf::from).into_iter().collect();
        return Ok(Needs { own, ..Needs::default() });
    }
    let config = DbConfig::new(value("DB_DRIVER"), value("DB_DSN"), Some("-"), None)
        .map_err(|why| Stop::Config(why.to_string()))?;
    let mut needs = Needs::default();
    for owner in Owner::ALL {
        let file = config.file(owner);
        let folder = file.as_ref().and_then(|file| file.parent()).map(Path::to_path_buf);
        let list = if owner.name() == role.name() { &mut needs.own } else { &mut needs.read };
        list.extend(folder);
    }
    if role == Role::Web {
        needs.own.extend(value(FILES_DIR).map(PathBuf::from));
    }
    // SQLite draws from it where the kernel's call is not compiled in.
    needs.read.push(PathBuf::from("/dev/urandom"));
    if let Some((host, port)) = config.address() {
        needs.ports.push(port);
        // The client library takes this name for a socket in the file system.
        needs.local = host == "localhost";
    }
    Ok(needs)
}

fn reaching(mut needs: Needs, reach: &escrow::Reach) -> Needs {
    needs.ports.extend(&reach.ports);
    if reach.names { needs.with_names() } else { needs }
}

/// Shuts the role in and sees that it stands behind as many walls as were found at the start.
fn enclosed(role: Role, needs: &Needs, wanted: u8, life_line: File) -> Result<u8, String> {
    let level = cage::close(needs).and_then(|standing| {
        match standing.level(cage::with_own_users(wanted)) {
            level if level < wanted => {
                Err(format!("isolation level {level} of {wanted} is all that it reaches"))
            }
            level => Ok(level),
        }
    });
    match level {
        Ok(level) => cage::tie(life_line).map(|()| level),
        Err(why) => {
            // Nothing may run outside of its walls, not even to tidy up.
            say(&format!("{role}: {why}"));
            std::process::exit(CONFIG.into())
        }
    }
}

/// Refuses real money where no wall stands.
fn play_money_only(secrets: &escrow::Secrets) -> Result<(), Stop> {
    let mut chains = secrets.chains.iter().filter_map(|chain| chain.id.spec());
    match chains.find(|chain| chain.main_net) {
        None => Ok(()),
        Some(chain) => Err(Stop::Config(format!(
            "SECRET_FILE names {}, whose coin is real money: that needs walls between the roles, \
             so start as root and without --accept-no-isolation",
            chain.name
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_called_by_its_address_from_inside_the_cage() {
        let find = |host: &str, port: u16| {
            (host == "db.example" && [3306, 3307].contains(&port)).then(|| [192, 0, 2, 7].into())
        };
        for (dsn, settled) in [
            ("mysql://db.example/shop", "mysql://192.0.2.7:3306/shop"),
            ("mysql://db.example:3307/shop", "mysql://192.0.2.7:3307/shop"),
            ("mysql://localhost/shop", "mysql://localhost/shop"),
            ("mysql://192.0.2.9:1/shop", "mysql://192.0.2.9:1/shop"),
            ("sqlite:/data", "sqlite:/data"),
        ] {
            assert_eq!(addressed(dsn, find).unwrap(), settled);
        }
        let said = addressed("mysql://nowhere.example/shop", find).unwrap_err().to_string();
        assert!(said.contains("nowhere.example"), "{said}");
    }

    #[test]
    fn a_role_writes_its_own_folder_and_calls_nobody_unasked() {
        let vars = [("DB_DSN".to_owned(), "sqlite:/data".to_owned())];
        for role in [Role::Web, Role::Escrow, Role::Courier] {
            let needs = needs(role, &vars).unwrap();
            assert_eq!(needs.own, [PathBuf::from(format!("/data/{role}"))]);
            assert!(!needs.read.contains(&needs.own[0]) && needs.read.len() == 3, "{needs:?}");
            assert!(needs.ports.is_empty() && !needs.names && !needs.local, "{needs:?}");
        }
        let files = (FILES_DIR.to_owned(), "/srv/files".to_owned());
        let more = [vars[0].clone(), files];
        let named = |role| needs(role, &more).unwrap().own.contains(&PathBuf::from("/srv/files"));
        assert!(named(Role::Web) && !named(Role::Escrow) && !named(Role::Courier));
        let reach = escrow::Reach { ports: vec![443], names: true };
        let needs = reaching(needs(Role::Escrow, &vars).unwrap(), &reach);
        assert!(needs.names && needs.ports == [443, 53], "{needs:?}");
    }
}
