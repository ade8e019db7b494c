//! Jobs that run again and again, and when one of them is missed.

use crate::clock::{Span, Time};

/// After so many of its periods without an end a job is late.
const PERIODS: u32 = 3;

/// How the last run of a job went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name, at most 32 characters.
    pub name: String,
    /// The longest time that usually goes by from one run to the next, in seconds.
    pub period_secs: u32,
    /// When its last run began; of one that never ran, when its process started.
    pub started_at: Time,
    /// When that run ended; none while it runs for the first time.
    pub finished_at: Option<Time>,
    /// What it came to, in a few words.
    pub outcome: String,
    /// Whether it failed.
    pub failed: bool,
}

impl Job {
    /// How long the last run took; none where none has ended.
    pub fn took(&self) -> Option<Span> {
        self.finished_at.map(|end| end.since(self.started_at))
    }

    /// Whether it has not come to an end for three of its periods.
    pub fn is_late(&self, now: Time) -> bool {
        let last = self.finished_at.unwrap_or(self.started_at);
        now.since(last) > Span::secs(self.period_secs.saturating_mul(PERIODS))
    }

    /// Whether an operator should look at it.
    pub fn is_amiss(&self, now: Time) -> bool {
        self.failed || self.is_late(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_late_after_three_periods() {
        let start = Time::from_secs(1_800_000_000);
        let job = Job {
            name: "stats".to_owned(),
            period_secs: 60,
            started_at: start,
            finished_at: Some(start.after(Span::secs(2))),
            outcome: String::new(),
            failed: false,
        };
        let end = start.after(Span::secs(2));
        assert_eq!(job.took(), Some(Span::secs(2)));
        assert!(!job.is_late(end.after(Span::secs(180))));
        assert!(job.is_late(end.after(Span::secs(181))));
        let never = Job { finished_at: None, ..job.clone() };
        assert!(!never.is_late(start.after(Span::minutes(3))));
        assert!(never.is_late(start.after(Span::minutes(4))), "it was to run long ago");
        assert!(Job { failed: true, ..job }.is_amiss(end));
    }
}
