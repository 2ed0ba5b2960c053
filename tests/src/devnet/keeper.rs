//! Validators with a key, and what they say of themselves.

use super::{
    DEPLOYMENT, Devnet, accounts, node,
    process::{self, Process},
};
use alloy::providers::Provider as _;
use ballast_bridge::l1::alloy::connect;
use serde_json::Value;
use std::process::Command;

impl Devnet {
    /// What a validator that serves at `url` says of itself; null when it does not answer yet.
    pub async fn said(&self, url: &str) -> Value {
        let Ok(validator) = connect(url) else { return Value::Null };
        validator.raw_request("ballast_validatorStatus".into(), ()).await.unwrap_or_default()
    }

    /// Waits until a validator that serves at `url` says something of itself.
    ///
    /// # Errors
    /// When L1 dies, or it never says so.
    pub async fn says(&self, url: &str, what: &str, is: impl Fn(&Value) -> bool) -> eyre::Result<Value> {
        let look = async || {
            let said = self.said(url).await;
            Ok(is(&said).then_some(said))
        };
        self.until_on_l1(what, look).await
    }

    /// Starts a validator with a key of L1, that of [`accounts::KEEPER`], which asks for inputs at `node`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn keeper(&self, name: &str, node: &str, more: &[&str]) -> eyre::Result<Process> {
        let key = self.dir.join("keeper.key");
        std::fs::write(&key, accounts::private_key(accounts::KEEPER))?;
        let mut command = Command::new(process::program("ballast-validator")?);
        command.args(["run", "--l1", &self.l1.url(), "--node", node]).args(more);
        command.arg("--deployment").arg(self.dir.join(DEPLOYMENT));
        command.arg("--genesis").arg(self.dir.join(node::GENESIS));
        command.arg("--dir").arg(self.dir.join(name)).arg("--key-file").arg(key);
        Process::start(name, command, &self.dir)
    }
}
