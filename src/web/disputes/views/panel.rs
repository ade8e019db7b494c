//! The dispute on its order's page: what was offered, ruled and said.

use db::codec;
use db::rulings::Ruling;
use domain::dispute::{self, RulingState};
use domain::intent::{ActorRole, EventActor};
use domain::journey::Step;
use maud::{Markup, html};

use super::in_shares;
use crate::orders::actions::read::OrderView;
use crate::orders::views::words;
use crate::ui;

/// What happens if nobody ends the dispute.
pub fn otherwise(view: &OrderView) -> String {
    format!("Otherwise it ends by itself: {}.", in_shares(view, view.by_default()))
}

/// What the next step is about, where that is a ruling.
pub fn in_words(view: &OrderView) -> Markup {
    let ruled =
        matches!(view.next.step, Step::AwaitRuling | Step::CarryOutRuling | Step::SecondOpinion);
    html! {
        @if let Some(ruling) = view.settling.ruling().filter(|_| ruled) {
            p { "The ruling: " strong { (in_shares(view, ruling.buyer)) } "." }
        }
    }
}

/// The dispute; nothing where there is none.
pub fn panel(view: &OrderView) -> Markup {
    html! {
        @if view.dispute.is_some() {
            @if !view.settling.rulings.is_empty() {
                (ui::panel(Some("Ruling"), html! {
                    @for (ruling, name) in view.settling.rulings.iter().rev() { (one_ruling(view, ruling, name)) }
                }))
            }
            (ui::panel(Some("Dispute"), html! { (offers(view)) (claims(view)) }))
        }
    }
}

fn offers(view: &OrderView) -> Markup {
    let standing = |by| view.settling.standing(by);
    let both = [ActorRole::Buyer, ActorRole::Vendor].map(|by| (by, standing(by)));
    html! {
        @if both.iter().all(|(_, offer)| offer.is_none()) {
            p.note { "Nobody has made an offer yet." }
        }
        @if let Some(n) = view.settling.refused.last() {
            p.note { "Escrow did not take offer " (n) ": it is not signed by the buyer's wallet in time, or not one that a party could make." }
        }
        @for (by, offer) in both {
            @if let Some(offer) = offer {
                p {
                    strong { (words::actor(EventActor::from(by), view)) } " would take: " (in_shares(view, offer.buyer)) ". "
                    @if !offer.seen && view.relation.actor() != dispute::other(by) { (ui::tag("not seen yet")) }
                }
            }
        }
    }
}

fn one_ruling(view: &OrderView, ruling: &Ruling, name: &str) -> Markup {
    let contested = match ruling.contested_by.as_deref() {
        Some("buyer") => Some(format!("{} called a second staff member.", view.buyer_name)),
        Some("vendor") => Some(format!("{} called a second staff member.", view.store_name)),
        Some(_) => Some("It needs a second staff member because of the sum.".to_owned()),
        None => None,
    };
    let last = view.settling.ruling().is_some_and(|last| last.n == ruling.n);
    html! {
        div.leg {
            p {
                strong { (in_shares(view, ruling.buyer)) } " "
                (ui::tag(stands(view, ruling)))
            }
            (ui::prose(&ruling.reason))
            p.note {
                "By " (name) ", " (ui::time(ruling.noted_at)) "."
                @if let Some(contested) = contested { " " (contested) }
                @if let Some(due) = view.settling.due.filter(|_| last && ruling.standing().is_to_be() && !view.paying && !view.status.is_terminal()) {
                    " To be carried out " (ui::time(due)) "."
                }
            }
        }
    }
}

/// Where a ruling stands, in a few words.
fn stands(view: &OrderView, ruling: &Ruling) -> &'static str {
    let over = view.paying || view.status.is_terminal();
    match (ruling.state, ruling.second) {
        _ if view.settling.carried_out == Some(ruling.n) => "carried out",
        (RulingState::Replaced, _) => "replaced",
        _ if over => "not carried out",
        (RulingState::Notice, false) => "under notice",
        (RulingState::Notice, true) => "second opinion, final",
        (RulingState::Contested, _) => "waits for a second opinion",
        (RulingState::Confirmed, _) => "confirmed, final",
    }
}

fn claims(view: &OrderView) -> Markup {
    html! {
        @for (claim, name) in &view.settling.claims {
            div.leg {
                p {
                    strong { (author(view, &claim.author_role, name)) } ", " (ui::time(codec::time(claim.created_at)))
                }
                (ui::prose(&claim.body))
            }
        }
    }
}

/// A store's members speak for it; staff are named.
fn author(view: &OrderView, role: &str, name: &str) -> String {
    match role.parse() {
        Ok(ActorRole::Staff) | Err(_) => format!("{name}, staff"),
        Ok(ActorRole::Vendor) => format!("{name} for {}", view.store_name),
        Ok(ActorRole::Buyer) => name.to_owned(),
    }
}
