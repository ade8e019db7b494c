//! What the operator set: the environment, and a file `.env` beside it.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use db::{DbConfig, Owner};

use crate::role::Role;
use crate::{Stop, secret};

/// Variables by which the loader would run other people's code in every role.
const LOADER: [&str; 3] = ["LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD"];

/// Names and values.
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads the environment and `.env` of the working folder; the environment wins.
    pub(crate) fn read() -> Result<Self, Stop> {
        let mut all = dotenv(Path::new(".env"))?;
        for (name, value) in env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => all.insert(name, value),
                Err(_) if Role::ALL.iter().any(|role| role.vars().contains(&name.as_str())) => {
                    return Err(Stop::Config(format!("{name} is not UTF-8 text")));
                }
                Err(_) => None,
            };
        }
        // An empty value is one that a compose file left open.
        all.retain(|_, value| !value.is_empty());
        Ok(Self(all))
    }

    /// No setting at all: the demo looks at nobody's environment.
    #[cfg(feature = "devnet")]
    pub(crate) const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds or replaces values.
    pub(crate) fn add(&mut self, values: impl IntoIterator<Item = (String, String)>) {
        self.0.extend(values);
    }

    /// The value of `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Refuses secrets, which belong into the secret file, and variables of the loader.
    pub(crate) fn refuse_dangers(&self) -> Result<(), Stop> {
        let has = |name: &&&str| self.0.contains_key(**name);
        if let Some(name) = escrow::SECRET_VARS.iter().find(has) {
            return Err(Stop::Config(format!(
                "{name} is set in the environment or in .env, where every role could see it; \
                 it belongs into the file that SECRET_FILE names"
            )));
        }
        match LOADER.iter().find(has) {
            None => Ok(()),
            Some(name) => Err(Stop::Config(format!(
                "{name} is set and would put other code into every role; unset it"
            ))),
        }
    }

    /// What `role` may see. On MariaDB each role has an account: escrow's is in the secret file,
    /// courier's has names of its own here and goes by those of web there.
    pub(crate) fn vars(&self, role: Role) -> Vec<(String, String)> {
        let value = |name: &str| {
            let own = format!("COURIER_{name}");
            let own = (role == Role::Courier).then(|| self.0.get(&own)).flatten();
            own.or_else(|| self.0.get(name)).cloned()
        };
        let names = role.vars().iter();
        #[cfg(feature = "attack")]
        let names = names.chain(&[crate::attack::order::WITHOUT]);
        let vars = names.filter_map(|name| Some(((*name).to_owned(), value(name)?)));
        vars.collect()
    }

    /// Where the database is.
    pub(crate) fn db(&self) -> Result<DbConfig, Stop> {
        let [driver, dsn, user, password] =
            ["DB_DRIVER", "DB_DSN", "DB_USER", "DB_PASSWORD"].map(|name| self.get(name));
        DbConfig::new(driver, dsn, user, password).map_err(|why| Stop::Config(why.to_string()))
    }

    /// The database as the owner of tables reaches it. On SQLite that is the same for all; on
    /// MariaDB escrow's account stands in the secret file.
    pub(crate) fn db_of(&self, owner: Owner) -> Result<DbConfig, Stop> {
        let config = self.db()?;
        match owner {
            _ if config.is_local() => Ok(config),
            Owner::Web => Ok(config),
            Owner::Courier => {
                let courier = courier::Config::from_vars(self.vars(Role::Courier));
                courier.map(|config| config.db).map_err(|why| Stop::Config(why.to_string()))
            }
            Owner::Escrow => {
                let secret = secret::open(&self.secret_file()?)?;
                let escrow = escrow::Config::from_vars(self.vars(Role::Escrow));
                escrow
                    .and_then(|config| config.ledger(&secret))
                    .map_err(|why| Stop::Config(why.to_string()))
            }
        }
    }

    /// The database as whoever makes its tables: on MariaDB the account of OWNER_DB_USER, which no
    /// role ever sees, or where there is none that of web.
    pub(crate) fn db_of_keeper(&self) -> Result<DbConfig, Stop> {
        let [driver, dsn] = ["DB_DRIVER", "DB_DSN"].map(|name| self.get(name));
        let [user, password] = match self.get("OWNER_DB_USER") {
            Some(user) => [Some(user), self.get("OWNER_DB_PASSWORD")],
            None => ["DB_USER", "DB_PASSWORD"].map(|name| self.get(name)),
        };
        DbConfig::new(driver, dsn, user, password).map_err(|why| Stop::Config(why.to_string()))
    }

    /// The secret file.
    pub(crate) fn secret_file(&self) -> Result<PathBuf, Stop> {
        let path = self.get("SECRET_FILE").map(absolute).transpose()?;
        path.ok_or_else(|| {
            Stop::Config(
                "SECRET_FILE is missing; it names the file that holds the keys of escrow"
                    .to_owned(),
            )
        })
    }

    /// Names the folder of SQLite in full: roles live in the root folder.
    pub(crate) fn settle_folder(&mut self, folder: &Path) -> Result<(), Stop> {
        let folder = folder.to_str().ok_or_else(|| {
            Stop::Config(format!("DB_DSN leads to {}, which is not UTF-8", folder.display()))
        })?;
        self.0.insert("DB_DSN".to_owned(), format!("sqlite:{folder}"));
        Ok(())
    }
}

/// `path` seen from the root folder.
pub(crate) fn absolute(path: impl AsRef<Path>) -> Result<PathBuf, Stop> {
    let path = path.as_ref();
    std::path::absolute(path)
        .map_err(|error| Stop::Failed(format!("{} leads nowhere: {error}", path.display())))
}

/// The lines of a file of NAME=VALUE; nothing where there is no file.
pub(crate) fn dotenv(file: &Path) -> Result<BTreeMap<String, String>, Stop> {
    let bad = |why: String| Stop::Config(format!("{} cannot be read: {why}", file.display()));
    match dotenvy::from_path_iter(file) {
        Err(error) if error.not_found() => Ok(BTreeMap::new()),
        Err(error) => Err(bad(error.to_string())),
        Ok(lines) => lines
            .map(|line| {
                line.map_err(|error| match error {
                    // The library shows the line, which may hold a secret.
                    dotenvy::Error::LineParse(line, _) => {
                        let name = line.split('=').next().unwrap_or_default().trim();
                        bad(format!("the line of {name:?} is not NAME=VALUE"))
                    }
                    other => bad(other.to_string()),
                })
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(vars: &[(&str, &str)]) -> Settings {
        Settings(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn a_role_sees_its_own_variables_alone() {
        let all = settings(&[("SITE_URL", "https://a"), ("HOME", "/"), ("SECRET_FILE", "/s")]);
        assert_eq!(all.vars(Role::Web), [("SITE_URL".to_owned(), "https://a".to_owned())]);
        let all = settings(&[("DB_USER", "web"), ("COURIER_DB_USER", "courier")]);
        for (role, user) in [(Role::Web, "web"), (Role::Courier, "courier")] {
            assert_eq!(all.vars(role), [("DB_USER".to_owned(), user.to_owned())]);
        }
        for role in Role::ALL {
            assert!(!role.vars().contains(&"SECRET_FILE"), "{role} must not know the path");
            for secret in escrow::SECRET_VARS {
                assert!(!role.vars().contains(secret), "{role} would get {secret}");
            }
        }
    }

    #[test]
    fn dangers_are_named() {
        assert!(settings(&[("SITE_URL", "https://a")]).refuse_dangers().is_ok());
        for name in escrow::SECRET_VARS.iter().chain(&LOADER) {
            let said = settings(&[(name, "x")]).refuse_dangers().unwrap_err();
            assert_eq!(said.code(), crate::CONFIG);
            assert!(said.to_string().starts_with(name), "{said}");
        }
    }

    #[test]
    fn a_broken_line_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "SITE_NAME=Shop\nCSRF_SALT='hush hush\n").unwrap();
        let said = dotenv(&file).unwrap_err().to_string();
        assert!(said.contains("CSRF_SALT") && !said.contains("hush"), "{said}");
        assert!(dotenv(&folder.path().join("none")).unwrap().is_empty());
    }
}
