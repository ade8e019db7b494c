//! Transactions that wait: for a block, for the nonce before theirs, for a lower base fee.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};

use crate::error::ChainError;
use crate::state::State;
use crate::tx::SignedTx;

/// How many transactions may wait.
const CAPACITY: usize = 4_096;

/// How much more a replacement must offer, in percent: geth's rule.
const PRICE_BUMP: u128 = 10;

#[derive(Clone)]
struct Waiting {
    tx: Arc<SignedTx>,
    /// Order of arrival: the tie-breaker between equal tips.
    arrival: u64,
}

/// The pool of one node.
#[derive(Clone, Default)]
pub(crate) struct Mempool {
    by_sender: BTreeMap<Address, BTreeMap<u64, Waiting>>,
    senders: HashMap<B256, (Address, u64)>,
    arrivals: u64,
}

impl Mempool {
    pub(crate) fn get(&self, hash: B256) -> Option<&Arc<SignedTx>> {
        let (sender, nonce) = self.senders.get(&hash)?;
        Some(&self.by_sender.get(sender)?.get(nonce)?.tx)
    }

    pub(crate) fn clear(&mut self) {
        self.by_sender.clear();
        self.senders.clear();
    }

    /// May the transaction ever be mined on top of this state, and is it worth a place?
    pub(crate) fn check(&self, tx: &SignedTx, state: &State) -> Result<(), ChainError> {
        if self.senders.contains_key(&tx.hash) {
            return Err(ChainError::refused("already known"));
        }
        let next = state.nonce(tx.sender);
        if tx.nonce() < next {
            return Err(ChainError::refused(format!(
                "nonce too low: next nonce {next}, tx nonce {}",
                tx.nonce()
            )));
        }
        self.check_price(tx)?;
        self.check_funds(tx, state)?;
        if self.senders.len() >= CAPACITY {
            return Err(ChainError::refused("txpool is full"));
        }
        Ok(())
    }

    /// Takes a transaction in, in place of one with the same sender and nonce.
    pub(crate) fn put(&mut self, tx: Arc<SignedTx>) {
        self.arrivals = self.arrivals.saturating_add(1);
        let (hash, sender, nonce) = (tx.hash, tx.sender, tx.nonce());
        let waiting = Waiting { tx, arrival: self.arrivals };
        let replaced = self.by_sender.entry(sender).or_default().insert(nonce, waiting);
        if let Some(old) = replaced {
            self.senders.remove(&old.tx.hash);
        }
        self.senders.insert(hash, (sender, nonce));
    }

    /// The nonce after all that wait in an unbroken row.
    pub(crate) fn next_nonce(&self, sender: Address, state: &State) -> u64 {
        let mut nonce = state.nonce(sender);
        if let Some(queue) = self.by_sender.get(&sender) {
            while queue.contains_key(&nonce) {
                nonce = nonce.saturating_add(1);
            }
        }
        nonce
    }

    /// The transaction that a block maker takes next: the highest tip among those whose turn it
    /// is, the earliest among equals.
    pub(crate) fn best(
        &self,
        state: &State,
        base_fee: u64,
        gas_left: u64,
        passed_over: &HashSet<Address>,
    ) -> Option<Arc<SignedTx>> {
        self.by_sender
            .iter()
            .filter(|(sender, _)| !passed_over.contains(*sender))
            .filter_map(|(sender, queue)| queue.get(&state.nonce(*sender)))
            .filter(|waiting| waiting.tx.gas_limit() <= gas_left)
            .filter_map(|waiting| Some((waiting.tx.tip(base_fee)?, waiting)))
            .max_by_key(|(tip, waiting)| (*tip, std::cmp::Reverse(waiting.arrival)))
            .map(|(_, waiting)| Arc::clone(&waiting.tx))
    }

    /// Forgets one transaction: it cannot be paid for any more.
    pub(crate) fn remove(&mut self, tx: &SignedTx) {
        if self.senders.remove(&tx.hash).is_some()
            && let Some(queue) = self.by_sender.get_mut(&tx.sender)
        {
            queue.remove(&tx.nonce());
            if queue.is_empty() {
                self.by_sender.remove(&tx.sender);
            }
        }
    }

    /// Forgets all whose nonce the state has passed.
    pub(crate) fn prune(&mut self, state: &State) {
        let senders = &mut self.senders;
        self.by_sender.retain(|sender, queue| {
            let keep = queue.split_off(&state.nonce(*sender));
            for stale in queue.values() {
                senders.remove(&stale.tx.hash);
            }
            *queue = keep;
            !queue.is_empty()
        });
    }

    fn check_price(&self, tx: &SignedTx) -> Result<(), ChainError> {
        let Some(old) = self.at(tx) else { return Ok(()) };
        let enough = |new: u128, old: u128| {
            new.saturating_mul(100) >= old.saturating_mul(100_u128.saturating_add(PRICE_BUMP))
        };
        if enough(tx.max_fee(), old.max_fee()) && enough(tx.max_tip(), old.max_tip()) {
            Ok(())
        } else {
            Err(ChainError::refused("replacement transaction underpriced"))
        }
    }

    fn check_funds(&self, tx: &SignedTx, state: &State) -> Result<(), ChainError> {
        let waiting = self.by_sender.get(&tx.sender).into_iter().flat_map(BTreeMap::values);
        let spoken_for = waiting
            .filter(|other| other.tx.nonce() != tx.nonce())
            .fold(U256::ZERO, |sum, other| sum.saturating_add(other.tx.cost()));
        let balance = state.balance(tx.sender);
        let needed = spoken_for.saturating_add(tx.cost());
        if balance >= needed {
            return Ok(());
        }
        Err(ChainError::refused(format!(
            "insufficient funds for gas * price + value: balance {balance}, queued cost \
             {spoken_for}, tx cost {}, overshot {}",
            tx.cost(),
            needed.saturating_sub(balance)
        )))
    }

    fn at(&self, tx: &SignedTx) -> Option<&SignedTx> {
        Some(&self.by_sender.get(&tx.sender)?.get(&tx.nonce())?.tx)
    }
}
