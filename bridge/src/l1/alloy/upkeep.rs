//! What is read by who looks after an exchange.

use super::{AlloyL1, history::Logs};
use crate::{
    bindings::Escape::ClaimProposed,
    error::Result,
    escape::{Freeze, Proposal},
    l1::{L1, Upkeep, Verdict, blobs::BlobSource},
    stress::{Terms, Unproven, Window},
};
use alloy::{primitives::B256, rpc::types::Filter, sol_types::SolEvent};
use ballast_batch::BatchHeader;

impl<B: BlobSource> Upkeep for AlloyL1<B> {
    async fn verdict(&self, index: u64, batch_hash: B256) -> Result<Verdict> {
        self.verdict_of(index, batch_hash).await
    }

    async fn header(&self, index: u64) -> Result<Option<BatchHeader>> {
        if index == 0 {
            return self.genesis().await.map(|(header, _)| Some(header));
        }
        Ok(self.posted(index).await?.map(|posted| posted.header))
    }

    async fn freeze(&self) -> Result<Freeze> {
        Self::freeze(self).await
    }

    async fn stress_terms(&self) -> Result<Terms> {
        self.clock().await.map(|clock| clock.terms)
    }

    async fn unproven(&self) -> Result<Unproven> {
        Self::unproven(self).await
    }

    async fn windows(&self) -> Result<Vec<Window>> {
        Self::windows(self).await
    }

    async fn claims(&self, from: u64, to: u64) -> Result<Vec<Proposal>> {
        let filter =
            Filter::new().address(self.deployment.escape).event_signature(ClaimProposed::SIGNATURE_HASH);
        let mut logs = Logs::new(filter, from, to);
        let mut found = Vec::new();
        while let Some(log) = logs.next(&self.provider).await? {
            if let Some(claim) = log.topics().get(1) {
                found.extend(self.proposal(*claim).await?);
            }
        }
        Ok(found)
    }

    async fn accepted_claim(&self) -> Result<Option<B256>> {
        Self::accepted_claim(self).await
    }
}
