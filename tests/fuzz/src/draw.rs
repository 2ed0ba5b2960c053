//! Choices made by bytes: the same bytes make the same choices, and more bytes make more of them.

use ballast_types::limits::{MAX_AMOUNT, MAX_PRICE, MAX_SIZE};

/// Bytes that choose. When they are used up, every choice is the first.
#[derive(Debug)]
pub struct Draw<'a>(&'a [u8]);

impl<'a> Draw<'a> {
    /// Choices by these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all bytes are used up.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte; 0 after the last.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Up to `most` of the next bytes.
    pub fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// The next bytes, filled up with zeros.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// One in `of` times, roughly.
    pub fn rarely(&mut self, of: u8) -> bool {
        // Zero is what there is after the end: nothing rare.
        self.byte() % of == of - 1
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u8) -> u8 {
        self.byte() % end
    }

    /// Any number.
    pub fn word(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// A number at which something ends, a small one, or any other.
    pub fn number(&mut self) -> u64 {
        match self.below(16) {
            0..6 => u64::from(self.below(8)),
            6..10 => 450_000 + u64::from(u16::from_le_bytes(self.array())),
            10 => MAX_PRICE + u64::from(self.below(2)),
            11 => MAX_SIZE + u64::from(self.below(2)),
            12 => MAX_AMOUNT.cast_unsigned(),
            13 => u64::MAX - u64::from(self.below(2)),
            14 => 1 << self.below(64),
            _ => self.word(),
        }
    }
}
