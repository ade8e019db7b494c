//! The page that asks once more before money moves: the act, the sum, the full address.

use domain::intent::IntentAction;
use domain::order::OrderStatus;
use domain::policy::{Act, Relation};
use domain::refusal::Fault;
use maud::{Markup, html};

use super::pay;
use crate::orders::actions::act::REASONS;
use crate::orders::actions::read::OrderView;
use crate::orders::consent::Wanted;
use crate::orders::urls;
use crate::ui::url::{ExternalUrl, Url};
use crate::ui::{self, Confirm, Field, Look, Signing, TextArea, Tone, hidden, url};

/// What a person typed before a fault sent the page back.
#[derive(Debug, Default)]
pub struct Typed<'a> {
    /// Shipping note.
    pub note: &'a str,
    /// Reason of a dispute.
    pub reason: &'a str,
    /// Statement of a dispute, or a reason.
    pub statement: &'a str,
    /// The buyer's share in percent.
    pub share: &'a str,
}

/// What the act wants of a wallet, if it does, and where the demo's wallet signs, in a demo.
pub type Signs<'a> = Option<(&'a Wanted, Option<&'a ExternalUrl>)>;

/// Asks once more before an act.
pub fn confirm(
    view: &OrderView,
    act: Act,
    csrf: &str,
    (typed, faults, wanted): (&Typed<'_>, &[Fault], Signs<'_>),
) -> Markup {
    let action = urls::act(view.id, act).unwrap_or_else(|| url::order(view.id));
    let ask = Ask { view, action, csrf, typed, faults, wanted };
    match act {
        Act::Ask(IntentAction::Release) => ask.release(),
        Act::Ask(IntentAction::Refund) => ask.refund(),
        Act::Ask(IntentAction::Cancel) => ask.cancel(),
        Act::Ask(IntentAction::Extend) => ask.extend(),
        Act::Ask(IntentAction::Resume) => ask.resume(),
        Act::Dispute => ask.dispute(),
        Act::Ask(IntentAction::Accept) => ask.accept(),
        Act::Ask(IntentAction::Rule) => ask.rule(),
        Act::Ask(IntentAction::Contest) => ask.contest(),
        Act::Ask(IntentAction::Confirm) => ask.confirm(),
        Act::Offer => ask.offer(),
        Act::Claim => ask.claim(),
        Act::KeepAddress => ask.keep_address(),
        // The address has a form of its own.
        Act::Ship | Act::See | Act::SeeDelivery | Act::Reseal => ask.ship(),
    }
}

/// A page that asks once more.
pub(crate) struct Ask<'a> {
    pub(crate) view: &'a OrderView,
    action: Url,
    csrf: &'a str,
    pub(crate) typed: &'a Typed<'a>,
    pub(crate) faults: &'a [Fault],
    wanted: Signs<'a>,
}

impl Ask<'_> {
    pub(crate) fn show(
        self,
        words: (&str, &str, Look),
        facts: Vec<(&str, Markup)>,
        warning: Option<&str>,
        fields: Markup,
    ) -> Markup {
        let faults = self.faults;
        ui::narrow(ui::confirm(Confirm {
            title: words.0,
            action: self.action,
            csrf: self.csrf,
            verb: words.1,
            look: words.2,
            facts,
            warning,
            fields: html! {
                (ui::fault_summary(faults))
                (fields)
            },
            back: url::order(self.view.id),
            back_label: "Back to the order",
        }))
    }

    fn release(self) -> Markup {
        let view = self.view;
        let shares = view.split.release().unwrap_or_default();
        let signature = self.signature();
        let warning = view.shipments.is_empty().then_some(
            "The vendor has not marked this order as sent. Pay only if you really have what you bought.",
        );
        let mut facts = vec![
            (
                "What happens",
                html! { "The money leaves escrow and goes to " (view.store_name) ". This cannot be undone." },
            ),
            ("In escrow", ui::amount_exact(pay::money(view, view.credited))),
            (
                "To the vendor",
                html! {
                    (ui::amount(pay::money(view, shares.vendor)))
                    @if let Some(payout) = view.sealed.as_ref().map(|sealed| &sealed.terms.payout) {
                        " " (ui::address(payout, url::explorer_address(view.chain, payout)))
                    }
                },
            ),
            (
                "To this site",
                html! { (ui::amount(pay::money(view, shares.commission))) " commission" },
            ),
        ];
        if !shares.referral.is_zero() {
            let referral = ui::amount(pay::money(view, shares.referral));
            facts.push(("To whoever invited the buyer", html! { (referral) " of the commission" }));
        }
        facts.push((
            "Network fees",
            html! { (ui::amount(pay::money(view, shares.network))) ", " (pay::network_fees(view)) },
        ));
        self.show(
            ("Received everything?", "Received, pay the vendor", Look::Primary),
            facts,
            warning,
            signature,
        )
    }

    /// Whether a wallet is to sign.
    pub(crate) const fn signs(&self) -> bool {
        self.wanted.is_some()
    }

    /// What a wallet is to sign, where the act wants it: the one that is sealed with the order, or the
    /// staff member's.
    pub(crate) fn signature(&self) -> Markup {
        let Some((wanted, demo)) = self.wanted else { return html! {} };
        let who = if self.view.relation == Relation::Staff { "This site" } else { "This order" };
        let json = wanted.typed_text();
        let (signer, chain) = (&wanted.signer, wanted.consent.chain);
        html! {
            p { (who) " wants the signature of the wallet " code.mono { (signer) } ". Let it sign these data (" code { "eth_signTypedData_v4" } ") within the hour, here or elsewhere." }
            (ui::sign_box(Signing::Typed { json: &json, signer, chain }, demo))
            (hidden("deadline", wanted.consent.deadline))
            (Field::text("signature", "The wallet's signature").faults(self.faults).required().max(140)
                .hint("0x and 130 characters."))
        }
    }

    fn refund(self) -> Markup {
        let view = self.view;
        let facts = vec![
            (
                "What happens",
                html! { "The whole sum goes back to " (view.buyer_name) ". This cannot be undone." },
            ),
            (
                "Sum",
                html! { (ui::amount_exact(pay::money(view, view.credited))) ", less network fees: " (pay::network_fees(view)) },
            ),
            ("Goes to", ui::address(&view.refund, url::explorer_address(view.chain, &view.refund))),
        ];
        let warning = match (view.shipments.is_empty(), view.relation) {
            (true, _) => None,
            (false, Relation::Buyer) => {
                Some("The vendor has marked this order as sent meanwhile; it may be on its way.")
            }
            (false, _) => Some("You marked this order as sent already."),
        };
        self.show(("Refund in full?", "Refund in full", Look::Danger), facts, warning, html! {})
    }

    fn extend(self) -> Markup {
        let facts = vec![
            (
                "What happens",
                html! { "You have seven days more to look at what came. This is possible once." },
            ),
            (
                "After that",
                html! { (self.view.store_name) " is paid, unless you open a dispute before." },
            ),
        ];
        let words = ("Need more time?", "Take seven days more", Look::Primary);
        self.show(words, facts, None, html! {})
    }

    fn resume(self) -> Markup {
        let view = self.view;
        let facts = vec![
            ("What happens", html! { "The money is no longer frozen, and the order goes on." }),
            (
                "Your time to look",
                html! { (view.inspection_hours) " hours from now; then " (view.store_name) " is paid, unless you object." },
            ),
        ];
        let words = ("Take it after all?", "Take it, go on", Look::Primary);
        self.show(words, facts, None, html! {})
    }

    fn cancel(self) -> Markup {
        let view = self.view;
        let coming = !view.unfinal.is_zero() || !view.credited.is_zero();
        let warning = coming.then_some(
            "A payment has been seen. If you cancel, it goes back to the refund address less the network fee.",
        );
        let facts = vec![
            ("What happens", html! { "The order is called off. Nothing is bought." }),
            ("Money that still comes", html! { "goes back to" (ui::address(&view.refund, None)) }),
        ];
        self.show(
            ("Cancel this order?", "Cancel this order", Look::Danger),
            facts,
            warning,
            html! {},
        )
    }

    fn keep_address(self) -> Markup {
        let facts = vec![(
            "What happens",
            html! { "The sealed address stays, and no other can be asked for again." },
        )];
        let words = ("Keep the old address?", "Keep it", Look::Primary);
        self.show(words, facts, None, html! {})
    }

    fn ship(self) -> Markup {
        let view = self.view;
        let note = self.typed.note.to_owned();
        let faults = self.faults;
        let (title, verb) = if view.ships {
            ("Sent the goods?", "Mark as sent")
        } else {
            ("Delivered?", "Mark as delivered")
        };
        let mut facts = vec![("Buyer", html! { (view.buyer_name) })];
        if let Some(address) = &view.delivery {
            facts.push(("Delivery address", ui::prose(address)));
        }
        let fields = html! {
            (TextArea::new("note", "Note to the buyer")
                .hint("A tracking number, a download link, anything that helps. 500 characters at most.")
                .value(&note).faults(faults).max(500).rows(3))
        };
        self.show((title, verb, Look::Primary), facts, None, fields)
    }

    fn dispute(self) -> Markup {
        let view = self.view;
        let statement = self.typed.statement.to_owned();
        let chosen = self.typed.reason.to_owned();
        let faults = self.faults;
        let facts = vec![
            (
                "What happens",
                html! {
                    "The money in escrow is frozen until the two of you agree or staff rule. Two weeks from now it ends by itself."
                },
            ),
            ("In escrow", ui::amount(pay::money(view, view.credited))),
        ];
        let fields = html! {
            (ui::Select::new("reason", "What is wrong?", REASONS).value(&chosen).faults(faults))
            (TextArea::new("statement", "Tell what happened").required()
                .hint("The other party reads this.").value(&statement).faults(faults).max(5_000).rows(6))
        };
        self.show(("Open a dispute?", "Open the dispute", Look::Danger), facts, None, fields)
    }
}

/// Says that an act is not possible any more, and why.
pub fn too_late(view: &OrderView, sentence: &str) -> Markup {
    let note = if view.status == OrderStatus::New { "Try again in a moment." } else { "" };
    ui::narrow(html! {
        (ui::callout(Tone::Warning, sentence, html! { p { (note) } }))
        (ui::link_button(&url::order(view.id), "Back to the order", Look::Plain))
    })
}
