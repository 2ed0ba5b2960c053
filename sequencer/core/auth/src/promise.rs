//! The sequencer's promise: what an acknowledgement signs (architecture A6).

use crate::{domain::digest, eip712};
use alloy_primitives::B256;
use ballast_types::{Millis, Seq};

/// "Input `seq` was taken at `time`, and the hash chain over all inputs up to it is `chain`." Two promises
/// that contradict each other, or one that contradicts a posted batch, prove that the sequencer broke its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Place of the input in the log.
    pub seq: Seq,
    /// Hash chain after the input.
    pub chain: B256,
    /// Time of the input.
    pub time: Millis,
}

/// The digest that the sequencer signs, and that the contract recovers its signer from.
#[must_use]
pub fn promise_digest(separator: B256, promise: &Promise) -> B256 {
    let Promise { seq, chain, time } = *promise;
    digest(separator, &eip712::Promise { seq: seq.0, chain, time: time.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;
    use alloy_sol_types::SolValue;

    #[test]
    fn the_digest_is_what_a_contract_computes_by_hand() {
        let promise = Promise { seq: Seq(7), chain: B256::repeat_byte(3), time: Millis(1_700_000_000_000) };
        let type_hash = keccak256("Promise(uint64 seq,bytes32 chain,uint64 time)");
        let hash = keccak256((type_hash, 7_u64, promise.chain, 1_700_000_000_000_u64).abi_encode());
        let separator = B256::repeat_byte(9);
        let expected = keccak256([b"\x19\x01".as_slice(), separator.as_slice(), hash.as_slice()].concat());
        assert_eq!(promise_digest(separator, &promise), expected);
    }
}
