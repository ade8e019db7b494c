//! Offers in a dispute: as web wrote them, and as escrow noted them when it first saw each.

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use domain::clock::Time;
use domain::dispute::Offer;
use domain::evidence::EvidenceKind;
use domain::ids::{OrderId, UserId};
use domain::intent::ActorRole;
use domain::money::Bps;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::{EscrowTx, WebTx};
use crate::error::DbError;
use crate::evidence::{self, Evident, micros, signed};
use crate::inbox::{Part, is_key, is_small};
use crate::schema::{dispute_offers, noted_offers, offer_views, order_state};

/// An offer as web wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = dispute_offers)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct OfferRow {
    pub order_id: String,
    pub n: i32,
    pub author_id: String,
    pub author_role: String,
    pub buyer_bps: i32,
    pub request_id: String,
    pub created_at: NaiveDateTime,
    pub signature: Option<String>,
    pub signature_expires: Option<i64>,
}

/// That an offer was shown to the other party.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = offer_views)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct ViewRow {
    pub order_id: String,
    pub offer_n: i32,
    pub viewer_id: String,
    pub seen_at: NaiveDateTime,
}

/// An offer as escrow believed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Who made it.
    pub author: UserId,
    /// The party that it speaks for.
    pub by: ActorRole,
    /// What the buyer would get.
    pub buyer: Bps,
    /// The signature of the buyer's signer, which was checked.
    pub signature: Option<String>,
}

/// Whose offers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Those of both parties.
    All,
    /// The vendor's, and those of the buyer's that his signer signed.
    Signed,
}

impl Counting {
    /// Of an order with this signer.
    pub fn with<T>(signer: Option<T>) -> Self {
        if signer.is_some() { Self::Signed } else { Self::All }
    }

    fn admits(self, by: &str, signature: Option<&String>) -> bool {
        self == Self::All || by != ActorRole::Buyer.as_str() || signature.is_some()
    }
}

impl Evident for OfferRow {
    const KIND: EvidenceKind = EvidenceKind::Offer;

    fn key(&self) -> String {
        format!("{} {}", self.order_id, self.n)
    }

    fn columns(&self) -> Vec<String> {
        let texts = [&self.order_id, &self.author_id, &self.author_role, &self.request_id];
        let numbers = [self.n.to_string(), self.buyer_bps.to_string(), micros(self.created_at)];
        let signed = signed(self.signature.as_ref(), self.signature_expires);
        texts.into_iter().cloned().chain(numbers).chain(signed).collect()
    }
}

impl Evident for ViewRow {
    const KIND: EvidenceKind = EvidenceKind::View;

    fn key(&self) -> String {
        format!("{} {}", self.order_id, self.offer_n)
    }

    fn columns(&self) -> Vec<String> {
        let texts = [self.order_id.clone(), self.viewer_id.clone()];
        texts.into_iter().chain([self.offer_n.to_string(), micros(self.seen_at)]).collect()
    }
}

/// Writes an offer under the number it carries; a taken one fails with [`DbError::Unique`].
pub fn insert(tx: &mut WebTx<'_>, row: &OfferRow) -> Result<(), DbError> {
    diesel::insert_into(dispute_offers::table).values(row).execute(tx.conn())?;
    evidence::note(tx, row)
}

/// Offers of an order as web wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Those that count as far as is known, oldest first, each with its time.
    pub offers: Vec<(Offer, Time)>,
    /// Numbers of those that escrow did not take.
    pub refused: Vec<i32>,
}

/// The offers of an order as web wrote them.
pub fn written(conn: &mut Conn, order: OrderId, counting: Counting) -> Result<Written, DbError> {
    type Found = (OfferRow, Option<String>, Option<i32>, Option<i32>);
    let rows: Vec<Found> = dispute_offers::table
        .left_join(
            offer_views::table.on(offer_views::order_id
                .eq(dispute_offers::order_id)
                .and(offer_views::offer_n.eq(dispute_offers::n))),
        )
        .left_join(
            noted_offers::table.on(noted_offers::order_id
                .eq(dispute_offers::order_id)
                .and(noted_offers::n.eq(dispute_offers::n))),
        )
        .filter(dispute_offers::order_id.eq(order.to_string()))
        .order(dispute_offers::n)
        .select((
            OfferRow::as_select(),
            offer_views::viewer_id.nullable(),
            noted_offers::n.nullable(),
            noted_offers::buyer_bps.nullable(),
        ))
        .load(conn)?;
    let mut written = Written::default();
    for (row, viewer, noted, believed) in rows {
        let is_refused = noted.is_some() && believed.is_none();
        if is_refused || !counting.admits(&row.author_role, row.signature.as_ref()) {
            written.refused.push(row.n);
            continue;
        }
        let offer = Offer {
            n: row.n,
            by: codec::parsed("dispute_offers.author_role", &row.author_role)?,
            buyer: codec::bps("dispute_offers.buyer_bps", row.buyer_bps)?,
            seen: viewer.is_some(),
        };
        written.offers.push((offer, codec::time(row.created_at)));
    }
    Ok(written)
}

/// How many offers a party made about an order.
pub fn count(conn: &mut Conn, order: OrderId, by: ActorRole) -> Result<i64, DbError> {
    dispute_offers::table
        .filter(dispute_offers::order_id.eq(order.to_string()))
        .filter(dispute_offers::author_role.eq(by.as_str()))
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}

/// The number that the next offer of an order carries.
pub fn next_number(conn: &mut Conn, order: OrderId) -> Result<i32, DbError> {
    let last: Option<i32> = dispute_offers::table
        .filter(dispute_offers::order_id.eq(order.to_string()))
        .select(diesel::dsl::max(dispute_offers::n))
        .first(conn)?;
    Ok(last.unwrap_or_default().saturating_add(1))
}

/// Notes that the other party was shown an offer; a second time fails with [`DbError::Unique`].
pub fn see(
    tx: &mut WebTx<'_>,
    (order, n): (OrderId, i32),
    viewer: UserId,
    at: Time,
) -> Result<(), DbError> {
    let row = ViewRow {
        order_id: order.to_string(),
        offer_n: n,
        viewer_id: viewer.to_string(),
        seen_at: codec::stamp(at),
    };
    diesel::insert_into(offer_views::table).values(&row).execute(tx.conn())?;
    evidence::note(tx, &row)
}

/// That the offer of this number was shown to the other party, as web wrote it.
pub(crate) fn view(conn: &mut Conn, order: OrderId, n: i32) -> Result<Option<ViewRow>, DbError> {
    offer_views::table
        .find((order.to_string(), n))
        .filter(is_small!(offer_views: viewer_id seen_at))
        .select(ViewRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// Offers that escrow has not noted, of orders that a dispute holds, oldest first.
pub fn unnoted(conn: &mut Conn, part: Part) -> Result<Vec<(String, i32)>, DbError> {
    dispute_offers::table
        .inner_join(order_state::table.on(order_state::order_id.eq(dispute_offers::order_id)))
        .filter(order_state::status.eq(OrderStatus::Frozen.as_str()))
        .filter(order_state::disputed.eq(true))
        .filter(order_state::paying.eq(false))
        .filter(is_key!(dispute_offers.order_id))
        .filter(dispute_offers::n.between(1, i32::MAX))
        .filter(not(exists(
            noted_offers::table
                .filter(noted_offers::order_id.eq(dispute_offers::order_id))
                .filter(noted_offers::n.eq(dispute_offers::n)),
        )))
        .order((dispute_offers::order_id, dispute_offers::n))
        .limit(part.limit)
        .offset(part.skip)
        .select((dispute_offers::order_id, dispute_offers::n))
        .load(conn)
        .map_err(DbError::from)
}

/// The number of a party's last offer as web wrote it, but for those that escrow did not take.
pub fn last_written(
    conn: &mut Conn,
    order: OrderId,
    by: ActorRole,
) -> Result<Option<i32>, DbError> {
    dispute_offers::table
        .filter(dispute_offers::order_id.eq(order.to_string()))
        .filter(dispute_offers::author_role.eq(by.as_str()))
        .filter(dispute_offers::n.between(1, i32::MAX))
        .filter(not(exists(
            noted_offers::table
                .filter(noted_offers::order_id.eq(dispute_offers::order_id))
                .filter(noted_offers::n.eq(dispute_offers::n))
                .filter(noted_offers::buyer_bps.is_null()),
        )))
        .select(diesel::dsl::max(dispute_offers::n))
        .first(conn)
        .map_err(DbError::from)
}

/// One offer as web wrote it; none if it is too large.
pub fn by_number(conn: &mut Conn, order: OrderId, n: i32) -> Result<Option<OfferRow>, DbError> {
    dispute_offers::table
        .find((order.to_string(), n))
        .filter(is_small!(dispute_offers: author_id author_role buyer_bps request_id created_at
            signature signature_expires))
        .select(OfferRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// Notes an offer; `None` that what web wrote under this number is none.
pub fn note(
    tx: &mut EscrowTx<'_>,
    (order, n): (OrderId, i32),
    noted: Option<&Noted>,
    at: Time,
) -> Result<(), DbError> {
    diesel::insert_into(noted_offers::table)
        .values((
            noted_offers::order_id.eq(order.to_string()),
            noted_offers::n.eq(n),
            noted_offers::author_id.eq(noted.map(|noted| noted.author.to_string())),
            noted_offers::author_role.eq(noted.map(|noted| noted.by.as_str())),
            noted_offers::buyer_bps.eq(noted.map(|noted| i32::from(noted.buyer.get()))),
            noted_offers::noted_at.eq(codec::stamp(at)),
            noted_offers::signature.eq(noted.and_then(|noted| noted.signature.as_deref())),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// How many numbers escrow noted of an order, and the highest.
pub fn noted_so_far(conn: &mut Conn, order: OrderId) -> Result<(i64, i32), DbError> {
    let (count, last): (i64, Option<i32>) = noted_offers::table
        .filter(noted_offers::order_id.eq(order.to_string()))
        .select((diesel::dsl::count_star(), diesel::dsl::max(noted_offers::n)))
        .first(conn)?;
    Ok((count, last.unwrap_or_default()))
}

/// The offers of an order that escrow believed, oldest first, and whether web says that the other
/// party was shown each.
pub fn noted(conn: &mut Conn, order: OrderId, counting: Counting) -> Result<Vec<Offer>, DbError> {
    type Found = (i32, Option<String>, Option<i32>, Option<String>, Option<i32>);
    let rows: Vec<Found> = noted_offers::table
        .left_join(
            offer_views::table.on(offer_views::order_id
                .eq(noted_offers::order_id)
                .and(offer_views::offer_n.eq(noted_offers::n))),
        )
        .filter(noted_offers::order_id.eq(order.to_string()))
        .filter(noted_offers::buyer_bps.is_not_null())
        .order(noted_offers::n)
        .select((
            noted_offers::n,
            noted_offers::author_role,
            noted_offers::buyer_bps,
            noted_offers::signature,
            offer_views::offer_n.nullable(),
        ))
        .load(conn)?;
    let counts = |(_, role, _, signature, _): &Found| {
        counting.admits(role.as_deref().unwrap_or_default(), signature.as_ref())
    };
    let read = |(n, role, bps, _, view): Found| {
        Ok(Offer {
            n,
            by: codec::parsed("noted_offers.author_role", &role.unwrap_or_default())?,
            buyer: codec::bps("noted_offers.buyer_bps", bps.unwrap_or_default())?,
            seen: view.is_some(),
        })
    };
    rows.into_iter().filter(counts).map(read).collect()
}
