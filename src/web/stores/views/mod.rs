//! Store pages.

pub mod payout;

use domain::money::Cents;
use domain::refusal::Fault;
use domain::store::{Member, Store, StoreRole};
use maud::{Markup, html};

use super::access::Membership;
use super::reads::StorePage;
use super::urls;
use crate::home::views::cards;
use crate::ui::url::Url;
use crate::ui::{self, Field, Look, PicturePicker, StoreCard, TextArea, Tone, url};

/// What a form of a store sends.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreForm {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// What it says about itself.
    #[serde(default)]
    pub description: String,
    /// The name of its crest.
    #[serde(default)]
    pub picture: String,
}

/// All open stores.
pub fn list(stores: &[Store], newer: Option<Url>, older: Option<Url>) -> Markup {
    let cards: Vec<_> = stores
        .iter()
        .map(|store| StoreCard {
            url: url::store(store.id),
            name: &store.name,
            picture: &store.picture,
            text: opening(&store.description),
            note: None,
        })
        .collect();
    html! {
        (ui::page_head("Stores", Some("Everybody who sells here, the newest first."), html! {}))
        @if cards.is_empty() {
            (ui::empty("No store yet", "The first one could be yours.", ui::link_button(&urls::new(), "Open a store", Look::Plain)))
        } @else {
            (ui::store_grid(&cards))
        }
        (ui::pager(newer, older))
    }
}

/// The first paragraph of a text.
fn opening(text: &str) -> &str {
    text.split("\n\n").next().unwrap_or_default()
}

/// The public page of a store.
pub fn store(page: &StorePage, newer: Option<Url>, older: Option<Url>) -> Markup {
    let store = &page.store;
    let edit = html! {
        @if page.role.is_some() { (ui::link_button(&urls::manage(store.id), "Manage this store", Look::Plain)) }
        @if page.sets_tier { (ui::link_button(&crate::tiers::path(store.id), "Tier and commission", Look::Plain)) }
    };
    let mut about = facts(store, page.released);
    if page.lodged != Cents::default() {
        about.push(("Deposit lodged", ui::price(page.lodged)));
    }
    html! {
        (ui::breadcrumbs(&[("Stores", urls::list())], &store.name))
        (suspended(store))
        (ui::crest(&store.picture))
        (ui::page_head(&store.name, None, edit))
        (ui::split(
            html! {
                (ui::prose(&store.description))
                @if page.cards.is_empty() {
                    (ui::empty("Nothing on sale", "This store has nothing on sale at the moment.", html! {}))
                } @else {
                    h2 { "On sale" }
                    (cards(&page.cards))
                }
                (ui::pager(newer, older))
            },
            html! {
                (ui::panel(Some("This store"), ui::terms(&about)))
                (ui::panel(Some("How your money is kept"), ui::how_it_works()))
            },
        ))
    }
}

/// Numbers of a store, for everybody to see.
pub fn facts(store: &Store, released: Option<u64>) -> Vec<(&'static str, Markup)> {
    let mut facts = vec![("Here since", ui::day(store.created_at))];
    if let Some(released) = released {
        facts.push(("Completed orders", html! { (released) }));
    }
    facts
}

/// Says that a store is suspended, to those who see it all the same.
pub fn suspended(store: &Store) -> Markup {
    html! {
        @if let Some(since) = store.suspended_at {
            (ui::callout(Tone::Warning, "This store is suspended", html! {
                p { "Staff closed it on " (ui::day(since)) ". Nobody but its members and staff can see it, and nothing in it can be changed or bought." }
            }))
        }
    }
}

/// The viewer's stores, to choose from.
pub fn mine(stores: &[Membership]) -> Markup {
    let cards: Vec<_> = stores
        .iter()
        .map(|(store, role)| StoreCard {
            url: urls::manage(store.id),
            name: &store.name,
            picture: &store.picture,
            text: opening(&store.description),
            note: Some(role_word(*role)),
        })
        .collect();
    html! {
        (ui::page_head("My stores", None, ui::link_button(&urls::new(), "Open another store", Look::Plain)))
        (ui::store_grid(&cards))
    }
}

/// The form of a new store.
pub fn open(csrf: &str, form: &StoreForm, faults: &[Fault]) -> Markup {
    ui::narrow(html! {
        (ui::page_head("Open a store", Some("It costs nothing to begin. The site keeps a share of each sale, and you are paid when your buyer has what was bought."), html! {}))
        (words(&urls::new(), csrf, form, (faults, "Open the store")))
    })
}

/// The form that changes what a store says about itself.
pub fn edit(store: &Store, csrf: &str, form: &StoreForm, faults: &[Fault]) -> Markup {
    ui::narrow(html! {
        (crumbs(store, "Name and description"))
        (ui::page_head("Name and description", None, html! {}))
        (words(&urls::edit(store.id), csrf, form, (faults, "Save")))
    })
}

fn words(action: &Url, csrf: &str, form: &StoreForm, (faults, verb): (&[Fault], &str)) -> Markup {
    ui::form(
        action,
        csrf,
        html! {
            (ui::fault_summary(faults))
            (Field::text("name", "Name").value(&form.name).hint("3 to 40 characters, like no other store's.").max(40).required().faults(faults))
            (TextArea::new("description", "Description").value(&form.description).hint("What you sell and who you are. An empty line begins a new paragraph.").max(2_000).rows(8).required().faults(faults))
            (PicturePicker::crests("picture", "Picture").value(&form.picture).faults(faults))
            (ui::actions(ui::submit(verb, Look::Primary)))
        },
    )
}

/// The way from a page of a store's members back to their other pages.
pub fn crumbs(store: &Store, here: &str) -> Markup {
    html! {
        (ui::breadcrumbs(&[("Selling", url::selling()), (&store.name, urls::manage(store.id))], here))
        (suspended(store))
    }
}

/// The word for a part in a store.
pub const fn role_word(role: StoreRole) -> &'static str {
    match role {
        StoreRole::Owner => "Owner",
        StoreRole::Collaborator => "Collaborator",
    }
}

/// Who is in a store.
pub fn members(
    (store, role): &Membership,
    members: &[Member],
    csrf: &str,
    (username, faults): (&str, &[Fault]),
) -> Markup {
    let rows = members.iter().map(|member| member_row(store, *role, member, csrf)).collect();
    html! {
        (crumbs(store, "Members"))
        (ui::page_head("Members", Some("Collaborators look after items and orders. Members, the payout address and what the store says about itself are the owner's."), html! {}))
        (ui::table("Members of the store", &["Name", "Part", "Since", "Remove"], rows))
        @if *role == StoreRole::Owner {
            (ui::panel(Some("Take somebody in"), ui::form(&urls::members(store.id), csrf, html! {
                (ui::fault_summary(faults))
                (Field::text("username", "Username").value(username).hint("The name by which they log in here.").max(24).required().faults(faults))
                (ui::actions(ui::submit("Add as collaborator", Look::Primary)))
            })))
        }
    }
}

fn member_row(store: &Store, viewer: StoreRole, member: &Member, csrf: &str) -> Vec<Markup> {
    let removable = viewer == StoreRole::Owner && member.role == StoreRole::Collaborator;
    vec![
        html! { (member.username) },
        ui::tag(role_word(member.role)),
        ui::day(member.since),
        html! {
            @if removable {
                (ui::post_button(&urls::remove_member(store.id, member.user), csrf, &format!("Remove {}", member.username), Look::Quiet))
            } @else { "–" }
        },
    ]
}
