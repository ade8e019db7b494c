//! A schema of its own on a MariaDB server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use db::owners::grants;
use db::{DbConfig, Owner, migrate};
use diesel::connection::SimpleConnection;
use diesel::{Connection, MysqlConnection};

const VARIABLE: &str = "HOLDFAST_TEST_MARIADB_URL";
const PASSWORD: &str = "testing-only";

/// The schema, and the accounts `<schema>_<role>`.
#[derive(Debug)]
pub(crate) struct Schema {
    /// `mysql://user:password@host:port`.
    url: String,
    name: String,
}

impl Schema {
    /// Makes it and its tables; `None` where no server is named.
    pub(crate) fn create() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let url = std::env::var(VARIABLE).ok()?.trim_end_matches('/').to_owned();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hf_{:x}_{:x}_{count:x}", std::process::id(), now.as_micros());
        let schema = Self { url, name };
        schema.admin(&format!("CREATE DATABASE `{}`", schema.name));
        migrate::run_all(&schema.keeper()).expect("the tables are made");
        for owner in Owner::ALL {
            let account = schema.account(owner.name());
            schema.admin(&format!("CREATE USER {account} IDENTIFIED BY '{PASSWORD}'"));
            for grant in grants(owner, &schema.name, &account) {
                schema.admin(&grant);
            }
        }
        Some(schema)
    }

    /// The account that made it.
    pub(crate) fn keeper(&self) -> DbConfig {
        let (user, password, _) = self.parts();
        self.config_as(user, password)
    }

    /// The account of a role.
    pub(crate) fn config(&self, role: &str) -> DbConfig {
        self.config_as(&format!("{}_{role}", self.name), PASSWORD)
    }

    fn config_as(&self, user: &str, password: &str) -> DbConfig {
        let (_, _, address) = self.parts();
        let dsn = format!("mysql://{address}/{}", self.name);
        DbConfig::new(Some("mariadb"), Some(&dsn), Some(user), Some(password)).expect("settings")
    }

    fn account(&self, role: &str) -> String {
        format!("'{}_{role}'@'%'", self.name)
    }

    fn parts(&self) -> (&str, &str, &str) {
        let rest = self.url.strip_prefix("mysql://").expect("the variable is a mysql:// address");
        let (account, address) = rest.rsplit_once('@').expect("the variable names an account");
        let (user, password) = account.split_once(':').expect("the variable has a password");
        (user, password, address)
    }

    fn admin(&self, sql: &str) {
        let mut conn =
            MysqlConnection::establish(&format!("{}/mysql", self.url)).expect("the server answers");
        conn.batch_execute(sql).expect("the account may do this");
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.admin(&format!("DROP DATABASE `{}`", self.name));
        for owner in Owner::ALL {
            self.admin(&format!("DROP USER IF EXISTS {}", self.account(owner.name())));
        }
    }
}
