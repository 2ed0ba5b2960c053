//! What random streams hardly ever meet.

use ballast_types::{
    AccountId, AssetId, ClientId, ConditionalId, Event, MarketId, Millis, NewOrder, Nonce, Operation,
    OracleState, PriceReport, PriceTicks, Quote, RejectCode, RemovalReason, ReportedPrice, Side, SizeLots,
    Status, SystemCommand, TimeInForce, Trigger, UserCommand, Withdraw, limits::NEW_ACCOUNT,
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
    let withdraw = Withdraw { account: MAKER, nonce, expires, asset: AssetId::USDC, amount, recipient };
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

/// Two publishers, one a price.
fn say(pair: &mut Pair, prices: [u64; 2]) {
    pair.time += 1;
    for (n, price) in (0..).zip(prices) {
        let prices = vec![ReportedPrice::plain(MARKET, PriceTicks(price))];
        let time = Millis(pair.time);
        pair.report(pair.publisher(n), PriceReport { publisher: n, time, prices });
    }
}

/// Publishers that contradict each other before there is a price leave nothing to come back from.
#[test]
fn a_first_price_does_not_come_back() {
    let mut pair = Pair::new(ordinary());
    say(&mut pair, [1_000, 2_000]);
    assert_eq!(pair.naive.markets[0].quality, OracleState::Invalid);
    pair.time += 4_000;
    say(&mut pair, [1_000, 1_001]);
    assert_eq!(pair.naive.oracle(MARKET), OracleState::Fresh);
    assert!(!pair.naive.is_batching(MARKET));
}

/// Two publishers differ from the first: there is a mark, and it was never fresh.
#[test]
fn nothing_begins_before_a_fresh_mark() {
    let mut pair = Pair::new(ordinary());
    inputs::deposit(&mut pair, owner(0), NEW_ACCOUNT, 100_000_000);
    say(&mut pair, [1_000, 1_030]);
    let it = &pair.naive.markets[0];
    assert!(it.mark > 0 && it.fresh_mark == 0, "{it:?}");
    let outcome = pair.operate(MAKER, place(Side::Buy, 1_000, 10, false));
    let refused = |event: &Event| matches!(event, Event::OperationRejected { rejection, .. } if rejection.code == RejectCode::NoPrice);
    assert!(outcome.events.iter().any(refused), "{outcome:#?}");
    let order = NewOrder::plain(Side::Buy, PriceTicks(1_000), SizeLots(10), TimeInForce::Gtc, ClientId(0));
    let trigger = Trigger::Time { at: Millis(0), slices: 1, interval: 0 };
    pair.operate(MAKER, vec![Operation::PlaceConditional { market: MARKET, order, trigger, link: None }]);
    let conditionals: Vec<(AccountId, ConditionalId)> =
        pair.naive.accounts[0].conditionals.keys().map(|id| (MAKER, *id)).collect();
    let fire = SystemCommand::Fire { conditionals };
    let outcome = pair.system(fire.clone());
    assert!(
        matches!(outcome.status, Status::Rejected(it) if it.code == RejectCode::NothingDue),
        "{outcome:#?}"
    );

    say(&mut pair, [1_000, 1_001]);
    assert_eq!(pair.system(fire).status, Status::Accepted);
    let outcome = pair.operate(MAKER, place(Side::Buy, 1_000, 10, false));
    assert!(
        matches!(outcome.events[..], [Event::OrderAccepted { .. }, Event::OrderWaits { .. }]),
        "{outcome:#?}"
    );
}
