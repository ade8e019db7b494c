//! What a chain tx is made of and what it may cost.

pub mod fees;
pub mod tx;
