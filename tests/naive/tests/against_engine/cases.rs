//! What random streams hardly ever meet.

use ballast_types::{
    AccountId, ClientId, Event, MarketId, Millis, NewOrder, Nonce, Operation, PriceTicks, Quote,
    RemovalReason, Side, SizeLots, TimeInForce, UserCommand, Withdraw,
};

use crate::{
    inputs::{self, owner},
    pair::Pair,
    reports::all_report,
    settings::ordinary,
};

const MARKET: MarketId = MarketId(0);
const MAKER: AccountId = AccountId(0);
const TAKER: AccountId = AccountId(1);

fn place(side: Side, price: u64, size: u64, reduce_only: bool) -> Vec<Operation> {
    let order = NewOrder::plain(side, PriceTicks(price), SizeLots(size), TimeInForce::Gtc, ClientId(0));
    vec![Operation::Place { market: MARKET, order: NewOrder { reduce_only, ..order } }]
}

/// A maker without fill margin is long and would sell a little of it a bit too low. That leaves it healthier. Its other
/// asks now could make a larger short position than before: so it gives way.
#[test]
fn a_reduce_only_maker_whose_reach_would_grow_gives_way() {
    let mut pair = Pair::new(ordinary());
    inputs::begin(&mut pair);
    pair.operate(TAKER, place(Side::Sell, 1_000, 10_000, false));
    pair.operate(MAKER, place(Side::Buy, 1_000, 10_000, false));
    pair.operate(MAKER, place(Side::Sell, 1_005, 30_000, false));
    let amount = Quote(i64::try_from(pair.naive.withdrawable(MAKER)).expect("small"));
    let (nonce, expires, recipient) = (Nonce(100), Millis(pair.time), owner(2));
    let withdraw = Withdraw { account: MAKER, nonce, expires, amount, recipient };
    pair.command(owner(0), UserCommand::Withdraw(withdraw));
    all_report(&mut pair, MARKET, 850);
    pair.operate(MAKER, place(Side::Sell, 852, 1_000, true));
    all_report(&mut pair, MARKET, 854);
    let outcome = pair.operate(TAKER, place(Side::Buy, 852, 1_000, false));
    let gave_way = |event: &Event| {
        matches!(event, Event::OrderRemoved { account: MAKER, reason: RemovalReason::MakerMargin, .. })
    };
    assert!(outcome.events.iter().any(gave_way), "{outcome:#?}");
}
