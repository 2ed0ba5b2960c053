//! Whether what stands between a pool's winners and a tear-up grows thin (risk.md 5.7, ADL-WATCH): for those to see who may have
//! to pay. No rule goes by it.

use ballast_state::State;
use ballast_types::{Millis, PoolId};

use crate::{facts, fund, liquidate};

/// What of a pool's protection is nearly used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// The fund is more than 15% below its peak of the last 8 to 16 hours.
    pub fund: bool,
    /// The backstop holds more than 80% of what it may of a market, or has lost as much of what it may lose in a day.
    pub backstop: bool,
}

/// Of a pool that exists at `now`, whose backstop and the markets that it is in are known. Who has nothing has nothing left to be used
/// up: no flag is set for a fund or backstop that was empty all along.
#[must_use]
pub fn watch(state: &State, now: Millis, pool: PoolId) -> Watch {
    let backstop = facts::pool(state, pool).protection.backstop;
    Watch {
        fund: fund::is_drawn_down(state, now, pool),
        backstop: backstop.is_some_and(|id| liquidate::is_backstop_strained(state, now, id)),
    }
}
