//! What web may ask of escrow about an order, and how escrow answers by the order's state alone.

use std::fmt;
use std::str::FromStr;

use crate::deed::Signatory;
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

words! {
    /// How far an order has come, as far as it decides about requests.
    Phase {
        /// Escrow has not issued an address.
        New = "new",
        /// Waiting for the payment.
        Unpaid = "unpaid",
        /// Paid, not dispatched.
        Funded = "funded",
        /// Dispatched.
        Sent = "sent",
        /// Frozen, because it was not dispatched in time.
        Overdue = "overdue",
        /// The same, but dispatched since.
        SentLate = "sent-late",
        /// Frozen by a dispute.
        Disputed = "disputed",
        /// Come to its end.
        Ended = "ended",
    }
}

/// What of an order decides about requests to escrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Status by escrow's last event.
    pub status: OrderStatus,
    /// A payout of case 0 is planned.
    pub paying: bool,
    /// A dispute is in effect.
    pub disputed: bool,
    /// The vendor marked it as shipped.
    pub dispatched: bool,
    /// The buyer has taken more time already.
    pub extended: bool,
}

impl Standing {
    /// How far it has come.
    pub const fn phase(self) -> Phase {
        match (self.status, self.disputed, self.dispatched) {
            (OrderStatus::New, ..) => Phase::New,
            (OrderStatus::Pending, ..) => Phase::Unpaid,
            (OrderStatus::Completed, _, false) => Phase::Funded,
            (OrderStatus::Completed, _, true) => Phase::Sent,
            (OrderStatus::Frozen, true, _) => Phase::Disputed,
            (OrderStatus::Frozen, false, false) => Phase::Overdue,
            (OrderStatus::Frozen, false, true) => Phase::SentLate,
            (OrderStatus::Released | OrderStatus::Cancelled | OrderStatus::Failed, ..) => {
                Phase::Ended
            }
        }
    }
}

/// Phases in which the money is in escrow.
const PAID: &[Phase] =
    &[Phase::Funded, Phase::Sent, Phase::Overdue, Phase::SentLate, Phase::Disputed];

/// Who may ask for what, in which phase: the one table behind buttons, handlers and escrow's answer.
pub const RULES: &[(IntentAction, ActorRole, &[Phase])] = &[
    (IntentAction::Cancel, ActorRole::Buyer, &[Phase::New, Phase::Unpaid]),
    (IntentAction::Cancel, ActorRole::Staff, &[Phase::New, Phase::Unpaid]),
    (IntentAction::Release, ActorRole::Buyer, PAID),
    (IntentAction::Refund, ActorRole::Vendor, PAID),
    (IntentAction::Refund, ActorRole::Buyer, &[Phase::Overdue, Phase::SentLate]),
    (IntentAction::Extend, ActorRole::Buyer, &[Phase::Sent]),
    (IntentAction::Resume, ActorRole::Buyer, &[Phase::SentLate]),
    (IntentAction::Accept, ActorRole::Buyer, &[Phase::Disputed]),
    (IntentAction::Accept, ActorRole::Vendor, &[Phase::Disputed]),
    (IntentAction::Rule, ActorRole::Staff, &[Phase::Disputed]),
    (IntentAction::Contest, ActorRole::Buyer, &[Phase::Disputed]),
    (IntentAction::Contest, ActorRole::Vendor, &[Phase::Disputed]),
    (IntentAction::Confirm, ActorRole::Staff, &[Phase::Disputed]),
];

/// Whether `role` may ask for `action` as an order stands.
///
/// # Errors
/// The reason why not.
pub fn check(action: IntentAction, role: ActorRole, now: Standing) -> Result<(), Refusal> {
    let rule = RULES.iter().find(|rule| rule.0 == action && rule.1 == role);
    let Some((_, _, phases)) = rule else { return Err(Refusal::OtherParty) };
    let phase = now.phase();
    if phase == Phase::Ended {
        return Err(Refusal::Ended);
    }
    if now.paying {
        return Err(Refusal::PayingOut);
    }
    if action == IntentAction::Extend && now.extended {
        return Err(Refusal::Extended);
    }
    if phases.contains(&phase) { Ok(()) } else { Err(why_not(action, phase)) }
}

/// Why an action does not fit a phase that is not the end.
const fn why_not(action: IntentAction, phase: Phase) -> Refusal {
    match (action, phase) {
        (IntentAction::Cancel, _) => Refusal::Paid,
        (_, Phase::New | Phase::Unpaid) => Refusal::NotPaid,
        (IntentAction::Extend | IntentAction::Resume, Phase::Disputed) => Refusal::Disputed,
        (IntentAction::Extend | IntentAction::Resume, Phase::Funded | Phase::Overdue) => {
            Refusal::NotShipped
        }
        (IntentAction::Resume, _) => Refusal::NotOverdue,
        (IntentAction::Extend, _) => Refusal::NotShipped,
        (IntentAction::Release | IntentAction::Refund, _) => Refusal::OtherParty,
        (
            IntentAction::Accept
            | IntentAction::Rule
            | IntentAction::Contest
            | IntentAction::Confirm,
            _,
        ) => Refusal::Undisputed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way in which an order can stand.
    fn standings() -> impl Iterator<Item = Standing> {
        OrderStatus::ALL.iter().flat_map(|status| {
            (0..16u8).map(|bits| Standing {
                status: *status,
                paying: bits & 1 != 0,
                disputed: bits & 2 != 0,
                dispatched: bits & 4 != 0,
                extended: bits & 8 != 0,
            })
        })
    }

    #[test]
    fn the_vendor_never_pays_himself_and_the_buyer_refunds_himself_only_what_was_not_sent_in_time()
    {
        for now in standings() {
            assert!(check(IntentAction::Release, ActorRole::Vendor, now).is_err());
            assert!(check(IntentAction::Release, ActorRole::Staff, now).is_err());
            let late = matches!(now.phase(), Phase::Overdue | Phase::SentLate) && !now.paying;
            assert_eq!(check(IntentAction::Refund, ActorRole::Buyer, now).is_ok(), late, "{now:?}");
        }
    }

    #[test]
    fn nothing_is_asked_of_an_order_that_ended_or_pays_out() {
        for now in standings().filter(|now| now.paying || now.status.is_terminal()) {
            for action in IntentAction::ALL {
                for role in ActorRole::ALL {
                    assert!(check(*action, *role, now).is_err());
                }
            }
        }
    }

    #[test]
    fn each_rule_allows_what_it_names_and_nothing_else_is_allowed() {
        for now in standings().filter(|now| !now.paying && !now.extended) {
            for action in IntentAction::ALL {
                for role in ActorRole::ALL {
                    let named = RULES.iter().any(|(a, r, phases)| {
                        a == action && r == role && phases.contains(&now.phase())
                    });
                    assert_eq!(
                        check(*action, *role, now).is_ok(),
                        named,
                        "{action} {role} {now:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn refusals_say_what_is_the_matter() {
        let paid = Standing {
            status: OrderStatus::Completed,
            paying: false,
            disputed: false,
            dispatched: false,
            extended: false,
        };
        let sent = Standing { dispatched: true, ..paid };
        let buyer = |action, now| check(action, ActorRole::Buyer, now);
        assert_eq!(buyer(IntentAction::Cancel, paid), Err(Refusal::Paid));
        assert_eq!(buyer(IntentAction::Refund, paid), Err(Refusal::OtherParty));
        assert_eq!(buyer(IntentAction::Extend, paid), Err(Refusal::NotShipped));
        assert_eq!(buyer(IntentAction::Extend, sent), Ok(()));
        let twice = Standing { extended: true, ..sent };
        assert_eq!(buyer(IntentAction::Extend, twice), Err(Refusal::Extended));
        assert_eq!(buyer(IntentAction::Resume, sent), Err(Refusal::NotOverdue));
    }

    #[test]
    fn money_in_escrow_can_always_be_moved_by_somebody() {
        for now in standings().filter(|now| PAID.contains(&now.phase()) && !now.paying) {
            assert_eq!(check(IntentAction::Release, ActorRole::Buyer, now), Ok(()));
            assert_eq!(check(IntentAction::Refund, ActorRole::Vendor, now), Ok(()));
        }
    }
}
