//! What can be done in a dispute beside requests to escrow ([`crate::orders::actions::ask`]).

use db::claims::ClaimRow;
use db::offers::OfferRow;
use db::rulings::RequestRow;
use db::{DbError, codec, turns};
use domain::dispute;
use domain::intent::IntentAction;
use domain::limits::{CLAIM_LENGTH, CLAIMS_MAX, OFFERS_MAX, RULING_LENGTH};
use domain::money::Bps;
use domain::policy::Act;
use domain::refusal::Refusal;
use domain::text;

use crate::error::AppError;
use crate::http::viewer::Account;
use crate::orders::actions::act::{Acting, Undone};
use crate::orders::actions::ask::{self, Placing};
use crate::orders::actions::read::OrderView;
use crate::orders::consent::{self, Given, Plan};
use crate::state::App;

/// Proposes what the buyer should get. The last offer of each party stands.
pub(crate) async fn offer(
    at: Acting<'_>,
    buyer: Bps,
    given: Option<Given>,
) -> Result<(), AppError> {
    let role = at.permit(Act::Offer)?;
    let plan = Plan::share(Act::Offer, Some(buyer));
    let consent = consent::checked(at.view, plan, given, at.app.now())?;
    let (id, author, signed_n) = (at.view.id, at.who.id, at.view.settling.next_offer);
    let row = OfferRow {
        order_id: id.to_string(),
        n: 0,
        author_id: author.to_string(),
        author_role: role.to_string(),
        buyer_bps: buyer.get().into(),
        request_id: at.request_id.to_owned(),
        created_at: codec::stamp(at.app.now()),
        signature_expires: consent.as_ref().and_then(|given| i64::try_from(given.deadline).ok()),
        signature: consent.map(|given| given.signature),
    };
    // Where somebody else takes the number at the same moment, the sender tries again.
    at.write("offer", Refusal::InProgress, move |tx| {
        turns::of_user(tx, author)?;
        if db::offers::count(tx, id, role)? >= OFFERS_MAX {
            return Err(Undone::Refused(Refusal::TooManyOffers));
        }
        let n = db::offers::next_number(tx, id)?;
        if row.signature.is_some() && n != signed_n {
            // The signature is for a number that somebody else took.
            return Err(Undone::Refused(Refusal::InProgress));
        }
        Ok(db::offers::insert(tx, &OfferRow { n, ..row.clone() })?)
    })
    .await
}

/// Adds a statement, which both parties and staff read.
pub(crate) async fn claim(at: Acting<'_>, body: &str) -> Result<(), AppError> {
    let body =
        text::paragraphs(body, CLAIM_LENGTH).map_err(|error| AppError::fault("body", error))?;
    let role = at.permit(Act::Claim)?;
    let (id, author) = (at.view.id, at.who.id);
    let row = ClaimRow {
        order_id: id.to_string(),
        n: 0,
        author_id: author.to_string(),
        author_role: role.to_string(),
        body,
        request_id: at.request_id.to_owned(),
        created_at: codec::stamp(at.app.now()),
    };
    at.write("claim", Refusal::InProgress, move |tx| {
        turns::of_user(tx, author)?;
        if db::claims::count(tx, id, author)? >= CLAIMS_MAX {
            return Err(Undone::Refused(Refusal::TooManyClaims));
        }
        let n = db::claims::next_number(tx, id)?;
        Ok(db::claims::insert(tx, &ClaimRow { n, ..row.clone() })?)
    })
    .await
}

/// Asks escrow to rule. It takes effect after a notice, in which a party may call a second staff
/// member.
pub(crate) async fn rule(
    at: Acting<'_>,
    (buyer, reason): (Bps, &str),
    given: Option<Given>,
) -> Result<(), AppError> {
    let reason = text::paragraphs(reason, RULING_LENGTH)
        .map_err(|error| AppError::fault("reason", error))?;
    let rule = Act::Ask(IntentAction::Rule);
    let role = at.permit(rule)?;
    let plan = Plan::share(rule, Some(buyer));
    let consent = consent::checked(at.view, plan, given, at.app.now())?;
    let (id, staff, now) = (at.view.id, (at.who.id, role), at.app.now());
    let request = RequestRow {
        order_id: id.to_string(),
        n: 0,
        staff_id: at.who.id.to_string(),
        buyer_bps: buyer.get().into(),
        reason,
        request_id: at.request_id.to_owned(),
        created_at: codec::stamp(now),
    };
    at.write("rule", Refusal::InProgress, move |tx| {
        let about = Some(db::rulings::request(tx, request.clone())?);
        let what = Placing { action: IntentAction::Rule, about, consent: consent.as_ref() };
        Ok(ask::place(tx, id, (staff, what), &request.request_id, now)?)
    })
    .await
}

/// Notes that a party was shown the other one's last offer.
pub async fn note_seen(app: &App, who: &Account, view: &OrderView) -> Result<(), AppError> {
    let other = view.relation.actor().and_then(dispute::other);
    let Some(offer) = other.and_then(|other| view.settling.standing(other)) else {
        return Ok(());
    };
    if offer.seen || view.status.is_terminal() {
        return Ok(());
    }
    let (id, viewer, now) = (view.id, who.id, app.now());
    let noted: Result<(), DbError> =
        app.write("offer-seen", move |tx| db::offers::see(tx, (id, offer.n), viewer, now)).await;
    match noted {
        // Another window was quicker.
        Err(DbError::Unique(_)) => Ok(()),
        noted => Ok(noted?),
    }
}
