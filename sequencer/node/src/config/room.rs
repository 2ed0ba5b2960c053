//! What of the room that a batch has it may take before it is sealed, of its diff and of its inputs: one more input must fit besides.

use ballast_batch::{
    chunks::MAX_INPUT_CHUNKS,
    diff::{Most, Told, max_bytes},
};
use ballast_bridge::data::{MAX_BLOB_BYTES, MAX_CALLDATA_BYTES};
use ballast_types::limits::{
    INPUT_CHUNK_BYTES, MAX_ASSETS, MAX_FILLS_PER_INPUT, MAX_FIRED, MAX_INPUT_BYTES, MAX_MARKETS,
    MAX_OPERATIONS, MAX_PENDING_CHANGES, MAX_POOLS, MAX_POSITIONS, MAX_QUEUED, STRIPE_ACCOUNTS,
    STRIPE_BATCHES,
};

/// Most bytes of inputs.
pub(super) const MOST_INPUT_BYTES: usize = 6_000_000;
/// Least room for the diff of a batch. An empty batch counts with every market and pool already: with less, each
/// would be full before its first input, and be sealed at once without end.
pub(super) const LEAST: usize = 41_000;
/// Most room where diffs go in blobs.
pub(super) const MOST_IN_BLOBS: usize = 650_000;
/// Most room where they go in calldata.
pub(super) const MOST_IN_CALLDATA: usize = 45_000;

/// What one input changes in an empty batch, at least, with a stripe as it is while there are few accounts.
const ONE_INPUT: Most = Most {
    accounts: 1,
    positions: 2,
    holdings: HELD,
    queued: 1,
    parameters: 1,
    withdrawals: PAID,
    venues: 2,
    told: LEAST_TOLD,
};
/// Assets beside USDC, of each of which an account may hold something: who exits leaves with all of it.
const HELD: usize = MAX_ASSETS as usize - 1;
/// Changes of holdings by one input: what an account sells of each to its backstop.
const SOLD: usize = 2 * HELD;
/// What leaves with one input, with the cash of an account.
const PAID: usize = 1 + HELD;
/// One account; of what waits one leaf that was there, one that the input wrote, and one of each pool for what waits again.
const LEAST_TOLD: Told =
    Told { accounts: 1, positions: 2, holdings: HELD, markets: 1, pools: 1, queued: 2 + MAX_POOLS as usize };

/// The fullest stripe: as many accounts as it may have, all of as many positions and holdings, and of each pool's queue what one round
/// leaves to a batch, with one leaf more of what waits again.
const FULLEST: Told = Told {
    accounts: STRIPE_ACCOUNTS as usize,
    positions: STRIPE_ACCOUNTS as usize * MAX_POSITIONS,
    holdings: STRIPE_ACCOUNTS as usize * HELD,
    markets: 1,
    pools: 1,
    queued: MAX_POOLS as usize * (MAX_QUEUED as usize / STRIPE_BATCHES as usize + 1),
};

/// Operations under one signature that meet as many makers as they may, each in one market; who signed closed and opened as
/// many positions as an account can have. What they change counts in the stripe, too, at most for all positions that it can have, and
/// may open one more account of it.
const fn operations(stripe_positions: usize) -> Most {
    let accounts = MAX_FILLS_PER_INPUT + 1;
    let positions = MAX_FILLS_PER_INPUT + 2 * MAX_POSITIONS;
    widest(accounts, positions, MAX_OPERATIONS, stripe_positions)
}

/// Conditional orders that fire together: each of another account, in another market.
const fn fired(stripe_positions: usize) -> Most {
    let makers_and_takers = MAX_FILLS_PER_INPUT + MAX_FIRED;
    widest(makers_and_takers, makers_and_takers, MAX_FIRED, stripe_positions)
}

const fn widest(accounts: usize, positions: usize, venues: usize, stripe_positions: usize) -> Most {
    let told = Told {
        accounts: 1,
        positions: if positions < stripe_positions { positions } else { stripe_positions },
        holdings: 1,
        markets: 0,
        pools: 0,
        queued: 1,
    };
    Most { accounts, positions, holdings: SOLD, queued: 1, parameters: 1, withdrawals: PAID, venues, told }
}

/// A report of every market, at which the tiers of all follow the price and all that governance scheduled takes effect. What it
/// releases of what waits is not in it.
const REPORT: Most = Most { parameters: MAX_MARKETS as usize + MAX_PENDING_CHANGES, ..NOTHING };

/// Bytes that so much more adds to a diff, whatever else is in it: one of rounding besides.
const fn adds(more: Most) -> usize {
    max_bytes(more) + 1 - max_bytes(NOTHING)
}

const NOTHING: Most = Most {
    accounts: 0,
    positions: 0,
    holdings: 0,
    queued: 0,
    parameters: 0,
    withdrawals: 0,
    venues: 0,
    told: Told { accounts: 0, positions: 0, holdings: 0, markets: 0, pools: 0, queued: 0 },
};

/// Accounts of a stripe that fit calldata for certain, whatever positions they have: those of 16,384 accounts in all.
const IN_CALLDATA: usize = 4;

const _: () = assert!(
    MOST_INPUT_BYTES + 3 * MAX_INPUT_BYTES <= MAX_INPUT_CHUNKS as usize * INPUT_CHUNK_BYTES,
    "one more input and the seal, each with its length, fit the chunks"
);
const _: () = assert!(max_bytes(ONE_INPUT) < LEAST, "an input fits an empty batch");
const _: () = {
    let most = FULLEST.positions;
    assert!(MOST_IN_BLOBS + adds(operations(most)) <= MAX_BLOB_BYTES, "one more input fits the blobs");
    assert!(MOST_IN_BLOBS + adds(fired(most)) <= MAX_BLOB_BYTES, "one more input fits the blobs");
    let most = IN_CALLDATA * MAX_POSITIONS;
    assert!(MOST_IN_CALLDATA + adds(operations(most)) <= MAX_CALLDATA_BYTES, "one more input fits calldata");
    assert!(MOST_IN_CALLDATA + adds(fired(most)) <= MAX_CALLDATA_BYTES, "one more input fits calldata");
    assert!(MOST_IN_CALLDATA + adds(REPORT) <= MAX_CALLDATA_BYTES, "one more input fits calldata");
    assert!(MOST_IN_BLOBS + adds(REPORT) <= MAX_BLOB_BYTES, "one more input fits the blobs");
};
const _: () = assert!(
    adds(Most { told: FULLEST, ..NOTHING }) + LEAST < MOST_IN_BLOBS / 2,
    "the fullest stripe leaves half of the room to what changes"
);
const _: () = assert!(
    max_bytes(Most { told: FULLEST, ..NOTHING }) + adds(operations(FULLEST.positions)) <= MOST_IN_BLOBS,
    "however full the stripe is, any input fits the batch"
);
