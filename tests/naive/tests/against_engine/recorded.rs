//! The beginning of every recorded flow of orders, with the prices that were traded as those that publishers tell. Skipped,
//! and says so, where the recordings are not.

use ballast_tests::{
    desk::WEALTH,
    flow::{
        Action, Flow, flows,
        members::{self, Members},
    },
};
use ballast_types::{Address, Event, MarketId, MarketParams, Ppm, SystemCommand, limits::NEW_ACCOUNT};

use crate::{
    inputs::deposit,
    is_full,
    pair::Pair,
    reports::all_report,
    settings::{Setting, ordinary},
};

const MARKET: MarketId = MarketId(0);
/// Milliseconds from one action to the next.
const PACE: u64 = 5;
/// Actions from one report of the last traded price to the next.
const REPORTED: usize = 60;

/// Both exchanges, on which somebody does what the members of a venue did.
struct Venue {
    pair: Pair,
    members: Members,
}

impl Venue {
    fn of(flow: &Flow) -> Self {
        let market = MarketParams { order_band: Ppm(1_000_000), ..flow.market.clone() };
        let mut setting: Setting = ordinary();
        setting.markets[usize::from(MARKET.0)] = market;
        setting.prices[usize::from(MARKET.0)] = flow.first_price.0;
        let mut pair = Pair::new(setting);
        // Each has an owner of his own.
        (1..=members::ACCOUNTS as u8)
            .for_each(|n| deposit(&mut pair, Address::repeat_byte(n), NEW_ACCOUNT, WEALTH.0));
        // A price that has just come is uncertain for a second.
        for _ in 0..2 {
            all_report(&mut pair, MARKET, flow.first_price.0);
            pair.time += 1_500;
        }
        Self { pair, members: Members::default() }
    }

    /// Does what a member did; what is about an order that is gone is asked for all the same.
    fn act(&mut self, action: &Action) {
        let pair = &mut self.pair;
        // An order is known wherever it is by now.
        self.members.act(MARKET, action, |trader, operation| {
            let events = pair.operate(trader, vec![operation]).events;
            events.into_iter().find_map(|event| match event {
                Event::OrderAccepted { order, .. } => Some(order),
                _ => None,
            })
        });
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
    let flows = flows(4 * most);
    let is_skipped = flows.is_empty();
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
    assert!(is_skipped || fills > 0, "nothing traded");
}
