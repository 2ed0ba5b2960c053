//! Those who trade at random, more of them selling while the price falls, and the backstop's way out of what it took over.

use super::{
    crowd::{Place, normal},
    makers::{Maker, order},
    venue::Venue,
};
use ballast_types::{
    AccountId, Address, ClientId, NewOrder, Operation, PriceTicks, Side, SizeLots, TimeInForce,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// How often one of them trades, a tick.
const OFTEN: f64 = 0.5;
/// How far into the book, as a part of the order band.
const FAR: f64 = 0.2;
/// How often the backstop sells, in ms.
const UNWIND_MS: u64 = 10_000;
/// How far from the price it sells at most.
const CONCESSION: f64 = 0.005;

/// One of `people` trades in a market, perhaps: `volume` dollars a tick on average. `lean` is by how much more sell than
/// buy, -1 to 1.
pub(super) fn trade(
    venue: &mut Venue,
    place: &Place,
    people: &[Maker],
    price: f64,
    volume: f64,
    lean: f64,
    random: &mut ChaCha8Rng,
) {
    // Always drawn, so that what one does not say changes nothing of what others do.
    let (comes, who, sells, size) = (
        random.random::<f64>(),
        random.random_range(0..people.len().max(1)),
        random.random::<f64>(),
        normal(random),
    );
    let Some(person) = people.get(who).filter(|_| comes < OFTEN) else { return };
    let side = if sells < 0.5 + lean / 2.0 { Side::Sell } else { Side::Buy };
    // The mean of exp of a standard normal is exp(1/2).
    let notional = volume / OFTEN * (size - 0.5).exp();
    let lots = place.grid.lots(notional, price);
    if lots == 0 {
        return;
    }
    let limit = limit(place, price, side, FAR * f64::from(place.params.order_band.0) / 1e6);
    let taken = order(place.id, side, limit, lots, TimeInForce::Ioc);
    venue.operate(person.account, person.owner, vec![taken]);
}

/// A backstop sells part of what it holds, now and then.
pub(super) fn unwind(
    venue: &mut Venue,
    places: &[Place],
    (backstop, owner): (AccountId, Address),
    part: f64,
    prices: &[f64],
) {
    if !venue.now.0.is_multiple_of(UNWIND_MS) || part <= 0.0 {
        return;
    }
    let part = part * UNWIND_MS as f64 / 60_000.0;
    let held = venue.exchange.state.accounts.get(backstop.0).map(|account| account.positions.clone());
    let close = |position: &ballast_state::Position| {
        let place = &places[usize::from(position.market.0)];
        let side = if position.size.0 > 0 { Side::Sell } else { Side::Buy };
        let lots = (position.size.abs().0 as f64 * part).ceil() as u64;
        let limit = limit(place, prices[usize::from(position.market.0)], side, CONCESSION);
        let plain = NewOrder::plain(side, PriceTicks(limit), SizeLots(lots), TimeInForce::Ioc, ClientId(0));
        Operation::Place { market: place.id, order: NewOrder { reduce_only: true, ..plain } }
    };
    let orders: Vec<Operation> = held.unwrap_or_default().iter().map(close).collect();
    if !orders.is_empty() {
        venue.operate(backstop, owner, orders);
    }
}

/// The worst price of an order of this side, in ticks.
pub(super) fn limit(place: &Place, price: f64, side: Side, away: f64) -> u64 {
    let sign = if side == Side::Buy { 1.0 } else { -1.0 };
    place.grid.ticks(price * (1.0 + sign * away))
}
