//! What escrow holds and owes, as a page.

use db::overview::COUNTED;
use domain::asset::Asset;
use domain::books::Account;
use domain::money::Amount;
use maud::{Markup, html};

use super::reads::Holding;
use crate::ui::{self, Money, Tone};

/// Whose an account is, in the words of the page.
const PARTS: [(Account, &str); 8] = [
    (Account::Escrow, "Paid in, not decided"),
    (Account::Vendor, "On its way to vendors"),
    (Account::Buyer, "On its way back to buyers"),
    (Account::Commission, "The site's share, on its way"),
    (Account::Referral, "Referrals, on their way"),
    (Account::Resolver, "Fees of rulings, on their way"),
    (Account::Gas, "Kept for network fees"),
    (Account::Stray, "Came in another coin than the order's"),
];

/// The page of all assets.
pub fn holdings(all: &[Holding], stuck: i64) -> Markup {
    html! {
        (ui::page_head("What escrow holds", Some("All money that lies in escrow here, as the chains hold it and as the books owe it."), html! {}))
        @if all.is_empty() {
            (ui::empty("Nothing yet", "As soon as escrow has looked at its chains, the sums show here.", html! {}))
        } @else {
            @for holding in all.iter().filter(|holding| holding.missing().is_some()) { (short(holding)) }
            (table(all))
            @for holding in all { (parts(holding)) }
        }
        (ui::panel(Some("Orders that come to no end"), html! {
            p {
                @match stuck {
                    0 => "No order that was paid more than 30 days ago still waits for its outcome.",
                    1 => "One order that was paid more than 30 days ago still waits for its outcome. Staff have been told.",
                    many if many >= COUNTED => { (COUNTED) " or more orders that were paid more than 30 days ago still wait for their outcome. Staff have been told." },
                    many => { (many) " orders that were paid more than 30 days ago still wait for their outcome. Staff have been told." },
                }
            }
        }))
        (ui::panel(Some("How to read this"), ui::prose(
            "Every order is paid into an address of its own. Escrow reads all addresses at which it owes something by one block and adds up what they hold. \
             The books are kept apart from that: each payment in, each payout and each fee is one entry, and entries cannot be changed. \
             An order whose payout is on its way is left out until the payout is final.\n\n\
             More held than owed is money that has just come in and is not final or not booked yet. Less would be a fault, and this page would say so in red.")))
    }
}

fn money(asset: &Asset, amount: Amount) -> Markup {
    ui::amount(Money::of(asset, amount))
}

fn chain(asset: &Asset) -> &'static str {
    asset.chain.spec().map_or("Unknown chain", |spec| spec.name)
}

fn short(holding: &Holding) -> Markup {
    let missing = holding.asset.shown(holding.missing().unwrap_or_default());
    ui::callout(
        Tone::Danger,
        "Something is missing",
        html! { p { "On " (chain(&holding.asset)) " the addresses hold " (missing) " less than the books owe. The operator has been told." } },
    )
}

fn table(all: &[Holding]) -> Markup {
    let row = |holding: &Holding| {
        let asset = &holding.asset;
        let mut cells = vec![html! { (asset.symbol.as_str()) " on " (chain(asset)) }];
        match &holding.sight {
            Some(sight) => cells.extend([
                money(asset, sight.held),
                money(asset, sight.booked),
                html! { (sight.addresses) },
                html! { (sight.block_number) ", " (ui::time(sight.block_at)) },
            ]),
            None => cells.extend([
                html! { "not read yet" },
                money(asset, holding.to_parties()),
                html! {},
                html! {},
            ]),
        }
        cells
    };
    let heads = ["Coin", "Held on the chain", "Owed by the books", "Addresses", "By block"];
    ui::table("What escrow holds and owes", &heads, all.iter().map(row).collect())
}

fn parts(holding: &Holding) -> Markup {
    let asset = &holding.asset;
    let all = PARTS.iter().map(|(account, words)| (*words, holding.of(*account)));
    let mut shown: Vec<(&str, Markup)> = all
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(words, amount)| (words, money(asset, amount)))
        .collect();
    let residue = holding.of(Account::Residue);
    if !residue.is_zero() {
        shown.push(("Left over from network fees, the site's", money(asset, residue)));
    }
    if shown.is_empty() {
        return html! {};
    }
    let title = format!("{} on {}, by the books", asset.symbol, chain(asset));
    ui::panel(
        Some(&title),
        html! {
            (ui::terms(&shown))
            @if let Some(token) = &asset.token { p { "Contract " (ui::address(token, None)) } }
        },
    )
}
