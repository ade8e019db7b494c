//! Acts on an order: requests to escrow, shipping, disputes.

use db::disputes::DisputeRow;
use db::intents::IntentRow;
use db::shipments::ShipmentRow;
use db::{DbError, WebTx, codec};
use domain::clock::Time;
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, IntentAction};
use domain::limits;
use domain::policy::{self, Act};
use domain::refusal::{BadText, Refusal};
use domain::text;

use crate::error::AppError;
use crate::http::viewer::Account;
use crate::orders::actions::read::{self, OrderView};
use crate::orders::consent::{self, Given, Plan};
use crate::state::App;

/// What somebody asks of escrow.
#[derive(Debug, Clone)]
pub struct Asking<'a> {
    /// For what.
    pub action: IntentAction,
    /// The number of the offer or ruling that it is about.
    pub about: Option<i32>,
    /// The signature of a wallet, where the act wants one.
    pub consent: Option<Given>,
    /// The request's id, for the logs.
    pub request_id: &'a str,
}

/// Asks escrow for what somebody may ask. Asking again for what is asked already is no error: a second
/// click finds its wish on the way.
pub async fn ask(
    app: &App,
    who: &Account,
    id: OrderId,
    asking: Asking<'_>,
) -> Result<OrderView, AppError> {
    let (action, about) = (asking.action, asking.about);
    let view = read::view(app, who, id).await?;
    let actor = match permit(&view, Act::Ask(action)) {
        Err(Refusal::InProgress) if is_asked(&view, (action, about)) => return Ok(view),
        permitted => permitted?,
    };
    let consent = consent::checked(&view, Plan::ask(action, about), asking.consent, app.now())?;
    let (actor, request_id, now) = ((who.id, actor), asking.request_id.to_owned(), app.now());
    let written: Result<(), DbError> = app
        .write("ask escrow", move |tx| {
            let asked = Placing { action, about, consent: consent.as_ref() };
            place(tx, id, (actor, asked), &request_id, now)
        })
        .await;
    placed(app, who, id, written).await
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

/// The order after a request was placed, or that another one was quicker.
pub(crate) async fn placed(
    app: &App,
    who: &Account,
    id: OrderId,
    written: Result<(), DbError>,
) -> Result<OrderView, AppError> {
    match written {
        Err(DbError::Unique(_)) => Err(Refusal::InProgress.into()),
        written => {
            written?;
            read::view(app, who, id).await
        }
    }
}

fn is_asked(view: &OrderView, (action, about): (IntentAction, Option<i32>)) -> bool {
    let same = |row: &IntentRow| row.action == action.as_str() && row.about_n == about;
    view.intent.as_ref().is_some_and(same)
}

/// Whether an act on this order wants a password typed just now: sums above a limit do.
pub fn needs_password(view: &OrderView, action: IntentAction) -> bool {
    let moves = matches!(
        action,
        IntentAction::Release
            | IntentAction::Refund
            | IntentAction::Accept
            | IntentAction::Rule
            | IntentAction::Confirm
    );
    moves && view.total.get() > limits::STEP_UP_CENTS
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
pub(crate) fn permit(view: &OrderView, act: Act) -> Result<ActorRole, Refusal> {
    policy::check(act, view.relation, view.situation())?;
    view.relation.actor().ok_or(Refusal::NotYours)
}
