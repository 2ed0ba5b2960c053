//! A diff in blobs: the one way in which it is packed (EIP-4844).
//!
//! The first field element holds the length, as big-endian `u64` in its bytes 1 to 8; each one after it 31 bytes of the
//! diff, from byte 1 on. Byte 0 of every element, and all that is left of the last blob, is 0.

/// Field elements of a blob.
pub const ELEMENTS_PER_BLOB: usize = 4_096;
/// Bytes of a diff in a field element: the 32nd could make it larger than the field.
pub const BYTES_PER_ELEMENT: usize = 31;

/// Number of blobs that a diff of `length` bytes needs.
#[must_use]
pub const fn blob_count(length: usize) -> usize {
    (length.div_ceil(BYTES_PER_ELEMENT) + 1).div_ceil(ELEMENTS_PER_BLOB)
}

/// Field element `place` of the blobs of `diff`, big-endian, counted from the first of the first blob on.
#[must_use]
pub fn element(diff: &[u8], place: usize) -> [u8; 32] {
    let mut element = [0; 32];
    let Some(before) = place.checked_sub(1) else {
        element[1..9].copy_from_slice(&(diff.len() as u64).to_be_bytes());
        return element;
    };
    let rest = diff.get(before.saturating_mul(BYTES_PER_ELEMENT)..).unwrap_or_default();
    let part = &rest[..rest.len().min(BYTES_PER_ELEMENT)];
    element[1..=part.len()].copy_from_slice(part);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_comes_first_and_zeros_last() {
        let diff: [u8; 40] = core::array::from_fn(|i| i as u8 + 1);
        let length = element(&diff, 0);
        assert_eq!((&length[..8], length[8], &length[9..]), (&[0; 8][..], 40, &[0; 23][..]));
        let (first, second) = (element(&diff, 1), element(&diff, 2));
        assert_eq!((first[0], &first[1..]), (0, &diff[..31]));
        assert_eq!((second[0], &second[1..10], &second[10..]), (0, &diff[31..], &[0; 22][..]));
        assert_eq!((element(&diff, 3), element(&diff, usize::MAX)), ([0; 32], [0; 32]));
    }
}
