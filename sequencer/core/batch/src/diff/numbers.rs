//! Numbers, signs, ids and bytes by their chances.

use alloc::{vec, vec::Vec};
use ballast_types::Address;

use super::{
    DiffError,
    coder::{Chance, Coder},
    section::Base,
};

/// Chances of the bits of a symbol, each in the light of those above it.
#[derive(Clone, Debug)]
pub(super) struct Tree(Vec<Chance>);

impl Tree {
    /// For symbols of `bits` bits.
    pub(super) fn new(bits: u32) -> Self {
        Self(vec![Chance::default(); 1 << bits])
    }

    /// A symbol, highest bit first.
    pub(super) fn code(&mut self, coder: &mut impl Coder, symbol: usize) -> Result<usize, DiffError> {
        code_symbol(&mut self.0, coder, symbol)
    }
}

/// A symbol of as many bits as 2^bits chances are for: the first has none, each other its own in the light of those before.
fn code_symbol(chances: &mut [Chance], coder: &mut impl Coder, symbol: usize) -> Result<usize, DiffError> {
    let size = chances.len();
    let (mut node, mut below) = (1, size >> 1);
    while node < size {
        node = node << 1 | usize::from(coder.bit(&mut chances[node], symbol & below != 0)?);
        below >>= 1;
    }
    Ok(node - size)
}

/// Bits that tell the length of a number, 0 to 64.
const LENGTH_BITS: u32 = 7;

/// Chances of a number: of its length in bits, and for each length of the bits after the highest one, as many as
/// `top` says. Those below are even.
#[derive(Clone, Debug)]
pub(super) struct Number {
    top: u32,
    length: Tree,
    /// 2^top for each length.
    after: Vec<Chance>,
}

impl Number {
    pub(super) fn new(top: u32) -> Self {
        let after = vec![Chance::default(); (u64::BITS as usize + 1) << top];
        Self { top, length: Tree::new(LENGTH_BITS), after }
    }

    pub(super) fn code(&mut self, coder: &mut impl Coder, value: u64) -> Result<u64, DiffError> {
        let length = self.length.code(coder, (u64::BITS - value.leading_zeros()) as usize)?;
        let mut after = self.after.chunks_exact_mut(1 << self.top);
        let after = after.nth(length).ok_or(DiffError::Number)?;
        let Some(rest) = (length as u32).checked_sub(1) else { return Ok(0) };
        let top = rest.min(self.top);
        let low = rest - top;
        let mask = |bits: u32| (1_u64 << bits) - 1;
        let high = code_symbol(&mut after[..1 << top], coder, (value >> low & mask(top)) as usize)?;
        Ok(1 << rest | (high as u64) << low | coder.even(low, value & mask(low))?)
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::new(2)
    }
}

/// What leads from one value to another modulo 2^64: how far, and whether down.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    size: Number,
    down: Chance,
}

impl Step {
    /// Moves `from` to where it leads; `to` is that when it is written.
    pub(super) fn code(&mut self, coder: &mut impl Coder, from: u64, to: u64) -> Result<u64, DiffError> {
        let step = to.wrapping_sub(from).cast_signed();
        let size = self.size.code(coder, step.unsigned_abs())?;
        let down = size != 0 && coder.bit(&mut self.down, step < 0)?;
        Ok(if down { from.wrapping_sub(size) } else { from.wrapping_add(size) })
    }
}

/// Values that are told again and again: the last few different ones.
#[derive(Clone, Debug)]
pub(super) struct Recent([u64; RECENT]);

/// Values that are kept.
const RECENT: usize = 4;

impl Recent {
    pub(super) const fn new(last: u64, before: u64) -> Self {
        Self([last, before, before, before])
    }

    /// The value that was known before the last, at first.
    pub(super) const fn before(&self) -> u64 {
        self.0[1]
    }

    /// The last value.
    pub(super) const fn last(&self) -> u64 {
        self.0[0]
    }

    /// Moves `value` to the front.
    fn learn(&mut self, value: u64) {
        let at = self.0.iter().position(|known| *known == value).unwrap_or(RECENT - 1);
        self.0[..=at].rotate_right(1);
        self.0[0] = value;
    }
}

/// Chances of values that are told again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct Recurring {
    hits: [Chance; RECENT],
    other: Step,
}

impl Recurring {
    pub(super) fn code(
        &mut self,
        coder: &mut impl Coder,
        recent: &mut Recent,
        value: u64,
    ) -> Result<u64, DiffError> {
        let mut told = None;
        for (hit, known) in self.hits.iter_mut().zip(recent.0) {
            if coder.bit(hit, known == value)? {
                told = Some(known);
                break;
            }
        }
        let value = match told {
            Some(known) => known,
            None => self.other.code(coder, recent.last(), value)?,
        };
        recent.learn(value);
        Ok(value)
    }
}

/// Chances of ids that strictly ascend.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    gap: Number,
    least: u64,
}

impl Ids {
    pub(super) fn new(top: u32) -> Self {
        Self { gap: Number::new(top), least: 0 }
    }

    /// Begins again.
    pub(super) const fn restart(&mut self) {
        self.least = 0;
    }

    /// The next id.
    pub(super) fn code<I>(&mut self, coder: &mut impl Coder, id: u64) -> Result<I, DiffError>
    where
        I: TryFrom<u64>,
    {
        let gap = self.gap.code(coder, id.wrapping_sub(self.least))?;
        let id = self.least.checked_add(gap).ok_or(DiffError::Id)?;
        self.least = id.checked_add(1).ok_or(DiffError::Id)?;
        I::try_from(id).map_err(|_| DiffError::Id)
    }
}

/// More than any part of a leaf has that is told as bytes.
const MAX_BYTES: u64 = 1 << 16;

/// Chances of bytes that may be like others.
#[derive(Clone, Debug)]
pub(super) struct Bytes {
    length: Number,
    same: Chance,
    byte: Tree,
}

impl Default for Bytes {
    fn default() -> Self {
        Self { length: Number::default(), same: Chance::default(), byte: Tree::new(8) }
    }
}

impl Bytes {
    /// Bytes that are mostly like those of `guess`, if there are any: of each it is told whether it is the same.
    pub(super) fn code(
        &mut self,
        coder: &mut impl Coder,
        guess: Base<'_, Vec<u8>>,
        bytes: &[u8],
    ) -> Result<Vec<u8>, DiffError> {
        let length = self.length.code(coder, bytes.len() as u64)?;
        if length > MAX_BYTES {
            return Err(DiffError::Identity);
        }
        let mut told = Vec::new();
        // Bytes that are as guessed take next to nothing of what is left, so that alone would be no bound.
        while (told.len() as u64) < length {
            let at = told.len();
            let like = guess.known().and_then(|guess| guess.get(at)).copied();
            let byte = bytes.get(at).copied();
            let same = !guess.is_new() && coder.bit(&mut self.same, like.is_some() && byte == like)?;
            told.push(match like {
                Some(like) if same => like,
                None if same && !guess.is_unknown() => return Err(DiffError::Identity),
                None if same => 0,
                _ => self.byte.code(coder, byte.unwrap_or_default().into())? as u8,
            });
        }
        Ok(told)
    }
}

/// An address: as good as drawn by lot.
pub(super) fn address(coder: &mut impl Coder, address: Address) -> Result<Address, DiffError> {
    let mut told = Address::ZERO;
    for (told, byte) in told.0.iter_mut().zip(address.0) {
        *told = coder.even(8, byte.into())? as u8;
    }
    Ok(told)
}

#[cfg(test)]
mod tests;
