//! The second opinion of the batcher: the program of the fault proof, run natively over the leaves and trees of
//! the batch before, exactly as a validator runs it.

use crate::{
    batcher::{Ledger, Shadow},
    secp::Secp256k1,
};
use ballast_batch::BatchHeader;
use ballast_oracle::Host;
use ballast_program::{Leaves, build};
use ballast_types::{Input, codec};
use std::sync::Arc;

/// Runs the program.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProgramShadow;

impl Shadow for ProgramShadow {
    fn build(
        &mut self,
        before: Ledger,
        previous: &BatchHeader,
        inputs: &[Vec<u8>],
    ) -> Result<BatchHeader, String> {
        let inputs = inputs.iter().map(|bytes| codec::decode::<Input>(bytes)).collect::<Result<Vec<_>, _>>();
        let inputs = inputs.map_err(|error| error.to_string())?;
        let oracle = Host::new(Arc::clone(before.commitment()), before);
        let leaves = Arc::new(Leaves::new(oracle, &previous.sectionRoots));
        let built = build(previous, &inputs, &leaves, &Secp256k1);
        built.map(|built| built.header).map_err(|invalid| invalid.to_string())
    }
}
