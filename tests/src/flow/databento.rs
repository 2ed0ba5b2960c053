//! Databento market-by-order files: every order event of one future.
//!
//! Actions: A an order arrives; C one is cancelled, whole or in part; M one is modified; T an aggressor
//! trades (its own side); F a resting order is filled, and a C for the same size follows; R the book is cleared.

use super::{Action, Builder, Contract, Flow};
use ballast_types::{PriceTicks, Side, SizeLots};
use serde::Deserialize;
use std::{collections::HashMap, io::Read};

#[derive(Deserialize)]
struct Row {
    action: char,
    side: char,
    price_e9: i64,
    size: u64,
    order_id: u64,
}

struct Resting {
    price: PriceTicks,
    size: u64,
    /// Filled at the venue; the cancel that reports it is still to come.
    filled: u64,
}

/// Reads the messages of one day.
pub(super) fn read<R: Read>(mut rows: csv::Reader<R>) -> eyre::Result<Flow> {
    let mut builder = Builder::new();
    let mut resting: HashMap<u64, Resting> = HashMap::new();
    for (row, place) in rows.deserialize().zip(0..) {
        let row: Row = row?;
        builder.at = place;
        step(&row, &mut resting, &mut builder);
    }
    builder.build(&Contract::cents("ES-USD"))
}

fn step(row: &Row, resting: &mut HashMap<u64, Resting>, builder: &mut Builder) {
    let side = match row.side {
        'B' => Side::Buy,
        'A' => Side::Sell,
        _ => return builder.drop("has no side"),
    };
    let Some(price) = u64::try_from(row.price_e9).ok().filter(|p| *p > 0 && p.is_multiple_of(10_000_000))
    else {
        return builder.drop("price is not a whole cent");
    };
    let (price, size, id) = (PriceTicks(price / 10_000_000), row.size, row.order_id);
    match row.action {
        'A' => {
            resting.insert(id, Resting { price, size, filled: 0 });
            builder.push(Action::Place { id, side, price, size: SizeLots(size) });
        }
        'M' => {
            resting.insert(id, Resting { price, size, filled: 0 });
            builder.push(Action::Replace { id, price, size: SizeLots(size) });
        }
        'C' => cancel(id, size, resting, builder),
        'T' => builder.push(Action::Take { side, price, size: SizeLots(size) }),
        'F' => {
            if let Some(order) = resting.get_mut(&id) {
                order.filled += size;
            }
            builder.drop("reports a fill that the aggressor's order makes here");
        }
        _ => builder.drop("is not an order"),
    }
}

/// A cancel takes an order away whole or in part, or only reports a fill that came before.
fn cancel(id: u64, size: u64, resting: &mut HashMap<u64, Resting>, builder: &mut Builder) {
    let Some(order) = resting.get_mut(&id) else {
        return builder.drop("cancels an order that the file never showed");
    };
    let reported = order.filled >= size;
    if reported {
        order.filled -= size;
    }
    order.size = order.size.saturating_sub(size);
    let (left, price) = (order.size, order.price);
    if left == 0 {
        resting.remove(&id);
    }
    match (reported, left) {
        (true, _) => builder.drop("reports a fill that the aggressor's order makes here"),
        (false, 0) => builder.push(Action::Cancel { id }),
        (false, _) => builder.push(Action::Replace { id, price, size: SizeLots(left) }),
    }
}
