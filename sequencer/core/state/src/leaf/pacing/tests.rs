use super::*;
use alloc::vec::Vec;
use proptest::{collection::vec as vec_of, prelude::*};

const HOUR: u64 = PACING_PERIODS_MS[0];

/// 1% or 1,000 u an hour, 10% or 10,000 u a day.
fn paced() -> Pacing {
    let rate = |share, floor| Rate { share: Ppm(share), floor: Quote(floor) };
    Pacing { pace: Some(Pace { hour: rate(10_000, 1_000), day: rate(100_000, 10_000) }), ..Pacing::default() }
}

fn flow(pacing: &Pacing, now: u64) -> Flow {
    pacing.flow(50_000, Millis(now), Lag::None).expect("it is paced")
}

fn take(pacing: &mut Pacing, now: u64, amount: i64) {
    let flow = flow(pacing, now);
    assert!(flow.holds(Quote(amount)));
    pacing.keep(&flow.without(Quote(amount)));
}

#[test]
fn capacity_is_a_share_of_what_is_there_and_who_waits_and_no_less_than_the_floor() {
    let pacing = Pacing { queued: Quote(150_099), ..paced() };
    let capacities = |held| pacing.flow(held, Millis(0), Lag::None).map(|flow| flow.capacities());
    assert_eq!(capacities(0), Some([1_500, 15_009]));
    assert_eq!(paced().flow(9, Millis(0), Lag::None).map(|flow| flow.capacities()), Some([1_000, 10_000]));
    assert_eq!(Pacing::default().flow(9, Millis(0), Lag::None), None);
}

#[test]
fn what_left_comes_back_to_the_millisecond_and_the_unit() {
    let mut pacing = paced();
    take(&mut pacing, 5, 1_000);
    assert!(!flow(&pacing, 5).holds(Quote(1)));
    // 1,000 u in 3,600,000 ms: one in 3,600.
    assert!(!flow(&pacing, 5 + 3_599).holds(Quote(1)));
    assert!(flow(&pacing, 5 + 3_600).holds(Quote(1)));
    for step in 1..=3_600 {
        let now = flow(&pacing, 5 + step);
        pacing.keep(&now);
    }
    assert!(flow(&pacing, 5 + 3_600).holds(Quote(1)), "looking at it often loses nothing");
    let slow = pacing.flow(50_000, Millis(5 + 3 * 3_600), Lag::Long).expect("it is paced");
    assert_eq!(slow.available(), 2, "half the pace");
    assert!(flow(&pacing, 5 + HOUR).holds(Quote(1_000)));
    assert!(!flow(&pacing, 5 + 100 * HOUR).holds(Quote(1_001)), "no more than it holds");
}

#[test]
fn a_part_is_a_quarter_of_the_hour_or_a_quarter_of_a_million_and_never_more_than_a_bucket() {
    let part = |hour, day, amount| {
        let rate = |floor| Rate { share: Ppm(1), floor: Quote(floor) };
        let pace = Some(Pace { hour: rate(hour), day: rate(day) });
        let flow = Pacing { pace, ..Pacing::default() }.flow(0, Millis(0), Lag::None).expect("it is paced");
        flow.part(Quote(amount)).0
    };
    let many = 1 << 60;
    assert_eq!(part(8 * PACED_PART + 3, many, many), 2 * PACED_PART);
    assert_eq!(part(2 * PACED_PART, many, many), PACED_PART);
    assert_eq!(part(9, many, many), 9);
    assert_eq!(part(many, 7, many), 7);
    assert_eq!(part(many, many, 5), 5);
}

#[test]
fn the_ends_of_time_and_money_are_survived() {
    let most = Rate { share: Ppm(1_000_000), floor: Quote(1 << 60) };
    let mut pacing = Pacing { pace: Some(Pace { hour: most, day: most }), ..Pacing::default() };
    let flow = pacing.flow(1 << 61, Millis(u64::MAX), Lag::None).expect("it is paced");
    pacing.keep(&flow.without(Quote(1 << 60)));
    assert_eq!(pacing.buckets[1].used, Quote(1 << 60));
    let flow = pacing.flow(0, Millis(u64::MAX), Lag::None).expect("it is paced");
    assert_eq!(flow.available(), 0, "what it holds when full is less now");
}

/// What had left by a bucket of 100,000 u came back at the pace of one of 1,000 u: in four days.
#[test]
fn a_bucket_that_shrank_was_empty_for_days() {
    let mut pacing = paced();
    let full = pacing.flow(10_000_000, Millis(9), Lag::None).expect("it is paced");
    assert_eq!(full.available(), 100_000);
    pacing.keep(&full.without(Quote(100_000)));
    assert_eq!(flow(&pacing, 9).available_by()[0], 0);
    assert_eq!(flow(&pacing, 9 + HOUR / 2).available_by()[0], 500);
    assert_eq!(flow(&pacing, 9 + HOUR).available_by()[0], 1_000, "it is full after its period");
    assert_eq!(pacing.buckets[0].used, Quote(100_000), "to look at it changes nothing");
    pacing.keep(&flow(&pacing, 9));
    assert_eq!(pacing.buckets[0].used, Quote(1_000));
}

#[test]
fn places_in_the_queues_are_apart() {
    assert_eq!(queue_index(PoolId(0), 65_537), (1 << 20) + 1);
    assert_eq!(queue_index(PoolId(15), 3), (16 << 20) + 3);
    let is = [(1 << 20) - 1, 1 << 20, (1 << 20) + 65_535, (1 << 20) + 65_536, 16 << 20, 17 << 20];
    assert_eq!(is.map(is_queue_index), [false, true, true, false, true, false]);
}

proptest! {
    /// INV-67: in any span of time no more leaves by a bucket than it holds when full, and what comes back in that time.
    #[test]
    fn no_more_leaves_in_any_span_than_a_bucket_and_what_comes_back(
        steps in vec_of((0..HOUR / 3, 1..2_000_i64, any::<bool>()), 1..60),
    ) {
        let (mut pacing, mut now) = (paced(), 0);
        let mut left: Vec<(u64, i64)> = Vec::new();
        for (wait, amount, looks) in steps {
            now += wait;
            let flow = flow(&pacing, now);
            let taken = Quote(amount.min(i64::try_from(flow.available()).expect("it is small")));
            prop_assert!(flow.holds(taken) && !flow.holds(Quote(taken.0 + 1)) || taken.0 == amount);
            if taken.0 > 0 {
                pacing.keep(&flow.without(taken));
                left.push((now, taken.0));
            } else if looks {
                pacing.keep(&flow);
            }
        }
        for (place, (from, _)) in left.iter().enumerate() {
            let mut sum = 0;
            for (to, amount) in &left[place..] {
                sum += i128::from(*amount);
                for (capacity, period) in [(1_000, HOUR), (10_000, 24 * HOUR)] {
                    prop_assert!(sum * i128::from(period) <= capacity * i128::from(period + to - from));
                }
            }
        }
    }
}
