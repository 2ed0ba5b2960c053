//! Numbers and ids on the wire.

use alloc::vec::Vec;

use super::DiffError;

/// Appends `value` as a LEB128 varint of 1 to 10 bytes.
pub(super) fn put_number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends ids that strictly ascend: the first, then each distance less 1.
pub(super) fn put_ids(out: &mut Vec<u8>, ids: impl Iterator<Item = u32>) {
    let mut least = 0_u64;
    for id in ids.map(u64::from) {
        let gap = id.checked_sub(least).expect("ids strictly ascend");
        put_number(out, gap);
        least = id + 1;
    }
}

/// What leads from `before` to `after` modulo 2^64, small numbers for small steps either way.
pub(super) const fn difference(before: u64, after: u64) -> u64 {
    let step = after.wrapping_sub(before).cast_signed();
    ((step << 1) ^ (step >> 63)).cast_unsigned()
}

/// What `difference` leads to from `before`.
pub(super) const fn advance(before: u64, difference: u64) -> u64 {
    let step = (difference >> 1) ^ (difference & 1).wrapping_neg();
    before.wrapping_add(step)
}

/// Bytes not read yet.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What is left, for a decoder that moves it forward itself.
    pub(super) const fn rest(&mut self) -> &mut &'a [u8] {
        &mut self.bytes
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], DiffError> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(DiffError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, DiffError> {
        Ok(self.take(1)?[0])
    }

    /// A varint in its shortest form.
    pub(super) fn number(&mut self) -> Result<u64, DiffError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(DiffError::Number);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return if byte == 0 && shift > 0 { Err(DiffError::Number) } else { Ok(value) };
            }
        }
        Err(DiffError::Number)
    }

    /// A count of things that take at least a byte each, so that no count asks for more memory than the
    /// bytes are worth.
    pub(super) fn count(&mut self) -> Result<usize, DiffError> {
        let count = self.number()?;
        if count > self.bytes.len() as u64 {
            return Err(DiffError::Truncated);
        }
        Ok(count as usize)
    }

    /// `count` ids that strictly ascend.
    pub(super) fn ids<I: TryFrom<u64> + Copy>(&mut self, count: usize) -> Result<Vec<I>, DiffError> {
        let mut least = 0_u64;
        (0..count)
            .map(|_| {
                let id = least.checked_add(self.number()?).ok_or(DiffError::Id)?;
                least = id.checked_add(1).ok_or(DiffError::Id)?;
                I::try_from(id).map_err(|_| DiffError::Id)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(value: u64, shift in 0..64_u32) {
            let (value, mut out) = (value >> shift, Vec::new());
            put_number(&mut out, value);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.number(), Ok(value));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn a_number_has_one_form(bytes: [u8; 11]) {
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.number() {
                let (used, mut out) = (bytes.len() - reader.rest().len(), Vec::new());
                put_number(&mut out, value);
                prop_assert_eq!(&out[..], &bytes[..used]);
            }
        }

        #[test]
        fn differences_lead_back(before: u64, after: u64, small in -64_i64..64) {
            prop_assert_eq!(advance(before, difference(before, after)), after);
            prop_assert_eq!(difference(before, before), 0);
            prop_assert!(difference(before, before.wrapping_add_signed(small)) < 128, "one byte for a small step");
        }
    }

    #[test]
    fn needless_bytes_are_refused() {
        for bytes in [&[0x80, 0][..], &[0xff; 10], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2]]
        {
            assert_eq!(Reader::new(bytes).number(), Err(DiffError::Number));
        }
        assert_eq!(Reader::new(&[0x80]).number(), Err(DiffError::Truncated));
        assert_eq!(Reader::new(&[]).number(), Err(DiffError::Truncated));
        assert_eq!(Reader::new(&[255, 255, 3, 0]).ids::<u16>(2), Err(DiffError::Id));
    }
}
