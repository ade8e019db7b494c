//! How an order's money is divided when it leaves: legs that sum to the whole.

use std::fmt;
use std::str::FromStr;

use crate::EvmAddress;
use crate::limits;
use crate::money::{Amount, Bps};
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
        /// Whoever bears the cost of rulings, at the sealed resolver address.
        Resolver = "resolver",
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
    /// Staff ruled it, which costs [`limits::RESOLVER_FEE`] where the terms name a resolver.
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

/// Divides the money of an order between its parties.
///
/// What is divided is the sum that was due, or what came if it was less. What came above it by more
/// than [`limits::SURPLUS`] and above its own fee goes back to the buyer; less than that is divided
/// along. The vendor bears the fees of his leg and of the commission's, the buyer that of his own, and
/// the resolver that of the resolver's. A share that would cost more to send than it is worth goes to
/// the other side; a commission and a resolver's fee of which that is so are not taken. The
/// commission is a share of what is the vendor's after the resolver's fee. Half of that fee is taken
/// from each side, as far as that side stays worth sending.
pub fn split(
    terms: &Terms,
    available: Amount,
    leg_fee: Amount,
    division: Division,
) -> Result<PayoutPlan, Indivisible> {
    let over = available.minus(terms.due);
    let returns = over > terms.due.share(limits::SURPLUS) && over > twice(leg_fee);
    let base = if returns { terms.due } else { available };
    let back = if returns { over } else { Amount::ZERO };
    let (buyer, vendor) = sides(base, division.buyer, leg_fee);
    if vendor.is_zero() && available <= twice(leg_fee) {
        return Err(Indivisible::BelowFees);
    }
    let resolver = terms.resolver.filter(|_| division.ruled);
    let (from_buyer, from_vendor) = match resolver {
        Some(_) => resolver_fee(base, (buyer, vendor), leg_fee),
        None => (Amount::ZERO, Amount::ZERO),
    };
    let mut legs = of_vendor(terms, vendor.minus(from_vendor), leg_fee)?;
    let taken = from_buyer.checked_add(from_vendor).ok_or(Indivisible::BelowFees)?;
    if let Some(to) = resolver.filter(|_| !taken.is_zero()) {
        legs.push(LegPlan { role: LegRole::Resolver, to, amount: taken.minus(leg_fee) });
    }
    let buyer = buyer.minus(from_buyer).checked_add(back).ok_or(Indivisible::BelowFees)?;
    if !buyer.is_zero() {
        let amount = buyer.checked_sub(leg_fee).filter(|rest| !rest.is_zero());
        let amount = amount.ok_or(Indivisible::BelowFees)?;
        legs.push(LegPlan { role: LegRole::Buyer, to: terms.refund, amount });
    }
    let plan = close(legs, available)?;
    Ok(if terms.token.is_some() { charge(plan) } else { plan })
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

/// The shares of buyer and vendor; a share that is not worth sending is the other's, and the
/// remainder is the vendor's.
fn sides(base: Amount, buyer: Bps, leg_fee: Amount) -> (Amount, Amount) {
    let buyer = base.share(buyer);
    let vendor = base.minus(buyer);
    match (buyer.min(vendor) <= twice(leg_fee), buyer > vendor) {
        (true, true) => (base, Amount::ZERO),
        (true, false) => (Amount::ZERO, base),
        (false, _) => (buyer, vendor),
    }
}

/// What the resolver takes from buyer and vendor; nothing where it is not worth sending.
fn resolver_fee(base: Amount, sides: (Amount, Amount), leg_fee: Amount) -> (Amount, Amount) {
    let fee = base.share(limits::RESOLVER_FEE);
    let half = fee.share(Bps::HALF);
    let keep = twice(leg_fee);
    let taken = (half.min(sides.0.minus(keep)), fee.minus(half).min(sides.1.minus(keep)));
    if taken.0.checked_add(taken.1) > Some(leg_fee) { taken } else { (Amount::ZERO, Amount::ZERO) }
}

/// The legs of the vendor's side; none if nothing is his.
fn of_vendor(terms: &Terms, share: Amount, leg_fee: Amount) -> Result<Vec<LegPlan>, Indivisible> {
    if share.is_zero() {
        return Ok(Vec::new());
    }
    let commission = share.share(terms.commission);
    let commission = if commission > leg_fee { commission } else { Amount::ZERO };
    let carried = if commission.is_zero() { leg_fee } else { twice(leg_fee) };
    let vendor = share
        .checked_sub(commission)
        .and_then(|rest| rest.checked_sub(carried))
        .filter(|rest| !rest.is_zero())
        .ok_or(Indivisible::BelowFees)?;
    let site = terms.commission_wallet;
    let mut legs = vec![LegPlan { role: LegRole::Vendor, to: terms.payout, amount: vendor }];
    if !commission.is_zero() {
        legs.push(LegPlan { role: LegRole::Commission, to: site, amount: commission });
    }
    Ok(legs)
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

fn twice(amount: Amount) -> Amount {
    amount.checked_add(amount).unwrap_or(amount)
}

fn close(legs: Vec<LegPlan>, available: Amount) -> Result<PayoutPlan, Indivisible> {
    let paid = Amount::sum(legs.iter().map(|leg| leg.amount)).ok_or(Indivisible::BelowFees)?;
    let fee_reserve = available.checked_sub(paid).ok_or(Indivisible::BelowFees)?;
    Ok(PayoutPlan { legs, fee_reserve })
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
