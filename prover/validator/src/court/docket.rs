//! Every claim that was filed on L1.

use crate::error::Result;
use alloy::primitives::{Address, B256};
use ballast_bridge::{
    dispute::{FiledClaim, Matter},
    l1::{Block, alloy::AlloyL1, blobs::BlobSource},
    sentinel::REREAD,
};
use std::collections::BTreeSet;

/// The claims up to some block.
#[derive(Debug)]
pub(super) struct Docket {
    claims: Vec<FiledClaim>,
    deploy_block: u64,
    /// The first block that was never read.
    unread: u64,
}

impl Docket {
    pub(super) const fn new(deploy_block: u64) -> Self {
        Self { claims: Vec::new(), deploy_block, unread: deploy_block }
    }

    /// Reads up to the head; the last blocks again each time, for L1 may be reorganised.
    pub(super) async fn read<B: BlobSource>(&mut self, l1: &AlloyL1<B>, head: &Block) -> Result<()> {
        let from = self.unread.saturating_sub(REREAD).max(self.deploy_block).min(head.number);
        let read = l1.filed_claims(from, head.number).await?;
        self.claims.retain(|known| known.block < from);
        self.claims.extend(read);
        self.unread = head.number.saturating_add(1);
        Ok(())
    }

    /// What was ever disputed.
    pub(super) fn matters(&self) -> BTreeSet<Matter> {
        self.claims.iter().map(|claim| claim.matter).collect()
    }

    /// The claims of one subject, in the order they were filed.
    pub(super) fn of(&self, hash: B256) -> impl Iterator<Item = &FiledClaim> {
        self.claims.iter().filter(move |claim| claim.matter.hash == hash)
    }

    /// The claim with this root.
    pub(super) fn claim(&self, hash: B256, root: B256) -> Option<&FiledClaim> {
        self.of(hash).find(|claim| claim.root == root)
    }

    /// The claims of an account.
    pub(super) fn by(&self, author: Address) -> impl Iterator<Item = &FiledClaim> {
        self.claims.iter().filter(move |claim| claim.author == author)
    }
}
