//! Bounds that escrow keeps whatever the site asks for. Each has a hard range; within it the operator's
//! command line moves it, and nobody else can.

use std::fmt;
use std::str::FromStr;

use crate::limits::{COMMISSION_MAX, HANDLING_HOURS_MAX, REFERRAL, TOLERANCE_MAX};
use crate::money::{Bps, Cents};
use crate::order::{BadWord, words};

words! {
    /// What is bounded.
    Bound {
        /// How much short of the sum a payment may be and still count, in basis points.
        Tolerance = "tolerance-bps",
        /// The site's share, in basis points.
        Commission = "commission-bps",
        /// The share of the commission for whoever brought the buyer, in basis points.
        Referral = "referral-bps",
        /// Time from funding to dispatch, in hours.
        Handling = "handling-hours",
        /// Time from dispatch until the vendor is paid, in hours.
        Inspection = "inspection-hours",
        /// The dearest order, in US cents.
        Order = "order-cents",
        /// All orders together whose money is in escrow when another is taken up, in US cents.
        Open = "open-cents",
        /// What is paid out of one chain within a day, in US cents.
        Day = "day-cents",
        /// Whether staff sign their rulings with a wallet: 1 if so.
        Signed = "signed-rulings",
    }
}

/// The longest inspection time that is ever sealed, in hours.
const INSPECTION_HOURS_MAX: u64 = 720;
/// No sum of orders is bounded higher: a hundred billion dollars.
const SUM_MAX: u64 = 10_000_000_000_000;

#[expect(
    clippy::as_conversions,
    reason = "small unsigned numbers in const functions, where From is not to be had"
)]
impl Bound {
    /// The least and the greatest value that the operator may set.
    pub const fn range(self) -> (u64, u64) {
        match self {
            Self::Tolerance => (0, TOLERANCE_MAX.get() as u64),
            Self::Commission => (0, COMMISSION_MAX.get() as u64),
            Self::Referral => (0, REFERRAL.get() as u64),
            Self::Handling => (1, HANDLING_HOURS_MAX as u64),
            Self::Inspection => (24, INSPECTION_HOURS_MAX),
            Self::Order => (100, Cents::MAX.get()),
            Self::Open | Self::Day => (100, SUM_MAX),
            Self::Signed => (0, 1),
        }
    }

    /// Its value where the operator has set none.
    pub const fn usual(self) -> u64 {
        match self {
            Self::Tolerance
            | Self::Commission
            | Self::Referral
            | Self::Handling
            | Self::Inspection => self.range().1,
            Self::Order => 10_000_000,
            Self::Open => 100_000_000,
            Self::Day => 25_000_000,
            Self::Signed => 0,
        }
    }

    /// What it bounds, in words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Tolerance => "the most that a payment may be short, in basis points",
            Self::Commission => "the highest share of the site, in basis points",
            Self::Referral => "the highest share of the commission for an inviter, in basis points",
            Self::Handling => "the longest time to dispatch, in hours",
            Self::Inspection => "the longest time to look at goods, in hours",
            Self::Order => "the dearest order, in US cents",
            Self::Open => "what may be in escrow when another order is taken up, in US cents",
            Self::Signed => {
                "1: rulings count with the signature of the staff member's wallet alone"
            }
            Self::Day => "what may be paid out of one chain within a day, in US cents",
        }
    }
}

/// All bounds as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clamps([u64; Bound::ALL.len()]);

impl Default for Clamps {
    fn default() -> Self {
        Self([
            Bound::Tolerance.usual(),
            Bound::Commission.usual(),
            Bound::Referral.usual(),
            Bound::Handling.usual(),
            Bound::Inspection.usual(),
            Bound::Order.usual(),
            Bound::Open.usual(),
            Bound::Day.usual(),
            Bound::Signed.usual(),
        ])
    }
}

/// A value that the operator may not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBound {
    /// Outside of the hard range.
    #[error("{0} may be from {1} to {2}")]
    Range(Bound, u64, u64),
    /// An order that could never be paid out.
    #[error("order-cents may not be above day-cents, or such an order could never be paid out")]
    DearerThanADay,
}

impl Clamps {
    /// The value of a bound.
    pub fn get(&self, bound: Bound) -> u64 {
        let place = Bound::ALL.iter().position(|one| *one == bound);
        place.and_then(|place| self.0.get(place)).copied().unwrap_or_else(|| bound.usual())
    }

    /// The same with another value.
    ///
    /// # Errors
    /// [`BadBound`].
    pub fn with(mut self, bound: Bound, value: u64) -> Result<Self, BadBound> {
        let (least, most) = bound.range();
        if !(least..=most).contains(&value) {
            return Err(BadBound::Range(bound, least, most));
        }
        let place = Bound::ALL.iter().position(|one| *one == bound);
        if let Some(kept) = place.and_then(|place| self.0.get_mut(place)) {
            *kept = value;
        }
        if self.get(Bound::Order) > self.get(Bound::Day) {
            return Err(BadBound::DearerThanADay);
        }
        Ok(self)
    }

    /// The same with a stored value, drawn into the hard range: what a file says never widens it.
    #[must_use]
    pub fn with_stored(mut self, bound: Bound, value: u64) -> Self {
        let (least, most) = bound.range();
        let place = Bound::ALL.iter().position(|one| *one == bound);
        if let Some(kept) = place.and_then(|place| self.0.get_mut(place)) {
            *kept = value.clamp(least, most);
        }
        self
    }

    /// A share of basis points under a bound.
    pub fn bps(&self, bound: Bound) -> Bps {
        u16::try_from(self.get(bound)).ok().and_then(Bps::new).unwrap_or(Bps::ZERO)
    }

    /// Whether a switch is on.
    pub fn is_on(&self, bound: Bound) -> bool {
        self.get(bound) != 0
    }

    /// Hours under a bound.
    pub fn hours(&self, bound: Bound) -> u32 {
        u32::try_from(self.get(bound)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bound_has_a_usual_value_within_its_range() {
        for bound in Bound::ALL {
            let (least, most) = bound.range();
            assert!((least..=most).contains(&bound.usual()), "{bound}");
            assert_eq!(Clamps::default().get(*bound), bound.usual());
        }
    }

    #[test]
    fn nothing_is_set_beyond_the_hard_range() {
        for bound in Bound::ALL {
            let (least, most) = bound.range();
            let wide = Clamps::default().with(Bound::Day, SUM_MAX).unwrap();
            assert_eq!(wide.with(*bound, most).unwrap().get(*bound), most);
            let beyond = most.saturating_add(1);
            assert_eq!(wide.with(*bound, beyond), Err(BadBound::Range(*bound, least, most)));
            assert_eq!(wide.with_stored(*bound, u64::MAX).get(*bound), most);
            assert_eq!(wide.with_stored(*bound, 0).get(*bound), least);
            if let Some(below) = least.checked_sub(1) {
                assert!(wide.with(*bound, below).is_err());
            }
        }
    }

    #[test]
    fn an_order_that_could_never_be_paid_out_is_not_allowed() {
        let usual = Clamps::default();
        let day = usual.get(Bound::Day);
        assert_eq!(usual.with(Bound::Order, day.saturating_add(1)), Err(BadBound::DearerThanADay));
        assert!(usual.with(Bound::Order, day).is_ok());
        assert_eq!(usual.with(Bound::Day, 100), Err(BadBound::DearerThanADay));
    }
}
