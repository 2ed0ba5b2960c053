//! The sequencer's promises (architecture A6). A signature takes many times as long as all else that is done to publish
//! an input, so one serves several inputs that follow each other: it is over the last of them, and links of the promise
//! chain lead there from each of the others.

use crate::{
    pipeline::{Ack, Record},
    secp::SigningKey,
};
use alloy_primitives::B256;
use ballast_auth::{Promise, promise_digest};
use ballast_batch::promise::Link;
use ballast_types::Signature;
use std::sync::Arc;

/// The sequencer's word for its inputs.
#[derive(Clone, Debug)]
pub struct Promiser {
    /// The sequencer's key.
    pub key: SigningKey,
    /// EIP-712 domain of the promises.
    pub separator: B256,
}

impl Promiser {
    /// The acknowledgement of a durable record that is signed itself.
    #[must_use]
    pub fn one(&self, record: Arc<Record>) -> Ack {
        let signature = self.sign(&record);
        ack(record, signature, Vec::new())
    }

    /// The acknowledgements of the records at the places `asked`, ascending, of `records`, which are durable and follow
    /// each other, each with its own of the `links`: one signature, over the last that was asked for. Places past the end
    /// are passed over.
    #[must_use]
    pub fn all(&self, records: &[Arc<Record>], links: &[Link], asked: &[usize]) -> Vec<Ack> {
        let asked = &asked[..asked.partition_point(|place| *place < records.len())];
        let Some(&last) = asked.last() else { return Vec::new() };
        let signature = self.sign(&records[last]);
        let acks = asked.iter().map(|&place| {
            let rest = links[place + 1..=last].to_vec();
            ack(Arc::clone(&records[place]), signature, rest)
        });
        acks.collect()
    }

    fn sign(&self, record: &Record) -> Signature {
        let (seq, time, chain) = (record.input.seq, record.input.time, record.chain);
        self.key.sign(promise_digest(self.separator, &Promise { seq, chain, time }))
    }
}

fn ack(record: Arc<Record>, signature: Signature, links: Vec<Link>) -> Ack {
    let (seq, time, chain) = (record.input.seq, record.input.time, record.chain);
    Ack { seq, time, chain, signature, record, links }
}

#[cfg(test)]
mod tests;
