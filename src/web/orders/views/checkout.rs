//! Checkout: what is bought, where it goes, how it is paid, and every share of the sum beforehand.

use domain::asset::AssetKind;
use domain::chain::ChainId;
use domain::money::Bps;
use domain::order::Quote;
use domain::refusal::Fault;
use maud::{Markup, html};

use super::shares;
use crate::orders::actions::place::{AssetOption, Checkout, PayIn};
use crate::ui::{self, Choice, Choices, Field, Look, Money, TextArea, Tone, hidden, url};

/// What a person typed before a fault sent the page back.
#[derive(Debug, Default)]
pub struct Typed<'a> {
    /// Asset and rate, as `chain:token:rate`.
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
                @if checkout.refusal.is_none() {
                    (ui::panel(Some("Where the money goes"), split(checkout)))
                }
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
            p.note { "The sum is fixed when you place the order, for 24 hours in a stablecoin and for 60 minutes in any other coin. Nothing is charged before you pay." }
            (ui::actions(ui::submit("Place the order", Look::Primary)))
        },
    )
}

fn pay_choices(checkout: &Checkout, typed: &Typed<'_>, faults: &[Fault]) -> Markup {
    let words: Vec<String> = checkout.options.iter().map(word).collect();
    let payable = |option: &AssetOption| option.quote.is_ok();
    let first = checkout
        .options
        .iter()
        .zip(&words)
        .find(|(option, _)| payable(option))
        .map(|(_, word)| word.as_str());
    let asset_of = |word: &str| word.rsplit_once(':').map(|(asset, _)| asset.to_owned());
    let chosen = words
        .iter()
        .find(|word| !typed.pay.is_empty() && asset_of(word) == asset_of(typed.pay))
        .map(String::as_str)
        .or(first)
        .unwrap_or_default();
    let labels: Vec<String> = checkout
        .options
        .iter()
        .map(|option| format!("{} on {}", option.now.asset.symbol, option.now.spec.name))
        .collect();
    let choices = checkout
        .options
        .iter()
        .zip(words.iter().zip(&labels))
        .map(|(option, (word, label))| Choice {
            value: word,
            label,
            detail: match &option.quote {
                Ok(quote) => sum(option, quote),
                Err(refusal) => html! { (refusal) },
            },
            disabled: !payable(option),
        })
        .collect();
    html! { (Choices::new("pay", "Pay with", choices).value(chosen).faults(faults)) }
}

fn word(option: &AssetOption) -> String {
    let asset = option.now.asset;
    let token = asset.token.map(|token| token.to_string()).unwrap_or_default();
    let rate = option.rate.map(|(id, _)| id.to_string()).unwrap_or_default();
    format!("{}:{token}:{rate}", asset.chain.get())
}

/// Reads what [`word`] wrote.
pub fn read_word(text: &str) -> Option<(PayIn, Option<domain::ids::RateId>)> {
    let mut parts = text.split(':');
    let (chain, token, rate) = (parts.next()?, parts.next()?, parts.next()?);
    let token = if token.is_empty() { None } else { Some(token.parse().ok()?) };
    let rate = if rate.is_empty() { None } else { Some(rate.parse().ok()?) };
    let chain = ChainId::from(chain.parse::<u64>().ok()?);
    parts.next().is_none().then_some(((chain, token), rate))
}

/// The sum, and in a sentence what the vendor gets of it.
fn sum(option: &AssetOption, quote: &Quote) -> Markup {
    let AssetOption { now, split, .. } = option;
    let symbol = now.asset.symbol;
    let money = |amount| Money { amount, decimals: now.asset.decimals, coin: symbol.as_str() };
    let commission = split.as_ref().map_or(Bps::ZERO, |split| split.rules.commission);
    let fees = now.leg_fee.checked_mul(2).unwrap_or(now.leg_fee);
    html! {
        span.sum { (ui::amount(money(quote.due))) }
        " at " (quote.usd) " USD a coin. Of this the vendor gets all but "
        (ui::amount(money(quote.due.share(commission)))) " commission of this site (" (commission) ") and "
        @match now.asset.kind() {
            AssetKind::Native => { "at most " (ui::amount(money(fees))) " network fees." }
            AssetKind::Token => {
                (ui::amount(money(fees))) " network fees: " (ui::amount(money(now.leg_fee)))
                " for each of two payments out of escrow. A refund costs it once."
            }
        }
    }
}

/// Every share of the sum, before anything is paid.
fn split(checkout: &Checkout) -> Markup {
    let all =
        || checkout.options.iter().filter_map(|option| Some((option, option.split.as_ref()?)));
    html! {
        @for (n, (option, split)) in all().enumerate() {
            details open[n == 0] {
                summary { (option.now.asset.symbol) " on " (option.now.spec.name) }
                (shares::planned(split, &option.now.asset))
            }
        }
    }
}
