//! The shop window.

use maud::{Markup, html};

use crate::stores::reads::Card;
use crate::stores::urls;
use crate::ui::url::{self, Url};
use crate::ui::{self, Look};

/// The newest items; on the first page below a few words about the shop.
pub fn window(site: &str, all: &[Card], (newer, older): (Option<Url>, Option<Url>)) -> Markup {
    html! {
        @if newer.is_none() {
            (ui::hero(site, "Things made with care, paid into an escrow of your own: the vendor gets the money when you have the goods.", html! {
                (ui::link_button(&url::help(), "How escrow works", Look::Plain))
                (ui::link_button(&urls::list(), "All stores", Look::Plain))
                (ui::link_button(&url::selling(), "Sell here", Look::Quiet))
            }))
            h2 { "New in the window" }
        } @else {
            (ui::page_head("More from the window", None, html! {}))
        }
        @if all.is_empty() {
            (ui::empty("Nothing on sale yet", "As soon as a store puts something in the window, it shows here.", ui::link_button(&urls::new(), "Open a store", Look::Plain)))
        } @else {
            (cards(all))
        }
        (ui::pager(newer, older))
    }
}

/// Items on sale as a grid.
pub fn cards(all: &[Card]) -> Markup {
    let cards: Vec<_> = all
        .iter()
        .map(|card| ui::Card {
            url: url::item(card.id),
            title: &card.name,
            picture: &card.picture,
            store: &card.store_name,
            from: Some(card.from),
            note: None,
        })
        .collect();
    ui::card_grid(&cards)
}
