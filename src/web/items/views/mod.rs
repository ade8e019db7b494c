//! The page of an item.

pub mod edit;
pub mod manage;

use domain::item::{Package, PackageKind};
use maud::{Markup, html};

use super::reads::ItemPage;
use super::urls;
use crate::stores::views::facts;
use crate::ui::url::{self, Url};
use crate::ui::{self, Choice, Choices, Field, Look, Tone};

/// The public page of an item.
pub fn item(page: &ItemPage) -> Markup {
    let (item, store) = (&page.item, &page.store);
    let edit = html! {
        @if page.role.is_some() { (ui::link_button(&urls::edit(item.id), "Edit this item", Look::Plain)) }
    };
    html! {
        (ui::breadcrumbs(&[(&store.name, url::store(store.id))], &item.name))
        (hidden_from_others(page))
        (ui::split(ui::figure(&item.picture), html! {
            (ui::page_head(&item.name, None, edit))
            (buy(page))
        }))
        (ui::split(ui::prose(&item.description), html! {
            (ui::panel(Some("How your money is kept"), ui::how_it_works()))
            (ui::panel(Some("Sold by"), html! {
                p { (ui::link(&url::store(store.id), &store.name)) }
                (ui::terms(&facts(store, page.released)))
            }))
        }))
    }
}

/// Says why nobody but members and staff sees the item.
fn hidden_from_others(page: &ItemPage) -> Markup {
    let why = if page.store.suspended_at.is_some() {
        "Its store is suspended."
    } else if page.item.withdrawn_at.is_some() {
        "It was taken off sale."
    } else if page.item.from.is_none() {
        "It is a draft: it needs a package with a price, and its store a payout address."
    } else {
        return html! {};
    };
    ui::callout(Tone::Warning, "Only you see this page", html! { p { (why) } })
}

/// The packages to choose from and the way to checkout.
fn buy(page: &ItemPage) -> Markup {
    let public = page.item.on_sale() && page.store.suspended_at.is_none();
    if page.packages.is_empty() {
        return ui::empty(
            "Not on sale",
            "There is no package of this item at the moment.",
            html! {},
        );
    }
    let ids: Vec<_> = page.packages.iter().map(|package| package.id.to_string()).collect();
    let own = page.role.is_some();
    let choices = page
        .packages
        .iter()
        .zip(&ids)
        .map(|(package, id)| Choice {
            value: id,
            label: &package.name,
            detail: terms(package),
            disabled: own || !public,
        })
        .collect();
    html! {
        // A plain GET form: what is chosen stands in the address and can be sent to a friend.
        form.form method="get" action=(Url::fixed("/checkout")) {
            (Choices::new("package", "Choose a package", choices))
            @if own {
                p.hint { "This is your own store, so you cannot buy here." }
            } @else if public {
                (Field::number("quantity", "Quantity").value("1").max(2).required())
                (ui::actions(ui::submit("Buy", Look::Primary)))
                p.hint { "Nothing is paid yet: the next page shows the whole sum." }
            }
        }
    }
}

/// What a package costs and when it comes.
pub fn terms(package: &Package) -> Markup {
    html! {
        (ui::price(package.price))
        @match package.kind {
            PackageKind::Shipped => {
                @if package.shipping.get() == 0 { " · free shipping" } @else { " + " (ui::price(package.shipping)) " shipping" }
                " · sent within " (hours(package.handling_hours))
            }
            PackageKind::Digital => { " · digital, handed over within " (hours(package.handling_hours)) }
            PackageKind::Service => { " · a service, done within " (hours(package.handling_hours)) }
        }
    }
}

/// A number of hours as people say it.
pub fn hours(hours: u32) -> String {
    match (hours, hours / 24, hours % 24) {
        (1, ..) => "1 hour".to_owned(),
        (_, 1, 0) => "24 hours".to_owned(),
        (_, days, 0) => format!("{days} days"),
        _ => format!("{hours} hours"),
    }
}

/// The word for how a package reaches its buyer.
pub const fn kind_word(kind: PackageKind) -> &'static str {
    match kind {
        PackageKind::Shipped => "Shipped",
        PackageKind::Digital => "Digital",
        PackageKind::Service => "Service",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_said_as_people_say_them() {
        for (given, said) in
            [(1, "1 hour"), (24, "24 hours"), (36, "36 hours"), (48, "2 days"), (720, "30 days")]
        {
            assert_eq!(hours(given), said);
        }
    }
}
