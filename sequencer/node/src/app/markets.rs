//! A market, and what its price and funding follow from.

use crate::wire::{
    Amount, BreakersView, CapacityView, FeeTierView, Integer, MarginTierView, MarketView, PricingView,
    ReportView, ShortfallView, cause_names,
};
use ballast_engine::{
    Exchange, matches_in_batches, mode_of, open_interest_limit, oracle_state, position_limit, shortfall_of,
};
use ballast_risk::price::{funding_cap, funding_rate};
use ballast_state::{CapacityReport, Report, Venue};
use ballast_types::{FeeTier, MarginTier, MarketId, MarketParams, Millis, Side};

fn margin_tier_view(tier: &MarginTier) -> MarginTierView {
    MarginTierView {
        above: Integer(tier.above.0),
        multiplier: tier.multiplier.0,
        notional: Amount(tier.notional.0.into()),
    }
}

fn fee_tier_view(tier: &FeeTier) -> FeeTierView {
    FeeTierView { volume: Integer(tier.volume), taker: tier.taker.0, maker: tier.maker.0 }
}

/// Of a market that exists, as it is at `now`.
pub(super) fn market_view(exchange: &Exchange, id: MarketId, now: Millis) -> Option<MarketView> {
    let market = exchange.state.markets.get(u32::from(id.0))?;
    let venue = exchange.state.venues.get(u32::from(id.0))?;
    let params = &market.params;
    let (mode, causes) = mode_of(&exchange.state, now, id);
    Some(MarketView {
        market: id.0,
        symbol: params.symbol.clone(),
        price_decimals: params.price_decimals,
        size_decimals: params.size_decimals,
        kappa: params.kappa,
        initial: market.initial.0,
        maintenance: market.maintenance.0,
        initial_margin: params.initial_margin.0,
        maintenance_margin: params.maintenance_margin.0,
        margin_tiers: params.margin_tiers.iter().map(margin_tier_view).collect(),
        gain_weight_initial: params.gain_weight_initial.0,
        gain_weight_withdrawal: params.gain_weight_withdrawal.0,
        fees: params.fees.iter().map(fee_tier_view).collect(),
        order_band: params.order_band.0,
        index: market.index.0,
        mark: market.mark.0,
        mark_time: market.mark_time.0,
        oracle: oracle_state(market, now).into(),
        funding_rate: Amount(rate(params, venue).into()),
        funding: Amount(market.funding.into()),
        open_interest: Integer(venue.open_interest.0),
        orders: exchange.book(id)?.len(),
        matching: if matches_in_batches(&exchange.state, now, id) { "batch" } else { "continuous" }.into(),
        mode: mode.into(),
        causes: cause_names(causes),
        initial_factor: market.initial_factor.0,
        calls_from: venue.breakers.halt.map_or(0, |halt| halt.calls_from.0),
        reduce_until: venue.breakers.reduce_until.0,
        circuit_breakers: params.circuit_breakers,
        open_interest_cap: Amount(params.open_interest_cap.0.into()),
        open_interest_growth: Amount(params.open_interest_growth.0.into()),
        capacity: params.capacity,
        open_interest_capacity: venue.capacity.agreed.map(money),
        open_interest_limit: open_interest_limit(&exchange.state, now, id).map(lots),
        position_limit: position_limit(&exchange.state, id).map(lots),
        strict_gains: params.strict_gains,
        shortfall: params.shortfall,
        batch_interval: params.batch_interval,
        batch_until: venue.batch_until.0,
        next_clearing: venue.next_clearing.0,
        waiting: venue.waiting,
        class: params.class.name().into(),
        impact_notional: Amount(params.impact_notional.0.into()),
        pool: market.pool.0,
        settles_at: params.settles_at.0,
        settlement_price: market.settlement.map(|settlement| settlement.price.0),
        settled: Amount(market.settlement.map_or(0, |settlement| settlement.closed)),
        open_interest_free: Amount(params.open_interest_free.0.into()),
        open_interest_margin: market.open_interest_margin.0,
    })
}

/// Whole USDC as an amount.
fn money(usdc: u64) -> Amount {
    Amount(i128::from(usdc) * 1_000_000)
}

fn lots(limit: u128) -> Amount {
    Amount(i128::try_from(limit).unwrap_or(i128::MAX))
}

/// Of a market that exists, as it is at `now`.
pub(super) fn pricing_view(exchange: &Exchange, id: MarketId, now: Millis) -> Option<PricingView> {
    let market = exchange.state.markets.get(u32::from(id.0))?;
    let venue = exchange.state.venues.get(u32::from(id.0))?;
    let book = exchange.book(id)?;
    let (chain, pricing) = (&exchange.state.chain, &venue.pricing);
    let best = |side| book.best(side).map(|price| price.0);
    Some(PricingView {
        seq: chain.seq.0,
        time: now.0,
        market: id.0,
        oracle: oracle_state(market, now).into(),
        index: market.index.0,
        quorum: exchange.state.genesis.quorum,
        dispersion: Integer(pricing.dispersion),
        jumped: pricing.jumped.map(|at| at.0),
        mark: market.mark.0,
        mark_time: market.mark_time.0,
        fresh_mark: market.fresh_mark.0,
        uncertain: pricing.uncertain.map(|at| at.0),
        basis: Amount(pricing.basis),
        averaged: pricing.averaged.0,
        touch: pricing.touch.map(Amount),
        touched: pricing.touched.0,
        best_bid: best(Side::Buy),
        best_ask: best(Side::Sell),
        last: pricing.last.is_valid().then_some(pricing.last.0),
        last_time: pricing.traded.0,
        reports: reports(venue, now),
        open_interest_capacity: venue.capacity.agreed.map(money),
        capacities: capacities(venue, now),
        premium: Amount(pricing.premium.value.into()),
        premium_sum: Amount(pricing.premium.sum.into()),
        premium_samples: pricing.premium.samples,
        premium_hour: pricing.premium.hour,
        premium_sampled: pricing.premium.sampled,
        funding_rate: Amount(rate(&market.params, venue).into()),
        funding_cap: Amount(funding_cap(&market.params).into()),
        funding: Amount(market.funding.into()),
        funding_minute: pricing.minute,
        carry: Integer(pricing.carry),
        breakers: BreakersView::of(&venue.breakers, now),
        shortfall: shortfall_of(&exchange.state, id).map(|it| ShortfallView::of(&it, &venue.closing)),
    })
}

/// The funding rate that the next minute has, in ppb an hour.
fn rate(params: &MarketParams, venue: &Venue) -> i64 {
    funding_rate(venue.pricing.premium.value, funding_cap(params))
}

fn reports(venue: &Venue, now: Millis) -> Vec<ReportView> {
    let view = |(publisher, report): (u8, &Report)| ReportView {
        publisher,
        price: report.price.0,
        perp: report.perp.map(|perp| perp.0),
        confidence: report.confidence.0,
        time: report.time.0,
        counts: report.counts(now),
    };
    (0..).zip(&venue.reports).map(view).collect()
}

fn capacities(venue: &Venue, now: Millis) -> Vec<CapacityView> {
    let view = |(publisher, told): (u8, &CapacityReport)| CapacityView {
        publisher,
        capacity: money(told.usdc),
        time: told.time.0,
        counts: told.counts(now),
    };
    (0..).zip(&venue.capacity.reports).map(view).collect()
}
