//! Disputes over JSON: the same acts as on the pages, by API key.

use db::codec;
use domain::dispute::Offer;
use domain::intent::IntentAction;
use domain::money::Bps;
use domain::order::OrderStatus;
use domain::refusal::BadText;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::{self, Listed, Settling};
use crate::error::{ApiResult, AppError};
use crate::http::api::{self, rfc3339};
use crate::http::json::Json;
use crate::http::paging::{Cursor, PageJson, PageQuery};
use crate::http::query::Query;
use crate::http::viewer::ApiCaller;
use crate::orders::actions::act::Deed;
use crate::orders::actions::ask::Asking;
use crate::orders::actions::read::OrderView;
use crate::orders::api::at::At;
use crate::orders::api::json::OrderJson;
use crate::orders::consent::Given;
use crate::state::State;

/// OpenAPI of disputes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(open, offer, claim, accept, rule, contest, confirm))]
pub struct Doc;

/// An offer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferJson {
    n: i32,
    /// `buyer` or `vendor`.
    by: &'static str,
    /// What the buyer would get of the escrow, in hundredths of a percent; the rest is the vendor's.
    buyer_bps: u16,
    /// It is its party's last.
    stands: bool,
    /// The other party was shown it.
    seen: bool,
    at: String,
}

/// A statement.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimJson {
    n: i32,
    /// `buyer`, `vendor` or `staff`.
    by: String,
    author: String,
    body: String,
    at: String,
}

/// A ruling.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulingJson {
    n: i32,
    staff: String,
    buyer_bps: u16,
    reason: String,
    /// `notice`, `contested`, `confirmed` or `replaced`.
    state: &'static str,
    /// A second opinion, which nobody contests again.
    second: bool,
    /// `buyer`, `vendor` or `limit`.
    contested_by: Option<String>,
    /// The money leaves or has left by it.
    carried_out: bool,
    at: String,
}

/// A dispute.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisputeJson {
    opened_by: String,
    reason: String,
    statement: String,
    opened_at: String,
    /// Whether the money is frozen already.
    effective: bool,
    /// Oldest first.
    offers: Vec<OfferJson>,
    /// Oldest first; the last one counts.
    rulings: Vec<RulingJson>,
    /// When the last ruling is carried out, if nobody objects and escrow stays up.
    ruling_due: Option<String>,
    /// Oldest first.
    claims: Vec<ClaimJson>,
    /// What the buyer gets if nobody ends the dispute.
    default_buyer_bps: u16,
    /// When it ends by itself, if escrow stays up.
    ends_at: Option<String>,
}

impl DisputeJson {
    /// The dispute about an order.
    pub(crate) fn of(view: &OrderView) -> Option<Self> {
        let row = view.dispute.as_ref()?;
        let settling = &view.settling;
        Some(Self {
            opened_by: row.opener_role.clone(),
            reason: row.reason.clone(),
            statement: row.statement.clone(),
            opened_at: rfc3339(codec::time(row.created_at)),
            effective: view.status == OrderStatus::Frozen,
            offers: offers(settling),
            rulings: rulings(settling),
            ruling_due: settling.due.map(rfc3339),
            claims: claims(settling),
            default_buyer_bps: view.by_default().get(),
            ends_at: view.deadline.map(rfc3339),
        })
    }
}

fn offers(settling: &Settling) -> Vec<OfferJson> {
    let stands = |offer: &Offer| settling.standing(offer.by).is_some_and(|last| last.n == offer.n);
    let row = |(offer, at): &(Offer, _)| OfferJson {
        n: offer.n,
        by: offer.by.as_str(),
        buyer_bps: offer.buyer.get(),
        stands: stands(offer),
        seen: offer.seen,
        at: rfc3339(*at),
    };
    settling.offers.iter().map(row).collect()
}

fn rulings(settling: &Settling) -> Vec<RulingJson> {
    let row = |(ruling, staff): &(db::rulings::Ruling, String)| RulingJson {
        n: ruling.n,
        staff: staff.clone(),
        buyer_bps: ruling.buyer.get(),
        reason: ruling.reason.clone(),
        state: ruling.state.as_str(),
        second: ruling.second,
        contested_by: ruling.contested_by.clone(),
        carried_out: settling.carried_out == Some(ruling.n),
        at: rfc3339(ruling.noted_at),
    };
    settling.rulings.iter().map(row).collect()
}

fn claims(settling: &Settling) -> Vec<ClaimJson> {
    let row = |(claim, author): &(db::claims::ClaimRow, String)| ClaimJson {
        n: claim.n,
        by: claim.author_role.clone(),
        author: author.clone(),
        body: claim.body.clone(),
        at: rfc3339(codec::time(claim.created_at)),
    };
    settling.claims.iter().map(row).collect()
}

/// An open dispute in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisputeBrief {
    order_id: String,
    store: String,
    buyer: String,
    reason: String,
    total_cents: i64,
    currency: &'static str,
    opened_at: String,
    ends_at: Option<String>,
    /// Where its last ruling stands.
    ruling: Option<&'static str>,
    /// It has been open for a week.
    reminder: bool,
}

impl From<&Listed> for DisputeBrief {
    fn from(row: &Listed) -> Self {
        Self {
            order_id: row.row().order_id.clone(),
            store: row.open.store_name.clone(),
            buyer: row.open.buyer_name.clone(),
            reason: row.row().reason.clone(),
            total_cents: row.open.total_cents,
            currency: "USD",
            opened_at: rfc3339(codec::time(row.row().created_at)),
            ends_at: row.ends_at.map(rfc3339),
            ruling: row.open.ruling.map(domain::dispute::RulingState::as_str),
            reminder: row.reminder,
        }
    }
}

/// Open disputes, the oldest first (staff).
#[utoipa::path(get, path = "/api/v1/disputes", tag = "disputes", security(("key" = [])),
    params(("cursor" = Option<String>, Query, description = "From `next_cursor`")),
    responses((status = 200, body = PageJson<DisputeBrief>), (status = 404, description = "Not staff")))]
pub async fn open(app: State, caller: ApiCaller, query: Query<PageQuery>) -> ApiResult {
    let after = match query.0.cursor()? {
        Some(cursor) => Some((cursor.at, cursor.id.parse().ok().ok_or(AppError::NotFound)?)),
        None => None,
    };
    let (rows, next) = read::open(&app, &caller.account, after).await?;
    let next = next.map(|(at, id)| Cursor { at, id: id.to_string() });
    Ok(api::ok(&PageJson::new(rows.iter().map(DisputeBrief::from).collect(), next)))
}

/// An offer to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOffer {
    /// What the buyer would get of the escrow, 0 to 10,000 hundredths of a percent.
    pub buyer_bps: u16,
    /// The signature of the buyer's wallet over the typed data, where the order wants one.
    #[serde(default)]
    pub signature: Option<String>,
    /// The deadline in that data.
    #[serde(default)]
    pub deadline: Option<u64>,
}

/// What came of a wallet, if anything did.
fn given(signature: Option<String>, deadline: Option<u64>) -> Option<Given> {
    let deadline = deadline.unwrap_or_default();
    signature.map(|signature| Given { signature, deadline })
}

pub(super) fn share(bps: u16) -> Result<Bps, AppError> {
    let bad = BadText::Form("A share is 0 to 10,000 hundredths of a percent.");
    Bps::new(bps).ok_or_else(|| AppError::fault("buyer_bps", bad))
}

/// Proposes how to share (buyer, vendor). The last offer of each party stands; accepting it divides
/// the money.
#[utoipa::path(post, path = "/api/v1/orders/{id}/offer", tag = "disputes", request_body = NewOffer,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderJson), (status = 404), (status = 409), (status = 422)))]
pub async fn offer(at: At, body: Json<NewOffer>) -> ApiResult {
    let NewOffer { buyer_bps, signature, deadline } = body.0;
    at.does(Deed::Offer(share(buyer_bps)?, given(signature, deadline))).await
}

/// A statement to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    /// 5,000 characters at most.
    pub body: String,
}

/// Adds a statement to a dispute (buyer, vendor, staff).
#[utoipa::path(post, path = "/api/v1/orders/{id}/claim", tag = "disputes", request_body = NewClaim,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderJson), (status = 404), (status = 409), (status = 422)))]
pub async fn claim(at: At, body: Json<NewClaim>) -> ApiResult {
    at.does(Deed::Claim(body.0.body)).await
}

/// Which offer is accepted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Number of the other party's last offer.
    pub offer: i32,
    /// The signature of the buyer's wallet over the typed data, where the order wants one.
    #[serde(default)]
    pub signature: Option<String>,
    /// The deadline in that data.
    #[serde(default)]
    pub deadline: Option<u64>,
}

fn about(action: IntentAction, n: i32, consent: Option<Given>) -> Deed {
    Deed::Ask(Asking { action, about: Some(n), consent })
}

/// Accepts the other party's last offer (buyer, vendor): the money is divided at once.
#[utoipa::path(post, path = "/api/v1/orders/{id}/accept", tag = "disputes", request_body = Acceptance,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409), (status = 422)))]
pub async fn accept(at: At, body: Json<Acceptance>) -> ApiResult {
    let Acceptance { offer, signature, deadline } = body.0;
    at.does(about(IntentAction::Accept, offer, given(signature, deadline))).await
}

/// A ruling to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRuling {
    /// What the buyer gets of the escrow, 0 to 10,000 hundredths of a percent: 0 releases, 10,000
    /// refunds.
    pub buyer_bps: u16,
    /// Why; 2,000 characters at most.
    pub reason: String,
    /// The signature of the staff member's wallet over the typed data, where the site wants one.
    #[serde(default)]
    pub signature: Option<String>,
    /// The deadline in that data.
    #[serde(default)]
    pub deadline: Option<u64>,
}

/// Rules in a dispute (staff who are no party). It is carried out after 24 hours, unless a party calls
/// a second staff member or both agree on something else.
#[utoipa::path(post, path = "/api/v1/orders/{id}/rule", tag = "disputes", request_body = NewRuling,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409), (status = 422)))]
pub async fn rule(at: At, body: Json<NewRuling>) -> ApiResult {
    let NewRuling { buyer_bps, reason, signature, deadline } = body.0;
    at.does(Deed::Rule(share(buyer_bps)?, reason, given(signature, deadline))).await
}

/// Which ruling is acted on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnRuling {
    /// Number of the last ruling.
    pub ruling: i32,
}

/// Calls a second staff member to a ruling under notice (buyer, vendor).
#[utoipa::path(post, path = "/api/v1/orders/{id}/contest", tag = "disputes", request_body = OnRuling,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409)))]
pub async fn contest(at: At, body: Json<OnRuling>) -> ApiResult {
    at.does(about(IntentAction::Contest, body.0.ruling, None)).await
}

/// Which ruling is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Number of the last ruling.
    pub ruling: i32,
    /// The signature of the staff member's wallet over the typed data, where the site wants one.
    #[serde(default)]
    pub signature: Option<String>,
    /// The deadline in that data.
    #[serde(default)]
    pub deadline: Option<u64>,
}

/// Confirms another staff member's ruling that waits for a second opinion (staff).
#[utoipa::path(post, path = "/api/v1/orders/{id}/confirm-ruling", tag = "disputes", request_body = Confirmation,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409)))]
pub async fn confirm(at: At, body: Json<Confirmation>) -> ApiResult {
    let Confirmation { ruling, signature, deadline } = body.0;
    at.does(about(IntentAction::Confirm, ruling, given(signature, deadline))).await
}
