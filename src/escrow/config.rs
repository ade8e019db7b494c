//! Settings of the role: what the environment may say. All else is in the secret file.

use std::fmt;
use std::fs::File;

use db::DbConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::secret::Secrets;

/// The environment names that this role may see.
pub const VARS: &[&str] = &["DB_DRIVER", "DB_DSN"];

/// A setting that cannot be used, told in one sentence that names the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub(crate) String);

/// Why the role ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Starting it again would not help.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Starting it again may help.
    #[error("{0}")]
    Failed(String),
}

/// The settings of the role.
#[derive(Clone, Deserialize)]
pub struct Config {
    db_driver: Option<String>,
    db_dsn: Option<String>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({:?}, ..)", self.db_driver)
    }
}

impl Config {
    /// Reads the settings from [`VARS`]; other names are ignored.
    ///
    /// # Errors
    /// [`ConfigError`] for a value that cannot be used.
    pub fn from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let config: Self = envy::from_iter(vars).map_err(|error| ConfigError(error.to_string()))?;
        // A wrong driver or folder is told before the secret is read.
        config.db(Some("escrow"), Some("-"))?;
        Ok(config)
    }

    /// The database as escrow's own account, for the operator's commands.
    ///
    /// # Errors
    /// [`ConfigError`] where the secret file cannot be read, or names no account and one is wanted.
    pub fn ledger(&self, secret: &File) -> Result<DbConfig, ConfigError> {
        let secrets = Secrets::read(secret)?;
        let shown = |value: &Option<SecretString>| {
            value.as_ref().map(|value| value.expose_secret().to_owned())
        };
        self.db(shown(&secrets.db_user).as_deref(), shown(&secrets.db_password).as_deref())
    }

    /// The database as the user whom the secret file names.
    pub(crate) fn db(
        &self,
        user: Option<&str>,
        password: Option<&str>,
    ) -> Result<DbConfig, ConfigError> {
        let (driver, dsn) = (self.db_driver.as_deref(), self.db_dsn.as_deref());
        DbConfig::new(driver, dsn, user, password).map_err(|error| ConfigError(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_driver_is_named() {
        let vars = [("DB_DRIVER".to_owned(), "postgres".to_owned())];
        let error = Config::from_vars(vars).unwrap_err().to_string();
        assert!(error.contains("DB_DRIVER"), "{error}");
    }
}
