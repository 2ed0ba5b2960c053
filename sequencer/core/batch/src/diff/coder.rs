//! A binary range coder whose chances adapt: integers only, the same on every machine.
//!
//! What is written is a number between 0 and 1 in base 256. Each bit keeps one of two parts of the interval that
//! is left, in proportion to its chances; 32 bits of the interval are kept, and a carry runs back into the bytes
//! that are out already. Reading follows the same steps. One body of code does both: a [`Coder`] is asked to
//! code a value, and gives back what was written, which is that value when it writes.

use alloc::vec::Vec;

use super::DiffError;

/// Below this the interval is widened by a byte.
const LEAST_RANGE: u32 = 1 << 24;
/// Bits of a chance that divide the interval.
const CHANCE_BITS: u32 = 12;
/// Least chance of either value, in 2^-12: so a bit takes at least 1/178 of a bit, and few bytes cannot hold very many.
const LEAST_CHANCE: u32 = 16;
/// Most even bits that are coded at once.
const EVEN_BITS: u32 = 16;
/// Bytes of the interval's lower end.
const LOW_BYTES: usize = 4;
/// How far the first bits move a chance, in 2^-16: the n-th by 1 / (n + 1.5), then always as the last.
const STEPS: [u16; LIMIT] = steps();
const LIMIT: usize = 250;

const fn steps() -> [u16; LIMIT] {
    let (mut steps, mut at) = ([0; LIMIT], 0);
    while at < LIMIT {
        steps[at] = ((2 << 16) / (2 * at as u32 + 3)) as u16;
        at += 1;
    }
    steps
}

/// How likely a bit is to be 1, as the bits before it in the same place tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    /// In 2^-16.
    one: u16,
    /// Bits seen, up to the last of [`STEPS`].
    seen: u8,
}

impl Default for Chance {
    fn default() -> Self {
        Self { one: 1 << 15, seen: 0 }
    }
}

impl Chance {
    /// In 2^-12, never certain.
    fn weight(self) -> u32 {
        (u32::from(self.one) >> (16 - CHANCE_BITS)).clamp(LEAST_CHANCE, (1 << CHANCE_BITS) - LEAST_CHANCE)
    }

    fn learn(&mut self, bit: bool) {
        let step = u32::from(STEPS[usize::from(self.seen)]);
        let moved = |distance: u16| ((u32::from(distance) * step) >> 16) as u16;
        if bit {
            self.one += moved(u16::MAX - self.one);
        } else {
            self.one -= moved(self.one);
        }
        if usize::from(self.seen) < LIMIT - 1 {
            self.seen += 1;
        }
    }
}

/// Writes, or reads.
pub(super) trait Coder {
    /// A bit by its chance, which learns of it.
    ///
    /// # Errors
    /// `Truncated` when the bytes that are read end too early.
    fn bit(&mut self, chance: &mut Chance, value: bool) -> Result<bool, DiffError>;

    /// The lowest `bits` of a number, none likelier than another.
    ///
    /// # Errors
    /// As [`Self::bit`].
    fn even(&mut self, bits: u32, value: u64) -> Result<u64, DiffError>;

    /// Whether every bit takes one, so that nothing is gained by foreseeing.
    fn is_plain(&self) -> bool;
}

/// Writes.
pub(super) struct Encoder {
    low: u32,
    range: u32,
    out: Vec<u8>,
    /// Whether every bit takes one.
    plain: bool,
}

impl Encoder {
    /// Appends to `out`; when `plain`, without chances.
    pub(super) fn new(out: Vec<u8>, plain: bool) -> Self {
        let mut encoder = Self { low: 0, range: u32::MAX, out, plain };
        let _ = encoder.even(1, plain.into());
        encoder
    }

    /// Moves the lower end up.
    fn raise(&mut self, by: u32) {
        let (low, carries) = self.low.overflowing_add(by);
        self.low = low;
        if carries {
            // Somewhere before there is a byte below 255: the whole is less than 1.
            for byte in self.out.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
    }

    fn widen(&mut self) {
        while self.range < LEAST_RANGE {
            self.shift();
            self.range <<= 8;
        }
    }

    fn shift(&mut self) {
        self.out.push((self.low >> 24) as u8);
        self.low <<= 8;
    }

    /// The bytes: of all numbers that read as what was written, the one that ends first.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for bytes in 0..=LOW_BYTES {
            // All after the first `bytes` are zero, in a number that is not below the lower end.
            let rest = u32::MAX.checked_shr(8 * bytes as u32).unwrap_or(0);
            let by = self.low.wrapping_neg() & rest;
            if by < self.range {
                self.raise(by);
                (0..bytes).for_each(|_| self.shift());
                return self.out;
            }
        }
        unreachable!("with all its bytes the lower end itself is in the interval")
    }
}

impl Coder for Encoder {
    fn bit(&mut self, chance: &mut Chance, value: bool) -> Result<bool, DiffError> {
        if self.plain {
            return Ok(self.even(1, value.into())? == 1);
        }
        let ones = (self.range >> CHANCE_BITS) * chance.weight();
        if value {
            self.range = ones;
        } else {
            self.raise(ones);
            self.range -= ones;
        }
        chance.learn(value);
        self.widen();
        Ok(value)
    }

    fn even(&mut self, bits: u32, value: u64) -> Result<u64, DiffError> {
        let mut left = bits;
        while left > 0 {
            let now = left.min(EVEN_BITS);
            left -= now;
            self.range >>= now;
            let part = (value >> left) as u32 & ((1 << now) - 1);
            self.raise(part * self.range);
            self.widen();
        }
        Ok(value)
    }

    fn is_plain(&self) -> bool {
        self.plain
    }
}

/// Reads.
pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
    /// Bytes of zero read after the end.
    past: usize,
    /// What was read, less the lower end.
    code: u32,
    range: u32,
    plain: bool,
}

impl<'a> Decoder<'a> {
    /// # Errors
    /// `Truncated` when there are no bytes.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, DiffError> {
        let mut decoder = Self { bytes, past: 0, code: 0, range: u32::MAX, plain: false };
        (0..LOW_BYTES).for_each(|_| decoder.code = decoder.code << 8 | decoder.next());
        decoder.plain = decoder.even(1, 0)? == 1;
        Ok(decoder)
    }

    fn next(&mut self) -> u32 {
        if let Some((first, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            (*first).into()
        } else {
            self.past += 1;
            0
        }
    }

    fn widen(&mut self) -> Result<(), DiffError> {
        while self.range < LEAST_RANGE {
            self.code = self.code << 8 | self.next();
            self.range <<= 8;
        }
        // The encoder leaves out no more than what it had not put out yet.
        if self.past > LOW_BYTES { Err(DiffError::Truncated) } else { Ok(()) }
    }

    /// Whether no byte is left to read.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl Coder for Decoder<'_> {
    fn bit(&mut self, chance: &mut Chance, _: bool) -> Result<bool, DiffError> {
        if self.plain {
            return Ok(self.even(1, 0)? == 1);
        }
        let ones = (self.range >> CHANCE_BITS) * chance.weight();
        let value = self.code < ones;
        if value {
            self.range = ones;
        } else {
            self.code -= ones;
            self.range -= ones;
        }
        chance.learn(value);
        self.widen()?;
        Ok(value)
    }

    fn even(&mut self, bits: u32, _: u64) -> Result<u64, DiffError> {
        let (mut left, mut value) = (bits, 0);
        while left > 0 {
            let now = left.min(EVEN_BITS);
            left -= now;
            self.range >>= now;
            // Bytes that no encoder made may lie above the interval.
            let part = (self.code / self.range).min((1 << now) - 1);
            self.code -= part * self.range;
            value = value << now | u64::from(part);
            self.widen()?;
        }
        Ok(value)
    }

    fn is_plain(&self) -> bool {
        self.plain
    }
}

#[cfg(test)]
mod tests;
