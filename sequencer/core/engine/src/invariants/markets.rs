//! Markets, venues and their books.

use alloc::{collections::BTreeSet, format, string::ToString};

use ballast_book::Book;
use ballast_risk::{
    price::FUNDING_PARTS,
    shortfall::{RING_ROWS, STRESS_ROWS, Sigma},
};
use ballast_state::{Closing, factor_index, minutes_index};
use ballast_types::{
    Causes, ClientId, MarginTier, MarketId, Millis, OracleState, Ppm, Side,
    limits::{
        CALL_MS, HOUR_MS, MAX_CALL_ROUNDS, MAX_FUNDING_INDEX, MAX_PRICE, MAX_WAITING, MINUTE_MS,
        MINUTE_SAMPLES, PREMIUM_PERIOD_MS, PREMIUM_SAMPLE_MS,
    },
};

use super::{Violation, ensure};
use crate::{exchange::Exchange, facts};

/// INV-35: ids are dense, and what belongs together exists together.
pub(super) fn check_dense(x: &Exchange) -> Result<(), Violation> {
    let (state, chain) = (&x.state, &x.state.chain);
    let accounts = (state.accounts.len(), state.traders.len());
    ensure(accounts == (chain.accounts, chain.accounts), 35, || {
        format!("{accounts:?} accounts and traders, {} were opened", chain.accounts)
    })?;
    ensure(state.accounts.iter().count() == accounts.0 as usize, 35, || "an account is missing".to_string())?;
    ensure(state.traders.iter().count() == accounts.0 as usize, 35, || "a trader is missing".to_string())?;
    let markets = (state.markets.iter().count(), state.venues.iter().count());
    let listed = usize::from(chain.markets);
    ensure(markets == (listed, listed), 35, || {
        format!("{markets:?} markets and venues, {listed} are listed")
    })?;
    let (pools, listed) = (state.pools.iter().map(|(id, _)| id), u32::from(state.genesis.pools));
    ensure(pools.eq(0..listed), 35, || format!("of {listed} pools not all are there"))
}

/// INV-31, INV-36, INV-37 and INV-38, market by market.
pub(super) fn check_markets(x: &Exchange) -> Result<(), Violation> {
    (0..x.state.chain.markets).map(MarketId).try_for_each(|market| check_market(x, market))
}

/// INV-50: no two open orders of an account in a market share a number of the trader's own.
fn check_clients(id: MarketId, book: &Book) -> Result<(), Violation> {
    let mut known = BTreeSet::new();
    for order in book.orders().filter(|order| order.client != ClientId(0)) {
        ensure(known.insert((order.account, order.client)), 50, || format!("market {id}: {order:?}"))?;
    }
    Ok(())
}

/// INV-16: the mark lies within half the maintenance margin of the index, or as near as there is a tick: of the floor, or, of a
/// floor that fell since the mark was made, of what is in force. INV-54: what
/// prices and funding follow from is in its bounds and not from the future.
fn check_pricing(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let (market, venue) = (facts::market(&x.state, id), facts::venue(&x.state, id));
    let (pricing, floor) = (venue.pricing, market.params.maintenance_margin);
    let is_older = market.mark_time < venue.margin_moved;
    let maintenance = if is_older { floor.max(market.maintenance) } else { floor };
    let bound = u128::from(maintenance.0 / 2) * u128::from(market.index.0) / 1_000_000;
    ensure(
        market.settlement.is_some() || u128::from(market.mark.0.abs_diff(market.index.0)) <= bound,
        16,
        || format!("market {id}: mark {} and index {}", market.mark, market.index),
    )?;
    let times = [pricing.averaged, pricing.touched, pricing.traded];
    let since = [pricing.jumped, pricing.uncertain].into_iter().flatten();
    let is_past = times.into_iter().chain(since).all(|time| time <= x.now());
    let sound = pricing.carry < FUNDING_PARTS
        && market.oracle != OracleState::Stale
        && u64::from(pricing.premium.samples) <= PREMIUM_PERIOD_MS / PREMIUM_SAMPLE_MS;
    ensure(is_past && sound, 54, || format!("market {id}: {pricing:?}"))
}

/// INV-57: what a market's breakers keep is not from the future and of a market that has them; its initial margin is raised
/// as they say, and a halted one is not cleared before it has called for the whole time.
fn check_breakers(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let (market, venue) = (facts::market(&x.state, id), facts::venue(&x.state, id));
    let breakers = &venue.breakers;
    let since = [breakers.fast, breakers.forced, breakers.outside].into_iter().flatten();
    let is_past = since.chain([breakers.quoted]).all(|time| time <= x.now());
    let told_by_all =
        [Causes::THIN, Causes::LAG, Causes::STALLED, Causes::ENDING, Causes::WEAK, Causes::BROKEN]
            .into_iter()
            .fold(Causes::FUND, Causes::with)
            .0;
    let has_them = market.params.circuit_breakers || breakers.causes.0 & !told_by_all == 0;
    let factor = match (breakers.forced, breakers.fast) {
        (Some(_), _) => 1_500_000,
        (None, Some(_)) => 1_250_000,
        (None, None) if breakers.causes.any_of(Causes::LAG) => 1_250_000,
        (None, None) => 1_000_000,
    };
    let calls = breakers.halt.is_none_or(|halt| {
        halt.rounds <= MAX_CALL_ROUNDS
            && venue.next_clearing.0 >= halt.calls_from.0.saturating_add(CALL_MS)
            && halt.causes != Causes::NONE
    });
    // The peg may ask for more, in steps: as it was at the last tick, at least a thousandth below its bound.
    let raised = market.initial_factor.0;
    let of_peg = (1_004_000..=4_960_000).contains(&raised) && (raised - 1_000_000).is_multiple_of(4_000);
    let weak = breakers.causes.any_of(Causes::WEAK) && raised >= factor && of_peg;
    let sound = is_past && has_them && (raised == factor || weak) && calls;
    ensure(sound, 57, || format!("market {id}: {breakers:?}, factor {}", market.initial_factor.0))
}

/// INV-60: a market has a factor exactly when its margin follows its index, in its bounds and not from the future. INV-61: its
/// margin in force is no less than its floors, but maintenance after its floor moved; no more than all; and initial covers
/// maintenance. Without a factor, and where no floor ever moved, it is the floors.
fn check_margins(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let (market, closing) = (facts::market(&x.state, id), facts::venue(&x.state, id).closing);
    let factor = x.state.factors.get(factor_index(id));
    let hour = x.now().0 / HOUR_MS;
    let sound = factor.is_none_or(|factor| {
        factor.hour <= hour
            && (factor.hour == 0) == (factor.close.0 == 0)
            && factor.residuals.len() == RING_ROWS
            && (1..=STRESS_ROWS).contains(&factor.stress.len())
            && [factor.glided, factor.fast.isqrt(), factor.slow.isqrt()].iter().all(|it| *it <= Sigma::MAX.0)
    });
    let follows = market.params.shortfall;
    let sampled = if follows { closing.hour <= hour + 1 } else { closing == Closing::default() };
    ensure(factor.is_some() == follows && sound && sampled, 60, || {
        format!("market {id}: {closing:?}, {:?}", factor.map(|factor| (factor.hour, factor.close)))
    })?;
    let (floors, (maintenance, initial)) = (&market.params, (market.maintenance, market.initial));
    let has_moved = facts::venue(&x.state, id).margin_moved != Millis(0);
    let above = (has_moved || floors.maintenance_margin <= maintenance) && floors.initial_margin <= initial;
    let at = (maintenance, initial) == (floors.maintenance_margin, floors.initial_margin);
    if market.settlement.is_some() {
        return ensure((maintenance, initial) == (Ppm(0), Ppm(0)), 61, || format!("market {id} settled"));
    }
    ensure(
        above && maintenance <= initial && initial <= Ppm::WHOLE && (follows || has_moved || at),
        61,
        || format!("market {id}: {maintenance} and {initial} in force"),
    )
}

/// INV-69: a market has samples of at most an hour of minutes, in their order, none from the future, each with an index. One
/// that settled is at its price, without a halt.
fn check_minutes(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let (market, venue) = (facts::market(&x.state, id), facts::venue(&x.state, id));
    let minutes = x.state.minutes.get(minutes_index(id));
    let kept = minutes.is_some_and(|minutes| {
        let all = minutes.samples.iter().chain(venue.minute.index.is_valid().then_some(&venue.minute));
        minutes.samples.len() <= MINUTE_SAMPLES
            && minutes.samples.iter().all(|minute| minute.index.is_valid())
            && all.is_sorted_by(|a, b| a.number < b.number)
    });
    let is_past = venue.minute.number <= x.now().0 / MINUTE_MS;
    let settled = market.settlement.is_none_or(|settlement| {
        let at_price = [market.mark, market.fresh_mark] == [settlement.price; 2];
        venue.breakers.halt.is_none() && (at_price || !settlement.price.is_valid())
    });
    ensure(kept && is_past && settled, 69, || format!("market {id}: {minutes:?}, {:?}", market.settlement))
}

/// INV-75: what a market's open interest asks of initial margin is no more than all, and nothing where the parameters ask for
/// nothing or it settled.
fn check_open_interest(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let market = facts::market(&x.state, id);
    let (margin, asks) = (market.open_interest_margin, market.params.open_interest_margin(0).is_some());
    let silent = market.settlement.is_some() || !asks;
    let sound = margin <= Ppm::WHOLE && (margin == Ppm(0) || !silent);
    ensure(sound, 75, || format!("market {id}: {margin} for its open interest"))
}

/// INV-101: each publisher said of the market's capacity what may be said, or nothing, and so with what they agree on. Where
/// the market does not go by it there is nothing.
fn check_capacity(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let (params, capacity) = (&facts::market(&x.state, id).params, &facts::venue(&x.state, id).capacity);
    let publishers = if params.capacity { x.state.genesis.publishers.len() } else { 0 };
    let said =
        capacity.reports.iter().all(|told| told.usdc <= MAX_PRICE && (told.usdc == 0) == (told.time.0 == 0));
    let agreed = capacity.agreed.is_none_or(|usdc| params.capacity && (1..=MAX_PRICE).contains(&usdc));
    let sound = capacity.reports.len() == publishers && said && agreed;
    ensure(sound, 101, || format!("market {id}: {capacity:?}"))
}

/// INV-102: tiers of margin are tiers, wherever the price took them.
fn check_tiers(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let tiers = &facts::market(&x.state, id).params.margin_tiers;
    ensure(MarginTier::are_tiers(tiers), 102, || format!("market {id}: {tiers:?}"))
}

fn check_market(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let (market, venue) = (facts::market(&x.state, id), facts::venue(&x.state, id));
    let prices = (market.index.is_valid(), market.mark.is_valid());
    let unpriced = market.index.0 == 0 && market.mark.0 == 0 && market.mark_time.0 == 0;
    ensure(prices == (true, true) || unpriced, 36, || {
        format!("market {id}: index {}, mark {}", market.index, market.mark)
    })?;
    ensure(market.mark_time <= x.now(), 36, || format!("market {id}: its mark is from the future"))?;
    ensure(market.funding.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs(), 36, || {
        format!("market {id}: funding {}", market.funding)
    })?;
    check_pricing(x, id)?;
    check_breakers(x, id)?;
    check_margins(x, id)?;
    check_minutes(x, id)?;
    check_open_interest(x, id)?;
    check_capacity(x, id)?;
    check_tiers(x, id)?;
    let reports = venue.reports.len();
    ensure(reports == x.state.genesis.publishers.len(), 36, || format!("market {id}: {reports} reports"))?;

    let Some(book) = x.book(id) else {
        return Err(Violation { invariant: 31, pool: None, finding: format!("market {id} has no book") });
    };
    book.check().map_err(|fault| Violation {
        invariant: 31,
        pool: None,
        finding: format!("market {id}: {fault}"),
    })?;
    if let (Some(bid), Some(ask)) = (book.best(Side::Buy), book.best(Side::Sell)) {
        ensure(bid < ask, 37, || format!("market {id}: bid {bid} meets ask {ask}"))?;
    }
    check_clients(id, book)?;
    ensure(book.is_empty() || market.mark.is_valid(), 36, || format!("market {id} has orders and no price"))?;
    let facts = (venue.next_arrival, venue.pages, venue.waiting);
    ensure(facts == (book.next_arrival(), book.pages(), book.waiting()), 38, || {
        format!("market {id}: the venue is not its book's")
    })?;
    ensure(venue.waiting <= MAX_WAITING, 38, || format!("market {id}: {} orders wait", venue.waiting))
}
