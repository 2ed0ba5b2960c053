//! Conditional orders fire by themselves, and what became of them can be asked for.

use crate::support::*;
use ballast_node::{
    clock::Clock as _,
    config::PipelineConfig,
    feed::FeedConfig,
    pipeline::Ack,
    rpc::OrderName,
    triggers::Triggers,
    wire::{OrderEntryAnswer, OrderStatusView},
};
use ballast_types::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

const MARK: u64 = PRICE.0;

fn enter(rig: &Rig, who: u8, nonce: u64, operations: Vec<Operation>) -> Ack {
    rig.accept(rig.operations(&key(1 + who), who.into(), nonce, operations))
}

fn order(side: Side, price: u64, size: u64, time_in_force: TimeInForce, client: u64) -> NewOrder {
    NewOrder::plain(side, PriceTicks(price), SizeLots(size), time_in_force, ClientId(client))
}

const fn when(order: NewOrder, trigger: Trigger, link: Option<Link>) -> Operation {
    Operation::PlaceConditional { market: MARKET, order, trigger, link }
}

const fn falls_to(level: u64) -> Trigger {
    let level = PriceTicks(level);
    Trigger::Price { source: PriceSource::Mark, direction: Direction::Below, level }
}

/// Closes a long position at market.
fn stop(size: u64, client: u64) -> NewOrder {
    NewOrder { reduce_only: true, ..order(Side::Sell, 1, size, TimeInForce::Ioc, client) }
}

fn ids(ack: &Ack) -> Vec<ConditionalId> {
    let results = OrderEntryAnswer::from(ack).results;
    assert!(results.iter().all(|result| result.accepted), "{results:?}");
    results.iter().filter_map(|result| result.conditional_id.map(|id| ConditionalId(id.0))).collect()
}

fn ask(rig: &Rig, name: OrderName) -> OrderStatusView {
    let (_, views, _) = rig.core.ports();
    views.order(AccountId(0), MARKET, name).expect("it is known")
}

fn status(rig: &Rig, id: ConditionalId) -> (String, Option<String>) {
    let found = ask(rig, OrderName::Conditional(id));
    (found.status, found.reason)
}

fn waiting(rig: &Rig) -> usize {
    let (_, views, _) = rig.core.ports();
    views.orders(AccountId(0)).expect("an account").conditionals.len()
}

fn position(rig: &Rig) -> i64 {
    let view = rig.core.mirror.read();
    let account = view.exchange.state.accounts.get(0).expect("an account");
    account.positions.first().map_or(0, |position| position.size.0)
}

fn tick(rig: &Rig, ms: u64, price: u64) {
    rig.clock.advance(ms);
    rig.price(PriceTicks(price));
}

/// Account 0 is long 10, and account 1 bids below.
fn long(rig: &Rig) {
    enter(rig, 1, 0, vec![place(Side::Sell, MARK, 10), place(Side::Buy, MARK - 3_000, 100)]);
    enter(rig, 0, 0, vec![place(Side::Buy, MARK, 10)]);
    rig.wait(|| position(rig) == 10);
}

#[test]
fn a_stop_fires_when_the_price_is_there_also_after_a_restart() {
    let rig = Rig::trading();
    long(&rig);
    let id = ids(&enter(&rig, 0, 1, vec![when(stop(10, 7), falls_to(MARK - 1_000), None)]))[0];
    assert_eq!(status(&rig, id), ("waiting".into(), None));
    assert_eq!(ask(&rig, OrderName::Client(ClientId(7))).conditional_id.map(|id| id.0), Some(id.0));
    let (left, clock) = (Arc::new(rig.store.crash()), Arc::clone(&rig.clock));
    drop(rig);
    let rig = start_with(left, clock, pipeline(), FeedConfig::default()).expect("it starts again");
    tick(&rig, 10, MARK - 999);
    assert_eq!(waiting(&rig), 1);
    tick(&rig, 10, MARK - 1_000);
    rig.wait(|| position(&rig) == 0);
    assert_eq!(status(&rig, id), ("fired".into(), None));
    // The trader's number is that of the order now, which is also what the conditional one leads to.
    let placed = ask(&rig, OrderName::Client(ClientId(7)));
    assert_eq!((placed.status.as_str(), placed.filled_size, placed.conditional_id), ("filled", 10, None));
    assert_eq!(ask(&rig, OrderName::Conditional(id)).order_id, placed.order_id);
}

#[test]
fn a_bracket_opens_and_closes_by_itself() {
    let rig = Rig::trading();
    enter(&rig, 1, 0, vec![place(Side::Buy, MARK - 3_000, 100)]);
    let after = Some(Link { step: 0, kind: LinkKind::After });
    let target = NewOrder { reduce_only: true, ..order(Side::Sell, MARK + 500, 10, TimeInForce::Gtc, 2) };
    let bracket = vec![
        place(Side::Buy, MARK - 10, 10),
        when(target, Trigger::Opened, after),
        when(stop(10, 3), falls_to(MARK - 2_000), after),
    ];
    let legs = ids(&enter(&rig, 0, 0, bracket));
    tick(&rig, 10, MARK - 2_000);
    tick(&rig, 10, MARK);
    assert_eq!(waiting(&rig), 2, "the entry has not traded");
    enter(&rig, 1, 1, vec![place(Side::Sell, MARK - 10, 10)]);
    rig.wait(|| waiting(&rig) == 1);
    assert_eq!(ask(&rig, OrderName::Client(ClientId(2))).status, "open");
    // The target trades in part, and the stop takes the rest.
    enter(&rig, 1, 2, vec![place(Side::Buy, MARK + 500, 4)]);
    rig.wait(|| ask(&rig, OrderName::Conditional(legs[1])).size == 6);
    tick(&rig, 10, MARK - 2_000);
    rig.wait(|| position(&rig) == 0);
    let target = ask(&rig, OrderName::Client(ClientId(2)));
    assert_eq!((target.status.as_str(), target.reason.as_deref()), ("cancelled", Some("oneCancelsOther")));
    assert_eq!(ask(&rig, OrderName::Client(ClientId(3))).filled_size, 6);
}

#[test]
fn a_twap_order_is_told_as_one() {
    let rig = Rig::trading();
    enter(&rig, 1, 0, vec![place(Side::Sell, MARK, 100)]);
    let at = rig.clock.now();
    let trigger = Trigger::Time { at, slices: 4, interval: 1_000 };
    let twap = order(Side::Buy, MARK, 10, TimeInForce::Ioc, 9);
    let id = ids(&enter(&rig, 0, 0, vec![when(twap, trigger, None)]))[0];
    for bought in [3, 6, 8, 10] {
        rig.wait(|| position(&rig) == bought);
        tick(&rig, 1_000, MARK);
    }
    let told = ask(&rig, OrderName::Client(ClientId(9)));
    assert_eq!((told.status.as_str(), told.filled_size, told.size), ("filled", 10, 10));
    assert_eq!(told, ask(&rig, OrderName::Conditional(id)));
    assert_eq!(told.filled_notional.0, 10 * i128::from(MARK) * 10);
}

#[test]
fn what_is_rejected_when_it_fires_says_why() {
    let rig = Rig::trading();
    let id = ids(&enter(&rig, 0, 0, vec![when(stop(10, 7), falls_to(MARK - 1), None)]))[0];
    tick(&rig, 10, MARK - 1);
    rig.wait(|| status(&rig, id).0 == "rejected");
    let told = ask(&rig, OrderName::Client(ClientId(7)));
    assert_eq!(told.rejection.expect("a reason").code, RejectCode::NothingToClose.number());
}

#[test]
fn cancelled_ones_say_so_and_every_step_has_its_own_result() {
    let rig = Rig::trading();
    let beside = Some(Link { step: 0, kind: LinkKind::Beside });
    let placed = enter(
        &rig,
        0,
        0,
        vec![
            when(stop(1, 1), falls_to(1), None),
            when(stop(1, 2), falls_to(2), beside),
            place(Side::Buy, MARK - 9, 1),
        ],
    );
    let legs = ids(&placed);
    let steps = vec![
        Operation::CancelConditional { conditional: legs[0] },
        place(Side::Buy, MARK - 8, 1),
        Operation::CancelClient { market: MARKET, client: ClientId(2) },
        Operation::CancelConditional { conditional: legs[1] },
        Operation::CancelAll(CancelFilter::ALL),
    ];
    let results = OrderEntryAnswer::from(&enter(&rig, 0, 1, steps)).results;
    let accepted: Vec<bool> = results.iter().map(|result| result.accepted).collect();
    assert_eq!(accepted, [true, true, true, false, true]);
    assert_eq!(results[2].conditional_id.map(|id| id.0), Some(legs[1].0));
    assert_eq!((results[1].resting_size, results[4].cancelled_orders), (Some(1), Some(2)));
    for id in legs {
        assert_eq!(status(&rig, id), ("cancelled".into(), Some("cancelled".into())));
    }
}

/// The trades of one account shrink the conditional orders of another: what is told of that is not the first one's.
#[test]
fn what_a_step_does_to_others_is_not_taken_for_its_own_result() {
    let rig = Rig::trading();
    let beside = Some(Link { step: 0, kind: LinkKind::Beside });
    enter(&rig, 0, 0, vec![place(Side::Sell, MARK, 5), when(stop(5, 1), falls_to(1), beside)]);
    let steps = vec![
        place(Side::Buy, MARK, 2),
        when(stop(1, 0), falls_to(1), None),
        place(Side::Buy, MARK, 3),
        place(Side::Buy, MARK - 5, 1),
    ];
    let results = OrderEntryAnswer::from(&enter(&rig, 1, 0, steps)).results;
    let told: Vec<_> =
        results.iter().map(|r| (r.accepted, r.filled_size, r.conditional_id.is_some())).collect();
    assert_eq!(
        told,
        [(true, Some(2), false), (true, None, true), (true, Some(3), false), (true, Some(0), false)]
    );
}

/// Those who wait in the queue do not hold up a stop: it comes right behind the group that holds the price.
#[test]
fn a_full_queue_does_not_hold_up_a_stop() {
    let group = 4;
    let rig = Rig::with(PipelineConfig { group, batch_inputs: 10_000, ..pipeline() }, FeedConfig::default());
    rig.prepare();
    long(&rig);
    ids(&enter(&rig, 0, 1, vec![when(stop(10, 7), falls_to(MARK - 1_000), None)]));
    rig.clock.advance(10);
    let mut requests: Vec<_> =
        (10..1_010).map(|nonce| rig.operations(&key(2), 1, nonce, vec![place(Side::Buy, 1, 1)])).collect();
    requests.insert(100, rig.report(PriceTicks(MARK - 1_000)));
    let answers: Vec<_> =
        requests.into_iter().map(|source| rig.core.admission.submit(source).expect("room")).collect();
    answers.into_iter().for_each(|answer| drop(answer.blocking_recv().expect("an answer")));
    let records = rig.core.journal.records(Seq(1), 100_000).expect("a journal");
    let seq_of = |is: fn(&Source) -> bool| {
        records.iter().rfind(|record| is(&record.input.source)).expect("it is there").input.seq.0
    };
    let reached = seq_of(|source| matches!(source, Source::Publisher { .. }));
    let fired = seq_of(|source| matches!(source, Source::System(SystemCommand::Fire { .. })));
    assert!(fired > reached && fired <= reached + group as u64, "fired {fired}, reached {reached}");
}

/// What was found not to be due because the mark was stale is looked at when the next price comes.
#[test]
fn an_order_of_a_group_that_opened_in_part_does_not_sleep_over_a_stale_price() {
    let rig = Rig::trading();
    let after = Some(Link { step: 0, kind: LinkKind::After });
    let bracket = vec![place(Side::Buy, MARK - 10, 10), when(stop(10, 3), falls_to(MARK - 2_000), after)];
    let leg = ids(&enter(&rig, 0, 0, bracket))[0];
    enter(&rig, 1, 0, vec![place(Side::Sell, MARK - 10, 4)]);
    rig.wait(|| position(&rig) == 4);
    // As a node finds it that stopped between the price and what follows from it, and starts again after a while.
    let mut exchange = rig.core.mirror.read().exchange.clone();
    let reached = PriceTicks(MARK - 2_000);
    exchange.state.markets.get_mut(0).expect("a market").mark = reached;
    let mut triggers = Triggers::of(&exchange);
    let later = Millis(rig.clock.now().0 + 3_600_000);
    assert_eq!(triggers.due(&exchange, later, &|_| None), None);
    exchange.state.markets.get_mut(0).expect("a market").mark_time = later;
    let price =
        Event::PriceUpdated { market: MARKET, index: reached, mark: reached, oracle: OracleState::Fresh };
    triggers.follow(&exchange, &Outcome { status: Status::Accepted, events: vec![price] });
    let conditionals = vec![(AccountId(0), leg)];
    assert_eq!(triggers.due(&exchange, later, &|_| None), Some(SystemCommand::Fire { conditionals }));
}

fn due(rig: &Rig) -> usize {
    let view = rig.core.mirror.read();
    let state = &view.exchange.state;
    let now = rig.clock.now();
    let all = (0..2).flat_map(|account| {
        let trader = state.traders.get(account).expect("an account");
        let orders = trader.seldom.contingent.iter().flat_map(|contingent| &contingent.orders);
        orders.map(move |order| (AccountId(account), order.id))
    });
    all.filter(|(account, id)| ballast_engine::is_due(state, now, *account, *id)).count()
}

fn some_conditional(random: &mut ChaCha8Rng, now: Millis, link: Option<Link>) -> Operation {
    let side = if random.random() { Side::Buy } else { Side::Sell };
    let (price, size) = (MARK + random.random_range(0..200) - 100, random.random_range(1..6));
    let kinds = [TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::PostOnly];
    let new = order(side, price, size, kinds[random.random_range(0..3)], 0);
    let trigger = match random.random_range(0..6) {
        0 => Trigger::Opened,
        1 => Trigger::Time { at: Millis(now.0 + random.random_range(0..3_000)), slices: 1, interval: 0 },
        2 => Trigger::Time { at: now, slices: 3, interval: 1_000 },
        _ => Trigger::Price {
            source: if random.random() { PriceSource::Mark } else { PriceSource::Index },
            direction: if random.random() { Direction::Above } else { Direction::Below },
            level: PriceTicks(MARK + random.random_range(0..100) - 50),
        },
    };
    when(new, trigger, link)
}

#[test]
fn nothing_that_is_due_is_left_waiting() {
    let mut random = ChaCha8Rng::seed_from_u64(0x7716);
    let rig = Rig::trading();
    let (mut nonces, mut fired) = ([0, 0], 0);
    for round in 0..400 {
        let who = random.random_range(0..2_u8);
        let nonce = &mut nonces[usize::from(who)];
        *nonce += 1;
        let kind = if random.random_bool(0.7) { LinkKind::After } else { LinkKind::Beside };
        let link = random.random_bool(0.6).then_some(Link { step: 0, kind });
        let now = rig.clock.now();
        let side = if random.random() { Side::Buy } else { Side::Sell };
        let steps = match random.random_range(0..10) {
            0..6 => vec![
                place(side, MARK + random.random_range(0..60) - 30, random.random_range(1..6)),
                some_conditional(&mut random, now, link),
                some_conditional(&mut random, now, link),
            ],
            6 => vec![Operation::CancelAll(CancelFilter { side: Some(side), ..CancelFilter::ALL })],
            7 => vec![Operation::ScheduleCancel { at: Some(Millis(now.0 + random.random_range(1..3_000))) }],
            8 => vec![Operation::ScheduleCancel { at: None }],
            _ => vec![place(side, MARK, random.random_range(1..20))],
        };
        rig.ask(rig.operations(&key(1 + who), who.into(), *nonce, steps));
        let ms = if random.random_bool(0.05) { 6_000 } else { random.random_range(0..800) };
        rig.clock.advance(ms);
        if random.random_bool(0.6) {
            rig.price(PriceTicks(MARK + random.random_range(0..100) - 50));
        }
        if round % 10 == 0 {
            // An order that was passed over for want of a price is looked at again a second later.
            rig.wait(|| {
                rig.clock.advance(u64::from(due(&rig) > 0) * 20);
                due(&rig) == 0
            });
        }
    }
    let records = rig.core.journal.records(Seq(1), 100_000).expect("a journal");
    for record in &records {
        if matches!(record.input.source, Source::System(SystemCommand::Fire { .. })) {
            assert_eq!(record.outcome.status, Status::Accepted, "what is named is due");
            fired += 1;
        }
    }
    assert!(fired > 100, "{fired} fired");
}
