//! What web may ask of escrow about an order, and how escrow answers by the order's state alone.

use std::fmt;
use std::str::FromStr;

use crate::act::Act;
pub use crate::life::Standing;
use crate::life::{self, Move};
use crate::order::{BadWord, words};
use crate::pledge::Signatory;
use crate::refusal::Refusal;

words! {
    /// A request to escrow. It chooses among outcomes that the sealed terms allow and carries no address.
    IntentAction {
        /// Call off an unpaid order.
        Cancel = "cancel",
        /// Pay the vendor.
        Release = "release",
        /// Pay the buyer back in full.
        Refund = "refund",
        /// Take more time to look at what came.
        Extend = "extend",
        /// Take a late dispatch after all.
        Resume = "resume",
        /// Take the other party's offer.
        Accept = "accept",
        /// Rule in a dispute.
        Rule = "rule",
        /// Call a second staff member to a ruling.
        Contest = "contest",
        /// Agree with another staff member's ruling.
        Confirm = "confirm",
    }
}

words! {
    /// In which part somebody acts on an order.
    ActorRole {
        /// Whoever placed it.
        Buyer = "buyer",
        /// A member of the store.
        Vendor = "vendor",
        /// Staff or an admin.
        Staff = "staff",
    }
}

words! {
    /// Who wrote an event into the payment stream.
    EventActor {
        /// The buyer asked for it.
        Buyer = "buyer",
        /// The vendor asked for it.
        Vendor = "vendor",
        /// Staff asked for it.
        Staff = "staff",
        /// The chain brought it.
        Chain = "chain",
        /// Escrow did it by its rules.
        Escrow = "escrow",
    }
}

impl IntentAction {
    /// Whose wallet has to sign an act of this role, where there is one: what parts the buyer from his
    /// money wants his, a ruling the staff member's, and what gives the money back none.
    pub const fn signatory(self, role: ActorRole) -> Option<Signatory> {
        match (self, role) {
            (Self::Release | Self::Accept, ActorRole::Buyer) => Some(Signatory::Buyer),
            (Self::Rule | Self::Confirm, ActorRole::Staff) => Some(Signatory::Staff),
            (
                Self::Release
                | Self::Accept
                | Self::Rule
                | Self::Confirm
                | Self::Cancel
                | Self::Refund
                | Self::Extend
                | Self::Resume
                | Self::Contest,
                ActorRole::Buyer | ActorRole::Vendor | ActorRole::Staff,
            ) => None,
        }
    }
}

impl From<ActorRole> for EventActor {
    fn from(role: ActorRole) -> Self {
        match role {
            ActorRole::Buyer => Self::Buyer,
            ActorRole::Vendor => Self::Vendor,
            ActorRole::Staff => Self::Staff,
        }
    }
}

/// Whether `role` may ask for `action` as an order stands; answers with the move that it makes.
///
/// # Errors
/// The reason why not.
pub fn check(
    action: IntentAction,
    role: ActorRole,
    now: Standing,
) -> Result<&'static Move, Refusal> {
    life::permit(Act::Ask(action), role, now)
}
