//! How far escrow has told the stories that somebody follows: one look for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use db::{DbError, story};
use domain::ids::OrderId;

use super::App;

/// The numbers of last events, and when they were looked up.
type Seen = (Instant, Arc<HashMap<OrderId, i32>>);

/// The orders that are followed, by how many, and what is known of them.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    followed: Arc<Mutex<HashMap<OrderId, usize>>>,
    seen: Mutex<Option<Seen>>,
}

/// Somebody follows an order as long as this is held.
#[derive(Debug)]
pub(crate) struct Follower {
    followed: Arc<Mutex<HashMap<OrderId, usize>>>,
    order: OrderId,
}

impl Heads {
    pub(crate) fn follow(&self, order: OrderId) -> Follower {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        *followed.entry(order).or_default() += 1;
        Follower { followed: Arc::clone(&self.followed), order }
    }

    fn known(&self, life: Duration) -> Option<Arc<HashMap<OrderId, i32>>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, heads) = seen.as_ref()?;
        (at.elapsed() < life).then(|| Arc::clone(heads))
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let left = followed.get(&self.order).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            followed.remove(&self.order);
        } else {
            followed.insert(self.order, left);
        }
    }
}

impl App {
    /// The number of the last event of an order that is followed, 0 before the first. Whoever asks
    /// after what is known has aged looks for all; the others take what was found.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn head(&self, follower: &Follower) -> Result<i32, DbError> {
        let heads = match self.heads.known(self.pulse_life) {
            Some(heads) => heads,
            None => self.look_at_heads().await?,
        };
        Ok(heads.get(&follower.order).copied().unwrap_or_default())
    }

    async fn look_at_heads(&self) -> Result<Arc<HashMap<OrderId, i32>>, DbError> {
        let at = Instant::now();
        let orders: Vec<OrderId> = {
            let followed = self.heads.followed.lock().unwrap_or_else(PoisonError::into_inner);
            followed.keys().copied().collect()
        };
        let found = self.read(move |conn| story::heads(conn, &orders)).await?;
        let heads = Arc::new(found.into_iter().collect());
        let mut seen = self.heads.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some((at, Arc::clone(&heads)));
        Ok(heads)
    }
}
