//! A market without a price for a day ends by itself: the node asks for all of it, and it is told.

use crate::support::*;
use ballast_node::wire::{Channel, EventView, MarketUpdate, ModeView};
use ballast_types::*;

const DAY_MS: u64 = limits::SETTLEMENT_MS;

/// Accounts 0 and 1 trade a lot of a thousand; an order of account 1 rests. Then nobody says a price for a day.
fn left_alone() -> Rig {
    let rig = Rig::trading();
    rig.accept(rig.operations(&key(2), 1, 0, vec![place(Side::Sell, PRICE.0, 1_000)]));
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, PRICE.0, 1_000)]));
    rig.accept(rig.operations(&key(2), 1, 1, vec![place(Side::Sell, PRICE.0 + 10, 7)]));
    rig.clock.advance(DAY_MS);
    rig
}

#[test]
fn a_market_that_nobody_prices_settles_and_its_positions_become_cash() {
    let rig = left_alone();
    let (_, views, channels) = rig.core.ports();
    let mut told = channels.subscribe(Channel::Market(MARKET)).expect("a market");
    let market = || views.markets().expect("markets").remove(0);
    rig.wait(|| {
        rig.clock.advance(1_001);
        let view = market();
        view.settlement_price.is_some() && view.open_interest.0 == 0 && view.orders == 0
    });
    let view = market();
    assert_eq!((view.mode, view.settlement_price), (ModeView::Settled, Some(PRICE.0)));
    assert_eq!((view.settles_at, view.settled.0), (0, 0));
    let update: MarketUpdate =
        serde_json::from_str(&told.updates.blocking_recv().expect("it is told").json).expect("an update");
    assert!(matches!(
        update.events.as_slice(),
        [EventView::MarketSettled { market: 0, .. }, EventView::ModeChanged { mode: ModeView::Settled, .. }]
    ));
    for id in [0, 1] {
        let account = views.account(AccountId(id)).expect("it exists");
        assert!(account.positions.is_empty() && account.cash.0 == account.withdrawable.0, "{account:?}");
    }
}

#[test]
fn a_pool_shows_that_it_was_never_resolved() {
    let rig = Rig::trading();
    let (_, views, _) = rig.core.ports();
    let pool = views.pool(PoolId(0)).expect("pool 0");
    assert_eq!((pool.owes_since, pool.resolution.as_str()), (0, "open"));
    assert_eq!((pool.next_account, pool.ratio), (None, None));
}
