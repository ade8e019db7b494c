//! How an order's money is divided when it leaves: legs that sum to the whole.

use std::fmt;
use std::str::FromStr;

use crate::EvmAddress;
use crate::limits;
use crate::money::Amount;
use crate::order::{BadWord, words};
use crate::seal::Terms;

words! {
    /// Whom a leg pays.
    LegRole {
        /// The store, at its sealed payout address.
        Vendor = "vendor",
        /// The site, at its commission wallet.
        Commission = "commission",
        /// The buyer, at the sealed refund address.
        Buyer = "buyer",
    }
}

words! {
    /// What a payout is for.
    PayoutKind {
        /// Case 0: the vendor is paid.
        Release = "release",
        /// Case 0: the buyer is paid back.
        Refund = "refund",
        /// Later cases: money that the decision did not cover goes back to the buyer.
        Residual = "residual",
    }
}

/// One destination of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegPlan {
    /// Whom it pays.
    pub role: LegRole,
    /// Where.
    pub to: EvmAddress,
    /// What arrives there, in base units.
    pub amount: Amount,
}

/// The legs of a payout and what is kept aside for their fees. A token's legs are charged instead:
/// the charge goes with the site's leg, and where there is none it stays at the address.
/// The amounts and the reserve sum up to what was available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutPlan {
    /// In the order of their nonces.
    pub legs: Vec<LegPlan>,
    /// Kept for fees, zero where they are charged; what is left of it when all is done is booked as
    /// gas residue.
    pub fee_reserve: Amount,
}

/// Why money cannot be divided now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Indivisible {
    /// Moving it would cost more than it is worth.
    #[error("the fee of moving it is higher than the sum")]
    BelowFees,
}

/// Divides the money of an order that is released.
///
/// The sum that was due, or what came if it was less, is the vendor's but for the commission; the
/// vendor's share bears the fees of both legs. A commission that would cost more to send than it is
/// worth stays with the vendor. What came above the sum by more than [`limits::SURPLUS`] and above
/// its own fee goes back to the buyer; less than that is the vendor's.
pub fn release(
    terms: &Terms,
    available: Amount,
    leg_fee: Amount,
) -> Result<PayoutPlan, Indivisible> {
    let over = available.minus(terms.due);
    let returns = over > terms.due.share(limits::SURPLUS) && over > twice(leg_fee);
    let base = if returns { terms.due } else { available };
    let commission =
        Some(base.share(terms.commission)).filter(|share| *share > leg_fee).unwrap_or_default();
    let mut legs = Vec::new();
    let carried = if commission.is_zero() { leg_fee } else { twice(leg_fee) };
    let vendor = base
        .checked_sub(commission)
        .and_then(|rest| rest.checked_sub(carried))
        .filter(|share| !share.is_zero())
        .ok_or(Indivisible::BelowFees)?;
    legs.push(LegPlan { role: LegRole::Vendor, to: terms.payout, amount: vendor });
    if !commission.is_zero() {
        legs.push(LegPlan {
            role: LegRole::Commission,
            to: terms.commission_wallet,
            amount: commission,
        });
    }
    if returns {
        legs.push(LegPlan { role: LegRole::Buyer, to: terms.refund, amount: over.minus(leg_fee) });
    }
    let plan = close(legs, available)?;
    Ok(if terms.token.is_some() { charge(plan) } else { plan })
}

/// Lets the site's leg carry what the gas wallet laid out for all of them.
fn charge(mut plan: PayoutPlan) -> PayoutPlan {
    let site = plan.legs.iter_mut().find(|leg| leg.role == LegRole::Commission);
    if let Some((leg, sum)) = site.and_then(|leg| {
        let sum = leg.amount.checked_add(plan.fee_reserve)?;
        Some((leg, sum))
    }) {
        leg.amount = sum;
        plan.fee_reserve = Amount::ZERO;
    }
    plan
}

/// Sends everything back to the buyer; the fee comes out of it.
pub fn refund(
    terms: &Terms,
    available: Amount,
    leg_fee: Amount,
) -> Result<PayoutPlan, Indivisible> {
    let amount = available
        .checked_sub(leg_fee)
        .filter(|rest| *rest > leg_fee)
        .ok_or(Indivisible::BelowFees)?;
    close(vec![LegPlan { role: LegRole::Buyer, to: terms.refund, amount }], available)
}

fn twice(amount: Amount) -> Amount {
    amount.checked_add(amount).unwrap_or(amount)
}

fn close(legs: Vec<LegPlan>, available: Amount) -> Result<PayoutPlan, Indivisible> {
    let paid = Amount::sum(legs.iter().map(|leg| leg.amount)).ok_or(Indivisible::BelowFees)?;
    let fee_reserve = available.checked_sub(paid).ok_or(Indivisible::BelowFees)?;
    Ok(PayoutPlan { legs, fee_reserve })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Bps;
    use crate::seal::{sample, sample_token};
    use proptest::prelude::*;

    fn terms(due: u128, commission: u16) -> Terms {
        Terms { due: Amount::from_u128(due), commission: Bps::new(commission).unwrap(), ..sample() }
    }

    fn amounts(plan: &PayoutPlan) -> Vec<(LegRole, u128)> {
        plan.legs.iter().map(|leg| (leg.role, leg.amount.as_u256().to())).collect()
    }

    #[test]
    fn a_release_pays_vendor_and_commission() {
        let plan =
            release(&terms(1_000_000, 500), Amount::from_u128(1_000_000), Amount::from_u128(100))
                .unwrap();
        assert_eq!(amounts(&plan), [(LegRole::Vendor, 949_800), (LegRole::Commission, 50_000)]);
        assert_eq!(plan.fee_reserve, Amount::from_u128(200));
    }

    #[test]
    fn a_token_s_fees_go_with_the_site_s_leg_or_stay() {
        let fee = sample_token().token.unwrap().leg_fee;
        let due = sample_token().due;
        let paid = release(&sample_token(), due, fee).unwrap();
        assert_eq!(
            amounts(&paid),
            [(LegRole::Vendor, 23_450_000), (LegRole::Commission, 1_250_000 + 300_000)]
        );
        assert_eq!(paid.fee_reserve, Amount::ZERO);
        let free = Terms { commission: Bps::ZERO, ..sample_token() };
        let paid = release(&free, due, fee).unwrap();
        assert_eq!((amounts(&paid), paid.fee_reserve), (vec![(LegRole::Vendor, 24_850_000)], fee));
        let back = refund(&sample_token(), due, fee).unwrap();
        assert_eq!((amounts(&back), back.fee_reserve), (vec![(LegRole::Buyer, 24_850_000)], fee));
    }

    #[test]
    fn a_small_overpayment_is_the_vendors_and_a_large_one_goes_back() {
        let fee = Amount::from_u128(100);
        let small = release(&terms(1_000_000, 0), Amount::from_u128(1_010_000), fee).unwrap();
        assert_eq!(amounts(&small), [(LegRole::Vendor, 1_009_900)]);
        let large = release(&terms(1_000_000, 0), Amount::from_u128(2_000_000), fee).unwrap();
        assert_eq!(amounts(&large), [(LegRole::Vendor, 999_900), (LegRole::Buyer, 999_900)]);
    }

    #[test]
    fn a_commission_below_its_own_fee_stays_with_the_vendor() {
        let plan = release(&terms(10_000, 200), Amount::from_u128(10_000), Amount::from_u128(500))
            .unwrap();
        assert_eq!(amounts(&plan), [(LegRole::Vendor, 9_500)]);
    }

    #[test]
    fn what_costs_more_to_move_than_it_is_worth_is_not_moved() {
        let fee = Amount::from_u128(100);
        assert_eq!(
            refund(&terms(1_000, 0), Amount::from_u128(200), fee),
            Err(Indivisible::BelowFees)
        );
        assert!(refund(&terms(1_000, 0), Amount::from_u128(201), fee).is_ok());
        assert_eq!(
            release(&terms(100, 0), Amount::from_u128(100), fee),
            Err(Indivisible::BelowFees)
        );
    }

    proptest! {
        #[test]
        fn legs_and_reserve_are_the_whole(
            due in 1u128..=u128::MAX / 4,
            available in 1u128..=u128::MAX / 2,
            fee in 0u128..=1_000_000_000_000_000_000,
            commission in 0u16..=2_000,
        ) {
            let (coin, available, fee) = (terms(due, commission), Amount::from_u128(available), Amount::from_u128(fee));
            let token = Terms { token: sample_token().token, ..coin.clone() };
            let all = [&coin, &token].map(|terms| [release(terms, available, fee), refund(terms, available, fee)]);
            for (terms, plan) in [&coin, &token].into_iter().zip(all).flat_map(|(terms, plans)| plans.map(|plan| (terms, plan))) {
                let Ok(plan) = plan else { continue };
                let legs = Amount::sum(plan.legs.iter().map(|leg| leg.amount)).unwrap();
                prop_assert_eq!(legs.checked_add(plan.fee_reserve), Some(available));
                prop_assert!(plan.legs.iter().all(|leg| !leg.amount.is_zero()));
                let fees = Amount::sum(plan.legs.iter().map(|_| fee)).unwrap();
                let to_site = plan.legs.iter().any(|leg| leg.role == LegRole::Commission);
                if terms.token.is_some() && to_site {
                    prop_assert!(plan.fee_reserve.is_zero());
                } else {
                    prop_assert!(plan.fee_reserve >= fees);
                }
                let sealed = [terms.payout, terms.refund, terms.commission_wallet];
                prop_assert!(plan.legs.iter().all(|leg| sealed.contains(&leg.to)));
            }
        }
    }
}
