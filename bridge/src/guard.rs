//! What an account of its own does for an exchange on L1: answering demands for inputs and making them, and whatever else
//! somebody has to do. What the account of the poster has in the pool keeps none of it waiting.

#[cfg(test)]
mod tests;

use crate::{
    budget::Budget,
    collector::Collector,
    demander::{Asking, Demander},
    dispute::Advocate,
    error::{Error, Result, Severity},
    fees::FeeCaps,
    freezer::Freezer,
    l1::{Demands, L1Sender, Upkeep},
    lane::{Lane, LaneConfig, LaneState, Sent},
    rejector::Rejector,
    sentinel::{Answering, Sentinel},
    settler::{Progress, Steps, drive, tell},
    stress_prover::StressProver,
};
use alloy::primitives::U256;
use std::{future::Future, time::Duration};
use tracing::{error, warn};

/// What the account sends transactions for, the most urgent first: a batch falls by what is not shown in time, is final after what
/// is not demanded in time, windows end that are not stretched in time, and the others do not run away. What nobody can
/// undo is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Showing what is demanded.
    Answer,
    /// Demanding what is missing.
    Demand,
    /// Challenging a wrong batch, defending a right one, and what follows from it.
    Dispute,
    /// Proving stress of L1.
    Prove,
    /// Pulling what the demands owe.
    Collect,
    /// Dropping an invalid batch.
    Reject,
    /// Freezing a late exchange.
    Freeze,
}

impl Errand {
    /// All of them, by urgency.
    pub const ALL: [Self; 7] =
        [Self::Answer, Self::Demand, Self::Dispute, Self::Prove, Self::Collect, Self::Reject, Self::Freeze];

    /// As one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Demand => "demand",
            Self::Dispute => "dispute",
            Self::Prove => "stress",
            Self::Collect => "collect",
            Self::Reject => "reject",
            Self::Freeze => "freeze",
        }
    }
}

/// What became of an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A transaction was sent for it.
    Sent,
    /// Its transaction is in a block, and cost so many wei.
    Mined(U256),
    /// Its transaction is in a block, had no effect, and cost so many wei.
    Reverted(U256),
    /// It waits for L1 to become cheaper, or for another day.
    TooDear,
    /// It failed for now.
    Failed,
}

/// Who is told of errands.
pub trait Observer: Send {
    /// This became of it.
    fn saw(&self, errand: Errand, event: Event);

    /// Proofs of stress took so many wei in the last day.
    fn spent_on_stress(&self, wei: U256);
}

/// Runs errands by one account, one transaction at a time. Drive it with [`Guard::run`].
///
/// The most urgent goes first; who sent something lets the others go first then, so that none is kept waiting by another that
/// has no end. One that fails, or is too dear, keeps no other.
pub struct Guard<L> {
    lane: Lane<L>,
    sentinel: Sentinel<L>,
    demander: Option<Demander<L>>,
    /// Who argues, and the most that is offered for it.
    advocate: Option<(Box<dyn Advocate>, FeeCaps)>,
    prover: Option<StressProver<L>>,
    collector: Option<Collector<L>>,
    rejector: Option<Rejector<L>>,
    freezer: Option<Freezer<L>>,
    observer: Option<Box<dyn Observer>>,
    /// The place in [`Errand::ALL`] of who goes first.
    turn: usize,
    /// What the transaction under way is for.
    running: Option<Errand>,
}

impl<L: L1Sender + Demands + Upkeep + Clone> Guard<L> {
    /// A guard that sends as `lane` says.
    pub const fn new(l1: L, lane: LaneConfig, sentinel: Sentinel<L>, demander: Option<Demander<L>>) -> Self {
        Self {
            lane: Lane::new(l1, lane),
            sentinel,
            demander,
            advocate: None,
            prover: None,
            collector: None,
            rejector: None,
            freezer: None,
            observer: None,
            turn: 0,
            running: None,
        }
    }

    /// The same, pulling what the demands owe the account besides.
    #[must_use]
    pub fn collecting(self, collector: Collector<L>) -> Self {
        Self { collector: Some(collector), ..self }
    }

    /// The same, dropping invalid batches besides.
    #[must_use]
    pub fn rejecting(self, rejector: Rejector<L>) -> Self {
        Self { rejector: Some(rejector), ..self }
    }

    /// The same, arguing in disputes besides, if somebody can.
    #[must_use]
    pub fn disputing(self, advocate: Option<(Box<dyn Advocate>, FeeCaps)>) -> Self {
        Self { advocate, ..self }
    }

    /// The same, freezing a late exchange besides, if that is wanted.
    #[must_use]
    pub fn freezing(self, freezer: Option<Freezer<L>>) -> Self {
        Self { freezer, ..self }
    }

    /// The same, proving stress of L1 besides, if that is wanted.
    #[must_use]
    pub fn proving(self, prover: Option<StressProver<L>>) -> Self {
        Self { prover, ..self }
    }

    /// The same, telling somebody what becomes of errands.
    #[must_use]
    pub fn observed(self, observer: Box<dyn Observer>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// One step at `now`, in milliseconds of any clock that does not go back.
    ///
    /// # Errors
    /// Those of L1 and of the archive; where errands failed for now, the first of them, after all were tried. After one of [`Severity::Reset`] what was under way is forgotten already.
    pub async fn step(&mut self, now: u64) -> Result<Progress> {
        let done = self.try_step(now).await;
        match &done {
            Err(failed) if failed.severity() == Severity::Reset => self.lane.reset(),
            Err(Error::InsufficientFunds(what)) => {
                error!(
                    what,
                    "the account that answers demands has no ether: batches fall that are not shown"
                );
            }
            _ => {}
        }
        if let (Some(prover), Some(observer)) = (&mut self.prover, &self.observer) {
            observer.spent_on_stress(prover.spent(now));
        }
        done
    }

    async fn try_step(&mut self, now: u64) -> Result<Progress> {
        if let Some(progress) = self.look_after(now).await? {
            return Ok(progress);
        }
        let (mut progress, mut failed) = (Progress::Idle, None);
        for i in 0..Errand::ALL.len() {
            let place = (self.turn + i) % Errand::ALL.len();
            let errand = Errand::ALL[place];
            match self.run_errand(errand, now).await {
                Ok(Progress::Sent) => {
                    self.turn = place + 1;
                    self.running = Some(errand);
                    self.tell(errand, Event::Sent);
                    return Ok(Progress::Sent);
                }
                Ok(Progress::TooDear) => {
                    self.tell(errand, Event::TooDear);
                    progress = Progress::TooDear;
                }
                Ok(_) => {}
                Err(error) if error.severity() == Severity::Temporary => {
                    self.tell(errand, Event::Failed);
                    if failed.is_some() {
                        warn!(%error, errand = errand.word(), "trying again");
                    }
                    failed = failed.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        self.turn = 0;
        failed.map_or(Ok(progress), Err)
    }

    /// Looks after what is under way: what is to be said about it; `None` when the lane is free.
    async fn look_after(&mut self, now: u64) -> Result<Option<Progress>> {
        let state = self.lane.poll(now).await?;
        match (state, self.running) {
            (LaneState::Busy, _) if self.lane.is_outpriced() => {
                // What waits for a cheaper L1 keeps nothing that may offer more: it is outbid, or mined after all.
                self.lane.reset();
            }
            (LaneState::Mined(receipt), Some(errand)) => {
                if let (Errand::Prove, Some(prover)) = (errand, &mut self.prover) {
                    prover.mined(&receipt);
                }
                let (mined, reverted) = (Event::Mined(receipt.cost), Event::Reverted(receipt.cost));
                self.tell(errand, if receipt.success { mined } else { reverted });
            }
            _ => {}
        }
        if !matches!(state, LaneState::Busy) || !self.lane.is_under_way() {
            self.running = None;
        }
        Ok(tell(state))
    }

    async fn run_errand(&mut self, errand: Errand, now: u64) -> Result<Progress> {
        let Self { lane, sentinel, demander, advocate, prover, collector, rejector, freezer, .. } = self;
        match errand {
            Errand::Answer => Ok(match sentinel.step(lane, now).await? {
                Answering::Sent { .. } => Progress::Sent,
                Answering::TooDear => Progress::TooDear,
                Answering::Nothing => Progress::Idle,
            }),
            Errand::Demand => {
                let Some(demander) = demander else { return Ok(Progress::Idle) };
                Ok(match demander.step(lane, now).await? {
                    Asking::Sent { .. } => Progress::Sent,
                    Asking::TooDear => Progress::TooDear,
                    Asking::Nothing => Progress::Idle,
                })
            }
            Errand::Dispute => match advocate {
                Some((advocate, caps)) => argue(lane, now, advocate.as_mut(), *caps).await,
                None => Ok(Progress::Idle),
            },
            Errand::Prove => match prover {
                Some(prover) => prover.step(lane, now).await,
                None => Ok(Progress::Idle),
            },
            Errand::Collect => match collector {
                Some(collector) => collector.step(lane, now).await,
                None => Ok(Progress::Idle),
            },
            Errand::Reject => match rejector {
                Some(rejector) => rejector.step(lane, now, &sentinel.missed()).await,
                None => Ok(Progress::Idle),
            },
            Errand::Freeze => match freezer {
                Some(freezer) => freezer.step(lane, now).await,
                None => Ok(Progress::Idle),
            },
        }
    }

    fn tell(&self, errand: Errand, event: Event) {
        if let Some(observer) = &self.observer {
            observer.saw(errand, event);
        }
    }

    /// Steps every `interval` until `stop` resolves, or an error is critical.
    ///
    /// # Errors
    /// The first critical one.
    pub async fn run(&mut self, interval: Duration, stop: impl Future<Output = ()> + Send) -> Result<()> {
        drive(self, interval, stop).await
    }
}

/// Acts in disputes that L1 refuses, in one step.
const MOST_REFUSED: usize = 8;

/// Sends what the advocate wants sent, through the lane, which must be free.
async fn argue<L: L1Sender>(
    lane: &mut Lane<L>,
    now: u64,
    advocate: &mut dyn Advocate,
    caps: FeeCaps,
) -> Result<Progress> {
    for _ in 0..MOST_REFUSED {
        let Some(call) = advocate.next().await? else { return Ok(Progress::Idle) };
        match lane.send_within(now, call, Budget::flat(caps)).await {
            Ok(Sent::Pooled(_)) => return Ok(Progress::Sent),
            Ok(Sent::TooDear) => return Ok(Progress::TooDear),
            // Somebody was quicker, or L1 has moved; what is refused for long keeps no other act waiting.
            Err(Error::Reverted { reason, .. }) => {
                warn!(reason, "L1 does not take it now");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Progress::Idle)
}

impl<L: L1Sender + Demands + Upkeep + Clone> Steps for Guard<L> {
    async fn step(&mut self, now: u64) -> Result<Progress> {
        Self::step(self, now).await
    }
}

impl<L: std::fmt::Debug> std::fmt::Debug for Guard<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("lane", &self.lane)
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}
