//! A schema of its own on the server, with an account a role.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use db::owners::{OWNERS, grants};
use db::{DbConfig, Owner, migrate};
use diesel::connection::SimpleConnection;
use diesel::{Connection, MysqlConnection, QueryableByName, RunQueryDsl, sql_query};

use crate::Text;
use crate::server::{PASSWORD, Server};

/// Whoever makes the tables.
pub(crate) const OWNER: &str = "owner";

#[derive(QueryableByName)]
struct Bytes {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    bytes: Vec<u8>,
}

/// The schema, and the accounts `<schema>_<role>` and `<schema>_owner`.
#[derive(Debug)]
pub(crate) struct Schema {
    name: String,
}

impl Schema {
    /// Makes it empty, with its accounts, of which the owner's alone may do anything.
    pub(crate) fn bare() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hf_{:x}_{:x}_{count:x}", std::process::id(), now.as_micros());
        let schema = Self { name };
        let mut all = format!("CREATE DATABASE `{}`;", schema.name);
        for role in roles() {
            let account = schema.account(role);
            all += &format!("CREATE USER {account} IDENTIFIED BY '{PASSWORD}';");
        }
        all += &format!("GRANT ALL ON `{}`.* TO {};", schema.name, schema.account(OWNER));
        schema.admin(&all);
        schema
    }

    /// Makes it with its tables, and gives the accounts of the roles what each may do.
    pub(crate) fn migrated() -> Self {
        let schema = Self::bare();
        migrate::run_all(&schema.config(OWNER)).expect("the tables are made");
        let all = Owner::ALL
            .into_iter()
            .flat_map(|owner| grants(owner, &schema.name, &schema.account(owner.name())));
        schema.admin(&all.map(|grant| format!("{grant};")).collect::<String>());
        schema
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

    /// Runs statements in it as the account that makes its tables.
    pub(crate) fn as_owner(&self, sql: &str) {
        let mut conn = self.owner();
        conn.batch_execute(sql).expect("the owner may do this");
    }

    /// A connection as the account that makes its tables.
    pub(crate) fn owner(&self) -> MysqlConnection {
        let address = Server::get().address();
        let url = format!("mysql://{}:{PASSWORD}@{address}/{}", self.user(OWNER), self.name);
        MysqlConnection::establish(&url).expect("the server answers")
    }

    /// Every value in the tables of `owner`.
    pub(crate) fn bytes(&self, owner: Owner) -> Vec<u8> {
        let mut conn = self.owner();
        let mut all = Vec::new();
        for (table, ..) in OWNERS.iter().filter(|(_, whose, _)| *whose == owner) {
            let columns: Vec<Text> = sql_query(format!(
                "SELECT column_name AS text FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = '{table}'"
            ))
            .load(&mut conn)
            .expect("it is described");
            let columns: Vec<_> = columns.into_iter().map(|column| column.text).collect();
            let select = format!(
                "SELECT CAST(CONCAT_WS('\n', {}) AS BINARY) AS bytes FROM {table}",
                columns.join(", ")
            );
            let rows: Vec<Bytes> = sql_query(select).load(&mut conn).expect("it is read");
            rows.into_iter().for_each(|row| all.extend(row.bytes));
        }
        all
    }

    /// Runs statements as the account that may do everything.
    pub(crate) fn admin(&self, sql: &str) {
        let mut conn = Server::get().admin();
        conn.batch_execute(sql).expect("the account may do this");
    }
}

/// The accounts of the roles, and that of whoever makes the tables.
fn roles() -> impl Iterator<Item = &'static str> {
    Owner::ALL.map(Owner::name).into_iter().chain([OWNER])
}

impl Drop for Schema {
    fn drop(&mut self) {
        let mut all = format!("DROP DATABASE `{}`;", self.name);
        for role in roles() {
            all += &format!("DROP USER {};", self.account(role));
        }
        self.admin(&all);
    }
}
