//! All that the program asks for when it judges a batch.

use super::shown::Shown;
use crate::{
    error::{Error, Result},
    ledger::Ledger,
    published::Published,
    recovered::Recovered,
    replica::Replica,
    source::Chunk,
};
use alloy::{consensus::SidecarBuilder, consensus::SimpleCoder, eips::eip4844::Blob, primitives::B256};
use alloy_sol_types::SolValue;
use ballast_batch::{
    BatchHeader,
    chunks::unchunk,
    data::{BLOBS, CALLDATA, blobs_data_hash, calldata_data_hash, diff_hash},
};
use ballast_bridge::data::{open_blobs, versioned_hash};
use ballast_oracle::{Collected, Collector, Host};
use ballast_program::{Invalid, run};
use ballast_types::{Input, codec};
use ballast_vm::{BlobElement, Facts};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// What a batch carried to L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// Calldata.
    Calldata,
    /// Blobs, by their versioned hashes.
    Blobs(Vec<(B256, Blob)>),
}

impl Data {
    /// The data that a diff makes when it is carried as `header` says; `None` when the header commits to something else.
    ///
    /// # Errors
    /// When the library for KZG fails.
    pub fn of_diff(header: &BatchHeader, diff: &[u8]) -> Result<Option<Self>> {
        if header.dataHash == calldata_data_hash(diff) {
            return Ok(Some(Self::Calldata));
        }
        let mut named = Vec::new();
        for blob in SidecarBuilder::<SimpleCoder>::from_slice(diff).take() {
            named.push((versioned_hash(&blob)?, blob));
        }
        let hashes: Vec<_> = named.iter().map(|(hash, _)| *hash).collect();
        Ok((blobs_data_hash(&hashes) == header.dataHash).then_some(Self::Blobs(named)))
    }

    /// What `dataHash` is of. In calldata L1 has compared it with `diffHash`.
    fn preimage(&self, header: &BatchHeader) -> Vec<u8> {
        match self {
            Self::Calldata => [&[CALLDATA], header.diffHash.as_slice()].concat(),
            Self::Blobs(blobs) => {
                blobs.iter().fold(vec![BLOBS], |bytes, (hash, _)| [&bytes, hash.as_slice()].concat())
            }
        }
    }

    /// What the blobs hold; `None` of calldata, which L1 itself keeps.
    pub(crate) fn published(&self, header: &BatchHeader) -> Option<Published> {
        let Self::Blobs(named) = self else { return None };
        let blobs: Vec<_> = named.iter().map(|(_, blob)| *blob).collect();
        Some(match open_blobs(&blobs) {
            None => Published::NoDiff("the blobs hold no diff"),
            Some(diff) if diff_hash(&diff) != header.diffHash => {
                Published::NoDiff("what is there has another diffHash")
            }
            Some(diff) => Published::Diff(diff),
        })
    }

    /// The blobs, for who reads elements of them.
    #[must_use]
    pub fn blobs(&self) -> &[(B256, Blob)] {
        match self {
            Self::Calldata => &[],
            Self::Blobs(blobs) => blobs,
        }
    }
}

/// A batch, and the state that it builds on.
#[derive(Debug)]
pub struct Case {
    /// Its header.
    pub header: BatchHeader,
    /// The chunks of its inputs with their proofs; the last one may be longer than chunks are, and then those behind it are
    /// not here.
    pub chunks: Vec<Chunk>,
    /// What it carried to L1.
    pub data: Data,
    previous: BatchHeader,
    ledger: Ledger,
    separator: B256,
}

impl Case {
    /// The case of a batch after `before`.
    #[must_use]
    pub fn new(before: &Replica, header: BatchHeader, chunks: Vec<Chunk>, data: Data) -> Self {
        Self {
            header,
            chunks,
            data,
            previous: before.header().clone(),
            ledger: before.ledger().clone(),
            separator: before.separator(),
        }
    }

    /// What the program says natively, and everything that it asked for.
    ///
    /// # Errors
    /// [`Error::Incomplete`] when it asks for something that is not here.
    pub fn facts(&self) -> Result<(std::result::Result<(), Invalid>, Facts)> {
        let (header, previous) = (&self.header, &self.previous);
        let blobs = self.data.blobs().iter().map(|(hash, blob)| (*hash, blob.to_vec())).collect();
        let host = Host::new(Arc::clone(self.ledger.commitment()), self.ledger.clone())
            .with_header(header.hash(), header.abi_encode())
            .with_header(previous.hash(), previous.abi_encode())
            .with_data(header.dataHash, self.data.preimage(header), blobs);
        let chunks: Vec<_> = self.chunks.iter().map(|chunk| &chunk.data).collect();
        let encoded = unchunk(&chunks).unwrap_or_default();
        let inputs = encoded
            .iter()
            .map(|bytes| codec::decode::<Input>(bytes))
            .collect::<std::result::Result<Vec<_>, _>>();
        let recovered = Recovered::of(&inputs.unwrap_or_default(), self.separator);
        let (hash, oracle) = (header.hash(), Collector::new(Shown::new(host, &self.chunks)));
        recorded(hash, || {
            let (verdict, oracle) = run(oracle, &recovered, hash);
            (verdict.map(|_| ()), oracle.into_collected())
        })
    }
}

/// What a native run says, and what it asked for.
///
/// # Errors
/// [`Error::Incomplete`] when something was withheld from it.
pub(super) fn recorded(
    hash: B256,
    run: impl FnOnce() -> (std::result::Result<(), Invalid>, Collected),
) -> Result<(std::result::Result<(), Invalid>, Facts)> {
    // The program panics when something is withheld: then nothing can be said, and nobody is accused.
    let ran = catch_unwind(AssertUnwindSafe(run));
    let what = "the program asks for something that is not kept".to_owned();
    let (verdict, collected) = ran.map_err(|_| Error::Incomplete { hash, what })?;
    Ok((verdict, facts_of(collected)))
}

fn facts_of(collected: Collected) -> Facts {
    let mut facts = Facts::default();
    for preimage in collected.preimages {
        facts.add_preimage(preimage);
    }
    for (versioned_hash, index, element) in collected.elements {
        let index = u16::try_from(index).expect("a blob has 4,096 elements");
        facts.add_blob_element(BlobElement { versioned_hash, index, element });
    }
    facts
}
