//! One chain as escrow asks about it.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use domain::EvmAddress;
use domain::chain::{ChainSpec, FeeModel, Finality};
use domain::money::Amount;
use domain::seal::{hex, unhex};
use serde_json::{Value, json};
use verify::keccak256;

use super::rpc::{self, Answer, Ask, Block, Mined, Sent, garbage};
use super::tokens;
use super::transport::Transport;
use crate::evm::fees::Market;
use crate::fault::ChainFault;

/// Requests in one batch.
const BATCH: usize = 100;
/// Where chains of the OP stack tell the price of their data.
const GAS_ORACLE: &str = "0x420000000000000000000000000000000000000F";
/// Bytes of a signed leg, rounded up.
const LEG_BYTES: u64 = 200;

/// The chain at one moment: the newest block and the newest final one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The newest block.
    pub head: Block,
    /// The newest block that cannot be taken back.
    pub fin: Block,
    /// What gas costs.
    pub market: Market,
}

/// What an account is before anything was ever done with it, and what not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its balance at the head, in base units.
    pub balance: Amount,
    /// Chain txs that it has sent.
    pub nonce: u64,
    /// Whether it holds code.
    pub has_code: bool,
}

impl Account {
    /// Whether nobody has used it.
    pub fn is_virgin(&self) -> bool {
        self.balance.is_zero() && self.nonce == 0 && !self.has_code
    }
}

/// What a transfer to somebody would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Estimate {
    /// So much gas.
    Gas(u64),
    /// It would fail: the payee's contract refuses it.
    Refuses(String),
}

/// An address, and the token that is asked about; none for the coin.
pub type Held = (EvmAddress, Option<EvmAddress>);

/// A chain behind its provider.
pub struct Client {
    spec: &'static ChainSpec,
    transport: Box<dyn Transport>,
    /// Hash of block 0: the known one, or that of the first sight where none is known for good.
    genesis: Mutex<Option<[u8; 32]>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.spec.name)
    }
}

impl Client {
    /// A client of the chain that `spec` describes.
    pub fn new(spec: &'static ChainSpec, transport: Box<dyn Transport>) -> Self {
        let genesis = Mutex::new(spec.genesis.and_then(unhex));
        Self { spec, transport, genesis }
    }

    /// The chain's facts.
    pub const fn spec(&self) -> &'static ChainSpec {
        self.spec
    }

    pub(super) fn ask(&self, asks: &[Ask]) -> Result<Vec<Answer>, ChainFault> {
        let mut answers = Vec::with_capacity(asks.len());
        for part in asks.chunks(BATCH) {
            answers.extend(rpc::batch(self.transport.as_ref(), part)?);
        }
        Ok(answers)
    }

    pub(super) fn one(&self, method: &'static str, params: Value) -> Answer {
        let mut answers = self.ask(&[(method, params)])?;
        answers.pop().ok_or_else(|| garbage("no answer"))?
    }

    /// The newest and the newest final block, after a look whether this is the right chain.
    ///
    /// # Errors
    /// [`ChainFault::Wrong`] on another chain; the others when the provider does not serve.
    pub fn look(&self) -> Result<View, ChainFault> {
        let block = |at: &str| ("eth_getBlockByNumber", json!([at, false]));
        let answers = self.ask(&[
            ("eth_chainId", json!([])),
            block("0x0"),
            block("latest"),
            block("finalized"),
            ("eth_maxPriorityFeePerGas", json!([])),
        ])?;
        let [id, genesis, head, fin, tip] = <[Answer; 5]>::try_from(answers)
            .map_err(|_count| garbage("another number of answers"))?;
        let id = rpc::number(&id?)?;
        if id != self.spec.id.get() {
            return Err(ChainFault::Wrong(format!(
                "the provider of {} serves the chain with id {id}, not {}",
                self.spec.name,
                self.spec.id.get()
            )));
        }
        self.check_genesis(rpc::block(&genesis?)?)?;
        let head = rpc::block(&head?)?.ok_or_else(|| garbage("no newest block"))?;
        let fin = match self.spec.finality {
            Finality::Tag => rpc::block(&fin?)?.ok_or_else(|| garbage("no final block"))?,
            Finality::Depth(depth) => self
                .block(head.number.saturating_sub(depth))?
                .ok_or_else(|| garbage("no final block"))?,
        };
        if fin.number > head.number {
            return Err(garbage("a final block beyond the newest"));
        }
        let market = Market { base_fee: head.base_fee, tip: rpc::quantity(&tip?)? };
        Ok(View { head, fin, market })
    }

    fn check_genesis(&self, block: Option<Block>) -> Result<(), ChainFault> {
        let first = block.ok_or_else(|| garbage("no block 0"))?;
        let mut pinned = self.genesis.lock().unwrap_or_else(PoisonError::into_inner);
        if *pinned.get_or_insert(first.hash) == first.hash {
            return Ok(());
        }
        Err(ChainFault::Wrong(format!(
            "the provider of {} serves another chain: its block 0 is {}",
            self.spec.name,
            hex(&first.hash)
        )))
    }

    /// The block of that number on the provider's present chain.
    ///
    /// # Errors
    /// When the provider does not serve.
    pub fn block(&self, number: u64) -> Result<Option<Block>, ChainFault> {
        let at = format!("0x{number:x}");
        let found = rpc::block(&self.one("eth_getBlockByNumber", json!([at, false]))?)?;
        if found.is_some_and(|block| block.number != number) {
            return Err(garbage("another block than asked for"));
        }
        Ok(found)
    }

    /// Balances after a block, each of an address in a token or else in the coin, in the order of
    /// the questions; none where a token's contract does not tell.
    ///
    /// # Errors
    /// When the provider does not serve, or the block is not on its chain any more.
    pub fn balances(&self, at: &Block, of: &[Held]) -> Result<Vec<Option<Amount>>, ChainFault> {
        let asks: Vec<Ask> = of
            .iter()
            .map(|(address, token)| match token {
                None => ("eth_getBalance", json!([address.to_string(), at.pinned()])),
                Some(token) => tokens::ask_balance(*token, *address, &at.pinned()),
            })
            .collect();
        let answers = self.ask(&asks)?.into_iter().zip(of);
        answers
            .map(|(answer, (_, token))| match token {
                None => rpc::quantity(&answer?).map(Some),
                Some(_) => tokens::told(answer),
            })
            .collect()
    }

    /// What an address is at the head.
    ///
    /// # Errors
    /// When the provider does not serve.
    pub fn account(&self, address: EvmAddress) -> Result<Account, ChainFault> {
        let at = json!([address.to_string(), "latest"]);
        let answers = self.ask(&[
            ("eth_getBalance", at.clone()),
            ("eth_getTransactionCount", at.clone()),
            ("eth_getCode", at),
        ])?;
        let [balance, nonce, code] = <[Answer; 3]>::try_from(answers)
            .map_err(|_count| garbage("another number of answers"))?;
        let code = code?;
        let code = code.as_str().ok_or_else(|| garbage("no code"))?;
        Ok(Account {
            balance: rpc::quantity(&balance?)?,
            nonce: rpc::number(&nonce?)?,
            has_code: code != "0x",
        })
    }

    /// How many chain txs an address had sent by a block.
    ///
    /// # Errors
    /// When the provider does not serve, or the block is not on its chain any more.
    pub fn nonce(&self, at: &Block, address: EvmAddress) -> Result<u64, ChainFault> {
        let params = json!([address.to_string(), at.pinned()]);
        rpc::number(&self.one("eth_getTransactionCount", params)?)
    }

    /// How many chain txs each of these had sent by a block.
    ///
    /// # Errors
    /// As of [`Client::nonce`].
    pub fn nonces(&self, at: &Block, of: &[EvmAddress]) -> Result<Vec<u64>, ChainFault> {
        let ask = |address: &EvmAddress| {
            ("eth_getTransactionCount", json!([address.to_string(), at.pinned()]))
        };
        let answers = self.ask(&of.iter().map(ask).collect::<Vec<Ask>>())?;
        answers.into_iter().map(|answer| rpc::number(&answer?)).collect()
    }

    /// What became of chain txs, in the order of their hashes.
    ///
    /// # Errors
    /// When the provider does not serve, or answers about others.
    pub fn mined(&self, hashes: &[[u8; 32]]) -> Result<Vec<Option<Mined>>, ChainFault> {
        let asks: Vec<Ask> =
            hashes.iter().map(|hash| ("eth_getTransactionReceipt", json!([hex(hash)]))).collect();
        let answers = self.ask(&asks)?;
        answers
            .into_iter()
            .zip(hashes)
            .map(|(answer, hash)| {
                let mined = rpc::mined(&answer?)?;
                if mined.is_some_and(|mined| mined.tx_hash != *hash) {
                    return Err(garbage("a receipt of another chain tx"));
                }
                Ok(mined)
            })
            .collect()
    }

    /// A chain tx by its hash; none where the provider knows none.
    ///
    /// # Errors
    /// When the provider does not serve, or answers about another.
    pub fn sent(&self, tx_hash: &[u8; 32]) -> Result<Option<Sent>, ChainFault> {
        let answer = self.one("eth_getTransactionByHash", json!([hex(tx_hash)]))?;
        let sent = rpc::sent(&answer)?;
        if sent.is_some_and(|sent| sent.tx_hash != *tx_hash) {
            return Err(garbage("another chain tx than asked for"));
        }
        Ok(sent)
    }

    /// What a transfer would take on top of the newest block.
    ///
    /// # Errors
    /// When the provider does not serve, or refuses for a reason that is not the payee's.
    pub fn estimate(
        &self,
        from: EvmAddress,
        to: EvmAddress,
        value: Amount,
    ) -> Result<Estimate, ChainFault> {
        let value = format!("0x{:x}", value.as_u256());
        self.try_out(json!([{ "from": from.to_string(), "to": to.to_string(), "value": value }]))
    }

    /// What a call of a contract would take on top of the newest block.
    ///
    /// # Errors
    /// As of [`Client::estimate`].
    pub fn estimate_call(
        &self,
        from: EvmAddress,
        to: EvmAddress,
        data: &[u8],
    ) -> Result<Estimate, ChainFault> {
        self.try_out(json!([{ "from": from.to_string(), "to": to.to_string(), "data": hex(data) }]))
    }

    fn try_out(&self, call: Value) -> Result<Estimate, ChainFault> {
        match self.one("eth_estimateGas", call) {
            Ok(gas) => Ok(Estimate::Gas(rpc::number(&gas)?)),
            Err(ChainFault::Refused { code, message }) if is_revert(code, &message) => {
                Ok(Estimate::Refuses(message))
            }
            Err(other) => Err(other),
        }
    }

    /// Hands signed bytes to the network. Silence and refusals say nothing about their fate.
    ///
    /// # Errors
    /// When the provider does not serve or will not take them.
    pub fn send(&self, raw: &[u8]) -> Result<(), ChainFault> {
        self.one("eth_sendRawTransaction", json!([hex(raw)])).map(|_hash| ())
    }

    /// The most that the data of one leg may cost on top of its gas: nothing on most chains.
    ///
    /// # Errors
    /// When the provider does not serve.
    pub fn data_fee(&self) -> Result<Amount, ChainFault> {
        if self.spec.fees == FeeModel::Plain {
            return Ok(Amount::ZERO);
        }
        let selector = keccak256(b"getL1FeeUpperBound(uint256)");
        let name = hex(selector.split_at(4).0);
        let data = format!("{name}{LEG_BYTES:064x}");
        let call = json!([{ "to": GAS_ORACLE, "data": data }, "latest"]);
        let answer = self.one("eth_call", call)?;
        let bound = Amount::from_u256(ruint::aliases::U256::from_be_bytes(rpc::hash(&answer)?));
        bound.checked_mul(4).ok_or_else(|| garbage("a fee beyond all sums"))
    }
}

/// Whether the words are those of a payee that refuses, rather than of a node in trouble.
pub(super) fn is_revert(code: i64, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    code == 3
        || ["revert", "out of gas", "gas required exceeds", "invalid opcode", "execution failed"]
            .iter()
            .any(|words| message.contains(words))
}
