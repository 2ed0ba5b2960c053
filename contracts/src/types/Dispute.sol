// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MachineState} from "./MachineState.sol";

/// @notice What disputes are made by, for ever.
struct DisputeTerms {
    /// Root over the memory that the program starts with (docs/machine.md).
    bytes32 memoryRoot;
    /// Address of its first instruction.
    uint64 entry;
    /// Of one claim, in wei. It has to pay for the moves of a match and for its step.
    uint256 bond;
    /// Seconds in which a challenge has to be answered by a claim that the subject is valid, at most doubled in stress;
    /// 1 to 30 days.
    uint64 defence;
    /// Seconds that each claim has in each match, from when no claim of its side can be filed any more; at most doubled in
    /// stress; 1 to 30 days.
    uint64 budget;
}

/// @notice What is disputed. The numbers are those that the machine is told in register `a4`.
enum Subject {
    NONE,
    /// A posted batch, by its batch hash.
    BATCH,
    /// A proposed escape claim, by its claim hash.
    ESCAPE
}

/// @notice What was claimed of a subject.
struct Dispute {
    /// What it is.
    Subject subject;
    /// Number of the batch; 0 of an escape claim.
    uint64 index;
    /// When a claim that it is invalid was filed last, unix seconds.
    uint64 challengedAt;
    /// Live claims that it is valid.
    uint32 valid;
    /// Live claims that it is invalid.
    uint32 invalid;
    /// Whether it was decided that it is invalid, for ever.
    bool fallen;
}

/// @notice A claim as it is filed: what it is of, and a history with proofs of its two ends.
struct Filing {
    /// What is disputed.
    Subject subject;
    /// Number of the batch; 0 of an escape claim.
    uint64 index;
    /// Its batch hash or claim hash.
    bytes32 hash;
    /// The 256 nodes 8 levels below the root of the claimed history, from the left.
    bytes32[] nodes;
    /// The 30 siblings of the first leaf up to the first of them, from the leaf upwards.
    bytes32[] startProof;
    /// The last state of the history.
    MachineState last;
    /// The 30 siblings of the last leaf up to the last of them.
    bytes32[] lastProof;
}

/// @notice What became of a claim.
enum ClaimState {
    /// There is none.
    NONE,
    /// It has lost no match.
    LIVE,
    /// It has lost one. Its bond is gone.
    DEAD,
    /// It stood to the end, and the bond went back.
    TAKEN_BACK
}

/// @notice A claim of what the machine does with a subject. Its name is the root of its history, of which the last state
/// says whether the subject is valid.
struct Claim {
    /// Who filed it and paid the bond.
    address author;
    /// When, unix seconds.
    uint64 filedAt;
    /// Whether it says that the subject is valid.
    bool valid;
    /// What became of it.
    ClaimState state;
}

/// @notice A match of a claim "valid" against a claim "invalid": where the first difference of their histories is known to
/// be.
struct Match {
    /// The node above it in the history of the claim "valid"; zero while nobody has moved, then it is the root.
    bytes32 validNode;
    /// The node above it in the history of the claim "invalid".
    bytes32 invalidNode;
    /// Number of both nodes in their level, from the left.
    uint64 index;
    /// Their level: 38 before the first move, 0 when they are states.
    uint8 level;
    /// Moves so far. With an even number of them it is the turn of "valid", and so it is when they came down to states.
    uint8 moves;
    /// Since when it is whose turn it is, unix seconds.
    uint64 since;
    /// Seconds that "valid" has left, those of its turn included.
    uint64 validLeft;
    /// Seconds that "invalid" has left, those of its turn included.
    uint64 invalidLeft;
}

/// @notice The way from both nodes of a match down to the first difference below them.
struct Descent {
    /// Which of the nodes below it is, from the left.
    uint16 offset;
    /// The node there in the history of the claim "valid".
    bytes32 validNode;
    /// Its siblings, from there upwards.
    bytes32[] validSiblings;
    /// The node there in the history of the claim "invalid".
    bytes32 invalidNode;
    /// Its siblings, from there upwards. A sibling to the left is the same in both, so nothing before it differs.
    bytes32[] invalidSiblings;
}
