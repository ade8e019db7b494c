//! The sums that escrow keeps: a dozen rows for each asset, however many orders there are.

use std::collections::BTreeMap;

use db::balances::{self, Sight, Standing};
use domain::asset::Asset;
use domain::books::Account;
use domain::money::Amount;

use crate::error::AppError;
use crate::state::App;

/// What escrow holds and owes in one asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// In what.
    pub asset: Asset,
    /// What was read on the chain, and what the books say of the same addresses; none before the first
    /// reading.
    pub sight: Option<Sight>,
    /// What lies at addresses of orders by the books, by whose it is.
    pub accounts: BTreeMap<Account, Amount>,
}

impl Holding {
    /// How much of it is an account's.
    pub fn of(&self, account: Account) -> Amount {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    /// What is owed to buyers and vendors, decided or not.
    pub fn to_parties(&self) -> Amount {
        let all = [Account::Escrow, Account::Buyer, Account::Vendor].map(|one| self.of(one));
        // Amounts beyond all sums are refused when they are booked.
        Amount::sum(all).unwrap_or_default()
    }

    /// What is the site's: shares on their way, and what is kept for fees.
    pub fn to_site(&self) -> Amount {
        let all = [Account::Commission, Account::Referral, Account::Resolver, Account::Gas];
        Amount::sum(all.map(|one| self.of(one))).unwrap_or_default()
    }

    /// What the books say beyond what the chain holds; none where nothing is missing.
    pub fn missing(&self) -> Option<Amount> {
        let sight = self.sight.as_ref()?;
        Some(sight.booked.minus(sight.held)).filter(|missing| !missing.is_zero())
    }
}

/// What escrow holds and owes, by chain and asset, coins first.
pub async fn holdings(app: &App) -> Result<Vec<Holding>, AppError> {
    let (totals, sights) =
        app.snapshot(|conn| Ok((balances::totals(conn)?, balances::sights(conn)?))).await?;
    Ok(put_together(totals, sights))
}

/// How many orders were funded a month ago and have come to no end, counted up to
/// [`db::overview::COUNTED`].
pub async fn stuck(app: &App) -> Result<i64, AppError> {
    let now = app.now();
    Ok(app.read(move |conn| db::overview::stuck(conn, now)).await?)
}

fn put_together(totals: Vec<Standing>, sights: Vec<Sight>) -> Vec<Holding> {
    let blank = |asset| Holding { asset, sight: None, accounts: BTreeMap::new() };
    let mut all: BTreeMap<Asset, Holding> = BTreeMap::new();
    for (asset, account, sums) in totals.into_iter().filter(|(_, account, _)| account.is_held()) {
        let holding = all.entry(asset).or_insert_with(|| blank(asset));
        holding.accounts.insert(account, sums.balance().unwrap_or_default());
    }
    for sight in sights {
        all.entry(sight.asset).or_insert_with(|| blank(sight.asset)).sight = Some(sight);
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::books::Sums;
    use domain::chain::ChainId;
    use domain::clock::Time;

    #[test]
    fn what_is_held_is_put_beside_what_is_owed() {
        let amount = Amount::from_u128;
        let asset = Asset::native_of(ChainId::DEVELOPMENT);
        let sums = |given, taken| Sums { given: amount(given), taken: amount(taken) };
        let totals = vec![
            (asset, Account::Escrow, sums(100, 60)),
            (asset, Account::Vendor, sums(50, 45)),
            (asset, Account::Gas, sums(9, 7)),
            (asset, Account::Outside, sums(50, 100)),
            (asset, Account::Wallet, sums(0, 1)),
        ];
        let sight = Sight {
            asset,
            addresses: 2,
            held: amount(46),
            booked: amount(47),
            block_number: 7,
            block_at: Time::from_secs(1),
            counted_at: Time::from_secs(2),
        };
        let all = put_together(totals, vec![sight]);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].to_parties(), all[0].to_site()), (amount(45), amount(2)));
        assert_eq!(all[0].missing(), Some(amount(1)));
        assert!(!all[0].accounts.contains_key(&Account::Outside));
    }
}
