//! Posting and finalizing by one account, one after the other, and the loop that drives them.

use crate::{
    error::{Error, Result, Severity},
    finalizer::{Finalizer, Finalizing},
    l1::L1Sender,
    lane::{Lane, LaneConfig, LaneState},
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

/// Posts and finalizes by one account.
#[derive(Debug)]
pub struct Settler<L, O> {
    lane: Lane<L>,
    poster: Poster<L, O>,
    finalizer: Finalizer<L>,
}

impl<L: L1Sender + Clone, O: Outbox> Settler<L, O> {
    /// A settler that sends as `lane` says.
    pub fn new(l1: L, lane: LaneConfig, poster: Poster<L, O>) -> Self {
        Self { lane: Lane::new(l1.clone(), lane), poster, finalizer: Finalizer::new(l1) }
    }

    /// One step at `now`, in milliseconds of any clock that does not go back. Posting goes before finalizing.
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
        let posting = self.poster.step(&mut self.lane, now).await?;
        if let Posting::Sent { .. } = posting {
            return Ok(Progress::Sent);
        }
        // A batch that is too dear to post does not keep older ones from becoming final.
        Ok(match (self.finalizer.step(&mut self.lane, now).await?, posting) {
            (Finalizing::Sent { .. }, _) => Progress::Sent,
            (Finalizing::TooDear, _) | (_, Posting::TooDear { .. }) => Progress::TooDear,
            _ => Progress::Idle,
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
