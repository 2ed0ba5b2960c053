//! The header that a batch is named by.

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::{SolValue, sol};
use ballast_types::limits::SECTION_COUNT;

sol! {
    /// A batch as L1 knows it. Field order is law: the batch's hash is `keccak(abi.encode(header))`, and
    /// every field is static, so that this is one 32-byte word a value.
    #[derive(Debug, PartialEq, Eq)]
    struct BatchHeader {
        /// Place in the chain of batches; 0 is genesis.
        uint64 index;
        /// Hash of the header before.
        bytes32 previousHash;
        /// State root before the first input.
        bytes32 previousStateRoot;
        /// State root after the last input.
        bytes32 stateRoot;
        /// The roots under `stateRoot`.
        bytes32[7] sectionRoots;
        /// First input of the batch.
        uint64 firstSeq;
        /// Last input of the batch: its seal.
        uint64 lastSeq;
        /// Time of the first input, in milliseconds.
        uint64 firstTimeMs;
        /// Time of the last input, in milliseconds.
        uint64 lastTimeMs;
        /// Hash chain over all inputs up to the last.
        bytes32 promiseHash;
        /// Messages of the inbox consumed, from its beginning.
        uint64 l1MessageCount;
        /// Rolling hash of the inbox after them.
        bytes32 l1MessageHash;
        /// Root over the chunks of the inputs.
        bytes32 inputsRoot;
        /// Number of those chunks.
        uint32 inputChunks;
        /// Root over the withdrawals of the batch.
        bytes32 withdrawalsRoot;
        /// Number of those withdrawals.
        uint32 withdrawalCount;
        /// Hash of the decoded diff.
        bytes32 diffHash;
        /// Commitment to the blobs or the calldata that carry the diff.
        bytes32 dataHash;
        /// The program that judges the batch.
        bytes32 programHash;
    }
}

impl BatchHeader {
    /// `keccak(abi.encode(header))`: the batch's name.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(self.abi_encode())
    }

    /// The header whose encoding is exactly `bytes`; `None` when there is none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::abi_decode(bytes).ok().filter(|header| header.abi_encode() == bytes)
    }

    /// The header before the first batch, of an exchange that begins with this state, which `diff` tells: what the
    /// deployment takes. See [`genesis_diff`](crate::genesis_diff).
    #[must_use]
    pub fn of_genesis(section_roots: [B256; SECTION_COUNT], diff: &[u8]) -> Self {
        let (diff_hash, data_hash) = (crate::data::diff_hash(diff), crate::data::calldata_data_hash(diff));
        Self { diffHash: diff_hash, dataHash: data_hash, ..Self::genesis(section_roots) }
    }

    /// The same without what L1 tells of it: all but the state is zero.
    #[must_use]
    pub fn genesis(section_roots: [B256; SECTION_COUNT]) -> Self {
        Self {
            index: 0,
            previousHash: B256::ZERO,
            previousStateRoot: B256::ZERO,
            stateRoot: ballast_state::state_root(&section_roots),
            sectionRoots: section_roots,
            firstSeq: 0,
            lastSeq: 0,
            firstTimeMs: 0,
            lastTimeMs: 0,
            promiseHash: B256::ZERO,
            l1MessageCount: 0,
            l1MessageHash: B256::ZERO,
            inputsRoot: B256::ZERO,
            inputChunks: 0,
            withdrawalsRoot: B256::ZERO,
            withdrawalCount: 0,
            diffHash: B256::ZERO,
            dataHash: B256::ZERO,
            programHash: B256::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_encoding_is_a_word_a_value() {
        let header = BatchHeader::genesis([B256::repeat_byte(3); SECTION_COUNT]);
        assert_eq!(header.abi_encode().len(), 25 * 32);
        assert_eq!(BatchHeader::from_bytes(&header.abi_encode()), Some(header));
    }

    proptest! {
        #[test]
        fn only_one_encoding_is_read(at in 0..25 * 32_usize, flip in 1..=u8::MAX) {
            let header = BatchHeader::genesis([B256::repeat_byte(3); SECTION_COUNT]);
            let mut bytes = header.abi_encode();
            bytes[at] ^= flip;
            if let Some(other) = BatchHeader::from_bytes(&bytes) {
                prop_assert_ne!(&other, &header);
                prop_assert_eq!(other.abi_encode(), bytes);
            }
        }

        #[test]
        fn other_lengths_are_refused(length in 0..27 * 32_usize) {
            let mut bytes = BatchHeader::genesis([B256::repeat_byte(3); SECTION_COUNT]).abi_encode();
            prop_assume!(length != bytes.len());
            bytes.resize(length, 0);
            prop_assert_eq!(BatchHeader::from_bytes(&bytes), None);
        }
    }
}
