//! Lists in pages: by where the last page ended, never by counting rows.

use std::fmt;
use std::str::FromStr;

use domain::clock::Time;
use domain::ids::ItemId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::AppError;

/// Entries of a page unless the caller says otherwise.
const DEFAULT: u32 = 24;
/// The most that a caller may ask for.
const MOST: u32 = 100;

/// Where a page ended: the next one has what is older.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The moment by which the list is ordered.
    pub at: Time,
    /// The id that orders entries of one moment.
    pub id: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.as_micros(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, AppError> {
        let bad = || AppError::fault("cursor", "This is not a cursor of this list.");
        let (micros, id) = text.split_once('-').ok_or_else(bad)?;
        let micros: i64 = micros.parse().ok().filter(|micros| *micros >= 0).ok_or_else(bad)?;
        // Ids of every noun have the same form.
        let id: ItemId = id.parse().ok().ok_or_else(bad)?;
        Ok(Self { at: Time::from_micros(micros), id: id.to_string() })
    }
}

/// The parameters of a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
}

impl PageQuery {
    /// Where the page before ended; `None` for the first page.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a text that is no cursor.
    pub fn cursor(&self) -> Result<Option<Cursor>, AppError> {
        self.cursor.as_deref().map(str::parse).transpose()
    }

    /// Entries wanted, 1 to 100.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT).clamp(1, MOST)
    }
}

/// Takes a page out of rows that were asked for with a limit of one more, and says where it ends
/// if there is more.
pub fn split<R>(
    mut rows: Vec<R>,
    limit: u32,
    cursor: impl Fn(&R) -> Cursor,
) -> (Vec<R>, Option<Cursor>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(cursor) } else { None };
    (rows, next)
}

/// A page of a list in JSON.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PageJson<T> {
    /// The entries, newest first.
    pub items: Vec<T>,
    /// What to ask for the next page with; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> PageJson<T> {
    /// A page of `items` that ends at `next`.
    pub fn new(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self { items, next_cursor: next.map(|cursor| cursor.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_others_are_refused() {
        let cursor = Cursor { at: Time::from_micros(1_795_000_000_123_456), id: "ab".repeat(16) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in [
            "",
            "1",
            "1-",
            "x-abababababababababababababababab",
            "-1-abababababababababababababababab",
            "1-' OR 1=1",
        ] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let cursor = |n: &i64| Cursor { at: Time::from_micros(*n), id: String::new() };
        let (rows, next) = split(vec![3, 2, 1], 2, cursor);
        assert_eq!((rows, next.map(|next| next.at.as_micros())), (vec![3, 2], Some(2)));
        assert_eq!(split(vec![3, 2], 2, cursor), (vec![3, 2], None));
    }
}
