//! What a USDC is worth.

use alloc::format;

use ballast_state::Guard;
use ballast_types::limits::{MAX_USDC_PRICE, PEG_STEP, WEAK_PEG};

use super::{Violation, ensure};
use crate::exchange::Exchange;

/// INV-76: each publisher said of a USDC what may be said, or nothing; the low is a whole thousandth, and below the bound exactly
/// while the weak guard is on; no guard waits since the future. Where the exchange does not go by it there is nothing.
pub(super) fn check_peg(x: &Exchange) -> Result<(), Violation> {
    let (peg, genesis) = (&x.state.chain.peg, &x.state.genesis);
    let publishers = if genesis.peg_guard { genesis.publishers.len() } else { 0 };
    let said = peg
        .reports
        .iter()
        .all(|told| told.price.0 <= MAX_USDC_PRICE && (told.price.0 == 0) == (told.time.0 == 0));
    let low = peg.low.0 <= WEAK_PEG && peg.low.0.is_multiple_of(PEG_STEP);
    let is_past = [peg.weak, peg.broken].iter().all(|guard| guard.since <= x.now());
    let is_off = genesis.peg_guard || [peg.weak, peg.broken] == [Guard::default(); 2];
    let sound = peg.reports.len() == publishers && said && low && is_past && is_off;
    ensure(sound && peg.weak.on == (peg.low.0 < WEAK_PEG), 76, || format!("{peg:?}"))
}
