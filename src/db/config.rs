//! Where the database is and as whom to reach it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::owners::Owner;

/// Where the database is. Its `Debug` form shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct DbConfig {
    place: Place,
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Folder(PathBuf),
    Server(Server),
}

/// A MariaDB server, the schema on it and the account to use.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Server {
    host: String,
    port: u16,
    database: String,
    user: String,
    password: String,
}

/// A setting that cannot be used: one sentence that names the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(String);

const DEFAULT_DSN: &str = "sqlite:data";
const DEFAULT_PORT: u16 = 3306;

impl DbConfig {
    /// Reads the values of DB_DRIVER, DB_DSN, DB_USER and DB_PASSWORD; without any of them it is
    /// SQLite in the folder `data`.
    ///
    /// # Errors
    /// A sentence that names the variable to mend.
    pub fn new(
        driver: Option<&str>,
        dsn: Option<&str>,
        user: Option<&str>,
        password: Option<&str>,
    ) -> Result<Self, BadConfig> {
        match driver.unwrap_or("sqlite") {
            "sqlite" => folder(dsn.unwrap_or(DEFAULT_DSN)),
            "mariadb" if !cfg!(feature = "mariadb") => Err(bad(
                "DB_DRIVER is mariadb, but this binary was built without the feature mariadb",
            )),
            "mariadb" => server(dsn.unwrap_or_default(), user, password),
            other => {
                Err(bad(format!("DB_DRIVER is {other:?}; it may be \"sqlite\" or \"mariadb\"")))
            }
        }
    }

    /// SQLite files under `folder`.
    pub fn sqlite(folder: impl Into<PathBuf>) -> Self {
        Self { place: Place::Folder(folder.into()) }
    }

    /// Whether the database is files on this machine.
    pub const fn is_local(&self) -> bool {
        matches!(self.place, Place::Folder(_))
    }

    /// The file that `owner` writes, `<folder>/<role>/<role>.db`; `None` on MariaDB.
    pub fn file(&self, owner: Owner) -> Option<PathBuf> {
        let name = owner.name();
        self.folder().map(|folder| folder.join(name).join(format!("{name}.db")))
    }

    /// The folder of the SQLite files; `None` on MariaDB.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Server(_) => None,
        }
    }

    /// The schema and the account on MariaDB; `None` on SQLite.
    pub fn account(&self) -> Option<(&str, &str)> {
        match &self.place {
            Place::Folder(_) => None,
            Place::Server(server) => Some((&server.database, &server.user)),
        }
    }

    /// Host and port of the database server; `None` on SQLite.
    pub fn address(&self) -> Option<(&str, u16)> {
        match &self.place {
            Place::Folder(_) => None,
            Place::Server(server) => Some((&server.host, server.port)),
        }
    }

    #[cfg(feature = "mariadb")]
    pub(crate) const fn server(&self) -> Option<&Server> {
        match &self.place {
            Place::Folder(_) => None,
            Place::Server(server) => Some(server),
        }
    }
}

impl fmt::Debug for DbConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Folder(folder) => write!(f, "DbConfig(sqlite:{})", folder.display()),
            Place::Server(s) => {
                write!(f, "DbConfig(mysql://{}:***@{}:{}/{})", s.user, s.host, s.port, s.database)
            }
        }
    }
}

#[cfg(feature = "mariadb")]
impl Server {
    /// The address in diesel's form, password included: never logged.
    pub(crate) fn url(&self) -> String {
        format!(
            "mysql://{}:{}@{}:{}/{}",
            escape(&self.user),
            escape(&self.password),
            self.host,
            self.port,
            escape(&self.database)
        )
    }
}

/// The part of `text` outside letters, digits and `-._~` in percent form.
pub(crate) fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let one = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(one).collect()
}

fn bad(sentence: impl Into<String>) -> BadConfig {
    BadConfig(sentence.into())
}

fn folder(dsn: &str) -> Result<DbConfig, BadConfig> {
    match dsn.strip_prefix("sqlite:") {
        Some(folder) if !folder.is_empty() => Ok(DbConfig::sqlite(folder)),
        _ => Err(bad(format!("DB_DSN is {dsn:?}; SQLite wants sqlite:<folder>, as sqlite:data"))),
    }
}

fn server(dsn: &str, user: Option<&str>, password: Option<&str>) -> Result<DbConfig, BadConfig> {
    // The text is not shown: somebody may have put a password into it.
    let form = || bad("DB_DSN is not of the form mysql://host:port/database that MariaDB wants");
    let rest = dsn.strip_prefix("mysql://").ok_or_else(form)?;
    if rest.contains('@') {
        return Err(bad("DB_DSN names an account; that belongs into DB_USER and DB_PASSWORD"));
    }
    let (address, database) = rest.split_once('/').ok_or_else(form)?;
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok().ok_or_else(form)?),
        None => (address, DEFAULT_PORT),
    };
    let named = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if host.is_empty() || database.is_empty() || !database.bytes().all(named) {
        return Err(form());
    }
    Ok(DbConfig {
        place: Place::Server(Server {
            host: host.to_owned(),
            port,
            database: database.to_owned(),
            user: user
                .ok_or_else(|| bad("DB_USER is missing; MariaDB wants an account"))?
                .to_owned(),
            password: password.unwrap_or_default().to_owned(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_sqlite_in_data() {
        let config = DbConfig::new(None, None, None, None).unwrap();
        assert_eq!(config.file(Owner::Escrow), Some(PathBuf::from("data/escrow/escrow.db")));
    }

    #[test]
    fn a_bad_setting_is_named() {
        let said =
            |driver, dsn| DbConfig::new(driver, dsn, Some("u"), None).unwrap_err().to_string();
        assert!(said(Some("postgres"), None).starts_with("DB_DRIVER"));
        assert!(said(None, Some("data")).starts_with("DB_DSN"));
        assert!(said(None, Some("sqlite:")).starts_with("DB_DSN"));
    }

    #[cfg(not(feature = "mariadb"))]
    #[test]
    fn a_build_without_mariadb_says_so() {
        let said = DbConfig::new(Some("mariadb"), None, None, None).unwrap_err().to_string();
        assert!(said.contains("DB_DRIVER") && said.contains("feature mariadb"), "{said}");
    }

    #[cfg(feature = "mariadb")]
    #[test]
    fn a_server_is_read_and_its_password_hidden() {
        let config = |dsn| DbConfig::new(Some("mariadb"), Some(dsn), Some("w"), Some("p/ss"));
        let good = config("mysql://db.local:3307/shop").unwrap();
        assert_eq!(good.server().unwrap().url(), "mysql://w:p%2Fss@db.local:3307/shop");
        assert!(!format!("{good:?}").contains("ss@"), "{good:?}");
        for dsn in
            ["", "mysql://", "mysql://h", "mysql://h:x/d", "mysql://h/a`b", "mysql://u:secret@h/d"]
        {
            let said = config(dsn).unwrap_err().to_string();
            assert!(said.starts_with("DB_DSN") && !said.contains("secret"), "{dsn}: {said}");
        }
        let said = DbConfig::new(Some("mariadb"), Some("mysql://h/d"), None, None).unwrap_err();
        assert!(said.to_string().starts_with("DB_USER"));
    }
}
