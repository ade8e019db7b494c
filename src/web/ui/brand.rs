//! The mark: two posts and the band that holds them, as escrow holds two parties.

use maud::{Markup, html};

/// The mark in the colour of the text around it; decoration, since the name stands beside it.
pub(super) fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" aria-hidden="true" {
            path d="M9 3.500a2 2 0 0 1 4 0v13.900a29 29 0 0 1-4-.6zM19 3.500a2 2 0 0 1 4 0v13.300a29 29 0 0 1-4 .6z" {}
            path d="M9 20.900q1.900.4 4 .6V28.500a2 2 0 0 1-4 0zM19 21.500q2.100-.2 4-.6V28.500a2 2 0 0 1-4 0z" {}
        }
    }
}
