//! What a USDC is worth, as JSON.

use ballast_engine::usdc_worth;
use ballast_state::State;
use serde::{Deserialize, Serialize};

/// What a USDC is worth, and the guards that look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PegView {
    /// What it is worth now, parts in a million of a dollar; null while fewer than the quorum tell it.
    pub price: Option<u32>,
    /// Whether initial margin is raised, for it was worth little for a minute.
    pub weak: bool,
    /// Whether positions may only shrink, for it was worth very little for ten minutes.
    pub broken: bool,
    /// The least that it was worth since `weak`, rounded down to a thousandth; 990,000 while it is not.
    pub low: u32,
    /// Since when `weak` is to turn, in milliseconds; 0 while it is as it should be.
    pub weak_since: u64,
    /// The same of `broken`.
    pub broken_since: u64,
}

impl PegView {
    /// As it is at the last input; none where the exchange does not go by it.
    #[must_use]
    pub fn of(state: &State) -> Option<Self> {
        let peg = &state.chain.peg;
        state.genesis.peg_guard.then(|| Self {
            price: usdc_worth(state, state.chain.time).map(|price| price.0),
            weak: peg.weak.on,
            broken: peg.broken.on,
            low: peg.low.0,
            weak_since: peg.weak.since.0,
            broken_since: peg.broken.since.0,
        })
    }
}
