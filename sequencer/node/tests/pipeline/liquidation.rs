//! An account that falls below maintenance is taken down the ladder by the node itself, and it is told.

use crate::support::*;
use ballast_node::{
    feed::FeedConfig,
    wire::{Channel, CoverView, EventView, PoolUpdate, Watched},
};
use ballast_types::*;
use std::sync::Arc;

/// 2.4% below where everybody bought: a little less than maintenance margin is left.
const BELOW: PriceTicks = PriceTicks(488_000);

/// A twentieth of the notional is initial margin.
const LOTS: u64 = 19 * FUNDS.0.unsigned_abs() / (PRICE.0 * 10);

/// Account 0 is long as much as its money lets it be, account 1 short; the mark falls.
fn fallen(price: PriceTicks) -> Rig {
    let rig = leveraged();
    fall(&rig, price);
    rig
}

/// Before the mark falls.
fn leveraged() -> Rig {
    let rig = Rig::trading();
    rig.accept(rig.operations(&key(2), 1, 0, vec![place(Side::Sell, PRICE.0, LOTS)]));
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, PRICE.0, LOTS)]));
    rig.deposit(&key(3));
    rig
}

fn fall(rig: &Rig, price: PriceTicks) {
    for _ in 0..3 {
        rig.clock.advance(601);
        rig.price(price);
    }
}

/// Everything that was told since the beginning.
fn told(rig: &Rig) -> Vec<EventView> {
    let (_, views, _) = rig.core.ports();
    let all = (1..=rig.seq().0).map(|seq| views.outcome(Seq(seq)).expect("it was sequenced"));
    all.flat_map(|outcome| outcome.events).collect()
}

#[test]
fn a_position_is_closed_on_the_book_until_the_account_has_margin() {
    let rig = fallen(BELOW);
    let (_, views, _) = rig.core.ports();
    let account = || views.account(AccountId(0)).expect("it exists");
    assert!(account().equity.0 < account().maintenance_margin.0);
    assert_eq!(account().positions[0].liquidation_price, Some(account().positions[0].mark));
    rig.accept(rig.operations(&key(3), 2, 0, vec![place(Side::Buy, BELOW.0, 2_000_000)]));
    // Now and then, and whenever something happens, the node tries again.
    rig.wait(|| {
        rig.clock.advance(200);
        rig.price(BELOW);
        account().equity.0 >= account().maintenance_margin.0
    });
    let told = told(&rig);
    assert!(told.iter().any(|event| matches!(event, EventView::Liquidated { account: 0, level: 1, .. })));
    let pool = views.pool(PoolId(0)).expect("pool 0");
    let penalties: i128 = told
        .iter()
        .map(|event| match event {
            EventView::Fill { taker: 0, maker: 2, taker_fee, .. } => taker_fee.0,
            _ => 0,
        })
        .sum();
    assert!(penalties > 0 && pool.fund.0 == penalties, "{pool:?}");
    assert!(account().positions[0].liquidation_price < Some(account().positions[0].mark));
}

/// Who owes is named, and it is time to look again.
fn paused(rig: &Rig) {
    rig.wait(|| told(rig).iter().any(|event| matches!(event, EventView::PoolPaused { pool: 0, .. })));
    rig.clock.advance(20);
}

#[test]
fn what_nobody_takes_is_torn_up() {
    let rig = fallen(PriceTicks(470_000));
    paused(&rig);
    let (_, views, _) = rig.core.ports();
    let account = |id| views.account(AccountId(id)).expect("it exists");
    rig.wait(|| account(0).positions.is_empty());
    assert!(account(1).positions.is_empty() && account(0).cash.0 == 0);
    let told = told(&rig);
    let torn = |who| {
        told.iter().find_map(|event| match event {
            EventView::Deleveraged { account, paid, .. } if *account == who => Some(paid.0),
            _ => None,
        })
    };
    // The winner pays what the loser owed.
    assert!(torn(1).expect("told") > 0 && torn(0) == torn(1).map(|paid| -paid));
    let no = |event: &EventView| !matches!(event, EventView::DeficitCovered { by: CoverView::Pool, .. });
    assert!(told.iter().all(no));
    assert_eq!(views.pool(PoolId(0)).expect("pool 0").deficit.0, 0);
}

#[test]
fn what_a_pool_owes_is_paid_out_of_gains() {
    let rig = leveraged();
    let (_, views, _) = rig.core.ports();
    let deficit = || views.pool(PoolId(0)).expect("pool 0").deficit.0;
    rig.deposit(&key(4));
    for account in [1, 2].map(AccountId) {
        let owner = key(account.0 as u8 + 1).address();
        rig.l1(L1Payload::Deposit { asset: AssetId(0), owner, account, amount: FUNDS });
    }
    // Nobody believes the price yet: who won takes the gain, from somebody who then has none.
    let low = 470_000;
    rig.clock.advance(601);
    rig.price(PriceTicks(low));
    rig.accept(rig.operations(&key(3), 2, 0, vec![place(Side::Sell, low, LOTS)]));
    rig.accept(rig.operations(&key(2), 1, 1, vec![place(Side::Buy, low, LOTS)]));
    fall(&rig, PriceTicks(low));
    paused(&rig);
    rig.wait(|| deficit() > 0);
    let owed = deficit();
    // Then he wins once more.
    rig.accept(rig.operations(&key(2), 1, 2, vec![place(Side::Sell, low, LOTS / 2)]));
    rig.accept(rig.operations(&key(4), 3, 0, vec![place(Side::Buy, low, LOTS / 2)]));
    assert!(deficit() > owed / 2, "fees pay of it, too");
    let owed = deficit();
    // Nobody had gains before, and it looks every ten seconds.
    rig.clock.advance(10_000);
    fall(&rig, PriceTicks(455_000));
    rig.clock.advance(1_000);
    rig.price(PriceTicks(455_000));
    rig.wait(|| deficit() == 0);
    let paid: i128 = told(&rig)
        .iter()
        .map(|event| match event {
            EventView::GainsCut { paid, .. } => paid.0,
            _ => 0,
        })
        .sum();
    assert_eq!(paid, owed);
}

#[test]
fn whoever_watches_a_pool_hears_what_its_ladder_does() {
    let rig = leveraged();
    let (_, _, channels) = rig.core.ports();
    let watch =
        |pool| channels.subscribe(Channel::Watched(Watched::Pool(PoolId(pool)))).expect("there are two");
    let mut pools = [watch(0), watch(1)];
    fall(&rig, PriceTicks(470_000));
    paused(&rig);
    let is_torn = |event: &EventView| matches!(event, EventView::Deleveraged { .. });
    rig.wait(|| told(&rig).iter().any(is_torn));
    let of_pool = |event: &EventView| {
        is_torn(event)
            || matches!(
                event,
                EventView::Liquidated { .. }
                    | EventView::TakenOver { .. }
                    | EventView::DeficitCovered { .. }
                    | EventView::PoolPaused { .. }
            )
    };
    let expected: Vec<_> = told(&rig).into_iter().filter(of_pool).collect();
    let mut heard = Vec::new();
    while heard.len() < expected.len() {
        let update = pools[0].updates.blocking_recv().expect("it goes on");
        // What is no update of events is how the pool stands.
        heard.extend(
            serde_json::from_str(&update.json).map_or(Vec::new(), |update: PoolUpdate| update.events),
        );
    }
    assert_eq!(heard, expected);
    assert!(heard.iter().any(|event| matches!(event, EventView::Liquidated { account: 0, .. })), "{heard:?}");
    assert!(pools[1].updates.try_recv().is_err(), "nobody is in it");
}

#[test]
fn while_nothing_can_be_done_the_log_does_not_fill() {
    let rig = fallen(BELOW);
    let before = rig.seq();
    std::thread::sleep(std::time::Duration::from_millis(50));
    // The clock stands still: what was refused is not tried again.
    assert_eq!(rig.seq(), before);
    for _ in 0..10 {
        rig.clock.advance(100);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(rig.seq().0 <= before.0 + 2, "{} after {before:?}", rig.seq());
}

#[test]
fn a_node_that_starts_again_goes_on_with_the_ladder() {
    let rig = fallen(BELOW);
    let (left, clock) = (Arc::new(rig.store.crash()), Arc::clone(&rig.clock));
    drop(rig);
    let rig = start_with(left, clock, pipeline(), FeedConfig::default()).expect("it starts again");
    rig.accept(rig.operations(&key(3), 2, 0, vec![place(Side::Buy, BELOW.0, 2_000_000)]));
    let (_, views, _) = rig.core.ports();
    rig.wait(|| {
        rig.clock.advance(200);
        rig.price(BELOW);
        views.account(AccountId(0)).expect("it exists").positions[0].liquidation_price < Some(BELOW.0)
    });
}
