//! The list of notices, and what each says.

use db::notices::{COUNTED, Told};
use domain::intent::ActorRole;
use domain::notice::What;
use maud::{Markup, html};

use super::actions::Listed;
use crate::ui::url::{self, Url};
use crate::ui::{self, Look};

/// The title of the list.
pub const TITLE: &str = "Notices";

/// A page of notices, newest first.
pub fn list(listed: &Listed, csrf: &str, (newer, older): (Option<Url>, Option<Url>)) -> Markup {
    let lead = match listed.unread {
        0 => "Everything is read. Notices are kept for 90 days.".to_owned(),
        many if many >= COUNTED => format!("{COUNTED} or more are new."),
        1 => "One is new.".to_owned(),
        many => format!("{many} are new."),
    };
    html! {
        (ui::page_head(TITLE, Some(&lead), mark_read(listed, csrf)))
        @if listed.notices.is_empty() {
            (ui::empty("Nothing yet", "What happens to your orders is told here.", html! {}))
        } @else {
            ol.news {
                @for (told, read) in &listed.notices { (entry(told, *read)) }
            }
            (ui::pager(newer, older))
        }
    }
}

fn mark_read(listed: &Listed, csrf: &str) -> Markup {
    let Some(newest) = listed.newest.filter(|_| listed.unread > 0) else { return html! {} };
    html! {
        form.form-inline method="post" action=(Url::fixed("/notices/read")) data-once {
            (ui::hidden("csrf", csrf))
            (ui::hidden("until", newest.as_micros()))
            (ui::submit("Mark all as read", Look::Plain))
        }
    }
}

fn entry(told: &Told, read: bool) -> Markup {
    let title = if told.title.is_empty() { "Its page" } else { &told.title };
    html! {
        li.news-new[!read] {
            p.news-line {
                @if !read { (ui::tag("New")) " " }
                (sentence(told.what, told.role))
            }
            @if !told.note.is_empty() { p { (told.note) } }
            @if let Some(due) = told.due_at { p { (until(told.what)) " " (ui::time(due)) "." } }
            p.news-meta { (ui::link(&url::order(told.order), title)) " · " (ui::time(told.happened_at)) }
        }
    }
}

/// What the moment of a notice is.
const fn until(what: What) -> &'static str {
    match what {
        What::Ruled => "It is carried out",
        What::ResealAsked => "It counts from",
        What::InspectSoon | What::InspectLast => "The vendor is paid",
        What::SecondLook => "The dispute ends by itself",
        _ => "By",
    }
}

/// What a notice says to somebody in his part.
pub const fn sentence(what: What, role: ActorRole) -> &'static str {
    let buyer = matches!(role, ActorRole::Buyer);
    match what {
        What::Funded if buyer => "Your payment is in escrow. The vendor has been told.",
        What::Funded => "An order is paid in full. You can send it now.",
        What::Expired => "An order was not paid in time and is closed.",
        What::Cancelled => "An order was called off before it was paid.",
        What::Dispatched => "Your order was sent.",
        What::Overdue if buyer => {
            "Your order was not sent in time. You can take your money back, or wait."
        }
        What::Overdue => {
            "An order was not sent in time. You can still send it; the buyer then decides."
        }
        What::Resumed => "The buyer takes the late dispatch, and the order goes on.",
        What::Extended => "The buyer took seven days more to look at what came.",
        What::Disputed => "A dispute is open, and the money is frozen.",
        What::OfferMade => "You were offered a share in a dispute.",
        What::Ruled => "Staff ruled in a dispute. You may call a second staff member until then.",
        What::Contested => "A second staff member is called to a ruling.",
        What::RulingConfirmed => "A second staff member agreed with the ruling.",
        What::PayoutHeld => "A payout is held.",
        What::PayoutResumed => "A held payout goes on.",
        What::ResealAsked => "The other party asked to be paid to another address.",
        What::Resealed => "An order pays to another address from now on.",
        What::ResealEnded => "A wish for another address has ended; the order pays as before.",
        What::Released if buyer => "The vendor is paid. Thank you.",
        What::Released => "You are paid.",
        What::Refunded if buyer => "Your money is back.",
        What::Refunded => "The buyer is paid back.",
        What::Divided => "A dispute is over, and both are paid their share.",
        What::LateMoney => "Money came in that the order does not need. It goes back to you.",
        What::LateMoneyReturned => "What came in beyond the order is back with you.",
        What::PaySoon => "An order is not paid yet, and half of its time is over.",
        What::DispatchSoon => "An order is to be sent soon.",
        What::InspectSoon => "Look at what came: in three days at most the vendor is paid.",
        What::InspectLast => "Look at what came: within a day the vendor is paid.",
        What::SecondLook => "A dispute has been open for a week. Somebody should look at it.",
        What::HeldSoon => "A payout is held, and the time to help it on ends within a day.",
        What::Stuck => "An order has come to no end for a month.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_one_sentence_or_two() {
        for what in What::ALL {
            for role in [ActorRole::Buyer, ActorRole::Vendor, ActorRole::Staff] {
                let said = sentence(*what, role);
                assert!(said.ends_with('.') && said.len() < 100, "{what}: {said}");
            }
        }
    }
}
