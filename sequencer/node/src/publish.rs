//! The publisher: takes groups that are durable, lets the mirror follow, answers who asked, tells the feeds,
//! and hands sealed batches on. Nothing is told before this point.

use crate::{
    fatal::Fatal,
    metrics::PublishMetrics,
    mirror::{Mirror, Sealed},
    pipeline::{Ack, Answer, Entry, Group, Record},
    secp::SigningKey,
};
use alloy_primitives::B256;
use ballast_auth::{Promise, promise_digest};
use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;

/// Entries that are published at a time. Queries wait while the mirror follows, and go on while answers are signed:
/// were it a whole group, they would wait for all of it.
const STEP: usize = 16;

/// Who is told of durable inputs besides the ones who asked. Must not wait for anybody.
pub trait Audience: Send {
    /// These inputs are durable and the mirror holds them; seqs follow each other. Who asked for them is answered
    /// after that, so that whoever has an answer finds its trades.
    fn told(&mut self, records: &[Arc<Record>]);
}

/// The publisher's thread.
pub struct Publisher {
    /// The replica that follows.
    pub mirror: Arc<Mirror>,
    /// The sequencer's key, for promises.
    pub key: SigningKey,
    /// EIP-712 domain of the promises.
    pub separator: B256,
    /// Where sealed batches go. A batcher that lags holds up the publisher and so everything before it.
    pub seals: Sender<Sealed>,
    /// The feeds.
    pub audience: Box<dyn Audience>,
    /// Counts.
    pub metrics: PublishMetrics,
}

impl Publisher {
    /// Publishes until the journal's writer hangs up.
    ///
    /// # Errors
    /// [`Fatal::Diverged`] when the mirror does not do what the sequencer did.
    pub fn run(mut self, durable: &Receiver<Group>) -> Result<(), Fatal> {
        while let Ok(group) = durable.recv() {
            let mut left = group.into_iter().peekable();
            while left.peek().is_some() {
                if !self.publish(left.by_ref().take(STEP))? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Publishes a step of a group; false when the batcher is gone.
    fn publish(&mut self, step: impl Iterator<Item = Entry>) -> Result<bool, Fatal> {
        let (answers, records, sealed) = self.follow(step)?;
        self.audience.told(&records);
        for (answer, reply) in answers {
            let answer = match answer {
                Told::Record(record) => Answer::Sequenced(Box::new(self.promise(record))),
                Told::Refused(rejection) => Answer::Refused(rejection),
            };
            // Who asked may have gone; what was done stays done.
            let _ = reply.send(answer);
        }
        self.metrics.published(&records);
        for batch in sealed {
            if self.seals.send(batch).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lets the mirror follow a step under one lock: readers see whole inputs.
    fn follow(&self, step: impl Iterator<Item = Entry>) -> Result<Followed, Fatal> {
        let (mut answers, mut records, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
        let mut view = self.mirror.write();
        for entry in step {
            match entry {
                Entry::Sequenced { record, verified, reply } => {
                    sealed.extend(view.follow(&record, verified, "mirror")?);
                    if let Some(reply) = reply {
                        answers.push((Told::Record(Arc::clone(&record)), reply));
                    }
                    records.push(record);
                }
                Entry::Refused { rejection, reply } => answers.push((Told::Refused(rejection), reply)),
            }
        }
        Ok((answers, records, sealed))
    }

    fn promise(&self, record: Arc<Record>) -> Ack {
        promise(&self.key, self.separator, record)
    }
}

/// What is told to the one who asked.
enum Told {
    Record(Arc<Record>),
    Refused(ballast_types::Rejection),
}

type Followed = (Vec<(Told, crate::pipeline::Reply)>, Vec<Arc<Record>>, Vec<Sealed>);

/// The acknowledgement of a durable record, signed (architecture A6).
#[must_use]
pub fn promise(key: &SigningKey, separator: B256, record: Arc<Record>) -> Ack {
    let (seq, time, chain) = (record.input.seq, record.input.time, record.chain);
    let signature = key.sign(promise_digest(separator, &Promise { seq, chain, time }));
    Ack { seq, time, chain, signature, record }
}
