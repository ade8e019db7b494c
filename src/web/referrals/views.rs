//! The page of referrals.

use db::addresses::Book;
use db::referrals::Earning;
use domain::EvmAddress;
use domain::clock::Time;
use domain::refusal::Fault;
use maud::{Markup, html};

use super::actions::Referrals;
use crate::payees::{self, ADVICE};
use crate::ui::url::{self, Url};
use crate::ui::{self, Confirm, Field, Look, Money, Tone, hidden};

/// The title of the page.
pub(super) const TITLE: &str = "Invitations";

/// The link, the address, and what came of both.
pub(super) fn page(
    found: &Referrals,
    now: Time,
    (csrf, typed, faults): (&str, &str, &[Fault]),
    (newer, older): (Option<Url>, Option<Url>),
) -> Markup {
    let asked = found.book.asked.is_some();
    ui::narrow(html! {
        (ui::breadcrumbs(&[("Your account", url::account())], TITLE))
        (ui::page_head(TITLE, Some("Bring somebody here, and you share in what this site earns by their orders."), html! {}))
        (ui::panel(Some("Your link"), html! {
            (ui::verbatim(&found.link, "link"))
            p { "Whoever opens an account by it counts as invited by you, for ever. The code alone will do as well: " code.mono { (found.code) } "." }
            p { (count(found.invited)) }
        }))
        (ui::panel(Some("What you get"), html! {
            p { (found.share) " of the commission of each of their orders, when its vendor is paid. It leaves escrow with the vendor's money, by a payment of its own, less the network fee of that payment. Neither buyer nor vendor pays more for it." }
            p { "Nothing comes of orders that you bought or sold yourself, of refunds, and where the share is worth less than twice the network fee. It stays with the site where your address takes nothing, or wants more gas than the other payments." }
        }))
        (ui::panel(Some("Paid to"), html! {
            (standing(&found.book, now))
            (ui::form(&url::referrals().seg("address"), csrf, html! {
                (ui::fault_summary(faults))
                (Field::address("address", if asked { "Another address" } else { "Address" }).value(typed).hint(ADVICE).required().faults(faults))
                (ui::actions(ui::submit("Look at it once more", Look::Primary)))
            }))
        }))
        h2 { "Earned" }
        (earned(&found.earnings))
        (ui::pager(newer, older))
    })
}

fn count(invited: i32) -> String {
    match invited {
        0 => "Nobody has come by it yet.".to_owned(),
        1 => "One account was opened by it.".to_owned(),
        more => format!("{more} accounts were opened by it."),
    }
}

fn standing(book: &Book, now: Time) -> Markup {
    payees::standing(
        book,
        now,
        ui::callout(
            Tone::Info,
            "No address yet",
            html! {
                p { "As long as there is none, your share stays with the site. A first address counts at once, for orders that are placed from then on." }
            },
        ),
    )
}

fn earned(earnings: &[Earning]) -> Markup {
    if earnings.is_empty() {
        let text = "What your address is paid appears here, order by order.";
        return ui::empty("Nothing earned yet", text, html! {});
    }
    let rows = earnings.iter().map(row).collect();
    ui::table("What was earned", &["Invited", "Amount", "Order placed", "Chain transaction"], rows)
}

fn row(one: &Earning) -> Vec<Markup> {
    let asset = &one.asset;
    let explorer = |hash: &str| url::explorer_tx(asset.chain.spec()?, hash);
    vec![
        html! { "No. " (one.invited) },
        ui::amount(Money {
            amount: one.amount,
            decimals: asset.decimals,
            coin: asset.symbol.as_str(),
        }),
        ui::day(one.placed_at),
        html! {
            @match (&one.tx_hash, one.final_at) {
                (Some(hash), Some(at)) => { (ui::hash(hash, explorer(hash))) p { "Final " (ui::time(at)) } }
                (Some(hash), None) => { (ui::hash(hash, explorer(hash))) p { "On its way" } }
                (None, _) => "Planned",
            }
        },
    ]
}

/// Shows the address in full and asks for it once more.
pub(super) fn sure(book: &Book, address: &EvmAddress, csrf: &str) -> Markup {
    let begins = if book.asked.is_some() {
        "48 hours from now, by escrow's clock. Until then the old one counts."
    } else {
        "At once, as soon as escrow has entered it."
    };
    ui::narrow(ui::confirm(Confirm {
        title: "Is this the right address?",
        action: url::referrals().seg("address"),
        csrf,
        verb: "Pay me to this address",
        look: Look::Primary,
        facts: vec![("Address", ui::address(address, None)), ("Counts", html! { (begins) })],
        warning: Some(ADVICE),
        fields: html! { (hidden("address", address)) (hidden("sure", "true")) },
        sends_files: false,
        back: url::referrals(),
        back_label: "Back",
    }))
}
