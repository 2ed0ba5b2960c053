use super::*;
use crate::{
    ladder::settle::{ForcedFill, Settlement},
    samples::{bitcoin, market},
};
use ballast_types::Ppm;
use proptest::prelude::*;

/// One bitcoin at 50,000 USDC, of which 500 USDC must be kept.
fn with<T>(size: i64, equity: i128, then: impl Fn(&Health, &Holding<'_>) -> T) -> T {
    let params = bitcoin();
    let holding = Holding {
        params: &params,
        maintenance: params.maintenance_margin,
        mark: PriceTicks(500_000),
        size: Lots(size),
    };
    then(&Health { equity, maintenance: 500_000_000 }, &holding)
}

#[test]
fn at_the_zero_price_equity_and_margin_go_together() {
    // 250 USDC of equity are 2,500 ticks of the whole, and of a half as half of the margin goes with it.
    let zero = |size, equity, x| with(size, equity, |h, p| zero_price(h, p, SizeLots(x)).0);
    assert_eq!([zero(100_000, 250_000_000, 100_000), zero(100_000, 250_000_000, 50_000)], [497_500; 2]);
    assert_eq!(zero(-100_000, 250_000_000, 100_000), 502_500);
    assert_eq!([zero(100_000, 0, 7), zero(-100_000, 0, 7)], [500_000; 2]);
    assert_eq!([zero(100_000, -250_000_000, 1), zero(-100_000, -250_000_000, 1)], [502_500, 497_500]);
}

#[test]
fn the_zero_price_rounds_so_that_health_does_not_fall() {
    let zero = |size, equity| with(size, equity, |h, p| zero_price(h, p, SizeLots(100_000)).0);
    assert_eq!([zero(100_000, 250_000_001), zero(100_000, 249_999_999)], [497_500, 497_501]);
    assert_eq!([zero(-100_000, 250_000_001), zero(-100_000, 249_999_999)], [502_500, 502_499]);
    assert_eq!([zero(100_000, -1), zero(-100_000, -1)], [500_001, 499_999]);
}

#[test]
fn it_is_a_price() {
    let zero = |size, equity| with(size, equity, |h, p| zero_price(h, p, SizeLots(1)).0);
    assert_eq!([zero(100_000, 1 << 120), zero(-100_000, 1 << 120)], [1, MAX_PRICE]);
    assert_eq!([zero(100_000, -(1 << 120)), zero(-100_000, -(1 << 120))], [MAX_PRICE, 1]);
}

#[test]
fn the_limit_is_the_mark_at_health_1_and_three_halves_of_margin_away_at_0() {
    let fillable = |size, equity| with(size, equity, |h, p| fillable_price(h, p).0);
    assert_eq!([fillable(100_000, 500_000_000), fillable(-100_000, 600_000_000)], [500_000; 2]);
    assert_eq!([fillable(100_000, 250_000_000), fillable(-100_000, 250_000_000)], [496_250, 503_750]);
    assert_eq!([fillable(100_000, 0), fillable(100_000, -(1 << 120))], [492_500; 2]);
    // 7,500 ticks of 1 / 500,000,000 are less than one: nearer to the mark.
    assert_eq!([fillable(100_000, 499_999_999), fillable(-100_000, 499_999_999)], [500_000; 2]);
}

#[test]
fn a_limit_is_not_below_one_tick() {
    let params = market(1_000_000, 1_000_000);
    let holding = Holding {
        params: &params,
        maintenance: params.maintenance_margin,
        mark: PriceTicks(100),
        size: Lots(1),
    };
    let health = Health { equity: 0, maintenance: holding.margin() };
    assert_eq!(fillable_price(&health, &holding), PriceTicks(1));
    assert_eq!(takeover_price(&holding, PriceTicks(1)), PriceTicks(50));
}

#[test]
fn the_backstop_earns_at_most_half_of_the_margin() {
    let takeover = |size, zero| with(size, 1, |_, p| takeover_price(p, PriceTicks(zero)).0);
    assert_eq!([takeover(100_000, 496_000), takeover(100_000, 499_000)], [497_500, 499_000]);
    assert_eq!([takeover(-100_000, 504_000), takeover(-100_000, 501_000)], [502_500, 501_000]);
    assert_eq!([100_000, -100_000].map(|size| with(size, 0, |_, p| rescue_price(p).0)), [498_750, 501_250]);
}

#[test]
fn the_fund_pays_what_it_can() {
    // 100 lots are 100 u a tick.
    let limit = |size, fillable, zero, claim| {
        with(size, 0, |_, p| {
            affordable_limit(p, PriceTicks(fillable), PriceTicks(zero), SizeLots(100), claim).0
        })
    };
    assert_eq!(limit(1_000, 492_500, 502_500, 500_099), 497_500);
    assert_eq!(limit(-1_000, 507_500, 497_500, 500_099), 502_500);
    assert_eq!(
        [limit(1_000, 492_500, 502_500, 0), limit(1_000, 492_500, 502_500, 1 << 100)],
        [502_500, 492_500]
    );
    // Nothing to pay where the limit is better than zero.
    assert_eq!(limit(1_000, 496_000, 495_000, 0), 496_000);
}

/// An account with one position that is closed in part and requirements elsewhere.
#[derive(Clone, Debug)]
struct Case {
    params: MarketParams,
    mark: u64,
    size: i64,
    equity: i128,
    elsewhere: i128,
    closed: u64,
}

impl Case {
    fn holding(&self) -> Holding<'_> {
        Holding {
            params: &self.params,
            maintenance: self.params.maintenance_margin,
            mark: PriceTicks(self.mark),
            size: Lots(self.size),
        }
    }

    fn health(&self) -> Health {
        Health { equity: self.equity, maintenance: self.holding().margin() + self.elsewhere }
    }

    fn closed(&self) -> SizeLots {
        SizeLots(self.closed)
    }

    /// Health after a fill, with the market's lots at the mark.
    fn after(&self, price: PriceTicks, zero: PriceTicks, penalty: Ppm) -> (Health, Settlement) {
        let (holding, before) = (self.holding(), self.health());
        let fill = ForcedFill { side: holding.closing(), price, size: self.closed(), zero };
        let settlement = fill.settle(&self.params, penalty);
        let moved = self.params.value(holding.mark, holding.closing().signed(self.closed()));
        let health = Health {
            equity: before.equity + settlement.account + moved,
            maintenance: before.maintenance - holding.released(self.closed()),
        };
        (health, settlement)
    }

    /// Whether equity and margin are a health at least as good as before.
    fn is_no_worse(&self, after: &Health) -> bool {
        let before = self.health();
        product(after.equity, before.maintenance) >= product(before.equity, after.maintenance)
            && (before.equity < 0 || after.equity >= 0)
    }
}

/// Equities within three times what the position is worth, so that no zero price leaves its bounds.
fn case() -> impl Strategy<Value = Case> {
    let sizes = prop_oneof![1..50_u64, 1..=1_u64 << 46];
    (1..1_000_000_u32, 1_000..1_u64 << 38, sizes, any::<bool>(), -300_i128..300, 0..4_i128, any::<u64>())
        .prop_map(|(maintenance, mark, lots, short, percent, elsewhere, closed)| {
            let params = market(1_000_000, maintenance);
            let size = if short { -lots.cast_signed() } else { lots.cast_signed() };
            let mut case = Case { params, mark, size, equity: 0, elsewhere: 0, closed: 1 + closed % lots };
            let notional = case.holding().notional();
            case.elsewhere = elsewhere * notional / 7;
            case.equity = notional * percent / 100 + i128::from(closed % 1_000_003);
            case
        })
}

proptest! {
    /// The zero price is the worst tick at which health does not fall.
    #[test]
    fn zero_is_the_worst_price_that_leaves_health(case in case()) {
        let (holding, none) = (case.holding(), Ppm(0));
        let zero = zero_price(&case.health(), &holding, case.closed());
        let (after, settlement) = case.after(zero, zero, none);
        prop_assert!(settlement.fund == 0);
        prop_assert!(case.is_no_worse(&after) || zero.0 == 1 || zero.0 == MAX_PRICE);
        let worse = away(holding.closing(), zero, 1);
        if worse != zero {
            // Were the account to get no more than the fill.
            let (after, _) = case.after(worse, worse, none);
            let before = case.health();
            prop_assert!(product(after.equity, before.maintenance) < product(before.equity, after.maintenance));
        }
    }

    /// INV-8: whatever the price of the fill, health does not fall and equity does not become negative.
    #[test]
    fn a_forced_fill_leaves_health(
        case in case(), price in 1..=MAX_PRICE, near in any::<bool>(), penalty in 0..=100_000_u32,
    ) {
        let price = if near { (case.mark / 2 + price % case.mark).max(1) } else { price };
        let zero = zero_price(&case.health(), &case.holding(), case.closed());
        if zero.0 == 1 || zero.0 == MAX_PRICE {
            return Ok(());
        }
        let (after, _) = case.after(PriceTicks(price), zero, Ppm(penalty));
        prop_assert!(case.is_no_worse(&after));
    }

    #[test]
    fn the_limit_lies_so_far_from_the_mark(case in case()) {
        let (health, holding) = (case.health(), case.holding());
        let limit = fillable_price(&health, &holding);
        let lacking = (health.maintenance - health.equity).clamp(0, health.maintenance);
        let exact = product(3 * i128::from(case.mark) * i128::from(holding.rate().0), lacking);
        let of = |ticks: u64| product(2_000_000 * i128::from(ticks), health.maintenance);
        let way = case.mark.abs_diff(limit.0);
        prop_assert!(of(way) <= exact && (of(way + 1) > exact || limit == PriceTicks(1)));
        prop_assert_eq!(limit, away(holding.closing(), holding.mark, way.into()));
    }

    #[test]
    fn a_takeover_pays_nothing_from_the_fund_and_leaves_health(case in case()) {
        let case = Case { equity: case.equity.abs() + 1, ..case };
        let holding = case.holding();
        let zero = zero_price(&case.health(), &holding, case.closed());
        let price = takeover_price(&holding, zero);
        let (after, settlement) = case.after(price, zero, Ppm(0));
        prop_assert!(settlement.fund >= 0 && case.is_no_worse(&after));
        // The edge: half of the rate, or none.
        let edge = i128::from(case.mark.abs_diff(price.0)) * 2_000_000;
        prop_assert!(edge <= i128::from(case.mark) * i128::from(holding.rate().0));
    }

    #[test]
    fn the_fund_pays_no_more_than_its_claim(case in case(), parts in 0..200_i128) {
        let holding = case.holding();
        let zero = zero_price(&case.health(), &holding, case.closed());
        let fillable = fillable_price(&case.health(), &holding);
        let claim = holding.notional() * parts / 100;
        let limit = affordable_limit(&holding, fillable, zero, case.closed(), claim);
        let (_, settlement) = case.after(limit, zero, Ppm(0));
        prop_assert!(-settlement.fund <= claim);
        prop_assert_eq!(better(holding.closing(), limit, fillable), limit);
    }
}
