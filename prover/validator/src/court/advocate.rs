//! Who argues: reads once in a block what is disputed and how it stands, and knows what to send about it, the most urgent
//! first. Everything is read from L1 and the archive, so that a restart loses nothing.

use super::{
    bonds::owed,
    calls::call,
    docket::Docket,
    runs::Runs,
    standing::{Act, Plight, Standing},
};
use crate::{
    archive::Archive,
    error::{Error, Result},
    metrics::CourtMetrics,
    status::{Argued, Board, Opinion},
};
use alloy::primitives::{Address, B256, U256};
use ballast_bridge::{
    dispute::{Advocate, ClaimState, Dispute, GameTerms, Matter},
    l1::{Block, Call, L1, alloy::AlloyL1, blobs::BlobSource},
};
use ballast_vm::Image;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::Future,
    pin::Pin,
};
use tracing::{error, info};

/// What disputes may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeTerms {
    /// Most wei in bonds at a time.
    pub most: U256,
}

/// Argues for what the machine says.
pub struct Court<B> {
    l1: AlloyL1<B>,
    account: Address,
    archive: Archive,
    board: Board,
    game: GameTerms,
    terms: DisputeTerms,
    docket: Docket,
    runs: Runs<B>,
    /// The block by which the next two were made.
    planned: B256,
    acts: VecDeque<(Matter, Act)>,
    owed: VecDeque<Call>,
    /// What was said of plights, so that it is not said again.
    told: BTreeSet<(B256, Plight)>,
    metrics: CourtMetrics,
}

impl<B: BlobSource + Clone> Court<B> {
    /// A court that judges with `image`, which is the program of `game`, and bonds ether of `account`. What is thought of escape
    /// claims it reads from `board`, and hangs up there how disputes stand.
    #[must_use]
    pub fn new(
        l1: AlloyL1<B>,
        account: Address,
        (archive, board): (Archive, Board),
        image: Image,
        game: GameTerms,
        terms: DisputeTerms,
    ) -> Self {
        Self {
            docket: Docket::new(l1.deployment().deploy_block),
            runs: Runs::new(l1.clone(), archive.clone(), image),
            l1,
            account,
            archive,
            board,
            game,
            terms,
            planned: B256::ZERO,
            acts: VecDeque::new(),
            owed: VecDeque::new(),
            told: BTreeSet::new(),
            metrics: CourtMetrics::new(),
        }
    }

    /// The most urgent call that was not given since the latest block.
    async fn most_urgent(&mut self) -> Result<Option<Call>> {
        let head = self.l1.head().await?;
        if self.planned != head.hash {
            self.plan(&head).await?;
            self.planned = head.hash;
        }
        while let Some((matter, act)) = self.acts.pop_front() {
            info!(hash = %matter.hash, batch = matter.batch, act = act.word(), "in a dispute");
            let run = self.runs.run(matter).await?;
            match call(matter, &run, act, self.game.bond).await {
                Ok(call) => return Ok(Some(call)),
                // One match that cannot be played keeps none of the others.
                Err(error) => error!(hash = %matter.hash, %error, "an act cannot be made"),
            }
        }
        Ok(self.owed.pop_front())
    }

    /// Reads how everything stands, and says what is to be done, the most urgent first.
    async fn plan(&mut self, head: &Block) -> Result<()> {
        self.docket.read(&self.l1, head).await?;
        let matters = self.matters().await?;
        self.runs.keep_only(|hash| matters.keys().any(|matter| matter.hash == *hash));
        let (calls, mut bonded) = owed(&self.l1, &self.docket, self.account).await?;
        let (mut acts, mut argued) = (Vec::new(), Vec::new());
        for (matter, is_valid) in matters {
            let dispute = self.l1.dispute(matter.hash).await?;
            let mut said = Argued { matter, is_valid, dispute, ours: None, next: None, trouble: None };
            match self.standing(matter, is_valid, dispute, head.time).await {
                Ok(Some(standing)) => {
                    said.ours = standing.ours;
                    let (next, plight) = standing.acts();
                    said.trouble = plight.map(|plight| self.tell(matter, plight));
                    said.next = next.iter().min_by_key(|(by, _)| *by).map(|(by, act)| (act.word(), *by));
                    for (by, act) in next {
                        if act == Act::File && !self.may_bond(&mut bonded) {
                            said.trouble = Some("no more ether may be bonded".to_owned());
                            error!(hash = %matter.hash, bonded, "no more ether may be bonded: a claim is not filed");
                        } else {
                            acts.push((by, matter, act));
                        }
                    }
                }
                Ok(None) => {}
                Err(Error::L1(error)) => return Err(error.into()),
                Err(error) => {
                    error!(hash = %matter.hash, batch = matter.batch, %error, "nothing is done about a dispute");
                    said.trouble = Some(error.to_string());
                }
            }
            argued.push(said);
        }
        acts.sort_by_key(|(by, ..)| *by);
        self.acts = acts.into_iter().map(|(_, matter, act)| (matter, act)).collect();
        self.owed = calls.into();
        self.metrics.at(&argued);
        self.board.set_disputes(argued);
        Ok(())
    }

    /// What is disputed on L1 now or should be, and whether it is valid; `None` where that is not known here.
    async fn matters(&self) -> Result<BTreeMap<Matter, Option<bool>>> {
        let (first, count) = (self.l1.finalized_count().await?, self.l1.batch_count().await?);
        let wrong = self
            .archive
            .wrong(first..count)?
            .into_iter()
            .map(|(index, hash)| Matter { batch: Some(index), hash });
        let mut found = BTreeMap::new();
        for matter in self.docket.matters().into_iter().chain(wrong) {
            let Some(index) = matter.batch.filter(|index| (first..count).contains(index)) else { continue };
            if self.l1.batch_hash(index).await? == Some(matter.hash) {
                found.insert(matter, self.archive.opinion(index, matter.hash)?);
            }
        }
        let claims = self.board.get().map(|status| status.claims).unwrap_or_default();
        found.extend(claims.iter().map(|claim| {
            let is_valid = (claim.opinion != Opinion::Unjudged).then_some(claim.opinion == Opinion::Right);
            (Matter { batch: None, hash: claim.hash }, is_valid)
        }));
        Ok(found)
    }

    /// How a dispute stands for the right side; `None` when there is nothing to argue about.
    async fn standing(
        &mut self,
        matter: Matter,
        is_valid: Option<bool>,
        dispute: Dispute,
        now: u64,
    ) -> Result<Option<Standing>> {
        let (hash, is_disputed) = (matter.hash, dispute.invalid > 0);
        let outrun = matter.batch.is_none() && !is_disputed && self.l1.accepted_claim().await?.is_some();
        if dispute.fallen || outrun || (is_valid != Some(false) && !is_disputed) {
            return Ok(None);
        }
        let Some(is_valid) = is_valid else {
            return Err(Error::Incomplete { hash, what: "it was not judged here".to_owned() });
        };
        let right = self.runs.right(matter, is_valid).await?;
        let (mut ours, mut challenge_end, mut matches) = (None, None, Vec::new());
        match self.docket.claim(hash, right.root) {
            None if is_valid => {}
            None => challenge_end = self.l1.challenge_end(matter).await?,
            Some(own) => {
                let live = self.l1.claim_state(hash, own.root).await? == ClaimState::Live;
                ours = Some(live);
                for other in self.docket.of(hash).filter(|other| live && other.valid != is_valid) {
                    if self.l1.claim_state(hash, other.root).await? == ClaimState::Live {
                        let (valid, invalid) = if is_valid { (own, other) } else { (other, own) };
                        matches.push((other.root, self.l1.encounter(valid, invalid).await?));
                    }
                }
            }
        }
        Ok(Some(Standing { is_valid, dispute, ours, challenge_end, matches, now }))
    }

    /// Whether one more bond may go into the game, which it does then.
    fn may_bond(&self, bonded: &mut usize) -> bool {
        *bonded += 1;
        U256::from(*bonded) * self.game.bond <= self.terms.most
    }

    /// Says a plight once.
    fn tell(&mut self, matter: Matter, plight: Plight) -> String {
        if self.told.insert((matter.hash, plight)) {
            error!(hash = %matter.hash, batch = matter.batch, "{}", plight.sentence());
        }
        plight.sentence().to_owned()
    }
}

impl<B: BlobSource + Clone> Advocate for Court<B> {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = ballast_bridge::Result<Option<Call>>> + Send + '_>> {
        Box::pin(async {
            match self.most_urgent().await {
                Ok(call) => Ok(call),
                Err(Error::L1(error)) => Err(error),
                Err(error) => {
                    error!(%error, "nothing is done about disputes");
                    Ok(None)
                }
            }
        })
    }
}

impl<B> std::fmt::Debug for Court<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Court").field("account", &self.account).finish_non_exhaustive()
    }
}
