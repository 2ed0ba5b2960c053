//! Recorded bars of the folder of an event: gzipped CSV whose name tells venue, kind, asset and length.

use super::path::Bar;
use eyre::{WrapErr, bail};
use flate2::read::MultiGzDecoder;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// What one file records.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The asset, such as `BTC`.
    pub asset: String,
    /// Whether the prices are those of a perpetual.
    pub is_perp: bool,
    /// Its bars, by time.
    pub bars: Vec<Bar>,
}

/// All files of an event whose prices are in dollars, by name. Second sources are left out.
///
/// # Errors
/// When the folder does not exist, or a file cannot be read.
pub fn folder(event: &Path) -> eyre::Result<Vec<Recorded>> {
    if !event.is_dir() {
        bail!("no recorded crash: {} does not exist", event.display());
    }
    let mut recorded = Vec::new();
    for path in files(event)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some((asset, is_perp, seconds)) = meaning(&name) {
            let bars = read(&path, seconds).wrap_err_with(|| path.display().to_string())?;
            recorded.push(Recorded { asset, is_perp, bars });
        }
    }
    Ok(recorded)
}

fn files(folder: &Path) -> eyre::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).wrap_err_with(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.to_string_lossy().ends_with(".csv.gz") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Asset, whether it is a perpetual, and the seconds of a bar, as the file's name tells; none of what is not in dollars.
fn meaning(name: &str) -> Option<(String, bool, u64)> {
    let stem = name.strip_suffix(".csv.gz").filter(|stem| !stem.starts_with("second_source"))?;
    let words: Vec<&str> = stem.split('_').collect();
    let asset = words
        .iter()
        .find_map(|word| ["USDT", "USD", "-PERP"].iter().find_map(|end| word.strip_suffix(end)))?;
    let length = |word: &&str| {
        let (count, unit) = word.split_at_checked(word.len().checked_sub(1)?)?;
        let unit = match unit {
            "m" => 60,
            "h" => 3_600,
            _ => return None,
        };
        count.parse::<u64>().ok().map(|count| count * unit)
    };
    let seconds = words.iter().find_map(length)?;
    let is_perp = words.iter().any(|word| word.eq_ignore_ascii_case("perp") || word.ends_with("-PERP"));
    Some((asset.to_owned(), is_perp, seconds))
}

fn read(path: &Path, seconds: u64) -> eyre::Result<Vec<Bar>> {
    let mut reader = csv::Reader::from_reader(MultiGzDecoder::new(File::open(path)?));
    let mut bars = Vec::new();
    for row in reader.deserialize() {
        let (start, open, high, low, close, volume): (u64, f64, f64, f64, f64, Option<f64>) = row?;
        if [open, high, low, close].iter().any(|price| !price.is_finite() || *price <= 0.0) {
            bail!("a price at {start} is none");
        }
        bars.push(Bar { start, seconds, open, high, low, close, volume: volume.unwrap_or(0.0) });
    }
    bars.sort_by_key(|bar: &Bar| bar.start);
    Ok(bars)
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn a_name_tells_what_a_file_records() {
        let told =
            |name| meaning(name).map(|(asset, is_perp, seconds)| format!("{asset} {is_perp} {seconds}"));
        let names = [
            ("binance_spot_BTCUSDT_5m_until_2110.csv.gz", Some("BTC false 300")),
            ("binance_um_perp_BTCUSDT_1m_bottom_0151_0319.csv.gz", Some("BTC true 60")),
            ("binance_cm_MARKPRICE_BTCUSD_PERP_1m.csv.gz", Some("BTC true 60")),
            ("ftx_perp_BTC-PERP_1m.csv.gz", Some("BTC true 60")),
            ("coinbase_spot_ETHUSD_1m.csv.gz", Some("ETH false 60")),
            ("binance_um_perp_ATOMUSDT_1h.csv.gz", Some("ATOM true 3600")),
            ("binance_spot_ALGOBTC_1m.csv.gz", None),
            ("kraken_spot_BTCUSDC_1m.csv.gz", None),
            ("second_source_binance_spot_BTCUSDT_1m_to_0522.csv.gz", None),
        ];
        for (name, expected) in names {
            assert_eq!(told(name).as_deref(), expected, "{name}");
        }
    }
}
