//! In a market that matches in batches an order of the account waits to close part of the position. It trades like any
//! other, so that its limit is never worse than the price at which the account is no less healthy after all fees.

use alloc::vec::Vec;

use ballast_risk::ladder::{Health, Holding, fillable_price, zero_price};
use ballast_types::{
    AccountId, Event, MarketId, PriceTicks, Side, SizeLots, limits::MAX_PRICE, math::mul_div_ceil,
};

use super::book::closing;
use crate::{
    cancel_all::waits_to_close, exchange::Exchange, facts, place_order::force_waiting, standing::Standing,
};

/// What a clearing sets aside for roundings, in u.
const ROUNDED: i128 = 4_096;

/// Lets an order of `lots` wait, where none does; what waits then, if one came.
pub(super) fn close(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    health: &Health,
    holding: &Holding<'_>,
    lots: SizeLots,
    events: &mut Vec<Event>,
) -> Option<SizeLots> {
    let book = x.books.at(market);
    let mut own = book.of_account(account).into_iter().filter_map(|id| book.get(id));
    if own.any(|order| waits_to_close(&order)) {
        return None;
    }
    let limit = limit(x, account, market, health, holding, lots);
    let ask = closing(account, market, holding.closing(), limit, lots);
    force_waiting(x, &ask, events).then_some(lots)
}

/// The better of the fillable price, and of the zero price with room for the largest fee.
fn limit(
    x: &Exchange,
    account: AccountId,
    id: MarketId,
    health: &Health,
    holding: &Holding<'_>,
    lots: SizeLots,
) -> PriceTicks {
    let market = facts::market(&x.state, id);
    let (zero, fillable) = (zero_price(health, holding, lots), fillable_price(health, holding));
    let highest = match holding.closing() {
        Side::Buy => zero,
        Side::Sell => market.params.order_band_around(market.index).1,
    };
    let value = market.params.value(highest, Side::Buy.signed(lots));
    let tier = Standing::of(&x.state, account, id).fee_tier(market, x.now());
    let fees = tier.taker_fee_ceil(value).max(tier.maker_fee_ceil(value));
    let per_tick = market.params.value(PriceTicks(1), Side::Buy.signed(lots));
    let room = mul_div_ceil(fees + ROUNDED, 1, per_tick).unsigned_abs();
    let room = u64::try_from(room).unwrap_or(u64::MAX);
    match holding.closing() {
        Side::Sell => PriceTicks(zero.0.saturating_add(room).min(MAX_PRICE)).max(fillable),
        Side::Buy => PriceTicks(zero.0.saturating_sub(room).max(1)).min(fillable),
    }
}
