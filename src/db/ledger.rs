//! Escrow's ledger of orders: key indexes, events, states and answers; the seals are next door.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::{Span, Time};
use domain::ids::{OrderId, StoreId, UserId};
use domain::money::Amount;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{derivations, intent_answers, order_events, order_state};
pub use crate::seals::{Sealed, seal, sealed};

/// A key index that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derivation {
    /// 0 for orders, 1 for deposits of vendors.
    pub purpose: u32,
    /// Rises at each restore.
    pub generation: u32,
    /// Number of the key, without gaps.
    pub index: u32,
    /// Its address.
    pub address: EvmAddress,
    /// The order it was issued to; none where it was found used on the chain.
    pub order: Option<OrderId>,
    /// When.
    pub issued_at: Time,
}

/// Escrow's row of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The order.
    pub order: OrderId,
    /// Its store.
    pub store: StoreId,
    /// Its buyer.
    pub buyer: UserId,
    /// Status after the last event.
    pub status: OrderStatus,
    /// What it is paid in.
    pub asset: Asset,
    /// Its address, if one was issued.
    pub address: Option<EvmAddress>,
    /// To be paid, in base units.
    pub due: Amount,
    /// Everything that ever came in and is final, in base units.
    pub credited: Amount,
    /// Seen at the head but not final, in base units.
    pub unfinal: Amount,
    /// A payout of case 0 is planned and not done.
    pub paying: bool,
    /// A dispute took effect.
    pub disputed: bool,
    /// Why nothing moves until the operator has looked.
    pub held_reason: Option<String>,
    /// Number of the last event; 0 before the first.
    pub last_seq: i32,
    /// When it was funded.
    pub funded_at: Option<Time>,
    /// Until when it must be paid.
    pub expires_at: Time,
    /// When its address is looked at next.
    pub next_check_at: Time,
    /// When it was placed.
    pub created_at: Time,
    /// When this row was last written.
    pub updated_at: Time,
    /// It is a vendor's deposit and no order: its buyer is whoever lodged it.
    pub deposit: bool,
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = order_state, treat_none_as_null = true)]
struct StateRow {
    order_id: String,
    store_id: String,
    buyer_id: String,
    status: String,
    chain_id: i64,
    address: Option<String>,
    due: String,
    credited: String,
    unfinal: String,
    paying: bool,
    disputed: bool,
    held_reason: Option<String>,
    last_seq: i32,
    funded_at: Option<NaiveDateTime>,
    expires_at: NaiveDateTime,
    next_check_at: NaiveDateTime,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    token_address: Option<String>,
    token: String,
    decimals: i32,
    deposit: bool,
}

impl StateRow {
    fn of(state: &State) -> Result<Self, DbError> {
        Ok(Self {
            order_id: state.order.to_string(),
            store_id: state.store.to_string(),
            buyer_id: state.buyer.to_string(),
            status: state.status.to_string(),
            chain_id: codec::column("order_state.chain_id", state.asset.chain.get())?,
            address: state.address.map(|address| address.to_string()),
            due: codec::amount_text(state.due),
            credited: codec::amount_text(state.credited),
            unfinal: codec::amount_text(state.unfinal),
            paying: state.paying,
            disputed: state.disputed,
            held_reason: state.held_reason.clone(),
            last_seq: state.last_seq,
            funded_at: state.funded_at.map(codec::stamp),
            expires_at: codec::stamp(state.expires_at),
            next_check_at: codec::stamp(state.next_check_at),
            created_at: codec::stamp(state.created_at),
            updated_at: codec::stamp(state.updated_at),
            token_address: state.asset.token.map(|token| token.to_string()),
            token: state.asset.symbol.to_string(),
            decimals: state.asset.decimals.into(),
            deposit: state.deposit,
        })
    }
}

impl TryFrom<StateRow> for State {
    type Error = DbError;

    fn try_from(row: StateRow) -> Result<Self, DbError> {
        let chain: u64 = codec::number("order_state.chain_id", row.chain_id)?;
        let named = (row.token.as_str(), row.decimals);
        let token = row.token_address.as_deref();
        let asset = codec::asset("order_state", ChainId::from(chain), token, named)?;
        Ok(Self {
            order: codec::parsed("order_state.order_id", &row.order_id)?,
            store: codec::parsed("order_state.store_id", &row.store_id)?,
            buyer: codec::parsed("order_state.buyer_id", &row.buyer_id)?,
            status: codec::parsed("order_state.status", &row.status)?,
            asset,
            address: codec::parsed_opt("order_state.address", row.address.as_deref())?,
            due: codec::amount("order_state.due", &row.due)?,
            credited: codec::amount("order_state.credited", &row.credited)?,
            unfinal: codec::amount("order_state.unfinal", &row.unfinal)?,
            paying: row.paying,
            disputed: row.disputed,
            held_reason: row.held_reason,
            last_seq: row.last_seq,
            funded_at: row.funded_at.map(codec::time),
            expires_at: codec::time(row.expires_at),
            next_check_at: codec::time(row.next_check_at),
            created_at: codec::time(row.created_at),
            updated_at: codec::time(row.updated_at),
            deposit: row.deposit,
        })
    }
}

/// One event of the payment stream, whole.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_events)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct EventRow {
    pub order_id: String,
    pub seq: i32,
    pub kind: String,
    pub status: String,
    pub amount: String,
    pub actor_role: String,
    pub actor_id: Option<String>,
    pub comment: String,
    pub case_no: Option<i32>,
    pub intent_n: Option<i32>,
    pub tx_hash: Option<String>,
    pub terminal: Option<i32>,
    pub hash: String,
    pub at: NaiveDateTime,
}

/// The next free index of a purpose and generation: one above the highest.
pub fn next_index(conn: &mut Conn, purpose: u32, generation: u32) -> Result<u32, DbError> {
    let purpose: i32 = codec::column("derivations.purpose", purpose)?;
    let generation: i32 = codec::column("derivations.generation", generation)?;
    let last: Option<i64> = derivations::table
        .filter(derivations::purpose.eq(purpose))
        .filter(derivations::generation.eq(generation))
        .select(diesel::dsl::max(derivations::idx))
        .first(conn)?;
    let next = last.map_or(0, |last| last.saturating_add(1));
    codec::number("derivations.idx", next)
}

/// Uses an index up. The same twice fails with [`DbError::Unique`].
pub fn derive(tx: &mut EscrowTx<'_>, used: &Derivation) -> Result<(), DbError> {
    let purpose: i32 = codec::column("derivations.purpose", used.purpose)?;
    let generation: i32 = codec::column("derivations.generation", used.generation)?;
    diesel::insert_into(derivations::table)
        .values((
            derivations::purpose.eq(purpose),
            derivations::generation.eq(generation),
            derivations::idx.eq(i64::from(used.index)),
            derivations::address.eq(used.address.to_string()),
            derivations::order_id.eq(used.order.map(|order| order.to_string())),
            derivations::issued_at.eq(codec::stamp(used.issued_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Purpose, generation and index of an address of ours.
pub fn derivation_of(
    conn: &mut Conn,
    address: EvmAddress,
) -> Result<Option<(u32, u32, u32)>, DbError> {
    let found: Option<(i32, i32, i64)> = derivations::table
        .filter(derivations::address.eq(address.to_string()))
        .select((derivations::purpose, derivations::generation, derivations::idx))
        .first(conn)
        .optional()?;
    found
        .map(|(purpose, generation, index)| {
            Ok((
                codec::number("derivations.purpose", purpose)?,
                codec::number("derivations.generation", generation)?,
                codec::number("derivations.idx", index)?,
            ))
        })
        .transpose()
}

/// Escrow's row of an order; none before it took the order up.
pub fn state(conn: &mut Conn, order: OrderId) -> Result<Option<State>, DbError> {
    let row: Option<StateRow> = order_state::table
        .find(order.to_string())
        .select(StateRow::as_select())
        .first(conn)
        .optional()?;
    row.map(State::try_from).transpose()
}

/// Writes escrow's row of an order, new or again.
pub fn put_state(tx: &mut EscrowTx<'_>, state: &State) -> Result<(), DbError> {
    let row = StateRow::of(state)?;
    let known =
        diesel::update(order_state::table.find(&row.order_id)).set(&row).execute(tx.conn())?;
    if known == 0 {
        diesel::insert_into(order_state::table).values(&row).execute(tx.conn())?;
    }
    Ok(())
}

/// No address waits longer for its next look; a time that lies further ahead is a clock's mistake.
const WATCH_MAX: Span = Span::hours(25);

/// Ids of orders of a chain whose address is to be looked at by `now`, the longest waiting first.
pub fn due(conn: &mut Conn, chain: ChainId, now: Time, limit: i64) -> Result<Vec<String>, DbError> {
    let chain: i64 = codec::column("order_state.chain_id", chain.get())?;
    order_state::table
        .filter(
            order_state::next_check_at
                .le(codec::stamp(now))
                .or(order_state::next_check_at.gt(codec::stamp(now.after(WATCH_MAX)))),
        )
        .filter(order_state::chain_id.eq(chain))
        .filter(order_state::address.is_not_null())
        .order((order_state::next_check_at, order_state::order_id))
        .limit(limit)
        .select(order_state::order_id)
        .load(conn)
        .map_err(DbError::from)
}

/// Of the next `limit` orders behind `after`, in the order of their ids, those with an address that was
/// issued for another chain; and the last one, if there may be more.
pub fn issued_elsewhere(
    conn: &mut Conn,
    chain: ChainId,
    after: &str,
    limit: i64,
) -> Result<(Vec<String>, Option<String>), DbError> {
    let chain: i64 = codec::column("order_state.chain_id", chain.get())?;
    let rows: Vec<(String, i64, Option<String>)> = order_state::table
        .filter(order_state::order_id.gt(after))
        .order(order_state::order_id)
        .limit(limit)
        .select((order_state::order_id, order_state::chain_id, order_state::address))
        .load(conn)?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count >= limit);
    let last = rows.last().filter(|_| full).map(|row| row.0.clone());
    let issued = rows.into_iter().filter(|(_, own, address)| *own != chain && address.is_some());
    Ok((issued.map(|(id, ..)| id).collect(), last))
}

/// Every address that was issued for an order, with the order's chain.
pub fn issued_for(conn: &mut Conn) -> Result<Vec<(EvmAddress, ChainId)>, DbError> {
    let rows: Vec<(Option<String>, i64)> = order_state::table
        .filter(order_state::address.is_not_null())
        .select((order_state::address, order_state::chain_id))
        .load(conn)?;
    let own = |(address, chain): (Option<String>, i64)| {
        let address = codec::parsed("order_state.address", &address.unwrap_or_default())?;
        let chain: u64 = codec::number("order_state.chain_id", chain)?;
        Ok((address, ChainId::from(chain)))
    };
    rows.into_iter().map(own).collect()
}

/// Sets when an order's address is looked at next.
pub fn check_at(tx: &mut EscrowTx<'_>, order: OrderId, at: Time) -> Result<(), DbError> {
    diesel::update(order_state::table.find(order.to_string()))
        .set(order_state::next_check_at.eq(codec::stamp(at)))
        .execute(tx.conn())?;
    Ok(())
}

/// Appends an event. The same number twice, or a second end, fails with [`DbError::Unique`].
pub fn append(tx: &mut EscrowTx<'_>, row: &EventRow) -> Result<(), DbError> {
    diesel::insert_into(order_events::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// The last event of an order.
pub fn last_event(conn: &mut Conn, order: OrderId) -> Result<Option<EventRow>, DbError> {
    order_events::table
        .filter(order_events::order_id.eq(order.to_string()))
        .order(order_events::seq.desc())
        .select(EventRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// All events of an order, oldest first.
pub fn events(conn: &mut Conn, order: OrderId) -> Result<Vec<EventRow>, DbError> {
    order_events::table
        .filter(order_events::order_id.eq(order.to_string()))
        .order(order_events::seq)
        .select(EventRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}

/// Answers an intent, once.
pub fn answer(
    tx: &mut EscrowTx<'_>,
    (order, n): (OrderId, i32),
    refusal: Option<&str>,
    at: Time,
) -> Result<(), DbError> {
    diesel::insert_into(intent_answers::table)
        .values((
            intent_answers::order_id.eq(order.to_string()),
            intent_answers::n.eq(n),
            intent_answers::outcome.eq(if refusal.is_some() { "refused" } else { "accepted" }),
            intent_answers::reason.eq(refusal.unwrap_or_default()),
            intent_answers::answered_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// How many intents of an order are answered.
pub fn answered(conn: &mut Conn, order: OrderId) -> Result<i64, DbError> {
    intent_answers::table
        .filter(intent_answers::order_id.eq(order.to_string()))
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}
