//! The chain as Rust code sees it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::block::Block;
use crate::dollar;
use crate::error::ChainError;
use crate::journal::Journal;
use crate::node::Node;
use crate::wallet;

/// How a chain is set up.
pub struct Options {
    /// The wall clock, in Unix seconds.
    pub clock: Box<dyn Fn() -> u64 + Send + Sync>,
    /// How many blocks `finalized` stays behind `latest`.
    pub finality_lag: u64,
}

impl Default for Options {
    /// The system's clock, and every block final at once.
    fn default() -> Self {
        Self { clock: Box::new(system_clock), finality_lag: 0 }
    }
}

/// A development chain. Copies are handles on the same chain.
#[derive(Clone)]
pub struct Chain {
    shared: Arc<Shared>,
}

struct Shared {
    node: Mutex<Node>,
    clock: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// One block, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The block's number; 0 is the genesis.
    pub number: u64,
    /// The block's hash.
    pub hash: B256,
    /// Unix seconds.
    pub timestamp: u64,
}

impl Chain {
    /// A chain in memory: it ends with its last handle.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self::of(Node::new(options.finality_lag), options.clock)
    }

    /// A chain that survives in the journal file at `path`, which is made where it is missing.
    ///
    /// # Errors
    /// Where the file cannot be opened, is open in another chain, or holds a line that makes no
    /// sense before its last.
    pub fn open(path: &Path, options: Options) -> Result<Self, ChainError> {
        let (journal, entries) = Journal::open(path)?;
        let node = Node::resume(options.finality_lag, journal, entries)?;
        Ok(Self::of(node, options.clock))
    }

    fn of(node: Node, clock: Box<dyn Fn() -> u64 + Send + Sync>) -> Self {
        Self { shared: Arc::new(Shared { node: Mutex::new(node), clock }) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Node> {
        // Changes are made after all that can fail, so a panic elsewhere leaves the chain whole.
        self.shared.node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The wall clock, in Unix seconds: chain time less what it was advanced by.
    pub(crate) fn clock(&self) -> u64 {
        (self.shared.clock)()
    }

    /// Answers one JSON-RPC 2.0 request or a batch. Empty where nothing is to be answered.
    #[must_use]
    pub fn handle(&self, body: &str) -> String {
        crate::rpc::handle(self, body)
    }

    /// Answers a query of the price route, such as `symbols=ETH&symbols=BTC`, in the shape of
    /// Alchemy's Prices API.
    #[must_use]
    pub fn prices(&self, query: &str) -> String {
        crate::prices::by_symbol(query, &self.lock().eth_usd, self.clock())
    }

    /// Sets what the price route tells for one ETH, in US dollars, such as `2500.00`.
    ///
    /// # Errors
    /// Where it is not a decimal number without sign.
    pub fn set_price(&self, usd: &str) -> Result<(), ChainError> {
        crate::prices::check(usd)?;
        usd.clone_into(&mut self.lock().eth_usd);
        Ok(())
    }

    /// Gives `wei` to an account out of nothing, at once and in a block of its own.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn faucet(&self, to: Address, wei: U256) -> Result<(), ChainError> {
        let clock = self.clock();
        self.lock().faucet(to, wei, clock)
    }

    /// Sends `wei` from the demo wallet and answers the transaction's hash. With automine it is
    /// in a block when this returns.
    ///
    /// # Errors
    /// Where the wallet has too little, or the journal cannot be written.
    pub fn pay(&self, to: Address, wei: U256) -> Result<B256, ChainError> {
        self.send(to, wei, Bytes::new())
    }

    /// Sends `wei` and a call from the demo wallet, which keeps the stablecoin, and answers the
    /// transaction's hash.
    ///
    /// # Errors
    /// As of [`pay`](Self::pay), and where the call would fail.
    pub fn send(&self, to: Address, wei: U256, call: Bytes) -> Result<B256, ChainError> {
        let clock = self.clock();
        wallet::send(&mut self.lock(), to, (wei, call), clock)
    }

    /// Pays somebody in the stablecoin from the demo wallet, in base units; answers the
    /// transaction's hash.
    ///
    /// # Errors
    /// As of [`send`](Self::send).
    pub fn pay_dollars(&self, to: Address, amount: U256) -> Result<B256, ChainError> {
        self.send(dollar::ADDRESS, U256::ZERO, dollar::transfer(to, amount))
    }

    /// What an account has of the stablecoin after the newest block, in base units.
    #[must_use]
    pub fn dollars(&self, address: Address) -> U256 {
        dollar::balance(self.lock().ledger.tip_state(), address)
    }

    /// Makes one block of all that waits and may go; empty where nothing does.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn mine(&self) -> Result<Head, ChainError> {
        let clock = self.clock();
        self.lock().mine(clock, usize::MAX).map(|block| head(&block))
    }

    /// Are blocks made by themselves: one for each transaction, and one every few idle seconds
    /// while [`run`](crate::run) runs? On at the start.
    pub fn set_automine(&self, on: bool) {
        self.lock().automine = on;
    }

    /// Drops the newest `depth` blocks. With `keep` their transactions wait in the pool again and
    /// their grants for the next block, else both are gone. Nothing is mined.
    ///
    /// # Errors
    /// Where the chain is not that long or the journal cannot be written.
    pub fn reorg(&self, depth: u64, keep: bool) -> Result<(), ChainError> {
        self.lock().reorg(depth, keep)
    }

    /// Remembers blocks, pool, time and base fee; answers the number to [`revert`](Self::revert)
    /// to.
    #[must_use]
    pub fn snapshot(&self) -> u64 {
        self.lock().snapshot()
    }

    /// Goes back to a snapshot and uses it up with all later ones; false where there is none.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn revert(&self, snapshot: u64) -> Result<bool, ChainError> {
        self.lock().revert(snapshot)
    }

    /// Sets how many blocks `finalized` and `safe` stay behind `latest`.
    pub fn set_finality_lag(&self, blocks: u64) {
        self.lock().finality_lag = blocks;
    }

    /// Sets the base fee of the following blocks, in wei. It does not move by itself.
    pub fn set_base_fee(&self, wei: u64) {
        self.lock().base_fee = wei;
    }

    /// Forgets every waiting transaction.
    pub fn drop_mempool(&self) {
        self.lock().mempool.clear();
    }

    /// Lets chain time run `secs` further ahead of the clock. The next block shows it.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn advance(&self, secs: u64) -> Result<(), ChainError> {
        self.lock().advance(secs).map(|_| ())
    }

    /// Makes a block where the newest is `idle_secs` old and automine is on.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn tick(&self, idle_secs: u64) -> Result<(), ChainError> {
        let clock = self.clock();
        self.lock().tick(idle_secs, clock)
    }

    /// What an account has after the newest block, in wei.
    #[must_use]
    pub fn balance(&self, address: Address) -> U256 {
        self.lock().ledger.tip_state().balance(address)
    }

    /// How many transactions of an account are in blocks.
    #[must_use]
    pub fn nonce(&self, address: Address) -> u64 {
        self.lock().ledger.tip_state().nonce(address)
    }

    /// The newest block's number.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.lock().ledger.height()
    }

    /// The newest block.
    #[must_use]
    pub fn head(&self) -> Head {
        head(self.lock().ledger.tip())
    }

    /// The newest final block's number.
    #[must_use]
    pub fn finalized(&self) -> u64 {
        self.lock().finalized()
    }

    /// The block that holds the transaction; None while it waits or is unknown.
    #[must_use]
    pub fn mined(&self, tx: B256) -> Option<Head> {
        self.lock().ledger.mined(tx).map(|(block, ..)| head(block))
    }

    /// Chain time: the clock and all that it was advanced by, in Unix seconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        let clock = self.clock();
        self.lock().now(clock)
    }
}

fn head(block: &Block) -> Head {
    Head { number: block.number(), hash: block.hash, timestamp: block.timestamp() }
}

fn system_clock() -> u64 {
    // A clock before 1970 is a broken machine; the chain then counts from its last block.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
