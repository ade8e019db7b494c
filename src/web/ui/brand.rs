//! The mark: two posts and the band that holds them, as escrow holds two parties.

use maud::{Markup, html};

/// The mark in the colour of the text around it; decoration, since the name stands beside it.
pub(super) fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" aria-hidden="true" {
            path d="M9 4.5a2 2 0 0 1 4 0v13.7l-4-.8zM19 4.5a2 2 0 0 1 4 0v12.9l-4 .8zM9 23.6l4 .8v3.1a2 2 0 0 1-4 0zM23 23.6l-4 .8v3.1a2 2 0 0 0 4 0z" {}
            ellipse cx="16" cy="16" rx="12" ry="5.5" fill="none" stroke="currentColor" stroke-width="3.1" {}
        }
    }
}
