//! Every move that an order can make: in which phases, what sets it off, what else must hold, who
//! writes what down, and what changes by it. Pages, handlers, escrow's answers, its book and the
//! documents go by this table ([`crate::life`]); there is no other list.

use crate::act::Act;
use crate::deadline::DeadlineKind as D;
use crate::event::EventKind as E;
use crate::intent::{ActorRole, IntentAction as A};
use crate::life::Change::{self, Dispatched, Disputed, Extended, Nothing, Pay, To};
use crate::life::Phase::{
    self, Ended, Funded, New, Overdue, Paying, Sent, SentLate, Settling, Unpaid,
};
use crate::life::Writer::{Chain, Desk, Either};
use crate::life::{Guard, Move, Trigger, Writer, Written};
use crate::order::OrderStatus as S;
use crate::settle::PayoutKind::{Refund, Release, Split};

const BUYER: &[ActorRole] = &[ActorRole::Buyer];
const VENDOR: &[ActorRole] = &[ActorRole::Vendor];
const STAFF: &[ActorRole] = &[ActorRole::Staff];
const PARTIES: &[ActorRole] = &[ActorRole::Buyer, ActorRole::Vendor];
const BUYER_OR_STAFF: &[ActorRole] = &[ActorRole::Buyer, ActorRole::Staff];

/// Escrow has taken it up.
const ISSUED: &[Phase] =
    &[Unpaid, Funded, Sent, Overdue, SentLate, Phase::Disputed, Paying, Settling, Ended];
/// The same before its end.
const OPEN: &[Phase] =
    &[Unpaid, Funded, Sent, Overdue, SentLate, Phase::Disputed, Paying, Settling];
/// Nothing is bought yet.
const UNBOUGHT: &[Phase] = &[New, Unpaid];
/// The money is in escrow and no payout is planned.
const PAID: &[Phase] = &[Funded, Sent, Overdue, SentLate, Phase::Disputed];
/// The same without a dispute.
const AT_PEACE: &[Phase] = &[Funded, Sent, Overdue, SentLate];
const LATE: &[Phase] = &[Overdue, SentLate];
const DISPUTED: &[Phase] = &[Phase::Disputed];
/// A payout of case 0 is on its way.
const LEAVING: &[Phase] = &[Paying, Settling];
/// The same, or one of a later case may be.
const PAYABLE: &[Phase] = &[Paying, Settling, Ended];

/// The table.
pub const MOVES: &[Move] = &[
    // Until it is paid.
    site(Desk, &[New], E::AddressIssued, To(S::Pending), "terms accepted, virgin address sealed"),
    site(Desk, &[New], E::Rejected, To(S::Failed), "its terms or addresses are not accepted"),
    expiry(Desk, &[New]),
    expiry(Chain, &[Unpaid]),
    ask(A::Cancel, BUYER_OR_STAFF, UNBOUGHT, E::Cancelled, To(S::Cancelled)),
    chain(&[Unpaid], E::Funded, To(S::Completed), "the sum less the tolerance is final, in time"),
    chain(ISSUED, E::PaymentSeen, Nothing, "the head's balance rose above the final one"),
    chain(ISSUED, E::PaymentVanished, Nothing, "what was seen is gone and not final"),
    chain(ISSUED, E::PaymentCredited, Nothing, "final money that does not fund it"),
    // The goods.
    web(Act::Ship, VENDOR, &[Funded, Overdue, Phase::Disputed], "shipment_events", Dispatched)
        .only(Guard::Undispatched),
    over(D::Handling, &[Funded], E::Overdue, To(S::Frozen)),
    ask(A::Extend, BUYER, &[Sent], E::Extended, Extended).only(Guard::NotExtended),
    ask(A::Resume, BUYER, &[SentLate], E::Resumed, To(S::Completed)),
    // The money, without a dispute or in spite of one.
    ask(A::Release, BUYER, PAID, E::PayoutPlanned, Pay(Release)),
    ask(A::Refund, VENDOR, PAID, E::PayoutPlanned, Pay(Refund)),
    ask(A::Refund, BUYER, LATE, E::PayoutPlanned, Pay(Refund)),
    over(D::Inspection, &[Sent], E::PayoutPlanned, Pay(Release)),
    over(D::Refund, LATE, E::PayoutPlanned, Pay(Refund)),
    // A dispute.
    web(Act::Dispute, PARTIES, AT_PEACE, "disputes", Nothing).only(Guard::Undisputed),
    site(Either, AT_PEACE, E::Frozen, Disputed, "a dispute stands and no payout is planned"),
    web(Act::Offer, PARTIES, PAID, "dispute_offers", Nothing).only(Guard::Disputed),
    web(Act::Claim, ActorRole::ALL, PAID, "dispute_claims", Nothing).only(Guard::Disputed),
    site(Desk, DISPUTED, E::OfferMade, Nothing, "an offer that a party may have made"),
    ask(A::Accept, PARTIES, DISPUTED, E::PayoutPlanned, Pay(Split)).only(Guard::OfferStands),
    ask(A::Rule, STAFF, DISPUTED, E::Ruled, Nothing).only(Guard::MayRule),
    ask(A::Contest, PARTIES, DISPUTED, E::Contested, Nothing).only(Guard::MayContest),
    ask(A::Confirm, STAFF, DISPUTED, E::RulingConfirmed, Nothing).only(Guard::MayConfirm),
    row(DISPUTED, Trigger::Notice, Chain, E::PayoutPlanned, Pay(Split)),
    over(D::Dispute, DISPUTED, E::PayoutPlanned, Pay(Split)),
    // The way out.
    chain(PAYABLE, E::LegPaid, Nothing, "a leg's chain tx is final"),
    chain(PAYABLE, E::PayoutHeld, Nothing, "a payee refuses, a chain tx reverted or is not ours"),
    chain(PAYABLE, E::PayoutResumed, Nothing, "what held it is gone, or was looked at"),
    chain(LEAVING, E::Released, To(S::Released), "every leg of a release is final"),
    chain(LEAVING, E::Refunded, To(S::Cancelled), "every leg of a refund is final"),
    chain(&[Settling], E::SplitReleased, To(S::Released), "of a split, at most half the buyer's"),
    chain(&[Settling], E::SplitCancelled, To(S::Cancelled), "of a split, more of it the buyer's"),
    chain(&[Ended], E::LateMoney, Nothing, "money beyond the decision, worth more than moving it"),
    chain(&[Ended], E::PayoutPlanned, Nothing, "that money's own case"),
    chain(&[Ended], E::LateMoneyReturned, Nothing, "every leg of that case is final"),
    // Another address than the sealed one; what comes after the end is the buyer's.
    web(Act::Reseal, BUYER, ISSUED, "reseal_requests", Nothing).only(Guard::ResealUnasked),
    web(Act::Reseal, VENDOR, OPEN, "reseal_requests", Nothing).only(Guard::ResealUnasked),
    web(Act::KeepAddress, PARTIES, Phase::ALL, "reseal_requests", Nothing).only(Guard::ResealWaits),
    site(Desk, ISSUED, E::ResealAsked, Nothing, "a party's wish, at escrow's first sight"),
    site(Desk, ISSUED, E::Resealed, Nothing, "72 hours of the clock of deadlines later"),
    site(Desk, ISSUED, E::ResealEnded, Nothing, "taken back, or not an address to pay to"),
    // What does not fit.
    site(Either, ISSUED, E::IntentRefused, Nothing, "an intent that this table has no move for"),
];

const fn row(
    from: &'static [Phase],
    on: Trigger,
    writer: Writer,
    event: E,
    change: Change,
) -> Move {
    Move { from, on, guard: None, writer, written: Written::Event(event), change }
}

/// Somebody asks escrow. The desk lane answers, and announces a payout, which the chain lane plans.
const fn ask(
    action: A,
    by: &'static [ActorRole],
    from: &'static [Phase],
    event: E,
    change: Change,
) -> Move {
    let writer = if matches!(change, Pay(_)) { Chain } else { Desk };
    row(from, Trigger::Act(Act::Ask(action), by), writer, event, change)
}

/// Somebody does what web writes down itself.
const fn web(
    act: Act,
    by: &'static [ActorRole],
    from: &'static [Phase],
    table: &'static str,
    change: Change,
) -> Move {
    let (on, written) = (Trigger::Act(act, by), Written::Row(table));
    Move { from, on, guard: None, writer: Writer::Web, written, change }
}

/// Escrow does it by itself.
pub(crate) const fn site(
    writer: Writer,
    from: &'static [Phase],
    event: E,
    change: Change,
    when: &'static str,
) -> Move {
    row(from, Trigger::Site(when), writer, event, change)
}

/// The chain shows it.
pub(crate) const fn chain(
    from: &'static [Phase],
    event: E,
    change: Change,
    when: &'static str,
) -> Move {
    row(from, Trigger::Chain(when), Chain, event, change)
}

/// The time to pay is over.
pub(crate) const fn expiry(writer: Writer, from: &'static [Phase]) -> Move {
    row(from, Trigger::Expiry, writer, E::Expired, To(S::Failed))
}

/// A deadline is over.
const fn over(kind: D, from: &'static [Phase], event: E, change: Change) -> Move {
    let writer = if matches!(change, Pay(_)) { Chain } else { Desk };
    row(from, Trigger::Deadline(kind), writer, event, change)
}

#[cfg(test)]
#[path = "moves_tests.rs"]
mod tests;
