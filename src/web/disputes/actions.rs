//! What can be done in a dispute. Pages and JSON both come through here.

use db::claims::ClaimRow;
use db::offers::OfferRow;
use db::rulings::RequestRow;
use db::{DbError, codec, turns};
use domain::dispute;
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::limits::{CLAIM_LENGTH, CLAIMS_MAX, OFFERS_MAX, RULING_LENGTH};
use domain::money::Bps;
use domain::policy::Act;
use domain::refusal::Refusal;
use domain::text;

use crate::error::AppError;
use crate::http::viewer::Account;
use crate::orders::actions::act::{self, Asking, Placing};
use crate::orders::actions::read::{self, OrderView};
use crate::orders::consent::{self, Given, Plan};
use crate::state::App;

/// Proposes what the buyer should get. The last offer of each party stands.
pub async fn offer(
    app: &App,
    who: &Account,
    id: OrderId,
    (buyer, consent): (Bps, Option<Given>),
    request_id: &str,
) -> Result<OrderView, AppError> {
    let view = read::view(app, who, id).await?;
    let role = act::permit(&view, Act::Offer)?;
    let plan = Plan::share(Act::Offer, Some(buyer));
    let consent = consent::checked(&view, plan, consent, app.now())?;
    let (author, signed_n) = (who.id, view.settling.next_offer);
    let row = OfferRow {
        order_id: id.to_string(),
        n: 0,
        author_id: author.to_string(),
        author_role: role.to_string(),
        buyer_bps: buyer.get().into(),
        request_id: request_id.to_owned(),
        created_at: codec::stamp(app.now()),
        signature_expires: consent.as_ref().and_then(|given| i64::try_from(given.deadline).ok()),
        signature: consent.map(|given| given.signature),
    };
    let written: Result<(), AppError> = app
        .write("offer", move |tx| {
            turns::of_user(tx, author)?;
            if db::offers::count(tx, id, role)? >= OFFERS_MAX {
                return Err(Refusal::TooManyOffers.into());
            }
            let n = db::offers::next_number(tx, id)?;
            if row.signature.is_some() && n != signed_n {
                // The signature is for a number that somebody else took.
                return Err(Refusal::InProgress.into());
            }
            numbered(db::offers::insert(tx, &OfferRow { n, ..row.clone() }))
        })
        .await;
    written?;
    read::view(app, who, id).await
}

/// Takes the other party's offer, which is named by its number.
pub async fn accept(
    app: &App,
    who: &Account,
    id: OrderId,
    (offer, consent): (i32, Option<Given>),
    request_id: &str,
) -> Result<OrderView, AppError> {
    let view = read::view(app, who, id).await?;
    let role = view.relation.actor().ok_or(Refusal::NotYours)?;
    if role != ActorRole::Staff {
        dispute::acceptable(&view.settling.offers(), offer, role)?;
    }
    let asking = Asking { action: IntentAction::Accept, about: Some(offer), consent, request_id };
    act::ask(app, who, id, asking).await
}

/// Adds a statement, which both parties and staff read.
pub async fn claim(
    app: &App,
    who: &Account,
    id: OrderId,
    body: &str,
    request_id: &str,
) -> Result<OrderView, AppError> {
    let body =
        text::paragraphs(body, CLAIM_LENGTH).map_err(|error| AppError::fault("body", error))?;
    let view = read::view(app, who, id).await?;
    let role = act::permit(&view, Act::Claim)?;
    let author = who.id;
    let row = ClaimRow {
        order_id: id.to_string(),
        n: 0,
        author_id: author.to_string(),
        author_role: role.to_string(),
        body,
        request_id: request_id.to_owned(),
        created_at: codec::stamp(app.now()),
    };
    let written: Result<(), AppError> = app
        .write("claim", move |tx| {
            turns::of_user(tx, author)?;
            if db::claims::count(tx, id, author)? >= CLAIMS_MAX {
                return Err(Refusal::TooManyClaims.into());
            }
            let n = db::claims::next_number(tx, id)?;
            numbered(db::claims::insert(tx, &ClaimRow { n, ..row.clone() }))
        })
        .await;
    written?;
    read::view(app, who, id).await
}

/// Somebody else took the number at the same moment: the sender tries again.
fn numbered(inserted: Result<(), DbError>) -> Result<(), AppError> {
    match inserted {
        Err(DbError::Unique(_)) => Err(Refusal::InProgress.into()),
        other => Ok(other?),
    }
}

/// Asks escrow to rule. It takes effect after a notice, in which a party may call a second staff
/// member.
pub async fn rule(
    app: &App,
    who: &Account,
    id: OrderId,
    ((buyer, reason), consent): ((Bps, &str), Option<Given>),
    request_id: &str,
) -> Result<OrderView, AppError> {
    let reason = text::paragraphs(reason, RULING_LENGTH)
        .map_err(|error| AppError::fault("reason", error))?;
    let view = read::view(app, who, id).await?;
    let rule = Act::Ask(IntentAction::Rule);
    act::permit(&view, rule)?;
    let consent = consent::checked(&view, Plan::share(rule, Some(buyer)), consent, app.now())?;
    let request = RequestRow {
        order_id: id.to_string(),
        n: 0,
        staff_id: who.id.to_string(),
        buyer_bps: buyer.get().into(),
        reason,
        request_id: request_id.to_owned(),
        created_at: codec::stamp(app.now()),
    };
    let staff = (who.id, ActorRole::Staff);
    let request_id = request_id.to_owned();
    let now = app.now();
    let written: Result<(), DbError> = app
        .write("rule", move |tx| {
            let n = db::rulings::request(tx, request.clone())?;
            let (action, consent) = (IntentAction::Rule, consent.as_ref());
            let what = Placing { action, about: Some(n), consent };
            act::place(tx, id, (staff, what), &request_id, now)
        })
        .await;
    act::placed(app, who, id, written).await
}

/// Asks escrow to let a second staff member look at the ruling of this number.
pub async fn contest(
    app: &App,
    who: &Account,
    id: OrderId,
    ruling: i32,
    request_id: &str,
) -> Result<OrderView, AppError> {
    same(&read::view(app, who, id).await?, ruling)?;
    let (action, about) = (IntentAction::Contest, Some(ruling));
    act::ask(app, who, id, Asking { action, about, consent: None, request_id }).await
}

/// Agrees as a second staff member with the ruling of this number.
pub async fn confirm(
    app: &App,
    who: &Account,
    id: OrderId,
    (ruling, consent): (i32, Option<Given>),
    request_id: &str,
) -> Result<OrderView, AppError> {
    same(&read::view(app, who, id).await?, ruling)?;
    let (action, about) = (IntentAction::Confirm, Some(ruling));
    act::ask(app, who, id, Asking { action, about, consent, request_id }).await
}

/// Whoever acts on a ruling must have seen the one that stands.
fn same(view: &OrderView, ruling: i32) -> Result<(), Refusal> {
    match view.settling.ruling() {
        Some(last) if last.n != ruling => Err(Refusal::OtherRuling),
        _ => Ok(()),
    }
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
