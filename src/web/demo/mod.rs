//! What a fresh demo shop is filled with.

pub mod catalogue;
