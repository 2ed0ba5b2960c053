//! The premium of the book over the index, and the funding that follows from it (risk.md 2.7 and 2.8).

use alloc::vec::Vec;

use ballast_risk::price::{Accrual, funding_cap, funding_rate, premium};
use ballast_state::{Premium, State};
use ballast_types::{
    Event, MarketId, Millis, OracleState, PriceTicks, Side,
    limits::{
        FUNDING_PERIOD_MS, MAX_FUNDING_INDEX, MIN_PREMIUM_SAMPLES, PREMIUM_PERIOD_MS, PREMIUM_SAMPLE_MS,
    },
};

use super::index::Agreed;
use crate::{breakers::halt, exchange::Exchange, facts};

/// Takes a sample of the premium when one is due, the price is fresh and the market not halted, and the mean of an hour when it is over.
pub(super) fn sample(x: &mut Exchange, id: MarketId, agreed: &Agreed, now: Millis) {
    turn_hour(&mut facts::venue_mut(&mut x.state, id).pricing.premium, now);
    let due = now.0 / PREMIUM_SAMPLE_MS;
    let sampled = facts::venue(&x.state, id).pricing.premium.sampled;
    if agreed.state != OracleState::Fresh || due == sampled || halt::is_on(&x.state, id) {
        return;
    }
    let sample = premium_of(x, id, agreed.index);
    let premium = &mut facts::venue_mut(&mut x.state, id).pricing.premium;
    premium.sum += sample;
    premium.samples += 1;
    premium.sampled = due;
}

/// What the book is above or below the index, by the prices at which `impact_notional` trades: in whole lots, the last
/// rounded up.
fn premium_of(x: &Exchange, id: MarketId, index: PriceTicks) -> i64 {
    let params = &facts::market(&x.state, id).params;
    let notional = u128::from(params.impact_notional.0.unsigned_abs()).div_ceil(u128::from(params.kappa));
    let book = x.books.at(id);
    let (bid, ask) = (book.impact(Side::Buy, notional), book.impact(Side::Sell, notional));
    premium(index, bid, ask, funding_cap(params))
}

/// When the hour of the samples is over: their mean when there are enough, else half of the last one, and half again for
/// each hour that passed without a tick.
fn turn_hour(premium: &mut Premium, now: Millis) {
    let hour = now.0 / PREMIUM_PERIOD_MS;
    let passed = hour - premium.hour;
    if passed == 0 {
        return;
    }
    let of_last = if premium.samples >= MIN_PREMIUM_SAMPLES {
        premium.sum.div_euclid(i64::from(premium.samples))
    } else {
        premium.value / 2
    };
    // Halves of what is below 2^62 are gone after so many.
    let value = (1..passed.min(63)).fold(of_last, |value, _| value / 2);
    *premium = Premium { value, sum: 0, samples: 0, hour, ..*premium };
}

/// Funding of a minute, with the first fresh tick in it. A minute without one accrues nothing and is not made up for; nor
/// does one that would take the index beyond its bound.
pub(super) fn accrue(state: &mut State, id: MarketId, now: Millis, events: &mut Vec<Event>) {
    let pricing = facts::venue(state, id).pricing;
    let minute = now.0 / FUNDING_PERIOD_MS;
    if minute == pricing.minute {
        return;
    }
    facts::venue_mut(state, id).pricing.minute = minute;
    if pricing.minute == 0 {
        return;
    }
    let market = facts::market(state, id);
    let rate = funding_rate(pricing.premium.value, funding_cap(&market.params));
    let Accrual { step, carry } =
        ballast_risk::price::accrue(rate, market.mark, market.params.kappa, pricing.carry);
    let (mark, funding) = (market.mark, market.funding.checked_add(step));
    let Some(funding) = funding.filter(|f| f.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs()) else {
        return;
    };
    facts::market_mut(state, id).funding = funding;
    facts::venue_mut(state, id).pricing.carry = carry;
    events.push(Event::FundingAccrued { market: id, rate, mark, funding });
}
