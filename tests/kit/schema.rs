//! A schema of its own on the server, with an account a role.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use db::owners::grants;
use db::{DbConfig, Owner, migrate};
use diesel::connection::SimpleConnection;

use crate::server::{PASSWORD, Server};

/// The schema, and the accounts `<schema>_<role>` and `<schema>_owner`.
#[derive(Debug)]
pub(crate) struct Schema {
    name: String,
}

impl Schema {
    /// Makes it empty, with the one account that may make tables in it.
    pub(crate) fn bare() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hf_{:x}_{:x}_{count:x}", std::process::id(), now.as_micros());
        let schema = Self { name };
        let (name, owner) = (&schema.name, schema.account("owner"));
        schema.admin(&format!(
            "CREATE DATABASE `{name}`; CREATE USER {owner} IDENTIFIED BY '{PASSWORD}'; \
             GRANT ALL ON `{name}`.* TO {owner};"
        ));
        schema
    }

    /// Makes it with its tables and the accounts of the roles.
    pub(crate) fn migrated() -> Self {
        let schema = Self::bare();
        migrate::run_all(&schema.config("owner")).expect("the tables are made");
        schema.grant();
        schema
    }

    /// Makes the accounts of the roles, with what each may do.
    pub(crate) fn grant(&self) {
        let mut all = String::new();
        for owner in Owner::ALL {
            let account = self.account(owner.name());
            all += &format!("CREATE USER {account} IDENTIFIED BY '{PASSWORD}';\n");
            for grant in grants(owner, &self.name, &account) {
                all += &format!("{grant};\n");
            }
        }
        self.admin(&all);
    }

    /// How the account of a role reaches it, or that of the owner.
    pub(crate) fn config(&self, role: &str) -> DbConfig {
        let dsn = self.dsn();
        let user = self.user(role);
        DbConfig::new(Some("mariadb"), Some(&dsn), Some(&user), Some(PASSWORD)).expect("settings")
    }

    /// Where it is, without an account.
    pub(crate) fn dsn(&self) -> String {
        format!("mysql://{}/{}", Server::get().address(), self.name)
    }

    /// The name of a role's account.
    pub(crate) fn user(&self, role: &str) -> String {
        format!("{}_{role}", self.name)
    }

    fn account(&self, role: &str) -> String {
        format!("'{}'@'%'", self.user(role))
    }

    /// Runs statements in it as the account that may do everything.
    pub(crate) fn admin(&self, sql: &str) {
        let mut conn = Server::get().admin();
        conn.batch_execute(sql).expect("the account may do this");
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let mut all = format!("DROP DATABASE `{}`;", self.name);
        for role in Owner::ALL.map(Owner::name).into_iter().chain(["owner"]) {
            all += &format!("DROP USER IF EXISTS {};", self.account(role));
        }
        self.admin(&all);
    }
}
