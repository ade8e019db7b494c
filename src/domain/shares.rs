//! How a sum is shared out: one computation, by which pages tell what comes to whom before anything
//! is paid and by which escrow plans the payout.

use crate::limits;
use crate::money::{Amount, Bps};
use crate::seal::Terms;
use crate::settle::{Division, Indivisible, LegRole};

/// What of an order's terms decides how much comes to whom. Where it goes is not asked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What was to be paid, in base units.
    pub due: Amount,
    /// The site's share of whatever goes to the vendor.
    pub commission: Bps,
    /// Which share of the commission goes to whoever brought the buyer; none where nobody did.
    pub referral: Option<Bps>,
    /// Whether a ruling costs a fee.
    pub resolver: bool,
    /// Whether network fees are charged, as in a token, rather than kept aside.
    pub charged: bool,
}

impl From<&Terms> for Rules {
    fn from(terms: &Terms) -> Self {
        Self {
            due: terms.due,
            commission: terms.commission,
            referral: terms.referral.map(|referral| referral.share),
            resolver: terms.resolver.is_some(),
            charged: terms.token.is_some(),
        }
    }
}

/// What comes to whom, in base units. All of it together is what was shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shares {
    /// Arrives at the vendor.
    pub vendor: Amount,
    /// The site's commission, less the referral.
    pub commission: Amount,
    /// Arrives at whoever brought the buyer.
    pub referral: Amount,
    /// Arrives at the resolver.
    pub resolver: Amount,
    /// Arrives at the buyer.
    pub buyer: Amount,
    /// Network fees: kept aside for a coin's legs, charged for a token's.
    pub network: Amount,
}

impl Shares {
    /// What a leg of this role pays. A charge goes along with the site's leg.
    pub fn leg(&self, role: LegRole, charged: bool) -> Option<Amount> {
        let amount = match role {
            LegRole::Vendor => self.vendor,
            LegRole::Commission if charged && !self.commission.is_zero() => {
                self.commission.checked_add(self.network)?
            }
            LegRole::Commission => self.commission,
            LegRole::Referral => self.referral,
            LegRole::Resolver => self.resolver,
            LegRole::Buyer => self.buyer,
        };
        (!amount.is_zero()).then_some(amount)
    }
}

/// Shares out `available` by a division, in base units, where each leg of a payout costs `leg_fee`.
///
/// What is divided is the sum that was due, or what came if it was less. What came above it by more
/// than [`limits::SURPLUS`] and above its own fee goes back to the buyer; less than that is divided
/// along. The vendor bears the fees of his leg and of the commission's, the buyer that of his own,
/// whoever brought the buyer that of the referral's, and the resolver that of the resolver's. A share
/// that would cost more to send than it is worth goes to the other side, and a referral of which that
/// is so stays with the commission; a commission and a resolver's fee of which that is so are not
/// taken. The commission is a share of what is the vendor's after the resolver's fee, and the
/// referral a share of the commission. Half of the resolver's fee is taken from each side, as far as
/// that side stays worth sending.
pub fn share_out(
    rules: &Rules,
    available: Amount,
    leg_fee: Amount,
    division: Division,
) -> Result<Shares, Indivisible> {
    let over = available.minus(rules.due);
    let returns = over > rules.due.share(limits::SURPLUS) && over > twice(leg_fee);
    let base = if returns { rules.due } else { available };
    let back = if returns { over } else { Amount::ZERO };
    let (buyer, vendor) = sides(base, division.buyer, leg_fee);
    if vendor.is_zero() && available <= twice(leg_fee) {
        return Err(Indivisible::BelowFees);
    }
    let (from_buyer, from_vendor) = match rules.resolver && division.ruled {
        true => resolver_fee(base, (buyer, vendor), leg_fee),
        false => (Amount::ZERO, Amount::ZERO),
    };
    let of_vendor = of_vendor(rules, vendor.minus(from_vendor), leg_fee)?;
    let taken = from_buyer.checked_add(from_vendor).ok_or(Indivisible::BelowFees)?;
    let buyer = buyer.minus(from_buyer).checked_add(back).ok_or(Indivisible::BelowFees)?;
    let buyer = match buyer.is_zero() {
        true => Amount::ZERO,
        false => sent(buyer, leg_fee)?,
    };
    let shares = Shares { buyer, resolver: taken.minus(leg_fee), ..of_vendor };
    let Shares { vendor, commission, referral, resolver, .. } = shares;
    let paid = Amount::sum([vendor, commission, referral, resolver, buyer]);
    let network = paid.and_then(|paid| available.checked_sub(paid));
    Ok(Shares { network: network.ok_or(Indivisible::BelowFees)?, ..shares })
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

/// What of the vendor's side comes to the vendor, to the site and to whoever brought the buyer.
fn of_vendor(rules: &Rules, share: Amount, leg_fee: Amount) -> Result<Shares, Indivisible> {
    if share.is_zero() {
        return Ok(Shares::default());
    }
    let commission = share.share(rules.commission);
    let commission = if commission > leg_fee { commission } else { Amount::ZERO };
    let carried = if commission.is_zero() { leg_fee } else { twice(leg_fee) };
    let vendor = sent(share.minus(commission), carried)?;
    let referral = commission.share(rules.referral.unwrap_or(Bps::ZERO));
    let rest = commission.minus(referral);
    Ok(match referral > twice(leg_fee) && rest > leg_fee {
        true => Shares {
            vendor,
            commission: rest,
            referral: referral.minus(leg_fee),
            ..Shares::default()
        },
        false => Shares { vendor, commission, ..Shares::default() },
    })
}

/// What arrives of a share that bears `fees`.
fn sent(share: Amount, fees: Amount) -> Result<Amount, Indivisible> {
    share.checked_sub(fees).filter(|rest| !rest.is_zero()).ok_or(Indivisible::BelowFees)
}

fn twice(amount: Amount) -> Amount {
    amount.checked_add(amount).unwrap_or(amount)
}

#[cfg(test)]
#[path = "shares_tests.rs"]
mod tests;
