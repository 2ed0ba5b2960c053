//! Markets that settle and a pool that is resolved, with numbers that were worked out by hand from `docs/protocol.md`.
//!
//! A lot at a tick is 1 USDC; there are no fees. The market settles 61 minutes after the first report.

mod hand;
#[path = "hand/world.rs"]
mod world;

use ballast_naive::{Exchange, Stage};
use ballast_types::{
    AccountId, Address, Causes, ClientId, Event, Lots, MarketClass, MarketId, MarketMode, MarketParams,
    Millis, NewOrder, Operation, Operations, Outcome, PoolId, Ppm, PriceReport, PriceTicks, Quote,
    RejectCode, Rejection, ReportedPrice, Side, Signature, SizeLots, Source, Status, SystemCommand,
    TimeInForce, UserCommand,
    event::Cover,
    limits::{FUND_ACCOUNT, FUND_DAY_MS, NEW_ACCOUNT},
};
use hand::plain_market;
use world::{BOB, World};

const USDC: i64 = 1_000_000;
const PUBLISHER: Address = Address::repeat_byte(0xee);
const ALICE: Address = Address::repeat_byte(1);
const ONE: MarketId = MarketId(0);
const MINUTE: u64 = 60_000;
const NOW: u64 = 20_000 * FUND_DAY_MS;
const END: u64 = NOW + 61 * MINUTE;

fn market(settles_at: u64) -> MarketParams {
    MarketParams {
        class: MarketClass::C,
        gain_weight_initial: Ppm(0),
        gain_weight_withdrawal: Ppm(0),
        settles_at: Millis(settles_at),
        open_interest_free: Quote::ZERO,
        ..plain_market("ONE")
    }
}

impl World {
    /// Two pools; the market is of the second. Alice has 1,000 USDC there as account 2, Bob 100 as 3.
    fn new(settles_at: u64) -> Self {
        let nobody = (Address::ZERO, Quote(0));
        let it = Exchange::genesis(vec![PUBLISHER], 1, Address::ZERO, nobody, vec![market(settles_at)]);
        let mut world = Self { it: it.in_pools(&[nobody; 2], &[PoolId(1)]), time: NOW };
        for (owner, amount) in [(ALICE, 1_001), (BOB, 101)] {
            world.deposit(owner, NEW_ACCOUNT, amount * USDC);
        }
        for (account, amount) in [(0, 1_001), (1, 101)] {
            world.transfer(account, AccountId(NEW_ACCOUNT), PoolId(1), amount * USDC);
        }
        world.price(100);
        world
    }

    /// Alice is short of six lots, Bob long.
    fn trade(&mut self) {
        for (account, side) in [(2, Side::Sell), (3, Side::Buy)] {
            let told = self.place(account, side);
            assert!(matches!(told[0], Event::OrderAccepted { .. }), "{told:?}");
        }
    }

    fn place(&mut self, account: u32, side: Side) -> Vec<Event> {
        let order = NewOrder::plain(side, PriceTicks(100), SizeLots(6), TimeInForce::Gtc, ClientId(0));
        let operations = vec![Operation::Place { market: ONE, order }];
        let (nonce, expires) = (self.nonce(account), Millis(self.time));
        let account_id = AccountId(account);
        let command = Operations { account: account_id, nonce, expires, atomic: false, operations };
        self.command(account, UserCommand::Operations(command)).events
    }

    fn price(&mut self, price: u64) -> Outcome {
        let prices = vec![ReportedPrice::plain(ONE, PriceTicks(price))];
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        self.input(Some(PUBLISHER), Source::Publisher { report, signature: Signature([0; 65]) })
    }

    fn system(&mut self, command: SystemCommand) -> Outcome {
        self.input(None, Source::System(command))
    }

    fn cash_in(&mut self, accounts: &[u32]) -> Outcome {
        let accounts = accounts.iter().copied().map(AccountId).collect();
        self.system(SystemCommand::SettlePositions { market: ONE, accounts })
    }

    fn settled_at(&self) -> Option<i128> {
        self.it.markets[0].settled.map(|it| it.price)
    }
}

fn refused(outcome: &Outcome, code: RejectCode, value: i128, limit: i128) {
    assert_eq!(outcome.status, Status::Rejected(Rejection { code, value, limit }));
}

/// Of the hour there are 100, 104, 90 and 97 twice, of which the second of a minute counts: the lower median of 90, 97,
/// 100, 104 is 97.
#[test]
fn a_market_settles_at_the_lower_median_of_its_last_hour() {
    let mut world = World::new(END);
    for (minute, price) in [(1, 100), (20, 104), (30, 90), (40, 110), (40, 97)] {
        world.time = (NOW + minute * MINUTE).max(world.time + 700);
        world.price(price);
        // A jump is believed with the next that says so.
        world.time += 700;
        world.price(price);
    }
    world.time = END - 1;
    refused(&world.system(SystemCommand::Settle { market: ONE }), RejectCode::NothingDue, 0, 0);
    world.time = END;
    let told = world.price(500).events;
    let changed = Event::ModeChanged {
        market: ONE,
        mode: MarketMode::Settled,
        causes: Causes::NONE,
        initial_factor: Ppm(1_000_000),
        calls_from: Millis(0),
    };
    assert_eq!(told, [Event::MarketSettled { market: ONE, price: PriceTicks(97) }, changed]);
    assert_eq!(world.price(0).status, Status::Accepted, "what it says is passed over");
    let told = world.place(2, Side::Buy);
    assert!(matches!(told[..], [Event::OperationRejected { rejection, .. }]
        if rejection == Rejection { code: RejectCode::MarketSettled, value: 0, limit: 0 }));
}

#[test]
fn a_market_without_a_price_for_a_day_settles_at_what_it_was() {
    let mut world = World::new(0);
    world.time = NOW + FUND_DAY_MS - 1;
    refused(&world.system(SystemCommand::Settle { market: ONE }), RejectCode::NothingDue, 0, 0);
    world.time += 1;
    assert_eq!(world.system(SystemCommand::Settle { market: ONE }).status, Status::Accepted);
    assert_eq!(world.settled_at(), Some(100));
}

/// Alice is short of six lots from 100 to 95: a gain of 30, that counts nothing before the market settles, and in full then.
/// For the minute of 95 she gets floor(12,500 * 95 * 10^6 / (60 * 10^9)) = 19 u a lot.
#[test]
fn a_position_is_cash() {
    let mut world = World::new(END);
    world.trade();
    world.time = END - MINUTE;
    world.price(95);
    world.time += 700;
    world.price(95);
    assert_eq!(world.it.margin(AccountId(2)).withdrawing, 1_000_000_114, "a gain does not leave");
    world.time = END;
    world.system(SystemCommand::Settle { market: ONE });
    assert_eq!(world.settled_at(), Some(95), "of 95 alone");
    let margin = world.it.margin(AccountId(2));
    let all = [margin.equity, margin.weighted, margin.withdrawing];
    assert_eq!(all, [1_030_000_114; 3]);
    assert_eq!([margin.initial, margin.maintenance, margin.required, margin.notional], [0; 4]);
    world.time = END + MINUTE - 1;
    refused(&world.cash_in(&[2]), RejectCode::NothingDue, 0, 0);
    refused(&world.withdraw(2, USDC), RejectCode::UncertainOracle, 0, 0);
    world.time += 1;
    let told = world.cash_in(&[2]).events;
    let settled = Event::PositionSettled {
        market: ONE,
        account: AccountId(2),
        size: Lots(-6),
        price: PriceTicks(95),
        cash: Quote(1_030 * USDC + 114),
    };
    assert_eq!(told, [settled]);
    assert_eq!(world.it.markets[0].settled.map(|it| it.closed), Some(-6));
    refused(&world.cash_in(&[2]), RejectCode::NothingDue, 0, 0);
    refused(&world.cash_in(&[3, 2]), RejectCode::UnsortedPrices, 0, 0);
    refused(&world.cash_in(&[3, 9]), RejectCode::UnknownAccount, 9, 4);
}

/// From an hour before its end on a market takes nothing but orders that shrink positions.
#[test]
fn a_market_only_shrinks_in_its_last_hour() {
    let mut world = World::new(END);
    world.trade();
    world.time = END - 60 * MINUTE - 1;
    assert!(world.price(100).events.iter().all(|event| !matches!(event, Event::ModeChanged { .. })));
    assert!(matches!(world.place(2, Side::Sell)[0], Event::OrderAccepted { .. }));
    world.time += 1;
    let changed = Event::ModeChanged {
        market: ONE,
        mode: MarketMode::ReduceOnly,
        causes: Causes::ENDING,
        initial_factor: Ppm(1_000_000),
        calls_from: Millis(0),
    };
    assert!(world.price(100).events.contains(&changed));
    let told = world.place(2, Side::Sell);
    assert!(matches!(told[..], [Event::OperationRejected { rejection, .. }]
        if rejection == Rejection { code: RejectCode::MarketReduceOnly, value: 0, limit: 0 }));
    assert!(matches!(world.place(3, Side::Sell)[0], Event::OrderAccepted { .. }));
}

/// Bob owes 20.000096, of which a fund of 10 pays the 3 that it may, and the fees 2. After a day it pays the other 7 before its
/// pool ends, or somebody gives 9 more and the 15.000096 are paid.
#[test]
fn a_fund_pays_before_its_pool_ends() {
    for more in [0, 9] {
        let mut world = World::new(END);
        world.deposit(ALICE, FUND_ACCOUNT - 1, 10 * USDC);
        bankrupt(&mut world);
        assert_eq!(world.it.pools[1].deficit, 15_000_096);
        if more > 0 {
            world.deposit(ALICE, FUND_ACCOUNT - 1, more * USDC);
        }
        world.time += FUND_DAY_MS;
        let pool = PoolId(1);
        let told = world.system(SystemCommand::Resolve { pool }).events;
        let u = if more > 0 { 6_000_096 } else { 7 * USDC };
        let account = AccountId(FUND_ACCOUNT - 1);
        let paid = Event::DeficitCovered { account, by: Cover::Fund, amount: Quote(u) };
        let it = &world.it.pools[1];
        if more > 0 {
            assert_eq!(told, [paid]);
            assert_eq!((it.stage, it.deficit, it.owes_since, it.fund()), (Stage::Open, 0, None, 999_904));
        } else {
            assert_eq!(told, [paid, Event::ResolutionBegan { pool }]);
            assert_eq!((it.stage, it.deficit, it.fund()), (Stage::Settling(0), 8_000_096, 0));
        }
    }
}

/// Bob lost 120 of his 100, and 96 u of funding, and is liquidated when he was cashed.
fn bankrupt(world: &mut World) -> Vec<Event> {
    world.trade();
    world.time = END - MINUTE;
    for _ in 0..2 {
        world.price(80);
        world.time += 700;
    }
    world.time = END;
    world.system(SystemCommand::Settle { market: ONE });
    assert_eq!(world.settled_at(), Some(80));
    world.time += MINUTE;
    assert_eq!(world.cash_in(&[2, 3]).status, Status::Accepted);
    world.system(SystemCommand::Liquidate { account: AccountId(3) }).events
}

/// Of the 20 that Bob owes the fees of two new accounts pay 2. A day later Alice has 1,120, and the pool holds 1,102:
/// floor(1,102 / 1,120.000096 * 10^9) parts are paid.
#[test]
fn a_pool_pays_everybody_by_one_ratio() {
    let mut world = World::new(END);
    let told = bankrupt(&mut world);
    let paid = |by, u| Event::DeficitCovered { account: AccountId(3), by, amount: Quote(u) };
    assert_eq!(told[1..], [paid(Cover::Fees, 2 * USDC), paid(Cover::Pool, 18 * USDC + 96)]);
    refused(&world.withdraw(2, USDC), RejectCode::PoolInDeficit, 18_000_096, 0);

    let pool = PoolId(1);
    world.time += FUND_DAY_MS - 1;
    refused(&world.system(SystemCommand::Resolve { pool }), RejectCode::NothingDue, 0, 0);
    world.time += 1;
    assert_eq!(world.system(SystemCommand::Resolve { pool }).events, [Event::ResolutionBegan { pool }]);
    refused(&world.withdraw(2, USDC), RejectCode::PoolInResolution, 1, 0);
    refused(&world.transfer(0, AccountId(2), PoolId(1), USDC), RejectCode::PoolInResolution, 1, 0);
    let told = world.system(SystemCommand::Resolve { pool }).events;
    assert_eq!(told, [Event::PoolResolved { pool, ratio: 983_928_487 }]);
    refused(&world.system(SystemCommand::Resolve { pool }), RejectCode::NothingDue, 0, 0);
    refused(&world.system(SystemCommand::Resolve { pool: PoolId(2) }), RejectCode::UnknownPool, 2, 2);

    let deposited = world.deposit(ALICE, 2, USDC);
    assert!(matches!(deposited, Event::Deposited { account: AccountId(4), opened: true, .. }));
    let given = world.deposit(ALICE, FUND_ACCOUNT - 1, USDC);
    assert!(matches!(given, Event::Deposited { account: AccountId(5), opened: true, .. }));

    // 10 USDC of the account are 9.83928487 of the pool, and the rest is off its deficit.
    let told = world.withdraw(2, 10 * USDC).events;
    assert!(matches!(told[..], [Event::Withdrawn { amount: Quote(9_839_284), .. }]), "{told:?}");
    assert_eq!(world.it.pools[1].deficit, 17_839_380);
    refused(&world.transfer(2, AccountId(0), PoolId(0), 1), RejectCode::InsufficientFunds, 1, 0);
    refused(
        &world.transfer(2, AccountId(NEW_ACCOUNT), PoolId(0), USDC),
        RejectCode::InvalidAmount,
        983_928,
        1_000_000,
    );
    refused(&world.withdraw(2, 1_111 * USDC), RejectCode::InsufficientFunds, 1_111_000_000, 1_110_000_096);
    let before = world.it.accounts[0].cash;
    assert_eq!(world.transfer(2, AccountId(0), PoolId(0), 1_110 * USDC + 96).status, Status::Accepted);
    // 17.83938 of it are off the deficit, and the unit that is left is the fees, which the pool holds.
    assert_eq!(world.it.accounts[0].cash - before, 1_092_160_715);
    let pool = &world.it.pools[1];
    assert_eq!((world.it.accounts[2].cash, pool.deficit, pool.fees, pool.held()), (0, 0, 1, 1));
    assert_eq!(pool.stage, Stage::Resolved(983_928_487));
}
