//! What stops a job before its end. Every job may simply be run again.

use db::DbError;

/// Why a conversation with a provider led to nothing. None of these says what the chain did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// No answer, or not in time.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// An answer that makes no sense.
    #[error("the provider's answer makes no sense: {0}")]
    Garbage(String),
    /// The provider says no, in its words.
    #[error("the provider refused ({code}): {message}")]
    Refused {
        /// JSON-RPC's code.
        code: i64,
        /// The provider's words, shortened.
        message: String,
    },
    /// The provider is on another chain than configured.
    #[error("{0}")]
    Wrong(String),
}

/// Why a job stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The database failed or refused.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A provider failed.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// A key cannot be used.
    #[error("{0}")]
    Key(String),
    /// What the ledger holds does not fit together.
    #[error("the ledger does not fit together: {0}")]
    Ledger(String),
    /// A test stopped the process here.
    #[error("stopped at {0}")]
    Stopped(&'static str),
}

impl Fault {
    /// Whether another engine on the same ledger was quicker: nothing is wrong then.
    pub fn is_overtaken(&self) -> bool {
        matches!(self, Self::Db(DbError::Unique(_)))
    }

    /// Whether it concerns the rows at hand, so that others may be gone on with. The database as
    /// a whole, a provider and a stop in a test concern all.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Key(_) | Self::Ledger(_) => true,
            Self::Chain(_) | Self::Stopped(_) => false,
            Self::Db(error) => !matches!(
                error,
                DbError::Busy
                    | DbError::Full
                    | DbError::Down(_)
                    | DbError::ReadOnly
                    | DbError::Schema(_)
            ),
        }
    }
}
