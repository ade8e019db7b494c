//! Forms and buttons.

use std::fmt::Display;

use domain::refusal::Fault;
use maud::{Markup, html};

use super::url::{ExternalUrl, Url};

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The one thing to do here; at most one on a page.
    Primary,
    /// Another thing to do.
    Plain,
    /// Hardly more than a link.
    Quiet,
    /// Something that cannot be undone.
    Danger,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Plain => "button",
            Self::Quiet => "button button-quiet",
            Self::Danger => "button button-danger",
        }
    }
}

/// A form that posts to `action` with the session's token.
pub fn form(action: &Url, csrf: &str, body: Markup) -> Markup {
    html! {
        form.form method="post" action=(action) data-once { (hidden("csrf", csrf)) (body) }
    }
}

/// [`form`] that may carry files.
pub fn form_with_files(action: &Url, csrf: &str, body: Markup) -> Markup {
    html! {
        form.form method="post" action=(action) enctype="multipart/form-data" data-once {
            (hidden("csrf", csrf)) (body)
        }
    }
}

/// A form whose answer htmx puts in place of the element `target`; without the script a plain form.
pub fn form_swap(action: &Url, csrf: &str, target: &'static str, body: Markup) -> Markup {
    html! {
        form.form method="post" action=(action) data-once hx-post=(action) hx-target=(format!("#{target}"))
            hx-swap="outerHTML" { (hidden("csrf", csrf)) (body) }
    }
}

/// A value that goes with a form unseen.
pub fn hidden(name: &'static str, value: impl Display) -> Markup {
    html! { input type="hidden" name=(name) value=(value.to_string()); }
}

/// The button that sends its form.
pub fn submit(label: &str, look: Look) -> Markup {
    html! { button class=(look.class()) type="submit" { (label) } }
}

/// One of several buttons that send the same form, told apart by `name` and `value`.
pub fn submit_as(name: &'static str, value: &str, label: &str, look: Look) -> Markup {
    html! { button class=(look.class()) type="submit" name=(name) value=(value) { (label) } }
}

/// A form that is nothing but a button.
pub fn post_button(action: &Url, csrf: &str, label: &str, look: Look) -> Markup {
    html! {
        form.form-inline method="post" action=(action) data-once { (hidden("csrf", csrf)) (submit(label, look)) }
    }
}

/// A link that looks like a button.
pub fn link_button(url: &Url, label: &str, look: Look) -> Markup {
    html! { a class=(look.class()) href=(url) { (label) } }
}

/// A link within the site.
pub fn link(url: &Url, text: &str) -> Markup {
    html! { a href=(url) { (text) } }
}

/// A link to another site, which does not learn where its visitor came from.
pub fn outside(url: &ExternalUrl, text: &str) -> Markup {
    html! { a.outside href=(url) rel="noreferrer" { (text) } }
}

/// Buttons in a row; one below the other on a phone.
pub fn actions(buttons: Markup) -> Markup {
    html! { div.actions { (buttons) } }
}

/// What is wrong with a form, above it, with a link to each field. Nothing if nothing is wrong.
pub fn fault_summary(faults: &[Fault]) -> Markup {
    html! {
        @if !faults.is_empty() {
            div.callout.tone-danger role="alert" tabindex="-1" data-focus {
                p.callout-title {
                    @if faults.len() == 1 { "One field needs another look" } @else { (faults.len()) " fields need another look" }
                }
                ul { @for fault in faults { li { a href=(format!("#f-{}", fault.field)) { (fault.message) } } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_carries_the_token_escaped() {
        let action = Url::fixed("/a");
        for markup in [
            form(&action, "t\"k", html! {}),
            form_with_files(&action, "t\"k", html! {}),
            form_swap(&action, "t\"k", "target", html! {}),
            post_button(&action, "t\"k", "Go", Look::Danger),
        ] {
            let markup = markup.into_string();
            assert!(markup.contains("name=\"csrf\" value=\"t&quot;k\""), "{markup}");
            assert!(markup.contains("method=\"post\" action=\"/a\""), "{markup}");
        }
    }

    #[test]
    fn the_summary_leads_to_each_field() {
        assert_eq!(fault_summary(&[]).into_string(), "");
        let markup =
            fault_summary(&[Fault::new("price", "A <price>"), Fault::new("name", "A name")])
                .into_string();
        assert!(
            markup.contains("2 fields") && markup.contains("href=\"#f-price\">A &lt;price&gt;<"),
            "{markup}"
        );
        assert!(markup.contains("role=\"alert\""), "{markup}");
    }
}
