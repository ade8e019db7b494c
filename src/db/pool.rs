//! Reads: a few connections that the engine keeps from writing.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::TransactionManager;
use diesel::r2d2::{ManageConnection, Pool, PooledConnection, R2D2Connection};
use scheduled_thread_pool::ScheduledThreadPool;

use crate::config::DbConfig;
use crate::conn::{Conn, Mode};
use crate::dialect;
use crate::error::DbError;
use crate::link::Link;
use crate::owners::Owner;
use crate::wal::Deadline;

/// Longest that one read may take: a held reader keeps the log from being cut.
const READ_LIMIT: Duration = Duration::from_secs(1);
/// Longest wait until all connections are open, at the start of a role.
const OPENING_LIMIT: Duration = Duration::from_secs(30);
/// Longest wait for a free connection; lost ones are tried again after half of it at the latest.
const CHECKOUT_LIMIT: Duration = Duration::from_secs(1);

/// Opens reading connections as one owner.
#[derive(Debug, Clone)]
struct Opener {
    config: DbConfig,
    owner: Owner,
}

impl ManageConnection for Opener {
    type Connection = Link;
    type Error = DbError;

    fn connect(&self) -> Result<Link, DbError> {
        Link::open(&self.config, self.owner, Mode::Read)
    }

    fn is_valid(&self, link: &mut Link) -> Result<(), DbError> {
        link.ping().map_err(DbError::from)
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        std::thread::panicking() || link.is_given_up() || link.is_broken()
    }
}

/// Runs reads. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Reader {
    pool: Pool<Opener>,
}

impl Reader {
    /// Opens `size` connections, and the one thread that replaces lost ones.
    ///
    /// # Errors
    /// [`DbError::Down`] when a connection cannot be opened.
    pub(crate) fn open(config: &DbConfig, owner: Owner, size: u32) -> Result<Self, DbError> {
        let keeper =
            ScheduledThreadPool::builder().num_threads(1).thread_name_pattern("db-keeper").build();
        let pool = Pool::builder()
            .max_size(size)
            // A statement each time would double the cost of a read; only a server goes away.
            .test_on_check_out(!config.is_local())
            .max_lifetime(None)
            .idle_timeout(None)
            .connection_timeout(CHECKOUT_LIMIT)
            .thread_pool(Arc::new(keeper))
            .build_unchecked(Opener { config: config.clone(), owner });
        let all: Result<Vec<_>, _> = (0..size).map(|_| pool.get_timeout(OPENING_LIMIT)).collect();
        all.map_err(|error| DbError::Down(format!("no connection to read by: {error}")))?;
        Ok(Self { pool })
    }

    /// Runs `f` on the calling thread with a connection that cannot write.
    pub(crate) fn read<T>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let mut link = self.link()?;
        let _limit = Deadline::after(READ_LIMIT);
        f(&mut link).map_err(|error| {
            link.note(&error);
            match error {
                // Nothing was written: SQLite could not make the index of another role's log.
                DbError::ReadOnly => DbError::Down("another role's file cannot be read".to_owned()),
                other => other,
            }
        })
    }

    /// Why the files of the others are left out; `None` where they are there.
    pub(crate) fn lack(&self) -> Result<Option<DbError>, DbError> {
        Ok(self.link()?.lack().cloned())
    }

    /// A connection that may be used; others are opened in the place of those that may not.
    fn link(&self) -> Result<PooledConnection<Opener>, DbError> {
        for _ in 0..=self.pool.max_size() {
            let mut link = self.pool.get_timeout(CHECKOUT_LIMIT).map_err(|error| {
                tracing::warn!(%error, "no connection to read by");
                none()
            })?;
            if link.was_sound() {
                return Ok(link);
            }
            link.give_up();
        }
        Err(none())
    }

    /// [`Reader::read`] in one transaction: each file stands still from its first look on.
    pub(crate) fn snapshot<T>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.read(|conn| {
            dialect::begin_snapshot(conn)?;
            let outcome = f(conn);
            let ended = Conn::rollback_transaction(conn).map_err(DbError::from);
            outcome.and_then(|found| ended.map(|()| found))
        })
    }
}

/// Not one of those that are open is free, and no other can be opened.
fn none() -> DbError {
    DbError::Down("no connection to read by is to be had".to_owned())
}
