// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What data demands are made by, for ever.
struct DemandTerms {
    /// Of one demand, in wei: the most that is paid for a reveal.
    uint256 bond;
    /// Seconds in which a chunk has to be shown, at most doubled in stress; 1 to 30 days.
    uint64 deadline;
    /// Seconds that are left to dispute a batch after its last reveal; 1 to 30 days.
    uint64 review;
}

/// @notice What became of a demand.
enum DemandState {
    /// There is none.
    NONE,
    /// It was not answered.
    OPEN,
    /// The chunk was shown.
    REVEALED,
    /// It was not answered, and the bond went back.
    TAKEN_BACK
}

/// @notice A demand for one chunk. Demands of a batch that were not answered are a list, in the order they were made.
struct Demand {
    /// Who made it.
    address demander;
    /// In which second.
    uint48 madeAt;
    /// What became of it.
    DemandState state;
    /// One more than the chunk before it in the list; 0 for the first.
    uint16 previous;
    /// One more than the chunk after it in the list; 0 for the last.
    uint16 next;
}

/// @notice A batch of which something was demanded.
struct DemandedBatch {
    /// Root over its chunks.
    bytes32 inputsRoot;
    /// Its number.
    uint64 index;
    /// When a chunk was shown last; 0 for never.
    uint64 revealedAt;
    /// One more than the first chunk of the list of demands; 0 when it is empty.
    uint16 first;
    /// One more than the last one; 0 when it is empty.
    uint16 last;
    /// Whether a bond went back, so that nothing helps the batch any more.
    bool lost;
}
