//! Shows in the metrics what stands behind the accounts, and how much is at risk.

use super::pools::pool_view;
use crate::{metrics, mirror::Mirror, pipeline::Record, publish::Audience, wire::PegView};
use ballast_engine::open_interest_limit;
use ballast_types::{MarketId, Millis, PoolId};
use std::sync::Arc;

/// How often, in the exchange's time.
const EVERY_MS: u64 = 1_000;

/// An audience that looks at the mirror now and then, after another was told.
pub(super) struct Gauges<A> {
    audience: A,
    mirror: Arc<Mirror>,
    /// When it looks next.
    next: Millis,
}

impl<A: Audience> Audience for Gauges<A> {
    fn told(&mut self, records: &[Arc<Record>]) {
        self.audience.told(records);
        let Some(now) = records.last().map(|record| record.input.time) else { return };
        if now >= self.next {
            self.next = Millis(now.0.saturating_add(EVERY_MS));
            self.look(now);
        }
    }
}

impl<A> Gauges<A> {
    pub(super) fn new(audience: A, mirror: &Arc<Mirror>) -> Self {
        Self { audience, mirror: Arc::clone(mirror), next: Millis(0) }
    }

    fn look(&self, now: Millis) {
        let view = self.mirror.read();
        let state = &view.exchange.state;
        for pool in (0..state.genesis.pools).filter_map(|pool| pool_view(state, PoolId(pool), now)) {
            metrics::pool(&pool);
        }
        if state.genesis.settlement_lag {
            metrics::settlement_lag(now.since(state.chain.posted_time));
        }
        if let Some(peg) = PegView::of(state) {
            metrics::peg(&peg);
        }
        metrics::pending_changes(state.pending().changes().len());
        for (market, listed) in state.markets.iter() {
            metrics::margins(market, listed.maintenance, listed.initial, listed.open_interest_margin);
        }
        for (market, venue) in state.venues.iter() {
            metrics::open_interest(market, venue.open_interest);
            let limit =
                u16::try_from(market).ok().and_then(|id| open_interest_limit(state, now, MarketId(id)));
            if let Some(limit) = limit {
                metrics::open_interest_limit(market, limit);
            }
        }
    }
}
