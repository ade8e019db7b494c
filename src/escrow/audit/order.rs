//! The audit of one order.

use std::collections::{BTreeMap, BTreeSet};

use db::balances;
use db::deposits::{self, Deposit};
use db::journal::{self, Entry};
use db::ledger::{self, State};
use db::tokens::{self, Stray};
use db::{Conn, DbError, proofs, todo, top_ups};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::books::{self, Account, Line, Sums};
use domain::chain::ChainId;
use domain::ids::OrderId;
use domain::money::Amount;

use super::Audit;
use crate::journal::{STRAY, expected, settled};
use crate::money::astray::for_gas;

/// No chain comes to this block.
const LAST_BLOCK: u64 = u64::MAX >> 1;

/// Everything that the ledger holds about an order's money.
pub(super) struct Order {
    id: OrderId,
    pub(super) state: Option<State>,
    pub(super) entries: Vec<Entry>,
    /// What the entries must be, strays apart.
    expected: Vec<Entry>,
    kept: BTreeMap<(Asset, Account), Sums>,
    deposits: Vec<Deposit>,
    spent: Amount,
    /// Coin that came for gas, where the order is paid in coin.
    for_gas: Amount,
    strays: Vec<Stray>,
}

/// What an address must hold in an asset.
pub(super) struct Due {
    pub(super) order: OrderId,
    pub(super) at: EvmAddress,
    pub(super) asset: Asset,
    amount: Amount,
}

impl Order {
    pub(super) fn read(conn: &mut Conn, id: OrderId) -> Result<Self, DbError> {
        let state = ledger::state(conn, id)?;
        let kept = balances::of_order(conn, id)?.into_iter();
        let mut order = Self {
            id,
            entries: journal::of_order(conn, id)?,
            expected: Vec::new(),
            kept: kept.map(|(asset, account, sums)| ((asset, account), sums)).collect(),
            deposits: deposits::of_order(conn, id)?,
            spent: Amount::ZERO,
            for_gas: Amount::ZERO,
            strays: Vec::new(),
            state: None,
        };
        if let Some(state) = &state {
            order.expected = expected(conn, state)?;
            order.strays = tokens::strays_of(conn, id)?;
            order.spent = proofs::spent(conn, id, &state.asset, LAST_BLOCK)?;
            order.for_gas = for_gas(conn, id, &state.asset, LAST_BLOCK)?;
        }
        order.state = state;
        Ok(order)
    }

    /// What the journal sums up to; none beyond all sums.
    pub(super) fn sums(&self) -> Option<BTreeMap<(Asset, Account), Sums>> {
        books::sum_up(self.entries.iter().flat_map(|entry| &entry.lines))
    }

    /// What the order's address must hold after the final blocks that `fin` tells of chains that
    /// answer. Nothing is known of it while a chain tx of the order is about.
    pub(super) fn due(
        &self,
        conn: &mut Conn,
        fin: impl Fn(ChainId) -> Option<u64>,
    ) -> Result<Vec<Due>, DbError> {
        let Some((state, at)) = self.state.as_ref().and_then(|state| Some((state, state.address?)))
        else {
            return Ok(Vec::new());
        };
        let one = |asset, amount| Due { order: self.id, at, asset, amount };
        if todo::in_flight(conn, self.id)? || top_ups::in_flight(conn, self.id)? {
            return Ok(Vec::new());
        }
        let (sums, ever) = (self.sums().unwrap_or_default(), tokens::ever_strayed(conn, self.id)?);
        let mut due = Vec::new();
        // Beside its own asset: what strayed there, what was kept of that, and what came for gas.
        for asset in Self::others(&sums, &state.asset) {
            let Some(fin) = fin(asset.chain) else { continue };
            let strays = ever.iter().filter(|stray| stray.asset.is(&asset));
            let newest = strays.map(|stray| stray.block_number).max();
            let newest = newest.max(top_ups::last_block(conn, self.id, asset.chain)?);
            let there = held(&sums, asset).filter(|there| !there.is_zero());
            if newest.is_none_or(|newest| newest <= fin) {
                due.extend(there.map(|there| one(asset, there)));
            }
        }
        let Some(fin) = fin(state.asset.chain) else { return Ok(due) };
        let came = self.deposits.iter().filter(|deposit| deposit.block_number <= fin);
        let came =
            came.map(|deposit| deposit.amount).chain([for_gas(conn, self.id, &state.asset, fin)?]);
        let came = Amount::sum(came).unwrap_or_default();
        let spent = proofs::spent(conn, self.id, &state.asset, fin)?;
        due.push(one(state.asset, came.minus(spent)));
        Ok(due)
    }

    /// The assets that its accounts know beside its own.
    fn others(sums: &BTreeMap<(Asset, Account), Sums>, own: &Asset) -> BTreeSet<Asset> {
        sums.keys().map(|(asset, _)| *asset).filter(|asset| !asset.is(own)).collect()
    }

    /// What does not agree about it, in sentences.
    pub(super) fn faults(&self) -> Vec<String> {
        let name = format!("order {}", self.id);
        let Some(state) = &self.state else {
            return vec![format!("{name}: the books know it and escrow does not")];
        };
        let mut faults = self.entries_that_differ(&name);
        let Some(sums) = self.sums() else {
            faults.push(format!("{name}: its journal sums up beyond all sums"));
            return faults;
        };
        faults.extend(differences(&name, &sums, &self.kept));
        for ((asset, account), both) in sums.iter().filter(|((_, account), _)| account.is_held()) {
            if both.balance().is_none() {
                let (taken, given) = (asset.shown(both.taken), asset.shown(both.given));
                faults.push(format!("{name}: {taken} left its account {account}, {given} came in"));
            }
        }
        let came = Amount::sum(self.deposits.iter().map(|deposit| deposit.amount));
        if came != Some(state.credited) {
            let sum = came.map_or_else(|| "too much".to_owned(), |sum| state.asset.shown(sum));
            let credited = state.asset.shown(state.credited);
            faults.push(format!("{name}: {credited} is credited, its deposits sum up to {sum}"));
        }
        let there = held(&sums, state.asset);
        let whole = state.credited.checked_add(self.for_gas);
        if there != whole.and_then(|whole| whole.checked_sub(self.spent)) {
            let (credited, spent) =
                (state.asset.shown(state.credited), state.asset.shown(self.spent));
            let there = there.map_or_else(|| "nonsense".to_owned(), |sum| state.asset.shown(sum));
            faults.push(format!(
                "{name}: {credited} is credited and {spent} left it, its accounts hold {there}"
            ));
        }
        faults.extend(self.strays_that_differ(&name, &sums));
        faults
    }

    fn entries_that_differ(&self, name: &str) -> Vec<String> {
        let (mut real, wanted) = (settled(&self.entries), settled(&self.expected));
        let mut faults = Vec::new();
        for (books, lines) in wanted {
            match real.remove(&books) {
                None => {
                    faults.push(format!("{name}: {books} is not in the journal ({})", told(&lines)))
                }
                Some(real) if real != lines => faults.push(format!(
                    "{name}: {books} stands in the journal as {}, and the ledger says {}",
                    told(&real),
                    told(&lines)
                )),
                Some(_) => {}
            }
        }
        let unknown = real.into_iter().filter(|(books, _)| !books.starts_with(STRAY));
        faults.extend(unknown.map(|(books, lines)| {
            format!(
                "{name}: {books} stands in the journal ({}), and the ledger does not know it",
                told(&lines)
            )
        }));
        faults
    }

    fn strays_that_differ(
        &self,
        name: &str,
        sums: &BTreeMap<(Asset, Account), Sums>,
    ) -> Vec<String> {
        let mut noted: BTreeMap<Asset, Amount> =
            self.strays.iter().map(|stray| (stray.asset, stray.amount)).collect();
        let booked = sums.iter().filter(|((_, account), _)| *account == Account::Stray);
        let mut faults = Vec::new();
        for ((asset, _), both) in booked {
            let (booked, noted) = (both.balance().unwrap_or_default(), noted.remove(asset));
            if booked != noted.unwrap_or_default() {
                let noted = asset.shown(noted.unwrap_or_default());
                let booked = asset.shown(booked);
                faults.push(format!("{name}: {noted} strayed to it, {booked} is booked"));
            }
        }
        faults.extend(noted.into_iter().map(|(asset, amount)| {
            format!("{name}: {} strayed to it and is not booked", asset.shown(amount))
        }));
        faults
    }
}

impl Due {
    /// Holds it against what the chain says.
    pub(super) fn judge(&self, there: Amount, block: u64, audit: &mut Audit) {
        let Self { order, at, asset, amount } = self;
        if there < *amount {
            let missing = asset.shown(amount.minus(there));
            audit.faults.push(format!(
                "order {order}: {at} holds {} at block {block}, and by the books {}: {missing} is missing",
                asset.shown(there),
                asset.shown(*amount)
            ));
        } else if there > *amount {
            let more = asset.shown(there.minus(*amount));
            audit.notes.push(format!("order {order}: {more} came to {at} and is not credited yet"));
        }
    }
}

/// What lies at the address in an asset; none where an account is overdrawn.
fn held(sums: &BTreeMap<(Asset, Account), Sums>, asset: Asset) -> Option<Amount> {
    let own = sums.iter().filter(|((of, account), _)| *of == asset && account.is_held());
    let parts: Option<Vec<Amount>> = own.map(|(_, both)| both.balance()).collect();
    Amount::sum(parts?)
}

/// Where sums of the journal and those that are kept along differ.
pub(super) fn differences(
    name: &str,
    journal: &BTreeMap<(Asset, Account), Sums>,
    kept: &BTreeMap<(Asset, Account), Sums>,
) -> Vec<String> {
    let mut keys: Vec<_> = journal.keys().chain(kept.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let differ = keys.into_iter().filter_map(|key| {
        let [ours, theirs] = [journal, kept].map(|all| all.get(key).copied().unwrap_or_default());
        let (asset, account) = key;
        (ours != theirs).then(|| {
            format!(
                "{name}: by the journal {} came to the account {account} and {} left it, by what is kept along {} and {}",
                asset.shown(ours.given),
                asset.shown(ours.taken),
                asset.shown(theirs.given),
                asset.shown(theirs.taken)
            )
        })
    });
    differ.collect()
}

/// Lines in words.
fn told(lines: &[Line]) -> String {
    let one =
        |line: &Line| format!("{} {} → {}", line.asset.shown(line.amount), line.from, line.to);
    lines.iter().map(one).collect::<Vec<_>>().join(", ")
}
