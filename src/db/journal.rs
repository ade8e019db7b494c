//! The journal: one entry for each movement of money, and the accounts that its lines sum up to.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::asset::Asset;
use domain::books::Line;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;

use crate::balances;
use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{deposits, journal_entries, journal_lines, order_state, strays};

/// One movement of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it books, in words that no other entry of the order has.
    pub books: String,
    /// Which amounts go from where to where; at least one.
    pub lines: Vec<Line>,
    /// When it was written.
    pub at: Time,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = journal_lines)]
struct LineRow {
    order_id: String,
    entry: i32,
    line: i32,
    from_account: String,
    to_account: String,
    chain_id: i64,
    token_address: String,
    symbol: String,
    decimals: i32,
    amount: String,
}

impl TryFrom<LineRow> for Line {
    type Error = DbError;

    fn try_from(row: LineRow) -> Result<Self, DbError> {
        Ok(Self {
            from: codec::parsed("journal_lines.from_account", &row.from_account)?,
            to: codec::parsed("journal_lines.to_account", &row.to_account)?,
            asset: asset(
                "journal_lines",
                row.chain_id,
                (&row.token_address, &row.symbol, row.decimals),
            )?,
            amount: codec::amount("journal_lines.amount", &row.amount)?,
        })
    }
}

/// The column of a contract, which is empty for the coin.
pub(crate) fn token_text(asset: &Asset) -> String {
    asset.token.map(|token| token.to_string()).unwrap_or_default()
}

/// The asset that a chain's number, a contract's column, a symbol and decimals name.
pub(crate) fn asset(
    table: &str,
    chain: i64,
    (token, symbol, decimals): (&str, &str, i32),
) -> Result<Asset, DbError> {
    let chain = ChainId::from(codec::number::<_, u64>(table, chain)?);
    let token = Some(token).filter(|token| !token.is_empty());
    codec::asset(table, chain, token, (symbol, decimals))
}

/// Writes an entry and adds its lines to their accounts. One without a line is none; the same thing
/// twice fails with [`DbError::Unique`].
pub fn post(tx: &mut EscrowTx<'_>, order: OrderId, entry: &Entry) -> Result<(), DbError> {
    if entry.lines.is_empty() {
        return Ok(());
    }
    let id = order.to_string();
    let last: Option<i32> = journal_entries::table
        .filter(journal_entries::order_id.eq(&id))
        .select(diesel::dsl::max(journal_entries::entry))
        .first(tx.conn())?;
    let number = last.unwrap_or_default().saturating_add(1);
    diesel::insert_into(journal_entries::table)
        .values((
            journal_entries::order_id.eq(&id),
            journal_entries::entry.eq(number),
            journal_entries::books.eq(&entry.books),
            journal_entries::booked_at.eq(codec::stamp(entry.at)),
        ))
        .execute(tx.conn())?;
    for (n, line) in (1..).zip(&entry.lines) {
        let row = LineRow {
            order_id: id.clone(),
            entry: number,
            line: n,
            from_account: line.from.to_string(),
            to_account: line.to.to_string(),
            chain_id: codec::column("journal_lines.chain_id", line.asset.chain.get())?,
            token_address: token_text(&line.asset),
            symbol: line.asset.symbol.to_string(),
            decimals: line.asset.decimals.into(),
            amount: codec::amount_text(line.amount),
        };
        diesel::insert_into(journal_lines::table).values(&row).execute(tx.conn())?;
    }
    balances::add(tx, order, &entry.lines)
}

/// The entries of an order, oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Entry>, DbError> {
    let heads: Vec<(i32, String, NaiveDateTime)> = journal_entries::table
        .filter(journal_entries::order_id.eq(order.to_string()))
        .order(journal_entries::entry)
        .select((journal_entries::entry, journal_entries::books, journal_entries::booked_at))
        .load(conn)?;
    let rows: Vec<LineRow> = journal_lines::table
        .filter(journal_lines::order_id.eq(order.to_string()))
        .order((journal_lines::entry, journal_lines::line))
        .select(LineRow::as_select())
        .load(conn)?;
    let mut rows = rows.into_iter().peekable();
    let mut entries = Vec::with_capacity(heads.len());
    for (number, books, at) in heads {
        let mut lines = Vec::new();
        while let Some(row) = rows.next_if(|row| row.entry <= number) {
            lines.push(Line::try_from(row)?);
        }
        entries.push(Entry { books, lines, at: codec::time(at) });
    }
    if rows.next().is_some() {
        return Err(codec::corrupt("journal_lines.entry", "a line without its entry"));
    }
    Ok(entries)
}

/// How many entries there are.
pub fn count(conn: &mut Conn) -> Result<i64, DbError> {
    journal_entries::table.count().get_result(conn).map_err(DbError::from)
}

/// Ids of orders that have a state or an entry, in their order after `after`, at most `limit`.
pub fn orders(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<String>, DbError> {
    let mut part: Vec<String> = order_state::table
        .filter(order_state::order_id.gt(after))
        .order(order_state::order_id)
        .select(order_state::order_id)
        .limit(limit)
        .load(conn)?;
    let booked: Vec<String> = journal_entries::table
        .filter(journal_entries::order_id.gt(after))
        .order(journal_entries::order_id)
        .select(journal_entries::order_id)
        .distinct()
        .limit(limit)
        .load(conn)?;
    part.extend(booked);
    part.sort_unstable();
    part.dedup();
    part.truncate(codec::number("limit", limit)?);
    Ok(part)
}

/// Of the next orders to which money came, at most `limit` of them after `after`, those that have no
/// entry: they are older than the books. With the place to go on from, and none at the end.
pub fn unbooked(
    conn: &mut Conn,
    after: &str,
    limit: i64,
) -> Result<(Vec<String>, Option<String>), DbError> {
    let mut part: Vec<String> = deposits::table
        .filter(deposits::order_id.gt(after))
        .order(deposits::order_id)
        .select(deposits::order_id)
        .distinct()
        .limit(limit)
        .load(conn)?;
    let strayed: Vec<String> = strays::table
        .filter(strays::order_id.gt(after))
        .filter(strays::amount.ne(codec::amount_text(Amount::ZERO)))
        .order(strays::order_id)
        .select(strays::order_id)
        .distinct()
        .limit(limit)
        .load(conn)?;
    part.extend(strayed);
    part.sort_unstable();
    part.dedup();
    part.truncate(codec::number("limit", limit)?);
    let Some(last) = part.last().cloned() else { return Ok((part, None)) };
    let booked: BTreeSet<String> = journal_entries::table
        .filter(journal_entries::order_id.gt(after))
        .filter(journal_entries::order_id.le(&last))
        .filter(journal_entries::entry.eq(1))
        .select(journal_entries::order_id)
        .load::<String>(conn)?
        .into_iter()
        .collect();
    part.retain(|order| !booked.contains(order));
    Ok((part, Some(last)))
}
