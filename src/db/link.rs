//! A connection that is used again and again, and what becomes of it when the file of another role
//! is spoilt.
//!
//! SQLite begins a writing transaction on every attached file at once. A file of web's that cannot
//! be read would so stop every write of escrow, its heartbeat and the payouts under way among them.
//! Escrow goes on without it: statements on web's tables fail, all others run, and every now and
//! then it tries to have the file back.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use crate::config::DbConfig;
use crate::conn::{Conn, Mode};
use crate::error::DbError;
use crate::owners::Owner;
use crate::{migrate, shape};

/// How long escrow goes on without the others' files before it tries them again.
const ALONE: Duration = Duration::from_secs(10);
/// How long a read goes by the last look at the others' tables.
const LOOK: Duration = Duration::from_millis(20);

/// A connection of a role.
pub(crate) struct Link {
    conn: Conn,
    /// The number of each attached schema when its tables were looked at.
    seen: Vec<(Owner, i32)>,
    /// Since when, and why, the others' files are left out.
    alone: Option<(Instant, DbError)>,
    given_up: bool,
    /// When the others' tables were last found unchanged.
    looked: Instant,
}

impl Link {
    /// Opens the database as `owner`; for escrow without the others' files where they cannot be
    /// used.
    ///
    /// # Errors
    /// As of [`Conn::open`].
    pub(crate) fn open(config: &DbConfig, owner: Owner, mode: Mode) -> Result<Self, DbError> {
        match Self::whole(config, owner, mode) {
            Err(why) if owner == Owner::Escrow && config.is_local() => {
                let conn = Conn::open_alone(config, owner, mode)?;
                tracing::error!(%why, "the file of another role is left out");
                let alone = Some((Instant::now(), why));
                Ok(Self { conn, seen: Vec::new(), alone, given_up: false, looked: Instant::now() })
            }
            opened => opened,
        }
    }

    fn whole(config: &DbConfig, owner: Owner, mode: Mode) -> Result<Self, DbError> {
        let mut conn = Conn::open(config, owner, mode)?;
        let mut seen = Vec::new();
        if owner == Owner::Escrow && config.is_local() {
            for other in owner.others() {
                migrate::check_versions(&mut conn, other.name(), other)?;
                if let Conn::Sqlite(inner) = &mut conn {
                    // Before the tables: a change after it is noticed.
                    seen.push((other, shape::cookie(inner, other.name())?));
                    shape::check(inner, other)?;
                }
            }
        }
        Ok(Self { conn, seen, alone: None, given_up: false, looked: Instant::now() })
    }

    /// [`Link::is_sound`], as of some milliseconds ago at most: for reads, which are cut off soon.
    pub(crate) fn was_sound(&mut self) -> bool {
        if self.alone.is_none() && self.looked.elapsed() < LOOK {
            return true;
        }
        self.looked = Instant::now();
        self.is_sound()
    }

    /// Why the others' files are left out; `None` where they are there.
    pub(crate) fn lack(&self) -> Option<&DbError> {
        self.alone.as_ref().map(|(_, why)| why)
    }

    /// Whether it may go on being used: the others' tables are those that were looked at, or it is
    /// not time yet to try them again.
    pub(crate) fn is_sound(&mut self) -> bool {
        if let Some((since, _)) = &self.alone {
            return since.elapsed() < ALONE;
        }
        let Conn::Sqlite(inner) = &mut self.conn else { return true };
        let unchanged =
            |(owner, seen): &(Owner, i32)| shape::cookie(inner, owner.name()).ok() == Some(*seen);
        self.seen.iter().all(unchanged)
    }

    /// Takes note of what a read came to: after some failures escrow opens its files anew.
    pub(crate) fn note(&mut self, error: &DbError) {
        self.given_up |= !self.seen.is_empty() && error.is_of_file();
    }

    /// It is not used again.
    pub(crate) const fn give_up(&mut self) {
        self.given_up = true;
    }

    /// Whether it was given up.
    pub(crate) const fn is_given_up(&self) -> bool {
        self.given_up
    }
}

impl Deref for Link {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Link {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
