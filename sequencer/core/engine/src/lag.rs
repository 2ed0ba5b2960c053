//! How far L1 lags behind, and what follows from it (risk.md 6.5, architecture A10).

use ballast_state::{Checkpoint, Lag, State};
use ballast_types::{BatchIndex, Causes, Millis};

use crate::{exchange::Exchange, pacing};

/// `batch` is sealed now.
pub(crate) fn note_sealed(state: &mut State, batch: BatchIndex) {
    let chain = &mut state.chain;
    if state.genesis.settlement_lag {
        chain.sealed_time = chain.time;
        chain.checkpoint = chain.checkpoint.or(Some(Checkpoint { batch, sealed: chain.time }));
    }
}

/// L1 took `batch`. Where that is all that was sealed there is nothing to wait for; else the next to wait for is the newest,
/// once L1 took what it was to take.
pub(crate) fn note_posted(state: &mut State, batch: BatchIndex) {
    let chain = &mut state.chain;
    // The first is 1: before it was sealed there is nothing that L1 could take.
    let newest = BatchIndex(chain.batch.0.saturating_sub(1));
    if !state.genesis.settlement_lag || newest == BatchIndex(0) {
        return;
    }
    let (posted, next) = if batch >= newest {
        (chain.sealed_time, None)
    } else if let Some(awaited) = chain.checkpoint.filter(|awaited| batch >= awaited.batch) {
        (awaited.sealed, Some(Checkpoint { batch: newest, sealed: chain.sealed_time }))
    } else {
        return;
    };
    chain.posted_time = chain.posted_time.max(posted);
    chain.checkpoint = next;
}

/// Looks at the lag, at a report that is taken and before its markets. Until L1 took a batch it counts from the first report.
pub(crate) fn tick(x: &mut Exchange) {
    if !x.state.genesis.settlement_lag {
        return;
    }
    let now = x.now();
    if x.state.chain.posted_time == Millis(0) {
        x.state.chain.posted_time = now;
    }
    let (before, after) = (x.state.chain.lag, x.state.chain.lag.at(x.state.chain.posted_time, now));
    if (before == Lag::None) != (after == Lag::None) {
        pacing::keep_all(x);
    }
    x.state.chain.lag = after;
}

/// What the lag does to a market.
pub(crate) const fn causes(state: &State) -> Causes {
    match state.chain.lag {
        Lag::None => Causes::NONE,
        Lag::Long => Causes::LAG,
        Lag::Stalled => Causes::LAG.with(Causes::STALLED),
    }
}

#[cfg(test)]
mod tests;
