//! The node's files, its process, and what can be asked of its journal when it stands still.

use super::{
    accounts, contracts,
    options::{Data, Market, Options},
    ports::Ports,
    process::{self, Process},
};
use alloy::primitives::{Address, Bytes};
use ballast_types::{B256, FeeTier, MarginTier, PoolId, Quote};
use eyre::{WrapErr, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{os::unix::fs::OpenOptionsExt, path::Path, process::Command};

/// What the insurance fund of a devnet should hold.
const FUND_TARGET: Quote = Quote(5_000_000_000_000);
/// Most that ether counts for on one account, in micro-USDC, and most of it that all may hold, in 10^-6.
const MOST_COLLATERAL: u64 = 10_000_000_000_000;
const MOST_WETH: u64 = 20_000_000_000;
/// What the fund of any further pool should hold, in micro-USDC.
const SILO_TARGET: Quote = Quote(100_000_000_000);
/// The journal's folder within that of the devnet.
const DATA: &str = "data";
/// The configuration within the devnet's folder.
const CONFIG: &str = "node.toml";
/// The genesis within the devnet's folder.
pub const GENESIS: &str = "genesis.toml";
/// The sequencer's key within the devnet's folder.
const KEY: &str = "sequencer.key";

/// What `ballast-node genesis` prints, as far as a deployment needs it.
#[derive(Debug, Deserialize)]
pub struct Genesis {
    /// The genesis header, ABI-encoded.
    pub header: Bytes,
    /// The encoded diff of the genesis state against nothing.
    pub data: Bytes,
}

/// What `ballast-node replay` prints: where the journal leads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// Last input.
    pub seq: u64,
    /// The promise chain after it.
    pub promise: B256,
    /// The state root after it.
    pub state_root: B256,
    /// The batch that is open.
    pub open_batch: u64,
    /// Inputs that were carried out again.
    pub replayed: u64,
    /// Whether every invariant of the exchange holds at the end, conservation of money among them.
    pub sound: bool,
}

/// Writes the genesis and the sequencer's key, and makes the genesis header.
///
/// # Errors
/// When the files cannot be written or the node refuses the genesis.
pub fn write_genesis(
    options: &Options,
    chain_id: u64,
    exchange: Address,
    dir: &Path,
) -> eyre::Result<Genesis> {
    let markets: Vec<Value> = options.markets.iter().map(market_file).collect();
    let pools: Vec<Value> = (0..options.pools()).map(pool_file).collect();
    let genesis = json!({
        "chain_id": chain_id,
        "exchange": exchange,
        "publishers": accounts::PUBLISHERS.map(accounts::address),
        "quorum": accounts::QUORUM,
        "guardian": accounts::address(accounts::GUARDIAN),
        "pools": pools,
        "settlement_lag": true,
        "peg_guard": true,
        "assets": [asset_file(&options.markets)],
        "markets": markets,
    });
    std::fs::write(dir.join(GENESIS), toml::to_string(&genesis)?)?;
    write_key(&dir.join(KEY))?;
    let mut command = Command::new(process::program("ballast-node")?);
    command.args(["genesis", "--genesis"]).arg(dir.join(GENESIS));
    let printed = process::run(&mut command)?;
    serde_json::from_str(&printed).wrap_err_with(|| format!("no genesis: {printed}"))
}

/// Ether is margin where its market is in the first pool: all but a tenth of what it is worth, and of a million USDC a seventh.
fn asset_file(markets: &[Market]) -> Value {
    let mut file = json!({ "symbol": contracts::WETH, "minimum": contracts::MIN_WETH });
    let place =
        markets.iter().position(|market| market.params.symbol == "ETH-USD" && market.pool == PoolId(0));
    if let Some(place) = place {
        file["collateral"] = json!({
            "market": place,
            "units_per_lot": 10_u64.pow(6 - u32::from(markets[place].params.size_decimals)),
            "haircut": 100_000,
            "size_factor": 150,
            "since": 0,
            "most": MOST_COLLATERAL,
            "total": MOST_WETH,
        });
    }
    file
}

/// The node refuses to read a key that others can read, or should.
fn write_key(path: &Path) -> eyre::Result<()> {
    use std::io::Write;
    let mut file =
        std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{}", accounts::private_key(accounts::SEQUENCER))?;
    Ok(())
}

/// The first pool's fund is to hold more than a silo's (risk.md 12).
fn pool_file(pool: u16) -> Value {
    let target = if pool == 0 { FUND_TARGET } else { SILO_TARGET };
    // 1% or 1,000,000 USDC an hour, 10% or 10,000,000 a day.
    let pacing = json!({
        "hour": { "share": 10_000, "floor": 1_000_000_000_000_u64 },
        "day": { "share": 100_000, "floor": 10_000_000_000_000_u64 },
    });
    json!({ "backstop": accounts::address(accounts::BACKSTOP), "fund_target": target.0, "pacing": pacing })
}

fn market_file(market: &Market) -> Value {
    let params = &market.params;
    json!({
        "pool": market.pool.0,
        "symbol": params.symbol,
        "price_decimals": params.price_decimals,
        "size_decimals": params.size_decimals,
        "initial_margin": params.initial_margin.0,
        "maintenance_margin": params.maintenance_margin.0,
        "margin_tiers": params.margin_tiers.iter().map(margin_tier_file).collect::<Vec<_>>(),
        "fees": params.fees.iter().map(fee_file).collect::<Vec<_>>(),
        "order_band": params.order_band.0,
        "gain_weight_initial": params.gain_weight_initial.0,
        "gain_weight_withdrawal": params.gain_weight_withdrawal.0,
        "batch_interval": params.batch_interval,
        "class": params.class.name(),
        "impact_notional": params.impact_notional.0,
        "circuit_breakers": params.circuit_breakers,
        "open_interest_cap": params.open_interest_cap.0,
        "open_interest_growth": params.open_interest_growth.0,
        "open_interest_free": params.open_interest_free.0,
        "capacity": params.capacity,
        "strict_gains": params.strict_gains,
        "shortfall": params.shortfall,
    })
}

fn margin_tier_file(tier: &MarginTier) -> Value {
    json!({ "above": tier.above.0, "multiplier": tier.multiplier.0, "notional": tier.notional.0 })
}

fn fee_file(tier: &FeeTier) -> Value {
    json!({ "volume": tier.volume, "taker": tier.taker.0, "maker": tier.maker.0 })
}

/// Writes the node's configuration.
///
/// # Errors
/// When it cannot be written.
pub fn write_config(options: &Options, ports: Ports, dir: &Path) -> eyre::Result<()> {
    let key = dir.join(KEY);
    let mut config = json!({
        "data_dir": dir.join(DATA),
        "genesis": dir.join(GENESIS),
        "sequencer_key_file": key,
        "program_hash": options.program.hash(),
        "shadow": options.shadow,
        "rpc": { "address": format!("127.0.0.1:{}", ports.rpc) },
        "pipeline": {
            "batch_age_ms": milliseconds(options.batch_age)?,
            "idle_batch_age_ms": milliseconds(options.idle_batch_age)?,
            "snapshot_every": options.snapshot_every,
            "real_time": options.real_time,
        },
        "l1": {
            "endpoint": format!("http://127.0.0.1:{}", ports.l1),
            "deployment": dir.join(super::DEPLOYMENT),
            "poster_key_file": key,
            "confirmations": options.confirmations,
            "poll_ms": milliseconds(options.poll)?,
            "patience_ms": milliseconds(options.patience)?,
        },
        "metrics": { "address": format!("127.0.0.1:{}", ports.metrics) },
        "log": { "filter": options.log },
    });
    if let Some(guest) = &options.guest {
        config["machine"] = json!({ "guest": guest, "every": options.judge_every });
    }
    if options.data == Data::Calldata {
        config["l1"]["data"] = json!("calldata");
        // As much as a transaction may carry without blobs.
        config["pipeline"]["batch_diff_bytes"] = json!(45_000);
    }
    std::fs::write(dir.join(CONFIG), toml::to_string(&config)?)?;
    Ok(())
}

fn milliseconds(duration: std::time::Duration) -> eyre::Result<u64> {
    Ok(u64::try_from(duration.as_millis())?)
}

/// Starts the node.
///
/// # Errors
/// When it is not built.
pub fn start(dir: &Path) -> eyre::Result<Process> {
    let mut command = Command::new(process::program("ballast-node")?);
    command.args(["run", "--config"]).arg(dir.join(CONFIG));
    Process::start("node", command, dir)
}

/// Replays the journal of a node that does not run, from its newest snapshot or from genesis. The node's program
/// compares every outcome with the one that was told, and the root of every sealed batch with the one stored.
///
/// # Errors
/// When anything differs, or an invariant does not hold.
pub fn replay(dir: &Path, from_genesis: bool) -> eyre::Result<Replay> {
    let mut command = Command::new(process::program("ballast-node")?);
    command.args(["replay", "--config"]).arg(dir.join(CONFIG));
    if from_genesis {
        command.arg("--from-genesis");
    }
    let printed = process::run(&mut command)?;
    let replay: Replay = serde_json::from_str(&printed).wrap_err_with(|| format!("no replay: {printed}"))?;
    ensure!(replay.sound, "the journal leads to an exchange whose invariants do not hold: {printed}");
    Ok(replay)
}
