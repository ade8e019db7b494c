//! What a chain tells about tokens. A contract may say anything, so each answer is held against
//! others: balances against logs, logs against receipts, its domain against our own computing.

use domain::EvmAddress;
use domain::money::Amount;
use domain::seal::hex;
use serde_json::{Value, json};
use verify::keccak256;

use super::client::{Client, is_revert};
use super::rpc::{self, Answer, Ask, Block, Log, Mined, garbage};
use crate::evm::abi::{self, Word};
use crate::evm::eip3009;
use crate::fault::ChainFault;

/// Blocks of which logs are asked for at once; providers answer no more.
const WINDOW: u64 = 2_000;
/// Such windows that are gone through at one look, newest first.
const WINDOWS_MAX: u32 = 60;
pub(super) const TRANSFER: &str = "Transfer(address,address,uint256)";
/// Where proxies keep what stands behind them (EIP-1967).
const SLOT: &str = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
const USED: &str = "AuthorizationUsed(address,bytes32)";

/// What a token's contract says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Keccak-256 of its code; where it knows no authorizations and is a proxy, of what stands behind it
    /// as well.
    pub code_hash: Word,
    /// Its symbol.
    pub symbol: String,
    /// Its decimals.
    pub decimals: Amount,
    /// The EIP-712 domain that it tells, and the one computed from its name and version, its chain and
    /// its address; none where it does not know EIP-3009.
    pub domain: Option<(Word, Word)>,
}

/// A transfer of a token, as its contract logged it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Who paid.
    pub from: EvmAddress,
    /// Whom.
    pub to: EvmAddress,
    /// How much.
    pub amount: Amount,
    /// The chain tx.
    pub tx_hash: Word,
    /// The block's number.
    pub block_number: u64,
    /// The block's hash.
    pub block_hash: Word,
}

/// How one asks for a balance.
pub(super) fn ask_balance(token: EvmAddress, of: EvmAddress, at: &Value) -> Ask {
    ask(token, &abi::call("balanceOf(address)", &[abi::address(of)]), at)
}

fn ask(token: EvmAddress, data: &[u8], at: &Value) -> Ask {
    ("eth_call", json!([{ "to": token.to_string(), "data": hex(data) }, at]))
}

/// The number that a contract answers; none where it refuses or answers something else.
pub(super) fn told(answer: Answer) -> Result<Option<Amount>, ChainFault> {
    Ok(reply(answer)?.as_deref().and_then(abi::one).map(|word| abi::to_amount(&word)))
}

/// What a contract answers; none where it refuses. A provider in trouble is a fault.
pub(super) fn reply(answer: Answer) -> Result<Option<Vec<u8>>, ChainFault> {
    match answer {
        Ok(value) => rpc::bytes(&value).map(Some),
        Err(ChainFault::Refused { code, message }) if is_revert(code, &message) => Ok(None),
        Err(other) => Err(other),
    }
}

impl Client {
    /// What a token's contract says of itself, or in a sentence why it is none to be paid in.
    ///
    /// # Errors
    /// When the provider does not serve.
    pub fn token_facts(&self, token: EvmAddress) -> Result<Result<Facts, String>, ChainFault> {
        let latest = json!("latest");
        let call = |signature| ask(token, &abi::call(signature, &[]), &latest);
        let mut asks = vec![("eth_getCode", json!([token.to_string(), "latest"]))];
        asks.extend(
            ["symbol()", "decimals()", "name()", "version()", "DOMAIN_SEPARATOR()"].map(call),
        );
        // A contract that knows no authorizations refuses this question.
        let state = abi::call("authorizationState(address,bytes32)", &[[0; 32], [0; 32]]);
        asks.push(ask(token, &state, &latest));
        asks.push(("eth_getStorageAt", json!([token.to_string(), SLOT, "latest"])));
        let answers = <[Answer; 8]>::try_from(self.ask(&asks)?)
            .map_err(|_count| garbage("another number of answers"))?;
        let [code, symbol, decimals, name, version, domain, state, slot] = answers;
        let code = rpc::bytes(&code?)?;
        if code.is_empty() {
            return Ok(Err("there is no contract at its address".to_owned()));
        }
        let text = |answer| -> Result<Option<String>, ChainFault> {
            Ok(reply(answer)?.as_deref().and_then(abi::text))
        };
        let word = |answer| -> Result<Option<Word>, ChainFault> {
            Ok(reply(answer)?.as_deref().and_then(abi::one))
        };
        let (Some(symbol), Some(decimals)) = (text(symbol)?, word(decimals)?) else {
            return Ok(Err("its contract does not tell a symbol and decimals".to_owned()));
        };
        let decimals = abi::to_amount(&decimals);
        let told = (text(name)?, text(version)?, word(domain)?, word(state)?);
        let code_hash = keccak256(&code);
        if let (Some(name), Some(version), Some(told), Some(_)) = told {
            let computed = eip3009::domain(&name, &version, self.spec().id, token);
            return Ok(Ok(Facts { code_hash, symbol, decimals, domain: Some((told, computed)) }));
        }
        let code_hash = match self.behind(&slot?)? {
            Some((to, code)) => keccak256(
                &[code_hash.as_slice(), to.as_bytes().as_slice(), &keccak256(&code)].concat(),
            ),
            None => code_hash,
        };
        Ok(Ok(Facts { code_hash, symbol, decimals, domain: None }))
    }

    /// What an address holds of a token at the head.
    ///
    /// # Errors
    /// When the provider does not serve or the contract does not tell.
    pub fn holds(&self, token: EvmAddress, of: EvmAddress) -> Result<Amount, ChainFault> {
        let (method, params) = ask_balance(token, of, &json!("latest"));
        told(self.one(method, params))?.ok_or_else(|| garbage("a token that tells no balance"))
    }

    /// Whether an authorization of that nonce had been carried out by a block.
    ///
    /// # Errors
    /// When the provider does not serve, or the block is not on its chain any more.
    pub fn is_used(
        &self,
        at: &Block,
        token: EvmAddress,
        (from, nonce): (EvmAddress, &Word),
    ) -> Result<bool, ChainFault> {
        let words = [abi::address(from), *nonce];
        let data = abi::call("authorizationState(address,bytes32)", &words);
        let (method, params) = ask(token, &data, &at.pinned());
        let told = told(self.one(method, params))?;
        told.map(|word| !word.is_zero())
            .ok_or_else(|| garbage("a token that tells nothing about an authorization"))
    }

    /// The newest transfers of a token to an address in the blocks after `low` up to `fin` that
    /// together make up `wanted`, oldest first. Fewer than that if the logs hold no more.
    ///
    /// # Errors
    /// When the provider does not serve.
    pub fn arrivals(
        &self,
        (token, to): (EvmAddress, EvmAddress),
        (low, fin): (Option<u64>, &Block),
        wanted: Amount,
    ) -> Result<Vec<Transfer>, ChainFault> {
        let topics = json!([hex(&abi::topic(TRANSFER)), null, hex(&abi::address(to))]);
        let mut found: Vec<Transfer> = Vec::new();
        for (from_block, to_block) in windows(low, fin.number) {
            let logs = self.logs(token, &topics, (from_block, to_block))?;
            let came = logs
                .iter()
                .filter_map(transfer)
                .filter(|transfer| transfer.to == to && !transfer.amount.is_zero());
            found.splice(0..0, came);
            let sum = Amount::sum(found.iter().map(|transfer| transfer.amount));
            if sum.is_none_or(|sum| sum >= wanted) {
                break;
            }
        }
        Ok(found)
    }

    /// The chain tx in which an authorization was carried out, up to a block.
    ///
    /// # Errors
    /// When the provider does not serve.
    pub fn carried_in(
        &self,
        token: EvmAddress,
        (from, nonce): (EvmAddress, &Word),
        fin: &Block,
    ) -> Result<Option<Word>, ChainFault> {
        let topics = json!([hex(&abi::topic(USED)), hex(&abi::address(from)), hex(nonce)]);
        for range in windows(None, fin.number) {
            if let Some(log) = self.logs(token, &topics, range)?.first() {
                return Ok(Some(log.tx_hash));
            }
        }
        Ok(None)
    }

    pub(super) fn logs(
        &self,
        token: EvmAddress,
        topics: &Value,
        (from_block, to_block): (u64, u64),
    ) -> Result<Vec<Log>, ChainFault> {
        let filter = json!([{
            "address": token.to_string(),
            "topics": topics,
            "fromBlock": format!("0x{from_block:x}"),
            "toBlock": format!("0x{to_block:x}"),
        }]);
        let logs = rpc::logs(&self.one("eth_getLogs", filter)?)?;
        let asked =
            |log: &Log| log.address == token && (from_block..=to_block).contains(&log.block_number);
        if logs.iter().all(asked) { Ok(logs) } else { Err(garbage("logs that were not asked for")) }
    }

    /// What became of a chain tx, and the transfers of a token in it.
    ///
    /// # Errors
    /// When the provider does not serve, or answers about another.
    pub fn delivered(
        &self,
        hash: &Word,
        token: EvmAddress,
    ) -> Result<Option<(Mined, Vec<Transfer>)>, ChainFault> {
        let receipt = self.one("eth_getTransactionReceipt", json!([hex(hash)]))?;
        let Some(mined) = rpc::mined(&receipt)? else { return Ok(None) };
        if mined.tx_hash != *hash {
            return Err(garbage("a receipt of another chain tx"));
        }
        let logs = receipt.get("logs").ok_or_else(|| garbage("a receipt without logs"))?;
        let logs = rpc::logs(logs)?;
        let of_token = logs.iter().filter(|log| log.address == token);
        Ok(Some((mined, of_token.filter_map(transfer).collect())))
    }
}

/// Ranges of blocks after `low` up to `high`, the newest first, no more than are gone through.
fn windows(low: Option<u64>, high: u64) -> impl Iterator<Item = (u64, u64)> {
    let first = low.map_or(0, |low| low.saturating_add(1));
    let mut next = (first <= high).then_some(high);
    let all = std::iter::from_fn(move || {
        let to = next?;
        let from = to.saturating_sub(WINDOW.saturating_sub(1)).max(first);
        next = from.checked_sub(1).filter(|next| *next >= first);
        Some((from, to))
    });
    all.take(usize::try_from(WINDOWS_MAX).unwrap_or(usize::MAX))
}

/// A log that is a transfer.
fn transfer(log: &Log) -> Option<Transfer> {
    let [kind, from, to] = log.topics.as_slice() else { return None };
    if *kind != abi::topic(TRANSFER) {
        return None;
    }
    Some(Transfer {
        from: abi::to_address(from)?,
        to: abi::to_address(to)?,
        amount: abi::to_amount(&abi::one(&log.data)?),
        tx_hash: log.tx_hash,
        block_number: log.block_number,
        block_hash: log.block_hash,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_go_down_and_leave_nothing_out() {
        let all: Vec<_> = windows(Some(9), 5_000).collect();
        assert_eq!(all, [(3_001, 5_000), (1_001, 3_000), (10, 1_000)]);
        assert_eq!(windows(None, 0).collect::<Vec<_>>(), [(0, 0)]);
        assert_eq!(windows(Some(7), 7).count(), 0);
        assert_eq!(windows(None, u64::MAX >> 1).count(), 60);
    }
}
