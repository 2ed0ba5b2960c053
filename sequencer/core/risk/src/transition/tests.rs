use super::*;
use core::iter::{empty, once};
use proptest::prelude::*;

fn account(equity: i128, initial: i128, maintenance: i128) -> Summary {
    Summary { equity, equity_initial: equity, initial, maintenance, ..Summary::default() }
}

fn position(size: i64) -> Standing {
    Standing { size: Lots(size), ..Standing::default() }
}

fn with_orders(size: i64, bids: u64, asks: u64) -> Standing {
    Standing { size: Lots(size), bid_lots: SizeLots(bids), ask_lots: SizeLots(asks) }
}

#[test]
fn an_account_that_meets_initial_margin_may_do_anything() {
    let (before, after) = (account(200, 100, 50), account(150, 150, 75));
    assert!(transition_allowed(&before, &after, once((position(10), position(-15)))));
}

#[test]
fn one_that_does_not_may_reduce_at_a_fair_price() {
    // Half of a long is closed: the requirements halve and equity pays a fee of 1.
    let (before, after) = (account(80, 100, 50), account(79, 50, 25));
    assert!(transition_allowed(&before, &after, once((position(10), position(5)))));
    let after = account(79, 90, 45);
    assert!(transition_allowed(&before, &after, once((position(10), position(9)))));
    assert!(transition_allowed(&before, &after, once((position(-10), position(-9)))));
}

#[test]
fn it_may_not_grow_flip_or_lose_health() {
    let (before, after) = (account(80, 100, 50), account(79, 90, 45));
    assert!(!transition_allowed(&before, &after, once((position(10), position(11)))));
    assert!(!transition_allowed(&before, &after, once((position(10), position(-9)))));
    assert!(!transition_allowed(&before, &after, once((position(0), position(1)))));
    assert!(!transition_allowed(&before, &after, [(position(10), position(9)), (position(0), position(-1))]));
    // Sold so far below the mark that E / MMR falls from 80 / 50 to 71 / 45.
    assert!(!transition_allowed(&before, &account(71, 90, 45), once((position(10), position(9)))));
    assert!(transition_allowed(&before, &account(72, 90, 45), once((position(10), position(9)))));
}

#[test]
fn it_may_close_entirely_while_equity_stays_above_zero() {
    let before = account(8, 100, 50);
    let closing = || once((position(10), position(0)));
    assert!(transition_allowed(&before, &account(1, 0, 0), closing()));
    // An order still open, so that initial margin is not met: any equity of at least zero is no worse health.
    assert!(transition_allowed(&before, &account(0, 1, 0), closing()));
    assert!(!transition_allowed(&before, &account(-1, 0, 0), closing()));
}

#[test]
fn it_may_cancel_and_may_rest_orders_that_close_but_none_that_could_open() {
    let (before, after) = (account(80, 100, 50), account(80, 101, 50));
    let allowed = |from, to| transition_allowed(&before, &after, once((from, to)));
    assert!(allowed(with_orders(10, 5, 0), with_orders(10, 0, 0)));
    assert!(
        allowed(with_orders(10, 0, 0), with_orders(10, 0, 10))
            && allowed(position(10), with_orders(10, 0, 20))
    );
    assert!(!allowed(with_orders(10, 0, 0), with_orders(10, 1, 0)));
    assert!(!allowed(with_orders(10, 0, 0), with_orders(10, 0, 21)));
    assert!(!allowed(position(0), with_orders(0, 1, 0)));
    // A resting bid that fills makes the position larger, though no larger than its orders could before.
    assert!(!allowed(with_orders(10, 5, 0), with_orders(15, 0, 0)));
    assert!(transition_allowed(&before, &before, empty()), "nothing changed");
}

#[test]
fn products_beyond_128_bits_are_compared_exactly() {
    let before = account(1 << 120, i128::MAX, 1 << 119);
    let reduced = |equity| account(equity, i128::MAX, 1 << 118);
    let change = || once((position(2), position(1)));
    assert!(transition_allowed(&before, &reduced(1 << 119), change()));
    assert!(!transition_allowed(&before, &reduced((1 << 119) - 1), change()));
}

proptest! {
    #[test]
    fn at_the_mark_and_without_fee_reducing_is_always_allowed_above_zero(
        equity in 0..1_i128 << 60, size in 2..1_i64 << 40, cut in 1..1_i64 << 40, price in 1..1_i128 << 20,
    ) {
        let left = size - (cut % size);
        let requirement = |q: i64| account(equity, i128::MAX, i128::from(q) * price);
        prop_assert!(transition_allowed(&requirement(size), &requirement(left), once((position(size), position(left)))));
    }
}
