//! The answer to order entry tells what became of every step.

use crate::support::*;
use ballast_node::wire::OrderEntryAnswer;
use ballast_types::*;

fn order(side: Side, price: u64, size: u64, time_in_force: TimeInForce) -> NewOrder {
    NewOrder::plain(side, PriceTicks(price), SizeLots(size), time_in_force, ClientId(0))
}

fn enter(rig: &Rig, who: u8, nonce: u64, operations: Vec<Operation>) -> OrderEntryAnswer {
    let ack = rig.accept(rig.operations(&key(1 + who), who.into(), nonce, operations));
    OrderEntryAnswer::from(&ack)
}

#[test]
fn every_step_has_its_own_result_whatever_its_neighbours_do() {
    let rig = Rig::trading();
    let maker = enter(&rig, 1, 0, vec![place(Side::Sell, 500_000, 10), place(Side::Sell, 500_100, 10)]);
    let makers: Vec<_> = maker.results.iter().filter_map(|result| result.order_id).collect();
    let first = enter(&rig, 0, 0, vec![place(Side::Buy, 490_000, 1), place(Side::Buy, 490_000, 2)]);
    let ids: Vec<_> =
        first.results.iter().map(|result| OrderId(result.order_id.expect("placed").0)).collect();
    let market = MARKET;
    let answer = enter(
        &rig,
        0,
        1,
        vec![
            Operation::Place { market, order: order(Side::Buy, 500_000, 4, TimeInForce::Gtc) },
            Operation::Replace { market, order: ids[0], new: order(Side::Buy, 500_100, 7, TimeInForce::Gtc) },
            Operation::Replace { market, order: ids[0], new: order(Side::Buy, 490_000, 7, TimeInForce::Gtc) },
            Operation::Cancel { market, order: ids[1] },
            Operation::Cancel { market, order: ids[1] },
            Operation::Place { market, order: order(Side::Buy, 500_100, 50, TimeInForce::Ioc) },
            Operation::Place { market, order: order(Side::Buy, 490_000, 3, TimeInForce::PostOnly) },
            Operation::CancelAll(CancelFilter::market(market)),
            Operation::CancelAll(CancelFilter::ALL),
        ],
    );
    let results = &answer.results;
    assert_eq!((answer.status.as_str(), results.len()), ("accepted", 9));
    let sizes = |at: usize| (results[at].filled_size, results[at].resting_size, results[at].cancelled_size);
    assert_eq!(sizes(0), (Some(4), Some(0), None));
    assert_eq!(sizes(1), (Some(7), Some(0), None), "six at the first price, one at the second");
    let fills: Vec<_> =
        results[1].fills.iter().map(|fill| (fill.price, fill.size, fill.maker_order_id)).collect();
    assert_eq!(fills, [(500_000, 6, makers[0]), (500_100, 1, makers[1])]);
    let code = |at: usize| results[at].rejection.as_ref().map(|rejection| rejection.code);
    assert_eq!((code(2), code(4)), (Some(3002), Some(3002)));
    assert_eq!((results[3].accepted, sizes(3).2), (true, Some(2)));
    assert_eq!(sizes(5), (Some(9), Some(0), Some(41)));
    assert_eq!(sizes(6), (Some(0), Some(3), None));
    assert_eq!((results[7].cancelled_orders, results[8].cancelled_orders), (Some(1), Some(0)));
}
