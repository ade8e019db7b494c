//! `GET /help`: how escrow works here, for those who are about to trust it with money.

use maud::{Markup, html};

use crate::error::PageResult;
use crate::http::page::Ctx;
use crate::ui::{self, Look, Tone, url};

/// Headings and what is to be said under each.
const CHAPTERS: [(&str, &[&str]); 5] = [
    (
        "Paying",
        &[
            "Every order gets an address of its own, made for it alone. You send it the exact sum in the coin you chose, \
             from any wallet that you hold the keys of.",
            "The price in that coin stands until the time that your order names. An order that is not paid by then \
             expires, and nothing is owed.",
        ],
    ),
    (
        "While the money is held",
        &[
            "When the chain has made your payment final, the order is funded and the vendor sends. By when is agreed \
             before you pay and shown on the order.",
            "The terms are sealed when the address is issued. From then on they say where the money can go: to the \
             vendor, less the commission of this site, or back to you.",
            "If it is not sent in the agreed time, the money is frozen and you can have it back at once. If you do \
             nothing, it goes back by itself a week later; if it is sent after all, you choose.",
        ],
    ),
    (
        "Receiving",
        &[
            "When your goods are there and as they should be, you press “Received, pay the vendor”. The vendor never \
             presses it for you. What has been paid out cannot be called back.",
            "If you say nothing, the vendor is paid when your time to look at it is over: two weeks for goods, three \
             days for files and services, from the day it was sent. Your order shows the moment. You can add a week, \
             once, and a dispute stops the clock. It also stands still while this site is away.",
            "The vendor can send the whole sum back to you at any time before that.",
        ],
    ),
    (
        "When something is wrong",
        &[
            "Either side can open a dispute while the money is held. It freezes the order: nothing leaves escrow until \
             the dispute has come to its end.",
            "You can end it between you: give in, or offer a share and have the other accept it. If you cannot, staff \
             rule. You both read the ruling a day before it is carried out, and either of you may call a second staff \
             member, whose word is final. A ruling may cost a tenth of the sum, half from each side; your order says so.",
            "A dispute that nobody ends is over after two weeks: what was never sent goes back, else each gets half. \
             An offer that you left standing binds you if it gives the other side more than that.",
            "Money that comes late, short or twice is not lost. It goes back to the refund address of the order.",
        ],
    ),
    (
        "What you can check",
        &[
            "Each payment in and out is on a public chain. Your order shows every one with its hash, everything that \
             happened to it, who has to act next and by when.",
            "Its terms are signed by this site, with the address that you pay to. Your order shows text, signature and \
             key. Compare the key with the one that the site has published elsewhere, and you know before you pay that \
             nobody put another address before you.",
            "You can name a wallet on your account page. From then on the vendor of your orders is paid on your word \
             only if that wallet has signed it, whoever else may act in your name.",
        ],
    ),
];

/// The page.
pub async fn help(ctx: Ctx) -> PageResult {
    Ok(ctx.page("How escrow works", view()))
}

fn view() -> Markup {
    ui::narrow(html! {
        (ui::page_head("How escrow works", Some("Your money waits at an address of its own until you say that your order came."), html! {}))
        @for (heading, paragraphs) in CHAPTERS {
            section {
                h2 { (heading) }
                (ui::prose(&paragraphs.join("\n\n")))
            }
        }
        p { (ui::link(&url::verify_terms(), "Check signed terms")) }
        (ui::callout(Tone::Warning, "Use a wallet of your own", html! {
            p { "Refunds go to the address that you give. An address that an exchange sends from is not yours: what comes back to it may never reach you." }
        }))
        (ui::actions(ui::link_button(&url::home(), "To the shop", Look::Plain)))
    })
}
