//! A position cut along the tiers of its market: the part in each tier gains and loses with one public number. So does what is held
//! of another asset.

use ballast_engine::collateral_value;
use ballast_state::Market;
use ballast_types::{
    Lots, MarketId, Ppm,
    limits::{MAX_MARGIN_TIERS, PPM},
};

/// What slices have in common that gain and lose alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) market: MarketId,
    pub(super) of: Of,
}

/// Of what a slice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Longs in a tier of the market, 0 the first.
    Long(usize),
    /// Shorts in a tier.
    Short(usize),
    /// Other assets whose price its index is.
    Collateral,
}

/// The part of a position that falls in one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) line: Line,
    /// How much, `s`; not 0.
    pub(super) lots: u64,
    /// Maintenance margin there, `rate_k`.
    pub(super) rate: Ppm,
}

impl Line {
    /// All lines of a market.
    pub(super) fn of_market(market: MarketId) -> impl Iterator<Item = Self> {
        let tiers = (0..MAX_MARGIN_TIERS).flat_map(|tier| [Of::Long(tier), Of::Short(tier)]);
        tiers.chain([Of::Collateral]).map(move |of| Self { market, of })
    }

    /// Its place among all lines.
    pub(super) fn place(self) -> usize {
        let place = match self.of {
            Of::Long(tier) => tier,
            Of::Short(tier) => MAX_MARGIN_TIERS + tier,
            Of::Collateral => 2 * MAX_MARGIN_TIERS,
        };
        usize::from(self.market.0) * (2 * MAX_MARGIN_TIERS + 1) + place
    }

    /// What each lot adds to `E - MMR`, but for a constant of the account, in millionths of u. This is `X` of risk.md
    /// 5.10, its sign turned for a short: `+-(M * kappa - F) * 10^6 - M * kappa * rate`, below 2^82. `None` when the
    /// market has no such tier. Of collateral what a lot of the market is worth at its price: what is held counts for no smaller
    /// part of that as it falls. `None` when the market settled.
    pub(super) fn worth(self, market: &Market) -> Option<i128> {
        let value = lot_value(market);
        let exact = i128::from(PPM) * (value - i128::from(market.funding));
        match self.of {
            Of::Long(tier) => Some(exact - value * i128::from(rate(market, tier)?.0)),
            Of::Short(tier) => Some(-exact - value * i128::from(rate(market, tier)?.0)),
            Of::Collateral if market.settlement.is_some() => None,
            Of::Collateral => Some(i128::from(PPM) * collateral_value(market)),
        }
    }
}

/// One lot at the mark, `M * kappa` u, below 2^60.
pub(super) fn lot_value(market: &Market) -> i128 {
    market.params.value(market.mark, Lots(1))
}

/// The slices of a position of `size` lots.
pub(super) fn slices(market: &Market, id: MarketId, size: Lots) -> impl Iterator<Item = Slice> {
    let params = &market.params;
    let (is_short, held) = (size.0 < 0, size.abs().0);
    let begin = |tier: usize| tier.checked_sub(1).map_or(0, |place| params.margin_tiers[place].above.0);
    let reached = params.margin_tiers.partition_point(|tier| tier.above.0 < held);
    (0..=reached).filter_map(move |tier| {
        let end = if tier == reached { held } else { begin(tier + 1) };
        let lots = end - begin(tier);
        let line = Line { market: id, of: if is_short { Of::Short(tier) } else { Of::Long(tier) } };
        (lots > 0).then_some(Slice { line, lots, rate: rate(market, tier)? })
    })
}

/// Maintenance margin in force in a tier.
fn rate(market: &Market, tier: usize) -> Option<Ppm> {
    let first = market.maintenance;
    match tier.checked_sub(1) {
        None => Some(first),
        Some(place) => market.params.margin_tiers.get(place).map(|tier| tier.rate(first)),
    }
}
