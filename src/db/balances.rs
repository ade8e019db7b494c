//! What the journal's lines sum up to: accounts of orders, totals of the shop, and what was last
//! read on the chains. Kept along with each line, so that nobody has to sum up the journal to know.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::asset::Asset;
use domain::books::{self, Account, Line, Sums};
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::journal::{asset, token_text};
use crate::schema::{book_accounts, book_sights, book_totals};

/// An account with what it was given and what was taken from it.
pub type Standing = (Asset, Account, Sums);

/// Adds the lines of an entry to their accounts and to the totals, each of them once.
pub(crate) fn add(tx: &mut EscrowTx<'_>, order: OrderId, lines: &[Line]) -> Result<(), DbError> {
    let sums = books::sum_up(lines);
    let sums = sums.ok_or_else(|| codec::corrupt("journal_lines", "the sum is too large"))?;
    for ((asset, account), Sums { given, taken }) in sums {
        add_to_account(tx, (order, account, asset), (given, taken))?;
        add_to_total(tx, (account, asset), (given, taken))?;
    }
    Ok(())
}

fn with(
    table: &str,
    known: Option<(String, String)>,
    (given, taken): (Amount, Amount),
) -> Result<(Sums, bool), DbError> {
    let before = known.as_ref().map(|(given, taken)| sums(table, given, taken)).transpose()?;
    let after = before.unwrap_or_default().with(given, taken);
    let after = after.ok_or_else(|| codec::corrupt(table, "the sum is too large"))?;
    Ok((after, known.is_some()))
}

fn sums(table: &str, given: &str, taken: &str) -> Result<Sums, DbError> {
    Ok(Sums { given: codec::amount(table, given)?, taken: codec::amount(table, taken)? })
}

fn add_to_account(
    tx: &mut EscrowTx<'_>,
    (order, account, asset): (OrderId, Account, Asset),
    amounts: (Amount, Amount),
) -> Result<(), DbError> {
    let (order, token) = (order.to_string(), token_text(&asset));
    let chain: i64 = codec::column("book_accounts.chain_id", asset.chain.get())?;
    let row = || book_accounts::table.find((&order, chain, &token, account.as_str()));
    let known =
        row().select((book_accounts::given, book_accounts::taken)).first(tx.conn()).optional()?;
    let (sums, is_known) = with("book_accounts", known, amounts)?;
    let values = (
        book_accounts::given.eq(codec::amount_text(sums.given)),
        book_accounts::taken.eq(codec::amount_text(sums.taken)),
        book_accounts::standing.eq(account.is_standing() && sums.given != sums.taken),
    );
    if is_known {
        diesel::update(row()).set(values).execute(tx.conn())?;
        return Ok(());
    }
    diesel::insert_into(book_accounts::table)
        .values((
            book_accounts::order_id.eq(&order),
            book_accounts::token_address.eq(&token),
            book_accounts::account.eq(account.as_str()),
            book_accounts::chain_id.eq(chain),
            book_accounts::symbol.eq(asset.symbol.as_str()),
            book_accounts::decimals.eq(i32::from(asset.decimals)),
            values,
        ))
        .execute(tx.conn())?;
    Ok(())
}

fn add_to_total(
    tx: &mut EscrowTx<'_>,
    (account, asset): (Account, Asset),
    amounts: (Amount, Amount),
) -> Result<(), DbError> {
    let token = token_text(&asset);
    let chain: i64 = codec::column("book_totals.chain_id", asset.chain.get())?;
    let row = || book_totals::table.find((chain, &token, account.as_str()));
    let known =
        row().select((book_totals::given, book_totals::taken)).first(tx.conn()).optional()?;
    let (sums, is_known) = with("book_totals", known, amounts)?;
    let values = (
        book_totals::given.eq(codec::amount_text(sums.given)),
        book_totals::taken.eq(codec::amount_text(sums.taken)),
    );
    if is_known {
        diesel::update(row()).set(values).execute(tx.conn())?;
        return Ok(());
    }
    diesel::insert_into(book_totals::table)
        .values((
            book_totals::chain_id.eq(chain),
            book_totals::token_address.eq(&token),
            book_totals::account.eq(account.as_str()),
            book_totals::symbol.eq(asset.symbol.as_str()),
            book_totals::decimals.eq(i32::from(asset.decimals)),
            values,
        ))
        .execute(tx.conn())?;
    Ok(())
}

type Found = (i64, (String, String, i32), String, (String, String));

fn standing(
    table: &str,
    (chain, (token, symbol, decimals), account, (given, taken)): Found,
) -> Result<Standing, DbError> {
    let asset = asset(table, chain, (&token, &symbol, decimals))?;
    Ok((asset, codec::parsed(table, &account)?, sums(table, &given, &taken)?))
}

/// The accounts of an order, by asset.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Standing>, DbError> {
    let found: Vec<Found> = book_accounts::table
        .filter(book_accounts::order_id.eq(order.to_string()))
        .order((book_accounts::chain_id, book_accounts::token_address, book_accounts::account))
        .select((
            book_accounts::chain_id,
            (book_accounts::token_address, book_accounts::symbol, book_accounts::decimals),
            book_accounts::account,
            (book_accounts::given, book_accounts::taken),
        ))
        .load(conn)?;
    found.into_iter().map(|row| standing("book_accounts", row)).collect()
}

/// Ids of orders of a chain at whose addresses something is owed, in their order after `after`.
pub fn owing(
    conn: &mut Conn,
    chain: ChainId,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let chain: i64 = codec::column("book_accounts.chain_id", chain.get())?;
    book_accounts::table
        .filter(book_accounts::standing.eq(true))
        .filter(book_accounts::chain_id.eq(chain))
        .filter(book_accounts::order_id.gt(after))
        .order(book_accounts::order_id)
        .select(book_accounts::order_id)
        .distinct()
        .limit(limit)
        .load(conn)
        .map_err(DbError::from)
}

/// What an asset is called in the totals, where a token had other names later: by its first one.
pub fn named(totals: &[Standing], asset: Asset) -> Asset {
    totals.iter().map(|(of, ..)| *of).find(|of| of.is(&asset)).unwrap_or(asset)
}

/// The accounts of the whole shop, by asset: a dozen for each.
pub fn totals(conn: &mut Conn) -> Result<Vec<Standing>, DbError> {
    let found: Vec<Found> = book_totals::table
        .order((book_totals::chain_id, book_totals::token_address, book_totals::account))
        .select((
            book_totals::chain_id,
            (book_totals::token_address, book_totals::symbol, book_totals::decimals),
            book_totals::account,
            (book_totals::given, book_totals::taken),
        ))
        .load(conn)?;
    let mut all: Vec<Standing> = Vec::new();
    for row in found {
        let (asset, account, sums) = standing("book_totals", row)?;
        all.push((named(&all, asset), account, sums));
    }
    Ok(all)
}

/// What was read on a chain at the addresses at which something is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// In what.
    pub asset: Asset,
    /// At how many addresses.
    pub addresses: u64,
    /// What the chain said, in base units.
    pub held: Amount,
    /// What the books say of the same addresses.
    pub booked: Amount,
    /// The final block by which the chain was read.
    pub block_number: u64,
    /// Its time.
    pub block_at: Time,
    /// When the reading came to its end.
    pub counted_at: Time,
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = book_sights)]
struct SightRow {
    chain_id: i64,
    token_address: String,
    symbol: String,
    decimals: i32,
    addresses: i64,
    held: String,
    booked: String,
    block_number: i64,
    block_at: NaiveDateTime,
    counted_at: NaiveDateTime,
}

/// Writes what was read in an asset, new or again.
pub fn put_sight(tx: &mut EscrowTx<'_>, sight: &Sight) -> Result<(), DbError> {
    let row = SightRow {
        chain_id: codec::column("book_sights.chain_id", sight.asset.chain.get())?,
        token_address: token_text(&sight.asset),
        symbol: sight.asset.symbol.to_string(),
        decimals: sight.asset.decimals.into(),
        addresses: codec::column("book_sights.addresses", sight.addresses)?,
        held: codec::amount_text(sight.held),
        booked: codec::amount_text(sight.booked),
        block_number: codec::column("book_sights.block_number", sight.block_number)?,
        block_at: codec::stamp(sight.block_at),
        counted_at: codec::stamp(sight.counted_at),
    };
    let key = book_sights::table.find((row.chain_id, &row.token_address));
    if diesel::update(key).set(&row).execute(tx.conn())? == 0 {
        diesel::insert_into(book_sights::table).values(&row).execute(tx.conn())?;
    }
    Ok(())
}

/// What was last read, by asset.
pub fn sights(conn: &mut Conn) -> Result<Vec<Sight>, DbError> {
    let rows: Vec<SightRow> = book_sights::table
        .order((book_sights::chain_id, book_sights::token_address))
        .select(SightRow::as_select())
        .load(conn)?;
    let read = |row: SightRow| {
        Ok(Sight {
            asset: asset(
                "book_sights",
                row.chain_id,
                (&row.token_address, &row.symbol, row.decimals),
            )?,
            addresses: codec::number("book_sights.addresses", row.addresses)?,
            held: codec::amount("book_sights.held", &row.held)?,
            booked: codec::amount("book_sights.booked", &row.booked)?,
            block_number: codec::number("book_sights.block_number", row.block_number)?,
            block_at: codec::time(row.block_at),
            counted_at: codec::time(row.counted_at),
        })
    };
    rows.into_iter().map(read).collect()
}
