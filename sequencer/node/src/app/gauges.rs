//! Shows in the metrics what stands behind the accounts, and how much is at risk.

use super::{
    margin::account_view,
    pools::{interest_target, pool_view},
};
use crate::{metrics, mirror::Mirror, pipeline::Record, publish::Audience, wire::PegView};
use ballast_engine::open_interest_limit;
use ballast_types::{AccountId, Causes, Event, MarketId, Millis, PoolId};
use std::{collections::BTreeMap, sync::Arc};

/// How often, in the exchange's time.
const EVERY_MS: u64 = 1_000;

/// An audience that looks at the mirror now and then, after another was told.
pub(super) struct Gauges<A> {
    audience: A,
    mirror: Arc<Mirror>,
    /// When it looks next.
    next: Millis,
    /// Why each market is in its mode, as it was last told.
    causes: BTreeMap<u32, Causes>,
}

impl<A: Audience> Audience for Gauges<A> {
    fn told(&mut self, records: &[Arc<Record>]) {
        self.audience.told(records);
        for event in records.iter().flat_map(|record| &record.outcome.events) {
            if let Event::ModeChanged { market, causes, .. } = *event {
                self.show_causes(market.0.into(), causes);
            }
        }
        let Some(now) = records.last().map(|record| record.input.time) else { return };
        if now >= self.next {
            self.next = Millis(now.0.saturating_add(EVERY_MS));
            self.look(now);
        }
    }
}

impl<A> Gauges<A> {
    pub(super) fn new(audience: A, mirror: &Arc<Mirror>) -> Self {
        let view = mirror.read();
        let causes = view.exchange.state.venues.iter().map(|(id, venue)| (id, venue.breakers.told.causes));
        let causes: BTreeMap<_, _> = causes.collect();
        for (market, held) in &causes {
            metrics::causes(*market, *held, *held);
        }
        Self { audience, mirror: Arc::clone(mirror), next: Millis(0), causes }
    }

    fn show_causes(&mut self, market: u32, causes: Causes) {
        let before = self.causes.insert(market, causes).unwrap_or_default();
        metrics::causes(market, before, causes);
    }

    fn look(&self, now: Millis) {
        let view = self.mirror.read();
        let state = &view.exchange.state;
        for pool in (0..state.genesis.pools).filter_map(|pool| pool_view(state, PoolId(pool), now)) {
            metrics::pool(&pool);
            metrics::interest_target(pool.pool, interest_target(state, PoolId(pool.pool)));
            if let Some(backstop) = pool.backstop.and_then(|id| account_view(state, AccountId(id))) {
                metrics::backstop(pool.pool, backstop.notional.0);
            }
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
            let trades = state.markets.get(market).is_some_and(|market| market.settlement.is_none());
            if trades && !venue.capacity.reports.is_empty() {
                let told = venue.capacity.quorum_since(state.genesis.quorum);
                metrics::capacity(market, venue.capacity.agreed.unwrap_or(0), told);
            }
            metrics::pricing(market, venue.pricing.dispersion, venue.pricing.premium.value);
            let limit =
                u16::try_from(market).ok().and_then(|id| open_interest_limit(state, now, MarketId(id)));
            if let Some(limit) = limit {
                metrics::open_interest_limit(market, limit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        liquidator::tests::world::{World, bitcoin},
        mirror::View,
    };
    use ballast_types::{
        B256, BatchIndex, Input, MarketMode, Outcome, Ppm, PriceTicks, Seq, SizeLots, Source, Status,
        SystemCommand,
    };
    use metrics_exporter_prometheus::PrometheusBuilder;

    struct Nobody;

    impl Audience for Nobody {
        fn told(&mut self, _: &[Arc<Record>]) {}
    }

    /// An input that changes why the market is in its mode.
    fn changed(causes: Causes) -> Arc<Record> {
        let mode = Event::ModeChanged {
            market: MarketId(0),
            mode: MarketMode::Batches,
            causes,
            initial_factor: Ppm::WHOLE,
            calls_from: Millis(0),
        };
        let source = Source::System(SystemCommand::SealBatch { index: BatchIndex(1) });
        Arc::new(Record {
            input: Input { seq: Seq(1), time: Millis(1), source },
            input_bytes: Vec::new(),
            chain: B256::ZERO,
            outcome: Outcome { status: Status::Accepted, events: vec![mode] },
        })
    }

    fn value(text: &str, metric: &str) -> i64 {
        let line = text.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {metric} in:\n{text}")).parse().expect("a number")
    }

    #[test]
    fn a_cause_is_shown_while_it_holds_and_counted_when_it_comes() {
        let mut x = World::of(vec![bitcoin()]).x;
        x.state.markets.get_mut(0).expect("it is listed").mark = PriceTicks(500_000);
        let venue = x.state.venues.get_mut(0).expect("it is listed");
        venue.breakers.told.causes = Causes::VELOCITY;
        (venue.pricing.dispersion, venue.pricing.premium.value) = (70, -9);
        venue.open_interest = SizeLots(20_000);
        let mirror = Arc::new(Mirror::new(View::new(x)));
        let recorder = PrometheusBuilder::new().build_recorder();
        ::metrics::with_local_recorder(&recorder, || {
            let mut gauges = Gauges::new(Nobody, &mirror);
            let both = Causes::VELOCITY.with(Causes::FUND);
            let causes = [both, Causes::VELOCITY, both, Causes::FUND, Causes::FUND];
            causes.into_iter().for_each(|causes| gauges.told(&[changed(causes)]));
        });
        let text = recorder.handle().render();
        for (cause, shown, counted) in [("velocity", 0, 0), ("fund", 1, 2), ("quotes", 0, 0)] {
            let labels = format!(r#"{{market="0",cause="{cause}"}}"#);
            assert_eq!(value(&text, &format!("ballast_market_cause{labels}")), shown, "{cause}");
            assert_eq!(value(&text, &format!("ballast_market_causes_total{labels}")), counted, "{cause}");
        }
        assert_eq!(value(&text, r#"ballast_market_dispersion_ppm{market="0"}"#), 70);
        assert_eq!(value(&text, r#"ballast_market_premium_ppb{market="0"}"#), -9);
        assert_eq!(value(&text, r#"ballast_pool_fund_target_micro_usdc{pool="0"}"#), 0);
        // 1% of what 0.2 bitcoin at 50,000 are worth.
        assert_eq!(value(&text, r#"ballast_pool_interest_target_micro_usdc{pool="0"}"#), 100_000_000);
        assert_eq!(value(&text, r#"ballast_pool_fund_peak_micro_usdc{pool="0"}"#), 0);
    }
}
