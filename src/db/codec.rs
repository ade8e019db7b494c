//! Between columns and the types of the domain. What is stored may be wrong, so the way back from
//! a column is fallible and says [`DbError::Corrupt`] with the column's name.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime};
use domain::EvmAddress;
use domain::asset::Asset;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::money::{Amount, Bps, Cents};

use crate::error::DbError;

/// First moment of the year 1 and last of the year 9999, in microseconds: what a DATETIME holds.
const STAMPS: (i64, i64) = (-62_135_596_800_000_000, 253_402_300_799_999_999);

/// The error for a column that holds what we never wrote.
pub fn corrupt(column: &str, why: impl Display) -> DbError {
    DbError::Corrupt(format!("{column}: {why}"))
}

/// The moment as a column of dates holds it, UTC to the microsecond; moments outside the years 1
/// to 9999 become the nearest inside.
pub fn stamp(time: Time) -> NaiveDateTime {
    let micros = time.as_micros().clamp(STAMPS.0, STAMPS.1);
    DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc()
}

/// The moment that a column of dates holds.
pub fn time(stamp: NaiveDateTime) -> Time {
    Time::from_micros(stamp.and_utc().timestamp_micros())
}

/// Reads an id, an address or a word from its one text form.
///
/// # Errors
/// [`DbError::Corrupt`] for any other text.
pub fn parsed<T>(column: &str, text: &str) -> Result<T, DbError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|why| corrupt(column, why))
}

/// [`parsed`] where the column may be NULL.
///
/// # Errors
/// [`DbError::Corrupt`] for a text that is not the one form.
pub fn parsed_opt<T>(column: &str, text: Option<&str>) -> Result<Option<T>, DbError>
where
    T: FromStr,
    T::Err: Display,
{
    text.map(|text| parsed(column, text)).transpose()
}

/// The 78 digits of an amount.
pub fn amount_text(amount: Amount) -> String {
    amount.to_fixed()
}

/// The amount of 78 digits.
///
/// # Errors
/// [`DbError::Corrupt`] for anything but 78 digits up to 2^256 - 1.
pub fn amount(column: &str, text: &str) -> Result<Amount, DbError> {
    Amount::from_fixed(text).map_err(|why| corrupt(column, why))
}

/// The asset that columns of `table` name: contract (none for the coin), symbol and decimals.
///
/// # Errors
/// [`DbError::Corrupt`] for what is no address, symbol or count of decimals.
pub fn asset(
    table: &str,
    chain: ChainId,
    token: Option<&str>,
    (symbol, decimals): (&str, i32),
) -> Result<Asset, DbError> {
    let token: Option<EvmAddress> = parsed_opt(table, token)?;
    Ok(Asset { chain, token, symbol: parsed(table, symbol)?, decimals: number(table, decimals)? })
}

/// The cents of a price column.
///
/// # Errors
/// [`DbError::Corrupt`] below zero or above [`Cents::MAX`].
pub fn cents(column: &str, value: i64) -> Result<Cents, DbError> {
    let cents = u64::try_from(value).ok().and_then(Cents::new);
    cents.ok_or_else(|| corrupt(column, "not a price"))
}

/// The share of a column of basis points.
///
/// # Errors
/// [`DbError::Corrupt`] outside 0 to 10,000.
pub fn bps(column: &str, value: i32) -> Result<Bps, DbError> {
    let bps = u16::try_from(value).ok().and_then(Bps::new);
    bps.ok_or_else(|| corrupt(column, "not a share"))
}

/// A number of a column in the range of the type that it is read into.
///
/// # Errors
/// [`DbError::Corrupt`] outside that range.
pub fn number<S, T: TryFrom<S>>(column: &str, value: S) -> Result<T, DbError> {
    T::try_from(value).ok().ok_or_else(|| corrupt(column, "out of range"))
}

/// A number on its way into a column that may be narrower.
///
/// # Errors
/// [`DbError::Constraint`] when it does not fit.
pub fn column<S, T: TryFrom<S>>(name: &str, value: S) -> Result<T, DbError> {
    let fitted = T::try_from(value).ok();
    fitted.ok_or_else(|| DbError::Constraint(format!("{name}: the number is too large")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::OrderId;

    #[test]
    fn moments_go_and_come_back_to_the_microsecond() {
        for micros in [0, 1, -1, 1_795_000_000_123_456, STAMPS.0, STAMPS.1] {
            assert_eq!(time(stamp(Time::from_micros(micros))), Time::from_micros(micros));
        }
        assert_eq!(time(stamp(Time::from_micros(i64::MAX))).as_micros(), STAMPS.1);
        assert_eq!(time(stamp(Time::from_micros(i64::MIN))).as_micros(), STAMPS.0);
    }

    #[test]
    fn what_we_never_wrote_is_corrupt_and_named() {
        let said = parsed::<OrderId>("orders.id", "x").unwrap_err();
        assert_eq!(said, DbError::Corrupt("orders.id: not an id".to_owned()));
        assert!(matches!(amount("a", "12"), Err(DbError::Corrupt(_))));
        assert!(matches!(amount("a", &"9".repeat(78)), Err(DbError::Corrupt(_))));
        assert!(matches!(cents("c", -1), Err(DbError::Corrupt(_))));
        assert!(matches!(bps("b", 10_001), Err(DbError::Corrupt(_))));
        assert!(matches!(number::<i64, u64>("n", -1), Err(DbError::Corrupt(_))));
        assert!(matches!(column::<u64, i64>("n", u64::MAX), Err(DbError::Constraint(_))));
    }

    #[test]
    fn amounts_go_and_come_back() {
        let all = Amount::from_u256(ruint::aliases::U256::MAX);
        for value in [Amount::ZERO, Amount::from_u128(u128::MAX), all] {
            assert_eq!(amount("a", &amount_text(value)), Ok(value));
        }
    }
}
