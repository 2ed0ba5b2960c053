//! Neighbouring leaves in one piece of memory. Most bytes of a leaf are zero, for its numbers are as wide as the largest of their
//! kind: so of every eight bytes there is one that says which of them are not zero, and those.

use alloc::{boxed::Box, vec::Vec};

/// Leaves of a run.
pub(super) const RUN: u32 = 16;

/// Bytes under one mask.
const WORD: usize = 8;

/// Bytes before a packed leaf: how many follow and how many its last word lacks, and one more; 0 where there is no leaf.
const HEAD: usize = size_of::<u32>();

/// The leaves one after the other, each behind its head; no memory before one is put here, or none.
#[derive(Clone, Default)]
pub(super) struct Run(Box<[u8]>);

impl Run {
    /// The leaf at a place below [`RUN`].
    pub(super) fn get(&self, place: u32) -> Option<Vec<u8>> {
        self.pieces().nth(place as usize)?.leaf()
    }

    /// The leaves by place.
    pub(super) fn leaves(&self) -> impl Iterator<Item = Option<Vec<u8>>> {
        self.pieces().map(|piece| piece.leaf())
    }

    /// Puts a leaf, or none, at a place below [`RUN`].
    ///
    /// # Panics
    /// When the leaf has more than 2^28 bytes.
    pub(super) fn set(&mut self, place: u32, leaf: Option<&[u8]>) {
        if self.0.is_empty() {
            self.0 = Box::new([0; HEAD * RUN as usize]);
        }
        let start: usize = self.pieces().take(place as usize).map(|piece| piece.bytes.len()).sum();
        let end = start + self.pieces().nth(place as usize).map_or(0, |piece| piece.bytes.len());
        let piece = packed(leaf);
        if piece.len() == end - start {
            return self.0[start..end].copy_from_slice(&piece);
        }
        self.0 = [&self.0[..start], &piece, &self.0[end..]].concat().into();
    }

    fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut rest = &*self.0;
        core::iter::from_fn(move || {
            let head = u32::from_le_bytes(*rest.first_chunk()?);
            let (bytes, behind) = rest.split_at(HEAD + (head.saturating_sub(1) as usize) / WORD);
            rest = behind;
            Some(Piece { head, bytes })
        })
    }
}

/// A leaf as it is kept, its head included.
struct Piece<'a> {
    head: u32,
    bytes: &'a [u8],
}

impl Piece<'_> {
    fn leaf(&self) -> Option<Vec<u8>> {
        let lacks = (self.head.checked_sub(1)? as usize) % WORD;
        let (mut leaf, mut packed) = (Vec::with_capacity(2 * self.bytes.len()), self.bytes[HEAD..].iter());
        while let Some(mask) = packed.next() {
            let (mut word, mut left) = ([0; WORD], *mask);
            while left != 0 {
                word[left.trailing_zeros() as usize] = *packed.next().expect("a mask has its bytes");
                left &= left - 1;
            }
            leaf.extend_from_slice(&word);
        }
        leaf.truncate(leaf.len() - lacks);
        Some(leaf)
    }
}

/// A leaf as it is kept, its head included.
fn packed(leaf: Option<&[u8]>) -> Vec<u8> {
    let Some(leaf) = leaf else { return [0; HEAD].into() };
    let mut piece = Vec::with_capacity(HEAD + leaf.len() + leaf.len().div_ceil(WORD));
    piece.extend([0; HEAD]);
    let (words, rest) = leaf.as_chunks::<WORD>();
    words.iter().for_each(|word| push(&mut piece, *word));
    if !rest.is_empty() {
        let mut word = [0; WORD];
        word[..rest.len()].copy_from_slice(rest);
        push(&mut piece, word);
    }
    let length = u32::try_from(piece.len() - HEAD).ok().filter(|length| *length < 1 << 28);
    let lacks = leaf.len().next_multiple_of(WORD) - leaf.len();
    let head = length.expect("no leaf is that long") * WORD as u32 + lacks as u32 + 1;
    piece[..HEAD].copy_from_slice(&head.to_le_bytes());
    piece
}

/// Adds a word: its mask and its bytes that are not zero.
fn push(piece: &mut Vec<u8>, word: [u8; WORD]) {
    let (at, mut mask) = (piece.len(), 0);
    piece.push(0);
    let mut left = u64::from_le_bytes(word);
    while left != 0 {
        let place = left.trailing_zeros() as usize / WORD;
        mask |= 1 << place;
        piece.push(word[place]);
        left &= !(0xff << (8 * place));
    }
    piece[at] = mask;
}
