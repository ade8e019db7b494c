//! Seals: the terms of each order as escrow keeps them, with its MAC and the site's signature; the first
//! one, and those that took its place at a party's wish. None is ever changed; the newest counts.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{later_seals, seals};

/// Sealed terms with their MAC, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The order.
    pub order: OrderId,
    /// The chain.
    pub chain: ChainId,
    /// The address to pay to.
    pub address: EvmAddress,
    /// Canonical text of the terms.
    pub terms: Vec<u8>,
    /// `0x` and 64 digits.
    pub mac: String,
    /// When.
    pub sealed_at: Time,
    /// The site's key that signed the terms, and its signature; none on seals from before there was
    /// one.
    pub signed: Option<(EvmAddress, String)>,
}

type Found = (i64, String, Vec<u8>, String, NaiveDateTime, (Option<String>, Option<String>));

fn read(
    order: OrderId,
    (chain, address, terms, mac, at, (signer, signature)): Found,
) -> Result<Sealed, DbError> {
    let signer = codec::parsed_opt("seals.signer", signer.as_deref())?;
    Ok(Sealed {
        order,
        chain: ChainId::from(codec::number::<_, u64>("seals.chain_id", chain)?),
        address: codec::parsed("seals.address", &address)?,
        terms,
        mac,
        sealed_at: codec::time(at),
        signed: signer.zip(signature),
    })
}

/// Stores the first seal of an order; a second one of the same order or address fails with
/// [`DbError::Unique`].
pub fn seal(tx: &mut EscrowTx<'_>, sealed: &Sealed) -> Result<(), DbError> {
    let chain: i64 = codec::column("seals.chain_id", sealed.chain.get())?;
    diesel::insert_into(seals::table)
        .values((
            seals::order_id.eq(sealed.order.to_string()),
            seals::chain_id.eq(chain),
            seals::address.eq(sealed.address.to_string()),
            seals::terms.eq(&sealed.terms),
            seals::mac.eq(&sealed.mac),
            seals::sealed_at.eq(codec::stamp(sealed.sealed_at)),
            seals::signer.eq(sealed.signed.as_ref().map(|(signer, _)| signer.to_string())),
            seals::signature.eq(sealed.signed.as_ref().map(|(_, signature)| signature)),
        ))
        .execute(tx.conn())?;
    Ok(())
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
            later_seals::signer.eq(sealed.signed.as_ref().map(|(signer, _)| signer.to_string())),
            later_seals::signature.eq(sealed.signed.as_ref().map(|(_, signature)| signature)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The seals of an order, the oldest first; none before it was sealed.
pub fn all(conn: &mut Conn, order: OrderId) -> Result<Vec<Sealed>, DbError> {
    let first: Option<Found> = seals::table
        .find(order.to_string())
        .select((
            seals::chain_id,
            seals::address,
            seals::terms,
            seals::mac,
            seals::sealed_at,
            (seals::signer, seals::signature),
        ))
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
            (later_seals::signer, later_seals::signature),
        ))
        .load(conn)?;
    std::iter::once(first).chain(later).map(|found| read(order, found)).collect()
}

/// The seal of an order that counts: the newest.
pub fn sealed(conn: &mut Conn, order: OrderId) -> Result<Option<Sealed>, DbError> {
    Ok(all(conn, order)?.pop())
}
