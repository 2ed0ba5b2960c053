//! The sequencer takes the messages of L1, and before them deals with the exits that are due: the engine takes no message
//! while one is. A message that has to wait is kept and offered again, and no other one is looked at before it.

use super::{Sequencer, quarantine::looking};
use crate::{clock::Clock, pipeline::Group, secp::Secp256k1};
use ballast_engine::{due_exit, precheck, verify};
use ballast_types::{L1Message, Millis, RejectCode, Source};

/// Exits of one group: each may look at every account.
const MAX_EXITS: usize = 16;

/// A message of the inbox that has to wait.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) message: L1Message,
    /// When it was offered first.
    pub(super) since: Millis,
}

impl<C: Clock> Sequencer<C> {
    /// Closes and pays out those who exit, as far as that can be done now. The rest comes with the next group.
    pub(super) fn exit(&mut self, group: &mut Group) {
        for _ in 0..MAX_EXITS {
            if !self.has_room() {
                break;
            }
            let time = self.now();
            let found = looking(&self.looks, &self.rules.quarantine, true, |extents| {
                self.finders.exits.due(&mut self.exchange, time, extents)
            });
            let Some(command) = found else { break };
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::error!(%rejection, "an exit that the engine would refuse");
            }
        }
    }

    /// Takes the next message of the inbox, those that had to wait before all others; false when there is none, or while it
    /// has to wait.
    pub(super) fn take_next_l1(&mut self, group: &mut Group) -> bool {
        let kept = self.waiting.pop_front().or_else(|| {
            let message = self.arrivals.l1.try_recv().ok()?;
            Some(Waiting { message, since: self.now() })
        });
        let Some(next) = kept else { return false };
        match self.take_l1(next, group) {
            Some(back) => self.waiting.push_front(back),
            None => return true,
        }
        false
    }

    /// Whether a message was kept that has to wait no longer: the group begins with it.
    pub(super) fn can_go_on(&self) -> bool {
        !self.waiting.is_empty() && due_exit(&self.exchange, self.now()).is_none()
    }

    /// A message of L1 that came just now.
    pub(super) fn keep_l1(&mut self, message: L1Message) {
        assert!(self.waiting.is_empty(), "no message is received while one waits");
        self.waiting.push_back(Waiting { message, since: self.now() });
    }

    /// Sequences a message of L1, or gives it back when it has to wait. The watcher gives them in order; one that was
    /// consumed before a restart is passed over.
    fn take_l1(&mut self, next: Waiting, group: &mut Group) -> Option<Waiting> {
        let Waiting { message, since } = next;
        let due = self.exchange.state.chain.l1_count;
        if message.index != due {
            if message.index > due {
                tracing::error!(index = message.index, due, "the watcher left out a message of the inbox");
            }
            return None;
        }
        let (time, source) = (self.now(), Source::L1(message.clone()));
        let verified = verify(&Secp256k1, self.separator, &source);
        self.begin(source, time, None);
        let refused = precheck(&self.exchange, time, &verified).err();
        if refused.is_some_and(|rejection| rejection.code == RejectCode::ExitDue) {
            self.underway = None;
            return Some(Waiting { message, since });
        }
        self.sequence(verified, group);
        None
    }

    /// Shows who exits, and how many messages of L1 wait since when.
    pub(super) fn show_inbox(&self) {
        let flat = self.exchange.state.chain.exits.pools.iter().map(|(_, count)| *count as usize).sum();
        self.metrics.exiting(self.finders.exits.count(), flat);
        let kept = self.waiting.front().map(|next| next.since);
        self.metrics.waiting(self.arrivals.l1.len() + self.waiting.len(), kept);
    }
}
