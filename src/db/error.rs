//! What can go wrong with the database, in our words instead of the engine's.

use diesel::result::{DatabaseErrorKind, Error};

/// Why a read or a write did not happen.
///
/// The text is for the log. A page shows a sentence of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Another writer held the lock too long, or the queue is full.
    /// Nothing was written; the same request may succeed later.
    #[error("the database is busy")]
    Busy,
    /// A statement ran past its limit and was cut off.
    #[error("the statement took too long")]
    Timeout,
    /// A row with this key is there already. The text names the columns of the constraint joined
    /// by `_` and without the table, as `username_key`; for a primary key it differs by engine.
    #[error("there is a row with this {0} already")]
    Unique(String),
    /// The row breaks a rule of its table: a check, a reference, a missing value or history.
    #[error("refused by the table: {0}")]
    Constraint(String),
    /// No such row.
    #[error("no such row")]
    NotFound,
    /// What is stored cannot be what we wrote.
    #[error("corrupt: {0}")]
    Corrupt(String),
    /// The disk, or the quota on it, is used up.
    #[error("the disk is full")]
    Full,
    /// The table or the file belongs to another role, or the file system is read-only.
    #[error("the database may not be written from here")]
    ReadOnly,
    /// The database, or the part of it that another role keeps, cannot be reached.
    #[error("{0}")]
    Down(String),
    /// The tables are not those that this binary was built for.
    #[error("{0}")]
    Schema(String),
    /// Anything else, in the engine's words.
    #[error("database failure: {0}")]
    Failed(String),
}

impl DbError {
    /// Whether this is the violation of the UNIQUE constraint over `columns` (joined by `_`).
    pub fn is_unique(&self, columns: &str) -> bool {
        matches!(self, Self::Unique(name) if name == columns)
    }

    /// Whether the whole transaction may be tried again with some hope.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self, Self::Busy)
    }

    /// Whether the engine refused this one statement and left the transaction as it was.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Unique(_) | Self::Constraint(_) | Self::NotFound)
    }

    /// Whether a file, or the shape of its tables, is at fault, and not what a row holds.
    pub fn is_of_file(&self) -> bool {
        match self {
            Self::Down(_) | Self::ReadOnly | Self::Schema(_) | Self::Failed(_) => true,
            Self::Corrupt(said) => SPOILT.iter().any(|word| said.contains(word)),
            _ => false,
        }
    }

    /// Sorts a failure by the engine's message, where diesel knows no kind for it.
    pub(crate) fn from_message(message: &str) -> Self {
        let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
        if has(&BUSY) {
            Self::Busy
        } else if has(&["interrupted", "max_statement_time"]) {
            Self::Timeout
        } else if has(&["disk is full", "The table '", "No space left"])
            && has(&["full", "No space"])
        {
            Self::Full
        } else if has(&CONSTRAINT) {
            Self::Constraint(message.to_owned())
        } else if has(&["readonly database", "command denied to user", "read-only", "READ ONLY"]) {
            Self::ReadOnly
        } else if has(&DOWN) {
            Self::Down(format!("the database cannot be reached: {message}"))
        } else if has(&SPOILT) {
            Self::Corrupt(message.to_owned())
        } else if has(&[
            "no such table",
            "no such column",
            "no such view",
            "doesn't exist",
            "Unknown column",
        ]) {
            Self::Schema(format!("the tables do not fit this binary: {message}"))
        } else {
            Self::Failed(message.to_owned())
        }
    }

    /// Sorts a failure of diesel's without consuming it.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::DatabaseError(kind, info) => Self::of_kind(kind, info.message()),
            Error::DeserializationError(cause) => Self::Corrupt(cause.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }

    fn of_kind(kind: &DatabaseErrorKind, message: &str) -> Self {
        match kind {
            DatabaseErrorKind::UniqueViolation => Self::Unique(constraint(message)),
            DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation => Self::Constraint(message.to_owned()),
            DatabaseErrorKind::SerializationFailure => Self::Busy,
            DatabaseErrorKind::ReadOnlyTransaction => Self::ReadOnly,
            DatabaseErrorKind::ClosedConnection => {
                Self::Down(format!("the database closed the connection: {message}"))
            }
            _ => Self::from_message(message),
        }
    }
}

const BUSY: [&str; 5] = [
    "database is locked",
    "table is locked",
    "Deadlock found",
    "Lock wait timeout",
    "Record has changed since last read",
];

const CONSTRAINT: [&str; 7] = [
    " is history",
    " refuses ",
    "CONSTRAINT `",
    "Data too long",
    "Out of range value",
    "Incorrect ",
    "doesn't have a default value",
];

/// SQLite's words for a file that holds no sound database.
const SPOILT: [&str; 2] = ["malformed", "not a database"];

const DOWN: [&str; 9] = [
    "unable to open database",
    "disk I/O error",
    "gone away",
    "Lost connection",
    "Can't connect",
    "Too many connections",
    "Access denied",
    "Unknown database",
    "WSREP has not yet prepared node",
];

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

impl From<diesel::ConnectionError> for DbError {
    fn from(error: diesel::ConnectionError) -> Self {
        match error {
            diesel::ConnectionError::CouldntSetupConfiguration(cause) => Self::of(&cause),
            other => Self::Down(format!("the database cannot be reached: {other}")),
        }
    }
}

/// The name of a constraint out of `UNIQUE constraint failed: t.a, t.b` or
/// `Duplicate entry 'x' for key 'a_b'`, written the same for both.
fn constraint(message: &str) -> String {
    if let Some((_, columns)) = message.split_once("constraint failed: ") {
        let bare = |column: &str| column.trim().rsplit('.').next().unwrap_or_default().to_owned();
        return columns.split(',').map(bare).collect::<Vec<_>>().join("_");
    }
    let key = message.trim_end_matches('\'').rsplit('\'').next().unwrap_or_default();
    key.rsplit('.').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_name_a_constraint_alike() {
        for message in [
            "UNIQUE constraint failed: order_events.order_id, order_events.terminal",
            "Duplicate entry 'a-1' for key 'order_id_terminal'",
            "Duplicate entry 'a-1' for key 'order_events.order_id_terminal'",
        ] {
            assert_eq!(constraint(message), "order_id_terminal", "{message}");
        }
    }

    #[test]
    fn what_may_pass_is_told_from_what_may_not() {
        let deadlock = "Deadlock found when trying to get lock; try restarting transaction";
        assert_eq!(DbError::from_message(deadlock), DbError::Busy);
        assert_eq!(DbError::from_message("The table 'orders' is full"), DbError::Full);
        let denied = "DELETE command denied to user 'w'@'localhost' for table `h`.`seals`";
        assert_eq!(DbError::from_message(denied), DbError::ReadOnly);
        let apart = "WSREP has not yet prepared node for application use";
        assert!(matches!(DbError::from_message(apart), DbError::Down(_)));
        assert!(matches!(DbError::from_message("something new"), DbError::Failed(_)));
    }
}
