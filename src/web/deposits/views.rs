//! What pages say of deposits.

use db::codec;
use db::lodgings::Lodged;
use domain::asset::Asset;
use domain::ids::OrderId;
use domain::item::PackageKind;
use domain::money::Cents;
use domain::order::{AssetNow, OrderStatus};
use domain::refusal::Fault;
use domain::store::StoreRole;
use maud::{Markup, html};

use super::actions::{OfAll, OfStore};
use crate::stores::urls;
use crate::ui::{self, Field, Look, Money, Select, Tone, url};

/// The title of a store's page.
pub(super) const TITLE: &str = "Deposits";
/// The title of the staff's page.
pub(super) const ALL: &str = "Deposits of stores";
const ABOUT: &str = "Money that a store lodges with escrow as a security. It lies at an address of its \
     own and leaves once, to the address that was sealed with it.";

/// How a deposit stands: its word for machines, and one for people.
pub(super) fn state_word(found: &Lodged) -> (&'static str, &'static str) {
    let Some(state) = &found.state else { return ("preparing", "Escrow prepares an address") };
    match state.status {
        OrderStatus::New => ("preparing", "Escrow prepares an address"),
        OrderStatus::Pending => ("awaited", "Waiting for the money"),
        OrderStatus::Completed if state.paying => ("returning", "On its way back"),
        OrderStatus::Completed if found.asked => ("asked-back", "Asked back"),
        OrderStatus::Completed | OrderStatus::Frozen => ("lodged", "Lodged"),
        OrderStatus::Cancelled | OrderStatus::Released => ("returned", "Returned"),
        OrderStatus::Failed => ("ended", "Ended without the full sum"),
    }
}

/// The value by which a form names an asset.
pub(super) fn value(asset: &Asset) -> String {
    let token = asset.token.map(|token| token.to_string()).unwrap_or_default();
    format!("{}:{token}", asset.chain.get())
}

/// The deposits of a store, and the form that lodges another.
pub(super) fn of_store(
    found: &OfStore,
    assets: &[AssetNow],
    csrf: &str,
    typed: (&str, &str, &[Fault]),
) -> Markup {
    let store = &found.store;
    let rows = found.deposits.iter().map(|one| row(found, one, csrf)).collect();
    html! {
        (ui::breadcrumbs(&[("Selling", url::selling()), (store.name.as_str(), urls::manage(store.id))], TITLE))
        (ui::page_head(TITLE, Some(ABOUT), html! {}))
        (ui::terms(&[
            ("Lodged", ui::price(found.lodged)),
            ("Asked for by this site", ui::price(found.demanded)),
        ]))
        (waiting(found.demanded, found.lodged))
        @if found.deposits.is_empty() {
            (ui::empty("No deposit", "This store has lodged nothing.", html! {}))
        } @else {
            (ui::table("Deposits of the store",
                &["Sum", "State", "Pay to", "Goes back to", ""], rows))
        }
        (form(found, assets, csrf, typed))
    }
}

/// Says that items wait for a deposit, where they do.
pub(crate) fn waiting(demanded: Cents, lodged: Cents) -> Markup {
    html! {
        @if lodged < demanded {
            (ui::callout(Tone::Warning, "Items wait for a deposit", html! {
                p { "This site asks for a deposit of at least " (ui::price(demanded)) " for what is on sale here. Until it is lodged such items cannot be ordered." }
            }))
        }
    }
}

fn form(
    found: &OfStore,
    assets: &[AssetNow],
    csrf: &str,
    (pay, amount, faults): (&str, &str, &[Fault]),
) -> Markup {
    let Some(payout) = &found.payout else {
        return html! { p { "The store needs a " (ui::link(&urls::payout(found.store.id), "payout address")) " first: a deposit goes back to it." } };
    };
    let named =
        |now: &AssetNow| (value(&now.asset), format!("{} on {}", now.asset.symbol, now.spec.name));
    let named: Vec<(String, String)> =
        assets.iter().filter(|now| now.reachable).map(named).collect();
    let options: Vec<(&str, &str)> =
        named.iter().map(|(value, label)| (value.as_str(), label.as_str())).collect();
    ui::panel(
        Some("Lodge a deposit"),
        ui::form(
            &super::of_store(found.store.id),
            csrf,
            html! {
                (ui::fault_summary(faults))
                (Select::new("pay", "In what", &options).value(pay).faults(faults))
                (Field::number("amount", "How much").value(amount).required().faults(faults)
                    .hint("In digits, like 0.5"))
                p { "It goes back to " (ui::address(payout, None)) " and nowhere else, whatever the store's payout address is later." }
                (ui::actions(ui::submit("Lodge it", Look::Primary)))
            },
        ),
    )
}

fn sum(one: &Lodged) -> Markup {
    let row = &one.row;
    let amount = codec::amount("vendor_deposits.amount", &row.amount).unwrap_or_default();
    let decimals = u8::try_from(row.decimals).unwrap_or_default();
    ui::amount(Money { amount, decimals, coin: &row.token })
}

fn row(found: &OfStore, one: &Lodged, csrf: &str) -> Vec<Markup> {
    let (word, told) = state_word(one);
    let address = one.state.as_ref().and_then(|state| state.address);
    let id: Option<OrderId> = one.row.id.parse().ok();
    let mine = word == "lodged" && found.role == StoreRole::Owner;
    vec![
        sum(one),
        html! {
            (ui::tag(told))
            @if let Some(why) = &one.refused { p { (why) } }
        },
        html! { @if let Some(address) = &address { (ui::address(address, None)) } @else { "–" } },
        html! { code { (one.row.return_address) } },
        html! {
            @if let Some(id) = id.filter(|_| mine) {
                (ui::post_button(&super::withdraw(found.store.id, id), csrf, "Withdraw it", Look::Plain))
            }
        },
    ]
}

/// What the site demands, and the deposits of all stores.
pub(super) fn of_all(
    found: &OfAll,
    csrf: &str,
    (kind, least, faults): (&str, &str, &[Fault]),
) -> Markup {
    let demanded = |kind: PackageKind| {
        let rule = found.rules.iter().find(|(of, _)| *of == kind);
        rule.map(|(_, least)| *least)
    };
    let rules = PackageKind::ALL
        .iter()
        .map(|kind| {
            let least = demanded(*kind);
            vec![
                html! { (kind.as_str()) },
                html! { @if let Some(least) = least { (ui::price(least)) } @else { "none" } },
            ]
        })
        .collect();
    let kinds = PackageKind::ALL.map(|kind| (kind.as_str(), kind.as_str()));
    let rows = found
        .deposits
        .iter()
        .map(|one| vec![html! { (one.store_name) }, sum(one), ui::tag(state_word(one).1)])
        .collect();
    html! {
        (ui::page_head(ALL, Some(ABOUT), html! {}))
        (ui::table("Least deposit by kind of package", &["Kind", "At least"], rules))
        (ui::form(&super::all(), csrf, html! {
            (ui::fault_summary(faults))
            (Select::new("kind", "Kind", &kinds).value(kind).faults(faults))
            (Field::number("least", "At least, in US dollars").value(least).required().faults(faults)
                .hint("0 asks for none."))
            (ui::actions(ui::submit("Ask for it", Look::Primary)))
        }))
        h2 { "Lodged" }
        @if found.deposits.is_empty() {
            p { "No store has lodged anything." }
        } @else {
            (ui::table("Deposits of stores", &["Store", "Sum", "State"], rows))
        }
    }
}
