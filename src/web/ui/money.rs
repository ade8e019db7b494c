//! Prices, amounts, addresses and hashes.

use domain::EvmAddress;
use domain::asset::Asset;
use domain::money::{Amount, Cents};
use maud::{Markup, html};

use super::url::ExternalUrl;

/// Decimals of a token that are shown where space is short; the title always has all of them.
const SHOWN_DECIMALS: usize = 6;

/// An amount of some token.
#[derive(Debug, Clone, Copy)]
pub struct Money<'a> {
    /// In base units.
    pub amount: Amount,
    /// Decimals of the token.
    pub decimals: u8,
    /// Symbol of the token.
    pub coin: &'a str,
}

impl<'a> Money<'a> {
    /// An amount of what an order may be paid in.
    pub fn of(asset: &'a Asset, amount: Amount) -> Self {
        Self { amount, decimals: asset.decimals, coin: asset.symbol.as_str() }
    }
}

/// A price in US dollars: `$1,240.50`.
pub fn price(cents: Cents) -> Markup {
    let text = dollars(cents);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    html! { span.price { span.price-sign { "$" } (whole) span.price-cents { "." (fraction) } } }
}

/// The lowest of several prices: `from $28.00`.
pub fn price_from(cents: Cents) -> Markup {
    html! { span.price-from { span.price-word { "from " } (price(cents)) } }
}

/// An amount for reading: cut after six decimals, marked as cut, in full in its title.
pub fn amount(money: Money<'_>) -> Markup {
    let full = money.amount.format(money.decimals);
    let (text, cut) = shortened(&full);
    html! {
        span.amount title=(format!("{full} {}", money.coin)) {
            (text) @if cut { "…" } " " span.amount-coin { (money.coin) }
        }
    }
}

/// An amount for paying: every decimal, with a button that copies it.
pub fn amount_exact(money: Money<'_>) -> Markup {
    let full = money.amount.format(money.decimals);
    html! {
        span.amount.amount-exact {
            span.amount-digits { (full) } " " span.amount-coin { (money.coin) } (copy(&full, "amount"))
        }
    }
}

/// An address in full, in its EIP-55 form, with a button that copies it.
pub fn address(address: &EvmAddress, explorer: Option<ExternalUrl>) -> Markup {
    mono(&address.to_string(), "address", explorer)
}

/// The hash of a chain tx or a block, in full.
pub fn hash(hash: &str, explorer: Option<ExternalUrl>) -> Markup {
    mono(hash, "hash", explorer)
}

/// The button that copies `text`; `what` names it for those who cannot see where it stands. Shown
/// only where the script runs.
pub fn copy(text: &str, what: &str) -> Markup {
    html! {
        button.copy type="button" data-copy=(text) aria-label=(format!("Copy the {what}")) hidden {
            svg viewBox="0 0 16 16" aria-hidden="true" {
                path d="M5.5 5.5V3a1 1 0 0 1 1-1H13a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1h-2.5M3 5.5h6.5a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6.5a1 1 0 0 1 1-1z" {}
            }
            span.copy-word { "Copy" }
        }
    }
}

fn mono(text: &str, what: &str, explorer: Option<ExternalUrl>) -> Markup {
    html! {
        span.mono-line {
            code.mono { (text) }
            (copy(text, what))
            @if let Some(url) = explorer {
                a.mono-explorer href=(url) rel="noreferrer" aria-label=(format!("This {what} in the explorer")) { "Explorer" }
            }
        }
    }
}

/// Dollars with separators between thousands.
fn dollars(cents: Cents) -> String {
    let text = cents.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{fraction}")
}

/// Cuts the decimals of a number, unless nothing but zeros would be left to see.
fn shortened(full: &str) -> (&str, bool) {
    let Some((whole, fraction)) = full.split_once('.') else { return (full, false) };
    let leading = fraction.len() - fraction.trim_start_matches('0').len();
    let wanted = if whole == "0" { SHOWN_DECIMALS.max(leading + 2) } else { SHOWN_DECIMALS };
    match full.get(..whole.len() + 1 + wanted) {
        Some(text) if text.len() < full.len() => (text, true),
        _ => (full, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ether(wei: u128) -> Money<'static> {
        Money { amount: Amount::from_u128(wei), decimals: 18, coin: "ETH" }
    }

    #[test]
    fn prices_are_grouped() {
        let text = |cents| dollars(Cents::new(cents).unwrap());
        assert_eq!(text(5), "0.05");
        assert_eq!(text(99_999), "999.99");
        assert_eq!(text(100_000), "1,000.00");
        assert_eq!(text(1_000_000_000), "10,000,000.00");
    }

    #[test]
    fn a_cut_amount_says_so_and_keeps_the_rest_in_its_title() {
        let markup = amount(ether(1_234_567_890_123_456_789)).into_string();
        assert!(markup.contains("title=\"1.234567890123456789 ETH\""), "{markup}");
        assert!(markup.contains(">1.234567… <"), "{markup}");
        let whole = amount(ether(2_500_000_000_000_000_000)).into_string();
        assert!(whole.contains(">2.5 <"), "{whole}");
        let dust = amount(ether(42_000_000_123)).into_string();
        assert!(dust.contains(">0.000000042… <"), "{dust}");
    }

    #[test]
    fn what_is_to_be_paid_is_never_cut() {
        let markup = amount_exact(ether(12_345_678_901_234_567)).into_string();
        assert!(markup.contains(">0.012345678901234567<"), "{markup}");
        assert!(markup.contains("data-copy=\"0.012345678901234567\""), "{markup}");
    }

    #[test]
    fn an_address_is_whole_and_copies_escaped() {
        let to = EvmAddress::from_bytes([0xab; 20]);
        let markup = address(&to, None).into_string();
        assert!(markup.contains(&format!(">{to}</code>")), "{markup}");
        assert!(!markup.contains("<a "), "{markup}");
        assert!(copy("\"><b>", "key").into_string().contains("data-copy=\"&quot;&gt;&lt;b&gt;\""));
    }
}
