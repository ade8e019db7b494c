//! What gas may cost: every number that a provider names is capped here.

use domain::money::{Amount, Bps};

/// Gas of a plain transfer.
pub const TRANSFER_GAS: u64 = 21_000;
/// Most gas that a payee's contract may use up.
pub const GAS_MAX: u64 = 120_000;
/// Gas that carrying an authorization takes, as tokens with proxies take it; what a leg is charged.
pub const RELAY_GAS: u64 = 85_000;
/// Gas that a plain transfer of a token takes together with its top-up: 21,000 for the one, 65,000 for
/// the other with the margin that is topped up; what a leg of such a token is charged.
pub const TRANSFER_LEG_GAS: u64 = 102_000;
/// How much more than today's price a top-up brings.
const MARGIN: Bps = Bps::percent(25);
/// Most gas that carrying one, or a plain transfer of a token, may use.
pub const RELAY_GAS_MAX: u64 = 250_000;
/// No leg ever offers more than this for one gas: 1,000 gwei.
const CEILING_MAX: u128 = 1_000_000_000_000;
/// No block maker is tipped more than this for one gas: 10 gwei.
const TIP_MAX: u128 = 10_000_000_000;
/// How many times today's price the reserve allows for.
const HEADROOM: u64 = 4;
/// A replacement offers this much more; networks ask for at least 12.5 %.
const BUMP: Bps = Bps::percent(25);
/// Below this much more a network takes no replacement.
const BUMP_MIN: Bps = match Bps::new(1_250) {
    Some(bps) => bps,
    None => Bps::WHOLE,
};
/// Most chain txs that are ever signed for one leg.
pub const ATTEMPTS_MAX: usize = 8;

/// What gas costs now, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// Burnt for each gas in the newest block.
    pub base_fee: Amount,
    /// What the provider suggests for the block's maker.
    pub tip: Amount,
}

/// What a chain tx offers for one gas, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// In all.
    pub max_fee: Amount,
    /// Of it for the block's maker.
    pub max_tip: Amount,
}

impl Market {
    fn tip(&self) -> Amount {
        self.tip.min(Amount::from_u128(TIP_MAX))
    }

    /// Twice the base fee and the tip: what gets a chain tx mined for the next minutes.
    pub fn price(&self) -> Amount {
        let twice = self.base_fee.checked_mul(2).unwrap_or(Amount::from_u128(CEILING_MAX));
        twice.checked_add(self.tip()).unwrap_or(twice)
    }

    /// The most that a leg planned now may ever offer for one gas.
    pub fn ceiling(&self) -> Amount {
        let most = Amount::from_u128(CEILING_MAX);
        self.price().checked_mul(HEADROOM).unwrap_or(most).min(most)
    }

    /// The most that a relay may ever offer for one gas: its nonce must not be held up by a fee, and
    /// what it costs is the gas wallet's, not an order's.
    pub fn relay_ceiling() -> Amount {
        Amount::from_u128(CEILING_MAX)
    }

    /// The first offer of a leg.
    pub fn first(&self, ceiling: Amount) -> Offer {
        let max_fee = self.price().min(ceiling);
        Offer { max_fee, max_tip: self.tip().min(max_fee) }
    }

    /// The offer that replaces `last`; none where the ceiling leaves no room for one that a
    /// network would take.
    pub fn replace(&self, last: Offer, ceiling: Amount) -> Option<Offer> {
        let raised =
            |old: Amount, by: Bps| old.checked_add(old.share(by).max(Amount::from_u128(1)));
        let max_fee = raised(last.max_fee, BUMP)?.max(self.price()).min(ceiling);
        let max_tip = raised(last.max_tip, BUMP)?.max(self.tip()).min(max_fee);
        let enough = max_fee >= raised(last.max_fee, BUMP_MIN)?
            && max_tip >= raised(last.max_tip, BUMP_MIN)?;
        enough.then_some(Offer { max_fee, max_tip })
    }
}

/// The fee that a leg keeps aside.
pub fn reserve(gas_limit: u64, ceiling: Amount) -> Option<Amount> {
    ceiling.checked_mul(gas_limit)
}

/// The gas limit of a token's plain transfer: a quarter more than the estimate. None where it wants more
/// than anybody is given.
pub fn transfer_limit(estimate: u64) -> Option<u64> {
    let limit = estimate.saturating_add(estimate.wrapping_div(4));
    (estimate <= RELAY_GAS_MAX).then_some(limit.min(RELAY_GAS_MAX))
}

/// What a top-up brings for one leg: its gas at today's price, and a margin.
pub fn top_up(gas_limit: u64, price: Amount) -> Option<Amount> {
    let fee = reserve(gas_limit, price)?;
    fee.checked_add(fee.share(MARGIN))
}

/// The gas limit for an estimate: exact for plain transfers, with a quarter more for contracts.
/// None where the payee wants more than anybody is given.
pub fn gas_limit(estimate: u64) -> Option<u64> {
    if estimate > GAS_MAX {
        return None;
    }
    if estimate <= TRANSFER_GAS {
        return Some(TRANSFER_GAS);
    }
    Some(estimate.saturating_add(estimate.wrapping_div(4)).min(GAS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Amount;
    use proptest::prelude::*;

    const GWEI: u128 = 1_000_000_000;

    fn market(base: u128, tip: u128) -> Market {
        Market { base_fee: Amount::from_u128(base), tip: Amount::from_u128(tip) }
    }

    #[test]
    fn the_reserve_allows_for_four_times_the_price() {
        let now = market(GWEI, GWEI);
        assert_eq!(now.ceiling(), Amount::from_u128(12 * GWEI));
        let first = now.first(now.ceiling());
        assert_eq!(first.max_fee, Amount::from_u128(3 * GWEI));
        assert_eq!(first.max_tip, Amount::from_u128(GWEI));
    }

    #[test]
    fn a_lying_provider_cannot_make_us_pay_more_than_the_cap() {
        for now in [market(u128::MAX, u128::MAX), market(10u128.pow(15), 10u128.pow(15))] {
            assert_eq!(now.ceiling(), Amount::from_u128(CEILING_MAX));
            let first = now.first(now.ceiling());
            assert!(first.max_fee <= now.ceiling());
            assert!(first.max_tip <= Amount::from_u128(TIP_MAX));
        }
    }

    #[test]
    fn gas_is_exact_for_accounts_and_bounded_for_contracts() {
        assert_eq!(gas_limit(21_000), Some(21_000));
        assert_eq!(gas_limit(40_000), Some(50_000));
        assert_eq!(gas_limit(110_000), Some(120_000));
        assert_eq!(gas_limit(120_001), None);
    }

    proptest! {
        #[test]
        fn replacements_rise_enough_and_end_at_the_ceiling(
            base in 1u128..=100 * GWEI, tip in 0u128..=5 * GWEI, spike in 1u128..=20,
        ) {
            let ceiling = market(base, tip).ceiling();
            let mut last = market(base, tip).first(ceiling);
            let later = market(base.saturating_mul(spike), tip);
            for _ in 0..64 {
                let Some(next) = later.replace(last, ceiling) else { return Ok(()) };
                let need = |old: Amount| old.checked_add(old.share(BUMP_MIN)).unwrap();
                prop_assert!(next.max_fee >= need(last.max_fee));
                prop_assert!(next.max_tip >= need(last.max_tip));
                prop_assert!(next.max_fee <= ceiling && next.max_tip <= next.max_fee);
                last = next;
            }
            prop_assert!(false, "it never ends");
        }
    }
}
