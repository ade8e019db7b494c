//! What statuses, steps and events are called on pages.

use domain::intent::EventActor;
use domain::journey::{Step, Who};
use domain::order::{EventKind, OrderStatus};
use domain::policy::Relation;

use crate::orders::actions::read::OrderView;
use crate::orders::actions::waits::HeldView;
use crate::ui::{Progress, Status, Tone};

/// The badge of an order.
pub fn status(view: &OrderView) -> Status {
    match view.status {
        OrderStatus::Pending if !view.unfinal.is_zero() => Status::PaymentSeen,
        OrderStatus::Completed if view.paying => Status::PayingOut,
        OrderStatus::Completed if view.dispute.is_some() => Status::Freezing,
        OrderStatus::Completed if !view.shipments.is_empty() => Status::Shipped,
        OrderStatus::Frozen if view.paying => Status::PayingOut,
        OrderStatus::Failed if is_rejected(view) => Status::Rejected,
        status => plain_status(status, view.credited.is_zero()),
    }
}

/// The badge by the status alone, for lists. A cancelled order that had been paid is a refunded one.
pub fn plain_status(status: OrderStatus, unpaid: bool) -> Status {
    match status {
        OrderStatus::New => Status::Preparing,
        OrderStatus::Pending => Status::AwaitingPayment,
        OrderStatus::Completed => Status::Funded,
        OrderStatus::Released => Status::Released,
        OrderStatus::Cancelled if unpaid => Status::Cancelled,
        OrderStatus::Cancelled => Status::Refunded,
        OrderStatus::Failed => Status::Expired,
        OrderStatus::Frozen => Status::Frozen,
    }
}

/// Whether escrow turned the order down at the door.
pub fn is_rejected(view: &OrderView) -> bool {
    view.events.iter().any(|event| event.kind == EventKind::Rejected.as_str())
}

/// Whether a dispute ended in shares for both.
pub fn is_split(view: &OrderView) -> bool {
    let split = [EventKind::SplitReleased.as_str(), EventKind::SplitCancelled.as_str()];
    view.events.iter().any(|event| split.contains(&event.kind.as_str()))
}

/// How far an order has come.
pub fn progress(view: &OrderView) -> Progress {
    match view.status {
        OrderStatus::New => Progress::Order,
        OrderStatus::Pending => Progress::Pay,
        OrderStatus::Completed if view.shipments.is_empty() => Progress::Ship,
        OrderStatus::Completed => Progress::Receive,
        OrderStatus::Released => Progress::Done,
        OrderStatus::Cancelled if view.credited.is_zero() => Progress::Stopped("Cancelled"),
        OrderStatus::Cancelled if is_split(view) => Progress::Stopped("Divided"),
        OrderStatus::Cancelled => Progress::Stopped("Refunded"),
        OrderStatus::Failed if is_rejected(view) => Progress::Stopped("Not accepted"),
        OrderStatus::Failed => Progress::Stopped("Expired"),
        OrderStatus::Frozen => Progress::Stopped("Frozen"),
    }
}

/// Whether the viewer is the one to act.
pub fn is_mine(who: Who, relation: Relation) -> bool {
    matches!(
        (who, relation),
        (Who::Buyer, Relation::Buyer)
            | (Who::Vendor, Relation::Vendor(_))
            | (Who::Parties, Relation::Buyer | Relation::Vendor(_))
            | (Who::Staff, Relation::Staff)
    )
}

/// Who does what next, in a few words: `You pay`, `Fern & Kiln sends it`.
pub fn headline(view: &OrderView) -> String {
    let mine = is_mine(view.next.who, view.relation);
    let said = |you: &str, name: &str, does: &str| {
        if mine { format!("You {you}") } else { format!("{name} {does}") }
    };
    let (buyer, vendor) = (view.buyer_name.as_str(), view.store_name.as_str());
    match view.next.step {
        Step::Pay => said("pay", buyer, "pays"),
        Step::PayRest => said("pay the rest", buyer, "pays the rest"),
        Step::Dispatch if view.ships => said("send it", vendor, "sends it"),
        Step::Dispatch => said("deliver", vendor, "delivers"),
        Step::ConfirmReceipt => said("confirm what you received", buyer, "confirms what arrived"),
        Step::TakeBack => {
            said("take your money back, or wait", buyer, "takes the money back, or waits")
        }
        Step::AcceptLate => said(
            "take it after all, or your money back",
            buyer,
            "takes it after all, or the money back",
        ),
        Step::SettleDispute => match view.relation {
            Relation::Buyer => format!("You or {vendor} end the dispute"),
            Relation::Vendor(_) => format!("You or {buyer} end the dispute"),
            Relation::Staff | Relation::Stranger => "The parties end the dispute".to_owned(),
        },
        Step::AwaitRuling => match view.relation {
            Relation::Buyer | Relation::Vendor(_) => {
                "Escrow carries out the ruling, unless one of you objects".to_owned()
            }
            Relation::Staff | Relation::Stranger => {
                "Escrow carries out the ruling, unless a party objects".to_owned()
            }
        },
        Step::CarryOutRuling => "Escrow carries out the ruling".to_owned(),
        Step::SecondOpinion => "A second staff member looks at the ruling".to_owned(),
        Step::Prepare => "Escrow prepares the address".to_owned(),
        Step::AwaitFinality => format!("{} makes the payment final", view.chain.name),
        Step::AwaitEscrow => "Escrow carries out the request".to_owned(),
        Step::Freeze => "Escrow freezes the money".to_owned(),
        Step::PayOut => "Escrow pays out".to_owned(),
        Step::Unblock => match view.next.who {
            Who::Buyer => said("help a payout on", buyer, "helps a payout on"),
            Who::Vendor => said("help a payout on", vendor, "helps a payout on"),
            Who::Site => "A payout is tried again".to_owned(),
            _ => "The operator unblocks a payout".to_owned(),
        },
        Step::Done => "Nothing is left to do".to_owned(),
    }
}

/// What the next step is about, in a sentence or two.
pub fn explanation(view: &OrderView) -> &'static str {
    match (view.next.step, view.relation) {
        (Step::Prepare, _) => {
            "Every order has an escrow address of its own. It is here in a moment."
        }
        (Step::Pay, Relation::Buyer) => {
            "Send the exact sum to the address. It stays in escrow until you have what you bought."
        }
        (Step::Pay, _) => "Nothing has been paid yet.",
        (Step::PayRest, _) => "Part of the sum is here. The rest goes to the same address.",
        (Step::AwaitFinality, _) => {
            "A payment was seen. It counts once the chain can no longer take it back; nobody has to do anything."
        }
        (Step::Dispatch, Relation::Vendor(_)) => {
            "The order is paid in full and the money is safe in escrow."
        }
        (Step::Dispatch, _) => "The money is safe in escrow meanwhile.",
        (Step::ConfirmReceipt, Relation::Buyer) => {
            "Look at what came. If it is what you bought, confirm it: that pays the vendor."
        }
        (Step::ConfirmReceipt, _) => "The vendor is paid when the buyer confirms.",
        (Step::TakeBack, Relation::Buyer) => {
            "It was not sent in the agreed time. Your money is frozen in escrow, and you can have it back at once."
        }
        (Step::TakeBack, Relation::Vendor(_)) => {
            "It was not sent in the agreed time, so the money is frozen. You can still send it; the buyer then decides."
        }
        (Step::TakeBack, _) => "It was not sent in the agreed time. The money is frozen in escrow.",
        (Step::AcceptLate, Relation::Buyer) => {
            "It was sent later than agreed. Take it, and the order goes on; or have your money back."
        }
        (Step::AcceptLate, _) => "It was sent later than agreed. The buyer decides.",
        (Step::AwaitEscrow, _) => "This takes a moment.",
        (Step::Freeze, _) => "A dispute was opened. It takes effect in about two seconds.",
        (Step::PayOut, _) => {
            "The payments are on their way and final within moments to minutes, as the chain goes."
        }
        (Step::SettleDispute, _) => {
            "The money is frozen. One of you gives in or accepts the other's offer, or staff rule."
        }
        (Step::AwaitRuling, _) => {
            "Staff have ruled. Either party may call a second staff member, or the two of you agree on something else before."
        }
        (Step::CarryOutRuling, _) => {
            "Two staff members have looked at it, so the ruling is final. You may still agree on something else before."
        }
        (Step::SecondOpinion, _) => {
            "The ruling waits. The second staff member confirms it or rules otherwise; you may still agree on something else."
        }
        (Step::Unblock, _) => {
            "Part of the money has not left escrow. The operator of this site has been told."
        }
        (Step::Done, _) => "",
    }
}

/// An event of the payment stream, in a sentence.
pub fn event(kind: EventKind) -> (&'static str, Option<Tone>) {
    match kind {
        EventKind::AddressIssued => {
            ("The escrow address was issued and the terms were sealed.", None)
        }
        EventKind::Rejected => ("Escrow did not accept this order.", Some(Tone::Danger)),
        EventKind::PaymentSeen => {
            ("A payment was seen. It counts once the chain makes it final.", Some(Tone::Info))
        }
        EventKind::PaymentVanished => {
            ("The payment that was seen is gone from the chain.", Some(Tone::Warning))
        }
        EventKind::PaymentCredited => {
            ("A payment is final, but it is short of the sum.", Some(Tone::Warning))
        }
        EventKind::Funded => ("The order is paid in full and final.", Some(Tone::Success)),
        EventKind::Cancelled => ("The order was cancelled.", Some(Tone::Warning)),
        EventKind::Expired => ("The time to pay has run out.", Some(Tone::Warning)),
        EventKind::Frozen => ("The dispute took effect: the money is frozen.", Some(Tone::Warning)),
        EventKind::Overdue => {
            ("It was not sent in the agreed time: the money is frozen.", Some(Tone::Warning))
        }
        EventKind::Resumed => {
            ("The late dispatch was accepted: the order goes on.", Some(Tone::Info))
        }
        EventKind::Extended => ("The buyer took seven days more to look at it.", Some(Tone::Info)),
        EventKind::OfferMade => ("An offer was made:", Some(Tone::Info)),
        EventKind::Ruled => ("Staff ruled:", Some(Tone::Warning)),
        EventKind::Contested => ("A second staff member was called.", Some(Tone::Warning)),
        EventKind::RulingConfirmed => {
            ("A second staff member confirmed the ruling:", Some(Tone::Info))
        }
        EventKind::IntentRefused => ("A request was turned down.", Some(Tone::Warning)),
        EventKind::PayoutPlanned => {
            ("The payout was planned and cannot be stopped any more.", Some(Tone::Info))
        }
        EventKind::PayoutHeld => ("The payout cannot go on by itself.", Some(Tone::Danger)),
        EventKind::PayoutResumed => ("The payout goes on.", Some(Tone::Info)),
        EventKind::ResealAsked => ("Another address was asked for.", Some(Tone::Warning)),
        EventKind::Resealed => ("The terms were sealed anew.", Some(Tone::Warning)),
        EventKind::ResealEnded => ("The other address will not be sealed.", Some(Tone::Info)),
        EventKind::LegPaid => ("A payment out of escrow is final.", Some(Tone::Success)),
        EventKind::Released => ("The vendor is paid. The order is complete.", Some(Tone::Success)),
        EventKind::Refunded => ("The buyer is paid back in full.", Some(Tone::Success)),
        EventKind::SplitReleased | EventKind::SplitCancelled => {
            ("The money was divided; the dispute is over.", Some(Tone::Success))
        }
        EventKind::LateMoney => {
            ("More money came to this address; it goes back.", Some(Tone::Info))
        }
        EventKind::LateMoneyReturned => {
            ("The money that came later is back with the buyer.", Some(Tone::Success))
        }
    }
}

/// Why a payout is held and who can help it on, in sentences.
pub fn held(held: &HeldView) -> String {
    let help = match held.who {
        Who::Buyer | Who::Vendor => {
            " The payee can let the money in, or ask for another address on this page."
        }
        _ => "",
    };
    format!("Held: {}.{help}", held.reason)
}

/// Whether what escrow noted beside an event says more than its sentence.
pub fn is_telling(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::AddressIssued
            | EventKind::Funded
            | EventKind::Cancelled
            | EventKind::Expired
            | EventKind::Overdue
            | EventKind::Resumed
            | EventKind::Extended
            | EventKind::Released
            | EventKind::Refunded
            | EventKind::SplitReleased
            | EventKind::SplitCancelled
            | EventKind::Contested
    )
}

/// Who wrote an event, as the viewer would say it.
pub fn actor(actor: EventActor, view: &OrderView) -> &str {
    match (actor, view.relation) {
        (EventActor::Buyer, Relation::Buyer) | (EventActor::Vendor, Relation::Vendor(_)) => "You",
        (EventActor::Buyer, _) => &view.buyer_name,
        (EventActor::Vendor, _) => &view.store_name,
        (EventActor::Staff, _) => "Staff",
        (EventActor::Chain, _) => view.chain.name,
        (EventActor::Escrow, _) => "Escrow",
    }
}

/// Whom a leg pays, as the viewer would say it.
pub fn payee(role: &str, view: &OrderView) -> String {
    match (role, view.relation) {
        ("vendor", Relation::Vendor(_)) | ("buyer", Relation::Buyer) => "You".to_owned(),
        ("vendor", _) => view.store_name.clone(),
        ("buyer", _) => view.buyer_name.clone(),
        ("resolver", _) => "This site, for the ruling".to_owned(),
        ("referral", _) => "Whoever invited the buyer".to_owned(),
        _ => "Commission of this site".to_owned(),
    }
}
