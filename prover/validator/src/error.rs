//! What can go wrong with the validator itself. What is wrong with a batch is a [verdict](crate::verdict).

use alloy::primitives::B256;
use ballast_bridge::Severity;
use ballast_engine::GenesisError;
use std::{io, path::PathBuf};

/// What to do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Try again later.
    Temporary,
    /// Stop, and call a human.
    Critical,
}

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// L1 cannot be read.
    #[error(transparent)]
    L1(#[from] ballast_bridge::Error),
    /// The store cannot be read or written.
    #[error("the store: {0}")]
    Store(#[from] io::Error),
    /// What the store holds is not what was written there.
    #[error("{name} in the store is damaged ({reason}): remove the directory, and everything is read again")]
    Damaged {
        /// Which entry.
        name: String,
        /// What about it.
        reason: String,
    },
    /// The store is of another exchange.
    #[error("the store is of the exchange with genesis {theirs}, not {ours}")]
    ForeignStore {
        /// Hash of our genesis header.
        ours: B256,
        /// Hash of theirs.
        theirs: B256,
    },
    /// The contracts were deployed with another genesis.
    #[error("the genesis file makes the batch {ours}, and the rollup began with {theirs}")]
    ForeignGenesis {
        /// Hash of our genesis header.
        ours: B256,
        /// Hash of batch 0 on L1.
        theirs: B256,
    },
    /// No exchange can begin so.
    #[error("genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// A file of the configuration.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What about it.
        reason: String,
    },
    /// The program and the exchange say different things about a batch: one of the two has a fault, and nobody may
    /// be accused by it.
    #[error("batch {index}: the program and our own exchange disagree: {what}")]
    Disagreement {
        /// Which batch.
        index: u64,
        /// About what.
        what: String,
    },
    /// The program asks for something that is not here: nothing can be said on its machine.
    #[error("of batch {hash} not everything is here: {what}")]
    Incomplete {
        /// Which batch.
        hash: B256,
        /// What is missing.
        what: String,
    },
    /// Verdicts cannot be written.
    #[error("the verdicts cannot be written: {0}")]
    Output(#[source] io::Error),
    /// The thread that judged a batch panicked.
    #[error("the judge panicked: {0}")]
    Panicked(String),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::L1(error) => match error.severity() {
                Severity::Temporary | Severity::Reset => Class::Temporary,
                Severity::Critical => Class::Critical,
            },
            Self::Store(_)
            | Self::Damaged { .. }
            | Self::ForeignStore { .. }
            | Self::ForeignGenesis { .. }
            | Self::Genesis(_)
            | Self::File { .. }
            | Self::Disagreement { .. }
            | Self::Incomplete { .. }
            | Self::Output(_)
            | Self::Panicked(_) => Class::Critical,
        }
    }
}

/// Shorthand.
pub type Result<T, E = Error> = core::result::Result<T, E>;
