//! Passwords: argon2id, few at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::workers::Workers;
use crate::error::AppError;

/// KiB, passes and lanes of new hashes: OWASP's choice.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// The most of each that a stored hash may ask for.
const COST_MAX: (u32, u32, u32) = (65_536, 8, 4);
/// Forms with a password that are looked at together; the rest are sent away unread.
const PLACES: usize = 64;
/// Of these, how many are served for each turn at hashing: one hashes while the other's questions are
/// put to the database. More at once would not be quicker, and pages would wait behind them there.
const SERVED: usize = 2;
/// Bytes of a hash.
const HASH: usize = 32;
/// Stands for the hash of whoever does not exist, so that answering takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmUu$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Hasher(Arc<Desk>);

struct Desk {
    turns: Arc<Semaphore>,
    /// Places at the front of the queue, which may cost something.
    served: Arc<Semaphore>,
    /// Places that are taken.
    taken: AtomicUsize,
    workers: Workers,
}

/// A stored hash taken apart.
struct Stored {
    params: Params,
    current: bool,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// A place at the front of the desk, held from before a form costs anything until it is answered. It is
/// free again also when whoever holds it goes away.
pub struct Place {
    queued: Queued,
    _served: OwnedSemaphorePermit,
}

/// One of the [`PLACES`], at the front or behind.
pub struct Queued(Arc<Desk>);

impl std::fmt::Debug for Queued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Queued")
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Place")
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hasher {
    /// As many turns as this machine's cores bear without starving the pages: one less than them,
    /// 1 to 4.
    pub fn for_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_turns(cores.saturating_sub(1).clamp(1, 4))
    }

    fn with_turns(turns: usize) -> Self {
        Self(Arc::new(Desk {
            turns: Arc::new(Semaphore::new(turns)),
            served: Arc::new(Semaphore::new(turns.saturating_mul(SERVED))),
            taken: AtomicUsize::new(0),
            workers: Workers::new(turns),
        }))
    }

    /// A place at the desk, once it is at the front: asked for before a form costs anything else,
    /// above all a durable count of the try.
    ///
    /// # Errors
    /// As of [`Hasher::queue`].
    pub async fn place(&self) -> Result<Place, AppError> {
        let queued = self.queue()?;
        let _served = Arc::clone(&self.0.served).acquire_owned().await.map_err(|_closed| gone())?;
        Ok(Place { queued, _served })
    }

    /// A place at the desk, wherever in the queue.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when [`PLACES`] are taken.
    pub fn queue(&self) -> Result<Queued, AppError> {
        let before = self.0.taken.fetch_add(1, Ordering::Relaxed);
        let queued = Queued(Arc::clone(&self.0));
        if before < PLACES { Ok(queued) } else { Err(full()) }
    }
}

impl Place {
    /// The hash to store for a new password.
    ///
    /// # Errors
    /// [`AppError::Internal`] where no thread hashes.
    pub async fn hash(&self, password: SecretString, salt: [u8; 16]) -> Result<String, AppError> {
        self.turn(move |buffer| hash_in(buffer, password.expose_secret(), &salt)).await?
    }

    /// Whether the password is that of `stored`; for `None` it takes as long and is not.
    ///
    /// # Errors
    /// [`AppError::Internal`] where no thread hashes, or for a stored hash that is none.
    pub async fn verify(
        &self,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<bool, AppError> {
        let known = stored.is_some();
        let phc = stored.unwrap_or_else(|| NOBODY.to_owned());
        let fits =
            self.turn(move |buffer| verify_in(buffer, password.expose_secret(), &phc)).await??;
        Ok(fits && known)
    }

    async fn turn<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let desk = &self.queued.0;
        let turn = Arc::clone(&desk.turns).acquire_owned().await.map_err(|_closed| gone())?;
        let (tell, told) = oneshot::channel();
        desk.workers.give(Box::new(move |buffer| {
            let done = job(buffer);
            drop(turn);
            // Whoever asked may have gone away.
            let _unheard = tell.send(done);
        }))?;
        told.await.map_err(|_dropped| gone())
    }
}

fn gone() -> AppError {
    AppError::Internal("the password desk is closed".to_owned())
}

fn full() -> AppError {
    AppError::Unavailable(
        "busy",
        "Many people sign in at this moment. Please try again in a few seconds.".into(),
    )
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hasher({} turns free)", self.0.turns.available_permits())
    }
}

/// The hash to store for a new password, on the calling thread: for commands and for demo data.
///
/// # Errors
/// [`AppError::Internal`] for what argon2 refuses: nothing of a length that we let through.
pub(crate) fn hash_password(password: &str, salt: [u8; 16]) -> Result<String, AppError> {
    hash_in(&mut Vec::new(), password, &salt)
}

/// Whether a stored hash was made at another cost than today's.
pub(crate) fn is_outdated(phc: &str) -> bool {
    parse(phc).is_some_and(|stored| !stored.current)
}

fn hash_in(buffer: &mut Vec<Block>, password: &str, salt: &[u8]) -> Result<String, AppError> {
    let (m, t, p) = COST;
    let params = Params::new(m, t, p, Some(HASH)).map_err(broken)?;
    let mut hash = [0; HASH];
    fill(buffer, params, password, salt, &mut hash)?;
    let salt = Base64Unpadded::encode_string(salt);
    let hash = Base64Unpadded::encode_string(&hash);
    Ok(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}"))
}

fn verify_in(buffer: &mut Vec<Block>, password: &str, phc: &str) -> Result<bool, AppError> {
    let stored = parse(phc)
        .ok_or_else(|| AppError::Internal("a stored password hash is corrupt".to_owned()))?;
    let mut hash = [0; HASH];
    fill(buffer, stored.params, password, &stored.salt, &mut hash)?;
    Ok(bool::from(hash.as_slice().ct_eq(&stored.hash)))
}

fn fill(
    buffer: &mut Vec<Block>,
    params: Params,
    password: &str,
    salt: &[u8],
    out: &mut [u8; HASH],
) -> Result<(), AppError> {
    let blocks = params.block_count();
    if buffer.len() < blocks {
        buffer.resize(blocks, Block::new());
    }
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let memory = buffer.get_mut(..blocks).unwrap_or_default();
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, memory).map_err(broken)
}

fn broken(error: argon2::Error) -> AppError {
    AppError::Internal(format!("argon2: {error}"))
}

/// Reads `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
fn parse(phc: &str) -> Option<Stored> {
    let mut parts = phc.strip_prefix("$argon2id$v=19$")?.split('$');
    let mut costs = parts.next()?.split(',');
    let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
    let (m, t, p) = (cost("m=")?, cost("t=")?, cost("p=")?);
    let salt = Base64Unpadded::decode_vec(parts.next()?).ok()?;
    let hash = Base64Unpadded::decode_vec(parts.next()?).ok()?;
    let fits = parts.next().is_none() && hash.len() == HASH && salt.len() >= 8;
    let bearable = m <= COST_MAX.0 && t <= COST_MAX.1 && p <= COST_MAX.2;
    let params = Params::new(m, t, p, Some(HASH)).ok()?;
    (fits && bearable).then_some(Stored { params, current: (m, t, p) == COST, salt, hash })
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Asks a future once.
    fn once<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let mut buffer = Vec::new();
        let phc = hash_in(&mut buffer, "correct horse", &[7; 16]).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify_in(&mut buffer, "correct horse", &phc).unwrap());
        assert!(!verify_in(&mut buffer, "correct horsf", &phc).unwrap());
        assert!(!is_outdated(&phc));
        assert_eq!(buffer.len(), 19_456, "one buffer, of the size of one hash");
    }

    /// Made by the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32`.
    #[test]
    fn hashes_of_others_are_read() {
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify_in(&mut Vec::new(), "password", phc).unwrap());
        assert!(is_outdated(phc));
    }

    #[test]
    fn what_is_no_hash_is_an_error_and_not_a_no() {
        for phc in [
            "",
            "$2b$10$abc",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA",
            "$argon2id$v=19$m=4000000,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ] {
            assert!(verify_in(&mut Vec::new(), "x", phc).is_err(), "{phc}");
        }
    }

    #[actix_web::test]
    async fn a_few_are_served_many_wait_and_more_are_refused() {
        let hasher = Hasher::with_turns(1);
        let mut served = Vec::new();
        for _ in 0..SERVED {
            served.push(hasher.place().await.unwrap());
        }
        assert!(!served[0].verify("x".into(), None).await.unwrap(), "nobody has no password");
        let mut waiting: Vec<_> = (SERVED..PLACES).map(|_| Box::pin(hasher.place())).collect();
        for place in &mut waiting {
            assert!(once(place.as_mut()).is_pending());
        }
        for _ in 0..2 {
            assert_eq!(hasher.place().await.unwrap_err().status().as_u16(), 503);
        }
        // Whoever goes away while he waits makes room, and whoever was refused took none.
        waiting.pop();
        assert!(once(pin!(hasher.place())).is_pending());
        // Whoever was served lets the first of those that wait come forward.
        served.pop();
        let forward = once(waiting[0].as_mut());
        assert!(forward.is_ready());
        assert!(once(waiting[1].as_mut()).is_pending());
    }
}
