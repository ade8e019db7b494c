//! Which leg each nonce of a gas wallet carries.

use diesel::prelude::*;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::payouts::{Leg, LegState};
use crate::proofs::LegKey;
use crate::schema::{legs, relays, top_ups};

/// A nonce of a gas wallet and the leg that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relay {
    /// The gas wallet.
    pub from: EvmAddress,
    /// Its nonce.
    pub nonce: u64,
    /// The leg's attempt that was the first to carry it.
    pub first_attempt: i32,
}

/// Takes a nonce for a leg; one that is taken fails with [`DbError::Unique`].
pub fn take(tx: &mut EscrowTx<'_>, leg: &Leg, relay: &Relay, at: Time) -> Result<(), DbError> {
    take_for(tx, (leg.asset.chain, (leg.order, leg.case, leg.leg)), relay, at)
}

/// The same for a leg, or for a top-up under its number.
pub(crate) fn take_for(
    tx: &mut EscrowTx<'_>,
    (chain, (order, case, leg)): (ChainId, LegKey),
    relay: &Relay,
    at: Time,
) -> Result<(), DbError> {
    let chain: i64 = codec::column("relays.chain_id", chain.get())?;
    let nonce: i64 = codec::column("relays.nonce", relay.nonce)?;
    diesel::insert_into(relays::table)
        .values((
            relays::chain_id.eq(chain),
            relays::from_address.eq(relay.from.to_string()),
            relays::nonce.eq(nonce),
            relays::order_id.eq(order.to_string()),
            relays::case_no.eq(case),
            relays::leg.eq(leg),
            relays::first_attempt.eq(relay.first_attempt),
            relays::taken_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The nonce after the last one that was taken of a wallet; 0 if none was.
pub fn next_nonce(conn: &mut Conn, chain: ChainId, from: EvmAddress) -> Result<u64, DbError> {
    let chain: i64 = codec::column("relays.chain_id", chain.get())?;
    let last: Option<i64> = relays::table
        .filter(relays::chain_id.eq(chain))
        .filter(relays::from_address.eq(from.to_string()))
        .select(diesel::dsl::max(relays::nonce))
        .first(conn)?;
    codec::number("relays.nonce", last.map_or(0, |last| last.saturating_add(1)))
}

/// The nonce that carries a leg now: the one that was taken last for it.
pub fn of_leg(
    conn: &mut Conn,
    (order, case, leg): (OrderId, i32, i32),
) -> Result<Option<Relay>, DbError> {
    let found: Option<(String, i64, i32)> = relays::table
        .filter(relays::order_id.eq(order.to_string()))
        .filter(relays::case_no.eq(case))
        .filter(relays::leg.eq(leg))
        .order(relays::first_attempt.desc())
        .select((relays::from_address, relays::nonce, relays::first_attempt))
        .first(conn)
        .optional()?;
    found
        .map(|(from, nonce, first_attempt)| {
            Ok(Relay {
                from: codec::parsed("relays.from_address", &from)?,
                nonce: codec::number("relays.nonce", nonce)?,
                first_attempt,
            })
        })
        .transpose()
}

/// Whether a lower nonce of the same wallet carries a leg, or a top-up, that no block has taken yet.
pub fn is_behind(conn: &mut Conn, chain: ChainId, relay: &Relay) -> Result<bool, DbError> {
    let chain: i64 = codec::column("relays.chain_id", chain.get())?;
    let nonce: i64 = codec::column("relays.nonce", relay.nonce)?;
    let behind_top_up: bool = diesel::select(diesel::dsl::exists(
        top_ups::table
            .filter(top_ups::chain_id.eq(chain))
            .filter(top_ups::from_address.eq(relay.from.to_string()))
            .filter(top_ups::nonce.lt(nonce))
            .filter(top_ups::state.eq("signed")),
    ))
    .get_result(conn)?;
    if behind_top_up {
        return Ok(true);
    }
    diesel::select(diesel::dsl::exists(
        relays::table
            .inner_join(
                legs::table.on(legs::order_id
                    .eq(relays::order_id)
                    .and(legs::case_no.eq(relays::case_no))
                    .and(legs::leg.eq(relays::leg))),
            )
            .filter(relays::chain_id.eq(chain))
            .filter(relays::from_address.eq(relay.from.to_string()))
            .filter(relays::nonce.lt(nonce))
            .filter(legs::state.eq(LegState::Signed.as_str())),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}
