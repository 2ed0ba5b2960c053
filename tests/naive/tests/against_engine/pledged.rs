//! What is done with assets that are margin: they are brought, traded on, lost, and wanted back.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, AssetId, ForcedRequest, L1Payload, MarketId, NewOrder, Operation, Quote, SizeLots,
    SystemCommand, TimeInForce, UserCommand, Withdraw,
};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    collateral::terms,
    edge,
    falls::{MARKETS, all, any_side, index_of, limit, some_trader},
    inputs::{self, USDC},
    ladder,
    pair::{Pair, next_nonce},
    reports::{all_report, calm, tell},
    settings::BACKSTOP,
};

fn is_backstop(naive: &Exchange, account: AccountId) -> bool {
    naive.pool_of(account).backstop == Some(account)
}

/// Who holds something that is margin, and what.
fn held(naive: &Exchange) -> Vec<(AccountId, AssetId)> {
    let of = |id: AccountId| naive.accounts[id.0 as usize].holdings.keys().map(move |asset| (id, *asset));
    all(naive).into_iter().flat_map(of).filter(|(_, asset)| terms(naive, *asset).is_some()).collect()
}

/// An account gets as much as it has in USDC, more or less; seldom more than all may hold.
pub(crate) fn pledge(pair: &mut Pair, rng: &mut ChaCha8Rng, account: AccountId) {
    let asset = AssetId(rng.random_range(2..4));
    let Some(terms) = terms(&pair.naive, asset) else { return };
    let it = &pair.naive.accounts[account.0 as usize];
    let market = &pair.naive.markets[usize::from(terms.market.0)];
    let lot = (market.index * i128::from(market.params.kappa)).max(1);
    let worth = it.cash.clamp(i128::from(USDC), 1 << 50) * rng.random_range(1..8) / 2;
    let units = i64::try_from(worth * i128::from(terms.units_per_lot.0) / lot).unwrap_or(1 << 50).max(1);
    let amount = if rng.random_ratio(1, 30) { 1 << 59 } else { units };
    let owner = it.owner;
    let deposit = L1Payload::Deposit { asset, owner, account, amount: Quote(amount) };
    pair.l1(pair.naive.l1_messages, deposit);
}

/// Signed or forced, for what is held or a part of it.
pub(crate) fn take_back(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let Some((account, asset)) = held(&pair.naive).choose(rng).copied() else { return };
    let it = &pair.naive.accounts[account.0 as usize];
    let held = i64::try_from(it.holdings[&asset]).expect("at most 2^60");
    let amount = Quote(if rng.random() { held } else { rng.random_range(1..=held) });
    if rng.random() {
        force(pair, ForcedRequest::Withdraw, account, asset, amount);
    } else {
        withdraw(pair, account, asset, amount);
    }
}

fn withdraw(pair: &mut Pair, account: AccountId, asset: AssetId, amount: Quote) {
    let (owner, nonce, expires) = next_nonce(&pair.naive, pair.time, account);
    let withdraw = Withdraw { account, nonce, expires, asset, amount, recipient: inputs::owner(2) };
    pair.command(owner, UserCommand::Withdraw(withdraw));
}

fn force(pair: &mut Pair, request: ForcedRequest, account: AccountId, asset: AssetId, amount: Quote) {
    let (sender, recipient) = (pair.naive.accounts[account.0 as usize].owner, inputs::owner(2));
    let forced = L1Payload::Forced { request, sender, account, recipient, asset, amount };
    pair.l1(pair.naive.l1_messages, forced);
}

/// The backstop gets money, or a debtor does.
pub(crate) fn feed(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let owes = |id: &AccountId| {
        let it = &pair.naive.accounts[id.0 as usize];
        it.cash < 0 && it.positions.is_empty()
    };
    let debtors: Vec<AccountId> = all(&pair.naive).into_iter().filter(owes).collect();
    if let Some(id) = debtors.choose(rng).copied().filter(|_| rng.random()) {
        let it = &pair.naive.accounts[id.0 as usize];
        let owed = i64::try_from(-it.cash).expect("at most 2^60");
        let amount = if rng.random() { owed } else { rng.random_range(1..=owed) };
        inputs::deposit(pair, it.owner, id.0, amount);
    } else if let Some(backstop) = pair.naive.pools[0].backstop {
        let scale = i64::try_from(pair.setting.scale).expect("small");
        inputs::deposit(pair, BACKSTOP, backstop.0, rng.random_range(1..200) * USDC * scale);
    }
}

/// All that it may have of its USDC leaves an account that holds margin beside it, it takes what another offers, and the price
/// moves against it. Then it is liquidated, or leaves.
pub(crate) fn ruin(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let (market, side) = (MARKETS[rng.random_range(0..2)], any_side(rng));
    let (maker, account) = (some_trader(pair, rng, market), some_trader(pair, rng, market));
    if is_backstop(&pair.naive, account) || maker == account {
        return;
    }
    for _ in 0..rng.random_range(1..4) {
        pledge(pair, rng, account);
    }
    let most = pair.naive.withdrawable(account).min(pair.naive.pool_of(account).held());
    withdraw(pair, account, AssetId::USDC, Quote(i64::try_from(most).expect("at most 2^60")));
    let price = index_of(&pair.naive, market);
    for (account, side, life) in
        [(maker, side.opposite(), TimeInForce::Gtc), (account, side, TimeInForce::Ioc)]
    {
        let order = edge::largest(pair, rng, account, market, limit(side, price, 1, life));
        let size = SizeLots((order.size.0 * 9 / 10).max(1));
        pair.operate(account, vec![Operation::Place { market, order: NewOrder { size, ..order } }]);
    }
    let held = pair.naive.accounts[account.0 as usize].positions.get(&market).map_or(0, |it| it.size);
    let far = price * rng.random_range(10..400) / 1_000 + 1;
    let home = pair.setting.prices[usize::from(market.0)];
    let to = if held > 0 { price.saturating_sub(far) } else { price + far };
    tell(pair, &calm(&pair.naive, pair.time, market, to.clamp(home.div_ceil(2), home * 2)));
    match rng.random_range(0..8) {
        0 => force(pair, ForcedRequest::Exit, account, AssetId::USDC, Quote(0)),
        1 => take_back(pair, rng),
        2 => tell_one(pair, rng, market, held),
        _ => {}
    }
    for _ in 0..rng.random_range(1..4) {
        pair.system(SystemCommand::Liquidate { account });
    }
    if rng.random_ratio(1, 3) {
        ladder::deleverage(pair, rng);
    }
}

/// What a position is worth is told again, perhaps the worst, and what else its owner holds is worth is not.
fn tell_one(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId, held: i128) {
    let home = pair.setting.prices[usize::from(market.0)];
    let worst = if held > 0 { home.div_ceil(2) } else { home * 2 };
    let price = if rng.random() { worst } else { index_of(&pair.naive, market) };
    for wait in [61_000, 610, 1_000] {
        pair.time += wait;
        all_report(pair, market, price);
    }
}

/// A day passes, or an hour, and prices are where they were.
pub(crate) fn wait(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    pair.time += if rng.random() { 86_400_000 } else { rng.random_range(0..4_000_000) };
    for _ in 0..2 {
        for market in MARKETS {
            all_report(pair, market, index_of(&pair.naive, market).max(1));
        }
        pair.time += 61_000;
    }
}

/// The running hour ends, with prices in each span that is a sample, and once after.
pub(crate) fn end_hour(pair: &mut Pair) {
    let end = pair.time.next_multiple_of(3_600_000);
    for after in [-14_900, -9_900, -4_900, 100, 5_100, 11_000_i64] {
        pair.time = pair.time.max(end.saturating_add_signed(after));
        for market in MARKETS {
            all_report(pair, market, index_of(&pair.naive, market).max(1));
        }
    }
}
