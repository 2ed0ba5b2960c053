//! Disputes as L1 has them (`contracts/src/interfaces/IDisputeGame.sol`), and whoever argues in them.

use crate::{error::Result, l1::Call};
use alloy::primitives::{B256, U256};
use std::{future::Future, pin::Pin};

/// What was claimed of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    /// Live claims that it is valid.
    pub valid: u32,
    /// Live claims that it is invalid.
    pub invalid: u32,
    /// Whether it was decided that it is invalid.
    pub fallen: bool,
    /// The last second in which a claim "valid" can be filed, as far as stress is proven now; 0 while nobody challenged it.
    pub defence_end: u64,
    /// All claims, in the order they were filed.
    pub claims: Vec<FiledClaim>,
}

/// A claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiledClaim {
    /// Root of its history.
    pub root: B256,
    /// Whether it says that the batch is valid.
    pub valid: bool,
    /// Whether it has lost no match, and its bond has not gone back.
    pub live: bool,
    /// The 256 nodes 8 levels below the root.
    pub nodes: Vec<B256>,
}

/// A match of two live claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encounter {
    /// Level of the nodes that differ: 0 for states.
    pub level: u8,
    /// Their number in it, from the left.
    pub index: u64,
    /// Moves so far: with an even number of them it is the turn of "valid".
    pub moves: u8,
    /// The last second of the turn, as far as stress is proven now.
    pub due: u64,
    /// What the last move showed, below the node of whoever made it; empty before the first.
    pub shown: Vec<B256>,
}

/// A claim of an account's, whatever became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnClaim {
    /// The subject.
    pub hash: B256,
    /// Root of its history.
    pub root: B256,
    /// Number of the batch.
    pub index: u64,
    /// Whether it is live: then its bond is in the game.
    pub live: bool,
}

/// What a game was deployed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GameTerms {
    /// Of one claim, in wei.
    pub bond: U256,
    /// The program that decides.
    pub program_hash: B256,
}

/// Knows what is to be sent next in disputes.
pub trait Advocate: Send {
    /// The most urgent call, if there is any. What it calls for is seen on L1 once it is mined; until then it is not asked again.
    ///
    /// # Errors
    /// Those of L1.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Call>>> + Send + '_>>;

    /// L1 does not take this call now: others come before it until there is another block.
    fn refused(&mut self, call: Call);
}
