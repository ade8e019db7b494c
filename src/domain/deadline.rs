//! Deadlines after funding, and the clock that they run by.
//!
//! A deadline counts the time during which somebody could have objected: it stands still while
//! escrow is stale or paused, and after a long gap none fires for a while.

use std::fmt;
use std::str::FromStr;

use crate::clock::{Span, Time};
use crate::life::{self, Standing};
use crate::limits::{DEADLINE_GAP, DEADLINE_GRACE, HEARTBEAT_STALE};
use crate::order::{BadWord, OrderStatus, words};

words! {
    /// What is to happen by a deadline, and what escrow does when it has not.
    DeadlineKind {
        /// The vendor dispatches; else the money is frozen and the buyer may have it back.
        Handling = "handling",
        /// The buyer objects; else the vendor is paid.
        Inspection = "inspection",
        /// The parties agree after all on an order that was not dispatched in time; else the buyer
        /// is paid back.
        Refund = "refund",
        /// The parties agree or staff rule; else the money goes where
        /// [`crate::dispute::by_default`] says.
        Dispute = "dispute",
    }
}

/// The deadline that runs for an order without a planned payout; `None` where none does. A dispute
/// that is in effect stops all others and begins one of its own.
pub fn running(status: OrderStatus, disputed: bool, dispatched: bool) -> Option<DeadlineKind> {
    let now = Standing { status, disputed, dispatched, ..Standing::NEW };
    match disputed && status != OrderStatus::Frozen {
        true => None,
        false => life::deadline(now.phase()),
    }
}

/// The statuses in which a deadline can run: where the money lies in escrow and nothing is decided.
pub fn statuses() -> impl Iterator<Item = OrderStatus> {
    let all = OrderStatus::ALL.iter().copied();
    all.filter(|status| {
        standings()
            .any(|(of, disputed, sent)| of == *status && running(of, disputed, sent).is_some())
    })
}

/// Whether a deadline of this kind runs while a dispute is in effect, or else while none is.
pub fn is_of_dispute(kind: DeadlineKind) -> bool {
    standings()
        .any(|(status, disputed, sent)| disputed && running(status, true, sent) == Some(kind))
}

/// Every status with and without a dispute, dispatched and not.
fn standings() -> impl Iterator<Item = (OrderStatus, bool, bool)> {
    let each = [(false, false), (false, true), (true, false), (true, true)];
    OrderStatus::ALL
        .iter()
        .flat_map(move |status| each.map(|(disputed, sent)| (*status, disputed, sent)))
}

/// Escrow's own clock for deadlines: how long it has been up and not paused, ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunClock {
    /// Microseconds that count.
    pub ran: i64,
    /// When it was last wound: the last moment that counts.
    pub at: Time,
    /// No deadline fires before this.
    pub quiet_until: Option<Time>,
}

impl RunClock {
    /// A clock that begins now.
    pub const fn new(at: Time) -> Self {
        Self { ran: 0, at, quiet_until: None }
    }

    /// The clock at `now`, to be called more often than every [`HEARTBEAT_STALE`]. A longer step is a
    /// gap and does not count; after one of [`DEADLINE_GAP`] nothing fires for [`DEADLINE_GRACE`].
    /// A paused clock stands still, and how long it stood is its gap.
    #[must_use]
    pub fn wound(self, now: Time, paused: bool) -> Self {
        if paused {
            return self;
        }
        if now < self.at {
            // The machine's clock was set back: go on from there.
            return Self { at: now, ..self };
        }
        let step = now.since(self.at);
        let quiet_until =
            if step >= DEADLINE_GAP { Some(now.after(DEADLINE_GRACE)) } else { self.quiet_until };
        let counted = if step <= HEARTBEAT_STALE {
            now.as_micros().saturating_sub(self.at.as_micros())
        } else {
            0
        };
        Self { ran: self.ran.saturating_add(counted), at: now, quiet_until }
    }

    /// Whether deadlines may fire at `now`.
    pub fn fires(self, now: Time) -> bool {
        self.quiet_until.is_none_or(|until| until <= now)
    }

    /// The reading of this clock after `span` more.
    pub fn after(self, span: Span) -> i64 {
        self.ran.saturating_add(Time::from_micros(0).after(span).as_micros())
    }

    /// When a deadline at the reading `due` will come, if nothing stops the clock from `now` on.
    pub fn moment(self, due: i64, now: Time) -> Time {
        let left = due.saturating_sub(self.ran);
        let moment = Time::from_micros(self.at.max(now).as_micros().saturating_add(left.max(0)));
        self.quiet_until.map_or(moment, |until| moment.max(until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T0: Time = Time::from_secs(1_800_000_000);

    fn beaten(clock: RunClock, from: Time, secs: u32) -> RunClock {
        (1..=secs).fold(clock, |clock, n| clock.wound(from.after(Span::secs(n)), false))
    }

    #[test]
    fn it_counts_what_it_lived_through() {
        let clock = beaten(RunClock::new(T0), T0, 3_600);
        assert_eq!(clock.ran, 3_600_000_000);
        assert!(clock.fires(clock.at));
    }

    #[test]
    fn a_gap_does_not_count_and_a_long_one_is_followed_by_quiet() {
        let clock = RunClock::new(T0).wound(T0.after(Span::minutes(59)), false);
        assert_eq!((clock.ran, clock.quiet_until), (0, None));
        let back = T0.after(Span::days(15));
        let clock = RunClock::new(T0).wound(back, false);
        assert_eq!(clock.ran, 0);
        assert!(!clock.fires(back.after(Span::hours(23))));
        assert!(clock.fires(back.after(Span::hours(24))));
    }

    #[test]
    fn a_pause_is_a_gap() {
        let paused = (1..=7_200)
            .fold(RunClock::new(T0), |clock, n| clock.wound(T0.after(Span::secs(n)), true));
        assert_eq!(paused.ran, 0);
        let resumed = T0.after(Span::hours(2));
        let clock = paused.wound(resumed, false);
        assert_eq!((clock.ran, clock.fires(resumed)), (0, false));
    }

    #[test]
    fn a_clock_set_back_neither_stops_nor_runs_wild() {
        let back = T0.before(Span::days(1));
        let clock = beaten(RunClock::new(T0).wound(back, false), back, 10);
        assert_eq!(clock.ran, 10_000_000);
        assert!(clock.fires(clock.at));
    }

    #[test]
    fn a_dispute_stops_every_deadline_but_its_own() {
        for status in OrderStatus::ALL {
            for dispatched in [false, true] {
                let own = (*status == OrderStatus::Frozen).then_some(DeadlineKind::Dispute);
                assert_eq!(running(*status, true, dispatched), own);
                let open = matches!(status, OrderStatus::Completed | OrderStatus::Frozen);
                assert_eq!(running(*status, false, dispatched).is_some(), open);
            }
        }
    }

    #[test]
    fn what_may_run_when_follows_from_the_table_of_moves() {
        let open = [OrderStatus::Completed, OrderStatus::Frozen];
        assert_eq!(statuses().collect::<Vec<_>>(), open);
        for kind in DeadlineKind::ALL {
            assert_eq!(is_of_dispute(*kind), *kind == DeadlineKind::Dispute, "{kind}");
        }
    }

    proptest! {
        #[test]
        fn it_never_runs_faster_than_time(steps in prop::collection::vec((0u32..20_000, any::<bool>()), 0..60)) {
            let mut now = T0;
            let mut clock = RunClock::new(T0);
            for (secs, paused) in steps {
                now = now.after(Span::secs(secs));
                let next = clock.wound(now, paused);
                prop_assert!(next.ran >= clock.ran);
                clock = next;
            }
            prop_assert!(T0.as_micros().saturating_add(clock.ran) <= now.as_micros());
        }
    }
}
