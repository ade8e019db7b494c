//! Offers: each is noted when it is first seen, so that what web writes afterwards changes none, and
//! the other party's acceptance of the last one is announced as a split.

use db::holds::Share;
use db::ledger::{self, State};
use db::offers::{self, Counting, Noted, OfferRow};
use db::{EscrowTx, placing};
use domain::clock::Time;
use domain::dispute;
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, EventActor};
use domain::life;
use domain::limits::OFFERS_MAX;
use domain::money::Bps;
use domain::order::EventKind;
use domain::refusal::Refusal;

use super::consents;
use super::intents::Asked;
use crate::book::{self, Note};
use crate::ctx::{self, Ctx};
use crate::fault::Fault;

/// Offers in one round.
const ROUND: i64 = 200;

/// Notes the offers that are new. Answers how many.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx) -> Result<u32, Fault> {
    ctx.walk("offers", ROUND, offers::unnoted, |(order, n)| {
        let Ok(order) = order.parse::<OrderId>() else { return Ok(false) };
        let now = ctx.now();
        let noted = ctx.write("note-offer", move |tx| note(tx, (order, n), now));
        Ok(ctx.contain("offers", Some(order), noted)? == Some(true))
    })
}

fn note(tx: &mut EscrowTx<'_>, (order, n): (OrderId, i32), now: Time) -> Result<bool, Fault> {
    let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
    if life::after(EventKind::OfferMade, book::standing(&state)).is_none() {
        return Ok(false);
    }
    let noted = match offers::by_number(tx, order, n)? {
        Some(row) => believed(tx, &state, &row, now)?,
        None => Err("it is too large".to_owned()),
    };
    offers::note(tx, (order, n), noted.as_ref().ok(), now)?;
    let noted = match noted {
        Ok(noted) => noted,
        Err(why) => {
            let message = format!("offer {n} is not taken: {why}");
            ctx::alarm(tx, "offer", Some(order), &message, now)?;
            return Ok(true);
        }
    };
    let comment = format!("{} to the buyer.", noted.buyer);
    let note = Note::new(EventKind::OfferMade, EventActor::from(noted.by), comment);
    book::append(tx, &mut state, note.by(Some(noted.author)), now)?;
    Ok(true)
}

/// An offer of web's, if a party of the order may have made it: the next of not too many, and signed
/// where a wallet signs for the buyer. Else why it is not taken.
fn believed(
    tx: &mut EscrowTx<'_>,
    state: &State,
    row: &OfferRow,
    now: Time,
) -> Result<Result<Noted, String>, Fault> {
    let none = || Ok(Err("it is none that a party could make".to_owned()));
    let (count, last) = offers::noted_so_far(tx, state.order)?;
    if row.n <= last || count >= OFFERS_MAX.saturating_mul(2) {
        return none();
    }
    let read = || {
        let by: ActorRole = row.author_role.parse().ok()?;
        let buyer = u16::try_from(row.buyer_bps).ok().and_then(Bps::new)?;
        Some(Noted { author: row.author_id.parse().ok()?, by, buyer, signature: None })
    };
    let Some(noted) = read() else { return none() };
    if !is_party(tx, state, (noted.by, noted.author))? {
        return none();
    }
    if noted.by != ActorRole::Buyer {
        return Ok(Ok(noted));
    }
    let signed = consents::offered(tx, state.order, (row, noted.buyer), now)?;
    Ok(signed.map(|signature| Noted { signature, ..noted }).map_err(|why| why.to_string()))
}

/// The offers of an order that count.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(crate) fn counting(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
) -> Result<Vec<dispute::Offer>, Fault> {
    let counting = Counting::with(consents::buyer_signer(tx, order)?);
    Ok(offers::noted(tx, order, counting)?)
}

/// Whether somebody is the party of an order that he speaks for: the buyer whom escrow took down, or a
/// member of the store that it took down.
pub(crate) fn is_party(
    tx: &mut EscrowTx<'_>,
    state: &State,
    (role, user): (ActorRole, UserId),
) -> Result<bool, Fault> {
    Ok(match role {
        ActorRole::Buyer => user == state.buyer,
        ActorRole::Vendor => placing::is_member(tx, state.store, user)?,
        ActorRole::Staff => false,
    })
}

/// How the offer that a request accepts divides, or why it cannot be accepted. It must be the last one
/// of the other party, among those that were noted and among all that web has by now, and web must
/// still say the same of it.
pub(crate) fn accepted(
    tx: &mut EscrowTx<'_>,
    state: &State,
    asked: Asked,
) -> Result<Result<Share, Refusal>, Fault> {
    if !is_party(tx, state, (asked.role, asked.actor))? {
        return Ok(Err(Refusal::NotYours));
    }
    let Some(n) = asked.about else { return Ok(Err(Refusal::Unreadable)) };
    let noted = counting(tx, state.order)?;
    let offer = match dispute::acceptable(&noted, n, asked.role) {
        Ok(offer) => offer,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let row = offers::by_number(tx, state.order, n)?;
    let same = row.is_some_and(|row| {
        row.buyer_bps == i32::from(offer.buyer.get()) && row.author_role == offer.by.as_str()
    });
    let is_last = offers::last_written(tx, state.order, offer.by)? == Some(n);
    Ok(if same && is_last {
        Ok(Share { buyer: offer.buyer, ruling: None })
    } else {
        Err(Refusal::OfferGone)
    })
}
