//! Margin that follows its market's index: samples around an hour, the hour's close, the factor, and fractions that move a
//! step an hour (risk.md 3.3, 3.9, 4.2); and those of others, after governance moved their floors. No account is looked at, and the factor's leaf only when an hour ends.

use alloc::vec::Vec;

use ballast_risk::shortfall::{
    self, Fractions, Margins, RING_ROWS, Residual, Return, Ring, Sigma, Stress, Volatility, horizon_scale,
};
use ballast_state::{Closing, Factor, Market, State, factor_index};
use ballast_types::{Event, MarketId, MarketParams, OracleState, PriceTicks, limits::HOUR_MS};

use crate::{collateral, facts};

/// Looks at a market that has just got an index, after [`facts::market`] knows it. `hours` may still end in this input.
pub(crate) fn tick(state: &mut State, id: MarketId, hours: &mut usize, events: &mut Vec<Event>) {
    let market = facts::market(state, id);
    if !market.params.shortfall {
        follow_floors(state, id, events);
        return;
    }
    let (index, is_fresh, now) = (market.index, market.oracle == OracleState::Fresh, state.chain.time);
    let closing = facts::venue(state, id).closing;
    if closing.is_over(now) {
        end_hour(state, id, closing, hours, events);
    }
    if is_fresh {
        facts::venue_mut(state, id).closing.sample(now, index);
    }
}

/// Ends the hour of these samples, when there are enough of them and an hour may still end in this input.
fn end_hour(state: &mut State, id: MarketId, closing: Closing, hours: &mut usize, events: &mut Vec<Event>) {
    let Some(close) = closing.close() else {
        facts::venue_mut(state, id).closing = Closing::default();
        return;
    };
    let Some(left) = hours.checked_sub(1) else { return };
    *hours = left;
    facts::venue_mut(state, id).closing = Closing::default();
    let factor = take(state, id, closing.hour, close);

    let market = facts::market(state, id);
    let next = in_force(market).glided(target(&market.params, &factor));
    collateral::hour_over(state, id, &factor);
    set(state, id, next, events);
}

/// An hour's step of a market that does not follow its index, to floors that moved: with the first tick in an hour later than
/// the one in which they did, or of the last step.
fn follow_floors(state: &mut State, id: MarketId, events: &mut Vec<Event>) {
    let (market, now) = (facts::market(state, id), state.chain.time);
    let (margins, floors) = (in_force(market), floors(&market.params));
    if margins == floors || now.0 / HOUR_MS <= facts::venue(state, id).margin_moved.0 / HOUR_MS {
        return;
    }
    facts::venue_mut(state, id).margin_moved = now;
    set(state, id, margins.glided(floors), events);
}

/// The floors of a market, which is loaded with its venue, are others. Initial margin in force is no less than its floor at
/// once; all else takes an hour's step after the other.
pub(crate) fn floors_moved(state: &mut State, id: MarketId, events: &mut Vec<Event>) {
    let (market, now) = (facts::market(state, id), state.chain.time);
    let Margins { maintenance, initial } = in_force(market);
    let initial = initial.max(market.params.initial_margin);
    facts::venue_mut(state, id).margin_moved = now;
    set(state, id, Margins { maintenance, initial }, events);
}

const fn in_force(market: &Market) -> Margins {
    Margins { maintenance: market.maintenance, initial: market.initial }
}

/// The market asks for these margins, which is told where it is news.
fn set(state: &mut State, id: MarketId, margins: Margins, events: &mut Vec<Event>) {
    if margins != in_force(facts::market(state, id)) {
        let Margins { maintenance, initial } = margins;
        let market = facts::market_mut(state, id);
        (market.maintenance, market.initial) = (maintenance, initial);
        events.push(Event::MarginChanged { market: id, maintenance, initial });
    }
}

/// Lets the market's factor take the close of an hour in.
fn take(state: &mut State, id: MarketId, hour: u64, close: PriceTicks) -> shortfall::Factor {
    let leaf =
        state.factors.get_mut(factor_index(id)).expect("whose margin follows a factor has one (INV-60)");
    let mut factor = factor_of(leaf);
    factor.end_hour(hour, close);
    *leaf = facts_of(hour, &factor);
    factor
}

/// What a market's margin follows from, of one that follows its index.
#[derive(Clone, Debug)]
pub struct Shortfall {
    /// The hour of the last close, counted from the Unix epoch; 0 before the first.
    pub hour: u64,
    /// The index at its end; 0 before the first.
    pub close: PriceTicks,
    /// How much the index moves.
    pub volatility: Volatility,
    /// What a long and a short of a unit may lose until they are closed.
    pub fractions: Fractions,
    /// Where that draws the market's margin.
    pub target: Margins,
}

/// What the market's margin follows from; `None` when it does not follow its index. For an exchange that is held whole.
///
/// # Panics
/// When there is no such market.
#[must_use]
pub fn shortfall_of(state: &State, id: MarketId) -> Option<Shortfall> {
    let params = &facts::market(state, id).params;
    if !params.shortfall {
        return None;
    }
    let leaf = state.factors.get(factor_index(id))?;
    let factor = factor_of(leaf);
    Some(Shortfall {
        hour: leaf.hour,
        close: leaf.close,
        volatility: factor.volatility,
        fractions: fractions(params, &factor),
        target: target(params, &factor),
    })
}

/// The least that the market asks for.
pub(crate) const fn floors(params: &MarketParams) -> Margins {
    Margins { maintenance: params.maintenance_margin, initial: params.initial_margin }
}

/// Where the factor draws the margin of the market.
pub(crate) fn target(params: &MarketParams, factor: &shortfall::Factor) -> Margins {
    Margins::target(floors(params), fractions(params, factor).larger())
}

fn fractions(params: &MarketParams, factor: &shortfall::Factor) -> Fractions {
    factor.fractions(factor.volatility.raw(), horizon_scale(params.class.horizon()))
}

/// The factor of these facts, whose lists are as long as INV-60 says.
fn factor_of(facts: &Factor) -> shortfall::Factor {
    let rows: [Residual; RING_ROWS] = core::array::from_fn(|row| Residual(facts.residuals[row]));
    let stress = facts.stress.iter().copied().map(Return).collect();
    shortfall::Factor {
        close: facts.close,
        volatility: Volatility::of(facts.fast, facts.slow, Sigma(facts.glided)),
        ring: Ring::new(rows),
        stress: Stress::of(stress).expect("a table has 1 to 260 rows (INV-60)"),
    }
}

/// The facts of a factor whose last close is that of `hour`.
pub(crate) fn facts_of(hour: u64, factor: &shortfall::Factor) -> Factor {
    let [fast, slow] = factor.volatility.variances();
    Factor {
        hour,
        close: factor.close,
        fast,
        slow,
        glided: factor.volatility.glided().0,
        residuals: factor.ring.rows().iter().map(|row| row.0).collect(),
        stress: factor.stress.rows().iter().map(|row| row.0).collect(),
    }
}

#[cfg(test)]
mod tests;
