//! What the sequencer does when a fault of ours is found: nothing of the group is durable or told yet, so all of it is as if it had
//! not been. The exchange is taken from the mirror, the pool is set aside, and what else was asked for is carried out once more.

use super::{Sequencer, finders::Finders, inbox::Waiting, open_batch::OpenBatch};
use crate::{
    clock::Clock,
    fatal::Fatal,
    pipeline::{Asked, Entry, Group, Reply},
    quarantine::{Extents, Quarantine, concerned, is_closing, split},
};
use ballast_engine::{
    Exchange,
    invariants::{Audit, Violation},
};
use ballast_state::State;
use ballast_types::{Input, PoolId, RejectCode, Rejection, Seq, Source, SystemCommand};
use std::{cell::Cell, collections::BTreeSet, time::Duration};

/// How long is waited for the mirror at a time.
const WAIT: Duration = Duration::from_millis(1);

/// What was found.
#[derive(Debug)]
pub(super) enum Fault {
    /// A rule panicked.
    Panic(String),
    /// What accounts have is not what pools and markets say of it.
    Violation(Violation),
}

/// What follows from it.
enum Verdict {
    /// It is of these pools, and was in something that closes, or not.
    Of(BTreeSet<PoolId>, bool),
    /// Nobody knows of what it is: it is looked for input by input.
    Unknown,
    /// It is of no pool.
    OfNone,
}

/// What is being carried out.
#[derive(Debug)]
pub(super) struct Underway {
    pub(super) input: Input,
    pub(super) reply: Option<Reply>,
}

/// What somebody still waits for.
#[derive(Debug)]
pub(super) struct Again {
    /// What was asked for, or why it was refused for good.
    asked: Result<Box<Asked>, Rejection>,
    pub(super) reply: Reply,
}

/// Where the exchange stood when a group was handed on last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handed {
    pub(super) seq: Seq,
    pub(super) open: OpenBatch,
}

/// What `find` finds. While it looks, `looks` is the pool of which it asked last, and whether it is after what closes; if it panics
/// that stays.
pub(super) fn looking<T>(
    looks: &Cell<Option<(PoolId, bool)>>,
    quarantine: &Quarantine,
    closing: bool,
    find: impl FnOnce(Extents<'_>) -> T,
) -> T {
    let found = find(&|pool| {
        looks.set(Some((pool, closing)));
        quarantine.extent(pool)
    });
    looks.set(None);
    found
}

impl<C: Clock> Sequencer<C> {
    /// Undoes `group`, in which a fault was found, and sets the pools aside of which it is; false when the journal is gone.
    ///
    /// # Errors
    /// When it is of no pool, or not of one that is left; then all who wait are still to be answered.
    pub(super) fn undo(&mut self, fault: &Fault, mut group: Group) -> Result<bool, Fatal> {
        let failed = self.failed(fault, &mut group);
        let verdict = self.judge(fault, failed.as_ref().map(|failed| &failed.input.source));
        let followed = self.follow_up(verdict, self.describe(fault), group.len());
        let refusal = match followed {
            Ok(Some(pool)) => Rejection::new(RejectCode::PoolQuarantined, pool.0, 0),
            Ok(None) | Err(_) => RejectCode::ShuttingDown.into(),
        };
        if let Some(reply) = failed.and_then(|failed| failed.reply) {
            self.again.push_front(Again { asked: Err(refusal), reply });
        }
        self.keep_for_later(group);
        followed?;
        if !self.has_caught_up() {
            return Ok(false);
        }
        self.begin_anew();
        Ok(true)
    }

    /// Sets the pools aside of which a fault is, and names the first; or looks for it in what was a group of `inputs`.
    fn follow_up(&mut self, verdict: Verdict, why: String, inputs: usize) -> Result<Option<PoolId>, Fatal> {
        let quarantine = &self.rules.quarantine;
        match verdict {
            Verdict::Unknown => {
                tracing::error!(why, "a fault was found: it is looked for input by input");
                self.careful = 2 * inputs + 1;
                Ok(None)
            }
            Verdict::Of(pools, closing) => {
                let first = quarantine.set_aside(&pools, closing, self.exchange.state.chain.time, &why)?;
                let Some(first) = first else { return Err(Fatal::Invariant(why)) };
                tracing::error!(?pools, why, "a fault was found: pools are set aside, the others go on");
                self.metrics.set_aside(quarantine.pools().len());
                Ok(Some(first))
            }
            Verdict::OfNone => Err(Fatal::Invariant(why)),
        }
    }

    /// What failed, taken out of what is carried out once more; nothing when that is not known.
    fn failed(&mut self, fault: &Fault, group: &mut Group) -> Option<Underway> {
        if matches!(fault, Fault::Panic(_)) {
            return self.underway.take();
        }
        let is_sequenced = |entry: &Entry| matches!(entry, Entry::Sequenced { .. });
        let place = group.iter().position(is_sequenced)?;
        if group.iter().skip(place + 1).any(is_sequenced) {
            return None;
        }
        match group.remove(place) {
            Entry::Sequenced { record, reply, .. } => Some(Underway { input: record.input.clone(), reply }),
            Entry::Refused { .. } => None,
        }
    }

    fn describe(&self, fault: &Fault) -> String {
        let seq = self.exchange.state.chain.seq;
        match fault {
            Fault::Panic(panic) => format!("at input {seq} or after it: {panic}"),
            Fault::Violation(violation) => format!("up to input {seq}: {violation}"),
        }
    }

    /// Of what a fault is: of what failed, or was looked for, and of what does not add up.
    fn judge(&self, fault: &Fault, failed: Option<&Source>) -> Verdict {
        let Some(source) = failed else {
            return match (fault, self.looks.take()) {
                (Fault::Violation(_), _) => Verdict::Unknown,
                (Fault::Panic(_), Some((pool, closing))) => Verdict::Of([pool].into(), closing),
                (Fault::Panic(_), None) => Verdict::OfNone,
            };
        };
        let mut pools = concerned(&self.exchange.state, source);
        if pools.is_empty() {
            return Verdict::OfNone;
        }
        // What we ask for ourselves can be taken apart.
        if pools.len() > 1 && self.careful == 0 && matches!(source, Source::System(_)) {
            return Verdict::Unknown;
        }
        if let Fault::Violation(violation) = fault {
            pools.extend(violation.pool);
        }
        Verdict::Of(pools, is_closing(source))
    }

    /// What L1 and others asked for comes once more, in its order. What we asked for ourselves is found again.
    fn keep_for_later(&mut self, group: Group) {
        for entry in group.into_iter().rev() {
            let (asked, reply) = match entry {
                Entry::Refused { rejection, reply, asked } => (asked.ok_or(rejection), Some(reply)),
                Entry::Sequenced { record, verified, reply } => {
                    let source = record.input.source.clone();
                    if let Source::L1(message) = source {
                        self.waiting.push_front(Waiting { message, since: record.input.time });
                        continue;
                    }
                    (Ok(Box::new(Asked { source, verified })), reply)
                }
            };
            if let Some(reply) = reply {
                self.again.push_front(Again { asked, reply });
            }
        }
    }

    /// Carries out once more what was asked for.
    pub(super) fn take_again(&mut self, Again { asked, reply }: Again, group: &mut Group) {
        match asked.map(|asked| *asked) {
            Ok(Asked { source, verified }) => self.answer(source, verified, reply, group),
            Err(rejection) => group.push(Entry::Refused { rejection, reply, asked: None }),
        }
    }

    /// While a fault is looked for, what concerns several pools is asked for pool by pool; the others are found again.
    pub(super) fn one_pool_of(&self, command: SystemCommand) -> SystemCommand {
        if self.careful == 0 {
            return command;
        }
        split(&self.exchange.state, command)
    }

    /// Waits until the mirror holds all that was handed on; false when the stages behind are gone.
    fn has_caught_up(&self) -> bool {
        while self.rules.mirror.read().exchange.state.chain.seq < self.handed.seq {
            if self.groups.send(Group::new()).is_err() {
                return false;
            }
            std::thread::sleep(WAIT);
        }
        true
    }

    /// Goes on from what the mirror holds. What there was is let go first: two of a large exchange have no room beside the mirror.
    fn begin_anew(&mut self) {
        (self.finders, self.audit) = (Finders::default(), Audit::default());
        let empty = State::empty(self.exchange.state.genesis.clone());
        self.exchange = Exchange::restore(empty, [], Vec::new()).expect("there is no market");

        self.exchange = self.rules.mirror.read().exchange.clone();
        self.audit = Audit::of(&self.exchange.state);
        self.finders = Finders::of(&self.exchange, &self.rules.quarantine);
        self.settler.begin_anew();
        self.open = self.handed.open;
    }
}
