//! Whether a statement failed in a way that the transaction may not have survived. The connection
//! itself is asked, not the job, so a job that swallows the failure is found out too.

use std::sync::{Arc, Mutex, PoisonError};

use diesel::Connection;
use diesel::connection::InstrumentationEvent;

use crate::conn::Conn;
use crate::error::DbError;

/// The first such failure since it was last taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taint(Arc<Mutex<Option<DbError>>>);

impl Taint {
    /// Takes note of every failing statement on `conn` from now on.
    pub(crate) fn watch(&self, conn: &mut Conn) {
        let taint = self.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::FinishQuery { error: Some(error), .. } = event {
                taint.note(DbError::of(error));
            }
        });
    }

    /// Whether there is one.
    pub(crate) fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes it, so that the next transaction starts clean.
    pub(crate) fn take(&self) -> Option<DbError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: DbError) {
        if !error.is_refusal() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }
}
