//! The accounts of the chain at one moment. The maps are persistent: a copy costs a pointer and
//! shares all that did not change, so that every block keeps its own state for little.

use std::convert::Infallible;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use revm::Database;
use revm::bytecode::Bytecode;
use revm::state::{AccountInfo, EvmState};
use rpds::HashTrieMapSync;

use crate::ledger::Ledger;

/// One account as the EVM sees it.
#[derive(Clone)]
struct Account {
    balance: U256,
    nonce: u64,
    code_hash: B256,
    code: Bytecode,
    storage: HashTrieMapSync<U256, U256>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            balance: U256::ZERO,
            nonce: 0,
            code_hash: KECCAK256_EMPTY,
            code: Bytecode::default(),
            storage: HashTrieMapSync::new_sync(),
        }
    }
}

/// All accounts, and a running digest of every change that led here.
#[derive(Clone)]
pub(crate) struct State {
    accounts: HashTrieMapSync<Address, Account>,
    digest: B256,
}

impl State {
    /// No account at all.
    pub(crate) fn empty() -> Self {
        Self { accounts: HashTrieMapSync::new_sync(), digest: B256::ZERO }
    }

    /// Commits to the whole history of changes. It stands where a Merkle root stands in Ethereum:
    /// equal histories give equal digests, but it proves no single account.
    pub(crate) fn digest(&self) -> B256 {
        self.digest
    }

    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.accounts.get(&address).map_or(U256::ZERO, |account| account.balance)
    }

    pub(crate) fn nonce(&self, address: Address) -> u64 {
        self.accounts.get(&address).map_or(0, |account| account.nonce)
    }

    pub(crate) fn code(&self, address: Address) -> Bytes {
        self.accounts.get(&address).map_or_else(Bytes::new, |account| account.code.original_bytes())
    }

    pub(crate) fn storage(&self, address: Address, slot: U256) -> U256 {
        self.accounts
            .get(&address)
            .and_then(|account| account.storage.get(&slot).copied())
            .unwrap_or(U256::ZERO)
    }

    /// Adds money out of nothing: genesis and the faucet.
    pub(crate) fn credit(&mut self, address: Address, wei: U256) {
        let mut account = self.accounts.get(&address).cloned().unwrap_or_default();
        account.balance = account.balance.saturating_add(wei);
        self.note(&[address.as_slice(), &wei.to_be_bytes::<32>()].concat());
        self.accounts.insert_mut(address, account);
    }

    /// Puts a contract there without a transaction: genesis.
    pub(crate) fn install(&mut self, address: Address, code: Bytes, storage: &[(U256, U256)]) {
        let code_hash = keccak256(&code);
        let mut account =
            Account { nonce: 1, code_hash, code: Bytecode::new_raw(code), ..Account::default() };
        for (slot, value) in storage {
            account.storage.insert_mut(*slot, *value);
        }
        self.note(&[address.as_slice(), code_hash.as_slice()].concat());
        self.accounts.insert_mut(address, account);
    }

    /// Puts other code at an account, for a trial that nothing is kept of.
    pub(crate) fn suppose(&mut self, address: Address, code: Bytes) {
        let mut account = self.accounts.get(&address).cloned().unwrap_or_default();
        account.code_hash = keccak256(&code);
        account.code = Bytecode::new_raw(code);
        self.accounts.insert_mut(address, account);
    }

    /// Takes over what one transaction changed.
    pub(crate) fn apply(&mut self, changes: EvmState) {
        // The digest must not depend on the order of a hash map.
        let mut changes: Vec<_> = changes.into_iter().collect();
        changes.sort_unstable_by_key(|(address, _)| *address);
        for (address, change) in changes {
            if !change.is_touched() {
                continue;
            }
            if change.is_selfdestructed() || change.is_empty() {
                self.note(address.as_slice());
                self.accounts.remove_mut(&address);
                continue;
            }
            let mut account = self.accounts.get(&address).cloned().unwrap_or_default();
            if change.is_created() {
                account.storage = HashTrieMapSync::new_sync();
            }
            account.balance = change.info.balance;
            account.nonce = change.info.nonce;
            account.code_hash = change.info.code_hash;
            if let Some(code) = change.info.code {
                account.code = code;
            }
            let mut record = address.to_vec();
            record.extend_from_slice(&account.balance.to_be_bytes::<32>());
            record.extend_from_slice(&account.nonce.to_be_bytes());
            record.extend_from_slice(account.code_hash.as_slice());
            let mut slots: Vec<_> = change.storage.into_iter().collect();
            slots.sort_unstable_by_key(|(slot, _)| *slot);
            for (slot, value) in slots.into_iter().filter(|(_, value)| value.is_changed()) {
                record.extend_from_slice(&slot.to_be_bytes::<32>());
                record.extend_from_slice(&value.present_value.to_be_bytes::<32>());
                if value.present_value.is_zero() {
                    account.storage.remove_mut(&slot);
                } else {
                    account.storage.insert_mut(slot, value.present_value);
                }
            }
            self.note(&record);
            self.accounts.insert_mut(address, account);
        }
    }

    fn note(&mut self, record: &[u8]) {
        self.digest = keccak256([self.digest.as_slice(), record].concat());
    }
}

/// What the EVM reads from while it executes on top of one state.
pub(crate) struct View<'a> {
    pub(crate) state: &'a State,
    pub(crate) ledger: &'a Ledger,
}

impl Database for View<'_> {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.state.accounts.get(&address).map(|account| {
            AccountInfo::new(
                account.balance,
                account.nonce,
                account.code_hash,
                account.code.clone(),
            )
        }))
    }

    fn code_by_hash(&mut self, _code_hash: B256) -> Result<Bytecode, Infallible> {
        // `basic` hands the code over with the account, so the EVM never asks by hash for any
        // other code than the empty one.
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.state.storage(address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(self.ledger.block(number).map_or(B256::ZERO, |block| block.hash))
    }
}
