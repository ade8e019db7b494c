//! Where an order stands, what happened to it and what happens next.

use domain::clock::Time;
use maud::{Markup, html};

use super::layout::Tone;
use super::money;
use super::time::time;
use super::url::ExternalUrl;

/// Where an order stands, in the words of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Escrow has not issued the address yet.
    Preparing,
    /// Nothing has come yet.
    AwaitingPayment,
    /// Something came that is not final yet.
    PaymentSeen,
    /// Paid; the vendor's turn.
    Funded,
    /// Sent; the buyer's turn.
    Shipped,
    /// The money is leaving escrow.
    PayingOut,
    /// The vendor has been paid.
    Released,
    /// The buyer has been paid back.
    Refunded,
    /// Ended before it was paid.
    Cancelled,
    /// Not paid in time.
    Expired,
    /// Turned down by escrow.
    Rejected,
    /// A dispute is about to take effect.
    Freezing,
    /// A dispute holds the money.
    Frozen,
}

impl Status {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 13] = [
        Self::Preparing,
        Self::AwaitingPayment,
        Self::PaymentSeen,
        Self::Funded,
        Self::Shipped,
        Self::PayingOut,
        Self::Released,
        Self::Refunded,
        Self::Cancelled,
        Self::Expired,
        Self::Rejected,
        Self::Freezing,
        Self::Frozen,
    ];

    /// Its words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Preparing => "Preparing address",
            Self::AwaitingPayment => "Awaiting payment",
            Self::PaymentSeen => "Payment seen",
            Self::Funded => "Funded",
            Self::Shipped => "Shipped",
            Self::PayingOut => "Paying out",
            Self::Released => "Released",
            Self::Refunded => "Refunded",
            Self::Cancelled => "Cancelled",
            Self::Expired => "Expired",
            Self::Rejected => "Not accepted",
            Self::Freezing => "Freezing…",
            Self::Frozen => "Frozen",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Preparing | Self::PaymentSeen | Self::PayingOut | Self::Freezing => {
                "badge-moving"
            }
            Self::AwaitingPayment => "badge-waiting",
            Self::Funded | Self::Shipped => "badge-held",
            Self::Released => "badge-done",
            Self::Refunded | Self::Cancelled | Self::Expired | Self::Rejected => "badge-over",
            Self::Frozen => "badge-frozen",
        }
    }
}

/// The status as a badge.
pub fn badge(status: Status) -> Markup {
    html! { span.badge.{(status.class())} { (status.label()) } }
}

/// How far an order has come on its road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Being made.
    Order,
    /// To be paid.
    Pay,
    /// To be shipped.
    Ship,
    /// To be received.
    Receive,
    /// Released.
    Done,
    /// Left the road: cancelled, expired, refunded, frozen.
    Stopped(&'static str),
}

const STEPS: [(Progress, &str); 4] = [
    (Progress::Order, "Order"),
    (Progress::Pay, "Pay"),
    (Progress::Ship, "Shipped"),
    (Progress::Receive, "Received"),
];

/// The road of an order and where on it we are.
pub fn order_steps(progress: Progress) -> Markup {
    let at = STEPS.iter().position(|(step, _)| *step == progress).unwrap_or(STEPS.len());
    html! {
        @if let Progress::Stopped(word) = progress {
            ol.steps.steps-stopped aria-label="Progress" { li.steps-here aria-current="step" { span { (word) } } }
        } @else {
            ol.steps aria-label="Progress" {
                @for (n, (_, label)) in STEPS.iter().enumerate() {
                    @let here = (n == at).then_some("step");
                    li .steps-done[n < at] .steps-here[n == at] aria-current=[here] {
                        span { (label) @if n < at { span.visually-hidden { " (done)" } } }
                    }
                }
            }
        }
    }
}

/// Something that happened to an order.
#[derive(Debug)]
pub struct Entry<'a> {
    /// When.
    pub at: Time,
    /// Who did it: `Buyer`, `Vendor`, `Escrow`.
    pub actor: &'a str,
    /// Its colour, where it has one.
    pub tone: Option<Tone>,
    /// What happened, as a sentence.
    pub sentence: Markup,
    /// Hashes that prove it.
    pub proofs: Vec<Proof<'a>>,
}

/// A hash that anybody can look up.
#[derive(Debug)]
pub struct Proof<'a> {
    /// What it is the hash of.
    pub label: &'a str,
    /// The hash.
    pub hash: &'a str,
    /// Where to look it up.
    pub link: Option<ExternalUrl>,
}

/// Everything that happened, in the order given.
pub fn timeline(entries: &[Entry<'_>]) -> Markup {
    html! {
        ol.timeline {
            @for entry in entries {
                li class=[entry.tone.map(Tone::class)] {
                    p.timeline-line { (entry.sentence) }
                    p.timeline-meta { span.timeline-actor { (entry.actor) } " · " (time(entry.at)) }
                    @for proof in &entry.proofs {
                        p.timeline-proof {
                            span.timeline-proof-label { (proof.label) }
                            (money::hash(proof.hash, proof.link.clone()))
                        }
                    }
                }
            }
        }
    }
}

/// What happens next, and what if not.
#[derive(Debug)]
pub struct NextStep<'a> {
    /// Who must act.
    pub who: &'a str,
    /// Whether that is the reader.
    pub mine: bool,
    /// What they must do, as a sentence.
    pub what: Markup,
    /// By when.
    pub by: Option<Time>,
    /// What happens by itself otherwise.
    pub otherwise: Option<&'a str>,
    /// Buttons.
    pub action: Markup,
}

/// The card that says who must act, by when.
pub fn next_step(step: NextStep<'_>) -> Markup {
    html! {
        section.next .next-mine[step.mine] aria-labelledby="next-title" {
            h2.next-title #next-title { @if step.mine { "Your turn" } @else { "What happens next" } }
            p.next-who { (step.who) }
            div.next-what { (step.what) }
            @if let Some(by) = step.by { p.next-by { "By " (time(by)) } }
            @if let Some(otherwise) = step.otherwise { p.next-otherwise { (otherwise) } }
            @if !step.action.0.is_empty() { div.actions { (step.action) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_words_of_its_own() {
        let mut labels: Vec<_> = Status::ALL.iter().map(|status| status.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), Status::ALL.len());
        assert!(badge(Status::Preparing).into_string().contains(">Preparing address<"));
    }

    #[test]
    fn one_step_is_the_present_one() {
        for (progress, done) in [(Progress::Order, 0), (Progress::Ship, 2), (Progress::Done, 4)] {
            let markup = order_steps(progress).into_string();
            assert_eq!(markup.matches("steps-done").count(), done, "{markup}");
            let here = usize::from(progress != Progress::Done);
            assert_eq!(markup.matches("aria-current=\"step\"").count(), here, "{markup}");
        }
        assert!(order_steps(Progress::Stopped("Expired")).into_string().contains("Expired"));
    }

    #[test]
    fn an_entry_shows_who_when_and_the_proof() {
        let entry = Entry {
            at: Time::from_secs(0),
            actor: "Es<crow",
            tone: None,
            sentence: html! { "Paid " b { "out" } },
            proofs: vec![Proof { label: "Payment", hash: "0xabc", link: None }],
        };
        let markup = timeline(&[entry]).into_string();
        for part in ["Es&lt;crow", "1 Jan 1970", "<b>out</b>", ">0xabc</code>", "Payment"] {
            assert!(markup.contains(part), "{part} in {markup}");
        }
    }

    #[test]
    fn the_next_step_says_whose_turn_it_is() {
        let step = |mine| NextStep {
            who: "Vendor",
            mine,
            what: html! { p { "Ships." } },
            by: Some(Time::from_secs(60)),
            otherwise: Some("Else it comes back."),
            action: html! {},
        };
        let theirs = next_step(step(false)).into_string();
        assert!(theirs.contains("What happens next") && theirs.contains("By <time"), "{theirs}");
        assert!(!theirs.contains("class=\"actions\""), "{theirs}");
        assert!(next_step(step(true)).into_string().contains("Your turn"));
    }
}
