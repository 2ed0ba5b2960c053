//! The devnet's L1: anvil, with its state in a file so that it can stop and go on.

use super::{accounts, process::Process, wait::until};
use alloy::{
    network::Ethereum,
    primitives::{Address, U256},
    providers::{DynProvider, PendingTransactionBuilder, Provider, ProviderBuilder, ext::AnvilApi as _},
    signers::local::PrivateKeySigner,
    sol,
};
use ballast_bridge::{Deployment, bindings::Vault};
use ballast_types::{Quote, limits::NEW_ACCOUNT};
use eyre::{WrapErr, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// More than a deposit takes. An estimate is of the state before the transactions that are not in a block yet.
const DEPOSIT_GAS: u64 = 250_000;

/// How long anvil may take to answer, to stop, and a transaction to be mined.
const PATIENCE: Duration = Duration::from_secs(60);

sol! {
    #[sol(rpc)]
    interface Token {
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external returns (bool);
        function balanceOf(address owner) external view returns (uint256);
    }

    #[sol(rpc)]
    interface Custody {
        function deposit(uint16 asset, uint256 amount, address owner, uint32 account) external returns (uint64 credited);
    }
}

/// A running L1.
#[derive(Debug)]
pub struct L1 {
    process: Process,
    dir: PathBuf,
    port: u16,
    block_time: Option<u64>,
}

impl L1 {
    /// Starts anvil, from the state in `dir` when there is one.
    ///
    /// # Errors
    /// When it is not installed or does not answer.
    pub async fn start(dir: &Path, port: u16, block_time: Option<u64>) -> eyre::Result<Self> {
        let process = spawn(dir, port, block_time)?;
        let this = Self { process, dir: dir.to_owned(), port, block_time };
        this.answers().await?;
        Ok(this)
    }

    /// Its HTTP endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Makes sure that it still runs.
    ///
    /// # Errors
    /// With the end of its log when it does not.
    pub fn check(&self) -> eyre::Result<()> {
        self.process.check()
    }

    /// Stops it; it writes its state.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop(&self) -> eyre::Result<()> {
        self.process.terminate(PATIENCE).map(|_| ())
    }

    /// Starts it again from its state, on the same port.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn go_on(&mut self) -> eyre::Result<()> {
        self.process = spawn(&self.dir, self.port, self.block_time)?;
        self.answers().await
    }

    async fn answers(&self) -> eyre::Result<()> {
        let provider = self.reader()?;
        let check = || self.process.check();
        until("anvil to answer", PATIENCE, check, async || Ok(provider.get_chain_id().await.ok())).await?;
        Ok(())
    }

    /// Reads L1.
    ///
    /// # Errors
    /// Never in practice: the endpoint is a URL.
    pub fn reader(&self) -> eyre::Result<DynProvider> {
        Ok(ProviderBuilder::new().connect_http(self.url().parse()?).erased())
    }

    /// Lets so many seconds pass, and mines a block after them.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn pass(&self, seconds: u64) -> eyre::Result<()> {
        let provider = self.reader()?;
        provider.anvil_increase_time(seconds).await?;
        Ok(provider.anvil_mine(Some(1), None).await?)
    }

    /// Sends transactions of one account. Nonces are asked for each time: they go back in a reorganisation.
    ///
    /// # Errors
    /// Never in practice: the endpoint is a URL.
    pub fn sender(&self, signer: PrivateKeySigner) -> eyre::Result<DynProvider> {
        let builder = ProviderBuilder::new().with_simple_nonce_management().wallet(signer);
        Ok(builder.connect_http(self.url().parse()?).erased())
    }

    /// What an address has of the token, in its smallest unit.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn balance(&self, deployment: &Deployment, owner: Address) -> eyre::Result<U256> {
        Ok(Token::new(deployment.token, self.reader()?).balanceOf(owner).call().await?)
    }

    /// Gives addresses tokens out of nothing.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn mint(&self, deployment: &Deployment, gifts: &[(Address, Quote)]) -> eyre::Result<()> {
        let gifts = gifts.iter().map(|(owner, amount)| Ok((*owner, wide(*amount)?)));
        self.mint_of(deployment.token, &gifts.collect::<eyre::Result<Vec<_>>>()?).await
    }

    /// As [`Self::mint`], of a token in its smallest unit.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn mint_of(&self, token: Address, gifts: &[(Address, U256)]) -> eyre::Result<()> {
        let token = Token::new(token, self.sender(accounts::signer(accounts::DEPLOYER))?);
        let mut sent = Vec::new();
        for (owner, amount) in gifts {
            sent.push(token.mint(*owner, *amount).send().await?);
        }
        took_effect(sent).await
    }

    /// The token of an asset that the vault takes.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn token(&self, deployment: &Deployment, asset: u16) -> eyre::Result<Address> {
        Ok(Vault::new(deployment.vault, self.reader()?).assets(asset).call().await?.token)
    }

    /// Opens an account for each owner, in order, with a deposit that the deployer pays. Returns when L1 has taken
    /// them, which is before the exchange has.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn deposit(&self, deployment: &Deployment, deposits: &[(Address, Quote)]) -> eyre::Result<()> {
        let new = deposits.iter().map(|(owner, amount)| (*owner, NEW_ACCOUNT, *amount));
        self.deposit_to(deployment, &new.collect::<Vec<_>>()).await
    }

    /// Deposits for each account of its owner, in order, what the deployer pays. Returns as [`Self::deposit`].
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn deposit_to(
        &self,
        deployment: &Deployment,
        deposits: &[(Address, u32, Quote)],
    ) -> eyre::Result<()> {
        let payer = accounts::signer(accounts::DEPLOYER);
        let total = deposits.iter().map(|(_, _, amount)| amount.0).sum();
        self.mint(deployment, &[(payer.address(), Quote(total))]).await?;
        let provider = self.sender(payer)?;
        let approve =
            Token::new(deployment.token, &provider).approve(deployment.vault, U256::MAX).send().await?;
        ensure!(approve.get_receipt().await?.status(), "the approval reverted");
        let vault = Custody::new(deployment.vault, &provider);
        let mut sent = Vec::new();
        for (owner, account, amount) in deposits {
            sent.push(vault.deposit(0, wide(*amount)?, *owner, *account).gas(DEPOSIT_GAS).send().await?);
        }
        took_effect(sent).await
    }
}

/// Waits until all of them are in blocks.
async fn took_effect(sent: Vec<PendingTransactionBuilder<Ethereum>>) -> eyre::Result<()> {
    for transaction in sent {
        let receipt = transaction.with_timeout(Some(PATIENCE)).get_receipt().await?;
        ensure!(receipt.status(), "transaction {} reverted", receipt.transaction_hash);
    }
    Ok(())
}

fn wide(amount: Quote) -> eyre::Result<U256> {
    Ok(U256::from(u64::try_from(amount.0).wrap_err("an amount below zero")?))
}

fn spawn(dir: &Path, port: u16, block_time: Option<u64>) -> eyre::Result<Process> {
    let mut command = Command::new(anvil());
    command
        .args(["--hardfork", "osaka", "--slots-in-an-epoch", "4", "--host", "127.0.0.1", "--quiet"])
        .args(["--port", &port.to_string()])
        .arg("--state")
        .arg(dir.join("l1-state.json"));
    if let Some(seconds) = block_time {
        command.args(["--block-time", &seconds.to_string()]);
    }
    Process::start("anvil", command, dir)
}

/// The anvil of the contracts' npm packages, or another one that is on the path.
fn anvil() -> PathBuf {
    let platform = if cfg!(target_arch = "aarch64") { "anvil-linux-arm64" } else { "anvil-linux-amd64" };
    let packaged = super::root().join("contracts/node_modules/@foundry-rs").join(platform).join("bin/anvil");
    if packaged.is_file() { packaged } else { "anvil".into() }
}
