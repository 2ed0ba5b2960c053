//! What it takes to act on accounts that are below maintenance margin: a step of the ladder for each, on books that can take it.

use super::millis;
use crate::{
    bench::timing::cpu_time,
    desk::{Desk, PRICE, TIME, WEALTH},
};
use ballast_auth::K256;
use ballast_engine::{Exchange, apply, verify};
use ballast_types::{
    AccountId, ClientId, Event, Input, MarketId, Millis, NewOrder, Operation, Outcome, PriceTicks, Quote,
    Side, SizeLots, Source, Status, SystemCommand, TimeInForce,
};
use std::time::Duration;

/// Lots of each who will be below, in one market: 20,000 USDC.
const LOTS: u64 = 2_000;
/// What he has: a twentieth of that, as is asked for, and the fee.
const LITTLE: Quote = Quote(1_010_000_000);
/// What the price falls to. He has some 410 USDC left then, and needs 485.
const FALLEN: u64 = PRICE * 97 / 100;
/// How many times all positions the book holds on either side: its pace is 15% of both in 5 s.
const DEPTH: u64 = 5;
/// What acting took.
pub(super) struct Acted {
    /// On all of them, in milliseconds of one thread.
    pub(super) all_ms: f64,
    /// The longest step, in milliseconds.
    pub(super) longest_ms: f64,
}

/// Lets so many accounts, with a position each in one of so many markets and nobody else beside them, fall below maintenance margin,
/// and liquidates each by a step, all in the same millisecond. Times are of `apply` alone.
///
/// # Panics
/// When one of them is not liquidated, or closes nothing.
pub(super) fn act(accounts: u32, markets: u16) -> Acted {
    let mut venue = Venue::new(accounts, markets);
    let lots = LOTS * u64::from(accounts.div_ceil(markets.into()));
    // Of the rich one a market takes the other side, and another quotes after the fall.
    let rich = 2 * u32::from(markets);
    for market in 0..markets {
        venue.place(market.into(), market, Side::Sell, PRICE, lots, TimeInForce::Gtc);
    }
    for account in 0..accounts {
        let market = (account % u32::from(markets)) as u16;
        venue.place(rich + account, market, Side::Buy, PRICE, LOTS, TimeInForce::Ioc);
    }
    venue.report(FALLEN);
    for market in 0..markets {
        let quoter = u32::from(markets + market);
        venue.place(quoter, market, Side::Buy, FALLEN - 10, DEPTH * lots, TimeInForce::Gtc);
        venue.place(quoter, market, Side::Sell, FALLEN + 10, DEPTH * lots, TimeInForce::Gtc);
    }
    // The mark sees the quotes.
    venue.report(FALLEN);
    let steps = (rich..rich + accounts).map(|account| {
        let command = SystemCommand::Liquidate { account: AccountId(account) };
        let (time, outcome) = venue.say(Source::System(command));
        let closes = outcome.events.iter().any(|event| matches!(event, Event::Fill { .. }));
        assert!(closes && outcome.status == Status::Accepted, "{account}: {outcome:?}");
        time
    });
    let times: Vec<Duration> = steps.collect();
    let longest = times.iter().max().copied().unwrap_or_default();
    Acted { all_ms: millis(times.iter().sum()), longest_ms: millis(longest) }
}

/// An exchange, and those who are on it.
struct Venue {
    exchange: Exchange,
    desk: Desk,
    /// Milliseconds that have passed.
    passed: u64,
}

impl Venue {
    fn new(accounts: u32, markets: u16) -> Self {
        let rich = 2 * u32::from(markets);
        let (mut desk, mut genesis) = Desk::new(rich + accounts, markets);
        for listing in &mut genesis.markets {
            // In batches a liquidation only waits, and the whole crowd is no more than may be open.
            listing.params.circuit_breakers = false;
            (listing.params.open_interest_cap, listing.params.open_interest_growth) =
                (Quote::ZERO, Quote::ZERO);
        }
        let opening = desk.opening(PRICE, |trader| if trader < rich { WEALTH } else { LITTLE });
        let exchange = Exchange::genesis(&genesis).expect("the genesis is sound");
        let mut venue = Self { exchange, desk, passed: 0 };
        for source in opening {
            venue.accept(source);
        }
        venue
    }

    /// Applies what somebody says; the time of this thread that took.
    fn say(&mut self, source: Source) -> (Duration, Outcome) {
        let seq = self.exchange.state.chain.seq.next();
        let input = Input { seq, time: Millis(TIME + self.passed), source };
        let verified = verify(&K256, self.exchange.separator(), &input.source);
        cpu_time(|| apply(&mut self.exchange, &input, &verified))
    }

    fn accept(&mut self, source: Source) {
        let (_, outcome) = self.say(source);
        let refused = outcome.events.iter().any(|event| matches!(event, Event::OperationRejected { .. }));
        assert!(outcome.status == Status::Accepted && !refused, "{outcome:?}");
    }

    /// Every price is this a second later.
    fn report(&mut self, price: u64) {
        self.passed += 1_000;
        let source = self.desk.report(TIME + self.passed, price);
        self.accept(source);
    }

    fn place(&mut self, trader: u32, market: u16, side: Side, price: u64, lots: u64, in_force: TimeInForce) {
        let order = NewOrder::plain(side, PriceTicks(price), SizeLots(lots), in_force, ClientId(0));
        let operations = vec![Operation::Place { market: MarketId(market), order }];
        let source = self.desk.operations(trader, operations);
        self.accept(source);
    }
}

#[cfg(test)]
mod tests {
    use super::act;

    #[test]
    fn all_who_are_below_are_liquidated_at_once_where_the_books_can_take_it() {
        let acted = act(80, 40);
        assert!(acted.all_ms >= acted.longest_ms);
    }
}
