//! The rules of the marketplace, pure: no I/O, no clock, no database, no wire format.
//!
//! Callers parse at the edge into these types, ask here what may happen, and write the answer.
#![deny(missing_docs, clippy::arithmetic_side_effects)]

pub mod act;
pub mod asset;
pub mod books;
pub mod chain;
pub mod clamps;
pub mod clock;
pub mod deadline;

pub mod deposit;
pub mod dispute;
mod event;
pub mod evidence;
pub mod file;
pub mod ids;
pub mod intent;
pub mod item;
pub mod job;
pub mod journey;
pub mod life;
pub mod limits;
pub mod money;
mod moves;
pub mod notice;
pub mod order;
pub mod pledge;
pub mod policy;
pub mod referral;
pub mod refusal;
pub mod reseal;
pub mod seal;
pub mod settle;
pub mod shares;
pub mod signed;
pub mod store;
pub mod text;
pub mod user;

pub use verify::address::{AddressError, EvmAddress};
