//! What can be done about orders. Pages and JSON both come through here.

pub mod act;
mod agreed;
pub mod ask;
pub mod board;
mod facts;
pub mod follow;
pub mod place;
pub mod read;
mod referral;
pub mod reseal;
pub mod shares;
pub mod waits;
