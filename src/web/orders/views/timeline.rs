//! The timeline: both streams of an order and what is under way, newest first.

use db::codec;
use db::story::EventRow;
use domain::clock::Time;
use domain::money::Amount;
use domain::order::EventKind;
use maud::{Markup, html};

use super::words;
use crate::orders::actions::read::OrderView;
use crate::ui::{self, Entry, Proof, Tone, url};

/// Everything that happened, newest first.
pub fn timeline(view: &OrderView) -> Markup {
    let mut entries = vec![Entry {
        at: view.placed_at,
        actor: if words::is_mine(domain::journey::Who::Buyer, view.relation) {
            "You"
        } else {
            &view.buyer_name
        },
        tone: None,
        sentence: html! { "The order was placed." },
        proofs: Vec::new(),
    }];
    entries.extend(view.events.iter().map(|event| payment(view, event)));
    entries.extend(view.shipments.iter().map(|row| Entry {
        at: codec::time(row.created_at),
        actor: words::actor(domain::intent::EventActor::Vendor, view),
        tone: Some(Tone::Info),
        sentence: html! {
            @if view.ships { "The goods were sent." } @else { "The order was delivered." }
            @if !row.note.is_empty() { (ui::prose(&row.note)) }
        },
        proofs: Vec::new(),
    }));
    entries.extend(view.dispute.iter().map(|row| {
        let actor = if row.opener_role == "buyer" {
            domain::intent::EventActor::Buyer
        } else {
            domain::intent::EventActor::Vendor
        };
        Entry {
            at: codec::time(row.created_at),
            actor: words::actor(actor, view),
            tone: Some(Tone::Warning),
            sentence: html! { "A dispute was opened: " (words::reason(&row.reason)) "." },
            proofs: Vec::new(),
        }
    }));
    // Stable, so that events of one moment keep the order of their streams.
    entries.sort_by_key(|entry| entry.at);
    entries.reverse();
    ui::timeline(&entries)
}

fn payment<'a>(view: &'a OrderView, row: &'a EventRow) -> Entry<'a> {
    let kind: Option<EventKind> = row.kind.parse().ok();
    let (sentence, tone) = match kind {
        Some(kind) => words::event(kind),
        None => (row.kind.as_str(), None),
    };
    let proofs = row
        .tx_hash
        .iter()
        .map(|hash| Proof {
            label: "Chain transaction",
            hash,
            link: url::explorer_tx(view.chain, hash),
        })
        .collect();
    Entry {
        at: at(row),
        actor: row.actor_role.parse().map_or("Escrow", |actor| words::actor(actor, view)),
        tone,
        sentence: html! {
            (sentence)
            @if let Some(credited) = told(kind, &row.amount) {
                " " (ui::amount(super::pay::money(view, credited)))
                " is in escrow."
            }
            @if !row.comment.is_empty() && kind.is_none_or(words::is_telling) { " " (row.comment) }
        },
        proofs,
    }
}

fn at(row: &EventRow) -> Time {
    codec::time(row.at)
}

/// The credited sum, where the event is about it.
fn told(kind: Option<EventKind>, amount: &str) -> Option<Amount> {
    matches!(kind, Some(EventKind::Funded)).then(|| Amount::from_fixed(amount).ok()).flatten()
}
