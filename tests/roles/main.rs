//! The ring of real processes: the binary as an operator starts it, and as it dies.
//!
//! What wants root (users of their own, looking into other processes) says so and is left out for
//! anybody else, unless CI is set.

#[cfg(test)]
mod admin;
#[cfg(all(feature = "devnet", feature = "mariadb"))]
#[cfg(test)]
#[expect(dead_code, unreachable_pub, reason = "the ring app uses more of it")]
#[path = "../app/client.rs"]
mod client;
#[cfg(test)]
mod copies;
#[cfg(feature = "devnet")]
#[cfg(test)]
mod demo;
#[cfg(test)]
mod life;
#[cfg(all(feature = "devnet", feature = "mariadb"))]
#[cfg(test)]
mod mariadb;
#[cfg(all(feature = "devnet", feature = "mariadb"))]
#[cfg(test)]
mod moving;
#[cfg(test)]
mod names;
#[cfg(feature = "devnet")]
#[cfg(test)]
mod payouts;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod walls;
