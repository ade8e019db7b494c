//! What the test rings share: a data folder with every role's tables, on either engine.
#![expect(clippy::expect_used, reason = "a kit that cannot be set up fails the test that asks")]

#[cfg(feature = "mariadb")]
mod server;
pub mod stream;

use std::path::Path;

use db::{CourierDb, DbConfig, EscrowDb, Owner, WebDb, migrate};
use tempfile::TempDir;

/// A migrated database of its own for one test; gone when it is dropped.
#[derive(Debug)]
pub struct Data {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(TempDir),
    #[cfg(feature = "mariadb")]
    Server(server::Schema),
}

impl Data {
    /// Three files in a folder, migrated.
    pub fn sqlite() -> Self {
        let data = Self::unmigrated();
        migrate::run_all(&data.config(Owner::Web)).expect("the tables are made");
        data
    }

    /// An empty folder.
    pub fn unmigrated() -> Self {
        Self { place: Place::Folder(TempDir::new().expect("a folder is made")) }
    }

    /// A schema on the server that HOLDFAST_TEST_MARIADB_URL names
    /// (`mysql://user:password@host:port`, an account that may create schemas and accounts),
    /// migrated, with an account a role; `None` where the variable is not set.
    #[cfg(feature = "mariadb")]
    pub fn mariadb() -> Option<Self> {
        let schema = server::Schema::create()?;
        Some(Self { place: Place::Server(schema) })
    }

    /// How `owner` reaches it.
    #[cfg_attr(
        not(feature = "mariadb"),
        expect(unused_variables, reason = "files need no account")
    )]
    pub fn config(&self, owner: Owner) -> DbConfig {
        match &self.place {
            Place::Folder(folder) => DbConfig::sqlite(folder.path().join("data")),
            #[cfg(feature = "mariadb")]
            Place::Server(schema) => schema.config(owner.name()),
        }
    }

    /// How migrations reach it.
    pub fn keeper(&self) -> DbConfig {
        match &self.place {
            Place::Folder(_) => self.config(Owner::Web),
            #[cfg(feature = "mariadb")]
            Place::Server(schema) => schema.keeper(),
        }
    }

    /// The folder above the data folder; `None` on a server.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder.path()),
            #[cfg(feature = "mariadb")]
            Place::Server(_) => None,
        }
    }

    /// The door of web.
    pub fn web(&self) -> WebDb {
        WebDb::open(&self.config(Owner::Web)).expect("web opens")
    }

    /// The door of escrow.
    pub fn escrow(&self) -> EscrowDb {
        EscrowDb::open(&self.config(Owner::Escrow)).expect("escrow opens")
    }

    /// The door of courier.
    pub fn courier(&self) -> CourierDb {
        CourierDb::open(&self.config(Owner::Courier)).expect("courier opens")
    }
}

/// Runs each named `fn(&Data)` as a test on SQLite and, in a build with the feature `mariadb` and
/// with HOLDFAST_TEST_MARIADB_URL set, on MariaDB as well.
#[macro_export]
macro_rules! conformance {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[test]
            fn $name() {
                super::$name(&$crate::Data::sqlite());
            })*
        }

        #[cfg(feature = "mariadb")]
        mod on_mariadb {
            $(#[test]
            fn $name() {
                match $crate::Data::mariadb() {
                    Some(data) => super::$name(&data),
                    None => eprintln!("skipped: HOLDFAST_TEST_MARIADB_URL is not set"),
                }
            })*
        }
    };
}
