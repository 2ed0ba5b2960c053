// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Everything the base layer knows of a batch. All fields are static, so
/// `keccak256(abi.encode(header))` is injective; it is the *batch hash*.
struct BatchHeader {
    /// Position in the chain of batches. Genesis is 0, the first posted batch is 1.
    uint64 index;
    /// Batch hash of `index - 1`.
    bytes32 previousHash;
    /// State root before the batch.
    bytes32 previousStateRoot;
    /// State root after the batch: `keccak256(0x02 || sectionRoots)`.
    bytes32 stateRoot;
    /// Section roots after the batch: accounts, markets, pools, traders, venues, orders, chain. The number is
    /// `Limits.SECTION_COUNT`, which Solidity does not take here; a test holds the two together.
    bytes32[7] sectionRoots;
    /// First input of the batch; the one after the last input of the previous batch.
    uint64 firstSeq;
    /// Last input of the batch, inclusive.
    uint64 lastSeq;
    /// Time of the first input, unix milliseconds.
    uint64 firstTimeMs;
    /// Time of the last input, unix milliseconds.
    uint64 lastTimeMs;
    /// Chain of the sequencer's promises after the batch.
    bytes32 promiseHash;
    /// Inbox messages consumed since genesis, this batch included.
    uint64 l1MessageCount;
    /// Rolling hash of the inbox after `l1MessageCount` messages.
    bytes32 l1MessageHash;
    /// Merkle root over the chunks of the inputs.
    bytes32 inputsRoot;
    /// Number of those chunks.
    uint32 inputChunks;
    /// Root of the withdrawal tree of the batch.
    bytes32 withdrawalsRoot;
    /// Number of its leaves in use; they are dense from index 0.
    uint32 withdrawalCount;
    /// keccak256 of the encoded state diff.
    bytes32 diffHash;
    /// Where the diff is, see `BatchHash.ofBlobs` and `BatchHash.ofCalldata`.
    bytes32 dataHash;
    /// The program that judges the batch.
    bytes32 programHash;
}
