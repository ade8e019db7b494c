//! What escrow tells of itself and its chains: heartbeat, switches, installation, chains, rates,
//! address book.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::{AddressRequestId, RateId, StoreId};
use domain::money::{Amount, UsdMicros};

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{address_book, chains, controls, escrow_heartbeat, installation, rates};

const ONE: i32 = 1;
const PAUSE: &str = "pause";
const STORE: &str = "store";
const PAYOUT: &str = "payout";
const EVM: &str = "evm";

/// A sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// When this process started.
    pub started_at: Time,
    /// Now.
    pub beat_at: Time,
    /// When the desk lane last came round.
    pub desk_at: Time,
    /// When the chain lane last came round.
    pub chain_at: Time,
}

/// Which key a ledger belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Digest of the address at purpose 3, in hex.
    pub fingerprint: String,
    /// Part of every key's path; rises at each restore.
    pub generation: u32,
    /// What ties the ledger to its place; none of one that was made before there was such a tie.
    pub bond: Option<Bond>,
}

/// What ties a ledger to the place where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bond {
    /// Drawn when the ledger was bound to its place, 32 hexadecimal digits.
    pub id: String,
    /// The place ([`crate::doors::Door::place`]).
    pub place: String,
    /// `0x` and 64 digits over all of it, under escrow's key of seals.
    pub mac: String,
}

/// What escrow last saw of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = chains)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct ChainRow {
    pub chain_id: i64,
    pub name: String,
    pub token: String,
    pub decimals: i32,
    pub state: String,
    pub note: String,
    pub head_number: i64,
    pub final_number: i64,
    pub final_hash: String,
    pub final_at: NaiveDateTime,
    pub leg_fee: String,
    pub checked_at: NaiveDateTime,
}

/// A dated price of a coin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRate {
    /// Its id, to which quotes refer.
    pub id: RateId,
    /// Symbol of the coin.
    pub coin: String,
    /// Price of one.
    pub usd: UsdMicros,
    /// Who says so.
    pub source: String,
    /// When the source says that it was so.
    pub quoted_at: Time,
    /// When it was fetched.
    pub fetched_at: Time,
}

/// An entry for the address book: where a store is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewEntry {
    /// The store.
    pub store: StoreId,
    /// The address.
    pub address: EvmAddress,
    /// The request it comes from.
    pub request: AddressRequestId,
    /// When escrow's clock first saw it.
    pub seen_at: Time,
    /// From when orders are sealed to it.
    pub counts_from: Time,
}

/// Writes the heartbeat.
pub fn beat(tx: &mut EscrowTx<'_>, beat: &Beat) -> Result<(), DbError> {
    let values = (
        escrow_heartbeat::started_at.eq(codec::stamp(beat.started_at)),
        escrow_heartbeat::beat_at.eq(codec::stamp(beat.beat_at)),
        escrow_heartbeat::desk_at.eq(codec::stamp(beat.desk_at)),
        escrow_heartbeat::chain_at.eq(codec::stamp(beat.chain_at)),
    );
    let row = escrow_heartbeat::table.find(ONE);
    if diesel::update(row).set(values).execute(tx.conn())? == 0 {
        diesel::insert_into(escrow_heartbeat::table)
            .values((escrow_heartbeat::id.eq(ONE), values))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// The last heartbeat.
pub fn last_beat(conn: &mut Conn) -> Result<Option<Beat>, DbError> {
    type Found = (NaiveDateTime, NaiveDateTime, NaiveDateTime, NaiveDateTime);
    let found: Option<Found> = escrow_heartbeat::table
        .find(ONE)
        .select((
            escrow_heartbeat::started_at,
            escrow_heartbeat::beat_at,
            escrow_heartbeat::desk_at,
            escrow_heartbeat::chain_at,
        ))
        .first(conn)
        .optional()?;
    Ok(found.map(|(started, beat, desk, chain)| Beat {
        started_at: codec::time(started),
        beat_at: codec::time(beat),
        desk_at: codec::time(desk),
        chain_at: codec::time(chain),
    }))
}

/// Pauses payouts and new orders, or lets them go on. Only the operator's command line does so.
pub fn set_pause(tx: &mut EscrowTx<'_>, on: bool, at: Time) -> Result<(), DbError> {
    set_control(tx, PAUSE, if on { "on" } else { "off" }, at)
}

/// Sets a switch of the operator's.
pub fn set_control(
    tx: &mut EscrowTx<'_>,
    name: &str,
    value: &str,
    at: Time,
) -> Result<(), DbError> {
    let values = (controls::value.eq(value), controls::changed_at.eq(codec::stamp(at)));
    if diesel::update(controls::table.find(name)).set(values).execute(tx.conn())? == 0 {
        diesel::insert_into(controls::table)
            .values((controls::name.eq(name), values))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// How a switch of the operator's stands; none that was never set.
pub fn control(conn: &mut Conn, name: &str) -> Result<Option<String>, DbError> {
    controls::table.find(name).select(controls::value).first(conn).optional().map_err(DbError::from)
}

/// Which key this ledger belongs to; none before the first start.
pub fn installation(conn: &mut Conn) -> Result<Option<Installation>, DbError> {
    type Found = (String, i32, Option<String>, Option<String>, Option<String>);
    let found: Option<Found> = installation::table
        .find(ONE)
        .select((
            installation::fingerprint,
            installation::generation,
            installation::install_id,
            installation::place,
            installation::mac,
        ))
        .first(conn)
        .optional()?;
    found
        .map(|(fingerprint, generation, id, place, mac)| {
            let generation = codec::number("installation.generation", generation)?;
            let bond = match (id, place, mac) {
                (None, None, None) => None,
                (id, place, mac) => Some(Bond {
                    id: id.unwrap_or_default(),
                    place: place.unwrap_or_default(),
                    mac: mac.unwrap_or_default(),
                }),
            };
            Ok(Installation { fingerprint, generation, bond })
        })
        .transpose()
}

/// Binds the ledger to a key and a place, or to another place or generation of the same key.
pub fn install(tx: &mut EscrowTx<'_>, row: &Installation, at: Time) -> Result<(), DbError> {
    let generation: i32 = codec::column("installation.generation", row.generation)?;
    let bond = row.bond.as_ref();
    let values = (
        installation::generation.eq(generation),
        installation::install_id.eq(bond.map(|bond| bond.id.as_str())),
        installation::place.eq(bond.map(|bond| bond.place.as_str())),
        installation::mac.eq(bond.map(|bond| bond.mac.as_str())),
    );
    let own = installation::table.find(ONE).filter(installation::fingerprint.eq(&row.fingerprint));
    if diesel::update(own).set(values).execute(tx.conn())? == 0 {
        diesel::insert_into(installation::table)
            .values((
                installation::id.eq(ONE),
                installation::fingerprint.eq(&row.fingerprint),
                installation::created_at.eq(codec::stamp(at)),
                values,
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Writes what was seen of a chain.
pub fn put_chain(tx: &mut EscrowTx<'_>, row: &ChainRow) -> Result<(), DbError> {
    let known = diesel::update(chains::table.find(row.chain_id)).set(row).execute(tx.conn())?;
    if known == 0 {
        diesel::insert_into(chains::table).values(row).execute(tx.conn())?;
    }
    Ok(())
}

/// What was last seen of a chain.
pub fn chain(conn: &mut Conn, id: ChainId) -> Result<Option<ChainRow>, DbError> {
    let id: i64 = codec::column("chains.chain_id", id.get())?;
    chains::table
        .find(id)
        .select(ChainRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// The fee of one leg on a chain as last published, in base units.
pub fn leg_fee(conn: &mut Conn, id: ChainId) -> Result<Option<Amount>, DbError> {
    let row = chain(conn, id)?;
    row.map(|row| codec::amount("chains.leg_fee", &row.leg_fee)).transpose()
}

/// Writes a rate.
pub fn insert_rate(tx: &mut EscrowTx<'_>, rate: &NewRate) -> Result<(), DbError> {
    let micros: i64 = codec::column("rates.usd_micros", rate.usd.get())?;
    diesel::insert_into(rates::table)
        .values((
            rates::id.eq(rate.id.to_string()),
            rates::token.eq(&rate.coin),
            rates::usd_micros.eq(micros),
            rates::source.eq(&rate.source),
            rates::quoted_at.eq(codec::stamp(rate.quoted_at)),
            rates::fetched_at.eq(codec::stamp(rate.fetched_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Enters an address into the book under the store's next number.
pub fn enter(tx: &mut EscrowTx<'_>, entry: &NewEntry) -> Result<(), DbError> {
    let last: Option<i32> = address_book::table
        .filter(address_book::owner_kind.eq(STORE))
        .filter(address_book::owner_id.eq(entry.store.to_string()))
        .filter(address_book::purpose.eq(PAYOUT))
        .filter(address_book::family.eq(EVM))
        .select(diesel::dsl::max(address_book::seq))
        .first(tx.conn())?;
    diesel::insert_into(address_book::table)
        .values((
            address_book::owner_kind.eq(STORE),
            address_book::owner_id.eq(entry.store.to_string()),
            address_book::purpose.eq(PAYOUT),
            address_book::family.eq(EVM),
            address_book::seq.eq(last.unwrap_or_default().saturating_add(1)),
            address_book::address.eq(entry.address.to_string()),
            address_book::request_id.eq(entry.request.to_string()),
            address_book::seen_at.eq(codec::stamp(entry.seen_at)),
            address_book::counts_from.eq(codec::stamp(entry.counts_from)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Whether a store has any entry in the book.
pub fn is_known(conn: &mut Conn, store: StoreId) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(
        address_book::table
            .filter(address_book::owner_kind.eq(STORE))
            .filter(address_book::owner_id.eq(store.to_string()))
            .filter(address_book::purpose.eq(PAYOUT)),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}

/// The payout address of a store that counts at `now`.
pub fn payout_address(
    conn: &mut Conn,
    store: StoreId,
    now: Time,
) -> Result<Option<EvmAddress>, DbError> {
    let text: Option<String> = address_book::table
        .filter(address_book::owner_kind.eq(STORE))
        .filter(address_book::owner_id.eq(store.to_string()))
        .filter(address_book::purpose.eq(PAYOUT))
        .filter(address_book::family.eq(EVM))
        .filter(address_book::counts_from.le(codec::stamp(now)))
        .order(address_book::seq.desc())
        .select(address_book::address)
        .first(conn)
        .optional()?;
    codec::parsed_opt("address_book.address", text.as_deref())
}
