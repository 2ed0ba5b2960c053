//! The state root after accounts changed: changed leaves encoded, trees brought up to date.

use crate::engine::{deposit, genesis};
use ballast_engine::commit;
use ballast_state::{Commitment, LeafBytes};
use ballast_types::limits::NEW_ACCOUNT;
use std::hint::black_box;

const ACCOUNTS: u32 = 10_000;
/// Every tenth account changes.
const CHANGED: u32 = ACCOUNTS / 10;

/// Comes to the new root, or only to where it is due.
///
/// # Panics
/// When it did something else than it should.
#[must_use]
pub fn run(runs: bool) -> usize {
    let mut exchange = genesis();
    (0..ACCOUNTS).for_each(|_| deposit(&mut exchange, NEW_ACCOUNT, 1_000_000));
    let (mut commitment, mut leaves) = (Commitment::new(), LeafBytes::default());
    let changes = commit(&mut exchange);
    commitment.update(&changes);
    leaves.take(&changes);
    (0..CHANGED).for_each(|n| deposit(&mut exchange, 10 * n, 1_000_000));
    if runs {
        let changes = commit(&mut exchange);
        commitment.update(&changes);
        leaves.take(&changes);
        black_box(commitment.state_root());
    }
    CHANGED as usize
}
