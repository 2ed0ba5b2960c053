//! Makes a clearing a fact and tells it, in the order in which it happens.

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_book::auction::Clearing;
use ballast_types::{Event, MarketId, Order, OrderId, PriceTicks, RemovalReason, SizeLots};

use super::{
    field::Field,
    trial::{Filled, Pair, Trial},
};
use crate::{
    cancel_order::{reduced, removed},
    exchange::Exchange,
};

/// Netting, then fills. Nothing of it can fail.
pub(super) fn carry_out(
    x: &mut Exchange,
    field: &Field,
    clearing: &Clearing,
    trial: Trial,
    told: &mut Vec<Event>,
) {
    let market = field.market;
    for (lots, reserve_left) in clearing.netted.iter().zip(&trial.netted) {
        let book = x.books.at_mut(market);
        let order = book.get(lots.id).expect("an order that takes part is in the book");
        if lots.size == order.open() {
            book.remove(order.id);
            told.push(removed(market, &order, RemovalReason::SelfTrade));
        } else {
            let left = SizeLots(order.open().0 - lots.size.0);
            let after = book.reduce(order.id, left, *reserve_left);
            told.push(reduced(market, &after, lots.size, RemovalReason::SelfTrade));
        }
    }
    if let Some(cross) = &clearing.cross {
        fill(x, field, cross.price, &trial, told);
    }
    for standing in trial.standings.values() {
        standing.write(&mut x.state, market);
    }
    let totals = trial.totals.expect("what is carried out is within bounds");
    totals.write(&mut x.state, market);
    if trial.pairs.iter().any(|pair| field.orders[&pair.taker].order.is_forced()) {
        trial.forced.settle(&mut x.state, market);
    }
    x.sync_venue(market);
}

/// Tells every pair. An order whose last pair this is, is filled in the book with all that it trades: the maker first.
fn fill(x: &mut Exchange, field: &Field, price: PriceTicks, trial: &Trial, told: &mut Vec<Event>) {
    let market = field.market;
    let mut to_come: BTreeMap<OrderId, SizeLots> =
        trial.filled.iter().map(|(id, filled)| (*id, filled.size)).collect();
    for pair in &trial.pairs {
        let [maker, taker] = [pair.maker, pair.taker].map(|id| {
            let left = to_come.get_mut(&id).expect("a pair is of orders that trade");
            left.0 -= pair.size.0;
            (x.books.at(market).get(id).expect("it is filled when it is done"), *left)
        });
        let done = trial.filled[&pair.maker].size.0 - maker.1.0;
        let maker_left = SizeLots(maker.0.open().0 - done);
        told.push(fill_event(market, price, pair, &maker.0, &taker.0, maker_left));
        for (order, left) in [maker, taker] {
            if left == SizeLots::ZERO {
                settle(x, market, &order, &trial.filled[&order.id], told);
            }
        }
    }
}

/// Fills an order in the book; what is gone, or has nothing left to close, leaves.
fn settle(x: &mut Exchange, market: MarketId, order: &Order, filled: &Filled, told: &mut Vec<Event>) {
    let book = x.books.at_mut(market);
    let Filled { size, reserve_left, is_spent } = *filled;
    let after = match order.waits {
        Some(_) => book.fill_waiting(order.id, size, reserve_left),
        None => book.fill(order.id, size, reserve_left),
    };
    if after.open() == SizeLots::ZERO {
        told.push(removed(market, &after, RemovalReason::Filled));
    } else if is_spent {
        let rest = book.remove(order.id).expect("something is left of it");
        told.push(removed(market, &rest, RemovalReason::ReduceOnly));
    }
}

const fn fill_event(
    market: MarketId,
    price: PriceTicks,
    pair: &Pair,
    maker: &Order,
    taker: &Order,
    maker_left: SizeLots,
) -> Event {
    Event::Fill {
        market,
        price,
        size: pair.size,
        taker_side: taker.side,
        taker: taker.account,
        taker_order: taker.id,
        taker_client: taker.client,
        taker_fee: pair.taker_fee,
        maker: maker.account,
        maker_order: maker.id,
        maker_client: maker.client,
        maker_fee: pair.maker_fee,
        maker_left,
    }
}
