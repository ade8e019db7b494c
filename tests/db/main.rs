//! The ring around the crate `db`: the same tests on both engines, through the doors that the
//! roles use.

#[cfg(feature = "mariadb")]
#[cfg(test)]
mod copying;
#[cfg(test)]
mod files;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod migrating;
#[cfg(test)]
mod names;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod rows;
#[cfg(feature = "mariadb")]
#[cfg(test)]
mod server;
#[cfg(test)]
mod stats;
#[cfg(test)]
mod timers;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod top_ups;
#[cfg(test)]
mod turns;
#[cfg(test)]
mod verbs;
#[cfg(test)]
mod writing;
