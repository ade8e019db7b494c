//! Why the rules say no. Each refusal reads as a sentence for whoever asked.

use crate::money::AmountError;
use verify::address::AddressError;

/// A named input that cannot be accepted, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Name of the form field or JSON member.
    pub field: &'static str,
    /// A sentence that says what would be accepted.
    pub message: String,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: &'static str, message: impl ToString) -> Self {
        Self { field, message: message.to_string() }
    }
}

/// A text that is not what the field asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but space.
    #[error("Please fill this in.")]
    Empty,
    /// Longer than the field takes, in characters.
    #[error("At most {0} characters, please.")]
    Long(usize),
    /// Shorter than the field takes, in characters.
    #[error("At least {0} characters, please.")]
    Short(usize),
    /// Characters that cannot be seen or that change the direction of text.
    #[error("This has characters that cannot be seen; please type it anew.")]
    Invisible,
    /// Another form than the field's own.
    #[error("{0}")]
    Form(&'static str),
}

/// Why an act on an order is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Someone who has no part in the order.
    #[error("This order is not yours to act on.")]
    NotYours,
    /// A party, but the act belongs to the other one.
    #[error("This is for the other party of the order to do.")]
    OtherParty,
    /// Unpaid orders are cancelled; paid ones are refunded by the vendor.
    #[error("This order is paid already, so it cannot be cancelled. The vendor can refund it.")]
    Paid,
    /// Nothing has been paid yet.
    #[error("This order is not paid yet.")]
    NotPaid,
    /// The order has come to its end.
    #[error("This order is finished; nothing more can be done about it.")]
    Ended,
    /// A request is waiting for escrow's answer.
    #[error("An earlier request for this order is still being carried out. It takes a moment.")]
    InProgress,
    /// The payout is planned: the money is on its way.
    #[error("The payout is already on its way and cannot be stopped.")]
    PayingOut,
    /// Already shipped.
    #[error("This order is marked as shipped already.")]
    Shipped,
    /// The vendor has not shipped.
    #[error("The vendor has not marked this order as sent.")]
    NotShipped,
    /// More time was taken already.
    #[error("You have taken more time already; that is possible once.")]
    Extended,
    /// The order is not held up by a late dispatch.
    #[error("This order is not held up; there is nothing to resume.")]
    NotOverdue,
    /// Another address was asked for already.
    #[error("Another address was asked for already; that is possible once.")]
    ResealAsked,
    /// No wish for another address waits.
    #[error("No other address is waiting to be sealed.")]
    NothingWaits,
    /// A dispute stands already.
    #[error("A dispute is open for this order already.")]
    Disputed,
    /// The order is still waiting for its address.
    #[error("This order is still being prepared. Please try again in a moment.")]
    Preparing,
    /// No dispute is in effect.
    #[error("There is no dispute about this order.")]
    Undisputed,
    /// The offer is not one of the other party's, or not its last.
    #[error("This offer does not stand any more. Please look at the newest one.")]
    OfferGone,
    /// A party made as many offers as it may.
    #[error("You have made as many offers as are taken in one dispute.")]
    TooManyOffers,
    /// Somebody said as much as is taken.
    #[error("You have said as much as is taken in one dispute.")]
    TooManyClaims,
    /// Somebody added as many files as are taken.
    #[error("You have added as many files as are taken in one dispute.")]
    TooManyFiles,
    /// Somebody added as many files as are taken in a day.
    #[error("You have added as many files as are taken in a day. Please add the rest tomorrow.")]
    FilesToday,
    /// A ruling stands already.
    #[error(
        "There is a ruling already. It can be changed only if a party calls a second staff member."
    )]
    Ruled,
    /// No ruling stands.
    #[error("There is no ruling to act on.")]
    Unruled,
    /// The ruling that the request is about is not the one that stands.
    #[error("There is another ruling by now. Please look at it first.")]
    OtherRuling,
    /// A second opinion is the last one.
    #[error("Two staff members have looked at this already; the ruling is final.")]
    FinalRuling,
    /// A second staff member was called already.
    #[error("A second staff member was called already.")]
    Contested,
    /// The ruling waits for somebody else.
    #[error("Another staff member than the first has to look at this.")]
    SameStaff,
    /// Staff since a short time only.
    #[error("Whoever became staff within the last three days does not count as second.")]
    NewStaff,
    /// Not staff by escrow's own look.
    #[error("Only staff who are no party to the order rule in it.")]
    NotStaff,
    /// Rulings have to be signed, and no wallet of this staff member counts for that.
    #[error(
        "This site wants rulings signed by a wallet. One counts from two days after you named it under Account, and after you became staff."
    )]
    NoWallet,
    /// What was asked for cannot be read or is not there.
    #[error("The request is not one that can be carried out.")]
    Unreadable,
}

impl Refusal {
    /// A stable word for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotYours => "not-yours",
            Self::OtherParty => "other-party",
            Self::Paid => "already-paid",
            Self::NotPaid => "not-paid",
            Self::Ended => "order-ended",
            Self::InProgress => "in-progress",
            Self::PayingOut => "paying-out",
            Self::Shipped => "already-shipped",
            Self::NotShipped => "not-shipped",
            Self::Extended => "already-extended",
            Self::NotOverdue => "not-overdue",
            Self::ResealAsked => "reseal-asked",
            Self::NothingWaits => "nothing-waits",
            Self::Disputed => "already-disputed",
            Self::Preparing => "preparing",
            Self::Undisputed => "not-disputed",
            Self::OfferGone => "offer-gone",
            Self::TooManyOffers => "too-many-offers",
            Self::TooManyClaims => "too-many-claims",
            Self::TooManyFiles => "too-many-files",
            Self::FilesToday => "too-many-files-today",
            Self::Ruled => "already-ruled",
            Self::Unruled => "not-ruled",
            Self::OtherRuling => "other-ruling",
            Self::FinalRuling => "final-ruling",
            Self::Contested => "already-contested",
            Self::SameStaff => "same-staff",
            Self::NewStaff => "new-staff",
            Self::NotStaff => "not-staff",
            Self::NoWallet => "no-wallet",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Why an order cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    /// The package is gone or the store does not sell now.
    #[error("This is not on sale any more.")]
    NotOnSale,
    /// The buyer is a member of the store.
    #[error("You cannot buy from your own store.")]
    OwnStore,
    /// The vendor has no payout address that counts.
    #[error("This store cannot take orders yet: it has no payout address.")]
    NoPayoutAddress,
    /// The site demands a deposit of the store for such goods.
    #[error(
        "This cannot be ordered yet: the store has not lodged the deposit that this site asks for."
    )]
    NoDeposit,
    /// The chain is not served, or not reachable now.
    #[error("Payments on this chain are not possible at the moment.")]
    Chain,
    /// No fresh rate for the token.
    #[error("There is no current price for this coin. Please try again in a few minutes.")]
    NoRate,
    /// Below the chain's minimum, in US cents.
    #[error(
        "The smallest order on this chain is {0} USD at the moment, because of its network fees."
    )]
    TooSmall(crate::money::Cents),
    /// Beyond what an order can sum up to.
    #[error("This order is too large.")]
    TooLarge,
    /// Too many unpaid orders.
    #[error("You have {0} unpaid orders. Pay or cancel one of them first.")]
    TooManyUnpaid(i64),
    /// Too many orders in a day.
    #[error(
        "You have placed {0} orders within a day, which is as many as this site takes. Please go on tomorrow."
    )]
    TooMany(i64),
    /// Escrow is not running, or paused by the operator.
    #[error(
        "Payments are paused at the moment, so no new orders can be placed. Please try again later."
    )]
    Paused,
    /// Prices changed since the page was shown.
    #[error("The price changed since you opened this page. Please look at it again.")]
    PriceChanged,
    /// One or more inputs are wrong.
    #[error("Please correct the marked fields.")]
    Faults(Vec<Fault>),
}

impl OrderRefusal {
    /// A stable word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOnSale => "not-on-sale",
            Self::OwnStore => "own-store",
            Self::NoPayoutAddress => "no-payout-address",
            Self::NoDeposit => "no-deposit",
            Self::Chain => "chain-unavailable",
            Self::NoRate => "no-rate",
            Self::TooSmall(_) => "order-too-small",
            Self::TooLarge => "order-too-large",
            Self::TooManyUnpaid(_) => "too-many-unpaid",
            Self::TooMany(_) => "too-many-orders",
            Self::Paused => "payments-paused",
            Self::PriceChanged => "price-changed",
            Self::Faults(_) => "invalid-input",
        }
    }
}

/// Gathers the faults of a form, so that a person sees all of them at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Keeps a good value, or notes why it is not one.
    pub fn take<T, E: ToString>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.0.push(Fault::new(field, error))).ok()
    }

    /// Notes a fault.
    pub fn note(&mut self, field: &'static str, message: impl ToString) {
        self.0.push(Fault::new(field, message));
    }

    /// The faults so far.
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<AmountError> for BadText {
    fn from(error: AmountError) -> Self {
        match error {
            AmountError::Range => Self::Form("This amount is too large."),
            AmountError::Form | AmountError::Decimals(_) => {
                Self::Form("Write the amount in digits, with at most two decimals: 24.50")
            }
        }
    }
}

impl From<AddressError> for BadText {
    fn from(error: AddressError) -> Self {
        Self::Form(match error {
            AddressError::Form => "An address is 0x followed by 40 characters, 0 to 9 and a to f.",
            AddressError::Checksum => {
                "The capitals of this address do not match its checksum. Copy it again from your wallet."
            }
            AddressError::Reserved => {
                "Nobody holds the key of this address; money sent there is lost."
            }
        })
    }
}
