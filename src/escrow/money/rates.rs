//! Rates: what a coin costs, dated and with its source.

use chrono::DateTime;
use db::desk::{self, NewRate};
use db::placing;
use domain::asset::{STABLE, STABLE_USD};
use domain::chain::RATE_FRESH;
use domain::clock::{Span, Time};
use domain::ids::RateId;
use domain::money::UsdMicros;
use serde::Deserialize;

use crate::ctx::{Ctx, is_over};
use crate::fault::{ChainFault, Fault};

/// A rate that is younger is not asked for again.
const ENOUGH: Span = Span::secs(55);
/// Parts of the old rate by which a new one may differ without an alarm: one half.
const JUMP: u64 = 2;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Priced>,
}

#[derive(Deserialize)]
struct Priced {
    symbol: String,
    #[serde(default)]
    prices: Vec<Price>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    currency: String,
    value: String,
    last_updated_at: String,
}

/// Fetches the rates of the coins that are served. Answers how many were stored.
///
/// # Errors
/// [`Fault`] when the database or the source of prices fails.
pub fn run_once(ctx: &Ctx) -> Result<u32, Fault> {
    let mut done = stable(ctx)?;
    let Some(source) = &ctx.prices else { return Ok(done) };
    for coin in coins(ctx) {
        let last = ctx.db.read(|conn| placing::newest_rate(conn, coin))?;
        let now = ctx.now();
        if last.is_some_and(|(_, rate)| !is_over(rate.fetched_at, now, ENOUGH)) {
            continue;
        }
        let text = source
            .get(&format!("symbols={coin}"))
            .map_err(|error| ChainFault::Unreachable(error.0))?;
        let (usd, quoted_at) = read(&text, coin).map_err(ChainFault::Garbage)?;
        if now.since(quoted_at) > RATE_FRESH {
            return Err(ChainFault::Garbage(format!("the price of {coin} is an old one")).into());
        }
        if let Some((_, before)) = last
            && jumps(before.usd, usd)
        {
            let message = format!("the price of {coin} went from {} to {usd} USD", before.usd);
            ctx.alarm("rate", None, message)?;
        }
        store(ctx, coin, (usd, source.name()), quoted_at)?;
        done = done.saturating_add(1);
    }
    Ok(done)
}

/// A stablecoin is a dollar, and that is written down like any other price.
fn stable(ctx: &Ctx) -> Result<u32, Fault> {
    if ctx.chains.values().all(|chain| chain.tokens.is_empty()) {
        return Ok(0);
    }
    let last = ctx.db.read(|conn| placing::newest_rate(conn, STABLE))?;
    let now = ctx.now();
    if last.is_some_and(|(_, rate)| !is_over(rate.fetched_at, now, ENOUGH)) {
        return Ok(0);
    }
    store(ctx, STABLE, (STABLE_USD, "one for one".to_owned()), now)?;
    Ok(1)
}

fn store(
    ctx: &Ctx,
    coin: &str,
    (usd, source): (UsdMicros, String),
    quoted_at: Time,
) -> Result<(), Fault> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| Fault::Key(error.to_string()))?;
    let id = RateId::from_random(id);
    let fetched_at = ctx.now();
    let rate = NewRate { id, coin: coin.to_owned(), usd, source, quoted_at, fetched_at };
    ctx.write("rate", move |tx| Ok(desk::insert_rate(tx, &rate)?))?;
    Ok(())
}

fn coins(ctx: &Ctx) -> Vec<&'static str> {
    let mut coins: Vec<_> = ctx.chains.values().map(|chain| chain.client.spec().coin).collect();
    coins.sort_unstable();
    coins.dedup();
    coins
}

fn jumps(before: UsdMicros, after: UsdMicros) -> bool {
    let most = before.get().wrapping_div(JUMP);
    before.get().abs_diff(after.get()) > most
}

/// The price of a coin and when it was that.
fn read(text: &str, coin: &str) -> Result<(UsdMicros, Time), String> {
    let answer: Answer =
        serde_json::from_str(text).map_err(|_unread| "not an answer with prices".to_owned())?;
    let price = answer
        .data
        .into_iter()
        .filter(|priced| priced.symbol.eq_ignore_ascii_case(coin))
        .flat_map(|priced| priced.prices)
        .find(|price| price.currency.eq_ignore_ascii_case("usd"))
        .ok_or_else(|| format!("no price of {coin}"))?;
    let usd = UsdMicros::parse(&price.value).map_err(|_bad| "a price that is none".to_owned())?;
    let at = DateTime::parse_from_rfc3339(&price.last_updated_at)
        .map_err(|_bad| "a price of no time".to_owned())?;
    Ok((usd, Time::from_micros(at.timestamp_micros())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(value: &str, at: &str) -> String {
        format!(
            r#"{{"data":[{{"symbol":"BTC","prices":[]}},{{"symbol":"ETH","prices":[
            {{"currency":"usd","value":"{value}","lastUpdatedAt":"{at}"}}]}}]}}"#
        )
    }

    #[test]
    fn a_price_is_read_with_its_time() {
        let (usd, at) = read(&answer("2500.1234567", "2026-11-21T03:00:00Z"), "ETH").unwrap();
        assert_eq!(usd.get(), 2_500_123_456);
        assert_eq!(at, Time::from_secs(1_795_230_000));
    }

    #[test]
    fn what_is_no_price_prices_nothing() {
        let at = "2026-11-21T03:00:00Z";
        for value in ["0", "-1", "1e3", "", "NaN", "99999999999999999999"] {
            assert!(read(&answer(value, at), "ETH").is_err(), "{value}");
        }
        assert!(read(&answer("1", "yesterday"), "ETH").is_err());
        assert!(read(&answer("1", at), "BTC").is_err());
        assert!(read("<html>", "ETH").is_err());
    }

    #[test]
    fn a_jump_is_more_than_a_half() {
        let usd = |micros| UsdMicros::new(micros).unwrap();
        assert!(!jumps(usd(1_000), usd(1_500)));
        assert!(jumps(usd(1_000), usd(1_501)));
        assert!(jumps(usd(1_000), usd(499)));
    }
}
