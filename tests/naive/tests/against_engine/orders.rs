//! Random steps of order entry.

use ballast_types::{
    AccountId, Address, CancelFilter, ClientId, MarketId, Millis, NewOrder, Operation, Order, OrderId,
    PriceTicks, SelfTrade, Side, SizeLots, TimeInForce,
};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{edge, pair::Pair, silos, waiting};

/// One step of the account.
pub(crate) fn operation(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId, signer: Address) -> Operation {
    let drawn = market(rng);
    let market = silos::reachable(pair, rng, account, drawn);
    match rng.random_range(0..100) {
        0..58 => Operation::Place { market, order: new_order(pair, rng, account, market) },
        58..62 => {
            let order = new_order(pair, rng, account, market);
            Operation::Place { market, order: edge::largest(pair, rng, account, market, order) }
        }
        62..72 => Operation::Cancel { market, order: some_order(pair, rng, account, market) },
        72..80 => {
            let order = some_order(pair, rng, account, market);
            Operation::Replace { market, order, new: new_order(pair, rng, account, market) }
        }
        80..88 => smaller(pair, rng, account, market),
        88..91 => Operation::CancelClient { market, client: waiting::client(pair, rng, account) },
        91..95 => Operation::CancelAll(filter(pair, rng, account, signer)),
        95..97 => Operation::SetLeverage { market, leverage: rng.random_range(0..12) },
        _ => Operation::ScheduleCancel { at: schedule(pair, rng) },
    }
}

pub(crate) fn market(rng: &mut ChaCha8Rng) -> MarketId {
    MarketId(match rng.random_range(0..200) {
        0..120 => 0,
        120..198 => 1,
        198 => 2,
        _ => 3,
    })
}

fn schedule(pair: &Pair, rng: &mut ChaCha8Rng) -> Option<Millis> {
    match rng.random_range(0..10) {
        0..4 => None,
        4 => Some(Millis(pair.time)),
        5 => Some(Millis(pair.time - 1)),
        _ => Some(Millis(pair.time + rng.random_range(1..4_000))),
    }
}

fn filter(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId, signer: Address) -> CancelFilter {
    let sessions = pair.naive.accounts.get(account.0 as usize).map(|account| &account.sessions);
    let keys: Vec<Address> = sessions.into_iter().flat_map(|sessions| sessions.keys().copied()).collect();
    let key = match rng.random_range(0..6) {
        0..3 => None,
        3 => Some(signer),
        4 => Some(keys.choose(rng).copied().unwrap_or(signer)),
        _ => Some(Address::repeat_byte(rng.random_range(99..113))),
    };
    CancelFilter {
        market: rng.random_ratio(1, 2).then(|| market(rng)),
        side: rng.random_ratio(1, 2).then(|| side(rng)),
        key,
    }
}

fn side(rng: &mut ChaCha8Rng) -> Side {
    if rng.random() { Side::Buy } else { Side::Sell }
}

/// Orders of the account in the market.
fn own(pair: &Pair, account: AccountId, market: MarketId) -> Vec<Order> {
    let market = pair.naive.markets.get(usize::from(market.0));
    let orders = market.into_iter().flat_map(|market| market.orders.iter());
    let mut own: Vec<Order> = orders.filter(|order| order.account == account).copied().collect();
    own.sort_by_key(|order| order.id);
    own
}

/// Some resting order, mostly the account's own.
fn some_order(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId, market: MarketId) -> OrderId {
    let any = pair.naive.markets.get(usize::from(market.0)).and_then(|market| market.orders.choose(rng));
    if rng.random_ratio(1, 20) {
        return any.map_or(OrderId(5), |order| order.id);
    }
    if rng.random_ratio(1, 3)
        && let Some(order) = waiting::entry(pair, rng, account, market)
    {
        return order;
    }
    own(pair, account, market).choose(rng).map_or(OrderId(5), |order| order.id)
}

/// An order of the account with less size, as its trader would say it, or nearly so.
fn smaller(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId, market: MarketId) -> Operation {
    let Some(order) = own(pair, account, market).choose(rng).copied() else {
        return Operation::Cancel { market, order: OrderId(9) };
    };
    let open = order.open().0;
    let mut new = NewOrder {
        good_until: order.good_until,
        reduce_only: order.reduce_only,
        display: order.iceberg.map(|iceberg| iceberg.display),
        client: if rng.random_ratio(1, 4) { ClientId(0) } else { order.client },
        ..NewOrder::plain(order.side, order.price, SizeLots(open), TimeInForce::Gtc, ClientId(0))
    };
    new.size = SizeLots(match rng.random_range(0..12) {
        0 => open,
        1 => open + 1,
        2 => 0,
        3 => 1,
        _ => rng.random_range(1..=open),
    });
    match rng.random_range(0..16) {
        0 => new.display = Some(SizeLots(3)),
        7 => new.display = Some(SizeLots(open)),
        1 => new.good_until = Some(Millis(pair.time + 500)),
        2 => new.reduce_only = !new.reduce_only,
        3 => new.time_in_force = TimeInForce::PostOnly,
        4 => new.time_in_force = TimeInForce::Ioc,
        5 => new.client = ClientId(rng.random_range(0..7)),
        6 => new.display = None,
        _ => {}
    }
    Operation::Replace { market, order: order.id, new }
}

/// An order near the price.
pub(crate) fn new_order(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId, market: MarketId) -> NewOrder {
    let mark = pair.naive.markets.get(usize::from(market.0)).map_or(0, |market| market.mark).max(1);
    let mark = u64::try_from(mark).expect("a price");
    let position =
        pair.naive.accounts.get(account.0 as usize).and_then(|account| account.positions.get(&market));
    let q = position.map_or(0, |position| i64::try_from(position.size).expect("2^46"));
    let reduce_only = rng.random_ratio(1, 6);
    let closing = q != 0 && rng.random_ratio(if reduce_only { 8 } else { 3 }, 10);
    let side = match (closing, q > 0) {
        (true, true) => Side::Sell,
        (true, false) => Side::Buy,
        _ => side(rng),
    };
    let best = opposite_best(pair, market, side);
    let price = match best {
        Some(best) if rng.random_ratio(1, 3) => (best + rng.random_range(0..3)).saturating_sub(1),
        _ => price(rng, mark),
    };
    let size =
        if closing && rng.random_ratio(1, 2) { near(rng, q.unsigned_abs()) } else { size(pair, rng, mark) };
    let time_in_force = match rng.random_range(0..20) {
        0..11 => TimeInForce::Gtc,
        11..14 => TimeInForce::Ioc,
        14..16 => TimeInForce::Fok,
        16..18 => TimeInForce::PostOnly,
        _ => TimeInForce::PostOnlySlide,
    };
    let rests = !matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok) || rng.random_ratio(1, 40);
    let mut order = NewOrder {
        reduce_only,
        self_trade: *[
            SelfTrade::CancelMaker,
            SelfTrade::CancelTaker,
            SelfTrade::CancelBoth,
            SelfTrade::Decrement,
        ]
        .choose(rng)
        .expect("four modes"),
        ..NewOrder::plain(side, PriceTicks(price), SizeLots(size), time_in_force, ClientId(0))
    };
    if rests && rng.random_ratio(1, 5) {
        order.good_until = Some(Millis(pair.time + rng.random_range(0..2_500)));
        if rng.random_ratio(1, 15) {
            order.good_until = Some(Millis(pair.time - 1));
        }
    }
    if rests && rng.random_ratio(1, 4) {
        let part = rng.random_range(1..7);
        order.display = Some(SizeLots((size / part).max(1)));
        if rng.random_ratio(1, 20) {
            order.display = Some(SizeLots(if part < 3 { 0 } else { size + 1 }));
        }
    }
    if rng.random_ratio(2, 5) {
        order.client = ClientId(rng.random_range(0..7));
    }
    order
}

/// The best price of the orders that one of `side` would meet.
fn opposite_best(pair: &Pair, market: MarketId, side: Side) -> Option<u64> {
    let market = pair.naive.markets.get(usize::from(market.0))?;
    market.depth(side.opposite()).first().map(|(price, _, _)| *price)
}

fn price(rng: &mut ChaCha8Rng, mark: u64) -> u64 {
    match rng.random_range(0..120) {
        0 => 0,
        1 => (1 << 40) + 1,
        2..5 => (mark * 21 / 20 + rng.random_range(0..3)).saturating_sub(1),
        5..8 => (mark * 19 / 20 + rng.random_range(0..3)).saturating_sub(1),
        8..20 => mark * rng.random_range(960..1_040) / 1_000,
        _ => {
            let most = (mark / 2 + 1).min(6);
            (mark + rng.random_range(0..=2 * most)).saturating_sub(most)
        }
    }
}

/// Mostly sizes of tens to hundreds of USDC at this price and a kappa of 1, times the scale; in lots.
fn size(pair: &Pair, rng: &mut ChaCha8Rng, mark: u64) -> u64 {
    let unit = 50_000_000 / mark.max(1) * pair.setting.scale;
    let size = match rng.random_range(0..100) {
        0 => 0,
        1 => (1 << 46) + 1,
        2 => 1 << 46,
        3..10 => rng.random_range(1..10),
        10..40 => rng.random_range(1..6) * unit,
        40..45 => rng.random_range(1..=20 * unit),
        _ => rng.random_range(1..=3 * unit),
    };
    if size > 1 << 46 && rng.random_ratio(9, 10) { size % (1 << 46) } else { size }
}

/// The size, or a bit more or less.
fn near(rng: &mut ChaCha8Rng, size: u64) -> u64 {
    match rng.random_range(0..4) {
        0 => size + rng.random_range(0..100),
        1 => rng.random_range(1..=size),
        _ => size,
    }
}

/// An order of a few lots within a few ticks of 1,000.
pub(crate) fn small(rng: &mut ChaCha8Rng, market: MarketId) -> Operation {
    let (price, size) = (PriceTicks(rng.random_range(996..1_005)), SizeLots(rng.random_range(1..9)));
    let order = NewOrder::plain(side(rng), price, size, TimeInForce::Gtc, ClientId(0));
    Operation::Place { market, order }
}
