//! What a chain tx is made of and what it may cost.

pub mod abi;
pub mod eip3009;
pub mod fees;
pub mod tx;
