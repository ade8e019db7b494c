//! Addresses that people are paid at or sign with, as every page speaks of them.

use db::addresses::Book;
use domain::EvmAddress;
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
        facts.push(("In force", shown(&entry.address)));
    }
    if let Some(entry) = book.waiting(now) {
        facts.push((
            "Next",
            html! {
                (shown(&entry.address))
                p { "Counts from " (ui::time(entry.counts_from)) ", 48 hours after the change." }
            },
        ));
    }
    if let Some(address) = book.unanswered() {
        facts.push((
            "Asked for",
            html! {
                (shown(&address))
                p { "Escrow has not entered it into its book yet. That takes a moment." }
            },
        ));
    }
    if facts.is_empty() { nothing } else { ui::terms(&facts) }
}

/// A wallet that was taken away stands in the book as the zero address.
fn shown(address: &EvmAddress) -> Markup {
    if address.is_zero() {
        html! { "no wallet" }
    } else {
        ui::address(address, None)
    }
}
