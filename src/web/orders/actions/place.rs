//! Placing an order: what it would cost, and the order itself.

use db::orders::{DeliveryRow, LineRow, OrderRow};
use db::placing::OnSale;
use db::{DbError, WebTx, codec, turns};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clamps::Bound;
use domain::clock::{Span, Time};
use domain::ids::{OrderId, PackageId, RateId, UserId};
use domain::limits;
use domain::money::Cents;
use domain::order::{self, AssetNow, Basket, Quote, Rate};
use domain::refusal::{Fault, OrderRefusal};
use domain::seal::hex;

use super::facts::{Facts, Site, facts};
use super::shares::Split;
use crate::error::AppError;
use crate::http::idempotency::Ticket;
use crate::http::viewer::Account;
use crate::orders::delivery;
use crate::state::App;

/// The most lines of packages in an order.
pub const LINES_MAX: usize = 20;

/// What somebody wants to buy.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Packages of one store, each with its quantity.
    pub lines: Vec<(PackageId, u32)>,
}

/// What a wish comes to in one asset.
#[derive(Debug, Clone)]
pub struct AssetOption {
    /// The asset.
    pub now: AssetNow,
    /// The rate it is priced by.
    pub rate: Option<(RateId, Rate)>,
    /// The sum, or why it cannot be paid in this.
    pub quote: Result<Quote, OrderRefusal>,
    /// How the sum is shared out, where it can be paid in this.
    pub split: Option<Split>,
}

/// A wish with prices, before it is an order.
#[derive(Debug, Clone)]
pub struct Checkout {
    /// What is bought, as it is on sale now.
    pub chosen: Vec<(OnSale, u32)>,
    /// Lines and sum.
    pub basket: Basket,
    /// What it comes to in each asset.
    pub options: Vec<AssetOption>,
    /// Why it cannot be ordered at all, if so.
    pub refusal: Option<OrderRefusal>,
}

impl Checkout {
    /// The store.
    pub fn store(&self) -> Option<&OnSale> {
        self.chosen.first().map(|(on_sale, _)| on_sale)
    }
}

/// Prices a wish in everything that can be paid in.
pub async fn checkout(app: &App, who: &Account, wish: Wish) -> Result<Checkout, AppError> {
    let (user, now) = (who.id, app.now());
    let site = Site::of(app, now).await?;
    let facts = app
        .read(move |conn| {
            let Some(mut facts) = facts(conn, user, &wish, &site)? else { return Ok(None) };
            facts.open_unpaid = db::orders::open_unpaid(conn, user, now)?;
            Ok(Some(facts))
        })
        .await?;
    let facts = facts.ok_or(OrderRefusal::NotOnSale)?;
    let basket = facts.basket()?;
    let refusal = facts
        .market
        .payable
        .first()
        .map_or(Err(OrderRefusal::Chain), |(now_of, rate)| {
            facts.decide(&basket, *now_of, rate.map(|rate| rate.1), now)
        })
        .err()
        .filter(|refusal| {
            !matches!(
                refusal,
                OrderRefusal::Chain | OrderRefusal::NoRate | OrderRefusal::TooSmall(_)
            )
        });
    let options = facts
        .market
        .payable
        .iter()
        .map(|(asset, rate)| {
            let quote = order::quote(basket.total, *asset, rate.map(|rate| rate.1), now);
            let split = quote.as_ref().ok().map(|quote| facts.split(&basket, asset, quote.due));
            AssetOption { now: *asset, rate: *rate, quote, split }
        })
        .collect();
    Ok(Checkout { chosen: facts.chosen, basket, options, refusal })
}

/// An asset by its chain and, for a token, its contract.
pub type PayIn = (ChainId, Option<EvmAddress>);

/// An order to be placed.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// What is bought.
    pub wish: Wish,
    /// What to pay in.
    pub pay: PayIn,
    /// The rate that the buyer was shown; none takes the newest.
    pub rate: Option<RateId>,
    /// The most that the lines may sum up to: what the buyer was shown.
    pub most: Option<Cents>,
    /// Where a refund goes.
    pub refund: EvmAddress,
    /// Where the goods go, if any are sent.
    pub delivery: Option<String>,
    /// Names this very request, so that sending it twice orders once.
    pub ticket: Option<Ticket>,
    /// The request's id, carried along for the logs.
    pub request_id: String,
}

/// What placing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: OrderId,
    /// Whether an earlier request under the same key had made it.
    pub replayed: bool,
}

/// Places an order. It stands as soon as this returns; escrow takes it up within moments.
pub async fn place(app: &App, who: &Account, command: PlaceOrder) -> Result<Placed, AppError> {
    let (user, now) = (who.id, app.now());
    if let Some(order) = earlier(app, user, command.ticket.as_ref()).await? {
        return Ok(Placed { order, replayed: true });
    }
    let (wish, pay, rate) = (command.wish.clone(), command.pay, command.rate);
    let site = Site::of(app, now).await?;
    let facts = app
        .read(move |conn| {
            let Some(facts) = facts(conn, user, &wish, &site)? else { return Ok(None) };
            let shown = match rate {
                Some(id) => facts.shown_rate(conn, pay, id)?,
                None => facts.newest(pay),
            };
            Ok(Some((facts, shown)))
        })
        .await?;
    let (facts, shown) = facts.ok_or(OrderRefusal::NotOnSale)?;
    let basket = facts.basket()?;
    if command.most.is_some_and(|most| basket.total > most) {
        return Err(OrderRefusal::PriceChanged.into());
    }
    let chosen = facts.asset(command.pay).ok_or(OrderRefusal::Chain)?;
    let quote = match facts.decide(&basket, chosen, shown.map(|rate| rate.1), now) {
        // The rate that the page showed has aged: the buyer must see the new sum first.
        Err(OrderRefusal::NoRate)
            if command.rate.is_some() && facts.newest(command.pay).is_some() =>
        {
            return Err(OrderRefusal::PriceChanged.into());
        }
        decided => decided?,
    };
    let (rate_id, _) = shown.ok_or(OrderRefusal::NoRate)?;
    let deliver = deliver(&basket, command.delivery.as_deref())?;
    let id = OrderId::dated(now, app.random());
    let delivery = deliver.map(|text| DeliveryRow {
        order_id: id.to_string(),
        ciphertext: Some(delivery::seal(app, id, text)),
        created_at: codec::stamp(now),
        erased_at: None,
    });
    let order =
        row(id, user, &facts, &basket, &Agreed { chosen, quote, rate_id, command: &command, now })?;
    let lines = rows(id, &basket)?;
    let (ticket, demanded) = (command.ticket.clone(), facts.demanded);
    let kept: Option<OrderId> = app
        .write("place order", move |tx| {
            if let Some((store, demanded)) = demanded {
                // In the store's turn: its deposit is not asked back at the same moment.
                turns::of_store(tx, store)?;
                if db::lodgings::lodged(tx, store)? < demanded {
                    return Err(OrderRefusal::NoDeposit.into());
                }
            }
            write(tx, &order, &lines, delivery.as_ref(), (ticket.as_ref(), now))
        })
        .await?;
    Ok(Placed { order: kept.unwrap_or(id), replayed: kept.is_some() })
}

/// The order that an earlier request under the same key made.
async fn earlier(
    app: &App,
    user: UserId,
    ticket: Option<&Ticket>,
) -> Result<Option<OrderId>, AppError> {
    let Some(ticket) = ticket else { return Ok(None) };
    let target = ticket.earlier(app, user).await?;
    Ok(codec::parsed_opt("idempotency_keys.target_id", target.as_deref())?)
}

fn write(
    tx: &mut WebTx<'_>,
    order: &OrderRow,
    lines: &[LineRow],
    delivery: Option<&DeliveryRow>,
    (ticket, now): (Option<&Ticket>, Time),
) -> Result<Option<OrderId>, AppError> {
    let buyer: UserId = codec::parsed("orders.buyer_id", &order.buyer_id)?;
    turns::of_user(tx, buyer)?;
    if let Some(ticket) = ticket
        && let Some(earlier) = ticket.claim(tx, buyer, &order.id, now)?
    {
        return Ok(Some(codec::parsed("idempotency_keys.target_id", &earlier)?));
    }
    // Counted in the buyer's turn: two at once must not both be the tenth. Whoever placed fewer
    // within a day than may be open has no more open: no quote stands longer than a day.
    let today = db::orders::placed_since(tx, buyer, now.before(Span::days(1)))?;
    if today >= limits::ORDERS_A_DAY {
        return Err(OrderRefusal::TooMany(today).into());
    }
    if today >= limits::OPEN_UNPAID_MAX {
        let open = db::orders::open_unpaid(tx, buyer, now)?;
        if open >= limits::OPEN_UNPAID_MAX {
            return Err(OrderRefusal::TooManyUnpaid(open).into());
        }
    }
    db::orders::insert(tx, order, lines, delivery)?;
    Ok(None)
}

fn deliver<'a>(basket: &Basket, given: Option<&'a str>) -> Result<Option<&'a str>, OrderRefusal> {
    match (basket.ships, given) {
        (true, None) => {
            let fault = Fault::new("delivery", "Please say where the goods should go.");
            Err(OrderRefusal::Faults(vec![fault]))
        }
        (true, Some(text)) => Ok(Some(text)),
        // Nobody needs to know where a buyer of digital goods lives.
        (false, _) => Ok(None),
    }
}

/// What was agreed beyond the basket.
struct Agreed<'a> {
    chosen: AssetNow,
    quote: Quote,
    rate_id: RateId,
    command: &'a PlaceOrder,
    now: Time,
}

fn row(
    id: OrderId,
    buyer: UserId,
    facts: &Facts,
    basket: &Basket,
    agreed: &Agreed<'_>,
) -> Result<OrderRow, AppError> {
    let (first, _) = facts.chosen.first().ok_or(OrderRefusal::NotOnSale)?;
    let (asset, clamps) = (agreed.chosen.asset, &facts.market.clamps);
    let referral = facts.referral.share(Some(agreed.command.refund));
    Ok(OrderRow {
        id: id.to_string(),
        buyer_id: buyer.to_string(),
        store_id: first.store.to_string(),
        chain_id: codec::column("orders.chain_id", asset.chain.get())?,
        token: asset.symbol.to_string(),
        decimals: asset.decimals.into(),
        amount: codec::amount_text(agreed.quote.due),
        total_cents: codec::column("orders.total_cents", basket.total.get())?,
        rate_id: agreed.rate_id.to_string(),
        rate_usd_micros: codec::column("orders.rate_usd_micros", agreed.quote.usd.get())?,
        refund_address: agreed.command.refund.to_string(),
        commission_bps: facts.commission().get().into(),
        tolerance_bps: limits::TOLERANCE.min(clamps.bps(Bound::Tolerance)).get().into(),
        handling_hours: codec::column("orders.handling_hours", basket.handling_hours)?,
        inspection_hours: codec::column("orders.inspection_hours", basket.inspection_hours)?,
        ships: basket.ships,
        lines_hash: hex(&order::lines_hash(&basket.lines)),
        request_id: agreed.command.request_id.clone(),
        created_at: codec::stamp(agreed.now),
        expires_at: codec::stamp(agreed.quote.expires_at),
        token_address: asset.token.map(|token| token.to_string()),
        leg_fee: asset.token.map(|_| codec::amount_text(agreed.chosen.leg_fee)),
        tier: Some(first.tier.as_str().to_owned()),
        referrer_id: referral.map(|(inviter, _)| inviter.to_string()),
        referral_bps: referral.map(|(_, share)| share.get().into()),
    })
}

fn rows(id: OrderId, basket: &Basket) -> Result<Vec<LineRow>, DbError> {
    basket.lines.iter().enumerate().map(|(n, line)| LineRow::of(id, n, line)).collect()
}
