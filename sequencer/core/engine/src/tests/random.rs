//! Random inputs that make sense often enough for something to happen.

use alloc::{vec, vec::Vec};

use ballast_types::{
    AccountId, Address, AssetId, CancelFilter, ClientId, Collateral, ConditionalId, Direction, Input, Link,
    LinkKind, MarketId, MarketMode, Millis, NewOrder, Operation, OrderId, Outcome, PoolId, Ppm, PriceSource,
    PriceTicks, Quote, SelfTrade, Side, SizeLots, Source, Status, SystemCommand, TimeInForce, Trigger, Units,
    command::scope,
    limits::{FUND_ACCOUNT, JUMP_MS, NEW_ACCOUNT, UNCERTAIN_BATCHING_MS},
};
use proptest::{prelude::*, sample::select};

use super::moves::{end, exit, force, gap, govern, hour, steady, usdc};
use crate::world::{ALT, BTC, MEME, PUBLISHERS, SILO, USDC, World, owner};
use crate::{due_exit, facts};

pub(super) const ACCOUNTS: u8 = 5;

/// One thing that happens, its places still to be taken modulo what there is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(u16),
    Deposit {
        account: u8,
        amount: u32,
    },
    /// Of an asset that may not be listed, to an account, a new one, or a stranger's.
    DepositInKind {
        account: u8,
        asset: u16,
        amount: u16,
    },
    WithdrawInKind {
        account: u8,
        asset: u16,
        amount: u16,
    },
    /// All publishers move a market by so many thousandths.
    Move {
        market: u8,
        by: i16,
    },
    /// One publisher says something.
    Report {
        from: u8,
        lag: i16,
        market: u8,
        price: u32,
    },
    Operate {
        account: u8,
        signer: u8,
        atomic: bool,
        operations: Vec<Act>,
    },
    Grant {
        account: u8,
        key: u8,
        lasts: u16,
        scope: u8,
    },
    Revoke {
        account: u8,
        signer: u8,
        key: u8,
    },
    Withdraw {
        account: u8,
        amount: u32,
    },
    /// To an account of the same owner, to a new one, or to any.
    Transfer {
        account: u8,
        to: u8,
        amount: u32,
    },
    Replay(u8),
    Sweep(u8),
    Fire(u8),
    /// The guardian restricts a market, or no longer.
    Restrict {
        market: u8,
        mode: u8,
        ahead: u16,
    },
    /// A price that stays for so many seconds.
    Steady {
        market: u8,
        seconds: u8,
    },
    /// Nobody says anything for a minute.
    Outage,
    Clear(u8),
    /// A price that jumps by so many thousandths, and is believed.
    Gap {
        market: u8,
        by: i16,
    },
    /// An hour ends; the price at its end is by so many thousandths another.
    Hour {
        market: u8,
        by: i8,
    },
    Liquidate(u8),
    /// All that are bankrupt on one side, against all on the other.
    Deleverage(u8),
    CutGains(u8),
    /// Something is forced through L1, by the owner or now and then by somebody else.
    Force {
        account: u8,
        request: u8,
        amount: u32,
    },
    /// Some account that exits is closed in a market, or paid out.
    Exit {
        market: u8,
        pick: u8,
    },
    /// Governance moves something, and now and then nobody says anything until it is due.
    Govern {
        action: u8,
        subject: u8,
        by: u8,
    },
    Seal,
    Posted(u8),
    /// All publishers say what a USDC is worth, now and then until a guard turns.
    Usdc {
        worth: u8,
        kind: u8,
    },
    /// Something ends: a market, positions there, a pool.
    End {
        market: u8,
        kind: u8,
        pick: u8,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Place {
        market: u8,
        order: Draft,
    },
    Cancel {
        market: u8,
        pick: u8,
    },
    Replace {
        market: u8,
        pick: u8,
        order: Draft,
    },
    CancelAll {
        market: u8,
        filter: u8,
    },
    CancelClient {
        market: u8,
        client: u8,
    },
    Schedule {
        ahead: u16,
    },
    /// Waits for a condition; linked to the step so many before.
    Wait {
        order: Draft,
        trigger: u8,
        level: i8,
        link: u8,
    },
    CancelWaiting {
        pick: u8,
    },
    Leverage {
        market: u8,
        times: u8,
    },
    /// Takes size off an own order.
    Shrink {
        market: u8,
        pick: u8,
        by: u8,
    },
}

/// An order near the price.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    buy: bool,
    /// Thousandths away from the index.
    off: i8,
    size: u8,
    kind: u8,
    options: u8,
    self_trade: SelfTrade,
}

fn draft() -> impl Strategy<Value = Draft> {
    let modes = select(vec![
        SelfTrade::CancelMaker,
        SelfTrade::CancelTaker,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ]);
    (any::<bool>(), -60..60_i8, any::<u8>(), any::<u8>(), any::<u8>(), modes).prop_map(
        |(buy, off, size, kind, options, self_trade)| Draft {
            buy,
            off: off / 4,
            size,
            kind,
            options,
            self_trade,
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (any::<u8>(), draft()).prop_map(|(market, order)| Act::Place { market, order }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(market, pick)| Act::Cancel { market, pick }),
        2 => (any::<u8>(), any::<u8>(), draft())
            .prop_map(|(market, pick, order)| Act::Replace { market, pick, order }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(market, filter)| Act::CancelAll { market, filter }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(market, client)| Act::CancelClient { market, client }),
        1 => (0..4_000_u16).prop_map(|ahead| Act::Schedule { ahead }),
        5 => (draft(), any::<u8>(), -40..40_i8, any::<u8>())
            .prop_map(|(order, trigger, level, link)| Act::Wait { order, trigger, level, link }),
        1 => any::<u8>().prop_map(|pick| Act::CancelWaiting { pick }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(market, times)| Act::Leverage { market, times }),
        1 => (any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(market, pick, by)| Act::Shrink { market, pick, by }),
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..2_000_u16).prop_map(Step::Wait),
        2 => (any::<u8>(), any::<u32>()).prop_map(|(account, amount)| Step::Deposit { account, amount }),
        3 => (any::<u8>(), 1..4_u16, any::<u16>())
            .prop_map(|(account, asset, amount)| Step::DepositInKind { account, asset, amount }),
        3 => (any::<u8>(), 1..4_u16, any::<u16>())
            .prop_map(|(account, asset, amount)| Step::WithdrawInKind { account, asset, amount }),
        5 => (any::<u8>(), -60..60_i16).prop_map(|(market, by)| Step::Move { market, by }),
        2 => (any::<u8>(), any::<i16>(), any::<u8>(), any::<u32>())
            .prop_map(|(from, lag, market, price)| Step::Report { from, lag, market, price }),
        30 => (any::<u8>(), any::<u8>(), prop::bool::weighted(0.3), prop::collection::vec(act(), 1..5))
            .prop_map(|(account, signer, atomic, operations)| Step::Operate { account, signer, atomic, operations }),
        1 => (any::<u8>(), any::<u8>(), any::<u16>(), any::<u8>())
            .prop_map(|(account, key, lasts, scope)| Step::Grant { account, key, lasts, scope }),
        1 => (any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(account, signer, key)| Step::Revoke { account, signer, key }),
        2 => (any::<u8>(), any::<u32>()).prop_map(|(account, amount)| Step::Withdraw { account, amount }),
        2 => (any::<u8>(), any::<u8>(), any::<u32>())
            .prop_map(|(account, to, amount)| Step::Transfer { account, to, amount }),
        1 => any::<u8>().prop_map(Step::Replay),
        1 => any::<u8>().prop_map(Step::Sweep),
        6 => any::<u8>().prop_map(Step::Fire),
        1 => (any::<u8>(), any::<u8>(), any::<u16>())
            .prop_map(|(market, mode, ahead)| Step::Restrict { market, mode, ahead }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(market, seconds)| Step::Steady { market, seconds }),
        1 => Just(Step::Outage),
        4 => any::<u8>().prop_map(Step::Clear),
        2 => (any::<u8>(), -400..400_i16).prop_map(|(market, by)| Step::Gap { market, by }),
        1 => (any::<u8>(), any::<i8>()).prop_map(|(market, by)| Step::Hour { market, by }),
        6 => any::<u8>().prop_map(Step::Liquidate),
        3 => any::<u8>().prop_map(Step::Deleverage),
        2 => any::<u8>().prop_map(Step::CutGains),
        3 => (any::<u8>(), any::<u8>(), any::<u32>())
            .prop_map(|(account, request, amount)| Step::Force { account, request, amount }),
        8 => (any::<u8>(), any::<u8>()).prop_map(|(market, pick)| Step::Exit { market, pick }),
        1 => (any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(action, subject, by)| Step::Govern { action, subject, by }),
        1 => Just(Step::Seal),
        1 => any::<u8>().prop_map(Step::Posted),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(worth, kind)| Step::Usdc { worth, kind }),
        2 => (any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(market, kind, pick)| Step::End { market, kind, pick }),
    ]
}

/// MEME exists where there is a silo.
fn market(n: u8) -> MarketId {
    match n % 16 {
        0..10 => BTC,
        10..15 => ALT,
        _ => MEME,
    }
}

/// The same, where there is a silo often its market.
fn somewhere(world: &World, n: u8) -> MarketId {
    if world.is_siloed() && n.is_multiple_of(3) { MEME } else { market(n) }
}

/// The same, in a silo mostly its market.
fn market_of(world: &World, account: u32, n: u8) -> MarketId {
    let of_silo = account < world.x.state.chain.accounts && world.pool_of(account) == SILO;
    if of_silo && n < 240 { MEME } else { market(n) }
}

/// Accounts, and now and then one that does not exist.
fn account(world: &World, n: u8) -> u32 {
    if n == 255 { 77 } else { u32::from(n) % world.x.state.chain.accounts }
}

fn key(n: u8) -> Address {
    owner(100 + n % 4)
}

/// Mostly the owner, else some key.
fn signer(world: &World, account: u32, n: u8) -> Address {
    let known = account < world.x.state.chain.accounts;
    if n < 200 && known { world.owner_of(account) } else { key(n) }
}

impl Draft {
    fn order(&self, world: &World, market: MarketId) -> NewOrder {
        let index = world.x.state.markets.get(u32::from(market.0)).map_or(1, |market| market.index.0);
        let off = i64::try_from(index).expect("small") * i64::from(self.off) / 1_000;
        let unit = if market == BTC { 20_000 } else { 300_000 };
        let time_in_force = match self.kind % 8 {
            0..5 => TimeInForce::Gtc,
            5 => TimeInForce::Ioc,
            6 => TimeInForce::Fok,
            _ if self.options.is_multiple_of(2) => TimeInForce::PostOnly,
            _ => TimeInForce::PostOnlySlide,
        };
        let rests = !matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        let size = SizeLots(u64::from(self.size) * unit / 16);
        let is = |wanted: u8| self.options / 16 == wanted;
        NewOrder {
            side: if self.buy { Side::Buy } else { Side::Sell },
            price: PriceTicks(index.saturating_add_signed(off)),
            size,
            time_in_force,
            good_until: (rests && is(1)).then(|| Millis(world.time + u64::from(self.kind) * 8)),
            reduce_only: is(2) || is(3) || is(6) || is(7),
            self_trade: self.self_trade,
            display: (rests && (is(4) || is(5))).then(|| SizeLots((size.0 / 4).max(1))),
            client: ClientId(u64::from(self.options % 16)),
        }
    }
}

/// Some resting order, mostly the account's own.
fn resting(world: &World, account: u32, market: MarketId, pick: u8) -> OrderId {
    let Some(book) = world.x.book(market) else { return OrderId(5) };
    let own: Vec<OrderId> = world.x.orders_of(AccountId(account), market);
    let all: Vec<OrderId> = book.orders().map(|order| order.id).collect();
    let from = if pick < 230 { own } else { all };
    from.get(usize::from(pick) % from.len().max(1)).copied().unwrap_or(OrderId(5))
}

fn operation(world: &World, account: u32, place: u8, act: &Act) -> Operation {
    let market = |n| market_of(world, account, n);
    match act {
        Act::Place { market: m, order } => {
            Operation::Place { market: market(*m), order: order.order(world, market(*m)) }
        }
        Act::Cancel { market: m, pick } => {
            Operation::Cancel { market: market(*m), order: resting(world, account, market(*m), *pick) }
        }
        Act::Replace { market: m, pick, order } => Operation::Replace {
            market: market(*m),
            order: resting(world, account, market(*m), *pick),
            new: order.order(world, market(*m)),
        },
        Act::CancelAll { market: m, filter } => Operation::CancelAll(CancelFilter {
            market: (m % 2 == 0).then(|| market(*m)),
            side: (filter % 4 < 2).then_some(if filter % 4 == 0 { Side::Buy } else { Side::Sell }),
            key: (filter % 3 == 0).then(|| signer(world, account, filter.wrapping_mul(5))),
        }),
        Act::CancelClient { market: m, client } => {
            Operation::CancelClient { market: market(*m), client: ClientId(u64::from(client % 16)) }
        }
        Act::Schedule { ahead } => Operation::ScheduleCancel {
            at: (*ahead > 400).then(|| Millis(world.time + u64::from(*ahead) - 500)),
        },
        Act::Wait { order, trigger, level, link } => Operation::PlaceConditional {
            market: market(0),
            order: order.order(world, market(0)),
            trigger: self::trigger(world, market(0), *trigger, *level),
            link: (link % 4 != 0).then(|| Link {
                step: place.saturating_sub(1 + link / 4 % 2),
                kind: if link / 8 % 2 == 0 { LinkKind::After } else { LinkKind::Beside },
            }),
        },
        Act::CancelWaiting { pick } => {
            Operation::CancelConditional { conditional: waiting(world, account, *pick) }
        }
        // 25 in BTC and 4 in ALT are the highest.
        Act::Leverage { market: m, times } => {
            Operation::SetLeverage { market: market(*m), leverage: u16::from(times % 32) }
        }
        Act::Shrink { market: m, pick, by } => shrink(world, account, market(*m), *pick, *by),
    }
}

fn trigger(world: &World, market: MarketId, kind: u8, level: i8) -> Trigger {
    let index = world.x.state.markets.get(u32::from(market.0)).map_or(1, |market| market.index.0);
    let off = i64::try_from(index).expect("small") * i64::from(level) / 2_000;
    match kind % 8 {
        0 | 1 => Trigger::Opened,
        2 => Trigger::Time { at: Millis(world.time + u64::from(kind)), slices: 1, interval: 0 },
        3 => Trigger::Time { at: Millis(world.time), slices: u16::from(kind / 16), interval: 1_000 },
        _ => Trigger::Price {
            source: if kind.is_multiple_of(2) { PriceSource::Mark } else { PriceSource::Index },
            direction: if level < 0 { Direction::Below } else { Direction::Above },
            level: PriceTicks(index.saturating_add_signed(off)),
        },
    }
}

/// Some conditional order of the account.
fn waiting(world: &World, account: u32, pick: u8) -> ConditionalId {
    let trader = world.x.state.traders.get(account);
    let orders =
        trader.and_then(|trader| trader.seldom.contingent.as_ref()).map_or(&[][..], |all| &all.orders);
    orders.get(usize::from(pick) % orders.len().max(1)).map_or(ConditionalId(9), |order| order.id)
}

/// Names what waits, due or not.
fn fire(world: &World, pick: u8) -> SystemCommand {
    let all = (0..world.x.state.chain.accounts).flat_map(|account| {
        let trader = world.x.state.traders.get(account).expect("dense");
        let orders = trader.seldom.contingent.as_ref().map_or(&[][..], |all| &all.orders);
        orders.iter().map(move |order| (AccountId(account), order.id))
    });
    let mut conditionals: Vec<_> = all.skip(usize::from(pick % 4)).take(70).collect();
    if pick.is_multiple_of(8) {
        conditionals.push((AccountId(u32::from(pick)), ConditionalId(u64::from(pick))));
    }
    SystemCommand::Fire { conditionals }
}

/// The same order with less size, as its trader would say it.
fn shrink(world: &World, account: u32, market: MarketId, pick: u8, by: u8) -> Operation {
    let id = resting(world, account, market, pick);
    let Some(order) = world.x.book(market).and_then(|book| book.get(id)) else {
        return Operation::Cancel { market, order: id };
    };
    let new = NewOrder {
        side: order.side,
        price: order.price,
        size: SizeLots(order.open().0.saturating_sub(u64::from(by) * 100)),
        time_in_force: TimeInForce::Gtc,
        good_until: order.good_until,
        reduce_only: order.reduce_only,
        self_trade: SelfTrade::CancelMaker,
        display: order.iceberg.map(|iceberg| iceberg.display),
        client: order.client,
    };
    Operation::Replace { market, order: id, new }
}

/// Names orders of every market, at their end or not.
fn sweep(world: &World, pick: u8) -> SystemCommand {
    let mut orders: Vec<(MarketId, OrderId)> = [BTC, ALT, MEME]
        .into_iter()
        .flat_map(|market| {
            let book = world.x.book(market);
            book.into_iter()
                .flat_map(ballast_book::Book::orders)
                .map(move |order| (market, order.id))
                .collect::<Vec<_>>()
        })
        .skip(usize::from(pick % 4))
        .collect();
    if pick.is_multiple_of(8) {
        orders.push((MarketId(u16::from(pick)), OrderId(u64::from(pick))));
    }
    SystemCommand::Sweep { orders }
}

/// A million units are worth a bitcoin, and count for nine tenths of it.
fn collateral() -> Collateral {
    Collateral {
        market: BTC,
        units_per_lot: Units(10),
        haircut: Ppm(100_000),
        size_factor: Ppm(50),
        since: Millis(0),
        most: Quote(100_000 * USDC),
        total: Units(1 << 50),
    }
}

/// An exchange with prices and accounts, in one pool or, where some have an account each, a silo besides.
pub(super) fn begin(siloed: bool) -> World {
    if !siloed {
        let mut world = World::protected(ACCOUNTS, 60_000 * USDC, 20_000 * USDC, 20_000 * USDC);
        world.watch_over(ALT);
        world.follow_index(BTC);
        world.crowd(BTC, [80_000 * USDC, 3_000_000 * USDC]);
        world.pledge(collateral());
        return world;
    }
    let mut world = World::siloed(ACCOUNTS - 1, 60_000 * USDC, 20_000 * USDC);
    world.pledge(collateral());
    for account in 2..5 {
        let status = world.transfer(account, NEW_ACCOUNT, SILO, 8_000 * USDC).status;
        assert_eq!(status, Status::Accepted);
    }
    world.trade(6, 7, MEME, 1_000, 4_000_000);
    for pool in [PoolId(0), SILO] {
        world.pace(pool, [(40_000, 2_000 * USDC), (100_000, 9_000 * USDC)]);
    }
    world.heed_lag();
    world.heed_peg();
    world
}

fn deleverage(world: &mut World, pick: u8) {
    let (market, is_long) = (somewhere(world, pick), pick.is_multiple_of(2));
    let of_side = |long: bool| -> Vec<u32> {
        let all = 0..world.x.state.chain.accounts;
        all.filter(|id| (world.size(*id, market) > 0) == long && world.size(*id, market) != 0).collect()
    };
    let mut bankrupt = of_side(is_long);
    bankrupt.retain(|id| world.summary(*id).equity <= 0);
    let holders = of_side(!is_long);
    drop(world.deleverage(market, &bankrupt, &holders));
}

/// Of everybody who has a position in the pool, or of all but one.
fn cut_gains(world: &mut World, pick: u8) {
    let pool = u16::from(pick % 2);
    let has_position = |id: &u32| !facts::account(&world.x.state, AccountId(*id)).positions.is_empty();
    let mut holders: Vec<u32> = (0..world.x.state.chain.accounts).filter(has_position).collect();
    holders.retain(|id| world.pool_of(*id) == PoolId(pool));
    if pick.is_multiple_of(7) {
        holders.pop();
    }
    drop(world.cut_gains(pool, &holders));
}

/// To another account of the owner's, to a new one, to anybody's, or to nobody's.
fn transfer(world: &mut World, account: u32, to: u8, amount: u32) {
    let accounts = world.x.state.chain.accounts;
    let is_own =
        |id: &u32| account < accounts && *id != account && world.owner_of(*id) == world.owner_of(account);
    let own: Vec<u32> = (0..accounts).filter(is_own).collect();
    let to = match to {
        0..16 if accounts < 12 => NEW_ACCOUNT,
        16..24 => u32::from(to) - 12,
        _ => own.get(usize::from(to) % own.len().max(1)).copied().unwrap_or(account),
    };
    let pool =
        if to < accounts && amount % 16 != 3 { world.pool_of(to) } else { PoolId((amount % 3) as u16) };
    drop(world.transfer(account, to, pool, i64::from(amount) * 5));
}

pub(crate) fn carry_out(world: &mut World, step: &Step) {
    match *step {
        Step::Wait(ms) => world.time += u64::from(ms),
        Step::Deposit { account: n, amount } => {
            let to = if n < 64 { NEW_ACCOUNT } else { account(world, n) };
            let many = world.x.state.chain.accounts > if world.is_siloed() { 11 } else { 8 };
            let to = if many { u32::from(n % 8 == 1) } else { to };
            let to = if n == 200 { FUND_ACCOUNT - 1 } else { to };
            let theirs = to < world.x.state.chain.accounts && n % 8 != 1;
            let owner = if theirs { world.owner_of(to) } else { owner(n % 8) };
            let due = due_exit(&world.x, Millis(world.time)).is_some();
            let status = world.deposit(owner, to, i64::from(amount) * 10);
            assert_eq!(status == Status::Accepted, amount > 0 && !due);
        }
        Step::End { market: n, kind, pick } => end(world, somewhere(world, n), kind, pick),
        Step::DepositInKind { account: n, asset, amount } => {
            let to = if n < 16 { NEW_ACCOUNT } else { account(world, n) };
            let to = if world.x.state.chain.accounts > 8 { u32::from(n % 8) } else { to };
            let theirs = to < world.x.state.chain.accounts && n % 8 != 1;
            let owner = if theirs { world.owner_of(to) } else { owner(n % 8) };
            // Up to a coin.
            drop(world.deposit_in_kind(AssetId(asset), owner, to, 16 * i64::from(amount)));
        }
        Step::WithdrawInKind { account: n, asset, amount } => {
            let account = account(world, n);
            let (asset, held) = (AssetId(asset), world.holds(account, AssetId(asset)));
            // Now and then all of it, or a little more.
            let amount =
                if amount.is_multiple_of(3) { held + u64::from(amount % 2) } else { 16 * u64::from(amount) };
            let signer = signer(world, account, 0);
            drop(world.withdraw_in_kind(signer, account, asset, i64::try_from(amount).expect("small")));
        }
        Step::Move { market: n, by } => {
            let market = match n % 6 {
                1 | 4 | 5 if world.is_siloed() => MEME,
                0 | 3 => ALT,
                _ => BTC,
            };
            let index = world.x.state.markets.get(u32::from(market.0)).expect("listed").index.0;
            let to =
                index.saturating_add_signed(i64::try_from(index).expect("small") * i64::from(by) / 1_000);
            let prices = [(market, to.clamp(100, 5_000_000))];
            world.try_prices(&prices);
            // Mostly it is said again until it is believed and the market matches continuously.
            for wait in [JUMP_MS, UNCERTAIN_BATCHING_MS].into_iter().filter(|_| n % 4 != 1) {
                world.time += wait;
                world.try_prices(&prices);
            }
        }
        Step::Report { from, lag, market: m, price } => {
            let time = world.time.saturating_add_signed(i64::from(lag) / 8);
            world.report(from % (PUBLISHERS + 1), time, &[(market(m), u64::from(price))]);
        }
        Step::Operate { account: n, signer: s, atomic, ref operations } => {
            let account = account(world, n);
            let signer = signer(world, account, s);
            let acts = (0..).zip(operations);
            let operations = acts.map(|(place, act)| operation(world, account, place, act)).collect();
            world.batch_by(signer, account, atomic, operations);
        }
        Step::Grant { account: n, key: k, lasts, scope: bits } => {
            let account = account(world, n);
            let until = world.time + u64::from(lasts) * 4;
            let scope = if bits < 200 { scope::ALL } else { bits };
            world.grant(signer(world, account, n), account, key(k), until, scope);
        }
        Step::Revoke { account: n, signer: s, key: k } => {
            let account = account(world, n);
            world.revoke(signer(world, account, s), account, key(k));
        }
        Step::Withdraw { account: n, amount } => {
            let account = account(world, n);
            world.withdraw(signer(world, account, 0), account, i64::from(amount) * 20);
        }
        Step::Transfer { account: n, to, amount } => transfer(world, account(world, n), to, amount),
        Step::Replay(back) => {
            let took_effect = |(input, outcome): &&(Input, Outcome)| {
                matches!(input.source, Source::User { .. }) && outcome.status == Status::Accepted
            };
            let again = world.log.iter().filter(took_effect).rev().nth(usize::from(back) % 8);
            if let Some(source) = again.map(|(input, _)| input.source.clone()) {
                assert_ne!(
                    world.input(source).status,
                    Status::Accepted,
                    "INV-41: nothing takes effect twice"
                );
            }
        }
        Step::Restrict { market: n, mode, ahead } => {
            let until = if ahead.is_multiple_of(3) { 0 } else { world.time + u64::from(ahead % 2_048) };
            let mode = match mode {
                0..16 => MarketMode::Halt,
                16..64 => MarketMode::ReduceOnly,
                64..68 => MarketMode::Normal,
                _ => MarketMode::Batches,
            };
            drop(world.restrict(market(n), mode, until));
        }
        Step::Steady { market: n, seconds } => steady(world, somewhere(world, n), seconds),
        Step::Outage => world.time += 60_001,
        Step::Clear(n) => drop(world.clear(somewhere(world, n))),
        Step::Gap { market: n, by } => gap(world, somewhere(world, n), by),
        Step::Hour { market: n, by } => hour(world, somewhere(world, n), by),
        Step::Liquidate(n) => drop(world.liquidate(account(world, n))),
        Step::Deleverage(n) => deleverage(world, n),
        Step::CutGains(n) => cut_gains(world, n),
        Step::Sweep(pick) => drop(world.input(Source::System(sweep(world, pick)))),
        Step::Fire(pick) => drop(world.input(Source::System(fire(world, pick)))),
        Step::Force { account: n, request, amount } => force(world, account(world, n), request, amount),
        Step::Exit { market: n, pick } => exit(world, somewhere(world, n), pick),
        Step::Govern { action, subject, by } => govern(world, action, subject, by),
        Step::Seal => drop(world.seal()),
        Step::Usdc { worth, kind } => usdc(world, worth, kind),
        Step::Posted(index) => drop(world.batch_posted(u64::from(index))),
    }
}
