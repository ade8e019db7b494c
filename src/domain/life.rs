//! The life of an order: how far it has come, and which of the moves of [`MOVES`] it can make from
//! there.

use std::fmt;
use std::str::FromStr;

use crate::act::Act;
use crate::deadline::DeadlineKind;
use crate::event::EventKind;
use crate::intent::{ActorRole, IntentAction};
pub use crate::moves::MOVES;
use crate::order::{BadWord, OrderStatus, words};
use crate::refusal::Refusal;
use crate::settle::PayoutKind;

words! {
    /// How far an order has come, as far as it decides about what may happen to it.
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
        /// A payout is planned.
        Paying = "paying",
        /// The same of a disputed order.
        Settling = "settling",
        /// Come to its end.
        Ended = "ended",
    }
}

/// What of an order decides about its moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Status by escrow's last event.
    pub status: OrderStatus,
    /// A payout of case 0 is planned.
    pub paying: bool,
    /// A dispute is in effect; for web, that one was opened.
    pub disputed: bool,
    /// The vendor marked it as shipped.
    pub dispatched: bool,
    /// The buyer has taken more time already.
    pub extended: bool,
    /// It is a vendor's deposit, which makes the moves of [`crate::deposit::MOVES`] alone.
    pub deposit: bool,
}

impl Standing {
    /// An order that was just placed.
    pub const NEW: Self = Self {
        status: OrderStatus::New,
        paying: false,
        disputed: false,
        dispatched: false,
        extended: false,
        deposit: false,
    };

    /// The moves that something of its kind makes.
    pub const fn moves(self) -> &'static [Move] {
        if self.deposit { crate::deposit::MOVES } else { MOVES }
    }

    /// How far it has come. A dispute counts from when the status says so.
    pub const fn phase(self) -> Phase {
        match (self.status, self.disputed, self.dispatched) {
            (OrderStatus::Released | OrderStatus::Cancelled | OrderStatus::Failed, ..) => {
                Phase::Ended
            }
            (OrderStatus::New, ..) => Phase::New,
            (OrderStatus::Pending, ..) => Phase::Unpaid,
            (OrderStatus::Frozen, true, _) if self.paying => Phase::Settling,
            _ if self.paying => Phase::Paying,
            (OrderStatus::Completed, _, false) => Phase::Funded,
            (OrderStatus::Completed, _, true) => Phase::Sent,
            (OrderStatus::Frozen, true, _) => Phase::Disputed,
            (OrderStatus::Frozen, false, false) => Phase::Overdue,
            (OrderStatus::Frozen, false, true) => Phase::SentLate,
        }
    }

    /// How it stands after a change.
    #[must_use]
    pub const fn after(self, change: Change) -> Self {
        match change {
            Change::Nothing => self,
            Change::To(status) => Self { status, paying: false, ..self },
            Change::Dispatched => Self { dispatched: true, ..self },
            Change::Extended => Self { extended: true, ..self },
            Change::Disputed => Self { status: OrderStatus::Frozen, disputed: true, ..self },
            Change::Pay(_) => Self { paying: true, ..self },
        }
    }
}

/// One move of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The phases in which it can be made.
    pub from: &'static [Phase],
    /// What sets it off.
    pub on: Trigger,
    /// What else must hold.
    pub guard: Option<Guard>,
    /// Who writes it down.
    pub writer: Writer,
    /// What is written down.
    pub written: Written,
    /// What is different from then on.
    pub change: Change,
}

/// What sets a move off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Somebody does it in one of these parts.
    Act(Act, &'static [ActorRole]),
    /// Escrow does it by itself, when this is so.
    Site(&'static str),
    /// The chain shows this.
    Chain(&'static str),
    /// The time to pay is over: by escrow's clock before an address was issued, else by the time of
    /// final blocks.
    Expiry,
    /// A deadline is over by the clock of deadlines.
    Deadline(DeadlineKind),
    /// The notice of a ruling is over by that clock.
    Notice,
}

/// What must hold for a move beside the phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// It was not marked as shipped.
    Undispatched,
    /// The buyer has not taken more time.
    NotExtended,
    /// A dispute was opened, whether or not it is in effect.
    Disputed,
    /// None was opened.
    Undisputed,
    /// The other party's last offer is the one that is meant.
    OfferStands,
    /// [`crate::dispute::may_rule`].
    MayRule,
    /// [`crate::dispute::may_contest`].
    MayContest,
    /// [`crate::dispute::may_confirm`].
    MayConfirm,
    /// The party has not asked for another address; of a store, its owner asks.
    ResealUnasked,
    /// The address that it asked for waits; of a store, its owner asks.
    ResealWaits,
}

/// Who writes a move down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// Web.
    Web,
    /// Escrow's lane of requests and deadlines.
    Desk,
    /// Escrow's lane of payments.
    Chain,
    /// Either lane of escrow's.
    Either,
}

/// What is written down of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// An event of the payment stream.
    Event(EventKind),
    /// A row in a table of web's.
    Row(&'static str),
}

/// What a move changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing that decides about moves.
    Nothing,
    /// The status; a payout of case 0 that was on its way has arrived.
    To(OrderStatus),
    /// The goods are sent.
    Dispatched,
    /// The buyer has more time.
    Extended,
    /// A dispute is in effect: frozen.
    Disputed,
    /// A payout of case 0 is planned.
    Pay(PayoutKind),
}

impl Move {
    /// The same with a guard.
    pub(crate) const fn only(self, guard: Guard) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// Whether it is what somebody of this role does by an act.
    pub fn is_of(&self, act: Act, role: ActorRole) -> bool {
        matches!(self.on, Trigger::Act(known, by) if known == act && by.contains(&role))
    }

    /// Whether it comes without anybody doing something.
    pub const fn is_by_itself(&self) -> bool {
        !matches!(self.on, Trigger::Act(..))
    }
}

impl Guard {
    /// Whether it holds, as far as the standing tells; the rest is asked by whoever knows more.
    const fn by_standing(self, now: Standing) -> Result<(), Refusal> {
        match self {
            Self::Undispatched if now.dispatched => Err(Refusal::Shipped),
            Self::NotExtended if now.extended => Err(Refusal::Extended),
            Self::Disputed if !now.disputed => Err(Refusal::Undisputed),
            Self::Undisputed if now.disputed => Err(Refusal::Disputed),
            _ => Ok(()),
        }
    }
}

/// The move that somebody of this role makes by an act as an order stands. Guards about offers,
/// rulings and other addresses are left to the caller.
///
/// # Errors
/// The reason why there is none.
pub fn permit(act: Act, role: ActorRole, now: Standing) -> Result<&'static Move, Refusal> {
    let own = || now.moves().iter().filter(|known| known.is_of(act, role));
    if own().next().is_none() {
        return Err(Refusal::OtherParty);
    }
    let phase = now.phase();
    let fits = own().find(|known| known.from.contains(&phase)).ok_or_else(|| why_not(act, now))?;
    fits.guard.map_or(Ok(()), |guard| guard.by_standing(now)).map(|()| fits)
}

/// Why an act has no place in a phase.
const fn why_not(act: Act, now: Standing) -> Refusal {
    use IntentAction as A;
    match (act, now.phase()) {
        (Act::Dispute, _) if now.disputed => Refusal::Disputed,
        (_, Phase::Ended) => Refusal::Ended,
        (_, Phase::Paying | Phase::Settling) => Refusal::PayingOut,
        (Act::Ask(A::Extend), _) if now.extended => Refusal::Extended,
        (Act::Ask(A::Cancel), _) => Refusal::Paid,
        (Act::Reseal, Phase::New) => Refusal::Preparing,
        (_, Phase::New | Phase::Unpaid) => Refusal::NotPaid,
        (Act::Ask(A::Extend | A::Resume), Phase::Disputed) => Refusal::Disputed,
        (Act::Ask(A::Extend), _) | (Act::Ask(A::Resume), Phase::Funded | Phase::Overdue) => {
            Refusal::NotShipped
        }
        (Act::Ask(A::Resume), _) => Refusal::NotOverdue,
        (Act::Ask(A::Accept | A::Rule | A::Contest | A::Confirm), _) => Refusal::Undisputed,
        (Act::Ship, _) => Refusal::Shipped,
        _ => Refusal::OtherParty,
    }
}

/// How an order stands after an event, by what escrow knows of it itself; `None` where such an event
/// has no place. Whether the goods are sent is web's word alone, so that either does.
pub fn after(event: EventKind, now: Standing) -> Option<Standing> {
    let phases = [false, true].map(|dispatched| Standing { dispatched, ..now }.phase());
    let fits = |known: &&Move| {
        known.written == Written::Event(event)
            && phases.iter().any(|phase| known.from.contains(phase))
    };
    now.moves().iter().find(fits).map(|known| now.after(known.change))
}

/// Whether an event ends case 0: an order has one such event.
pub fn is_end(event: EventKind) -> bool {
    MOVES.iter().any(|known| {
        let ends = matches!(known.change, Change::To(status) if status.is_terminal());
        ends && known.written == Written::Event(event)
    })
}

/// What happens when a deadline is over.
pub fn at_end_of(kind: DeadlineKind) -> Option<&'static Move> {
    MOVES.iter().find(|known| known.on == Trigger::Deadline(kind))
}

/// The deadline that runs in a phase; `None` where none does.
pub fn deadline(phase: Phase) -> Option<DeadlineKind> {
    MOVES.iter().find_map(|known| match known.on {
        Trigger::Deadline(kind) if known.from.contains(&phase) => Some(kind),
        _ => None,
    })
}

#[cfg(test)]
#[path = "life_tests.rs"]
pub(crate) mod tests;
