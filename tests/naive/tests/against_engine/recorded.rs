//! The beginning of every recorded flow of orders, with the prices that were traded as those that publishers tell. Skipped,
//! and says so, where the recordings are not.

use std::collections::BTreeMap;

use ballast_tests::flow::{Action, Flow, recorded};
use ballast_types::{
    AccountId, Address, ClientId, Event, MarketId, MarketParams, NewOrder, Operation, OrderId, Ppm,
    PriceTicks, Side, SizeLots, SystemCommand, TimeInForce, limits::NEW_ACCOUNT,
};

use crate::{
    inputs::deposit,
    is_full,
    pair::Pair,
    reports::all_report,
    settings::{Setting, ordinary},
};

const MARKET: MarketId = MarketId(0);
/// Who place orders, by the venue's number of the order; one more takes them.
const MAKERS: u64 = 8;
const TAKER: AccountId = AccountId(8);
/// What each begins with, in micro-USDC: no recorded order may want for margin.
const WEALTH: i64 = 1_000_000_000_000_000;
/// Milliseconds from one action to the next.
const PACE: u64 = 5;
/// Actions from one report of the last traded price to the next.
const REPORTED: usize = 60;

/// Both exchanges, on which somebody does what the members of a venue did.
struct Venue {
    pair: Pair,
    /// Orders by the venue's numbers: whose they are, their numbers here, and their sides.
    known: BTreeMap<u64, (AccountId, OrderId, Side)>,
}

impl Venue {
    fn of(flow: &Flow) -> Self {
        let market = MarketParams { order_band: Ppm(1_000_000), ..flow.market.clone() };
        let mut setting: Setting = ordinary();
        setting.markets[usize::from(MARKET.0)] = market;
        setting.prices[usize::from(MARKET.0)] = flow.first_price.0;
        let mut pair = Pair::new(setting);
        // Each has an owner of his own, so that nobody meets himself.
        (1..=MAKERS as u8 + 1).for_each(|n| deposit(&mut pair, Address::repeat_byte(n), NEW_ACCOUNT, WEALTH));
        // A price that has just come is uncertain for a second.
        for _ in 0..2 {
            all_report(&mut pair, MARKET, flow.first_price.0);
            pair.time += 1_500;
        }
        Self { pair, known: BTreeMap::new() }
    }

    /// The number of the order that the operation makes, wherever it is by now.
    fn ask(&mut self, trader: AccountId, operation: Operation) -> Option<OrderId> {
        let events = self.pair.operate(trader, vec![operation]).events;
        events.into_iter().find_map(|event| match event {
            Event::OrderAccepted { order, .. } => Some(order),
            _ => None,
        })
    }

    /// Does what a member did; what is about an order that is gone is asked for all the same.
    fn act(&mut self, action: &Action) {
        let new = |side: Side, price: PriceTicks, size: SizeLots, time_in_force| {
            NewOrder::plain(side, price, size, time_in_force, ClientId(0))
        };
        match *action {
            Action::Place { id, side, price, size } => {
                let maker = AccountId((id % MAKERS) as u32);
                let order = new(side, price, size, TimeInForce::Gtc);
                let placed = self.ask(maker, Operation::Place { market: MARKET, order });
                self.known.extend(placed.map(|order| (id, (maker, order, side))));
            }
            Action::Cancel { id } => {
                let Some((maker, order, _)) = self.known.remove(&id) else { return };
                self.ask(maker, Operation::Cancel { market: MARKET, order });
            }
            Action::Replace { id, price, size } => {
                let Some((maker, order, side)) = self.known.remove(&id) else { return };
                let new = new(side, price, size, TimeInForce::Gtc);
                let replaced = self.ask(maker, Operation::Replace { market: MARKET, order, new });
                self.known.extend(replaced.map(|order| (id, (maker, order, side))));
            }
            Action::Take { side, price, size } => {
                let order = new(side, price, size, TimeInForce::Ioc);
                self.ask(TAKER, Operation::Place { market: MARKET, order });
            }
        }
    }

    /// Clears the market where that is due.
    fn clear(&mut self) {
        let market = &self.pair.naive.markets[usize::from(MARKET.0)];
        let is_due = market.next_clearing.0 <= self.pair.time;
        if is_due && market.orders.iter().any(|order| order.waits.is_some()) {
            self.pair.system(SystemCommand::Clear { market: MARKET });
        }
    }

    fn carry_out(&mut self, actions: &[Action]) {
        let mut traded = None;
        for (number, action) in (1_usize..).zip(actions) {
            self.pair.time += PACE;
            self.act(action);
            self.clear();
            if let Action::Take { price, .. } = action {
                traded = Some(price.0);
            }
            if number.is_multiple_of(REPORTED) {
                let mark = u64::try_from(self.pair.naive.markets[usize::from(MARKET.0)].mark);
                let price = traded.or(mark.ok()).expect("a mark is positive");
                all_report(&mut self.pair, MARKET, price);
            }
        }
    }
}

#[test]
fn recorded_flows_are_those_of_the_naive_exchange() {
    let most = if is_full() { 3_000 } else { 250 };
    let files = recorded();
    let flows: Vec<_> =
        files.iter().filter_map(|path| Some((path, Flow::read(path, 4 * most).ok()?))).collect();
    assert!(files.is_empty() || flows.len() >= 5, "{} of {files:?} are flows", flows.len());
    let mut fills = 0;
    for (path, flow) in flows {
        let mut venue = Venue::of(&flow);
        venue.carry_out(&flow.actions[..most.min(flow.actions.len())]);
        let open = venue.pair.naive.markets[usize::from(MARKET.0)].orders.len();
        assert!(open > 0, "{}: no order came to rest", path.display());
        fills += venue.pair.seen.times("Fill");
        eprintln!(
            "{}: {} inputs, {open} open orders\n{}",
            path.display(),
            venue.pair.inputs(),
            venue.pair.seen.table()
        );
    }
    assert!(files.is_empty() || fills > 0, "nothing traded");
}
