//! Following an order: what escrow writes goes out as soon as it stands.

use std::time::Duration;

use actix_web::rt;
use actix_web::rt::time::{Instant, sleep, timeout};
use actix_web::web::Bytes;
use db::story::{self, EventRow};
use domain::ids::OrderId;
use domain::order::OrderStatus;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::read;
use crate::error::AppError;
use crate::http::sse::{self, Seat};
use crate::http::viewer::Account;
use crate::state::{Follower, State};

/// How often a stream asks whether there is news; the look itself is shared by all.
const LOOK: Duration = Duration::from_millis(500);
/// Longest silence on the wire.
const BEAT: Duration = Duration::from_secs(15);
/// Longest life of a stream. Who comes again is asked anew who he is, so that a revoked key or a
/// banned account does not listen on.
const LIFE: Duration = Duration::from_secs(300);
/// How long a client may leave what was sent to it lying.
const SLOW: Duration = Duration::from_secs(10);
/// Lines that wait for a client.
const QUEUE: usize = 16;

/// How an event is written for whoever follows.
pub type Tell = fn(&EventRow) -> Bytes;

/// The stream of an order from event number `after` on; `None` where it has come to its end and the
/// client has all of it. It ends with the order, and holds neither a thread nor a connection of the
/// database while nothing happens.
///
/// # Errors
/// [`AppError::NotFound`] for strangers, [`AppError::Limited`] for who follows too much already.
pub async fn follow(
    app: &State,
    who: &Account,
    id: OrderId,
    after: i32,
    tell: Tell,
) -> Result<Option<Receiver<Bytes>>, AppError> {
    let view = read::view(app, who, id).await?;
    let last = view.events.last().map_or(0, |event| event.seq);
    if view.status.is_terminal() && after >= last {
        return Ok(None);
    }
    let seat = app.seats.take(who.id)?;
    let (out, lines) = mpsc::channel(QUEUE);
    let stream = Stream {
        app: app.clone(),
        id,
        sent: after.min(last),
        follower: app.heads.follow(id),
        tell,
        out,
        _seat: seat,
    };
    rt::spawn(stream.run());
    Ok(Some(lines))
}

struct Stream {
    app: State,
    id: OrderId,
    sent: i32,
    follower: Follower,
    tell: Tell,
    out: Sender<Bytes>,
    _seat: Seat,
}

/// Why a stream ends before its order does.
struct Gone;

impl Stream {
    async fn run(mut self) {
        // However it ends, the client sees the end of the stream and knows what to do.
        let _ended = timeout(LIFE, self.tell_all()).await;
    }

    async fn tell_all(&mut self) -> Result<(), Gone> {
        self.send(sse::RETRY).await?;
        while !self.tell_news().await? {
            self.wait().await?;
        }
        self.send(sse::event(None, "end", &())).await
    }

    /// Sends what is new; `true` once the order has come to its end.
    async fn tell_news(&mut self) -> Result<bool, Gone> {
        let (id, sent) = (self.id, self.sent);
        let news = self.app.read(move |conn| story::events_after(conn, id, sent)).await;
        let news = news.map_err(|error| {
            tracing::warn!(%error, "a stream cannot read its order");
            Gone
        })?;
        let mut over = false;
        for event in &news {
            self.send((self.tell)(event)).await?;
            self.sent = event.seq;
            over |= event.status.parse().is_ok_and(OrderStatus::is_terminal);
        }
        Ok(over)
    }

    /// Returns when there is news.
    async fn wait(&self) -> Result<(), Gone> {
        let mut quiet = Instant::now();
        loop {
            tokio::select! {
                () = self.out.closed() => return Err(Gone),
                () = sleep(LOOK) => {}
            }
            // A database that is away for a moment is no news.
            if self.app.head(&self.follower).await.is_ok_and(|head| head > self.sent) {
                return Ok(());
            }
            if quiet.elapsed() >= BEAT {
                self.send(sse::BEAT).await?;
                quiet = Instant::now();
            }
        }
    }

    async fn send(&self, line: Bytes) -> Result<(), Gone> {
        let sent = timeout(SLOW, self.out.send(line)).await;
        sent.ok().and_then(Result::ok).ok_or(Gone)
    }
}
