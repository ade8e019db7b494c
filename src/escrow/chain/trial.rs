//! Trying a transfer of a token out without making it: the node runs `trial/Trial.sol` in the place of an
//! account that holds the token (`eth_call` with a state override), and tells what would change.

use domain::EvmAddress;
use domain::money::Amount;
use domain::seal::hex;
use serde_json::{Map, Value, json};

use super::client::{Client, Estimate};
use super::rpc::{Block, garbage};
use super::tokens::{TRANSFER, reply};
use crate::evm::abi::{self, Word};
use crate::fault::ChainFault;

/// Its code as a chain would keep it; made by `tests/anvil/compile.mjs`.
const CODE: &str = include_str!("trial/trial.hex");
const ATTEMPT: &str = "attempt(address,address,uint256,bool)";
/// How many blocks are gone through for holders, ever more at once: a busy token has too many in many.
const STEPS: [u64; 6] = [1, 8, 64, 512, 2_000, 2_000];
/// Holders that are asked about at once.
const HOLDERS_MAX: usize = 50;

/// A transfer of a token: whose, from whom, to whom and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The token's contract.
    pub token: EvmAddress,
    /// Who holds it.
    pub from: EvmAddress,
    /// Who is paid.
    pub to: EvmAddress,
    /// In base units.
    pub amount: Amount,
}

/// What a transfer would come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// The sum would leave the payer and arrive at the payee.
    Moves,
    /// The contract refuses.
    Refuses,
    /// Something else would happen, and what.
    Wrong(&'static str),
}

impl Wanted {
    /// The call that makes it.
    pub fn call(&self) -> Vec<u8> {
        let words = [abi::address(self.to), abi::number(self.amount)];
        abi::call("transfer(address,uint256)", &words)
    }
}

impl Client {
    /// What a transfer would come to on top of the newest block. With `listens` the payee is taken to
    /// be a contract, to learn whether the token calls whom it pays.
    ///
    /// # Errors
    /// When the provider does not serve, or cannot run code in the place of an account.
    pub fn try_transfer(&self, wanted: &Wanted, listens: bool) -> Result<Tried, ChainFault> {
        let Wanted { token, from, to, amount } = *wanted;
        let flag = abi::number(Amount::from_u128(u128::from(listens)));
        let words = [abi::address(token), abi::address(to), abi::number(amount), flag];
        let data = hex(&abi::call(ATTEMPT, &words));
        let code = json!({ "code": format!("0x{}", CODE.trim()) });
        let mut instead = Map::from_iter([(from.to_string(), code.clone())]);
        if listens {
            instead.insert(to.to_string(), code);
        }
        let call = json!([{ "to": from.to_string(), "data": data }, "latest", instead]);
        let Some(answer) = reply(self.one("eth_call", call))? else { return Ok(Tried::Refuses) };
        let words: Vec<Word> =
            answer.chunks_exact(32).filter_map(|word| word.try_into().ok()).collect();
        let [outcome, payer_before, payer_after, payee_before, payee_after, heard] =
            <[Word; 6]>::try_from(words)
                .map_err(|_count| garbage("the provider cannot try a transfer out"))?
                .map(|word| abi::to_amount(&word));
        let gone = payer_before.checked_sub(payer_after);
        let came = payee_after.checked_sub(payee_before);
        Ok(if outcome.is_zero() {
            Tried::Refuses
        } else if (gone, came) == (Some(Amount::ZERO), Some(Amount::ZERO)) {
            Tried::Wrong("it says that it moved a sum, and moves nothing")
        } else if (gone, came) != (Some(amount), Some(amount)) {
            Tried::Wrong("more or less than the sum leaves the payer or arrives at the payee")
        } else if outcome != Amount::from_u128(1) {
            Tried::Wrong("it does not say true of a transfer that it makes")
        } else if !heard.is_zero() {
            Tried::Wrong("it calls whom it pays")
        } else {
            Tried::Moves
        })
    }

    /// What a transfer would take, if it would come to what it should.
    ///
    /// # Errors
    /// As of [`Client::try_transfer`].
    pub fn estimate_transfer(
        &self,
        wanted: &Wanted,
    ) -> Result<Result<Estimate, &'static str>, ChainFault> {
        match self.try_transfer(wanted, false)? {
            Tried::Wrong(why) => Ok(Err(why)),
            Tried::Refuses => Ok(Ok(Estimate::Refuses(String::new()))),
            Tried::Moves => self.estimate_call(wanted.from, wanted.token, &wanted.call()).map(Ok),
        }
    }

    /// Somebody other than `but` who holds a token, and how much: one of `known`, or who was paid in it
    /// last. None where nobody was in the last blocks.
    ///
    /// # Errors
    /// When the provider does not serve.
    pub fn holder(
        &self,
        token: EvmAddress,
        (known, but): (&[EvmAddress], EvmAddress),
        head: &Block,
    ) -> Result<Option<(EvmAddress, Amount)>, ChainFault> {
        if let Some(found) = self.richest(token, (known, but), head)? {
            return Ok(Some(found));
        }
        let topics = json!([hex(&abi::topic(TRANSFER))]);
        let mut to = head.number;
        for step in STEPS {
            let from = to.saturating_sub(step.saturating_sub(1));
            let logs = self.logs(token, &topics, (from, to))?;
            let mut paid: Vec<EvmAddress> =
                logs.iter().rev().filter_map(|log| abi::to_address(log.topics.get(2)?)).collect();
            paid.dedup();
            paid.truncate(HOLDERS_MAX);
            if let Some(found) = self.richest(token, (&paid, but), head)? {
                return Ok(Some(found));
            }
            let Some(next) = from.checked_sub(1) else { break };
            to = next;
        }
        Ok(None)
    }

    /// Who of some accounts holds most of a token; none where nobody has two base units.
    fn richest(
        &self,
        token: EvmAddress,
        (of, but): (&[EvmAddress], EvmAddress),
        at: &Block,
    ) -> Result<Option<(EvmAddress, Amount)>, ChainFault> {
        let of: Vec<EvmAddress> = of.iter().copied().filter(|one| *one != but).collect();
        let asks: Vec<_> = of.iter().map(|one| (*one, Some(token))).collect();
        let held = of.iter().copied().zip(self.balances(at, &asks)?);
        let held = held.filter_map(|(one, held)| Some((one, held?)));
        let enough = held.filter(|(_, held)| *held > Amount::from_u128(1));
        Ok(enough.max_by_key(|(_, held)| *held))
    }

    /// The code behind a proxy by EIP-1967, as what stands in its slot; none where it is no such proxy.
    ///
    /// # Errors
    /// When the provider does not serve.
    pub(super) fn behind(&self, slot: &Value) -> Result<Option<(EvmAddress, Vec<u8>)>, ChainFault> {
        let word = super::rpc::hash(slot)?;
        let Some(to) = abi::to_address(&word).filter(|to| !to.is_zero()) else { return Ok(None) };
        let code = self.one("eth_getCode", json!([to.to_string(), "latest"]))?;
        Ok(Some((to, super::rpc::bytes(&code)?)))
    }
}
