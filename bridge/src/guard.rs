//! Answering demands and making them by an account of its own: what the account of the poster has in the pool keeps
//! neither waiting.

use crate::{
    demander::{Asking, Demander},
    error::{Error, Result, Severity},
    l1::{Demands, L1Sender},
    lane::{Lane, LaneConfig},
    sentinel::{Answering, Sentinel},
    settler::{Progress, Steps, drive, look_after},
};
use std::{future::Future, time::Duration};
use tracing::error;

/// Answers what is demanded first, then demands what is wanted. Drive it with [`Guard::run`].
#[derive(Debug)]
pub struct Guard<L> {
    lane: Lane<L>,
    sentinel: Sentinel<L>,
    demander: Option<Demander<L>>,
}

impl<L: L1Sender + Demands + Clone> Guard<L> {
    /// A guard that sends as `lane` says.
    pub const fn new(l1: L, lane: LaneConfig, sentinel: Sentinel<L>, demander: Option<Demander<L>>) -> Self {
        Self { lane: Lane::new(l1, lane), sentinel, demander }
    }

    /// One step at `now`, in milliseconds of any clock that does not go back.
    ///
    /// # Errors
    /// Those of L1 and of the archive. After one of [`Severity::Reset`] what was under way is forgotten already.
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
        done
    }

    async fn try_step(&mut self, now: u64) -> Result<Progress> {
        if let Some(progress) = look_after(&mut self.lane, now).await? {
            return Ok(progress);
        }
        match self.sentinel.step(&mut self.lane, now).await? {
            Answering::Sent { .. } => return Ok(Progress::Sent),
            Answering::TooDear => return Ok(Progress::TooDear),
            Answering::Nothing => {}
        }
        let Some(demander) = &mut self.demander else { return Ok(Progress::Idle) };
        Ok(match demander.step(&mut self.lane, now).await? {
            Asking::Sent { .. } => Progress::Sent,
            Asking::TooDear => Progress::TooDear,
            Asking::Nothing => Progress::Idle,
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

impl<L: L1Sender + Demands + Clone> Steps for Guard<L> {
    async fn step(&mut self, now: u64) -> Result<Progress> {
        Self::step(self, now).await
    }
}
