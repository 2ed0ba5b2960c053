//! The sequencer: one thread that gives every input its number and its time, and carries it out. Nothing else
//! orders; nothing but the engine decides; nobody is told here, for nothing is durable yet.

mod due;
mod finders;
mod inbox;
mod open_batch;
mod quarantine;
mod seal;
mod stripe;

use crate::{
    admission::{Gate, Job},
    clock::Clock,
    fatal::{Fatal, caught},
    metrics::SequenceMetrics,
    mirror::Mirror,
    pipeline::{Answer, Asked, Entry, Group, Record, Reply},
    quarantine::Quarantine,
    secp::Secp256k1,
    settler::Settler,
};
use alloy_primitives::B256;
use ballast_engine::{
    Exchange, Verified,
    invariants::{Audit, Totals},
    precheck, verify,
};
use ballast_types::{
    Input, L1Message, Millis, Outcome, PoolId, RejectCode, Rejection, Source, Status, codec,
};
use crossbeam_channel::{Receiver, Sender, never, select};
use finders::Finders;
use inbox::Waiting;
use open_batch::OpenBatch;
use quarantine::{Again, Fault, Handed, Underway};
use std::{cell::Cell, collections::VecDeque, sync::Arc, time::Duration};

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

/// The state transition: [`apply`](ballast_engine::apply()), where nobody tries out what becomes of one that is broken.
pub type Transition = fn(&mut Exchange, &Input, &Verified) -> Outcome;

/// What inputs are carried out by, and what is fallen back on when a fault of ours is found.
pub struct Rules {
    /// The state transition.
    pub transition: Transition,
    /// Holds what is durable, and catches up with what was handed on.
    pub mirror: Arc<Mirror>,
    /// The pools that are set aside.
    pub quarantine: Arc<Quarantine>,
}

/// The sequencer's thread.
pub struct Sequencer<C> {
    exchange: Exchange,
    /// What all accounts have, added up after every input.
    audit: Audit,
    rules: Rules,
    clock: C,
    separator: B256,
    limits: SequenceLimits,
    open: OpenBatch,
    finders: Finders,
    settler: Settler,
    /// Messages of the inbox that have to wait, in order.
    waiting: VecDeque<Waiting>,
    /// How many more inputs the group may have.
    room: usize,
    /// How many groups still have one input at most, so that it is known at which a fault is.
    careful: usize,
    /// In which pool something is looked for, and whether that is something that closes.
    looks: Cell<Option<(PoolId, bool)>>,
    /// What is carried out while it is.
    underway: Option<Underway>,
    /// What is to be carried out once more.
    again: VecDeque<Again>,
    /// What the journal has been given.
    handed: Handed,
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
        rules: Rules,
        clock: C,
        limits: SequenceLimits,
        arrivals: Arrivals,
        groups: Sender<Group>,
    ) -> Self {
        let metrics = SequenceMetrics::new();
        metrics.set_aside(rules.quarantine.pools().len());
        let separator = exchange.separator();
        // The time of the genesis is 0: its first batch is as old as the node.
        let time = exchange.state.chain.time;
        let since = if time == Millis(0) { clock.now() } else { time };
        let mut open = OpenBatch { since, ..OpenBatch::default() };
        in_batch.into_iter().for_each(|record| open.add(record));
        open.told = stripe::held(&exchange.state);
        let finders = Finders::of(&exchange, &rules.quarantine);
        let (audit, handed) = (Audit::of(&exchange.state), Handed { seq: exchange.state.chain.seq, open });
        Self {
            exchange,
            audit,
            rules,
            clock,
            separator,
            limits,
            open,
            finders,
            settler: Settler::default(),
            waiting: VecDeque::new(),
            room: usize::MAX,
            careful: 0,
            looks: Cell::new(None),
            underway: None,
            again: VecDeque::new(),
            handed,
            arrivals,
            groups,
            metrics,
        }
    }

    /// Works until the node stops or the journal hangs up.
    ///
    /// # Errors
    /// When a fault of ours was found that is not one of a pool, or the pools that are set aside cannot be kept.
    pub fn run(mut self) -> Result<(), Fatal> {
        let ended = self.work();
        self.refuse_the_rest();
        ended
    }

    /// Group after group. What is in one is handed on when it is whole and adds up, and is nothing otherwise (risk.md 6.6).
    fn work(&mut self) -> Result<(), Fatal> {
        loop {
            let mut group = Group::new();
            let fault = match caught(|| self.decide(&mut group)) {
                Ok(false) => return Ok(()),
                Ok(true) => self.add_up(&group).err(),
                Err(panic) => Some(Fault::Panic(panic)),
            };
            let goes_on = match fault {
                None => self.hand_over(group),
                Some(fault) => self.undo(&fault, group)?,
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// The next group; false when the node stops.
    fn decide(&mut self, group: &mut Group) -> bool {
        self.room = if self.careful > 0 { 1 } else { usize::MAX };
        // A fault may be in what nobody asks for, however much is asked for meanwhile.
        if !self.careful.is_multiple_of(2) {
            self.do_what_is_due(group);
        }
        if group.is_empty() {
            match self.wait() {
                Wake::Job(job) => self.take(job, group),
                Wake::L1(message) => self.keep_l1(message),
                Wake::Tick => {}
                Wake::Stop => return false,
            }
        }
        self.exit(group);
        self.fill(group);
        self.do_what_is_due(group);
        self.seal_when_due(group);
        true
    }

    fn do_what_is_due(&mut self, group: &mut Group) {
        self.liquidate(group);
        self.fire(group);
        self.settle(group);
        self.sweep(group);
        self.clear(group);
    }

    /// What accounts have is what pools and markets say of it.
    fn add_up(&self, group: &Group) -> Result<(), Fault> {
        if !group.iter().any(|entry| matches!(entry, Entry::Sequenced { .. })) {
            return Ok(());
        }
        self.audit.check(&Totals::of(&self.exchange.state)).map_err(Fault::Violation)
    }

    /// Waits for the next input, or until it may be time to seal, to fire, to sweep or to clear. While a message of L1 has to
    /// wait, the next stays where it is.
    fn wait(&mut self) -> Wake {
        let is_waited_for = self.can_go_on() || !self.again.is_empty() || self.is_full();
        let (mut wake, nothing) = (is_waited_for.then_some(Wake::Tick), never());
        while wake.is_none() {
            let tick = Duration::from_millis(self.until_seal().min(self.until_due()).clamp(1, 1_000));
            let arrivals = &self.arrivals;
            let messages = if self.waiting.is_empty() { &arrivals.l1 } else { &nothing };
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

    /// Takes what else has arrived, up to the size of a group: messages of L1 first, then what is carried out once more.
    fn fill(&mut self, group: &mut Group) {
        let mut more = true;
        while group.len() < self.limits.group && self.has_room() {
            more = more && self.take_next_l1(group);
            if more {
                continue;
            }
            if let Some(again) = self.again.pop_front() {
                self.take_again(again, group);
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
        self.answer(Arc::unwrap_or_clone(job.source), verified, job.reply, group);
    }

    /// What somebody asked for.
    fn answer(&mut self, source: Source, verified: Verified, reply: Reply, group: &mut Group) {
        self.begin(source, self.now(), Some(reply));
        match self.check(&verified) {
            Ok(()) => self.sequence(verified, group),
            Err(rejection) => {
                let Underway { input, reply } = self.underway.take().expect("something was begun");
                self.metrics.refused(rejection.code);
                let asked = || Some(Box::new(Asked { source: input.source, verified }));
                group.extend(reply.map(|reply| Entry::Refused { rejection, reply, asked: asked() }));
            }
        }
    }

    /// What nobody signs and nobody waits for.
    fn sequence_own(&mut self, source: Source, group: &mut Group) {
        let verified = verify(&Secp256k1, self.separator, &source);
        self.begin(source, self.now(), None);
        self.sequence(verified, group);
    }

    /// From here on this is what fails, if something does.
    fn begin(&mut self, source: Source, time: Millis, reply: Option<Reply>) {
        let input = Input { seq: self.exchange.state.chain.seq.next(), time, source };
        self.underway = Some(Underway { input, reply });
    }

    /// Whether what was begun would be taken.
    fn check(&self, verified: &Verified) -> Result<(), Rejection> {
        let Underway { input, .. } = self.underway.as_ref().expect("something was begun");
        self.rules.quarantine.check(&self.exchange.state, &input.source)?;
        precheck(&self.exchange, input.time, verified)
    }

    /// The state transition of what was begun.
    fn sequence(&mut self, verified: Verified, group: &mut Group) {
        let Underway { input, .. } = self.underway.as_ref().expect("something was begun");
        let input_bytes = codec::encode(input);
        let transition = self.rules.transition;
        let outcome = self.audit.follow(&mut self.exchange, |x| transition(x, input, &verified));
        self.finders.follow(&self.exchange, &outcome);
        let Underway { input, reply } = self.underway.take().expect("something was begun");
        self.room = self.room.saturating_sub(1);
        if let Status::Rejected(rejection) = outcome.status {
            self.metrics.rejected(rejection.code);
        }
        let chain = self.exchange.state.chain.promise;
        let record = Arc::new(Record { input, input_bytes, chain, outcome });
        self.open.add(&record);
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
        let found = self.finders.next(&self.exchange, now);
        let next = found.into_iter().chain(self.settler.next(&self.exchange)).min();
        next.map_or(u64::MAX, |next| next.since(now))
    }

    /// Waits while the journal lags; false when it is gone. An idle sequencer hands over empty groups now and then:
    /// only who sends learns that the next stage is gone, and whoever waits behind it must be let go.
    fn hand_over(&mut self, group: Group) -> bool {
        self.handed = Handed { seq: self.exchange.state.chain.seq, open: self.open };
        if !group.is_empty() {
            self.careful = self.careful.saturating_sub(1);
        }
        self.groups.send(group).is_ok()
    }

    /// Answers what waits in the queue when the node stops: none of it was taken.
    fn refuse_the_rest(&mut self) {
        self.arrivals.gate.close();
        let again = self.again.drain(..).map(|next| next.reply);
        let jobs = self.arrivals.jobs.try_iter().map(|job| job.reply);
        for reply in again.chain(jobs) {
            // Who asked may have gone.
            let _ = reply.send(Answer::Refused(RejectCode::ShuttingDown.into()));
        }
    }
}
