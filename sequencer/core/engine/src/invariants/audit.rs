//! What all accounts have, added up, and held against what pools and markets say of it. Whoever is told which accounts changed
//! keeps the sums and looks at no other account (risk.md 5.11).

use alloc::{borrow::Cow, collections::BTreeMap, format, vec::Vec};

use ballast_state::{Account, Custody, Holders, Market, Pool, State, Venue};
use ballast_types::{
    AssetId, Lots, MarketId, Millis, PoolId, Quote,
    limits::{MAX_AMOUNT, MOST_PAUSE_MS, RATIO_WHOLE},
};

use super::{Violation, ensure};
use crate::exchange::Exchange;

/// What the accounts of a pool have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfPool {
    /// Sum of the cash of those who have some, in u.
    owned: i128,
    /// Sum of the cash of those who owe, in u; at most 0.
    owed: i128,
    /// Number of their positions.
    positions: i128,
}

/// What the positions in a market come to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OfMarket {
    /// Sum of their sizes.
    lots: i128,
    /// Sum of the long ones.
    long: i128,
    /// Sum of size times funding index at the last settlement, in u, modulo 2^128.
    entry: i128,
    /// How many there are, by size.
    holders: Holders,
}

impl OfMarket {
    const NONE: Self = Self { lots: 0, long: 0, entry: 0, holders: Holders::NONE };

    /// What funding brings those positions together, which have not settled it yet, in u: the sum of
    /// [`settle_funding`](ballast_risk::settle_funding) over them. Modulo 2^128, which only what is broken leaves.
    const fn due(&self, funding: i64) -> i128 {
        self.entry.wrapping_sub(self.lots.wrapping_mul(funding as i128))
    }
}

/// The sums over all accounts of an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pools: BTreeMap<PoolId, OfPool>,
    markets: BTreeMap<MarketId, OfMarket>,
    held: BTreeMap<AssetId, i128>,
}

/// What an [`Audit`] is held against.
#[derive(Clone, Debug)]
pub struct Totals<'a> {
    /// All pools by id.
    pub pools: Vec<Cow<'a, Pool>>,
    /// All markets by id.
    pub markets: Vec<(Cow<'a, Market>, Cow<'a, Venue>)>,
    /// What there is of the assets beside USDC, from 1.
    pub custody: Cow<'a, [Custody]>,
}

impl<'a> Totals<'a> {
    /// Of a state that is held whole.
    #[must_use]
    pub fn of(state: &'a State) -> Self {
        let pools = state.pools.iter().map(|(_, pool)| Cow::Borrowed(pool));
        let markets = state.markets.iter().zip(state.venues.iter());
        let markets = markets.map(|((_, market), (_, venue))| (Cow::Borrowed(market), Cow::Borrowed(venue)));
        let custody = Cow::Borrowed(state.chain.custody.as_slice());
        Self { pools: pools.collect(), markets: markets.collect(), custody }
    }
}

impl Audit {
    /// Counts every account of a state that is held whole.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let mut audit = Self::default();
        state.accounts.iter().for_each(|(_, account)| audit.changed(None, Some(account)));
        audit
    }

    /// Carries a step out and counts anew every account that it changes.
    ///
    /// # Panics
    /// As [`Self::changed`], and when the accounts are watched already.
    pub fn follow<T>(&mut self, x: &mut Exchange, step: impl FnOnce(&mut Exchange) -> T) -> T {
        x.state.accounts.begin_watch();
        let told = step(x);
        for (index, before) in x.state.accounts.end_watch() {
            self.changed(before.as_ref(), x.state.accounts.get(index));
        }
        told
    }

    /// An account was `before` and is `after`.
    ///
    /// # Panics
    /// When a position was not counted before, or is beyond 2^46 lots.
    pub fn changed(&mut self, before: Option<&Account>, after: Option<&Account>) {
        for (account, sign) in [(before, -1), (after, 1)] {
            let Some(account) = account else { continue };
            self.add(account, sign);
        }
    }

    /// Counts an account, `sign` times.
    fn add(&mut self, account: &Account, sign: i128) {
        let pool = self.pools.entry(account.pool).or_default();
        let cash = sign * i128::from(account.cash.0);
        if account.cash < Quote::ZERO {
            pool.owed += cash
        } else {
            pool.owned += cash
        }
        pool.positions += sign * account.positions.len() as i128;
        if *pool == OfPool::default() {
            self.pools.remove(&account.pool);
        }
        for position in &account.positions {
            let market = self.markets.entry(position.market).or_insert(OfMarket::NONE);
            let lots = i128::from(position.size.0);
            market.lots += sign * lots;
            market.long += sign * lots.max(0);
            market.entry = market.entry.wrapping_add(sign * lots * i128::from(position.funding));
            match sign {
                1 => market.holders.moved(Lots::ZERO, position.size),
                _ => market.holders.moved(position.size, Lots::ZERO),
            }
            if *market == OfMarket::NONE {
                self.markets.remove(&position.market);
            }
        }
        for holding in account.holdings.iter() {
            let held = self.held.entry(holding.asset).or_default();
            *held += sign * i128::from(holding.amount.0);
            if *held == 0 {
                self.held.remove(&holding.asset);
            }
        }
    }

    /// INV-1, INV-2, INV-4, INV-48, INV-56, INV-62, INV-64, INV-71, INV-95 and INV-98: the sums are what pools and markets say.
    ///
    /// # Errors
    /// The first [`Violation`] found.
    pub fn check(&self, totals: &Totals<'_>) -> Result<(), Violation> {
        let mut dues = BTreeMap::new();
        for (id, (market, _)) in (0..).map(MarketId).zip(&totals.markets) {
            let due = dues.entry(market.pool).or_insert(0_i128);
            *due = due.wrapping_add(self.due(id, market));
        }
        for (id, pool) in (0..).map(PoolId).zip(&totals.pools) {
            let of = self.pools.get(&id).cloned().unwrap_or_default();
            let accounts = (of.owned + of.owed).wrapping_add(dues.remove(&id).unwrap_or(0));
            let checked = check_pool(id, pool, accounts).and_then(|()| check_resolved(id, pool, &of));
            checked.map_err(|violation| violation.of(id))?;
        }
        let strangers =
            self.pools.keys().chain(dues.keys()).find(|id| usize::from(id.0) >= totals.pools.len());
        ensure(strangers.is_none(), 1, || format!("accounts or markets are of pool {strangers:?}"))?;
        let transferred: i128 = totals.pools.iter().map(|pool| i128::from(pool.transferred.0)).sum();
        ensure(transferred == 0, 62, || {
            format!("{transferred} u more came from other pools than went to them")
        })?;
        for (id, (market, venue)) in (0..).map(MarketId).zip(&totals.markets) {
            self.check_market(id, market, venue).map_err(|violation| violation.of(market.pool))?;
        }
        self.check_holdings(&totals.custody)
    }

    /// What the accounts have in a market besides their cash, in u: funding that they did not settle, less what those whose
    /// position became cash have from those whose did not yet.
    fn due(&self, id: MarketId, market: &Market) -> i128 {
        let closed = market.settlement.map_or(0, |settlement| {
            settlement.closed * i128::from(settlement.price.0) * i128::from(market.params.kappa)
        });
        self.markets.get(&id).map_or(0, |of| of.due(market.funding)).wrapping_sub(closed)
    }

    /// INV-2 (K2): the positions of a market, and those that became cash when it had settled, sum to zero, and its open interest
    /// is the sum of the long ones. INV-56: its holders are counted by side and size.
    fn check_market(&self, id: MarketId, market: &Market, venue: &Venue) -> Result<(), Violation> {
        let OfMarket { lots, long, holders, .. } = self.markets.get(&id).unwrap_or(&OfMarket::NONE);
        let closed = market.settlement.map_or(0, |settlement| settlement.closed);
        ensure(lots + closed == 0 && *long == i128::from(venue.open_interest.0), 2, || {
            let open_interest = venue.open_interest;
            format!("market {id}: positions sum to {lots}, long {long}, open interest {open_interest}")
        })?;
        ensure(*holders == venue.holders, 56, || format!("market {id}: {holders:?} holders"))
    }

    /// INV-95: of each asset that genesis lists what accounts hold is what was credited less what was withdrawn, and of others
    /// they hold nothing; no more was ever credited than 2^60, nor withdrawn than credited.
    fn check_holdings(&self, custody: &[Custody]) -> Result<(), Violation> {
        for (asset, custody) in (1..).map(AssetId).zip(custody) {
            let held = self.held.get(&asset).copied().unwrap_or(0);
            let is_bounded = custody.credited.0 <= MAX_AMOUNT.unsigned_abs();
            let left = custody.credited.0.checked_sub(custody.withdrawn.0);
            let adds_up = left.map(i128::from) == Some(held);
            ensure(is_bounded && adds_up, 95, || {
                format!("asset {asset}: accounts hold {held}, {custody:?}")
            })?;
        }
        let unlisted = self.held.keys().find(|asset| asset.place().is_none_or(|it| it >= custody.len()));
        ensure(unlisted.is_none(), 95, || format!("accounts hold asset {unlisted:?}, which is not listed"))
    }
}

/// INV-1 (K1): what was credited to a pool or came from others, and what it owes, is what its accounts own, the fees, the
/// fund, and what left. INV-4: neither fund nor deficit is below zero. INV-48: no more left than arrived. INV-64: what a pool
/// earned pays before it owes. INV-98: a pause ends, a day after it began at the latest.
fn check_pool(id: PoolId, pool: &Pool, accounts: i128) -> Result<(), Violation> {
    let held: i128 = [pool.fees, pool.fund, pool.withdrawn].map(|amount| i128::from(amount.0)).iter().sum();
    let came = [pool.credited, pool.transferred, pool.deficit].map(|amount| i128::from(amount.0));
    ensure(accounts.wrapping_add(held) == came.iter().sum(), 1, || {
        format!("pool {id}: accounts own {accounts}, {pool:?}")
    })?;
    let told = || format!("pool {id}: {pool:?}");
    ensure(pool.fund >= Quote::ZERO && pool.deficit >= Quote::ZERO, 4, told)?;
    ensure(pool.deficit == Quote::ZERO || pool.fees <= Quote::ZERO, 64, told)?;
    let longest = pool.pause.since.0.saturating_add(MOST_PAUSE_MS);
    let lasts = (pool.pause.since.0..=longest).contains(&pool.pause.until.0);
    ensure(lasts, 98, told)?;
    let since = pool.resolution.owes_since;
    ensure((pool.deficit == Quote::ZERO) == (since == Millis(0)), 64, told)?;
    ensure(pool.withdrawn >= Quote::ZERO && pool.held() >= 0, 48, told)
}

/// INV-71: when a pool was resolved nobody in it has a position, who owes in USDC owes together what its `debts` say, and what the
/// others have is worth, by its ratio, no more than it holds.
fn check_resolved(id: PoolId, pool: &Pool, of: &OfPool) -> Result<(), Violation> {
    let Some(ratio) = pool.ratio() else { return Ok(()) };
    let counted = of.owed == -i128::from(pool.debts.0) || pool.debts == Quote(MAX_AMOUNT);
    let within = of.owned * i128::from(ratio) <= pool.held() * i128::from(RATIO_WHOLE);
    ensure(of.positions == 0 && counted && within, 71, || format!("pool {id}: {of:?} at {ratio}, {pool:?}"))
}
