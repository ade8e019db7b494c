//! Seals of an order: the first one, and those that took its place at a party's wish. None is ever
//! changed; the newest counts.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::chain::ChainId;
use domain::ids::OrderId;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::ledger::Sealed;
use crate::schema::{later_seals, seals};

type Found = (i64, String, Vec<u8>, String, NaiveDateTime);

fn sealed(order: OrderId, (chain, address, terms, mac, at): Found) -> Result<Sealed, DbError> {
    Ok(Sealed {
        order,
        chain: ChainId::from(codec::number::<_, u64>("seals.chain_id", chain)?),
        address: codec::parsed("seals.address", &address)?,
        terms,
        mac,
        sealed_at: codec::time(at),
    })
}

/// The seals of an order, the oldest first; none before it was sealed.
pub fn all(conn: &mut Conn, order: OrderId) -> Result<Vec<Sealed>, DbError> {
    let first: Option<Found> = seals::table
        .find(order.to_string())
        .select((seals::chain_id, seals::address, seals::terms, seals::mac, seals::sealed_at))
        .first(conn)
        .optional()?;
    let Some(first) = first else { return Ok(Vec::new()) };
    let later: Vec<Found> = later_seals::table
        .filter(later_seals::order_id.eq(order.to_string()))
        .order(later_seals::seq)
        .select((
            later_seals::chain_id,
            later_seals::address,
            later_seals::terms,
            later_seals::mac,
            later_seals::sealed_at,
        ))
        .load(conn)?;
    std::iter::once(first).chain(later).map(|found| sealed(order, found)).collect()
}

/// Seals an order anew, under its next number.
pub fn replace(tx: &mut EscrowTx<'_>, sealed: &Sealed) -> Result<(), DbError> {
    let chain: i64 = codec::column("later_seals.chain_id", sealed.chain.get())?;
    let order = sealed.order.to_string();
    let last: Option<i32> = later_seals::table
        .filter(later_seals::order_id.eq(&order))
        .select(diesel::dsl::max(later_seals::seq))
        .first(tx.conn())?;
    diesel::insert_into(later_seals::table)
        .values((
            later_seals::order_id.eq(order),
            later_seals::seq.eq(last.unwrap_or_default().saturating_add(1)),
            later_seals::chain_id.eq(chain),
            later_seals::address.eq(sealed.address.to_string()),
            later_seals::terms.eq(&sealed.terms),
            later_seals::mac.eq(&sealed.mac),
            later_seals::sealed_at.eq(codec::stamp(sealed.sealed_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}
