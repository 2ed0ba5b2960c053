//! Binance perpetuals: every change of a price level, and every trade.
//!
//! The file tells sizes of levels, not orders. So each level is one order of a maker of its own: a size that is set
//! places it, replaces it or, when it is 0, cancels it; a trade is an order that takes. What a trade took off a level is
//! told again by the level's next size, and then nothing is left to do.
//!
//! `set` is a change of a level, `id` the update that it belongs to; `snap` a level of a snapshot, `id` the last update
//! that it has in it, so that what came before it is dropped; `trade` is of the side that took.

use super::{Action, Builder, Contract, Flow, decimal};
use ballast_types::{PriceTicks, Side, SizeLots};
use serde::Deserialize;
use std::{collections::HashMap, io::Read};

#[derive(Deserialize)]
struct Row {
    local_ns: u64,
    what: What,
    side: char,
    price: String,
    qty: String,
    id: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Set,
    Snap,
    Trade,
}

/// Prices have one decimal. A lot is a thousandth of a coin, or one contract where those are traded: it is inverse
/// there and linear here.
pub(super) fn read<R: Read>(mut rows: csv::Reader<R>, coin_margined: bool) -> eyre::Result<Flow> {
    let symbol = if coin_margined { "BTCPERP-USD" } else { "BTC-USD" };
    let contract = Contract { symbol, price_decimals: 1, size_decimals: 3, order_band: 1_000_000 };
    let lot_decimals = if coin_margined { 0 } else { 3 };
    let mut rows = rows.deserialize().collect::<Result<Vec<Row>, _>>()?;
    let (mut builder, mut levels) = (Builder::new(), Levels::default());
    // Of the levels that one update sets, those that shrink come first: in no other order are they a book.
    rows.sort_by_key(|row| (row.local_ns, row.what != What::Set || !is_zero(&row.qty)));
    let snapshot = rows.iter().find(|row| row.what == What::Snap).map_or(0, |row| row.id);
    for row in &rows {
        let side = if matches!(row.side, 'b') { Side::Buy } else { Side::Sell };
        let (Some(price), Some(size)) = (decimal(&row.price, 1), decimal(&row.qty, lot_decimals)) else {
            builder.drop("price or size is no multiple of its step");
            continue;
        };
        builder.at = row.local_ns;
        match row.what {
            What::Trade => {
                builder.push(Action::Take { side, price: PriceTicks(price), size: SizeLots(size) })
            }
            What::Set if row.id <= snapshot => builder.drop("is older than the snapshot"),
            What::Set | What::Snap => levels.set(side, PriceTicks(price), SizeLots(size), &mut builder),
        }
    }
    builder.build(&contract)
}

fn is_zero(decimal: &str) -> bool {
    decimal.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// The order that each level is: every one that is placed has a number of its own.
#[derive(Default)]
struct Levels {
    order: HashMap<(bool, PriceTicks), u64>,
    placed: u64,
}

impl Levels {
    fn set(&mut self, side: Side, price: PriceTicks, size: SizeLots, builder: &mut Builder) {
        let level = (side == Side::Sell, price);
        let known = self.order.get(&level).copied().unwrap_or_default();
        let open = builder.shadow.open(known);
        if open == size {
            return builder.drop("tells again what a trade did");
        }
        if size == SizeLots::ZERO {
            return builder.push(Action::Cancel { id: known });
        }
        if open > SizeLots::ZERO {
            return builder.push(Action::Replace { id: known, price, size });
        }
        // The venue's book is never crossed: what stands in the way is gone there, and told later.
        for gone in builder.shadow.in_the_way(side, price) {
            builder.push(Action::Cancel { id: gone });
        }
        self.placed += 1;
        self.order.insert(level, self.placed);
        builder.push(Action::Place { id: self.placed, side, price, size });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_become_orders_and_trades_takers() {
        let text = "local_ns,what,side,price,qty,id\n\
            1,set,b,99.0,5.000,10\n\
            2,snap,b,100.0,1.000,20\n\
            2,snap,a,100.5,2.000,20\n\
            3,trade,b,100.50,0.500,1\n\
            4,set,a,100.5,1.500,21\n\
            5,set,a,100.5,0.000,22\n\
            5,set,b,100.0,0.250,22\n\
            6,set,b,100.7,0.001,23\n\
            6,set,a,100.6,0.002,23\n\
            7,set,b,100.75,0.002,24\n";
        let flow = read(csv::Reader::from_reader(text.as_bytes()), false).expect("the rows are sound");
        let place = |id, side, price, size| Action::Place {
            id,
            side,
            price: PriceTicks(price),
            size: SizeLots(size),
        };
        assert_eq!(
            flow.actions,
            [
                place(1, Side::Buy, 1_000, 1_000),
                place(2, Side::Sell, 1_005, 2_000),
                Action::Take { side: Side::Buy, price: PriceTicks(1_005), size: SizeLots(500) },
                Action::Cancel { id: 2 },
                Action::Replace { id: 1, price: PriceTicks(1_000), size: SizeLots(250) },
                place(3, Side::Buy, 1_007, 1),
                // A bid at 100.7 and an ask at 100.6 cannot both be there.
                Action::Cancel { id: 3 },
                place(4, Side::Sell, 1_006, 2),
            ]
        );
        let dropped: Vec<_> = flow.dropped.into_iter().collect();
        assert_eq!(
            dropped,
            [
                ("is older than the snapshot", 1),
                ("price or size is no multiple of its step", 1),
                ("tells again what a trade did", 1)
            ]
        );
    }
}
