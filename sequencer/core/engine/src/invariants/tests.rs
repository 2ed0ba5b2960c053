//! Each check finds what it is for: a sound exchange, one fact changed, and the number that is found broken.

use ballast_state::{
    Capacity, CapacityReport, Custody, Leverage, Minute, PegReport, PendingChange, Priced, Session,
    Settlement, Stage, TraderBook, minutes_index,
};
use ballast_types::{
    AccountId, Address, AssetId, AssetParams, Causes, GovernanceCall, Lots, MarginTier, MarketId, Millis,
    OracleState, PoolId, Ppm, PriceTicks, Quote, SizeLots, Units, limits::MAX_PRICE,
};

use super::check;
use crate::{
    Exchange, facts,
    governance::{GUARDIAN, PUBLISHER},
    world::{ALT, BTC, ONE, PRICE, World, buy, owner, publisher, sell},
};

#[track_caller]
fn finds(number: u16, harm: impl FnOnce(&mut Exchange)) {
    let mut world = World::trading(3);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE / 2)).expect("accepted");
    assert_eq!(check(&world.x), Ok(()));
    harm(&mut world.x);
    assert_eq!(check(&world.x).map_err(|violation| violation.invariant), Err(number));
}

const ZERO: AccountId = AccountId(0);

#[test]
fn money_out_of_nothing_is_found() {
    finds(1, |x| facts::account_mut(&mut x.state, ZERO).cash.0 += 1);
    finds(1, |x| facts::pool_mut(&mut x.state, PoolId(0)).fees.0 -= 1);
    finds(64, |x| {
        let pool = facts::pool_mut(&mut x.state, PoolId(0));
        (pool.deficit.0, pool.fees.0) = (5, pool.fees.0 + 5);
    });
    finds(64, |x| facts::pool_mut(&mut x.state, PoolId(0)).resolution.owes_since.0 = 7);
    finds(1, |x| facts::account_mut(&mut x.state, ZERO).positions[0].funding = 1);
    finds(98, |x| facts::pool_mut(&mut x.state, PoolId(0)).pause.until = Millis(86_400_001));
    finds(98, |x| facts::pool_mut(&mut x.state, PoolId(0)).pause.since = Millis(1));
    finds(48, |x| {
        let pool = facts::pool_mut(&mut x.state, PoolId(0));
        (pool.withdrawn.0, pool.fees.0) = (pool.credited.0 + 1, pool.fees.0 - pool.credited.0 - 1);
    });
    finds(62, |x| {
        let pool = facts::pool_mut(&mut x.state, PoolId(0));
        (pool.transferred.0, pool.fees.0) = (5, pool.fees.0 + 5);
    });
}

#[test]
fn positions_that_do_not_cancel_are_found() {
    finds(2, |x| facts::account_mut(&mut x.state, ZERO).positions[0].size = Lots(-1));
    finds(2, |x| facts::venue_mut(&mut x.state, BTC).open_interest = SizeLots(1));
}

#[test]
fn aggregates_that_are_not_those_of_the_orders_are_found() {
    finds(32, |x| facts::trader_mut(&mut x.state, ZERO).books[0].ask_lots.0 += 1);
    finds(32, |x| facts::trader_mut(&mut x.state, ZERO).books[0].bid_lots.0 += 1);
    finds(33, |x| facts::trader_mut(&mut x.state, ZERO).books.clear());
    finds(32, |x| {
        let trader = facts::trader_mut(&mut x.state, ZERO);
        (trader.open_orders, trader.reserve) = (0, Quote::ZERO);
        trader.books.clear();
    });
    let flat = |basis| TraderBook {
        market: ALT,
        basis: Quote(basis),
        bid_lots: SizeLots::ZERO,
        ask_lots: SizeLots::ZERO,
        orders: 0,
    };
    finds(32, |x| facts::trader_mut(&mut x.state, ZERO).books.push(flat(0)));
    finds(32, |x| facts::trader_mut(&mut x.state, ZERO).books.push(flat(1)));
    finds(33, |x| facts::trader_mut(&mut x.state, ZERO).reserve.0 += 1);
    finds(33, |x| facts::trader_mut(&mut x.state, ZERO).open_orders += 1);
}

#[test]
fn accounts_out_of_form_are_found() {
    finds(34, |x| facts::account_mut(&mut x.state, ZERO).positions[0].size = Lots::ZERO);
    finds(34, |x| {
        let positions = &mut facts::account_mut(&mut x.state, ZERO).positions;
        positions.push(positions[0]);
    });
    finds(43, |x| {
        let session = Session {
            key: owner(0),
            number: ballast_types::KeyNumber(1),
            valid_until: Millis(0),
            scope: 1,
            nonces: Default::default(),
        };
        facts::trader_mut(&mut x.state, ZERO).seldom.sessions.push(session);
    });
    for (market, times) in [(BTC, 0), (BTC, 26), (ALT, 5), (MarketId(2), 1)] {
        finds(55, |x| {
            facts::trader_mut(&mut x.state, ZERO).seldom.leverages = alloc::vec![Leverage { market, times }];
        });
    }
    finds(55, |x| {
        let said = [ALT, BTC].map(|market| Leverage { market, times: 1 });
        facts::trader_mut(&mut x.state, ZERO).seldom.leverages = said.to_vec();
    });
}

#[test]
fn markets_out_of_form_are_found() {
    finds(35, |x| x.state.chain.accounts += 1);
    finds(35, |x| x.state.chain.markets += 1);
    finds(36, |x| facts::market_mut(&mut x.state, BTC).mark = PriceTicks(0));
    finds(36, |x| facts::market_mut(&mut x.state, BTC).mark_time = Millis(u64::MAX));
    finds(36, |x| facts::venue_mut(&mut x.state, BTC).reports.truncate(1));
    finds(16, |x| facts::market_mut(&mut x.state, BTC).mark.0 += 5_001);
    finds(54, |x| facts::venue_mut(&mut x.state, BTC).pricing.carry = 60_000_000_000);
    finds(54, |x| facts::venue_mut(&mut x.state, BTC).pricing.traded = Millis(u64::MAX));
    finds(54, |x| facts::market_mut(&mut x.state, BTC).oracle = OracleState::Stale);
    finds(57, |x| facts::venue_mut(&mut x.state, BTC).breakers.quoted = Millis(u64::MAX));
    finds(57, |x| facts::market_mut(&mut x.state, BTC).initial_factor = Ppm(1_250_000));
    finds(57, |x| facts::venue_mut(&mut x.state, BTC).breakers.causes = Causes::VELOCITY);
    finds(60, |x| facts::market_mut(&mut x.state, BTC).params.shortfall = true);
    finds(60, |x| facts::venue_mut(&mut x.state, BTC).closing.hour = 1);
    finds(61, |x| facts::market_mut(&mut x.state, BTC).maintenance = Ppm(20_001));
    finds(61, |x| facts::market_mut(&mut x.state, BTC).initial = Ppm(39_999));
    finds(75, |x| facts::market_mut(&mut x.state, BTC).open_interest_margin = Ppm(10_000));
    finds(38, |x| facts::venue_mut(&mut x.state, BTC).next_arrival += 1);
    finds(47, |x| {
        x.open.push(ballast_batch::Withdrawal { id: 9, account: 0, recipient: owner(0), asset: 0, amount: 1 })
    });
}

#[test]
fn assets_that_do_not_add_up_are_found() {
    let hold = |asset: u16, amount| {
        move |x: &mut Exchange| {
            facts::account_mut(&mut x.state, ZERO).holdings.set(AssetId(asset), Units(amount));
        }
    };
    let listed = |x: &mut Exchange, custody: Custody| {
        x.state.genesis.assets.push(AssetParams {
            symbol: "ETH".into(),
            minimum: Units(1),
            collateral: None,
        });
        x.state.chain.custody.push(custody);
    };
    let of = |credited, withdrawn| Custody { credited: Units(credited), withdrawn: Units(withdrawn) };
    finds(95, hold(1, 1));
    finds(95, |x| x.state.chain.custody.push(Custody::default()));
    finds(95, |x| listed(x, of(1, 0)));
    finds(95, |x| listed(x, of(1, 2)));
    finds(95, |x| {
        listed(x, of(5, 1));
        hold(1, 5)(x);
    });
    finds(95, |x| {
        listed(x, of((1 << 60) + 4, 4));
        hold(1, 1 << 60)(x);
    });
    finds(95, |x| {
        listed(x, of(5, 1));
        hold(1, 4)(x);
        hold(2, 1)(x);
    });
}

#[test]
fn what_is_no_price_of_an_asset_is_found() {
    let priced = Priced { asset: AssetId(1), units_per_lot: Units(10), haircut: Ppm(1) };
    finds(96, |x| facts::market_mut(&mut x.state, BTC).prices.push(priced));
    finds(96, |x| facts::market_mut(&mut x.state, BTC).hour_average = PriceTicks(1));
    finds(96, |x| facts::market_mut(&mut x.state, BTC).haircut_initial = Ppm(1));
    finds(96, |x| facts::market_mut(&mut x.state, BTC).haircut = Ppm(1));
}

#[test]
fn a_peg_out_of_form_is_found() {
    finds(76, |x| x.state.chain.peg.reports.push(PegReport::default()));
    finds(76, |x| x.state.chain.peg.weak.on = true);
    finds(76, |x| x.state.chain.peg.broken.since = Millis(1));
    finds(76, |x| x.state.chain.peg.low = Ppm(989_000));
}

#[test]
fn a_capacity_that_nobody_may_tell_is_found() {
    finds(101, |x| facts::venue_mut(&mut x.state, BTC).capacity.reports.push(CapacityReport::default()));
    finds(101, |x| facts::venue_mut(&mut x.state, BTC).capacity.agreed = Some(1));
    let told =
        |usdc| Capacity { reports: alloc::vec![CapacityReport { usdc, time: Millis(1) }; 3], agreed: None };
    for usdc in [0, MAX_PRICE + 1] {
        finds(101, |x| {
            facts::market_mut(&mut x.state, BTC).params.capacity = true;
            facts::venue_mut(&mut x.state, BTC).capacity = told(usdc);
        });
    }
}

#[test]
fn tiers_that_are_none_are_found() {
    let tier = |above, notional| MarginTier {
        above: SizeLots(above),
        multiplier: Ppm(2_000_000),
        notional: Quote(notional),
    };
    for tiers in [[tier(300, 1), tier(300, 2)], [tier(255, 1), tier(300, 2)], [tier(300, 0), tier(400, 2)]] {
        finds(102, |x| facts::market_mut(&mut x.state, BTC).params.margin_tiers = tiers.to_vec());
    }
}

#[test]
fn exits_that_are_not_counted_are_found() {
    finds(72, |x| facts::trader_mut(&mut x.state, ZERO).seldom.exit = Some(owner(9)));
    finds(72, |x| x.state.chain.exits.enter_market(BTC));
    finds(72, |x| x.state.chain.exits.enter_pool(PoolId(0)));
    finds(72, |x| {
        facts::trader_mut(&mut x.state, ZERO).seldom.exit = Some(owner(9));
        facts::trader_mut(&mut x.state, ZERO).seldom.cancel_at = Some(Millis(u64::MAX));
        x.state.chain.exits.enter_market(BTC);
    });
}

#[test]
fn ends_that_do_not_add_up_are_found() {
    let settled = |price, closed| Some(Settlement { price: PriceTicks(price), closed });
    finds(61, |x| facts::market_mut(&mut x.state, BTC).settlement = settled(PRICE, 0));
    finds(69, |x| {
        let market = facts::market_mut(&mut x.state, BTC);
        (market.settlement, market.maintenance, market.initial) = (settled(PRICE + 1, 0), Ppm(0), Ppm(0));
    });
    finds(69, |x| {
        let minutes = x.state.minutes.get_mut(minutes_index(BTC)).expect("it has its minutes");
        minutes.samples.push(Minute { number: u64::MAX, index: PriceTicks(1) });
    });
    finds(1, |x| {
        let market = facts::market_mut(&mut x.state, BTC);
        (market.settlement, market.maintenance, market.initial) = (settled(PRICE, 1), Ppm(0), Ppm(0));
    });
    finds(71, |x| {
        let pool = facts::pool_mut(&mut x.state, PoolId(0));
        pool.resolution.stage = Stage::Resolved { ratio: 1_000_000_000 };
    });
}

#[test]
fn signers_out_of_form_are_found() {
    finds(100, |x| x.state.signers_mut().publishers.truncate(2));
    finds(100, |x| x.state.signers_mut().publishers[2] = publisher(0));
    finds(100, |x| x.state.signers_mut().publishers[0] = Address::ZERO);
    finds(100, |x| x.state.signers_mut().replaced_at = Millis(u64::MAX));
}

#[test]
fn changes_that_could_not_wait_are_found() {
    let call = |action, subject, value| GovernanceCall { action, subject, value };
    let wait =
        |call| move |x: &mut Exchange| x.state.pending_mut().put(PendingChange { at: Millis(9), call });
    finds(77, wait(call(14, 0, 1)));
    finds(77, wait(call(PUBLISHER, 3, 1)));
    finds(77, wait(call(GUARDIAN, 1, 1)));
    finds(77, wait(call(PUBLISHER, 0, 1 << 32)));
    finds(77, wait(call(0, 2, 1)));
    finds(77, wait(call(6, 0, 1)));
    finds(77, wait(call(0, 0, 20_000)));
    finds(77, |x| {
        (0..65).for_each(|n| wait(call(2, n, 1))(x));
    });
}
