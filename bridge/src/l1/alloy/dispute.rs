//! Reading disputes.

use super::{AlloyL1, call_failed, history::Logs, read::LATEST};
use crate::{
    bindings::DisputeGame::{self, ClaimFiled, Moved},
    dispute::{Dispute, Encounter, FiledClaim, GameTerms, OwnClaim},
    error::{Error, Result},
    l1::{L1, blobs::BlobSource},
};
use alloy::{
    primitives::{Address, B256, U256},
    providers::DynProvider,
    rpc::types::Filter,
    sol_types::SolEvent,
};

/// `ClaimState` of the contract.
const LIVE: u8 = 1;

impl<B: BlobSource> AlloyL1<B> {
    fn game(&self) -> DisputeGame::DisputeGameInstance<&DynProvider> {
        DisputeGame::new(self.deployment.dispute_game, &self.provider)
    }

    /// What the game was deployed with.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn game_terms(&self) -> Result<GameTerms> {
        let game = self.game();
        Ok(GameTerms {
            bond: game.bond().block(LATEST).call().await.map_err(call_failed)?,
            program_hash: game.programHash().block(LATEST).call().await.map_err(call_failed)?,
        })
    }

    /// What was claimed of a batch; of one that nobody claimed anything of, nothing.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn dispute(&self, hash: B256) -> Result<Dispute> {
        let game = self.game();
        let found = game.disputeOf(hash).block(LATEST).call().await.map_err(call_failed)?;
        if found.challengedAt == 0 {
            return Ok(Dispute::default());
        }
        let end = game.defenceEnd(hash).block(LATEST).call().await.map_err(call_failed)?;
        let mut logs = self.game_logs(ClaimFiled::SIGNATURE_HASH, |filter| filter.topic1(hash)).await?;
        let mut claims = Vec::new();
        while let Some(log) = logs.next(&self.provider).await? {
            let event = ClaimFiled::decode_log(&log.inner).map_err(unreadable)?.data;
            let state = game.claimOf(hash, event.root).block(LATEST).call().await.map_err(call_failed)?.state;
            let ClaimFiled { root, valid, nodes, .. } = event;
            claims.push(FiledClaim { root, valid, live: state == LIVE, nodes });
        }
        Ok(Dispute {
            valid: found.valid,
            invalid: found.invalid,
            fallen: found.fallen,
            defence_end: end.saturating_to(),
            claims,
        })
    }

    /// The match of two live claims.
    ///
    /// # Errors
    /// [`Error::Transport`], also when one of them is not live.
    pub async fn encounter(&self, hash: B256, valid: B256, invalid: B256) -> Result<Encounter> {
        let game = self.game();
        let found = game.matchOf(hash, valid, invalid).block(LATEST).call().await.map_err(call_failed)?;
        let due = game.due(hash, valid, invalid).block(LATEST).call().await.map_err(call_failed)?;
        let mut shown = Vec::new();
        if found.moves != 0 {
            let topics = |filter: Filter| filter.topic1(hash).topic2(valid).topic3(invalid);
            let mut logs = self.game_logs(Moved::SIGNATURE_HASH, topics).await?;
            while let Some(log) = logs.next(&self.provider).await? {
                let event = Moved::decode_log(&log.inner).map_err(unreadable)?.data;
                if event.level == found.level {
                    shown = event.nodes;
                }
            }
        }
        Ok(Encounter {
            level: found.level,
            index: found.index,
            moves: found.moves,
            due: due.saturating_to(),
            shown,
        })
    }

    /// Every claim that an account filed.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn claims_of(&self, author: Address) -> Result<Vec<OwnClaim>> {
        let game = self.game();
        let mut logs =
            self.game_logs(ClaimFiled::SIGNATURE_HASH, |filter| filter.topic3(author.into_word())).await?;
        let mut claims = Vec::new();
        while let Some(log) = logs.next(&self.provider).await? {
            let ClaimFiled { hash, root, index, .. } =
                ClaimFiled::decode_log(&log.inner).map_err(unreadable)?.data;
            let state = game.claimOf(hash, root).block(LATEST).call().await.map_err(call_failed)?.state;
            claims.push(OwnClaim { hash, root, index, live: state == LIVE });
        }
        Ok(claims)
    }

    /// What the game owes to an account, in wei.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn game_credit(&self, owner: Address) -> Result<U256> {
        self.game().credit(owner).block(LATEST).call().await.map_err(call_failed)
    }

    /// Until when a batch can be challenged: the end of its window, or of what a demand holds it for.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn challenge_end(&self, index: u64, hash: B256) -> Result<u64> {
        let window = self.rollup.windowEnd(index).block(LATEST).call().await.map_err(call_failed)?;
        let held = self.held_until(hash).await?;
        Ok(window.max(held).saturating_to())
    }

    async fn game_logs(&self, event: B256, topics: impl FnOnce(Filter) -> Filter) -> Result<Logs> {
        let filter = Filter::new().address(self.deployment.dispute_game).event_signature(event);
        Ok(Logs::new(topics(filter), self.deployment.deploy_block, self.head().await?.number))
    }
}

fn unreadable(_: alloy::sol_types::Error) -> Error {
    Error::Transport("a log of the dispute game cannot be read".to_owned())
}
