//! Chunks of inputs, and what L1 says about demands for them (`IDataDemand.sol`).

use crate::error::Result;
use alloy::primitives::{B256, U256};
use ballast_batch::chunks::{INPUT_TREE_DEPTH, chunk_proof};
use ballast_state::tree::{leaf_hash, verify};
use ballast_types::limits::INPUT_CHUNK_BYTES;

/// A chunk of a batch's inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its bytes.
    pub data: Vec<u8>,
    /// Siblings from the chunk up to the header's `inputsRoot`.
    pub proof: Vec<B256>,
}

impl Chunk {
    /// The chunk with this number of all that a batch has; `None` when it has not so many.
    #[must_use]
    pub fn of(chunks: &[Vec<u8>], chunk: u32) -> Option<Self> {
        let data = chunks.get(usize::try_from(chunk).ok()?)?.clone();
        Some(Self { data, proof: chunk_proof(chunks, chunk) })
    }

    /// Whether the proof leads from the bytes, as those of this chunk, to the root.
    #[must_use]
    pub fn is_under(&self, inputs_root: B256, chunk: u32) -> bool {
        verify(inputs_root, INPUT_TREE_DEPTH, chunk, leaf_hash(&self.data), &self.proof)
    }

    /// Whether the contract takes it as the answer to a demand for this chunk.
    #[must_use]
    pub fn answers(&self, inputs_root: B256, chunk: u32) -> bool {
        self.data.len() <= INPUT_CHUNK_BYTES && self.is_under(inputs_root, chunk)
    }
}

/// A demand as a log tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demanded {
    /// The batch.
    pub batch_hash: B256,
    /// Its number.
    pub index: u64,
    /// Which chunk.
    pub chunk: u32,
    /// The last second in which it can be shown, unix time.
    pub due: u64,
}

/// What became of a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemandState {
    /// There is none.
    None,
    /// It was not answered.
    Open {
        /// The last second in which it can be, unix time.
        due: u64,
    },
    /// The chunk was shown.
    Revealed,
    /// It was not answered, and the bond went back.
    TakenBack,
}

/// A chunk of a batch, as the contract has it on the latest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What became of the demand for it.
    pub state: DemandState,
    /// Root of the batch's chunks; zero when nothing was ever demanded of the batch.
    pub inputs_root: B256,
    /// Whether a demand of the batch was not answered in time.
    pub fallen: bool,
}

/// What demands are made by, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemandTerms {
    /// What goes with one, in wei.
    pub bond: U256,
    /// Seconds in which a chunk has to be shown.
    pub deadline: u64,
    /// Seconds that are left to dispute a batch after its last reveal.
    pub review: u64,
}

/// Gas of a reveal that is paid whatever the chunk (`RevealPrice.sol`).
const BASE_GAS: u64 = 150_000;
/// Gas that is paid for a byte of the chunk.
const GAS_PER_BYTE: u64 = 40;
/// Wei that are paid for a gas beyond the base fee.
const TIP: u64 = 1_000_000_000;

/// What showing so many bytes is paid in a block with this base fee, out of the bond of their demand; all in wei. The rest
/// of the bond goes back.
#[must_use]
pub fn reward(bond: U256, base_fee: u128, bytes: usize) -> U256 {
    let gas = U256::from(BASE_GAS) + U256::from(GAS_PER_BYTE) * U256::from(bytes);
    let each = U256::from(base_fee) * U256::from(5) / U256::from(4) + U256::from(TIP);
    gas.saturating_mul(each).min(bond)
}

/// How the demands stand, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Demands that nobody has answered yet.
    pub open: u64,
    /// When the first of them is due, unix seconds.
    pub next_due: Option<u64>,
    /// Of them, those whose chunk we do not have.
    pub lacking: u64,
    /// Reveals that were sent since the start.
    pub sent: u64,
    /// Demands that were seen unanswered when they were due, since the start: their batches have fallen.
    pub missed: u64,
}

/// The inputs of whoever answers.
pub trait Archive: Send + Sync {
    /// The chunk of the batch with this number; `None` when it is not there. It need not be that of the batch on L1.
    ///
    /// # Errors
    /// When what keeps it fails.
    fn chunk(&self, index: u64, chunk: u32) -> Result<Option<Chunk>>;

    /// How the demands stand, after every look.
    fn saw(&self, standing: &Standing);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures are those of `contracts/test/unit/RevealPay.t.sol`.
    #[test]
    fn a_reveal_is_paid_as_the_contract_does() {
        let bond = U256::from(200_000_000_000_000_000_u64);
        let paid = |base_fee, bytes| reward(bond, base_fee, bytes);
        assert_eq!(
            paid(10_000_000_000, INPUT_CHUNK_BYTES),
            U256::from(1_133_040) * U256::from(13_500_000_000_u64)
        );
        assert_eq!(paid(0, 5), U256::from(150_200) * U256::from(1_000_000_000));
        assert_eq!(paid(10_000_000_003, 5), U256::from(150_200) * U256::from(13_500_000_003_u64));
        assert_eq!(paid(5_000_000_000_000, INPUT_CHUNK_BYTES), bond);
        assert_eq!(paid(u128::MAX, usize::MAX), bond);
        // The first base fee, to the gwei, that the bond does not pay for.
        assert!(paid(140_000_000_000, INPUT_CHUNK_BYTES) < bond);
        assert_eq!(paid(141_000_000_000, INPUT_CHUNK_BYTES), bond);
    }
}
