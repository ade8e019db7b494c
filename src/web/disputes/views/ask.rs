//! The questions before an act in a dispute.

use domain::dispute;
use domain::limits::{CLAIM_LENGTH, RULING_LENGTH};
use domain::settle::Division;
use maud::{Markup, html};

use super::{in_shares, sums};
use crate::orders::views::confirm::Ask;
use crate::ui::{self, Field, Look, TextArea};

const HINT: &str = "Of everything in escrow, from 0 to 100. The rest goes to the vendor, less this site's commission.";

impl Ask<'_> {
    pub(crate) fn offer(self) -> Markup {
        let (view, share) = (self.view, self.typed.share.to_owned());
        let mut facts = vec![
            (
                "What happens",
                html! { "The other party sees your offer and may accept it, which divides the money at once. It stands until you make another one." },
            ),
            (
                "If nobody ends the dispute",
                html! { "your last offer binds you as far as it gives the other party more than silence would." },
            ),
            ("In escrow", ui::amount(crate::orders::views::pay::money(view, view.credited))),
        ];
        if self.signs() {
            facts.push(("The buyer gets", html! { (share) " %" }));
        }
        let fields = html! {
            @if self.signs() { (ui::hidden("share", &share)) (self.signature()) } @else {
                (Field::number("share", "The buyer gets").suffix("%").required().hint(HINT)
                    .value(&share).faults(self.faults))
            }
        };
        self.show(("Make an offer?", "Make this offer", Look::Primary), facts, None, fields)
    }

    pub(crate) fn accept(self) -> Markup {
        let view = self.view;
        let other = view.relation.actor().and_then(dispute::other);
        let Some(offer) = other.and_then(|other| view.settling.standing(other)) else {
            return html! {};
        };
        let mut facts = vec![("The offer", html! { (in_shares(view, offer.buyer)) })];
        facts.extend(sums(view, Division { buyer: offer.buyer, ruled: false }));
        let fields = html! { (ui::hidden("offer", offer.n)) (self.signature()) };
        let words = ("Accept this offer?", "Accept, divide the money", Look::Primary);
        self.show(
            words,
            facts,
            Some("The money leaves escrow at once. This cannot be undone."),
            fields,
        )
    }

    pub(crate) fn claim(self) -> Markup {
        let body = self.typed.statement.to_owned();
        let facts = vec![("Who reads it", html! { "Both parties and staff. It stays as it is." })];
        let fields = html! {
            (TextArea::new("body", "What do you want to say?").required().value(&body)
                .faults(self.faults).max(CLAIM_LENGTH).rows(8))
        };
        self.show(("Add a statement", "Add it", Look::Primary), facts, None, fields)
    }

    pub(crate) fn rule(self) -> Markup {
        let view = self.view;
        let (share, reason) = (self.typed.share.to_owned(), self.typed.statement.to_owned());
        let mut facts = vec![
            (
                "What happens",
                html! { "Both parties read the ruling and its reason. After 24 hours it is carried out, unless one of them calls a second staff member or they agree on something else." },
            ),
            ("In escrow", ui::amount(crate::orders::views::pay::money(view, view.credited))),
        ];
        if view.resolver_fee().get() > 0 {
            let fee = html! { (view.resolver_fee()) " of the escrow, half from each side" };
            facts.push(("Fee for the ruling", fee));
        }
        if self.signs() {
            facts.push(("The buyer gets", html! { (share) " %" }));
            facts.push(("Why", ui::prose(&reason)));
            let fields = html! {
                (ui::hidden("share", &share)) (ui::hidden("reason", &reason)) (self.signature())
            };
            return self.show(("Rule in this dispute?", "Rule", Look::Danger), facts, None, fields);
        }
        let fields = html! {
            (Field::number("share", "The buyer gets").suffix("%").required()
                .hint("0 releases, 100 refunds, anything between divides.").value(&share).faults(self.faults))
            (TextArea::new("reason", "Why").required().hint("Both parties read this.").value(&reason)
                .faults(self.faults).max(RULING_LENGTH).rows(6))
        };
        self.show(("Rule in this dispute?", "Rule", Look::Danger), facts, None, fields)
    }

    pub(crate) fn contest(self) -> Markup {
        let view = self.view;
        let Some(ruling) = view.settling.ruling() else { return html! {} };
        let facts = vec![
            ("The ruling", html! { (in_shares(view, ruling.buyer)) }),
            (
                "What happens",
                html! { "It waits until another staff member has confirmed it or ruled otherwise. What that one says is final." },
            ),
        ];
        let words = ("Call a second staff member?", "Call a second staff member", Look::Primary);
        let fields = ui::hidden("ruling", ruling.n);
        self.show(words, facts, None, fields)
    }

    pub(crate) fn confirm(self) -> Markup {
        let view = self.view;
        let Some(ruling) = view.settling.ruling() else { return html! {} };
        let mut facts = vec![
            ("The ruling", html! { (in_shares(view, ruling.buyer)) }),
            ("Its reason", ui::prose(&ruling.reason)),
        ];
        facts.extend(sums(view, Division { buyer: ruling.buyer, ruled: true }));
        let words = ("Confirm this ruling?", "Confirm the ruling", Look::Danger);
        let warning =
            "It is carried out as soon as its notice is over. To rule otherwise, go back and rule.";
        let fields = html! { (ui::hidden("ruling", ruling.n)) (self.signature()) };
        self.show(words, facts, Some(warning), fields)
    }
}
