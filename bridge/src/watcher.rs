//! Reads the inbox and hands its messages on: confirmed, in order, each once.
//!
//! What is handed on becomes an input of the exchange and cannot be taken back, so the watcher waits until a block
//! is `confirmations` deep, and it proves what it hands on: every message must continue the rolling hash that the
//! contract keeps, from the very hash that the last handed-on message had. A reorganisation above the confirmed
//! block is therefore invisible; one below it is followed back to the last block both branches share, and read
//! again. When the new branch holds other messages where some were handed on already, that is
//! [`Error::ConsumedMessageChanged`]: critical, for the exchange then has money that L1 does not.

#[cfg(test)]
mod tests;

use crate::{
    error::{Error, Result},
    l1::{Block, L1, QueuedMessage},
};
use alloy::primitives::B256;
use ballast_batch::inbox::{l1_message_hash, roll};
use ballast_types::L1Message;
use std::collections::VecDeque;
use tracing::{info, warn};

/// Blocks that are remembered to find the way back from a reorganisation.
const CHECKPOINTS: usize = 256;

/// How the watcher reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatcherConfig {
    /// A block before the first message.
    pub deploy_block: u64,
    /// Blocks that must lie above a message's block: 0 takes messages from the head.
    pub confirmations: u64,
    /// Most blocks of one query for logs, at least 1.
    pub max_range: u64,
}

/// Where to go on: what the exchange has consumed durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Messages consumed; the next has this index.
    pub count: u64,
    /// Rolling hash after them; zero for none.
    pub rolling: B256,
    /// Block of the last of them, or any lower one; the deploy block when unknown.
    pub block: u64,
}

/// Follows the inbox. Ask it with [`Watcher::poll`].
#[derive(Debug)]
pub struct Watcher<L> {
    l1: L,
    config: WatcherConfig,
    consumed: Resume,
    /// Next block to read.
    next_block: u64,
    /// Blocks up to which everything was read, ascending; the last is below `next_block`.
    checkpoints: VecDeque<Block>,
    /// Blocks of the next query for logs.
    range: u64,
    head: u64,
}

impl<L: L1> Watcher<L> {
    /// A watcher that goes on after `resume`.
    pub fn new(l1: L, config: WatcherConfig, resume: Resume) -> Self {
        let next_block = resume.block.max(config.deploy_block);
        let range = config.max_range.max(1);
        Self { l1, config, consumed: resume, next_block, checkpoints: VecDeque::new(), range, head: 0 }
    }

    /// Height of L1 at the last poll.
    pub const fn head(&self) -> u64 {
        self.head
    }

    /// What was handed on so far.
    pub const fn consumed(&self) -> Resume {
        self.consumed
    }

    /// The messages that are new since the last poll, in order; often none. They count as handed on when this
    /// returns: on an error nothing was.
    ///
    /// # Errors
    /// Temporary ones when L1 does not answer well; [`Error::ConsumedMessageChanged`].
    pub async fn poll(&mut self) -> Result<Vec<L1Message>> {
        let Some(tip) = self.confirmed().await? else { return Ok(Vec::new()) };
        self.rewind().await?;
        let available = self.check_consumed(&tip).await?;

        let to = self.next_block.saturating_add(self.range - 1).min(tip.number);
        let queued = self.messages(to).await?;
        let read = continue_inbox(&self.consumed, &queued).and_then(|read| match read.1.count {
            found if to == tip.number && found != available => {
                Err(Error::IncompleteLogs { expected: available, found })
            }
            _ => Ok(read),
        });
        let (messages, reached) = read.inspect_err(|_| {
            // Logs were left out, now or before: read again from the last message that is certain.
            self.next_block = self.consumed.block.max(self.config.deploy_block);
            self.checkpoints.clear();
        })?;
        let last = self.confirm(&tip, to, &reached).await?;
        self.advance(last, reached);
        Ok(messages)
    }

    /// The messages of the blocks up to `to`. Nodes refuse answers that are too long, and anybody may fill blocks with
    /// deposits: so fewer blocks are asked for after a failure, and slowly more again.
    async fn messages(&mut self, to: u64) -> Result<Vec<QueuedMessage>> {
        let queued = self.l1.messages(self.next_block, to).await;
        self.range = match queued {
            Ok(_) => self.range.saturating_mul(2).min(self.config.max_range.max(1)),
            Err(_) => (self.range / 2).max(1),
        };
        queued
    }

    /// The latest block that is deep enough; `None` when there is nothing new to read in it.
    async fn confirmed(&mut self) -> Result<Option<Block>> {
        self.head = self.l1.head().await?.number;
        let Some(number) = self.head.checked_sub(self.config.confirmations) else { return Ok(None) };
        if number < self.next_block {
            return Ok(None);
        }
        self.l1.block(number).await
    }

    /// Goes back to the last block that L1 still has, when it has not the last one that was read.
    async fn rewind(&mut self) -> Result<()> {
        let mut left = 0_u64;
        while let Some(last) = self.checkpoints.back().copied() {
            if self.l1.block(last.number).await?.map(|b| b.hash) == Some(last.hash) {
                break;
            }
            self.checkpoints.pop_back();
            left += 1;
        }
        if left > 0 {
            self.next_block =
                self.checkpoints.back().map_or(self.config.deploy_block, |last| last.number + 1);
            warn!(from = self.next_block, "L1 was reorganised deeper than its confirmations: reading again");
        }
        Ok(())
    }

    /// Makes sure that L1 still has all that was handed on; returns how many messages it has.
    async fn check_consumed(&self, tip: &Block) -> Result<u64> {
        let Resume { count, rolling, .. } = self.consumed;
        let view = self.l1.inbox(tip.hash, count).await?;
        if view.rolling == Some(rolling) {
            return Ok(view.count);
        }
        if tip.number < self.consumed.block {
            return Err(Error::Moved);
        }
        Err(Error::ConsumedMessageChanged {
            confirmations: self.config.confirmations,
            consumed: count,
            ours: rolling,
            theirs: view.rolling.unwrap_or_default(),
        })
    }

    /// Makes sure that what was read is what the branch under `tip` holds, and that L1 is still on that branch:
    /// logs are asked for by number, and nodes may answer from two branches in a row. Returns the block `to`.
    async fn confirm(&self, tip: &Block, to: u64, reached: &Resume) -> Result<Block> {
        if reached.count > self.consumed.count {
            let view = self.l1.inbox(tip.hash, reached.count).await?;
            if view.rolling != Some(reached.rolling) {
                return Err(Error::Moved);
            }
        }
        let last = self.l1.block(to).await?.ok_or(Error::Moved)?;
        if self.l1.block(tip.number).await?.map(|b| b.hash) != Some(tip.hash) {
            return Err(Error::Moved);
        }
        Ok(last)
    }

    fn advance(&mut self, last: Block, reached: Resume) {
        if reached.count > self.consumed.count {
            info!(count = reached.count, block = reached.block, "inbox messages confirmed");
        }
        self.consumed = reached;
        self.next_block = last.number + 1;
        self.checkpoints.push_back(last);
        if self.checkpoints.len() > CHECKPOINTS {
            self.checkpoints.pop_front();
        }
    }
}

/// The messages of `queued` that follow `consumed`, and where they lead.
fn continue_inbox(consumed: &Resume, queued: &[QueuedMessage]) -> Result<(Vec<L1Message>, Resume)> {
    let mut reached = *consumed;
    let mut messages = Vec::new();
    for QueuedMessage { message, rolling, .. } in queued {
        if message.index < consumed.count {
            continue;
        }
        if message.index != reached.count {
            return Err(Error::IncompleteLogs { expected: reached.count, found: message.index });
        }
        if *rolling != roll(reached.rolling, l1_message_hash(message)) {
            return Err(Error::BrokenRollingHash { index: message.index });
        }
        reached = Resume { count: message.index + 1, rolling: *rolling, block: message.l1_block };
        messages.push(message.clone());
    }
    Ok((messages, reached))
}
