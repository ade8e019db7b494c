//! The page of one order. Its live part is the same for the page and for the fragment that polls.

use db::story::LegRow;
use domain::asset::Asset;
use domain::intent::IntentAction;
use domain::journey::Step;
use domain::money::Amount;
use domain::order::OrderStatus;
use domain::policy::{Act, Relation};
use maud::{Markup, html};

use super::{pay, reseal, shares, timeline, words};
use crate::disputes::views as disputes;
use crate::orders::actions::read::OrderView;
use crate::orders::urls;
use crate::ui::url::ExternalUrl;
use crate::ui::{self, Look, Money, NextStep, Tone, url};

/// Element that the poll replaces.
pub const LIVE: &str = "order";
/// Seconds between polls.
pub const POLL_SECS: u32 = 2;

/// The page's body.
pub fn page(view: &OrderView, wallet: Option<&ExternalUrl>) -> Markup {
    let (list, word) = match view.relation {
        Relation::Vendor(_) => (urls::sales(view.store), "Orders of the store"),
        Relation::Staff => (url::disputes(), "Disputes"),
        Relation::Buyer | Relation::Stranger => (url::orders(), "My orders"),
    };
    html! {
        (ui::breadcrumbs(&[(word, list)], "Order"))
        (body(view, wallet))
    }
}

/// What an order is called on its page.
pub fn title(view: &OrderView) -> String {
    let first = view.lines.first().map_or("Order", |line| line.title.as_str());
    format!("{first} from {}", view.store_name)
}

/// The live part: polls until the order is settled.
pub fn body(view: &OrderView, wallet: Option<&ExternalUrl>) -> Markup {
    let inner = html! {
        (ui::page_head(&title(view), None, ui::badge(words::status(view))))
        (ui::order_steps(words::progress(view)))
        (ui::split(left(view, wallet), right(view)))
    };
    if view.is_settled() {
        html! { section id=(LIVE) aria-live="polite" { (inner) } }
    } else {
        let source = urls::live(view.id).query("seen", &view.version);
        ui::live(LIVE, &source, POLL_SECS, inner)
    }
}

fn left(view: &OrderView, wallet: Option<&ExternalUrl>) -> Markup {
    html! {
        (refused(view))
        (reseal::notice(view))
        (next(view))
        (disputes::panel(view))
        (pay::strays(view))
        (pay::left(view))
        (pay::pay_panel(view, wallet))
        (pay::received(view))
        (paid_out(view))
        (ui::panel(Some("What happened"), timeline::timeline(view)))
    }
}

fn right(view: &OrderView) -> Markup {
    let lines: Vec<_> =
        view.lines.iter().map(|line| (line.title.as_str(), line.quantity, line.total)).collect();
    html! {
        (ui::panel(Some("Order"), html! {
            (ui::receipt(&lines, view.total))
            @match view.relation {
                Relation::Buyer => p { "Sold by " (ui::link(&url::store(view.store), &view.store_name)) },
                Relation::Vendor(_) => p { "Bought by " strong { (view.buyer_name) } },
                Relation::Staff | Relation::Stranger => {
                    p { "Sold by " (ui::link(&url::store(view.store), &view.store_name)) ", bought by " (view.buyer_name) }
                }
            }
        }))
        (delivery(view))
        (shares::of_order(view))
        (ui::panel(Some("Terms"), html! { (pay::terms(view)) (signed(view)) (reseal::link(view)) }))
    }
}

/// The sealed terms with this site's signature.
fn signed(view: &OrderView) -> Markup {
    let signer = view.sealed.as_ref().and_then(|sealed| sealed.signed.as_ref());
    html! {
        @if let (Some(text), Some((signer, _))) = (view.signed_text(), signer) {
            details {
                summary { "Signed by this site" }
                p { "Escrow sealed these terms and signed them by the key " code.mono { (signer) } ". Compare it with the key that this site publishes elsewhere, and check the text with "
                    code { "holdfast verify-terms" } " or with " (ui::link(&url::verify_terms(), "a page that needs no network")) "." }
                (ui::verbatim(&text, "signed terms"))
                p { (ui::link(&urls::terms(view.id), "The text alone, to keep")) }
            }
        }
    }
}

fn delivery(view: &OrderView) -> Markup {
    html! {
        @if view.ships {
            @if let Some(address) = &view.delivery {
                (ui::panel(Some("Delivery address"), ui::prose(address)))
            } @else if matches!(view.relation, Relation::Vendor(_)) {
                (ui::panel(Some("Delivery address"), html! { p {
                    @if view.status.is_terminal() {
                        "No longer shown: the order has come to its end."
                    } @else {
                        "Shown here as soon as the order is paid."
                    }
                } }))
            }
        }
    }
}

/// Says it when escrow turned down what was last asked for.
fn refused(view: &OrderView) -> Markup {
    let refused = view
        .answer
        .as_ref()
        .filter(|answer| answer.outcome == "refused" && !view.status.is_terminal());
    html! {
        @if let Some(answer) = refused {
            (ui::callout(Tone::Warning, "The last request was not carried out", html! { p { (answer.reason) } }))
        }
        @if view.paying && view.dispute.is_some() && view.status == OrderStatus::Completed {
            (ui::callout(Tone::Warning, "The dispute came too late to stop the payout", html! {
                p { "The payout had been planned already when the dispute was opened." }
            }))
        }
    }
}

fn next(view: &OrderView) -> Markup {
    if view.next.step == Step::Done {
        return done(view);
    }
    let who = words::headline(view);
    let otherwise = disputes::otherwise(view);
    ui::next_step(NextStep {
        who: &who,
        mine: words::is_mine(view.next.who, view.relation),
        what: html! {
            p { (words::explanation(view)) @if let Some(held) = &view.held { " " (words::held(held)) } }
            (disputes::in_words(view))
        },
        by: view.next.by,
        otherwise: match (view.next.step, view.relation) {
            (Step::Pay | Step::PayRest, _) => {
                Some("Otherwise the order expires, and whatever was paid goes back.")
            }
            (Step::SettleDispute | Step::SecondOpinion, _) => Some(otherwise.as_str()),
            (Step::Dispatch, _) => {
                Some("Otherwise the money is frozen, and the buyer can have it back at once.")
            }
            (Step::ConfirmReceipt, Relation::Vendor(_)) => Some("Otherwise you are paid by then."),
            (Step::ConfirmReceipt, _) => Some("Otherwise the vendor is paid by then."),
            (Step::TakeBack | Step::AcceptLate, Relation::Buyer) => {
                Some("Otherwise you are paid back by then.")
            }
            (Step::TakeBack | Step::AcceptLate, _) => {
                Some("Otherwise the buyer is paid back by then.")
            }
            _ => None,
        },
        action: buttons(view),
    })
}

fn done(view: &OrderView) -> Markup {
    let (tone, title, text) = match (view.status, view.relation) {
        (OrderStatus::Released | OrderStatus::Cancelled, _) if words::is_split(view) => {
            (Tone::Info, "Divided", "The dispute is over, and both parties are paid their share.")
        }
        (OrderStatus::Released, Relation::Vendor(_)) => (
            Tone::Success,
            "You are paid",
            "The order is complete and the money is in your wallet.",
        ),
        (OrderStatus::Released, _) => {
            (Tone::Success, "Complete", "The vendor is paid. Thank you for buying here.")
        }
        (OrderStatus::Cancelled, _) if !view.credited.is_zero() => {
            (Tone::Info, "Refunded", "What was paid goes back to the refund address.")
        }
        (OrderStatus::Failed, _) if words::is_rejected(view) => (
            Tone::Warning,
            "Not accepted",
            "Escrow did not accept this order, so there is nothing to pay. Please order again.",
        ),
        (OrderStatus::Failed, _) => (
            Tone::Info,
            "Expired",
            "It was not paid in time. Money that still comes goes back to the refund address.",
        ),
        _ => (
            Tone::Info,
            "Cancelled",
            "Please do not pay any more. Money that still comes goes back to the refund address.",
        ),
    };
    ui::callout(tone, title, html! { p { (text) } })
}

/// What the viewer can do now; each leads to a page that asks once more.
fn buttons(view: &OrderView) -> Markup {
    let take_back = view.relation == Relation::Buyer;
    let late = matches!(view.next.step, Step::TakeBack | Step::AcceptLate);
    let disputed = view.dispute.is_some();
    let received = match (late, disputed) {
        (true, _) => Look::Quiet,
        (false, true) => Look::Plain,
        (false, false) => Look::Primary,
    };
    let ship = if disputed { Look::Quiet } else { Look::Primary };
    let acts: [(Act, &str, Look); 13] = [
        (Act::Ship, if view.ships { "Mark as sent" } else { "Mark as delivered" }, ship),
        (Act::Ask(IntentAction::Resume), "Take it after all", Look::Primary),
        (
            Act::Ask(IntentAction::Refund),
            if take_back { "Take my money back" } else { "Refund in full" },
            if view.next.step == Step::TakeBack && take_back { Look::Primary } else { Look::Plain },
        ),
        (Act::Ask(IntentAction::Release), "Received, pay the vendor", received),
        (Act::Ask(IntentAction::Accept), "Accept the offer", Look::Primary),
        (Act::Offer, "Make an offer", Look::Plain),
        (Act::Ask(IntentAction::Contest), "Call a second staff member", Look::Plain),
        (Act::Ask(IntentAction::Confirm), "Confirm the ruling", Look::Primary),
        (Act::Ask(IntentAction::Rule), "Rule", Look::Plain),
        (Act::Claim, "Add a statement", Look::Quiet),
        (Act::Ask(IntentAction::Extend), "I need more time", Look::Quiet),
        (Act::Dispute, "Something is wrong", Look::Quiet),
        (Act::Ask(IntentAction::Cancel), "Cancel this order", Look::Quiet),
    ];
    ui::actions(html! {
        @for (act, label, look) in acts {
            @if view.may(act) {
                @if let Some(url) = urls::act(view.id, act) { (ui::link_button(&url, label, look)) }
            }
        }
    })
}

/// Payments out of escrow, with their proofs.
fn paid_out(view: &OrderView) -> Markup {
    html! {
        @if !view.legs.is_empty() {
            (ui::panel(Some("Paid out of escrow"), html! {
                @for leg in &view.legs { (one_leg(view, leg)) }
            }))
        }
    }
}

fn one_leg(view: &OrderView, leg: &LegRow) -> Markup {
    let (asset, coin) = (leg.stray.unwrap_or(view.asset), Asset::native(view.chain));
    let mut facts = Vec::new();
    if let Ok(to) = leg.to_address.parse() {
        facts.push(("To", ui::address(&to, url::explorer_address(view.chain, &to))));
    }
    if let Some(hash) = &leg.tx_hash {
        facts.push(("Chain transaction", ui::hash(hash, url::explorer_tx(view.chain, hash))));
    }
    if let Some((fee, block, at)) = &leg.receipt {
        facts.push(("Final", html! {
            "in block " (block) ", " (ui::time(db::codec::time(*at)))
            @if let Ok(fee) = Amount::from_fixed(fee) { ", network fee " (ui::amount(Money::of(&coin, fee))) }
        }));
    }
    html! {
        div.leg {
            p {
                strong { (words::payee(&leg.role, view)) } ": "
                @if let Ok(amount) = Amount::from_fixed(&leg.amount) { (ui::amount(Money::of(&asset, amount))) }
                " " (ui::tag(leg_state(&leg.state)))
            }
            (ui::terms(&facts))
        }
    }
}

fn leg_state(state: &str) -> &'static str {
    match state {
        "planned" => "planned",
        "signed" => "sent",
        "seen" => "in a block",
        "final" => "final",
        _ => "did not go through",
    }
}
