//! The books: accounts, and what each movement of money does to them.
//!
//! A line takes an amount from one account and gives it to another, so no entry can be out of
//! balance. Every account is one of an order. What lies at the order's address is owed to somebody at
//! every moment: what the accounts but [`Account::Outside`] and [`Account::Wallet`] hold is what the
//! chain must hold.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::asset::Asset;
use crate::money::Amount;
use crate::order::{BadWord, words};
use crate::settle::LegRole;

words! {
    /// Whose an amount is.
    Account {
        /// Everybody's wallets and the networks: where money comes from and where it goes.
        Outside = "outside",
        /// What came in and is not decided about.
        Escrow = "escrow",
        /// Planned for the buyer and not there yet.
        Buyer = "buyer",
        /// Planned for the store and not there yet.
        Vendor = "vendor",
        /// Planned for the site and not there yet.
        Commission = "commission",
        /// Planned for whoever brought the buyer and not there yet.
        Referral = "referral",
        /// Planned for a ruling's fee and not there yet.
        Resolver = "resolver",
        /// Kept aside for the gas of planned legs.
        Gas = "gas",
        /// What was kept for gas and not used.
        Residue = "residue",
        /// Money in another asset than the order's.
        Stray = "stray",
        /// The gas wallet's purse, which the operator fills: it only ever pays.
        Wallet = "wallet",
    }
}

impl Account {
    /// Where a planned leg waits for its chain tx.
    pub const fn of(role: LegRole) -> Self {
        match role {
            LegRole::Vendor => Self::Vendor,
            LegRole::Commission => Self::Commission,
            LegRole::Buyer => Self::Buyer,
            LegRole::Resolver => Self::Resolver,
            LegRole::Referral => Self::Referral,
        }
    }

    /// Whether what is there lies at the order's address.
    pub const fn is_held(self) -> bool {
        !matches!(self, Self::Outside | Self::Wallet)
    }

    /// Whether what is there is still owed to somebody. A residue is the site's and stays.
    pub const fn is_standing(self) -> bool {
        self.is_held() && !matches!(self, Self::Residue)
    }
}

/// An amount that goes from one account of an order to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Whence.
    pub from: Account,
    /// Where to.
    pub to: Account,
    /// In what.
    pub asset: Asset,
    /// How much of it, in base units.
    pub amount: Amount,
}

/// What an account was given and what was taken from it, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// All that it was given.
    pub given: Amount,
    /// All that was taken from it.
    pub taken: Amount,
}

impl Sums {
    /// With another amount given and taken; none beyond 2^256.
    #[must_use]
    pub fn with(self, given: Amount, taken: Amount) -> Option<Self> {
        Some(Self { given: self.given.checked_add(given)?, taken: self.taken.checked_add(taken)? })
    }

    /// What is there; none where more was taken than given.
    pub fn balance(self) -> Option<Amount> {
        self.given.checked_sub(self.taken)
    }
}

/// What lines come to, by asset and account; none beyond 2^256.
pub fn sum_up<'a>(
    lines: impl IntoIterator<Item = &'a Line>,
) -> Option<BTreeMap<(Asset, Account), Sums>> {
    let mut all: BTreeMap<(Asset, Account), Sums> = BTreeMap::new();
    for line in lines {
        let given = all.entry((line.asset, line.to)).or_default();
        *given = given.with(line.amount, Amount::ZERO)?;
        let taken = all.entry((line.asset, line.from)).or_default();
        *taken = taken.with(Amount::ZERO, line.amount)?;
    }
    Some(all)
}

/// What a receipt tells of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// What the leg pays in.
    pub asset: Asset,
    /// Whom.
    pub role: LegRole,
    /// How much, in base units of it.
    pub amount: Amount,
    /// What the network took, in base units of the chain's coin.
    pub fee: Amount,
    /// Whether the payee has it.
    pub succeeded: bool,
    /// Whether its sender is the order's address, which then pays its gas.
    pub own_gas: bool,
}

fn lines(all: impl IntoIterator<Item = (Account, Account, Asset, Amount)>) -> Vec<Line> {
    let whole = all.into_iter().filter(|(.., amount)| !amount.is_zero());
    whole.map(|(from, to, asset, amount)| Line { from, to, asset, amount }).collect()
}

/// Final money came in.
pub fn deposit(asset: Asset, amount: Amount) -> Vec<Line> {
    lines([(Account::Outside, Account::Escrow, asset, amount)])
}

/// A payout of money from an account is planned: what it divides is owed to its payees, and the reserve
/// to the network.
pub fn payout(
    (from, asset): (Account, Asset),
    legs: impl IntoIterator<Item = (LegRole, Amount)>,
    fee_reserve: Amount,
) -> Vec<Line> {
    let legs = legs.into_iter().map(|(role, amount)| (Account::of(role), amount));
    let parts = legs.chain([(Account::Gas, fee_reserve)]);
    lines(parts.map(|(to, amount)| (from, to, asset, amount)))
}

/// Legs that are to be paid anew bear what that takes more than was kept aside for it.
pub fn change(asset: Asset, dearer: impl IntoIterator<Item = (LegRole, Amount)>) -> Vec<Line> {
    lines(dearer.into_iter().map(|(role, more)| (Account::of(role), Account::Gas, asset, more)))
}

/// A plan as it stands after a [`change`]; none where the two do not belong together.
pub fn changed(plan: &[Line], change: &[Line]) -> Option<Vec<Line>> {
    let mut plan = plan.to_vec();
    for line in change {
        let to = |account: Account| {
            move |part: &&mut Line| part.to == account && part.asset == line.asset
        };
        let leg = plan.iter_mut().find(to(line.from))?;
        leg.amount = leg.amount.checked_sub(line.amount)?;
        let kept = plan.iter_mut().find(to(line.to))?;
        kept.amount = kept.amount.checked_add(line.amount)?;
    }
    Some(plan)
}

/// A leg's chain tx is final. Its fee comes out of what was kept aside or topped up for it, or where
/// the gas wallet carried it out of that.
pub fn receipt(carried: &Carried) -> Vec<Line> {
    let Carried { asset, role, amount, fee, succeeded, own_gas } = *carried;
    let paid = succeeded.then_some((Account::of(role), Account::Outside, asset, amount));
    let payer = if own_gas { Account::Gas } else { Account::Wallet };
    let gas = (payer, Account::Outside, Asset::native_of(asset.chain), fee);
    lines(paid.into_iter().chain([gas]))
}

/// The gas wallet sent coin for the gas of a token's legs, and what that cost it; none of it came where
/// the chain tx failed.
pub fn top_up(coin: Asset, amount: Amount, fee: Amount) -> Vec<Line> {
    lines([
        (Account::Wallet, Account::Gas, coin, amount),
        (Account::Wallet, Account::Outside, coin, fee),
    ])
}

/// A payout is done: what its reserve has left is residue. Where the network took more than was kept
/// aside, earlier residue bears it.
pub fn leftover(asset: Asset, fee_reserve: Amount, fees: Amount) -> Vec<Line> {
    lines([
        (Account::Gas, Account::Residue, asset, fee_reserve.minus(fees)),
        (Account::Residue, Account::Gas, asset, fees.minus(fee_reserve)),
    ])
}

/// What strayed to an address has become more or less.
pub fn stray(asset: Asset, before: Amount, after: Amount) -> Vec<Line> {
    lines([
        (Account::Outside, Account::Stray, asset, after.minus(before)),
        (Account::Stray, Account::Outside, asset, before.minus(after)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EvmAddress;
    use crate::chain::ChainId;
    use crate::money::Bps;
    use crate::seal::{Terms, sample, sample_token};
    use crate::settle;
    use proptest::prelude::*;

    fn amount(units: u128) -> Amount {
        Amount::from_u128(units)
    }

    fn balance(all: &[Line], asset: Asset, account: Account) -> Option<Amount> {
        sum_up(all).unwrap().get(&(asset, account)).copied().unwrap_or_default().balance()
    }

    #[test]
    fn a_token_s_gas_is_the_wallet_s_and_a_coin_s_the_reserve_s() {
        let coin = Asset::native_of(ChainId::DEVELOPMENT);
        let token = Asset { token: Some(EvmAddress::from_bytes([7; 20])), ..coin };
        let carried = Carried {
            asset: token,
            role: LegRole::Vendor,
            amount: amount(90),
            fee: amount(5),
            succeeded: true,
            own_gas: false,
        };
        let whole = receipt(&carried);
        assert_eq!(whole.len(), 2);
        assert_eq!((whole[1].from, whole[1].asset), (Account::Wallet, coin));
        let failed = receipt(&Carried { asset: coin, succeeded: false, own_gas: true, ..carried });
        assert_eq!(failed.len(), 1, "nobody was paid, and the network took its fee");
        assert_eq!(failed[0].from, Account::Gas);
        assert_eq!(receipt(&Carried { fee: Amount::ZERO, succeeded: false, ..carried }), []);
    }

    #[test]
    fn a_leg_that_is_paid_anew_bears_what_that_takes() {
        let coin = Asset::native_of(ChainId::DEVELOPMENT);
        let plan = payout(
            (Account::Escrow, coin),
            [(LegRole::Vendor, amount(90)), (LegRole::Commission, amount(6))],
            amount(4),
        );
        let dearer =
            change(coin, [(LegRole::Vendor, amount(3)), (LegRole::Commission, Amount::ZERO)]);
        assert_eq!(dearer.len(), 1);
        let after = payout(
            (Account::Escrow, coin),
            [(LegRole::Vendor, amount(87)), (LegRole::Commission, amount(6))],
            amount(7),
        );
        assert_eq!(changed(&plan, &dearer), Some(after));
        assert_eq!(changed(&plan, &change(coin, [(LegRole::Vendor, amount(91))])), None);
        assert_eq!(changed(&plan, &change(coin, [(LegRole::Buyer, amount(1))])), None);
    }

    #[test]
    fn a_stray_comes_and_goes() {
        let coin = Asset::native_of(ChainId::DEVELOPMENT);
        let mut all = stray(coin, Amount::ZERO, amount(9));
        all.extend(stray(coin, amount(9), amount(4)));
        assert_eq!(balance(&all, coin, Account::Stray), Some(amount(4)));
        assert_eq!(stray(coin, amount(4), amount(4)), []);
    }

    proptest! {
        /// Whatever a plan is and the network takes of its reserve: in the end nobody is owed
        /// anything, and what is left at the address is the residue.
        #[test]
        fn a_payout_that_is_done_owes_nobody(
            due in 1u128..=u128::MAX / 4,
            extra in 0u128..=u128::MAX / 4,
            leg_fee in 1u128..=1_000_000_000_000_000,
            used in 0u16..=10_000,
            release in any::<bool>(),
            in_token in any::<bool>(),
        ) {
            let base = if in_token { sample_token() } else { sample() };
            let terms = Terms { due: amount(due), ..base };
            let available = amount(due.saturating_add(extra));
            let divide = if release { settle::release } else { settle::refund };
            let Ok(plan) = divide(&terms, available, amount(leg_fee)) else { return Ok(()) };
            let asset = terms.asset();
            let mut all = deposit(asset, available);
            let legs = plan.legs.iter().map(|leg| (leg.role, leg.amount));
            all.extend(payout((Account::Escrow, asset), legs, plan.fee_reserve));
            prop_assert_eq!(balance(&all, asset, Account::Escrow), Some(Amount::ZERO));
            let fee = amount(leg_fee).share(Bps::new(used).unwrap());
            let mut fees = Amount::ZERO;
            for leg in &plan.legs {
                let (role, amount) = (leg.role, leg.amount);
                let own_gas = !in_token;
                all.extend(receipt(&Carried { asset, role, amount, fee, succeeded: true, own_gas }));
                if !in_token {
                    fees = fees.checked_add(fee).unwrap();
                }
            }
            all.extend(leftover(asset, plan.fee_reserve, fees));
            let left = plan.fee_reserve.checked_sub(fees).unwrap();
            for ((asset, account), sums) in sum_up(&all).unwrap() {
                let expected = match account {
                    Account::Outside | Account::Wallet => continue,
                    Account::Residue => left,
                    _ => Amount::ZERO,
                };
                prop_assert_eq!(sums.balance(), Some(expected), "{} in {}", account, asset.symbol);
            }
        }
    }
}
