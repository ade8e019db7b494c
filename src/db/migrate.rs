//! Bringing the tables to the version that this binary was built for, one owner at a time.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::config::DbConfig;
use crate::conn::{self, Conn, Mode};
use crate::dialect;
use crate::error::DbError;
use crate::owners::Owner;

const SQLITE_WEB: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite/web");
const SQLITE_ESCROW: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite/escrow");
const SQLITE_COURIER: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite/courier");
#[cfg(feature = "mariadb")]
const MARIADB_WEB: EmbeddedMigrations = embed_migrations!("../../migrations/mariadb/web");
#[cfg(feature = "mariadb")]
const MARIADB_ESCROW: EmbeddedMigrations = embed_migrations!("../../migrations/mariadb/escrow");
#[cfg(feature = "mariadb")]
const MARIADB_COURIER: EmbeddedMigrations = embed_migrations!("../../migrations/mariadb/courier");

/// Where diesel keeps which versions are applied.
pub(crate) const LEDGER: &str = "__diesel_schema_migrations";

/// Views over the tables of several owners, in an order in which each may use those before it.
const VIEWS: &[&str] = &[
    include_str!("views/current_order_statuses.sql"),
    include_str!("views/current_evm_order_statuses.sql"),
    include_str!("views/current_cumulative_order_statuses.sql"),
];

/// Applies what is missing of the tables of `owner` and returns the names of what was applied.
/// On SQLite it makes the folder and the file first where they are missing.
///
/// # Errors
/// [`DbError::Schema`] when the tables are newer than this binary, else what the engine says.
pub fn run(config: &DbConfig, owner: Owner) -> Result<Vec<String>, DbError> {
    conn::make_file(config, owner)?;
    let mut conn = Conn::open(config, owner, Mode::Bare)?;
    refuse_newer(&mut conn, owner)?;
    match &mut conn {
        Conn::Sqlite(inner) => apply(inner, sqlite(owner)),
        #[cfg(feature = "mariadb")]
        Conn::Mysql(inner) => apply(inner, mariadb(owner)),
    }
}

/// [`run`] for every owner, then the views that last on MariaDB; returns what was applied.
///
/// # Errors
/// As of [`run`].
pub fn run_all(config: &DbConfig) -> Result<Vec<String>, DbError> {
    let mut applied = Vec::new();
    for owner in Owner::ALL {
        applied.extend(run(config, owner)?);
    }
    if !config.is_local() && !VIEWS.is_empty() {
        let mut conn = Conn::open(config, Owner::Web, Mode::Bare)?;
        SimpleConnection::batch_execute(&mut conn, &views(false))?;
    }
    Ok(applied)
}

/// Makes the tables of `owner` in an empty database in memory.
pub(crate) fn make(conn: &mut diesel::SqliteConnection, owner: Owner) -> Result<(), DbError> {
    apply(conn, sqlite(owner)).map(drop)
}

/// The names of the migrations of `owner` that are not applied yet.
///
/// # Errors
/// [`DbError::Down`] when the file is not there, else what the engine says.
pub fn pending(config: &DbConfig, owner: Owner) -> Result<Vec<String>, DbError> {
    match &mut Conn::open(config, owner, Mode::Bare)? {
        Conn::Sqlite(inner) => unapplied(inner, sqlite(owner)),
        #[cfg(feature = "mariadb")]
        Conn::Mysql(inner) => unapplied(inner, mariadb(owner)),
    }
}

/// Undoes every migration of `owner`, the newest first. All its rows are lost.
///
/// # Errors
/// What the engine says.
pub fn revert_all(config: &DbConfig, owner: Owner) -> Result<Vec<String>, DbError> {
    match &mut Conn::open(config, owner, Mode::Bare)? {
        Conn::Sqlite(inner) => revert(inner, sqlite(owner)),
        #[cfg(feature = "mariadb")]
        Conn::Mysql(inner) => {
            // They look at tables that are about to go.
            SimpleConnection::batch_execute(inner, &no_views())?;
            revert(inner, mariadb(owner))
        }
    }
}

/// Whether the tables of `owner` are exactly those that this binary was built for.
///
/// # Errors
/// [`DbError::Schema`] with a sentence when they are not.
pub fn check(config: &DbConfig, owner: Owner) -> Result<(), DbError> {
    let mut conn = Conn::open(config, owner, Mode::Bare)?;
    check_versions(&mut conn, "main", owner)
}

/// Whether any version of the tables of `owner` was ever made there.
///
/// # Errors
/// [`DbError::Down`] when there is no file, else what the engine says.
pub fn has_tables(config: &DbConfig, owner: Owner) -> Result<bool, DbError> {
    let mut conn = Conn::open(config, owner, Mode::Bare)?;
    let applied = match applied(&mut conn, "main") {
        Err(DbError::Schema(_)) => return Ok(false),
        other => other?,
    };
    Ok(known(owner)?.iter().any(|version| applied.contains(version)))
}

/// [`check`] on a connection of `me`, for all owners.
pub(crate) fn check_all(conn: &mut Conn, me: Owner) -> Result<(), DbError> {
    Owner::ALL.into_iter().try_for_each(|owner| {
        check_versions(conn, if owner == me { "main" } else { owner.name() }, owner)
    })
}

/// The statements that make the views on one connection of SQLite, or for good on MariaDB.
pub(crate) fn views(local: bool) -> String {
    VIEWS.iter().map(|view| dialect::create_view(view, local)).collect()
}

/// The statements that take away the views that last.
#[cfg(feature = "mariadb")]
fn no_views() -> String {
    let names =
        VIEWS.iter().filter_map(|view| view.split("CREATE VIEW ").nth(1)?.split(' ').next());
    names.map(|name| format!("DROP VIEW IF EXISTS {name};\n")).collect()
}

fn sqlite(owner: Owner) -> EmbeddedMigrations {
    match owner {
        Owner::Web => SQLITE_WEB,
        Owner::Escrow => SQLITE_ESCROW,
        Owner::Courier => SQLITE_COURIER,
    }
}

#[cfg(feature = "mariadb")]
fn mariadb(owner: Owner) -> EmbeddedMigrations {
    match owner {
        Owner::Web => MARIADB_WEB,
        Owner::Escrow => MARIADB_ESCROW,
        Owner::Courier => MARIADB_COURIER,
    }
}

/// The versions that this binary knows of `owner`, oldest first. Both engines have the same.
fn known(owner: Owner) -> Result<Vec<String>, DbError> {
    let all =
        MigrationSource::<diesel::sqlite::Sqlite>::migrations(&sqlite(owner)).map_err(failed)?;
    let mut versions: Vec<_> = all.iter().map(|m| m.name().version().to_string()).collect();
    versions.sort_unstable();
    Ok(versions)
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// The versions in `schema`, oldest first. On MariaDB the owners share one schema.
fn applied(conn: &mut Conn, schema: &str) -> Result<Vec<String>, DbError> {
    let prefix = if conn.is_sqlite() { format!("{schema}.") } else { String::new() };
    let select = format!("SELECT version FROM {prefix}{LEDGER} ORDER BY version");
    let rows: Vec<Version> = sql_query(select).load(conn)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Refuses tables of `owner` in `schema` that are older or newer than this binary.
pub(crate) fn check_versions(conn: &mut Conn, schema: &str, owner: Owner) -> Result<(), DbError> {
    let name = owner.name();
    let applied = match applied(conn, schema) {
        Err(DbError::Schema(_)) => {
            return Err(DbError::Schema(format!(
                "there are no {name} tables yet: run `holdfast migrate`"
            )));
        }
        other => other?,
    };
    refuse_unknown(conn, owner, &applied)?;
    match known(owner)?.into_iter().find(|version| !applied.contains(version)) {
        None => Ok(()),
        Some(version) => Err(DbError::Schema(format!(
            "the {name} tables lack version {version}: run `holdfast migrate`"
        ))),
    }
}

/// A binary that is older than the tables must not touch them.
fn refuse_newer(conn: &mut Conn, owner: Owner) -> Result<(), DbError> {
    match applied(conn, "main") {
        Err(DbError::Schema(_)) => Ok(()),
        other => refuse_unknown(conn, owner, &other?),
    }
}

fn refuse_unknown(conn: &Conn, owner: Owner, applied: &[String]) -> Result<(), DbError> {
    let mut ours = known(owner)?;
    if !conn.is_sqlite() {
        for other in owner.others() {
            ours.extend(known(other)?);
        }
    }
    match applied.iter().find(|version| !ours.contains(version)) {
        None => Ok(()),
        Some(version) => Err(DbError::Schema(format!(
            "the {} tables have version {version}, which this binary does not know: \
             run the newer binary, or restore the backup made before it",
            owner.name()
        ))),
    }
}

fn apply<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
) -> Result<Vec<String>, DbError> {
    let pending = conn.pending_migrations(source).map_err(failed)?;
    for migration in &pending {
        conn.run_migration(migration).map_err(failed)?;
    }
    Ok(names(&pending))
}

fn unapplied<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
) -> Result<Vec<String>, DbError> {
    Ok(names(&conn.pending_migrations(source).map_err(failed)?))
}

fn revert<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
) -> Result<Vec<String>, DbError> {
    let applied = conn.applied_migrations().map_err(failed)?;
    let mut all: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(failed)?;
    all.retain(|migration| applied.contains(&migration.name().version()));
    all.sort_unstable_by_key(|migration| std::cmp::Reverse(migration.name().version().to_string()));
    for migration in &all {
        conn.revert_migration(migration).map_err(failed)?;
    }
    Ok(names(&all))
}

fn names<DB: Backend>(migrations: &[Box<dyn Migration<DB>>]) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().to_string()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> DbError {
    match DbError::from_message(&error.to_string()) {
        DbError::Failed(cause) => DbError::Failed(format!("a migration failed: {cause}")),
        // A table that a migration needs and does not find is a fault of the migration.
        DbError::Schema(cause) => DbError::Failed(format!("a migration failed: {cause}")),
        other => other,
    }
}
