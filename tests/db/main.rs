//! The ring around the crate `db`: the same tests on both engines, through the doors that the
//! roles use.

#[cfg(test)]
mod files;
#[cfg(test)]
mod migrating;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod stats;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod verbs;
#[cfg(test)]
mod writing;
