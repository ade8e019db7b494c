//! What escrow tells of an order.

use std::fmt;
use std::str::FromStr;

use crate::order::{BadWord, words};

words! {
    /// What a row of the payment stream tells. Escrow writes every one of them.
    EventKind {
        /// An address was issued and the terms sealed.
        AddressIssued = "address-issued",
        /// The order asks for something that escrow does not accept.
        Rejected = "rejected",
        /// A payment is at the head of the chain but not final.
        PaymentSeen = "payment-seen",
        /// A payment that was seen is gone from the chain.
        PaymentVanished = "payment-vanished",
        /// A final payment short of the sum was credited.
        PaymentCredited = "payment-credited",
        /// The sum is there and final.
        Funded = "funded",
        /// Called off before it was funded.
        Cancelled = "cancelled",
        /// The deadline passed on the final chain.
        Expired = "expired",
        /// A dispute took effect.
        Frozen = "frozen",
        /// The handling time passed without dispatch: the buyer may have the money back.
        Overdue = "overdue",
        /// The buyer took a late dispatch after all.
        Resumed = "resumed",
        /// The buyer took more time to look at what came.
        Extended = "extended",
        /// A party proposed how to share.
        OfferMade = "offer-made",
        /// Staff ruled; both parties have notice.
        Ruled = "ruled",
        /// A second staff member was called.
        Contested = "contested",
        /// A second staff member agreed with the ruling.
        RulingConfirmed = "ruling-confirmed",
        /// A request was turned down.
        IntentRefused = "intent-refused",
        /// A payout was planned; from here it cannot be stopped.
        PayoutPlanned = "payout-planned",
        /// A payout cannot go on without somebody's help.
        PayoutHeld = "payout-held",
        /// What held a payout is gone; it goes on.
        PayoutResumed = "payout-resumed",
        /// A party asked to be paid to another address.
        ResealAsked = "reseal-asked",
        /// The terms were sealed anew with that address.
        Resealed = "resealed",
        /// It was withdrawn or turned down.
        ResealEnded = "reseal-ended",
        /// One leg of a payout is final.
        LegPaid = "leg-paid",
        /// The vendor is paid.
        Released = "released",
        /// The buyer is paid back.
        Refunded = "refunded",
        /// Both are paid, the vendor no less than the buyer.
        SplitReleased = "split-released",
        /// Both are paid, the buyer more than the vendor.
        SplitCancelled = "split-cancelled",
        /// Money beyond the decision was found.
        LateMoney = "late-money",
        /// Money beyond the decision is back with the buyer.
        LateMoneyReturned = "late-money-returned",
    }
}
