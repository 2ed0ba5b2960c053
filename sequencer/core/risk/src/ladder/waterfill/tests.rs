use super::*;
use proptest::prelude::*;

#[test]
fn the_full_get_their_cap_and_the_others_share_the_rest() {
    // The second is full at 1; 7 by 1 : 2 are 2 1/3 and 4 2/3.
    assert_eq!(waterfill(&[1, 1, 2], &[10, 1, 10], 8), [2, 1, 5]);
    // The first is full at 2 and then the second at 3.
    assert_eq!(waterfill(&[4, 2, 1], &[2, 3, 9], 10), [2, 3, 5]);
    assert_eq!(waterfill(&[5, 3], &[3, 4], 100), [3, 4]);
}

#[test]
fn ties_go_to_the_first() {
    assert_eq!(waterfill(&[1, 1, 1], &[9, 9, 9], 2), [1, 1, 0]);
    assert_eq!(pro_rata(&[3, 3, 3, 3], 2), [1, 1, 0, 0]);
}

#[test]
fn nothing_and_nobody() {
    assert_eq!(waterfill(&[], &[], 7), []);
    assert_eq!(waterfill(&[0, 5, 1], &[9, 9, 0], 5), [0, 5, 0]);
    assert_eq!(waterfill(&[1, 1], &[5, 5], 0), [0, 0]);
    assert_eq!((pro_rata(&[0, 0], 7), pro_rata(&[], 7)), (vec![0, 0], vec![]));
}

#[test]
fn the_last_units_go_to_the_largest_remainders() {
    // 10 by 1 : 2 : 4 are 1 3/7, 2 6/7 and 5 5/7.
    assert_eq!(pro_rata(&[1, 2, 4], 10), [1, 3, 6]);
}

#[test]
fn the_largest_amounts_fit() {
    let most = 1_u128 << 121;
    let third = pro_rata(&[most; 3], most);
    assert_eq!((third[0] - third[2], third.iter().sum::<u128>()), (1, most));
    assert_eq!(waterfill(&[most, most], &[most, 1], most), [most - 1, 1]);
    assert_eq!(waterfill(&[most, 1], &[most, most], u128::MAX), [most, most]);
}

/// The same by rounds: whoever's quota reaches the cap is full, all of them at once, until nobody's does.
fn reference(weights: &[u128], caps: &[u128], total: u128) -> Vec<u128> {
    let mut shares = vec![0; weights.len()];
    let mut open: Vec<_> = (0..weights.len()).filter(|&n| weights[n] > 0).collect();
    let mut left = total;
    loop {
        let sum: u128 = open.iter().map(|&n| weights[n]).sum();
        let (full, rest): (Vec<_>, Vec<_>) = open.iter().partition(|&&n| left * weights[n] >= caps[n] * sum);
        if full.is_empty() {
            let mut by_remainder: Vec<_> =
                rest.iter().map(|&n| (Reverse(left * weights[n] % sum), n)).collect();
            by_remainder.sort_unstable();
            rest.iter().for_each(|&n| shares[n] = left * weights[n] / sum);
            let given: u128 = rest.iter().map(|&n| shares[n]).sum();
            let extra = if rest.is_empty() { 0 } else { left - given };
            by_remainder.iter().take(extra as usize).for_each(|&(_, n)| shares[n] += 1);
            return shares;
        }
        full.iter().for_each(|&n| shares[n] = caps[n]);
        left -= full.iter().map(|&n| caps[n]).sum::<u128>();
        open = rest;
    }
}

/// Weights and caps of some parties, small ones so that ties are common, or large ones.
fn parties() -> impl Strategy<Value = Vec<(u128, u128)>> {
    let small = prop::collection::vec((0..8_u128, 0..12_u128), 0..12);
    let large = prop::collection::vec((0..1_u128 << 56, 0..1_u128 << 60), 1..30);
    prop_oneof![small, large]
}

proptest! {
    #[test]
    fn it_is_the_level_of_the_water(parties in parties(), percent in 0..130_u128) {
        let (weights, caps): (Vec<_>, Vec<_>) = parties.into_iter().unzip();
        let held: u128 = weights.iter().zip(&caps).map(|(&weight, cap)| if weight > 0 { *cap } else { 0 }).sum();
        let total = held * percent / 100 + percent % 3;
        let shares = waterfill(&weights, &caps, total);
        prop_assert_eq!(&shares, &reference(&weights, &caps, total));
        prop_assert_eq!(shares.iter().sum::<u128>(), total.min(held));
        prop_assert!(shares.iter().zip(&caps).all(|(share, cap)| share <= cap));
        // Nobody who is not full stands a unit below anybody else.
        for (a, b) in (0..shares.len()).flat_map(|a| (0..shares.len()).map(move |b| (a, b))) {
            if weights[a] > 0 && weights[b] > 0 && shares[a] < caps[a] {
                prop_assert!(shares[b] * weights[a] <= (shares[a] + 1) * weights[b] + weights[a]);
            }
        }
    }

    /// It does not matter how many accounts somebody has: within 2 units (E7).
    #[test]
    fn a_party_in_parts_gets_the_same(
        parties in prop::collection::vec((1..1_000_u128, 1..1_000_u128), 1..12), factor in 2..4_u128,
        percent in 0..110_u128,
    ) {
        let (mut weights, mut caps): (Vec<_>, Vec<_>) = parties.iter().copied().unzip();
        weights[0] *= factor;
        caps[0] *= factor;
        let total = caps.iter().sum::<u128>() * percent / 100;
        let whole = waterfill(&weights, &caps, total);
        (weights[0], caps[0]) = parties[0];
        for _ in 1..factor {
            weights.push(parties[0].0);
            caps.push(parties[0].1);
        }
        let apart = waterfill(&weights, &caps, total);
        let together = apart[0] + apart[parties.len()..].iter().sum::<u128>();
        prop_assert!(together.abs_diff(whole[0]) <= 2, "{together} for {}", whole[0]);
    }

    #[test]
    fn any_split_of_gains_pays_the_same(
        gains in prop::collection::vec(2..100_000_u128, 1..12), cut in any::<u64>(), percent in 0..110_u128,
    ) {
        let total = gains.iter().sum::<u128>() * percent / 100;
        let whole = waterfill(&gains, &gains, total);
        let part = 1 + u128::from(cut) % (gains[0] - 1);
        let mut split = gains.clone();
        split[0] -= part;
        split.push(part);
        let apart = waterfill(&split, &split, total);
        prop_assert!((apart[0] + apart[gains.len()]).abs_diff(whole[0]) <= 2);
    }

    #[test]
    fn shares_are_proportions_to_the_unit(
        weights in prop::collection::vec(0..1_u128 << 56, 1..30), total in 0..1_u128 << 64,
    ) {
        let (shares, sum) = (pro_rata(&weights, total), weights.iter().sum::<u128>());
        prop_assert_eq!(shares.iter().sum::<u128>(), if sum > 0 { total } else { 0 });
        for (share, weight) in shares.iter().zip(&weights) {
            prop_assert!((share * sum).abs_diff(total * weight) < sum.max(1));
        }
    }
}
