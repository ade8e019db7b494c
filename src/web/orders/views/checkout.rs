//! Checkout: what is bought, where it goes, how it is paid, and every share of the sum beforehand.

use domain::chain::ChainId;
use domain::order::Quote;
use domain::refusal::Fault;
use maud::{Markup, html};

use crate::orders::actions::place::{ChainOption, Checkout};
use crate::ui::{self, Choice, Choices, Field, Look, Money, TextArea, Tone, hidden, url};

/// What a person typed before a fault sent the page back.
#[derive(Debug, Default)]
pub struct Typed<'a> {
    /// Chain and rate, as `chain:rate`.
    pub pay: &'a str,
    /// Refund address.
    pub refund: &'a str,
    /// Delivery address.
    pub delivery: &'a str,
}

/// What the form carries unseen.
#[derive(Debug)]
pub struct Carried<'a> {
    /// Token against foreign forms.
    pub csrf: &'a str,
    /// Name of this very form.
    pub key: &'a str,
    /// The package.
    pub package: &'a str,
    /// How many.
    pub quantity: u32,
}

/// The checkout page.
pub fn page(
    checkout: &Checkout,
    carried: &Carried<'_>,
    typed: &Typed<'_>,
    faults: &[Fault],
) -> Markup {
    let lines: Vec<_> = checkout
        .basket
        .lines
        .iter()
        .map(|line| (line.title.as_str(), line.quantity, line.total))
        .collect();
    let crumbs: Vec<_> = checkout
        .store()
        .map(|s| (s.item_name.as_str(), url::item(s.offer.item)))
        .into_iter()
        .collect();
    html! {
        (ui::breadcrumbs(&crumbs, "Checkout"))
        (ui::page_head("Checkout", None, html! {}))
        (ui::split(
            match &checkout.refusal {
                Some(refusal) => ui::callout(Tone::Warning, "This cannot be ordered now", html! { p { (refusal) } }),
                None => form(checkout, carried, typed, faults),
            },
            html! {
                (ui::panel(Some("Your order"), html! {
                    (ui::receipt(&lines, checkout.basket.total))
                    @if let Some(on_sale) = checkout.store() { p { "Sold by " (ui::link(&url::store(on_sale.store), &on_sale.store_name)) } }
                }))
                (ui::panel(Some("How your money is kept"), ui::how_it_works()))
            },
        ))
    }
}

fn form(checkout: &Checkout, carried: &Carried<'_>, typed: &Typed<'_>, faults: &[Fault]) -> Markup {
    ui::form(
        &url::orders(),
        carried.csrf,
        html! {
            (ui::fault_summary(faults))
            (hidden("form", carried.key))
            (hidden("package", carried.package))
            (hidden("quantity", carried.quantity))
            (hidden("shown", checkout.basket.total.get()))
            @if checkout.basket.ships {
                (TextArea::new("delivery", "Delivery address").required().rows(4).max(500)
                    .hint("Kept sealed; the store reads it once you have paid.")
                    .value(typed.delivery).faults(faults))
            }
            (pay_choices(checkout, typed, faults))
            (Field::address("refund_address", "Your refund address").required()
                .hint("Refunds and money that comes late go here. Use a wallet of your own, not an exchange's sending address.")
                .value(typed.refund).faults(faults))
            p.note { "The sum is fixed for 60 minutes when you place the order. Nothing is charged before you pay." }
            (ui::actions(ui::submit("Place the order", Look::Primary)))
        },
    )
}

fn pay_choices(checkout: &Checkout, typed: &Typed<'_>, faults: &[Fault]) -> Markup {
    let words: Vec<String> = checkout.options.iter().map(word).collect();
    let payable = |option: &ChainOption| option.quote.is_ok();
    let first = checkout
        .options
        .iter()
        .zip(&words)
        .find(|(option, _)| payable(option))
        .map(|(_, word)| word.as_str());
    let chain_of = |word: &str| word.split(':').next().unwrap_or_default().to_owned();
    let chosen = words
        .iter()
        .find(|word| !typed.pay.is_empty() && chain_of(word) == chain_of(typed.pay))
        .map(String::as_str)
        .or(first)
        .unwrap_or_default();
    let choices = checkout
        .options
        .iter()
        .zip(&words)
        .map(|(option, word)| Choice {
            value: word,
            label: option.chain.spec.name,
            detail: match &option.quote {
                Ok(quote) => split(checkout, option, quote),
                Err(refusal) => html! { (refusal) },
            },
            disabled: !payable(option),
        })
        .collect();
    html! { (Choices::new("pay", "Pay on", choices).value(chosen).faults(faults)) }
}

fn word(option: &ChainOption) -> String {
    let rate = option.rate.map(|(id, _)| id.to_string()).unwrap_or_default();
    format!("{}:{rate}", option.chain.spec.id.get())
}

/// Reads what [`word`] wrote.
pub fn read_word(text: &str) -> Option<(ChainId, Option<domain::ids::RateId>)> {
    let (chain, rate) = text.split_once(':')?;
    let rate = if rate.is_empty() { None } else { Some(rate.parse().ok()?) };
    Some((ChainId::from(chain.parse::<u64>().ok()?), rate))
}

/// Every share of the sum, before anything is paid.
fn split(checkout: &Checkout, option: &ChainOption, quote: &Quote) -> Markup {
    let spec = option.chain.spec;
    let money = |amount| Money { amount, decimals: spec.decimals, coin: spec.coin };
    let commission =
        checkout.store().map(|s| s.tier.commission()).unwrap_or(domain::money::Bps::ZERO);
    let fees = option.chain.leg_fee.checked_mul(2).unwrap_or(option.chain.leg_fee);
    html! {
        span.sum { (ui::amount(money(quote.due))) }
        " at " (quote.usd) " USD a coin. Of this the vendor gets all but "
        (ui::amount(money(quote.due.share(commission)))) " commission of this site (" (commission) ") and at most "
        (ui::amount(money(fees))) " network fees."
    }
}
