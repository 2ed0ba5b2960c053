//! Recorded order flow of real venues, mapped to what a trader of this exchange would send.
//!
//! A venue's file tells what its book did; here that becomes what its members asked for. What has no
//! counterpart is dropped and counted under a name that says why.

mod databento;
mod lobster;

use ballast_types::{FeeTier, MarketParams, Ppm, PriceTicks, Side, SignedPpm, SizeLots};
use eyre::{WrapErr, bail, eyre};
use flate2::read::GzDecoder;
use std::{collections::BTreeMap, fs::File, io::BufReader, path::Path};

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
    /// What was dropped, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// First price of the file.
    pub first_price: PriceTicks,
}

impl Flow {
    /// Reads a file by the form that its name tells.
    ///
    /// # Errors
    /// When the file cannot be read, or its form is unknown.
    pub fn read(path: &Path) -> eyre::Result<Self> {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| eyre!("not a file: {}", path.display()))?;
        let file = File::open(path).wrap_err_with(|| format!("cannot open {}", path.display()))?;
        let rows = csv::Reader::from_reader(BufReader::new(GzDecoder::new(file)));
        let flow = if name.starts_with("lobster_") && name.contains("_message") {
            lobster::read(rows)
        } else if name.starts_with("databento_") {
            databento::read(rows)
        } else {
            bail!(
                "{name}: only order-by-order files of LOBSTER (message) and Databento (MBO) can be replayed"
            )
        }
        .wrap_err_with(|| format!("cannot read {}", path.display()))?;
        Ok(flow)
    }
}

/// A market whose prices have two decimals and whose lot is one share or contract.
fn cent_market(symbol: &str) -> MarketParams {
    MarketParams {
        symbol: symbol.to_owned(),
        price_decimals: 2,
        size_decimals: 0,
        kappa: 10_000,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(25_000),
        fees: FeeTier::flat(Ppm(350), SignedPpm(0)),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(1_000_000),
        batch_interval: 0,
    }
}

/// Collects actions and counts what is dropped.
struct Builder {
    actions: Vec<Action>,
    dropped: BTreeMap<&'static str, u64>,
    first_price: Option<PriceTicks>,
}

impl Builder {
    const fn new() -> Self {
        Self { actions: Vec::new(), dropped: BTreeMap::new(), first_price: None }
    }

    fn push(&mut self, action: Action) {
        if let (None, Action::Place { price, .. } | Action::Take { price, .. }) = (self.first_price, action) {
            self.first_price = Some(price);
        }
        self.actions.push(action);
    }

    fn drop(&mut self, why: &'static str) {
        *self.dropped.entry(why).or_default() += 1;
    }

    fn build(self, symbol: &str) -> eyre::Result<Flow> {
        let first_price = self.first_price.ok_or_else(|| eyre!("the file holds no order"))?;
        Ok(Flow { market: cent_market(symbol), actions: self.actions, dropped: self.dropped, first_price })
    }
}
