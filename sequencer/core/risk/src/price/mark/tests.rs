use super::*;
use alloc::vec;
use proptest::prelude::*;

const INDEX: PriceTicks = PriceTicks(1_000);

/// An index of 1,000 with a bound of 10% and nothing else.
fn inputs() -> Inputs {
    Inputs { index: INDEX, basis: 0, touch: None, touch_average: None, external: None, bound: Ppm(100_000) }
}

fn ticks(price: u64) -> Option<PriceTicks> {
    Some(PriceTicks(price))
}

fn mark_of(inputs: Inputs) -> u64 {
    mark(&inputs).0
}

#[test]
fn alone_the_index_decides_with_its_basis() {
    assert_eq!(mark_of(inputs()), 1_000);
    assert_eq!(mark_of(Inputs { basis: 3 << 24, ..inputs() }), 1_003);
    assert_eq!(mark_of(Inputs { basis: -(3 << 24), touch_average: Some(0), ..inputs() }), 997);
}

#[test]
fn of_three_the_middle_one_is_taken() {
    let three = |touch, external| Inputs { touch: ticks(touch), external: ticks(external), ..inputs() };
    assert_eq!([mark_of(three(1_010, 1_020)), mark_of(three(990, 980))], [1_010, 990]);
    assert_eq!([mark_of(three(990, 1_020)), mark_of(three(1_020, 990))], [1_000, 1_000]);
    // The average plays no part then.
    assert_eq!(mark_of(Inputs { touch_average: Some(0), ..three(1_010, 1_020) }), 1_010);
}

#[test]
fn of_two_the_average_is_the_third() {
    let average = Some(fixed(PriceTicks(1_006)));
    for two in [Inputs { touch: ticks(1_010), ..inputs() }, Inputs { external: ticks(1_010), ..inputs() }] {
        assert_eq!(mark_of(Inputs { touch_average: average, ..two }), 1_006);
        assert_eq!(mark_of(two), 1_000);
    }
}

#[test]
fn half_a_tick_goes_to_the_even_one() {
    let half = 1_i128 << 23;
    for (basis, expected) in [
        (half, 1_000),
        (half + 1, 1_001),
        (3 * half, 1_002),
        (-half, 1_000),
        (-3 * half, 998),
        (-half - 1, 999),
    ] {
        assert_eq!(mark_of(Inputs { basis, ..inputs() }), expected, "{basis}");
    }
}

#[test]
fn the_bound_is_inward_to_the_tick() {
    // 0.15% of 1,001 is 1.5015: from 999.4985 to 1,002.5015.
    let far = |basis| Inputs { index: PriceTicks(1_001), basis, bound: Ppm(1_500), ..inputs() };
    assert_eq!((mark_of(far(1 << 40)), mark_of(far(-(1 << 40)))), (1_002, 1_000));
    let free = |index, basis| Inputs { index: PriceTicks(index), basis, bound: Ppm(1_000_000), ..inputs() };
    assert_eq!(mark_of(free(5, -(1 << 64))), 1);
    assert_eq!(mark_of(free(MAX_PRICE, 1 << 64)), MAX_PRICE);
    assert_eq!(mark_of(Inputs { bound: Ppm(0), basis: 1 << 30, ..inputs() }), 1_000);
}

#[test]
fn the_book_has_a_price_when_it_has_both_sides() {
    assert_eq!(touch(None, ticks(9), ticks(9)), None);
    assert_eq!(touch(ticks(9), None, ticks(9)), None);
    let of = |bid, ask, last| touch(ticks(bid), ticks(ask), last).map(|price| price.0);
    assert_eq!(
        [of(90, 100, ticks(95)), of(90, 100, ticks(80)), of(90, 100, ticks(120))].map(Option::unwrap),
        [95, 90, 100]
    );
    assert_eq!([of(90, 100, None), of(91, 92, None), of(92, 93, None)].map(Option::unwrap), [95, 92, 92]);
    // Crossed, as books are between clearings.
    assert_eq!([of(100, 90, ticks(80)), of(100, 90, None)].map(Option::unwrap), [90, 95]);
}

#[test]
fn a_sample_of_the_basis_is_exact_and_bounded() {
    let of = |bid, ask| basis_sample(INDEX, ticks(bid), ticks(ask), Ppm(10_000));
    // 1% of the index is 10, twice that is 20.
    assert_eq!([of(1_001, 1_004), of(990, 1_009)], [Some(5 << 23), Some(-(1 << 23))]);
    assert_eq!([of(1_015, 1_020), of(980, 985)], [Some(10 << 24), Some(-(10 << 24))]);
    assert_eq!([of(1_000, 1_021), of(979, 1_000), basis_sample(INDEX, None, ticks(1), Ppm(1))], [None; 3]);
}

#[test]
fn the_largest_prices_fit() {
    let index = PriceTicks(MAX_PRICE);
    let sample = basis_sample(index, Some(index), Some(index), Ppm(u32::MAX));
    assert_eq!(sample, Some(0));
    let most = Inputs { index, basis: fixed(index), touch: Some(index), bound: Ppm(u32::MAX), ..inputs() };
    assert_eq!(mark(&most), index);
}

fn price() -> impl Strategy<Value = Option<PriceTicks>> {
    prop::option::of((1..2_000_u64).prop_map(PriceTicks))
}

/// The same by sorting, in units of 2^-24 of a millionth of a tick.
fn reference(inputs: &Inputs) -> u64 {
    let index = i128::from(inputs.index.0);
    let mut all = vec![(index << 24) + inputs.basis];
    all.extend([inputs.touch, inputs.external].into_iter().flatten().map(|price| i128::from(price.0) << 24));
    match (all.len(), inputs.touch_average) {
        (2, Some(average)) => all.push(average),
        (2, None) => all.truncate(1),
        _ => {}
    }
    all.sort_unstable();
    let raw = all[all.len() / 2];
    let bound = i128::from(inputs.bound.0);
    let is_admitted = |tick: &i128| (tick - index).abs() * 1_000_000 <= bound * index;
    // The nearest admitted tick, the even one of two.
    let best = (1..4_100).filter(is_admitted).min_by_key(|tick| (((tick << 24) - raw).abs(), tick % 2));
    best.expect("the index itself is admitted").unsigned_abs() as u64
}

proptest! {
    #[test]
    fn it_is_the_median_rounded_and_bounded(
        index in 1..2_000_u64, basis in -(1_i128 << 35)..1 << 35, touch in price(), external in price(),
        average in prop::option::of(0..2_000_i128 << 24), bound in 0..=1_000_000_u32,
    ) {
        let index = PriceTicks(index);
        let inputs = Inputs { index, basis, touch, touch_average: average, external, bound: Ppm(bound) };
        prop_assert_eq!(mark(&inputs).0, reference(&inputs));
    }

    /// INV-16, at any size.
    #[test]
    fn it_stays_by_the_index(
        index in 1..=MAX_PRICE, basis in -(1_i128 << 64)..1 << 64, touch in 1..=MAX_PRICE, bound in 0..=1_000_000_u32,
    ) {
        let index = PriceTicks(index);
        let inputs = Inputs { index, basis, touch: ticks(touch), bound: Ppm(bound), ..inputs() };
        let mark = mark(&inputs);
        prop_assert!(mark.is_valid());
        let distance = u128::from(mark.0.abs_diff(index.0));
        prop_assert!(distance * 1_000_000 <= u128::from(index.0) * u128::from(bound));
    }

    #[test]
    fn a_sample_keeps_within_the_bound(
        index in 1..10_000_u64, bid in price(), ask in price(), bound in 0..=500_000_u32,
    ) {
        let sample = basis_sample(PriceTicks(index), bid, ask, Ppm(bound));
        let limit = i128::from(index) * i128::from(bound);
        let is_near = |price: PriceTicks| i128::from(price.0.abs_diff(index)) * 1_000_000 <= 2 * limit;
        let defined = bid.zip(ask).filter(|&(bid, ask)| is_near(bid) && is_near(ask));
        prop_assert_eq!(sample.is_some(), defined.is_some());
        if let (Some(sample), Some((bid, ask))) = (sample, defined) {
            prop_assert!(sample.abs() * 1_000_000 <= limit << 24);
            let exact = (i128::from(bid.0 + ask.0) << 23) - (i128::from(index) << 24);
            prop_assert!(sample == exact || exact.abs() * 1_000_000 >= limit << 24);
        }
    }
}
