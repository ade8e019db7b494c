//! How to pay: the address, the sum, a code to scan, and what was agreed.

use db::tokens::Stray;
use domain::EvmAddress;
use domain::money::Amount;
use domain::order::OrderStatus;
use domain::policy::Relation;
use maud::{Markup, html};

use crate::orders::actions::read::OrderView;
use crate::ui::url::ExternalUrl;
use crate::ui::{self, Money, PayBox, Tone, url};

/// An amount in the order's coin.
pub fn money(view: &OrderView, amount: Amount) -> Money<'_> {
    Money::of(&view.asset, amount)
}

/// The box with the address, while the order waits for its payment.
pub fn pay_panel(view: &OrderView, wallet: Option<&ExternalUrl>) -> Markup {
    match (view.status, view.address.as_ref(), view.relation) {
        (OrderStatus::New, _, Relation::Buyer) => ui::callout(
            Tone::Info,
            "Preparing your payment address",
            html! { p { "Every order has an escrow address of its own. Yours is being issued; this page shows it in a moment." } },
        ),
        (OrderStatus::Pending, Some(address), Relation::Buyer) => pay_box(view, address, wallet),
        (OrderStatus::Pending, _, Relation::Vendor(_)) => ui::callout(
            Tone::Info,
            "Not paid yet",
            html! { p { "Do not send anything before this order is funded. This page tells you when it is." } },
        ),
        _ => html! {},
    }
}

fn pay_box(view: &OrderView, address: &EvmAddress, wallet: Option<&ExternalUrl>) -> Markup {
    let missing = view.due.minus(view.credited);
    html! {
        @if !view.unfinal.is_zero() {
            (ui::callout(Tone::Info, "Payment seen", html! {
                p { (ui::amount(money(view, view.unfinal))) " is on its way into escrow. It counts once the chain makes it final; you need not do anything." }
            }))
        } @else if !view.credited.is_zero() {
            (ui::callout(Tone::Warning, "Part of the sum is here", html! {
                p { (ui::amount(money(view, view.credited))) " arrived. Please pay the rest to the same address, or cancel to get it back." }
            }))
        }
        (ui::pay_box(PayBox {
            money: money(view, missing),
            address,
            explorer: url::explorer_address(view.chain, address),
            uri: url::eip681(&view.asset, address, missing),
            chain: view.chain.name,
            by: view.expires_at,
            extra: html! {
                @if let Some(wallet) = wallet {
                    p { (ui::outside(wallet, "Pay from the demo wallet")) }
                }
                p.note { "Pay on " strong { (view.chain.name) } " and with " strong { (view.asset.symbol) } " only. Money that comes late, short or twice goes back to your refund address." }
            },
        }))
    }
}

/// What was agreed, sums apart.
pub fn terms(view: &OrderView) -> Markup {
    let terms = vec![
        (
            "Sum",
            html! { (ui::amount(money(view, view.due))) " (" (ui::price(view.total)) " at " (view.usd) " USD a coin)" },
        ),
        (
            "Vendor is paid at",
            html! {
                @match &view.payout() {
                    Some(payout) => (ui::address(payout, url::explorer_address(view.chain, payout))),
                    None => "sealed when the address is issued",
                }
            },
        ),
        ("Paid out on the word of", word_of(view)),
        (
            "Refunds go to",
            ui::address(&view.refund, url::explorer_address(view.chain, &view.refund)),
        ),
        (
            "Counts as paid from",
            html! { (ui::amount(money(view, view.due.minus(view.due.share(view.tolerance))))) " (" (view.tolerance) " tolerance)" },
        ),
        ("Dispatch within", html! { (view.handling_hours) " hours after the payment" }),
        ("Look at it within", html! { (view.inspection_hours) " hours after dispatch" }),
    ];
    ui::terms(&terms)
}

/// Whose word it takes before the vendor is paid.
fn word_of(view: &OrderView) -> Markup {
    html! {
        "the buyer"
        @if let Some(signer) = view.signer() {
            ", signed by the wallet " (ui::address(&signer, url::explorer_address(view.chain, &signer)))
        }
    }
}

/// What moving the money costs, out of what is moved.
pub fn network_fees(view: &OrderView) -> Markup {
    html! {
        @match view.leg_fee {
            Some(fee) => { (ui::amount(money(view, fee))) " for each payment out of escrow" }
            None => { "as the chain takes them, out of the share that is paid" }
        }
    }
}

/// Who paid what, where the chain tells.
pub fn received(view: &OrderView) -> Markup {
    let told: Vec<_> = view.deposits.iter().filter_map(|d| Some((d, d.origin?))).collect();
    html! {
        @if !told.is_empty() {
            (ui::panel(Some("Payments received"), html! {
                @for (deposit, (from, hash)) in &told {
                    @let hash = domain::seal::hex(hash);
                    (ui::terms(&[
                        ("Sum", ui::amount(money(view, deposit.amount))),
                        ("From", ui::address(from, url::explorer_address(view.chain, from))),
                        ("Chain transaction", ui::hash(&hash, url::explorer_tx(view.chain, &hash))),
                    ]))
                }
            }))
        }
    }
}

/// The name of the chain on which something strayed to an order of another one.
fn elsewhere(view: &OrderView, stray: &Stray) -> Option<&'static str> {
    let other = (stray.asset.chain != view.chain.id).then_some(stray.asset.chain)?;
    Some(other.spec().map_or("another chain", |chain| chain.name))
}

/// What becomes of what strayed, in a sentence.
fn fate(view: &OrderView, stray: &Stray) -> &'static str {
    if elsewhere(view, stray).is_some() {
        "It is safe at the address, and the operator of this site has been told: ask the operator to send it back to you."
    } else if view.status.is_terminal() {
        "It goes to the refund address by itself, less the network fee, once that can be done and is worth it."
    } else {
        "It is safe at the address. When the order has ended, it goes to the refund address, less the network fee, once that can be done and is worth it."
    }
}

/// Says it when something else came than the order is paid in.
pub fn strays(view: &OrderView) -> Markup {
    html! {
        @for stray in &view.strays {
            (ui::callout(Tone::Warning, "Something else came to this address", html! {
                p {
                    (ui::amount(Money::of(&stray.asset, stray.amount)))
                    @match elsewhere(view, stray) {
                        Some(chain) => { " is here on " (chain) ", but this order is paid in " (view.asset.symbol) " on " (view.chain.name) }
                        None => { " is here, but this order is paid in " (view.asset.symbol) }
                    }
                    ". It does not count as payment. " (fate(view, stray))
                }
            }))
        }
    }
}

/// Says it when money is at the address beyond the end.
pub fn left(view: &OrderView) -> Markup {
    html! {
        @if let Some(left) = view.left {
            (ui::callout(Tone::Info, "Money is left at the address", html! {
                p {
                    (ui::amount(money(view, left.amount)))
                    " came beyond what was decided about. It is booked as the buyer's"
                    @if left.dust {
                        ", but sending it would cost more than it is worth now. It goes to the refund address by itself once fees are low enough or more has come."
                    } @else {
                        " and goes to the refund address by itself. If it stays for long, that address does not take it, and the buyer can ask for another one."
                    }
                }
            }))
        }
    }
}
