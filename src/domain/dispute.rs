//! Disputes: what the parties offer, what staff rule, and where the money goes if neither ends it.

use std::fmt;
use std::str::FromStr;

use crate::ids::UserId;
use crate::intent::ActorRole;
use crate::money::Bps;
use crate::order::{BadWord, words};
use crate::refusal::Refusal;

/// A proposal of one party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Number within the order.
    pub n: i32,
    /// The party that made it.
    pub by: ActorRole,
    /// What the buyer would get; the rest is the vendor's.
    pub buyer: Bps,
    /// The other party was shown it.
    pub seen: bool,
}

/// The offer of a party that stands: its last.
pub fn standing(offers: &[Offer], by: ActorRole) -> Option<&Offer> {
    offers.iter().filter(|offer| offer.by == by).max_by_key(|offer| offer.n)
}

/// The offer that `role` takes by naming its number.
///
/// # Errors
/// [`Refusal::OfferGone`] unless it is the other party's last.
pub fn acceptable(offers: &[Offer], n: i32, role: ActorRole) -> Result<Offer, Refusal> {
    let other = other(role).ok_or(Refusal::OtherParty)?;
    let last = standing(offers, other).filter(|offer| offer.n == n);
    last.copied().ok_or(Refusal::OfferGone)
}

/// The other party of a dispute; none for staff.
pub const fn other(role: ActorRole) -> Option<ActorRole> {
    match role {
        ActorRole::Buyer => Some(ActorRole::Vendor),
        ActorRole::Vendor => Some(ActorRole::Buyer),
        ActorRole::Staff => None,
    }
}

/// The buyer's share when the time of a dispute is over and nobody has ended it.
///
/// Without offers everything goes back if it was never dispatched, else half. An offer binds whoever
/// made it: the last one that stands and that the other was shown counts, if it gives the other no
/// less than that. So nobody gains by a greedy last word, nor loses by not answering it.
pub fn by_default(offers: &[Offer], dispatched: bool) -> Bps {
    let silent = if dispatched { Bps::HALF } else { Bps::WHOLE };
    let yields = |offer: &&Offer| match offer.by {
        ActorRole::Buyer => offer.buyer <= silent,
        ActorRole::Vendor => offer.buyer >= silent,
        ActorRole::Staff => false,
    };
    [ActorRole::Buyer, ActorRole::Vendor]
        .into_iter()
        .filter_map(|role| standing(offers, role))
        .filter(|offer| offer.seen)
        .filter(yields)
        .max_by_key(|offer| offer.n)
        .map_or(silent, |offer| offer.buyer)
}

words! {
    /// Where a ruling stands.
    RulingState {
        /// It is carried out when its notice is over.
        Notice = "notice",
        /// It waits for a second staff member.
        Contested = "contested",
        /// A second staff member agreed; it is carried out when its notice is over.
        Confirmed = "confirmed",
        /// A second staff member ruled in its place.
        Replaced = "replaced",
    }
}

/// A ruling, as far as it decides about what may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// Number within the order.
    pub n: i32,
    /// Who ruled.
    pub staff: UserId,
    /// What the buyer gets; the rest is the vendor's.
    pub buyer: Bps,
    /// Where it stands.
    pub state: RulingState,
    /// It is a second opinion.
    pub second: bool,
}

impl Ruling {
    /// Whether it is carried out when its notice is over.
    pub const fn is_to_be(&self) -> bool {
        matches!(self.state, RulingState::Notice | RulingState::Confirmed)
    }
}

/// Who is about to rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judge {
    /// The staff member.
    pub id: UserId,
    /// Staff for at least [`crate::limits::STAFF_SENIOR`].
    pub senior: bool,
}

/// Whether somebody may rule, given the last ruling; says whether it would be a second opinion.
///
/// # Errors
/// The reason why not.
pub fn may_rule(judge: Judge, last: Option<&Ruling>) -> Result<bool, Refusal> {
    match last {
        None => Ok(false),
        Some(ruling) if ruling.is_to_be() => Err(Refusal::Ruled),
        Some(ruling) => second(judge, ruling).map(|()| true),
    }
}

/// Whether somebody may confirm the last ruling, which waits for a second staff member.
///
/// # Errors
/// The reason why not.
pub fn may_confirm(judge: Judge, last: Option<&Ruling>) -> Result<(), Refusal> {
    match last {
        None => Err(Refusal::Unruled),
        Some(ruling) if ruling.is_to_be() => Err(Refusal::Ruled),
        Some(ruling) => second(judge, ruling),
    }
}

fn second(judge: Judge, ruling: &Ruling) -> Result<(), Refusal> {
    if judge.id == ruling.staff {
        Err(Refusal::SameStaff)
    } else if judge.senior {
        Ok(())
    } else {
        Err(Refusal::NewStaff)
    }
}

/// Whether a party may call a second staff member.
///
/// # Errors
/// The reason why not.
pub const fn may_contest(last: Option<&Ruling>) -> Result<(), Refusal> {
    match last {
        None => Err(Refusal::Unruled),
        Some(ruling) => match (ruling.state, ruling.second) {
            (RulingState::Notice, false) => Ok(()),
            (RulingState::Notice, true) | (RulingState::Confirmed, _) => Err(Refusal::FinalRuling),
            (RulingState::Contested | RulingState::Replaced, _) => Err(Refusal::Contested),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn offer(n: i32, by: ActorRole, percent: u8) -> Offer {
        Offer { n, by, buyer: Bps::percent(percent), seen: true }
    }

    #[test]
    fn the_last_offer_of_the_other_party_can_be_taken_and_no_other() {
        let offers = [
            offer(1, ActorRole::Buyer, 80),
            offer(2, ActorRole::Vendor, 20),
            offer(3, ActorRole::Buyer, 60),
        ];
        assert_eq!(acceptable(&offers, 3, ActorRole::Vendor), Ok(offers[2]));
        assert_eq!(acceptable(&offers, 2, ActorRole::Buyer), Ok(offers[1]));
        for (n, role) in [
            (1, ActorRole::Vendor),
            (2, ActorRole::Vendor),
            (3, ActorRole::Buyer),
            (9, ActorRole::Buyer),
        ] {
            assert_eq!(acceptable(&offers, n, role), Err(Refusal::OfferGone), "{n} {role}");
        }
        assert_eq!(acceptable(&offers, 3, ActorRole::Staff), Err(Refusal::OtherParty));
    }

    #[test]
    fn silence_leads_back_or_to_the_middle_and_an_offer_binds_whoever_made_it() {
        assert_eq!((by_default(&[], false), by_default(&[], true)), (Bps::WHOLE, Bps::HALF));
        let yielding = [offer(1, ActorRole::Vendor, 70), offer(2, ActorRole::Buyer, 40)];
        assert_eq!(by_default(&yielding, true), Bps::percent(40), "the last one");
        assert_eq!(by_default(&yielding, false), Bps::percent(40));
        let greedy = [offer(1, ActorRole::Vendor, 70), offer(2, ActorRole::Buyer, 100)];
        assert_eq!(by_default(&greedy, true), Bps::percent(70), "greed does not count");
        let unseen = [Offer { seen: false, ..offer(1, ActorRole::Vendor, 70) }];
        assert_eq!(by_default(&unseen, true), Bps::HALF);
        let taken_back = [offer(1, ActorRole::Vendor, 70), offer(2, ActorRole::Vendor, 10)];
        assert_eq!(by_default(&taken_back, true), Bps::HALF, "only the last one of each stands");
    }

    fn ruling(state: RulingState, second: bool) -> Ruling {
        Ruling { n: 1, staff: UserId::from_random([1; 16]), buyer: Bps::HALF, state, second }
    }

    #[test]
    fn one_rules_and_another_looks_at_it_once() {
        let judge = |byte, senior| Judge { id: UserId::from_random([byte; 16]), senior };
        let (first, other, new) = (judge(1, true), judge(2, true), judge(3, false));
        assert_eq!(may_rule(new, None), Ok(false));
        assert_eq!(may_contest(None), Err(Refusal::Unruled));
        let noticed = ruling(RulingState::Notice, false);
        assert_eq!(may_rule(other, Some(&noticed)), Err(Refusal::Ruled));
        assert_eq!(may_confirm(other, Some(&noticed)), Err(Refusal::Ruled));
        assert_eq!(may_contest(Some(&noticed)), Ok(()));
        let contested = ruling(RulingState::Contested, false);
        assert!(!contested.is_to_be());
        assert_eq!(may_contest(Some(&contested)), Err(Refusal::Contested));
        for (judge, said) in
            [(first, Err(Refusal::SameStaff)), (new, Err(Refusal::NewStaff)), (other, Ok(()))]
        {
            assert_eq!(may_confirm(judge, Some(&contested)), said);
            assert_eq!(may_rule(judge, Some(&contested)), said.map(|()| true));
        }
        for last in [ruling(RulingState::Confirmed, false), ruling(RulingState::Notice, true)] {
            assert!(last.is_to_be());
            assert_eq!(may_contest(Some(&last)), Err(Refusal::FinalRuling));
            assert_eq!(may_rule(other, Some(&last)), Err(Refusal::Ruled));
        }
    }

    proptest! {
        /// Whatever one party offers, the other gets no less than by silence.
        #[test]
        fn nobody_is_worse_off_for_what_the_other_offers(
            shares in proptest::collection::vec((0u16..=10_000, any::<bool>()), 0..8),
            dispatched in any::<bool>(),
        ) {
            for by in [ActorRole::Buyer, ActorRole::Vendor] {
                let offers: Vec<Offer> = (1..)
                    .zip(&shares)
                    .map(|(n, (bps, seen))| Offer { n, by, buyer: Bps::new(*bps).unwrap(), seen: *seen })
                    .collect();
                let (silent, outcome) = (by_default(&[], dispatched), by_default(&offers, dispatched));
                match by {
                    ActorRole::Buyer => prop_assert!(outcome <= silent),
                    _ => prop_assert!(outcome >= silent),
                }
            }
        }
    }
}
