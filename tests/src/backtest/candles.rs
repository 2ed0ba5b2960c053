//! Prices at even times, from gzipped CSV: the longest stretch of each file without a gap.

use ballast_risk::shortfall::FactorKind;
use ballast_types::{PriceTicks, limits::MAX_PRICE};
use eyre::{WrapErr, bail, eyre};
use flate2::read::MultiGzDecoder;
use serde::Serialize;
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// Seconds.
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// How far apart the prices of a series are. The model's step is the hour; at any other it is the same functions with
/// "hour" read as that step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The model's own.
    Hour,
    /// Of daily closes.
    Day,
    /// Of bars of a minute, as they are.
    Minute,
}

/// Prices of one market, a step apart, without a gap.
#[derive(Clone, Debug)]
pub struct Series {
    /// The file, or the file and the column.
    pub name: String,
    /// How far apart.
    pub step: Step,
    /// Which synthetic stress it is under.
    pub kind: FactorKind,
    /// Unix time of the first close, in seconds.
    pub start: u64,
    /// Prices, in ticks as fine as they may be.
    pub closes: Vec<PriceTicks>,
}

impl Step {
    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }
}

impl Series {
    /// Of these closes and the times of them, in seconds: the longest stretch in which each follows the one before by a
    /// step. `None` without closes.
    fn longest(name: &str, step: Step, closes: &[(u64, f64)]) -> Option<Self> {
        let mut best = 0..0;
        let mut from = 0;
        for to in 1..=closes.len() {
            if to == closes.len() || closes[to].0 != closes[to - 1].0 + step.seconds() {
                if to - from > best.len() {
                    best = from..to;
                }
                from = to;
            }
        }
        let stretch = &closes[best];
        let start = stretch.first()?.0;
        let prices: Vec<f64> = stretch.iter().map(|close| close.1).collect();
        Some(Self { name: name.to_owned(), step, kind: kind(name), start, closes: ticks(&prices) })
    }

    /// Unix time of close `k`, in seconds.
    #[must_use]
    pub fn time(&self, k: usize) -> u64 {
        self.start + k as u64 * self.step.seconds()
    }
}

/// Bitcoin when a word of the name begins with it: of `ALGOBTC` bitcoin is only the currency.
fn kind(name: &str) -> FactorKind {
    let bitcoin = name.split(['_', '/', ' ']).any(|word| word.starts_with("BTC"));
    if bitcoin { FactorKind::Bitcoin } else { FactorKind::Alt }
}

/// Prices in ticks of the finest power of ten in which the largest of them is a price.
fn ticks(prices: &[f64]) -> Vec<PriceTicks> {
    let highest = prices.iter().copied().fold(0.0, f64::max);
    let mut scale = 1.0;
    while highest * scale * 10.0 < MAX_PRICE as f64 {
        scale *= 10.0;
    }
    prices.iter().map(|price| PriceTicks(((price * scale).round() as u64).max(1))).collect()
}

/// Every series of a data folder: of each file of bars its hours, and its minutes if it has them; of each panel of daily
/// closes its columns.
///
/// # Errors
/// When the folder does not exist or a file cannot be read.
pub fn folder(data: &Path) -> eyre::Result<Vec<Series>> {
    if !data.is_dir() {
        bail!(
            "no market data: {} does not exist; name a folder that has minute/ and panel/ with --data or BALLAST_DATA",
            data.display()
        );
    }
    let mut series = Vec::new();
    for path in listed(&data.join("minute"))? {
        let name = path.strip_prefix(data.join("minute")).unwrap_or(&path).display().to_string();
        series.extend(bars(&path, name.trim_end_matches(".csv.gz"))?);
    }
    for path in listed(&data.join("panel"))? {
        if path.to_string_lossy().contains("daily_close") {
            series.extend(panel(&path)?);
        }
    }
    if series.is_empty() {
        bail!("no market data: {} has no CSV in minute/ or panel/", data.display());
    }
    Ok(series)
}

/// Gzipped CSV below a folder, by name. None when it does not exist.
fn listed(folder: &Path) -> eyre::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).wrap_err_with(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(listed(&path)?);
        } else if path.to_string_lossy().ends_with(".csv.gz") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn open(path: &Path) -> eyre::Result<csv::Reader<Box<dyn Read>>> {
    let file = File::open(path).wrap_err_with(|| path.display().to_string())?;
    let plain: Box<dyn Read> = if path.extension().is_some_and(|end| end == "gz") {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    Ok(csv::Reader::from_reader(plain))
}

/// The series of a file of bars, which has the columns `time_unix_s`, when a bar begins, and `close`. Its name for people
/// is `name`.
///
/// # Errors
/// When the file cannot be read or a column is missing.
pub fn bars(path: &Path, name: &str) -> eyre::Result<Vec<Series>> {
    let mut csv = open(path)?;
    let headers = csv.headers().wrap_err_with(|| path.display().to_string())?.clone();
    let column = |wanted: &str| {
        headers
            .iter()
            .position(|header| header == wanted)
            .ok_or_else(|| eyre!("{}: no column {wanted}", path.display()))
    };
    let (time, close) = (column("time_unix_s")?, column("close")?);
    let mut starts: Vec<(u64, f64)> = Vec::new();
    for row in csv.records() {
        let row = row.wrap_err_with(|| path.display().to_string())?;
        let bar = (row[time].parse::<u64>(), row[close].parse::<f64>());
        let (Ok(start), Ok(price)) = bar else { bail!("{}: not a bar: {row:?}", path.display()) };
        if !price.is_finite() || price <= 0.0 {
            bail!("{}: not a price: {row:?}", path.display());
        }
        starts.push((start, price));
    }
    starts.sort_by_key(|bar| bar.0);
    starts.dedup_by_key(|bar| bar.0);
    let Some(length) = starts.windows(2).map(|pair| pair[1].0 - pair[0].0).min() else {
        return Ok(Vec::new());
    };
    // A bar closes when it ends. An hour's close is that of the bar that ends with it; there is none where that is missing.
    let closes: Vec<(u64, f64)> = starts.into_iter().map(|(start, price)| (start + length, price)).collect();
    let hours: Vec<(u64, f64)> = closes.iter().copied().filter(|close| close.0 % HOUR == 0).collect();
    let mut series: Vec<Series> = Series::longest(name, Step::Hour, &hours).into_iter().collect();
    if length == Step::Minute.seconds() {
        series.extend(Series::longest(name, Step::Minute, &closes));
    }
    Ok(series)
}

/// The series of a panel of daily closes: a column `date` and one a market.
fn panel(path: &Path) -> eyre::Result<Vec<Series>> {
    let mut csv = open(path)?;
    let headers = csv.headers().wrap_err_with(|| path.display().to_string())?.clone();
    let mut columns = vec![Vec::new(); headers.len()];
    for row in csv.records() {
        let row = row.wrap_err_with(|| path.display().to_string())?;
        let day =
            days_from_1970(&row[0]).ok_or_else(|| eyre!("{}: not a date: {}", path.display(), &row[0]))?;
        for (column, cell) in columns.iter_mut().zip(row.iter()).skip(1) {
            if !cell.is_empty() {
                let price = cell.parse::<f64>().wrap_err_with(|| format!("{}: {cell}", path.display()))?;
                column.push(((day + 1) * DAY, price));
            }
        }
    }
    let markets = headers.iter().zip(&columns).skip(1);
    Ok(markets.filter_map(|(market, closes)| Series::longest(market, Step::Day, closes)).collect())
}

/// Days from 1 January 1970 to `YYYY-MM-DD`.
fn days_from_1970(date: &str) -> Option<u64> {
    let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // A year that begins in March ends with the leap day.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1;
    u64::try_from(days - 719_468).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_by_hand() {
        assert_eq!(days_from_1970("1970-01-01"), Some(0));
        assert_eq!(days_from_1970("2020-02-29"), Some(18_321));
        assert_eq!(days_from_1970("2023-12-31"), Some(19_722));
        assert_eq!((days_from_1970("2023-13-01"), days_from_1970("x")), (None, None));
    }

    #[test]
    fn the_longest_stretch_without_a_gap_is_kept() {
        let closes = [(0, 1.0), (60, 2.0), (180, 3.0), (240, 4.0), (300, 5.0), (420, 6.0)];
        let series = Series::longest("a", Step::Minute, &closes).expect("there are closes");
        assert_eq!((series.start, series.closes.len(), series.time(2)), (180, 3, 300));
        assert!(Series::longest("a", Step::Minute, &[]).is_none());
    }

    #[test]
    fn bitcoin_is_what_is_priced_and_not_the_currency() {
        assert_eq!(kind("2022-01_slide/ftx_perp_BTC-PERP_1m"), FactorKind::Bitcoin);
        assert_eq!(kind("BTC"), FactorKind::Bitcoin);
        assert_eq!(kind("2020-03/binance_spot_ALGOBTC_1m"), FactorKind::Alt);
    }

    #[test]
    fn ticks_are_as_fine_as_a_price_may_be() {
        assert_eq!(ticks(&[50_000.5, 0.5]), [PriceTicks(500_005_000_000), PriceTicks(5_000_000)]);
        assert_eq!(ticks(&[0.000_024_36]), [PriceTicks(243_600_000_000)]);
    }
}
