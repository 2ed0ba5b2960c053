//! The whole exchange as real processes on this machine: L1, contracts, node, validator. What uses it speaks to
//! it as anybody would, over L1 and the public RPC.

pub mod accounts;
pub mod contracts;
pub mod court;
pub mod forger;
pub mod forgery;
pub mod impostor;
mod keeper;
pub mod l1;
pub mod liar;
pub mod market;
pub mod node;
pub mod options;
pub mod panel;
pub mod ports;
pub mod process;
pub mod purse;
pub mod smoke;
pub mod wait;

use crate::client::{Connection, account_of};
use alloy::{
    primitives::U256,
    providers::{Provider, ext::AnvilApi},
};
use ballast_bridge::Deployment;
use ballast_types::{AccountId, Address, Quote, limits::FUND_ACCOUNT};
use eyre::{WrapErr, eyre};
use l1::L1;
use options::Options;
use ports::Ports;
use process::Process;
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;
use wait::until;

/// The file with the addresses of the contracts, within the devnet's folder.
pub const DEPLOYMENT: &str = "deployment.json";
/// What alice and bob have of the test token, in its smallest unit.
const PURSE: Quote = Quote(1_000_000_000_000);
/// And of the other.
const WETH_PURSE: u128 = 100_000_000_000_000_000_000;
/// How long the exchange may take for what it does in a second on a free machine.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A devnet that runs. Its processes die with it.
#[derive(Debug)]
pub struct Devnet {
    // Dropped in this order: who asks before who answers, and the folder at the end.
    validator: Option<Process>,
    node: Process,
    l1: L1,
    deployment: Deployment,
    ports: Ports,
    options: Options,
    dir: PathBuf,
    /// The folder is ours until this is closed.
    _owned: File,
    _temporary: Option<TempDir>,
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_path_buf()
}

impl Devnet {
    /// Starts everything, and returns when the node answers.
    ///
    /// # Errors
    /// When anything cannot be started, with the end of its log.
    pub async fn start(options: Options) -> eyre::Result<Self> {
        let (dir, temporary) = folder(&options)?;
        let owned = own(&dir)?;
        let ports = Ports::choose(options.ports)?;
        let l1 = L1::start(&dir, ports.l1, options.block_time).await?;
        let deployment = if dir.join(DEPLOYMENT).is_file() {
            Deployment::read(&dir.join(DEPLOYMENT))?
        } else {
            found(&options, &l1, &dir).await?
        };
        node::write_config(&options, ports, &dir)?;
        let node = node::start(&dir)?;
        let mut this = Self {
            validator: None,
            node,
            l1,
            deployment,
            ports,
            options,
            dir,
            _owned: owned,
            _temporary: temporary,
        };
        this.node_answers().await?;
        this.validator = this.start_validator()?;
        Ok(this)
    }

    /// Where everything is kept.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What it was started with.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// Where the contracts are.
    #[must_use]
    pub const fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Its L1.
    #[must_use]
    pub const fn l1(&self) -> &L1 {
        &self.l1
    }

    /// Its L1, to be stopped and started again.
    pub const fn l1_mut(&mut self) -> &mut L1 {
        &mut self.l1
    }

    /// The node's RPC over HTTP.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.rpc)
    }

    /// The node's RPC over WebSocket.
    #[must_use]
    pub fn ws(&self) -> String {
        format!("ws://127.0.0.1:{}", self.ports.rpc)
    }

    /// The node's metrics.
    #[must_use]
    pub fn metrics(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.ports.metrics)
    }

    /// The log of the node.
    #[must_use]
    pub fn node_log(&self) -> &Path {
        self.node.log()
    }

    /// The log of the validator, when one runs.
    #[must_use]
    pub fn validator_log(&self) -> Option<&Path> {
        self.validator.as_ref().map(Process::log)
    }

    /// Makes sure that every process runs.
    ///
    /// # Errors
    /// With the end of the log of one that does not.
    pub fn check(&self) -> eyre::Result<()> {
        self.l1.check()?;
        self.node.check()?;
        self.validator.as_ref().map_or(Ok(()), Process::check)
    }

    /// A connection to the node.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn connect(&self) -> eyre::Result<Connection> {
        Connection::open(&self.ws()).await
    }

    /// The node's status.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn status(&self) -> eyre::Result<Value> {
        self.connect().await?.call("ballast_status", json!([])).await
    }

    /// Gives the backstop and the insurance fund of a pool their money. Returns when L1 has taken it.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn protect(&self, pool: u16, backstop: Quote, fund: Quote) -> eyre::Result<()> {
        let owner = accounts::address(accounts::BACKSTOP);
        // Backstops are the first accounts, in the order of their pools.
        let deposits = [(owner, pool.into(), backstop), (owner, FUND_ACCOUNT - u32::from(pool), fund)];
        self.l1.deposit_to(&self.deployment, &deposits).await
    }

    /// Opens an account for each owner, with money, and waits until the exchange has it.
    ///
    /// # Errors
    /// When L1 refuses, or the money does not come.
    pub async fn fund(&self, deposits: &[(Address, Quote)]) -> eyre::Result<Vec<AccountId>> {
        self.l1.deposit(&self.deployment, deposits).await?;
        let connection = self.connect().await?;
        let mut accounts = Vec::new();
        for (owner, _) in deposits {
            let look = async || Ok(account_of(&connection, *owner).await.ok());
            accounts.push(self.until("a deposit to be credited", look).await?);
        }
        Ok(accounts)
    }

    /// Ends the node as a power cut would.
    pub fn kill_node(&self) {
        self.node.kill();
    }

    /// The node's process.
    #[must_use]
    pub const fn node(&self) -> &Process {
        &self.node
    }

    /// Runs the command-line tool of the bridge's users with the key of an account, and gives what it printed as JSON.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub async fn bridge(&self, who: usize, line: &str) -> eyre::Result<Value> {
        self.run_bridge(who, &self.http(), line).await
    }

    /// The same by L1 alone: nobody listens where the node should be.
    ///
    /// # Errors
    /// See [`Self::bridge`].
    pub async fn bridge_alone(&self, who: usize, line: &str) -> eyre::Result<Value> {
        self.run_bridge(who, "http://127.0.0.1:9", line).await
    }

    async fn run_bridge(&self, who: usize, node: &str, line: &str) -> eyre::Result<Value> {
        let mut command = Command::new(process::program("bridge")?);
        command
            .env("BALLAST_L1", self.l1.url())
            .env("BALLAST_NODE", node)
            .env("BALLAST_KEY", accounts::private_key(who))
            .args(["--json", "--rollup", &self.deployment.rollup.to_string()])
            .args(line.split(' '));
        let run = tokio::task::spawn_blocking(move || process::run(&mut command));
        let printed =
            tokio::time::timeout(PATIENCE, run).await.wrap_err_with(|| format!("{line} hangs"))???;
        serde_json::from_str(&printed).wrap_err_with(|| format!("{line} printed {printed}"))
    }

    /// Stops the node in good order.
    ///
    /// # Errors
    /// When it does not end, or not with success.
    pub fn stop_node(&self) -> eyre::Result<()> {
        let status = self.node.terminate(PATIENCE)?;
        if status.success() {
            Ok(())
        } else {
            Err(eyre!("the node ended with {status}:\n{}", process::tail(self.node.log())))
        }
    }

    /// Starts a node that was stopped or killed, and returns when it answers.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn start_node(&mut self) -> eyre::Result<()> {
        self.node = node::start(&self.dir)?;
        self.node_answers().await
    }

    /// Starts a node that ended, and does not wait for an answer: one that is to end again may never give any.
    ///
    /// # Errors
    /// When it is not built.
    pub fn start_again(&mut self) -> eyre::Result<()> {
        self.node = node::start(&self.dir)?;
        Ok(())
    }

    /// Changes what the node is told when it starts again.
    ///
    /// # Errors
    /// When the configuration cannot be written.
    pub fn configure(&mut self, change: impl FnOnce(&mut Options)) -> eyre::Result<()> {
        change(&mut self.options);
        node::write_config(&self.options, self.ports, &self.dir)
    }

    /// Stops everything in good order, L1 last.
    ///
    /// # Errors
    /// When something does not stop.
    pub fn stop(&mut self) -> eyre::Result<()> {
        if let Some(validator) = self.validator.take() {
            validator.terminate(PATIENCE)?;
        }
        let node = self.stop_node();
        self.l1.stop().and(node)
    }

    async fn node_answers(&self) -> eyre::Result<()> {
        // The validator may find the node away for a while; only the node and L1 must live.
        let alive = || self.l1.check().and_then(|()| self.node.check());
        until("the node to answer", PATIENCE, alive, async || Ok(self.status().await.ok())).await.map(|_| ())
    }

    fn start_validator(&self) -> eyre::Result<Option<Process>> {
        if !self.options.validator {
            return Ok(None);
        }
        // Nobody pays for it, and here it costs nothing.
        let url = self.l1.url();
        let mut more = vec!["--blobs", &url, "--poll-ms", "500", "--stress"];
        let guest = self.options.guest.as_ref().and_then(|guest| guest.to_str());
        if let Some(guest) = guest {
            more.extend(["--guest", guest]);
        }
        self.keeper("validator", &self.http(), &more).map(Some)
    }
}

/// Makes sure that no other devnet runs in the folder, before anything in it is changed.
fn own(dir: &Path) -> eyre::Result<File> {
    let lock = File::create(dir.join("devnet.lock"))?;
    lock.try_lock().map_err(|_| eyre!("a devnet runs in {} already", dir.display()))?;
    Ok(lock)
}

/// The devnet's folder, and what removes it when it is temporary.
fn folder(options: &Options) -> eyre::Result<(PathBuf, Option<TempDir>)> {
    if let Some(dir) = &options.dir {
        std::fs::create_dir_all(dir).wrap_err_with(|| format!("cannot make {}", dir.display()))?;
        return Ok((dir.canonicalize()?, None));
    }
    let temporary = tempfile::Builder::new().prefix("ballast-devnet-").tempdir()?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// Founds the exchange: genesis, which names the rollup before it is there, then the contracts.
async fn found(options: &Options, l1: &L1, dir: &Path) -> eyre::Result<Deployment> {
    let chain_id = l1.reader()?.get_chain_id().await?;
    let genesis = node::write_genesis(options, chain_id, contracts::predicted_rollup(), dir)?;
    let (url, dir) = (l1.url(), dir.to_owned());
    let (challenge_window, forced_deadline) = (options.challenge_window, options.forced_deadline);
    let (demand_deadline, demand_review) = (options.demand_deadline, options.demand_review);
    let (dispute_time, program) = (options.dispute_time, options.program);
    let mines_each = options.block_time.is_none();
    let deploy = move || {
        let plan = contracts::Plan {
            l1: &url,
            challenge_window,
            forced_deadline,
            demand_deadline,
            demand_review,
            dispute_time,
            program,
            genesis_header: genesis.header,
            genesis_data: genesis.data,
            mines_each,
        };
        contracts::deploy(&plan, &dir)
    };
    let deployment = tokio::task::spawn_blocking(deploy).await??;
    // Who looks as far back as messages wait finds the contracts there.
    l1.reader()?.anvil_mine(Some(options.confirmations + 1), None).await?;
    let gifts = [accounts::ALICE, accounts::BOB].map(|account| (accounts::address(account), PURSE));
    l1.mint(&deployment, &gifts).await?;
    let weth = l1.token(&deployment, contracts::WETH_ASSET).await?;
    l1.mint_of(weth, &gifts.map(|(owner, _)| (owner, U256::from(WETH_PURSE)))).await?;
    Ok(deployment)
}
