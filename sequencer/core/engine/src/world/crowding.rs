//! What open interest asks of initial margin, compared before and after every input.

use alloc::vec::Vec;

use ballast_types::{Event, Input, MarketId, Outcome, Ppm, Quote};

use super::World;
use crate::{commit, exchange::Exchange, facts};

impl World {
    /// From now on the market's initial margin grows while what is open does from the one to the other, in u.
    pub(crate) fn crowd(&mut self, id: MarketId, [free, cap]: [i64; 2]) {
        let params = &mut facts::market_mut(&mut self.x.state, id).params;
        (params.open_interest_free, params.open_interest_cap) = (Quote(free), Quote(cap));
        let changes = commit(&mut self.x);
        self.leaves.take(&changes);
    }
}

/// What the open interest of every market asks for, and the hour of it.
pub(super) fn asked(x: &Exchange) -> Vec<(Ppm, u64)> {
    let markets = (0..x.state.chain.markets).map(MarketId);
    let of = |id| (facts::market(&x.state, id).open_interest_margin, facts::venue(&x.state, id).margin_hour);
    markets.map(of).collect()
}

/// INV-75: it falls by at most a hundredth, once in an hour, or to nothing from less than the floor of initial margin can
/// reach, or where the market asks for nothing any more; and whatever it becomes is told once.
pub(super) fn check(x: &Exchange, before: &[(Ppm, u64)], input: &Input, outcome: &Outcome) {
    for (id, ((was, hour), (now, at))) in (0..).map(MarketId).zip(before.iter().zip(asked(x))) {
        let market = facts::market(&x.state, id);
        let told: Vec<_> = outcome.events.iter().filter_map(|event| of(event, id)).collect();
        if market.settlement.is_some() || now == *was {
            assert!(told.is_empty(), "INV-75: {input:?} {outcome:?}");
            continue;
        }
        assert_eq!(told, [now], "INV-75: {input:?}");
        let a_hundredth_less = u64::from(was.0) * 990 / 1_000;
        let fell_away = now == Ppm(0) && a_hundredth_less < u64::from(market.params.initial_margin.0);
        let is_off = now == Ppm(0) && market.params.open_interest_margin(0).is_none();
        let falls = is_off || (at > *hour && (u64::from(now.0) >= a_hundredth_less || fell_away));
        assert!(now > *was || falls, "INV-75: {was} of hour {hour} to {now} by {input:?}");
    }
}

fn of(event: &Event, id: MarketId) -> Option<Ppm> {
    match event {
        Event::OpenInterestMargin { market, margin } if *market == id => Some(*margin),
        _ => None,
    }
}
