//! The chain of sealed blocks with what is kept of each: finding a block, a transaction or an old
//! state, and dropping blocks from the top.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use alloy_primitives::B256;

use crate::block::{Block, Mined};
use crate::error::ChainError;
use crate::state::State;

/// How many of the newest blocks are kept although they are empty: nine hours of idling.
const EMPTY_BLOCKS_KEPT: u64 = 16_384;

/// How many states are kept, counted in blocks that changed something.
const STATES_KEPT: usize = 4_096;

/// Sealed blocks by number. Old empty blocks and old states are forgotten, so that an idle chain
/// does not grow without end.
#[derive(Clone)]
pub(crate) struct Ledger {
    blocks: BTreeMap<u64, Arc<Block>>,
    by_hash: HashMap<B256, u64>,
    txs: HashMap<B256, (u64, usize)>,
    /// The state after each block that changed it; it holds until the next entry.
    states: BTreeMap<u64, State>,
    tip: Arc<Block>,
    tip_state: State,
}

impl Ledger {
    pub(crate) fn new(genesis: Block, state: State) -> Self {
        let tip = Arc::new(genesis);
        Self {
            blocks: BTreeMap::from([(0, Arc::clone(&tip))]),
            by_hash: HashMap::from([(tip.hash, 0)]),
            txs: HashMap::new(),
            states: BTreeMap::from([(0, state.clone())]),
            tip,
            tip_state: state,
        }
    }

    pub(crate) fn tip(&self) -> &Arc<Block> {
        &self.tip
    }

    pub(crate) fn tip_state(&self) -> &State {
        &self.tip_state
    }

    pub(crate) fn height(&self) -> u64 {
        self.tip.number()
    }

    pub(crate) fn block(&self, number: u64) -> Option<&Arc<Block>> {
        self.blocks.get(&number)
    }

    pub(crate) fn number_of(&self, hash: B256) -> Option<u64> {
        self.by_hash.get(&hash).copied()
    }

    /// The block that holds the transaction, its index there, and what came of it.
    pub(crate) fn mined(&self, hash: B256) -> Option<(&Arc<Block>, usize, &Mined)> {
        let (number, index) = *self.txs.get(&hash)?;
        let block = self.block(number)?;
        Some((block, index, block.mined.get(index)?))
    }

    /// The blocks of a range that are not empty, oldest first.
    pub(crate) fn busy(&self, from: u64, to: u64) -> impl Iterator<Item = &Arc<Block>> {
        let range = if from <= to { Some(self.blocks.range(from..=to)) } else { None };
        range.into_iter().flatten().map(|(_, block)| block).filter(|block| !block.is_empty())
    }

    /// The state after the block of that number; None where it lies ahead or is forgotten.
    pub(crate) fn state_at(&self, number: u64) -> Option<&State> {
        if number > self.height() {
            return None;
        }
        self.states.range(..=number).next_back().map(|(_, state)| state)
    }

    /// Puts a sealed block on top.
    pub(crate) fn push(&mut self, block: Arc<Block>, state: State) {
        let number = block.number();
        self.by_hash.insert(block.hash, number);
        for (index, mined) in block.mined.iter().enumerate() {
            self.txs.insert(mined.tx.hash, (number, index));
        }
        if !block.is_empty() {
            self.states.insert(number, state.clone());
            if self.states.len() > STATES_KEPT {
                self.states.pop_first();
            }
        }
        self.blocks.insert(number, Arc::clone(&block));
        self.tip = block;
        self.tip_state = state;
        self.forget(number.saturating_sub(EMPTY_BLOCKS_KEPT));
    }

    /// Drops every block above `height` and hands them over, oldest first.
    pub(crate) fn cut(&mut self, height: u64) -> Result<Vec<Arc<Block>>, ChainError> {
        let (Some(tip), Some(state)) = (self.block(height), self.state_at(height)) else {
            return Err(ChainError::refused(format!("block {height} is no longer kept")));
        };
        let (tip, state) = (Arc::clone(tip), state.clone());
        let first = height.saturating_add(1);
        let dropped: Vec<_> = self.blocks.split_off(&first).into_values().collect();
        self.states.split_off(&first);
        for block in &dropped {
            self.by_hash.remove(&block.hash);
            for mined in &block.mined {
                self.txs.remove(&mined.tx.hash);
            }
        }
        self.tip = tip;
        self.tip_state = state;
        Ok(dropped)
    }

    /// The number of the newest block that both chains have.
    pub(crate) fn common(&self, other: &Self) -> u64 {
        let mut number = self.height().min(other.height());
        while number > 0 {
            let ours = self.block(number).map(|block| block.hash);
            if ours.is_some() && ours == other.block(number).map(|block| block.hash) {
                break;
            }
            number = number.saturating_sub(1);
        }
        number
    }

    /// The blocks above `height`, oldest first.
    pub(crate) fn above(&self, height: u64) -> impl Iterator<Item = &Arc<Block>> {
        self.blocks.range(height.saturating_add(1)..).map(|(_, block)| block)
    }

    fn forget(&mut self, number: u64) {
        if number == 0 {
            return;
        }
        if self.blocks.get(&number).is_some_and(|block| block.is_empty())
            && let Some(block) = self.blocks.remove(&number)
        {
            self.by_hash.remove(&block.hash);
        }
    }
}
