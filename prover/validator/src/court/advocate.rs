//! What is to be done on L1 about disputes: everything is read from L1 and the archive each time, so that a restart loses
//! nothing.

use super::{
    case::{Case, Data},
    moves::descend,
    papers::{filing, state, witness},
    trial::{Trace, Trial},
};
use crate::{
    archive::{Archive, Kept},
    blocking::blocking,
    error::{Error, Result},
    metrics::CourtMetrics,
};
use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use ballast_bridge::{
    bindings::DisputeGame,
    dispute::{Advocate, Dispute, Encounter, FiledClaim, GameTerms},
    l1::{Call, L1, alloy::AlloyL1, blobs::BlobSource},
};
use ballast_vm::Image;
use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};
use tracing::{error, info, warn};

/// Histories that are kept at a time: each is some 64 bytes a leap.
const HISTORIES: usize = 4;

/// What disputes may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeTerms {
    /// Most wei in bonds at a time.
    pub most: U256,
}

/// A batch that was run on the machine.
#[derive(Debug)]
struct Tried {
    trial: Trial,
    trace: Trace,
    data: Data,
}

impl Tried {
    fn is_valid(&self) -> bool {
        self.trace.last.halted && self.trace.last.exit_code == 0
    }

    fn root(&self) -> B256 {
        self.trace.history.root()
    }
}

/// Argues for what the machine says.
pub struct Court<B> {
    l1: AlloyL1<B>,
    account: Address,
    archive: Archive,
    image: Image,
    game: GameTerms,
    terms: DisputeTerms,
    tried: BTreeMap<(u64, B256), Arc<Tried>>,
    /// What L1 did not take at the block with this hash.
    refused: (B256, Vec<Call>),
    metrics: CourtMetrics,
}

impl<B: BlobSource + Clone + 'static> Court<B> {
    /// A court that judges with `image`, which is the program of `game`, and bonds ether of `account`.
    #[must_use]
    pub fn new(
        l1: AlloyL1<B>,
        account: Address,
        archive: Archive,
        image: Image,
        game: GameTerms,
        terms: DisputeTerms,
    ) -> Self {
        let metrics = CourtMetrics::new();
        let refused = Default::default();
        Self { l1, account, archive, image, game, terms, tried: BTreeMap::new(), refused, metrics }
    }

    /// The most urgent call.
    async fn act(&mut self) -> Result<Option<Call>> {
        let head = self.l1.head().await?.hash;
        if self.refused.0 != head {
            self.refused = (head, Vec::new());
        }
        let (first, count) = (self.l1.finalized_count().await?, self.l1.batch_count().await?);
        self.tried.retain(|(index, _), _| *index >= first);
        let (mut call, mut disputed, mut unjudged) = (None, 0, 0);
        for index in first.max(1)..count {
            let Some(hash) = self.l1.batch_hash(index).await? else { break };
            let dispute = self.l1.dispute(hash).await?;
            disputed += u64::from(dispute.invalid > 0);
            let judged = self.archive.judged(index, hash)?;
            unjudged += u64::from(judged.is_none() && dispute.invalid > 0);
            if call.is_some() {
                continue;
            }
            let Some(kept) = judged else {
                if dispute.invalid > 0 {
                    error!(index, %hash, "a batch is disputed, and it was not judged here: nothing is done about it");
                }
                continue;
            };
            match self.argue(index, hash, &dispute, kept).await {
                Ok(next) => call = next.filter(|call| self.may_go(call)),
                Err(Error::L1(error)) => return Err(error.into()),
                // One batch that cannot be argued about keeps none of the others.
                Err(error) => {
                    unjudged += 1;
                    error!(index, %hash, %error, "nothing is done about this batch");
                }
            }
        }
        self.metrics.at(disputed, unjudged);
        match call {
            Some(call) => Ok(Some(call)),
            None => self.take_back(count).await,
        }
    }

    /// What there is to be done about one batch.
    async fn argue(&mut self, index: u64, hash: B256, dispute: &Dispute, kept: Kept) -> Result<Option<Call>> {
        if dispute.fallen || (kept.is_valid && dispute.invalid == 0) {
            return Ok(None);
        }
        let now = self.l1.head().await?.time;
        let is_valid = kept.is_valid;
        let tried = self.tried(index, hash, kept).await?;
        if tried.is_valid() != is_valid {
            let what = format!(
                "natively it is {is_valid} that it is valid, on the machine it exits with {}",
                tried.trace.last.exit_code
            );
            return Err(Error::Disagreement { index, what });
        }
        let root = tried.root();
        let ours = dispute.claims.iter().find(|claim| claim.root == root);
        let Some(ours) = ours else { return self.file(index, hash, dispute, &tried, now).await };
        if !ours.live {
            error!(index, %hash, "our claim has lost a match, though it is right");
            return Ok(None);
        }
        let others = dispute.claims.iter().filter(|claim| claim.live && claim.valid != is_valid);
        for other in others {
            let call = self.play(hash, &tried, other, now).await?;
            if call.as_ref().is_some_and(|call| self.may_go(call)) {
                return Ok(call);
            }
        }
        let decided = !is_valid && dispute.valid == 0 && now > dispute.defence_end;
        Ok(decided.then(|| {
            info!(index, %hash, "nobody defends the wrong batch any more");
            plain(DisputeGame::concludeCall { hash }.abi_encode())
        }))
    }

    /// Files our claim, while that can be done.
    async fn file(
        &self,
        index: u64,
        hash: B256,
        dispute: &Dispute,
        tried: &Tried,
        now: u64,
    ) -> Result<Option<Call>> {
        let end = if tried.is_valid() {
            dispute.defence_end
        } else {
            self.l1.challenge_end(index, hash).await?.saturating_sub(1)
        };
        if now > end {
            warn!(index, %hash, "too late for a claim of our own");
            return Ok(None);
        }
        let bonded = self.l1.claims_of(self.account).await?.iter().filter(|claim| claim.live).count();
        if U256::from(bonded + 1) * self.game.bond > self.terms.most {
            error!(index, %hash, bonded, "no more ether may be bonded: a claim is not filed");
            return Ok(None);
        }
        let word = if tried.is_valid() { "defended" } else { "challenged" };
        info!(index, %hash, root = %tried.root(), "the batch is {word}");
        let input = DisputeGame::fileCall { filing: filing(index, hash, &tried.trace) }.abi_encode();
        Ok(Some(Call::Dispute { input: input.into(), value: self.game.bond }))
    }

    /// The next act of the match of our claim against another.
    async fn play(
        &self,
        hash: B256,
        tried: &Arc<Tried>,
        other: &FiledClaim,
        now: u64,
    ) -> Result<Option<Call>> {
        let is_valid = tried.is_valid();
        let (valid, invalid) = if is_valid { (tried.root(), other.root) } else { (other.root, tried.root()) };
        let at = self.l1.encounter(hash, valid, invalid).await?;
        if at.level == 0 {
            return self.step(hash, (valid, invalid), tried, &at).await.map(Some);
        }
        if at.moves.is_multiple_of(2) != is_valid {
            let late = now > at.due;
            return Ok(late.then(|| {
                plain(DisputeGame::expireCall { hash, validRoot: valid, invalidRoot: invalid }.abi_encode())
            }));
        }
        let theirs = if at.moves == 0 { &other.nodes } else { &at.shown };
        let Some((descent, nodes)) = descend(&tried.trace.history, is_valid, at.level, at.index, theirs)
        else {
            let what = format!("what {} shows is not the way down from level {}", other.root, at.level);
            return Err(Error::Incomplete { hash, what });
        };
        info!(%hash, against = %other.root, level = at.level, "a move");
        let call = DisputeGame::moveCall { hash, validRoot: valid, invalidRoot: invalid, descent, nodes };
        Ok(Some(plain(call.abi_encode())))
    }

    /// The step that decides.
    async fn step(
        &self,
        hash: B256,
        (valid, invalid): (B256, B256),
        tried: &Arc<Tried>,
        at: &Encounter,
    ) -> Result<Call> {
        let before = at.index.checked_sub(1).ok_or_else(|| Error::Incomplete {
            hash,
            what: "a difference in the first state, which both have proven".to_owned(),
        })?;
        let proof = tried.trace.history.proof(before).to_vec();
        let case = Arc::clone(tried);
        let (leap, data) = blocking(move || {
            let mut trial = case.trial.clone();
            Ok((trial.leap(before)?.0, case.data.clone()))
        })
        .await?;
        info!(%hash, leap = before, "the step that decides");
        let call = DisputeGame::stepCall {
            hash,
            validRoot: valid,
            invalidRoot: invalid,
            before: state(&leap.before),
            proof,
            witness: witness(&leap, &data)?,
        };
        Ok(plain(call.abi_encode()))
    }

    /// Ether that is ours again: bonds of what is decided, one at a time, and then all credit.
    async fn take_back(&self, count: u64) -> Result<Option<Call>> {
        let claims = self.l1.claims_of(self.account).await?;
        for claim in claims.iter().filter(|claim| claim.live) {
            let posted = if claim.index < count { self.l1.batch_hash(claim.index).await? } else { None };
            let is_dropped = posted != Some(claim.hash);
            let is_final = claim.index < self.l1.finalized_count().await?;
            if is_dropped || is_final || self.l1.dispute(claim.hash).await?.fallen {
                let call = DisputeGame::takeBackCall { hash: claim.hash, root: claim.root };
                let call = plain(call.abi_encode());
                if self.may_go(&call) {
                    return Ok(Some(call));
                }
            }
        }
        if self.l1.game_credit(self.account).await?.is_zero() {
            return Ok(None);
        }
        let call = plain(DisputeGame::withdrawCreditCall { to: self.account }.abi_encode());
        Ok(Some(call).filter(|call| self.may_go(call)))
    }

    /// Whether L1 did not refuse it in this block already.
    fn may_go(&self, call: &Call) -> bool {
        !self.refused.1.contains(call)
    }

    /// The batch as the machine runs it.
    async fn tried(&mut self, index: u64, hash: B256, kept: Kept) -> Result<Arc<Tried>> {
        if let Some(tried) = self.tried.get(&(index, hash)) {
            return Ok(Arc::clone(tried));
        }
        let data = self.data(&kept).await?;
        let (archive, image) = (self.archive.clone(), self.image.clone());
        let tried = blocking(move || {
            let before = archive.restore_at(index - 1)?;
            if before.header().hash() != kept.header.previousHash {
                return Err(Error::Incomplete { hash, what: "the state before it".to_owned() });
            }
            let case = Case::new(&before, kept.header, kept.chunks, data);
            let mut trial = Trial::new(image, hash, case.facts()?.1);
            let trace = trial.trace()?;
            Ok(Tried { trial, trace, data: case.data })
        })
        .await?;
        info!(index, %hash, leaps = tried.trace.history.leaps(), exit = tried.trace.last.exit_code, "run on the machine");
        while self.tried.len() >= HISTORIES {
            self.tried.pop_first();
        }
        let tried = Arc::new(tried);
        self.tried.insert((index, hash), Arc::clone(&tried));
        Ok(tried)
    }

    /// What the batch carried to L1: made of the diff that is kept, or read from there.
    async fn data(&self, kept: &Kept) -> Result<Data> {
        if let Some(data) = &kept.data {
            return Ok(data.clone());
        }
        let (index, header) = (kept.header.index, kept.header.clone());
        if kept.is_valid
            && let Some(diff) = self.archive.diff(index)?
            && let Some(data) = blocking(move || Data::of_diff(&header, &diff)).await?
        {
            return Ok(data);
        }
        let posted = self.l1.posted(index).await?.ok_or(ballast_bridge::Error::Moved)?;
        if posted.blob_hashes.is_empty() {
            return Ok(Data::Calldata);
        }
        let blobs = self.l1.blobs_of(&posted).await?;
        Ok(Data::Blobs(posted.blob_hashes.into_iter().zip(blobs).collect()))
    }
}

impl<B: BlobSource + Clone + 'static> Advocate for Court<B> {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = ballast_bridge::Result<Option<Call>>> + Send + '_>> {
        Box::pin(async {
            match self.act().await {
                Ok(call) => Ok(call),
                Err(Error::L1(error)) => Err(error),
                Err(error) => {
                    error!(%error, "nothing is done about disputes");
                    Ok(None)
                }
            }
        })
    }

    fn refused(&mut self, call: Call) {
        self.refused.1.push(call);
    }
}

impl<B> std::fmt::Debug for Court<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Court").field("account", &self.account).finish_non_exhaustive()
    }
}

fn plain(input: Vec<u8>) -> Call {
    Call::Dispute { input: input.into(), value: U256::ZERO }
}
