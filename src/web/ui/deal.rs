//! Pages on which money is at stake: paying, confirming, and secrets shown once.

use domain::EvmAddress;
use domain::clock::Time;
use domain::money::Cents;
use maud::{Markup, html};

use super::form::{Look, form, form_with_files, link, submit};
use super::money::{Money, address, amount_exact, copy, price};
use super::panel::terms;
use super::qr::qr;
use super::time::time;
use super::url::{ExternalUrl, Url};

/// How to pay an order.
#[derive(Debug)]
pub struct PayBox<'a> {
    /// What is due.
    pub money: Money<'a>,
    /// The order's own address.
    pub address: &'a EvmAddress,
    /// That address in an explorer.
    pub explorer: Option<ExternalUrl>,
    /// The link that wallets open.
    pub uri: ExternalUrl,
    /// The chain's name.
    pub chain: &'a str,
    /// Until when.
    pub by: Time,
    /// What else can be done, such as a link to the demo wallet.
    pub extra: Markup,
}

/// The amount, the address, the code and the link.
pub fn pay_box(pay: PayBox<'_>) -> Markup {
    html! {
        section.pay aria-labelledby="pay-title" {
            div.pay-facts {
                h2.pay-title #pay-title { "Send exactly" }
                p.pay-amount { (amount_exact(pay.money)) }
                p.pay-label { "to this order's own escrow address on " strong { (pay.chain) } }
                p.pay-address { (address(pay.address, pay.explorer)) }
                p.pay-by { "Before " (time(pay.by)) ". The price holds until then." }
                div.actions {
                    a.button.button-primary href=(pay.uri) { "Open in wallet" }
                    (pay.extra)
                }
            }
            (qr(&pay.uri, "Scan with a wallet"))
        }
    }
}

/// A money act about to be done.
#[derive(Debug)]
pub struct Confirm<'a> {
    /// The question.
    pub title: &'a str,
    /// Where the answer goes.
    pub action: Url,
    /// The session's token.
    pub csrf: &'a str,
    /// What the button says: the act itself, never just yes.
    pub verb: &'a str,
    /// How the button looks.
    pub look: Look,
    /// Amount, full address, and whatever else the act comes to.
    pub facts: Vec<(&'a str, Markup)>,
    /// What cannot be undone.
    pub warning: Option<&'a str>,
    /// Further fields, such as the password.
    pub fields: Markup,
    /// Whether a field carries files.
    pub sends_files: bool,
    /// Where to go instead.
    pub back: Url,
    /// What the way back is called.
    pub back_label: &'a str,
}

/// Shows what a money act comes to and asks for it.
pub fn confirm(ask: Confirm<'_>) -> Markup {
    let shape = if ask.sends_files { form_with_files } else { form };
    html! {
        section.confirm {
            h1 { (ask.title) }
            (terms(&ask.facts))
            @if let Some(warning) = ask.warning { p.confirm-warning { (warning) } }
            (shape(&ask.action, ask.csrf, html! {
                (ask.fields)
                div.actions { (submit(ask.verb, ask.look)) (link(&ask.back, ask.back_label)) }
            }))
        }
    }
}

/// The lines of an order and their sum.
pub fn receipt(lines: &[(&str, u32, Cents)], total: Cents) -> Markup {
    html! {
        table.receipt {
            caption.visually-hidden { "What is ordered" }
            tbody {
                @for (label, quantity, sum) in lines {
                    tr {
                        th scope="row" {
                            (label) @if *quantity > 1 { span.receipt-times { " × " (quantity) } }
                        }
                        td { (price(*sum)) }
                    }
                }
            }
            tfoot { tr { th scope="row" { "Total" } td { (price(total)) } } }
        }
    }
}

/// A secret that is shown this once.
pub fn secret(label: &str, value: &str) -> Markup {
    html! {
        div.secret {
            p.secret-label { (label) }
            p.secret-value { code.mono { (value) } (copy(value, label)) }
            p.secret-note { "Keep it now: it cannot be shown again." }
        }
    }
}

/// Several secrets that are shown this once.
pub fn secrets(label: &str, values: &[String]) -> Markup {
    html! {
        div.secret {
            p.secret-label { (label) (copy(&values.join("\n"), label)) }
            ol.secret-list { @for value in values { li { code.mono { (value) } } } }
            p.secret-note { "Keep them now: they cannot be shown again. Each works once." }
        }
    }
}

#[cfg(test)]
#[path = "deal_tests.rs"]
mod tests;
