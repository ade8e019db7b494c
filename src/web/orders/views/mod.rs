//! Order pages as pure functions of what they show.

pub mod board;
pub mod checkout;
pub mod confirm;
pub mod order;
pub mod pay;
pub mod reseal;
pub mod shares;
pub mod timeline;
pub mod words;
