//! Which position is closed, and how much of it now (risk.md 5.3, 5.4).

use alloc::vec::Vec;

use ballast_risk::ladder::{Health, Holding, closing_order, lots_to_close, paced};
use ballast_state::{Forced, State};
use ballast_types::{
    AccountId, Causes, MarketId, Order, PriceTicks, Side, SizeLots,
    limits::FORCED_WINDOW_MS,
    math::{mul_div_ceil, mul_div_floor},
};

use crate::{exchange::Exchange, facts, margin::holding};

/// What a market always takes in 5 s, in u: 5,000 USDC.
const LEAST: i128 = 5_000_000_000;

/// The markets of the account's positions, the largest maintenance margin first, of equal ones the lowest id.
pub(super) fn markets(state: &State, account: AccountId) -> Vec<MarketId> {
    let positions = &facts::account(state, account).positions;
    let margin = |id: MarketId, size| {
        let market = facts::market(state, id);
        holding(market, size).margin()
    };
    let open = positions.iter().filter(|it| facts::market(state, it.market).settlement.is_none());
    closing_order(open.map(|it| (it.market, margin(it.market, it.size))))
}

/// What a forced order may close now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    /// How much; may be 0.
    pub(super) lots: SizeLots,
    /// What the market takes in these 5 s, in lots: what it was said to take by the first forced order of them.
    allowance: u64,
    /// What it has taken.
    taken: u64,
}

/// How much of the position may be closed now, before anything is traded.
pub(super) fn slice(
    x: &Exchange,
    account: AccountId,
    market: MarketId,
    health: &Health,
    holding: &Holding<'_>,
) -> Slice {
    let terms = holding.params.class.liquidation();
    let closed = closed_lately(&x.state, account, market);
    let needed = lots_to_close(health, holding, terms.penalty);
    let allowed = paced(health, holding, terms.large, closed);
    let strain = facts::venue(&x.state, market).strain;
    let (allowance, taken) = if strain.window == window(&x.state) {
        (strain.allowance, strain.closed)
    } else {
        (allowance(x, market, holding), 0)
    };
    let lots = needed.min(allowed).min(SizeLots(allowance.saturating_sub(taken)));
    Slice { lots, allowance, taken }
}

/// Counts `lots` of a forced order that closed, or wait to.
pub(super) fn count(x: &mut Exchange, account: AccountId, market: MarketId, slice: &Slice, lots: u64) {
    let window = window(&x.state);
    let closed = SizeLots(closed_lately(&x.state, account, market).0.saturating_add(lots));
    let strain = &mut facts::venue_mut(&mut x.state, market).strain;
    (strain.window, strain.allowance) = (window, slice.allowance);
    strain.closed = slice.taken.saturating_add(lots);
    facts::trader_mut(&mut x.state, account).seldom.forced = Forced { window, market, closed };
}

fn closed_lately(state: &State, account: AccountId, market: MarketId) -> SizeLots {
    let forced = facts::trader(state, account).seldom.forced;
    if (forced.window, forced.market) == (window(state), market) { forced.closed } else { SizeLots::ZERO }
}

/// What forced orders may close in 5 s, in lots: 15% of what the book shows within 2% of the mark, what waits for a clearing
/// with it, or 5,000 USDC.
fn allowance(x: &Exchange, market: MarketId, holding: &Holding<'_>) -> u64 {
    let (book, mark) = (x.books.at(market), holding.mark.0);
    let way = mul_div_floor(mark.into(), 2, 100).unsigned_abs() as u64;
    let (low, high) = (PriceTicks(mark - way), PriceTicks(mark + way));
    let shown = book.shown_within(Side::Buy, low) + book.shown_within(Side::Sell, high);
    // Whoever quotes anew for each clearing has nothing that rests.
    let is_near = |order: &&Order| match order.side {
        Side::Buy => order.price >= low,
        Side::Sell => order.price <= high,
    };
    let waiting = book.waiting_orders();
    let near = waiting.iter().filter(|order| !order.is_forced()).filter(is_near);
    let depth = shown + near.map(|order| u128::from(order.size.0)).sum::<u128>();
    // While liquidations feed on themselves the market takes half as much (risk.md 6.3, CB4).
    let throttled = facts::venue(&x.state, market).breakers.causes.any_of(Causes::FEEDBACK);
    let part = if throttled { 200 } else { 100 };
    let least = mul_div_ceil(LEAST, 1, holding.lot_value()).unsigned_abs();
    u64::try_from((15 * depth / part).max(least)).unwrap_or(u64::MAX)
}

/// The running 5 s, counted from the Unix epoch.
fn window(state: &State) -> u32 {
    u32::try_from(state.chain.time.0 / FORCED_WINDOW_MS).unwrap_or(u32::MAX)
}
