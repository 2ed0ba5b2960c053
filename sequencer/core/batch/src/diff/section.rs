//! What the sections have in common: ids, whether a leaf is new, flags, and fields as steps.

use alloc::vec::Vec;
use ballast_state::Section;
use borsh::{BorshDeserialize, BorshSerialize};
use core::array;

use super::{
    Changed, DiffError, Previous,
    coder::{Chance, Coder},
    numbers::{Bytes, Ids, Number, Step},
};

/// What a leaf was before the batch. Which numbers follow depends on whether it is new and on nothing else of it: so who does
/// not know it reads on all the same, from some value in its place.
#[derive(Debug)]
pub(super) enum Base<'a, T> {
    /// There was none.
    New,
    /// It was this.
    Was(&'a T),
    /// There was one, which the reader does not know.
    Unknown,
}

impl<T> Clone for Base<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Base<'_, T> {}

impl<'a, T> Base<'a, T> {
    /// What is known of it.
    pub(super) const fn known(self) -> Option<&'a T> {
        match self {
            Self::Was(leaf) => Some(leaf),
            Self::New | Self::Unknown => None,
        }
    }

    pub(super) const fn is_new(self) -> bool {
        matches!(self, Self::New)
    }

    pub(super) const fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// A part of it.
    pub(super) fn part<'b, U>(self, part: impl FnOnce(&'a T) -> &'b U) -> Base<'b, U> {
        match self {
            Self::New => Base::New,
            Self::Was(leaf) => Base::Was(part(leaf)),
            Self::Unknown => Base::Unknown,
        }
    }
}

/// The leaves that differ from what they were.
pub(super) fn net<T: PartialEq>(changes: &[Changed<T>]) -> Vec<&Changed<T>> {
    changes.iter().filter(|change| change.is_net()).collect()
}

/// Codes the leaves of a section, `told` where they are written: how many, and each by its id, by whether it is new, and by
/// `leaf`, which gives `None` where it was unknown. `find` gives those before the batch where they are read. Of what was
/// unknown nothing is given.
pub(super) fn code<C: Coder, P: Previous, T: Clone + PartialEq, I: TryFrom<u64> + Into<u32> + Copy>(
    coder: &mut C,
    told: Option<&[Changed<T>]>,
    (section, previous): (Section, &mut P),
    find: impl Fn(&mut P, I) -> Option<T>,
    mut leaf: impl FnMut(&mut C, &mut P, Base<'_, T>, Option<&T>) -> Result<Option<T>, DiffError>,
) -> Result<Vec<Changed<T>>, DiffError> {
    let told = told.map(net);
    assert!(
        told.iter().all(|told| told.is_sorted_by(|one, next| one.index < next.index)),
        "ids strictly ascend"
    );
    let count = Number::default().code(coder, told.as_ref().map_or(0, |told| told.len() as u64))?;
    let (mut ids, mut fresh, mut changes) = (Ids::new(3), Chance::default(), Vec::new());
    // Each leaf is one that was there or takes bytes of its own, so the count asks for nothing that is not there.
    for at in 0..count {
        let change = told.as_ref().map(|told| told[at as usize]);
        let id: I = ids.code(coder, change.map_or(0, |change| change.index.into()))?;
        let before = change.map_or_else(|| find(previous, id), |change| change.before.clone());
        let is_new = coder.bit(&mut fresh, before.is_none())?;
        let base = match &before {
            Some(before) if !is_new => Base::Was(before),
            None if is_new => Base::New,
            None if !previous.knows(section, id.into()) => Base::Unknown,
            _ => return Err(DiffError::Flags),
        };
        let after = leaf(coder, previous, base, change.map(|change| &change.after))?;
        assert!(
            change.is_none_or(|change| after.as_ref() == Some(&change.after)),
            "what is written reads back"
        );
        let Some(after) = after else { continue };
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

    /// Codes the fields that differ from `before`, which is `None` when it is unknown; `after` are those that are written.
    pub(super) fn code(
        &mut self,
        coder: &mut impl Coder,
        before: Option<&[u64; N]>,
        after: Option<&[u64; N]>,
    ) -> Result<[u64; N], DiffError> {
        let is_known = before.is_some();
        let before = before.unwrap_or(&[0; N]);
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
            if is_known && fields[field] == old {
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
    /// Codes the part if it is not that of `before`; one of a new leaf is always told. `None` of a leaf that was unknown.
    pub(super) fn code<T: BorshSerialize + BorshDeserialize + PartialEq + Clone>(
        &mut self,
        coder: &mut impl Coder,
        before: Base<'_, T>,
        after: Option<&T>,
    ) -> Result<Option<T>, DiffError> {
        if !before.is_new() && !self.told.code(coder, 0, before.known() != after)? {
            return Ok(before.known().cloned());
        }
        let encode =
            |part: Option<&T>| part.map(|part| borsh::to_vec(part).expect("writing to memory does not fail"));
        let (old, new) = (encode(before.known()).unwrap_or_default(), encode(after).unwrap_or_default());
        let bytes = self.bytes.code(coder, before.part(|_| &old), &new)?;
        if before.is_unknown() {
            return Ok(None);
        }
        let part = T::try_from_slice(&bytes).map_err(|_| DiffError::Identity)?;
        if before.known() == Some(&part) { Err(DiffError::NoChange) } else { Ok(Some(part)) }
    }
}
