//! `holdfast migrate --print-grants`: the rights of the roles' accounts on MariaDB, as statements
//! for whoever administers the server. The password of no account is in them.

use std::collections::BTreeMap;

use db::{Owner, owners};

use crate::settings::Settings;
use crate::{Stop, tell};

/// Prints, for the account of each role at `host`, exactly what it may do: rights that it had
/// before are taken away first.
pub(crate) fn print(host: &str) -> Result<(), Stop> {
    let settings = Settings::read()?;
    let mut named = BTreeMap::new();
    for owner in Owner::ALL {
        let config = settings.db_of(owner)?;
        let Some((database, user)) = config.account() else {
            return Err(Stop::Config(
                "DB_DRIVER is sqlite, where files keep the roles apart; grants are for mariadb"
                    .to_owned(),
            ));
        };
        if let Some(other) = named.insert(user.to_owned(), owner) {
            return Err(Stop::Config(format!(
                "{} and {} have the same account {user:?}; give each role one of its own",
                other.name(),
                owner.name()
            )));
        }
        let account = format!("{}@{}", quoted(user), quoted(host));
        tell(&format!("-- {}", owner.name()));
        tell(&format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account};"));
        for grant in owners::grants(owner, database, &account) {
            tell(&format!("{grant};"));
        }
    }
    Ok(())
}

/// `text` between quotes of SQL.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_its_quotes() {
        assert_eq!(quoted("web"), "'web'");
        assert_eq!(quoted("o'web\\"), "'o''web\\\\'");
    }
}
