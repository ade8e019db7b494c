//! Seals: the terms of each order as escrow keeps them, with its MAC and the site's signature.

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
use crate::schema::seals;

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

/// Stores a seal; a second one of the same order or address fails with [`DbError::Unique`].
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

/// The seal of an order.
pub fn sealed(conn: &mut Conn, order: OrderId) -> Result<Option<Sealed>, DbError> {
    type Found = (i64, String, Vec<u8>, String, NaiveDateTime, (Option<String>, Option<String>));
    let found: Option<Found> = seals::table
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
    found
        .map(|(chain, address, terms, mac, at, (signer, signature))| {
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
        })
        .transpose()
}
