//! Diffs from nodes and validators of the exchange, where L1 has dropped them.

use crate::{node::Node, output::say};
use alloy::primitives::B256;
use ballast_batch::data::diff_hash;
use ballast_bridge::rebuild::Diffs;
use eyre::Result;

/// Whom to ask, one after the other.
pub(crate) struct Archives(Vec<Node>);

impl Archives {
    pub(crate) fn of(urls: &[String]) -> Result<Self> {
        urls.iter().map(|url| Node::new(url)).collect::<Result<_>>().map(Self)
    }
}

impl Diffs for Archives {
    async fn diff(&self, index: u64, hash: B256) -> Option<Vec<u8>> {
        for node in &self.0 {
            match node.diff(index).await {
                Ok(Some(diff)) if diff_hash(&diff) == hash => return Some(diff),
                Ok(Some(_)) => {
                    say(&format!("{} has another diff of batch {index} than L1 names", node.url()))
                }
                Ok(None) => {}
                Err(error) => say(&format!("batch {index}: {error:#}")),
            }
        }
        None
    }
}
