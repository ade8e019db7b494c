//! What recovery does with gas wallets: coin for the gas of tokens that know no authorizations, and in the
//! end what the wallets themselves still hold.

use std::thread;
use std::time::{Duration, Instant};

use domain::EvmAddress;
use domain::money::Amount;

use super::sweep::{Cost, PACE, Wallet};
use super::{Find, patiently};
use crate::chain::client::{Estimate, View};
use crate::chain::trial::Wanted;
use crate::ctx::Served;
use crate::evm::fees::{self, Market};
use crate::evm::tx::{LegTx, SignedTx, TopUpTx, TransferTx};
use crate::fault::{ChainFault, Fault};
use crate::keys::{Keys, Signable};

impl Wallet {
    /// Lets the address of a find transfer its token, with coin of this wallet if it has too little.
    pub(super) fn transfer(
        &mut self,
        keys: &Keys,
        (served, view): (&Served, &View),
        (find, to): (&Find, EvmAddress),
        patience: Duration,
    ) -> Result<SignedTx, Fault> {
        let token = find.asset.token;
        let token = token.ok_or_else(|| Fault::Key("a coin is no token".to_owned()))?;
        let wanted = Wanted { token, from: find.address, to, amount: find.amount };
        let limit = match patiently(|| served.client.estimate_transfer(&wanted))? {
            Ok(Estimate::Gas(gas)) => fees::transfer_limit(gas),
            Ok(Estimate::Refuses(_)) => None,
            Err(why) => {
                return Err(Fault::Key(format!("the token does what it should not: {why}")));
            }
        };
        let gas_limit = limit.ok_or_else(|| Fault::Key("the token refuses it".to_owned()))?;
        let offer = view.market.first(Market::relay_ceiling());
        let data = patiently(|| served.client.data_fee())?;
        let need = fees::reserve(gas_limit, offer.max_fee).and_then(|fee| fee.checked_add(data));
        let need = need.ok_or_else(|| ChainFault::Garbage("a fee beyond all sums".to_owned()))?;
        let account = patiently(|| served.client.account(find.address))?;
        let missing = need.minus(account.balance);
        if !missing.is_zero() {
            self.top_up(keys, (served, view), (find, missing), patience)?;
        }
        let leg = LegTx {
            from: find.address,
            chain: find.asset.chain,
            nonce: account.nonce,
            max_tip: offer.max_tip,
            max_fee: offer.max_fee,
            gas_limit,
            to,
            value: find.amount,
        };
        let signed = keys.sign(find.place, Signable::Transfer(&TransferTx { leg, token }))?;
        served.client.send(&signed.raw)?;
        Ok(signed)
    }

    /// Sends coin to the address of a find and waits until a block has it.
    fn top_up(
        &mut self,
        keys: &Keys,
        (served, view): (&Served, &View),
        (find, amount): (&Find, Amount),
        patience: Duration,
    ) -> Result<(), Fault> {
        let offer = view.market.first(Market::relay_ceiling());
        let data = patiently(|| served.client.data_fee())?;
        let cost = fees::reserve(fees::TRANSFER_GAS, offer.max_fee)
            .and_then(|fee| fee.checked_add(data))
            .and_then(|fee| fee.checked_add(amount));
        let coin = LegTx {
            from: self.address,
            chain: find.asset.chain,
            nonce: self.nonce,
            max_tip: offer.max_tip,
            max_fee: offer.max_fee,
            gas_limit: fees::TRANSFER_GAS,
            to: find.address,
            value: amount,
        };
        let left = cost.and_then(|cost| self.balance.checked_sub(cost));
        let left = left.ok_or_else(|| self.too_little())?;
        let top_up = TopUpTx { coin, place: find.place };
        let signed = keys.sign((self.generation, 0), Signable::TopUp(&top_up))?;
        served.client.send(&signed.raw)?;
        self.balance = left;
        self.nonce = self.nonce.saturating_add(1);
        let deadline = Instant::now().checked_add(patience);
        loop {
            let mined = patiently(|| served.client.mined(&[signed.hash]))?;
            match mined.into_iter().flatten().next() {
                Some(mined) if mined.succeeded => return Ok(()),
                Some(_) => return Err(Fault::Key("the coin for its gas did not come".to_owned())),
                None if deadline.is_none_or(|deadline| Instant::now() >= deadline) => {
                    let why = "no block has the coin for its gas yet; try again later";
                    return Err(Fault::Key(why.to_owned()));
                }
                None => thread::sleep(PACE),
            }
        }
    }
}

/// Sends what a gas wallet still holds, less the fee.
pub(super) fn empty(
    keys: &Keys,
    served: &Served,
    find: &Find,
    to: EvmAddress,
) -> Result<(SignedTx, Amount), Fault> {
    let view = patiently(|| served.client.look())?;
    let cost = Cost::of(served, &view, (find.address, to))?;
    let account = patiently(|| served.client.account(find.address))?;
    let now = Find { amount: account.balance, ..*find };
    let leg = cost.leg(&now, account.nonce, to)?;
    let signed = keys.sign(find.place, Signable::Purse(&leg))?;
    served.client.send(&signed.raw)?;
    Ok((signed, leg.value))
}
