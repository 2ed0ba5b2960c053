//! The second opinion of the batcher: the program of the fault proof, run natively over the leaves and trees of
//! the batch before, exactly as a validator runs it.

use super::machine::Court;
use crate::{
    batcher::{Ledger, Shadow},
    secp::Remembering,
};
use ballast_batch::BatchHeader;
use ballast_oracle::Host;
use ballast_program::{Leaves, build};
use ballast_types::{Input, codec};
use std::sync::Arc;

/// Runs the program. The signers are those that admission recovered by the same call, where they are remembered: what
/// is looked at twice is what the program decides.
#[derive(Clone, Debug)]
pub(super) struct ProgramShadow {
    /// Recovers signers.
    pub(super) recovery: Remembering,
    /// The program on its machine, when it is asked, too.
    pub(super) court: Option<Court>,
}

impl Shadow for ProgramShadow {
    fn build(
        &mut self,
        before: Ledger,
        previous: &BatchHeader,
        inputs: &[Vec<u8>],
    ) -> Result<BatchHeader, String> {
        let decoded = inputs.iter().map(|bytes| codec::decode::<Input>(bytes)).collect::<Result<Vec<_>, _>>();
        let decoded = decoded.map_err(|error| error.to_string())?;
        let oracle = Host::new(Arc::clone(before.commitment()), before.clone());
        let leaves = Arc::new(Leaves::new(oracle, &previous.sectionRoots));
        let built = build(previous, &decoded, &leaves, &self.recovery);
        let built = built.map_err(|invalid| invalid.to_string())?;
        if let Some(court) = &self.court {
            court.judge(before, previous, &built, inputs, &self.recovery)?;
        }
        Ok(built.header)
    }
}
