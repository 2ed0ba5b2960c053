//! Recorded order flow of real venues, mapped to what a trader of this exchange would send.
//!
//! A venue's file tells what its book did; here that becomes what its members asked for. What has no
//! counterpart is dropped and counted under a name that says why.

mod binance;
mod bitstamp;
mod databento;
mod depth;
mod lobster;
pub mod members;
mod shadow;

pub use depth::{Agreement, compare};
pub use shadow::Shadow;

use ballast_types::{FeeTier, MarketClass, MarketParams, Ppm, PriceTicks, Quote, Side, SignedPpm, SizeLots};
use eyre::{WrapErr, bail, eyre};
use flate2::read::GzDecoder;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
};

/// What files can be read.
const FORMS: &str = "its name tells no known form; there are LOBSTER message files (lobster_*_message), Databento MBO \
    (databento_*_mbo_*), Binance levels and trades (binance_um_*_L2_and_trades, binance_cm_*) and Bitstamp order events \
    (bitstamp_*_L3_events) to trade, and LOBSTER order books (lobster_*_orderbook) and Bitstamp snapshots \
    (bitstamp_*_top20_snapshots) to compare";

/// One thing that a member of the venue asked for. `id` is the venue's own number of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Rest an order.
    Place {
        /// The venue's number.
        id: u64,
        /// Bid or ask.
        side: Side,
        /// Limit.
        price: PriceTicks,
        /// Size.
        size: SizeLots,
    },
    /// Cancel an order.
    Cancel {
        /// The venue's number.
        id: u64,
    },
    /// Give an order another price and size.
    Replace {
        /// The venue's number.
        id: u64,
        /// New limit.
        price: PriceTicks,
        /// New size.
        size: SizeLots,
    },
    /// Take what rests, up to a price; the rest is cancelled.
    Take {
        /// Side of the order that takes.
        side: Side,
        /// Limit.
        price: PriceTicks,
        /// Size.
        size: SizeLots,
    },
}

/// A recorded day, ready to be traded.
#[derive(Debug)]
pub struct Flow {
    /// The market that it needs: one share or contract is one lot.
    pub market: MarketParams,
    /// What to send, in order.
    pub actions: Vec<Action>,
    /// Where in the file each of them comes from: the number of its row, or its time in the file's own unit, ascending.
    pub at: Vec<u64>,
    /// What was dropped, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// First price of the file.
    pub first_price: PriceTicks,
}

impl Flow {
    /// Reads a file by the form that its name tells, at most `most` rows of it.
    ///
    /// # Errors
    /// When the file cannot be read, or its form is unknown.
    pub fn read(path: &Path, most: usize) -> eyre::Result<Self> {
        let (name, rows) = rows(path, most)?;
        let is = |prefix: &str, part: &str| name.starts_with(prefix) && name.contains(part);
        let flow = if is("lobster_", "_message") {
            lobster::read(rows)
        } else if is("databento_", "_mbo") {
            databento::read(rows)
        } else if is("binance_", "_L2_and_trades") {
            binance::read(rows, name.starts_with("binance_cm_"))
        } else if is("bitstamp_", "_L3_events") {
            bitstamp::read(rows)
        } else {
            bail!("{name}: {FORMS}")
        };
        flow.wrap_err_with(|| format!("cannot read {}", path.display()))
    }
}

/// The recorded flows of orders, at most `most` rows of each; none, and says so, where the recordings are not.
///
/// # Panics
/// When the folder cannot be read, or fewer than five of its files are flows.
#[must_use]
pub fn flows(most: usize) -> Vec<(PathBuf, Flow)> {
    let files = recorded();
    let flows: Vec<_> =
        files.iter().filter_map(|path| Some((path.clone(), Flow::read(path, most).ok()?))).collect();
    assert!(files.is_empty() || flows.len() >= 5, "{} of {files:?} are flows", flows.len());
    flows
}

/// The recorded files; none, and says so, where they are not. `BALLAST_DATA` is their folder.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn recorded() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root");
    let data =
        std::env::var("BALLAST_DATA").map_or_else(|_| root.join("../shared/data"), |path| root.join(path));
    let Ok(files) = data.join("orderflow").read_dir() else {
        eprintln!("SKIPPED: no recorded flow in {}: set BALLAST_DATA", data.display());
        return Vec::new();
    };
    let mut files: Vec<_> = files.map(|file| file.expect("the folder can be read").path()).collect();
    files.sort();
    files
}

/// The rows of a gzipped CSV file, its heading and at most `most` more, and its name.
fn rows(path: &Path, most: usize) -> eyre::Result<(String, csv::Reader<impl Read>)> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| eyre!("not a file: {}", path.display()))?;
    let file = File::open(path).wrap_err_with(|| format!("cannot open {}", path.display()))?;
    let mut text = BufReader::new(GzDecoder::new(BufReader::new(file)));
    if most == usize::MAX {
        return Ok((name.to_owned(), csv::Reader::from_reader(Box::new(text) as Box<dyn Read>)));
    }
    let mut cut = Vec::new();
    for _ in 0..=most {
        text.read_until(b'\n', &mut cut)?;
    }
    Ok((name.to_owned(), csv::Reader::from_reader(Box::new(Cursor::new(cut)) as Box<dyn Read>)))
}

/// A decimal number in units of its `decimals`th place; `None` when it is finer than that, or not one at all.
fn decimal(text: &str, decimals: usize) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    if part.len() > decimals {
        return None;
    }
    format!("{whole}{part:0<decimals$}").parse().ok()
}

/// How a market of a venue is listed here.
struct Contract {
    symbol: &'static str,
    price_decimals: u8,
    size_decimals: u8,
    /// How far from the mark an order may be, in ppm.
    order_band: u32,
}

impl Contract {
    /// Prices have two decimals; a lot is one share or contract.
    const fn cents(symbol: &'static str) -> Self {
        Self { symbol, price_decimals: 2, size_decimals: 0, order_band: 50_000 }
    }

    fn market(&self) -> MarketParams {
        let decimals = u32::from(6 - self.price_decimals - self.size_decimals);
        MarketParams {
            symbol: self.symbol.to_owned(),
            price_decimals: self.price_decimals,
            size_decimals: self.size_decimals,
            kappa: 10_u32.pow(decimals),
            initial_margin: Ppm(50_000),
            maintenance_margin: Ppm(25_000),
            margin_tiers: Vec::new(),
            fees: FeeTier::flat(Ppm(350), SignedPpm(0)),
            order_band: Ppm(self.order_band),
            gain_weight_initial: Ppm(1_000_000),
            gain_weight_withdrawal: Ppm(1_000_000),
            batch_interval: 0,
            class: MarketClass::A,
            impact_notional: Quote(20_000_000_000),
            circuit_breakers: true,
            open_interest_cap: Quote::ZERO,
            open_interest_growth: Quote::ZERO,
            capacity: false,
            strict_gains: false,
            shortfall: false,
            settles_at: ballast_types::Millis(0),
            open_interest_free: Quote::ZERO,
        }
    }
}

/// Collects actions and counts what is dropped.
struct Builder {
    actions: Vec<Action>,
    places: Vec<u64>,
    dropped: BTreeMap<&'static str, u64>,
    first_price: Option<PriceTicks>,
    /// The book that the actions so far make.
    shadow: Shadow,
    /// Where in the file we are.
    at: u64,
}

impl Builder {
    fn new() -> Self {
        Self {
            actions: Vec::new(),
            places: Vec::new(),
            dropped: BTreeMap::new(),
            first_price: None,
            shadow: Shadow::default(),
            at: 0,
        }
    }

    fn push(&mut self, action: Action) {
        if let (None, Action::Place { price, .. } | Action::Take { price, .. }) = (self.first_price, action) {
            self.first_price = Some(price);
        }
        self.shadow.carry_out(&action);
        self.actions.push(action);
        self.places.push(self.at);
    }

    fn drop(&mut self, why: &'static str) {
        *self.dropped.entry(why).or_default() += 1;
    }

    fn build(self, contract: &Contract) -> eyre::Result<Flow> {
        let first_price = self.first_price.ok_or_else(|| eyre!("the file holds no order"))?;
        let Self { actions, places, dropped, .. } = self;
        Ok(Flow { market: contract.market(), actions, at: places, dropped, first_price })
    }
}
