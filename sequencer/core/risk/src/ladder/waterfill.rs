//! Sharing a total in proportion to weights, up to caps (risk.md 5.7): whole units, an exact sum, one result.

use crate::wide::{compare_products, mul_div_rem};
use alloc::{vec, vec::Vec};
use core::cmp::{Ordering, Reverse};

/// Shares `total` among parties in proportion to their weights and at most up to their caps, as water fills vessels:
/// those that are full get their cap, the others `rest * w / W` of the rest, rounded down, and the last units go to
/// the largest remainders, of ties to the first in the order given. The sum is `total`, or the sum of the caps where
/// that is less. A party without weight gets nothing. Any unit; sums of weights and of caps are below 2^128. Takes
/// `O(n log n)`. Source: risk.md 5.7.
///
/// # Panics
/// When there are not as many caps as weights, or their sum overflows: a caller's bug.
#[must_use]
pub fn waterfill(weights: &[u128], caps: &[u128], total: u128) -> Vec<u128> {
    assert_eq!(weights.len(), caps.len(), "every party has a weight and a cap");
    let mut order = weighted(weights);
    // Full the soonest first, by cap over weight.
    order.sort_by(|&a, &b| compare_products(caps[a], weights[b], caps[b], weights[a]));
    let mut sum = order.iter().map(|&party| weights[party]).sum();
    let (mut left, mut full) = (total, 0);
    let mut shares = vec![0; weights.len()];
    for &party in &order {
        if compare_products(left, weights[party], caps[party], sum) == Ordering::Less {
            break;
        }
        shares[party] = caps[party];
        left -= caps[party];
        sum -= weights[party];
        full += 1;
    }
    share(&order[full..], weights, left, sum, &mut shares);
    shares
}

/// Shares `total` in proportion to the weights: rounded down, the last units to the largest remainders, of ties to the
/// first in the order given. The sum is `total`, or 0 where nobody has a weight. Any unit; the sum of weights is below
/// 2^128.
///
/// # Panics
/// When that sum overflows: a caller's bug.
#[must_use]
pub fn pro_rata(weights: &[u128], total: u128) -> Vec<u128> {
    let mut shares = vec![0; weights.len()];
    share(&weighted(weights), weights, total, weights.iter().sum(), &mut shares);
    shares
}

/// The parties with a weight.
fn weighted(weights: &[u128]) -> Vec<usize> {
    (0..weights.len()).filter(|&party| weights[party] > 0).collect()
}

/// Shares `total` among some of the parties, whose weights come to `sum`.
fn share(parties: &[usize], weights: &[u128], total: u128, sum: u128, shares: &mut [u128]) {
    let mut left = total;
    let mut queue: Vec<(Reverse<u128>, usize)> = Vec::with_capacity(parties.len());
    for &party in parties {
        let (quota, rest) = mul_div_rem(total, weights[party], sum);
        shares[party] = quota;
        left -= quota;
        queue.push((Reverse(rest), party));
    }
    // One more for each of the first in the queue, fewer than there are parties with a remainder.
    if !queue.is_empty() && left > 0 {
        queue.select_nth_unstable(left as usize);
        queue[..left as usize].iter().for_each(|&(_, party)| shares[party] += 1);
    }
}

#[cfg(test)]
mod tests;
