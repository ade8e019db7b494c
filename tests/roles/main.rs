//! The ring of real processes: the binary as an operator starts it, and as it dies.
//!
//! What wants root (users of their own, looking into other processes) says so and is left out for
//! anybody else, unless CI is set.

#[cfg(test)]
mod admin;
#[cfg(feature = "devnet")]
#[cfg(test)]
mod demo;
#[cfg(test)]
mod life;
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
