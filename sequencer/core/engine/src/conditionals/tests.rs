use alloc::{vec, vec::Vec};

use ballast_types::{
    AccountId, CancelFilter, ClientId, ConditionalId, Direction, Event, Link, LinkKind, MarketId, Millis,
    NewOrder, Operation, OrderId, PriceSource, PriceTicks, RejectCode, RemovalReason, Seq, Side, SizeLots,
    Source, Status, SystemCommand, TimeInForce, Trigger,
    limits::{MAX_CONDITIONALS, MAX_FILLS_PER_INPUT, MAX_FILLS_PER_ORDER, NEW_ACCOUNT},
};

use super::{find, of};
use crate::world::{BTC, ONE, PRICE, USDC, World, assert_code, assert_rejected, buy, order, owner, sell};

const ALICE: AccountId = AccountId(0);

const fn at(source: PriceSource, direction: Direction, level: u64) -> Trigger {
    Trigger::Price { source, direction, level: PriceTicks(level) }
}

const fn falls_to(level: u64) -> Trigger {
    at(PriceSource::Mark, Direction::Below, level)
}

const fn rises_to(level: u64) -> Trigger {
    at(PriceSource::Mark, Direction::Above, level)
}

/// A market order to close, protected far below the band.
const fn close(size: u64) -> NewOrder {
    NewOrder { reduce_only: true, ..order(Side::Sell, 1, size, TimeInForce::Ioc) }
}

const fn conditional(order: NewOrder, trigger: Trigger, link: Option<(u8, LinkKind)>) -> Operation {
    let link = match link {
        Some((step, kind)) => Some(Link { step, kind }),
        None => None,
    };
    Operation::PlaceConditional { market: BTC, order, trigger, link }
}

const fn place(order: NewOrder) -> Operation {
    Operation::Place { market: BTC, order }
}

impl World {
    /// Places conditional orders of Alice's and gives their ids.
    fn waits(&mut self, steps: Vec<Operation>) -> Vec<ConditionalId> {
        let outcome = self.batch_by(owner(0), 0, true, steps);
        let ids = outcome.events.iter().filter_map(|event| match event {
            Event::ConditionalPlaced { conditional, .. } => Some(conditional.id),
            Event::OperationRejected { rejection, .. } => panic!("{rejection}"),
            _ => None,
        });
        ids.collect()
    }

    fn fire(&mut self, ids: &[ConditionalId]) -> Result<Vec<Event>, RejectCode> {
        let conditionals = ids.iter().map(|id| (ALICE, *id)).collect();
        let outcome = self.input(Source::System(SystemCommand::Fire { conditionals }));
        match outcome.status {
            Status::Accepted => Ok(outcome.events),
            Status::Rejected(rejection) => Err(rejection.code),
        }
    }

    fn waiting(&self) -> Vec<(ConditionalId, u64)> {
        of(&self.x.state, ALICE).iter().map(|order| (order.id, order.order.size.0)).collect()
    }

    fn mark(&mut self, price: u64) {
        self.set_prices(&[(BTC, price)]);
    }

    /// Alice is long one, and bids and asks of Bob's surround the price.
    fn long() -> Self {
        let mut world = Self::trading(3);
        world.rest(1, BTC, sell(PRICE, ONE));
        world.place(0, BTC, buy(PRICE, ONE)).expect("it trades");
        world.rest(1, BTC, buy(PRICE - 1_000, 10 * ONE));
        world
    }
}

fn removals(events: &[Event]) -> Vec<(ConditionalId, RemovalReason)> {
    let gone = events.iter().filter_map(|event| match event {
        Event::ConditionalRemoved { conditional, reason, .. } => Some((*conditional, *reason)),
        _ => None,
    });
    gone.collect()
}

fn sold(events: &[Event]) -> u64 {
    let fills = events.iter().filter_map(|event| match event {
        Event::Fill { size, taker: ALICE, .. } => Some(size.0),
        _ => None,
    });
    fills.sum()
}

#[test]
fn a_stop_closes_when_the_mark_is_there_and_not_before() {
    let mut world = World::long();
    let ids = world.waits(vec![conditional(close(ONE), falls_to(PRICE - 500), None)]);
    assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue));
    world.mark(PRICE - 499);
    assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue));
    world.mark(PRICE - 500);
    let events = world.fire(&ids).expect("it is due");
    let fired = Event::ConditionalFired {
        step: 0,
        account: ALICE,
        market: BTC,
        conditional: ids[0],
        client: ClientId(0),
        size: SizeLots(ONE),
        slices_left: 0,
    };
    assert_eq!(events[0], fired);
    assert_eq!((sold(&events), world.size(0, BTC)), (ONE, 0));
    assert_eq!((world.waiting(), world.fire(&ids)), (vec![], Err(RejectCode::NothingDue)));
    assert!(crate::facts::trader(&world.x.state, ALICE).seldom.contingent.is_none(), "nothing is left of it");
}

#[test]
fn a_limit_beyond_the_band_is_taken_to_its_edge_and_one_short_of_it_is_not() {
    let mut world = World::long();
    let entered = |events: &[Event]| match events[1] {
        Event::OrderAccepted { price, .. } => Ok(price.0),
        Event::OperationRejected { rejection, .. } => Err(rejection.code),
        ref other => panic!("{other:?}"),
    };
    let now = falls_to(PRICE);
    let ids = world.waits(vec![
        conditional(close(5), now, None),
        conditional(order(Side::Buy, 1 << 40, 5, TimeInForce::Gtc), now, None),
        conditional(order(Side::Buy, 1, 5, TimeInForce::Gtc), now, None),
    ]);
    assert_eq!(entered(&world.fire(&ids[..1]).expect("due")), Ok(475_000));
    assert_eq!(entered(&world.fire(&ids[1..2]).expect("due")), Ok(525_000));
    assert_eq!(entered(&world.fire(&ids[2..]).expect("due")), Err(RejectCode::OutsideBand));
}

#[test]
fn triggers_look_at_mark_or_index_from_above_or_below() {
    let mut world = World::long();
    for source in [PriceSource::Mark, PriceSource::Index] {
        for (direction, level, is_due) in [
            (Direction::Above, PRICE, true),
            (Direction::Above, PRICE + 1, false),
            (Direction::Below, PRICE, true),
            (Direction::Below, PRICE - 1, false),
        ] {
            let ids = world.waits(vec![conditional(close(1), at(source, direction, level), None)]);
            assert_eq!(world.fire(&ids).is_ok(), is_due, "{source:?} {direction:?} {level}");
        }
    }
}

#[test]
fn nothing_fires_on_a_stale_price() {
    let mut world = World::long();
    let ids = world.waits(vec![conditional(close(ONE), falls_to(PRICE), None)]);
    world.time += 5_001;
    assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue));
    world.mark(PRICE);
    world.fire(&ids).expect("the price is fresh");
}

#[test]
fn the_first_asked_for_fires_first_however_they_are_named() {
    let mut world = World::long();
    let ids = world.waits(vec![
        conditional(close(3), falls_to(PRICE), None),
        conditional(close(4), falls_to(PRICE), None),
    ]);
    let events = world.fire(&[ids[1], ids[0], ids[1]]).expect("due");
    let fired: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::ConditionalFired { step, conditional, .. } => Some((*step, *conditional)),
            _ => None,
        })
        .collect();
    assert_eq!(fired, [(0, ids[0]), (1, ids[1])]);
}

#[test]
fn an_order_that_is_rejected_when_it_fires_is_over() {
    let mut world = World::trading(1);
    let ids = world.waits(vec![conditional(close(1), falls_to(PRICE), None)]);
    let events = world.fire(&ids).expect("due");
    let [_, Event::OperationRejected { step: 0, rejection }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((rejection.code, world.waiting()), (RejectCode::NothingToClose, vec![]));
}

#[test]
fn of_two_beside_each_other_one_cancels_the_other() {
    let mut world = World::long();
    let ids = world.waits(vec![
        conditional(close(ONE), falls_to(PRICE - 500), None),
        conditional(close(ONE), rises_to(PRICE + 500), Some((0, LinkKind::Beside))),
        conditional(close(ONE), rises_to(PRICE + 900), Some((1, LinkKind::Beside))),
    ]);
    world.mark(PRICE + 500);
    let events = world.fire(&ids[1..2]).expect("due");
    let other = RemovalReason::OneCancelsOther;
    assert_eq!(removals(&events), [(ids[0], other), (ids[2], other)]);
    assert_eq!(world.waiting(), []);
}

#[test]
fn what_a_resting_order_trades_is_taken_off_the_stop_beside_it() {
    let mut world = World::long();
    let target = NewOrder { reduce_only: true, ..sell(PRICE + 100, ONE) };
    let ids = world.waits(vec![
        place(target),
        conditional(close(ONE), falls_to(PRICE - 500), Some((0, LinkKind::Beside))),
    ]);
    let events = world.place(2, BTC, buy(PRICE + 100, 30)).expect("it trades");
    let left = SizeLots(ONE - 30);
    let reduced = Event::ConditionalReduced {
        account: ALICE,
        market: BTC,
        conditional: ids[0],
        client: ClientId(0),
        left,
    };
    assert_eq!(events.last(), Some(&reduced));
    assert_eq!(world.waiting(), [(ids[0], left.0)]);
    let events = world.place(2, BTC, buy(PRICE + 100, ONE)).expect("it trades");
    assert_eq!(removals(&events), [(ids[0], RemovalReason::OneCancelsOther)]);
}

#[test]
fn a_stop_that_fires_takes_the_order_beside_it_out_of_the_book() {
    let mut world = World::long();
    let target = NewOrder { reduce_only: true, ..sell(PRICE + 100, ONE) };
    let ids = world.waits(vec![
        place(target),
        conditional(close(ONE), falls_to(PRICE - 500), Some((0, LinkKind::Beside))),
    ]);
    world.mark(PRICE - 500);
    let events = world.fire(&ids).expect("due");
    assert!(matches!(events[1], Event::OrderRemoved { reason: RemovalReason::OneCancelsOther, .. }));
    assert_eq!((sold(&events), world.x.orders_of(ALICE, BTC)), (ONE, vec![]));
}

fn bracket(entry: NewOrder) -> Vec<Operation> {
    vec![
        place(entry),
        conditional(
            NewOrder { reduce_only: true, ..sell(PRICE + 400, ONE) },
            Trigger::Opened,
            Some((0, LinkKind::After)),
        ),
        conditional(close(ONE), falls_to(PRICE - 500), Some((0, LinkKind::After))),
    ]
}

#[test]
fn the_legs_of_a_bracket_sleep_until_the_entry_trades() {
    let mut world = World::trading(3);
    let ids = world.waits(bracket(buy(PRICE - 10, ONE)));
    world.mark(PRICE - 500);
    assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue), "there is nothing to close yet");
    world.mark(PRICE);
    world.place(1, BTC, sell(PRICE - 10, ONE)).expect("it trades");
    let events = world.fire(&ids).expect("the entry is filled");
    let target = match events[..] {
        [Event::ConditionalFired { conditional, .. }, .., Event::OrderRested { order, .. }] => {
            assert_eq!(conditional, ids[0]);
            order.id
        }
        _ => panic!("{events:?}"),
    };
    // The target rests; what it trades is taken off the stop.
    world.place(2, BTC, buy(PRICE + 400, 40)).expect("it trades");
    assert_eq!(world.waiting(), [(ids[1], ONE - 40)]);
    world.rest(2, BTC, buy(PRICE - 900, ONE));
    world.mark(PRICE - 500);
    let events = world.fire(&ids[1..]).expect("the stop is due");
    assert_eq!((sold(&events), world.size(0, BTC)), (ONE - 40, 0));
    assert!(world.x.book(BTC).expect("listed").get(target).is_none());
}

#[test]
fn a_stop_of_a_partly_filled_entry_closes_that_part_and_ends_the_entry() {
    let mut world = World::trading(3);
    let ids = world.waits(bracket(buy(PRICE - 10, ONE)));
    world.place(1, BTC, sell(PRICE - 10, 25)).expect("it trades");
    assert_eq!(world.fire(&ids[..1]), Err(RejectCode::NothingDue), "the entry is not done");
    world.mark(PRICE - 500);
    world.rest(2, BTC, buy(PRICE - 900, ONE));
    let events = world.fire(&ids).expect("the stop is due");
    assert_eq!(removals(&events), [(ids[0], RemovalReason::OneCancelsOther)]);
    assert_eq!((sold(&events), world.size(0, BTC)), (25, 0));
    assert_eq!(world.x.orders_of(ALICE, BTC), []);
}

#[test]
fn legs_are_no_larger_than_what_the_entry_traded_and_go_with_one_that_did_not() {
    let mut world = World::trading(3);
    let ids = world.waits(bracket(buy(PRICE - 10, ONE)));
    world.place(1, BTC, sell(PRICE - 10, 25)).expect("it trades");
    let entry = world.x.orders_of(ALICE, BTC)[0];
    world.cancel(0, BTC, entry).expect("it rests");
    assert_eq!(world.waiting(), [(ids[0], 25), (ids[1], 25)]);

    let ids = world.waits(bracket(buy(PRICE - 20, ONE)));
    let entry = world.x.orders_of(ALICE, BTC)[0];
    let events = world.cancel(0, BTC, entry).expect("it rests");
    let gone = RemovalReason::NotOpened;
    assert_eq!(removals(&events), [(ids[0], gone), (ids[1], gone)]);
}

#[test]
fn legs_follow_an_entry_that_is_replaced() {
    let mut world = World::trading(3);
    let ids = world.waits(bracket(buy(PRICE - 20, ONE)));
    let order = world.x.orders_of(ALICE, BTC)[0];
    world.rest(1, BTC, sell(PRICE - 5, 7));
    world
        .operate(0, Operation::Replace { market: BTC, order, new: buy(PRICE - 5, ONE) })
        .expect("the order is replaced");
    let entry = world.x.orders_of(ALICE, BTC)[0];
    world.cancel(0, BTC, entry).expect("it rests");
    assert_eq!(world.waiting(), [(ids[0], 7), (ids[1], 7)]);
}

/// What was linked to the new order made a second group, which heard nothing of the trades and the end of the order.
#[test]
fn what_is_linked_to_a_replacement_joins_the_group_of_the_order_replaced() {
    let mut world = World::trading(3);
    let mut ids = world.waits(bracket(buy(PRICE - 20, ONE)));
    let order = world.x.orders_of(ALICE, BTC)[0];
    let replace = Operation::Replace { market: BTC, order, new: buy(PRICE - 10, ONE) };
    let stop = conditional(close(ONE), falls_to(PRICE - 700), Some((0, LinkKind::After)));
    ids.extend(world.waits(vec![replace, stop]));
    world.place(1, BTC, sell(PRICE - 10, 25)).expect("it trades");
    let order = world.x.orders_of(ALICE, BTC)[0];
    world.cancel(0, BTC, order).expect("it rests");
    assert_eq!(world.waiting(), [(ids[0], 25), (ids[1], 25), (ids[2], 25)]);
    world.mark(PRICE - 700);
    let events = world.fire(&ids[2..]).expect("the stop is due");
    let other = RemovalReason::OneCancelsOther;
    assert_eq!(removals(&events), [(ids[0], other), (ids[1], other)]);
}

#[test]
fn an_entry_that_takes_opens_its_legs_at_once() {
    let mut world = World::trading(3);
    world.rest(1, BTC, sell(PRICE, 60));
    let ids = world.waits(bracket(order(Side::Buy, PRICE, ONE, TimeInForce::Ioc)));
    assert_eq!(world.waiting(), [(ids[0], 60), (ids[1], 60)]);
    world.fire(&ids[..1]).expect("the target is placed");
}

#[test]
fn links_to_nothing_are_refused() {
    let mut world = World::trading(3);
    let leg = |step| conditional(close(1), falls_to(1), Some((step, LinkKind::After)));
    let taker = order(Side::Buy, PRICE, 5, TimeInForce::Ioc);
    let mut refuse = |steps: Vec<Operation>, code| {
        let outcome = world.operations_by(owner(0), 0, steps);
        let last = outcome.events.last().cloned();
        assert!(
            matches!(last, Some(Event::OperationRejected { rejection, .. }) if rejection.code == code),
            "{last:?}"
        );
    };
    refuse(vec![leg(0)], RejectCode::NotLinked);
    refuse(vec![place(buy(PRICE, 1)), leg(1)], RejectCode::NotLinked);
    refuse(vec![leg(255)], RejectCode::NotLinked);
    refuse(vec![place(taker), leg(0)], RejectCode::NotLinked);
    refuse(vec![place(buy(1, 1)), leg(0)], RejectCode::NotLinked);
    let beside = Some((0, LinkKind::Beside));
    refuse(vec![place(taker), conditional(close(1), falls_to(1), beside)], RejectCode::NotLinked);
    let opened = |link| conditional(close(1), Trigger::Opened, Some((0, link)));
    let entry = || place(buy(PRICE - 100, 1));
    refuse(vec![entry(), opened(LinkKind::Beside)], RejectCode::InvalidTrigger);
    refuse(vec![entry(), opened(LinkKind::After), opened(LinkKind::After)], RejectCode::InvalidTrigger);
    refuse(vec![entry(), leg(0), conditional(close(1), falls_to(1), beside)], RejectCode::InvalidTrigger);
    refuse(
        vec![entry(), conditional(close(1), Trigger::Time { at: Millis(0), slices: 1, interval: 0 }, beside)],
        RejectCode::InvalidTrigger,
    );
    let elsewhere = |order| Operation::Place { market: MarketId(1), order };
    refuse(vec![elsewhere(buy(990, 1)), leg(0)], RejectCode::InvalidTrigger);
}

#[test]
fn triggers_are_checked() {
    let mut world = World::trading(1);
    let time = |slices, interval| Trigger::Time { at: Millis(0), slices, interval };
    let ioc = order(Side::Buy, PRICE, 10, TimeInForce::Ioc);
    for (order, trigger) in [
        (ioc, falls_to(0)),
        (ioc, rises_to((1 << 40) + 1)),
        (ioc, time(0, 0)),
        (ioc, time(1, 1)),
        (ioc, time(2, 999)),
        (ioc, time(1_001, 1_000)),
        (ioc, time(2, 86_400_001)),
        (buy(PRICE, 10), time(2, 1_000)),
    ] {
        assert_code(world.operate(0, conditional(order, trigger, None)), RejectCode::InvalidTrigger);
    }
    world.operate(0, conditional(ioc, time(1_000, 86_400_000), None)).expect("all at their bounds");
    let nothing = NewOrder { size: SizeLots(0), ..ioc };
    assert_code(world.operate(0, conditional(nothing, time(1, 0), None)), RejectCode::InvalidSize);
}

#[test]
fn a_twap_order_spreads_what_is_left_over_the_parts_to_come() {
    let mut world = World::trading(2);
    let twap = Trigger::Time { at: Millis(world.time + 500), slices: 4, interval: 1_000 };
    let ids = world.waits(vec![conditional(order(Side::Buy, PRICE, 10, TimeInForce::Ioc), twap, None)]);
    assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue));
    let mut parts = Vec::new();
    world.time += 500;
    for resting in [3, 0, 9, 9] {
        if resting > 0 {
            world.rest(1, BTC, sell(PRICE, resting));
        }
        world.mark(PRICE);
        let events = world.fire(&ids).expect("a part is due");
        let Event::ConditionalFired { size, slices_left, .. } = events[0] else { panic!("{events:?}") };
        parts.push((size.0, slices_left, sold(&events)));
        assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue), "one part at a time");
        world.time += 1_000;
    }
    assert_eq!(parts, [(3, 3, 3), (3, 2, 0), (4, 1, 4), (3, 0, 3)]);
    assert_eq!(world.waiting(), []);
}

/// What waits for a clearing has not traded when the next part is due: each part was of the whole size.
#[test]
fn a_twap_order_would_have_traded_three_times_its_size_in_batches() {
    let mut world = World::trading(2);
    let twap = Trigger::Time { at: Millis(0), slices: 10, interval: 1_000 };
    let ids = world.waits(vec![conditional(order(Side::Buy, PRICE, 100, TimeInForce::Ioc), twap, None)]);
    world.batch_until(BTC, world.time + 5_000);
    assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue), "its parts come later");
    world.time += 5_000;
    world.rest(1, BTC, sell(PRICE, ONE));
    world.mark(PRICE);
    assert_eq!(sold(&world.fire(&ids).expect("the market matches continuously")), 10);
}

/// The world compares what admission says with what `apply` does: of the two only one knew that the batches were over.
#[test]
fn admission_would_have_refused_the_first_part_after_batches() {
    let mut world = World::trading(2);
    let twap = Trigger::Time { at: Millis(0), slices: 10, interval: 1_000 };
    let ids = world.waits(vec![conditional(order(Side::Buy, PRICE, 100, TimeInForce::Ioc), twap, None)]);
    world.batch_until(BTC, world.time + 100);
    world.time += 100;
    world.fire(&ids).expect("no input has come since, but the time is over");
}

#[test]
fn a_stop_would_have_been_spent_on_a_batch_that_was_full() {
    let mut world = World::long();
    for n in 3..17 {
        world.deposit(owner(n), NEW_ACCOUNT, 100_000 * USDC);
    }
    let ids = world.waits(vec![conditional(close(ONE), falls_to(PRICE), None)]);
    world.batch_until(BTC, world.time + 60_000);
    for account in 3..17 {
        for n in 0..32 {
            world.place(account, BTC, buy(PRICE - n, 1)).expect("it waits");
        }
    }
    assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue));
    world.operate(3, Operation::CancelAll(CancelFilter::ALL)).expect("taken");
    world.fire(&ids).expect("there is room");
}

#[test]
fn a_twap_order_that_is_filled_early_is_over() {
    let mut world = World::trading(2);
    world.rest(1, BTC, sell(PRICE, 9));
    let twap = Trigger::Time { at: Millis(0), slices: 9, interval: 1_000 };
    let ids = world.waits(vec![conditional(order(Side::Buy, PRICE, 1, TimeInForce::Ioc), twap, None)]);
    let events = world.fire(&ids).expect("due");
    assert_eq!(removals(&events), [(ids[0], RemovalReason::Filled)]);
}

#[test]
fn cancels_reach_those_that_wait() {
    let mut world = World::long();
    let wait = |world: &mut World, client| {
        let order = NewOrder { client: ClientId(client), ..close(1) };
        world.waits(vec![conditional(order, falls_to(1), None)])[0]
    };
    let cancelled = RemovalReason::Cancelled;
    let id = wait(&mut world, 1);
    let events = world.operate(0, Operation::CancelConditional { conditional: id }).expect("it waits");
    assert_eq!(removals(&events), [(id, cancelled)]);
    assert_code(world.operate(0, Operation::CancelConditional { conditional: id }), RejectCode::UnknownOrder);
    let id = wait(&mut world, 2);
    assert_code(world.operate(1, Operation::CancelConditional { conditional: id }), RejectCode::UnknownOrder);
    let by_client = Operation::CancelClient { market: BTC, client: ClientId(2) };
    assert_eq!(removals(&world.operate(0, by_client).expect("it waits")), [(id, cancelled)]);
    let id = wait(&mut world, 2);
    let filter = CancelFilter { side: Some(Side::Buy), ..CancelFilter::ALL };
    assert_eq!(removals(&world.operate(0, Operation::CancelAll(filter)).expect("taken")), []);
    let all = world.operate(0, Operation::CancelAll(CancelFilter::ALL)).expect("taken");
    assert_eq!(all[0], Event::AllCancelled { step: 0, count: 1 });
    assert_eq!(removals(&all), [(id, cancelled)]);
}

#[test]
fn a_scheduled_cancel_keeps_them_from_firing_and_takes_them() {
    let mut world = World::long();
    let ids = world.waits(vec![conditional(close(1), falls_to(PRICE), None)]);
    let when = Some(Millis(world.time + 10));
    world.operate(0, Operation::ScheduleCancel { at: when }).expect("it lies ahead");
    world.time += 10;
    assert_eq!(world.fire(&ids), Err(RejectCode::NothingDue));
    let events = world.operate(0, Operation::ScheduleCancel { at: None }).expect("taken");
    assert_eq!(removals(&events), [(ids[0], RemovalReason::Scheduled)]);
}

#[test]
fn client_ids_are_unique_over_open_orders_and_those_that_wait() {
    let mut world = World::long();
    let named = |order| NewOrder { client: ClientId(7), ..order };
    let ids = world.waits(vec![conditional(named(sell(PRICE + 9, 1)), falls_to(PRICE), None)]);
    assert_code(world.place(0, BTC, named(sell(PRICE + 5, 1))), RejectCode::DuplicateClientId);
    assert_code(
        world.operate(0, conditional(named(close(1)), falls_to(1), None)),
        RejectCode::DuplicateClientId,
    );
    // The order that is placed takes the number over.
    let events = world.fire(&ids).expect("due");
    assert!(matches!(events.last(), Some(Event::OrderRested { order, .. }) if order.client == ClientId(7)));
    assert_code(
        world.operate(0, conditional(named(close(1)), falls_to(1), None)),
        RejectCode::DuplicateClientId,
    );
}

#[test]
fn an_account_has_a_maximum_of_them() {
    let mut world = World::long();
    for _ in 0..MAX_CONDITIONALS {
        world.operate(0, conditional(close(1), falls_to(1), None)).expect("there is room");
    }
    let refused = world.operate(0, conditional(close(1), falls_to(1), None)).expect_err("there is none");
    assert_eq!((refused.code, refused.value, refused.limit), (RejectCode::TooManyConditionals, 33, 32));
}

#[test]
fn what_fires_leaves_every_order_its_full_number_of_meetings() {
    let mut world = World::long();
    world.operate(1, Operation::CancelAll(CancelFilter::ALL)).expect("taken");
    // Five orders, each of which meets its maximum: the fifth would have none left of the input's.
    let fit = MAX_FILLS_PER_INPUT / MAX_FILLS_PER_ORDER;
    for _ in 0..1_000 {
        world.rest(1, BTC, buy(PRICE - 10, 1));
    }
    for _ in 0..300 {
        world.rest(2, BTC, buy(PRICE - 10, 1));
    }
    let order = order(Side::Sell, PRICE - 10, MAX_FILLS_PER_ORDER as u64, TimeInForce::Ioc);
    let ids = world.waits(vec![conditional(order, falls_to(PRICE), None); fit + 1]);
    let events = world.fire(&ids).expect("due");
    assert_eq!(sold(&events), MAX_FILLS_PER_INPUT as u64);
    assert_eq!(world.waiting(), [(ids[fit], MAX_FILLS_PER_ORDER as u64)]);
    assert_eq!(sold(&world.fire(&ids[fit..]).expect("due")), MAX_FILLS_PER_ORDER as u64);
}

#[test]
fn an_atomic_batch_that_fails_leaves_no_trace_of_them() {
    let mut world = World::long();
    let mut steps = bracket(buy(PRICE - 20, ONE));
    steps.push(Operation::Cancel { market: BTC, order: OrderId(1) });
    let outcome = world.batch_by(owner(0), 0, true, steps);
    assert!(outcome.events.iter().all(|event| matches!(event, Event::OperationRejected { .. })));
    assert_eq!((world.waiting(), world.x.orders_of(ALICE, BTC)), (vec![], vec![]));
}

#[test]
fn a_lazy_exchange_fires_as_the_complete_one_does() {
    let mut world = World::long();
    let mut steps = bracket(order(Side::Buy, PRICE, ONE, TimeInForce::Gtc));
    world.rest(1, BTC, sell(PRICE, 30));
    steps.push(conditional(close(1), falls_to(PRICE), None));
    let ids = world.waits(steps);
    world.seal();
    let (before, from) = (world.leaves.clone(), world.log.len());
    world.fire(&ids[2..]).expect("due");
    world.place(1, BTC, sell(PRICE, ONE)).expect("the entry trades");
    world.fire(&ids).expect("the target is due");
    world.check_lazy(&before, from);
}

#[test]
fn names_of_nobody_are_passed_over() {
    let mut world = World::long();
    let unknown = ConditionalId::new(Seq(1), 1);
    let fire = |conditionals| Source::System(SystemCommand::Fire { conditionals });
    let named =
        vec![(AccountId(0), unknown), (AccountId(99), unknown), (AccountId(u32::MAX), ConditionalId(0))];
    assert_rejected(world.input(fire(named)).status, RejectCode::NothingDue);
    assert_rejected(world.input(fire(vec![(ALICE, unknown); 65])).status, RejectCode::TooManyItems);
    assert!(find(&world.x.state, ALICE, unknown).is_none());
}
