//! A crash: which assets, which hours of them.

use super::{
    bars::{self, Recorded},
    path::{Bar, Path},
};
use ballast_types::MarketClass;
use eyre::bail;
use std::{collections::BTreeMap, path};

/// Whether an asset is recorded is asked once a minute.
const MINUTE_MS: usize = 60_000;
/// Class A (risk.md 0.3).
const MAJORS: [&str; 2] = ["BTC", "ETH"];
/// Class B: large and traded everywhere. All others are of class C.
const LARGE: [&str; 10] = ["SOL", "XRP", "BNB", "ADA", "DOGE", "LTC", "BCH", "DOT", "LINK", "EOS"];

/// One asset of a crash.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Such as `BTC`.
    pub name: String,
    /// Class of its market.
    pub class: MarketClass,
    /// Its price.
    pub index: Path,
    /// That of its perpetual elsewhere, where it is recorded apart.
    pub perp: Option<Path>,
}

/// A crash to go through.
#[derive(Clone, Debug)]
pub struct Crash {
    /// Its name.
    pub name: String,
    /// Its assets: a market each.
    pub assets: Vec<Asset>,
    /// Unix time in ms at which it begins.
    pub from: u64,
    /// Unix time in ms at which it is over.
    pub to: u64,
}

impl Crash {
    /// The worst `hours` of a recorded event, seen from its first asset, with at most `most` assets or with those that are
    /// named.
    ///
    /// # Errors
    /// When the folder cannot be read, or has nothing to go through.
    pub fn read(folder: &path::Path, hours: f64, most: usize, named: &[String]) -> eyre::Result<Self> {
        let mut assets = assets(bars::folder(folder)?);
        if named.is_empty() {
            assets = choose(assets, most, hours);
        } else {
            assets.retain(|asset| named.contains(&asset.name));
        }
        let Some(leader) = assets.first() else { bail!("{}: no prices in dollars", folder.display()) };
        let (from, to) = worst(&leader.index, hours);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, assets, from, to })
    }

    /// A crash without data: `markets` assets, the first of class A, stand still for two minutes, open 30% lower, and
    /// stand still for `minutes`.
    #[must_use]
    pub fn gap(markets: usize, minutes: u64) -> Self {
        let classes = [MarketClass::A, MarketClass::B, MarketClass::C].into_iter().cycle().take(markets);
        Self::made("gap", classes, minutes, |_, minute| if minute < 2 { 1.0 } else { 0.7 })
    }

    /// A collapse without data: one asset of each class; after two minutes that of class C loses a fifth of what it is worth with
    /// each minute, for `minutes`, and the others stand still.
    #[must_use]
    pub fn collapse(minutes: u64) -> Self {
        let classes = [MarketClass::A, MarketClass::B, MarketClass::C];
        Self::made("collapse", classes, minutes, |class, minute| match class {
            MarketClass::C => 0.8_f64.powi(minute.saturating_sub(1) as i32),
            MarketClass::A | MarketClass::B => 1.0,
        })
    }

    /// Assets of these classes over two minutes and `minutes`, each minute at a part of the price at which they begin.
    fn made(
        name: &str,
        classes: impl IntoIterator<Item = MarketClass>,
        minutes: u64,
        part: impl Fn(MarketClass, u64) -> f64,
    ) -> Self {
        let start = 1_700_000_100;
        let asset = |(place, class): (usize, MarketClass)| {
            let price = 50_000.0 / 10_f64.powi(place as i32 * 2);
            let bar = |minute: u64| {
                let at = price * part(class, minute);
                Bar {
                    start: start + 60 * minute,
                    seconds: 60,
                    open: at,
                    high: at,
                    low: at,
                    close: at,
                    volume: 1.0,
                }
            };
            let index = Path::of(&[(0..2 + minutes).map(bar).collect()]);
            Asset { name: format!("{}{class:?}", name.to_uppercase()), class, index, perp: None }
        };
        let assets = classes.into_iter().enumerate().map(asset).collect();
        let to = (start + 60 * (2 + minutes)) * 1_000;
        Self { name: name.to_owned(), assets, from: start * 1_000, to }
    }
}

/// The class of an asset's market.
fn class(asset: &str) -> MarketClass {
    if MAJORS.contains(&asset) {
        MarketClass::A
    } else if LARGE.contains(&asset) {
        MarketClass::B
    } else {
        MarketClass::C
    }
}

/// What the files say of each asset, class by class, bitcoin first and then the most traded. Its index is the spot price; where none is
/// recorded that is as fine, the perpetual's.
fn assets(recorded: Vec<Recorded>) -> Vec<Asset> {
    /// Spot prices and those of perpetuals, a list a file.
    #[derive(Default)]
    struct Files {
        spot: Vec<Vec<Bar>>,
        perp: Vec<Vec<Bar>>,
    }
    let mut files: BTreeMap<String, Files> = BTreeMap::new();
    for Recorded { asset, is_perp, bars } in recorded {
        let of_it = files.entry(asset).or_default();
        if is_perp { of_it.perp.push(bars) } else { of_it.spot.push(bars) }
    }
    let asset = |(name, Files { spot, perp }): (String, Files)| {
        let index = Path::of(&[spot.clone(), perp.clone()].concat());
        let perp = (!spot.is_empty() && !perp.is_empty()).then(|| Path::of(&perp));
        Asset { class: class(&name), name, index, perp }
    };
    let mut assets: Vec<Asset> = files.into_iter().map(asset).collect();
    let leads = |asset: &Asset| asset.name != MAJORS[0];
    assets.sort_by(|one, other| {
        let by_class = one.class.name().cmp(other.class.name());
        by_class.then(leads(one).cmp(&leads(other))).then(traded(other).total_cmp(&traded(one)))
    });
    assets
}

/// What was traded in a second, in dollars.
fn traded(asset: &Asset) -> f64 {
    let seconds: u64 = asset.index.bars().map(|bar| bar.seconds).sum();
    asset.index.bars().map(|bar| bar.volume * bar.close).sum::<f64>() / seconds.max(1) as f64
}

/// All of class A, at most two of B where there are some of C, and those of C; at most `most` that are recorded all the time, in bars of less than an
/// hour, which hides what happened in it.
fn choose(assets: Vec<Asset>, most: usize, hours: f64) -> Vec<Asset> {
    let Some((from, to)) = assets.first().map(|leader| worst(&leader.index, hours)) else {
        return assets;
    };
    let is_told = |asset: &Asset| {
        let told = (from..to).step_by(MINUTE_MS).filter(|at| asset.index.told(*at).is_some()).count();
        let minutes = (from..to).step_by(MINUTE_MS).count();
        100 * told >= 95 * minutes && asset.index.bars().any(|bar| bar.seconds < 3_600)
    };
    let has_c = assets.iter().any(|asset| asset.class == MarketClass::C && is_told(asset));
    let of_b = if has_c { 2 } else { usize::MAX };
    let mut room = BTreeMap::from([("A", 2), ("B", of_b), ("C", usize::MAX)]);
    let mut chosen = Vec::new();
    for asset in assets {
        let left = room.get_mut(asset.class.name()).filter(|left| **left > 0 && is_told(&asset));
        if let Some(left) = left.filter(|_| chosen.len() < most) {
            *left -= 1;
            chosen.push(asset);
        }
    }
    chosen
}

/// The hours around the deepest fall that takes no more than half of them, two thirds of them before its end; in ms.
fn worst(path: &Path, hours: f64) -> (u64, u64) {
    let length = (hours * 3_600.0) as u64;
    let mut bars: Vec<&Bar> = path.bars().collect();
    bars.sort_by_key(|bar| bar.end());
    let mut deepest = (0.0, bars.first().map_or(0, |bar| bar.start));
    for (place, bottom) in bars.iter().enumerate() {
        let near = bars[..=place].iter().rev().take_while(|bar| bar.start + length / 2 >= bottom.end());
        let top = near.map(|bar| bar.open).fold(bottom.open, f64::max);
        let fall = 1.0 - bottom.low / top;
        if fall > deepest.0 {
            deepest = (fall, bottom.end());
        }
    }
    let first = bars.iter().map(|bar| bar.start).min().unwrap_or(0);
    let last = bars.last().map_or(0, |bar| bar.end());
    let from = deepest.1.saturating_sub(length * 2 / 3).max(first);
    (from * 1_000, (from + length).min(last) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_fall_lies_in_the_hours() {
        let bar = |minute: u64| {
            let price = if minute < 600 { 100.0 } else { 60.0 };
            Bar {
                start: minute * 60,
                seconds: 60,
                open: price,
                high: price,
                low: price,
                close: price,
                volume: 0.0,
            }
        };
        let bars: Vec<Bar> = (0..1_200).map(bar).collect();
        let (from, to) = worst(&Path::of(&[bars]), 6.0);
        assert_eq!(to - from, 6 * 3_600_000);
        assert!(from < 600 * 60_000 && 601 * 60_000 < to);
    }
}
