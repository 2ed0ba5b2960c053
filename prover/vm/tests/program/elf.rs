//! Static executables.

const PAGE: usize = 4096;

/// A little-endian RISC-V executable with an entry and segments: flags, address, bytes.
pub(crate) fn executable(entry: u64, segments: &[(u32, u64, &[u8])]) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    file.resize(16, 0);
    file.extend([2_u16, 243].iter().flat_map(|half| half.to_le_bytes()));
    file.extend(1_u32.to_le_bytes());
    file.extend([entry, 64, 0].iter().flat_map(|double| double.to_le_bytes()));
    file.extend(0_u32.to_le_bytes());
    let count = u16::try_from(segments.len()).expect("few segments");
    file.extend([64_u16, 56, count, 64, 0, 0].iter().flat_map(|half| half.to_le_bytes()));
    let mut at = PAGE;
    for (flags, address, bytes) in segments {
        let size = bytes.len() as u64;
        file.extend([1, *flags].iter().flat_map(|word| word.to_le_bytes()));
        let fields = [at as u64, *address, *address, size, size, PAGE as u64];
        file.extend(fields.iter().flat_map(|double| double.to_le_bytes()));
        at += bytes.len().next_multiple_of(PAGE);
    }
    for (_, _, bytes) in segments {
        file.resize(file.len().next_multiple_of(PAGE), 0);
        file.extend(*bytes);
    }
    file
}
