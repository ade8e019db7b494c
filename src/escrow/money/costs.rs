//! What the legs of a payout would take: every leg is tried out before it is planned, and its payee
//! with it.

use domain::EvmAddress;
use domain::money::Amount;
use domain::seal::{Terms, TokenTerms};
use domain::settle::{Indivisible, LegRole, PayoutPlan};

use super::plan::REFUSES;
use super::{relay, transfers};
use crate::chain::client::{Estimate, View};
use crate::chain::trial::Wanted;
use crate::ctx::Served;
use crate::evm::fees::{self, Market};
use crate::fault::ChainFault;

/// What the legs of a payout may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Costs {
    /// Kept aside for each leg.
    pub(crate) leg_fee: Amount,
    /// Most base units for one gas.
    pub(super) ceiling: Amount,
    /// Gas limit by payee.
    pub(super) gas: Vec<(EvmAddress, u64)>,
    /// Why it cannot be paid now, if a payee's contract refuses or the token is not as it should be, and
    /// whom that leg would pay.
    pub(crate) refused: Option<(&'static str, LegRole)>,
    /// Whether the terms' referral is paid. It is not where its payee refuses or wants more gas than
    /// the others: no party waits or pays more for somebody who is none.
    pub(crate) invited: bool,
}

/// What payees answer when they are asked what paying them takes.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Costs(Costs),
    /// The sum does not carry the fees.
    BelowFees,
    /// Whoever brought the buyer stands in the others' way.
    Uninvited,
}

/// How money is divided under terms, where each leg costs so much.
type Divide<'a> = &'a dyn Fn(&Terms, Amount) -> Result<PayoutPlan, Indivisible>;

/// The gas limit of a leg, or why it is not to be made now.
pub(super) type Limit = Result<u64, &'static str>;

/// What the legs of a division would take. None if the sum does not carry the fees.
///
/// # Errors
/// [`ChainFault`] when the provider does not serve.
pub(super) fn ask(
    served: &Served,
    view: &View,
    sealed: &Terms,
    divide: Divide<'_>,
) -> Result<Option<Costs>, ChainFault> {
    let asked = match &sealed.token {
        Some(token) => of_token(served, (sealed, token), divide)?,
        None => of_coin(served, view, sealed, divide)?,
    };
    if asked == Asked::Uninvited {
        let plain = ask(served, view, &sealed.without_referral(), divide)?;
        return Ok(plain.map(|costs| Costs { invited: false, ..costs }));
    }
    Ok(match asked {
        Asked::Costs(costs) => Some(costs),
        Asked::BelowFees | Asked::Uninvited => None,
    })
}

/// Of a token each leg takes its sealed charge, whatever its gas.
fn of_token(
    served: &Served,
    (sealed, token): (&Terms, &TokenTerms),
    divide: Divide<'_>,
) -> Result<Asked, ChainFault> {
    let Ok(plan) = divide(sealed, token.leg_fee) else { return Ok(Asked::BelowFees) };
    let try_out = if token.domain.is_some() { relay::limit } else { transfers::limit };
    let mut refused = None;
    let mut gas = Vec::new();
    for leg in &plan.legs {
        let wanted =
            Wanted { token: token.address, from: sealed.escrow, to: leg.to, amount: leg.amount };
        let limit = try_out(served, &wanted)?;
        // Where nobody can be paid, the referral's payee is not to blame.
        if limit == Err(REFUSES) && leg.role == LegRole::Referral && refused.is_none() {
            return Ok(Asked::Uninvited);
        }
        refused = refused.or(limit.err().map(|why| (why, leg.role)));
        gas.push((leg.to, limit.unwrap_or(fees::RELAY_GAS_MAX)));
    }
    let (leg_fee, ceiling) = (token.leg_fee, Market::relay_ceiling());
    Ok(Asked::Costs(Costs { leg_fee, ceiling, gas, refused, invited: true }))
}

fn of_coin(
    served: &Served,
    view: &View,
    sealed: &Terms,
    divide: Divide<'_>,
) -> Result<Asked, ChainFault> {
    let ceiling = view.market.ceiling();
    let data = served.client.data_fee()?;
    let fee = |gas: u64| fees::reserve(gas, ceiling).and_then(|fee| fee.checked_add(data));
    let beyond = || ChainFault::Garbage("a fee beyond all sums".to_owned());
    let least = fee(fees::TRANSFER_GAS).ok_or_else(beyond)?;
    let Ok(first) = divide(sealed, least) else { return Ok(Asked::BelowFees) };
    let mut gas = Vec::new();
    let (mut refused, mut most) = (None, fees::TRANSFER_GAS);
    // The referral's leg is the last one.
    for leg in &first.legs {
        let wanted = match served.client.estimate(sealed.escrow, leg.to, leg.amount)? {
            Estimate::Gas(estimate) => fees::gas_limit(estimate),
            Estimate::Refuses(_) => None,
        };
        if leg.role == LegRole::Referral && wanted.is_none_or(|wanted| wanted > most) {
            return Ok(Asked::Uninvited);
        }
        if wanted.is_none() {
            refused = refused.or(Some((REFUSES, leg.role)));
        }
        let wanted = wanted.unwrap_or(fees::GAS_MAX);
        most = most.max(wanted);
        gas.push((leg.to, wanted));
    }
    let leg_fee = fee(most).ok_or_else(beyond)?;
    let carried = divide(sealed, leg_fee).is_ok();
    let costs = Costs { leg_fee, ceiling, gas, refused, invited: true };
    Ok(if carried { Asked::Costs(costs) } else { Asked::BelowFees })
}
