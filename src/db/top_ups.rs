//! Coin that gas wallets send to orders' addresses for the gas of transfers: one row each, written with
//! its signed bytes, moved on until a final block has it.

use diesel::prelude::*;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use domain::seal::hex;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::payouts::hash;
use crate::proofs::{self, Attempt, LegKey};
use crate::relays::{self, Relay};
use crate::schema::top_ups;

/// Where a top-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopUpState {
    /// Signed bytes are stored.
    Signed,
    /// In a block that is not final.
    Seen,
    /// In a final block: the coin is there.
    Final,
    /// Its nonce was used, in a final block, and the coin did not come.
    Failed,
}

impl TopUpState {
    const ALL: [Self; 4] = [Self::Signed, Self::Seen, Self::Final, Self::Failed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Seen => "seen",
            Self::Final => "final",
            Self::Failed => "failed",
        }
    }
}

/// Coin for the gas of a payout's transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUp {
    /// The order.
    pub order: OrderId,
    /// The payout.
    pub case: i32,
    /// Number within the payout, from 0.
    pub n: i32,
    /// The chain.
    pub chain: ChainId,
    /// The gas wallet.
    pub from: EvmAddress,
    /// Its nonce, fixed for ever.
    pub nonce: u64,
    /// The order's address.
    pub to: EvmAddress,
    /// What arrives there, in base units of the coin.
    pub amount: Amount,
    /// Where it stands.
    pub state: TopUpState,
    /// Since when.
    pub state_at: Time,
    /// The chain tx that was seen or is final.
    pub tx_hash: Option<[u8; 32]>,
    /// The final block, and what the chain took of the gas wallet.
    pub settled: Option<(u64, Amount)>,
}

impl TopUp {
    /// Under which number its attempts and its nonce stand, where a leg has its own.
    pub const fn key(&self) -> LegKey {
        (self.order, self.case, (-1_i32).saturating_sub(self.n))
    }

    /// Whether its signed bytes may be about.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, TopUpState::Signed | TopUpState::Seen)
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = top_ups)]
struct Row {
    order_id: String,
    case_no: i32,
    n: i32,
    chain_id: i64,
    from_address: String,
    nonce: i64,
    to_address: String,
    amount: String,
    state: String,
    state_at: chrono::NaiveDateTime,
    tx_hash: Option<String>,
    block_number: Option<i64>,
    fee_paid: Option<String>,
}

impl TryFrom<Row> for TopUp {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let chain: u64 = codec::number("top_ups.chain_id", row.chain_id)?;
        let state = TopUpState::ALL.into_iter().find(|state| state.as_str() == row.state);
        let settled = row.block_number.zip(row.fee_paid).map(|(block, fee)| {
            Ok::<_, DbError>((
                codec::number("top_ups.block_number", block)?,
                codec::amount("top_ups.fee_paid", &fee)?,
            ))
        });
        Ok(Self {
            order: codec::parsed("top_ups.order_id", &row.order_id)?,
            case: row.case_no,
            n: row.n,
            chain: ChainId::from(chain),
            from: codec::parsed("top_ups.from_address", &row.from_address)?,
            nonce: codec::number("top_ups.nonce", row.nonce)?,
            to: codec::parsed("top_ups.to_address", &row.to_address)?,
            amount: codec::amount("top_ups.amount", &row.amount)?,
            state: state.ok_or_else(|| codec::corrupt("top_ups.state", "not a state"))?,
            state_at: codec::time(row.state_at),
            tx_hash: row.tx_hash.map(|text| hash("top_ups.tx_hash", &text)).transpose()?,
            settled: settled.transpose()?,
        })
    }
}

impl TryFrom<&TopUp> for Row {
    type Error = DbError;

    fn try_from(of: &TopUp) -> Result<Self, DbError> {
        let settled = of.settled.map(|(block, fee)| {
            Ok::<_, DbError>((
                codec::column("top_ups.block_number", block)?,
                codec::amount_text(fee),
            ))
        });
        let (block_number, fee_paid) = settled.transpose()?.unzip();
        Ok(Self {
            order_id: of.order.to_string(),
            case_no: of.case,
            n: of.n,
            chain_id: codec::column("top_ups.chain_id", of.chain.get())?,
            from_address: of.from.to_string(),
            nonce: codec::column("top_ups.nonce", of.nonce)?,
            to_address: of.to.to_string(),
            amount: codec::amount_text(of.amount),
            state: of.state.as_str().to_owned(),
            state_at: codec::stamp(of.state_at),
            tx_hash: of.tx_hash.map(|hash| hex(&hash)),
            block_number,
            fee_paid,
        })
    }
}

/// Stores a new top-up with its signed bytes and takes its nonce; a number or a nonce that is taken
/// fails with [`DbError::Unique`].
pub fn insert(tx: &mut EscrowTx<'_>, top_up: &TopUp, attempt: &Attempt) -> Result<(), DbError> {
    diesel::insert_into(top_ups::table).values(&Row::try_from(top_up)?).execute(tx.conn())?;
    let relay = Relay { from: top_up.from, nonce: top_up.nonce, first_attempt: attempt.attempt };
    relays::take_for(tx, (top_up.chain, top_up.key()), &relay, attempt.signed_at)?;
    proofs::insert_attempt_of(tx, top_up.key(), attempt)
}

/// Stores another offer for the same thing.
pub fn again(tx: &mut EscrowTx<'_>, top_up: &TopUp, attempt: &Attempt) -> Result<(), DbError> {
    proofs::insert_attempt_of(tx, top_up.key(), attempt)
}

/// Moves a top-up to where `top_up` says it stands, if it still stands at `from`; says whether it did.
pub fn advance(tx: &mut EscrowTx<'_>, top_up: &TopUp, from: TopUpState) -> Result<bool, DbError> {
    let row = Row::try_from(top_up)?;
    let changed = diesel::update(top_ups::table.find((&row.order_id, row.case_no, row.n)))
        .filter(top_ups::state.eq(from.as_str()))
        .set((
            top_ups::state.eq(&row.state),
            top_ups::state_at.eq(row.state_at),
            top_ups::tx_hash.eq(&row.tx_hash),
            top_ups::block_number.eq(row.block_number),
            top_ups::fee_paid.eq(&row.fee_paid),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}

/// The signed chain txs of a top-up, the first one first.
pub fn attempts(conn: &mut Conn, top_up: &TopUp) -> Result<Vec<Attempt>, DbError> {
    proofs::attempts_of(conn, top_up.key())
}

/// The top-ups of an order, case by case, the oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<TopUp>, DbError> {
    let rows: Vec<Row> = top_ups::table
        .filter(top_ups::order_id.eq(order.to_string()))
        .order((top_ups::case_no, top_ups::n))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TopUp::try_from).collect()
}

/// Order and case of the payouts of a chain of which a top-up is about, in the order of these two,
/// after `after` if that is given.
pub fn open(
    conn: &mut Conn,
    chain: ChainId,
    after: Option<&(String, i32)>,
    limit: i64,
) -> Result<Vec<(String, i32)>, DbError> {
    let chain: i64 = codec::column("top_ups.chain_id", chain.get())?;
    let mut query = top_ups::table
        .filter(top_ups::chain_id.eq(chain))
        .filter(top_ups::state.eq_any(["signed", "seen"]))
        .into_boxed();
    if let Some((order, case)) = after {
        let later = top_ups::order_id.eq(order).and(top_ups::case_no.gt(case));
        query = query.filter(top_ups::order_id.gt(order).or(later));
    }
    query
        .order((top_ups::order_id, top_ups::case_no))
        .limit(limit)
        .select((top_ups::order_id, top_ups::case_no))
        .distinct()
        .load(conn)
        .map_err(DbError::from)
}

/// Whether a top-up of any order may be about that no final block has settled.
pub fn any_in_flight(conn: &mut Conn) -> Result<bool, DbError> {
    let open = top_ups::table.filter(top_ups::state.eq_any(["signed", "seen"]));
    diesel::select(diesel::dsl::exists(open)).get_result(conn).map_err(DbError::from)
}

/// Whether a top-up of an order may be about that no final block has settled.
pub fn in_flight(conn: &mut Conn, order: OrderId) -> Result<bool, DbError> {
    Ok(of_order(conn, order)?.iter().any(TopUp::is_open))
}

/// The coin that came to an order's address for gas, by final blocks of a chain up to this one.
pub fn came(
    conn: &mut Conn,
    order: OrderId,
    (chain, block): (ChainId, u64),
) -> Result<Amount, DbError> {
    let all = of_order(conn, order)?;
    let came = all.iter().filter(|one| {
        one.chain == chain
            && one.state == TopUpState::Final
            && one.settled.is_some_and(|(at, _)| at <= block)
    });
    let sum = Amount::sum(came.map(|one| one.amount));
    sum.ok_or_else(|| codec::corrupt("top_ups", "the sum is too large"))
}

/// The newest final block of a chain in which coin came for an order's gas; none where none did.
pub fn last_block(conn: &mut Conn, order: OrderId, chain: ChainId) -> Result<Option<u64>, DbError> {
    let all = of_order(conn, order)?.into_iter().filter(|one| one.chain == chain);
    Ok(all.filter_map(|one| Some(one.settled?.0)).max())
}
