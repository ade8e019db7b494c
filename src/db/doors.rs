//! One door a role: what it may read is everything, what it may write is its own.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use diesel::{QueryableByName, RunQueryDsl, sql_query};

use crate::config::DbConfig;
use crate::conn::{Conn, Mode};
use crate::error::DbError;
use crate::link::Link;
use crate::migrate;
use crate::owners::Owner;
use crate::pool::Reader;
use crate::writer::{Desk, Writer};

mod sealed {
    /// Keeps [`super::Role`] to the three of this file.
    pub trait Sealed {}
}

/// A role that has tables of its own.
pub trait Role: sealed::Sealed + 'static {
    /// Which one it is.
    const OWNER: Owner;
}

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident, $door:ident, $tx:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $role {}

        impl sealed::Sealed for $role {}

        impl Role for $role {
            const OWNER: Owner = Owner::$role;
        }

        $(#[$doc])*
        pub type $door = Door<$role>;

        $(#[$doc])*
        pub type $tx<'c> = Tx<'c, $role>;
    )*};
}

roles! {
    /// The role web.
    Web, WebDb, WebTx;
    /// The role escrow.
    Escrow, EscrowDb, EscrowTx;
    /// The role courier.
    Courier, CourierDb, CourierTx;
}

/// A running transaction of the role `R`: what writes its tables asks for one. It reads like a
/// [`Conn`], and only [`crate::tx`] makes one.
pub struct Tx<'c, R> {
    conn: &'c mut Conn,
    role: PhantomData<R>,
}

impl<'c, R> Tx<'c, R> {
    pub(crate) const fn new(conn: &'c mut Conn) -> Self {
        Self { conn, role: PhantomData }
    }

    /// The connection, for diesel's generic methods, which do not see through the type.
    pub const fn conn(&mut self) -> &mut Conn {
        self.conn
    }
}

impl<R> Deref for Tx<'_, R> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl<R> DerefMut for Tx<'_, R> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}

impl<R: Role> fmt::Debug for Tx<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tx({})", R::OWNER.name())
    }
}

/// How many connections a door keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Connections that read, at least 1.
    pub readers: u32,
    /// Connections that write on MariaDB, at least 1; on SQLite there is always one.
    pub writers: u32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { readers: 8, writers: 12 }
    }
}

/// How often a file is tried again whose role opens it just now, and how long after.
const OPENING_TRIES: u32 = 50;
const OPENING_PAUSE: Duration = Duration::from_millis(20);

/// A database that was opened and found to fit, before any thread was started.
pub struct Prepared<R> {
    config: DbConfig,
    desk: Desk,
    role: PhantomData<R>,
}

impl<R: Role> Prepared<R> {
    /// Starts the threads that write and keep the connections.
    ///
    /// # Errors
    /// [`DbError::Down`] when a connection cannot be opened.
    pub fn start(self, sizes: Sizes) -> Result<Door<R>, DbError> {
        let reader = Reader::open(&self.config, R::OWNER, sizes.readers)?;
        let writer = Arc::new(Writer::start(self.desk, sizes.writers)?);
        Ok(Door { config: self.config, reader, writer, role: PhantomData })
    }
}

/// The database as one role sees it. Clones share the connections; the last one to go closes
/// them.
pub struct Door<R> {
    config: DbConfig,
    reader: Reader,
    writer: Arc<Writer>,
    role: PhantomData<R>,
}

impl<R: Role> Door<R> {
    /// Opens the database and sees whether the tables of all roles fit this binary. It starts no
    /// thread, so that a process can shut itself in before the first.
    ///
    /// # Errors
    /// [`DbError::Down`] when a file or the server cannot be reached, [`DbError::Schema`] when the
    /// tables are older or newer than this binary.
    pub fn prepare(config: &DbConfig) -> Result<Prepared<R>, DbError> {
        let mut desk = Self::desk(config)?;
        migrate::check_all(desk.conn()?, R::OWNER)?;
        Ok(Prepared { config: config.clone(), desk, role: PhantomData })
    }

    /// The writing connection, with all files. While another role opens its own, nobody else can read
    /// that for some milliseconds.
    fn desk(config: &DbConfig) -> Result<Desk, DbError> {
        let mut tries = if config.is_local() { OPENING_TRIES } else { 0 };
        loop {
            let desk = Desk::open(config, R::OWNER).and_then(|desk| match desk.lack() {
                None => Ok(desk),
                Some(why) => Err(why.clone()),
            });
            match desk {
                Err(DbError::ReadOnly | DbError::Down(_)) if tries > 0 => tries -= 1,
                opened => return opened,
            }
            thread::sleep(OPENING_PAUSE);
        }
    }

    /// [`Door::prepare`] and [`Prepared::start`] at once.
    ///
    /// # Errors
    /// As of both.
    pub fn open(config: &DbConfig) -> Result<Self, DbError> {
        Self::prepare(config)?.start(Sizes::default())
    }

    /// Runs `f` on the calling thread with a connection that cannot write. Each statement sees
    /// what was committed before it. On SQLite it takes microseconds; on MariaDB
    /// ([`Door::is_local`] is false) call it where waiting is allowed.
    ///
    /// # Errors
    /// What `f` says; [`DbError::Timeout`] when its statements run past one second together;
    /// [`DbError::Down`] when no connection becomes free within one second.
    pub fn read<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T, DbError>) -> Result<T, DbError> {
        self.reader.read(f)
    }

    /// [`Door::read`] in one transaction: the tables of each file stand still from the first look
    /// at them on.
    ///
    /// # Errors
    /// As of [`Door::read`].
    pub fn snapshot<T>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.reader.snapshot(f)
    }

    /// Whether the database is files on this machine, so that a read is short enough to be made
    /// on any thread.
    pub const fn is_local(&self) -> bool {
        self.config.is_local()
    }

    /// Something to ask now and then whether `owner` has written.
    ///
    /// # Errors
    /// [`DbError::Down`] when no connection can be opened.
    pub fn watch(&self, owner: Owner) -> Result<Watch, DbError> {
        let schema = if owner == R::OWNER { "main" } else { owner.name() };
        let link = Some(Link::open(&self.config, R::OWNER, Mode::Read)?);
        Ok(Watch { config: self.config.clone(), owner: R::OWNER, link, schema, seen: None })
    }

    /// Why escrow goes on without the files of the other roles; `None` where they are there, and
    /// always for the others and on MariaDB.
    ///
    /// # Errors
    /// [`DbError::Down`] when no connection becomes free within one second.
    pub fn lack(&self) -> Result<Option<DbError>, DbError> {
        self.reader.lack()
    }

    /// Where the tables of escrow lie, in words that a copy of them does not share.
    ///
    /// # Errors
    /// [`DbError::Down`] when the file cannot be looked at, else what the engine says.
    pub fn place(&self) -> Result<String, DbError> {
        self.reader.read(|conn| crate::place::of_ledger(&self.config, conn))
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }
}

impl<R> Clone for Door<R> {
    fn clone(&self) -> Self {
        Self {
            config: self.config.clone(),
            reader: self.reader.clone(),
            writer: Arc::clone(&self.writer),
            role: PhantomData,
        }
    }
}

impl<R: Role> fmt::Debug for Door<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door({}, {:?})", R::OWNER.name(), self.config)
    }
}

impl<R: Role> fmt::Debug for Prepared<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({}, {:?})", R::OWNER.name(), self.config)
    }
}

/// Notices that an owner's tables may have changed, far cheaper than looking.
pub struct Watch {
    config: DbConfig,
    owner: Owner,
    link: Option<Link>,
    schema: &'static str,
    seen: Option<i64>,
}

impl Watch {
    /// Whether the owner may have committed since this was last asked; `true` at the first time,
    /// and always on MariaDB, which has no such number. Where the file cannot be used it is
    /// `false` until it can.
    ///
    /// # Errors
    /// What the engine says.
    pub fn changed(&mut self) -> Result<bool, DbError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            data_version: i64,
        }
        let mut link = match self.link.take() {
            Some(link) => link,
            None => {
                self.seen = None;
                Link::open(&self.config, self.owner, Mode::Read)?
            }
        };
        if !link.is_sqlite() {
            self.link = Some(link);
            return Ok(true);
        }
        if !link.is_sound() {
            // Opened anew at the next look.
            return Ok(true);
        }
        if link.lack().is_some() {
            self.link = Some(link);
            return Ok(false);
        }
        let row: Row =
            sql_query(format!("PRAGMA {}.data_version", self.schema)).get_result(&mut *link)?;
        self.link = Some(link);
        Ok(self.seen.replace(row.data_version) != Some(row.data_version))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({}, {:?})", self.schema, self.seen)
    }
}
