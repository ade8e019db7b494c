//! What the chains hold of what the books owe: the addresses at which something is owed are read at
//! one final block, some in each round, and the sums are published. Pages show them; nothing is
//! decided by them, since every address is held against its own books when it is looked at.

use std::collections::BTreeMap;

use db::balances::{self, Sight, Standing};
use db::{deposits, ledger, todo, tokens, top_ups};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Span;
use domain::ids::OrderId;
use domain::money::Amount;

use crate::chain::client::{Held, View};
use crate::chain::rpc::Block;
use crate::ctx::{Ctx, Served};
use crate::fault::Fault;

/// How often a public chain is read anew, whose provider counts requests.
const PACE: Span = Span::minutes(5);
/// How often a development chain is.
const PACE_DEVELOPMENT: Span = Span::secs(30);
/// Orders in one round.
const ROUND: i64 = 200;

/// A reading that goes on over several rounds.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// The block by which all of it is read.
    block: Block,
    /// The last order that was read.
    after: String,
    /// What has been read so far.
    sums: BTreeMap<Asset, Sum>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    addresses: u64,
    held: Amount,
    booked: Amount,
}

impl Sum {
    fn add(&mut self, more: Self) -> Result<(), Fault> {
        let sums = self.held.checked_add(more.held).zip(self.booked.checked_add(more.booked));
        let Some((held, booked)) = sums else {
            return Err(Fault::Ledger("a sum beyond all sums".to_owned()));
        };
        *self = Self { addresses: self.addresses.saturating_add(more.addresses), held, booked };
        Ok(())
    }
}

/// What is owed at an address in one asset, by the books.
type Owed = (EvmAddress, Asset, Amount);

/// Reads the next addresses of a chain and publishes the sums after the last. Nothing of it is work
/// that anybody waits for, so it answers 0.
///
/// # Errors
/// [`Fault`] when the database or the provider fails; the reading begins anew then.
pub(crate) fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    let spec = served.client.spec();
    let chain = spec.id;
    let pace = if spec.genesis.is_some() { PACE } else { PACE_DEVELOPMENT };
    let mut reading = match ctx.readings().remove(&chain) {
        Some(reading) => reading,
        None if ctx.is_time((chain, "sights"), pace) => {
            Reading { block: view.fin, after: String::new(), sums: BTreeMap::new() }
        }
        None => return Ok(0),
    };
    let orders = ctx.db.read(|conn| balances::owing(conn, chain, &reading.after, ROUND))?;
    let mut owed: Vec<Owed> = Vec::new();
    for order in orders.iter().filter_map(|id| id.parse().ok()) {
        let found = at(ctx, order, (chain, reading.block.number));
        owed.extend(ctx.contain("sights", Some(order), found)?);
    }
    let asks: Vec<Held> = owed.iter().map(|(at, asset, _)| (*at, asset.token)).collect();
    let there = served.client.balances(&reading.block, &asks)?;
    for ((_, asset, booked), held) in owed.into_iter().zip(there) {
        // A contract that tells no balance says nothing about what is there.
        let Some(held) = held else { continue };
        reading.sums.entry(asset).or_default().add(Sum { addresses: 1, held, booked })?;
    }
    let full = orders.len() >= usize::try_from(ROUND).unwrap_or(usize::MAX);
    match orders.into_iter().next_back().filter(|_| full) {
        Some(last) => {
            reading.after = last;
            ctx.readings().insert(chain, reading);
        }
        None => publish(ctx, served, reading)?,
    }
    Ok(0)
}

/// What is owed at the address of an order on a chain, asset by asset. Nothing where the books and the block
/// cannot be of one moment: a payout is on its way, or money came in by a later block.
fn at(ctx: &Ctx, order: OrderId, (chain, block): (ChainId, u64)) -> Result<Vec<Owed>, Fault> {
    let found = ctx.db.snapshot(|conn| {
        let Some(state) = ledger::state(conn, order)? else { return Ok(None) };
        let strays = tokens::ever_strayed(conn, order)?.into_iter();
        let strays = strays.filter(|stray| stray.asset.chain == chain);
        let newest = strays.map(|stray| stray.block_number).max();
        let mut newest = newest.max(top_ups::last_block(conn, order, chain)?);
        if state.asset.chain == chain {
            newest = newest.max(deposits::last_block(conn, order)?);
        }
        let moves = todo::in_flight(conn, order)? || top_ups::in_flight(conn, order)?;
        if newest.is_some_and(|newest| newest > block) || moves {
            return Ok(None);
        }
        Ok(state.address.zip(Some(balances::of_order(conn, order)?)))
    })?;
    let Some((address, accounts)) = found else { return Ok(Vec::new()) };
    let mut sums: BTreeMap<Asset, Amount> = BTreeMap::new();
    for (asset, account, both) in
        accounts.into_iter().filter(|one| one.0.chain == chain && one.1.is_held())
    {
        let part = both.balance().ok_or_else(|| {
            Fault::Ledger(format!("order {order}: more left its account {account} than came in"))
        })?;
        let sum = sums.entry(asset).or_default();
        *sum = sum
            .checked_add(part)
            .ok_or_else(|| Fault::Ledger("a sum beyond all sums".to_owned()))?;
    }
    let held = sums.into_iter().filter(|(_, amount)| !amount.is_zero());
    Ok(held.map(|(asset, amount)| (address, asset, amount)).collect())
}

/// Writes the sums down, and nothing where nothing is owed any more.
fn publish(ctx: &Ctx, served: &Served, reading: Reading) -> Result<(), Fault> {
    let (chain, now) = (served.client.spec().id, ctx.now());
    let known: Vec<Standing> = ctx.db.read(balances::totals)?;
    let mut sums: BTreeMap<Asset, Sum> = BTreeMap::new();
    for (asset, sum) in reading.sums {
        sums.entry(balances::named(&known, asset)).or_default().add(sum)?;
    }
    sums.entry(Asset::native(served.client.spec())).or_default();
    for (asset, ..) in known.into_iter().filter(|(asset, ..)| asset.chain == chain) {
        sums.entry(asset).or_default();
    }
    let sight = |(asset, sum): (Asset, Sum)| Sight {
        asset,
        addresses: sum.addresses,
        held: sum.held,
        booked: sum.booked,
        block_number: reading.block.number,
        block_at: reading.block.time,
        counted_at: now,
    };
    let sights: Vec<Sight> = sums.into_iter().map(sight).collect();
    for sight in sights.iter().filter(|sight| sight.held < sight.booked) {
        let (name, symbol) = (served.client.spec().name, sight.asset.symbol);
        let why = format!("on {name} the addresses hold less {symbol} than the books owe");
        ctx.alarm("books", None, why)?;
    }
    ctx.write("sights", move |tx| {
        for sight in &sights {
            balances::put_sight(tx, sight)?;
        }
        Ok(())
    })?;
    Ok(())
}
