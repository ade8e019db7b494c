//! How often something may be tried.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use actix_web::HttpRequest;
use db::{DbError, WebTx, attempts, turns};
use domain::clock::{Span, Time};
use domain::ids::KeyId;

use super::client;
use crate::error::AppError;
use crate::state::{App, hex};

/// So many tries in a window of time.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// What is tried; limits of different names count apart.
    pub name: &'static str,
    /// Tries in the window.
    pub max: u32,
    /// Its length.
    pub window: Span,
}

/// Calls that one API key may make in [`PACE_WINDOW`].
pub(crate) const PACE_MAX: usize = 60;
/// The window of [`PACE_MAX`].
pub(crate) const PACE_WINDOW: Span = Span::minutes(1);
/// Keys remembered at once; beyond that those at rest are forgotten.
const PACE_KEYS: usize = 4_096;

/// A counted try: the bucket it falls into and what tells it apart from others of the moment.
#[derive(Debug, Clone)]
pub struct Try {
    bucket: String,
    nonce: String,
    max: u32,
    window: Span,
    at: Time,
}

impl Try {
    /// A try of `subject` under `limit`, now.
    pub fn new(app: &App, limit: Limit, subject: &str) -> Self {
        Self {
            bucket: app.keys.bucket(limit.name, subject),
            nonce: hex(&app.random::<16>()),
            max: limit.max,
            window: limit.window,
            at: app.now(),
        }
    }

    /// Counts it, or says how long to wait; for use within a transaction that does the work as
    /// well.
    ///
    /// # Errors
    /// [`AppError::Limited`], and what the database says.
    pub fn count(&self, tx: &mut WebTx<'_>) -> Result<(), AppError> {
        turns::of_bucket(tx, &self.bucket)?;
        let since = self.at.before(self.window);
        let earlier = attempts::since(tx, &self.bucket, since, i64::from(self.max))?;
        let full = u32::try_from(earlier.len()).unwrap_or(u32::MAX) >= self.max;
        if let (true, Some(oldest)) = (full, earlier.last()) {
            return Err(AppError::Limited(until(oldest.after(self.window), self.at)));
        }
        attempts::insert(tx, &self.bucket, self.at, &self.nonce)?;
        Ok(())
    }

    /// Counts it without asking whether there is room.
    ///
    /// # Errors
    /// What the database says.
    pub fn note(&self, tx: &mut WebTx<'_>) -> Result<(), DbError> {
        attempts::insert(tx, &self.bucket, self.at, &self.nonce)
    }

    /// Forgets all tries in the bucket.
    ///
    /// # Errors
    /// What the database says.
    pub fn forgive(&self, tx: &mut WebTx<'_>) -> Result<(), DbError> {
        attempts::clear(tx, &self.bucket)
    }
}

/// Counts a try of `subject` under `limit`.
///
/// # Errors
/// [`AppError::Limited`] when the window is full, and what the database says.
pub async fn admit(app: &App, limit: Limit, subject: &str) -> Result<(), AppError> {
    let counted = Try::new(app, limit, subject);
    app.write("limit", move |tx| counted.count(tx)).await
}

/// Whole seconds from `now` until `then`, at least one.
pub(crate) fn until(then: Time, now: Time) -> u32 {
    u32::try_from(then.since(now).as_secs().saturating_add(1)).unwrap_or(u32::MAX)
}

/// Whom limits by address count: the client, of IPv6 the network that one customer gets.
pub fn address(app: &App, request: &HttpRequest) -> String {
    match client::address(&app.config.trusted_proxies, request) {
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "none".to_owned(),
    }
}

/// Calls of API keys within the last minute. Kept in memory: a restart forgives a minute at most.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<HashMap<KeyId, VecDeque<Time>>>);

impl Pace {
    /// Counts a call of `key` at `now`.
    pub(crate) fn step(&self, key: KeyId, now: Time) -> Result<(), AppError> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.before(PACE_WINDOW);
        if keys.len() >= PACE_KEYS && !keys.contains_key(&key) {
            keys.retain(|_, calls| calls.back().is_some_and(|last| *last > since));
        }
        let calls = keys.entry(key).or_default();
        while calls.front().is_some_and(|first| *first <= since) {
            calls.pop_front();
        }
        match calls.front() {
            Some(first) if calls.len() >= PACE_MAX => {
                Err(AppError::Limited(until(first.after(PACE_WINDOW), now)))
            }
            _ => {
                calls.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_makes_sixty_calls_a_minute_and_no_more() {
        let (pace, key) = (Pace::default(), KeyId::from_random([1; 16]));
        let start = Time::from_secs(1_000);
        for n in 0..60 {
            assert_eq!(pace.step(key, start.after(Span::secs(n / 2))), Ok(()));
        }
        assert_eq!(pace.step(key, start.after(Span::secs(30))), Err(AppError::Limited(31)));
        assert_eq!(pace.step(KeyId::from_random([2; 16]), start), Ok(()), "another key");
        assert_eq!(pace.step(key, start.after(Span::secs(61))), Ok(()));
        assert!(
            pace.step(key, start.after(Span::secs(60))).is_ok(),
            "two of the first second passed"
        );
    }
}
