//! Acts on an order: requests to escrow, shipping, disputes.

use db::disputes::DisputeRow;
use db::intents::IntentRow;
use db::shipments::ShipmentRow;
use db::{DbError, codec};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::limits;
use domain::policy::{self, Act};
use domain::refusal::{BadText, Refusal};
use domain::text;

use crate::error::AppError;
use crate::http::viewer::Account;
use crate::orders::actions::read::{self, OrderView};
use crate::orders::consent::{self, Given};
use crate::state::App;

/// What a party asks of escrow.
#[derive(Debug, Clone)]
pub struct Asking<'a> {
    /// For what.
    pub action: IntentAction,
    /// The signature of the buyer's wallet, where the order wants one.
    pub consent: Option<Given>,
    /// The request's id, for the logs.
    pub request_id: &'a str,
}

/// Asks escrow for what a party may ask: to cancel, release, refund, extend or resume. Asking again for what is asked already is no error:
/// a second click finds its wish on the way.
pub async fn ask(
    app: &App,
    who: &Account,
    id: OrderId,
    asking: Asking<'_>,
) -> Result<OrderView, AppError> {
    let action = asking.action;
    let view = read::view(app, who, id).await?;
    let actor = match permit(&view, Act::Ask(action)) {
        Err(Refusal::InProgress) if is_asked(&view, action) => return Ok(view),
        permitted => permitted?,
    };
    let consent = consent::checked(&view, action, asking.consent, app.now())?;
    let signature_expires = consent.as_ref().and_then(|given| i64::try_from(given.deadline).ok());
    let signature = consent.map(|given| given.signature);
    let (actor_id, request_id) = (who.id.to_string(), asking.request_id.to_owned());
    let created_at = codec::stamp(app.now());
    let written: Result<(), DbError> = app
        .write("ask escrow", move |tx| {
            let row = IntentRow {
                order_id: id.to_string(),
                n: db::intents::next_number(tx, id)?,
                action: action.to_string(),
                actor_id: actor_id.clone(),
                actor_role: actor.to_string(),
                request_id: request_id.clone(),
                created_at,
                signature: signature.clone(),
                signature_expires,
            };
            db::intents::insert(tx, &row)
        })
        .await;
    match written {
        Err(DbError::Unique(_)) => Err(Refusal::InProgress.into()),
        written => {
            written?;
            read::view(app, who, id).await
        }
    }
}

fn is_asked(view: &OrderView, action: IntentAction) -> bool {
    view.intent.as_ref().is_some_and(|intent| intent.action == action.as_str())
}

/// Whether an act on this order wants a password typed just now: sums above a limit do.
pub fn needs_password(view: &OrderView, action: IntentAction) -> bool {
    matches!(action, IntentAction::Release | IntentAction::Refund)
        && view.total.get() > limits::STEP_UP_CENTS
}

/// Marks an order as shipped, with what the buyer should know to follow it.
pub async fn ship(
    app: &App,
    who: &Account,
    id: OrderId,
    note: &str,
) -> Result<OrderView, AppError> {
    let note = shipping_note(note)?;
    let view = read::view(app, who, id).await?;
    permit(&view, Act::Ship)?;
    let row = ShipmentRow {
        order_id: id.to_string(),
        seq: 1,
        status: "DISPATCHED".to_owned(),
        note,
        actor_id: who.id.to_string(),
        created_at: codec::stamp(app.now()),
    };
    let written: Result<(), DbError> =
        app.write("ship order", move |tx| db::shipments::insert(tx, &row)).await;
    match written {
        Err(DbError::Unique(_)) => Err(Refusal::Shipped.into()),
        written => {
            written?;
            read::view(app, who, id).await
        }
    }
}

fn shipping_note(note: &str) -> Result<String, AppError> {
    match text::paragraphs(note, 500) {
        Err(BadText::Empty) => Ok(String::new()),
        parsed => parsed.map_err(|error| AppError::fault("note", error)),
    }
}

/// Why somebody disputes an order: a word from a list and a statement.
pub const REASONS: &[(&str, &str)] = &[
    ("not-received", "Nothing has arrived"),
    ("not-as-described", "It is not what was described"),
    ("damaged", "It arrived damaged"),
    ("other", "Something else"),
];

/// Opens a dispute. It stands at once; the money is frozen when escrow confirms it.
pub async fn dispute(
    app: &App,
    who: &Account,
    id: OrderId,
    (reason, statement): (&str, &str),
    request_id: &str,
) -> Result<OrderView, AppError> {
    let reason = REASONS
        .iter()
        .find(|(word, _)| *word == reason)
        .ok_or_else(|| AppError::fault("reason", "Please choose one of the reasons."))?;
    let statement =
        text::paragraphs(statement, 5_000).map_err(|error| AppError::fault("statement", error))?;
    let view = read::view(app, who, id).await?;
    let actor = permit(&view, Act::Dispute)?;
    let row = DisputeRow {
        order_id: id.to_string(),
        opened_by: who.id.to_string(),
        opener_role: actor.to_string(),
        reason: reason.0.to_owned(),
        statement,
        request_id: request_id.to_owned(),
        created_at: codec::stamp(app.now()),
    };
    let written: Result<(), DbError> =
        app.write("open dispute", move |tx| db::disputes::insert(tx, &row)).await;
    match written {
        Err(DbError::Unique(_)) => Err(Refusal::Disputed.into()),
        written => {
            written?;
            read::view(app, who, id).await
        }
    }
}

/// The part in which the viewer may do something now.
pub(super) fn permit(view: &OrderView, act: Act) -> Result<ActorRole, Refusal> {
    policy::check(act, view.relation, view.situation())?;
    view.relation.actor().ok_or(Refusal::NotYours)
}
