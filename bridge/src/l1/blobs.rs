//! Getting blobs back from the consensus layer while it keeps them (18 days).

use super::Block;
use crate::{
    data::versioned_hash,
    error::{Error, Result},
};
use alloy::{
    eips::eip4844::Blob,
    primitives::B256,
    transports::http::reqwest::{Client, StatusCode, Url},
};
use serde::Deserialize;
use std::{future::Future, time::Duration};

/// Serves the blobs of a block.
pub trait BlobSource: Send + Sync {
    /// The blobs with these versioned hashes, in their order. The caller need not trust them: implementations
    /// check each blob against its hash.
    ///
    /// [`Error::BlobsGone`] when some are missing, [`Error::BlobService`] when nobody says so.
    fn blobs(&self, block: &Block, hashes: &[B256]) -> impl Future<Output = Result<Vec<Blob>>> + Send;
}

/// No blobs: for those who never read a diff back.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBlobs;

impl BlobSource for NoBlobs {
    async fn blobs(&self, _: &Block, _: &[B256]) -> Result<Vec<Blob>> {
        Err(Error::BlobService("no source of blobs is configured".to_owned()))
    }
}

/// How a beacon node names the slot of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotRule {
    /// By its time: seconds since genesis over the length of a slot.
    Time {
        /// Unix seconds of slot 0.
        genesis: u64,
        /// Length of a slot in seconds, at least 1.
        slot: u64,
    },
    /// By the number of the execution block, as development chains do.
    BlockNumber,
}

impl SlotRule {
    /// The slots of Ethereum's mainnet.
    pub const MAINNET: Self = Self::Time { genesis: 1_606_824_023, slot: 12 };

    fn slot(self, block: &Block) -> u64 {
        match self {
            Self::Time { genesis, slot } => block.time.saturating_sub(genesis) / slot.max(1),
            Self::BlockNumber => block.number,
        }
    }
}

impl core::str::FromStr for SlotRule {
    type Err = &'static str;

    /// `number`, or the unix seconds of slot 0 and the seconds of a slot, with a stroke between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "number" {
            return Ok(Self::BlockNumber);
        }
        let clock = text.split_once('/');
        let clock = clock.and_then(|(genesis, slot)| Some((genesis.parse().ok()?, slot.parse().ok()?)));
        let (genesis, slot) = clock.ok_or("neither `number` nor GENESIS/SECONDS")?;
        Ok(Self::Time { genesis, slot })
    }
}

/// Longest answer that is read: all blobs of a block in hexadecimal, generously.
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A beacon node: `GET /eth/v1/beacon/blobs/{slot}?versioned_hashes=..`.
#[derive(Clone, Debug)]
pub struct Beacon {
    client: Client,
    url: Url,
    slots: SlotRule,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Blob>,
}

impl Beacon {
    /// A beacon node at `url`.
    ///
    /// # Errors
    /// [`Error::Config`] when it is no URL.
    pub fn new(url: &str, slots: SlotRule) -> Result<Self> {
        let url = url.parse().map_err(|e| Error::Config(format!("the beacon URL {url} is not one: {e}")))?;
        let client = Client::builder().timeout(TIMEOUT).build();
        let client = client.map_err(|e| Error::Config(format!("no HTTP client: {e}")))?;
        Ok(Self { client, url, slots })
    }

    async fn fetch(&self, block: &Block, hashes: &[B256]) -> Result<Vec<Blob>> {
        let service = |e: &dyn std::fmt::Display| Error::BlobService(e.to_string());
        let path = format!("eth/v1/beacon/blobs/{}", self.slots.slot(block));
        let mut url = self.url.join(&path).map_err(|e| service(&e))?;
        let list = hashes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        url.query_pairs_mut().append_pair("versioned_hashes", &list);
        let answer = self.client.get(url).send().await.map_err(|e| service(&e))?;
        if [StatusCode::NOT_FOUND, StatusCode::GONE].contains(&answer.status()) {
            return Err(Error::BlobsGone(format!("nothing for slot {}", self.slots.slot(block))));
        }
        let mut answer = answer.error_for_status().map_err(|e| service(&e))?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| service(&e))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(Error::BlobService("the answer is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice::<Answer>(&body).map(|a| a.data).map_err(|e| service(&e))
    }
}

impl BlobSource for Beacon {
    async fn blobs(&self, block: &Block, hashes: &[B256]) -> Result<Vec<Blob>> {
        let blobs = self.fetch(block, hashes).await?;
        // KZG is work for a CPU, not for the threads that wait for sockets.
        let named = tokio::task::spawn_blocking(move || {
            blobs.into_iter().map(|b| versioned_hash(&b).map(|h| (h, b))).collect::<Result<Vec<_>>>()
        });
        let named = named.await.map_err(|e| Error::BlobService(e.to_string()))??;
        pick(&named, hashes)
    }
}

/// The blobs with `hashes`, in that order; a block may hold others, and in another order.
fn pick(named: &[(B256, Blob)], hashes: &[B256]) -> Result<Vec<Blob>> {
    let find = |hash: &B256| {
        let blob = named.iter().find(|(name, _)| name == hash).map(|(_, blob)| *blob);
        blob.ok_or_else(|| Error::BlobsGone(format!("no blob with versioned hash {hash}")))
    };
    hashes.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_time_or_number() {
        let block = Block { number: 9, hash: B256::ZERO, parent: B256::ZERO, time: 1_606_824_023 + 12 * 77 };
        assert_eq!(SlotRule::MAINNET.slot(&block), 77);
        assert_eq!(SlotRule::BlockNumber.slot(&block), 9);
        assert_eq!(SlotRule::Time { genesis: u64::MAX, slot: 0 }.slot(&block), 0);
    }

    #[test]
    fn a_rule_is_read_from_text() {
        assert_eq!("number".parse(), Ok(SlotRule::BlockNumber));
        assert_eq!("1606824023/12".parse(), Ok(SlotRule::MAINNET));
        for bad in ["", "12", "/", "a/12", "12/", "numbers"] {
            assert!(bad.parse::<SlotRule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn blobs_are_picked_by_hash_whatever_else_the_block_holds() {
        let named: Vec<_> = (0..3_u8).map(|i| (B256::repeat_byte(i), Blob::repeat_byte(i))).collect();
        let picked = pick(&named, &[B256::repeat_byte(2), B256::repeat_byte(0)]).expect("both are there");
        assert_eq!(picked, [Blob::repeat_byte(2), Blob::repeat_byte(0)]);
        assert!(matches!(pick(&named, &[B256::repeat_byte(9)]), Err(Error::BlobsGone(_))));
    }

    #[test]
    fn the_answer_of_a_beacon_node_is_read() {
        let blob = Blob::repeat_byte(5);
        let text = format!(r#"{{"execution_optimistic":false,"finalized":true,"data":["{blob}"]}}"#);
        let answer: Answer = serde_json::from_str(&text).expect("an answer");
        assert_eq!(answer.data, [blob]);
    }
}
