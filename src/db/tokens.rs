//! Tokens as their chains answered about them, the wallets that carry their payouts, and money that
//! came in another asset than its order's.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use domain::seal::{hex, unhex};

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::orders::ended;
use crate::schema::{gas_wallets, legs, order_state, strays, tokens};

/// What stands where a token has no domain.
const NO_DOMAIN: [u8; 32] = [0; 32];

/// Whether a token can be paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It is what it should be and can be moved.
    Ok,
    /// It is not what it should be.
    Refused,
    /// It is what it should be, but nothing can be priced or moved now.
    Waiting,
}

impl TokenState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Waiting => "waiting",
        }
    }
}

/// A token as its chain answered about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Chain, contract, symbol and decimals.
    pub asset: Asset,
    /// Keccak-256 of the contract's code as it was at the first sight.
    pub code_hash: [u8; 32],
    /// Its EIP-712 domain; none where it knows no authorizations.
    pub domain: Option<[u8; 32]>,
    /// Whether it can be paid in.
    pub state: TokenState,
    /// Why not.
    pub note: String,
    /// What each leg of a payout is charged now, in its base units.
    pub leg_fee: Amount,
    /// When that was last looked at.
    pub checked_at: Time,
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tokens)]
struct TokenRow {
    chain_id: i64,
    address: String,
    symbol: String,
    decimals: i32,
    code_hash: String,
    domain: String,
    state: String,
    note: String,
    leg_fee: String,
    checked_at: NaiveDateTime,
}

impl TryFrom<TokenRow> for Token {
    type Error = DbError;

    fn try_from(row: TokenRow) -> Result<Self, DbError> {
        let chain: u64 = codec::number("tokens.chain_id", row.chain_id)?;
        let hash = |column: &str, text: &str| {
            unhex(text).ok_or_else(|| codec::corrupt(column, "not a hash"))
        };
        let state = [TokenState::Ok, TokenState::Refused, TokenState::Waiting]
            .into_iter()
            .find(|state| state.as_str() == row.state);
        Ok(Self {
            asset: codec::asset(
                "tokens",
                ChainId::from(chain),
                Some(&row.address),
                (&row.symbol, row.decimals),
            )?,
            code_hash: hash("tokens.code_hash", &row.code_hash)?,
            domain: Some(hash("tokens.domain", &row.domain)?).filter(|domain| *domain != NO_DOMAIN),
            state: state.ok_or_else(|| codec::corrupt("tokens.state", "not a state"))?,
            note: row.note,
            leg_fee: codec::amount("tokens.leg_fee", &row.leg_fee)?,
            checked_at: codec::time(row.checked_at),
        })
    }
}

/// Writes what was seen of a token, new or again. One without a contract is none.
pub fn put(tx: &mut EscrowTx<'_>, token: &Token) -> Result<(), DbError> {
    let Some(address) = token.asset.token else { return Ok(()) };
    let row = TokenRow {
        chain_id: codec::column("tokens.chain_id", token.asset.chain.get())?,
        address: address.to_string(),
        symbol: token.asset.symbol.to_string(),
        decimals: token.asset.decimals.into(),
        code_hash: hex(&token.code_hash),
        domain: hex(&token.domain.unwrap_or(NO_DOMAIN)),
        state: token.state.as_str().to_owned(),
        note: token.note.clone(),
        leg_fee: codec::amount_text(token.leg_fee),
        checked_at: codec::stamp(token.checked_at),
    };
    let key = tokens::table.find((row.chain_id, &row.address));
    if diesel::update(key).set(&row).execute(tx.conn())? == 0 {
        diesel::insert_into(tokens::table).values(&row).execute(tx.conn())?;
    }
    Ok(())
}

/// A token by its chain and contract.
pub fn by_address(
    conn: &mut Conn,
    chain: ChainId,
    address: EvmAddress,
) -> Result<Option<Token>, DbError> {
    let chain: i64 = codec::column("tokens.chain_id", chain.get())?;
    let row: Option<TokenRow> = tokens::table
        .find((chain, address.to_string()))
        .select(TokenRow::as_select())
        .first(conn)
        .optional()?;
    row.map(Token::try_from).transpose()
}

/// Every token that was ever looked at, by chain and contract.
pub fn all(conn: &mut Conn) -> Result<Vec<Token>, DbError> {
    let rows: Vec<TokenRow> = tokens::table
        .order((tokens::chain_id, tokens::address))
        .select(TokenRow::as_select())
        .load(conn)?;
    rows.into_iter().map(Token::try_from).collect()
}

/// Writes what a gas wallet holds, in base units of the chain's coin.
pub fn put_wallet(
    tx: &mut EscrowTx<'_>,
    chain: ChainId,
    (address, balance): (EvmAddress, Amount),
    at: Time,
) -> Result<(), DbError> {
    let chain: i64 = codec::column("gas_wallets.chain_id", chain.get())?;
    let (address, balance) = (address.to_string(), codec::amount_text(balance));
    let values = (
        gas_wallets::address.eq(&address),
        gas_wallets::balance.eq(&balance),
        gas_wallets::checked_at.eq(codec::stamp(at)),
    );
    if diesel::update(gas_wallets::table.find(chain)).set(values).execute(tx.conn())? == 0 {
        diesel::insert_into(gas_wallets::table)
            .values((gas_wallets::chain_id.eq(chain), values))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// The gas wallet of a chain and what it held when it was last looked at.
pub fn wallet(conn: &mut Conn, chain: ChainId) -> Result<Option<(EvmAddress, Amount)>, DbError> {
    let chain: i64 = codec::column("gas_wallets.chain_id", chain.get())?;
    let row: Option<(String, String)> = gas_wallets::table
        .find(chain)
        .select((gas_wallets::address, gas_wallets::balance))
        .first(conn)
        .optional()?;
    row.map(|(address, balance)| {
        Ok((
            codec::parsed("gas_wallets.address", &address)?,
            codec::amount("gas_wallets.balance", &balance)?,
        ))
    })
    .transpose()
}

/// Money at an order's address in another asset than the order's, on its chain or on another one, that
/// no payout sends back yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// What it is.
    pub asset: Asset,
    /// How much of it is there.
    pub amount: Amount,
    /// The final block by which it was read.
    pub block_number: u64,
    /// When it was last found changed.
    pub seen_at: Time,
}

/// Which row tells what a leg pays in, where that is a token and not what its order is paid in.
#[diesel::dsl::auto_type]
pub(crate) fn pays_a_stray() -> _ {
    strays::order_id
        .eq(legs::order_id)
        .and(strays::chain_id.eq(legs::chain_id))
        .and(strays::token_address.nullable().eq(legs::token_address))
}

/// Notes what strayed to an order's address. Answers how much was noted before, and none where
/// nothing has changed.
pub fn note_stray(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    stray: &Stray,
) -> Result<Option<Amount>, DbError> {
    let token = stray.asset.token.map(|token| token.to_string()).unwrap_or_default();
    let amount = codec::amount_text(stray.amount);
    let order = order.to_string();
    let chain: i64 = codec::column("strays.chain_id", stray.asset.chain.get())?;
    let key = || strays::table.find((&order, chain, &token));
    let known: Option<String> = key().select(strays::amount).first(tx.conn()).optional()?;
    if known.as_ref() == Some(&amount) || (known.is_none() && stray.amount.is_zero()) {
        return Ok(None);
    }
    let block: i64 = codec::column("strays.block_number", stray.block_number)?;
    let values = (
        strays::amount.eq(&amount),
        strays::block_number.eq(block),
        strays::seen_at.eq(codec::stamp(stray.seen_at)),
    );
    if known.is_some() {
        diesel::update(key()).set(values).execute(tx.conn())?;
    } else {
        diesel::insert_into(strays::table)
            .values((
                strays::order_id.eq(&order),
                strays::chain_id.eq(chain),
                strays::token_address.eq(&token),
                strays::symbol.eq(stray.asset.symbol.as_str()),
                strays::decimals.eq(i32::from(stray.asset.decimals)),
                values,
            ))
            .execute(tx.conn())?;
    }
    let before = known.map(|known| codec::amount("strays.amount", &known)).transpose()?;
    Ok(Some(before.unwrap_or_default()))
}

/// Notes that a payout sends all of it back.
pub fn settle_stray(tx: &mut EscrowTx<'_>, order: OrderId, asset: &Asset) -> Result<(), DbError> {
    let token = asset.token.map(|token| token.to_string()).unwrap_or_default();
    let chain: i64 = codec::column("strays.chain_id", asset.chain.get())?;
    diesel::update(strays::table.find((order.to_string(), chain, token)))
        .set(strays::amount.eq(codec::amount_text(Amount::ZERO)))
        .execute(tx.conn())?;
    Ok(())
}

/// The order and a number for it that says nothing, of orders of a chain that have ended and to which
/// something strayed that is still there, in the order of their ids, after `after` if that is given.
pub fn strayed(
    conn: &mut Conn,
    chain: ChainId,
    after: Option<&(String, i32)>,
    limit: i64,
) -> Result<Vec<(String, i32)>, DbError> {
    let chain: i64 = codec::column("strays.chain_id", chain.get())?;
    let after = after.map(|(order, _)| order.as_str()).unwrap_or_default();
    let orders: Vec<String> = strays::table
        .inner_join(order_state::table.on(order_state::order_id.eq(strays::order_id)))
        .filter(order_state::status.eq_any(ended()))
        .filter(strays::chain_id.eq(chain))
        .filter(order_state::chain_id.eq(chain))
        .filter(strays::amount.ne(codec::amount_text(Amount::ZERO)))
        .filter(strays::order_id.gt(after))
        .order(strays::order_id)
        .limit(limit)
        .select(strays::order_id)
        .distinct()
        .load(conn)?;
    Ok(orders.into_iter().map(|order| (order, 0)).collect())
}

/// What strayed to an order's address, is still there, and goes back by no payout yet.
pub fn strays_of(conn: &mut Conn, order: OrderId) -> Result<Vec<Stray>, DbError> {
    let all = ever_strayed(conn, order)?;
    Ok(all.into_iter().filter(|stray| !stray.amount.is_zero()).collect())
}

/// The same with what is there no more, or goes back.
pub fn ever_strayed(conn: &mut Conn, order: OrderId) -> Result<Vec<Stray>, DbError> {
    type Found = (i64, String, String, i32, String, i64, NaiveDateTime);
    let found: Vec<Found> = strays::table
        .filter(strays::order_id.eq(order.to_string()))
        .order((strays::chain_id, strays::token_address))
        .select((
            strays::chain_id,
            strays::token_address,
            strays::symbol,
            strays::decimals,
            strays::amount,
            strays::block_number,
            strays::seen_at,
        ))
        .load(conn)?;
    let mut strays = Vec::new();
    for (chain, token, symbol, decimals, amount, block, at) in found {
        let chain: u64 = codec::number("strays.chain_id", chain)?;
        let token = Some(token.as_str()).filter(|token| !token.is_empty());
        let asset = codec::asset("strays", ChainId::from(chain), token, (&symbol, decimals))?;
        let amount = codec::amount("strays.amount", &amount)?;
        let block_number = codec::number("strays.block_number", block)?;
        strays.push(Stray { asset, amount, block_number, seen_at: codec::time(at) });
    }
    Ok(strays)
}
