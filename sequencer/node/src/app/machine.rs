//! Batches on the machine of a dispute, before they are stored: the very binary that L1 would believe.

use crate::{
    batcher::Ledger,
    config::{ConfigError, MachineConfig},
    metrics::MachineMetrics,
};
use alloy_primitives::B256;
use alloy_sol_types::SolValue;
use ballast_auth::Recover;
use ballast_batch::{BatchHeader, chunks::chunk, data::calldata_data_hash};
use ballast_oracle::{Collector, Host};
use ballast_program::{Built, run};
use ballast_vm::{Facts, Image, Ruling, Subject};
use std::{sync::Arc, time::Instant};

/// The program on its machine, for every so many batches.
#[derive(Clone, Debug)]
pub struct Court {
    image: Image,
    every: u64,
    program_hash: B256,
    metrics: MachineMetrics,
}

impl Court {
    /// The court that the configuration asks for, if it asks for one.
    ///
    /// # Errors
    /// When the program cannot be read, or is another one than `program_hash` names.
    pub fn open(config: &MachineConfig, program_hash: B256) -> Result<Option<Self>, ConfigError> {
        let Some(path) = &config.guest else { return Ok(None) };
        let file = std::fs::read(path).map_err(|error| ConfigError::Read { path: path.clone(), error })?;
        let invalid = |why: String| ConfigError::Invalid { path: path.clone(), why };
        let mut image = Image::from_elf(&file).map_err(|error| invalid(error.to_string()))?;
        let found = image.program_hash();
        if found != program_hash {
            return Err(invalid(format!("its program hash is {found}, and program_hash is {program_hash}")));
        }
        Ok(Some(Self { image, every: config.every, program_hash, metrics: MachineMetrics::new() }))
    }

    /// Judges the batch that `inputs` make after `previous`, when it is its turn. It is judged as it would be posted in
    /// calldata, and upon the header of the batch before as it is stored: what is known at posting only is made up.
    ///
    /// # Errors
    /// What the program says against it.
    pub(super) fn judge<R: Recover>(
        &self,
        before: Ledger,
        previous: &BatchHeader,
        built: &Built,
        inputs: &[Vec<u8>],
        recover: &R,
    ) -> Result<(), String> {
        let index = built.header.index;
        if !index.is_multiple_of(self.every) {
            return Ok(());
        }
        let started = Instant::now();
        let header = BatchHeader {
            previousHash: previous.hash(),
            dataHash: calldata_data_hash(&built.diff),
            programHash: self.program_hash,
            ..built.header.clone()
        };
        let host = Host::new(Arc::clone(before.commitment()), before)
            .with_header(header.hash(), header.abi_encode())
            .with_header(previous.hash(), previous.abi_encode())
            .with_chunks(chunk(inputs));
        let (verdict, host) = run(Collector::new(host), recover, header.hash());
        verdict.map_err(|invalid| invalid.to_string())?;
        let mut facts = Facts::default();
        for preimage in host.into_collected().preimages {
            facts.add_preimage(preimage);
        }
        let ruling = Ruling::of(self.image.clone(), Subject::Batch, header.hash(), &mut facts)
            .map_err(|missing| format!("on its machine it asks for more than natively: {missing}"))?;
        let Ruling { exit, cycles } = ruling;
        let took = started.elapsed();
        self.metrics.judged(cycles, took);
        tracing::info!(batch = index, cycles, ?took, "judged on the machine");
        if ruling.is_valid() { Ok(()) } else { Err(format!("on its machine it exits with {exit}")) }
    }
}
