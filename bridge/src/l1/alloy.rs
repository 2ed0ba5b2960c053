//! L1 through a node's JSON-RPC.

mod assets;
mod demand;
mod discover;
mod dispute;
mod escape;
mod forced;
mod history;
mod read;
mod send;
mod stress;
mod upkeep;

pub use discover::discover;
pub use history::History;

use super::blobs::BlobSource;
use crate::{
    bindings::{Inbox, Rollup},
    deployment::Deployment,
    error::{Error, Result},
};
use alloy::{
    eips::BlockId,
    network::EthereumWallet,
    primitives::{Address, B256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::client::RpcClient,
    signers::local::PrivateKeySigner,
    transports::{
        RpcError, TransportError,
        http::reqwest::{Client, Url},
    },
};
use std::time::Duration;

/// Longest wait for an answer of the node.
const TIMEOUT: Duration = Duration::from_secs(20);

/// L1 as a node tells it. With a key it also sends, for that key's account.
#[derive(Clone, Debug)]
pub struct AlloyL1<B> {
    provider: DynProvider,
    deployment: Deployment,
    inbox: Inbox::InboxInstance<DynProvider>,
    rollup: Rollup::RollupInstance<DynProvider>,
    wallet: Option<EthereumWallet>,
    blobs: B,
}

/// What the rollup was deployed with and asks of every batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The program that judges batches.
    pub program_hash: B256,
    /// Who may post them.
    pub sequencer: Address,
}

impl<B: BlobSource> AlloyL1<B> {
    /// Connects to the node at `url` and makes sure that it serves the chain of the deployment.
    ///
    /// # Errors
    /// [`Error::Config`] for a bad URL, another chain, or a chain without the contracts; [`Error::Transport`] when
    /// the node does not answer or has not caught up.
    pub async fn connect(
        url: &str,
        deployment: Deployment,
        key: Option<PrivateKeySigner>,
        blobs: B,
    ) -> Result<Self> {
        let provider = connect(url)?;
        let chain_id = provider.get_chain_id().await.map_err(transport)?;
        if chain_id != deployment.chain_id {
            return Err(Error::Config(format!(
                "{url} serves chain {chain_id}, but the contracts were deployed on chain {}",
                deployment.chain_id
            )));
        }
        let code = provider.get_code_at(deployment.rollup).await.map_err(transport)?;
        let height = provider.get_block_number().await.map_err(transport)?;
        if code.is_empty() && height < deployment.deploy_block {
            return Err(Error::Transport(format!(
                "{url} is at block {height}, and the contracts came in block {}: it has not caught up",
                deployment.deploy_block
            )));
        }
        if code.is_empty() {
            return Err(Error::Config(format!("there is no rollup at {} on {url}", deployment.rollup)));
        }
        Ok(Self {
            inbox: Inbox::new(deployment.inbox, provider.clone()),
            rollup: Rollup::new(deployment.rollup, provider.clone()),
            wallet: key.map(EthereumWallet::from),
            provider,
            deployment,
            blobs,
        })
    }

    /// What the rollup asks of every batch.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn rules(&self) -> Result<Rules> {
        let latest = BlockId::latest();
        let program_hash = self.rollup.programHash().block(latest).call().await.map_err(call_failed)?;
        let sequencer = self.rollup.sequencer().block(latest).call().await.map_err(call_failed)?;
        Ok(Rules { program_hash, sequencer })
    }

    /// The same, sending for the account of this key.
    #[must_use]
    pub fn with_key(self, key: PrivateKeySigner) -> Self {
        Self { wallet: Some(EthereumWallet::from(key)), ..self }
    }

    /// The same, with another source of blobs.
    #[must_use]
    pub fn with_blobs<C: BlobSource>(self, blobs: C) -> AlloyL1<C> {
        let Self { provider, deployment, inbox, rollup, wallet, blobs: _ } = self;
        AlloyL1 { provider, deployment, inbox, rollup, wallet, blobs }
    }

    /// Where the contracts are.
    pub const fn deployment(&self) -> &Deployment {
        &self.deployment
    }
}

/// A provider without fillers: every field of a transaction is set by whoever sends it.
///
/// # Errors
/// [`Error::Config`] for a bad URL.
pub fn connect(url: &str) -> Result<DynProvider> {
    let parsed: Url = url.parse().map_err(|e| Error::Config(format!("the L1 URL {url} is not one: {e}")))?;
    if parsed.scheme() != "http" {
        return Err(Error::Config(format!(
            "the L1 URL {url} must begin with http://: run a node, or a proxy that ends TLS, beside this program"
        )));
    }
    let client = Client::builder().timeout(TIMEOUT).build();
    let client = client.map_err(|e| Error::Config(format!("no HTTP client: {e}")))?;
    let client = RpcClient::new_http_with_client(client, parsed);
    Ok(ProviderBuilder::new().disable_recommended_fillers().connect_client(client).erased())
}

/// What the transport says, as ours.
fn transport(error: TransportError) -> Error {
    match error {
        RpcError::LocalUsageError(e) => Error::Config(e.to_string()),
        error => Error::Transport(error.to_string()),
    }
}

/// What a failed read of a contract means.
fn call_failed(error: alloy::contract::Error) -> Error {
    match error {
        alloy::contract::Error::TransportError(error) => transport(error),
        error => Error::Transport(error.to_string()),
    }
}
