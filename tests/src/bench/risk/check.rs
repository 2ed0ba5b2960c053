//! What the margin check of an order takes. Over many accounts in many markets, so that no branch is foretold because it
//! was just taken.

use super::{POSITIONS, PRICE, below, empty};
use crate::bench::timing::cpu_time;
use ballast_engine::{Exchange, Standing, meets_initial};
use ballast_state::{Account, Holdings, Leverage, Position, Trader, TraderBook, Uncommon};
use ballast_types::{AccountId, Address, Lots, MarketId, PoolId, PriceTicks, Quote, SizeLots};
use rand::{Rng, SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;

/// Accounts of which an order is checked, in turn.
const ACCOUNTS: u32 = 1_000;
/// How often each of them is.
const ROUNDS: u32 = 1_000;
/// Millionths by which marks, their averages and what positions cost are off the first price, at most.
const SPREAD: i64 = 50_000;
/// Equity of an account for each lot of its positions at what they cost, in u: a lot is worth 50 USDC.
const EQUITY: i64 = 10_000_000;

/// Nanoseconds to find whether an account has the margin for one more order: what the engine asks of an account that
/// stands as the order would leave it. Each has positions and open orders in three of the markets.
pub(super) fn nanoseconds(markets: u16, seed: u64) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (exchange, orders) = accounts(markets, &mut random);
    let (time, ()) = cpu_time(|| {
        for (market, standing) in (0..ROUNDS).flat_map(|_| &orders) {
            black_box(meets_initial(&exchange.state, *market, standing));
        }
    });
    (time.as_secs_f64() * 1e10 / f64::from(ACCOUNTS * ROUNDS)).round() / 10.0
}

/// The accounts, and how each would stand in one of its markets.
fn accounts(markets: u16, random: &mut ChaCha8Rng) -> (Exchange, Vec<(MarketId, Standing)>) {
    let mut exchange = empty(markets);
    for id in 0..markets {
        let market = exchange.state.markets.get_mut(id.into()).expect("it is listed");
        market.mark = near(random);
        market.average = if random.random() { near(random) } else { PriceTicks(0) };
        market.funding = random.random_range(-1_000..1_000);
    }
    exchange.state.chain.accounts = ACCOUNTS;
    let orders = (0..ACCOUNTS).map(|id| {
        let (account, trader) = account(markets, random);
        let market = account.positions[random.random_range(0..POSITIONS)].market;
        exchange.state.accounts.insert(id, account);
        exchange.state.traders.insert(id, trader);
        (market, Standing::of(&exchange.state, AccountId(id), market))
    });
    let orders = orders.collect();
    (exchange, orders)
}

/// Positions of 50 to 1,500,000 USDC, some in the second tier of their market, that cost something near what they are
/// worth, on equity of a fifth of that; bids and asks of as much in all of its markets. Of some of these it said its leverage.
fn account(markets: u16, random: &mut ChaCha8Rng) -> (Account, Trader) {
    let mut places = sample(random, usize::from(markets), POSITIONS).into_vec();
    places.sort_unstable();
    let params = crate::stream::market("M");
    let (mut positions, mut books, mut leverages, mut cash) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for market in places.into_iter().map(|place| MarketId(place as u16)) {
        let lots = lots(random);
        let size = if random.random() { lots } else { -lots };
        let basis =
            i64::try_from(params.value(near(random), Lots(size))).expect("a position is worth little");
        cash += lots * EQUITY - basis;
        positions.push(Position { market, size: Lots(size), funding: random.random_range(-1_000..1_000) });
        let [bid_lots, ask_lots] = [(); 2].map(|()| SizeLots(self::lots(random).unsigned_abs()));
        books.push(TraderBook { market, basis: Quote(basis), bid_lots, ask_lots, orders: 2 });
        if random.random() {
            leverages.push(Leverage { market, times: random.random_range(1..20) });
        }
    }
    let open_orders = 2 * POSITIONS as u32;
    let account = Account {
        owner: Address::ZERO,
        pool: PoolId(0),
        cash: Quote(cash),
        positions,
        holdings: Holdings::NONE,
    };
    let seldom = Uncommon { leverages, ..Uncommon::default() }.into();
    (account, Trader { books, seldom, open_orders, reserve: Quote(1_000), ..Trader::default() })
}

fn lots(random: &mut ChaCha8Rng) -> i64 {
    10_f64.powf(random.random_range(0.0..4.5)) as i64
}

fn near(random: &mut ChaCha8Rng) -> PriceTicks {
    PriceTicks(below(PRICE, random.random_range(-SPREAD..=SPREAD)))
}
