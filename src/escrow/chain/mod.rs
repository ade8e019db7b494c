//! Talking with chains: nothing that a provider says is believed without a check.

pub mod client;
pub mod rpc;
pub mod tokens;
pub mod transport;
pub mod trial;
