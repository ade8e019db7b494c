//! Where the money of an order goes: every share before it is paid, and what became of each.

use domain::asset::{Asset, AssetKind};
use domain::limits::RESOLVER_FEE;
use domain::money::{Amount, Bps};
use domain::settle::LegRole;
use domain::shares::Shares;
use maud::{Markup, html};

use crate::orders::actions::read::OrderView;
use crate::orders::actions::shares::{PaidOut, Split};
use crate::ui::{self, Money};

/// A part of the money, how much it is, and what it is taken from.
type Part = (&'static str, Markup, Markup);

fn money(asset: &Asset, amount: Amount) -> Markup {
    ui::amount(Money::of(asset, amount))
}

fn parts(all: Vec<Part>) -> Markup {
    let fact = |(part, amount, from): Part| {
        (part, html! { (amount) @if !from.0.is_empty() { p.note { (from) } } })
    };
    ui::terms(&all.into_iter().map(fact).collect::<Vec<_>>())
}

/// Every share of a sum, as it would be planned now.
pub fn planned(split: &Split, asset: &Asset) -> Markup {
    let mut all = vec![("Items", ui::price(split.items), html! {})];
    if split.shipping.get() > 0 {
        all.push(("Shipping", ui::price(split.shipping), html! {}));
    }
    all.push(("In escrow", money(asset, split.available), html! { "What the buyer pays" }));
    let Some(shares) = split.release() else {
        return html! {
            (parts(all))
            p { "Moving this sum would cost more than it is worth at present." }
        };
    };
    all.extend(shared(split, &shares, asset));
    html! {
        (parts(all))
        p.note { (refund(split, asset)) }
        @if asset.kind() == AssetKind::Native {
            p.note { "Network fees are those of now with a margin; what is kept for them and not used is the site's." }
        }
    }
}

fn shared(split: &Split, shares: &Shares, asset: &Asset) -> Vec<Part> {
    let mut all = vec![(
        "To the vendor",
        money(asset, shares.vendor),
        html! { "What is left of it, after what follows" },
    )];
    if !shares.buyer.is_zero() {
        let from = html! { "What was paid beyond the sum" };
        all.push(("Back to the buyer", money(asset, shares.buyer), from));
    }
    all.push((
        "Commission of this site",
        money(asset, shares.commission),
        commission(split, shares),
    ));
    if let Some(share) = split.rules.referral.filter(|share| *share > Bps::ZERO) {
        let from = match shares.referral.is_zero() {
            true => {
                html! { "Stays with the commission: it is worth less than sending it costs" }
            }
            false => {
                html! { (share) " of the commission, for whoever invited the buyer, less its network fee" }
            }
        };
        all.push(("Referral", money(asset, shares.referral), from));
    }
    all.push(("Network fees", money(asset, shares.network), network(split, shares, asset)));
    all.push(match split.ruling() {
        Some(fee) => (
            "If staff rule in a dispute",
            money(asset, fee),
            html! { (RESOLVER_FEE) ", half from each side, and only then" },
        ),
        None => {
            ("If staff rule in a dispute", html! { "Nothing" }, html! { "No fee is taken for it" })
        }
    });
    all
}

/// Of what the commission is which share, and why it is not all of it.
fn commission(split: &Split, shares: &Shares) -> Markup {
    html! {
        (split.rules.commission)
        @if let Some(tier) = split.tier { " (" (tier.as_str()) " tier)" }
        " of the vendor's share"
        @if shares.commission.is_zero() && split.rules.commission > Bps::ZERO {
            ", which would cost more to send than it is worth"
        }
        @if !shares.referral.is_zero() { ", less the referral" }
    }
}

fn network(split: &Split, shares: &Shares, asset: &Asset) -> Markup {
    let legs = LegRole::ALL.iter().filter_map(|role| shares.leg(*role, false)).count();
    let fee = money(asset, split.leg_fee);
    html! {
        @if split.rules.charged {
            "Out of the shares that are paid: " (fee) " for each payment out of escrow, of which there are " (legs)
        } @else {
            "Out of the shares that are paid: at most " (fee) " for each payment out of escrow, of which there are " (legs)
        }
    }
}

fn refund(split: &Split, asset: &Asset) -> Markup {
    html! {
        @if let Some(shares) = split.refund() {
            "A refund brings the buyer " (money(asset, shares.buyer)) ": all but the network fee of one payment."
        }
    }
}

/// The shares of an order: as planned, and once something has left, as it went.
pub fn of_order(view: &OrderView) -> Markup {
    let over = view.status.is_terminal() && view.legs.iter().all(|leg| leg.stray.is_some());
    html! {
        @if let Some(paid) = &view.paid {
            (ui::panel(Some("Where the money went"), went(paid, view)))
        } @else if !over {
            (ui::panel(Some("Where the money goes"), planned(&view.split, &view.asset)))
        }
    }
}

fn went(paid: &PaidOut, view: &OrderView) -> Markup {
    let asset = &view.asset;
    let charged = asset.token.is_some();
    let mut all = vec![("Came in", money(asset, view.credited), html! { "What was paid" })];
    let words = [
        (LegRole::Vendor, "To the vendor", html! {}),
        (
            LegRole::Commission,
            "Commission of this site",
            html! {
                (view.split.rules.commission)
                @if let Some(tier) = view.split.tier { " (" (tier.as_str()) " tier)" }
                " of the vendor's share"
                @if charged { ", and the network fees" }
            },
        ),
        (
            LegRole::Referral,
            "Referral",
            html! { (view.split.rules.referral.unwrap_or(Bps::ZERO)) " of the commission" },
        ),
        (LegRole::Resolver, "For the ruling", html! { "Half from each side" }),
        (LegRole::Buyer, "Back to the buyer", html! {}),
    ];
    for (role, part, from) in words {
        if !paid.to(role).is_zero() {
            all.push((part, money(asset, paid.to(role)), from));
        }
    }
    let coin = Asset::native_of(asset.chain);
    let gas =
        if charged { "Out of this site's gas wallet" } else { "Out of what was kept for them" };
    all.push(("Network fees", money(&coin, paid.network), html! { (gas) }));
    if !paid.residue.is_zero() {
        let from = html! { "What was kept for network fees and not used; it is the site's" };
        all.push(("Left over", money(asset, paid.residue), from));
    }
    let waits = view.legs.iter().any(|leg| !["final", "reverted"].contains(&leg.state.as_str()));
    html! {
        (parts(all))
        @if waits { p.note { "More payments are on their way; they are told above." } }
    }
}
