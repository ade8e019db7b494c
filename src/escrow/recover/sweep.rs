//! Moving what was found to one address. Nothing is written down, and nothing has to be: whatever is
//! done twice goes to the same address, and a second transfer of the same money fails.

use std::thread;
use std::time::{Duration, Instant};

use domain::EvmAddress;
use domain::money::Amount;
use domain::seal::hex;
use verify::keccak256;

use super::{Find, patiently, wallets};
use crate::chain::client::{Estimate, View};
use crate::ctx::Served;
use crate::evm::abi::Word;
use crate::evm::eip3009::Authorization;
use crate::evm::fees::{self, Market, Offer};
use crate::evm::tx::{LegTx, RelayTx, SignedTx};
use crate::fault::{ChainFault, Fault};
use crate::keys::{GAS, Keys, Signable};

/// How often blocks are asked for what was sent.
pub(super) const PACE: Duration = Duration::from_secs(1);

/// What became of a find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A block has its chain tx.
    Moved([u8; 32]),
    /// Its chain tx was sent and no block has it yet.
    Sent([u8; 32]),
    /// It was not moved, and why.
    Stayed(String),
}

/// A find, what arrives of it, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// What was found.
    pub find: Find,
    /// What arrives of it, in its base units.
    pub amount: Amount,
    /// What became of it.
    pub outcome: Outcome,
}

/// Moves finds of one chain to an address: tokens by authorizations that a gas wallet carries, or by
/// transfers for whose gas it sends coin; then coins, less the fee of moving them; and when blocks have
/// all that, what the gas wallets hold. `domains` are the EIP-712 domains of the tokens that have one.
/// Waits for blocks until `patience` is over.
///
/// # Errors
/// [`Fault`] when the provider does not serve at all; what is about one find is told in its outcome.
pub fn sweep(
    keys: &Keys,
    served: &Served,
    (finds, domains): (&[Find], &[(EvmAddress, Word)]),
    to: EvmAddress,
    patience: Duration,
) -> Result<Vec<Swept>, Fault> {
    let view = patiently(|| served.client.look())?;
    let mut all = Vec::new();
    let tokens = finds.iter().filter(|find| find.asset.token.is_some());
    let mut wallet = Wallet::of(keys, served, finds)?;
    for find in tokens {
        let domain = domains.iter().find(|(token, _)| find.asset.token == Some(*token));
        let sent = match domain {
            Some((_, domain)) => wallet.carry(keys, (served, &view), (find, *domain), to),
            None => wallet.transfer(keys, (served, &view), (find, to), patience),
        };
        all.push(swept(find, sent.map(|signed| (signed, find.amount))));
    }
    let coins = finds.iter().filter(|find| find.asset.token.is_none());
    let (purses, coins): (Vec<&Find>, Vec<&Find>) =
        coins.partition(|find| find.place.purpose == GAS);
    if let Some(first) = coins.first() {
        let cost = Cost::of(served, &view, (first.address, to))?;
        for find in coins {
            all.push(swept(find, send(keys, served, (find, &cost), to)));
        }
    }
    follow(served, &mut all, patience)?;
    let waits = all.iter().any(|one| one.on_its_way().is_some());
    for find in purses {
        let sent = match waits {
            false => wallets::empty(keys, served, find, to),
            true => Err(Fault::Key("what it pays the gas of is in no block yet".to_owned())),
        };
        all.push(swept(find, sent));
    }
    follow(served, &mut all, patience)?;
    Ok(all)
}

fn swept(find: &Find, sent: Result<(SignedTx, Amount), Fault>) -> Swept {
    match sent {
        Ok((signed, amount)) => Swept { find: *find, amount, outcome: Outcome::Sent(signed.hash) },
        Err(fault) => {
            Swept { find: *find, amount: Amount::ZERO, outcome: Outcome::Stayed(fault.to_string()) }
        }
    }
}

/// What moving coin to the address takes, the same for each find.
pub(super) struct Cost {
    offer: Offer,
    gas_limit: u64,
    fee: Amount,
}

impl Cost {
    pub(super) fn of(
        served: &Served,
        view: &View,
        (from, to): (EvmAddress, EvmAddress),
    ) -> Result<Self, Fault> {
        let one = Amount::from_u128(1);
        let gas_limit = match patiently(|| served.client.estimate(from, to, one))? {
            Estimate::Gas(gas) => fees::gas_limit(gas),
            Estimate::Refuses(_) => None,
        };
        let gas_limit = gas_limit.ok_or_else(|| {
            Fault::Key(format!("{to} refuses coin or wants more gas than anybody is given"))
        })?;
        let offer = view.market.first(view.market.ceiling());
        let data = patiently(|| served.client.data_fee())?;
        let fee = fees::reserve(gas_limit, offer.max_fee).and_then(|fee| fee.checked_add(data));
        let fee = fee.ok_or_else(|| ChainFault::Garbage("a fee beyond all sums".to_owned()))?;
        Ok(Self { offer, gas_limit, fee })
    }

    /// The chain tx that moves a find, less the fee.
    pub(super) fn leg(&self, find: &Find, nonce: u64, to: EvmAddress) -> Result<LegTx, Fault> {
        let value = find.amount.checked_sub(self.fee).filter(|value| !value.is_zero());
        let value = value.ok_or_else(|| {
            let fee = find.asset.shown(self.fee);
            Fault::Key(format!("moving it costs {fee}, which is more than it is worth"))
        })?;
        Ok(LegTx {
            from: find.address,
            chain: find.asset.chain,
            nonce,
            max_tip: self.offer.max_tip,
            max_fee: self.offer.max_fee,
            gas_limit: self.gas_limit,
            to,
            value,
        })
    }
}

/// Sends what an address holds of the coin, less the fee.
fn send(
    keys: &Keys,
    served: &Served,
    (find, cost): (&Find, &Cost),
    to: EvmAddress,
) -> Result<(SignedTx, Amount), Fault> {
    let account = patiently(|| served.client.account(find.address))?;
    let leg = cost.leg(find, account.nonce, to)?;
    let signed = keys.sign(find.place, Signable::Leg(&leg))?;
    served.client.send(&signed.raw)?;
    Ok((signed, leg.value))
}

/// The gas wallet that carries authorizations.
pub(super) struct Wallet {
    pub(super) address: EvmAddress,
    pub(super) generation: u32,
    pub(super) nonce: u64,
    pub(super) balance: Amount,
}

impl Wallet {
    /// That of the generations among the finds which holds most.
    fn of(keys: &Keys, served: &Served, finds: &[Find]) -> Result<Self, Fault> {
        let last = finds.iter().map(|find| find.place.generation).max().unwrap_or_default();
        let mut best: Option<Self> = None;
        for generation in 0..=last {
            let address = keys.gas_wallet(generation)?;
            let account = patiently(|| served.client.account(address))?;
            let this = Self { address, generation, nonce: account.nonce, balance: account.balance };
            if best.as_ref().is_none_or(|best| best.balance < this.balance) {
                best = Some(this);
            }
        }
        best.ok_or_else(|| Fault::Key("there is no generation".to_owned()))
    }

    pub(super) fn too_little(&self) -> Fault {
        let Self { address, .. } = self;
        Fault::Key(format!("the gas wallet {address} holds too little; send it coin and try again"))
    }

    /// Signs the authorization of a find and carries it.
    fn carry(
        &mut self,
        keys: &Keys,
        (served, view): (&Served, &View),
        (find, domain): (&Find, Word),
        to: EvmAddress,
    ) -> Result<SignedTx, Fault> {
        let token =
            find.asset.token.ok_or_else(|| Fault::Key("a coin is not carried".to_owned()))?;
        let asked = Authorization {
            token,
            domain,
            from: find.address,
            to,
            value: find.amount,
            nonce: nonce(find, to, self.nonce),
        };
        let carried = keys.authorize(find.place, &asked)?;
        let call = carried.call();
        let gas = match patiently(|| served.client.estimate_call(self.address, token, &call))? {
            Estimate::Gas(gas) => gas.saturating_add(gas.wrapping_div(4)).min(fees::RELAY_GAS_MAX),
            Estimate::Refuses(why) => {
                return Err(Fault::Key(format!("the token refuses it: {why}")));
            }
        };
        let Offer { max_fee, max_tip } = view.market.first(Market::relay_ceiling());
        let cost = fees::reserve(gas, max_fee).unwrap_or(self.balance);
        let left = self.balance.checked_sub(cost).ok_or_else(|| self.too_little())?;
        let relay = RelayTx {
            from: self.address,
            chain: find.asset.chain,
            nonce: self.nonce,
            max_tip,
            max_fee,
            gas_limit: gas,
            carried,
        };
        let signed = keys.sign((self.generation, 0), Signable::Relay(&relay))?;
        served.client.send(&signed.raw)?;
        self.balance = left;
        self.nonce = self.nonce.saturating_add(1);
        Ok(signed)
    }
}

/// Another one for each carrier, and never that of a leg.
fn nonce(find: &Find, to: EvmAddress, carrier: u64) -> Word {
    let (from, amount) = (find.address, find.amount);
    keccak256(format!("holdfast recovery 1\n{from}\n{to}\n{amount}\n{carrier}").as_bytes())
}

/// Waits until blocks have what was sent.
fn follow(served: &Served, all: &mut [Swept], patience: Duration) -> Result<(), Fault> {
    let deadline = Instant::now().checked_add(patience);
    loop {
        let sent: Vec<[u8; 32]> = all.iter().filter_map(Swept::on_its_way).collect();
        let mined = patiently(|| served.client.mined(&sent))?;
        for mined in mined.into_iter().flatten() {
            for one in all.iter_mut().filter(|one| one.on_its_way() == Some(mined.tx_hash)) {
                one.outcome = if mined.succeeded {
                    Outcome::Moved(mined.tx_hash)
                } else {
                    Outcome::Stayed(format!("its chain tx {} failed", hex(&mined.tx_hash)))
                };
            }
        }
        let waits = all.iter().any(|one| one.on_its_way().is_some());
        if !waits || deadline.is_none_or(|deadline| Instant::now() >= deadline) {
            return Ok(());
        }
        thread::sleep(PACE);
    }
}

impl Swept {
    fn on_its_way(&self) -> Option<[u8; 32]> {
        match self.outcome {
            Outcome::Sent(hash) => Some(hash),
            Outcome::Moved(_) | Outcome::Stayed(_) => None,
        }
    }
}
