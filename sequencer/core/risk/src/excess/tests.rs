use super::*;
use crate::{
    samples::{bitcoin, margin, tiers, up_to},
    summarize,
};
use ballast_types::{
    Lots, MarketParams, Ppm, PriceTicks, SizeLots,
    limits::{MAX_AMOUNT, MAX_FUNDING_INDEX, MAX_OPEN_ORDERS, MAX_PRICE, MAX_SIZE},
    math::mul_div_floor,
};
use proptest::prelude::*;

/// One market with the account in it.
#[derive(Clone, Debug)]
struct Row {
    params: MarketParams,
    fractions: [u32; 2],
    prices: [u64; 2],
    funding: [i64; 2],
    size: i64,
    basis: i64,
    orders: [u64; 2],
    settled: bool,
}

impl Row {
    fn exposure(&self) -> Exposure<'_> {
        Exposure {
            params: &self.params,
            initial: Ppm(self.fractions[0]),
            maintenance: Ppm(self.fractions[1]),
            mark: PriceTicks(self.prices[0]),
            average: PriceTicks(self.prices[1]),
            funding: self.funding[0],
            size: Lots(self.size),
            entry_funding: self.funding[1],
            basis: Quote(self.basis),
            bid_lots: SizeLots(self.orders[0]),
            ask_lots: SizeLots(self.orders[1]),
            settled: self.settled,
        }
    }

    /// What it adds to `E_w`, to `IMR`, and to twice the fill margin: from risk.md 1.3, 3.2, 3.5, 3.7, one after the other,
    /// in numbers that are wide enough for all of it.
    fn slowly(&self) -> [i128; 3] {
        let (size, basis) = (i128::from(self.size), i128::from(self.basis));
        let value = |price| size * i128::from(price) * i128::from(self.params.kappa);
        let funding = -size * (i128::from(self.funding[0]) - i128::from(self.funding[1]));
        let [mark, average] = self.prices;
        if self.settled {
            return [funding + value(mark), 0, 0];
        }
        let gain = value(mark) - basis;
        let lasting = if average == 0 { gain } else { gain.min(value(average) - basis).max(0) };
        let weight = i128::from(self.params.gain_weight_initial.0);
        let counts = if gain < 0 { gain } else { mul_div_floor(lasting, weight, 1_000_000) };
        let need = |lots: i128, fraction| {
            let lots = SizeLots(u64::try_from(lots.abs()).unwrap());
            margin(&self.params, PriceTicks(mark), lots, Ppm(fraction))
        };
        let [initial, maintenance] = self.fractions;
        let [bids, asks] = self.orders.map(i128::from);
        let worst = [0, bids, -asks].map(|filled| need(size + filled, initial)).into_iter().max().unwrap();
        [funding + basis + counts, worst, need(size, initial) + need(size, maintenance)]
    }
}

fn signed(most: u64) -> impl Strategy<Value = i64> {
    (up_to(most), any::<bool>())
        .prop_map(|(number, below)| if below { -number.cast_signed() } else { number.cast_signed() })
}

/// Of amounts of any length up to the bounds of risk.md 1.1.
fn row() -> impl Strategy<Value = Row> {
    let fraction = || 0..=1_000_000_u32;
    let params = (0..7_u32, fraction(), fraction(), tiers());
    let orders = || up_to(MAX_SIZE * u64::from(MAX_OPEN_ORDERS));
    let index = || signed(MAX_FUNDING_INDEX.unsigned_abs());
    let market = ([up_to(MAX_PRICE), up_to(MAX_PRICE)], [index(), index()], [fraction(), fraction()]);
    let account = (signed(MAX_SIZE), signed(MAX_AMOUNT.unsigned_abs()), [orders(), orders()]);
    let settled = prop_oneof![7 => Just(false), 1 => Just(true)];
    (params, market, account, settled).prop_map(
        |((decimals, w, x, margin_tiers), (prices, funding, fractions), (size, basis, orders), settled)| {
            let params = MarketParams {
                kappa: 10_u32.pow(decimals),
                gain_weight_initial: Ppm(w.max(x)),
                gain_weight_withdrawal: Ppm(w.min(x)),
                margin_tiers,
                ..bitcoin()
            };
            let basis = if size == 0 { 0 } else { basis };
            Row { params, fractions, prices, funding, size, basis, orders, settled }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn it_is_what_the_specification_says(
        cash in signed(MAX_AMOUNT.unsigned_abs()), reserve in up_to(MAX_AMOUNT.unsigned_abs()), orders in 0..=1_000_u32,
        rows in proptest::collection::vec(row(), 0..6),
    ) {
        let reserve = reserve.cast_signed();
        let exposures = || rows.iter().map(Row::exposure);
        let [mut equity, mut initial, mut twice_fill] =
            [i128::from(cash), i128::from(reserve) + 10_000 * i128::from(orders), 0];
        for [counted, worst, margins] in rows.iter().map(Row::slowly) {
            equity += counted;
            initial += worst;
            twice_fill += margins;
        }
        prop_assert_eq!(initial_excess(Quote(cash), Quote(reserve), orders, exposures()), equity - initial);
        prop_assert_eq!(fill_excess(Quote(cash), exposures()), equity - (twice_fill + 1).div_euclid(2));
        // The whole reading has the same terms.
        let whole = summarize(Quote(cash), Quote(reserve), orders, exposures());
        prop_assert_eq!([whole.equity_initial, whole.initial], [equity, initial]);
        prop_assert_eq!(whole.fill, (twice_fill + 1).div_euclid(2));
    }
}

#[test]
fn the_bounds_are_met_without_a_panic() {
    let row = |side: i64, basis: i64| Row {
        params: MarketParams { kappa: 1_000_000, ..bitcoin() },
        fractions: [1_000_000; 2],
        prices: [MAX_PRICE; 2],
        funding: [side * MAX_FUNDING_INDEX, -side * MAX_FUNDING_INDEX],
        size: side * MAX_SIZE.cast_signed(),
        basis: basis * MAX_AMOUNT,
        orders: [MAX_SIZE * u64::from(MAX_OPEN_ORDERS); 2],
        settled: false,
    };
    for worst in [row(1, 1), row(1, -1), row(-1, 1), row(-1, -1)] {
        let all = || core::iter::repeat_n(worst.exposure(), 256);
        let [counted, need, margins] = worst.slowly().map(|term| 256 * term);
        let cash = Quote(-MAX_AMOUNT);
        let excess = initial_excess(cash, Quote(MAX_AMOUNT), MAX_OPEN_ORDERS, all());
        assert_eq!(
            excess,
            counted - need - 2 * i128::from(MAX_AMOUNT) - 10_000 * i128::from(MAX_OPEN_ORDERS)
        );
        assert_eq!(fill_excess(cash, all()), counted - margins / 2 - i128::from(MAX_AMOUNT));
    }
}

#[test]
#[should_panic(expected = "a flat position cost nothing")]
fn no_position_has_no_basis() {
    let params = bitcoin();
    let flat = Row {
        params,
        fractions: [1; 2],
        prices: [1; 2],
        funding: [0; 2],
        size: 0,
        basis: 1,
        orders: [0; 2],
        settled: false,
    };
    let _ = initial_excess(Quote(0), Quote(0), 0, core::iter::once(flat.exposure()));
}
