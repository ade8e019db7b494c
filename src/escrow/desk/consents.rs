//! Consents: which acts want a wallet's signature, whose, and whether it is there.

use db::clamps;
use db::intents::IntentRow;
use db::ledger::State;
use db::offers::OfferRow;
use db::{EscrowTx, staff, story};
use domain::EvmAddress;
use domain::clamps::Bound;
use domain::clock::Time;
use domain::ids::{OrderId, UserId};
use domain::intent::IntentAction;
use domain::money::Bps;
use domain::pledge::{Pledge, Signatory};
use domain::refusal::Refusal;
use domain::seal::Terms;
use verify::consent::NoConsent;

use super::intents::Asked;
use super::{offers, rulings};
use crate::fault::Fault;
use crate::money::terms;
use crate::seal::SealKey;

/// A signature with the deadline that it names, as web wrote them.
type Given<'a> = Option<(&'a str, i64)>;

/// Whether the wallet that has to sign an act agrees to it at `at`, where the act wants one; else a
/// sentence. A broken seal of a buyer's act is left to the look before the payout, which stops the
/// order.
pub(crate) fn consented(
    tx: &mut EscrowTx<'_>,
    key: &SealKey,
    state: &State,
    (asked, row): (Asked, &IntentRow),
    at: Time,
) -> Result<Result<(), String>, Fault> {
    let Some(signatory) = asked.action.signatory(asked.role) else { return Ok(Ok(())) };
    let sealed = terms(tx, key, state)?.ok();
    let wallet = match signatory {
        Signatory::Buyer => match sealed.as_ref().and_then(|sealed| sealed.signer) {
            Some(wallet) => wallet,
            None => return Ok(Ok(())),
        },
        Signatory::Staff => match ruling_wallet(tx, asked, at)? {
            Ok(Some(wallet)) => wallet,
            Ok(None) => return Ok(Ok(())),
            Err(refusal) => return Ok(Err(refusal.to_string())),
        },
    };
    let Some(sealed) = sealed else { return Ok(Err(Refusal::Unreadable.to_string())) };
    let pledge = match pledge(tx, state, asked)? {
        Ok(pledge) => pledge,
        Err(refusal) => return Ok(Err(refusal.to_string())),
    };
    let given = row.signature.as_deref().zip(row.signature_expires);
    let agreed = checked((&sealed, wallet), (pledge, asked.n), given, at);
    Ok(agreed.map_err(|why| why.to_string()))
}

/// The wallet by which a staff member has to sign; none where the operator does not want that.
fn ruling_wallet(
    tx: &mut EscrowTx<'_>,
    asked: Asked,
    at: Time,
) -> Result<Result<Option<EvmAddress>, Refusal>, Fault> {
    if !are_signed(tx)? {
        return Ok(Ok(None));
    }
    Ok(staff::wallet(tx, asked.actor, at)?.map(Some).ok_or(Refusal::NoWallet))
}

/// Whether the operator wants rulings signed.
pub(crate) fn are_signed(tx: &mut EscrowTx<'_>) -> Result<bool, Fault> {
    Ok(clamps::all(tx)?.is_on(Bound::Signed))
}

/// Which wallet signed a ruling, for the order's story; nothing where none had to.
pub(crate) fn told(tx: &mut EscrowTx<'_>, staff: UserId, at: Time) -> Result<String, Fault> {
    let wallet = if are_signed(tx)? { staff::wallet(tx, staff, at)? } else { None };
    Ok(wallet.map(|wallet| format!(" Signed by the wallet {wallet}.")).unwrap_or_default())
}

/// What is signed for, with what of web's rows belongs to it.
fn pledge(
    tx: &mut EscrowTx<'_>,
    state: &State,
    asked: Asked,
) -> Result<Result<Pledge, Refusal>, Fault> {
    Ok(match asked.action {
        IntentAction::Accept => {
            offers::accepted(tx, state, asked)?.map(|share| Pledge::Accept(share.buyer))
        }
        IntentAction::Rule => {
            let wanted = rulings::wanted(tx, asked.order, asked)?;
            wanted.map(|(buyer, _)| Pledge::Rule(buyer)).ok_or(Refusal::Unreadable)
        }
        IntentAction::Confirm => rulings::named(tx, asked.order, asked)?
            .map(|ruling| Pledge::Confirm { ruling: ruling.n, buyer: ruling.buyer }),
        IntentAction::Release => Ok(Pledge::Release),
        IntentAction::Cancel
        | IntentAction::Refund
        | IntentAction::Extend
        | IntentAction::Resume
        | IntentAction::Contest => Err(Refusal::Unreadable),
    })
}

fn checked(
    (sealed, wallet): (&Terms, EvmAddress),
    (pledge, n): (Pledge, i32),
    given: Given<'_>,
    at: Time,
) -> Result<(), NoConsent> {
    let (signature, expires) = given.ok_or(NoConsent::Missing)?;
    let secs = |secs: i64| u64::try_from(secs).unwrap_or_default();
    let consent = sealed.consent(pledge, n.unsigned_abs(), secs(expires));
    consent.check(wallet, signature, secs(at.as_secs()))
}

/// The wallet without which the buyer's offers and acts do not count, by the sealed terms.
pub(crate) fn buyer_signer(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
) -> Result<Option<EvmAddress>, Fault> {
    Ok(story::sealed_terms(tx, order)?.and_then(|sealed| sealed.terms.signer))
}

/// The signature under an offer of the buyer's, which his signer has to have made where there is
/// one; none where there is none.
pub(crate) fn offered(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    (row, buyer): (&OfferRow, Bps),
    at: Time,
) -> Result<Result<Option<String>, NoConsent>, Fault> {
    let sealed = story::sealed_terms(tx, order)?.map(|sealed| sealed.terms);
    let Some((wallet, sealed)) = sealed.and_then(|sealed| Some((sealed.signer?, sealed))) else {
        return Ok(Ok(None));
    };
    let given = row.signature.as_deref().zip(row.signature_expires);
    let signed = checked((&sealed, wallet), (Pledge::Offer(buyer), row.n), given, at);
    Ok(signed.map(|()| row.signature.clone()))
}
