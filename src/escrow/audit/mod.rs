//! The audit: every account is computed again from the journal and held against deposits, payouts,
//! receipts and the state of its order, and, where a provider answers, against the chain.

mod order;

use std::collections::BTreeMap;

use db::balances::{self, Standing};
use db::doors::{Door, Role};
use db::{Conn, DbError, journal, ledger};
use domain::asset::Asset;
use domain::books::{Account, Sums};
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;

use self::order::{Due, Order};
use crate::chain::client::{Held, View};
use crate::ctx::Served;
use crate::keys::{DEPOSITS, ORDERS};

/// Orders in one part.
const PART: i64 = 100;

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Orders that were gone through.
    pub orders: u64,
    /// Entries of their journal.
    pub entries: u64,
    /// Balances that were held against a chain.
    pub compared: u64,
    /// How many keys of each generation are issued: what a recovery has to try.
    pub issued: Vec<u32>,
    /// The chains that answered: name, number and time of the final block.
    pub chains: Vec<(&'static str, u64, Time)>,
    /// What the journal sums up to over all orders.
    pub totals: Vec<Standing>,
    /// What does not agree, in sentences.
    pub faults: Vec<String>,
    /// What is to be known and is no fault.
    pub notes: Vec<String>,
}

/// A provider that answered, and what it answered.
type Seen<'a> = BTreeMap<ChainId, (&'a Served, View)>;
/// An order with what its address is due to hold, or why it cannot be read.
type Found = Result<(Order, Vec<Due>), String>;
/// The journal's sums.
type All = BTreeMap<(Asset, Account), Sums>;

/// Goes through the books of every order, with as many of the chains as answer. The shop may run
/// meanwhile: what moves under the audit is noted.
///
/// # Errors
/// [`DbError`] where the database cannot be read. A row that makes no sense is a finding.
pub fn books<R: Role>(db: &Door<R>, chains: &[Served]) -> Result<Audit, DbError> {
    let mut audit = Audit::default();
    let mut seen: Seen<'_> = BTreeMap::new();
    for served in chains {
        let spec = served.client.spec();
        match served.client.look() {
            Ok(view) => {
                audit.chains.push((spec.name, view.fin.number, view.fin.time));
                seen.insert(spec.id, (served, view));
            }
            Err(fault) => {
                audit.notes.push(format!("{} is not compared with its chain: {fault}", spec.name));
            }
        }
    }
    audit.issued = db.read(issued)?;
    let before = db.read(journal::count)?;
    let mut all = Some(All::new());
    let mut after = String::new();
    loop {
        let part = db.read(|conn| journal::orders(conn, &after, PART))?;
        let Some(last) = part.last() else { break };
        after.clone_from(last);
        let mut due = Vec::new();
        for id in &part {
            audit.orders = audit.orders.saturating_add(1);
            match one(db, id, &seen)? {
                Ok((order, owed)) => {
                    let entries = u64::try_from(order.entries.len()).unwrap_or(u64::MAX);
                    audit.entries = audit.entries.saturating_add(entries);
                    audit.faults.extend(order.faults());
                    all = all.and_then(|all| add(all, &order));
                    due.extend(owed);
                }
                Err(why) => {
                    audit.faults.push(format!("order {id} cannot be read: {why}"));
                    all = None;
                }
            }
        }
        compare(&seen, due, &mut audit);
    }
    let still = db.read(journal::count)? == before;
    totals(&mut audit, db.read(balances::totals)?, all.filter(|_| still));
    Ok(audit)
}

/// Keys that were issued, generation by generation: of orders or of deposits, whichever are more.
fn issued(conn: &mut Conn) -> Result<Vec<u32>, DbError> {
    let mut all = Vec::new();
    for generation in 0.. {
        let of = |conn: &mut Conn, purpose| ledger::next_index(conn, purpose, generation);
        match of(conn, ORDERS)?.max(of(conn, DEPOSITS)?) {
            0 => break,
            count => all.push(count),
        }
    }
    Ok(all)
}

fn one<R: Role>(db: &Door<R>, id: &str, seen: &Seen<'_>) -> Result<Found, DbError> {
    let Ok(order) = id.parse::<OrderId>() else { return Ok(Err("it is no id".to_owned())) };
    let read = db.snapshot(|conn| {
        let order = Order::read(conn, order)?;
        let fin = |chain| seen.get(&chain).map(|(_, view): &(_, View)| view.fin.number);
        let due = order.due(conn, fin)?;
        Ok((order, due))
    });
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(DbError::Corrupt(why)) => Ok(Err(why)),
        Err(other) => Err(other),
    }
}

fn add(mut all: All, order: &Order) -> Option<All> {
    for (key, sums) in order.sums()? {
        let total = all.entry(key).or_default();
        *total = total.with(sums.given, sums.taken)?;
    }
    Some(all)
}

/// Holds what addresses are due to hold against their chains.
fn compare(seen: &Seen<'_>, due: Vec<Due>, audit: &mut Audit) {
    for (chain, (served, view)) in seen {
        let own: Vec<&Due> = due.iter().filter(|one| one.asset.chain == *chain).collect();
        let asks: Vec<Held> = own.iter().map(|one| (one.at, one.asset.token)).collect();
        let there = match served.client.balances(&view.fin, &asks) {
            Ok(there) => there,
            Err(fault) => {
                let name = served.client.spec().name;
                audit
                    .notes
                    .push(format!("{} addresses of {name} are not compared: {fault}", own.len()));
                continue;
            }
        };
        for (due, there) in own.into_iter().zip(there) {
            audit.compared = audit.compared.saturating_add(1);
            match there {
                Some(there) => due.judge(there, view.fin.number, audit),
                None => audit.notes.push(format!(
                    "order {}: the contract of {} tells no balance",
                    due.order, due.asset.symbol
                )),
            }
        }
    }
}

/// The sums with each token under the name that it has in the totals; none beyond all sums.
fn renamed(all: All, kept: &[Standing]) -> Option<All> {
    let mut sums = All::new();
    for ((asset, account), more) in all {
        let sum = sums.entry((balances::named(kept, asset), account)).or_default();
        *sum = sum.with(more.given, more.taken)?;
    }
    Some(sums)
}

/// Holds the sums over all orders against those that are kept along. None where the journal grew
/// meanwhile or is not whole.
fn totals(audit: &mut Audit, kept: Vec<Standing>, all: Option<All>) {
    let Some(all) = all.and_then(|all| renamed(all, &kept)) else {
        audit.notes.push("the sums over all orders are not compared: the journal was written to, or is not whole".to_owned());
        audit.totals = kept;
        return;
    };
    let kept: All =
        kept.into_iter().map(|(asset, account, sums)| ((asset, account), sums)).collect();
    audit.faults.extend(order::differences("the shop", &all, &kept));
    audit.totals = all.into_iter().map(|((asset, account), sums)| (asset, account, sums)).collect();
}
