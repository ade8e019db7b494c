//! Escrow against a chain in memory: purchases, trouble, crashes, and money paid exactly once.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod orders;
mod outage;
mod parties;
mod wire;
mod world;
mod zoo;

mod books;
mod bounds;
mod carriers;
mod copies;
mod crash;
mod deadlines;
mod disputes;
mod elsewhere;
mod evidence;
mod exits;
mod forged;
mod granted;
mod handshake;
mod held;
mod hostile;
mod keyless;
mod liveness;
mod lodged;
mod money;
mod moves;
mod once;
mod process;
mod provider;
mod purchase;
mod recover;
mod referrals;
mod reseals;
mod returned_once;
mod returns;
mod rulings;
mod signed_offers;
mod signed_rulings;
mod signer;
mod taken;
mod tampered;
mod tampered_disputes;
mod tokens;
mod transfers;
