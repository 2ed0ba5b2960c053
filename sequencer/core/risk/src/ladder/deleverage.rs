//! Tear-up at the mark and haircut of gains (risk.md 5.7): who takes the lots of insolvent accounts, and who pays what
//! they lack. Two quantities, settled apart: a tear-up moves no equity, a haircut no lots.

use super::{holding::Holding, level::Health, waterfill::waterfill};
use crate::wide::mul_div_rem;
use alloc::vec::Vec;
use ballast_types::{SizeLots, limits::PPM, math::mul_div_floor};

/// Position below which an account takes no part in a tear-up while others can, in u: 100 USDC.
pub const DUST: i128 = 100_000_000;

/// `w_u`: how strongly a position on the other side takes part in a tear-up, in millionths of a lot: its lots times its
/// leverage, between 1 and 10, which is what it is worth over the account's equity, rounded down to the millionth.
/// Without equity it is 10. At most 2^70. Source: risk.md 5.7 step 1.
#[must_use]
pub fn tear_up_weight(holding: &Holding<'_>, equity: i128) -> u128 {
    let (least, most) = (i128::from(PPM), 10 * i128::from(PPM));
    let leverage = match equity {
        // At most 2^106 * 2^20.
        1.. => mul_div_floor(holding.notional(), PPM.into(), equity).clamp(least, most),
        _ => most,
    };
    u128::from(holding.size.abs().0) * leverage.unsigned_abs()
}

/// `c_u`: most that a tear-up may close in its first pass, so that the account has its maintenance margin afterwards.
/// As a tear-up moves no equity and every lot closed lowers the requirement, it is all of the position, or nothing
/// where even that would not do. Source: risk.md 5.7 step 1.
#[must_use]
pub fn tear_up_cap(health: &Health, holding: &Holding<'_>) -> SizeLots {
    let left = health.maintenance - holding.margin();
    if health.equity >= left { holding.size.abs() } else { SizeLots::ZERO }
}

/// `g_u`: gains of an account that a haircut may take, in u: what is unrealised at the mark, at most its equity, and
/// never negative. Over a pool `unrealised` is the sum of the gains of all its markets. Source: risk.md 5.7.
#[must_use]
pub fn gain(unrealised: i128, equity: i128) -> u128 {
    unrealised.min(equity).max(0).unsigned_abs()
}

/// `H_u`: what each winner pays of `deficit` u, an equal part of their gains, at most the gains. The sum is the
/// deficit, or all gains where these are less. Source: risk.md 5.7 step 2.
#[must_use]
pub fn haircut(gains: &[u128], deficit: u128) -> Vec<u128> {
    waterfill(gains, gains, deficit)
}

/// What a haircut of `paid` u takes of the gain of the `left` of `held` lots that a winner still has, in u, rounded up: his basis
/// rises by it, so that no gain pays twice and no principal is touched. 0 where nothing is left.
///
/// # Panics
/// When it had no lots: a caller's bug.
#[must_use]
pub fn gain_spent(paid: u128, left: u64, held: u64) -> u128 {
    let (part, rest) = mul_div_rem(paid, left.into(), held.into());
    part + u128::from(rest > 0)
}

/// What goes of an account's `deficit` u with `closed` of the lots that it had in the market, rounded down: all of it with
/// the last. What is left is charged when the others are closed.
///
/// # Panics
/// When it had no lots: a caller's bug.
#[must_use]
pub fn deficit_of(deficit: u128, closed: u64, held: u64) -> u128 {
    mul_div_rem(deficit, closed.into(), held.into()).0
}

/// A position of an insolvent account, as far as its deficit is charged to the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Unrealised gain at the mark, in u; a loss is below zero.
    pub unrealised: i128,
    /// Its maintenance margin, in u, at least 0.
    pub margin: i128,
}

/// `D_a,i`: the deficit of an account split over its markets in proportion to what it has lost in each, or, where it
/// has lost in none, to the margins; rounded down, and the last market takes the remainder. In the order given; empty
/// without a market. Source: risk.md 5.7.
#[must_use]
pub fn split_deficit(deficit: u128, losses: &[Loss]) -> Vec<u128> {
    let lost = |loss: &Loss| loss.unrealised.min(0).unsigned_abs();
    let margin = |loss: &Loss| loss.margin.max(0).unsigned_abs();
    let is_loser = losses.iter().any(|loss| loss.unrealised < 0);
    let weights: Vec<u128> =
        losses.iter().map(|loss| if is_loser { lost(loss) } else { margin(loss) }).collect();
    let sum: u128 = weights.iter().sum();
    let mut shares: Vec<u128> =
        weights.iter().map(|&weight| mul_div_rem(deficit, weight, sum.max(1)).0).collect();
    let given: u128 = shares.iter().sum();
    if let Some(last) = shares.last_mut() {
        *last += deficit - given;
    }
    shares
}

#[cfg(test)]
mod tests;
