//! What the operator sets for courier. The environment is read here and nowhere else in this crate.

use db::DbConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// The environment names that courier may see.
pub const VARS: &[&str] = &["DB_DRIVER", "DB_DSN", "DB_PASSWORD", "DB_USER"];

/// A setting that cannot be used: one sentence that names the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// What the operator set, checked. Its `Debug` form shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database is.
    pub db: DbConfig,
}

#[derive(Deserialize)]
struct Vars {
    db_driver: Option<String>,
    db_dsn: Option<String>,
    db_password: Option<SecretString>,
    db_user: Option<String>,
}

impl Config {
    /// Reads the settings out of `vars`; names that are not in [`VARS`] are not looked at.
    ///
    /// # Errors
    /// One sentence that names the variable to mend.
    pub fn from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        // An empty value is one that a compose file left open.
        let ours = vars
            .into_iter()
            .filter(|(name, value)| VARS.contains(&name.as_str()) && !value.is_empty());
        let vars: Vars = envy::from_iter(ours).map_err(|error| ConfigError(error.to_string()))?;
        let db = DbConfig::new(
            vars.db_driver.as_deref(),
            vars.db_dsn.as_deref(),
            vars.db_user.as_deref(),
            vars.db_password.as_ref().map(ExposeSecret::expose_secret),
        )
        .map_err(|error| ConfigError(error.to_string()))?;
        Ok(Self { db })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_vars(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn reads_where_the_database_is() {
        let read = config(&[("DB_DSN", "sqlite:shop"), ("DB_USER", ""), ("HOME", "/")]).unwrap();
        assert_eq!(read.db, DbConfig::sqlite("shop"));
    }

    #[test]
    fn names_the_variable_that_is_wrong() {
        for (name, value) in [("DB_DRIVER", "postgres"), ("DB_DSN", "shop")] {
            let said = config(&[(name, value)]).unwrap_err().to_string();
            assert!(said.starts_with(name), "{said}");
        }
    }
}
