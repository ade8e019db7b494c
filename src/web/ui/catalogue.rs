//! Items and stores as they stand in the window.

use domain::money::Cents;
use maud::{Markup, html};

use super::brand::mark;
use super::gallery;
use super::money::price_from;
use super::url::{self, Url};

/// Cards whose pictures are loaded at once; those below the fold wait until they come near.
const EAGER: usize = 4;

/// An item in a list.
#[derive(Debug)]
pub struct Card<'a> {
    /// The item's page.
    pub url: Url,
    /// Its name.
    pub title: &'a str,
    /// Name of its picture in the gallery.
    pub picture: &'a str,
    /// Name of its store.
    pub store: &'a str,
    /// Its lowest price; none if it is not on sale.
    pub from: Option<Cents>,
    /// A word about it: `Digital`.
    pub note: Option<&'a str>,
}

/// A store in a list.
#[derive(Debug)]
pub struct StoreCard<'a> {
    /// The store's page.
    pub url: Url,
    /// Its name.
    pub name: &'a str,
    /// Name of its crest in the gallery.
    pub picture: &'a str,
    /// What it says about itself.
    pub text: &'a str,
    /// A word about it: `5 items`.
    pub note: Option<&'a str>,
}

/// Items as a grid of cards.
pub fn card_grid(cards: &[Card<'_>]) -> Markup {
    html! {
        ul.cards role="list" {
            @for (n, card) in cards.iter().enumerate() {
                li.card {
                    (picture(card.picture, "card-picture", n >= EAGER))
                    div.card-body {
                        h2.card-title { a href=(card.url) { (card.title) } }
                        p.card-store { (card.store) @if let Some(note) = card.note { " · " (note) } }
                        p.card-price {
                            @if let Some(cents) = card.from { (price_from(cents)) } @else { "Not on sale" }
                        }
                    }
                }
            }
        }
    }
}

/// Stores as a grid of cards.
pub fn store_grid(stores: &[StoreCard<'_>]) -> Markup {
    html! {
        ul.stores role="list" {
            @for store in stores {
                li.store-card {
                    (crest(store.picture))
                    div {
                        h2.card-title { a href=(store.url) { (store.name) } }
                        p.store-text { (store.text) }
                        @if let Some(note) = store.note { p.card-store { (note) } }
                    }
                }
            }
        }
    }
}

/// The large picture of an item's own page.
pub fn figure(name: &str) -> Markup {
    html! { figure.figure { (picture(name, "figure-picture", false)) } }
}

/// The crest of a store; decoration, since the store's name stands beside it.
pub fn crest(name: &str) -> Markup {
    html! { img.crest src=(url::picture(name)) alt="" width="64" height="64" decoding="async"; }
}

fn picture(name: &str, class: &'static str, lazy: bool) -> Markup {
    let alt = gallery::find(name).map_or("", |picture| picture.alt);
    html! {
        img class=(class) src=(url::picture(name)) alt=(alt) width="640" height="480" decoding="async"
            loading=[lazy.then_some("lazy")];
    }
}

/// The opening of the shop window.
pub fn hero(title: &str, text: &str, actions: Markup) -> Markup {
    html! {
        header.hero {
            div.hero-text {
                h1 { (title) }
                p.lead { (text) }
                @if !actions.0.is_empty() { div.actions { (actions) } }
            }
            (mark())
        }
    }
}

/// Escrow in three sentences.
pub fn how_it_works() -> Markup {
    html! {
        ol.promise role="list" {
            li { strong { "You pay an address that only your order has." } " The money waits there, apart from everybody else's." }
            li { strong { "The vendor sees the payment and sends." } " By when is agreed before you pay, and shown on your order." }
            li { strong { "You say that it came." } " Then the vendor is paid. If you say nothing, that happens when your time to look at it is over." }
        }
    }
}

/// A text of several paragraphs as its author typed it.
pub fn prose(text: &str) -> Markup {
    html! {
        div.prose {
            @for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
                p { (paragraph) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card<'a>(title: &'a str, picture: &'a str) -> Card<'a> {
        Card {
            url: Url::fixed("/items/1"),
            title,
            picture,
            store: "Fern & Kiln",
            from: Cents::new(2_800),
            note: None,
        }
    }

    #[test]
    fn a_card_has_one_link_a_picture_of_known_size_and_a_price() {
        let markup = card_grid(&[card("A <mug>", "stoneware-mug")]).into_string();
        assert_eq!(markup.matches("<a ").count(), 1);
        assert!(markup.contains("A &lt;mug&gt;") && markup.contains("Fern &amp; Kiln"), "{markup}");
        assert!(markup.contains("width=\"640\" height=\"480\""), "{markup}");
        assert!(!markup.contains("alt=\"\""), "{markup}");
        assert!(markup.contains("from "), "{markup}");
    }

    #[test]
    fn only_pictures_above_the_fold_are_loaded_at_once() {
        let cards: Vec<_> = (0..7).map(|_| card("Mug", "stoneware-mug")).collect();
        assert_eq!(card_grid(&cards).into_string().matches("loading=\"lazy\"").count(), 3);
    }

    #[test]
    fn an_unknown_picture_is_the_placeholder() {
        let markup = card_grid(&[card("Mug", "../../etc/\"passwd")]).into_string();
        assert!(markup.contains("src=\"/static/img/placeholder.svg"), "{markup}");
        assert!(!markup.contains("passwd"), "{markup}");
    }

    #[test]
    fn prose_keeps_paragraphs_and_escapes() {
        let markup = prose("One <b>\n\n\n\nTwo").into_string();
        assert_eq!(markup, "<div class=\"prose\"><p>One &lt;b&gt;</p><p>Two</p></div>");
    }
}
