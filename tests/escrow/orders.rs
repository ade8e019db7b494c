//! Orders of a world: drafted, placed, sealed, paid, sent.

use std::sync::atomic::Ordering;

use db::orders::{LineRow, OrderRow};
use db::shipments::{self, ShipmentRow};
use db::{codec, orders, placing, tx};
use domain::clock::{Clock, Span};
use domain::deadline::RunClock;
use domain::ids::{ItemId, OrderId, PackageId};
use domain::item::PackageKind;
use domain::money::{Amount, Bps, Cents};
use domain::order::{AssetNow, Basket, Offer, lines_hash};
use domain::seal::hex;
use escrow::Engine;

use crate::world::{World, on_chain, wei};

impl World {
    /// The rows that web writes for an order of one package at this price.
    pub(crate) fn draft(&self, cents: u64) -> (OrderRow, Vec<LineRow>) {
        let number = self.orders.fetch_add(1, Ordering::SeqCst);
        let mut id = [0x11; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let order = OrderId::from_random(id);
        let offer = Offer {
            package: PackageId::from_random([5; 16]),
            item: ItemId::from_random([6; 16]),
            title: "Mug, one".to_owned(),
            kind: PackageKind::Shipped,
            price: Cents::new(cents).unwrap(),
            shipping: Cents::new(500).unwrap(),
            handling_hours: 48,
        };
        let basket = Basket::of(&[(offer, 2)]).unwrap();
        let now = self.clock.now();
        let assets = self.web.read(placing::assets).unwrap();
        let paid_in = assets.iter().find(|now| now.asset.token == self.paid_in());
        let AssetNow { asset, leg_fee, .. } = *paid_in.unwrap();
        let newest = self.web.read(|conn| placing::newest_rate(conn, asset.rate_name())).unwrap();
        let (rate_id, rate) = newest.unwrap();
        let due = rate.usd.amount_for(basket.total, asset.decimals).unwrap();
        let row = OrderRow {
            id: order.to_string(),
            buyer_id: self.buyer.to_string(),
            store_id: self.store.to_string(),
            chain_id: 31_337,
            token: asset.symbol.to_string(),
            decimals: asset.decimals.into(),
            amount: codec::amount_text(due),
            total_cents: i64::try_from(basket.total.get()).unwrap(),
            rate_id: rate_id.to_string(),
            rate_usd_micros: i64::try_from(rate.usd.get()).unwrap(),
            refund_address: self.refund.to_string(),
            commission_bps: i32::from(Bps::percent(5).get()),
            tolerance_bps: i32::from(Bps::percent(1).get()),
            handling_hours: 48,
            inspection_hours: 336,
            ships: true,
            lines_hash: hex(&lines_hash(&basket.lines)),
            request_id: "test".to_owned(),
            created_at: codec::stamp(now),
            expires_at: codec::stamp(now.after(asset.quote_life())),
            token_address: asset.token.map(|token| token.to_string()),
            leg_fee: asset.token.map(|_| codec::amount_text(leg_fee)),
            tier: Some("silver".to_owned()),
            referrer_id: None,
            referral_bps: None,
        };
        let lines = basket.lines.iter().enumerate();
        (row, lines.map(|(n, line)| LineRow::of(order, n, line).unwrap()).collect())
    }

    /// Web places an order.
    pub(crate) fn place(&self, (row, lines): (OrderRow, Vec<LineRow>)) -> OrderId {
        let order = row.id.parse().unwrap();
        tx::write(&self.web, "place", move |tx| orders::insert(tx, &row, &lines, None)).unwrap();
        order
    }

    /// An order of 105 dollars, sealed.
    pub(crate) fn sealed(&self, engine: &Engine) -> OrderId {
        engine.rates_once().unwrap();
        let order = self.place(self.draft(5_000));
        engine.desk_once(false).unwrap();
        order
    }

    /// An order that is paid in full.
    pub(crate) fn funded(&self, engine: &Engine) -> OrderId {
        let order = self.sealed(engine);
        self.pay(order, self.state(order).due);
        engine.chain_once().unwrap();
        assert_eq!(self.status(order), "COMPLETED");
        order
    }

    pub(crate) fn pay(&self, order: OrderId, amount: Amount) {
        let to = self.state(order).address.unwrap();
        if let Some(beast) = self.beast {
            self.pay_of(beast, to, amount);
        } else if self.in_dollars {
            self.chain.pay_dollars(on_chain(to), wei(amount)).unwrap();
        } else {
            self.chain.pay(on_chain(to), wei(amount)).unwrap();
        }
    }

    /// Escrow lives through a span, as if its heart had beaten all along.
    pub(crate) fn live(&self, engine: &Engine, span: Span) {
        let now = self.clock.now();
        engine.beat(now, now, now).unwrap();
        self.clock.advance(span);
        let then = self.clock.now();
        let clock = self.escrow.read(db::deadlines::clock).unwrap().unwrap();
        let lived = RunClock { ran: clock.after(span), at: then, ..clock };
        tx::write(&self.escrow, "live", move |tx| -> Result<(), db::DbError> {
            db::deadlines::set_clock(tx, lived)
        })
        .unwrap();
        self.chain.mine().unwrap();
        engine.beat(then, then, then).unwrap();
    }

    /// The vendor marks an order as shipped.
    pub(crate) fn ship(&self, order: OrderId) {
        let row = ShipmentRow {
            order_id: order.to_string(),
            seq: 1,
            status: "DISPATCHED".to_owned(),
            note: String::new(),
            actor_id: self.vendor.to_string(),
            created_at: codec::stamp(self.clock.now()),
        };
        tx::write(&self.web, "ship", move |tx| shipments::insert(tx, &row)).unwrap();
    }
}
