//! How often a role may die before the monitor gives up.

use std::time::{Duration, Instant};

/// Deaths older than this are forgotten.
const MEMORY: Duration = Duration::from_secs(600);

/// When a role died of late.
#[derive(Debug, Default)]
pub(crate) struct Deaths(Vec<Instant>);

impl Deaths {
    /// Counts a death and says how long to wait before the next start; `None` when it died once
    /// more within ten minutes than there are `delays`.
    pub(crate) fn count(&mut self, now: Instant, delays: &[Duration]) -> Option<Duration> {
        self.0.retain(|at| now.saturating_duration_since(*at) < MEMORY);
        let before = self.0.len();
        self.0.push(now);
        delays.get(before).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn the_sixth_death_in_ten_minutes_is_the_last() {
        let delays = crate::serve::RESTART_SECS.map(secs);
        let (mut deaths, start) = (Deaths::default(), Instant::now());
        for (n, delay) in delays.iter().enumerate() {
            let at = start + secs(100) * u32::try_from(n).unwrap();
            assert_eq!(deaths.count(at, &delays), Some(*delay));
        }
        assert_eq!(deaths.count(start + secs(599), &delays), None);
    }

    #[test]
    fn old_deaths_are_forgotten() {
        let delays = crate::serve::RESTART_SECS.map(secs);
        let (mut deaths, start) = (Deaths::default(), Instant::now());
        for _ in &delays {
            assert!(deaths.count(start, &delays).is_some());
        }
        assert_eq!(deaths.count(start + secs(600), &delays), Some(delays[0]));
    }
}
