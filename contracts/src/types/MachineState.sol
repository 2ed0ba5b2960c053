// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The state of the machine between two instructions (docs/machine.md). Its hash is
/// `keccak256(memoryRoot || pc || cycle || halted || exitCode || x1 .. x31)`, packed, 298 bytes.
struct MachineState {
    /// Root over all memory.
    bytes32 memoryRoot;
    /// Address of the next instruction.
    uint64 pc;
    /// Cycles so far.
    uint64 cycle;
    /// Whether it stands still for ever.
    bool halted;
    /// Why; 0 while it runs.
    uint8 exitCode;
    /// Registers x1 to x31.
    uint64[31] x;
}

/// @notice What one leap needs beside the state.
struct LeapWitness {
    /// Indexes of the leaves of memory, ascending, none twice.
    uint32[] indexes;
    /// What is in them before the leap, in the order of `indexes`.
    bytes32[] leaves;
    /// Nodes that the root needs beside them: from the leaves upwards, from left to right.
    bytes32[] siblings;
    /// The preimage that the leap reads; empty when it reads none, or an empty one.
    bytes preimage;
    /// For the field element that the leap reads: the element, KZG commitment and KZG proof, 32 + 48 + 48 bytes; empty when it reads none.
    bytes opening;
}
