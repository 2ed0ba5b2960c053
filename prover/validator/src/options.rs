//! The options.

use alloy::primitives::{U256, utils::parse_ether};
use ballast_bridge::l1::blobs::SlotRule;
use ballast_validator::{Retention, keeper::Terms};
use clap::Parser;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// How batches are followed.
#[derive(Parser)]
pub(crate) struct Options {
    /// HTTP endpoint of an L1 node.
    #[arg(long, value_name = "URL", env = "BALLAST_L1_ENDPOINT")]
    pub(crate) l1: String,
    /// Where inputs are asked for: the sequencer's node or another validator, over HTTP; may be given several times.
    #[arg(long, value_name = "URL", env = "BALLAST_NODE", value_delimiter = ',', required = true)]
    pub(crate) node: Vec<String>,
    /// File with the addresses of the contracts.
    #[arg(long, value_name = "FILE", env = "BALLAST_L1_DEPLOYMENT")]
    pub(crate) deployment: PathBuf,
    /// File of the genesis, the same that the sequencer has.
    #[arg(long, value_name = "FILE", env = "BALLAST_GENESIS")]
    pub(crate) genesis: PathBuf,
    /// HTTP endpoint of a beacon node, for the blobs. Without one, blobs are compared by their hashes.
    #[arg(long, value_name = "URL", env = "BALLAST_BLOBS")]
    pub(crate) blobs: Option<String>,
    /// How the beacon node names the slot of a block: `number`, or GENESIS/SECONDS of its clock. Mainnet's clock on
    /// chain 1, else by number, when left out.
    #[arg(long, value_name = "RULE", env = "BALLAST_BLOB_SLOTS", value_parser = str::parse::<SlotRule>)]
    pub(crate) blob_slots: Option<SlotRule>,
    /// Directory that a restart goes on from.
    #[arg(long, value_name = "DIR", env = "BALLAST_VALIDATOR_DIR", default_value = "validator-data")]
    pub(crate) dir: PathBuf,
    /// Serve inputs and diffs there: a port of this machine, or an address with a port.
    #[arg(long, value_name = "PORT", env = "BALLAST_VALIDATOR_RPC", value_parser = address)]
    pub(crate) rpc: Option<SocketAddr>,
    /// Serve metrics to Prometheus there: a port of this machine, or an address with a port.
    #[arg(long, value_name = "PORT", env = "BALLAST_VALIDATOR_METRICS", value_parser = address)]
    pub(crate) metrics: Option<SocketAddr>,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Stop when every batch that L1 has was judged.
    #[arg(long)]
    pub(crate) once: bool,
    /// Go on after a batch that is not valid. With a key (--key-file) it goes on in any case.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Blocks that must lie above a batch before it is judged.
    #[arg(long, value_name = "BLOCKS", default_value_t = 2, env = "BALLAST_VALIDATOR_CONFIRMATIONS")]
    pub(crate) confirmations: u64,
    /// How often L1 is asked, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1_000, env = "BALLAST_VALIDATOR_POLL_MS")]
    pub(crate) poll_ms: u64,
    /// So many batches back, inputs are served and a reorganisation of L1 is followed without a new start.
    #[arg(long, value_name = "BATCHES", default_value_t = Retention::default().batches)]
    pub(crate) keep: u64,
    /// So many batches back, diffs are served to whoever rebuilds what L1 has dropped.
    #[arg(long, value_name = "BATCHES", default_value_t = Retention::default().diffs)]
    pub(crate) keep_diffs: u64,
    /// A snapshot after every so many batches.
    #[arg(long, value_name = "BATCHES", default_value_t = Retention::default().snapshot_every)]
    pub(crate) snapshot_every: u64,
    #[command(flatten)]
    pub(crate) errands: Errands,
    /// Filter of the log.
    #[arg(long, default_value = "info", env = "BALLAST_LOG")]
    pub(crate) log: String,
}

/// The validator, and what it knows of a batch.
#[derive(Parser)]
#[command(
    version,
    about = "Follows the batches that are posted on L1, re-executes every one and says which is right"
)]
pub(crate) enum Command {
    /// Follow the batches. Stdout is the verdicts, stderr is talk. Exits with 0 when it was told to stop or all is valid, with 1
    /// when it cannot go on, with 2 when a batch is not valid, with 3 when one cannot be judged.
    Run(Box<Options>),
    /// Print what a validator that runs says of itself (`ballast_validatorStatus`): how far it is, how the exchange stands, and what it does
    /// in disputes.
    Status {
        /// Its JSON-RPC over HTTP (`run --rpc`).
        #[arg(
            long,
            value_name = "URL",
            env = "BALLAST_VALIDATOR_URL",
            default_value = "http://127.0.0.1:8571"
        )]
        validator: String,
    },
    /// Run a batch that was judged on the machine of a dispute: exit code, instructions, time. Exits with 2 when it is not valid.
    Verify(Inspection),
    /// Run it leap by leap, and print what a claim in a dispute states: root of the history, leaps, last state.
    ProveTrace(Inspection),
    /// Print the witness of one leap: the state before it, what it touches, the state hash after it.
    Witness {
        #[command(flatten)]
        inspection: Inspection,
        /// The leap, 0 for the first.
        leap: u64,
    },
}

/// What is inspected: a batch in the directory of a validator that does not run.
#[derive(clap::Args)]
pub(crate) struct Inspection {
    /// Number of the batch.
    pub(crate) batch: u64,
    /// ELF file of the program (`scripts/guest`).
    #[arg(long, value_name = "FILE", env = "BALLAST_GUEST_ELF")]
    pub(crate) guest: PathBuf,
    /// File of the genesis.
    #[arg(long, value_name = "FILE", env = "BALLAST_GENESIS")]
    pub(crate) genesis: PathBuf,
    /// Directory of the validator.
    #[arg(long, value_name = "DIR", env = "BALLAST_VALIDATOR_DIR", default_value = "validator-data")]
    pub(crate) dir: PathBuf,
}

/// What a key is used for, and by what caps.
#[derive(clap::Args)]
pub(crate) struct Errands {
    /// File with a key of L1, 32 bytes of hexadecimal: with it the validator runs errands on L1, one at a time. It demands inputs
    /// that nobody shows, answers what others demand from what is kept here, and drops batches that are invalid, which freezes the
    /// exchange when a forced request beneath them is late. A demand takes a bond, out of which whoever answers it is paid.
    #[arg(long, value_name = "FILE", env = "BALLAST_VALIDATOR_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Inputs of a posted batch that were missing for so long are demanded, in seconds. It has to leave time before the batch
    /// is final.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, env = "BALLAST_DEMAND_AFTER")]
    pub(crate) demand_after: u64,
    /// Chunks of one batch that are demanded at a time; each takes a bond. Of a batch with 256 all are demanded in four rounds, which
    /// the challenge window has room for.
    #[arg(long, value_name = "CHUNKS", default_value_t = 64, env = "BALLAST_DEMAND_MOST",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) demand_most: u16,
    /// Chunks of all batches that are demanded at a time. Batches behind one that is withheld are demanded with it, as far as this
    /// goes.
    #[arg(long, value_name = "CHUNKS", default_value_t = 320, env = "BALLAST_DEMAND_IN_ALL",
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) demand_in_all: u16,
    /// The most that a demand or an answer offers for a gas, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 200, env = "BALLAST_DEMAND_MAX_FEE_GWEI")]
    demand_max_fee_gwei: u64,
    /// The most that a rejection offers for a gas, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 100, env = "BALLAST_REJECT_MAX_FEE_GWEI")]
    reject_max_fee_gwei: u64,
    /// ELF file of the program that L1 judges by (`scripts/guest`): with it and a key (--key-file) the validator challenges what is wrong,
    /// defends what is right, and plays every match to its end. Each claim takes a bond.
    #[arg(long, value_name = "FILE", env = "BALLAST_GUEST_ELF")]
    pub(crate) guest: Option<PathBuf>,
    /// The most that an act in a dispute offers for a gas, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 200, env = "BALLAST_DISPUTE_MAX_FEE_GWEI")]
    dispute_max_fee_gwei: u64,
    /// The most that is bonded in disputes at a time, in ether.
    #[arg(long, value_name = "ETHER", default_value = "20", env = "BALLAST_DISPUTE_MOST", value_parser = ether)]
    pub(crate) dispute_most: U256,
    /// Freeze the exchange when it is late: a forced request was passed over, or no batch was posted for too long. Nobody can
    /// undo it.
    #[arg(long, requires = "key_file")]
    pub(crate) freeze: bool,
    /// The most that a freeze offers for a gas, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 200, env = "BALLAST_FREEZE_MAX_FEE_GWEI")]
    freeze_max_fee_gwei: u64,
    /// Prove to L1's clock of stress when L1 was dear, which stretches windows. Nobody is paid for it.
    #[arg(long, requires = "key_file")]
    stress: bool,
    /// The most that a proof of stress offers for a gas, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 200, env = "BALLAST_STRESS_MAX_FEE_GWEI")]
    stress_max_fee_gwei: u64,
    /// The most that proofs of stress take in a day, in ether.
    #[arg(long, value_name = "ETHER", default_value = "1", env = "BALLAST_STRESS_MOST", value_parser = ether)]
    stress_most: U256,
}

impl Errands {
    /// What is done with a key.
    pub(crate) fn terms(&self, poll: Duration) -> Terms {
        Terms {
            demand_max_fee_gwei: self.demand_max_fee_gwei,
            reject_max_fee_gwei: self.reject_max_fee_gwei,
            dispute_max_fee_gwei: self.dispute_max_fee_gwei,
            freeze_max_fee_gwei: self.freeze.then_some(self.freeze_max_fee_gwei),
            stress: self.stress.then_some((self.stress_max_fee_gwei, self.stress_most)),
            poll,
        }
    }
}

fn ether(text: &str) -> Result<U256, String> {
    parse_ether(text).map_err(|_| "not an amount of ether".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.parse::<u16>().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    local.or_else(|_| text.parse()).map_err(|_| "neither a port nor an address with a port".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_options_are_sound() {
        Command::command().debug_assert();
    }

    #[test]
    fn what_is_irrevocable_or_unpaid_is_done_only_when_asked_for_and_with_a_key() {
        let needed =
            ["v", "--l1", "http://l1", "--node", "http://node", "--deployment", "d", "--genesis", "g"];
        let parse = |more: &[&str]| Options::try_parse_from(needed.iter().chain(more));
        let poll = Duration::from_secs(1);
        let plain = parse(&["--key-file", "key"]).expect("options").errands.terms(poll);
        assert_eq!((plain.freeze_max_fee_gwei, plain.stress), (None, None));
        assert!(parse(&["--freeze"]).is_err() && parse(&["--stress"]).is_err(), "without a key");
        let all = ["--key-file", "key", "--freeze", "--stress", "--stress-most", "0.25"];
        let asked = parse(&all).expect("options").errands.terms(poll);
        assert_eq!(asked.freeze_max_fee_gwei, Some(200));
        assert_eq!(asked.stress, Some((200, U256::from(250_000_000_000_000_000_u64))));
        assert!(parse(&["--stress-most", "much"]).is_err());
    }

    #[test]
    fn a_port_is_one_of_this_machine() {
        assert_eq!(address("8571"), Ok(SocketAddr::from(([127, 0, 0, 1], 8_571))));
        assert_eq!(address("0.0.0.0:8571"), Ok(SocketAddr::from(([0, 0, 0, 0], 8_571))));
        assert!(address("65536").is_err() && address("somewhere").is_err());
    }
}
