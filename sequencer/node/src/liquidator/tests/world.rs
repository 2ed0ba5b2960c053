//! An exchange whose facts are written by hand, its index, and a scan over all accounts to compare with.

use crate::liquidator::{Liquidator, is_live};
use ballast_engine::{Exchange, GenesisConfig, ProtectionConfig};
use ballast_state::{Account, Holdings, Position};
use ballast_types::AssetId;
use ballast_types::*;
use std::cmp::Ordering;

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) x: Exchange,
    pub(super) index: Liquidator,
}

/// 2%, no tiers, ticks and lots that are worth 1 u together.
pub(crate) fn bitcoin() -> MarketParams {
    MarketParams {
        symbol: "BTC-USD".into(),
        price_decimals: 1,
        size_decimals: 5,
        kappa: 1,
        initial_margin: Ppm(40_000),
        maintenance_margin: Ppm(20_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(350), SignedPpm(50)),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(1_000_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote::ZERO,
    }
}

/// The same of another name.
pub(super) fn altcoin() -> MarketParams {
    MarketParams { symbol: "ALT-USD".into(), ..bitcoin() }
}

/// A tick of a lot is worth the most that it may be.
pub(super) fn dear() -> MarketParams {
    MarketParams {
        symbol: "DEAR-USD".into(),
        price_decimals: 0,
        size_decimals: 0,
        kappa: 1_000_000,
        ..bitcoin()
    }
}

/// 2%, 3.00002% beyond 100 lots, 10% beyond 300.
pub(super) fn tiered() -> MarketParams {
    let tier = |above, multiplier| MarginTier::fixed(SizeLots(above), Ppm(multiplier));
    MarketParams { margin_tiers: vec![tier(100, 1_500_001), tier(300, 5_000_000)], ..bitcoin() }
}

impl World {
    /// Every mark is 500,000 ticks.
    pub(crate) fn of(mut markets: Vec<MarketParams>) -> Self {
        for (n, market) in markets.iter_mut().enumerate() {
            market.symbol = format!("M{n}-USD");
        }
        let config = GenesisConfig {
            chain_id: 1,
            exchange: Address::repeat_byte(0xcc),
            publishers: vec![Address::repeat_byte(1)],
            quorum: 1,
            guardian: Address::ZERO,
            pools: vec![ProtectionConfig::default()],
            markets: markets.into_iter().map(Into::into).collect(),
            histories: Vec::new(),
            settlement_lag: false,
            peg_guard: false,
            assets: Vec::new(),
        };
        let x = Exchange::genesis(&config).expect("the genesis is sound");
        let mut world = Self { x, index: Liquidator::default() };
        for market in 0..world.x.state.chain.markets {
            world.price(MarketId(market), 500_000);
        }
        world
    }

    /// An account with these positions, and so much cash that its equity is as given.
    pub(super) fn open_at(&mut self, equity: i64, positions: &[(MarketId, i64)]) -> AccountId {
        let id = self.x.state.chain.accounts;
        self.x.state.chain.accounts += 1;
        let positions = positions.iter().map(|(market, lots)| Position {
            market: *market,
            size: Lots(*lots),
            funding: self.market(*market).funding,
        });
        let positions: Vec<_> = positions.collect();
        let value = |held: &Position| {
            let market = self.market(held.market);
            market.params.value(market.mark, held.size)
        };
        let worth: i128 = positions.iter().map(value).sum();
        // Beyond its bound only where the amounts are absurd.
        let cash = i64::try_from(i128::from(equity) - worth).unwrap_or(equity);
        let account = Account {
            owner: Address::ZERO,
            pool: PoolId(0),
            cash: Quote(cash),
            positions,
            holdings: Holdings::NONE,
        };
        self.x.state.accounts.insert(id, account);
        AccountId(id)
    }

    /// The index of what there is.
    pub(super) fn start(&mut self) {
        self.index = Liquidator::of(&self.x);
    }

    pub(super) fn below(&mut self) -> Vec<AccountId> {
        self.index.below(&self.x)
    }

    /// Those who are below, after the index and the scan agreed on them.
    pub(super) fn compare(&mut self) -> Vec<AccountId> {
        let (found, scanned) = (self.below(), self.scan());
        assert_eq!(found, scanned);
        found
    }

    pub(super) fn market(&self, id: MarketId) -> &ballast_state::Market {
        self.x.state.markets.get(id.0.into()).expect("a market")
    }

    pub(super) fn account(&self, id: AccountId) -> &Account {
        self.x.state.accounts.get(id.0).expect("an account")
    }

    pub(super) fn price(&mut self, id: MarketId, ticks: u64) {
        let market = self.x.state.markets.get_mut(id.0.into()).expect("a market");
        (market.index, market.mark) = (PriceTicks(ticks), PriceTicks(ticks));
        let (index, mark) = (market.mark, market.mark);
        self.follow(Event::PriceUpdated { market: id, index, mark, oracle: OracleState::Fresh });
    }

    pub(super) fn fund(&mut self, id: MarketId, step: i64) {
        let market = self.x.state.markets.get_mut(id.0.into()).expect("a market");
        market.funding += step;
        let (mark, funding) = (market.mark, market.funding);
        self.follow(Event::FundingAccrued { market: id, rate: 0, mark, funding });
    }

    /// The market's tiers begin beyond so many lots from here on, where they ascend.
    pub(super) fn tiers(&mut self, id: MarketId, bounds: impl Fn(usize, u64) -> u64) {
        let market = self.x.state.markets.get_mut(id.0.into()).expect("a market");
        let mut tiers = market.params.margin_tiers.clone();
        tiers.iter_mut().enumerate().for_each(|(n, tier)| tier.above = SizeLots(bounds(n, tier.above.0)));
        if MarginTier::are_tiers(&tiers) && !tiers.is_empty() {
            let above = tiers.iter().map(|tier| tier.above).collect();
            market.params.margin_tiers = tiers;
            self.follow(Event::TiersMoved { market: id, above });
        }
    }

    /// From here on asset 1 is margin, a lot of this market for ten units of it.
    pub(super) fn pledge(&mut self, market: MarketId) {
        let collateral = Some(Collateral {
            market,
            units_per_lot: Units(10),
            haircut: Ppm(100_000),
            size_factor: Ppm(20),
            since: Millis(0),
            most: Quote(1 << 60),
            total: Units(1 << 60),
        });
        let asset = AssetParams { symbol: "COIN".into(), minimum: Units(1), collateral };
        self.x.state.genesis.assets = vec![asset];
        // It counts in full.
        self.x.state.chain.time = Millis(1 << 40);
    }

    /// Such a part of the worth of asset 1 does not count, where that is more than genesis says.
    pub(super) fn haircut(&mut self, id: MarketId, haircut: u32) {
        let market = self.x.state.markets.get_mut(id.0.into()).expect("a market");
        (market.haircut, market.haircut_initial) = (Ppm(haircut), Ppm(haircut));
        let (average, haircut) = (market.hour_average, market.haircut);
        self.follow(Event::CollateralPriced { market: id, average, haircut, haircut_initial: haircut });
    }

    /// From here on the account holds so much of asset 1.
    pub(super) fn hold(&mut self, account: AccountId, units: u64) {
        let holdings = &mut self.x.state.accounts.get_mut(account.0).expect("an account").holdings;
        holdings.set(AssetId(1), Units(units));
        let (owner, amount) = (Address::ZERO, Quote(1));
        self.follow(Event::Deposited { account, owner, asset: AssetId(1), amount, opened: false });
    }

    /// A withdrawal when negative.
    pub(super) fn deposit(&mut self, account: AccountId, amount: i64) {
        self.x.state.accounts.get_mut(account.0).expect("an account").cash.0 += amount;
        let (owner, amount) = (Address::ZERO, Quote(amount));
        self.follow(if amount.0 > 0 {
            Event::Deposited { account, owner, asset: AssetId::USDC, amount, opened: false }
        } else {
            Event::Withdrawn {
                id: 0,
                account,
                recipient: owner,
                asset: AssetId::USDC,
                amount: Quote(-amount.0),
                ticket: None,
            }
        });
    }

    /// One buys of another at the mark.
    pub(super) fn trade(&mut self, market: MarketId, buyer: AccountId, seller: AccountId, lots: i64) {
        let price = self.market(market).mark;
        self.change(market, buyer, lots);
        self.change(market, seller, -lots);
        self.follow(Event::Fill {
            market,
            price,
            size: SizeLots(lots.unsigned_abs()),
            taker_side: Side::Buy,
            taker: buyer,
            taker_order: OrderId(0),
            taker_client: ClientId(0),
            taker_fee: Quote::ZERO,
            maker: seller,
            maker_order: OrderId(1),
            maker_client: ClientId(0),
            maker_fee: Quote::ZERO,
            maker_left: SizeLots::ZERO,
        });
    }

    fn change(&mut self, id: MarketId, account: AccountId, lots: i64) {
        let market = self.x.state.markets.get(id.0.into()).expect("a market");
        let account = self.x.state.accounts.get_mut(account.0).expect("an account");
        let paid = i64::try_from(market.params.value(market.mark, Lots(lots))).expect("a small amount");
        account.cash.0 -= paid;
        match account.positions.binary_search_by_key(&id, |held| held.market) {
            Ok(place) => {
                let held = &mut account.positions[place];
                account.cash.0 -= held.size.0 * (market.funding - held.funding);
                (held.size.0, held.funding) = (held.size.0 + lots, market.funding);
                if held.size == Lots::ZERO {
                    account.positions.remove(place);
                }
            }
            Err(place) => {
                let new = Position { market: id, size: Lots(lots), funding: market.funding };
                account.positions.insert(place, new);
            }
        }
    }

    fn follow(&mut self, event: Event) {
        self.index.follow(&Outcome { status: Status::Accepted, events: vec![event] });
    }

    /// Triggers that count.
    pub(super) fn armed(&mut self) -> usize {
        let mut heaps = self.index.heaps.clone();
        let fired = heaps.iter_mut().flat_map(|heap| std::iter::from_fn(|| heap.pop_fired(i128::MIN)));
        fired.filter(|trigger| is_live(&self.index.versions, trigger)).count()
    }

    /// Every account valued by the formulas of the protocol, none left out.
    pub(super) fn scan(&self) -> Vec<AccountId> {
        let all = self.x.state.accounts.iter();
        let valued = all.map(|(id, account)| (AccountId(id), self.value(account)));
        let mut below: Vec<_> =
            valued.filter(|(id, it)| it.0 < it.1 || self.owes_too_much(*id, it.0)).collect();
        below.sort_by(|(one, a), (other, b)| worse(*a, *b).then(one.cmp(other)));
        below.into_iter().map(|(id, _)| id).collect()
    }

    /// Whether it owes more than half of what it holds counts for.
    fn owes_too_much(&self, id: AccountId, equity: i128) -> bool {
        let backing = self.backing(self.account(id));
        2 * (backing - equity) > backing
    }

    /// What an account holds of asset 1 counts for.
    fn backing(&self, account: &Account) -> i128 {
        let units = i128::from(account.holdings.of(AssetId(1)).0);
        let Some(terms) = self.x.state.genesis.assets.first().and_then(|asset| asset.collateral) else {
            return 0;
        };
        let market = self.market(terms.market);
        let gross = units * i128::from(market.index.0) * i128::from(market.params.kappa) / 10;
        let root = (0..).take_while(|root| root * root * 1_000_000 <= gross).last().unwrap_or(0);
        let kept = 1_100_000_000_000 / (1_000_000 + 20 * root);
        let haircut = (1_100_000 - kept).max(market.haircut.0.into()).clamp(100_000, 1_000_000);
        gross * (1_000_000 - haircut) / 1_000_000
    }

    /// `E` and `MMR`.
    fn value(&self, account: &Account) -> (i128, i128) {
        let (mut equity, mut required) = (i128::from(account.cash.0) + self.backing(account), 0);
        for held in &account.positions {
            let market = self.market(held.market);
            let (size, lot) =
                (i128::from(held.size.0), i128::from(market.mark.0) * i128::from(market.params.kappa));
            equity += size * (lot - i128::from(market.funding - held.funding));
            required += (lot * weighted(&market.params, size.abs()) + 999_999) / 1_000_000;
        }
        (equity, required)
    }
}

/// `sum s_k * rate_k`.
fn weighted(params: &MarketParams, lots: i128) -> i128 {
    let mut bounds = vec![(0, 1_000_000)];
    bounds.extend(params.margin_tiers.iter().map(|tier| (i128::from(tier.above.0), tier.multiplier.0)));
    let ends = bounds.iter().skip(1).map(|(above, _)| *above).chain([i128::MAX]);
    let part = |(&(above, multiplier), end): (&(i128, u32), i128)| {
        let rate = i128::from(params.maintenance_margin.0) * i128::from(multiplier);
        (lots.min(end) - above).max(0) * ((rate + 999_999) / 1_000_000).min(1_000_000)
    };
    bounds.iter().zip(ends).map(part).sum()
}

fn worse((equity, required): (i128, i128), (other_equity, other_required): (i128, i128)) -> Ordering {
    // Who needs nothing is the worst where he has less than that, and else, as he owes too much, the best.
    let rank = |equity: i128, required: i128| match required {
        0 if equity < 0 => 0,
        0 => 2,
        _ => 1,
    };
    rank(equity, required)
        .cmp(&rank(other_equity, other_required))
        .then_with(|| (equity * other_required).cmp(&(other_equity * required)))
}
