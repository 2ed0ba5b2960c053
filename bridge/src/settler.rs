//! Posting and finalizing by one account, one after the other, and the loop that drives them. Where no other account
//! answers demands for inputs, this one does so in between.

use crate::{
    error::{Error, Result, Severity},
    finalizer::{Finalizer, Finalizing},
    l1::{Call, Demands, L1Sender},
    lane::{Lane, LaneConfig, LaneState, Sent},
    poster::{Outbox, Poster, Posting},
    sentinel::{Answering, Sentinel},
};
use std::{future::Future, time::Duration};
use tokio::time::Instant;
use tracing::{error, info, warn};

/// What a step found or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is to be done.
    Idle,
    /// A transaction is under way.
    Waiting,
    /// A transaction came into a block.
    Mined,
    /// A transaction came into a block and had no effect.
    Reverted,
    /// Something was sent.
    Sent,
    /// Something waits for L1 to become cheaper.
    TooDear,
}

/// What the account sends transactions for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    Answer,
    Post,
    Finalize,
}

impl Errand {
    const fn next(self) -> Self {
        match self {
            Self::Answer => Self::Post,
            Self::Post => Self::Finalize,
            Self::Finalize => Self::Answer,
        }
    }

    /// All of them, this one first.
    const fn round(self) -> [Self; 3] {
        [self, self.next(), self.next().next()]
    }
}

/// Posts and finalizes by one account, and answers demands, in turns: neither a backlog of batches, nor one of windows that
/// are over, nor demands without end keep the others waiting.
#[derive(Debug)]
pub struct Settler<L, O> {
    lane: Lane<L>,
    poster: Poster<L, O>,
    finalizer: Finalizer<L>,
    sentinel: Option<Sentinel<L>>,
    /// Who goes first.
    turn: Errand,
}

impl<L: L1Sender + Demands + Clone, O: Outbox> Settler<L, O> {
    /// A settler that sends as `lane` says.
    pub fn new(l1: L, lane: LaneConfig, poster: Poster<L, O>) -> Self {
        let (lane, finalizer) = (Lane::new(l1.clone(), lane), Finalizer::new(l1));
        Self { lane, poster, finalizer, sentinel: None, turn: Errand::Answer }
    }

    /// The same, answering demands besides.
    #[must_use]
    pub fn answering(self, sentinel: Sentinel<L>) -> Self {
        Self { sentinel: Some(sentinel), ..self }
    }

    /// One step at `now`, in milliseconds of any clock that does not go back. Whoever sent last lets the others go
    /// first, and where one of them fails for now the others are tried.
    ///
    /// # Errors
    /// Those of the poster and of L1. After one of [`Severity::Reset`] what was under way is forgotten already.
    pub async fn step(&mut self, now: u64) -> Result<Progress> {
        let done = self.try_step(now).await;
        if done.as_ref().is_err_and(|e| e.severity() == Severity::Reset) {
            self.lane.reset();
        }
        done
    }

    async fn try_step(&mut self, now: u64) -> Result<Progress> {
        if let Some(progress) = look_after(&mut self.lane, now).await? {
            return if progress == Progress::Waiting { self.follow(now).await } else { Ok(progress) };
        }
        let (mut progress, mut closed, mut failed) = (Progress::Idle, false, None);
        for errand in self.turn.round() {
            // What cannot go now, too dear or closed to its kind, does not keep the others.
            match self.run_errand(errand, now).await {
                Ok(Progress::Sent) => {
                    self.turn = errand.next();
                    return Ok(Progress::Sent);
                }
                Ok(Progress::TooDear) => progress = Progress::TooDear,
                Ok(_) => {}
                Err(Error::OtherKindPending) => closed = true,
                Err(error) if error.severity() == Severity::Temporary => failed = failed.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        match failed {
            _ if closed => self.outbid(now).await,
            Some(error) => Err(error),
            None => Ok(progress),
        }
    }

    /// Something is under way: what can go behind it does.
    async fn follow(&mut self, now: u64) -> Result<Progress> {
        let mut progress = Progress::Waiting;
        while matches!(self.lane.open_end(now), Some(Call::PostBatch { .. })) {
            match self.poster.step(&mut self.lane, now).await? {
                Posting::Sent { .. } => progress = Progress::Sent,
                _ => break,
            }
        }
        Ok(progress)
    }

    async fn run_errand(&mut self, errand: Errand, now: u64) -> Result<Progress> {
        let Self { lane, poster, finalizer, sentinel, .. } = self;
        Ok(match errand {
            Errand::Answer => match sentinel {
                None => Progress::Idle,
                Some(sentinel) => match sentinel.step(lane, now).await? {
                    Answering::Sent { .. } => Progress::Sent,
                    Answering::TooDear => Progress::TooDear,
                    Answering::Nothing => Progress::Idle,
                },
            },
            Errand::Post => match poster.step(lane, now).await? {
                Posting::Sent { .. } => Progress::Sent,
                Posting::TooDear { .. } => Progress::TooDear,
                Posting::Nothing | Posting::Foreign { .. } => Progress::Idle,
            },
            Errand::Finalize => match finalizer.step(lane, now, poster.agreed()).await? {
                Finalizing::Sent { .. } => Progress::Sent,
                Finalizing::TooDear => Progress::TooDear,
                Finalizing::Nothing => Progress::Idle,
            },
        })
    }

    /// A transaction of a former life keeps the account for its kind, with blobs or without, and only one of that kind
    /// replaces it. The poster goes over to blobs by itself; without blobs, this one is always possible and does
    /// nothing.
    async fn outbid(&mut self, now: u64) -> Result<Progress> {
        Ok(match self.lane.send(now, Call::Finalize { up_to: 0 }).await? {
            Sent::Pooled(_) => Progress::Sent,
            Sent::TooDear => Progress::TooDear,
        })
    }

    /// Steps every `interval` until `stop` resolves, or an error is critical.
    ///
    /// # Errors
    /// The first critical one.
    pub async fn run(&mut self, interval: Duration, stop: impl Future<Output = ()> + Send) -> Result<()> {
        drive(self, interval, stop).await
    }
}

impl<L: L1Sender + Demands + Clone, O: Outbox> Steps for Settler<L, O> {
    async fn step(&mut self, now: u64) -> Result<Progress> {
        Self::step(self, now).await
    }
}

/// What is driven step by step.
pub(crate) trait Steps: Send {
    /// One step at `now`, in milliseconds of any clock that does not go back.
    fn step(&mut self, now: u64) -> impl Future<Output = Result<Progress>> + Send;
}

/// Looks after what is under way: what is to be said about it; `None` when the lane is free.
pub(crate) async fn look_after<L: L1Sender>(lane: &mut Lane<L>, now: u64) -> Result<Option<Progress>> {
    Ok(tell(lane.poll(now).await?))
}

/// Tells what became of what was under way; `None` when the lane is free.
pub(crate) fn tell(state: LaneState) -> Option<Progress> {
    match state {
        LaneState::Busy => Some(Progress::Waiting),
        LaneState::Mined(receipt) if receipt.success => {
            info!(hash = %receipt.transaction, block = receipt.block, cost = %receipt.cost, "transaction mined");
            Some(Progress::Mined)
        }
        LaneState::Mined(receipt) => {
            warn!(hash = %receipt.transaction, block = receipt.block, "transaction without effect");
            Some(Progress::Reverted)
        }
        LaneState::Free | LaneState::Displaced => None,
    }
}

/// Steps every `interval` until `stop` resolves, or an error is critical.
///
/// # Errors
/// The first critical one.
pub(crate) async fn drive(
    steps: &mut impl Steps,
    interval: Duration,
    stop: impl Future<Output = ()> + Send,
) -> Result<()> {
    let start = Instant::now();
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            _ = ticks.tick() => {}
        }
        let now = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Err(failed) = steps.step(now).await else { continue };
        match failed.severity() {
            Severity::Temporary => warn!(%failed, "trying again"),
            Severity::Reset => warn!(%failed, "reading L1 again"),
            Severity::Critical => return Err(critical(failed)),
        }
    }
}

fn critical(failed: Error) -> Error {
    error!(%failed, "settlement has stopped");
    failed
}
