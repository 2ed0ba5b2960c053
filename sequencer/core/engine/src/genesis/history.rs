//! What a market's margin begins with, where it follows the market's index.

use alloc::vec::Vec;

use ballast_risk::shortfall::{self, Margins, Return, STRESS_ROWS, Stress};
use ballast_state::Factor;
use ballast_types::{MarketId, MarketParams, Ppm, limits::MAX_HISTORY_HOURS};

use super::{GenesisError, Listing};
use crate::{
    collateral::day_of,
    shortfall::{facts_of, floors, target},
};

/// How the index of a market moved before the exchange began. Returns are in ppb, -10^9 to 3 * 10^9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Which market; its margin follows its index.
    pub market: MarketId,
    /// The hour of the last return, counted from the Unix epoch.
    pub hour: u64,
    /// Its returns hour by hour, the oldest first, at most a year of them. They are taken in as any hour is.
    pub returns: Vec<i64>,
    /// Its stress table, at most 260 rows, taken as they are; that of its class when there are none.
    pub stress: Vec<i64>,
}

/// Whether these are histories of these markets.
///
/// # Errors
/// [`GenesisError::History`] with the first rule that is broken.
pub(super) fn check(histories: &[History], markets: &[Listing]) -> Result<(), GenesisError> {
    let mut last = None;
    for History { market, hour, returns, stress } in histories {
        let follows = markets.get(usize::from(market.0)).is_some_and(|listing| listing.params.shortfall);
        let in_bounds = |r: &i64| (Return::MIN.0..=Return::MAX.0).contains(r);
        let rules = [
            (last.is_none_or(|last| last < *market), "markets ascend"),
            (follows, "its margin does not follow its index"),
            (returns.len() <= MAX_HISTORY_HOURS, "at most 8,760 hours"),
            (stress.len() <= STRESS_ROWS, "at most 260 stress hours"),
            (returns.iter().chain(stress).all(in_bounds), "returns: -10^9 to 3 * 10^9 ppb"),
            (*hour >= returns.len() as u64, "its first hour is before 1970"),
        ];
        if let Some((_, rule)) = rules.into_iter().find(|(holds, _)| !holds) {
            return Err(GenesisError::History { market: *market, rule });
        }
        last = Some(*market);
    }
    Ok(())
}

/// The margin of a market that is listed with this history, what its index may lose in a day, and the factor that they follow,
/// if they do.
pub(crate) fn begin(params: &MarketParams, history: Option<&History>) -> (Margins, Ppm, Option<Factor>) {
    if !params.shortfall {
        return (floors(params), Ppm(0), None);
    }
    let mut factor = shortfall::Factor::of_class(params.class);
    if let Some(History { hour, returns, stress, .. }) = history {
        for (before, r) in (0..returns.len() as u64).rev().zip(returns) {
            factor.take(hour - before, Return(*r));
        }
        if let Some(stress) = Stress::of(stress.iter().copied().map(Return).collect()) {
            factor.stress = stress;
        }
    }
    (target(params, &factor), day_of(&factor), Some(facts_of(0, &factor)))
}
