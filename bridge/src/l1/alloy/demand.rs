//! Reading demands for inputs, and what was shown.

use super::{AlloyL1, call_failed, history::Logs, read::LATEST};
use crate::{
    bindings::DataDemand::{self, ChunkDemanded, ChunkRevealed},
    demand::{Chunk, Demand, DemandState, DemandTerms, Demanded},
    error::{Error, Result},
    l1::{Demands, L1, Verdict, blobs::BlobSource},
};
use alloy::{
    primitives::{Address, B256, U256},
    providers::DynProvider,
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};

/// `DemandState` of the contract.
const OPEN: u8 = 1;
const REVEALED: u8 = 2;
const TAKEN_BACK: u8 = 3;

impl<B: BlobSource> Demands for AlloyL1<B> {
    async fn demands(&self, from: u64, to: u64) -> Result<Vec<Demanded>> {
        let filter = self.demand_events(ChunkDemanded::SIGNATURE_HASH);
        let mut logs = Logs::new(filter, from, to);
        let mut found = Vec::new();
        while let Some(log) = logs.next(&self.provider).await? {
            found.push(demanded(&log)?);
        }
        Ok(found)
    }

    async fn demand(&self, batch_hash: B256, chunk: u32) -> Result<Demand> {
        let contract = self.data_demand();
        let found = contract.demandOf(batch_hash, chunk).block(LATEST).call().await.map_err(call_failed)?;
        let batch = contract.batchOf(batch_hash).block(LATEST).call().await.map_err(call_failed)?;
        let fallen = contract.hasFallen(batch_hash).block(LATEST).call().await.map_err(call_failed)?;
        let state = match found.state {
            OPEN => {
                let due = contract.due(batch_hash, chunk).block(LATEST).call().await.map_err(call_failed)?;
                DemandState::Open { due: due.saturating_to() }
            }
            REVEALED => DemandState::Revealed,
            TAKEN_BACK => DemandState::TakenBack,
            _ => DemandState::None,
        };
        Ok(Demand { state, inputs_root: batch.inputsRoot, fallen })
    }

    async fn revealed(&self, batch_hash: B256, chunk: u32) -> Result<Option<Chunk>> {
        // Most questions end here: logs are not looked through for what was never shown.
        if self.demand(batch_hash, chunk).await?.state != DemandState::Revealed {
            return Ok(None);
        }
        let filter = self.demand_events(ChunkRevealed::SIGNATURE_HASH);
        let filter = filter.topic1(batch_hash).topic3(U256::from(chunk));
        let mut logs = Logs::new(filter, self.deployment.deploy_block, self.head().await?.number);
        let log = logs.next(&self.provider).await?.ok_or(Error::Moved)?;
        let unreadable = |_| Error::Transport("a ChunkRevealed log cannot be read".to_owned());
        let event = ChunkRevealed::decode_log(&log.inner).map_err(unreadable)?;
        Ok(Some(Chunk { data: event.data.data.to_vec(), proof: event.data.proof.clone() }))
    }

    async fn credit(&self) -> Result<U256> {
        self.demand_credit(self.account()?).await
    }

    async fn demand_terms(&self) -> Result<DemandTerms> {
        let contract = self.data_demand();
        Ok(DemandTerms {
            bond: contract.bond().block(LATEST).call().await.map_err(call_failed)?,
            deadline: contract.deadline().block(LATEST).call().await.map_err(call_failed)?,
            review: contract.review().block(LATEST).call().await.map_err(call_failed)?,
        })
    }
}

impl<B: BlobSource> AlloyL1<B> {
    /// From when on no demand holds a batch; 0 when nothing was demanded of it.
    pub(super) async fn held_until(&self, hash: B256) -> Result<U256> {
        self.data_demand().heldUntil(hash).block(LATEST).call().await.map_err(call_failed)
    }

    fn data_demand(&self) -> DataDemand::DataDemandInstance<&DynProvider> {
        DataDemand::new(self.deployment.data_demand, &self.provider)
    }

    fn demand_events(&self, event: B256) -> Filter {
        Filter::new().address(self.deployment.data_demand).event_signature(event)
    }

    /// What an address may pull from the demands, in wei.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn demand_credit(&self, owner: Address) -> Result<U256> {
        self.data_demand().credit(owner).block(LATEST).call().await.map_err(call_failed)
    }

    /// What the verdict of the rollup says of a batch, on the latest block.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn verdict_of(&self, index: u64, batch_hash: B256) -> Result<Verdict> {
        verdict(
            self.data_demand().ofBatch(index, batch_hash).block(LATEST).call().await.map_err(call_failed)?,
        )
    }

    /// What is said of an escape claim, on the latest block.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn verdict_of_claim(&self, claim: B256) -> Result<Verdict> {
        verdict(self.data_demand().ofClaim(claim).block(LATEST).call().await.map_err(call_failed)?)
    }
}

/// `VerdictStatus` of the contract.
fn verdict(status: u8) -> Result<Verdict> {
    match status {
        0 => Ok(Verdict::Undisputed),
        1 => Ok(Verdict::Disputed),
        2 => Ok(Verdict::Valid),
        3 => Ok(Verdict::Invalid),
        other => Err(Error::Transport(format!("a verdict is {other}"))),
    }
}

fn demanded(log: &Log) -> Result<Demanded> {
    let unreadable = |_| Error::Transport("a ChunkDemanded log cannot be read".to_owned());
    let event = ChunkDemanded::decode_log(&log.inner).map_err(unreadable)?;
    Ok(Demanded {
        batch_hash: event.batchHash,
        index: event.index,
        chunk: event.chunk,
        due: event.due.saturating_to(),
    })
}
