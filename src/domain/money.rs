//! Amounts, shares and prices: integers with a unit, never a float.

use std::fmt;

use ruint::aliases::U256;

/// An amount in base units of some token (wei for ether). The token stands beside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(U256);

/// Hundredths of a percent, 0 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bps(u16);

/// A price in US cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cents(u64);

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Something else than digits with at most one dot between them.
    #[error("An amount is written in digits, with a dot before the decimals.")]
    Form,
    /// More decimals than the unit has: refused, because rounding money is not ours to do.
    #[error("An amount here has at most {0} decimals.")]
    Decimals(u8),
    /// Larger than can be stored.
    #[error("This amount is too large.")]
    Range,
}

/// Digits of an amount in a database column: 2^256 has 78.
pub const FIXED_WIDTH: usize = 78;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);

    /// So many base units.
    pub const fn from_u256(units: U256) -> Self {
        Self(units)
    }

    /// So many base units.
    pub fn from_u128(units: u128) -> Self {
        Self(U256::from(units))
    }

    /// The number of base units.
    pub const fn as_u256(self) -> U256 {
        self.0
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum, or `None` beyond 2^256.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The difference, zero at the least.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The product, or `None` beyond 2^256.
    pub fn checked_mul(self, times: u64) -> Option<Self> {
        self.0.checked_mul(U256::from(times)).map(Self)
    }

    /// A share, rounded down; whoever takes the rest gets the remainder.
    pub fn share(self, bps: Bps) -> Self {
        // Divided first so that no amount overflows: 2^256 is not a multiple of 10,000.
        let whole = U256::from(10_000u16);
        let bps = U256::from(bps.0);
        let (quotient, rest) = self.0.div_rem(whole);
        Self(
            quotient
                .saturating_mul(bps)
                .saturating_add(rest.saturating_mul(bps).wrapping_div(whole)),
        )
    }

    /// The sum of many, or `None` beyond 2^256.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The form of database columns: 78 digits, so that text order is number order.
    pub fn to_fixed(self) -> String {
        format!("{:0>width$}", self.0.to_string(), width = FIXED_WIDTH)
    }

    /// Reads the form of database columns.
    pub fn from_fixed(text: &str) -> Result<Self, AmountError> {
        if text.len() != FIXED_WIDTH || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AmountError::Form);
        }
        U256::from_str_radix(text, 10).map(Self).ok().ok_or(AmountError::Range)
    }

    /// Reads base units in plain digits, as JSON carries them.
    pub fn parse_units(text: &str) -> Result<Self, AmountError> {
        Self::parse(text, 0)
    }

    /// Reads a decimal number of whole tokens that have `decimals` decimals. Digits and one dot
    /// only: no sign, space, exponent, separator or digit of another script.
    pub fn parse(text: &str, decimals: u8) -> Result<Self, AmountError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(AmountError::Form),
            Some((whole, fraction)) => (whole, fraction),
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(AmountError::Form);
        }
        if fraction.len() > usize::from(decimals) {
            return Err(AmountError::Decimals(decimals));
        }
        let all = format!("{whole}{fraction:0<width$}", width = usize::from(decimals));
        U256::from_str_radix(&all, 10).map(Self).ok().ok_or(AmountError::Range)
    }

    /// Whole tokens in full precision, without idle zeros: `1.5`, `0.000001`, `3`.
    pub fn format(self, decimals: u8) -> String {
        let digits = format!(
            "{:0>width$}",
            self.0.to_string(),
            width = usize::from(decimals).saturating_add(1)
        );
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(usize::from(decimals)));
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }
}

impl fmt::Display for Amount {
    /// Base units in plain digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amount({})", self.0)
    }
}

impl Bps {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole, 100 %.
    pub const WHOLE: Self = Self(10_000);
    /// Half of it.
    pub const HALF: Self = Self(5_000);

    /// So many hundredths of a percent; `None` above the whole.
    pub const fn new(bps: u16) -> Option<Self> {
        if bps <= 10_000 { Some(Self(bps)) } else { None }
    }

    /// So many whole percent, at most 100.
    pub const fn percent(percent: u8) -> Self {
        let percent = if percent > 100 { 100 } else { percent };
        #[expect(clippy::as_conversions, reason = "u8 to u16 in a const function")]
        Self((percent as u16).saturating_mul(100))
    }

    /// Reads percent as a person types them: `70`, `66.5`, `33.33`.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let units = Amount::parse(text.trim(), 2)?;
        u16::try_from(units.0).ok().and_then(Self::new).ok_or(AmountError::Range)
    }

    /// The number of hundredths of a percent.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Bps {
    /// In percent: `2 %`, `2.5 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", Amount::from_u128(self.0.into()).format(2))
    }
}

impl Cents {
    /// The dearest thing that can be sold: ten million dollars.
    pub const MAX: Self = Self(1_000_000_000);

    /// So many cents; `None` above [`Cents::MAX`].
    pub const fn new(cents: u64) -> Option<Self> {
        if cents <= Self::MAX.0 { Some(Self(cents)) } else { None }
    }

    /// The number of cents.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sum, `None` above [`Cents::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::new)
    }

    /// The price of so many, `None` above [`Cents::MAX`].
    pub fn checked_mul(self, quantity: u32) -> Option<Self> {
        self.0.checked_mul(quantity.into()).and_then(Self::new)
    }

    /// Reads a price in dollars as a person types it: `24`, `24.5`, `24.50`.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let units = Amount::parse(text.trim(), 2)?;
        u64::try_from(units.0).ok().and_then(Self::new).ok_or(AmountError::Range)
    }
}

impl fmt::Display for Cents {
    /// In dollars: `24.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:0>3}", self.0);
        let (dollars, cents) = text.split_at(text.len().saturating_sub(2));
        write!(f, "{dollars}.{cents}")
    }
}

/// The price of one whole token in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsdMicros(u64);

impl UsdMicros {
    /// The least price there is: a millionth of a dollar.
    pub const LEAST: Self = Self(1);

    /// So many millionths of a dollar; `None` for zero, since nothing can be priced in it.
    pub const fn new(micros: u64) -> Option<Self> {
        if micros == 0 { None } else { Some(Self(micros)) }
    }

    /// The number of millionths.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// What `price` comes to in base units of a token with `decimals`, rounded up so that the sum
    /// asked for is never short of the price. `None` beyond 2^256.
    pub fn amount_for(self, price: Cents, decimals: u8) -> Option<Amount> {
        let scale = U256::from(10u8).checked_pow(U256::from(decimals))?;
        // One cent is 10,000 millionths of a dollar.
        let numerator =
            U256::from(price.0).checked_mul(U256::from(10_000u16))?.checked_mul(scale)?;
        Some(Amount(numerator.div_ceil(U256::from(self.0))))
    }

    /// What `amount` is worth in cents, rounded down. `None` beyond [`Cents::MAX`].
    pub fn cents_of(self, amount: Amount, decimals: u8) -> Option<Cents> {
        let scale = U256::from(10u8).checked_pow(U256::from(decimals))?;
        let micros = amount.0.checked_mul(U256::from(self.0))?.checked_div(scale)?;
        let cents = micros.checked_div(U256::from(10_000u16))?;
        u64::try_from(cents).ok().and_then(Cents::new)
    }

    /// What `amount` of a token at this price comes to in another one, rounded up. `None` beyond
    /// 2^256.
    pub fn exchange(self, amount: Amount, decimals: u8, into: (Self, u8)) -> Option<Amount> {
        let scale = |decimals: u8| U256::from(10u8).checked_pow(U256::from(decimals));
        let (other, other_decimals) = into;
        let worth =
            amount.0.checked_mul(U256::from(self.0))?.checked_mul(scale(other_decimals)?)?;
        let unit = U256::from(other.0).checked_mul(scale(decimals)?)?;
        Some(Amount(worth.div_ceil(unit)))
    }

    /// Reads a decimal price in dollars from a price source. Decimals beyond the sixth are cut off:
    /// a source writes more than any rate is good for.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if !digits(fraction) {
            return Err(AmountError::Form);
        }
        let kept: String = fraction.chars().take(6).collect();
        let text = if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") };
        let units = Amount::parse(&text, 6)?;
        u64::try_from(units.0).ok().and_then(Self::new).ok_or(AmountError::Range)
    }
}

impl fmt::Display for UsdMicros {
    /// In dollars, with two to six decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Amount::from_u128(self.0.into()).format(6);
        match text.split_once('.') {
            None => write!(f, "{text}.00"),
            Some((_, fraction)) if fraction.len() == 1 => write!(f, "{text}0"),
            Some(_) => f.write_str(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount() -> impl Strategy<Value = Amount> {
        any::<[u64; 4]>().prop_map(|limbs| Amount(U256::from_limbs(limbs)))
    }

    proptest! {
        #[test]
        fn decimal_text_reads_back(a in amount(), decimals in 0u8..=36) {
            prop_assert_eq!(Amount::parse(&a.format(decimals), decimals), Ok(a));
        }

        #[test]
        fn column_text_reads_back_and_keeps_order(a in amount(), b in amount()) {
            prop_assert_eq!(Amount::from_fixed(&a.to_fixed()), Ok(a));
            prop_assert_eq!(a.cmp(&b), a.to_fixed().cmp(&b.to_fixed()));
        }

        #[test]
        fn a_share_and_the_rest_are_the_whole(a in amount(), bps in 0u16..=10_000) {
            let share = a.share(Bps::new(bps).unwrap());
            prop_assert!(share <= a);
            prop_assert_eq!(share.checked_add(a.minus(share)), Some(a));
        }

        #[test]
        fn a_quote_is_never_short_of_the_price(cents in 1u64..=1_000_000_000, micros in 1u64..=200_000_000_000) {
            let (price, rate) = (Cents::new(cents).unwrap(), UsdMicros::new(micros).unwrap());
            let asked = rate.amount_for(price, 18).unwrap();
            prop_assert!(rate.cents_of(asked, 18).unwrap() >= price.minus_one());
        }
    }

    impl Cents {
        fn minus_one(self) -> Self {
            Self(self.0.saturating_sub(1))
        }
    }

    #[test]
    fn an_amount_is_exchanged_and_never_short() {
        let (ether, dollar) = (UsdMicros(2_500_000_000), UsdMicros(1_000_000));
        let wei = Amount::parse("0.001", 18).unwrap();
        assert_eq!(ether.exchange(wei, 18, (dollar, 6)), Some(Amount::from_u128(2_500_000)));
        let more = wei.checked_add(Amount::from_u128(1)).unwrap();
        assert_eq!(ether.exchange(more, 18, (dollar, 6)), Some(Amount::from_u128(2_500_001)));
        assert_eq!(ether.exchange(Amount(U256::MAX), 18, (dollar, 6)), None);
    }

    #[test]
    fn shares_round_down() {
        assert_eq!(Amount::from_u128(9_999).share(Bps::percent(2)), Amount::from_u128(199));
        assert_eq!(Amount(U256::MAX).share(Bps::WHOLE), Amount(U256::MAX));
    }

    #[test]
    fn refuses_what_is_not_plainly_a_number() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", " 1", "1 ", "1_000", "1,5", "0x1", "١",
            "1.2.3", "NaN",
        ] {
            assert_eq!(Amount::parse(text, 18), Err(AmountError::Form), "{text}");
        }
        assert_eq!(Amount::parse("1.123", 2), Err(AmountError::Decimals(2)));
        assert_eq!(Amount::parse(&"9".repeat(79), 0), Err(AmountError::Range));
    }

    #[test]
    fn reads_prices() {
        assert_eq!(Cents::parse("24.5").map(Cents::get), Ok(2_450));
        assert_eq!(Cents::new(5).unwrap().to_string(), "0.05");
        assert_eq!(Cents::parse("10000000.01"), Err(AmountError::Range));
        assert_eq!(UsdMicros::parse("2500.1234567890").map(UsdMicros::get), Ok(2_500_123_456));
        assert_eq!(UsdMicros::parse("0.0000001"), Err(AmountError::Range));
        assert_eq!(UsdMicros::new(2_500_500_000).unwrap().to_string(), "2500.50");
    }
}
