//! The hash chain that every accepted input advances and every acknowledgement signs (architecture A6).

use alloy_primitives::{B256, keccak256};

/// The chain after an input with these bytes: `keccak(chain || keccak(input))`. It begins at zero.
#[must_use]
pub fn advance(chain: B256, input_bytes: &[u8]) -> B256 {
    let mut preimage = [0; 64];
    preimage[..32].copy_from_slice(chain.as_slice());
    preimage[32..].copy_from_slice(keccak256(input_bytes).as_slice());
    keccak256(preimage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_content_matter() {
        let chain = |inputs: &[&[u8]]| inputs.iter().fold(B256::ZERO, |chain, input| advance(chain, input));
        assert_ne!(chain(&[b"a", b"b"]), chain(&[b"b", b"a"]));
        assert_ne!(chain(&[b"a", b"b"]), chain(&[b"ab"]));
        assert_eq!(chain(&[]), B256::ZERO);
    }
}
