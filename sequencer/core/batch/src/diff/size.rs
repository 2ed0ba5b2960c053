//! How long the diff of a batch can be: each number counted at its longest.

use ballast_types::limits::{
    MAX_ASSETS, MAX_FEE_TIERS, MAX_MARGIN_TIERS, MAX_MARKETS, MAX_POOLS, MAX_RELEASED,
};

use super::{stripe, venues, withdrawals as paid};

/// What a batch may have changed, of which [`max_bytes`] tells how long its diff can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Most {
    /// Accounts.
    pub accounts: usize,
    /// Their positions.
    pub positions: usize,
    /// Their holdings.
    pub holdings: usize,
    /// Withdrawals that wait, or waited.
    pub queued: usize,
    /// Parameters of markets, each of one field that keeps its width, as governance moves them, and of the bounds of tiers or
    /// of what these are worth.
    pub parameters: usize,
    /// Withdrawals, but for those that a seal releases.
    pub withdrawals: usize,
    /// Markets that positions changed in.
    pub venues: usize,
    /// What its stripe tells.
    pub told: Told,
}

/// What a stripe tells in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Accounts.
    pub accounts: usize,
    /// Their positions.
    pub positions: usize,
    /// Their holdings.
    pub holdings: usize,
    /// Markets.
    pub markets: usize,
    /// Pools.
    pub pools: usize,
    /// Withdrawals that wait, or waited.
    pub queued: usize,
}

/// Parts that leave a pool at once of what waits: four are a bucket.
const PARTS: usize = 5;

/// Bytes of the longest parameters of a market and its pool.
pub(super) const MAX_PARAMETER_BYTES: usize = 4
    + 16
    + 2
    + 4
    + 2 * 4
    + (4 + 20 * MAX_MARGIN_TIERS)
    + (4 + 16 * MAX_FEE_TIERS)
    + 3 * 4
    + 4
    + 1
    + 8
    + 1
    + 2 * 8
    + 3
    + 2 * 8
    + 2;

/// The bits of a number below 2^`bits`: its length, and all but the highest of its bits.
const fn number(bits: usize) -> usize {
    7 + bits.saturating_sub(1)
}

/// Whether a number of 64 bits changed, how far, and whether down; of 32 bits.
const FIELD: usize = 1 + number(64) + 1;
const SMALL: usize = 1 + number(32) + 1;
/// Whether it is plain, the counts of five sections and of four of the stripe, whether there is one, its round.
const FRAME: usize = 1 + 9 * number(32) + 1 + stripe::ROUND_BITS as usize;
/// Id, whether new, flag, owner, pool, number of positions, cash, that no other holding changed.
const ACCOUNT: usize = number(32) + 2 + 160 + number(16) + number(7) + FIELD + 1;
/// That it changed, asset, how far, and whether down.
const HOLDING: usize = 1 + number(16) + STEP;
/// Market, whether new, whether it closed, lots and sign, whether its funding is one of the last four, that.
const POSITION: usize = number(16) + 2 + number(64) + 1 + 4 + number(64) + 1;
/// What accounts are told by of a market: unit, rates, price, funding index after and before.
const VENUE: usize =
    number(32) + number(5) + venues::MAX_RATES * (number(21) + 1) + number(64) + 2 * (number(64) + 1);
/// Id, whether new, whether its parameters changed, pool, ten fields and four of 32 bits; and whether it is a price of others
/// than before, and of what they are valued at, which most are none of.
const MARKET: usize = number(16) + 2 + 10 * FIELD + 4 * SMALL + 4;
/// What it has besides where it is a price: an average, and two of 32 bits.
const PRICING: usize = FIELD + 2 * SMALL - 3;
/// Markets that are a price: no more than there are assets beside USDC.
const PRICED: usize = MAX_ASSETS as usize - 1;
/// Length, and a flag and each byte of number, units and haircut of all assets.
const WHOLE_PRICES: usize = number(16) + 9 * (4 + PRICED * (2 + 8 + 4));
/// Length, a bit for each byte, and the eight bytes of one that moved, and of the bounds of tiers or of what these are worth.
const PARAMETER: usize = number(16) + MAX_PARAMETER_BYTES + 8 * 8 + MAX_MARGIN_TIERS * 8 * 8;
/// The parameters of one in full.
const WHOLE_PARAMETERS: usize = number(16) + 8 * MAX_PARAMETER_BYTES;
/// Index, whether new, flag, account, recipient, amount.
const QUEUED: usize = number(32) + 2 + number(32) + 160 + FIELD;
/// Bytes of pace, buckets and when they were kept, tickets, what waits; a flag, the length, each byte and whether it is the same.
const PACING: usize = 1 + number(8) + 9 * (1 + 2 * 12 + 2 * 12 + 8 + 2 * 8 + 8);
/// Of target, backstop, history, takeovers likewise.
const PROTECTION: usize = 1 + number(8) + 9 * (8 + 5 + (4 + 8 + 4 + 8 + 8) + 4 + 8);
/// How far a number is from where it was foreseen, and whether down.
const STEP: usize = number(64) + 1;
/// That it waited, its pool, whether a part of it left: a withdrawal that a seal releases.
const RELEASED: usize = 1 + paid::POOL_BITS as usize + 1;
/// That it did not wait, account, whether its owner is paid, recipient, asset, amount.
const WITHDRAWAL: usize = 1 + (number(32) + 1) + 1 + 160 + number(16) + STEP;
/// What a seal releases: of parts how much, and what waits again.
const RELEASES: usize = MAX_RELEASED * RELEASED + PARTS * (STEP + QUEUED);
/// Id, whether new, what protects it, eleven fields, pacing.
const WHOLE_POOL: usize = number(16) + 1 + PROTECTION + 11 * FIELD + PACING;
/// That, and what is released.
const POOL: usize = WHOLE_POOL + RELEASES;

/// Most bytes of a diff that changes so much, every market, and every pool, of each of which a seal releases as many as it
/// can: the bits when it is plain, each number at its longest. It bounds what an exchange makes of markets that it has; those
/// of genesis tell their parameters besides.
#[must_use]
pub const fn max_bytes(most: Most) -> usize {
    let Most { accounts, positions, holdings, queued, parameters, withdrawals, venues, told } = most;
    let stripe = told.accounts * ACCOUNT
        + told.positions * POSITION
        + told.holdings * HOLDING
        + told.markets * (MARKET + PRICING + WHOLE_PARAMETERS + WHOLE_PRICES)
        + told.pools * WHOLE_POOL
        + told.queued * QUEUED;
    let leaves = accounts * ACCOUNT
        + positions * POSITION
        + holdings * HOLDING
        + queued * QUEUED
        + parameters * PARAMETER
        + withdrawals * WITHDRAWAL
        + venues * VENUE
        + stripe;
    let bits = FRAME + leaves + MAX_MARKETS as usize * MARKET + PRICED * PRICING + MAX_POOLS as usize * POOL;
    // Sixteen even bits take up to 1/170 of a bit more than sixteen, as the interval has at least 2^24 parts. Version and end are 5.
    bits.div_ceil(8) + bits / 16_384 + 5
}
