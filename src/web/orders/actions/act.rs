//! Acts on an order. Pages, API and demo all come through [`perform`].

use db::disputes::DisputeRow;
use db::shipments::ShipmentRow;
use db::{DbError, WebTx, codec};
use domain::ids::OrderId;
use domain::intent::{ActorRole, IntentAction};
use domain::limits;
use domain::money::Bps;
use domain::policy::Act;
use domain::refusal::{BadText, Refusal};
use domain::text;

use super::ask::{self, Asking};
use super::read::{self, OrderView};
use super::reseal;
use crate::disputes::actions as disputes;
use crate::error::AppError;
use crate::http::viewer::Account;
use crate::orders::consent::Given;
use crate::state::App;

/// An act with what belongs to it, as somebody gave it.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Asks escrow for what needs no row of its own.
    Ask(Asking),
    /// Rules: the buyer's share, why, and the staff member's signature where the site wants one.
    Rule(Bps, String, Option<Given>),
    /// Marks the order as shipped, with what the buyer should know to follow it.
    Ship(String),
    /// Opens a dispute: a word of [`REASONS`] and a statement.
    Dispute(String, String),
    /// Proposes what the buyer should get, with his signature where the order wants one.
    Offer(Bps, Option<Given>),
    /// Adds a statement to a dispute.
    Claim(String),
    /// Asks for another address; whoever does has typed the password just now.
    Reseal(String),
    /// Takes that back.
    KeepAddress,
}

impl Deed {
    /// A request to escrow that needs no words.
    pub const fn ask(action: IntentAction) -> Self {
        Self::Ask(Asking { action, about: None, consent: None })
    }

    /// The act that it is.
    pub const fn act(&self) -> Act {
        match self {
            Self::Ask(asking) => Act::Ask(asking.action),
            Self::Rule(..) => Act::Ask(IntentAction::Rule),
            Self::Ship(_) => Act::Ship,
            Self::Dispute(..) => Act::Dispute,
            Self::Offer(..) => Act::Offer,
            Self::Claim(_) => Act::Claim,
            Self::Reseal(_) => Act::Reseal,
            Self::KeepAddress => Act::KeepAddress,
        }
    }
}

/// Does what somebody may do about an order; answers with the order as it stands then.
///
/// # Errors
/// [`AppError::NotFound`] for strangers, the rules' refusal, and faults of what was given.
pub async fn perform(
    app: &App,
    who: &Account,
    id: OrderId,
    deed: Deed,
    request_id: &str,
) -> Result<OrderView, AppError> {
    let view = read::view(app, who, id).await?;
    let at = Acting { app, who, view: &view, request_id };
    match deed {
        Deed::Ask(asking) => ask::ask(at, asking).await,
        Deed::Rule(buyer, reason, given) => disputes::rule(at, (buyer, &reason), given).await,
        Deed::Ship(note) => ship(at, &note).await,
        Deed::Dispute(reason, statement) => dispute(at, &reason, &statement).await,
        Deed::Offer(buyer, given) => disputes::offer(at, buyer, given).await,
        Deed::Claim(body) => disputes::claim(at, &body).await,
        Deed::Reseal(address) => reseal::ask(at, &address).await,
        Deed::KeepAddress => reseal::keep(at).await,
    }?;
    read::view(app, who, id).await
}

/// Somebody at work on an order, as it stood when it was looked at.
#[derive(Clone, Copy)]
pub(crate) struct Acting<'a> {
    pub(crate) app: &'a App,
    pub(crate) who: &'a Account,
    pub(crate) view: &'a OrderView,
    /// For the logs, and for the rows that come of it.
    pub(crate) request_id: &'a str,
}

/// Why a write of an act was undone.
#[derive(Debug)]
pub(crate) enum Undone {
    Db(DbError),
    Refused(Refusal),
}

impl From<DbError> for Undone {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl Acting<'_> {
    /// The part in which somebody may do this now.
    pub(crate) fn permit(self, act: Act) -> Result<ActorRole, Refusal> {
        self.view.check(act)?;
        self.view.relation.actor().ok_or(Refusal::NotYours)
    }

    /// Writes what comes of it. That another was quicker is the refusal `late`.
    pub(crate) async fn write(
        self,
        name: &'static str,
        late: Refusal,
        job: impl Fn(&mut WebTx<'_>) -> Result<(), Undone> + Send + 'static,
    ) -> Result<(), AppError> {
        self.app.write(name, job).await.map_err(|undone| match undone {
            Undone::Db(DbError::Unique(_)) => late.into(),
            Undone::Db(error) => error.into(),
            Undone::Refused(refusal) => refusal.into(),
        })
    }
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

async fn ship(at: Acting<'_>, note: &str) -> Result<(), AppError> {
    let note = match text::paragraphs(note, 500) {
        Err(BadText::Empty) => String::new(),
        parsed => parsed.map_err(|error| AppError::fault("note", error))?,
    };
    at.permit(Act::Ship)?;
    let row = ShipmentRow {
        order_id: at.view.id.to_string(),
        seq: 1,
        status: "DISPATCHED".to_owned(),
        note,
        actor_id: at.who.id.to_string(),
        created_at: codec::stamp(at.app.now()),
    };
    let job = move |tx: &mut WebTx<'_>| Ok(db::shipments::insert(tx, &row)?);
    at.write("ship order", Refusal::Shipped, job).await
}

/// Why somebody disputes an order: a word from a list and a statement.
pub const REASONS: &[(&str, &str)] = &[
    ("not-received", "Nothing has arrived"),
    ("not-as-described", "It is not what was described"),
    ("damaged", "It arrived damaged"),
    ("other", "Something else"),
];

/// Opens a dispute. It stands at once; the money is frozen when escrow confirms it.
async fn dispute(at: Acting<'_>, reason: &str, statement: &str) -> Result<(), AppError> {
    let reason = REASONS
        .iter()
        .find(|(word, _)| *word == reason)
        .ok_or_else(|| AppError::fault("reason", "Please choose one of the reasons."))?;
    let statement =
        text::paragraphs(statement, 5_000).map_err(|error| AppError::fault("statement", error))?;
    let row = DisputeRow {
        order_id: at.view.id.to_string(),
        opened_by: at.who.id.to_string(),
        opener_role: at.permit(Act::Dispute)?.to_string(),
        reason: reason.0.to_owned(),
        statement,
        request_id: at.request_id.to_owned(),
        created_at: codec::stamp(at.app.now()),
    };
    let job = move |tx: &mut WebTx<'_>| Ok(db::disputes::insert(tx, &row)?);
    at.write("open dispute", Refusal::Disputed, job).await
}
