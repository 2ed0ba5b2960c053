//! A devnet with a validator that argues in disputes.

use super::{Devnet, impostor, market::Market, options::Options, ports, process::Process};
use alloy::primitives::B256;
use ballast_bridge::{dispute::Matter, l1::L1 as _};
use eyre::{Context as _, ContextCompat as _};
use serde_json::{Value, json};

/// How often the validator asks L1, in milliseconds.
const POLL_MS: &str = "200";

/// The devnet, publishers who tell one price, and the validator, which has the program and a key of its own.
#[derive(Debug)]
pub struct Court {
    /// The devnet.
    pub devnet: Devnet,
    validator: Process,
    /// Where the validator asks for inputs.
    sources: String,
    /// Where it says how far it is.
    port: String,
    _market: Market,
}

impl Court {
    /// Starts a devnet, and a validator that asks the node for inputs.
    ///
    /// # Errors
    /// When anything does not start; without the guest.
    pub async fn open(options: Options) -> eyre::Result<Self> {
        let devnet = Devnet::start(options).await?;
        let sources = devnet.http();
        Self::over(devnet, sources)
    }

    /// Starts a validator that asks these for inputs, in this order: URLs with commas between them.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub fn over(devnet: Devnet, sources: String) -> eyre::Result<Self> {
        let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
        let market = Market::publishers(&devnet, prices);
        let port = ports::free()?.local_addr()?.port().to_string();
        let validator = validator(&devnet, &sources, &port)?;
        Ok(Self { devnet, validator, sources, port, _market: market })
    }

    /// The validator's process.
    #[must_use]
    pub const fn validator(&self) -> &Process {
        &self.validator
    }

    /// Ends the validator as a power cut would.
    pub fn kill_validator(&self) {
        self.validator.kill();
    }

    /// Starts it again from what it kept.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_validator(&mut self) -> eyre::Result<()> {
        self.validator = validator(&self.devnet, &self.sources, &self.port)?;
        Ok(())
    }

    /// Waits until what the validator says of itself is so.
    ///
    /// # Errors
    /// When it never is.
    pub async fn says(&self, what: &str, is: impl Fn(&Value) -> bool) -> eyre::Result<Value> {
        self.validator.check()?;
        self.devnet.says(&format!("http://127.0.0.1:{}", self.port), what, is).await
    }

    /// Waits until the validator has found this batch, and all before it, valid.
    ///
    /// # Errors
    /// When it never does.
    pub async fn judges(&self, index: u64) -> eyre::Result<()> {
        let is = |said: &Value| said["lastValid"].as_u64() >= Some(index);
        self.says("a batch to be judged", is).await.map(drop)
    }

    /// Holds the node once the validator has judged its last batch, which is given: nobody shows its inputs any more.
    ///
    /// # Errors
    /// When there is none, or the validator does not find it valid.
    pub async fn hold_the_last(&self) -> eyre::Result<Matter> {
        let l1 = impostor::l1(&self.devnet).await?;
        let index = l1.batch_count().await?.checked_sub(1).wrap_err("no batches")?;
        let hash = l1.batch_hash(index).await?.wrap_err("it is gone")?;
        self.judges(index).await?;
        self.devnet.node().pause()?;
        Ok(Matter { batch: Some(index), hash })
    }

    /// Lets the node go on, and waits until a batch is final.
    ///
    /// # Errors
    /// When it never is.
    pub async fn ends(&self, batch: Matter) -> eyre::Result<()> {
        let l1 = impostor::l1(&self.devnet).await?;
        self.devnet.node().resume()?;
        let is_final = async || Ok((Some(l1.finalized_count().await?) > batch.batch).then_some(()));
        self.devnet.until("the right batch to be final", is_final).await
    }

    /// Waits until what the validator says of a dispute is so.
    ///
    /// # Errors
    /// When it never is.
    pub async fn says_of(&self, hash: B256, what: &str, is: impl Fn(&Value) -> bool) -> eyre::Result<Value> {
        let of_it = |said: &Value| {
            said["disputes"].as_array()?.iter().find(|one| one["hash"] == json!(hash)).cloned()
        };
        let said = self.says(what, |said| of_it(said).is_some_and(|one| is(&one))).await?;
        Ok(of_it(&said).unwrap_or_default())
    }
}

fn validator(devnet: &Devnet, sources: &str, port: &str) -> eyre::Result<Process> {
    let elf = std::env::var("BALLAST_GUEST_ELF").wrap_err("disputes are argued with the guest")?;
    let url = devnet.l1().url();
    let often = ["--json", "--poll-ms", POLL_MS, "--confirmations", "0"];
    let more = ["--blobs", &url, "--guest", &elf, "--rpc", port];
    devnet.keeper("validator", sources, &[&often[..], &more].concat())
}
