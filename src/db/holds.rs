//! Announcements: what is committed before escrow looks and plans.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Bps;
use domain::settle::{Division, PayoutKind};

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{order_state, payout_holds};

/// How a split divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// What the buyer gets; the rest is the vendor's.
    pub buyer: Bps,
    /// The ruling that it comes from.
    pub ruling: Option<i32>,
}

impl Share {
    /// The same for the rules.
    pub const fn division(self) -> Division {
        Division { buyer: self.buyer, ruled: self.ruling.is_some() }
    }

    /// Reads the columns beside a kind; a split has a share and nothing else has.
    pub(crate) fn read(
        column: &str,
        kind: PayoutKind,
        (buyer, ruling): (Option<i32>, Option<i32>),
    ) -> Result<Option<Self>, DbError> {
        let buyer = buyer.map(|bps| codec::bps(column, bps)).transpose()?;
        if buyer.is_some() == (kind == PayoutKind::Split) {
            Ok(buyer.map(|buyer| Self { buyer, ruling }))
        } else {
            Err(codec::corrupt(column, "a share beside another kind, or none beside a split"))
        }
    }

    /// The columns.
    pub(crate) fn columns(share: Option<Self>) -> (Option<i32>, Option<i32>) {
        (share.map(|share| share.buyer.get().into()), share.and_then(|share| share.ruling))
    }
}

/// The announcement before a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The order.
    pub order: OrderId,
    /// Number within the order.
    pub seq: i32,
    /// What is to be planned.
    pub kind: PayoutKind,
    /// How it divides, where it is a split.
    pub share: Option<Share>,
    /// The intent that asks for it.
    pub intent: Option<i32>,
    /// When it was announced.
    pub held_at: Time,
}

type HoldColumns = (String, i32, String, (Option<i32>, Option<i32>), Option<i32>, NaiveDateTime);
const HOLD: (
    payout_holds::order_id,
    payout_holds::seq,
    payout_holds::kind,
    (payout_holds::buyer_bps, payout_holds::ruling_n),
    payout_holds::intent_n,
    payout_holds::held_at,
) = (
    payout_holds::order_id,
    payout_holds::seq,
    payout_holds::kind,
    (payout_holds::buyer_bps, payout_holds::ruling_n),
    payout_holds::intent_n,
    payout_holds::held_at,
);

fn hold_of((order, seq, kind, share, intent, at): HoldColumns) -> Result<Hold, DbError> {
    let kind = codec::parsed("payout_holds.kind", &kind)?;
    Ok(Hold {
        order: codec::parsed("payout_holds.order_id", &order)?,
        seq,
        kind,
        share: Share::read("payout_holds.buyer_bps", kind, share)?,
        intent,
        held_at: codec::time(at),
    })
}

/// Announces a payout of case 0 under the order's next number.
pub fn announce(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    (kind, share): (PayoutKind, Option<Share>),
    intent: Option<i32>,
    at: Time,
) -> Result<Hold, DbError> {
    let (buyer_bps, ruling_n) = Share::columns(share);
    let last: Option<i32> = payout_holds::table
        .filter(payout_holds::order_id.eq(order.to_string()))
        .select(diesel::dsl::max(payout_holds::seq))
        .first(tx.conn())?;
    let seq = last.unwrap_or_default().saturating_add(1);
    diesel::insert_into(payout_holds::table)
        .values((
            payout_holds::order_id.eq(order.to_string()),
            payout_holds::seq.eq(seq),
            payout_holds::case_no.eq(0),
            payout_holds::kind.eq(kind.as_str()),
            payout_holds::intent_n.eq(intent),
            payout_holds::buyer_bps.eq(buyer_bps),
            payout_holds::ruling_n.eq(ruling_n),
            payout_holds::state.eq("held"),
            payout_holds::held_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(Hold { order, seq, kind, share, intent, held_at: at })
}

/// The open announcement of an order.
pub fn open_hold(conn: &mut Conn, order: OrderId) -> Result<Option<Hold>, DbError> {
    let found: Option<HoldColumns> = payout_holds::table
        .filter(payout_holds::order_id.eq(order.to_string()))
        .filter(payout_holds::state.eq("held"))
        .order(payout_holds::seq)
        .select(HOLD)
        .first(conn)
        .optional()?;
    found.map(hold_of).transpose()
}

/// Order and number of the open announcements of a chain, in the order of these two, after `after`
/// if that is given.
pub fn open_holds(
    conn: &mut Conn,
    chain: ChainId,
    after: Option<&(String, i32)>,
    limit: i64,
) -> Result<Vec<(String, i32)>, DbError> {
    let chain: i64 = codec::column("order_state.chain_id", chain.get())?;
    let mut query = payout_holds::table
        .inner_join(order_state::table.on(order_state::order_id.eq(payout_holds::order_id)))
        .filter(payout_holds::state.eq("held"))
        .filter(order_state::chain_id.eq(chain))
        .into_boxed();
    if let Some((order, seq)) = after {
        let later = payout_holds::order_id.eq(order).and(payout_holds::seq.gt(seq));
        query = query.filter(payout_holds::order_id.gt(order).or(later));
    }
    query
        .order((payout_holds::order_id, payout_holds::seq))
        .limit(limit)
        .select((payout_holds::order_id, payout_holds::seq))
        .load(conn)
        .map_err(DbError::from)
}

/// Closes an open announcement; says whether it was still open.
pub fn settle(
    tx: &mut EscrowTx<'_>,
    hold: &Hold,
    planned: bool,
    at: Time,
) -> Result<bool, DbError> {
    let row = payout_holds::table.find((hold.order.to_string(), hold.seq));
    let changed = diesel::update(row)
        .filter(payout_holds::state.eq("held"))
        .set((
            payout_holds::state.eq(if planned { "planned" } else { "withdrawn" }),
            payout_holds::settled_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}
