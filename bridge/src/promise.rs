//! The sequencer's promises as evidence: what was signed, and whether another promise or a batch contradicts it. The
//! contract `SequencerBond` judges by the same rules.

use crate::{
    bindings::SequencerBond,
    error::{Error, Result},
};
use alloy::primitives::{Address, B256, Bytes};
use ballast_auth::{K256, Promise, Recover, promise_digest};
use ballast_batch::{
    BatchHeader,
    promise::{Link, follow, source_hash},
};
use ballast_types::{Input, Millis, Seq, Signature};
use serde::Deserialize;
use serde_json::Value;

/// An answer of the exchange, as far as it binds the sequencer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Place of the input in the log.
    pub seq: Seq,
    /// Promise chain after it.
    pub chain: B256,
    /// Its time. With links nobody signed it.
    pub time: Millis,
    /// From the next input to the one that is signed.
    pub links: Vec<Link>,
    /// Over the promise of where the links lead.
    pub signature: Signature,
}

/// An answer in JSON; the rest of it is of no interest.
#[derive(Deserialize)]
struct Answer {
    seq: u64,
    time: u64,
    chain: B256,
    signature: Bytes,
    #[serde(default)]
    links: Vec<(u64, B256)>,
}

impl Evidence {
    /// Reads an answer of the exchange's RPC: the entry answer itself, or the message that carried it as `result`.
    ///
    /// # Errors
    /// [`Error::Config`] when it is none.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |why: String| Error::Config(format!("no answer with a promise of the exchange: {why}"));
        let value: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let value = value.get("result").unwrap_or(&value);
        let answer = Answer::deserialize(value).map_err(|error| wrong(error.to_string()))?;
        let signature = <[u8; 65]>::try_from(answer.signature.as_ref());
        let signature = signature.map_err(|_| wrong("its signature has not 65 bytes".to_owned()))?;
        let link = |(time, source_hash)| Link { time: Millis(time), source_hash };
        let links: Vec<_> = answer.links.into_iter().map(link).collect();
        // So that no place of it is past the last number.
        if answer.seq > u64::MAX >> 1 {
            return Err(wrong("there is no such place".to_owned()));
        }
        Ok(Self {
            seq: Seq(answer.seq),
            chain: answer.chain,
            time: Millis(answer.time),
            links,
            signature: Signature(signature),
        })
    }

    /// Who signed it; `None` when nobody did.
    #[must_use]
    pub fn signer(&self, separator: B256) -> Option<Address> {
        let (seq, chain, time) = follow((self.seq, self.chain, self.time), &self.links);
        K256.recover(promise_digest(separator, &Promise { seq, chain, time }), &self.signature)
    }

    /// The place that is signed itself.
    #[must_use]
    pub fn last(&self) -> Seq {
        Seq(self.seq.0.saturating_add(self.links.len() as u64))
    }

    /// What it says of a later place that its links pass: the same signature binds it.
    #[must_use]
    pub fn at(&self, seq: Seq) -> Option<Self> {
        let passed = usize::try_from(seq.0.checked_sub(self.seq.0)?).ok()?;
        let (before, links) = self.links.split_at_checked(passed)?;
        let (seq, chain, time) = follow((self.seq, self.chain, self.time), before);
        Some(Self { seq, chain, time, links: links.to_vec(), signature: self.signature })
    }

    /// Whether its time is signed.
    const fn is_timed(&self) -> bool {
        self.links.is_empty()
    }
}

/// What two things say about each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding<T> {
    /// They speak of no place in common.
    Apart,
    /// They say the same of every place of which both speak, the last of which this is.
    Agree(Seq),
    /// They contradict each other.
    Fault(T),
}

/// The first place at which two promises contradict each other, with what each says of it.
#[must_use]
pub fn compare(first: &Evidence, second: &Evidence) -> Finding<(Evidence, Evidence)> {
    let (from, to) = (first.seq.max(second.seq), first.last().min(second.last()));
    for seq in from.0..=to.0 {
        let (Some(one), Some(other)) = (first.at(Seq(seq)), second.at(Seq(seq))) else { break };
        let timed = one.is_timed() && other.is_timed() && one.time != other.time;
        if one.chain != other.chain || timed {
            return Finding::Fault((one, other));
        }
    }
    if from <= to { Finding::Agree(to) } else { Finding::Apart }
}

/// The promise chain through one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchChain {
    /// Its last input and before, as the header tells.
    header: BatchHeader,
    /// Chain before its first input, and what each adds; none where the inputs are not known.
    inputs: Option<(B256, Vec<Link>)>,
}

/// How a batch breaks a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The promise, told of the place that differs.
    pub given: Evidence,
    /// Chain before that place, in the batch.
    pub before: B256,
    /// From that place to the last of the batch; none when it is the last and the header says enough.
    pub links: Vec<Link>,
}

impl BatchChain {
    /// What the header alone tells: the chain after its last input.
    #[must_use]
    pub const fn of_header(header: BatchHeader) -> Self {
        Self { header, inputs: None }
    }

    /// With the inputs of the batch, and the chain after the batch before it.
    ///
    /// # Errors
    /// [`Error::WrongData`] when they are not those of the header.
    pub fn of_inputs(header: BatchHeader, before: B256, inputs: &[Input]) -> Result<Self> {
        let link = |input: &Input| Link { time: input.time, source_hash: source_hash(&input.source) };
        let links: Vec<_> = inputs.iter().map(link).collect();
        let first = Seq(header.firstSeq.saturating_sub(1));
        let (last, chain, _) = follow((first, before, Millis(0)), &links);
        if (last.0, chain) != (header.lastSeq, header.promiseHash) {
            let reason = "the inputs do not lead to the promise chain of its header";
            return Err(Error::WrongData { index: header.index, reason });
        }
        Ok(Self { header, inputs: Some((before, links)) })
    }

    /// The first place at which the batch does not say what was promised. Of places before the last only inputs tell.
    #[must_use]
    pub fn compare(&self, given: &Evidence) -> Finding<Broken> {
        let (from, to) = (given.seq.0.max(self.header.firstSeq), given.last().0.min(self.header.lastSeq));
        let mut told = None;
        for seq in from..=to {
            let Some(promised) = given.at(Seq(seq)) else { break };
            let Some((before, links)) = self.place(seq) else { continue };
            let (chain, time) = match links.first() {
                Some(link) => (follow((Seq(seq - 1), before, Millis(0)), &links[..1]).1, link.time),
                None => (self.header.promiseHash, Millis(self.header.lastTimeMs)),
            };
            told = Some(Seq(seq));
            if promised.chain != chain || (promised.is_timed() && promised.time != time) {
                return Finding::Fault(Broken { given: promised, before, links });
            }
        }
        told.map_or(Finding::Apart, Finding::Agree)
    }

    /// The chain before a place of the batch, and what the inputs from it on add; nothing of the last place, for which the
    /// header is enough.
    fn place(&self, seq: u64) -> Option<(B256, Vec<Link>)> {
        if seq == self.header.lastSeq {
            return Some((B256::ZERO, Vec::new()));
        }
        let (before, links) = self.inputs.as_ref()?;
        let passed = usize::try_from(seq.checked_sub(self.header.firstSeq)?).ok()?;
        let (passed, rest) = links.split_at_checked(passed)?;
        let first = Seq(self.header.firstSeq.saturating_sub(1));
        Some((follow((first, *before, Millis(0)), passed).1, rest.to_vec()))
    }
}

/// Links as the contract takes them.
#[must_use]
pub fn contract_links(links: &[Link]) -> Vec<SequencerBond::PromiseLink> {
    links
        .iter()
        .map(|link| SequencerBond::PromiseLink { time: link.time.0, sourceHash: link.source_hash })
        .collect()
}

impl From<&Evidence> for SequencerBond::SignedPromise {
    fn from(given: &Evidence) -> Self {
        Self {
            seq: given.seq.0,
            chain: given.chain,
            time: given.time.0,
            links: contract_links(&given.links),
            signature: given.signature.0.to_vec().into(),
        }
    }
}

#[cfg(test)]
mod tests;
