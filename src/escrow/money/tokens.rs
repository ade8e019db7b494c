//! Tokens: whether each is what it should be by what its chain answers, what a leg of it is charged,
//! and whether the gas wallet can carry it. Only one that passes is offered.

use db::tokens::{self as table, Token, TokenState};
use db::{placing, relays};
use domain::EvmAddress;
use domain::asset::{Asset, DECIMALS_MAX, LISTED, Listed, STABLE_USD, Symbol};
use domain::clock::Span;
use domain::money::{Amount, Bps};

use crate::chain::client::View;
use crate::chain::tokens::Facts;
use crate::chain::trial::{Tried, Wanted};
use crate::ctx::{Ctx, Served};
use crate::evm::fees;
use crate::fault::{ChainFault, Fault};

/// How often a token is looked at.
const PACE: Span = Span::secs(30);
/// Legs that the gas wallet must be able to carry for a token to be offered.
const LEGS_AHEAD: u64 = 10;

/// Looks at the tokens of a chain. Answers how many rows changed in more than their time.
///
/// # Errors
/// [`Fault`] when the database or the provider fails.
pub fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    let chain = served.client.spec().id;
    if served.tokens.is_empty() || !ctx.is_time((chain, "tokens"), PACE) {
        return Ok(0);
    }
    let poor = look_at_wallet(ctx, served, view)?;
    let mut done: u32 = 0;
    for address in &served.tokens {
        let known = ctx.db.read(|conn| table::by_address(conn, chain, *address))?;
        let facts = served.client.token_facts(*address)?;
        let found = check(ctx, (served, view), (*address, known.as_ref()), facts)?;
        let found = match found.domain {
            None if found.state != TokenState::Refused => try_out(ctx, (served, view), found)?,
            _ => found,
        };
        let found = match (found.state, &poor) {
            (TokenState::Ok, Some(why)) => {
                Token { state: TokenState::Waiting, note: why.clone(), ..found }
            }
            _ => found,
        };
        let news = known.is_none_or(|known| known.state != found.state || known.note != found.note);
        if news {
            done = done.saturating_add(1);
            tell(ctx, &found)?;
        }
        ctx.write("token", move |tx| Ok(table::put(tx, &found)?))?;
    }
    Ok(done)
}

/// Publishes what the gas wallet holds; answers in a sentence why that is not enough, if so.
fn look_at_wallet(ctx: &Ctx, served: &Served, view: &View) -> Result<Option<String>, Fault> {
    let (chain, now) = (served.client.spec().id, ctx.now());
    let wallet = ctx.keys.gas_wallet(ctx.generation())?;
    let account = served.client.account(wallet)?;
    let balance = account.balance;
    ctx.write("gas-wallet", move |tx| Ok(table::put_wallet(tx, chain, (wallet, balance), now)?))?;
    let taken = ctx.db.read(|conn| relays::next_nonce(conn, chain, wallet))?;
    if account.nonce > taken {
        let why = format!("the gas wallet {wallet} has sent what escrow did not send");
        ctx.alarm("gas", None, why)?;
    }
    let one = fees::reserve(fees::RELAY_GAS, view.market.price());
    let least = one.and_then(|one| one.checked_mul(LEGS_AHEAD));
    if least.is_some_and(|least| balance >= least) {
        return Ok(None);
    }
    let coin = Asset::native(served.client.spec());
    let held = coin.shown(balance);
    Ok(Some(format!("the gas wallet {wallet} holds {held}, too little to pay its gas")))
}

fn tell(ctx: &Ctx, token: &Token) -> Result<(), Fault> {
    let symbol = token.asset.symbol;
    let address = token.asset.token.map(|token| token.to_string()).unwrap_or_default();
    if token.state == TokenState::Ok {
        tracing::info!(%symbol, address, "a token can be paid in");
        return Ok(());
    }
    ctx.alarm("token", None, format!("{symbol} at {address} is not offered: {}", token.note))
}

fn check(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (address, known): (EvmAddress, Option<&Token>),
    facts: Result<Facts, String>,
) -> Result<Token, Fault> {
    let chain = served.client.spec().id;
    let listed =
        LISTED.iter().find(|listed| listed.chain == chain && listed.token.parse() == Ok(address));
    let nothing = Token {
        asset: Asset { token: Some(address), ..Asset::native(served.client.spec()) },
        code_hash: [0; 32],
        domain: None,
        state: TokenState::Refused,
        note: String::new(),
        leg_fee: Amount::ZERO,
        checked_at: ctx.now(),
    };
    let before = Token { checked_at: ctx.now(), ..known.cloned().unwrap_or(nothing) };
    let judged = facts.and_then(|facts| judge(&facts, listed, known).map(|asset| (asset, facts)));
    let ((symbol, decimals), facts) = match judged {
        Ok(judged) => judged,
        Err(note) => return Ok(Token { state: TokenState::Refused, note, ..before }),
    };
    let asset = Asset { chain, token: Some(address), symbol, decimals };
    let (code_hash, domain) = (facts.code_hash, facts.domain.map(|(told, _)| told));
    let token = Token { asset, code_hash, domain, ..before };
    Ok(match charge(ctx, served, view, (decimals, domain.is_none()))? {
        Some(leg_fee) => Token { leg_fee, state: TokenState::Ok, note: String::new(), ..token },
        None => {
            let note = "there is no price of gas in dollars".to_owned();
            Token { state: TokenState::Waiting, note, ..token }
        }
    })
}

/// Symbol and decimals of a token that is what it should be, or in a sentence why it is not.
fn judge(
    facts: &Facts,
    listed: Option<&Listed>,
    known: Option<&Token>,
) -> Result<(Symbol, u8), String> {
    if facts.domain.is_some_and(|(told, computed)| told != computed) {
        return Err("its EIP-712 domain is not that of its name, version and chain".to_owned());
    }
    let decimals = u8::try_from(facts.decimals.as_u256()).ok().filter(|d| *d <= DECIMALS_MAX);
    let decimals = decimals.ok_or("it has more decimals than any money")?;
    let symbol = listed.map_or(facts.symbol.as_str(), |listed| listed.symbol);
    let symbol: Symbol = symbol.parse().map_err(|_bad| "its symbol is none".to_owned())?;
    if listed.is_some_and(|listed| listed.decimals != decimals) {
        return Err("it has other decimals than it is known to have".to_owned());
    }
    // What was accepted once stands: orders are sealed by it.
    let before = known.filter(|known| known.code_hash != [0; 32]);
    if before.is_some_and(|known| known.code_hash != facts.code_hash) {
        return Err("the code of its contract has changed".to_owned());
    }
    let domain = facts.domain.map(|(told, _)| told);
    if before.is_some_and(|known| known.asset.decimals != decimals || known.domain != domain) {
        return Err("its decimals or its EIP-712 domain have changed".to_owned());
    }
    Ok((symbol, decimals))
}

/// A token without EIP-3009 is offered only if a transfer of it would come to what it should. It is tried
/// out between somebody who holds it and the commission wallet; nothing is moved.
fn try_out(ctx: &Ctx, (served, view): (&Served, &View), token: Token) -> Result<Token, Fault> {
    let Some(address) = token.asset.token else { return Ok(token) };
    let wallet = ctx.keys.gas_wallet(ctx.generation())?;
    let to = served.commission_wallet;
    let tried = || {
        let Some((from, held)) = served.client.holder(address, (&[wallet], to), &view.head)? else {
            return Ok(None);
        };
        // A sum that shares of something cannot give exactly.
        let amount = held.minus(held.share(Bps::HALF)).minus(Amount::from_u128(1));
        let amount = amount.max(Amount::from_u128(1));
        served.client.try_transfer(&Wanted { token: address, from, to, amount }, true).map(Some)
    };
    let waits = |note: String| Token { state: TokenState::Waiting, note, ..token.clone() };
    let refused = |why: &str| Token {
        state: TokenState::Refused,
        note: format!("its transfers are not what they should be: {why}"),
        ..token.clone()
    };
    Ok(match tried() {
        Ok(Some(Tried::Moves)) => token,
        Ok(Some(Tried::Wrong(why))) => refused(why),
        Ok(Some(Tried::Refuses)) => waits("it refuses to be transferred now".to_owned()),
        Ok(None) => waits(format!(
            "nobody is found who holds it, so it cannot be tried out; send the gas wallet {wallet} a little"
        )),
        Err(ChainFault::Unreachable(why)) => return Err(ChainFault::Unreachable(why).into()),
        Err(fault) => waits(format!("a transfer of it cannot be tried out: {fault}")),
    })
}

/// What a leg is charged now: its gas at the price of the next minutes, in the token; where it is a
/// plain transfer, with that of its top-up. None without a price of the chain's coin.
pub(super) fn charge(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (decimals, by_transfer): (u8, bool),
) -> Result<Option<Amount>, Fault> {
    let spec = served.client.spec();
    let coin = Asset::native(spec);
    let Some((_, rate)) = ctx.db.read(|conn| placing::newest_rate(conn, coin.rate_name()))? else {
        return Ok(None);
    };
    let data = served.client.data_fee()?;
    let (gas, data) = match by_transfer {
        false => (fees::RELAY_GAS, Some(data)),
        true => (fees::TRANSFER_LEG_GAS, data.checked_mul(2)),
    };
    let fee = fees::reserve(gas, view.market.price());
    let fee = fee.zip(data).and_then(|(fee, data)| fee.checked_add(data));
    let fee = fee.ok_or_else(|| ChainFault::Garbage("a fee beyond all sums".to_owned()))?;
    let charge = rate.usd.exchange(fee, coin.decimals, (STABLE_USD, decimals));
    Ok(charge.map(|charge| charge.max(Amount::from_u128(1))))
}
