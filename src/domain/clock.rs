//! Time as an argument: nothing in the rules asks what time it is.

use std::sync::atomic::{AtomicI64, Ordering};

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A length of time in microseconds, never negative in any rule here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

const MICROS: i64 = 1_000_000;

#[expect(
    clippy::as_conversions,
    reason = "u32 to i64 in const functions, where From is not to be had"
)]
impl Span {
    /// A span of so many seconds.
    pub const fn secs(secs: u32) -> Self {
        Self((secs as i64).saturating_mul(MICROS))
    }

    /// A span of so many minutes.
    pub const fn minutes(minutes: u32) -> Self {
        Self((minutes as i64).saturating_mul(60 * MICROS))
    }

    /// A span of so many hours.
    pub const fn hours(hours: u32) -> Self {
        Self((hours as i64).saturating_mul(3_600 * MICROS))
    }

    /// A span of so many days.
    pub const fn days(days: u32) -> Self {
        Self((days as i64).saturating_mul(86_400 * MICROS))
    }

    /// Its length in microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Its length in whole seconds, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.saturating_div(MICROS)
    }
}

impl Time {
    /// The moment so many microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The moment so many seconds after the epoch, as chains date their blocks.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(MICROS))
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// The moment `span` later; it stops at the end of time rather than wrap.
    #[must_use]
    pub const fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The moment `span` earlier.
    #[must_use]
    pub const fn before(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0).max(0))
    }
}

/// Where a running program gets its time from.
pub trait Clock: Send + Sync {
    /// The moment now.
    fn now(&self) -> Time;
}

/// A clock that stands still until it is told to move: for tests and for preparing demo data.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `start`.
    pub const fn at(start: Time) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves the clock on.
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, to: Time) {
        self.0.store(to.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}
