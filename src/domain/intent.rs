//! What web may ask of escrow about an order, and how escrow answers by the order's state alone.

use std::fmt;
use std::str::FromStr;

use crate::order::{BadWord, OrderStatus, words};
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

impl From<ActorRole> for EventActor {
    fn from(role: ActorRole) -> Self {
        match role {
            ActorRole::Buyer => Self::Buyer,
            ActorRole::Vendor => Self::Vendor,
            ActorRole::Staff => Self::Staff,
        }
    }
}

/// Who may ask for what, in which status: the one table behind buttons, handlers and escrow's answer.
pub const RULES: &[(IntentAction, ActorRole, &[OrderStatus])] = &[
    (IntentAction::Cancel, ActorRole::Buyer, &[OrderStatus::New, OrderStatus::Pending]),
    (IntentAction::Cancel, ActorRole::Staff, &[OrderStatus::New, OrderStatus::Pending]),
    (IntentAction::Release, ActorRole::Buyer, &[OrderStatus::Completed, OrderStatus::Frozen]),
    (IntentAction::Refund, ActorRole::Vendor, &[OrderStatus::Completed, OrderStatus::Frozen]),
];

/// Whether `role` may ask for `action` in `status`; `paying` says that a payout is planned already.
pub fn check(
    action: IntentAction,
    role: ActorRole,
    status: OrderStatus,
    paying: bool,
) -> Result<(), Refusal> {
    let Some((_, _, statuses)) = RULES.iter().find(|rule| rule.0 == action && rule.1 == role)
    else {
        return Err(Refusal::OtherParty);
    };
    if status.is_terminal() {
        return Err(Refusal::Ended);
    }
    if paying {
        return Err(Refusal::PayingOut);
    }
    match (action, statuses.contains(&status)) {
        (_, true) => Ok(()),
        (IntentAction::Cancel, false) => Err(Refusal::Paid),
        (IntentAction::Release | IntentAction::Refund, false) => Err(Refusal::NotPaid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendor_never_pays_himself_and_the_buyer_never_refunds_himself() {
        for status in OrderStatus::ALL {
            assert!(check(IntentAction::Release, ActorRole::Vendor, *status, false).is_err());
            assert!(check(IntentAction::Release, ActorRole::Staff, *status, false).is_err());
            assert!(check(IntentAction::Refund, ActorRole::Buyer, *status, false).is_err());
        }
    }

    #[test]
    fn nothing_is_asked_of_an_order_that_ended_or_pays_out() {
        for action in IntentAction::ALL {
            for role in ActorRole::ALL {
                for status in OrderStatus::ALL {
                    assert!(check(*action, *role, *status, true).is_err());
                    if status.is_terminal() {
                        assert!(check(*action, *role, *status, false).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn each_rule_allows_what_it_names_and_its_neighbours_are_refused_in_words() {
        for (action, role, statuses) in RULES {
            for status in OrderStatus::ALL {
                let expected = statuses.contains(status);
                assert_eq!(
                    check(*action, *role, *status, false).is_ok(),
                    expected,
                    "{action} {role} {status}"
                );
            }
        }
        let paid = check(IntentAction::Cancel, ActorRole::Buyer, OrderStatus::Completed, false);
        assert_eq!(paid, Err(Refusal::Paid));
    }
}
