//! The look at what is behind an announcement before it is planned.

use db::holds::Hold;
use db::ledger::State;
use db::{EscrowTx, inbox};
use domain::intent::{self, ActorRole};
use domain::life::Change;
use domain::refusal::Refusal;
use domain::settle::PayoutKind;

use crate::desk::{consents, deadlines, intents, lodgings, offers, rulings};
use crate::fault::Fault;
use crate::seal::SealKey;

/// Whether what is behind an announcement, an intent, a ruling or a deadline, stands as it was and
/// still fits; else a sentence.
pub(super) fn still_asked(
    tx: &mut EscrowTx<'_>,
    state: &State,
    hold: &Hold,
    key: &SealKey,
) -> Result<Result<Option<ActorRole>, String>, Fault> {
    let Some(n) = hold.intent else { return by_itself(tx, state, hold, key) };
    if state.deposit {
        let asked = lodgings::may_leave(tx, state, n)?;
        return Ok(asked.map(|()| Some(ActorRole::Vendor)).map_err(|why| why.to_string()));
    }
    let row = inbox::intent(tx, &hold.order.to_string(), n)?;
    let Some((asked, row)) = row.as_ref().and_then(|row| Some((intents::read(row)?, row))) else {
        return Ok(Err("The request is not there any more.".to_owned()));
    };
    if !intents::is_own(state, asked) {
        return Ok(Err(Refusal::NotYours.to_string()));
    }
    match intent::check(asked.action, asked.role, intents::standing(tx, state)?) {
        Ok(own) if own.change == Change::Pay(hold.kind) => {}
        Ok(_) => return Ok(Err(Refusal::NotYours.to_string())),
        Err(refusal) => return Ok(Err(refusal.to_string())),
    }
    if hold.kind == PayoutKind::Split {
        let share = offers::accepted(tx, state, asked)?;
        if share.ok().is_none_or(|share| Some(share) != hold.share) {
            return Ok(Err(Refusal::OfferGone.to_string()));
        }
    }
    // It had to count when it was announced; that planning took its time is not the signer's fault.
    let agreed = consents::consented(tx, key, state, (asked, row), hold.held_at)?;
    Ok(agreed.map(|()| Some(asked.role)))
}

/// The same of what nobody asks for: a ruling whose notice is over, or a deadline. What a party asks
/// for in a dispute comes first.
fn by_itself(
    tx: &mut EscrowTx<'_>,
    state: &State,
    hold: &Hold,
    key: &SealKey,
) -> Result<Result<Option<ActorRole>, String>, Fault> {
    if state.disputed && intents::is_pending(tx, key, state, hold.held_at)? {
        return Ok(Err("A party asks for something else.".to_owned()));
    }
    let stands = match hold.share.and_then(|share| share.ruling) {
        Some(_) => rulings::asks_for(tx, state)? == hold.share,
        None => deadlines::asks_for(tx, state)? == Some((hold.kind, hold.share)),
    };
    Ok(if stands { Ok(None) } else { Err("The deadline does not hold any more.".to_owned()) })
}
