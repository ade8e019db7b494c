//! One connection, to either engine, opened as one of the owners.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use crate::config::{DbConfig, escape};
use crate::error::DbError;
use crate::owners::{self, Owner};
#[cfg(feature = "mariadb")]
use crate::session;
use crate::{migrate, wal};

pub use multi::Conn;

mod multi {
    /// A connection to one of the engines.
    #[derive(diesel::MultiConnection)]
    pub enum Conn {
        /// To SQLite files.
        Sqlite(diesel::SqliteConnection),
        /// To a MariaDB server.
        #[cfg(feature = "mariadb")]
        Mysql(diesel::MysqlConnection),
    }
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads of all tables; the engine refuses writes.
    Read,
    /// Writes of the owner's tables and reads of all.
    Write,
    /// The owner's own tables alone, with the right to change them: migrations.
    Bare,
}

/// Longest wait for another process's write lock; milliseconds on SQLite.
const BUSY_MILLIS: u32 = 5_000;
/// The log is cut back to this many bytes once it was larger.
const LOG_BYTES: u32 = 64 << 20;
/// Pages of 4 KiB in the log before a commit carries them over into the file. Pages that every
/// order touches are then carried once for some thousand orders, at SQLite's 1,000 for some two
/// hundred.
const LOG_PAGES: u32 = 8_000;
/// Kibibytes of pages that a connection keeps, taken as it reads them; SQLite's 2,000 are too few
/// for the indexes of a busy shop, and what is missing is read again from the log.
const CACHE_KIB: u32 = 16_384;

/// Runs a statement on the engine's own connection. Its text is then built once and not at each
/// run, as it is through [`Conn`], which may be either engine: for what is run most.
macro_rules! native {
    ($conn:expr, |$own:ident| $run:expr) => {
        match $conn {
            Conn::Sqlite($own) => $run,
            #[cfg(feature = "mariadb")]
            Conn::Mysql($own) => $run,
        }
    };
}
pub(crate) use native;

impl Conn {
    /// Whether this is SQLite.
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Opens the database as `owner`.
    ///
    /// # Errors
    /// [`DbError::Down`] when a file is not there or cannot be read, or the server does not answer.
    pub(crate) fn open(config: &DbConfig, owner: Owner, mode: Mode) -> Result<Self, DbError> {
        #[cfg(feature = "mariadb")]
        if let Some(server) = config.server() {
            return session::open(&server.url(), mode).map(Self::Mysql);
        }
        let mut conn = main_file(config, owner)?;
        if mode != Mode::Read {
            conn.batch_execute("PRAGMA journal_mode = WAL;")?;
        }
        if mode != Mode::Bare {
            for other in owner.others() {
                attach(&mut conn, config, other)?;
            }
            conn.batch_execute(&migrate::views(true))?;
        }
        settle(&mut conn, owner, mode)?;
        Ok(Self::Sqlite(conn))
    }

    /// Opens the file of `owner` without those of the others.
    ///
    /// # Errors
    /// As of [`Conn::open`].
    pub(crate) fn open_alone(config: &DbConfig, owner: Owner, mode: Mode) -> Result<Self, DbError> {
        let mut conn = main_file(config, owner)?;
        settle(&mut conn, owner, mode)?;
        Ok(Self::Sqlite(conn))
    }
}

/// The last settings, once every file is attached.
fn settle(conn: &mut SqliteConnection, owner: Owner, mode: Mode) -> Result<(), DbError> {
    // Without a schema name this reaches the attached files as well.
    conn.batch_execute("PRAGMA mmap_size = 0;")?;
    match mode {
        Mode::Read => conn.batch_execute("PRAGMA query_only = ON;")?,
        Mode::Write => conn.batch_execute(&owners::guards(owner)).map_err(untouched)?,
        Mode::Bare => {}
    }
    Ok(())
}

fn main_file(config: &DbConfig, owner: Owner) -> Result<SqliteConnection, DbError> {
    wal::register()?;
    let file = existing(config, owner)?;
    let mut conn = SqliteConnection::establish(&uri(&file, "rw")?)?;
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {BUSY_MILLIS}; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; \
         PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = {LOG_BYTES}; \
         PRAGMA wal_autocheckpoint = {LOG_PAGES}; PRAGMA cache_size = -{CACHE_KIB};"
    ))?;
    Ok(conn)
}

fn attach(conn: &mut SqliteConnection, config: &DbConfig, other: Owner) -> Result<(), DbError> {
    let file = existing(config, other)?;
    let name = other.name();
    let uri = uri(&file, "ro")?;
    conn.batch_execute(&format!("ATTACH '{uri}' AS {name};")).map_err(|error| match error.into() {
        // SQLite's words for a log index that is gone and that we may not make.
        DbError::ReadOnly | DbError::Down(_) => {
            DbError::Down(format!("{name} is not running: {} cannot be read", file.display()))
        }
        unread => unread,
    })
}

/// The file of `owner`, which must be there: opening would make an empty one.
fn existing(config: &DbConfig, owner: Owner) -> Result<std::path::PathBuf, DbError> {
    let file = config
        .file(owner)
        .ok_or_else(|| DbError::Failed("this build has no engine for the server".to_owned()))?;
    match fs::metadata(&file) {
        Ok(_) => Ok(file),
        Err(error) => Err(DbError::Down(format!(
            "{} cannot be reached ({error}): run `holdfast migrate` first",
            file.display()
        ))),
    }
}

/// A guard on a table that is not there: the file was never migrated, or is of another version.
fn untouched(error: diesel::result::Error) -> DbError {
    match error.into() {
        DbError::Schema(cause) => DbError::Schema(format!("{cause}: run `holdfast migrate`")),
        other => other,
    }
}

/// A `file:` address; everything but plain letters is escaped, so it can stand between quotes.
fn uri(file: &Path, mode: &str) -> Result<String, DbError> {
    let text =
        file.to_str().ok_or_else(|| DbError::Down(format!("{} is not UTF-8", file.display())))?;
    let path: Vec<_> = text.split('/').map(escape).collect();
    Ok(format!("file:{}?mode={mode}", path.join("/")))
}

/// Makes the folder and the empty file of `owner` where they are missing: the folder 2750 and the
/// file 0640 whatever the umask is, because the other roles read it by their common group. Made
/// by root in a folder that belongs to a role, the file is given to that role.
pub(crate) fn make_file(config: &DbConfig, owner: Owner) -> Result<(), DbError> {
    let Some(file) = config.file(owner) else { return Ok(()) };
    make(&file).map_err(|error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DbError::Full,
        io::ErrorKind::ReadOnlyFilesystem => DbError::ReadOnly,
        _ => DbError::Down(format!("{} cannot be made: {error}", file.display())),
    })
}

fn make(file: &Path) -> io::Result<()> {
    const FOLDER: u32 = 0o2750;
    const FILE: u32 = 0o640;
    let folder = file.parent().ok_or(io::ErrorKind::NotFound)?;
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(FOLDER).create(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(FOLDER))?;
    }
    let made = match OpenOptions::new().write(true).create_new(true).mode(FILE).open(file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        other => other?,
    };
    made.set_permissions(Permissions::from_mode(FILE))?;
    let (mine, wanted) = (made.metadata()?, fs::metadata(folder)?);
    if (mine.uid(), mine.gid()) != (wanted.uid(), wanted.gid()) {
        chown(file, Some(wanted.uid()), Some(wanted.gid()))?;
    }
    made.sync_all()
}
