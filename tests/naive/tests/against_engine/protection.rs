//! What stands behind the accounts, compared; and whether the books of the naive exchange are in order.

use ballast_naive::{Account, Exchange, Pool};
use ballast_state::{Forced, Holders, Trader, Venue};
use ballast_types::{AccountId, Input, MarketId, PoolId};

fn narrow(number: u64) -> u32 {
    u32::try_from(number).expect("a time of this century")
}

pub(crate) fn compare_pool(fast: &ballast_state::Pool, naive: &Pool, input: &Input) {
    let target = fast.protection.target;
    let told = [fast.credited, fast.withdrawn, fast.transferred, fast.fees, fast.fund, fast.deficit, target];
    let (fund, target) = (naive.fund(), naive.target);
    let expected =
        [naive.credited, naive.withdrawn, naive.transferred, naive.fees, fund, naive.deficit, target];
    assert_eq!(told.map(|money| i128::from(money.0)), expected, "pool after {input:#?}");
    assert_eq!(i128::from(fast.debts.0), naive.debts, "debts after {input:#?}");
    let protection = &fast.protection;
    assert_eq!(protection.backstop, naive.backstop);
    let (day, equity) = naive.takeovers.map_or((0, 0), |last| (narrow(last.day), last.equity));
    let told = (protection.takeover_day, i128::from(protection.takeover_equity.0));
    assert_eq!(told, (day, equity), "takeovers after {input:#?}");
    let now = input.time;
    let history = protection.history.at(now, fast.fund);
    let told = [history.day_start, history.peak, history.last_peak].map(|money| i128::from(money.0));
    let expected = [naive.day_start(now), naive.peak_of(now, 0), naive.peak_of(now, 1)];
    assert_eq!(told, expected, "what the fund held after {input:#?}");
}

pub(crate) fn compare_trader(fast: &Trader, naive: &Account, id: AccountId, input: &Input) {
    let Forced { window, market, closed } = fast.seldom.forced;
    let told = (window, market, i128::from(closed.0));
    let expected = naive.forced.map_or((0, MarketId(0), 0), |it| (narrow(it.window), it.market, it.lots));
    assert_eq!(told, expected, "forced orders of {id} after {input:#?}");
}

pub(crate) fn compare_venue(fast: &Venue, naive: &Exchange, id: MarketId, input: &Input) {
    let market = &naive.markets[usize::from(id.0)];
    let strain = &fast.strain;
    let told = (strain.window, i128::from(strain.allowance), i128::from(strain.closed));
    let expected = market.pace.map_or((0, 0, 0), |pace| (narrow(pace.window), pace.allowance, pace.closed));
    assert_eq!(told, expected, "pace of forced orders in {id} after {input:#?}");
    let told = (strain.day, i128::from(strain.paid.0));
    let expected = market.paid.map_or((0, 0), |(day, paid)| (narrow(day), paid));
    assert_eq!(told, expected, "what the fund paid for {id} after {input:#?}");
    let mut holders = Holders::NONE;
    for account in &naive.accounts {
        let Some(position) = account.positions.get(&id) else { continue };
        let class = (0..47).rfind(|k| 1_i128 << k <= position.size.abs()).expect("at least a lot");
        let side = if position.size > 0 { &mut holders.long } else { &mut holders.short };
        side[class] += 1;
    }
    assert_eq!(fast.holders, holders, "holders of {id} after {input:#?}");
}

/// Whether money adds up and positions cancel out.
pub(crate) fn check_books(naive: &Exchange, input: &Input) {
    for (place, _) in naive.markets.iter().enumerate() {
        let market = MarketId(u16::try_from(place).expect("few"));
        let sizes = naive.accounts.iter().filter_map(|account| account.positions.get(&market));
        let closed = naive.markets[place].settled.map_or(0, |it| it.closed);
        let left: i128 = sizes.map(|position| position.size).sum();
        assert_eq!(left + closed, 0, "{market} after {input:#?}");
    }
    let settled = |account: &Account| {
        let paid = account.positions.iter().map(|(market, position)| {
            position.size * (naive.markets[usize::from(market.0)].funding - position.funding)
        });
        account.cash - paid.sum::<i128>()
    };
    for (id, pool) in (0..).map(PoolId).zip(&naive.pools) {
        let of_pool = naive.accounts.iter().filter(|account| account.pool == id);
        let all: i128 = of_pool.map(settled).sum();
        assert!(pool.fund() >= 0 && pool.deficit >= 0, "{pool:?} after {input:#?}");
        assert!(pool.deficit == 0 || pool.fees == 0, "{pool:?} has fees after {input:#?}");
        let cashed = naive.markets.iter().filter(|market| market.pool == id).map(|market| {
            market.settled.map_or(0, |it| it.closed * it.price * i128::from(market.params.kappa))
        });
        let owned = all + pool.fees + pool.fund() + pool.withdrawn - cashed.sum::<i128>();
        let come = pool.credited + pool.transferred + pool.deficit;
        assert_eq!(come, owned, "money of {id:?} after {input:#?}");
    }
}
