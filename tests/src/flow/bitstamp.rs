//! Bitstamp order events: every limit order of one market.
//!
//! `created` an order arrives, also one that trades at once; `changed` it is filled in part, `amount` is what is left;
//! `deleted` it is cancelled, or filled when `amount` is 0; `trade` tells of both orders once more. What was there before the first event is not told: an order
//! that met it is made as small as the file says.

use super::{Action, Builder, Contract, Flow, decimal};
use ballast_types::{PriceTicks, Side, SizeLots};
use serde::Deserialize;
use std::io::Read;

/// A lot is a ten thousandth of a coin; what amounts have below that is cut off.
pub(super) const SIZE_DECIMALS: u8 = 4;

#[derive(Deserialize)]
struct Row {
    recv_ms: u64,
    action: String,
    id: u64,
    side: String,
    price: String,
    amount: String,
}

/// Reads the events of one day.
pub(super) fn read<R: Read>(mut rows: csv::Reader<R>) -> eyre::Result<Flow> {
    let mut builder = Builder::new();
    for row in rows.deserialize() {
        let row: Row = row?;
        builder.at = row.recv_ms;
        step(&row, &mut builder);
    }
    builder.build(&Contract {
        symbol: "BTC-USD",
        price_decimals: 2,
        size_decimals: SIZE_DECIMALS,
        order_band: 1_000_000,
    })
}

fn step(row: &Row, builder: &mut Builder) {
    let side = if row.side == "bid" { Side::Buy } else { Side::Sell };
    let (Some(price), Some(size)) = (decimal(&row.price, 2), lots(&row.amount)) else {
        return builder.drop("price is not a whole cent");
    };
    let (id, price, open) = (row.id, PriceTicks(price), builder.shadow.open(row.id));
    match row.action.as_str() {
        "created" if size == SizeLots::ZERO => builder.drop("is smaller than a lot"),
        "created" => arrive(id, side, price, size, builder),
        "changed" if open > size && size > SizeLots::ZERO => {
            builder.push(Action::Replace { id, price, size })
        }
        "deleted" | "changed" if open > SizeLots::ZERO && size < open => builder.push(Action::Cancel { id }),
        "deleted" if open > SizeLots::ZERO => builder.push(Action::Cancel { id }),
        "deleted" | "changed" => {
            builder.drop("tells again what a trade did, or of an order that was never shown")
        }
        _ => builder.drop("tells of a trade, which its orders tell too"),
    }
}

/// Takes what it meets, as a taker, and rests what is left.
fn arrive(id: u64, side: Side, price: PriceTicks, size: SizeLots, builder: &mut Builder) {
    let met = builder.shadow.would_meet(side, price, size);
    if met > SizeLots::ZERO {
        builder.push(Action::Take { side, price, size: met });
    }
    if met < size {
        builder.push(Action::Place { id, side, price, size: SizeLots(size.0 - met.0) });
    }
}

/// An amount in whole lots, cut off.
pub(super) fn lots(amount: &str) -> Option<SizeLots> {
    decimal(amount, 8).map(|units| SizeLots(units / 10_u64.pow(8 - u32::from(SIZE_DECIMALS))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_crosses_takes_and_rests_what_is_left() {
        let text = "recv_ms,action,id,side,price,amount,exchange_s\n\
            1,created,1,ask,236.50,1.00000000,0\n\
            2,created,2,bid,236.50,1.50000000,0\n\
            2,deleted,1,ask,236.50,0.00000000,0\n\
            2,changed,2,bid,236.50,0.50000000,0\n\
            3,changed,2,bid,236.50,0.25009999,0\n\
            4,deleted,2,bid,236.50,0.25009999,0\n\
            5,created,3,bid,236.00,0.00001000,0\n\
            6,deleted,9,ask,236.47,0.00000000,0\n";
        let flow = read(csv::Reader::from_reader(text.as_bytes())).expect("the rows are sound");
        let price = PriceTicks(23_650);
        assert_eq!(
            flow.actions,
            [
                Action::Place { id: 1, side: Side::Sell, price, size: SizeLots(10_000) },
                Action::Take { side: Side::Buy, price, size: SizeLots(10_000) },
                Action::Place { id: 2, side: Side::Buy, price, size: SizeLots(5_000) },
                // It met somebody who was there before the file began.
                Action::Replace { id: 2, price, size: SizeLots(2_500) },
                Action::Cancel { id: 2 },
            ]
        );
        assert_eq!(flow.at, [1, 2, 2, 3, 4]);
        assert_eq!(flow.dropped.values().sum::<u64>(), 4);
    }
}
