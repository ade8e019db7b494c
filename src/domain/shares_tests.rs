//! What comes to whom by the same rules, whatever the division.

use super::*;
use crate::seal::{ReferralTerms, sample, sample_token};
use crate::settle::{LegRole, PayoutPlan, split};
use crate::{EvmAddress, store::Tier};
use proptest::prelude::*;

fn units(amount: u128) -> Amount {
    Amount::from_u128(amount)
}

fn invited(terms: Terms, bps: u16) -> Terms {
    let address = EvmAddress::from_bytes([0x59; 20]);
    Terms { referral: Some(ReferralTerms { address, share: Bps::new(bps).unwrap() }), ..terms }
}

fn coin(due: u128, commission: Bps) -> Terms {
    invited(Terms { due: units(due), commission, ..sample() }, 5_000)
}

fn paid(plan: &PayoutPlan, role: LegRole) -> Amount {
    Amount::sum(plan.legs.iter().filter(|leg| leg.role == role).map(|leg| leg.amount)).unwrap()
}

#[test]
fn an_inviter_gets_half_of_the_commission_and_bears_his_own_leg() {
    let (due, fee) = (units(1_000_000), units(100));
    let plan = split(&coin(1_000_000, Bps::percent(5)), due, fee, Division::RELEASE).unwrap();
    assert_eq!(paid(&plan, LegRole::Vendor), units(949_800), "as without an inviter");
    assert_eq!(paid(&plan, LegRole::Commission), units(25_000));
    assert_eq!(paid(&plan, LegRole::Referral), units(24_900));
    assert_eq!(plan.fee_reserve, units(300));
    assert_eq!(plan.legs.last().unwrap().role, LegRole::Referral, "nobody waits for it");
}

#[test]
fn in_a_token_the_site_s_leg_carries_what_all_are_charged() {
    let terms = invited(sample_token(), 5_000);
    let fee = terms.token.unwrap().leg_fee;
    let plan = split(&terms, terms.due, fee, Division::RELEASE).unwrap();
    assert_eq!(paid(&plan, LegRole::Vendor), units(23_450_000));
    assert_eq!(paid(&plan, LegRole::Referral), units(625_000 - 150_000));
    assert_eq!(paid(&plan, LegRole::Commission), units(625_000 + 450_000));
    assert_eq!(plan.fee_reserve, Amount::ZERO);
}

#[test]
fn a_split_pays_an_inviter_of_the_vendor_s_part_and_a_refund_nothing() {
    let (due, fee) = (units(1_000_000), units(100));
    let terms = coin(1_000_000, Bps::percent(5));
    let half = Division { buyer: Bps::HALF, ruled: false };
    let plan = split(&terms, due, fee, half).unwrap();
    assert_eq!(paid(&plan, LegRole::Referral), units(12_400));
    let plan = split(&terms, due, fee, Division::REFUND).unwrap();
    assert_eq!(paid(&plan, LegRole::Referral), Amount::ZERO);
    assert_eq!(paid(&plan, LegRole::Buyer), units(999_900));
}

#[test]
fn a_referral_that_is_not_worth_sending_stays_with_the_commission() {
    let (due, rules) = (units(1_000_000), Rules::from(&coin(1_000_000, Bps::percent(2))));
    let all = |fee| share_out(&rules, due, units(fee), Division::RELEASE).unwrap();
    assert_eq!((all(4_999).commission, all(4_999).referral), (units(10_000), units(5_001)));
    assert_eq!((all(5_000).commission, all(5_000).referral), (units(20_000), Amount::ZERO));
    assert_eq!(all(5_000).vendor, units(970_000));
}

#[test]
fn a_tier_takes_its_share_of_what_goes_to_the_vendor() {
    let due = units(1_000_000);
    let taken = Tier::ALL.map(|tier| {
        let rules = Rules { referral: None, ..Rules::from(&coin(1_000_000, tier.commission())) };
        share_out(&rules, due, Amount::ZERO, Division::RELEASE).unwrap().commission
    });
    assert_eq!(taken, [20_000, 50_000, 100_000, 200_000].map(units));
}

proptest! {
    /// By every road: a release, a split, a ruling, a deadline, money that is short, over or both.
    #[test]
    fn shares_are_the_whole_and_none_exceeds_its_rule(
        due in 1_000u128..=u128::MAX / 4,
        came in 1u128..=u128::MAX / 2,
        parts in 3u128..=1_000_000,
        commission in 0u16..=2_000,
        referral in proptest::option::of(0u16..=10_000),
        buyer in 0u16..=10_000,
        (ruled, resolver) in any::<(bool, bool)>(),
    ) {
        let fee = units(due.div_euclid(parts));
        let rules = Rules {
            due: units(due),
            commission: Bps::new(commission).unwrap(),
            referral: referral.map(|bps| Bps::new(bps).unwrap()),
            resolver,
            charged: false,
        };
        let division = Division { buyer: Bps::new(buyer).unwrap(), ruled };
        for division in [division, Division::RELEASE, Division::REFUND] {
            for available in [units(came), units(due)] {
                let Ok(shares) = share_out(&rules, available, fee, division) else { continue };
                let Shares { vendor, commission, referral, resolver, buyer, network } = shares;
                let all = [vendor, commission, referral, resolver, buyer, network];
                prop_assert_eq!(Amount::sum(all), Some(available));
                let legs = all.iter().take(5).filter(|share| !share.is_zero());
                prop_assert_eq!(Some(network), Amount::sum(legs.map(|_| fee)));
                // Site and inviter together take the commission and no more.
                let gross = |share: Amount| match share.is_zero() {
                    true => Amount::ZERO,
                    false => share.checked_add(fee).unwrap(),
                };
                let taken = commission.checked_add(gross(referral)).unwrap();
                let vendors = [vendor, taken, fee, fee].into_iter();
                let vendors = Amount::sum(vendors).unwrap();
                prop_assert!(taken <= vendors.share(rules.commission));
                prop_assert!(gross(referral) <= taken.share(rules.referral.unwrap_or(Bps::ZERO)));
                prop_assert!(!vendor.is_zero() || taken.is_zero());
            }
        }
    }

    /// What an inviter gets is the site's alone: nobody else gets more or less for it.
    #[test]
    fn an_inviter_changes_nothing_for_buyer_vendor_and_resolver(
        due in 1_000u128..=u128::MAX / 4,
        parts in 3u128..=1_000_000,
        commission in 0u16..=2_000,
        referral in 0u16..=5_000,
        buyer in 0u16..=10_000,
        ruled in any::<bool>(),
    ) {
        let resolver = Some(EvmAddress::from_bytes([0x57; 20]));
        let plain = Terms { referral: None, resolver, ..coin(due, Bps::new(commission).unwrap()) };
        let (with, fee) = (invited(plain.clone(), referral), units(due.div_euclid(parts)));
        let division = Division { buyer: Bps::new(buyer).unwrap(), ruled };
        let of = |terms: &Terms| split(terms, terms.due, fee, division);
        let (without, with) = (of(&plain), of(&with));
        prop_assert_eq!(without.is_ok(), with.is_ok());
        if let (Ok(without), Ok(with)) = (without, with) {
            for role in [LegRole::Vendor, LegRole::Buyer, LegRole::Resolver] {
                prop_assert_eq!(paid(&without, role), paid(&with, role));
            }
        }
    }

    /// The legs that escrow plans are the shares that pages show.
    #[test]
    fn the_legs_are_the_shares(
        came in 1u128..=100_000_000,
        fee in 0u128..=1_000_000,
        buyer in 0u16..=10_000,
        (ruled, token) in any::<(bool, bool)>(),
    ) {
        let due = units(25_000_000);
        let plain = if token { sample_token() } else { Terms { due, ..sample() } };
        let resolver = Some(EvmAddress::from_bytes([0x57; 20]));
        let terms = Terms { resolver, ..invited(plain, 5_000) };
        let division = Division { buyer: Bps::new(buyer).unwrap(), ruled };
        let shares = share_out(&Rules::from(&terms), units(came), units(fee), division);
        let plan = split(&terms, units(came), units(fee), division);
        prop_assert_eq!(shares.is_ok(), plan.is_ok());
        if let (Ok(shares), Ok(plan)) = (shares, plan) {
            for role in LegRole::ALL {
                let leg = plan.legs.iter().find(|leg| leg.role == *role).map(|leg| leg.amount);
                prop_assert_eq!(shares.leg(*role, token), leg);
            }
            let charged = token && !shares.commission.is_zero();
            prop_assert_eq!(plan.fee_reserve, if charged { Amount::ZERO } else { shares.network });
        }
    }
}
