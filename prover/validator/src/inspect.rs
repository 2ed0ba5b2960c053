//! What is printed of a batch that was judged, and of a validator that runs: one JSON object.

use crate::options::Inspection;
use alloy::{
    primitives::{B256, hex},
    providers::Provider as _,
};
use ballast_bridge::l1::alloy::connect;
use ballast_validator::{
    Archive, Retention,
    court::{Case, Data, Trial, open_guest},
    genesis,
    store::Directory,
};
use ballast_vm::Subject;
use eyre::ContextCompat as _;
use serde_json::{Value, json};
use std::{io::Write, process::ExitCode, sync::Arc, time::Instant};

/// The run of a batch on the machine, and its hash.
fn trial(inspection: &Inspection) -> eyre::Result<(Trial, B256)> {
    let index = inspection.batch;
    let store = Arc::new(Directory::open(&inspection.dir)?);
    let archive = Archive::open(store, genesis::read(&inspection.genesis)?, Retention::default())?;
    let kept = archive.judged_last(index)?;
    let kept =
        kept.wrap_err_with(|| format!("batch {index} was not judged here, or is not kept any more"))?;
    let image = open_guest(&inspection.guest, Some(kept.header.programHash))?;
    let diff = archive.diff(index)?.filter(|_| kept.is_valid);
    // Of a wrong batch no diff is kept, but its blobs, unless it is wrong without them.
    let data = match diff {
        Some(diff) => Data::of_diff(&kept.header, &diff)?.wrap_err("its diff makes other data")?,
        None => kept.data.unwrap_or(Data::Calldata),
    };
    let before = archive.restore_at(index.checked_sub(1).wrap_err("genesis is judged by nobody")?)?;
    let hash = kept.header.hash();
    let case = Case::new(&before, kept.header, kept.chunks, data);
    Ok((Trial::new(image, Subject::Batch, hash, case.facts()?.1), hash))
}

fn print(value: &Value) -> eyre::Result<()> {
    Ok(writeln!(std::io::stdout(), "{value}")?)
}

fn code(exit: u8) -> ExitCode {
    if exit == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// Asks a validator that runs.
pub(crate) fn status(url: &str) -> eyre::Result<ExitCode> {
    let provider = connect(url)?;
    let asked = provider.raw_request("ballast_validatorStatus".into(), ());
    let said: Value = tokio::runtime::Runtime::new()?.block_on(asked)?;
    print(&said)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a batch to its end.
pub(crate) fn verify(inspection: &Inspection) -> eyre::Result<ExitCode> {
    let (mut trial, hash) = trial(inspection)?;
    let started = Instant::now();
    let ruling = trial.run()?;
    let seconds = started.elapsed().as_secs_f64();
    print(&json!({
        "batch": inspection.batch,
        "hash": hash,
        "valid": ruling.exit == 0,
        "exitCode": ruling.exit,
        "cycles": ruling.cycles,
        "seconds": seconds,
    }))?;
    Ok(code(ruling.exit))
}

/// Runs it leap by leap.
pub(crate) fn prove_trace(inspection: &Inspection) -> eyre::Result<ExitCode> {
    let (mut trial, hash) = trial(inspection)?;
    let started = Instant::now();
    let trace = trial.trace()?;
    let seconds = started.elapsed().as_secs_f64();
    print(&json!({
        "batch": inspection.batch,
        "hash": hash,
        "root": trace.history.root(),
        "leaps": trace.history.leaps(),
        "cycles": trace.last.cycle,
        "exitCode": trace.last.exit_code,
        "lastState": hex::encode_prefixed(trace.last.encode()),
        "seconds": seconds,
    }))?;
    Ok(code(trace.last.exit_code))
}

/// Shows one leap.
pub(crate) fn witness(inspection: &Inspection, index: u64) -> eyre::Result<ExitCode> {
    let (mut trial, _) = trial(inspection)?;
    let (leap, after) = trial.leap(index)?;
    let witness = &leap.witness;
    let leaves: Vec<_> = witness.leaves.iter().map(hex::encode_prefixed).collect();
    let bytes = 36 * witness.indexes.len() + 32 * witness.siblings.len() + witness.preimage.len();
    print(&json!({
        "batch": inspection.batch,
        "leap": index,
        "before": hex::encode_prefixed(leap.before.encode()),
        "beforeHash": leap.before.hash(),
        "indexes": witness.indexes,
        "leaves": leaves,
        "siblings": witness.siblings,
        "preimage": witness.preimage,
        "cycles": after.cycle - leap.before.cycle,
        "bytes": bytes,
        "afterHash": after.hash(),
    }))?;
    Ok(ExitCode::SUCCESS)
}
