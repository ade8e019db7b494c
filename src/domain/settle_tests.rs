//! What each outcome comes to, to the unit.

use super::*;
use crate::limits;
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
    let plan =
        release(&terms(10_000, 200), Amount::from_u128(10_000), Amount::from_u128(500)).unwrap();
    assert_eq!(amounts(&plan), [(LegRole::Vendor, 9_500)]);
}

#[test]
fn what_costs_more_to_move_than_it_is_worth_is_not_moved() {
    let fee = Amount::from_u128(100);
    assert_eq!(refund(&terms(1_000, 0), Amount::from_u128(200), fee), Err(Indivisible::BelowFees));
    assert!(refund(&terms(1_000, 0), Amount::from_u128(201), fee).is_ok());
    assert_eq!(release(&terms(100, 0), Amount::from_u128(100), fee), Err(Indivisible::BelowFees));
}

fn ruled(percent: u8) -> Division {
    Division { buyer: Bps::percent(percent), ruled: true }
}

fn agreed(percent: u8) -> Division {
    Division { buyer: Bps::percent(percent), ruled: false }
}

fn with_resolver(due: u128, commission: u16) -> Terms {
    Terms { resolver: Some(EvmAddress::from_bytes([0x57; 20])), ..terms(due, commission) }
}

#[test]
fn a_split_pays_both_and_the_commission_is_of_the_vendors_part() {
    let (due, fee) = (Amount::from_u128(1_000_000), Amount::from_u128(100));
    let plan = split(&with_resolver(1_000_000, 500), due, fee, agreed(30)).unwrap();
    assert_eq!(
        amounts(&plan),
        [
            (LegRole::Vendor, 700_000 - 35_000 - 200),
            (LegRole::Commission, 35_000),
            (LegRole::Buyer, 299_900),
        ]
    );
    assert_eq!(plan.fee_reserve, Amount::from_u128(300), "no ruling, no fee for one");
}

#[test]
fn a_ruling_costs_a_tenth_half_from_each_side() {
    let (due, fee) = (Amount::from_u128(1_000_000), Amount::from_u128(100));
    let plan = split(&with_resolver(1_000_000, 500), due, fee, ruled(30)).unwrap();
    assert_eq!(
        amounts(&plan),
        [
            (LegRole::Vendor, 650_000 - 32_500 - 200),
            (LegRole::Commission, 32_500),
            (LegRole::Resolver, 100_000 - 100),
            (LegRole::Buyer, 250_000 - 100),
        ]
    );
    let plan = split(&terms(1_000_000, 500), due, fee, ruled(30)).unwrap();
    assert!(plan.legs.iter().all(|leg| leg.role != LegRole::Resolver), "no address, no fee");
}

#[test]
fn whoever_gets_nothing_pays_nothing_for_the_ruling() {
    let (due, fee) = (Amount::from_u128(1_000_000), Amount::from_u128(100));
    let won = split(&with_resolver(1_000_000, 0), due, fee, ruled(0)).unwrap();
    assert_eq!(amounts(&won), [(LegRole::Vendor, 949_900), (LegRole::Resolver, 49_900)]);
    let lost = split(&with_resolver(1_000_000, 0), due, fee, ruled(100)).unwrap();
    assert_eq!(amounts(&lost), [(LegRole::Resolver, 49_900), (LegRole::Buyer, 949_900)]);
    let little = split(&with_resolver(1_000_000, 0), due, fee, ruled(2)).unwrap();
    assert_eq!(
        amounts(&little),
        [(LegRole::Vendor, 929_900), (LegRole::Resolver, 69_700), (LegRole::Buyer, 100)],
        "a share pays down to what is worth sending"
    );
}

#[test]
fn a_share_that_is_not_worth_sending_is_the_others() {
    let fee = Amount::from_u128(1_000);
    let plan = split(&terms(100_000, 0), Amount::from_u128(100_000), fee, agreed(2)).unwrap();
    assert_eq!(amounts(&plan), [(LegRole::Vendor, 99_000)]);
    let plan = split(&terms(100_000, 0), Amount::from_u128(100_000), fee, agreed(98)).unwrap();
    assert_eq!(amounts(&plan), [(LegRole::Buyer, 99_000)]);
}

#[test]
fn what_came_above_the_sum_is_not_divided() {
    let fee = Amount::from_u128(100);
    let plan = split(&terms(1_000_000, 0), Amount::from_u128(1_500_000), fee, agreed(50)).unwrap();
    assert_eq!(amounts(&plan), [(LegRole::Vendor, 499_900), (LegRole::Buyer, 999_900)]);
}

#[test]
fn the_larger_share_names_the_end_and_a_tie_is_a_release() {
    let ends = [0, 4_999, 5_000, 5_001, 10_000]
        .map(|bps| Division { buyer: Bps::new(bps).unwrap(), ruled: false }.cancels());
    assert_eq!(ends, [false, false, false, true, true]);
}

/// The parts of a plan by role, before what each leg bears of the fees.
fn of_role(plan: &PayoutPlan, role: LegRole) -> Amount {
    Amount::sum(plan.legs.iter().filter(|leg| leg.role == role).map(|leg| leg.amount)).unwrap()
}

proptest! {
    #[test]
    fn legs_and_reserve_are_the_whole(
        due in 1u128..=u128::MAX / 4,
        available in 1u128..=u128::MAX / 2,
        fee in 0u128..=1_000_000_000_000_000_000,
        commission in 0u16..=2_000,
        buyer in 0u16..=10_000,
        ruled in any::<bool>(),
    ) {
        let coin = with_resolver(due, commission);
        let token = Terms { token: sample_token().token, ..coin.clone() };
        let (available, fee) = (Amount::from_u128(available), Amount::from_u128(fee));
        let division = Division { buyer: Bps::new(buyer).unwrap(), ruled };
        for terms in [&coin, &token] {
            for division in [division, Division::RELEASE, Division::REFUND] {
                let Ok(plan) = split(terms, available, fee, division) else { continue };
                let legs = Amount::sum(plan.legs.iter().map(|leg| leg.amount)).unwrap();
                prop_assert_eq!(legs.checked_add(plan.fee_reserve), Some(available));
                prop_assert!(plan.legs.iter().all(|leg| !leg.amount.is_zero()));
                let fees = Amount::sum(plan.legs.iter().map(|_| fee)).unwrap();
                let to_site = plan.legs.iter().any(|leg| leg.role == LegRole::Commission);
                if terms.token.is_some() && to_site {
                    prop_assert!(plan.fee_reserve.is_zero());
                } else {
                    prop_assert_eq!(plan.fee_reserve, fees);
                }
                let sealed = [terms.payout, terms.refund, terms.commission_wallet, terms.resolver.unwrap()];
                prop_assert!(plan.legs.iter().all(|leg| sealed.contains(&leg.to)));
                prop_assert!(division.ruled || of_role(&plan, LegRole::Resolver).is_zero());
            }
        }
    }

    /// What is worth moving is divided whatever the shares are, and nobody takes more than he may.
    #[test]
    fn every_share_can_be_paid_and_no_part_exceeds_its_rule(
        due in 1_000u128..=u128::MAX / 4,
        parts in 20u128..=1_000_000,
        commission in 0u16..=2_000,
        buyer in 0u16..=10_000,
        ruled in any::<bool>(),
    ) {
        let terms = with_resolver(due, commission);
        let (sum, fee) = (Amount::from_u128(due), Amount::from_u128(due.div_euclid(parts)));
        let division = Division { buyer: Bps::new(buyer).unwrap(), ruled };
        let plan = split(&terms, sum, fee, division).unwrap();
        let gross = |role| match plan.legs.iter().any(|leg| leg.role == role) {
            true => of_role(&plan, role).checked_add(fee).unwrap(),
            false => Amount::ZERO,
        };
        prop_assert!(gross(LegRole::Resolver) <= sum.share(limits::RESOLVER_FEE));
        let vendors = sum.minus(sum.share(division.buyer));
        let site = of_role(&plan, LegRole::Commission);
        let moved = gross(LegRole::Buyer).is_zero() || gross(LegRole::Vendor).is_zero();
        prop_assert!(moved || site <= vendors.share(terms.commission));
        prop_assert!(moved || gross(LegRole::Buyer) <= sum.share(division.buyer));
    }
}
