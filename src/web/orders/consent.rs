//! Consents: what a wallet is asked to sign for an act, and whether it did. Escrow asks itself once
//! more; what is said here spares people a request that it would refuse.

use domain::EvmAddress;
use domain::clock::{Span, Time};
use domain::dispute::{self, Offer};
use domain::intent::{ActorRole, IntentAction};
use domain::money::Bps;
use domain::pledge::Pledge;
use domain::policy::Act;
use domain::refusal::Refusal;
use serde_json::{Value, json};
use verify::consent::{Consent, NAME, NoConsent, VERSION};

use super::actions::read::OrderView;
use crate::disputes::read::Wallet;
use crate::error::AppError;

/// How long a signature counts that is asked for now.
const LIFE: Span = Span::hours(1);
/// The same of an offer's, which escrow may have to note after an outage.
const OFFER_LIFE: Span = Span::hours(24);

/// What somebody is about to do, as far as a wallet may have to sign it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The act.
    pub act: Act,
    /// The number of the offer that it is about; the one that stands where none is named.
    pub about: Option<i32>,
    /// The buyer's share that is offered or ruled.
    pub share: Option<Bps>,
}

impl Plan {
    /// A request to escrow, about an offer if it is about one.
    pub const fn ask(action: IntentAction, about: Option<i32>) -> Self {
        Self { act: Act::Ask(action), about, share: None }
    }

    /// An act that gives the buyer this share.
    pub const fn share(act: Act, share: Option<Bps>) -> Self {
        Self { act, about: None, share }
    }
}

/// What an act on an order wants of a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The wallet: the one that is sealed with the order, or the staff member's.
    pub signer: EvmAddress,
    /// What it is to sign.
    pub consent: Consent,
}

/// What came with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The signature.
    pub signature: String,
    /// The deadline that was signed, in seconds since 1970.
    pub deadline: u64,
}

/// What an act wants of a wallet that signs now; none where it wants nothing, or its share is not
/// known yet.
pub fn wanted(view: &OrderView, plan: Plan, now: Time) -> Option<Wanted> {
    let life = if plan.act == Act::Offer { OFFER_LIFE } else { LIFE };
    until(view, plan, u64::try_from(now.after(life).as_secs()).unwrap_or_default())
}

fn until(view: &OrderView, plan: Plan, deadline: u64) -> Option<Wanted> {
    let terms = &view.sealed.as_ref()?.terms;
    let (role, buyer) = (view.relation.actor()?, terms.signer);
    let request = view.next_intent;
    let (signer, pledge, n) = match (plan.act, role) {
        (Act::Ask(IntentAction::Release), ActorRole::Buyer) => (buyer?, Pledge::Release, request),
        (Act::Ask(IntentAction::Accept), ActorRole::Buyer) => {
            (buyer?, Pledge::Accept(taken(view, plan.about)?.buyer), request)
        }
        (Act::Offer, ActorRole::Buyer) => {
            (buyer?, Pledge::Offer(plan.share?), view.settling.next_offer)
        }
        (Act::Ask(IntentAction::Rule), ActorRole::Staff) => {
            (view.settling.wallet.signs()?, Pledge::Rule(plan.share?), request)
        }
        (Act::Ask(IntentAction::Confirm), ActorRole::Staff) => {
            let last = view.settling.ruling()?;
            let pledge = Pledge::Confirm { ruling: last.n, buyer: last.buyer };
            (view.settling.wallet.signs()?, pledge, request)
        }
        _ => return None,
    };
    Some(Wanted { signer, consent: terms.consent(pledge, n.unsigned_abs(), deadline) })
}

/// The offer that is accepted: the one of this number, or else the one that stands.
fn taken(view: &OrderView, about: Option<i32>) -> Option<Offer> {
    match about {
        Some(n) => view.settling.offers().into_iter().find(|offer| offer.n == n),
        None => {
            view.relation.actor().and_then(dispute::other).and_then(|by| view.settling.standing(by))
        }
    }
}

/// Whether whoever wants to rule has the wallet that this site wants for it.
///
/// # Errors
/// [`Refusal::NoWallet`].
pub fn can_sign(view: &OrderView, act: Act) -> Result<(), Refusal> {
    let rules = matches!(act, Act::Ask(IntentAction::Rule | IntentAction::Confirm));
    if rules && view.settling.wallet == Wallet::Missing { Err(Refusal::NoWallet) } else { Ok(()) }
}

/// What goes to escrow with an act; none where it wants nothing.
///
/// # Errors
/// [`AppError::Invalid`] says why what was given does not count, [`Refusal::NoWallet`] that nobody's
/// would.
pub fn checked(
    view: &OrderView,
    plan: Plan,
    given: Option<Given>,
    now: Time,
) -> Result<Option<Given>, AppError> {
    can_sign(view, plan.act)?;
    let deadline = given.as_ref().map(|given| given.deadline).unwrap_or_default();
    let Some(wanted) = until(view, plan, deadline) else { return Ok(None) };
    let now = u64::try_from(now.as_secs()).unwrap_or_default();
    let checked = match &given {
        Some(given) => wanted.consent.check(wanted.signer, &given.signature, now),
        None => Err(NoConsent::Missing),
    };
    checked.map(|()| given).map_err(|why| AppError::fault("signature", why))
}

impl Wanted {
    /// The typed data as `eth_signTypedData_v4` of wallets takes it (EIP-712).
    pub fn typed_data(&self) -> Value {
        let member = |(name, kind): (&str, &str)| json!({ "name": name, "type": kind });
        let domain = [
            ("name", "string"),
            ("version", "string"),
            ("chainId", "uint256"),
            ("verifyingContract", "address"),
        ];
        let consent = [
            ("order", "string"),
            ("action", "string"),
            ("nonce", "uint256"),
            ("deadline", "uint256"),
        ];
        let asked = &self.consent;
        json!({
            "types": {
                "EIP712Domain": domain.map(member),
                "Consent": consent.map(member),
            },
            "primaryType": "Consent",
            "domain": {
                "name": NAME,
                "version": VERSION,
                "chainId": asked.chain,
                "verifyingContract": asked.escrow.to_string(),
            },
            "message": {
                "order": asked.order,
                "action": asked.action,
                "nonce": asked.nonce,
                "deadline": asked.deadline,
            },
        })
    }

    /// The same as text, for people to read and to copy.
    pub fn typed_text(&self) -> String {
        serde_json::to_string_pretty(&self.typed_data()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The structure that wallets are told of is the one whose type is hashed.
    #[test]
    fn the_typed_data_names_the_members_that_are_signed() {
        let consent = Consent {
            order: "0".repeat(32),
            action: "release".to_owned(),
            nonce: 3,
            deadline: 1_800_000_000,
            chain: 31_337,
            escrow: EvmAddress::from_bytes([0x51; 20]),
        };
        let data = Wanted { signer: consent.escrow, consent }.typed_data();
        let members = data["types"]["Consent"].as_array().unwrap();
        let members: Vec<_> = members
            .iter()
            .map(|one| {
                format!("{} {}", one["type"].as_str().unwrap(), one["name"].as_str().unwrap())
            })
            .collect();
        assert_eq!(format!("Consent({})", members.join(",")), verify::consent::TYPE);
        assert_eq!(data["message"].as_object().unwrap().len(), members.len());
        assert_eq!(data["domain"]["chainId"], 31_337);
    }
}
