//! The chain behind its lock: every change goes through here, and through the journal first.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};

use crate::block::{Assembly, Block, Frame, Grant};
use crate::dollar;
use crate::error::ChainError;
use crate::evm::{self, BLOCK_GAS_LIMIT, Rules};
use crate::journal::{self, BlockEntry, Entry, Journal};
use crate::ledger::Ledger;
use crate::mempool::Mempool;
use crate::state::{State, View};
use crate::tx::SignedTx;
use crate::wallet;

/// 1 gwei, in wei.
pub(crate) const GWEI: u64 = 1_000_000_000;

/// How many snapshots are held; the oldest goes first.
const SNAPSHOTS_KEPT: usize = 64;

/// What the demo wallet has at the start: 10,000 ETH, in wei.
const GENESIS_WEI: u128 = 10_000 * 1_000_000_000_000_000_000;

/// What a snapshot brings back.
#[derive(Clone)]
struct Held {
    ledger: Ledger,
    mempool: Mempool,
    grants: Vec<Grant>,
    offset: i64,
    base_fee: u64,
}

/// The one copy of everything.
pub(crate) struct Node {
    pub(crate) ledger: Ledger,
    pub(crate) mempool: Mempool,
    /// Money given that waits for its block.
    grants: Vec<Grant>,
    pub(crate) automine: bool,
    /// finalized = latest − this many blocks.
    pub(crate) finality_lag: u64,
    /// wei; of the next block.
    pub(crate) base_fee: u64,
    /// Seconds that chain time runs ahead of the clock.
    offset: i64,
    /// The next block's timestamp, where one was asked for.
    next_timestamp: Option<u64>,
    /// How many reorganisations there were.
    fork: u64,
    journal: Option<Journal>,
    snapshots: VecDeque<(u64, Held)>,
    snapshots_taken: u64,
    /// US dollars for one ETH, as the price route tells it.
    pub(crate) eth_usd: String,
}

impl Node {
    pub(crate) fn new(finality_lag: u64) -> Self {
        let mut state = State::empty();
        state.credit(wallet::ADDRESS, U256::from(GENESIS_WEI));
        dollar::install(&mut state);
        let genesis = Block::genesis(&state, GWEI);
        Self {
            ledger: Ledger::new(genesis, state),
            mempool: Mempool::default(),
            grants: Vec::new(),
            automine: true,
            finality_lag,
            base_fee: GWEI,
            offset: 0,
            next_timestamp: None,
            fork: 0,
            journal: None,
            snapshots: VecDeque::new(),
            snapshots_taken: 0,
            eth_usd: "2500.00".to_owned(),
        }
    }

    /// Makes the chain again from its journal, and keeps on writing there.
    pub(crate) fn resume(
        finality_lag: u64,
        journal: Journal,
        entries: Vec<Entry>,
    ) -> Result<Self, ChainError> {
        let mut node = Self::new(finality_lag);
        for entry in entries {
            match entry {
                Entry::Block(entry) => node.replay(entry)?,
                Entry::Cut(height) => {
                    node.ledger.cut(height)?;
                    node.fork = node.fork.saturating_add(1);
                }
                Entry::Offset(secs) => node.offset = secs,
            }
        }
        node.base_fee = node.ledger.tip().base_fee();
        node.journal = Some(journal);
        Ok(node)
    }

    /// Chain time, in Unix seconds, where the clock shows `clock`.
    pub(crate) fn now(&self, clock: u64) -> u64 {
        clock.saturating_add_signed(self.offset)
    }

    pub(crate) fn finalized(&self) -> u64 {
        self.ledger.height().saturating_sub(self.finality_lag)
    }

    /// Takes a signed transaction into the pool and, where blocks are made by themselves, mines.
    pub(crate) fn submit(&mut self, tx: SignedTx, clock: u64) -> Result<B256, ChainError> {
        if tx.gas_limit() > BLOCK_GAS_LIMIT {
            return Err(ChainError::refused("exceeds block gas limit"));
        }
        let hash = tx.hash;
        self.mempool.check(&tx, self.ledger.tip_state())?;
        // Tried without keeping it: what is invalid in itself must not reach the pool.
        let view = View { state: self.ledger.tip_state(), ledger: &self.ledger };
        evm::transact(view, self.ledger.tip().env(), tx.env()?, Rules::Call)?;
        self.mempool.put(Arc::new(tx));
        if self.automine {
            self.mine_waiting(clock)?;
        }
        Ok(hash)
    }

    /// One block for each transaction whose turn it is.
    pub(crate) fn mine_waiting(&mut self, clock: u64) -> Result<(), ChainError> {
        while self.best(self.ledger.tip_state(), BLOCK_GAS_LIMIT, &HashSet::new()).is_some() {
            self.mine(clock, 1)?;
        }
        Ok(())
    }

    /// Makes one block of at most `max_txs` waiting transactions; empty where none waits.
    pub(crate) fn mine(&mut self, clock: u64, max_txs: usize) -> Result<Arc<Block>, ChainError> {
        let mut assembly = Assembly::new(&self.ledger, self.frame(clock), self.grants.clone());
        let mut taken: usize = 0;
        let mut passed_over = HashSet::new();
        let mut unpayable = Vec::new();
        while taken < max_txs {
            let next = self.best(&assembly.state, assembly.gas_left(), &passed_over);
            let Some(tx) = next else { break };
            if assembly.include(Arc::clone(&tx)).is_ok() {
                taken = taken.saturating_add(1);
            } else {
                passed_over.insert(tx.sender);
                unpayable.push(tx);
            }
        }
        let (block, state) = assembly.seal();
        let block = Arc::new(block);
        self.write(
            &journal::blocks(self.ledger.tip(), std::iter::once(&block)),
            !block.is_empty(),
        )?;
        for tx in unpayable {
            self.mempool.remove(&tx);
        }
        self.mempool.prune(&state);
        self.ledger.push(Arc::clone(&block), state);
        self.grants.clear();
        self.next_timestamp = None;
        Ok(block)
    }

    /// Gives money out of nothing, in a block of its own.
    pub(crate) fn faucet(&mut self, to: Address, wei: U256, clock: u64) -> Result<(), ChainError> {
        self.grants.push((to, wei));
        self.mine(clock, 0).map(|_| ()).inspect_err(|_| {
            self.grants.pop();
        })
    }

    /// Drops the newest blocks. What they held waits again, or is gone.
    pub(crate) fn reorg(&mut self, depth: u64, keep: bool) -> Result<(), ChainError> {
        if depth == 0 {
            return Ok(());
        }
        let Some(height) = self.ledger.height().checked_sub(depth) else {
            return Err(ChainError::params("reorg is deeper than the chain"));
        };
        let mut ledger = self.ledger.clone();
        let dropped = ledger.cut(height)?;
        self.write(&[Entry::Cut(height)], true)?;
        self.fork = self.fork.saturating_add(1);
        self.ledger = ledger;
        if keep {
            for block in dropped {
                self.grants.extend_from_slice(&block.grants);
                for mined in &block.mined {
                    self.mempool.put(Arc::clone(&mined.tx));
                }
            }
        }
        Ok(())
    }

    /// Remembers everything but the settings of automine and finality; answers the number to ask
    /// for it by.
    pub(crate) fn snapshot(&mut self) -> u64 {
        self.snapshots_taken = self.snapshots_taken.saturating_add(1);
        let held = Held {
            ledger: self.ledger.clone(),
            mempool: self.mempool.clone(),
            grants: self.grants.clone(),
            offset: self.offset,
            base_fee: self.base_fee,
        };
        self.snapshots.push_back((self.snapshots_taken, held));
        if self.snapshots.len() > SNAPSHOTS_KEPT {
            self.snapshots.pop_front();
        }
        self.snapshots_taken
    }

    /// Goes back to a snapshot, which is used up with all later ones; false where there is none
    /// of that number.
    pub(crate) fn revert(&mut self, id: u64) -> Result<bool, ChainError> {
        let Some(at) = self.snapshots.iter().position(|(held, _)| *held == id) else {
            return Ok(false);
        };
        let Some((_, held)) = self.snapshots.get(at).cloned() else { return Ok(false) };
        let common = self.ledger.common(&held.ledger);
        let Some(parent) = held.ledger.block(common) else {
            return Err(ChainError::refused(format!("block {common} is no longer kept")));
        };
        let mut entries = Vec::new();
        let cuts = common < self.ledger.height();
        if cuts {
            entries.push(Entry::Cut(common));
        }
        entries.extend(journal::blocks(parent, held.ledger.above(common)));
        entries.push(Entry::Offset(held.offset));
        self.write(&entries, true)?;
        self.fork = self.fork.saturating_add(u64::from(cuts));
        self.snapshots.truncate(at);
        self.ledger = held.ledger;
        self.mempool = held.mempool;
        self.grants = held.grants;
        self.offset = held.offset;
        self.base_fee = held.base_fee;
        self.next_timestamp = None;
        Ok(true)
    }

    /// Lets chain time run so many seconds further ahead of the clock; answers how far in all.
    pub(crate) fn advance(&mut self, secs: u64) -> Result<i64, ChainError> {
        self.set_offset(self.offset.saturating_add_unsigned(secs))?;
        Ok(self.offset)
    }

    /// Fixes the timestamp of the next block; time goes on from there.
    pub(crate) fn set_next_timestamp(&mut self, time: u64, clock: u64) -> Result<(), ChainError> {
        let tip = self.ledger.tip().timestamp();
        let offset = i128::from(time).saturating_sub(i128::from(clock));
        let (true, Ok(offset)) = (time > tip, i64::try_from(offset)) else {
            return Err(ChainError::params(format!(
                "timestamp {time} is not above the last block's, {tip}"
            )));
        };
        self.set_offset(offset)?;
        self.next_timestamp = Some(time);
        Ok(())
    }

    /// Makes an empty or waiting block where none was made for so many seconds of chain time.
    pub(crate) fn tick(&mut self, idle_secs: u64, clock: u64) -> Result<(), ChainError> {
        let due = self.ledger.tip().timestamp().saturating_add(idle_secs);
        if self.automine && self.now(clock) >= due {
            self.mine(clock, usize::MAX)?;
        }
        Ok(())
    }

    fn best(
        &self,
        state: &State,
        gas_left: u64,
        passed_over: &HashSet<Address>,
    ) -> Option<Arc<SignedTx>> {
        self.mempool.best(state, self.base_fee, gas_left, passed_over)
    }

    /// What the next block is settled to be.
    pub(crate) fn frame(&self, clock: u64) -> Frame {
        let earliest = self.ledger.tip().timestamp().saturating_add(1);
        Frame {
            timestamp: self.next_timestamp.unwrap_or_else(|| self.now(clock)).max(earliest),
            base_fee: self.base_fee,
            fork: self.fork,
        }
    }

    fn set_offset(&mut self, secs: i64) -> Result<(), ChainError> {
        self.write(&[Entry::Offset(secs)], true)?;
        self.offset = secs;
        Ok(())
    }

    fn write(&mut self, entries: &[Entry], sync: bool) -> Result<(), ChainError> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.append(entries, sync))
    }

    fn replay(&mut self, entry: BlockEntry) -> Result<(), ChainError> {
        let parent = self.ledger.tip();
        let frame = Frame {
            timestamp: entry.time,
            base_fee: entry.base_fee.unwrap_or_else(|| parent.base_fee()),
            fork: entry.fork.unwrap_or(parent.fork),
        };
        if frame.timestamp <= parent.timestamp() {
            return Err(ChainError::internal("the journal's timestamps do not rise"));
        }
        let mut assembly = Assembly::new(&self.ledger, frame, entry.grants);
        for raw in entry.txs {
            assembly.include(Arc::new(SignedTx::decode(raw)?))?;
        }
        let (block, state) = assembly.seal();
        self.ledger.push(Arc::new(block), state);
        Ok(())
    }
}
