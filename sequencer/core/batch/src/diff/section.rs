//! What the sections have in common: ids, flags, and fields as steps.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::array;

use super::{
    Changed, DiffError,
    coder::{Chance, Coder},
    numbers::{Bytes, Ids, Number, Step},
};

/// The leaves that differ from what they were.
pub(super) fn net<T: PartialEq>(changes: &[Changed<T>]) -> Vec<&Changed<T>> {
    changes.iter().filter(|change| change.is_net()).collect()
}

/// Codes the leaves of a section, `told` where they are written: how many, and each by its id and by `leaf`. `find`
/// gives those before the batch where they are read.
pub(super) fn code<C: Coder, P, T: Clone + PartialEq, I: TryFrom<u64> + Into<u32> + Copy>(
    coder: &mut C,
    told: Option<&[Changed<T>]>,
    previous: &mut P,
    find: impl Fn(&mut P, I) -> Option<T>,
    mut leaf: impl FnMut(&mut C, &mut P, Option<&T>, Option<&T>) -> Result<T, DiffError>,
) -> Result<Vec<Changed<T>>, DiffError> {
    let told = told.map(net);
    assert!(
        told.iter().all(|told| told.is_sorted_by(|one, next| one.index < next.index)),
        "ids strictly ascend"
    );
    let count = Number::default().code(coder, told.as_ref().map_or(0, |told| told.len() as u64))?;
    let (mut ids, mut changes) = (Ids::new(3), Vec::new());
    // Each leaf is one that was there or takes bytes of its own, so the count asks for nothing that is not there.
    for at in 0..count {
        let change = told.as_ref().map(|told| told[at as usize]);
        let id: I = ids.code(coder, change.map_or(0, |change| change.index.into()))?;
        let before = change.map_or_else(|| find(previous, id), |change| change.before.clone());
        let after = leaf(coder, previous, before.as_ref(), change.map(|change| &change.after))?;
        assert!(change.is_none_or(|change| change.after == after), "what is written reads back");
        if before.as_ref() == Some(&after) {
            return Err(DiffError::NoChange);
        }
        changes.push(Changed { index: id.into(), before, after });
    }
    Ok(changes)
}

/// Whether a value of a leaf is told, by its place in the leaf and by whether it was in the leaf before.
pub(super) struct Flags<const N: usize> {
    chances: [[Chance; 2]; N],
    last: [bool; N],
}

impl<const N: usize> Default for Flags<N> {
    fn default() -> Self {
        Self { chances: array::from_fn(|_| Default::default()), last: [false; N] }
    }
}

impl<const N: usize> Flags<N> {
    pub(super) fn code(
        &mut self,
        coder: &mut impl Coder,
        place: usize,
        told: bool,
    ) -> Result<bool, DiffError> {
        let last = &mut self.last[place];
        *last = coder.bit(&mut self.chances[place][usize::from(*last)], told)?;
        Ok(*last)
    }
}

/// What the step of a field is likely to be.
#[derive(Clone, Copy)]
pub(super) enum Guess {
    /// None.
    Stays,
    /// That of an earlier field of the same leaf.
    As(usize),
    /// That of the same field in the leaf before.
    Again,
}

/// Fields of the leaves of a section.
pub(super) struct Fields<const N: usize> {
    guesses: [Guess; N],
    flags: Flags<N>,
    steps: [Step; N],
    last: [u64; N],
}

impl<const N: usize> Fields<N> {
    pub(super) fn new(guesses: [Guess; N]) -> Self {
        Self { guesses, flags: Flags::default(), steps: array::from_fn(|_| Step::default()), last: [0; N] }
    }

    /// Codes the fields that differ from `before`; `after` are those that are written.
    pub(super) fn code(
        &mut self,
        coder: &mut impl Coder,
        before: &[u64; N],
        after: Option<&[u64; N]>,
    ) -> Result<[u64; N], DiffError> {
        let mut fields = *before;
        for field in 0..N {
            let (old, new) = (before[field], after.map_or(0, |after| after[field]));
            if !self.flags.code(coder, field, old != new)? {
                continue;
            }
            let step = match self.guesses[field] {
                Guess::Stays => 0,
                Guess::As(other) => fields[other].wrapping_sub(before[other]),
                Guess::Again => self.last[field],
            };
            fields[field] = self.steps[field].code(coder, old.wrapping_add(step), new)?;
            self.last[field] = fields[field].wrapping_sub(old);
            if fields[field] == old {
                return Err(DiffError::NoChange);
            }
        }
        Ok(fields)
    }
}

/// A part of the leaves that is told as a whole.
#[derive(Default)]
pub(super) struct Part {
    told: Flags<1>,
    bytes: Bytes,
}

impl Part {
    /// Codes the part if it is not that of `before`; one of a new leaf is always told.
    pub(super) fn code<T: BorshSerialize + BorshDeserialize + PartialEq + Clone>(
        &mut self,
        coder: &mut impl Coder,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Result<T, DiffError> {
        let told = match before {
            Some(_) => self.told.code(coder, 0, before != after)?,
            None => true,
        };
        match before {
            Some(before) if !told => return Ok(before.clone()),
            _ => {}
        }
        let encode =
            |part: Option<&T>| part.map(|part| borsh::to_vec(part).expect("writing to memory does not fail"));
        let (old, new) = (encode(before).unwrap_or_default(), encode(after).unwrap_or_default());
        let part =
            T::try_from_slice(&self.bytes.code(coder, &old, &new)?).map_err(|_| DiffError::Identity)?;
        if before == Some(&part) { Err(DiffError::NoChange) } else { Ok(part) }
    }
}
