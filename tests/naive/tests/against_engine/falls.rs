//! What drives accounts down the ladder: leverage, thin books, and prices that move far.

use std::ops::Range;

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, CancelFilter, ClientId, MarketId, NewOrder, Operation, PriceTicks, Side, SizeLots,
    SystemCommand, TimeInForce,
};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    edge, ladder,
    pair::Pair,
    reports::{all_report, calm, foresee, tell},
    silos,
};

pub(crate) const MARKETS: [MarketId; 2] = [MarketId(0), MarketId(1)];

pub(crate) fn all(naive: &Exchange) -> Vec<AccountId> {
    (0..u32::try_from(naive.accounts.len()).expect("few")).map(AccountId).collect()
}

/// Accounts below maintenance margin, or that owe more than what they hold may stand for.
pub(crate) fn lacking(naive: &Exchange) -> Vec<AccountId> {
    let lacks = |id: &AccountId| {
        let margin = naive.margin(*id);
        margin.equity < margin.maintenance || margin.owes_too_much()
    };
    all(naive).into_iter().filter(lacks).collect()
}

pub(crate) fn index_of(naive: &Exchange, market: MarketId) -> u64 {
    u64::try_from(naive.markets[usize::from(market.0)].index).expect("a price")
}

pub(crate) fn some_account(pair: &Pair, rng: &mut ChaCha8Rng) -> AccountId {
    *all(&pair.naive).choose(rng).expect("there are some")
}

/// An account that may trade in the market.
pub(crate) fn some_trader(pair: &Pair, rng: &mut ChaCha8Rng, market: MarketId) -> AccountId {
    let drawn = some_account(pair, rng);
    silos::trader(pair, rng, drawn, market)
}

pub(crate) fn limit(side: Side, price: u64, size: u64, time_in_force: TimeInForce) -> NewOrder {
    NewOrder::plain(side, PriceTicks(price), SizeLots(size), time_in_force, ClientId(0))
}

pub(crate) fn any_side(rng: &mut ChaCha8Rng) -> Side {
    if rng.random() { Side::Buy } else { Side::Sell }
}

/// One account takes nearly all that it may of what another offers for it.
pub(crate) fn lever(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = MARKETS[rng.random_range(0..2)];
    lever_in(pair, rng, market);
}

pub(crate) fn lever_in(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId) {
    let side = any_side(rng);
    let (maker, taker) = (some_trader(pair, rng, market), some_trader(pair, rng, market));
    let price = index_of(&pair.naive, market);
    for (account, side, life) in [(maker, side, TimeInForce::Gtc), (taker, side.opposite(), TimeInForce::Ioc)]
    {
        let order = edge::largest(pair, rng, account, market, limit(side, price, 1, life));
        let most = order.size.0;
        let size = SizeLots(if rng.random_ratio(1, 4) { most / 2 } else { most * 19 / 20 }.max(1));
        pair.operate(account, vec![Operation::Place { market, order: NewOrder { size, ..order } }]);
    }
}

/// Orders on both sides within a percent or two of the price.
pub(crate) fn quote(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let (drawn, market) = (some_account(pair, rng), MARKETS[rng.random_range(0..2)]);
    let account = silos::trader(pair, rng, drawn, market);
    let index = index_of(&pair.naive, market);
    let worth = rng.random_range(1..20) * 50_000_000 / index.max(1) * pair.setting.scale / 10;
    let step = |side| {
        let away = rng.random_range(1..40) * index / 1_000 + 1;
        let price = if side == Side::Sell { index + away } else { index.saturating_sub(away).max(1) };
        Operation::Place { market, order: limit(side, price, worth.max(1), TimeInForce::Gtc) }
    };
    let steps = [Side::Buy, Side::Sell].into_iter().map(step).collect();
    pair.operate(account, steps);
}

/// The price moves far at once, and is believed, mostly; all may match continuously again, or not yet.
pub(crate) fn gap(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = MARKETS[rng.random_range(0..2)];
    let (now, home) = (index_of(&pair.naive, market), pair.setting.prices[usize::from(market.0)]);
    let far = now * rng.random_range(10..300) / 1_000 + 1;
    let to = if rng.random() { now + far } else { now.saturating_sub(far) };
    let to = to.clamp(home.div_ceil(2), home * 2);
    match rng.random_range(0..4) {
        0 => all_report(pair, market, to),
        1 => {
            for wait in [0, 610] {
                pair.time += wait;
                for it in MARKETS {
                    all_report(pair, it, if it == market { to } else { index_of(&pair.naive, it) });
                }
            }
        }
        _ => tell(pair, &calm(&pair.naive, pair.time, market, to)),
    }
    if rng.random_ratio(2, 3) {
        for _ in 0..rng.random_range(1..6) {
            ladder::liquidate(pair, rng);
        }
        if rng.random() {
            ladder::deleverage(pair, rng);
        }
    }
}

/// The price moves to where some account has a certain part of its maintenance margin; what is in the book then is thin,
/// mostly, and the account is liquidated.
pub(crate) fn aim(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let held: Vec<(AccountId, MarketId)> = all(&pair.naive)
        .into_iter()
        .flat_map(|id| pair.naive.accounts[id.0 as usize].positions.keys().map(move |market| (id, *market)))
        .collect();
    let is_backstop = |id: AccountId| pair.naive.pool_of(id).backstop == Some(id);
    let backstop = held.iter().copied().find(|(id, _)| is_backstop(*id));
    let backstop = backstop.filter(|_| rng.random_ratio(1, 5));
    let Some((account, market)) = backstop.or_else(|| held.choose(rng).copied()) else { return };
    let wanted = if rng.random_ratio(1, 4) { rng.random_range(86..100) } else { rng.random_range(-20..100) };
    let home = pair.setting.prices[usize::from(market.0)];
    if is_backstop(account) {
        strain(pair, account);
    }
    match turning_point(pair, account, market, wanted, home.div_ceil(2)..home * 2) {
        Ok((below, _)) => tell(pair, &calm(&pair.naive, pair.time, market, below)),
        Err(is_below) => {
            if is_below {
                pair.system(SystemCommand::Liquidate { account });
            }
            return;
        }
    }
    if rng.random_ratio(2, 3) {
        for id in all(&pair.naive) {
            pair.operate(id, vec![Operation::CancelAll(CancelFilter::ALL)]);
        }
        thin(pair, rng, account, market);
    }
    for _ in 0..rng.random_range(1..4) {
        pair.system(SystemCommand::Liquidate { account });
        pair.time += rng.random_range(0..3_000);
        all_report(pair, market, index_of(&pair.naive, market));
    }
}

/// Of the prices of a range the last at which the account has less than so many hundredths of its maintenance margin,
/// and the next one, at which it has as much; or whether it has less at all of them.
pub(crate) fn turning_point(
    pair: &Pair,
    account: AccountId,
    market: MarketId,
    wanted: i128,
    prices: Range<u64>,
) -> Result<(u64, u64), bool> {
    let Range { start: mut low, end: mut high } = prices;
    let is_below = |price: u64| {
        let naive = foresee(&pair.naive, &calm(&pair.naive, pair.time, market, price));
        let margin = naive.margin(account);
        100 * margin.equity < wanted * margin.maintenance
    };
    let at_low = is_below(low);
    if at_low == is_below(high) {
        return Err(at_low);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if is_below(middle) == at_low { low = middle } else { high = middle }
    }
    Ok(if at_low { (low, high) } else { (high, low) })
}

/// Every price moves as far as it may against what the account holds.
fn strain(pair: &mut Pair, account: AccountId) {
    for market in MARKETS {
        let home = pair.setting.prices[usize::from(market.0)];
        let held = pair.naive.accounts[account.0 as usize].positions.get(&market).map_or(0, |it| it.size);
        let worst = if held > 0 { home.div_ceil(2) } else { home * 2 };
        if held != 0 {
            tell(pair, &calm(&pair.naive, pair.time, market, worst));
        }
    }
}

/// A few orders a little or more from the price, against which the account could close.
pub(crate) fn thin(pair: &mut Pair, rng: &mut ChaCha8Rng, account: AccountId, market: MarketId) {
    let (index, naive) = (index_of(&pair.naive, market), &pair.naive);
    let position = naive.accounts[account.0 as usize].positions.get(&market).map_or(0, |it| it.size);
    let side = if position > 0 { Side::Buy } else { Side::Sell };
    let lots = u64::try_from(position.abs()).expect("at most 2^46");
    for _ in 0..rng.random_range(1..4) {
        let away = rng.random_range(0..60) * index / 1_000;
        let price = if side == Side::Sell { index + away } else { index - away };
        let size = lots / rng.random_range(1..12) + 1;
        let maker = some_trader(pair, rng, market);
        let order = limit(side, price.max(1), size, TimeInForce::Gtc);
        pair.operate(maker, vec![Operation::Place { market, order }]);
    }
}
