//! Numbers and bytes as JSON has them.

use alloy_primitives::hex;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// An unsigned integer in a request: a JSON integer, or a string of decimal digits without sign, leading
/// zeros or spaces. Bounded by its type; never a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Integer<T>(pub T);

struct IntegerVisitor;

impl de::Visitor<'_> for IntegerVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an unsigned integer, as a number or a decimal string")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<u64, E> {
        Ok(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<u64, E> {
        let canonical = value == "0" || !value.starts_with('0');
        let digits = canonical && value.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| value.parse().ok())
            .flatten()
            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(value), &self))
    }
}

impl<'de, T: TryFrom<u64>> Deserialize<'de> for Integer<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_any(IntegerVisitor)?;
        let narrow = T::try_from(value);
        narrow.map(Self).map_err(|_| de::Error::custom(format_args!("{value} is too large")))
    }
}

impl<T: fmt::Display> Serialize for Integer<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An unsigned integer that may pass 2^53: a decimal string in answers, either form in requests.
pub type Decimal = Integer<u64>;

/// A signed number of micro-USDC, or a value or limit of a rejection: a decimal string in answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount(pub i128);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| de::Error::custom("not a decimal integer"))
    }
}

/// Bytes: `0x` and two lower-case hexadecimal digits a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode_prefixed(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !text.starts_with("0x") {
            return Err(de::Error::custom("bytes begin with 0x"));
        }
        hex::decode(text).map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: TryFrom<u64>>(json: &str) -> Option<T> {
        serde_json::from_str::<Integer<T>>(json).ok().map(|integer| integer.0)
    }

    #[test]
    fn an_integer_is_read_from_a_number_or_a_decimal_string() {
        assert_eq!(read::<u64>("7"), Some(7));
        assert_eq!(read::<u64>("\"18446744073709551615\""), Some(u64::MAX));
        assert_eq!(read::<u64>("18446744073709551615"), Some(u64::MAX));
        assert_eq!(read::<u16>("\"65535\""), Some(u16::MAX));
    }

    #[test]
    fn everything_else_is_refused() {
        for json in [
            "-1",
            "1.0",
            "1e3",
            "\"\"",
            "\" 1\"",
            "\"01\"",
            "\"+1\"",
            "\"0x1\"",
            "\"1.5\"",
            "null",
            "[1]",
            "18446744073709551616",
        ] {
            assert_eq!(read::<u64>(json), None, "{json}");
        }
        assert_eq!(read::<u16>("65536"), None);
        assert_eq!(read::<u8>("\"256\""), None);
    }
}
