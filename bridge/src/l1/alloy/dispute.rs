//! Reading disputes. All of it is of the latest block.

use super::{AlloyL1, call_failed, history::Logs, read::LATEST};
use crate::{
    bindings::DisputeGame::{self, BondCollected, ClaimFiled, Moved},
    dispute::{ClaimState, Dispute, Encounter, FiledClaim, GameTerms, Matter},
    error::{Error, Result},
    l1::{L1, blobs::BlobSource},
};
use alloy::{
    primitives::{Address, B256, U256},
    providers::DynProvider,
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};

/// `Subject.BATCH` of the contract.
const BATCH: u8 = 1;

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

    /// The claims that were filed in the blocks `from` to `to` of the canonical chain, both included, in order.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn filed_claims(&self, from: u64, to: u64) -> Result<Vec<FiledClaim>> {
        let mut logs = self.game_logs(ClaimFiled::SIGNATURE_HASH, from, to, |filter| filter);
        let mut claims = Vec::new();
        while let Some(log) = logs.next(&self.provider).await? {
            claims.push(filed(&log)?);
        }
        Ok(claims)
    }

    /// How the dispute about a subject stands.
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
        let DisputeGame::Dispute { valid, invalid, fallen, .. } = found;
        Ok(Dispute { valid, invalid, fallen, defence_end: end.saturating_to() })
    }

    /// What became of a claim.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn claim_state(&self, hash: B256, root: B256) -> Result<ClaimState> {
        let found = self.game().claimOf(hash, root).block(LATEST).call().await.map_err(call_failed)?;
        match found.state {
            0 => Ok(ClaimState::None),
            1 => Ok(ClaimState::Live),
            2 => Ok(ClaimState::Dead),
            3 => Ok(ClaimState::TakenBack),
            other => Err(Error::Transport(format!("the state of a claim is {other}"))),
        }
    }

    /// The match of two live claims.
    ///
    /// # Errors
    /// [`Error::Moved`] when one of them is not live; [`Error::Transport`].
    pub async fn encounter(&self, valid: &FiledClaim, invalid: &FiledClaim) -> Result<Encounter> {
        let (game, hash) = (self.game(), valid.matter.hash);
        for claim in [valid, invalid] {
            if self.claim_state(hash, claim.root).await? != ClaimState::Live {
                return Err(Error::Moved);
            }
        }
        let found =
            game.matchOf(hash, valid.root, invalid.root).block(LATEST).call().await.map_err(call_failed)?;
        let due = game.due(hash, valid.root, invalid.root).block(LATEST).call().await.map_err(call_failed)?;
        let mut shown = invalid.nodes.clone();
        if found.moves != 0 {
            let (from, to) = (valid.block.max(invalid.block), self.head().await?.number);
            let topics = |filter: Filter| filter.topic1(hash).topic2(valid.root).topic3(invalid.root);
            let mut logs = self.game_logs(Moved::SIGNATURE_HASH, from, to, topics);
            shown.clear();
            while let Some(log) = logs.next(&self.provider).await? {
                let event = Moved::decode_log(&log.inner).map_err(unreadable)?.data;
                if event.level == found.level {
                    shown = event.nodes;
                }
            }
        }
        let DisputeGame::Match { level, index, moves, .. } = found;
        Ok(Encounter { level, index, moves, due: due.saturating_to(), shown })
    }

    /// What the game owes to an account, in wei.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn game_credit(&self, owner: Address) -> Result<U256> {
        self.game().credit(owner).block(LATEST).call().await.map_err(call_failed)
    }

    /// The last second in which a subject can be challenged by a claim that comes first. `None` when it cannot be any more,
    /// whatever the time: there is no such subject, or nothing about it is open.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn challenge_end(&self, matter: Matter) -> Result<Option<u64>> {
        let end = match matter.batch {
            Some(index) => {
                let window = self.rollup.windowEnd(index).block(LATEST).call().await.map_err(call_failed)?;
                window.max(self.held_until(matter.hash).await?)
            }
            None if self.accepted_claim().await?.is_some() => return Ok(None),
            None => self.escape().windowEnd(matter.hash).block(LATEST).call().await.map_err(call_failed)?,
        };
        Ok(end.saturating_to::<u64>().checked_sub(1))
    }

    /// Whether what an escape claim cost that fell was paid to who challenged it, since the block `from`.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn is_collected(&self, claim: B256, from: u64) -> Result<bool> {
        let to = self.head().await?.number;
        let mut logs = self.game_logs(BondCollected::SIGNATURE_HASH, from, to, |filter| filter.topic1(claim));
        Ok(logs.next(&self.provider).await?.is_some())
    }

    fn game_logs(&self, event: B256, from: u64, to: u64, topics: impl FnOnce(Filter) -> Filter) -> Logs {
        let filter = Filter::new().address(self.deployment.dispute_game).event_signature(event);
        Logs::new(topics(filter), from, to)
    }
}

fn filed(log: &Log) -> Result<FiledClaim> {
    let ClaimFiled { hash, root, author, subject, index, valid, nodes } =
        ClaimFiled::decode_log(&log.inner).map_err(unreadable)?.data;
    let block = log.block_number.ok_or(Error::Moved)?;
    let matter = Matter { batch: (subject == BATCH).then_some(index), hash };
    Ok(FiledClaim { block, matter, root, author, valid, nodes })
}

fn unreadable(_: alloy::sol_types::Error) -> Error {
    Error::Transport("a log of the dispute game cannot be read".to_owned())
}
