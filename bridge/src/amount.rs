//! Money as people write it, exactly: `"1,234.56"`, `"1234.56 USDC"` and 1_234_560_000 micro-USDC are the same.

use alloy::primitives::utils::{ParseUnits, Unit, format_units};
use ballast_types::limits::MAX_AMOUNT;
use std::collections::BTreeMap;

/// Decimals of the exchange's unit: 1 USDC is 10^6, and so is 1 of any other asset.
pub const DECIMALS: u8 = 6;
/// Name of asset 0.
pub const SYMBOL: &str = "USDC";

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with at most one point; commas only between groups of three.
    #[error("\"{0}\" is not an amount: write it as 1234.56 or 1,234.56")]
    Malformed(String),
    /// More digits after the point than the exchange counts.
    #[error("\"{0}\" has more than {DECIMALS} digits after the point")]
    TooPrecise(String),
    /// Zero, or above 2^60 units.
    #[error("\"{0}\" is not between 0.000001 and {max}", max = format(MAX_AMOUNT.unsigned_abs()))]
    OutOfRange(String),
}

/// The amount in micro-USDC, 1 to 2^60. Nothing is rounded: what cannot be said exactly is refused.
///
/// # Errors
/// [`AmountError`], with the text.
pub fn parse(text: &str) -> Result<u64, AmountError> {
    parse_of(SYMBOL, text)
}

/// As [`parse`], of the asset with that name.
///
/// # Errors
/// [`AmountError`], with the text.
pub fn parse_of(symbol: &str, text: &str) -> Result<u64, AmountError> {
    let malformed = || AmountError::Malformed(text.to_owned());
    let number = text.trim();
    let number = number.strip_suffix(symbol).map_or(number, str::trim_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let whole = ungroup(whole).ok_or_else(malformed)?;
    if !digits(&whole) || !digits(fraction) {
        return Err(malformed());
    }
    if fraction.len() > usize::from(DECIMALS) {
        return Err(AmountError::TooPrecise(text.to_owned()));
    }
    let unit = Unit::new(DECIMALS).ok_or_else(malformed)?;
    let parsed = ParseUnits::parse_units(&format!("{whole}.{fraction}"), unit);
    let amount = parsed.ok().map(ParseUnits::get_absolute).and_then(|v| u64::try_from(v).ok());
    amount
        .filter(|a| (1..=MAX_AMOUNT.unsigned_abs()).contains(a))
        .ok_or_else(|| AmountError::OutOfRange(text.to_owned()))
}

/// Digits without their commas; `None` when a comma does not stand between groups of three.
fn ungroup(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    // Where the comma is a decimal point, "0,500" is half of one.
    let first = groups.next().filter(|first| !first.starts_with('0'))?;
    ((1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3)).then(|| whole.replace(',', ""))
}

/// `"1,234.56"`: groups of three, at least two digits after the point, and no zeros beyond them.
#[must_use]
pub fn format(micros: u64) -> String {
    // A u64 with six decimals has always a text.
    let text = format_units(micros, DECIMALS).unwrap_or_default();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    format!("{grouped}.{fraction:0<2}")
}

/// [`format`] with the name of the asset: `"1,234.56 USDC"`.
#[must_use]
pub fn display(micros: u64) -> String {
    display_of(SYMBOL, micros)
}

/// As [`display`], of the asset with that name.
#[must_use]
pub fn display_of(symbol: &str, micros: u64) -> String {
    format!("{} {symbol}", format(micros))
}

/// So much of the asset with this number, where nobody says what it is called: `"1.50 of asset 1"`.
#[must_use]
pub fn display_in(asset: u16, micros: u64) -> String {
    match asset {
        0 => display(micros),
        asset => format!("{} of asset {asset}", format(micros)),
    }
}

/// Amounts by their assets, as [`display_in`] each: `"5.00 USDC, 1.50 of asset 1"`.
#[must_use]
pub fn display_each(amounts: &BTreeMap<u16, u64>) -> String {
    let each: Vec<_> = amounts.iter().map(|(asset, micros)| display_in(*asset, *micros)).collect();
    if each.is_empty() { display(0) } else { each.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_write_amounts_in_several_ways() {
        for text in ["1234.56", "1,234.56", " 1,234.560000 USDC", "1234.56USDC", "01234.56"] {
            assert_eq!(parse(text), Ok(1_234_560_000), "{text}");
        }
        assert_eq!(parse("0.000001"), Ok(1));
        assert_eq!(parse("7"), Ok(7_000_000));
    }

    #[test]
    fn what_is_not_exact_or_not_an_amount_is_refused() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1,23", "12,34.5", ",123", "0,500", "00,500", "1.2.3",
            "1 2", "0x10", "1 ETH", "1_0",
        ] {
            assert_eq!(parse(text), Err(AmountError::Malformed(text.to_owned())), "{text}");
        }
        assert!(matches!(parse("0.0000001"), Err(AmountError::TooPrecise(_))));
        for text in ["0", "0.0", "1152921504606.846977", "99999999999999999999999999999"] {
            assert!(matches!(parse(text), Err(AmountError::OutOfRange(_))), "{text}");
        }
        assert_eq!(parse("1152921504606.846976"), Ok(1 << 60));
    }

    #[test]
    fn an_amount_of_another_asset_bears_its_name_alone() {
        assert_eq!(parse_of("WETH", "1.5 WETH"), Ok(1_500_000));
        assert_eq!(parse_of("WETH", "1.5"), Ok(1_500_000));
        assert!(matches!(parse_of("WETH", "1.5 USDC"), Err(AmountError::Malformed(_))));
        assert_eq!(display_of("WETH", 1_500_000), "1.50 WETH");
        assert_eq!(display_each(&[(0, 5_000_000), (1, 1_500_000)].into()), "5.00 USDC, 1.50 of asset 1");
        assert_eq!(display_each(&BTreeMap::new()), "0.00 USDC");
    }

    #[test]
    fn amounts_are_shown_in_groups() {
        assert_eq!(display(1_234_560_000), "1,234.56 USDC");
        assert_eq!(display(0), "0.00 USDC");
        assert_eq!(display(1), "0.000001 USDC");
        assert_eq!(format(1_000_000_000_000), "1,000,000.00");
        assert_eq!(format(100_000_000), "100.00");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(micros in 1..=(1_u64 << 60)) {
            prop_assert_eq!(parse(&format(micros)), Ok(micros));
            prop_assert_eq!(parse(&display(micros)), Ok(micros));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
