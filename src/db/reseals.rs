//! Wishes for another address than the sealed one: as web writes them, and what escrow made of each.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::intent::ActorRole;

use crate::codec;
use crate::conn::Conn;
use crate::doors::{EscrowTx, WebTx};
use crate::error::DbError;
use crate::evidence;
use crate::schema::{order_state, reseal_requests, reseals};

/// The step that asks for an address.
pub const ASK: &str = "ask";
/// The step that takes it back.
pub const WITHDRAW: &str = "withdraw";

/// A wish as web wrote it; hostile until escrow has checked it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = reseal_requests)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct RequestRow {
    pub order_id: String,
    pub party: String,
    pub step: String,
    pub address: String,
    pub actor_id: String,
    pub request_id: String,
    pub created_at: NaiveDateTime,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResealState {
    /// It waits for its time.
    Waiting,
    /// The terms were sealed anew with it.
    Sealed,
    /// Escrow does not accept it.
    Refused,
    /// The party took it back.
    Withdrawn,
}

impl ResealState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Sealed, Self::Refused, Self::Withdrawn];

    /// Its word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sealed => "sealed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn read(text: &str) -> Result<Self, DbError> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| codec::corrupt("reseals.state", "not a state"))
    }
}

/// A wish as escrow first saw it. Of one that it could not read the address is as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reseal {
    /// The order.
    pub order: OrderId,
    /// Whose address it is.
    pub party: ActorRole,
    /// The address that is asked for.
    pub address: String,
    /// The reading of the clock of deadlines from which it counts, in microseconds.
    pub due: i64,
    /// `0x` and 64 digits, under escrow's key of seals.
    pub mac: String,
    /// What became of it.
    pub state: ResealState,
    /// Why it was refused.
    pub reason: String,
    /// When escrow first saw it.
    pub seen_at: Time,
}

impl Reseal {
    /// The address, of a wish that escrow could read.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] for any other text.
    pub fn address(&self) -> Result<EvmAddress, DbError> {
        codec::parsed("reseals.address", &self.address)
    }
}

/// Writes a wish; the same step of a party twice fails with [`DbError::Unique`].
pub fn request(tx: &mut WebTx<'_>, row: &RequestRow) -> Result<(), DbError> {
    diesel::insert_into(reseal_requests::table).values(row).execute(tx.conn())?;
    evidence::note(tx, row)
}

/// What the parties of an order have asked for, oldest first.
pub fn requests(conn: &mut Conn, order: OrderId) -> Result<Vec<RequestRow>, DbError> {
    reseal_requests::table
        .filter(reseal_requests::order_id.eq(order.to_string()))
        .order((reseal_requests::created_at, reseal_requests::party, reseal_requests::step))
        .select(RequestRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}

/// One step of a party's wish.
pub fn step(
    conn: &mut Conn,
    (order, party): (OrderId, ActorRole),
    step: &str,
) -> Result<Option<RequestRow>, DbError> {
    reseal_requests::table
        .find((order.to_string(), party.as_str(), step))
        .select(RequestRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// Order and party of wishes, in words that the caller has to read.
pub type Named = (String, String);

/// Who may have a wish. Whatever else web's table names is left out of the list, which it would spoil.
const PARTIES: [ActorRole; 2] = [ActorRole::Buyer, ActorRole::Vendor];

/// Wishes about orders that escrow knows and that it has not seen yet, oldest first.
pub fn unseen(conn: &mut Conn, limit: i64) -> Result<Vec<Named>, DbError> {
    reseal_requests::table
        .inner_join(order_state::table.on(order_state::order_id.eq(reseal_requests::order_id)))
        .left_join(
            reseals::table.on(reseals::order_id
                .eq(reseal_requests::order_id)
                .and(reseals::party.eq(reseal_requests::party))),
        )
        .filter(reseal_requests::step.eq(ASK))
        .filter(reseal_requests::party.eq_any(PARTIES.map(ActorRole::as_str)))
        .filter(reseals::order_id.is_null())
        .order((reseal_requests::created_at, reseal_requests::order_id))
        .limit(limit)
        .select((reseal_requests::order_id, reseal_requests::party))
        .load(conn)
        .map_err(DbError::from)
}

/// Wishes that wait and that their party took back.
pub fn taken_back(conn: &mut Conn, limit: i64) -> Result<Vec<Named>, DbError> {
    reseals::table
        .inner_join(
            reseal_requests::table.on(reseal_requests::order_id
                .eq(reseals::order_id)
                .and(reseal_requests::party.eq(reseals::party))
                .and(reseal_requests::step.eq(WITHDRAW))),
        )
        .filter(reseals::state.eq(ResealState::Waiting.as_str()))
        .limit(limit)
        .select((reseals::order_id, reseals::party))
        .load(conn)
        .map_err(DbError::from)
}

/// Wishes that wait and are due by the reading `ran` of the clock of deadlines.
pub fn due(conn: &mut Conn, ran: i64, limit: i64) -> Result<Vec<Named>, DbError> {
    reseals::table
        .filter(reseals::state.eq(ResealState::Waiting.as_str()))
        .filter(reseals::due_micros.le(ran))
        .order((reseals::due_micros, reseals::order_id))
        .limit(limit)
        .select((reseals::order_id, reseals::party))
        .load(conn)
        .map_err(DbError::from)
}

/// Takes a wish down as it was first seen; one of the same party twice fails with
/// [`DbError::Unique`].
pub fn take_down(tx: &mut EscrowTx<'_>, reseal: &Reseal) -> Result<(), DbError> {
    let settled = reseal.state != ResealState::Waiting;
    diesel::insert_into(reseals::table)
        .values((
            reseals::order_id.eq(reseal.order.to_string()),
            reseals::party.eq(reseal.party.as_str()),
            reseals::address.eq(&reseal.address),
            reseals::due_micros.eq(reseal.due),
            reseals::mac.eq(&reseal.mac),
            reseals::state.eq(reseal.state.as_str()),
            reseals::reason.eq(&reseal.reason),
            reseals::seen_at.eq(codec::stamp(reseal.seen_at)),
            reseals::settled_at.eq(settled.then(|| codec::stamp(reseal.seen_at))),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends the waiting of a wish; says whether it still waited.
pub fn settle(
    tx: &mut EscrowTx<'_>,
    (order, party): (OrderId, ActorRole),
    (state, reason): (ResealState, &str),
    at: Time,
) -> Result<bool, DbError> {
    let changed = diesel::update(reseals::table.find((order.to_string(), party.as_str())))
        .filter(reseals::state.eq(ResealState::Waiting.as_str()))
        .set((
            reseals::state.eq(state.as_str()),
            reseals::reason.eq(reason),
            reseals::settled_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

type Columns = (String, String, i64, String, String, String, NaiveDateTime);

/// What escrow made of the wishes about an order, the buyer's first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Reseal>, DbError> {
    let found: Vec<Columns> = reseals::table
        .filter(reseals::order_id.eq(order.to_string()))
        .order(reseals::party)
        .select((
            reseals::party,
            reseals::address,
            reseals::due_micros,
            reseals::mac,
            reseals::state,
            reseals::reason,
            reseals::seen_at,
        ))
        .load(conn)?;
    let read = |(party, address, due, mac, state, reason, seen): Columns| {
        Ok(Reseal {
            order,
            party: codec::parsed("reseals.party", &party)?,
            address,
            due,
            mac,
            state: ResealState::read(&state)?,
            reason,
            seen_at: codec::time(seen),
        })
    };
    found.into_iter().map(read).collect()
}

/// What escrow made of a party's wish.
pub fn one(
    conn: &mut Conn,
    (order, party): (OrderId, ActorRole),
) -> Result<Option<Reseal>, DbError> {
    Ok(of_order(conn, order)?.into_iter().find(|reseal| reseal.party == party))
}
