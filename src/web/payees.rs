//! Addresses that people are paid at, as every page speaks of them.

use db::addresses::Book;
use domain::clock::Time;
use maud::{Markup, html};

use crate::ui;

/// What to think of before an address is given.
pub(crate) const ADVICE: &str = "Use an address whose key you hold yourself, not an exchange's deposit \
     address: an exchange may not credit what an escrow address sends.";

/// What escrow's book says, and what it has not entered yet; `nothing` where that is all.
pub(crate) fn standing(book: &Book, now: Time, nothing: Markup) -> Markup {
    let mut facts = Vec::new();
    if let Some(entry) = book.in_force(now) {
        facts.push(("In force", ui::address(&entry.address, None)));
    }
    if let Some(entry) = book.waiting(now) {
        facts.push((
            "Next",
            html! {
                (ui::address(&entry.address, None))
                p { "Counts from " (ui::time(entry.counts_from)) ", 48 hours after the change." }
            },
        ));
    }
    if let Some(address) = book.unanswered() {
        facts.push((
            "Asked for",
            html! {
                (ui::address(&address, None))
                p { "Escrow has not entered it into its book yet. That takes a moment." }
            },
        ));
    }
    if facts.is_empty() { nothing } else { ui::terms(&facts) }
}
