//! The sequencer: one thread that gives every input its number and its time, and carries it out. Nothing else
//! orders; nothing but the engine decides; nobody is told here, for nothing is durable yet.

mod ends;
mod inbox;
mod open_batch;
mod seal;
mod stripe;

use crate::{
    admission::{Gate, Job},
    clearer::Clearer,
    clock::Clock,
    exits::Exits,
    ladder::Ladder,
    metrics::SequenceMetrics,
    pipeline::{Entry, Group, Record, Reply},
    secp::Secp256k1,
    settler::Settler,
    sweeper::Sweeper,
    triggers::Triggers,
};
use alloy_primitives::B256;
use ballast_engine::{Exchange, Verified, apply, precheck, verify};
use ballast_types::{Input, L1Message, Millis, RejectCode, Rejection, Source, Status, SystemCommand, codec};
use crossbeam_channel::{Receiver, Sender, never, select};
use inbox::Waiting;
use open_batch::OpenBatch;
use std::{sync::Arc, time::Duration};

/// Steps of the ladder in one group.
const MAX_LIQUIDATIONS: usize = 64;
/// Inputs of one group that fire conditional orders.
const MAX_FIRES: usize = 16;

/// When a batch is sealed, and how much is handed on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceLimits {
    /// Entries handed to the journal at once.
    pub group: usize,
    /// Inputs in a batch.
    pub batch_inputs: u64,
    /// Bytes of encoded inputs in a batch.
    pub batch_bytes: usize,
    /// Bytes that the diff of a batch may have. One input can add what `limits::MAX_FILLS_PER_INPUT` fills change, so
    /// this lies below what L1 takes by that much.
    pub batch_diff_bytes: usize,
    /// Age of a batch with something in it, in milliseconds.
    pub batch_age_ms: u64,
    /// Age of a batch that holds nothing but news of posted batches, in milliseconds: L1 must hear of us now
    /// and then, but a posted batch alone is no reason for the next.
    pub idle_batch_age_ms: u64,
    /// Sealed batches of which L1 has not said that it has them: while there are so many, age seals none.
    pub max_unposted: u64,
}

/// Where inputs come from. The threads behind these hang up to end the sequencer.
#[derive(Debug)]
pub struct Arrivals {
    /// Requests in the order of their arrival.
    pub jobs: Receiver<Job>,
    /// Closed when the sequencer ends, for whatever reason.
    pub gate: Gate,
    /// Messages of L1 in the order of the inbox.
    pub l1: Receiver<L1Message>,
    /// Hung up when the node stops: what waits is answered with `ShuttingDown`.
    pub stop: Receiver<()>,
}

/// The sequencer's thread.
pub struct Sequencer<C> {
    exchange: Exchange,
    clock: C,
    separator: B256,
    limits: SequenceLimits,
    open: OpenBatch,
    sweeper: Sweeper,
    triggers: Triggers,
    clearer: Clearer,
    ladder: Ladder,
    settler: Settler,
    exits: Exits,
    waiting: Option<Waiting>,
    arrivals: Arrivals,
    groups: Sender<Group>,
    metrics: SequenceMetrics,
}

enum Wake {
    Job(Job),
    L1(L1Message),
    Tick,
    Stop,
}

impl<C: Clock> Sequencer<C> {
    /// A sequencer that goes on from `exchange`, whose open batch holds the inputs `in_batch`.
    pub fn new<'a>(
        exchange: Exchange,
        in_batch: impl IntoIterator<Item = &'a Record>,
        clock: C,
        limits: SequenceLimits,
        arrivals: Arrivals,
        groups: Sender<Group>,
        metrics: SequenceMetrics,
    ) -> Self {
        let separator = exchange.separator();
        // The time of the genesis is 0: its first batch is as old as the node.
        let time = exchange.state.chain.time;
        let since = if time == Millis(0) { clock.now() } else { time };
        let mut open = OpenBatch { since, ..OpenBatch::default() };
        in_batch.into_iter().for_each(|record| open.add(record));
        open.told = stripe::held(&exchange.state);
        let (sweeper, triggers) = (Sweeper::of(&exchange), Triggers::of(&exchange));
        let (clearer, ladder) = (Clearer::of(&exchange), Ladder::of(&exchange));
        let exits = Exits::of(&exchange);
        Self {
            exchange,
            clock,
            separator,
            limits,
            open,
            sweeper,
            triggers,
            clearer,
            ladder,
            settler: Settler::default(),
            exits,
            waiting: None,
            arrivals,
            groups,
            metrics,
        }
    }

    /// Works until the node stops or the journal hangs up.
    pub fn run(mut self) {
        loop {
            let mut group = Group::new();
            match self.wait() {
                Wake::Job(job) => self.take(job, &mut group),
                Wake::L1(message) => self.keep_l1(message),
                Wake::Tick => {}
                Wake::Stop => break,
            }
            self.exit(&mut group);
            self.fill(&mut group);
            self.liquidate(&mut group);
            self.fire(&mut group);
            self.settle(&mut group);
            self.sweep(&mut group);
            self.clear(&mut group);
            self.seal_when_due(&mut group);
            if !self.hand_over(group) {
                break;
            }
        }
        self.refuse_the_rest();
    }

    /// Waits for the next input, or until it may be time to seal, to fire, to sweep or to clear. While a message of L1 has to
    /// wait, the next stays where it is.
    fn wait(&mut self) -> Wake {
        let (mut wake, nothing) = (self.can_go_on().then_some(Wake::Tick), never());
        while wake.is_none() {
            let tick = Duration::from_millis(self.until_seal().min(self.until_due()).clamp(1, 1_000));
            let arrivals = &self.arrivals;
            let messages = if self.waiting.is_some() { &nothing } else { &arrivals.l1 };
            let (mut jobs_gone, mut l1_gone) = (false, false);
            select! {
                recv(arrivals.stop) -> _ => wake = Some(Wake::Stop),
                recv(messages) -> message => match message {
                    Ok(message) => wake = Some(Wake::L1(message)),
                    Err(_) => l1_gone = true,
                },
                recv(arrivals.jobs) -> job => match job {
                    Ok(job) => wake = Some(Wake::Job(job)),
                    Err(_) => jobs_gone = true,
                },
                default(tick) => wake = Some(Wake::Tick),
            }
            // A source that hung up is not asked again; the other and the seals go on.
            if jobs_gone {
                self.arrivals.jobs = never();
            }
            if l1_gone {
                self.arrivals.l1 = never();
            }
        }
        wake.unwrap_or(Wake::Stop)
    }

    /// Takes what else has arrived, up to the size of a group: messages of L1 first.
    fn fill(&mut self, group: &mut Group) {
        let mut more = true;
        while group.len() < self.limits.group && !self.is_full() {
            more = more && self.take_next_l1(group);
            if more {
                continue;
            }
            let Ok(job) = self.arrivals.jobs.try_recv() else { break };
            self.take(job, group);
        }
        self.show_inbox();
    }

    /// A request: refused without a number, or sequenced.
    fn take(&mut self, job: Job, group: &mut Group) {
        let verified = job.verified(self.separator);
        let time = self.now();
        match precheck(&self.exchange, time, &verified) {
            Err(rejection) => {
                self.metrics.refused(rejection.code);
                group.push(Entry::Refused { rejection, reply: job.reply });
            }
            Ok(()) => {
                let source = Arc::unwrap_or_clone(job.source);
                self.sequence(source, time, verified, Some(job.reply), group);
            }
        }
    }

    /// Takes accounts that lack margin down the ladder, however many requests the group holds already. The rest comes with
    /// the next group.
    fn liquidate(&mut self, group: &mut Group) {
        for _ in 0..MAX_LIQUIDATIONS {
            if self.is_full() {
                break;
            }
            let time = self.now();
            let Some(command) = self.ladder.due(&mut self.exchange, time) else { break };
            // Its price may not be known, or somebody else has taken its positions.
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::debug!(%rejection, "an account that is not liquidated after all");
                self.ladder.forget(&command, time);
            }
        }
        self.metrics.below(self.ladder.below());
    }

    /// Places the conditional orders whose condition has come, however many requests the group holds already: those
    /// who wait in the queue do not hold them up. The rest comes with the next group.
    fn fire(&mut self, group: &mut Group) {
        for _ in 0..MAX_FIRES {
            if self.is_full() {
                break;
            }
            let time = self.now();
            let Some(command) = self.triggers.due(&self.exchange, time) else { break };
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::error!(%rejection, "conditional orders that the engine would not fire");
                self.triggers.forget(&command);
                break;
            }
        }
    }

    /// Takes orders out of the books that are at their end, as many as one sweep may name.
    fn sweep(&mut self, group: &mut Group) {
        let time = self.now();
        if self.is_full() {
            return;
        }
        if let Some(command) = self.sweeper.due(&self.exchange, time)
            && let Err(rejection) = self.offer(&command, time, group)
        {
            tracing::error!(%rejection, "a sweep that the engine would refuse");
            self.sweeper.forget(&command, time);
        }
    }

    /// Clears the markets that are due.
    fn clear(&mut self, group: &mut Group) {
        let time = self.now();
        for command in self.clearer.due(&self.exchange, time) {
            if self.is_full() {
                return;
            }
            // The mark has become stale.
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::debug!(%rejection, "a clearing that is not due after all");
            }
        }
    }

    /// Sequences what one of the untrusted finders asks for, unless the engine would refuse it.
    fn offer(&mut self, command: &SystemCommand, time: Millis, group: &mut Group) -> Result<(), Rejection> {
        let source = Source::System(command.clone());
        let verified = verify(&Secp256k1, self.separator, &source);
        precheck(&self.exchange, time, &verified)?;
        self.sequence(source, time, verified, None, group);
        Ok(())
    }

    /// What nobody signs and nobody waits for.
    fn sequence_own(&mut self, source: Source, group: &mut Group) {
        let (time, verified) = (self.now(), verify(&Secp256k1, self.separator, &source));
        self.sequence(source, time, verified, None, group);
    }

    /// Number, time, state transition.
    fn sequence(
        &mut self,
        source: Source,
        time: Millis,
        verified: Verified,
        reply: Option<Reply>,
        group: &mut Group,
    ) {
        let input = Input { seq: self.exchange.state.chain.seq.next(), time, source };
        let input_bytes = codec::encode(&input);
        let outcome = apply(&mut self.exchange, &input, &verified);
        if let Status::Rejected(rejection) = outcome.status {
            self.metrics.rejected(rejection.code);
        }
        let chain = self.exchange.state.chain.promise;
        let record = Arc::new(Record { input, input_bytes, chain, outcome });
        self.open.add(&record);
        self.sweeper.follow(&record.outcome);
        self.triggers.follow(&self.exchange, &record.outcome);
        self.clearer.follow(&record.outcome);
        self.ladder.follow(&record.outcome);
        self.exits.follow(&record.outcome);
        self.metrics.sequenced(&record);
        group.push(Entry::Sequenced { record, verified, reply });
    }

    /// The time of the next input: never less than the one before, whatever the clock does.
    fn now(&self) -> Millis {
        self.clock.now().max(self.exchange.state.chain.time)
    }

    /// Milliseconds until an order comes to its end or its condition, an account may be closed, or a market is to be cleared;
    /// 0 when one is.
    fn until_due(&self) -> u64 {
        let now = self.now();
        let clearing = self.clearer.next(&self.exchange, now);
        let others = [self.sweeper.next(), self.triggers.next(), self.ladder.next(), self.exits.next()];
        let ends = self.settler.next(&self.exchange);
        let next = others.into_iter().flatten().chain(clearing).chain(ends).min();
        next.map_or(u64::MAX, |next| next.since(now))
    }

    /// Waits while the journal lags; false when it is gone. An idle sequencer hands over empty groups now and then:
    /// only who sends learns that the next stage is gone, and whoever waits behind it must be let go.
    fn hand_over(&self, group: Group) -> bool {
        self.groups.send(group).is_ok()
    }

    /// Answers what waits in the queue when the node stops: none of it was taken.
    fn refuse_the_rest(&self) {
        self.arrivals.gate.close();
        for job in self.arrivals.jobs.try_iter() {
            let refused = crate::pipeline::Answer::Refused(RejectCode::ShuttingDown.into());
            // Who asked may have gone.
            let _ = job.reply.send(refused);
        }
    }
}
