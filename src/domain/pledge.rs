//! What a wallet signs for, in the words that it shows.

use std::fmt;

use crate::money::Bps;

/// An act that wants a wallet's signature. Its words are the `action` of the consent: a share is part
/// of them, so that another share is another act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pledge {
    /// The buyer pays the vendor.
    Release,
    /// The buyer takes the vendor's offer, by which he gets this share himself.
    Accept(Bps),
    /// The buyer offers to be content with this share. Goes under the offer's number.
    Offer(Bps),
    /// A staff member gives the buyer this share.
    Rule(Bps),
    /// A second staff member agrees with the ruling of this number.
    Confirm {
        /// The ruling's number within the order.
        ruling: i32,
        /// The buyer's share by it.
        buyer: Bps,
    },
}

impl fmt::Display for Pledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release => f.write_str("release"),
            Self::Accept(buyer) => write!(f, "accept: {buyer} to the buyer"),
            Self::Offer(buyer) => write!(f, "offer: {buyer} to the buyer"),
            Self::Rule(buyer) => write!(f, "rule: {buyer} to the buyer"),
            Self::Confirm { ruling, buyer } => {
                write!(f, "confirm ruling {ruling}: {buyer} to the buyer")
            }
        }
    }
}

/// Whose wallet has to sign for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatory {
    /// The buyer's, where one is sealed with the order.
    Buyer,
    /// The staff member's own, where the operator wants rulings signed.
    Staff,
}
