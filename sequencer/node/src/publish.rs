//! The publisher: takes groups that are durable, lets the mirror follow, answers who asked, tells the feeds,
//! and hands sealed batches on. Nothing is told before this point.

use crate::{
    fatal::Fatal,
    metrics::PublishMetrics,
    mirror::{Mirror, Sealed},
    pipeline::{Answer, Entry, Group, Record, Reply},
    promise::Promiser,
};
use ballast_batch::promise::Link;
use ballast_types::Rejection;
use crossbeam_channel::{Receiver, Sender};
use std::{sync::Arc, vec};

/// Entries that are published at a time, under one signature: an answer has at most one link less. Queries wait while the
/// mirror follows, and go on while it is signed: were it all that is durable, they would wait for all of it.
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
    /// Who signs the answers.
    pub promiser: Promiser,
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
        let mut left = Group::new().into_iter();
        loop {
            let step = next_step(&mut left, durable);
            if step.is_empty() || !self.publish(step)? {
                return Ok(());
            }
        }
    }

    /// Publishes a step; false when the batcher is gone.
    fn publish(&mut self, step: Vec<Entry>) -> Result<bool, Fatal> {
        let Followed { records, links, asked, replies, refused, sealed } = self.follow(step)?;
        self.audience.told(&records);
        // Who asked may have gone; what was done stays done.
        for (ack, reply) in self.promiser.all(&records, &links, &asked).into_iter().zip(replies) {
            let _ = reply.send(Answer::Sequenced(Box::new(ack)));
        }
        for (rejection, reply) in refused {
            let _ = reply.send(Answer::Refused(rejection));
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
    fn follow(&self, step: Vec<Entry>) -> Result<Followed, Fatal> {
        let mut followed = Followed::default();
        let mut view = self.mirror.write();
        for entry in step {
            match entry {
                Entry::Sequenced { record, verified, reply } => {
                    followed.links.push(Link { time: record.input.time, source_hash: verified.hash() });
                    followed.sealed.extend(view.follow(&record, verified, "mirror")?);
                    if let Some(reply) = reply {
                        followed.asked.push(followed.records.len());
                        followed.replies.push(reply);
                    }
                    followed.records.push(record);
                }
                Entry::Refused { rejection, reply, .. } => followed.refused.push((rejection, reply)),
            }
        }
        Ok(followed)
    }
}

/// A step that the mirror has followed.
#[derive(Default)]
struct Followed {
    records: Vec<Arc<Record>>,
    /// What each of them adds to the promise chain.
    links: Vec<Link>,
    /// Places of the records that somebody waits for, and who that is.
    asked: Vec<usize>,
    replies: Vec<Reply>,
    refused: Vec<(Rejection, Reply)>,
    sealed: Vec<Sealed>,
}

/// What is durable and not published, up to a step of it, of as many groups as it takes. Waits for the first; nothing when
/// the journal's writer has hung up.
fn next_step(left: &mut vec::IntoIter<Entry>, durable: &Receiver<Group>) -> Vec<Entry> {
    let mut step = Vec::with_capacity(STEP);
    loop {
        step.extend(left.by_ref().take(STEP - step.len()));
        if step.len() == STEP {
            return step;
        }
        let more = if step.is_empty() { durable.recv().ok() } else { durable.try_recv().ok() };
        let Some(group) = more else { return step };
        *left = group.into_iter();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::RejectCode;
    use crossbeam_channel::bounded;

    /// A group of refusals that are told apart by their value.
    fn group(values: std::ops::Range<u64>) -> Group {
        let entry = |value| Entry::Refused {
            rejection: Rejection::new(RejectCode::Busy, value, 0),
            reply: tokio::sync::oneshot::channel().0,
            asked: None,
        };
        values.map(entry).collect()
    }

    fn values(step: &[Entry]) -> Vec<i128> {
        let value = |entry: &Entry| match entry {
            Entry::Refused { rejection, .. } => rejection.value,
            Entry::Sequenced { .. } => panic!("not sent here"),
        };
        step.iter().map(value).collect()
    }

    #[test]
    fn a_step_takes_what_is_durable_of_as_many_groups_as_it_needs_and_waits_for_no_more() {
        let (sender, durable) = bounded(4);
        for range in [0..1, 1..1, 1..5, 5..30] {
            sender.send(group(range)).expect("it is held here");
        }
        let mut left = Group::new().into_iter();
        for expected in [0..16, 16..30] {
            assert_eq!(values(&next_step(&mut left, &durable)), expected.collect::<Vec<i128>>());
        }
        sender.send(group(30..31)).expect("it is held here");
        assert_eq!(
            values(&next_step(&mut left, &durable)),
            [30],
            "one that is alone does not wait for others"
        );
        drop(sender);
        assert!(next_step(&mut left, &durable).is_empty(), "the writer has hung up");
    }
}
