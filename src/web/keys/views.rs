//! Pages of keys, from values to markup.

use domain::refusal::Fault;
use maud::{Markup, html};

use super::actions::Key;
use crate::ui::url::{self, Url};
use crate::ui::{self, Field, Look, Select, Tone};

/// The keys of an account and the form for another one.
pub(super) fn list(csrf: &str, keys: &[Key], name: &str, faults: &[Fault]) -> Markup {
    let rows = keys.iter().map(|key| row(csrf, key)).collect();
    let fields = html! {
        (ui::fault_summary(faults))
        (Field::text("name", "Name").value(name).faults(faults).required().max(60).autocomplete("off")
            .hint("For you to tell it from others, such as “Price robot”."))
        (Select::new("scope", "May", &[("read", "read only"), ("write", "do whatever you may do")]).faults(faults))
        (Field::number("days", "Ends after").faults(faults).suffix("days").optional().hint("Empty for a key without end."))
        (ui::actions(ui::submit("Make a key", Look::Primary)))
    };
    html! {
        (ui::breadcrumbs(&[("Your account", url::account())], "API keys"))
        (ui::page_head("API keys", Some("For programs that shop or sell for you."), html! {}))
        @if keys.is_empty() {
            (ui::empty("No keys yet", "A key lets a program act for you without your password.", html! {}))
        } @else {
            (ui::table("Your API keys", &["Name", "Begins with", "May", "Made", "Last used", "Ends", "Action"], rows))
        }
        (ui::panel(Some("Another key"), ui::form(&keys_url(), csrf, fields)))
    }
}

/// A new key's text, this once.
pub(super) fn created(key: &Key, secret: &str) -> Markup {
    ui::narrow(html! {
        (ui::page_head("Your new key", Some(&key.name), html! {}))
        (ui::callout(Tone::Warning, "Copy it now", html! {
            p { "It is shown only here. Send it as header " code { "Authorization: Bearer …" } " or " code { "X-API-Key" } ", never in an address." }
        }))
        (ui::secret("Key", secret))
        (ui::actions(ui::link_button(&keys_url(), "I have kept it", Look::Primary)))
    })
}

fn row(csrf: &str, key: &Key) -> Vec<Markup> {
    vec![
        html! { (key.name) },
        html! { code.mono { (key.prefix) "…" } },
        html! { (key.scope.as_str()) },
        ui::day(key.created_at),
        key.last_used_at.map_or_else(|| html! { "never" }, ui::time),
        key.expires_at.map_or_else(|| html! { "never" }, ui::day),
        ui::post_button(&keys_url().seg(key.id).seg("revoke"), csrf, "Revoke", Look::Danger),
    ]
}

fn keys_url() -> Url {
    Url::fixed("/account/keys")
}
