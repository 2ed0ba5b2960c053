//! A risk tick of one market (risk.md 2): index, what it is good for, mark, premium, funding. Every report is a tick of
//! the markets that it prices; nothing else moves a price.

mod averages;
mod funding;
mod index;

use alloc::vec::Vec;

use ballast_risk::price;
use ballast_state::{Market, State};
use ballast_types::{Event, MarketId, Millis, OracleState, Ppm, PriceTicks, Side};

use crate::{
    batching,
    breakers::{self, Top, halt},
    collateral,
    exchange::Exchange,
    exit, facts, interest,
    oracle::{is_gone, oracle_state},
    settlement, shortfall, tiers,
};
use index::Agreed;

/// Lets what the publishers say of `id` now take effect. Without a quorum nothing moves.
/// `hours` is how many hours may still end in this input.
pub(crate) fn tick(x: &mut Exchange, id: MarketId, now: Millis, hours: &mut usize, events: &mut Vec<Event>) {
    let (before, priced) = (seen(x, id, now), collateral::told(&x.state, id));
    let was_gone = before.index.is_valid() && is_gone(facts::market(&x.state, id), now);
    let Some(agreed) = index::agree(&mut x.state, id, now) else { return };
    facts::market_mut(&mut x.state, id).oracle = agreed.state;
    let top = (agreed.state != OracleState::Invalid).then(|| {
        if before.index.is_valid() && before.oracle > OracleState::Uncertain {
            come_back(&mut x.state, id, now);
        }
        set_prices(x, id, &agreed, now)
    });
    let after = seen(x, id, now);
    if after != before {
        let Seen { index, mark, oracle } = after;
        events.push(Event::PriceUpdated { market: id, index, mark, oracle });
    }
    if agreed.state == OracleState::Fresh {
        tiers::tick(&mut x.state, id, events);
        funding::accrue(&mut x.state, id, now, events);
        settlement::sample(&mut x.state, id);
    }
    if let Some(top) = top {
        shortfall::tick(&mut x.state, id, hours, events);
        breakers::tick(x, id, top, was_gone, events);
        interest::tick(&mut x.state, id, events);
    }
    if collateral::told(&x.state, id) != priced {
        events.push(collateral::told(&x.state, id));
    }
    exit::tick(x, id);
}

/// What is told of a market's price.
#[derive(PartialEq, Eq)]
struct Seen {
    index: PriceTicks,
    mark: PriceTicks,
    oracle: OracleState,
}

fn seen(x: &Exchange, id: MarketId, now: Millis) -> Seen {
    let market = facts::market(&x.state, id);
    Seen { index: market.index, mark: market.mark, oracle: oracle_state(market, now) }
}

/// A price that was away is not traded on at once: what rests was put there at another one (risk.md 6.3, CB3).
fn come_back(state: &mut State, id: MarketId, now: Millis) {
    let venue = facts::venue_mut(state, id);
    venue.pricing.uncertain = Some(now);
    // What its book was like meanwhile nobody saw.
    (venue.breakers.outside, venue.breakers.quoted) = (None, Millis(0));
    if venue.waiting > 0 {
        batching::put_off(state, id);
    }
}

/// Sets index and mark. What of the book they looked at.
fn set_prices(x: &mut Exchange, id: MarketId, agreed: &Agreed, now: Millis) -> Top {
    // The book is read for its top and for a sample of its depth: it is loaded no sooner.
    x.enter_market(id).expect("a market that was looked at is listed");
    let top = if halt::is_on(&x.state, id) {
        // Nobody can meet or better what is frozen there.
        Top { bid: None, ask: None }
    } else {
        let book = x.books.at(id);
        Top { bid: book.best(Side::Buy), ask: book.best(Side::Sell) }
    };
    let market = facts::market(&x.state, id);
    let (index, bound) = (agreed.index, mark_bound(market));
    let pricing = &mut facts::venue_mut(&mut x.state, id).pricing;
    let touch = averages::follow(pricing, index, top, bound, now);
    let inputs = price::Inputs {
        index,
        basis: pricing.basis,
        touch,
        touch_average: pricing.touch,
        external: agreed.external,
        bound,
    };
    let mark = price::mark(&inputs);
    funding::sample(x, id, agreed, now);

    set_average(&mut x.state, id, mark);
    let market = facts::market_mut(&mut x.state, id);
    (market.index, market.mark, market.mark_time) = (index, mark, now);
    if agreed.state == OracleState::Fresh {
        market.fresh_mark = mark;
    }
    top
}

/// Lets the mark of before, which the market still has, count for as long as it held, where gains are strict.
fn set_average(state: &mut State, id: MarketId, mark: PriceTicks) {
    let now = state.chain.time;
    let market = facts::market(state, id);
    if !market.params.strict_gains {
        return;
    }
    let (before, since) = (market.mark, market.mark_time);
    let average = &mut facts::venue_mut(state, id).average;
    let mean = if before.is_valid() { average.held(before, since, now) } else { None };
    facts::market_mut(state, id).average = mean.unwrap_or(mark);
}

/// How far the mark may lie from the index, `b` of risk.md 2.5: half the maintenance margin, rounded down: of what is in force,
/// which glides where a floor moved, and where margin follows the index of no more than the floor. Whoever moves the book moves at most half of anybody's
/// maintenance margin.
pub(crate) fn mark_bound(market: &Market) -> Ppm {
    let floor = market.params.maintenance_margin.min(market.maintenance);
    Ppm(if market.params.shortfall { floor } else { market.maintenance }.0 / 2)
}

#[cfg(test)]
mod tests;
