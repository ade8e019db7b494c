//! What the test rings share: the tables of every role, on either engine.
//!
//! A test takes [`Data::new`] and is written once. It runs on SQLite, and with
//! HOLDFAST_TEST_DATABASE=mariadb, in a build with the feature `mariadb`, on a MariaDB server that
//! this kit starts.
#![expect(clippy::expect_used, reason = "a kit that cannot be set up fails the test that asks")]

#[cfg(feature = "mariadb")]
mod schema;
#[cfg(feature = "mariadb")]
pub mod server;
pub mod stream;
mod wallet;

use std::path::Path;

use db::{CourierDb, DbConfig, EscrowDb, Owner, WebDb, migrate};
use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use tempfile::TempDir;

pub use wallet::Wallet;

/// Names the engine of [`Data::new`]: `sqlite`, which is what it is without, or `mariadb`.
const VARIABLE: &str = "HOLDFAST_TEST_DATABASE";

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

/// A migrated database of its own for one test; gone when it is dropped.
#[derive(Debug)]
pub struct Data {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(TempDir),
    #[cfg(feature = "mariadb")]
    Server(schema::Schema),
}

impl Data {
    /// On the engine that HOLDFAST_TEST_DATABASE names.
    pub fn new() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("sqlite") => Self::sqlite(),
            #[cfg(feature = "mariadb")]
            Ok("mariadb") => Self::mariadb(),
            Ok(other) => panic!("{VARIABLE} is {other:?}, and this build has no such engine"),
        }
    }

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

    /// A schema on this run's server, migrated, with an account a role.
    #[cfg(feature = "mariadb")]
    pub fn mariadb() -> Self {
        Self { place: Place::Server(schema::Schema::migrated()) }
    }

    /// An empty schema on this run's server, with accounts of which only the owner's has rights.
    #[cfg(feature = "mariadb")]
    pub fn unmigrated_mariadb() -> Self {
        Self { place: Place::Server(schema::Schema::bare()) }
    }

    /// Where it is on the server, as DB_DSN says it.
    #[cfg(feature = "mariadb")]
    pub fn dsn(&self) -> Option<String> {
        match &self.place {
            Place::Folder(_) => None,
            Place::Server(schema) => Some(schema.dsn()),
        }
    }

    /// The account of a role on the server, or of the `owner`; its password is
    /// [`server::PASSWORD`].
    #[cfg(feature = "mariadb")]
    pub fn user(&self, role: &str) -> Option<String> {
        match &self.place {
            Place::Folder(_) => None,
            Place::Server(schema) => Some(schema.user(role)),
        }
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
            Place::Server(schema) => schema.config(schema::OWNER),
        }
    }

    /// Whether it is files.
    pub fn is_local(&self) -> bool {
        self.keeper().is_local()
    }

    /// The folder above the data folder; `None` on a server.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder.path()),
            #[cfg(feature = "mariadb")]
            Place::Server(_) => None,
        }
    }

    /// What a statement that selects one column, named text, says of the tables of `owner`: on a
    /// server to whoever made them.
    pub fn texts(&self, owner: Owner, select: &str) -> Vec<String> {
        let rows: Vec<Text> = match self.config(owner).file(owner) {
            Some(file) => {
                let file = file.to_str().expect("its name is text");
                let mut conn = SqliteConnection::establish(file).expect("it opens");
                sql_query(select).load(&mut conn).expect("it answers")
            }
            None => self.server_texts(select),
        };
        rows.into_iter().map(|row| row.text).collect()
    }

    #[cfg(feature = "mariadb")]
    fn server_texts(&self, select: &str) -> Vec<Text> {
        match &self.place {
            Place::Folder(_) => Vec::new(),
            Place::Server(schema) => {
                sql_query(select).load(&mut schema.owner()).expect("it answers")
            }
        }
    }

    #[cfg(not(feature = "mariadb"))]
    fn server_texts(&self, _select: &str) -> Vec<Text> {
        Vec::new()
    }

    /// Changes the tables of `owner` behind everybody's back: `local` where they are a file,
    /// `server` on MariaDB.
    pub fn by_hand(&self, owner: Owner, local: &str, server: &str) {
        match self.config(owner).file(owner) {
            Some(file) => {
                let file = file.to_str().expect("its name is text");
                let mut conn = SqliteConnection::establish(file).expect("it opens");
                conn.batch_execute("PRAGMA busy_timeout = 5000;").expect("it waits");
                conn.batch_execute(local).expect("it takes that");
            }
            None => self.on_server(server),
        }
    }

    #[cfg(feature = "mariadb")]
    fn on_server(&self, sql: &str) {
        if let Place::Server(schema) = &self.place {
            schema.as_owner(sql);
        }
    }

    #[cfg(not(feature = "mariadb"))]
    fn on_server(&self, _sql: &str) {}

    /// Every value in the tables of `owner`, as bytes.
    pub fn bytes(&self, owner: Owner) -> Vec<u8> {
        match &self.place {
            Place::Folder(_) => {
                let file = self.config(owner).file(owner).expect("a folder has files");
                let beside = std::fs::read_dir(file.parent().expect("a folder")).expect("it opens");
                beside
                    .flat_map(|entry| {
                        std::fs::read(entry.expect("it is listed").path()).expect("it is read")
                    })
                    .collect()
            }
            #[cfg(feature = "mariadb")]
            Place::Server(schema) => schema.bytes(owner),
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

impl Default for Data {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a test of each named `fn(&Data)` on SQLite and, in a build with the feature `mariadb`, one
/// on MariaDB.
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
                super::$name(&$crate::Data::mariadb());
            })*
        }
    };
}
