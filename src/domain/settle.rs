//! How an order's money is divided when it leaves: legs that sum to the whole.

use std::fmt;
use std::str::FromStr;

use crate::EvmAddress;
use crate::money::{Amount, Bps};
use crate::order::{BadWord, words};
use crate::seal::Terms;
use crate::shares::{Rules, share_out};

words! {
    /// Whom a leg pays.
    LegRole {
        /// The store, at its sealed payout address.
        Vendor = "vendor",
        /// The site, at its commission wallet.
        Commission = "commission",
        /// The buyer, at the sealed refund address.
        Buyer = "buyer",
        /// Whoever bears the cost of rulings, at the sealed resolver address.
        Resolver = "resolver",
        /// Whoever brought the buyer, at the sealed referral address; the site, where that address
        /// takes nothing.
        Referral = "referral",
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
        /// Case 0: buyer and vendor share, by an offer, a ruling or the end of a dispute's time.
        Split = "split",
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

/// How the money of an order is divided between its parties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Division {
    /// The buyer's share; the rest is the vendor's.
    pub buyer: Bps,
    /// Staff ruled it, which costs [`crate::limits::RESOLVER_FEE`] where the terms name a resolver.
    pub ruled: bool,
}

impl Division {
    /// Everything to the vendor.
    pub const RELEASE: Self = Self { buyer: Bps::ZERO, ruled: false };
    /// Everything to the buyer.
    pub const REFUND: Self = Self { buyer: Bps::WHOLE, ruled: false };

    /// Whether the order ends as cancelled, because the larger share is the buyer's; a tie is a
    /// release.
    pub fn cancels(self) -> bool {
        self.buyer > Bps::HALF
    }
}

/// Divides the money of an order between its parties, by [`share_out`]: the legs, the referral's last,
/// so that nobody else waits for it.
pub fn split(
    terms: &Terms,
    available: Amount,
    leg_fee: Amount,
    division: Division,
) -> Result<PayoutPlan, Indivisible> {
    let charged = terms.token.is_some();
    let shares = share_out(&Rules::from(terms), available, leg_fee, division)?;
    let payees = [
        (LegRole::Vendor, Some(terms.payout)),
        (LegRole::Commission, Some(terms.commission_wallet)),
        (LegRole::Resolver, terms.resolver),
        (LegRole::Buyer, Some(terms.refund)),
        (LegRole::Referral, terms.referral.map(|referral| referral.address)),
    ];
    let leg = |(role, to): (LegRole, Option<EvmAddress>)| {
        Some(LegPlan { role, to: to?, amount: shares.leg(role, charged)? })
    };
    let legs: Vec<LegPlan> = payees.into_iter().filter_map(leg).collect();
    let paid = Amount::sum(legs.iter().map(|leg| leg.amount)).ok_or(Indivisible::BelowFees)?;
    let fee_reserve = available.checked_sub(paid).ok_or(Indivisible::BelowFees)?;
    Ok(PayoutPlan { legs, fee_reserve })
}

/// Divides the money of an order that is released: see [`split`].
pub fn release(
    terms: &Terms,
    available: Amount,
    leg_fee: Amount,
) -> Result<PayoutPlan, Indivisible> {
    split(terms, available, leg_fee, Division::RELEASE)
}

/// Sends everything back to the buyer; the fee comes out of it.
pub fn refund(
    terms: &Terms,
    available: Amount,
    leg_fee: Amount,
) -> Result<PayoutPlan, Indivisible> {
    split(terms, available, leg_fee, Division::REFUND)
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
