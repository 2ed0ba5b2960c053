//! The hash chain that every accepted input advances and every acknowledgement signs (architecture A6).

use alloy_primitives::{B256, keccak256};
use ballast_types::{Millis, Seq, Source, codec};

/// The hash of what an input says: keccak of its source's encoding. It depends on neither the input's place nor its
/// time, so that it is made before they are known, on any thread.
#[must_use]
pub fn source_hash(source: &Source) -> B256 {
    keccak256(codec::encode(source))
}

/// The chain after an input: `keccak(abi.encode(chain, seq, time, source_hash))`, one block of the permutation. It
/// begins at zero.
#[must_use]
pub fn advance(chain: B256, seq: Seq, time: Millis, source_hash: B256) -> B256 {
    let mut preimage = [0; 128];
    preimage[..32].copy_from_slice(chain.as_slice());
    preimage[56..64].copy_from_slice(&seq.0.to_be_bytes());
    preimage[88..96].copy_from_slice(&time.0.to_be_bytes());
    preimage[96..].copy_from_slice(source_hash.as_slice());
    keccak256(preimage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolValue;

    #[test]
    fn order_and_content_matter() {
        let (a, b) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let chain = |inputs: &[(u64, u64, B256)]| {
            inputs
                .iter()
                .fold(B256::ZERO, |chain, (seq, time, hash)| advance(chain, Seq(*seq), Millis(*time), *hash))
        };
        assert_ne!(chain(&[(1, 5, a), (2, 5, b)]), chain(&[(1, 5, b), (2, 5, a)]));
        assert_ne!(chain(&[(1, 5, a)]), chain(&[(2, 5, a)]));
        assert_ne!(chain(&[(1, 5, a)]), chain(&[(1, 6, a)]));
        assert_eq!(chain(&[]), B256::ZERO);
        let encoded = (a, 7_u64, 9_u64, b).abi_encode();
        assert_eq!(advance(a, Seq(7), Millis(9), b), keccak256(encoded));
    }
}
