//! Watches the end of the exchange on L1: whether it is late, so that anybody may freeze it, and once it is frozen, whether the
//! claims by which everybody is to be paid are what its last final state comes to. It takes no key, and sends nothing.

use crate::{
    Result,
    archive::Archive,
    metrics::WatchMetrics,
    status::{Board, Claim, Opinion, Progress, Status},
};
use alloy::primitives::B256;
use ballast_bridge::{
    escape::{Proposal, Reason},
    l1::{Block, Upkeep},
    sentinel::REREAD,
};
use ballast_engine::Escape;
use std::{collections::BTreeMap, time::Duration};
use tracing::{error, info, warn};

/// Watches. Ask it with [`Watch::step`].
#[derive(Debug)]
pub struct Watch<L> {
    l1: L,
    archive: Archive,
    board: Board,
    deploy_block: u64,
    /// Whether the exchange is frozen by this process when it is late.
    freezes: bool,
    looked_at: Option<B256>,
    /// The first block whose claims were never read.
    unread: u64,
    /// The last final batch and the claim on the state after it.
    ours: Option<(B256, B256)>,
    /// What was told, so that it is not told again.
    told_late: Option<Reason>,
    told: BTreeMap<B256, (Opinion, bool)>,
    told_unknown: Option<B256>,
    /// In the order in which they were proposed.
    claims: Vec<Proposal>,
    metrics: WatchMetrics,
}

impl<L: Upkeep> Watch<L> {
    /// A watch over the exchange that was deployed in `deploy_block`, by the states in `archive`. What it sees it puts on `board`;
    /// `freezes` says whether somebody acts upon a late exchange.
    #[must_use]
    pub fn new(l1: L, archive: Archive, board: Board, deploy_block: u64, freezes: bool) -> Self {
        Self {
            l1,
            archive,
            board,
            deploy_block,
            freezes,
            looked_at: None,
            unread: deploy_block,
            ours: None,
            told_late: None,
            told: BTreeMap::new(),
            told_unknown: None,
            claims: Vec::new(),
            metrics: WatchMetrics::new(),
        }
    }

    /// Looks once in a block.
    ///
    /// # Errors
    /// Those of L1 and of the store.
    pub async fn step(&mut self) -> Result<()> {
        let head = self.l1.head().await?;
        if self.looked_at == Some(head.hash) {
            return Ok(());
        }
        let freeze = self.l1.freeze().await?;
        let progress = Progress {
            posted: self.l1.batch_count().await?.saturating_sub(1),
            last_final: self.l1.finalized_count().await?.saturating_sub(1),
            last_valid: self.archive.last_valid()?,
        };
        let possible = freeze.possible_at(head.time);
        self.tell_late(possible);
        let mut status = Status { progress, freeze, possible, ours: None, claims: Vec::new() };
        if freeze.settled {
            self.read(&head).await?;
            status.ours = self.ours().await?;
            status.claims = self.judge(status.ours).await?;
            self.tell_claims(&status);
        }
        self.metrics.saw(&status);
        self.board.set(status);
        self.looked_at = Some(head.hash);
        Ok(())
    }

    /// Steps every `poll`, for ever. What fails is tried again.
    pub async fn run(mut self, poll: Duration) {
        loop {
            if let Err(error) = self.step().await {
                warn!(%error, "the end of the exchange cannot be looked at: trying again");
            }
            tokio::time::sleep(poll).await;
        }
    }

    fn tell_late(&mut self, possible: Option<Reason>) {
        if let Some(reason) = possible.filter(|_| self.told_late != possible) {
            if self.freezes {
                error!(%reason, "the exchange is late: it is about to be frozen for ever");
            } else {
                error!(
                    %reason,
                    "the exchange is late: anybody may freeze it for ever, and this validator does not. `bridge freeze` \
                     does, and so does a validator with a key and --freeze"
                );
            }
        }
        self.told_late = possible;
    }

    /// Reads the claims up to the head; the last blocks again each time, for L1 may be reorganised.
    async fn read(&mut self, head: &Block) -> Result<()> {
        let from = self.unread.saturating_sub(REREAD).max(self.deploy_block).min(head.number);
        let since = self.l1.block(from).await?.ok_or(ballast_bridge::Error::Moved)?.time;
        let read = self.l1.claims(from, head.number).await?;
        self.claims.retain(|known| known.proposed_at < since);
        self.claims.extend(read);
        self.unread = head.number.saturating_add(1);
        Ok(())
    }

    /// The claim on the state after the last final batch; `None` where that state is not known here.
    async fn ours(&mut self) -> Result<Option<B256>> {
        let last = self.l1.finalized_count().await?.saturating_sub(1);
        let hash = self.l1.batch_hash(last).await?.ok_or(ballast_bridge::Error::Moved)?;
        if let Some((_, claim)) = self.ours.filter(|(batch, _)| *batch == hash) {
            return Ok(Some(claim));
        }
        if self.archive.hash(last)? != Some(hash) {
            if self.told_unknown != Some(hash) {
                warn!(
                    batch = last,
                    "the last final batch was not found valid here, or not yet: no claim can be judged"
                );
                self.told_unknown = Some(hash);
            }
            return Ok(None);
        }
        let archive = self.archive.clone();
        let computed = tokio::task::spawn_blocking(move || compute(&archive, last, hash)).await;
        let claim = computed.map_err(|error| crate::Error::Panicked(error.to_string()))??;
        self.ours = claim.map(|claim| (hash, claim));
        Ok(claim)
    }

    async fn judge(&self, ours: Option<B256>) -> Result<Vec<Claim>> {
        let accepted = self.l1.accepted_claim().await?;
        let judged = self.claims.iter().map(|proposal| {
            let hash = proposal.claim.hash();
            let opinion = match ours {
                None => Opinion::Unjudged,
                Some(ours) if ours == hash => Opinion::Right,
                Some(_) => Opinion::Wrong,
            };
            Claim { hash, proposer: proposal.proposer, opinion, accepted: accepted == Some(hash) }
        });
        Ok(judged.collect())
    }

    /// Says what is thought of claims, when it is thought first.
    fn tell_claims(&mut self, status: &Status) {
        for claim in &status.claims {
            let Claim { hash, proposer, opinion, accepted } = *claim;
            if self.told.insert(hash, (opinion, accepted)) == Some((opinion, accepted)) {
                continue;
            }
            match (opinion, accepted) {
                (Opinion::Right, false) => info!(claim = %hash, %proposer, "an escape claim is right"),
                (Opinion::Right, true) => info!(claim = %hash, "the right escape claim was accepted"),
                (Opinion::Unjudged, _) => {
                    warn!(claim = %hash, %proposer, accepted, "an escape claim cannot be judged here")
                }
                (Opinion::Wrong, false) => error!(
                    claim = %hash, %proposer, ours = ?status.ours,
                    "an escape claim is WRONG. A validator with a key and the program challenges it; propose and accept the \
                     right one with `bridge escape`"
                ),
                (Opinion::Wrong, true) => error!(
                    claim = %hash, %proposer, ours = ?status.ours,
                    "a WRONG escape claim was accepted: everybody is paid by it. Warn everybody"
                ),
            }
        }
    }
}

/// The claim on the state after this batch, when that is kept.
fn compute(archive: &Archive, index: u64, batch: B256) -> Result<Option<B256>> {
    let replica = archive.restore_at(index)?;
    if replica.header().hash() != batch {
        return Ok(None);
    }
    Ok(Some(Escape::of(&replica.ledger().exit_leaves()).claim(batch).hash()))
}
