//! The roles: who there is, and the life of one in the process that the monitor made for it.

use std::fmt;
use std::fs::File;

use clap::ValueEnum;

use crate::Stop;
use crate::cage::{self, Handed};

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
pub(crate) fn run(role: Role, no_isolation: bool) -> Result<(), Stop> {
    cage::harden().map_err(|error| Stop::Failed(format!("{role}: no hardening: {error}")))?;
    let Handed { secret, life_line, ready } =
        cage::handed(role == Role::Escrow).map_err(|why| {
            Stop::Failed(format!("`role {role}` is for `holdfast serve` to start: {why}"))
        })?;
    if let Some(secret) = secret.as_ref().filter(|_| no_isolation) {
        play_money_only(secret)?;
    }
    let vars: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let enclose = || cage::enclose(life_line);
    let ready = |line: &str| cage::report(ready, line);
    let ended = match (role, secret) {
        (Role::Web, _) => play!(web, vars, enclose, ready),
        (Role::Escrow, Some(secret)) => play!(escrow, vars, enclose, ready, secret),
        (Role::Escrow, None) => Err(Stop::Failed("the secret was not handed over".to_owned())),
        (Role::Courier, _) => play!(courier, vars, enclose, ready),
        #[cfg(feature = "devnet")]
        (Role::Devnet, _) => play!(devnet, vars, enclose, ready),
    };
    ended.map_err(|stop| match stop {
        Stop::Config(why) => Stop::Config(format!("{role}: {why}")),
        Stop::Failed(why) => Stop::Failed(format!("{role}: {why}")),
        said @ Stop::Said(_) => said,
    })
}

/// Refuses real money where no wall stands.
fn play_money_only(secret: &File) -> Result<(), Stop> {
    let secrets = escrow::Secrets::read(secret).map_err(|error| Stop::Config(error.to_string()))?;
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
