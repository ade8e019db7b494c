//! Reading orders: one with its whole story, or a board of them.

use db::balances::Standing;
use db::deadlines::{self, Deadline};
use db::deposits::Deposit;
use db::desk::ChainRow;
use db::disputes::DisputeRow;
use db::held::Held;
use db::intents::IntentRow;
use db::orders::OrderRow;
use db::reseals::{RequestRow, Reseal};
use db::shipments::ShipmentRow;
use db::story::{AnswerRow, EventRow, LegRow, SealedTerms, StateRow};
use db::tokens::Stray;
use db::{Conn, DbError, codec};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::{ChainId, ChainSpec};
use domain::clock::Time;
use domain::deadline::RunClock;
use domain::ids::{OrderId, StoreId, UserId};
use domain::journey::{self, Next, Who};
use domain::money::{Amount, Bps, Cents, UsdMicros};
use domain::order::{Line, OrderStatus};
use domain::policy::{self, Act, Relation, Situation};
use domain::refusal::Refusal;

use crate::disputes::actions::note_seen;
use crate::disputes::read::Settling;
use crate::error::AppError;
use crate::http::viewer::Account;
use crate::orders::actions::shares::{self, Leftover, PaidOut, Split};
use crate::orders::actions::waits::{HeldView, ResealView};
use crate::orders::delivery;
use crate::state::App;

/// An order with everything that its page tells.
#[derive(Debug, Clone)]
pub struct OrderView {
    /// The order.
    pub id: OrderId,
    /// Its store.
    pub store: StoreId,
    /// Name of the store.
    pub store_name: String,
    /// Who placed it.
    pub buyer: UserId,
    /// Name of the buyer.
    pub buyer_name: String,
    /// What the viewer is to it.
    pub relation: Relation,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Sum of the lines.
    pub total: Cents,
    /// The chain that it is paid on.
    pub chain: &'static ChainSpec,
    /// What it is paid in.
    pub asset: Asset,
    /// What each payment out of a token's escrow is charged, in base units.
    pub leg_fee: Option<Amount>,
    /// Final money that came, oldest first.
    pub deposits: Vec<Deposit>,
    /// What came to its address in other assets.
    pub strays: Vec<Stray>,
    /// What is at its address beyond its end.
    pub left: Option<Leftover>,
    /// To be paid, in base units.
    pub due: Amount,
    /// Price of one coin when it was placed.
    pub usd: UsdMicros,
    /// The site's share.
    pub commission: Bps,
    /// How the sum is shared out, as it would be planned now.
    pub split: Split,
    /// What has left escrow for good.
    pub paid: Option<PaidOut>,
    /// How much less still counts.
    pub tolerance: Bps,
    /// Where a refund goes.
    pub refund: EvmAddress,
    /// The terms that escrow sealed, once it did.
    pub sealed: Option<SealedTerms>,
    /// Whether goods are sent.
    pub ships: bool,
    /// When the deadline that runs now will come, if escrow stays up.
    pub deadline: Option<Time>,
    /// The buyer has taken more time to look at what came.
    pub extended: bool,
    /// Hours from funding to dispatch.
    pub handling_hours: u32,
    /// Hours to look at what came.
    pub inspection_hours: u32,
    /// When it was placed.
    pub placed_at: Time,
    /// Until when it must be paid.
    pub expires_at: Time,
    /// Where it stands.
    pub status: OrderStatus,
    /// The address to pay to, once escrow issued it.
    pub address: Option<EvmAddress>,
    /// Final money that came.
    pub credited: Amount,
    /// Money that is seen but not final.
    pub unfinal: Amount,
    /// When the sum was there.
    pub funded_at: Option<Time>,
    /// A payout is planned.
    pub paying: bool,
    /// A payout is stuck, or all of the order.
    pub held: Option<HeldView>,
    /// Other addresses that the parties asked for.
    pub reseals: Vec<ResealView>,
    /// The payment stream, oldest first.
    pub events: Vec<EventRow>,
    /// The shipping stream, oldest first.
    pub shipments: Vec<ShipmentRow>,
    /// Its dispute.
    pub dispute: Option<DisputeRow>,
    /// What was offered, said and ruled in it.
    pub settling: Settling,
    /// A request that waits for escrow.
    pub intent: Option<IntentRow>,
    /// The number of the next request.
    pub next_intent: i32,
    /// Escrow's latest answer.
    pub answer: Option<AnswerRow>,
    /// Legs of its payouts.
    pub legs: Vec<LegRow>,
    /// Where the goods go, for those who may know.
    pub delivery: Option<String>,
    /// Files may go with statements.
    pub takes_files: bool,
    /// What happens next.
    pub next: Next,
    /// Number of the last thing that happened, to tell whether a page is stale.
    pub version: String,
}

impl OrderView {
    /// Whether the viewer may do something now.
    pub fn may(&self, act: Act) -> bool {
        self.check(act).is_ok()
    }

    /// The same with the reason why not.
    ///
    /// # Errors
    /// The rules' refusal.
    pub fn check(&self, act: Act) -> Result<(), Refusal> {
        policy::check(act, self.relation, self.situation())
    }

    /// What decides about acts.
    pub fn situation(&self) -> Situation {
        Situation {
            status: self.status,
            paying: self.paying,
            funded: self.funded_at.is_some(),
            dispatched: !self.shipments.is_empty(),
            disputed: self.dispute.is_some(),
            extended: self.extended,
            intent_open: self.intent.is_some(),
            dispute: self.settling.situation(),
            reseal_asked: self.own_reseal().is_some(),
            reseal_waits: self.own_reseal().is_some_and(ResealView::waits),
        }
    }

    /// Whether nothing will change on its page any more but by late money.
    pub fn is_settled(&self) -> bool {
        self.status.is_terminal() && self.intent.is_none()
    }
}

/// The rows of an order before they are put together.
struct Rows {
    order: OrderRow,
    lines: Vec<Line>,
    store_name: String,
    buyer_name: String,
    relation: Relation,
    state: Option<StateRow>,
    events: Vec<EventRow>,
    shipments: Vec<ShipmentRow>,
    dispute: Option<DisputeRow>,
    settling: Settling,
    intent: Option<IntentRow>,
    next_intent: i32,
    answer: Option<AnswerRow>,
    legs: Vec<LegRow>,
    aside: shares::Aside,
    accounts: Vec<Standing>,
    fees: Option<ChainRow>,
    held: Option<Held>,
    asked: Vec<RequestRow>,
    taken: Vec<Reseal>,
    clock: Option<RunClock>,
    delivery: Option<Vec<u8>>,
    sealed: Option<SealedTerms>,
    deposits: Vec<Deposit>,
    strays: Vec<Stray>,
    deadline: Option<Deadline>,
}

/// One order as `who` may see it. An order of others does not exist for a stranger.
pub async fn view(app: &App, who: &Account, id: OrderId) -> Result<OrderView, AppError> {
    let (user, role, now) = (who.id, who.role, app.now());
    let rows = app
        .read(move |conn| {
            let Some(order) = db::orders::by_id(conn, id)? else { return Ok(None) };
            let (relation, store_name, buyer_name) = db::orders::parties(conn, &order, user, role)?;
            if relation == Relation::Stranger {
                return Ok(None);
            }
            let mut rows = rows(conn, id, order, relation, (store_name, buyer_name))?;
            if rows.dispute.is_some() {
                let signer = rows.sealed.as_ref().and_then(|sealed| sealed.terms.signer);
                rows.settling = Settling::of(conn, (id, signer), (relation, user), now)?;
            }
            Ok(Some(rows))
        })
        .await?;
    assemble(app, rows.ok_or(AppError::NotFound)?)
}

/// [`view`] for somebody who reads it, of which is taken note where it matters. That this cannot be
/// written down is no reason not to show the order.
pub async fn shown(app: &App, who: &Account, id: OrderId) -> Result<OrderView, AppError> {
    let view = view(app, who, id).await?;
    if let Err(error) = note_seen(app, who, &view).await {
        tracing::warn!(%error, "it is not noted that an offer was seen");
    }
    Ok(view)
}

fn rows(
    conn: &mut Conn,
    id: OrderId,
    order: OrderRow,
    relation: Relation,
    names: (String, String),
) -> Result<Rows, DbError> {
    let legs = db::story::legs(conn, id)?;
    let lines =
        db::orders::lines(conn, id)?.into_iter().map(Line::try_from).collect::<Result<_, _>>()?;
    Ok(Rows {
        lines,
        store_name: names.0,
        buyer_name: names.1,
        relation,
        state: db::story::state(conn, id)?,
        events: db::story::events(conn, id)?,
        shipments: db::shipments::of_order(conn, id)?,
        dispute: db::disputes::of_order(conn, id)?,
        settling: Settling::default(),
        intent: db::intents::open(conn, id)?,
        next_intent: db::intents::next_number(conn, id)?,
        answer: db::story::last_answer(conn, id)?,
        aside: shares::Aside::read(conn, id, &legs)?,
        legs,
        accounts: db::balances::of_order(conn, id)?,
        fees: db::desk::chain(conn, chain_of(&order)?)?,
        held: db::held::of_order(conn, id)?,
        asked: db::reseals::requests(conn, id)?,
        taken: db::reseals::of_order(conn, id)?,
        clock: deadlines::clock(conn)?,
        sealed: db::story::sealed_terms(conn, id)?,
        deposits: db::deposits::of_order(conn, id)?,
        strays: db::tokens::strays_of(conn, id)?,
        deadline: deadlines::of_order(conn, id)?,
        delivery: db::orders::delivery(conn, id)?.and_then(|row| row.ciphertext),
        order,
    })
}

fn assemble(app: &App, rows: Rows) -> Result<OrderView, AppError> {
    let id = chain_of(&rows.order)?;
    let chain = id.spec().ok_or_else(|| codec::corrupt("orders.chain_id", id.get()))?;
    let leg_fee = rows.order.leg_fee.as_deref().map(|fee| codec::amount("orders.leg_fee", fee));
    let reseals = ResealView::all((&rows.asked, &rows.taken), rows.clock, app.now());
    let asset = asset(&rows.order, id)?;
    let sealed = rows.sealed.as_ref().map(|sealed| &sealed.terms);
    let inviter = sealed.and_then(|terms| Some(terms.referral?.address));
    let split = shares::planned(&rows.order, &rows.lines, (sealed, rows.fees.as_ref()))?;
    let refund = refund(&rows)?;
    let running = rows.clock.zip(rows.deadline);
    let deadline = running.map(|(clock, deadline)| clock.moment(deadline.due, app.now()));
    let mut view = OrderView {
        version: version(&rows),
        id: codec::parsed("orders.id", &rows.order.id)?,
        store: codec::parsed("orders.store_id", &rows.order.store_id)?,
        store_name: rows.store_name,
        buyer: codec::parsed("orders.buyer_id", &rows.order.buyer_id)?,
        buyer_name: rows.buyer_name,
        relation: rows.relation,
        lines: rows.lines,
        total: codec::cents("orders.total_cents", rows.order.total_cents)?,
        chain,
        asset,
        leg_fee: leg_fee.transpose()?,
        deposits: rows.deposits,
        strays: rows.strays,
        due: codec::amount("orders.amount", &rows.order.amount)?,
        usd: shares::usd(&rows.order)?,
        commission: codec::bps("orders.commission_bps", rows.order.commission_bps)?,
        split,
        paid: PaidOut::of(&rows.legs, &rows.accounts, (&asset, inviter), rows.aside),
        tolerance: codec::bps("orders.tolerance_bps", rows.order.tolerance_bps)?,
        refund,
        sealed: rows.sealed,
        ships: rows.order.ships,
        deadline,
        extended: rows.deadline.is_some_and(|deadline| deadline.extended),
        handling_hours: codec::number("orders.handling_hours", rows.order.handling_hours)?,
        inspection_hours: codec::number("orders.inspection_hours", rows.order.inspection_hours)?,
        placed_at: codec::time(rows.order.created_at),
        expires_at: codec::time(rows.order.expires_at),
        status: OrderStatus::New,
        address: None,
        credited: Amount::ZERO,
        unfinal: Amount::ZERO,
        funded_at: None,
        left: None,
        paying: false,
        held: rows.held.map(HeldView::from),
        reseals,
        events: rows.events,
        shipments: rows.shipments,
        dispute: rows.dispute,
        settling: rows.settling,
        intent: rows.intent,
        next_intent: rows.next_intent,
        answer: rows.answer,
        legs: rows.legs,
        delivery: None,
        takes_files: app.files.is_some(),
        next: Next { who: journey::Who::Site, step: journey::Step::Prepare, by: None },
    };
    if let Some(state) = rows.state {
        take_state(&mut view, state)?;
        view.left = Leftover::of((&view.split, view.status), &rows.accounts, &view.asset);
    }
    let sealed = rows.delivery.filter(|_| view.may(Act::SeeDelivery));
    view.delivery = sealed.map(|sealed| delivery::open(app, view.id, &sealed)).transpose()?;
    view.next = journey::next(&view.position());
    Ok(view)
}

fn chain_of(order: &OrderRow) -> Result<ChainId, DbError> {
    Ok(ChainId::from(codec::number::<_, u64>("orders.chain_id", order.chain_id)?))
}

/// As it is sealed, and until then as the buyer wrote it.
fn refund(rows: &Rows) -> Result<EvmAddress, DbError> {
    match &rows.sealed {
        Some(sealed) => Ok(sealed.terms.refund),
        None => codec::parsed("orders.refund_address", &rows.order.refund_address),
    }
}

fn asset(order: &OrderRow, chain: ChainId) -> Result<Asset, DbError> {
    let named = (order.token.as_str(), order.decimals);
    codec::asset("orders", chain, order.token_address.as_deref(), named)
}

/// What moves whenever anything about the order does.
fn version(rows: &Rows) -> String {
    let state = rows.state.as_ref().map_or(0, |state| state.last_seq);
    let unfinal =
        rows.state.as_ref().map(|state| state.unfinal.trim_start_matches('0')).unwrap_or_default();
    let legs: String = rows.legs.iter().filter_map(|leg| leg.state.get(..2)).collect();
    let intent = rows.intent.as_ref().map_or(0, |intent| intent.n);
    let (shipments, dispute) = (rows.shipments.len(), u8::from(rows.dispute.is_some()));
    let strays = rows.strays.iter().map(|stray| stray.block_number).max().unwrap_or_default();
    let deadline = rows.deadline.as_ref().map_or(0, |deadline| deadline.due);
    let (asked, settling) = (rows.asked.len(), rows.settling.version());
    format!(
        "{state}-{unfinal}-{legs}-{intent}-{shipments}-{dispute}{settling}-{deadline}-{strays}-{asked}"
    )
}

fn take_state(view: &mut OrderView, state: StateRow) -> Result<(), DbError> {
    view.status = codec::parsed("order_state.status", &state.status)?;
    view.address = codec::parsed_opt("order_state.address", state.address.as_deref())?;
    view.credited = codec::amount("order_state.credited", &state.credited)?;
    view.unfinal = codec::amount("order_state.unfinal", &state.unfinal)?;
    view.paying = state.paying;
    let stopped = |reason| HeldView { reason, who: Who::Operator, by: None };
    view.held = view.held.take().or(state.held_reason.map(stopped));
    // Escrow's clamp of the deadline is the one that counts.
    view.expires_at = codec::time(state.expires_at);
    view.funded_at = state.funded_at.map(codec::time);
    if view.funded_at.is_some() {
        view.split.available = view.credited;
    }
    Ok(())
}
