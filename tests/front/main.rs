//! The front door: the shop's own processes behind a real nginx with the file that we ship.
#![cfg(feature = "devnet")]

#[cfg(test)]
mod client;
#[cfg(test)]
mod front;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod outside;
#[cfg(test)]
mod purchase;
#[cfg(test)]
mod raw;
#[cfg(test)]
#[path = "../roles/shop.rs"]
#[expect(dead_code, reason = "the ring of roles uses the rest")]
mod shop;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod uploads;
