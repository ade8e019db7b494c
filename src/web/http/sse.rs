//! Streams of server-sent events: their form, and how many there may be.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use domain::ids::UserId;
use serde::Serialize;
use tokio::sync::mpsc::Receiver;

use crate::error::AppError;

/// Streams that an account may have open at once.
pub(crate) const EACH: usize = 8;
/// Streams of all accounts at once.
const ALL: usize = 512;
/// Seconds after which a refused one may ask again.
const AGAIN_SECS: u32 = 15;

const KIND: &str = "text/event-stream";
/// What nginx reads as: pass on at once what comes, whatever its configuration says.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Says nothing, but shows both ends that the other is there.
pub(crate) const BEAT: Bytes = Bytes::from_static(b": beat\n\n");
/// How long a client waits before it comes again, in milliseconds.
pub(crate) const RETRY: Bytes = Bytes::from_static(b"retry: 2000\n\n");

/// Whether a request asks for a stream rather than for a document.
pub(crate) fn wanted(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .filter_map(|kind| kind.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case(KIND))
}

/// The number of the last event that the client has; 0 where it has none, or none of ours.
pub(crate) fn last_event(headers: &HeaderMap) -> i32 {
    let id = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    id.and_then(|id| id.parse().ok()).filter(|id| *id >= 0).unwrap_or(0)
}

/// One event on the wire. JSON has no line break, so its data is one line.
pub(crate) fn event(id: Option<i32>, name: &str, data: &impl Serialize) -> Bytes {
    // Our types have string keys and no failing part, so there is always a text.
    let data = serde_json::to_string(data).unwrap_or_default();
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n"))
}

/// An answer that goes on as long as `lines` does.
pub(crate) fn answer(lines: Receiver<Bytes>) -> HttpResponse {
    let mut response = HttpResponse::Ok().body(BoxBody::new(Lines(lines)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(KIND));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}

/// Tells a client that it need not come again: everything was said.
pub(crate) fn over() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

struct Lines(Receiver<Bytes>);

impl MessageBody for Lines {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.get_mut().0.poll_recv(cx).map(|line| line.map(Ok))
    }
}

/// The open streams of each account.
#[derive(Debug, Default)]
pub(crate) struct Seats(Arc<Mutex<HashMap<UserId, usize>>>);

/// Room for one stream; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Mutex<HashMap<UserId, usize>>>,
    user: UserId,
}

impl Seats {
    /// Room for one more stream of `user`.
    ///
    /// # Errors
    /// [`AppError::Limited`] where the account has [`EACH`] already, [`AppError::Unavailable`] where
    /// all together have [`ALL`].
    pub(crate) fn take(&self, user: UserId) -> Result<Seat, AppError> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(&user).is_some_and(|count| *count >= EACH) {
            return Err(AppError::Limited(AGAIN_SECS));
        }
        if open.values().sum::<usize>() >= ALL {
            return Err(AppError::Unavailable(
                "busy",
                "Too many streams are open at this moment. Please ask for the document instead."
                    .into(),
            ));
        }
        *open.entry(user).or_default() += 1;
        Ok(Seat { seats: Arc::clone(&self.0), user })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.user).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            open.remove(&self.user);
        } else {
            open.insert(self.user, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn user(n: u16) -> UserId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        UserId::from_random(bytes)
    }

    #[test]
    fn an_account_has_eight_seats_and_a_freed_one_is_given_again() {
        let seats = Seats::default();
        let mut held: Vec<_> = (0..EACH).map(|_| seats.take(user(1)).unwrap()).collect();
        assert_eq!(seats.take(user(1)).unwrap_err(), AppError::Limited(AGAIN_SECS));
        assert!(seats.take(user(2)).is_ok(), "another account");
        held.pop();
        held.push(seats.take(user(1)).unwrap());
        assert!(seats.take(user(1)).is_err());
        drop(held);
        assert!(seats.0.lock().unwrap().is_empty(), "nothing is remembered of who left");
    }

    #[test]
    fn all_accounts_together_are_bounded() {
        let seats = Seats::default();
        let held: Vec<_> =
            (0..ALL).map(|n| seats.take(user(u16::try_from(n).unwrap())).unwrap()).collect();
        let refused = seats.take(user(60_000)).unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.retry_after().is_some()), (503, true));
        drop(held);
        assert!(seats.take(user(60_000)).is_ok());
    }

    #[test]
    fn what_is_asked_for() {
        let asks = |accept: &'static str| {
            let request = TestRequest::default().insert_header(("Accept", accept));
            wanted(request.to_http_request().headers())
        };
        assert!(asks("text/event-stream"));
        assert!(asks("application/json;q=0.5, Text/Event-Stream;q=1"));
        assert!(!asks("*/*") && !asks("application/json") && !asks("text/event-streams"));
        let after = |id: &'static str| {
            let request = TestRequest::default().insert_header(("Last-Event-ID", id));
            last_event(request.to_http_request().headers())
        };
        assert_eq!(["7", "0", "-3", "x", "", "99999999999"].map(after), [7, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn an_event_is_a_few_lines() {
        let wire = event(Some(3), "funded", &"two\nlines");
        assert_eq!(wire, "id: 3\nevent: funded\ndata: \"two\\nlines\"\n\n");
        assert_eq!(event(None, "end", &()), "event: end\ndata: null\n\n");
    }
}
