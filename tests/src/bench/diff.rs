//! Bytes that a batch of trades takes on L1, beside what general compressors make of the same columns.

mod columns;
mod crowd;
mod flows;

use ballast_batch::Diff;
use columns::Columns;
use flows::Asked;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io::Write,
    ops::AddAssign,
    path::{Path, PathBuf},
};

/// Bytes of the diff that one blob carries, and the blob gas that it takes.
const BLOB_BYTES: f64 = 126_970.0;
const BLOB_GAS: f64 = 131_072.0;
/// Least gas of a byte of calldata that is not zero, and of one that is (EIP-7623).
const CALLDATA_GAS: (u64, u64) = (40, 10);

/// What is measured.
#[derive(Clone, Debug, Serialize)]
pub struct Parameters {
    /// Fills of a batch.
    pub fills: u64,
    /// Accounts that trade, by Zipf's law.
    pub accounts: u32,
    /// Most batches of a flow.
    pub batches: u64,
    /// Seed of the common workload, and of who owns which order.
    pub seed: u64,
}

/// What the benchmark found.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which benchmark.
    pub bench: &'static str,
    /// What was asked for.
    pub workload: Parameters,
    /// One of each flow.
    pub flows: Vec<Measured>,
}

/// Bytes of the batches of one flow.
#[derive(Debug, Default, Serialize)]
pub struct Measured {
    /// The file, or `common`.
    pub flow: String,
    /// Batches.
    pub batches: u64,
    /// Their fills.
    pub fills: u64,
    /// Accounts that they changed, each counted once a batch.
    pub changed: u64,
    /// What L1 gets.
    pub bytes: u64,
    /// The same as columns of varints.
    pub varints: u64,
    /// Those through zstd at level 19.
    pub zstd_19: u64,
    /// Those through brotli at level 11.
    pub brotli_11: u64,
    /// Those when each number takes what its share of its column says: order 0, the tables for nothing.
    pub entropy: f64,
    /// The same by column, a fill.
    pub entropy_per_fill: BTreeMap<&'static str, f64>,
    /// `bytes` a fill.
    pub bytes_per_fill: f64,
    /// `bytes` a changed account.
    pub bytes_per_account: f64,
    /// `bytes` by `zstd_19`.
    pub to_zstd: f64,
    /// `bytes` by `brotli_11`.
    pub to_brotli: f64,
    /// Blobs that 1,000 fills fill.
    pub blobs_per_1000: f64,
    /// Blob gas of them.
    pub blob_gas_per_1000: f64,
    /// Gas of 1,000 fills as calldata, the transaction itself not counted.
    pub calldata_gas_per_1000: f64,
}

/// Trades each flow in the engine and encodes what its batches change. Without a file the common workload alone.
///
/// # Errors
/// When a file cannot be read.
///
/// # Panics
/// When a diff does not come back as it was.
pub fn run(workload: Parameters, files: &[PathBuf]) -> eyre::Result<Figures> {
    let wanted = usize::try_from(workload.fills * workload.batches)?;
    let common = flows::common(wanted, workload.accounts, workload.seed);
    let mut flows = vec![measure("common".to_owned(), common, &workload)?];
    for file in files {
        let asked = flows::recorded(file, workload.accounts, workload.seed)?;
        flows.push(measure(name(file), asked, &workload)?);
    }
    Ok(Figures { bench: "diff", workload, flows })
}

/// The files of recorded orders in a folder.
///
/// # Errors
/// When there is no such folder.
pub fn recorded(folder: &Path) -> eyre::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let traded = ["_message", "_mbo_", "_L2_and_trades", "_L3_events"];
        if traded.iter().any(|form| name(&path).contains(form)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}

/// The whole batches of a flow; of one that has not even one, what there is.
fn measure(flow: String, asked: Asked, workload: &Parameters) -> eyre::Result<Measured> {
    let Asked { mut crowd, wishes } = asked;
    let mut measured = Measured { flow, ..Measured::default() };
    let mut gas = 0;
    for wish in wishes {
        crowd.ask(wish);
        if crowd.fills >= workload.fills {
            gas += measured.take(&mut crowd)?;
        }
        if measured.batches == workload.batches {
            break;
        }
    }
    if measured.batches == 0 {
        gas += measured.take(&mut crowd)?;
    }
    measured.conclude(gas);
    Ok(measured)
}

impl Measured {
    /// Adds a batch; the gas of its bytes as calldata.
    fn take(&mut self, crowd: &mut crowd::Crowd) -> eyre::Result<u64> {
        let mut before = crowd.committed();
        let (diff, fills) = crowd.batch();
        let bytes = diff.encode(&mut before);
        assert_eq!(Diff::decode(&bytes, &mut before).as_ref(), Ok(&diff), "a diff comes back");
        let columns = Columns::of(&diff);
        let varints = columns.varints();
        self.batches += 1;
        self.fills += fills;
        self.changed += diff.accounts.len() as u64;
        self.bytes += bytes.len() as u64;
        self.varints += varints.len() as u64;
        self.zstd_19 += zstd::bulk::compress(&varints, 19)?.len() as u64;
        self.brotli_11 += brotli_11(&varints)?.len() as u64;
        for (column, bytes) in columns.entropy() {
            self.entropy += bytes;
            self.entropy_per_fill.entry(column).or_default().add_assign(bytes);
        }
        let gas = |byte: &u8| if *byte == 0 { CALLDATA_GAS.1 } else { CALLDATA_GAS.0 };
        Ok(bytes.iter().map(gas).sum())
    }

    fn conclude(&mut self, gas: u64) {
        let (fills, bytes) = (self.fills.max(1) as f64, self.bytes as f64);
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        self.entropy = self.entropy.round();
        self.entropy_per_fill.values_mut().for_each(|bytes| *bytes = rounded(*bytes / fills));
        self.bytes_per_fill = rounded(bytes / fills);
        self.bytes_per_account = rounded(bytes / self.changed.max(1) as f64);
        self.to_zstd = rounded(bytes / self.zstd_19.max(1) as f64);
        self.to_brotli = rounded(bytes / self.brotli_11.max(1) as f64);
        self.blobs_per_1000 = rounded(1_000.0 * bytes / fills / BLOB_BYTES);
        self.blob_gas_per_1000 = (1_000.0 * bytes / fills / BLOB_BYTES * BLOB_GAS).round();
        self.calldata_gas_per_1000 = (1_000.0 * gas as f64 / fills).round();
    }
}

fn brotli_11(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 1 << 16, 11, 24);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_at_most_four_fifths_of_columns_through_zstd() {
        let workload = Parameters { fills: 1_500, accounts: 2_000, batches: 1, seed: 1 };
        let figures = run(workload, &[]).expect("the common workload needs no file");
        let common = &figures.flows[0];
        assert!(common.fills >= 1_500 && common.changed > 500, "{common:?}");
        assert!(common.to_zstd <= 0.8 && common.to_brotli <= 0.9, "{common:?}");
        assert!(common.varints > common.zstd_19 && common.zstd_19 >= common.brotli_11, "{common:?}");
    }
}
