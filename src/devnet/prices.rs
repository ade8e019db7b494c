//! The price route, in the shape of Alchemy's Prices API by symbol.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::error::ChainError;

/// How many symbols one question may name: Alchemy's limit.
const MAX_SYMBOLS: usize = 25;

/// Answers for each `symbols=` of the query; any but ETH is unknown here.
pub(crate) fn by_symbol(query: &str, eth_usd: &str, clock: u64) -> String {
    let updated_at = i64::try_from(clock)
        .ok()
        .and_then(|secs| DateTime::from_timestamp(secs, 0))
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
    let data: Vec<Value> = form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == "symbols" || key == "symbols[]")
        .flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>())
        .take(MAX_SYMBOLS)
        .map(|symbol| {
            if symbol.eq_ignore_ascii_case("ETH") {
                let price =
                    json!({ "currency": "usd", "value": eth_usd, "lastUpdatedAt": updated_at });
                json!({ "symbol": symbol, "prices": [price] })
            } else {
                let message = format!("Token not found: {symbol}");
                json!({ "symbol": symbol, "prices": [], "error": { "message": message } })
            }
        })
        .collect();
    json!({ "data": data }).to_string()
}

/// Is it a decimal number without sign, of a length that means a price?
pub(crate) fn check(usd: &str) -> Result<(), ChainError> {
    let (whole, fraction) = usd.split_once('.').unwrap_or((usd, "0"));
    let digits = |text: &str| {
        !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if digits(whole) && digits(fraction) {
        Ok(())
    } else {
        Err(ChainError::params("price must be a decimal number such as 2500.00"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_eth_and_owns_up_to_the_rest() {
        let answer = by_symbol("symbols=ETH&symbols=WBTC", "2500.00", 1_700_000_000);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            answer["data"][0],
            json!({ "symbol": "ETH", "prices": [{
                "currency": "usd", "value": "2500.00", "lastUpdatedAt": "2023-11-14T22:13:20Z"
            }] })
        );
        assert_eq!(answer["data"][1]["prices"], json!([]));
        assert_eq!(answer["data"][1]["error"]["message"], "Token not found: WBTC");
    }

    #[test]
    fn takes_decimal_prices_only() {
        for good in ["2500", "2500.00", "0.000001"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "-1", "1.", ".5", "1e3", "1.2.3", "12a"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
