//! A book so deep that orders meet as many others as they may.

use ballast_types::{
    AccountId, CancelFilter, ClientId, Event, MarketId, Millis, NewOrder, Operation, PriceTicks, SelfTrade,
    Side, SizeLots, SystemCommand, TimeInForce, Trigger, limits::MAX_OPEN_ORDERS,
};

use crate::{
    inputs::{self, USDC, deposit},
    pair::Pair,
    reports::{all_report, calm, tell},
    settings::ordinary,
};

const MARKET: MarketId = MarketId(0);
const PRICE: u64 = 1_000;
/// Accounts of three owners.
const MAKERS: [AccountId; 2] = [AccountId(0), AccountId(2)];
const TAKER: AccountId = AccountId(1);

/// More asks of one lot than an account may have, and bids that meet more of them than a signature may.
pub(crate) fn play(pair: &mut Pair) {
    stack(pair);
    // Its own ask is the first that the taker meets. It stays for the first two and does not count.
    pair.operate(TAKER, vec![ask(PRICE - 1)]);
    let mut bids = vec![bid(3, TimeInForce::PostOnly, SelfTrade::CancelMaker)];
    bids.push(bid(3, TimeInForce::Gtc, SelfTrade::CancelTaker));
    for kind in [TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Gtc] {
        bids.push(bid(300, kind, SelfTrade::CancelMaker));
    }
    bids.push(bid(3, TimeInForce::Fok, SelfTrade::CancelMaker));
    pair.operate(TAKER, bids);
    cancel_everything(pair);
}

/// Bids of such sizes that wait and fire at once; those that fire.
fn fire(sizes: &[u64]) -> usize {
    let mut pair = Pair::new(ordinary());
    inputs::begin(&mut pair);
    stack(&mut pair);
    let trigger = Trigger::Time { at: Millis(pair.time), slices: 1, interval: 0 };
    let waits = sizes.iter().map(|size| {
        let Operation::Place { market, order } = bid(*size, TimeInForce::Ioc, SelfTrade::CancelMaker) else {
            unreachable!("a bid is placed")
        };
        Operation::PlaceConditional { market, order, trigger, link: None }
    });
    pair.operate(TAKER, waits.collect());
    let waiting = pair.naive.accounts[TAKER.0 as usize].conditionals.keys();
    let conditionals = waiting.map(|id| (TAKER, *id)).collect();
    let outcome = pair.system(SystemCommand::Fire { conditionals });
    outcome.events.iter().filter(|event| matches!(event, Event::ConditionalFired { .. })).count()
}

/// What fires may meet as many as any order, or does not fire yet.
#[test]
fn the_last_that_fires_has_256_meetings_left() {
    assert_eq!(fire(&[300, 300, 1, 255, 300, 1]), 5);
    assert_eq!(fire(&[300, 300, 1, 256, 1]), 4);
}

fn stack(pair: &mut Pair) {
    cancel_everything(pair);
    for account in [MAKERS[0], MAKERS[1], TAKER] {
        let owner = pair.naive.accounts[account.0 as usize].owner;
        deposit(pair, owner, account.0, 100_000 * USDC);
    }
    tell(pair, &calm(&pair.naive, pair.time, MARKET, PRICE));
    for (account, count) in MAKERS.into_iter().zip([MAX_OPEN_ORDERS + 1, 201]) {
        let mut left = count;
        while left > 0 {
            let now = left.min(100);
            pair.operate(account, (0..now).map(|n| ask(PRICE + u64::from(n % 2))).collect());
            left -= now;
        }
    }
    all_report(pair, MARKET, PRICE);
}

fn cancel_everything(pair: &mut Pair) {
    for account in (0..).map(AccountId).take(pair.naive.accounts.len()) {
        pair.operate(account, vec![Operation::CancelAll(CancelFilter::ALL)]);
    }
}

fn ask(price: u64) -> Operation {
    let (price, size) = (PriceTicks(price), SizeLots(1));
    let order = NewOrder::plain(Side::Sell, price, size, TimeInForce::Gtc, ClientId(0));
    Operation::Place { market: MARKET, order }
}

fn bid(size: u64, time_in_force: TimeInForce, self_trade: SelfTrade) -> Operation {
    let (price, size) = (PriceTicks(PRICE + 1), SizeLots(size));
    let order = NewOrder::plain(Side::Buy, price, size, time_in_force, ClientId(0));
    Operation::Place { market: MARKET, order: NewOrder { self_trade, ..order } }
}
