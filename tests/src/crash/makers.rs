//! Makers: they quote around the price of the world, less and wider the more it moves, and no more than they can bear.

use super::{assumptions::Assumptions, crowd::Place, listing::half_spread, venue::Venue};
use crate::scan::stand;
use ballast_types::{
    AccountId, Address, CancelFilter, ClientId, MarketId, NewOrder, Operation, PriceTicks, Side, SizeLots,
    TimeInForce,
};

/// Prices on each side that a maker quotes.
const LEVELS: u32 = 6;
/// How far from the price the last of them lies.
const REACH: f64 = 0.01;
/// How many times what a maker has left he holds at most.
const MOST_LEVERAGE: f64 = 3.0;
/// Half-life of what a maker remembers of the price's moves, in ms.
const MEMORY_MS: f64 = 120_000.0;
/// How many times its ordinary move in a minute a price must make for makers to take half away.
const SHY: f64 = 10.0;

/// Somebody who quotes in one market.
#[derive(Clone, Copy, Debug)]
pub(super) struct Maker {
    pub(super) owner: Address,
    pub(super) account: AccountId,
}

/// How a market's price moves, as makers see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mood {
    /// Ordinary move of a minute.
    calm: f64,
    /// What it moved in a minute lately, on average.
    lately: f64,
}

impl Mood {
    pub(super) const fn of(calm: f64) -> Self {
        Self { calm, lately: calm }
    }

    /// After `ms` in which the price was one that had moved by `moved` in the minute before.
    pub(super) fn follow(&mut self, moved: f64, ms: u64) {
        let kept = 0.5_f64.powf(ms as f64 / MEMORY_MS);
        self.lately = kept * self.lately + (1.0 - kept) * moved.abs();
    }

    /// How many times the ordinary move it is, with [`SHY`] as 1.
    pub(super) fn stress(&self) -> f64 {
        (self.lately / self.calm / SHY).max(0.0)
    }
}

/// Quotes of all makers of a market.
pub(super) struct Desk {
    makers: Vec<Maker>,
    /// What they showed last: the price, the stress, and how many orders each had then.
    shown: Option<(f64, f64)>,
}

impl Desk {
    pub(super) const fn of(makers: Vec<Maker>) -> Self {
        Self { makers, shown: None }
    }

    /// All of them take away what they quoted, and then quote anew around `price`: so none trades with another's old quote.
    /// `depth` is what they show together on a side, in dollars. Nothing is done when little has changed since.
    pub(super) fn quote(&mut self, venue: &mut Venue, place: &Place, price: f64, depth: f64, stress: f64) {
        let half = half_spread(place.params.class) * (1.0 + stress);
        let is_near = |(was, then): (f64, f64)| {
            (price / was - 1.0).abs() < half / 4.0 && (stress - then).abs() < 0.1 * (1.0 + then)
        };
        let whole =
            |maker: &Maker| venue.exchange.orders_of(maker.account, place.id).len() >= LEVELS as usize;
        if self.shown.is_some_and(is_near) && self.makers.iter().all(whole) {
            return;
        }
        self.shown = Some((price, stress));
        for maker in &self.makers {
            let all = Operation::CancelAll(CancelFilter::market(place.id));
            venue.operate(maker.account, maker.owner, vec![all]);
        }
        let share = depth / self.makers.len() as f64;
        for (number, maker) in self.makers.iter().enumerate() {
            // Nobody quotes quite the same.
            let half = half * (1.0 + 0.2 * number as f64);
            let orders = quotes(venue, place, *maker, price, half, share);
            if !orders.is_empty() {
                venue.operate(maker.account, maker.owner, orders);
            }
        }
    }
}

/// What is shown in calm times and under stress, as a part of the open interest.
pub(super) fn depth(assumed: &Assumptions, stress: f64) -> f64 {
    assumed.depth * (1.0 / (1.0 + stress * stress)).max(assumed.depth_floor)
}

/// A maker's orders: as much as `share` dollars on each side, the more the further away, and less of what makes his
/// position larger.
fn quotes(venue: &Venue, place: &Place, maker: Maker, price: f64, half: f64, share: f64) -> Vec<Operation> {
    let state = &venue.exchange.state;
    let owned = state.accounts.get(maker.account.0).expect("a maker has an account");
    let summary = stand(state, owned);
    let equity = summary.equity as f64 / 1e6;
    let held = owned.positions.first().map_or(0, |position| position.size.0) as f64;
    let held = held * place.grid.lot * price;
    let most = MOST_LEVERAGE * equity;
    if summary.is_below_maintenance() || most <= 0.0 {
        return Vec::new();
    }
    let weights = f64::from(LEVELS * (LEVELS + 1) / 2);
    let mut orders = Vec::new();
    for side in [Side::Buy, Side::Sell] {
        let sign = if side == Side::Buy { -1.0 } else { 1.0 };
        // Long when he buys more, and so below zero for what shrinks it.
        let used = -sign * held / most;
        let willing = (1.0 - used).clamp(0.0, 1.0);
        for level in 0..LEVELS {
            let away = half + (REACH - half).max(half) * (f64::from(level) / f64::from(LEVELS - 1)).powf(1.5);
            let at = price * (1.0 + sign * away);
            let notional = share * willing * f64::from(level + 1) / weights;
            let lots = place.grid.lots(notional, price);
            if lots > 0 {
                orders.push(order(place.id, side, place.grid.ticks(at), lots, TimeInForce::PostOnly));
            }
        }
    }
    orders
}

/// Places an order without any options.
pub(super) const fn order(
    market: MarketId,
    side: Side,
    price: u64,
    lots: u64,
    how: TimeInForce,
) -> Operation {
    let order = NewOrder::plain(side, PriceTicks(price), SizeLots(lots), how, ClientId(0));
    Operation::Place { market, order }
}
