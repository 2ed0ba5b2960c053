//! LOBSTER message files: the level-1 events of one NASDAQ stock and day.
//!
//! Types: 1 a limit order arrives; 2 a part of one is cancelled; 3 one is deleted; 4 a visible one is
//! executed; 5 a hidden one is executed; 7 trading halts. `direction` is the side of the resting order.

use super::{Action, Builder, Contract, Flow};
use ballast_types::{PriceTicks, Side, SizeLots};
use serde::Deserialize;
use std::{collections::HashMap, io::Read};

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    kind: u8,
    order_id: u64,
    size: u64,
    price_x10000: i64,
    direction: i8,
}

struct Resting {
    price: PriceTicks,
    size: u64,
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
    builder.build(&Contract::cents("AMZN-USD"))
}

fn step(row: &Row, resting: &mut HashMap<u64, Resting>, builder: &mut Builder) {
    let Some(price) = u64::try_from(row.price_x10000).ok().filter(|p| *p > 0 && p.is_multiple_of(100)) else {
        return builder.drop("price is not a whole cent");
    };
    let price = PriceTicks(price / 100);
    let side = if row.direction == 1 { Side::Buy } else { Side::Sell };
    let id = row.order_id;
    match row.kind {
        1 => {
            resting.insert(id, Resting { price, size: row.size });
            builder.push(Action::Place { id, side, price, size: SizeLots(row.size) });
        }
        2 => match resting.get_mut(&id) {
            Some(order) if order.size > row.size => {
                order.size -= row.size;
                builder.push(Action::Replace { id, price: order.price, size: SizeLots(order.size) });
            }
            _ => builder.drop("reduces an order that the file never showed"),
        },
        3 => match resting.remove(&id) {
            Some(_) => builder.push(Action::Cancel { id }),
            None => builder.drop("cancels an order that the file never showed"),
        },
        4 => {
            if let Some(order) = resting.get_mut(&id) {
                order.size = order.size.saturating_sub(row.size);
                if order.size == 0 {
                    resting.remove(&id);
                }
            }
            builder.push(Action::Take { side: side.opposite(), price, size: SizeLots(row.size) });
        }
        5 => builder.drop("executes a hidden order"),
        _ => builder.drop("is not an order"),
    }
}
