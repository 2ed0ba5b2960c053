//! What every command works with.

use crate::{
    args::{KeyArgs, NetworkArgs},
    node::{Node, Unreachable},
    output::say,
};
use alloy::{
    network::EthereumWallet,
    primitives::Address,
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use ballast_bridge::{
    Deployment, Severity,
    l1::{
        alloy::{AlloyL1, discover},
        blobs::NoBlobs,
    },
};
use eyre::{Result, WrapErr, eyre};
use std::time::Duration;

/// How often something that is waited for is asked about.
pub(crate) const POLL: Duration = Duration::from_millis(500);

/// Asks until there is an answer, for as long as L1 or the exchange only does not answer: what was sent cannot be taken
/// back, and a hiccup while it is waited for is no failure of it.
///
/// # Errors
/// Any other.
pub(crate) async fn persist<T>(mut ask: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let mut told = false;
    loop {
        match ask().await {
            Err(error) if is_passing(&error) => {
                if !told {
                    say(&format!("{error:#}: asking again"));
                    told = true;
                }
                tokio::time::sleep(POLL).await;
            }
            answer => return answer,
        }
    }
}

fn is_passing(error: &eyre::Report) -> bool {
    let l1 = error.downcast_ref::<ballast_bridge::Error>();
    error.is::<Unreachable>() || l1.is_some_and(|error| error.severity() != Severity::Critical)
}

/// L1, the exchange, and who acts.
pub(crate) struct Context {
    pub(crate) l1: AlloyL1<NoBlobs>,
    pub(crate) node: Node,
    pub(crate) deployment: Deployment,
    l1_url: String,
    signer: Option<PrivateKeySigner>,
}

impl Context {
    /// Without a key nobody acts, and none is looked at.
    pub(crate) async fn new(network: &NetworkArgs, key: Option<&KeyArgs>) -> Result<Self> {
        let deployment = match network.rollup {
            Some(rollup) => discover(&network.l1, rollup, network.deploy_block).await?,
            None => Deployment::read(&network.deployment)?,
        };
        let l1 = AlloyL1::connect(&network.l1, deployment, None, NoBlobs).await;
        let l1 = l1.wrap_err_with(|| format!("cannot use L1 at {} (--l1)", network.l1))?;
        let node = Node::new(&network.node)?;
        let signer = key.map(signer).transpose()?.flatten();
        Ok(Self { l1, node, deployment, l1_url: network.l1.clone(), signer })
    }

    /// Who acts.
    pub(crate) fn signer(&self) -> Result<&PrivateKeySigner> {
        let hint = || eyre!("this needs a key: set BALLAST_KEY, or give --keystore FILE");
        self.signer.as_ref().ok_or_else(hint)
    }

    /// The address of the key, if one was given.
    pub(crate) fn address(&self) -> Option<Address> {
        self.signer.as_ref().map(PrivateKeySigner::address)
    }

    /// Where L1 is asked.
    pub(crate) fn l1_url(&self) -> &str {
        &self.l1_url
    }

    /// L1, to be read only.
    pub(crate) fn reader(&self) -> Result<DynProvider> {
        Ok(ballast_bridge::l1::alloy::connect(&self.l1_url)?)
    }

    /// L1, ready to send transactions of the key.
    pub(crate) fn wallet(&self) -> Result<DynProvider> {
        let wallet = EthereumWallet::from(self.signer()?.clone());
        let url = self.l1_url.parse().wrap_err("the L1 URL")?;
        let provider = ProviderBuilder::new().with_simple_nonce_management().wallet(wallet).connect_http(url);
        Ok(provider.erased())
    }
}

fn signer(key: &KeyArgs) -> Result<Option<PrivateKeySigner>> {
    if let Some(text) = &key.private_key {
        // The error does not repeat the text: it may be most of a key.
        let parsed = text.trim().parse();
        return parsed.map(Some).map_err(|_| eyre!("the private key is not 32 bytes in hexadecimal"));
    }
    let Some(path) = &key.keystore else { return Ok(None) };
    let password = std::env::var("BALLAST_PASSWORD")
        .map_err(|_| eyre!("a keystore needs its password in the variable BALLAST_PASSWORD"))?;
    let signer = PrivateKeySigner::decrypt_keystore(path, password);
    signer.map(Some).wrap_err_with(|| format!("cannot open the keystore {}", path.display()))
}
