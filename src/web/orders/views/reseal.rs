//! Another address than the sealed one: the notice to both sides, and the pages that ask for it.

use domain::EvmAddress;
use domain::intent::ActorRole;
use domain::policy::{Act, Relation};
use domain::refusal::Fault;
use maud::{Markup, html};

use crate::orders::actions::read::OrderView;
use crate::orders::actions::waits::ResealView;
use crate::orders::urls;
use crate::payees::ADVICE;
use crate::ui::{self, Confirm, Field, Look, Tone, hidden, url};

const ONCE: &str = "This is possible once. The other side is told at once, and it counts after 72 \
     hours; until then you can take it back. Payments that are signed by then go to the old address.";

/// Tells both sides of an address that waits.
pub fn notice(view: &OrderView) -> Markup {
    html! {
        @for wish in view.reseals.iter().filter(|wish| wish.waits()) {
            (ui::callout(Tone::Warning, &heading(view, wish), html! {
                @if let Ok(address) = wish.address.parse::<EvmAddress>() { (ui::address(&address, url::explorer_address(view.chain, &address))) }
                p {
                    @match wish.counts_from {
                        Some(at) => { "It counts from " (ui::time(at)) ", later if escrow pauses. What is signed by then goes to the address that is sealed now." }
                        None => "Escrow takes it down within moments.",
                    }
                    " Whoever did not expect this should ask, or open a dispute, before then."
                }
                @if wish.party == view.relation.actor().unwrap_or(ActorRole::Staff) && view.may(Act::KeepAddress) {
                    @if let Some(to) = urls::act(view.id, Act::KeepAddress) { (ui::link_button(&to, "Keep the old address", Look::Plain)) }
                }
            }))
        }
    }
}

fn heading(view: &OrderView, wish: &ResealView) -> String {
    match (wish.party, view.relation) {
        (ActorRole::Buyer, Relation::Buyer) => "You asked for another refund address".to_owned(),
        (ActorRole::Vendor, Relation::Vendor(_)) => {
            "You asked to be paid to another address".to_owned()
        }
        (ActorRole::Vendor, _) => {
            format!("{} asked to be paid to another address", view.store_name)
        }
        _ => format!("{} asked for another refund address", view.buyer_name),
    }
}

/// The way to ask for another address, beside the terms.
pub fn link(view: &OrderView) -> Markup {
    html! {
        @if view.may(Act::Reseal) {
            @if let Some(to) = urls::act(view.id, Act::Reseal) {
                p { (ui::link(&to, "The wallet is lost or refuses money? Ask for another address")) }
            }
        }
    }
}

/// The form that asks for another address.
pub fn form(view: &OrderView, csrf: &str, typed: &str, faults: &[Fault]) -> Markup {
    let action = urls::act(view.id, Act::Reseal).unwrap_or_else(|| url::order(view.id));
    ui::narrow(html! {
        (ui::page_head("Another address", Some(ONCE), html! {}))
        @if let Some(now) = view.own_address() {
            (ui::terms(&[("Sealed now", ui::address(&now, url::explorer_address(view.chain, &now)))]))
        }
        (ui::form(&action, csrf, html! {
            (ui::fault_summary(faults))
            (Field::address("address", "Address").value(typed).hint(ADVICE).required().faults(faults))
            (ui::actions(ui::submit("Look at it once more", Look::Primary)))
        }))
        (ui::link_button(&url::order(view.id), "Back to the order", Look::Quiet))
    })
}

/// Shows the address in full and asks once more.
pub fn sure(view: &OrderView, address: &EvmAddress, csrf: &str) -> Markup {
    let action = urls::act(view.id, Act::Reseal).unwrap_or_else(|| url::order(view.id));
    let mut facts = vec![("New", ui::address(address, None))];
    if let Some(now) = view.own_address() {
        facts.push(("Sealed now", ui::address(&now, None)));
    }
    facts.push(("Counts", html! { "after 72 hours in which escrow is up" }));
    ui::narrow(ui::confirm(Confirm {
        title: "Is this the right address?",
        action: action.clone(),
        csrf,
        verb: "Ask for this address",
        look: Look::Danger,
        facts,
        warning: Some(ONCE),
        fields: html! { (hidden("address", address)) (hidden("sure", "true")) },
        sends_files: false,
        back: action,
        back_label: "Back",
    }))
}
