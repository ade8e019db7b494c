//! The page from which members run their store.

use domain::clock::Time;
use domain::item::{Item, ItemState};
use domain::store::StoreRole;
use maud::{Markup, html};

use crate::items::urls;
use crate::orders;
use crate::stores::reads::ManagePage;
use crate::stores::urls as store_urls;
use crate::stores::views::{facts, role_word, suspended};
use crate::ui::url::{self, Url};
use crate::ui::{self, Look, Tone};

/// Items with their state, numbers, and the ways to everything else.
pub fn store(page: &ManagePage, now: Time, (newer, older): (Option<Url>, Option<Url>)) -> Markup {
    let store = &page.store;
    let head = html! {
        (ui::link_button(&store_urls::new_item(store.id), "Add an item", Look::Primary))
        (ui::link_button(&orders::urls::sales(store.id), "Orders", Look::Plain))
        (ui::link_button(&url::store(store.id), "See the store", Look::Quiet))
    };
    html! {
        (ui::breadcrumbs(&[("Selling", url::selling())], &store.name))
        (suspended(store))
        (ui::page_head(&store.name, None, head))
        (no_address(page))
        (crate::deposits::waiting(page.demanded, page.lodged))
        (ui::split(
            html! {
                h2 { "Items" }
                (items(page))
                (ui::pager(newer, older))
            },
            html! {
                (ui::panel(Some("This store"), numbers(page)))
                (ui::panel(Some("Paid to"), paid_to(page, now)))
                @if page.role == StoreRole::Owner {
                    (ui::link_button(&store_urls::edit(store.id), "Name and description", Look::Quiet))
                }
                (ui::link_button(&crate::deposits::of_store(store.id), "Deposits", Look::Quiet))
                (ui::link_button(&store_urls::members(store.id), "Members", Look::Quiet))
            },
        ))
    }
}

fn no_address(page: &ManagePage) -> Markup {
    let owner = page.role == StoreRole::Owner;
    html! {
        @if page.payout.asked.is_none() {
            (ui::callout(Tone::Warning, "Your items are drafts", html! {
                p {
                    "The store has no payout address, so it cannot be paid and nothing in it is on sale. "
                    @if owner { (ui::link(&store_urls::payout(page.store.id), "Name an address")) } @else { "Its owner has to name one." }
                }
            }))
        }
    }
}

fn items(page: &ManagePage) -> Markup {
    if page.items.is_empty() {
        let add = ui::link_button(&store_urls::new_item(page.store.id), "Add an item", Look::Plain);
        return ui::empty("No items yet", "Add the first one: a name, a picture, a price.", add);
    }
    let may_list = page.payout.asked.is_some();
    let rows = page.items.iter().map(|item| row(item, item.state(may_list))).collect();
    ui::table("Items of the store", &["Item", "State", "Price", "Added"], rows)
}

fn row(item: &Item, state: ItemState) -> Vec<Markup> {
    vec![
        ui::link(&urls::edit(item.id), &item.name),
        ui::tag(state_word(state)),
        html! { @if let Some(from) = item.from { (ui::price_from(from)) } @else { "–" } },
        ui::day(item.created_at),
    ]
}

const fn state_word(state: ItemState) -> &'static str {
    match state {
        ItemState::OnSale => "On sale",
        ItemState::NoPackage => "Draft: no package",
        ItemState::NoAddress => "Draft: no payout address",
        ItemState::Withdrawn => "Off sale",
    }
}

fn numbers(page: &ManagePage) -> Markup {
    let tier = page.store.tier;
    let mut all = facts(&page.store, page.released);
    all.push(("Your part", html! { (role_word(page.role)) }));
    all.push(("Commission", html! { (tier.commission()) " (" (tier.as_str()) ")" }));
    ui::terms(&all)
}

fn paid_to(page: &ManagePage, now: Time) -> Markup {
    html! {
        (crate::stores::views::payout::standing(&page.payout, now))
        p { (ui::link(&store_urls::payout(page.store.id), "Payout address")) }
    }
}
