//! What escrow tells of itself and its chains: heartbeat, switches, installation, chains, rates,
//! address book.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::{AddressRequestId, RateId};
use domain::money::{Amount, UsdMicros};

use crate::addresses::{EVM, Purpose};
use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{
    address_book, chains, controls, escrow_heartbeat, installation, rates, site_keys,
};

const ONE: i32 = 1;
const PAUSE: &str = "pause";

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
    pub resolver: bool,
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

/// An entry for the address book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewEntry {
    /// Whose address, and what it is for.
    pub purpose: Purpose,
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

/// A key by which this site signs terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteKey {
    /// Part of its path.
    pub generation: u32,
    /// Its address.
    pub address: EvmAddress,
    /// When escrow first held it.
    pub since: Time,
}

/// Notes a key by which this site signs. The same generation twice fails with [`DbError::Unique`].
pub fn note_site_key(tx: &mut EscrowTx<'_>, key: &SiteKey) -> Result<(), DbError> {
    let generation: i32 = codec::column("site_keys.generation", key.generation)?;
    diesel::insert_into(site_keys::table)
        .values((
            site_keys::generation.eq(generation),
            site_keys::address.eq(key.address.to_string()),
            site_keys::since.eq(codec::stamp(key.since)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The keys by which this site signs and signed, the present one first.
pub fn site_keys(conn: &mut Conn) -> Result<Vec<SiteKey>, DbError> {
    let rows: Vec<(i32, String, NaiveDateTime)> = site_keys::table
        .order(site_keys::generation.desc())
        .select((site_keys::generation, site_keys::address, site_keys::since))
        .load(conn)?;
    let key = |(generation, address, since): (i32, String, NaiveDateTime)| {
        Ok(SiteKey {
            generation: codec::number("site_keys.generation", generation)?,
            address: codec::parsed("site_keys.address", &address)?,
            since: codec::time(since),
        })
    };
    rows.into_iter().map(key).collect()
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

/// Enters an address into the book under the next number of its owner and purpose.
pub fn enter(tx: &mut EscrowTx<'_>, entry: &NewEntry) -> Result<(), DbError> {
    let (kind, owner, purpose) = entry.purpose.columns();
    let last: Option<i32> = address_book::table
        .filter(address_book::owner_kind.eq(kind))
        .filter(address_book::owner_id.eq(&owner))
        .filter(address_book::purpose.eq(purpose))
        .filter(address_book::family.eq(EVM))
        .select(diesel::dsl::max(address_book::seq))
        .first(tx.conn())?;
    diesel::insert_into(address_book::table)
        .values((
            address_book::owner_kind.eq(kind),
            address_book::owner_id.eq(owner),
            address_book::purpose.eq(purpose),
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

/// Whether the book has any entry of an owner and purpose.
pub fn is_known(conn: &mut Conn, purpose: Purpose) -> Result<bool, DbError> {
    let (kind, owner, purpose) = purpose.columns();
    diesel::select(diesel::dsl::exists(
        address_book::table
            .filter(address_book::owner_kind.eq(kind))
            .filter(address_book::owner_id.eq(owner))
            .filter(address_book::purpose.eq(purpose)),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}

/// The newest address of an owner and purpose that the book had at a moment, whether or not it
/// counted at once.
pub fn entered_by(
    conn: &mut Conn,
    purpose: Purpose,
    by: Time,
) -> Result<Option<EvmAddress>, DbError> {
    newest(conn, purpose, (None, Some(by)))
}

/// The address of an owner and purpose that counts at `now`.
pub fn in_force(
    conn: &mut Conn,
    purpose: Purpose,
    now: Time,
) -> Result<Option<EvmAddress>, DbError> {
    newest(conn, purpose, (Some(now), None))
}

/// The newest address of an owner and purpose that counts by one moment and was seen by another.
fn newest(
    conn: &mut Conn,
    purpose: Purpose,
    (counts_by, seen_by): (Option<Time>, Option<Time>),
) -> Result<Option<EvmAddress>, DbError> {
    let (kind, owner, purpose) = purpose.columns();
    let mut query = address_book::table
        .filter(address_book::owner_kind.eq(kind))
        .filter(address_book::owner_id.eq(owner))
        .filter(address_book::purpose.eq(purpose))
        .filter(address_book::family.eq(EVM))
        .into_boxed();
    if let Some(by) = counts_by {
        query = query.filter(address_book::counts_from.le(codec::stamp(by)));
    }
    if let Some(by) = seen_by {
        query = query.filter(address_book::seen_at.le(codec::stamp(by)));
    }
    let text: Option<String> = query
        .order(address_book::seq.desc())
        .select(address_book::address)
        .first(conn)
        .optional()?;
    codec::parsed_opt("address_book.address", text.as_deref())
}
