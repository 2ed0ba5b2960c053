//! Puts the contracts on the devnet's L1, with the script that puts them on any other.

use super::{accounts, options::Program, process};
use alloy::primitives::{Address, Bytes, address};
use ballast_bridge::Deployment;
use eyre::{WrapErr, ensure};
use serde_json::json;
use std::{fs::File, path::Path, process::Command};

/// Smallest deposit, in micro-USDC.
const MIN_DEPOSIT: u64 = 1_000_000;
/// The other asset.
pub(super) const WETH: &str = "WETH";
/// Its number.
pub(super) const WETH_ASSET: u16 = 1;
/// Its smallest deposit and withdrawal, in units of 10^-6.
pub(super) const MIN_WETH: u64 = 1_000;

/// Wei that a forced request costs while none is open: well above the gas that brings it back. So many open ones double it,
/// up to the highest.
const FORCED_BASE_FEE: u64 = 1_000_000_000_000_000;
const FORCED_FEE_STEP: u64 = 10;
const FORCED_MAX_FEE: u64 = 50_000_000_000_000_000;
/// Seconds until a forced request is late.
const FORCED_REFUND_AFTER: u64 = 60;
/// Nobody has this address: what comes to it is gone.
const FORCED_FEE_RECIPIENT: Address = address!("0x000000000000000000000000000000000000dEaD");

/// Wei that go with an escape claim.
const ESCAPE_BOND: u64 = 1_000_000_000_000_000_000;

/// Wei that the sequencer loses when it breaks a promise.
const SEQUENCER_BOND: u64 = 4_000_000_000_000_000_000;

/// A base fee from which on L1 may be stressed, in wei, and how many times the median that is.
const STRESS_MIN_BASE_FEE: u64 = 20_000_000_000;
const STRESS_MULTIPLE: u32 = 8;
/// Seconds of an interval, where windows are not too long for it; the clock adds up so many intervals.
const STRESS_INTERVAL: u64 = 10;
const MAX_INTERVALS: u64 = 16_384;
/// Blocks from one sample of the base fee to the next.
const STRESS_REFERENCE_STEP: u32 = 8;
/// Wei that go with a claim in a dispute.
const DISPUTE_BOND: u64 = 100_000_000_000_000_000;
/// Wei that go with a demand for inputs; it pays for a reveal up to 194 gwei.
const DEMAND_BOND: u64 = 200_000_000_000_000_000;

/// What a deployment needs to know.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Endpoint of L1.
    pub l1: &'a str,
    /// Seconds that a batch can be challenged.
    pub challenge_window: u64,
    /// Seconds for which a forced request may be passed over, or no batch be posted, before anybody may freeze the exchange.
    pub forced_deadline: u64,
    /// Seconds in which a chunk of inputs that was demanded has to be shown.
    pub demand_deadline: u64,
    /// Seconds in which what was shown can be looked at.
    pub demand_review: u64,
    /// Seconds that a dispute has for a defence, and each claim in each match.
    pub dispute_time: u64,
    /// The program that judges batches.
    pub program: Program,
    /// The genesis header, ABI-encoded.
    pub genesis_header: Bytes,
    /// The encoded diff of the genesis state against nothing.
    pub genesis_data: Bytes,
    /// Whether L1 makes a block for each transaction.
    pub mines_each: bool,
}

/// Where the rollup will be: the deployer's ninth creation, after the test tokens, the clock of stress, the machine, the
/// dispute game, governance, the inbox and the data demands. The exchange's
/// signatures name it, so genesis must know it before it is there.
#[must_use]
pub fn predicted_rollup() -> Address {
    accounts::address(accounts::DEPLOYER).create(8)
}

/// Deploys, and writes the addresses to `<dir>/deployment.json`.
///
/// # Errors
/// When the script fails, or the rollup is not where it was predicted.
pub fn deploy(plan: &Plan<'_>, dir: &Path) -> eyre::Result<Deployment> {
    let (config, out) = (dir.join("deploy.json"), dir.join(super::DEPLOYMENT));
    let windows = 2 * (plan.forced_deadline + plan.challenge_window);
    let text = json!({
        "assets": [
            { "token": "test", "symbol": "USDC", "decimals": 6, "minDeposit": MIN_DEPOSIT },
            { "token": "test", "symbol": WETH, "decimals": 18, "minDeposit": MIN_WETH },
        ],
        "sequencer": accounts::address(accounts::SEQUENCER),
        "challengeWindow": plan.challenge_window,
        "forcedDeadline": plan.forced_deadline,
        "escapeBond": ESCAPE_BOND,
        "council": accounts::address(accounts::COUNCIL),
        "governanceDelay": windows + 2 * (plan.demand_deadline + 3 * plan.dispute_time) + plan.demand_review,
        "promiseSigner": accounts::address(accounts::SEQUENCER),
        "bondOwner": accounts::address(accounts::COUNCIL),
        "bondMinimum": SEQUENCER_BOND,
        "bondLeaveDelay": windows,
        "stressMinBaseFee": STRESS_MIN_BASE_FEE,
        "stressMultiple": STRESS_MULTIPLE,
        "stressInterval": STRESS_INTERVAL.max(windows.div_ceil(MAX_INTERVALS)),
        "stressReferenceStep": STRESS_REFERENCE_STEP,
        "demandBond": DEMAND_BOND,
        "demandDeadline": plan.demand_deadline,
        "demandReview": plan.demand_review,
        "forcedBaseFee": FORCED_BASE_FEE,
        "forcedFeeStep": FORCED_FEE_STEP,
        "forcedMaxFee": FORCED_MAX_FEE,
        "forcedRefundAfter": FORCED_REFUND_AFTER,
        "forcedFeeRecipient": FORCED_FEE_RECIPIENT,
        "programMemoryRoot": plan.program.memory_root,
        "programEntry": plan.program.entry,
        "disputeBond": DISPUTE_BOND,
        "disputeDefence": plan.dispute_time,
        "disputeBudget": plan.dispute_time,
        "genesisHeader": plan.genesis_header,
        "genesisData": plan.genesis_data,
    });
    std::fs::write(&config, serde_json::to_string_pretty(&text)?)?;
    // Forge keeps its cache and its journal of broadcasts in the project: one deployment at a time.
    let lock = File::create(std::env::temp_dir().join("ballast-deploy.lock"))?;
    lock.lock()?;
    let script = super::root().join("contracts/bin/deploy");
    let mut command = Command::new(script);
    command.arg(&config).arg(&out).args(["--rpc-url", plan.l1]);
    command.args(["--private-key", accounts::private_key(accounts::DEPLOYER)]);
    if plan.mines_each {
        // One after the other: of many that arrive while anvil makes blocks of others it has lost one, and the rest
        // waited for it for ever.
        command.arg("--slow");
    }
    process::run(&mut command)
        .wrap_err("the contracts cannot be deployed (scripts/setup contracts installs forge)")?;
    let deployment = Deployment::read(&out)?;
    let predicted = predicted_rollup();
    ensure!(
        deployment.rollup == predicted,
        "the rollup is at {}, predicted was {predicted}",
        deployment.rollup
    );
    Ok(deployment)
}
