//! Posting and finalizing by one account, one after the other, and the loop that drives them.

use crate::{
    error::{Error, Result, Severity},
    finalizer::{Finalizer, Finalizing},
    l1::{Call, L1Sender},
    lane::{Lane, LaneConfig, LaneState, Sent},
    poster::{Outbox, Poster, Posting},
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
    Post,
    Finalize,
}

impl Errand {
    const fn other(self) -> Self {
        match self {
            Self::Post => Self::Finalize,
            Self::Finalize => Self::Post,
        }
    }
}

/// Posts and finalizes by one account, in turns: neither a backlog of batches nor one of windows that are over keeps
/// the other waiting.
#[derive(Debug)]
pub struct Settler<L, O> {
    lane: Lane<L>,
    poster: Poster<L, O>,
    finalizer: Finalizer<L>,
    /// Who goes first.
    turn: Errand,
}

impl<L: L1Sender + Clone, O: Outbox> Settler<L, O> {
    /// A settler that sends as `lane` says.
    pub fn new(l1: L, lane: LaneConfig, poster: Poster<L, O>) -> Self {
        Self { lane: Lane::new(l1.clone(), lane), poster, finalizer: Finalizer::new(l1), turn: Errand::Post }
    }

    /// One step at `now`, in milliseconds of any clock that does not go back. Whoever sent last lets the other go
    /// first.
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
        match self.lane.poll(now).await? {
            LaneState::Busy => return Ok(Progress::Waiting),
            LaneState::Mined(receipt) if receipt.success => {
                info!(hash = %receipt.transaction, block = receipt.block, cost = %receipt.cost, "transaction mined");
                return Ok(Progress::Mined);
            }
            LaneState::Mined(receipt) => {
                warn!(hash = %receipt.transaction, block = receipt.block, "transaction without effect");
                return Ok(Progress::Reverted);
            }
            LaneState::Free | LaneState::Displaced => {}
        }
        let (mut progress, mut closed) = (Progress::Idle, false);
        for errand in [self.turn, self.turn.other()] {
            // What cannot go now, too dear or closed to its kind, does not keep the other.
            match self.run_errand(errand, now).await {
                Ok(Progress::Sent) => {
                    self.turn = errand.other();
                    return Ok(Progress::Sent);
                }
                Ok(Progress::TooDear) => progress = Progress::TooDear,
                Ok(_) => {}
                Err(Error::OtherKindPending) => closed = true,
                Err(error) => return Err(error),
            }
        }
        if closed { self.outbid(now).await } else { Ok(progress) }
    }

    async fn run_errand(&mut self, errand: Errand, now: u64) -> Result<Progress> {
        let Self { lane, poster, finalizer, .. } = self;
        Ok(match errand {
            Errand::Post => match poster.step(lane, now).await? {
                Posting::Sent { .. } => Progress::Sent,
                Posting::TooDear { .. } => Progress::TooDear,
                Posting::Nothing => Progress::Idle,
            },
            Errand::Finalize => match finalizer.step(lane, now).await? {
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
    pub async fn run(&mut self, interval: Duration, stop: impl Future<Output = ()>) -> Result<()> {
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
            let Err(failed) = self.step(now).await else { continue };
            match failed.severity() {
                Severity::Temporary => warn!(%failed, "trying again"),
                Severity::Reset => warn!(%failed, "reading L1 again"),
                Severity::Critical => return Err(critical(failed)),
            }
        }
    }
}

fn critical(failed: Error) -> Error {
    error!(%failed, "settlement has stopped");
    failed
}
