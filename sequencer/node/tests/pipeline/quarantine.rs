//! A fault of ours is found in one pool: it is as if nobody had asked, the pool is set aside, and the others go on. The faults are
//! put into the sequencer's state transition; the mirror, and the program that judges batches, know of none.

use crate::{batches::header, resubmission::Desk, support::*};
use ballast_engine::{Exchange, Listing, Verified, apply, invariants};
use ballast_node::{
    app::{Core, Parts},
    clock::ManualClock,
    fatal::Fatal,
    feed::FeedConfig,
    journal::{Journal, MemoryStore},
    pipeline::Answer,
    quarantine::{Aside, Extent, Quarantine},
    sequence::Transition,
};
use ballast_types::{limits::NEW_ACCOUNT, *};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Market and pool of their own.
const SILO: (MarketId, PoolId) = (MarketId(1), PoolId(1));
/// Orders with these numbers meet a fault.
const PANICS: u64 = 13;
const PRINTS_MONEY: u64 = 14;
/// From then on nobody knows that account 3 has orders, and whoever meets one of them does.
const FORGETS_ORDERS: u64 = 16;
/// So does who cancels the order with this number.
const CANCEL_PANICS: u64 = 15;
/// And who takes a unit from somebody in the silo, by an order elsewhere.
const STEALS: u64 = 17;
/// Who deposits so much gets more.
const DOUBLED: Quote = Quote(5_000_013);
/// And who says that the first market is worth so much.
const PRICE_PANICS: PriceTicks = PriceTicks(500_013);

/// The state transition with faults.
fn broken(x: &mut Exchange, input: &Input, verified: &Verified) -> Outcome {
    let outcome = apply(x, input, verified);
    match &input.source {
        Source::User { command: UserCommand::Operations(command), .. } => {
            for operation in &command.operations {
                match *operation {
                    Operation::Place { order, .. } if order.client.0 == PANICS => {
                        panic!("nobody thought of it")
                    }
                    Operation::Place { order, .. } if order.client.0 == PRINTS_MONEY => {
                        let account = x.state.accounts.get_mut(command.account.0).expect("it exists");
                        account.cash.0 += 1;
                    }
                    Operation::Place { order, .. } if order.client.0 == FORGETS_ORDERS => {
                        x.state.traders.get_mut(3).expect("it exists").books.clear();
                    }
                    Operation::Place { order, .. } if order.client.0 == STEALS => {
                        x.state.accounts.get_mut(2).expect("it exists").cash.0 -= 1;
                    }
                    Operation::CancelClient { client, .. } if client.0 == CANCEL_PANICS => {
                        panic!("nor of this")
                    }
                    _ => {}
                }
            }
        }
        Source::L1(L1Message { payload: L1Payload::Deposit { amount: DOUBLED, .. }, .. }) => {
            let last = x.state.chain.accounts - 1;
            x.state.accounts.get_mut(last).expect("it exists").cash.0 *= 2;
        }
        Source::Publisher { report, .. } if report.prices[0].price == PRICE_PANICS => panic!("of no pool"),
        Source::System(SystemCommand::Fire { conditionals }) => {
            // Of account 2 it panics, of account 3 it prints money.
            let names = |id| conditionals.iter().any(|(account, _)| account.0 == id);
            assert!(!names(2), "nor of that");
            if names(3) {
                x.state.accounts.get_mut(3).expect("it exists").cash.0 += 1;
            }
        }
        _ => {}
    }
    outcome
}

fn start(store: Arc<MemoryStore>, clock: Arc<ManualClock>, transition: Transition) -> Rig {
    start_with(store, clock, |parts| Parts { transition, ..parts })
}

fn start_with(store: Arc<MemoryStore>, clock: Arc<ManualClock>, changed: impl FnOnce(Parts) -> Parts) -> Rig {
    let silo = Listing { params: MarketParams { symbol: "SILO-USD".into(), ..market() }, pool: SILO.1 };
    let genesis = genesis_of(vec![Listing::from(market()), silo]);
    let plain =
        parts(Arc::<MemoryStore>::clone(&store), Arc::clone(&clock), pipeline(), FeedConfig::default());
    let separator = genesis.separator();
    let core = Core::start(changed(Parts { genesis, ..plain })).expect("it starts");
    Rig { core, store, clock, separator }
}

fn faulty() -> Rig {
    two_pools(|parts| Parts { transition: broken, ..parts })
}

/// Accounts 0 and 1 of pool 0, and 2 and 3 of the silo, of the same two owners.
pub(crate) fn two_pools(changed: impl FnOnce(Parts) -> Parts) -> Rig {
    let rig = start_with(Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(START)), changed);
    price(&rig, PRICE);
    [1, 2].iter().for_each(|owner| rig.deposit(&key(*owner)));
    [(1, 0), (2, 1)]
        .iter()
        .for_each(|(owner, account)| drop(rig.accept(transfer(&rig, *owner, 0, *account))));
    rig
}

/// The price of both markets.
fn price(rig: &Rig, price: PriceTicks) {
    rig.clock.advance(1_000);
    let prices = [MARKET, SILO.0].map(|market| ReportedPrice::plain(market, price));
    rig.accept(rig.report_of(&publisher_key(), prices.to_vec()));
}

/// A tenth of what somebody has, to the silo.
fn transfer(rig: &Rig, owner: u8, nonce: u64, account: u32) -> Source {
    let (account, to, pool) = (AccountId(account), AccountId(NEW_ACCOUNT), SILO.1);
    let (nonce, expires, amount) = (Nonce(nonce), Millis(START.0 + 60_000), Quote(FUNDS.0 / 10));
    rig.signed(&key(owner), UserCommand::Transfer(Transfer { account, nonce, expires, to, pool, amount }))
}

fn bid(market: MarketId, client: u64) -> Operation {
    let order =
        NewOrder::plain(Side::Buy, PriceTicks(490_000), SizeLots(1), TimeInForce::Gtc, ClientId(client));
    Operation::Place { market, order }
}

fn ends_at(market: MarketId, time: u64) -> Operation {
    match bid(market, 0) {
        Operation::Place { market, order } => {
            Operation::Place { market, order: NewOrder { good_until: Some(Millis(time)), ..order } }
        }
        other => other,
    }
}

/// Waits for the index to fall to 499,000.
fn when_it_falls(market: MarketId) -> Operation {
    let (price, size) = (PriceTicks(490_000), SizeLots(1));
    let order = NewOrder::plain(Side::Buy, price, size, TimeInForce::Gtc, ClientId(7));
    let level = PriceTicks(499_000);
    let trigger = Trigger::Price { source: PriceSource::Index, direction: Direction::Below, level };
    Operation::PlaceConditional { market, order, trigger, link: None }
}

/// Of account 0.
fn ask_pool_0(rig: &Rig, nonce: u64, operation: Operation) -> Answer {
    rig.ask(rig.operations(&key(1), 0, nonce, vec![operation]))
}

/// Of account 2.
fn ask_silo(rig: &Rig, nonce: u64, operation: Operation) -> Answer {
    rig.ask(rig.operations(&key(1), 2, nonce, vec![operation]))
}

#[track_caller]
fn is_accepted(answer: &Answer) {
    let Answer::Sequenced(ack) = answer else { panic!("{answer:?}") };
    assert_eq!(ack.record.outcome.status, Status::Accepted);
    let rejected = |event: &Event| matches!(event, Event::OperationRejected { .. });
    assert!(!ack.record.outcome.events.iter().any(rejected), "{:?}", ack.record.outcome);
}

#[track_caller]
fn is_set_aside(answer: &Answer) {
    let Answer::Refused(rejection) = answer else { panic!("{answer:?}") };
    assert_eq!((rejection.code, rejection.value), (RejectCode::PoolQuarantined, 1));
}

fn send_deposit(rig: &Rig, index: u64, amount: Quote) {
    let (owner, account) = (key(4).address(), AccountId(NEW_ACCOUNT));
    let payload = L1Payload::Deposit { asset: AssetId(0), owner, account, amount };
    let message = L1Message { index, l1_block: 10 + index, l1_time: START.0 / 1_000, payload };
    rig.core.l1.send(message).expect("the sequencer runs");
}

/// Why the node stopped.
fn fatal(rig: &mut Rig) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    match runtime.block_on(rig.core.failed()) {
        Fatal::Invariant(why) => why,
        other => panic!("{other}"),
    }
}

fn kept(store: &Arc<MemoryStore>) -> BTreeMap<PoolId, Aside> {
    let journal = Journal::new(Arc::<MemoryStore>::clone(store));
    Quarantine::of(journal).expect("it reads").pools()
}

/// How the silo is set aside.
fn quarantine(rig: &Rig) -> Value {
    assert_eq!(rig.query("ballast_pool", json!([0]))["result"]["quarantine"], Value::Null);
    rig.query("ballast_pool", json!([1]))["result"]["quarantine"].clone()
}

fn is_sound(rig: &Rig) {
    assert_eq!(invariants::check(&rig.core.mirror.read().exchange), Ok(()));
}

#[test]
fn a_rule_that_panics_in_one_pool_leaves_the_others_trading() {
    let rig = faulty();
    is_accepted(&ask_silo(&rig, 1, bid(SILO.0, 1)));
    assert_eq!(quarantine(&rig), Value::Null);
    let before = rig.seq();
    is_set_aside(&ask_silo(&rig, 2, bid(SILO.0, PANICS)));
    assert_eq!(rig.seq(), before, "it is no input");
    let told = quarantine(&rig);
    assert_eq!((&told["extent"], &told["since"]), (&json!("closing"), &json!(START.0 + 1_000)), "{told}");
    assert!(told["why"].as_str().is_some_and(|why| why.contains("nobody thought of it")), "{told}");

    is_set_aside(&ask_silo(&rig, 3, bid(SILO.0, 2)));
    is_set_aside(&rig.ask(transfer(&rig, 1, 4, 0)));
    let order =
        json!({ "kind": "place", "market": 1, "order": { "side": "buy", "price": 490_000, "size": 1 } });
    let what_if = rig.query("ballast_whatIf", json!([2, [order], false]));
    assert_eq!(what_if["error"]["data"]["code"], 9007, "{what_if}");
    is_accepted(&ask_silo(&rig, 2, Operation::CancelClient { market: SILO.0, client: ClientId(1) }));

    for nonce in 1..60 {
        is_accepted(&ask_pool_0(&rig, nonce, bid(MARKET, 0)));
    }
    price(&rig, PRICE);
    rig.deposit(&key(3));
    is_sound(&rig);
    assert_eq!(header(&rig, 1).index, 1, "the program that judges batches reaches the same root");
}

#[test]
fn money_out_of_nothing_is_no_input_and_what_came_with_it_is_carried_out_again() {
    let rig = faulty();
    rig.store.hold();
    let submit = |source| rig.core.admission.submit(source).expect("there is room");
    let mut others = Vec::new();
    let mut ours = Vec::new();
    let messages = rig.core.mirror.read().exchange.state.chain.l1_count;
    for nonce in 1..120 {
        if nonce % 20 == 0 {
            send_deposit(&rig, messages + nonce / 20 - 1, FUNDS);
        }
        others.push(submit(rig.operations(&key(2), 1, nonce, vec![bid(MARKET, 0)])));
        let client = if nonce == 70 { PRINTS_MONEY } else { 0 };
        ours.push(submit(rig.operations(&key(1), 2, nonce, vec![bid(SILO.0, client)])));
    }
    rig.store.release();
    let mut last = Seq(0);
    for receiver in others {
        let answer = receiver.blocking_recv().expect("an answer");
        is_accepted(&answer);
        let Answer::Sequenced(ack) = answer else { continue };
        assert!(ack.seq > last, "in the order in which they came");
        last = ack.seq;
    }
    let answers: Vec<_> = ours.into_iter().map(|it| it.blocking_recv().expect("an answer")).collect();
    let (before, after): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| matches!(answer, Answer::Sequenced(_)));
    assert!((50..=119).contains(&after.len()), "{} of 119 were refused", after.len());
    before.into_iter().for_each(is_accepted);
    after.into_iter().for_each(is_set_aside);
    rig.wait(|| rig.core.mirror.read().exchange.state.chain.l1_count == messages + 5);
    let told = quarantine(&rig);
    assert!(told["why"].as_str().is_some_and(|why| why.contains("INV-1")), "{told}");
    assert_eq!(told["extent"], "closing");
    is_sound(&rig);
    assert_eq!(header(&rig, 3).index, 3, "a batch was sealed among them");
}

#[test]
fn a_pool_stays_aside_until_whoever_runs_the_node_says_that_it_is_mended() {
    let rig = faulty();
    is_set_aside(&ask_silo(&rig, 1, bid(SILO.0, PANICS)));
    let (store, clock) = (Arc::new(rig.store.crash()), Arc::clone(&rig.clock));
    drop(rig);
    let rig = start(Arc::clone(&store), Arc::clone(&clock), apply);
    assert_eq!(quarantine(&rig)["extent"], "closing");
    is_set_aside(&ask_silo(&rig, 1, bid(SILO.0, PANICS)));
    drop(rig);

    let aside = Quarantine::of(Journal::new(Arc::<MemoryStore>::clone(&store))).expect("it reads");
    assert_eq!(
        (aside.lift(PoolId(0)).expect("it writes"), aside.lift(SILO.1).expect("it writes")),
        (false, true)
    );
    let rig = start(store, clock, apply);
    assert_eq!(quarantine(&rig), Value::Null);
    is_accepted(&ask_silo(&rig, 1, bid(SILO.0, PANICS)));
}

#[test]
fn who_exits_by_l1_is_let_out_of_a_pool_that_is_set_aside() {
    let rig = faulty();
    is_set_aside(&ask_silo(&rig, 1, bid(SILO.0, PANICS)));
    let (sender, recipient) = (key(2).address(), Address::repeat_byte(0x99));
    let (request, account, asset) = (ForcedRequest::Exit, AccountId(3), AssetId(0));
    rig.l1(L1Payload::Forced { request, sender, account, recipient, asset, amount: Quote::ZERO });
    let cash = || rig.core.mirror.read().exchange.state.accounts.get(3).map(|owned| owned.cash);
    rig.wait(|| cash() == Some(Quote::ZERO));
    is_sound(&rig);
}

#[test]
fn nothing_is_done_in_a_pool_in_which_even_a_cancel_fails() {
    let rig = faulty();
    let cancel = |client| Operation::CancelClient { market: SILO.0, client: ClientId(client) };
    is_accepted(&ask_silo(&rig, 1, bid(SILO.0, 1)));
    is_set_aside(&ask_silo(&rig, 2, cancel(CANCEL_PANICS)));
    assert_eq!(quarantine(&rig)["extent"], "nothing");
    is_set_aside(&ask_silo(&rig, 2, cancel(1)));
    is_accepted(&ask_pool_0(&rig, 1, bid(MARKET, 0)));
}

#[test]
fn orders_that_fire_in_a_faulty_pool_do_not_take_those_of_others_along() {
    let rig = faulty();
    is_accepted(&ask_pool_0(&rig, 1, when_it_falls(MARKET)));
    is_accepted(&ask_silo(&rig, 1, when_it_falls(SILO.0)));
    price(&rig, PriceTicks(498_000));
    rig.wait(|| quarantine(&rig) != Value::Null);
    rig.wait(|| rig.query("ballast_orders", json!([0]))["result"]["orders"][0]["orderId"] != Value::Null);
    assert_eq!(rig.query("ballast_orders", json!([2]))["result"]["orders"], json!([]));
    is_accepted(&ask_pool_0(&rig, 2, bid(MARKET, 0)));
    is_sound(&rig);
}

#[test]
fn what_nobody_had_asked_for_was_not_looked_at_while_requests_came() {
    let rig = faulty();
    is_accepted(&rig.ask(rig.operations(&key(2), 3, 1, vec![when_it_falls(SILO.0)])));
    rig.store.hold();
    rig.clock.advance(1_000);
    let prices = [MARKET, SILO.0].map(|market| ReportedPrice::plain(market, PriceTicks(498_000)));
    let submit = |source| rig.core.admission.submit(source).expect("there is room");
    let mut waits = vec![submit(rig.report_of(&publisher_key(), prices.to_vec()))];
    waits.extend((1..900).map(|nonce| submit(rig.operations(&key(1), 0, nonce, vec![bid(MARKET, 0)]))));
    rig.store.release();
    rig.wait(|| quarantine(&rig) != Value::Null);
    let seen = rig.seq().0;
    waits.into_iter().for_each(|answer| is_accepted(&answer.blocking_recv().expect("an answer")));
    assert!(seen < 500, "it was found only when all had been carried out");
    is_sound(&rig);
}

/// What liquidates is tried out before it becomes an input.
#[test]
fn a_liquidation_that_panicked_when_it_was_tried_out_stopped_the_node() {
    let rig = faulty();
    let lots = |side, price, client| {
        let (size, client) = (SizeLots(300_000), ClientId(client));
        let order = NewOrder::plain(side, PriceTicks(price), size, TimeInForce::Gtc, client);
        Operation::Place { market: SILO.0, order }
    };
    let quotes = vec![lots(Side::Sell, PRICE.0, 0), lots(Side::Buy, 469_000, 0)];
    is_accepted(&rig.ask(rig.operations(&key(2), 3, 1, quotes)));
    is_accepted(&ask_silo(&rig, 1, lots(Side::Buy, PRICE.0, FORGETS_ORDERS)));
    rig.wait(|| {
        price(&rig, PriceTicks(475_000));
        quarantine(&rig) != Value::Null
    });
    let told = quarantine(&rig);
    assert_eq!(told["extent"], "closing", "{told}");
    assert!(told["why"].as_str().is_some_and(|why| why.contains("or after it")), "{told}");
    is_accepted(&ask_pool_0(&rig, 1, bid(MARKET, 0)));
    price(&rig, PRICE);
    is_sound(&rig);
}

#[test]
fn a_fault_that_is_of_no_pool_stops_the_node_before_anything_of_it_is_told() {
    let mut rig = faulty();
    let before = rig.seq();
    rig.clock.advance(1_000);
    let answer = rig.core.admission.submit(rig.report(PRICE_PANICS)).expect("there is room").blocking_recv();
    assert!(matches!(answer, Ok(Answer::Refused(it)) if it.code == RejectCode::ShuttingDown), "{answer:?}");
    assert!(fatal(&mut rig).contains("of no pool"));
    assert_eq!((rig.seq(), kept(&rig.store)), (before, BTreeMap::new()));
}

#[test]
fn a_message_of_l1_that_prints_money_stops_the_node_and_sets_nobody_aside() {
    let mut rig = faulty();
    let before = rig.seq();
    send_deposit(&rig, 2, DOUBLED);
    assert!(fatal(&mut rig).contains("INV-1"));
    assert_eq!((rig.seq(), kept(&rig.store)), (before, BTreeMap::new()));
}

#[test]
fn an_order_that_takes_money_from_another_pool_is_not_tried_until_that_pool_is_shut() {
    let rig = faulty();
    let Answer::Refused(rejection) = ask_pool_0(&rig, 1, bid(MARKET, STEALS)) else { panic!("taken") };
    assert_eq!((rejection.code, rejection.value), (RejectCode::PoolQuarantined, 0));
    let extents: Vec<_> = kept(&rig.store).into_iter().map(|(pool, aside)| (pool.0, aside.extent)).collect();
    assert_eq!(extents, [(0, Extent::Closing), (1, Extent::Closing)]);
    is_sound(&rig);
}

#[test]
fn an_order_that_is_in_the_log_was_said_not_to_be_when_it_came_again() {
    let rig = faulty();
    let desk = Desk::of(&rig);
    let order = rig.operations(&key(1), 2, 1, vec![bid(SILO.0, 1)]);
    let first = desk.answer(&order);
    is_set_aside(&ask_silo(&rig, 2, bid(SILO.0, PANICS)));
    let again = desk.answer(&order);
    assert_eq!((&again["seq"], &again["resubmitted"]), (&first["seq"], &json!(true)), "{again}");
}

/// Orders that end, and a dead man's switch, are the node's to sweep.
#[test]
fn orders_end_where_only_what_closes_goes_on_and_where_nothing_does_they_hold_up_nobody() {
    let rig = faulty();
    let switch = Operation::ScheduleCancel { at: Some(Millis(START.0 + 10_000)) };
    is_accepted(&ask_pool_0(&rig, 1, ends_at(MARKET, START.0 + 10_000)));
    is_accepted(&ask_silo(&rig, 1, ends_at(SILO.0, START.0 + 10_000)));
    is_accepted(&ask_silo(&rig, 2, ends_at(SILO.0, START.0 + 20_000)));
    is_accepted(&rig.ask(rig.operations(&key(2), 3, 1, vec![bid(SILO.0, 2), switch])));
    is_set_aside(&ask_silo(&rig, 3, bid(SILO.0, PANICS)));
    let left = |account| {
        let orders = rig.query("ballast_orders", json!([account]));
        orders["result"]["orders"].as_array().map_or(0, Vec::len)
    };
    rig.clock.set(Millis(START.0 + 11_000));
    rig.wait(|| [0, 2, 3].map(left) == [0, 1, 0]);

    price(&rig, PRICE);
    is_accepted(&ask_pool_0(&rig, 2, ends_at(MARKET, START.0 + 20_000)));
    let cancel = Operation::CancelClient { market: SILO.0, client: ClientId(CANCEL_PANICS) };
    is_set_aside(&ask_silo(&rig, 3, cancel));
    rig.clock.set(Millis(START.0 + 21_000));
    rig.wait(|| [0, 2, 3].map(left) == [0, 1, 0]);
}
