//! Disputes as L1 has them (`contracts/src/interfaces/IDisputeGame.sol`), and whoever argues in them.

use crate::{error::Result, l1::Call};
use alloy::primitives::{Address, B256, U256};
use std::{future::Future, pin::Pin};

/// What can be disputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Matter {
    /// Number of the batch; `None` of an escape claim.
    pub batch: Option<u64>,
    /// Its batch hash or claim hash.
    pub hash: B256,
}

/// How a dispute stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    /// Live claims that the subject is valid.
    pub valid: u32,
    /// Live claims that it is invalid.
    pub invalid: u32,
    /// Whether it was decided that it is invalid.
    pub fallen: bool,
    /// The last second in which a claim "valid" can be filed, as far as stress is proven now; 0 while nobody challenged it.
    pub defence_end: u64,
}

/// A claim, as it was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiledClaim {
    /// The block in which it was filed.
    pub block: u64,
    /// What it is of.
    pub matter: Matter,
    /// Root of its history.
    pub root: B256,
    /// Who paid the bond.
    pub author: Address,
    /// Whether it says that the subject is valid.
    pub valid: bool,
    /// The 256 nodes 8 levels below the root.
    pub nodes: Vec<B256>,
}

/// What became of a claim (`ClaimState` of the contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimState {
    /// There is none.
    None,
    /// It has lost no match, and its bond is in the game.
    Live,
    /// It has lost a match.
    Dead,
    /// Its bond went back.
    TakenBack,
}

/// A match of two live claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encounter {
    /// Level of the nodes that differ: 0 for states.
    pub level: u8,
    /// Their number in it, from the left.
    pub index: u64,
    /// Moves so far: with an even number of them, and at a state, it is the turn of "valid".
    pub moves: u8,
    /// The last second of the turn, as far as stress is proven now.
    pub due: u64,
    /// What is shown below the node of the claim whose turn it is not; empty below a state.
    pub shown: Vec<B256>,
}

impl Encounter {
    /// Whether it is the turn of the claim "valid": before its moves, and where a step is to be shown.
    #[must_use]
    pub const fn is_turn_of_valid(&self) -> bool {
        self.moves.is_multiple_of(2) || self.level == 0
    }
}

/// What a game was deployed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GameTerms {
    /// Of one claim, in wei.
    pub bond: U256,
    /// The program that decides.
    pub program_hash: B256,
}

/// Knows what is to be sent in disputes.
pub trait Advocate: Send {
    /// The most urgent call that was not given since the latest block. What it calls for is seen on L1 once it is mined; where
    /// L1 refuses it the next one is asked for.
    ///
    /// # Errors
    /// Those of L1.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Call>>> + Send + '_>>;
}
