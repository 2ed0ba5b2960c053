//! Brackets, one that cancels the other, and parts of a TWAP order: what streams meet, step by step.

use ballast_types::{
    AccountId, CancelFilter, ClientId, ConditionalId, Direction, Event, Link, LinkKind, MarketId, Millis,
    NewOrder, Operation, OrderId, Outcome, PriceSource, PriceTicks, RejectCode, RemovalReason, Seq, Side,
    SizeLots, Status, SystemCommand, TimeInForce, Trigger,
};

use crate::{inputs, pair::Pair, reports::all_report, settings::ordinary};

const MARKET: MarketId = MarketId(0);
const TRADER: AccountId = AccountId(0);
const OTHER: AccountId = AccountId(1);
const PRICE: u64 = 1_000;

fn begin() -> Pair {
    let mut pair = Pair::new(ordinary());
    inputs::begin(&mut pair);
    pair
}

fn order(side: Side, price: u64, size: u64, time_in_force: TimeInForce) -> NewOrder {
    NewOrder::plain(side, PriceTicks(price), SizeLots(size), time_in_force, ClientId(0))
}

fn bid(price: u64, size: u64) -> NewOrder {
    order(Side::Buy, price, size, TimeInForce::Gtc)
}

fn ask(price: u64, size: u64) -> NewOrder {
    order(Side::Sell, price, size, TimeInForce::Gtc)
}

fn place(order: NewOrder) -> Operation {
    Operation::Place { market: MARKET, order }
}

fn waits(order: NewOrder, trigger: Trigger, link: Option<(u8, LinkKind)>) -> Operation {
    let link = link.map(|(step, kind)| Link { step, kind });
    Operation::PlaceConditional { market: MARKET, order, trigger, link }
}

fn falls_to(level: u64) -> Trigger {
    Trigger::Price { source: PriceSource::Mark, direction: Direction::Below, level: PriceTicks(level) }
}

fn parts(pair: &Pair, slices: u16) -> Trigger {
    Trigger::Time { at: Millis(pair.time), slices, interval: 1_000 }
}

/// Closes at any price.
fn close(size: u64) -> NewOrder {
    NewOrder { reduce_only: true, ..order(Side::Sell, 1, size, TimeInForce::Ioc) }
}

/// An entry, a target that is placed when it has opened, and a stop.
fn bracket(entry: NewOrder) -> Vec<Operation> {
    let target = NewOrder { reduce_only: true, ..ask(PRICE + 10, 1_000) };
    vec![
        place(entry),
        waits(target, Trigger::Opened, Some((0, LinkKind::After))),
        waits(close(1_000), falls_to(PRICE - 10), Some((0, LinkKind::After))),
    ]
}

fn id(seq: Seq, step: u8) -> ConditionalId {
    ConditionalId::new(seq, step)
}

fn resting(pair: &Pair) -> Vec<(OrderId, u64)> {
    let orders = pair.naive.markets[0].orders.iter();
    orders.filter(|order| order.account == TRADER).map(|order| (order.id, order.open().0)).collect()
}

fn waiting(pair: &Pair) -> Vec<(ConditionalId, u64)> {
    let all = pair.naive.accounts[0].conditionals.values();
    all.map(|it| (it.id, it.order.size.0)).collect()
}

fn fire(pair: &mut Pair, ids: &[ConditionalId]) -> Outcome {
    pair.system(SystemCommand::Fire { conditionals: ids.iter().map(|id| (TRADER, *id)).collect() })
}

fn is_refused(outcome: &Outcome, code: RejectCode) -> bool {
    matches!(outcome.status, Status::Rejected(rejection) if rejection.code == code)
}

fn removals(outcome: &Outcome) -> Vec<(ConditionalId, RemovalReason)> {
    let removed = outcome.events.iter().filter_map(|event| match *event {
        Event::ConditionalRemoved { conditional, reason, .. } => Some((conditional, reason)),
        _ => None,
    });
    removed.collect()
}

fn refusals(outcome: &Outcome) -> Vec<RejectCode> {
    let refused = outcome.events.iter().filter_map(|event| match event {
        Event::OperationRejected { rejection, .. } => Some(rejection.code),
        _ => None,
    });
    refused.collect()
}

#[test]
fn a_bracket_opens_in_parts_and_its_target_takes_from_its_stop() {
    let mut pair = begin();
    pair.operate(TRADER, bracket(bid(PRICE - 1, 1_000)));
    let (target, stop) = (id(pair.inputs(), 1), id(pair.inputs(), 2));
    assert!(is_refused(&fire(&mut pair, &[target, stop]), RejectCode::NothingDue));
    pair.operate(OTHER, vec![place(ask(PRICE - 1, 300))]);
    assert!(is_refused(&fire(&mut pair, &[target, stop]), RejectCode::NothingDue), "the entry is open");
    pair.operate(OTHER, vec![place(ask(PRICE - 1, 700))]);
    fire(&mut pair, &[stop, target]);
    assert_eq!(waiting(&pair), [(stop, 1_000)]);
    pair.operate(OTHER, vec![place(bid(PRICE + 10, 400))]);
    assert_eq!(waiting(&pair), [(stop, 600)]);
    pair.operate(OTHER, vec![place(bid(PRICE - 20, 5_000))]);
    all_report(&mut pair, MARKET, PRICE - 10);
    fire(&mut pair, &[stop]);
    assert_eq!((waiting(&pair), resting(&pair)), (vec![], vec![]));
}

#[test]
fn a_stop_of_a_bracket_that_opened_in_part_closes_that_part() {
    let mut pair = begin();
    pair.operate(TRADER, bracket(bid(PRICE - 1, 1_000)));
    let (target, stop) = (id(pair.inputs(), 1), id(pair.inputs(), 2));
    pair.operate(OTHER, vec![place(ask(PRICE - 1, 300)), place(bid(PRICE - 20, 5_000))]);
    all_report(&mut pair, MARKET, PRICE - 10);
    let outcome = fire(&mut pair, &[target, stop]);
    assert_eq!(removals(&outcome), [(target, RemovalReason::OneCancelsOther)]);
    assert_eq!((resting(&pair), pair.naive.accounts[0].positions.len()), (vec![], 0));
}

#[test]
fn what_waits_follows_an_entry_that_is_replaced_and_trades_at_once() {
    let mut pair = begin();
    pair.operate(TRADER, bracket(bid(PRICE - 5, 1_000)));
    let (target, stop) = (id(pair.inputs(), 1), id(pair.inputs(), 2));
    pair.operate(OTHER, vec![place(ask(PRICE, 250))]);
    let (entry, _) = resting(&pair)[0];
    let new = order(Side::Buy, PRICE, 800, TimeInForce::Ioc);
    pair.operate(TRADER, vec![Operation::Replace { market: MARKET, order: entry, new }]);
    assert_eq!(waiting(&pair), [(target, 250), (stop, 250)]);
}

#[test]
fn what_is_linked_to_a_replacement_joins_those_of_the_order_replaced() {
    let mut pair = begin();
    pair.operate(TRADER, bracket(bid(PRICE - 5, 1_000)));
    let (target, stop) = (id(pair.inputs(), 1), id(pair.inputs(), 2));
    let (order, _) = resting(&pair)[0];
    let replace = Operation::Replace { market: MARKET, order, new: bid(PRICE - 4, 900) };
    let link = |kind| Some((0, kind));
    let outcome = pair.operate(
        TRADER,
        vec![
            replace,
            waits(close(50), falls_to(PRICE - 30), link(LinkKind::After)),
            waits(close(60), falls_to(PRICE - 40), link(LinkKind::Beside)),
            waits(close(70), Trigger::Opened, link(LinkKind::After)),
        ],
    );
    assert_eq!(refusals(&outcome), [RejectCode::InvalidTrigger; 2]);
    let third = id(pair.inputs(), 1);
    assert_eq!(pair.naive.accounts[0].groups.len(), 1);
    let outcome = pair.operate(
        TRADER,
        vec![Operation::CancelAll(CancelFilter { side: Some(Side::Buy), ..CancelFilter::ALL })],
    );
    let gone = RemovalReason::NotOpened;
    assert_eq!(removals(&outcome), [(target, gone), (stop, gone), (third, gone)]);
}

#[test]
fn links_to_a_step_whose_order_was_replaced_find_it_gone() {
    let mut pair = begin();
    let next = OrderId(pair.naive.markets[0].next_arrival << 21);
    let outcome = pair.operate(
        TRADER,
        vec![
            place(bid(PRICE - 5, 1_000)),
            waits(close(100), falls_to(PRICE - 30), Some((0, LinkKind::Beside))),
            Operation::Replace { market: MARKET, order: next, new: bid(PRICE - 4, 900) },
            waits(close(200), falls_to(PRICE - 40), Some((0, LinkKind::Beside))),
            waits(close(300), falls_to(PRICE - 40), Some((0, LinkKind::After))),
            waits(close(400), falls_to(PRICE - 40), Some((2, LinkKind::Beside))),
        ],
    );
    assert_eq!(refusals(&outcome), [RejectCode::NotLinked; 2]);
    assert_eq!((waiting(&pair).len(), pair.naive.accounts[0].groups.len()), (2, 1));
}

#[test]
fn of_two_that_are_linked_an_order_takes_from_the_other_until_nothing_is_left() {
    let mut pair = begin();
    pair.operate(OTHER, vec![place(bid(PRICE + 1, 100))]);
    pair.operate(
        TRADER,
        vec![
            place(ask(PRICE + 1, 1_000)),
            waits(ask(PRICE - 30, 700), falls_to(PRICE - 30), Some((0, LinkKind::Beside))),
            waits(ask(PRICE - 30, 100), falls_to(PRICE - 30), Some((0, LinkKind::Beside))),
            waits(ask(PRICE - 30, 500), falls_to(PRICE - 31), Some((1, LinkKind::Beside))),
        ],
    );
    let ids = [id(pair.inputs(), 1), id(pair.inputs(), 3)];
    assert_eq!(waiting(&pair), [(ids[0], 600), (ids[1], 500)], "the third had nothing left");
    pair.operate(OTHER, vec![place(bid(PRICE + 1, 150))]);
    assert_eq!(waiting(&pair), [(ids[0], 450), (ids[1], 350)]);
    let outcome = pair.operate(OTHER, vec![place(bid(PRICE + 1, 400))]);
    assert_eq!(removals(&outcome), [(ids[1], RemovalReason::OneCancelsOther)]);
    pair.operate(OTHER, vec![place(bid(PRICE + 1, 350))]);
    assert_eq!((waiting(&pair), resting(&pair)), (vec![], vec![]));
}

/// Who takes and who makes may both have something linked to their orders.
#[test]
fn a_fill_takes_from_those_of_the_taker_before_those_of_the_maker() {
    let mut pair = begin();
    let linked =
        |order| vec![place(order), waits(close(900), falls_to(PRICE - 30), Some((0, LinkKind::Beside)))];
    pair.operate(OTHER, linked(ask(PRICE + 5, 500)));
    let of_maker = id(pair.inputs(), 1);
    pair.operate(TRADER, linked(bid(PRICE - 5, 500)));
    let of_taker = id(pair.inputs(), 1);
    let (order, _) = resting(&pair)[0];
    let new = bid(PRICE + 5, 300);
    let outcome = pair.operate(TRADER, vec![Operation::Replace { market: MARKET, order, new }]);
    let reduced = outcome.events.iter().filter_map(|event| match *event {
        Event::ConditionalReduced { conditional, .. } => Some(conditional),
        _ => None,
    });
    assert_eq!(reduced.collect::<Vec<_>>(), [of_taker, of_maker]);
}

#[test]
fn a_twap_order_carries_over_what_did_not_trade_and_loses_what_its_last_part_did_not() {
    let mut pair = begin();
    let buy = order(Side::Buy, PRICE * 2, 10, TimeInForce::Ioc);
    let trigger = parts(&pair, 3);
    pair.operate(TRADER, vec![waits(buy, trigger, None)]);
    let twap = id(pair.inputs(), 0);
    for (offered, left) in [(1, Some(9)), (0, Some(9)), (7, None)] {
        all_report(&mut pair, MARKET, PRICE);
        if offered > 0 {
            pair.operate(OTHER, vec![place(ask(PRICE, offered))]);
        }
        fire(&mut pair, &[twap]);
        assert!(is_refused(&fire(&mut pair, &[twap]), RejectCode::NothingDue));
        assert_eq!(waiting(&pair), left.map(|left| (twap, left)).into_iter().collect::<Vec<_>>());
        pair.time += 1_000;
    }
    assert_eq!(pair.naive.accounts[0].positions[&MARKET].size, 8);
}

#[test]
fn a_twap_order_with_fewer_lots_than_parts_is_filled_early() {
    let mut pair = begin();
    let buy = order(Side::Buy, PRICE * 2, 2, TimeInForce::Ioc);
    let trigger = parts(&pair, 5);
    pair.operate(OTHER, vec![place(ask(PRICE, 10))]);
    pair.operate(TRADER, vec![waits(buy, trigger, None)]);
    let twap = id(pair.inputs(), 0);
    assert_eq!(removals(&fire(&mut pair, &[twap])), []);
    pair.time += 1_000;
    assert_eq!(removals(&fire(&mut pair, &[twap])), [(twap, RemovalReason::Filled)]);
}
