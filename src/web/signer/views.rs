//! The page of the wallet that signs.

use db::addresses::Book;
use domain::clock::Time;
use domain::refusal::Fault;
use maud::{Markup, html};

use super::actions::Challenge;
use crate::payees;
use crate::ui::url::{self, ExternalUrl, Url};
use crate::ui::{self, Field, Look, Signing, Tone, hidden};

/// The title of the page.
pub(super) const TITLE: &str = "Wallet that signs for you";

/// The text to sign, what was typed, and what is wrong with it.
pub(super) struct Typed<'a> {
    pub(super) challenge: Challenge,
    pub(super) address: &'a str,
    pub(super) signature: &'a str,
    pub(super) faults: Vec<Fault>,
    pub(super) demo: Option<ExternalUrl>,
}

impl Typed<'_> {
    pub(super) fn new(challenge: Challenge, demo: Option<ExternalUrl>) -> Self {
        Self { challenge, address: "", signature: "", faults: Vec::new(), demo }
    }
}

pub(super) fn page(book: &Book, now: Time, csrf: &str, typed: &Typed<'_>) -> Markup {
    let Typed { challenge, address, signature, faults, demo } = typed;
    let named = book.asked.is_some_and(|(_, address, _)| !address.is_zero());
    ui::narrow(html! {
        (ui::breadcrumbs(&[("Your account", url::account())], TITLE))
        (ui::page_head(TITLE, Some("Then even whoever takes over this site cannot pay out your orders in your name."), html! {}))
        p { "Name a wallet, and escrow pays the vendor of your later orders on your word only if that wallet has signed it. It is sealed with each order when you place it; a change does not touch orders that are sealed already." }
        p { "Refunds need no signature. If the time to look at what came runs out, the vendor is paid without one: open a dispute if something is wrong." }
        (payees::standing(book, now, ui::callout(Tone::Info, "No wallet signs for you", html! {
            p { "A first one counts at once." }
        })))
        (ui::panel(Some(if named { "Name another wallet" } else { "Name a wallet" }), ui::form(&url::signer(), csrf, html! {
            (ui::fault_summary(faults))
            p { "Let the wallet sign this text (" code { "personal_sign" } "). It moves no money." }
            (ui::sign_box(Signing::Text(&challenge.text), demo.as_ref()))
            (hidden("request", challenge.request))
            (Field::address("address", "Address of the wallet").value(address).faults(faults).required())
            (Field::text("signature", "Its signature").value(signature).faults(faults).required().max(140)
                .hint("0x and 130 characters."))
            (ui::actions(ui::submit("Let this wallet sign for me", Look::Primary)))
        })))
        @if named {
            (ui::panel(Some("Sign no more"), html! {
                p { "New orders want no signature from 48 hours after this on." }
                (ui::post_button(&Url::fixed("/account/signer/remove"), csrf, "Take the wallet away", Look::Plain))
            }))
        }
    })
}
