//! Requests to escrow.

use db::intents::IntentRow;
use db::{DbError, WebTx, codec};
use domain::clock::Time;
use domain::dispute;
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, IntentAction};
use domain::policy::Act;
use domain::refusal::Refusal;

use super::act::Acting;
use super::read::OrderView;
use crate::error::AppError;
use crate::orders::consent::{self, Given, Plan};

/// What somebody asks of escrow.
#[derive(Debug, Clone)]
pub struct Asking {
    /// For what.
    pub action: IntentAction,
    /// The number of the offer or ruling that it is about.
    pub about: Option<i32>,
    /// The signature of a wallet, where the act wants one.
    pub consent: Option<Given>,
}

/// Asks escrow for what somebody may ask. Asking again for what is asked already is no error: a second
/// click finds its wish on the way.
pub(super) async fn ask(at: Acting<'_>, asking: Asking) -> Result<(), AppError> {
    let Asking { action, about, consent } = asking;
    is_about(at.view, (action, about))?;
    let role = match at.permit(Act::Ask(action)) {
        Err(Refusal::InProgress) if is_asked(at.view, (action, about)) => return Ok(()),
        permitted => permitted?,
    };
    let consent = consent::checked(at.view, Plan::ask(action, about), consent, at.app.now())?;
    let (id, actor, now) = (at.view.id, (at.who.id, role), at.app.now());
    let request_id = at.request_id.to_owned();
    at.write("ask escrow", Refusal::InProgress, move |tx| {
        let asked = Placing { action, about, consent: consent.as_ref() };
        Ok(place(tx, id, (actor, asked), &request_id, now)?)
    })
    .await
}

/// Whoever takes an offer or acts on a ruling must have seen the one that stands.
fn is_about(view: &OrderView, (action, about): (IntentAction, Option<i32>)) -> Result<(), Refusal> {
    let Some(n) = about else { return Ok(()) };
    let role = view.relation.actor().ok_or(Refusal::NotYours)?;
    match (action, role) {
        // Other roles are refused by the rules.
        (IntentAction::Accept, ActorRole::Staff) => Ok(()),
        (IntentAction::Accept, _) => {
            dispute::acceptable(&view.settling.offers(), n, role).map(drop)
        }
        _ => match view.settling.ruling() {
            Some(last) if last.n != n => Err(Refusal::OtherRuling),
            _ => Ok(()),
        },
    }
}

/// A request as it is placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placing<'a> {
    /// For what.
    pub(crate) action: IntentAction,
    /// The number of the offer or ruling that it is about.
    pub(crate) about: Option<i32>,
    /// The signature that goes along.
    pub(crate) consent: Option<&'a Given>,
}

/// Places a request under the order's next number.
pub(crate) fn place(
    tx: &mut WebTx<'_>,
    order: OrderId,
    ((actor, role), placing): ((UserId, ActorRole), Placing<'_>),
    request_id: &str,
    now: Time,
) -> Result<(), DbError> {
    let Placing { action, about, consent } = placing;
    let row = IntentRow {
        order_id: order.to_string(),
        n: db::intents::next_number(tx, order)?,
        action: action.to_string(),
        actor_id: actor.to_string(),
        actor_role: role.to_string(),
        request_id: request_id.to_owned(),
        created_at: codec::stamp(now),
        about_n: about,
        signature: consent.map(|given| given.signature.clone()),
        signature_expires: consent.and_then(|given| i64::try_from(given.deadline).ok()),
    };
    db::intents::insert(tx, &row)
}

fn is_asked(view: &OrderView, (action, about): (IntentAction, Option<i32>)) -> bool {
    let same = |row: &IntentRow| row.action == action.as_str() && row.about_n == about;
    view.intent.as_ref().is_some_and(same)
}
