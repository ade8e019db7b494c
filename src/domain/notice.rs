//! What people are told of their orders, and whom each thing concerns.

use std::fmt;
use std::str::FromStr;

use verify::keccak256;

use crate::clock::Time;
use crate::ids::{NoticeId, OrderId, UserId};
use crate::intent::{ActorRole, EventActor};
use crate::order::{BadWord, EventKind, words};

words! {
    /// What somebody is told.
    What {
        /// The order is paid.
        Funded = "funded",
        /// The payment did not come in time.
        Expired = "expired",
        /// The order was called off before it was paid.
        Cancelled = "cancelled",
        /// The vendor has sent it.
        Dispatched = "dispatched",
        /// It was not sent in time.
        Overdue = "overdue",
        /// The buyer took a late dispatch after all.
        Resumed = "resumed",
        /// The buyer took more time.
        Extended = "extended",
        /// A dispute is in effect.
        Disputed = "disputed",
        /// The other party offers a share.
        OfferMade = "offer-made",
        /// Staff ruled.
        Ruled = "ruled",
        /// A second staff member is called.
        Contested = "contested",
        /// A second staff member agreed with the ruling.
        RulingConfirmed = "ruling-confirmed",
        /// A payout waits for somebody.
        PayoutHeld = "payout-held",
        /// A held payout goes on.
        PayoutResumed = "payout-resumed",
        /// A party asked to be paid elsewhere.
        ResealAsked = "reseal-asked",
        /// It is paid elsewhere from now on.
        Resealed = "resealed",
        /// It stays as it was.
        ResealEnded = "reseal-ended",
        /// The vendor is paid.
        Released = "released",
        /// The buyer is paid back.
        Refunded = "refunded",
        /// Both are paid their share.
        Divided = "divided",
        /// Money came in beyond the decision.
        LateMoney = "late-money",
        /// That money is back with the buyer.
        LateMoneyReturned = "late-money-returned",
        /// Reminder: half of the time to pay is over.
        PaySoon = "pay-soon",
        /// Reminder: the handling time ends within a day.
        DispatchSoon = "dispatch-soon",
        /// Reminder: the vendor is paid within three days.
        InspectSoon = "inspect-soon",
        /// Reminder: the vendor is paid within a day.
        InspectLast = "inspect-last",
        /// Reminder to staff: nobody has ended a dispute for a week.
        SecondLook = "second-look",
        /// Reminder: the time of a held payout ends within a day.
        HeldSoon = "held-soon",
        /// To staff: the order has come to no end for a month.
        Stuck = "stuck",
    }
}

words! {
    /// A way by which people are told.
    Channel {
        /// The list of notices on the site.
        Site = "site",
    }
}

/// Something to tell somebody. The same of the same order on the same occasion is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whom.
    pub user: UserId,
    /// As whom.
    pub role: ActorRole,
    /// About which order.
    pub order: OrderId,
    /// What.
    pub what: What,
    /// Which time it is so: the number of an event, or the reading of a clock.
    pub occasion: i64,
    /// More about it, in escrow's words; mostly empty.
    pub note: String,
    /// When it happened.
    pub happened_at: Time,
    /// By when somebody must act, or when something comes by itself.
    pub due_at: Option<Time>,
}

impl Notice {
    /// Its id on a channel, the first half of a digest over what makes it what it is.
    pub fn id(&self, channel: Channel) -> NoticeId {
        let Self { user, order, what, occasion, .. } = self;
        let digest =
            keccak256(format!("{user}\n{order}\n{what}\n{occasion}\n{channel}").as_bytes());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
        NoticeId::from_random(bytes)
    }
}

const BUYER: &[ActorRole] = &[ActorRole::Buyer];
const VENDOR: &[ActorRole] = &[ActorRole::Vendor];
const PARTIES: &[ActorRole] = &[ActorRole::Buyer, ActorRole::Vendor];
const ALL: &[ActorRole] = &[ActorRole::Buyer, ActorRole::Vendor, ActorRole::Staff];

/// What an event of escrow's is told as, and whom it concerns; none of what a page alone tells.
pub const fn of_event(kind: EventKind) -> Option<(What, &'static [ActorRole])> {
    Some(match kind {
        EventKind::Funded => (What::Funded, PARTIES),
        EventKind::Expired => (What::Expired, BUYER),
        EventKind::Cancelled => (What::Cancelled, BUYER),
        EventKind::Overdue => (What::Overdue, PARTIES),
        EventKind::Resumed => (What::Resumed, VENDOR),
        EventKind::Extended => (What::Extended, VENDOR),
        EventKind::Frozen => (What::Disputed, ALL),
        EventKind::OfferMade => (What::OfferMade, PARTIES),
        EventKind::Ruled => (What::Ruled, PARTIES),
        EventKind::Contested => (What::Contested, ALL),
        EventKind::RulingConfirmed => (What::RulingConfirmed, PARTIES),
        EventKind::PayoutHeld => (What::PayoutHeld, ALL),
        EventKind::PayoutResumed => (What::PayoutResumed, PARTIES),
        EventKind::ResealAsked => (What::ResealAsked, PARTIES),
        EventKind::Resealed => (What::Resealed, PARTIES),
        EventKind::ResealEnded => (What::ResealEnded, PARTIES),
        EventKind::Released => (What::Released, PARTIES),
        EventKind::Refunded => (What::Refunded, PARTIES),
        EventKind::SplitReleased | EventKind::SplitCancelled => (What::Divided, PARTIES),
        EventKind::LateMoney => (What::LateMoney, BUYER),
        EventKind::LateMoneyReturned => (What::LateMoneyReturned, BUYER),
        EventKind::AddressIssued
        | EventKind::Rejected
        | EventKind::PaymentSeen
        | EventKind::PaymentVanished
        | EventKind::PaymentCredited
        | EventKind::IntentRefused
        | EventKind::PayoutPlanned
        | EventKind::LegPaid => return None,
    })
}

/// Whether somebody is told of what `actor` did: nobody of what his own side did, nor of what he did
/// as staff.
pub fn concerns(
    (user, role): (UserId, ActorRole),
    (actor, by): (EventActor, Option<UserId>),
) -> bool {
    let own_side = matches!(
        (role, actor),
        (ActorRole::Buyer, EventActor::Buyer) | (ActorRole::Vendor, EventActor::Vendor)
    );
    !own_side && by != Some(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_what_his_own_side_did() {
        let [ann, ben, bea] = [1, 2, 3].map(|n| UserId::from_random([n; 16]));
        let told = |who, by| concerns(who, by);
        let by_vendor = (EventActor::Vendor, Some(ben));
        assert!(told((ann, ActorRole::Buyer), by_vendor));
        assert!(!told((ben, ActorRole::Vendor), by_vendor));
        assert!(!told((bea, ActorRole::Vendor), by_vendor), "a colleague");
        assert!(told((bea, ActorRole::Staff), by_vendor));
        let by_staff = (EventActor::Staff, Some(bea));
        assert!(told((ann, ActorRole::Buyer), by_staff) && told((ben, ActorRole::Staff), by_staff));
        assert!(!told((bea, ActorRole::Staff), by_staff));
        assert!(told((ann, ActorRole::Buyer), (EventActor::Escrow, None)));
    }

    #[test]
    fn whatever_ends_an_order_that_was_paid_is_told_to_both() {
        for kind in [
            EventKind::Released,
            EventKind::Refunded,
            EventKind::SplitReleased,
            EventKind::SplitCancelled,
        ] {
            assert_eq!(of_event(kind).map(|(_, whom)| whom), Some(PARTIES), "{kind}");
        }
    }

    #[test]
    fn the_id_follows_from_whom_of_what_and_when() {
        let notice = Notice {
            user: UserId::from_random([1; 16]),
            role: ActorRole::Buyer,
            order: OrderId::from_random([2; 16]),
            what: What::Funded,
            occasion: 2,
            note: String::new(),
            happened_at: Time::from_secs(1),
            due_at: None,
        };
        let id = notice.id(Channel::Site);
        let later = Notice { happened_at: Time::from_secs(9), note: "x".into(), ..notice.clone() };
        assert_eq!(later.id(Channel::Site), id);
        for other in [
            Notice { user: UserId::from_random([3; 16]), ..notice.clone() },
            Notice { order: OrderId::from_random([3; 16]), ..notice.clone() },
            Notice { what: What::Released, ..notice.clone() },
            Notice { occasion: 3, ..notice },
        ] {
            assert_ne!(other.id(Channel::Site), id);
        }
    }
}
