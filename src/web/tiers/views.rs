//! The page of a store's tier.

use db::tiers::TierChange;
use domain::refusal::Fault;
use domain::store::Tier;
use maud::{Markup, html};

use super::actions::{REASON, Standing};
use crate::ui::{self, Choice, Choices, Field, Look, url};

/// The title of the page.
pub(super) const TITLE: &str = "Tier of the store";

/// The tier, the form that sets another, and how it came to this one.
pub(super) fn page(
    found: &Standing,
    csrf: &str,
    (tier, reason, faults): (&str, &str, &[Fault]),
) -> Markup {
    let store = &found.store;
    let shares = Tier::ALL.map(|tier| format!("{} of what goes to the vendor", tier.commission()));
    let choices = Tier::ALL.into_iter().zip(&shares).map(|(tier, share)| Choice {
        value: tier.as_str(),
        label: word(tier),
        detail: html! { (share) },
        disabled: false,
    });
    let chosen = if tier.is_empty() { store.tier.as_str() } else { tier };
    ui::narrow(html! {
        (ui::breadcrumbs(&[(store.name.as_str(), url::store(store.id))], TITLE))
        (ui::page_head(TITLE, Some("It sets the commission of orders that are placed from now on. Those that were placed keep theirs."), html! {}))
        (ui::form(&super::path(store.id), csrf, html! {
            (ui::fault_summary(faults))
            (Choices::new("tier", "Tier", choices.collect()).value(chosen).faults(faults))
            (Field::text("reason", "Why").value(reason).required().max(REASON).faults(faults)
                .hint("Kept with the change, for other staff and for the store."))
            (ui::actions(ui::submit("Set the tier", Look::Primary)))
        }))
        h2 { "Changes" }
        @if found.changes.is_empty() {
            p { "It was never changed by staff." }
        } @else {
            (ui::table("Changes of the tier", &["When", "From", "To", "By", "Why"],
                found.changes.iter().map(row).collect()))
        }
    })
}

const fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Gold => "Gold",
        Tier::Silver => "Silver",
        Tier::Bronze => "Bronze",
        Tier::Free => "Free",
    }
}

fn row(change: &TierChange) -> Vec<Markup> {
    vec![
        ui::time(change.at),
        html! { (word(change.was)) },
        html! { (word(change.tier)) },
        html! { (change.staff_name) },
        html! { (change.reason) },
    ]
}
