//! The payment stream: which event may follow in which status, and what status it leaves.

use crate::order::{EventKind, OrderStatus};

/// The status after `kind` in `status`; `None` where such an event has no place.
pub const fn after(kind: EventKind, status: OrderStatus) -> Option<OrderStatus> {
    use EventKind as E;
    use OrderStatus as S;
    match (kind, status) {
        (E::AddressIssued, S::New) => Some(S::Pending),
        (E::Rejected, S::New) | (E::Expired, S::New | S::Pending) => Some(S::Failed),
        (E::Cancelled, S::New | S::Pending) => Some(S::Cancelled),
        (E::Funded, S::Pending) => Some(S::Completed),
        // A dispute may also come while an order is frozen for not having been dispatched.
        (E::Frozen, S::Completed | S::Frozen) | (E::Overdue, S::Completed) => Some(S::Frozen),
        (E::Resumed, S::Frozen) | (E::Extended, S::Completed) => Some(S::Completed),
        (E::Released, S::Completed | S::Frozen) | (E::SplitReleased, S::Frozen) => {
            Some(S::Released)
        }
        (E::Refunded, S::Completed | S::Frozen) | (E::SplitCancelled, S::Frozen) => {
            Some(S::Cancelled)
        }
        // A dispute's own; it is in effect as long as the order is frozen.
        (E::OfferMade | E::Ruled | E::Contested | E::RulingConfirmed, S::Frozen) => Some(S::Frozen),
        // Nothing is seen on an address that was never issued, and no event leaves an order new.
        (E::PaymentSeen | E::PaymentVanished | E::PaymentCredited | E::IntentRefused, S::New) => {
            None
        }
        (E::PaymentSeen | E::PaymentVanished | E::PaymentCredited | E::IntentRefused, same) => {
            Some(same)
        }
        (E::ResealAsked | E::Resealed | E::ResealEnded, S::New) => None,
        (E::ResealAsked | E::Resealed | E::ResealEnded, same) => Some(same),
        (E::LateMoney | E::LateMoneyReturned, S::Released | S::Cancelled | S::Failed) => {
            Some(status)
        }
        // Of case 0 while the order stands, of later cases after its end.
        (E::PayoutPlanned | E::PayoutHeld | E::PayoutResumed | E::LegPaid, S::New | S::Pending) => {
            None
        }
        (E::PayoutPlanned | E::PayoutHeld | E::PayoutResumed | E::LegPaid, same) => Some(same),
        _ => None,
    }
}

/// Whether an event ends case 0: an order has one such event.
pub const fn is_end(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Rejected
            | EventKind::Cancelled
            | EventKind::Expired
            | EventKind::Released
            | EventKind::Refunded
            | EventKind::SplitReleased
            | EventKind::SplitCancelled
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_leads_to_a_terminal_status_and_nothing_else_does() {
        for kind in EventKind::ALL {
            for status in OrderStatus::ALL {
                let Some(next) = after(*kind, *status) else { continue };
                assert_ne!(next, OrderStatus::New);
                let ends = next.is_terminal() && !status.is_terminal();
                assert_eq!(ends, is_end(*kind), "{kind} in {status}");
            }
        }
    }

    #[test]
    fn what_has_ended_stays_as_it_ended() {
        for kind in EventKind::ALL {
            for status in OrderStatus::ALL.iter().filter(|status| status.is_terminal()) {
                assert!(after(*kind, *status).is_none_or(|next| next == *status));
            }
        }
    }

    #[test]
    fn every_event_has_a_place() {
        for kind in EventKind::ALL {
            assert!(OrderStatus::ALL.iter().any(|status| after(*kind, *status).is_some()));
        }
    }
}
