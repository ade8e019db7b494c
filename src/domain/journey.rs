//! What happens next to an order: who must act, on what, and by when.

use crate::clock::Time;
use crate::dispute::{Ruling, may_contest};
use crate::life::{Phase, Standing};
use crate::order::OrderStatus;

/// Who is to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The buyer.
    Buyer,
    /// The vendor.
    Vendor,
    /// Either of them.
    Parties,
    /// Staff.
    Staff,
    /// The site, by itself.
    Site,
    /// The operator, by hand.
    Operator,
    /// Nobody: it is over.
    Nobody,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Escrow issues the address.
    Prepare,
    /// The buyer pays.
    Pay,
    /// The buyer pays what is missing.
    PayRest,
    /// The chain makes a payment final.
    AwaitFinality,
    /// The vendor dispatches.
    Dispatch,
    /// The buyer looks at what came and confirms.
    ConfirmReceipt,
    /// It was not dispatched in time: the buyer takes the money back, or waits for the vendor.
    TakeBack,
    /// It was dispatched late: the buyer takes it after all, or takes the money back.
    AcceptLate,
    /// Escrow answers a request.
    AwaitEscrow,
    /// Escrow makes a dispute effective.
    Freeze,
    /// The legs become final.
    PayOut,
    /// The parties end a dispute.
    SettleDispute,
    /// A ruling is carried out, unless a party calls a second staff member.
    AwaitRuling,
    /// A ruling is carried out; two staff members have looked at it.
    CarryOutRuling,
    /// A second staff member looks at a ruling.
    SecondOpinion,
    /// A payout is stuck.
    Unblock,
    /// Nothing.
    Done,
}

/// The next step of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// Who acts.
    pub who: Who,
    /// What they do.
    pub step: Step,
    /// By when, where there is a deadline.
    pub by: Option<Time>,
}

/// What of an order decides about its next step.
#[derive(Debug, Clone, Copy)]
pub struct Position {
    /// Status by escrow's last event.
    pub status: OrderStatus,
    /// Some final money is credited.
    pub credited: bool,
    /// Some money is seen that is not final.
    pub unfinal: bool,
    /// A request waits for an answer.
    pub intent_open: bool,
    /// A dispute was opened.
    pub disputed: bool,
    /// A payout is planned.
    pub paying: bool,
    /// A payout is stuck: who can help it on, and by when.
    pub held: Option<(Who, Option<Time>)>,
    /// Payment deadline.
    pub expires_at: Time,
    /// The vendor marked it as shipped.
    pub dispatched: bool,
    /// When the deadline that runs now will come, once escrow has set it.
    pub deadline: Option<Time>,
    /// The last ruling, and when its notice is over.
    pub ruling: Option<(Ruling, Time)>,
}

impl Position {
    /// How far the order has come.
    const fn phase(&self) -> Phase {
        let Self { status, paying, disputed, dispatched, .. } = *self;
        Standing { status, paying, disputed, dispatched, ..Standing::NEW }.phase()
    }
}

/// Says what happens next.
pub fn next(at: &Position) -> Next {
    let site = |step| Next { who: Who::Site, step, by: None };
    if let Some((who, by)) = at.held {
        return Next { who, step: Step::Unblock, by };
    }
    let step = |who, step| Next { who, step, by: at.deadline };
    match at.phase() {
        Phase::Paying | Phase::Settling => site(Step::PayOut),
        _ if at.intent_open => site(Step::AwaitEscrow),
        Phase::New => site(Step::Prepare),
        Phase::Unpaid if at.unfinal => site(Step::AwaitFinality),
        Phase::Unpaid => {
            let step = if at.credited { Step::PayRest } else { Step::Pay };
            Next { who: Who::Buyer, step, by: Some(at.expires_at) }
        }
        Phase::Funded | Phase::Sent if at.disputed => site(Step::Freeze),
        Phase::Funded => step(Who::Vendor, Step::Dispatch),
        Phase::Sent => step(Who::Buyer, Step::ConfirmReceipt),
        Phase::Overdue => step(Who::Buyer, Step::TakeBack),
        Phase::SentLate => step(Who::Buyer, Step::AcceptLate),
        Phase::Disputed => in_dispute(at),
        Phase::Ended => Next { who: Who::Nobody, step: Step::Done, by: None },
    }
}

/// The next step of a dispute that is in effect.
fn in_dispute(at: &Position) -> Next {
    match at.ruling {
        Some((ruling, due)) if ruling.is_to_be() => {
            let step = match may_contest(Some(&ruling)) {
                Ok(()) => Step::AwaitRuling,
                Err(_) => Step::CarryOutRuling,
            };
            Next { who: Who::Site, step, by: Some(due) }
        }
        Some(_) => Next { who: Who::Staff, step: Step::SecondOpinion, by: at.deadline },
        None => Next { who: Who::Parties, step: Step::SettleDispute, by: at.deadline },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Span;
    use crate::dispute::RulingState;
    use crate::ids::UserId;
    use crate::money::Bps;

    const T0: Time = Time::from_secs(1_800_000_000);
    const START: Position = Position {
        status: OrderStatus::New,
        credited: false,
        unfinal: false,
        intent_open: false,
        disputed: false,
        paying: false,
        held: None,
        expires_at: T0.after(Span::minutes(60)),
        dispatched: false,
        deadline: None,
        ruling: None,
    };

    #[test]
    fn the_straight_road() {
        let pending = Position { status: OrderStatus::Pending, ..START };
        let funded = Position { status: OrderStatus::Completed, deadline: Some(T0), ..pending };
        let sent = Position { dispatched: true, ..funded };
        let steps = [
            START,
            pending,
            Position { unfinal: true, ..pending },
            funded,
            sent,
            Position { intent_open: true, ..sent },
            Position { paying: true, ..sent },
            Position { status: OrderStatus::Released, paying: true, ..sent },
        ]
        .map(|position| (next(&position).who, next(&position).step));
        assert_eq!(
            steps,
            [
                (Who::Site, Step::Prepare),
                (Who::Buyer, Step::Pay),
                (Who::Site, Step::AwaitFinality),
                (Who::Vendor, Step::Dispatch),
                (Who::Buyer, Step::ConfirmReceipt),
                (Who::Site, Step::AwaitEscrow),
                (Who::Site, Step::PayOut),
                (Who::Nobody, Step::Done),
            ]
        );
        assert_eq!(next(&funded).by, Some(T0));
        let late = Position { status: OrderStatus::Frozen, ..funded };
        assert_eq!((next(&late).who, next(&late).step), (Who::Buyer, Step::TakeBack));
        let taken = Position { disputed: true, ..late };
        assert_eq!((next(&taken).step, next(&taken).by), (Step::SettleDispute, Some(T0)));
    }

    #[test]
    fn a_ruling_is_carried_out_unless_a_second_one_is_called() {
        let staff = UserId::from_random([7; 16]);
        let ruling = |state, second| Ruling { n: 1, staff, buyer: Bps::HALF, state, second };
        let due = T0.after(Span::hours(24));
        for (state, second, who, step, by) in [
            (RulingState::Notice, false, Who::Site, Step::AwaitRuling, due),
            (RulingState::Notice, true, Who::Site, Step::CarryOutRuling, due),
            (RulingState::Confirmed, false, Who::Site, Step::CarryOutRuling, due),
            (RulingState::Contested, false, Who::Staff, Step::SecondOpinion, T0),
        ] {
            let frozen = Position {
                status: OrderStatus::Frozen,
                disputed: true,
                deadline: Some(T0),
                ruling: Some((ruling(state, second), due)),
                ..START
            };
            assert_eq!(next(&frozen), Next { who, step, by: Some(by) }, "{state}");
        }
    }

    #[test]
    fn trouble_comes_first() {
        let by = Some((Who::Vendor, Some(T0)));
        let held = Position { held: by, paying: true, status: OrderStatus::Completed, ..START };
        assert_eq!(next(&held), Next { who: Who::Vendor, step: Step::Unblock, by: Some(T0) });
    }
}
