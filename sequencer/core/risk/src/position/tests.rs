use super::*;
use crate::samples::{bitcoin, market};
use alloc::{vec, vec::Vec};
use proptest::prelude::*;

const BTC: u64 = 100_000; // lots
const USDC: i64 = 1_000_000; // micro-USDC

fn trade(side: Side, price: u64, size: u64, fee: i64) -> Trade {
    Trade { side, price: PriceTicks(price), size: SizeLots(size), fee: Quote(fee) }
}

/// The account after trades `(side, price in USDC, bitcoins)` without fee or funding.
fn after(start: PositionState, trades: &[(Side, u64, u64)]) -> PositionState {
    trades.iter().fold(start, |state, &(side, price, coins)| {
        state.trade(&bitcoin(), 0, &trade(side, price * 10, coins * BTC, 0)).expect("a small trade")
    })
}

fn funded(usdc: i64) -> PositionState {
    PositionState { cash: Quote(usdc * USDC), ..PositionState::default() }
}

fn state(coins: i64, cash: i64, basis: i64) -> PositionState {
    PositionState {
        size: Lots(coins * BTC as i64),
        cash: Quote(cash * USDC),
        basis: Quote(basis * USDC),
        entry_funding: 0,
    }
}

#[test]
fn buying_one_bitcoin_at_50_000_pays_50_000_and_the_fee() {
    let bought =
        funded(10_000).trade(&bitcoin(), 0, &trade(Side::Buy, 500_000, BTC, 25 * USDC)).expect("bought");
    assert_eq!(bought, state(1, 10_000 - 50_000 - 25, 50_000));
}

#[test]
fn selling_one_bitcoin_short_at_50_000_receives_50_000() {
    assert_eq!(after(funded(10_000), &[(Side::Sell, 50_000, 1)]), state(-1, 60_000, -50_000));
}

#[test]
fn adding_to_a_position_adds_what_it_cost() {
    let bought = after(funded(0), &[(Side::Buy, 50_000, 1), (Side::Buy, 52_000, 3)]);
    assert_eq!(bought, state(4, -206_000, 206_000));
}

#[test]
fn closing_half_keeps_half_the_basis_and_closing_all_keeps_none() {
    let open = after(funded(200_000), &[(Side::Buy, 50_000, 2)]);
    assert_eq!(after(open, &[(Side::Sell, 51_000, 1)]), state(1, 151_000, 50_000));
    assert_eq!(after(open, &[(Side::Sell, 51_000, 2)]), state(0, 202_000, 0));
}

#[test]
fn flipping_opens_the_rest_at_the_price() {
    let long = after(funded(0), &[(Side::Buy, 50_000, 1)]);
    assert_eq!(after(long, &[(Side::Sell, 51_000, 3)]), state(-2, 103_000, -102_000));
    let short = after(funded(0), &[(Side::Sell, 50_000, 1)]);
    assert_eq!(after(short, &[(Side::Buy, 49_000, 3)]), state(2, -97_000, 98_000));
}

#[test]
fn a_partial_close_rounds_the_basis_down_for_longs_and_shorts() {
    // Three lots for 10 u: a third is 3.33 u. Down means 3 of +10 and -4 of -10 (for two thirds: 6 and -7).
    let held =
        |size, basis| PositionState { size: Lots(size), basis: Quote(basis), ..PositionState::default() };
    let close = |state: PositionState, side, size| {
        state.trade(&bitcoin(), 0, &trade(side, 1, size, 0)).expect("a small trade").basis
    };
    assert_eq!(
        (close(held(3, 10), Side::Sell, 2), close(held(-3, -10), Side::Buy, 2)),
        (Quote(3), Quote(-4))
    );
    assert_eq!(
        (close(held(3, 10), Side::Sell, 1), close(held(-3, -10), Side::Buy, 1)),
        (Quote(6), Quote(-7))
    );
}

#[test]
fn funding_is_settled_on_the_position_before_the_trade() {
    // A long of 1 BTC = 100,000 lots, an index up by 3 u a lot: 0.30 USDC to pay, whatever is bought then.
    let long = PositionState { entry_funding: -2, ..state(1, 0, 50_000) };
    let bought = long.trade(&bitcoin(), 1, &trade(Side::Buy, 500_000, BTC, 0)).expect("bought");
    assert_eq!((bought.cash, bought.entry_funding), (Quote(-50_000 * USDC - 300_000), 1));
    // A flat account has nothing to settle, whatever index it last saw.
    let flat = PositionState { entry_funding: -1_000_000, ..funded(0) };
    assert_eq!(flat.trade(&bitcoin(), 1, &trade(Side::Buy, 1, 1, 0)).expect("bought").cash, Quote(-1));
}

#[test]
fn longs_pay_and_shorts_receive_when_the_index_rises() {
    assert_eq!((settle_funding(Lots(5), 10, 13), settle_funding(Lots(-5), 10, 13)), (-15, 15));
    let (most, top) = (Lots(1 << 46), 1 << 50);
    assert_eq!(settle_funding(most, -top, top), -(1_i128 << 97));
    // Also where the change does not fit 64 bits.
    assert_eq!(settle_funding(Lots(-3), i64::MIN, i64::MAX), 3 * ((1_i128 << 64) - 1));
}

#[test]
fn bounds_are_refused_with_the_value_that_broke_them() {
    let full = PositionState { size: Lots(1 << 46), ..PositionState::default() };
    let too_large = full.trade(&bitcoin(), 0, &trade(Side::Buy, 1, 1, 0));
    assert_eq!(too_large, Err(Rejection::new(RejectCode::PositionTooLarge, (1_i64 << 46) + 1, 1_i64 << 46)));
    assert!(full.trade(&bitcoin(), 0, &trade(Side::Sell, 1, 1 << 46, 0)).is_ok());

    let poor = PositionState { cash: Quote(-(1 << 60)), ..PositionState::default() };
    let overflow = Rejection::new(RejectCode::Overflow, -(1_i64 << 60) - 1, 1_i64 << 60);
    assert_eq!(poor.trade(&bitcoin(), 0, &trade(Side::Buy, 1, 1, 0)), Err(overflow));
    assert!(poor.trade(&bitcoin(), 0, &trade(Side::Sell, 1, 1, 0)).is_ok());
    // Cash would stay within its bound, but the basis would not.
    let rich = PositionState { size: Lots(1), cash: Quote(1 << 59), basis: Quote(1 << 60), entry_funding: 0 };
    let overflow = Rejection::new(RejectCode::Overflow, (1_i64 << 60) + 1, 1_i64 << 60);
    assert_eq!(rich.trade(&bitcoin(), 0, &trade(Side::Buy, 1, 1, 0)), Err(overflow));
}

#[test]
fn the_largest_numbers_are_refused_and_do_not_panic() {
    let (p, top) = (market(1_000_000, 1_000_000), 1_i64 << 50);
    for (size, side) in
        [(1_i64 << 46, Side::Sell), (-(1_i64 << 46), Side::Buy), (0, Side::Buy), (0, Side::Sell)]
    {
        let state = PositionState {
            size: Lots(size),
            cash: Quote(1 << 60),
            basis: Quote(1 << 60),
            entry_funding: -top,
        };
        let refused = state.trade(&p, top, &trade(side, 1 << 40, 1 << 46, i64::MIN));
        assert_eq!(refused.map_err(|r| r.code), Err(RejectCode::Overflow));
    }
}

/// What an account is worth to the pool's books: cash less the funding that is due.
fn effective(state: &PositionState, funding: i64) -> i128 {
    i128::from(state.cash.0) + settle_funding(state.size, state.entry_funding, funding)
}

/// A step of a market's life: who buys from whom, price, size, fees of both, and how funding moves.
type Step = (usize, usize, u64, u64, i64, i64, i64);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (0..4_usize, 1..4_usize, 1..1_000_000_u64, 1..1_000_000_u64, 0..1_000_i64, -50..50_i64, -99..99_i64);
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn trades_and_funding_move_money_and_make_none(steps in steps()) {
        let p = bitcoin();
        let (mut accounts, mut funding, mut fees) = (vec![funded(1_000); 4], 0_i64, 0_i128);
        for (buyer, offset, price, size, buyer_fee, seller_fee, dfunding) in steps {
            let seller = (buyer + offset) % 4;
            accounts[buyer] = accounts[buyer].trade(&p, funding, &trade(Side::Buy, price, size, buyer_fee)).unwrap();
            accounts[seller] = accounts[seller].trade(&p, funding, &trade(Side::Sell, price, size, seller_fee)).unwrap();
            fees += i128::from(buyer_fee) + i128::from(seller_fee);
            funding += dfunding;
            let total: i128 = accounts.iter().map(|a| effective(a, funding)).sum();
            prop_assert_eq!(total + fees, 4 * 1_000 * i128::from(USDC));
            prop_assert_eq!(accounts.iter().map(|a| a.size.0).sum::<i64>(), 0);
        }
    }

    #[test]
    fn settling_on_the_way_or_at_the_end_is_the_same(size in -1_000_000..1_000_000_i64, f in prop::array::uniform3(-1_i64 << 50..1 << 50)) {
        let [a, b, c] = f;
        let q = Lots(size);
        prop_assert_eq!(settle_funding(q, a, b) + settle_funding(q, b, c), settle_funding(q, a, c));
    }

    #[test]
    fn the_basis_has_the_sign_of_the_position_and_is_nothing_when_flat(steps in steps()) {
        let mut state = PositionState::default();
        for (who, _, price, size, ..) in steps {
            let side = if who % 2 == 0 { Side::Buy } else { Side::Sell };
            state = state.trade(&bitcoin(), 0, &trade(side, price, size, 0)).unwrap();
            let (q, basis) = (state.size.0, state.basis.0);
            prop_assert!(if q == 0 { basis == 0 } else if q > 0 { basis >= 0 } else { basis < 0 }, "{state:?}");
        }
    }

    #[test]
    fn a_partial_close_rounds_the_settled_balance_down_by_less_than_one_unit(
        held in 2..1_000_000_i64, short in any::<bool>(), basis in 1..1_i64 << 50, part in 1..1_000_000_i64, price in 1..1_000_000_u64,
    ) {
        let closed = part % (held - 1) + 1;
        let sign = if short { -1 } else { 1 };
        let state = PositionState { size: Lots(sign * held), basis: Quote(sign * basis), ..PositionState::default() };
        let side = if short { Side::Buy } else { Side::Sell };
        let left = state.trade(&bitcoin(), 0, &trade(side, price, closed as u64, 0)).unwrap();
        // left.basis <= basis * left / held < left.basis + 1, in exact numbers.
        let exact = i128::from(sign * basis) * i128::from(held - closed);
        let kept = i128::from(left.basis.0) * i128::from(held);
        prop_assert!(kept <= exact && exact < kept + i128::from(held));
    }

    #[test]
    fn a_trade_in_two_parts_is_the_trade_when_it_opens(price in 1..1_000_000_u64, a in 1..1_000_000_u64, b in 1..1_000_000_u64) {
        let p = bitcoin();
        let at = |state: PositionState, size| state.trade(&p, 0, &trade(Side::Sell, price, size, 0)).unwrap();
        let start = PositionState::default();
        prop_assert_eq!(at(at(start, a), b), at(start, a + b));
    }
}
