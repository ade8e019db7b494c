//! What decides whether a wish becomes an order, and for how much.

use std::sync::Arc;

use db::placing::{self, OnSale};
use db::{Conn, DbError, lodgings};
use domain::clamps::Bound;
use domain::clock::Time;
use domain::deposit;
use domain::ids::{RateId, StoreId, UserId};
use domain::money::{Amount, Bps, Cents};
use domain::order::{self, AssetNow, Basket, Placement, Quote, Rate};
use domain::refusal::OrderRefusal;
use domain::shares::Rules;

use super::place::{PayIn, Wish};
use super::referral::Referral;
use super::shares::Split;
use crate::error::AppError;
use crate::state::{App, Market, Payable, Pulse};

/// What is the same for every wish of this moment.
pub(super) struct Site {
    market: Arc<Market>,
    escrow_open: bool,
    now: Time,
    /// Which share of the commission goes to inviters, within escrow's bounds.
    referral: Bps,
}

impl Site {
    pub(super) async fn of(app: &App, now: Time) -> Result<Self, AppError> {
        let escrow_open = app.pulse().await == Pulse::Running;
        let market = app.market().await?;
        let referral = app.config.referral.min(market.clamps.bps(Bound::Referral));
        Ok(Self { market, escrow_open, now, referral })
    }
}

/// What the tables say about a wish.
pub(super) struct Facts {
    pub(super) chosen: Vec<(OnSale, u32)>,
    pub(super) market: Arc<Market>,
    escrow_open: bool,
    own_store: bool,
    payout_address: bool,
    /// The store, and what it must have lodged to sell this; none where the site asks for nothing.
    pub(super) demanded: Option<(StoreId, Cents)>,
    secured: bool,
    pub(super) open_unpaid: i64,
    pub(super) referral: Referral,
}

/// Reads the facts; `None` where something is not on sale or the packages are of several stores.
pub(super) fn facts(
    conn: &mut Conn,
    user: UserId,
    wish: &Wish,
    site: &Site,
) -> Result<Option<Facts>, DbError> {
    let mut chosen = Vec::new();
    for (package, quantity) in &wish.lines {
        let Some(on_sale) = placing::on_sale(conn, *package)? else { return Ok(None) };
        chosen.push((on_sale, *quantity));
    }
    let Some(store) = one_store(&chosen) else { return Ok(None) };
    let kinds = chosen.iter().map(|(on_sale, _)| on_sale.offer.kind);
    let demanded = deposit::demanded(&lodgings::rules(conn)?, kinds);
    let secured = demanded == Cents::default() || lodgings::lodged(conn, store)? >= demanded;
    Ok(Some(Facts {
        demanded: (demanded != Cents::default()).then_some((store, demanded)),
        secured,
        market: Arc::clone(&site.market),
        escrow_open: site.escrow_open,
        own_store: placing::is_member(conn, store, user)?,
        payout_address: placing::has_payout_address(conn, store, site.now)?,
        referral: Referral::read(conn, (user, store), (site.referral, site.now))?,
        // Counted where it is needed: on the checkout page here, and under the lock when placing.
        open_unpaid: 0,
        chosen,
    }))
}

fn one_store(chosen: &[(OnSale, u32)]) -> Option<StoreId> {
    let (first, _) = chosen.first()?;
    chosen.iter().all(|(on_sale, _)| on_sale.store == first.store).then_some(first.store)
}

impl Facts {
    /// The site's share of what goes to the vendor.
    pub(super) fn commission(&self) -> Bps {
        let tier = self.chosen.first().map(|(on_sale, _)| on_sale.tier.commission());
        tier.unwrap_or(Bps::ZERO).min(self.market.clamps.bps(Bound::Commission))
    }

    /// How a sum in an asset would be shared out.
    pub(super) fn split(&self, basket: &Basket, now: &AssetNow, due: Amount) -> Split {
        let rules = Rules {
            due,
            commission: self.commission(),
            referral: self.referral.share(None).map(|(_, share)| share),
            resolver: now.resolver,
            charged: now.asset.token.is_some(),
        };
        let tier = self.chosen.first().map(|(on_sale, _)| on_sale.tier);
        Split::new(&basket.lines, rules, tier, (now.leg_fee, due))
    }

    pub(super) fn basket(&self) -> Result<Basket, OrderRefusal> {
        let offers: Vec<_> =
            self.chosen.iter().map(|(on_sale, n)| (on_sale.offer.clone(), *n)).collect();
        Basket::of(&offers)?.within(&self.market.clamps)
    }

    fn payable(&self, (chain, token): PayIn) -> Option<&Payable> {
        let is_it = |now: &AssetNow| (now.asset.chain, now.asset.token) == (chain, token);
        self.market.payable.iter().find(|(now, _)| is_it(now))
    }

    pub(super) fn asset(&self, pay: PayIn) -> Option<AssetNow> {
        self.payable(pay).map(|(now, _)| *now)
    }

    pub(super) fn newest(&self, pay: PayIn) -> Option<(RateId, Rate)> {
        self.payable(pay).and_then(|(_, rate)| *rate)
    }

    pub(super) fn shown_rate(
        &self,
        conn: &mut Conn,
        pay: PayIn,
        id: RateId,
    ) -> Result<Option<(RateId, Rate)>, DbError> {
        let Some(chosen) = self.asset(pay) else { return Ok(None) };
        Ok(placing::rate_by_id(conn, id, chosen.asset.rate_name())?.map(|rate| (id, rate)))
    }

    pub(super) fn decide(
        &self,
        basket: &Basket,
        chosen: AssetNow,
        rate: Option<Rate>,
        now: Time,
    ) -> Result<Quote, OrderRefusal> {
        order::place(&Placement {
            basket,
            asset: chosen,
            rate,
            escrow_open: self.escrow_open,
            own_store: self.own_store,
            payout_address: self.payout_address,
            secured: self.secured,
            open_unpaid: self.open_unpaid,
            now,
        })
    }
}
