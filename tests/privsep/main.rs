//! The ring of attacks: a role that was taken over tries everything that we could think of, from
//! inside of its running process, behind every set of walls.
//!
//! `matrix.txt` keeps what works where. Where both filters stand nothing may; where a wall is left
//! out the attacks that it stops must work, or else it does nothing or the attack is none.
//! `HOLDFAST_RECORD=1` writes the file anew.

#[cfg(test)]
mod attacker;
#[cfg(test)]
mod cages;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod matrix;
#[cfg(test)]
#[path = "../roles/shop.rs"]
#[expect(dead_code, reason = "the shop of the ring roles can more than is used here")]
mod shop;
