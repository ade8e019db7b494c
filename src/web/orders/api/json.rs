//! Orders as JSON. Amounts are base units in decimal text, prices cents, times RFC 3339 in UTC.

use db::codec;
use db::orders::BoardRow;
use db::story::EventRow;
use domain::clock::Time;
use domain::journey::{Step, Who};
use domain::money::Amount;
use domain::order::{Line, OrderStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::acts::{self, RefusedJson};
use super::legs::LegJson;
use super::money::{DepositJson, HeldJson, LeftJson, ResealJson, StrayJson};
use super::sealed::SealedJson;
use super::shares::SharesJson;
use crate::disputes::api::DisputeJson;
use crate::http::api::rfc3339;
use crate::orders::actions::read::OrderView;
use crate::ui::url;

/// A line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineJson {
    kind: &'static str,
    package_id: Option<String>,
    item_id: Option<String>,
    title: String,
    unit_cents: u64,
    quantity: u32,
    total_cents: u64,
}

impl From<&Line> for LineJson {
    fn from(line: &Line) -> Self {
        Self {
            kind: line.kind.as_str(),
            package_id: line.package.map(|id| id.to_string()),
            item_id: line.item.map(|id| id.to_string()),
            title: line.title.clone(),
            unit_cents: line.unit.get(),
            quantity: line.quantity,
            total_cents: line.total.get(),
        }
    }
}

/// What happens next.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextJson {
    /// `buyer`, `vendor`, `parties`, `staff`, `site`, `operator` or `nobody`.
    who: &'static str,
    /// What they do.
    step: &'static str,
    /// By when.
    by: Option<String>,
}

/// A request that waits for escrow.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntentJson {
    n: i32,
    action: String,
    /// The offer or ruling that it is about.
    about: Option<i32>,
    requested_at: String,
}

/// Escrow's latest answer to a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerJson {
    n: i32,
    /// `accepted` or `refused`.
    outcome: String,
    reason: String,
}

/// What the vendor said about the goods.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShipmentJson {
    status: String,
    note: String,
    at: String,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderJson {
    id: String,
    store_id: String,
    store: String,
    buyer: String,
    /// `NEW`, `PENDING`, `COMPLETED`, `RELEASED`, `CANCELLED`, `FAILED` or `FROZEN`.
    status: &'static str,
    lines: Vec<LineJson>,
    total_cents: u64,
    currency: &'static str,
    chain_id: u64,
    /// Symbol of the coin or token.
    token: String,
    /// The token's contract; absent for the chain's own coin.
    token_address: Option<String>,
    decimals: u8,
    /// Base units that each payment out of escrow is charged; absent for a coin.
    network_fee: Option<String>,
    /// Base units to pay.
    amount: String,
    rate_usd: String,
    commission_bps: u16,
    tolerance_bps: u16,
    /// What a ruling costs where the sealed terms name a resolver, half of it from each side.
    resolver_fee_bps: u16,
    /// What comes to whom.
    shares: SharesJson,
    /// The escrow address; absent until escrow issued it, within about two seconds.
    address: Option<String>,
    /// EIP-681 link of the payment that is missing.
    payment_uri: Option<String>,
    explorer: Option<String>,
    /// Base units that are final.
    credited: String,
    /// Base units that are seen but not final.
    unfinal: String,
    refund_address: String,
    /// What escrow sealed; absent until it did.
    sealed: Option<SealedJson>,
    created_at: String,
    expires_at: String,
    paying_out: bool,
    /// A payout that is stuck.
    held: Option<HeldJson>,
    /// Where the vendor is paid by the sealed terms; absent until they are sealed.
    payout_address: Option<String>,
    /// Other addresses that the parties asked for.
    reseals: Vec<ResealJson>,
    delivery_address: Option<String>,
    shipments: Vec<ShipmentJson>,
    dispute: Option<DisputeJson>,
    intent: Option<IntentJson>,
    last_answer: Option<AnswerJson>,
    /// Final money that came to the address, oldest first.
    deposits: Vec<DepositJson>,
    legs: Vec<LegJson>,
    /// The buyer's money that is at the address beyond the end; absent where none is.
    left: Option<LeftJson>,
    /// What came to the address in another asset than the order's; it does not count as payment.
    strays: Vec<StrayJson>,
    next: NextJson,
    /// Acts that the caller may do now, named as the last part of their route.
    may: Vec<&'static str>,
    /// The other acts of the caller's side, and why each is not possible now.
    refused: Vec<RefusedJson>,
}

impl From<&OrderView> for OrderJson {
    fn from(view: &OrderView) -> Self {
        let missing = view.due.minus(view.credited);
        let pay =
            view.address.filter(|_| view.status == OrderStatus::Pending && !missing.is_zero());
        Self {
            id: view.id.to_string(),
            store_id: view.store.to_string(),
            store: view.store_name.clone(),
            buyer: view.buyer_name.clone(),
            status: view.status.as_str(),
            lines: view.lines.iter().map(LineJson::from).collect(),
            total_cents: view.total.get(),
            currency: "USD",
            chain_id: view.chain.id.get(),
            token: view.asset.symbol.to_string(),
            token_address: view.asset.token.map(|token| token.to_string()),
            decimals: view.asset.decimals,
            network_fee: view.leg_fee.map(|fee| fee.to_string()),
            amount: view.due.to_string(),
            rate_usd: view.usd.to_string(),
            commission_bps: view.commission.get(),
            tolerance_bps: view.tolerance.get(),
            resolver_fee_bps: view.resolver_fee().get(),
            shares: SharesJson::of(&view.split, view.paid.as_ref()),
            address: view.address.map(|address| address.to_string()),
            payment_uri: pay.map(|address| url::eip681(&view.asset, &address, missing).to_string()),
            explorer: view
                .address
                .and_then(|address| url::explorer_address(view.chain, &address))
                .map(|url| url.to_string()),
            credited: view.credited.to_string(),
            unfinal: view.unfinal.to_string(),
            refund_address: view.refund.to_string(),
            sealed: SealedJson::of(view),
            created_at: rfc3339(view.placed_at),
            expires_at: rfc3339(view.expires_at),
            paying_out: view.paying,
            held: view.held.as_ref().map(HeldJson::from),
            payout_address: view.payout().map(|payout| payout.to_string()),
            reseals: view.reseals.iter().map(ResealJson::from).collect(),
            delivery_address: view.delivery.clone(),
            shipments: shipments(view),
            dispute: DisputeJson::of(view),
            intent: intent(view),
            last_answer: answer(view),
            deposits: view.deposits.iter().map(DepositJson::from).collect(),
            legs: view.legs.iter().map(|row| LegJson::of(view, row)).collect(),
            left: view.left.map(LeftJson::from),
            strays: view.strays.iter().map(StrayJson::from).collect(),
            next: next(view),
            may: acts::possible(view),
            refused: RefusedJson::all(view),
        }
    }
}

fn shipments(view: &OrderView) -> Vec<ShipmentJson> {
    let row = |row: &db::shipments::ShipmentRow| ShipmentJson {
        status: row.status.clone(),
        note: row.note.clone(),
        at: rfc3339(codec::time(row.created_at)),
    };
    view.shipments.iter().map(row).collect()
}

fn intent(view: &OrderView) -> Option<IntentJson> {
    view.intent.as_ref().map(|row| IntentJson {
        n: row.n,
        action: row.action.clone(),
        about: row.about_n,
        requested_at: rfc3339(codec::time(row.created_at)),
    })
}

fn answer(view: &OrderView) -> Option<AnswerJson> {
    view.answer.as_ref().map(|row| AnswerJson {
        n: row.n,
        outcome: row.outcome.clone(),
        reason: row.reason.clone(),
    })
}

pub(super) fn units(fixed: &str) -> String {
    Amount::from_fixed(fixed).map_or_else(|_| fixed.to_owned(), |amount| amount.to_string())
}

/// Who is to act, in a word.
pub(super) const fn who(who: Who) -> &'static str {
    match who {
        Who::Buyer => "buyer",
        Who::Vendor => "vendor",
        Who::Parties => "parties",
        Who::Staff => "staff",
        Who::Site => "site",
        Who::Operator => "operator",
        Who::Nobody => "nobody",
    }
}

fn next(view: &OrderView) -> NextJson {
    NextJson {
        who: who(view.next.who),
        step: match view.next.step {
            Step::Prepare => "prepare",
            Step::Pay => "pay",
            Step::PayRest => "pay-rest",
            Step::AwaitFinality => "await-finality",
            Step::Dispatch => "ship",
            Step::ConfirmReceipt => "confirm-receipt",
            Step::TakeBack => "take-back",
            Step::AcceptLate => "accept-late",
            Step::AwaitEscrow => "await-escrow",
            Step::Freeze => "freeze",
            Step::PayOut => "pay-out",
            Step::SettleDispute => "settle-dispute",
            Step::AwaitRuling => "await-ruling",
            Step::CarryOutRuling => "carry-out-ruling",
            Step::SecondOpinion => "second-opinion",
            Step::Unblock => "unblock",
            Step::Done => "done",
        },
        by: view.next.by.map(rfc3339),
    }
}

/// An order in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBrief {
    id: String,
    store_id: String,
    store: String,
    buyer: String,
    title: String,
    status: String,
    total_cents: i64,
    currency: &'static str,
    created_at: String,
}

impl From<&BoardRow> for OrderBrief {
    fn from(row: &BoardRow) -> Self {
        Self {
            id: row.order.id.clone(),
            store_id: row.order.store_id.clone(),
            store: row.store_name.clone(),
            buyer: row.buyer_name.clone(),
            title: row.first_title.clone(),
            status: row.status.clone().unwrap_or_else(|| OrderStatus::New.to_string()),
            total_cents: row.order.total_cents,
            currency: "USD",
            created_at: rfc3339(codec::time(row.order.created_at)),
        }
    }
}

/// An event of the payment stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventJson {
    seq: i32,
    kind: String,
    status: String,
    /// Base units credited by then.
    credited: String,
    actor: String,
    comment: String,
    case: Option<i32>,
    tx_hash: Option<String>,
    at: String,
}

impl From<&EventRow> for EventJson {
    fn from(row: &EventRow) -> Self {
        Self {
            seq: row.seq,
            kind: row.kind.clone(),
            status: row.status.clone(),
            credited: units(&row.amount),
            actor: row.actor_role.clone(),
            comment: row.comment.clone(),
            case: row.case_no,
            tx_hash: row.tx_hash.clone(),
            at: rfc3339(at(row)),
        }
    }
}

fn at(row: &EventRow) -> Time {
    codec::time(row.at)
}

/// All events of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    /// Oldest first.
    pub events: Vec<EventJson>,
}
