//! What people can do about an order, and what they are to it.

use crate::intent::{ActorRole, IntentAction};
use crate::store::StoreRole;
use crate::user::Role;

/// What somebody is to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Placed it.
    Buyer,
    /// A member of its store.
    Vendor(StoreRole),
    /// Neither, but staff.
    Staff,
    /// None of these: for such a one the order does not exist.
    Stranger,
}

impl Relation {
    /// The relation of a person of `role` to an order. Being a party comes before being staff:
    /// nobody acts as staff in his own order.
    pub const fn of(is_buyer: bool, member: Option<StoreRole>, role: Role) -> Self {
        match (is_buyer, member) {
            (true, _) => Self::Buyer,
            (false, Some(store_role)) => Self::Vendor(store_role),
            (false, None) if role.is_staff() => Self::Staff,
            (false, None) => Self::Stranger,
        }
    }

    /// The part in which they act; `None` for a stranger.
    pub const fn actor(self) -> Option<ActorRole> {
        match self {
            Self::Buyer => Some(ActorRole::Buyer),
            Self::Vendor(_) => Some(ActorRole::Vendor),
            Self::Staff => Some(ActorRole::Staff),
            Self::Stranger => None,
        }
    }
}

/// An act on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Look at it.
    See,
    /// Read the delivery address.
    SeeDelivery,
    /// Ask escrow for something.
    Ask(IntentAction),
    /// Mark it as shipped.
    Ship,
    /// Open a dispute.
    Dispute,
    /// Propose in a dispute how to share.
    Offer,
    /// Say something about a dispute.
    Claim,
    /// Ask to be paid to another address than the sealed one.
    Reseal,
    /// Take that back while it waits.
    KeepAddress,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 17] = [
        Self::See,
        Self::SeeDelivery,
        Self::Ask(IntentAction::Cancel),
        Self::Ask(IntentAction::Release),
        Self::Ask(IntentAction::Refund),
        Self::Ask(IntentAction::Extend),
        Self::Ask(IntentAction::Resume),
        Self::Ask(IntentAction::Accept),
        Self::Ask(IntentAction::Rule),
        Self::Ask(IntentAction::Contest),
        Self::Ask(IntentAction::Confirm),
        Self::Ship,
        Self::Dispute,
        Self::Offer,
        Self::Claim,
        Self::Reseal,
        Self::KeepAddress,
    ];

    /// The last part of its address, on pages and in the API; none for acts that only look.
    pub const fn verb(self) -> Option<&'static str> {
        Some(match self {
            Self::See | Self::SeeDelivery => return None,
            Self::Ask(IntentAction::Cancel) => "cancel",
            Self::Ask(IntentAction::Release) => "confirm-receipt",
            Self::Ask(IntentAction::Refund) => "refund",
            Self::Ask(IntentAction::Extend) => "extend",
            Self::Ask(IntentAction::Resume) => "resume",
            Self::Ask(IntentAction::Accept) => "accept",
            Self::Ask(IntentAction::Rule) => "rule",
            Self::Ask(IntentAction::Contest) => "contest",
            Self::Ask(IntentAction::Confirm) => "confirm-ruling",
            Self::Ship => "ship",
            Self::Dispute => "dispute",
            Self::Offer => "offer",
            Self::Claim => "claim",
            Self::Reseal => "reseal",
            Self::KeepAddress => "keep-address",
        })
    }

    /// The act that an address ends with.
    pub fn by_verb(verb: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.verb() == Some(verb))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_never_staff_in_its_own_order() {
        assert_eq!(Relation::of(true, Some(StoreRole::Owner), Role::Admin), Relation::Buyer);
        assert_eq!(
            Relation::of(false, Some(StoreRole::Owner), Role::Admin),
            Relation::Vendor(StoreRole::Owner)
        );
        assert_eq!(Relation::of(false, None, Role::Customer), Relation::Stranger);
    }

    #[test]
    fn an_address_names_one_act() {
        for act in Act::ALL {
            assert_eq!(act.verb().and_then(Act::by_verb), act.verb().map(|_| act));
        }
        assert_eq!(Act::by_verb("see"), None);
    }
}
