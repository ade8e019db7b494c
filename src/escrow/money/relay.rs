//! Tokens leave by an authorization that the order's key signs and the gas wallet carries. What
//! makes it happen once is the authorization's nonce, which is the leg's for ever: the wallet's own
//! nonces may be used up by a carrier that failed, and the next one carries the same thing again.

use db::payouts::{self, Leg, LegState, Payout};
use db::proofs::{self, Attempt};
use db::relays::{self, Relay};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::clock::Time;
use domain::money::Amount;
use domain::seal::Terms;

use super::costs::Limit;
use super::{broadcast, carried, plan, sign, tokens};
use crate::chain::client::{Estimate, View};
use crate::chain::trial::Wanted;
use crate::ctx::{Ctx, Served};
use crate::evm::abi;
use crate::evm::eip3009::{self, Authorization, SignedAuthorization};
use crate::evm::fees::{self, ATTEMPTS_MAX, Offer};
use crate::evm::tx::{RelayTx, SignedTx};
use crate::fault::{ChainFault, Fault};
use crate::keys::{Place, Signable};

/// Whether a leg could be carried now, and the most gas for it: whatever carries it, its charge is
/// sealed.
///
/// # Errors
/// [`ChainFault`] when the provider does not serve.
pub(super) fn limit(served: &Served, wanted: &Wanted) -> Result<Limit, ChainFault> {
    let to = (wanted.to, wanted.amount);
    Ok(match estimate(served, wanted.token, wanted.from, to)? {
        Estimate::Gas(_) => Ok(fees::RELAY_GAS_MAX),
        Estimate::Refuses(_) => Err(plan::REFUSES),
    })
}

/// What a plain transfer of a token would take: it fails where the token is stopped, or where payer
/// or payee is shut out.
pub(super) fn estimate(
    served: &Served,
    token: EvmAddress,
    from: EvmAddress,
    (to, amount): (EvmAddress, Amount),
) -> Result<Estimate, ChainFault> {
    let words = [abi::address(to), abi::number(amount)];
    served.client.estimate_call(from, token, &abi::call("transfer(address,uint256)", &words))
}

/// Signs a leg's authorization and a chain tx of the gas wallet that carries it, and stores the
/// bytes. `false` if something forbids it or it has to wait.
pub(super) fn attempt(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (payout, legs): (&Payout, &[Leg]),
    leg: &Leg,
) -> Result<bool, Fault> {
    let Some((path, sealed)) = sign::permitted(ctx, payout, legs, leg)? else { return Ok(false) };
    if is_dear(ctx, (served, view), &sealed, leg)? {
        return Ok(false);
    }
    let Some(carried) = authorization(ctx, path, &sealed, leg)? else { return Ok(false) };
    let offer = view.market.first(leg.fee_ceiling);
    let Some((nonce, gas_limit)) = prepare(ctx, (served, view), (payout, leg), (&carried, offer))?
    else {
        return Ok(false);
    };
    let wallet = ctx.keys.gas_wallet(ctx.generation())?;
    ctx.reach("relay: before")?;
    let signed = carry(ctx, leg, (wallet, nonce, gas_limit), (&carried, offer))?;
    ctx.reach("relay: before commit")?;
    let now = ctx.now();
    let number = ctx.db.read(|conn| proofs::attempts(conn, leg))?.last().map_or(0, |a| a.attempt);
    let attempt = bytes(number.saturating_add(1), signed, offer, now);
    let relay = Relay { from: wallet, nonce, first_attempt: attempt.attempt };
    let leg = leg.clone();
    let stored = ctx.write("relay", move |tx| {
        let moved = Leg {
            state: LegState::Signed,
            tx_hash: Some(attempt.tx_hash),
            block_hash: None,
            state_at: now,
            ..leg.clone()
        };
        if !payouts::move_leg(tx, &moved, LegState::Planned)? {
            return Ok(false);
        }
        relays::take(tx, &leg, &relay, now)?;
        proofs::insert_attempt(tx, &leg, &attempt)?;
        Ok(true)
    })?;
    ctx.reach("relay: committed")?;
    Ok(stored.unwrap_or_default())
}

/// Whether a return of late money would cost the gas wallet more than twice its sealed charge. Then
/// it waits: anybody can make it necessary, as often as he likes and when gas is dearest.
pub(super) fn is_dear(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    sealed: &Terms,
    leg: &Leg,
) -> Result<bool, Fault> {
    let (Some(token), false) = (&sealed.token, leg.case == 0) else { return Ok(false) };
    let charge = match tokens::charge(ctx, served, view, (token.decimals, token.domain.is_none())) {
        Err(Fault::Chain(_)) => None,
        other => other?,
    };
    let most = token.leg_fee.checked_mul(2);
    Ok(charge.zip(most).is_none_or(|(charge, most)| charge > most))
}

pub(super) fn bytes(attempt: i32, signed: SignedTx, offer: Offer, signed_at: Time) -> Attempt {
    let SignedTx { hash: tx_hash, raw } = signed;
    let Offer { max_fee, max_tip } = offer;
    Attempt { attempt, tx_hash, raw, max_fee, max_tip, signed_at }
}

/// The same authorization for a leg, however often it is asked for.
fn authorization(
    ctx: &Ctx,
    path: Place,
    sealed: &Terms,
    leg: &Leg,
) -> Result<Option<SignedAuthorization>, Fault> {
    let Some((token, domain)) = sealed.token.as_ref().and_then(|of| Some((of, of.domain?))) else {
        return Ok(None);
    };
    let asked = Authorization {
        token: token.address,
        domain,
        from: leg.from,
        to: leg.to,
        value: leg.amount,
        nonce: eip3009::nonce(leg.order, leg.case, leg.leg),
    };
    ctx.keys.authorize(path, &asked).map(Some)
}

/// The nonce and the gas for a carrier, if one can be sent now.
fn prepare(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (payout, leg): (&Payout, &Leg),
    (carried, offer): (&SignedAuthorization, Offer),
) -> Result<Option<(u64, u64)>, Fault> {
    let asked = || -> Result<_, ChainFault> {
        let wallet = ctx.keys.gas_wallet(ctx.generation());
        let wallet = wallet.map_err(|fault| ChainFault::Garbage(fault.to_string()))?;
        let call = carried.call();
        let estimate = served.client.estimate_call(wallet, carried.asked.token, &call)?;
        Ok((wallet, served.client.account(wallet)?, estimate))
    };
    let (wallet, account, estimate) = match asked() {
        Ok(answers) => answers,
        Err(fault) => {
            tracing::warn!(order = %leg.order, leg = leg.leg, %fault, "a leg waits for its carrier");
            return Ok(None);
        }
    };
    let wanted = match estimate {
        Estimate::Gas(gas) => gas.saturating_add(gas.wrapping_div(4)),
        Estimate::Refuses(_) => {
            carried::refused(ctx, served, view, (payout, leg))?;
            return Ok(None);
        }
    };
    let gas_limit = wanted.min(leg.gas_limit);
    let cost = fees::reserve(gas_limit, offer.max_fee);
    if cost.is_none_or(|cost| account.balance < cost) {
        let held = Asset::native(served.client.spec()).shown(account.balance);
        let why = format!("the gas wallet {wallet} holds {held}; payouts wait until it is filled");
        ctx.alarm("gas", None, why)?;
        return Ok(None);
    }
    let chain = leg.asset.chain;
    let next = ctx.db.read(|conn| relays::next_nonce(conn, chain, wallet))?;
    Ok(Some((next.max(account.nonce), gas_limit)))
}

fn carry(
    ctx: &Ctx,
    leg: &Leg,
    (from, nonce, gas_limit): (EvmAddress, u64, u64),
    (carried, offer): (&SignedAuthorization, Offer),
) -> Result<SignedTx, Fault> {
    let relay = RelayTx {
        from,
        chain: leg.asset.chain,
        nonce,
        max_tip: offer.max_tip,
        max_fee: offer.max_fee,
        gas_limit,
        carried: *carried,
    };
    ctx.keys.sign((ctx.generation(), 0), Signable::Relay(&relay))
}

/// Signs a better offer for a carrier that no block took: same nonce, same authorization.
pub(super) fn improve(
    ctx: &Ctx,
    view: &View,
    (payout, legs): (&Payout, &[Leg]),
    leg: &Leg,
) -> Result<(), Fault> {
    let key = (leg.order, leg.case, leg.leg);
    let (attempts, relay) =
        ctx.db.read(|conn| Ok((proofs::attempts(conn, leg)?, relays::of_leg(conn, key)?)))?;
    let (Some(last), Some(relay)) = (attempts.last(), relay) else { return Ok(()) };
    let waited = ctx.now().since(last.signed_at);
    // A wallet of an earlier generation is not ours to sign for any more.
    let ours = relay.from == ctx.keys.gas_wallet(ctx.generation())?;
    if waited < broadcast::PATIENCE || !ours || plan::is_paused(ctx)? {
        return Ok(());
    }
    if ctx.db.read(|conn| relays::is_behind(conn, leg.asset.chain, &relay))? {
        return Ok(());
    }
    let tried = attempts.iter().filter(|attempt| attempt.attempt >= relay.first_attempt).count();
    let offer = Offer { max_fee: last.max_fee, max_tip: last.max_tip };
    let better =
        if tried < ATTEMPTS_MAX { view.market.replace(offer, leg.fee_ceiling) } else { None };
    let Some(better) = better else {
        return if waited >= broadcast::STUCK {
            broadcast::stuck(ctx, payout, last)
        } else {
            Ok(())
        };
    };
    let Some((path, sealed)) = sign::permitted(ctx, payout, legs, leg)? else { return Ok(()) };
    let Some(carried) = authorization(ctx, path, &sealed, leg)? else { return Ok(()) };
    let signed = carry(ctx, leg, (relay.from, relay.nonce, leg.gas_limit), (&carried, better))?;
    let now = ctx.now();
    let attempt = bytes(last.attempt.saturating_add(1), signed, better, now);
    let leg = leg.clone();
    ctx.write("relay-again", move |tx| {
        let moved =
            Leg { tx_hash: Some(attempt.tx_hash), block_hash: None, state_at: now, ..leg.clone() };
        if payouts::move_leg(tx, &moved, LegState::Signed)? {
            proofs::insert_attempt(tx, &leg, &attempt)?;
        }
        Ok(())
    })?;
    ctx.reach("broadcast: replaced")
}
