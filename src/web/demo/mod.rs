//! What a fresh demo shop is filled with.

mod busy;
pub mod catalogue;
pub mod director;
mod lodging;
mod seed;

pub use busy::{busy, busy_by};
pub use seed::seed;
