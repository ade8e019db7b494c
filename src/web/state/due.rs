//! Work that is due at most once in a while.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::clock::{Span, Time};

/// When some work was last begun in this process.
#[derive(Debug, Default)]
pub(crate) struct Due(AtomicI64);

impl Due {
    /// Whether `every` has passed since this last said yes. Of several that ask at once, one is told
    /// so.
    pub(crate) fn is_due(&self, now: Time, every: Span) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        now.since(Time::from_micros(last)) >= every
            && self
                .0
                .compare_exchange(last, now.as_micros(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}
