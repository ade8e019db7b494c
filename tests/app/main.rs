//! The shop as browsers and agents meet it: the real server on a port of its own, a database of
//! its own, and a clock that the test moves.
#![expect(unreachable_pub, reason = "one binary: nobody outside can name anything")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a journey that cannot go on fails its test"
)]

mod accounts;
mod admin;
mod bad_input;
mod catalogue;
mod catalogue_api;
mod catalogue_window;
mod client;
mod deadlines;
mod disputes;
mod fees;
mod files;
mod files_refused;
mod forgery;
mod headers;
mod keys;
mod leftovers;
mod limits;
mod lodged;
mod market;
mod notices;
mod orders;
mod orders_api;
mod orders_refused;
mod reminders;
mod reseals;
mod sessions;
mod shop;
mod signed;
mod signer;
mod stream;
mod tokens;
mod transparency;
mod trouble;
