//! What the vault takes.

use super::{AlloyL1, call_failed, read::LATEST};
use crate::{bindings::Vault, error::Result};

impl<B> AlloyL1<B> {
    /// How many assets the vault takes, USDC among them.
    ///
    /// # Errors
    /// [`Error::Transport`](crate::error::Error::Transport) and its like when L1 does not answer.
    pub async fn asset_count(&self) -> Result<u16> {
        let vault = Vault::new(self.deployment.vault, &self.provider);
        vault.assetCount().block(LATEST).call().await.map_err(call_failed)
    }
}
