//! Shows in the metrics what stands behind the accounts, and how much is at risk.

use super::pools::pool_view;
use crate::{metrics::RiskMetrics, mirror::Mirror, pipeline::Record, publish::Audience};
use ballast_types::{Millis, PoolId};
use std::sync::Arc;

/// How often, in the exchange's time.
const EVERY_MS: u64 = 1_000;

/// An audience that looks at the mirror now and then, after another was told.
pub(super) struct Gauges<A> {
    audience: A,
    mirror: Arc<Mirror>,
    metrics: RiskMetrics,
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
        Self { audience, mirror: Arc::clone(mirror), metrics: RiskMetrics::new(), next: Millis(0) }
    }

    fn look(&self, now: Millis) {
        let view = self.mirror.read();
        let state = &view.exchange.state;
        if let Some(pool) = pool_view(state, PoolId(0), now) {
            self.metrics.pool(&pool);
        }
        for (market, venue) in state.venues.iter() {
            self.metrics.open_interest(market, venue.open_interest);
        }
    }
}
