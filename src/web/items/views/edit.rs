//! The forms of an item, and the list of its packages for those who sell it.

use domain::item::{Item, ItemState, Package};
use domain::refusal::Fault;
use domain::store::Store;
use maud::{Markup, html};

use super::{kind_word, terms};
use crate::items::reads::EditPage;
use crate::items::urls;
use crate::packages;
use crate::stores::urls as store_urls;
use crate::stores::views::{crumbs, suspended};
use crate::ui::url::{self, Url};
use crate::ui::{self, Field, Look, PicturePicker, TextArea, Tone};

/// What a form of an item sends.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemForm {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// What it is, in words.
    #[serde(default)]
    pub description: String,
    /// The name of its picture.
    #[serde(default)]
    pub picture: String,
}

/// The form of a new item.
pub fn blank(store: &Store, csrf: &str, form: &ItemForm, faults: &[Fault]) -> Markup {
    ui::narrow(html! {
        (crumbs(store, "New item"))
        (ui::page_head("New item", Some("It stays a draft until it has a package with a price."), html! {}))
        (words(&store_urls::new_item(store.id), csrf, form, (faults, "Save and add a package")))
    })
}

/// All that a vendor changes about an item.
pub fn edit(page: &EditPage, csrf: &str, form: &ItemForm, faults: &[Fault]) -> Markup {
    let item = &page.item;
    html! {
        (item_crumbs(&page.store, item, None))
        (ui::page_head(&item.name, None, html! {
            (ui::link_button(&url::item(item.id), "See its page", Look::Plain))
            (on_or_off(item, csrf))
        }))
        (state(page.state, page))
        (ui::panel(Some("Packages"), wrapped(page, csrf)))
        (ui::panel(Some("Name, description, picture"), words(&urls::edit(item.id), csrf, form, (faults, "Save"))))
    }
}

/// The way from a page about an item back to its store.
pub fn item_crumbs(store: &Store, item: &Item, here: Option<&str>) -> Markup {
    let manage = (store.name.as_str(), store_urls::manage(store.id));
    html! {
        @match here {
            None => { (ui::breadcrumbs(&[("Selling", url::selling()), manage], &item.name)) }
            Some(here) => { (ui::breadcrumbs(&[manage, (&item.name, urls::edit(item.id))], here)) }
        }
        (suspended(store))
    }
}

fn on_or_off(item: &Item, csrf: &str) -> Markup {
    if item.withdrawn_at.is_some() {
        ui::post_button(&urls::restore(item.id), csrf, "Put back on sale", Look::Plain)
    } else {
        ui::post_button(&urls::withdraw(item.id), csrf, "Take off sale", Look::Quiet)
    }
}

fn state(state: ItemState, page: &EditPage) -> Markup {
    match state {
        ItemState::OnSale => html! {},
        ItemState::Withdrawn => ui::callout(
            Tone::Info,
            "Off sale",
            html! { p { "Nobody but your store sees it. Orders that stand are not touched." } },
        ),
        ItemState::NoPackage => ui::callout(
            Tone::Info,
            "A draft",
            html! {
                p { "It goes on sale as soon as it has a package with a price." }
            },
        ),
        ItemState::NoAddress => ui::callout(
            Tone::Warning,
            "A draft",
            html! {
                p {
                    "Your store has no payout address, so it cannot be paid and its items stay drafts. "
                    (ui::link(&store_urls::payout(page.store.id), "Name an address"))
                }
            },
        ),
    }
}

fn wrapped(page: &EditPage, csrf: &str) -> Markup {
    let rows = page.packages.iter().map(|package| package_row(package, csrf)).collect();
    html! {
        @if page.packages.is_empty() {
            p { "None yet. A package is what a buyer takes: one mug, a set of four, a licence." }
        } @else {
            (ui::table("Packages of the item", &["Package", "Kind", "Terms", "Change"], rows))
        }
        (ui::actions(ui::link_button(&urls::new_package(page.item.id), "Add a package", Look::Plain)))
    }
}

fn package_row(package: &Package, csrf: &str) -> Vec<Markup> {
    let withdraw = packages::urls::withdraw(package.id);
    vec![
        html! { (package.name) },
        html! { (kind_word(package.kind)) },
        html! { span { (terms(package)) } },
        ui::actions(html! {
            (ui::link_button(&packages::urls::edit(package.id), "Edit", Look::Quiet))
            (ui::post_button(&withdraw, csrf, "Take off sale", Look::Quiet))
        }),
    ]
}

fn words(action: &Url, csrf: &str, form: &ItemForm, (faults, verb): (&[Fault], &str)) -> Markup {
    ui::form(
        action,
        csrf,
        html! {
            (ui::fault_summary(faults))
            (Field::text("name", "Name").value(&form.name).max(80).required().faults(faults))
            (TextArea::new("description", "Description").value(&form.description).hint("What it is, what it is made of, how large it is. An empty line begins a new paragraph.").max(5_000).rows(10).required().faults(faults))
            (PicturePicker::new("picture", "Picture").value(&form.picture).faults(faults))
            (ui::actions(ui::submit(verb, Look::Primary)))
        },
    )
}
