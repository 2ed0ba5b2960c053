//! Configuration: a TOML file, overridden by arguments and the environment, resolved and printed before it is
//! used. Everything has a default but the genesis.

mod genesis;
mod machine;
mod pipeline;
mod room;

pub use genesis::{ClassFile, FeeTierFile, GenesisFile, HistoryFile, MarginTierFile, MarketFile};
pub use machine::MachineConfig;
pub use pipeline::PipelineConfig;

use crate::{feed::FeedConfig, rpc::ServerConfig};
use alloy_primitives::{B256, hex};
use ballast_types::limits::{MAX_INPUT_BYTES, MAX_INPUTS_PER_BATCH};
use room::{LEAST, MOST_IN_BLOBS, MOST_IN_CALLDATA, MOST_INPUT_BYTES};
use serde::{Deserialize, Serialize};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Longest time for which a batch may be held while L1 is dear, in milliseconds.
const MAX_HOLD_MS: u64 = 240_000;

/// Everything that the node can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Directory of the journal.
    pub data_dir: PathBuf,
    /// File of the genesis.
    pub genesis: PathBuf,
    /// File with the sequencer's key: 32 bytes of hexadecimal.
    pub sequencer_key_file: PathBuf,
    /// Hash of the program that judges batches.
    pub program_hash: B256,
    /// Directory of the web page, when one is served.
    pub web_dir: Option<PathBuf>,
    /// Whether every batch is run through the program that judges it before it is stored.
    pub shadow: bool,
    /// The machine of a dispute, which batches are run on, too.
    pub machine: MachineConfig,
    /// The interface.
    pub rpc: RpcConfig,
    /// The pipeline.
    pub pipeline: PipelineConfig,
    /// The feeds.
    pub feed: FeedConfig,
    /// L1; the node runs without it when there is no endpoint.
    pub l1: L1Config,
    /// Prometheus.
    pub metrics: MetricsConfig,
    /// The log.
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            genesis: "genesis.toml".into(),
            sequencer_key_file: "sequencer.key".into(),
            program_hash: B256::ZERO,
            web_dir: None,
            shadow: true,
            machine: MachineConfig::default(),
            rpc: RpcConfig::default(),
            pipeline: PipelineConfig::default(),
            feed: FeedConfig::default(),
            l1: L1Config::default(),
            metrics: MetricsConfig::default(),
            log: LogConfig::default(),
        }
    }
}

/// The interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RpcConfig {
    /// Address of HTTP and WebSocket.
    pub address: SocketAddr,
    /// Bounds.
    pub limits: ServerConfig,
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self { address: SocketAddr::from(([127, 0, 0, 1], 8_570)), limits: ServerConfig::default() }
    }
}

/// Most milliseconds until a batch is sealed while L1 keeps up: a round of 4,096 is over within three days.
const MAX_AGE_MS: u64 = 60_000;

/// L1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct L1Config {
    /// HTTP endpoint of an L1 node; without one the node neither reads the inbox nor posts.
    pub endpoint: Option<String>,
    /// File with the addresses of the contracts.
    pub deployment: Option<PathBuf>,
    /// File with the key that pays for posting; nothing is posted without one.
    pub poster_key_file: Option<PathBuf>,
    /// File with the key that pays for showing inputs that are demanded on L1. When left out the poster's does, whose batches
    /// in the pool it then waits for.
    pub demand_key_file: Option<PathBuf>,
    /// Blocks that a message waits for before it is consumed.
    pub confirmations: u64,
    /// How often L1 is asked, in milliseconds.
    pub poll_ms: u64,
    /// Most blocks of one query for messages.
    pub max_range: u64,
    /// Where diffs go.
    pub data: DataWay,
    /// Most that is offered for a gas, in gwei.
    pub max_fee_gwei: u64,
    /// Most tip that is offered for a gas, in gwei.
    pub max_tip_gwei: u64,
    /// Most that is offered for a blob gas, in gwei.
    pub max_blob_fee_gwei: u64,
    /// What is offered for a gas at once, in gwei; more by and by.
    pub easy_fee_gwei: u64,
    /// What is offered for a blob gas at once, in gwei; more by and by.
    pub easy_blob_fee_gwei: u64,
    /// How long it takes until the most is offered for a batch, in milliseconds since it was sealed.
    pub hold_ms: u64,
    /// How long a transaction waits before it is replaced by a dearer one, in milliseconds.
    pub patience_ms: u64,
}

/// Where diffs go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataWay {
    /// The cheaper way that is open.
    #[default]
    Cheapest,
    /// Blobs only.
    Blobs,
    /// Calldata only.
    Calldata,
}

impl Default for L1Config {
    fn default() -> Self {
        Self {
            endpoint: None,
            deployment: None,
            poster_key_file: None,
            demand_key_file: None,
            confirmations: 12,
            poll_ms: 1_000,
            max_range: 1_000,
            data: DataWay::Cheapest,
            max_fee_gwei: 500,
            max_tip_gwei: 10,
            max_blob_fee_gwei: 500,
            easy_fee_gwei: 20,
            easy_blob_fee_gwei: 20,
            hold_ms: 180_000,
            patience_ms: 60_000,
        }
    }
}

/// Prometheus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Address of the exporter; none when left out.
    pub address: Option<SocketAddr>,
}

/// The log, on stderr.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Filter, as of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// One JSON object a line.
    pub json: bool,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".into(), json: false }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {why}")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A value that no node can run with.
    #[error("configuration: {0}")]
    Value(&'static str),
}

impl Config {
    /// The configuration of a file; all defaults when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or parsed, or knows fields that we do not.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        path.map_or_else(|| Ok(Self::default()), read_toml)
    }

    /// Refuses values that no node can run with.
    ///
    /// # Errors
    /// Names the first.
    pub fn check(&self) -> Result<(), ConfigError> {
        let pipeline = &self.pipeline;
        let limits = &self.rpc.limits;
        let in_calldata = self.l1.data == DataWay::Calldata;
        let diff_room = if in_calldata { MOST_IN_CALLDATA } else { MOST_IN_BLOBS };
        let rules = [
            (self.machine.every >= 1, "machine.every: every batch, or every so many"),
            (
                self.shadow || self.machine.guest.is_none(),
                "machine.guest: the machine runs on what the shadow is asked, so it takes a shadow",
            ),
            (
                pipeline.queue >= 1 && pipeline.group >= 1 && pipeline.groups >= 1 && pipeline.sealed >= 1,
                "pipeline: queues hold at least one",
            ),
            (
                pipeline.batch_inputs >= 3,
                "pipeline.batch_inputs: a batch holds news of a posted one, another input, and its seal",
            ),
            (
                pipeline.batch_inputs <= MAX_INPUTS_PER_BATCH,
                "pipeline.batch_inputs: more than a batch may hold",
            ),
            (
                (MAX_INPUT_BYTES..=MOST_INPUT_BYTES).contains(&pipeline.batch_bytes),
                "pipeline.batch_bytes: 16 KiB, the largest input, to 6,000,000",
            ),
            (
                (LEAST..=diff_room).contains(&pipeline.batch_diff_bytes),
                "pipeline.batch_diff_bytes: 41,000 to 650,000, to 45,000 when l1.data is calldata",
            ),
            (
                [pipeline.batch_age_ms, pipeline.idle_batch_age_ms]
                    .iter()
                    .all(|age| (1..=MAX_AGE_MS).contains(age)),
                "pipeline: the age of a batch is 1 ms to 60 s, so that L1 has a round of stripes while it keeps blobs",
            ),
            (pipeline.max_unposted >= 1, "pipeline.max_unposted: at least 1"),
            (pipeline.journal_max_gib >= 1, "pipeline.journal_max_gib: at least 1"),
            (
                limits.max_connections >= 1 && limits.max_in_flight >= 1 && limits.max_batch >= 1,
                "rpc.limits: at least 1",
            ),
            (
                limits.max_message_bytes >= 16 * 1024,
                "rpc.limits.max_message_bytes: at least 16 KiB, a full batch of operations",
            ),
            (
                limits.write_timeout_ms >= 1 && limits.read_timeout_ms >= 1 && limits.ping_ms >= 1,
                "rpc.limits: times are at least 1 ms",
            ),
            (
                self.feed.queue > pipeline.group,
                "feed.queue: more than pipeline.group, which is told before a subscriber can read, with a look besides",
            ),
            (self.l1.poll_ms >= 1, "l1.poll_ms: at least 1"),
            (
                self.l1.hold_ms <= MAX_HOLD_MS,
                "l1.hold_ms: at most 240,000, well before margins rise for L1's lag",
            ),
            (
                self.l1.endpoint.is_none() || self.l1.deployment.is_some(),
                "l1.deployment: needed with l1.endpoint",
            ),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, why)| Err(ConfigError::Value(why)))
    }
}

/// The 32 bytes of a key file: hexadecimal, with or without `0x`, spaces around it ignored.
///
/// # Errors
/// When the file cannot be read or holds no key.
pub fn read_key(path: &Path) -> Result<[u8; 32], ConfigError> {
    let text = read(path)?;
    let mut bytes = [0; 32];
    // What is in the file is not told: it may be most of a key.
    let invalid = |_| ConfigError::Invalid { path: path.into(), why: "not 32 bytes of hexadecimal".into() };
    hex::decode_to_slice(text.trim(), &mut bytes).map_err(invalid)?;
    Ok(bytes)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Read { path: path.into(), error })
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = read(path)?;
    toml::from_str(&text).map_err(|error| ConfigError::Invalid { path: path.into(), why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_batch::diff::{Most, max_bytes};

    #[test]
    fn the_defaults_can_be_run_with_and_survive_a_file() {
        let config = Config::default();
        config.check().expect("the defaults are sound");
        let text = toml::to_string(&config).expect("a configuration is TOML");
        assert_eq!(toml::from_str::<Config>(&text).expect("what was printed is read"), config);
    }

    #[test]
    fn a_field_that_is_not_known_is_refused() {
        assert!(toml::from_str::<Config>("qeue = 3").is_err());
        assert!(toml::from_str::<Config>("[pipeline]\nqeue = 3").is_err());
    }

    fn checked(change: impl FnOnce(&mut Config)) -> Result<(), ConfigError> {
        let mut config = Config::default();
        change(&mut config);
        config.check()
    }

    #[test]
    fn a_batch_that_is_full_when_it_is_empty_would_have_been_sealed_without_end() {
        // What an empty batch takes, and what the news of a posted one takes: either would cause the next batch.
        assert!(checked(|config| config.pipeline.batch_diff_bytes = max_bytes(Most::default())).is_err());
        assert!(checked(|config| config.pipeline.batch_inputs = 2).is_err());
        assert!(checked(|config| config.pipeline.batch_bytes = 1).is_err());
        checked(|config| config.pipeline.batch_diff_bytes = LEAST).expect("there is room");
    }

    #[test]
    fn calldata_takes_45_000_bytes_and_no_more() {
        let calldata = |bytes| {
            checked(|config| {
                config.l1.data = DataWay::Calldata;
                config.pipeline.batch_diff_bytes = bytes;
            })
        };
        calldata(45_000).expect("as much as calldata carries");
        assert!(calldata(45_001).is_err());
    }

    #[test]
    fn a_queue_shorter_than_a_group_would_have_dropped_subscribers_that_read() {
        assert!(checked(|config| config.feed.queue = config.pipeline.group).is_err());
        checked(|config| config.feed.queue = config.pipeline.group + 1).expect("a group fits");
    }
}
