//! Recovery: from the keys alone, without a ledger, finds every address of ours that holds money.
//!
//! Keys have places in an order without gaps, so a count of them is enough to find all. Where no count
//! is known, the search goes on until it has met nothing for a long while.

mod sweep;
mod wallets;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::money::Amount;

use crate::chain::client::{Held, View};
use crate::ctx::Served;
use crate::evm::abi::Word;
use crate::fault::{ChainFault, Fault};
use crate::keys::{DEPOSITS, GAS, Keys, ORDERS, Place};

pub use sweep::{Outcome, Swept, sweep};

/// Keys in one part.
const PART: u32 = 500;
/// Keys that a generation can have.
const KEYS_MAX: u32 = 1 << 31;
/// How often a provider is asked that does not serve, each time after a longer wait.
const TRIES: u32 = 6;
/// The first wait.
const PAUSE: Duration = Duration::from_millis(500);

/// Which keys are tried, of orders and of vendors' deposits alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Generations, from the first; at least 1.
    pub generations: u32,
    /// So many keys of each, or as far as there is no gap.
    pub extent: Extent,
}

/// How far a generation is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So many keys, whatever they hold.
    Count(u32),
    /// Until so many keys in a row hold nothing and never sent anything.
    Gap(u32),
}

/// Money at an address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Find {
    /// Where its key is.
    pub place: Place,
    /// The address.
    pub address: EvmAddress,
    /// What it holds.
    pub asset: Asset,
    /// How much of it, in base units.
    pub amount: Amount,
}

/// What is asked about on a chain: its coin and its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The coin first; tokens with their EIP-712 domains, where they know EIP-3009.
    pub all: Vec<(Asset, Option<Word>)>,
    /// Why some token is not among them, in sentences.
    pub left_out: Vec<String>,
}

/// What can be asked about on a chain.
///
/// # Errors
/// [`ChainFault`] when the provider does not serve.
pub fn assets(served: &Served) -> Result<Assets, ChainFault> {
    let coin = Asset::native(served.client.spec());
    let mut assets = Assets { all: vec![(coin, None)], left_out: Vec::new() };
    for token in &served.tokens {
        let why = match patiently(|| served.client.token_facts(*token))? {
            Ok(facts) if facts.domain.is_some_and(|(told, computed)| told != computed) => {
                "its EIP-712 domain is not its own".to_owned()
            }
            Ok(facts) => {
                let symbol = facts.symbol.parse().unwrap_or(coin.symbol);
                match u8::try_from(facts.decimals.as_u256()) {
                    Ok(decimals) => {
                        let asset = Asset { token: Some(*token), symbol, decimals, ..coin };
                        assets.all.push((asset, facts.domain.map(|(told, _)| told)));
                        continue;
                    }
                    Err(_large) => "its decimals make no sense".to_owned(),
                }
            }
            Err(why) => why,
        };
        assets.left_out.push(format!("the token {token} is not looked for: {why}"));
    }
    Ok(assets)
}

/// Goes through the keys and answers what their addresses hold, in the order of their places, and last
/// what the gas wallets do. `tell`
/// hears after each part which key was the last and how many addresses hold money so far.
///
/// # Errors
/// [`Fault`] when the provider does not serve for a minute, or a place has no key.
pub fn scan(
    keys: &Keys,
    served: &Served,
    (assets, range): (&[(Asset, Option<Word>)], &Range),
    mut tell: impl FnMut(Place, usize),
) -> Result<Vec<Find>, Fault> {
    let mut finds: Vec<Find> = Vec::new();
    for purpose in [ORDERS, DEPOSITS] {
        for generation in 0..range.generations {
            let (mut first, mut quiet) = (0_u32, 0_u32);
            while let Some(size) = range.extent.part(first, quiet) {
                let part = part(keys, (purpose, generation), first, size)?;
                let used = look(served, assets, &part, &mut finds)?;
                quiet = match used.iter().rposition(|used| *used) {
                    Some(last) => {
                        size.saturating_sub(u32::try_from(last).unwrap_or(size)).saturating_sub(1)
                    }
                    None => quiet.saturating_add(size),
                };
                first = first.saturating_add(size);
                let last = first.saturating_sub(1);
                tell(Place { purpose, generation, index: last }, finds.len());
            }
        }
    }
    let wallet = |generation| {
        Ok((Place { purpose: GAS, generation, index: 0 }, keys.gas_wallet(generation)?))
    };
    let wallets: Part = (0..range.generations).map(wallet).collect::<Result<_, Fault>>()?;
    for part in wallets.chunks(usize::try_from(PART).unwrap_or(1)) {
        look(served, assets, part, &mut finds)?;
    }
    Ok(finds)
}

/// Of what was found at addresses of orders and of deposits, what is on another chain than the one that the address
/// was issued for: no payout ever takes it. Of addresses that `issued` does not tell of nothing is.
pub fn strayed(finds: &[Find], issued: &BTreeMap<EvmAddress, ChainId>) -> Vec<Find> {
    let elsewhere = |find: &&Find| {
        let own = issued.get(&find.address).filter(|_| find.place.purpose != GAS);
        own.is_some_and(|own| *own != find.asset.chain)
    };
    finds.iter().filter(elsewhere).copied().collect()
}

impl Extent {
    /// How many keys are tried next; none at the end.
    fn part(self, first: u32, quiet: u32) -> Option<u32> {
        let rest = match self {
            Self::Count(count) => count.saturating_sub(first),
            Self::Gap(gap) => gap.saturating_sub(quiet),
        };
        let rest = rest.min(KEYS_MAX.saturating_sub(first));
        Some(rest.min(PART)).filter(|size| *size > 0)
    }
}

type Part = Vec<(Place, EvmAddress)>;

fn part(
    keys: &Keys,
    (purpose, generation): (u32, u32),
    first: u32,
    size: u32,
) -> Result<Part, Fault> {
    let last = first.saturating_add(size);
    let one = |index| {
        let place = Place { purpose, generation, index };
        Ok((place, keys.address_at(place)?))
    };
    (first..last).map(one).collect()
}

/// Adds what a part of the keys holds to `finds`; answers of each key whether it was ever used, as far
/// as the chain tells: an address that was emptied by authorizations looks like new.
fn look(
    served: &Served,
    assets: &[(Asset, Option<Word>)],
    part: &[(Place, EvmAddress)],
    finds: &mut Vec<Find>,
) -> Result<Vec<bool>, ChainFault> {
    let asks: Vec<Held> = part
        .iter()
        .flat_map(|(_, address)| assets.iter().map(|(asset, _)| (*address, asset.token)))
        .collect();
    let addresses: Vec<EvmAddress> = part.iter().map(|(_, address)| *address).collect();
    let (held, nonces) = patiently(|| {
        // Looked up anew for each part: providers keep the state of the last hundred blocks.
        let View { fin, .. } = served.client.look()?;
        Ok((served.client.balances(&fin, &asks)?, served.client.nonces(&fin, &addresses)?))
    })?;
    let mut used: Vec<bool> = nonces.into_iter().map(|nonce| nonce > 0).collect();
    let of_each = held.chunks(assets.len().max(1));
    for (((place, address), held), used) in part.iter().zip(of_each).zip(&mut used) {
        for ((asset, _), amount) in assets.iter().zip(held) {
            let amount = amount.unwrap_or_default();
            if !amount.is_zero() {
                *used = true;
                finds.push(Find { place: *place, address: *address, asset: *asset, amount });
            }
        }
    }
    Ok(used)
}

/// Asks again a provider that does not serve, or that wants to be asked more slowly.
fn patiently<T>(mut ask: impl FnMut() -> Result<T, ChainFault>) -> Result<T, ChainFault> {
    let mut pause = PAUSE;
    for _ in 1..TRIES {
        match ask() {
            Err(fault @ ChainFault::Wrong(_)) => return Err(fault),
            Err(_) => thread::sleep(pause),
            answer => return answer,
        }
        pause = pause.saturating_mul(3);
    }
    ask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_gone_through_to_its_end_and_a_gap_until_nothing_comes() {
        assert_eq!(Extent::Count(1_200).part(0, 0), Some(500));
        assert_eq!(Extent::Count(1_200).part(1_000, 1_000), Some(200));
        assert_eq!(Extent::Count(1_200).part(1_200, 0), None);
        assert_eq!(Extent::Gap(700).part(90_000, 0), Some(500));
        assert_eq!(Extent::Gap(700).part(90_500, 600), Some(100));
        assert_eq!(Extent::Gap(700).part(90_600, 700), None);
        assert_eq!(Extent::Gap(700).part(KEYS_MAX, 0), None);
    }
}
