//! How what there is goes to many (protocol, "Deleverage", "Filled up" and "Shared").

use alloy_primitives::U256;

use crate::numbers::unsigned_wide;

/// Those with the smallest cap for their weight get it; the others share what is left. Weights and caps are told in the
/// order of the list, and so is what each gets.
pub(crate) fn fill_up(amount: i128, wants: &[(i128, i128)]) -> Vec<i128> {
    let wide = unsigned_wide;
    let mut got = vec![0; wants.len()];
    let mut open: Vec<usize> = (0..wants.len()).filter(|place| wants[*place].0 > 0).collect();
    // The sort is stable: ties stay as in the list.
    open.sort_by(|one, other| {
        let ((weight, cap), (other_weight, other_cap)) = (wants[*one], wants[*other]);
        (wide(cap) * wide(other_weight)).cmp(&(wide(other_cap) * wide(weight)))
    });
    let mut left = amount;
    while let Some(first) = open.first().copied() {
        let (weight, cap) = wants[first];
        let all = open.iter().fold(U256::ZERO, |all, place| all + wide(wants[*place].0));
        if wide(left) * wide(weight) < wide(cap) * all {
            break;
        }
        got[first] = cap;
        left -= cap;
        open.remove(0);
    }
    let weights: Vec<i128> =
        (0..wants.len()).map(|place| if open.contains(&place) { wants[place].0 } else { 0 }).collect();
    let shares = share(left, &weights);
    got.iter().zip(shares).map(|(got, share)| got + share).collect()
}

/// By weight, rounded down; what is over goes one by one to the largest remainders, ties as in the list.
pub(crate) fn share(amount: i128, weights: &[i128]) -> Vec<i128> {
    let wide = unsigned_wide;
    let all = weights.iter().fold(U256::ZERO, |all, weight| all + wide(*weight));
    if all == U256::ZERO {
        return vec![0; weights.len()];
    }
    let mut got: Vec<i128> = weights
        .iter()
        .map(|weight| i128::try_from(wide(amount) * wide(*weight) / all).expect("a part of the amount"))
        .collect();
    let mut over = amount - got.iter().sum::<i128>();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|place| std::cmp::Reverse(wide(amount) * wide(weights[*place]) % all));
    for place in by_remainder {
        if over == 0 {
            break;
        }
        got[place] += 1;
        over -= 1;
    }
    got
}

#[cfg(test)]
mod tests {
    use super::{fill_up, share};

    #[test]
    fn the_smallest_caps_are_served_first_and_the_rest_is_shared() {
        // 100 by weights 1, 2, 3: 16, 33, 50 and one more for the largest remainder, 4/6 of the first.
        assert_eq!(fill_up(100, &[(1, 99), (2, 99), (3, 99)]), [17, 33, 50]);
        // The third has 20 for its 3, the fewest: 80 are left for 1 and 2.
        assert_eq!(fill_up(100, &[(1, 99), (2, 99), (3, 20)]), [27, 53, 20]);
        // Of that the second gets no more than 30.
        assert_eq!(fill_up(100, &[(1, 99), (2, 30), (3, 20)]), [50, 30, 20]);
        assert_eq!(fill_up(100, &[(1, 9), (2, 30), (0, 20)]), [9, 30, 0]);
        // Just as much as the caps.
        assert_eq!(fill_up(6, &[(3, 3), (2, 2), (1, 1)]), [3, 2, 1]);
    }

    #[test]
    fn what_is_over_goes_to_the_largest_remainders_and_of_equal_ones_to_the_first() {
        assert_eq!(share(5, &[1, 1, 1]), [2, 2, 1]);
        assert_eq!(share(5, &[0, 0]), [0, 0]);
        assert_eq!(share(7, &[5, 3]), [4, 3]);
    }
}
