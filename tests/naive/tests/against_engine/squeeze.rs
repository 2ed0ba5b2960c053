//! Prices at which an account is just at one of its margins, where the rules that excuse it begin and end.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, ClientId, Event, MarketId, NewOrder, Operation, PriceTicks, RejectCode, Side, SizeLots,
    TimeInForce,
};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    edge::{is_taken, try_out},
    inputs::deposit,
    pair::Pair,
    reports::{calm, foresee, tell},
    silos,
};

/// Moves the price of a market in which some account has a position to where one of the account's margins breaks, or a
/// tick or two beside it.
pub(crate) fn squeeze(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let held: Vec<(AccountId, MarketId)> = (0..)
        .map(AccountId)
        .zip(&pair.naive.accounts)
        .flat_map(|(id, account)| account.positions.keys().map(move |market| (id, *market)))
        .collect();
    let Some(&(account, market)) = held.choose(rng) else { return };
    let limit = *[below_initial, below_fill_margin, below_maintenance, below_zero].choose(rng).expect("four");
    let home = pair.setting.prices[usize::from(market.0)];
    let (mut low, mut high) = (home.div_ceil(2), home * 2);
    let breaks_at = |price: u64| {
        let naive = foresee(&pair.naive, &calm(&pair.naive, pair.time, market, price));
        limit(&naive, account)
    };
    let at_low = breaks_at(low);
    if at_low == breaks_at(high) {
        return;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if breaks_at(middle) == at_low { low = middle } else { high = middle }
    }
    let price = (low + rng.random_range(0..4)).saturating_sub(1).max(1);
    tell(pair, &calm(&pair.naive, pair.time, market, price));
}

/// An order for the best price there is, at a price and with a deposit at which its taker or its maker just has the
/// margin for it, or lacks a millionth of a USDC.
pub(crate) fn press(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = MarketId(rng.random_range(0..2));
    let side = if rng.random() { Side::Buy } else { Side::Sell };
    let it = &pair.naive.markets[usize::from(market.0)];
    let Some(&(best, _, _)) = it.depth(side.opposite()).first() else { return };
    let maker = it.orders.iter().find(|order| order.price.0 == best).expect("a level has orders");
    let (maker_account, open) = (maker.account, maker.open().0);
    let all = u32::try_from(pair.naive.accounts.len()).expect("few");
    let drawn = AccountId(rng.random_range(0..all));
    let taker = silos::trader(pair, rng, drawn, market);
    let size = SizeLots(if rng.random() { open } else { rng.random_range(1..=open) });
    let order = NewOrder::plain(side, PriceTicks(best), size, TimeInForce::Ioc, ClientId(0));
    let step = Operation::Place { market, order };

    let with = |naive: &Exchange, payer: AccountId, deposit: u64| {
        let mut naive = naive.clone();
        naive.accounts[payer.0 as usize].cash += i128::from(deposit);
        let time = naive.time.0;
        try_out(naive, time, taker, step)
    };
    let around = (best * 86 / 100).max(1)..=best * 116 / 100 + 1;
    let prices: Vec<u64> = (0..8)
        .map(|_| if rng.random_ratio(1, 8) { best } else { rng.random_range(around.clone()) })
        .collect();
    for price in prices {
        let reports = calm(&pair.naive, pair.time, market, price);
        let naive = foresee(&pair.naive, &reports);
        let tried = with(&naive, taker, 0);
        let payer = match tried.events.as_slice() {
            [Event::OperationRejected { rejection, .. }]
                if rejection.code == RejectCode::InsufficientMargin =>
            {
                taker
            }
            events if !events.is_empty() && !is_taken(&tried) => maker_account,
            _ => continue,
        };
        let (mut too_little, mut enough) = (0, 300_000_000 * pair.setting.scale);
        if !is_taken(&with(&naive, payer, enough)) {
            continue;
        }
        while enough - too_little > 1 {
            let middle = too_little + (enough - too_little) / 2;
            if is_taken(&with(&naive, payer, middle)) { enough = middle } else { too_little = middle }
        }
        tell(pair, &reports);
        let amount = i64::try_from(enough).expect("small") - i64::from(rng.random_ratio(1, 3));
        let owner = pair.naive.accounts[payer.0 as usize].owner;
        deposit(pair, owner, payer.0, amount);
        pair.operate(taker, vec![step]);
        return;
    }
}

fn below_initial(naive: &Exchange, id: AccountId) -> bool {
    let margin = naive.margin(id);
    margin.weighted < margin.required
}

fn below_fill_margin(naive: &Exchange, id: AccountId) -> bool {
    let margin = naive.margin(id);
    margin.weighted < Exchange::fill_margin(&margin)
}

fn below_maintenance(naive: &Exchange, id: AccountId) -> bool {
    let margin = naive.margin(id);
    margin.equity < margin.maintenance
}

fn below_zero(naive: &Exchange, id: AccountId) -> bool {
    naive.margin(id).equity < 0
}
