//! What open interest asks of initial margin, compared before and after every input.

use alloc::vec::Vec;

use ballast_types::{Event, Input, Lots, MarketId, Outcome, Ppm, Quote, Source};

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

/// What the open interest of every market asks for.
pub(super) fn asked(x: &Exchange) -> Vec<Ppm> {
    (0..x.state.chain.markets).map(|id| facts::market(&x.state, MarketId(id)).open_interest_margin).collect()
}

/// INV-75: it changes with a tick of the market alone, to what the parameters ask for what is open then; and whatever it becomes
/// is told once.
pub(super) fn check(x: &Exchange, before: &[Ppm], input: &Input, outcome: &Outcome) {
    for (id, (was, now)) in (0..).map(MarketId).zip(before.iter().zip(asked(x))) {
        let told: Vec<_> = outcome.events.iter().filter_map(|event| of(event, id)).collect();
        if facts::market(&x.state, id).settlement.is_some() || now == *was {
            assert!(told.is_empty(), "INV-75: {input:?} {outcome:?}");
            continue;
        }
        assert_eq!(told, [now], "INV-75: {input:?}");
        let market = facts::market(&x.state, id);
        let worth = i128::from(facts::venue(&x.state, id).open_interest.0)
            * market.params.value(market.mark, Lots(1));
        assert_eq!(now, market.params.open_interest_margin(worth).unwrap_or(Ppm(0)), "INV-75: {input:?}");
        assert!(matches!(input.source, Source::Publisher { .. }), "INV-75: {input:?}");
    }
}

fn of(event: &Event, id: MarketId) -> Option<Ppm> {
    match event {
        Event::OpenInterestMargin { market, margin } if *market == id => Some(*margin),
        _ => None,
    }
}
