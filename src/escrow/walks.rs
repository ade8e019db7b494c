//! Lists of web's rows that escrow walks at its desk, part by part, so that rows about which nothing can
//! be done hold up none behind them.

use std::sync::PoisonError;

use db::inbox::Part;
use db::{Conn, DbError};

use crate::ctx::{Ctx, List};
use crate::fault::Fault;

/// Ends the name of a list at the desk that holds everything that was ever left over.
const ALL: &str = "-all";

/// The name of the list of everything that belongs to the list of what is recent.
macro_rules! all {
    ($list:literal) => {
        concat!($list, "-all")
    };
}
pub(crate) use all;

/// How far a list at the desk is walked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Walk {
    /// Rows passed over in this walk, because nothing could be done about them.
    passed: i64,
    /// The end was reached since all were begun anew. It begins again then, for what is new, but
    /// no round follows for its sake.
    ended: bool,
}

/// What a walk is that came to its end, or failed.
const ENDED: Walk = Walk { passed: 0, ended: true };

impl Ctx {
    /// Walks the next part of a list of web's rows, from behind those that earlier rounds could do
    /// nothing about, so that a thousand forged ones in front hold up no honest one behind. `each`
    /// says whether its row is done with and so leaves the list. Answers how many were.
    ///
    /// # Errors
    /// As of `read` and `each`.
    pub(crate) fn walk<T>(
        &self,
        list: &'static str,
        limit: i64,
        read: impl Fn(&mut Conn, Part) -> Result<Vec<T>, DbError>,
        mut each: impl FnMut(T) -> Result<bool, Fault>,
    ) -> Result<u32, Fault> {
        let walks = || self.walks.lock().unwrap_or_else(PoisonError::into_inner);
        let before = walks().insert(list, ENDED).unwrap_or_default();
        let skip = before.passed;
        let (rows, unread) = match self.db.read(|conn| read(conn, Part { skip, limit })) {
            Err(DbError::Corrupt(_)) => self.one_by_one(list, Part { skip, limit }, read)?,
            rows => (rows?, 0),
        };
        let seen = i64::try_from(rows.len()).unwrap_or(i64::MAX).saturating_add(unread);
        let full = seen >= limit;
        let (mut done, mut left): (u32, i64) = (0, unread);
        for row in rows {
            if each(row)? {
                done = done.saturating_add(1);
            } else {
                left = left.saturating_add(1);
            }
        }
        if full {
            walks().insert(list, Walk { passed: skip.saturating_add(left), ..before });
        }
        Ok(done)
    }

    /// Reads a part of a list row by row, because one that cannot be read spoils the whole of it.
    /// Answers the others and how many cannot be read.
    fn one_by_one<T>(
        &self,
        list: &'static str,
        part: Part,
        read: impl Fn(&mut Conn, Part) -> Result<Vec<T>, DbError>,
    ) -> Result<(Vec<T>, i64), Fault> {
        let (mut rows, mut unread) = (Vec::new(), 0_i64);
        for n in 0..part.limit {
            let one = Part { skip: part.skip.saturating_add(n), limit: 1 };
            match self.db.read(|conn| read(conn, one)) {
                Err(DbError::Corrupt(_)) => unread = unread.saturating_add(1),
                found => match found? {
                    none if none.is_empty() => break,
                    found => rows.extend(found),
                },
            }
        }
        if unread > 0 {
            self.alarm("unread", None, format!("rows of the list {list} cannot be read"))?;
        }
        Ok((rows, unread))
    }

    /// Goes on with a list of escrow's own rows from where the last round left off. `part` answers what
    /// it found behind an id, and the last id that it looked at, if there may be more; after the end
    /// it begins anew.
    pub(crate) fn go_on<T>(
        &self,
        list: List,
        part: impl FnOnce(&mut Conn, &str) -> Result<(Vec<T>, Option<String>), DbError>,
    ) -> Result<Vec<T>, Fault> {
        let after = self.place_in(list);
        let (found, last) = self.db.read(|conn| part(conn, &after))?;
        self.put_place(list, last);
        Ok(found)
    }

    /// Whether a list at the desk was not at its end since [`Ctx::walk_anew`]; of the lists of
    /// everything if `all`.
    pub(crate) fn is_walking(&self, all: bool) -> bool {
        let walks = self.walks.lock().unwrap_or_else(PoisonError::into_inner);
        walks.iter().any(|(list, walk)| !walk.ended && (!all || list.ends_with(ALL)))
    }

    /// Lets every list at the desk be walked to its end once more, unless one still is.
    pub(crate) fn walk_anew(&self) {
        let mut walks = self.walks.lock().unwrap_or_else(PoisonError::into_inner);
        if walks.values().all(|walk| walk.ended) {
            walks.clear();
        }
    }
}
