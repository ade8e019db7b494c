//! The desk: what web has asked for is checked here and taken up, or refused with a sentence.

pub mod addresses;
pub mod anchors;
pub mod check;
pub(crate) mod consents;
pub mod deadlines;
pub mod disputes;
pub mod intake;
pub mod intents;
pub mod lodgings;
pub mod offers;
pub mod reseals;
pub mod rulings;
