//! The story of an order as escrow tells it, read by web for pages and JSON: state, events, payouts.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::order::EventKind;
use domain::seal::Terms;

use crate::codec;
use crate::conn::Conn;
use crate::error::DbError;
use crate::schema::{intent_answers, legs, order_events, order_state, receipts, strays};
use crate::seals;
use crate::tokens::pays_a_stray;

/// Escrow's row of an order.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = order_state)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct StateRow {
    pub status: String,
    pub address: Option<String>,
    pub credited: String,
    pub unfinal: String,
    pub paying: bool,
    pub disputed: bool,
    pub held_reason: Option<String>,
    pub last_seq: i32,
    pub funded_at: Option<NaiveDateTime>,
    pub expires_at: NaiveDateTime,
}

/// One event of the payment stream.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = order_events)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct EventRow {
    pub seq: i32,
    pub kind: String,
    pub status: String,
    pub amount: String,
    pub actor_role: String,
    pub comment: String,
    pub case_no: Option<i32>,
    pub tx_hash: Option<String>,
    pub at: NaiveDateTime,
}

/// One leg of a payout with the proof of it, once it is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegRow {
    /// 0 for the order's decision, above for later money.
    pub case_no: i32,
    /// Number within the case.
    pub leg: i32,
    /// vendor, commission, buyer, resolver or referral.
    pub role: String,
    /// Destination.
    pub to_address: String,
    /// What arrives there.
    pub amount: String,
    /// In what, where that is not what the order is paid in.
    pub stray: Option<Asset>,
    /// planned, signed, seen, final or reverted.
    pub state: String,
    /// Hash of the chain tx, once it is signed.
    pub tx_hash: Option<String>,
    /// Fee that the chain took; block and time of the final receipt.
    pub receipt: Option<(String, i64, NaiveDateTime)>,
}

/// Escrow's answer to an intent.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = intent_answers)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct AnswerRow {
    pub n: i32,
    pub outcome: String,
    pub reason: String,
    pub answered_at: NaiveDateTime,
}

/// Escrow's row of an order; none before it took the order up.
pub fn state(conn: &mut Conn, order: OrderId) -> Result<Option<StateRow>, DbError> {
    order_state::table
        .find(order.to_string())
        .select(StateRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// The terms that escrow sealed for an order and that count now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedTerms {
    /// The terms; their canonical text is what was signed.
    pub terms: Terms,
    /// The site's key that signed them, and its signature.
    pub signed: Option<(EvmAddress, String)>,
}

/// The terms that escrow sealed for an order, as it keeps them.
pub fn sealed_terms(conn: &mut Conn, order: OrderId) -> Result<Option<SealedTerms>, DbError> {
    let Some(sealed) = seals::sealed(conn, order)? else { return Ok(None) };
    let text = std::str::from_utf8(&sealed.terms).ok();
    let terms = text.and_then(|text| Terms::from_text(text).ok());
    let terms = terms.ok_or_else(|| codec::corrupt("seals.terms", "unreadable"))?;
    Ok(Some(SealedTerms { terms, signed: sealed.signed }))
}

/// The payment stream of an order, oldest first.
pub fn events(conn: &mut Conn, order: OrderId) -> Result<Vec<EventRow>, DbError> {
    order_events::table
        .filter(order_events::order_id.eq(order.to_string()))
        .order(order_events::seq)
        .select(EventRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}

/// What was added to the payment stream of an order after number `seq`, oldest first.
pub fn events_after(conn: &mut Conn, order: OrderId, seq: i32) -> Result<Vec<EventRow>, DbError> {
    order_events::table
        .filter(order_events::order_id.eq(order.to_string()))
        .filter(order_events::seq.gt(seq))
        .order(order_events::seq)
        .select(EventRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}

/// When the first event of a kind was written about an order.
pub fn first_at(conn: &mut Conn, order: OrderId, kind: EventKind) -> Result<Option<Time>, DbError> {
    let at: Option<NaiveDateTime> = order_events::table
        .filter(order_events::order_id.eq(order.to_string()))
        .filter(order_events::kind.eq(kind.as_str()))
        .order(order_events::seq)
        .select(order_events::at)
        .first(conn)
        .optional()?;
    Ok(at.map(codec::time))
}

/// The number of the last event of each of these orders; those that escrow did not take up yet are
/// left out.
pub fn heads(conn: &mut Conn, orders: &[OrderId]) -> Result<Vec<(OrderId, i32)>, DbError> {
    let ids: Vec<String> = orders.iter().map(ToString::to_string).collect();
    let found: Vec<(String, i32)> = order_state::table
        .filter(order_state::order_id.eq_any(ids))
        .select((order_state::order_id, order_state::last_seq))
        .load(conn)?;
    let row = |(id, seq): (String, i32)| Ok((codec::parsed("order_state.order_id", &id)?, seq));
    found.into_iter().map(row).collect()
}

/// The legs of an order's payouts in the order of their nonces.
pub fn legs(conn: &mut Conn, order: OrderId) -> Result<Vec<LegRow>, DbError> {
    type Found = (
        (i32, i32, String, String, String, String, Option<String>),
        Option<(String, i64, NaiveDateTime)>,
        (i64, Option<String>),
        Option<(String, i32)>,
        Option<(i64, Option<String>)>,
    );
    let found: Vec<Found> = legs::table
        .left_join(
            receipts::table.on(receipts::order_id
                .eq(legs::order_id)
                .and(receipts::case_no.eq(legs::case_no))
                .and(receipts::leg.eq(legs::leg))
                .and(receipts::succeeded.eq(true))),
        )
        .left_join(order_state::table.on(order_state::order_id.eq(legs::order_id)))
        .left_join(strays::table.on(pays_a_stray()))
        .filter(legs::order_id.eq(order.to_string()))
        .order((legs::case_no, legs::leg))
        .select((
            (
                legs::case_no,
                legs::leg,
                legs::role,
                legs::to_address,
                legs::amount,
                legs::state,
                legs::tx_hash,
            ),
            (receipts::fee_paid, receipts::block_number, receipts::block_at).nullable(),
            (legs::chain_id, legs::token_address),
            (strays::symbol, strays::decimals).nullable(),
            (order_state::chain_id, order_state::token_address).nullable(),
        ))
        .load(conn)?;
    let row = |(leg, receipt, pays, named, paid_in): Found| {
        let (case_no, leg, role, to_address, amount, state, tx_hash) = leg;
        let is_other = paid_in.is_some_and(|paid_in| paid_in != pays);
        let stray = is_other.then(|| stray(pays, named)).transpose()?;
        Ok(LegRow { case_no, leg, role, to_address, amount, stray, state, tx_hash, receipt })
    };
    found.into_iter().map(row).collect()
}

fn stray(
    (chain, token): (i64, Option<String>),
    named: Option<(String, i32)>,
) -> Result<Asset, DbError> {
    let chain = ChainId::from(codec::number::<_, u64>("legs.chain_id", chain)?);
    match token.zip(named) {
        None => Ok(Asset::native_of(chain)),
        Some((token, (symbol, decimals))) => {
            codec::asset("legs", chain, Some(&token), (&symbol, decimals))
        }
    }
}

/// Escrow's latest answer to a request about an order.
pub fn last_answer(conn: &mut Conn, order: OrderId) -> Result<Option<AnswerRow>, DbError> {
    intent_answers::table
        .filter(intent_answers::order_id.eq(order.to_string()))
        .order(intent_answers::n.desc())
        .select(AnswerRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}
