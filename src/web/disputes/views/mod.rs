//! Disputes on pages: the part of an order's page, the questions before an act, the list of staff.

mod ask;
mod list;
mod panel;

pub use list::list;
pub use panel::{in_words, otherwise, panel};

use domain::money::{Amount, Bps};
use domain::settle::{self, Division, LegRole};
use maud::{Markup, html};

use crate::orders::actions::read::OrderView;
use crate::orders::views::pay;
use crate::ui;

/// Who gets which share, in a few words: `70 % to ada, 30 % to Fern & Kiln`.
fn in_shares(view: &OrderView, buyer: Bps) -> String {
    let rest = Bps::new(Bps::WHOLE.get().saturating_sub(buyer.get())).unwrap_or(Bps::ZERO);
    match (buyer == Bps::ZERO, rest == Bps::ZERO) {
        (_, true) => format!("everything to {}", view.buyer_name),
        (true, _) => format!("everything to {}", view.store_name),
        _ => format!("{buyer} to {}, {rest} to {}", view.buyer_name, view.store_name),
    }
}

/// What a division comes to for each, before network fees.
fn sums(view: &OrderView, division: Division) -> Vec<(&'static str, Markup)> {
    let Some(sealed) = &view.sealed else { return Vec::new() };
    let Ok(plan) = settle::split(&sealed.terms, view.credited, Amount::ZERO, division) else {
        return Vec::new();
    };
    let sum = |role: LegRole| {
        let amount = plan.legs.iter().find(|leg| leg.role == role).map(|leg| leg.amount);
        html! { (ui::amount(pay::money(view, amount.unwrap_or_default()))) }
    };
    let mut sums = vec![
        ("To the buyer", html! { (sum(LegRole::Buyer)) " for " (view.buyer_name) }),
        ("To the vendor", html! { (sum(LegRole::Vendor)) " for " (view.store_name) }),
        ("To this site", html! { (sum(LegRole::Commission)) " commission" }),
    ];
    if plan.legs.iter().any(|leg| leg.role == LegRole::Referral) {
        sums.push(("To whoever invited the buyer", sum(LegRole::Referral)));
    }
    if plan.legs.iter().any(|leg| leg.role == LegRole::Resolver) {
        sums.push(("For the ruling", sum(LegRole::Resolver)));
    }
    sums.push(("Network fees", html! { "come out of these: " (pay::network_fees(view)) }));
    sums
}
