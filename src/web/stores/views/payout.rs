//! Where a store is paid: what escrow's address book says, and the form that asks for another.

use domain::EvmAddress;
use domain::clock::Time;
use domain::refusal::Fault;
use domain::store::StoreRole;
use maud::{Markup, html};

use super::crumbs;
use crate::payees::{self, ADVICE};
use crate::stores::access::Membership;
use crate::stores::reads::PayoutBook;
use crate::stores::urls;
use crate::ui::{self, Confirm, Field, Look, Tone, hidden};

/// The title of these pages.
pub const TITLE: &str = "Payout address";

/// What escrow's book says, and the form that asks for another address.
pub fn page(
    (store, role): &Membership,
    book: &PayoutBook,
    now: Time,
    (csrf, typed, faults): (&str, &str, &[Fault]),
) -> Markup {
    ui::narrow(html! {
        (crumbs(store, TITLE))
        (ui::page_head(TITLE, Some("Every order is sealed with the address that counts when it is placed; a later change does not touch it."), html! {}))
        (standing(book, now))
        @if *role == StoreRole::Owner {
            (ui::panel(Some(if book.asked.is_some() { "Change it" } else { "Name an address" }), ui::form(&urls::payout(store.id), csrf, html! {
                (ui::fault_summary(faults))
                (Field::address("address", "Address").value(typed).hint(ADVICE).required().faults(faults))
                (ui::actions(ui::submit("Look at it once more", Look::Primary)))
            })))
        } @else {
            p { "Only the owner of the store can change it." }
        }
    })
}

/// What the book says about a store.
pub fn standing(book: &PayoutBook, now: Time) -> Markup {
    payees::standing(
        book,
        now,
        ui::callout(
            Tone::Warning,
            "No payout address",
            html! {
                p { "Without one the store cannot be paid, so its items stay drafts." }
            },
        ),
    )
}

/// Shows the address in full and asks for it once more.
pub fn sure(
    (store, _): &Membership,
    book: &PayoutBook,
    address: &EvmAddress,
    csrf: &str,
) -> Markup {
    let begins = if book.asked.is_some() {
        "48 hours from now, by escrow's clock. Until then the old one counts."
    } else {
        "At once, as soon as escrow has entered it."
    };
    ui::confirm(Confirm {
        title: "Is this the right address?",
        action: urls::payout(store.id),
        csrf,
        verb: "Pay the store to this address",
        look: Look::Primary,
        facts: vec![
            ("Store", html! { (store.name) }),
            ("Address", ui::address(address, None)),
            ("Counts", html! { (begins) }),
        ],
        warning: Some(ADVICE),
        fields: html! { (hidden("address", address)) (hidden("sure", "true")) },
        sends_files: false,
        back: urls::payout(store.id),
        back_label: "Back",
    })
}
