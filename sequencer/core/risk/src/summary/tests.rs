use super::*;
use crate::{
    position::{PositionState, Trade},
    samples::{bitcoin, market},
};
use alloc::vec::Vec;
use ballast_types::{Lots, MarketParams, Ppm, PriceTicks, Side, SizeLots};
use proptest::prelude::*;

const USDC: i128 = 1_000_000;

fn exposure(params: &MarketParams, mark: u64, size: i64, basis: i64) -> Exposure<'_> {
    Exposure {
        params,
        initial: params.initial_margin,
        maintenance: params.maintenance_margin,
        mark: PriceTicks(mark),
        average: PriceTicks(0),
        funding: 0,
        size: Lots(size),
        entry_funding: 0,
        basis: Quote(basis),
        bid_lots: SizeLots(0),
        ask_lots: SizeLots(0),
        settled: false,
    }
}

#[test]
fn leverage_is_a_matter_of_initial_margin_alone() {
    let p = bitcoin();
    let plain = Exposure { bid_lots: SizeLots(100_000), ..exposure(&p, 500_000, 100_000, 50_000_000_000) };
    let at = |leverage| {
        let initial = ballast_types::initial_fraction(p.initial_margin, leverage, Ppm::WHOLE);
        summarize(Quote(0), Quote(0), 0, [Exposure { initial, ..plain }].into_iter())
    };
    let (own, tenth) = (at(0), at(10));
    assert_eq!((own.initial, own.maintenance, own.fill), (2_000 * USDC, 500 * USDC, 750 * USDC));
    assert_eq!((tenth.initial, tenth.maintenance, tenth.fill), (10_000 * USDC, 500 * USDC, 2_750 * USDC));
    assert_eq!(
        Summary { initial: own.initial, fill: own.fill, withdrawable: own.withdrawable, ..tenth },
        own
    );
}

#[test]
fn an_account_without_positions_may_withdraw_everything() {
    let s = summarize(Quote(1_234), Quote(0), 0, [].into_iter());
    let all = Summary {
        equity: 1_234,
        equity_initial: 1_234,
        equity_out: 1_234,
        cash_effective: 1_234,
        settled_balance: 1_234,
        withdrawable: 1_234,
        ..Summary::default()
    };
    assert_eq!(s, all);
}

#[test]
fn a_debt_is_not_withdrawable() {
    assert_eq!(summarize(Quote(-5), Quote(0), 0, [].into_iter()).withdrawable, 0);
}

#[test]
fn one_bitcoin_bought_at_50_000_and_marked_at_52_000() {
    // Deposit of 10,000 USDC: cash is 10,000 - 50,000. The gain of 2,000 counts whole as margin, half for
    // withdrawal. A tenth of 52,000 stays.
    let p = bitcoin();
    let s = summarize(
        Quote(-40_000_000_000),
        Quote(0),
        0,
        [exposure(&p, 520_000, 100_000, 50_000_000_000)].into_iter(),
    );
    let expected = Summary {
        backing: Backing::NONE,
        equity: 12_000 * USDC,
        equity_initial: 12_000 * USDC,
        equity_out: 11_000 * USDC,
        initial: 1_040 * USDC,
        maintenance: 520 * USDC,
        fill: 780 * USDC,
        notional: 52_000 * USDC,
        cash_effective: -40_000 * USDC,
        settled_balance: 10_000 * USDC,
        withdrawable: (11_000 - 5_200) * USDC,
    };
    assert_eq!(s, expected);
    assert!(s.meets_initial() && s.meets_fill() && !s.is_below_maintenance());
}

#[test]
fn one_bitcoin_sold_at_50_000_and_marked_at_52_000_loses_in_full() {
    let p = bitcoin();
    let short = exposure(&p, 520_000, -100_000, -50_000_000_000);
    let s = summarize(Quote(60_000_000_000), Quote(0), 0, [short].into_iter());
    assert_eq!([s.equity, s.equity_initial, s.equity_out], [8_000 * USDC; 3]);
    assert_eq!(s.withdrawable, 2_800 * USDC);
}

#[test]
fn gains_of_a_thin_market_count_ninety_percent_rounded_down_or_not_at_all() {
    // kappa 10^6: one coin at 5 USDC that cost 1 USDC and 1 u.
    let p = market(500_000, 250_000);
    let s = summarize(Quote(0), Quote(0), 0, [exposure(&p, 5, 1, 1_000_001)].into_iter());
    let gain = 3_999_999;
    assert_eq!((s.equity, s.settled_balance), (5_000_000, 1_000_001));
    assert_eq!((s.equity_initial, s.equity_out), (1_000_001 + gain * 9 / 10, 1_000_001));
    assert_eq!(s.equity_initial, 4_600_000);
}

#[test]
fn the_smallest_loss_counts_in_full_and_the_smallest_gain_not_at_all() {
    let p = market(500_000, 250_000);
    let at_basis = |basis| summarize(Quote(0), Quote(0), 0, [exposure(&p, 5, 1, basis)].into_iter());
    let (lost, won) = (at_basis(5_000_001), at_basis(4_999_999));
    assert_eq!([lost.equity, lost.equity_initial, lost.equity_out], [5_000_000; 3]);
    assert_eq!([won.equity, won.equity_initial, won.equity_out], [5_000_000, 4_999_999, 4_999_999]);
}

#[test]
fn each_level_is_met_at_equality() {
    let s =
        Summary { equity: 1, equity_initial: 3, maintenance: 1, fill: 3, initial: 3, ..Summary::default() };
    assert!(s.meets_initial() && s.meets_fill() && !s.is_below_maintenance());
    let s = Summary { equity: 0, equity_initial: 2, ..s };
    assert!(!s.meets_initial() && !s.meets_fill() && s.is_below_maintenance());
}

#[test]
fn the_gain_of_one_market_does_not_hide_the_loss_of_another() {
    let (p, thin) = (bitcoin(), market(500_000, 250_000));
    let (gains, loses) = (exposure(&thin, 10, 1, 0), exposure(&p, 1_000_000, 1, 2_000_000));
    let s = summarize(Quote(0), Quote(0), 0, [gains, loses].into_iter());
    // Unrealised: +10 and -1 USDC; basis 0 and 2.
    assert_eq!((s.equity, s.equity_initial, s.equity_out), (11_000_000, 10_000_000, 1_000_000));
}

#[test]
fn a_position_in_a_market_that_settled_is_cash() {
    let p = bitcoin();
    let held = exposure(&p, 500_000, 100_000, 50_000_000_000);
    let orders = SizeLots(100_000);
    let settled =
        Exposure { funding: 7, entry_funding: 4, bid_lots: orders, ask_lots: orders, settled: true, ..held };
    // A bitcoin at 50,000 less three u a lot.
    let cash = Quote(1 + 50_000_000_000 - 300_000);
    let none = summarize(cash, Quote(9), 2, [].into_iter());
    assert_eq!(summarize(Quote(1), Quote(9), 2, [settled].into_iter()), none);
}

#[test]
fn funding_that_is_due_counts_before_it_is_settled() {
    let p = bitcoin();
    let long = Exposure { funding: 7, entry_funding: 4, ..exposure(&p, 500_000, 100_000, 50_000_000_000) };
    let s = summarize(Quote(0), Quote(0), 0, [long].into_iter());
    assert_eq!((s.cash_effective, s.equity), (-300_000, 50_000 * USDC - 300_000));
}

#[test]
fn open_orders_raise_initial_margin_alone() {
    let p = bitcoin();
    let long = Exposure { bid_lots: SizeLots(100_000), ..exposure(&p, 500_000, 100_000, 50_000_000_000) };
    let s = summarize(Quote(0), Quote(25_000_000), 3, [long].into_iter());
    assert_eq!(s.initial, 2_000 * USDC + 25 * USDC + 30_000);
    assert_eq!((s.maintenance, s.fill, s.notional), (500 * USDC, 750 * USDC, 50_000 * USDC));
}

#[test]
fn the_fill_margin_and_the_withdrawal_floor_round_up() {
    // One lot at 51 ticks is 51 u: 2% is 2 u (1.02), 1% is 1 u (0.51), half way 1.5 u, a tenth 5.1 u.
    let p = bitcoin();
    let s = summarize(Quote(0), Quote(0), 0, [exposure(&p, 51, 1, 51)].into_iter());
    assert_eq!((s.initial, s.maintenance, s.fill, s.withdrawal_floor()), (2, 1, 2, 6));
}

#[test]
fn the_bounds_are_met_without_a_panic() {
    let p = MarketParams { gain_weight_initial: Ppm(1_000_000), ..market(1_000_000, 1_000_000) };
    let orders = SizeLots(1_000 << 46);
    for (side, basis) in [(1_i64, 1_i64 << 60), (1, -(1 << 60)), (-1, 1 << 60), (-1, -(1 << 60))] {
        let worst = Exposure {
            funding: side << 50,
            entry_funding: -side << 50,
            bid_lots: orders,
            ask_lots: orders,
            ..exposure(&p, 1 << 40, side << 46, basis)
        };
        let s = summarize(Quote(-(1 << 60)), Quote(1 << 60), 1_000, core::iter::repeat_n(worst, 256));
        assert!(s.initial > 1 << 110);
    }
}

/// A summary the slow way: written from risk.md, over a plain list, sharing nothing with the code it checks.
mod naive {
    pub(super) struct Row {
        pub(super) kappa: i128,
        pub(super) im: i128,
        pub(super) mm: i128,
        pub(super) weights: [i128; 2],
        pub(super) mark: i128,
        /// None where gains are not strict.
        pub(super) average: Option<i128>,
        pub(super) q: i128,
        pub(super) df: i128,
        pub(super) basis: i128,
        pub(super) bids: i128,
        pub(super) asks: i128,
    }

    fn up(a: i128, d: i128) -> i128 {
        a / d + i128::from(a % d > 0)
    }

    fn down(a: i128, d: i128) -> i128 {
        a / d - i128::from(a % d < 0)
    }

    /// E, E_w, E_out, IMR, MMR, fill margin, sum of |N|, C_eff, RB, withdrawable.
    pub(super) fn summary(cash: i128, reserve: i128, orders: i128, rows: &[Row]) -> [i128; 10] {
        let c_eff = rows.iter().fold(cash, |c, r| c - r.q * r.df);
        let e = rows.iter().fold(c_eff, |e, r| e + r.q * r.mark * r.kappa);
        let rb = rows.iter().fold(c_eff, |rb, r| rb + r.basis);
        let weighted = |w: usize| {
            rows.iter().fold(rb, |e, r| {
                let pnl = r.q * r.mark * r.kappa - r.basis;
                let strict = r.average.map_or(pnl, |mean| pnl.min(r.q * mean * r.kappa - r.basis));
                e + if pnl < 0 { pnl } else { down(strict.max(0) * r.weights[w], 1_000_000) }
            })
        };
        let need = |f: &dyn Fn(&Row) -> i128| rows.iter().map(f).sum::<i128>();
        let im = |r: &Row, q: i128| up(q.abs() * r.mark * r.kappa * r.im, 1_000_000);
        let mmr = need(&|r| up(r.q.abs() * r.mark * r.kappa * r.mm, 1_000_000));
        let worst = need(&|r| [0, r.bids, -r.asks].map(|d| im(r, r.q + d)).into_iter().max().unwrap());
        let imr = worst + reserve + 10_000 * orders;
        let n = need(&|r| r.q.abs() * r.mark * r.kappa);
        let out = weighted(1);
        let free = out - imr.max(up(n, 10));
        [e, weighted(0), out, imr, mmr, up(need(&|r| im(r, r.q)) + mmr, 2), n, c_eff, rb, free.max(0)]
    }
}

/// One market with the account in it.
#[derive(Clone, Debug)]
struct Row {
    params: MarketParams,
    mark: u64,
    average: u64,
    funding: i64,
    entry_funding: i64,
    size: i64,
    basis: i64,
    bids: u64,
    asks: u64,
}

impl Row {
    fn exposure(&self) -> Exposure<'_> {
        Exposure {
            funding: self.funding,
            entry_funding: self.entry_funding,
            bid_lots: SizeLots(self.bids),
            ask_lots: SizeLots(self.asks),
            settled: false,
            average: PriceTicks(self.average),
            ..exposure(&self.params, self.mark, self.size, self.basis)
        }
    }

    fn naive(&self) -> naive::Row {
        naive::Row {
            kappa: self.params.kappa.into(),
            im: self.params.initial_margin.0.into(),
            mm: self.params.maintenance_margin.0.into(),
            weights: [self.params.gain_weight_initial.0.into(), self.params.gain_weight_withdrawal.0.into()],
            mark: self.mark.into(),
            average: (self.average > 0).then(|| self.average.into()),
            q: self.size.into(),
            df: i128::from(self.funding) - i128::from(self.entry_funding),
            basis: self.basis.into(),
            bids: self.bids.into(),
            asks: self.asks.into(),
        }
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let params = (0..7_u32, 1..=1_000_000_u32, 1..=1_000_000_u32, 0..=1_000_000_u32, 0..=1_000_000_u32);
    let account = (-1_i64 << 30..1 << 30, -1_i64 << 50..1 << 50, 0..1_u64 << 30, 0..1_u64 << 30);
    let prices =
        (1..1_u64 << 30, prop_oneof![Just(0), 1..1_u64 << 30], -1_i64 << 20..1 << 20, -1_i64 << 20..1 << 20);
    let row = (params, account, prices, any::<[bool; 3]>()).prop_map(
        |(
            (decimals, a, b, w, x),
            (size, basis, bids, asks),
            (mark, average, funding, entry_funding),
            has,
        )| {
            let params = MarketParams {
                kappa: 10_u32.pow(6 - decimals),
                price_decimals: 0,
                size_decimals: decimals.try_into().unwrap(),
                initial_margin: Ppm(a.max(b)),
                maintenance_margin: Ppm(a.min(b)),
                gain_weight_initial: Ppm(w.max(x)),
                gain_weight_withdrawal: Ppm(w.min(x)),
                ..bitcoin()
            };
            let (size, basis) = if has[0] && size != 0 { (size, basis) } else { (0, 0) };
            let (bids, asks) = (if has[1] { bids } else { 0 }, if has[2] { asks } else { 0 });
            Row { params, mark, average, funding, entry_funding, size, basis, bids, asks }
        },
    );
    proptest::collection::vec(row, 0..6)
}

fn of(cash: i64, reserve: i64, orders: u32, rows: &[Row]) -> Summary {
    summarize(Quote(cash), Quote(reserve), orders, rows.iter().map(Row::exposure))
}

proptest! {
    #[test]
    fn it_is_what_the_specification_says(
        cash in -1_i64 << 60..1 << 60, reserve in 0..1_i64 << 50, orders in 0..=1_000_u32, rows in rows(),
    ) {
        let s = of(cash, reserve, orders, &rows);
        let plain: Vec<_> = rows.iter().map(Row::naive).collect();
        let expected = naive::summary(cash.into(), reserve.into(), orders.into(), &plain);
        let have = [
            s.equity, s.equity_initial, s.equity_out, s.initial, s.maintenance, s.fill, s.notional,
            s.cash_effective, s.settled_balance, s.withdrawable,
        ];
        prop_assert_eq!(have, expected);
    }

    #[test]
    fn a_withdrawal_leaves_what_must_stay_and_not_one_unit_more_would(
        cash in 1_i64 << 50..1 << 60, reserve in 0..1_i64 << 40, orders in 0..=1_000_u32, rows in rows(),
    ) {
        let s = of(cash, reserve, orders, &rows);
        let left = |taken: i128| of(i64::try_from(i128::from(cash) - taken).unwrap(), reserve, orders, &rows);
        prop_assume!(s.withdrawable <= 1 << 60);
        let after = left(s.withdrawable);
        if s.withdrawable > 0 {
            prop_assert_eq!(after.equity_out, after.withdrawal_floor());
            prop_assert!(after.meets_initial() && after.meets_fill() && !after.is_below_maintenance());
            let more = left(s.withdrawable + 1);
            prop_assert!(more.equity_out < more.withdrawal_floor());
        }
        prop_assert_eq!(after.withdrawable, 0);
    }

    #[test]
    fn the_levels_are_in_order(cash in -1_i64 << 60..1 << 60, orders in 0..=1_000_u32, rows in rows()) {
        let s = of(cash, 0, orders, &rows);
        prop_assert!(s.maintenance <= s.fill && s.fill <= s.initial);
        prop_assert!(s.equity_out <= s.equity_initial && s.equity_initial <= s.equity);
        prop_assert!(s.maintenance >= 0 && s.withdrawable >= 0);
    }

    #[test]
    fn more_orders_never_help(
        cash in -1_i64 << 60..1 << 60, rows in rows(), bids in 0..1_u64 << 30, asks in 0..1_u64 << 30, reserve in 0..1_i64 << 40,
    ) {
        let more: Vec<_> = rows.iter().map(|r| Row { bids: r.bids + bids, asks: r.asks + asks, ..r.clone() }).collect();
        let (without, with) = (of(cash, 0, 0, &rows), of(cash, reserve, 1, &more));
        prop_assert!(with.initial > without.initial && with.withdrawable <= without.withdrawable);
        prop_assert_eq!((with.equity, with.equity_out, with.fill), (without.equity, without.equity_out, without.fill));
    }

    #[test]
    fn the_equities_of_two_who_trade_with_each_other_sum_to_their_deposits_less_fees(
        trades in proptest::collection::vec((any::<bool>(), 1..1_000_000_u64, 1..1_000_000_u64, -99..99_i64), 1..40),
        mark in 1..1_000_000_u64,
    ) {
        let p = bitcoin();
        let mut parties = [PositionState { cash: Quote(1 << 50), ..PositionState::default() }; 2];
        let (mut funding, mut fees) = (0, 0_i128);
        for (first_buys, price, size, dfunding) in trades {
            let sides = if first_buys { [Side::Buy, Side::Sell] } else { [Side::Sell, Side::Buy] };
            let fee = Quote(i64::try_from(p.highest_taker_fee_ceil(i128::from(price) * i128::from(size))).unwrap());
            for (party, side) in parties.iter_mut().zip(sides) {
                let trade = Trade { side, price: PriceTicks(price), size: SizeLots(size), fee };
                *party = party.trade(&p, funding, &trade).unwrap();
                fees += i128::from(fee.0);
            }
            funding += dfunding;
            let total: i128 = parties.iter().map(|party| {
                let at = exposure(&p, mark, party.size.0, party.basis.0);
                let at = Exposure { funding, entry_funding: party.entry_funding, ..at };
                summarize(party.cash, Quote(0), 0, core::iter::once(at)).equity
            }).sum();
            prop_assert_eq!(total, (2_i128 << 50) - fees);
        }
    }
}
