//! Consents of an order's signer: what his wallet is asked to sign, and whether it did. Escrow asks
//! itself once more; what is said here spares people a request that it would refuse.

use domain::EvmAddress;
use domain::clock::{Span, Time};
use domain::dispute::{self, Offer};
use domain::intent::IntentAction;
use serde_json::{Value, json};
use verify::consent::{Consent, NAME, NoConsent, VERSION};

use super::actions::read::OrderView;
use crate::error::AppError;

/// How long a signature counts that is asked for now.
const LIFE: Span = Span::hours(1);

/// An act, and the number of the offer that it is about.
pub type Act = (IntentAction, Option<i32>);

/// What an act on an order wants of a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The wallet that is sealed with the order.
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

/// What an act wants of a wallet that signs now; none where it wants nothing.
pub fn wanted(view: &OrderView, act: Act, now: Time) -> Option<Wanted> {
    until(view, act, u64::try_from(now.after(LIFE).as_secs()).unwrap_or_default())
}

fn until(view: &OrderView, (action, about): Act, deadline: u64) -> Option<Wanted> {
    let sealed = view
        .sealed
        .as_ref()
        .filter(|_| view.relation.actor().is_some_and(|role| action.wants_consent(role)))?;
    let signer = sealed.terms.signer?;
    let share = match action {
        IntentAction::Accept => Some(taken(view, about)?.buyer),
        _ => None,
    };
    let n = view.next_intent.unsigned_abs();
    Some(Wanted { signer, consent: sealed.terms.consent((action, share), n, deadline) })
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

/// What goes to escrow with a request; none where the act wants nothing.
///
/// # Errors
/// [`AppError::Invalid`] says why what was given does not count.
pub fn checked(
    view: &OrderView,
    act: Act,
    given: Option<Given>,
    now: Time,
) -> Result<Option<Given>, AppError> {
    let deadline = given.as_ref().map(|given| given.deadline).unwrap_or_default();
    let Some(wanted) = until(view, act, deadline) else { return Ok(None) };
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
