//! Money at an order's address that is not what the order is paid in: by which terms it leaves, and
//! what of it no payout sends back yet. It goes to where the sealed terms send a refund and nowhere
//! else, in whatever it came.

use db::payouts::{self, Leg, Payout};
use db::tokens::{self, TokenState};
use db::{Conn, DbError, proofs, top_ups};
use domain::asset::Asset;
use domain::clock::{Span, Time};
use domain::ids::OrderId;
use domain::money::Amount;
use domain::seal::{Terms, TokenTerms};
use domain::settle::{LegRole, PayoutKind};

use super::all_terms;
use crate::ctx::Served;
use crate::fault::Fault;
use crate::seal::{BrokenSeal, SealKey};

/// For so long a look at a token says what it is.
const FRESH: Span = Span::minutes(10);

/// The terms for what came in an asset: the sealed ones where the order is paid in that. None for a
/// token that is not known, or whose authorizations could be the order's; and for what came on another
/// chain, where the refund address need not be the buyer's.
pub(super) fn terms_in(
    conn: &mut Conn,
    sealed: &Terms,
    asset: &Asset,
) -> Result<Option<Terms>, DbError> {
    if asset.is(&sealed.asset()) {
        return Ok(Some(sealed.clone()));
    }
    if asset.chain != sealed.chain {
        return Ok(None);
    }
    let Some(address) = asset.token else { return Ok(Some(sealed.paid_in(None))) };
    let Some(token) = tokens::by_address(conn, asset.chain, address)? else { return Ok(None) };
    let own = sealed.token.as_ref().and_then(|own| own.domain);
    if own.is_some() && own == token.domain {
        return Ok(None);
    }
    let Asset { symbol, decimals, .. } = *asset;
    let (domain, leg_fee) = (token.domain, token.leg_fee);
    let token = TokenTerms { address, symbol, decimals, domain, leg_fee };
    Ok(Some(sealed.paid_in(Some(token))))
}

/// Whether what strayed can be priced and trusted to be what it was noted as: a coin, or a token that is
/// still served and was found sound a moment ago.
pub(super) fn is_sound(
    conn: &mut Conn,
    served: &Served,
    asset: &Asset,
    now: Time,
) -> Result<bool, DbError> {
    let Some(address) = asset.token else { return Ok(true) };
    let token = tokens::by_address(conn, asset.chain, address)?;
    let sound = token.is_some_and(|token| {
        token.state == TokenState::Ok
            && token.asset.decimals == asset.decimals
            && now.since(token.checked_at) < FRESH
    });
    Ok(sound && served.tokens.contains(&address))
}

/// All terms by which the legs of a payout may leave, the oldest first, or why they cannot be believed.
/// None of them lets another asset than the order's go anywhere but back.
pub(super) fn terms_of(
    conn: &mut Conn,
    key: &SealKey,
    (payout, legs): (&Payout, &[Leg]),
) -> Result<Result<Vec<Terms>, BrokenSeal>, Fault> {
    let sealed = match all_terms(conn, key, payout.order)? {
        Ok(sealed) => sealed,
        broken => return Ok(broken),
    };
    let Some(asset) = legs.first().map(|leg| leg.asset) else { return Ok(Ok(sealed)) };
    let back =
        payout.kind == PayoutKind::Residual && legs.iter().all(|leg| leg.role == LegRole::Buyer);
    let mut all = Vec::new();
    for terms in sealed {
        if asset.is(&terms.asset()) {
            all.push(terms);
        } else if back && let Some(mut terms) = terms_in(conn, &terms, &asset)? {
            // What it was charged when it was planned.
            if let Some(token) = &mut terms.token {
                token.leg_fee = payout.fee_reserve;
            }
            all.push(terms);
        }
    }
    Ok(Ok(all))
}

/// All that ever came to an order's address in an asset, by what is there after a final block: with
/// what has left it, and without coin that came for gas. None beyond all sums.
pub(super) fn came(
    conn: &mut Conn,
    order: OrderId,
    asset: &Asset,
    (there, block): (Amount, u64),
) -> Result<Option<Amount>, DbError> {
    let spent = proofs::spent(conn, order, asset, block)?;
    let for_gas = for_gas(conn, order, asset, block)?;
    Ok(there.checked_add(spent).map(|came| came.minus(for_gas)))
}

/// What of an asset came to an order's address for gas.
pub(crate) fn for_gas(
    conn: &mut Conn,
    order: OrderId,
    asset: &Asset,
    block: u64,
) -> Result<Amount, DbError> {
    match asset.token {
        None => top_ups::came(conn, order, (asset.chain, block)),
        Some(_) => Ok(Amount::ZERO),
    }
}

/// What payouts of an order send back in an asset that it is not paid in, or did, with what is kept for
/// that. None beyond all sums.
pub(super) fn returned(
    conn: &mut Conn,
    order: OrderId,
    asset: &Asset,
) -> Result<Option<Amount>, DbError> {
    let all = payouts_in(conn, order, asset)?;
    Ok(Amount::sum(all.iter().map(|payout| payout.available)))
}

/// The payouts of an order that divide money in an asset.
pub(super) fn payouts_in(
    conn: &mut Conn,
    order: OrderId,
    asset: &Asset,
) -> Result<Vec<Payout>, DbError> {
    let all = payouts::of_order(conn, order)?;
    of_asset(conn, all, asset)
}

/// Those of an order's payouts that divide money in an asset.
pub(super) fn of_asset(
    conn: &mut Conn,
    payouts: Vec<Payout>,
    asset: &Asset,
) -> Result<Vec<Payout>, DbError> {
    let mut all = Vec::new();
    for payout in payouts {
        let legs = payouts::legs_of(conn, payout.order, payout.case)?;
        if legs.first().is_some_and(|leg| leg.asset.is(asset)) {
            all.push(payout);
        }
    }
    Ok(all)
}
