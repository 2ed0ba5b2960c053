//! Two pools, of which the second is a silo, with numbers that were worked out by hand from `docs/protocol.md`.
//!
//! A lot at a tick is 1 USDC; marks are 1,000 ticks; there are no fees but those of opening.

mod hand;
#[path = "hand/world.rs"]
mod world;

use ballast_naive::{Exchange, Pool, Position, Session};
use ballast_types::{
    AccountId, Address, AssetId, CancelFilter, ClientId, Direction, Event, KeyNumber, L1Message, L1Payload,
    MarketClass, MarketId, MarketParams, Millis, NewOrder, Nonce, Operation, Operations, OrderId, Outcome,
    PoolId, PriceReport, PriceSource, PriceTicks, Quote, RejectCode, Rejection, ReportedPrice, Side,
    Signature, SizeLots, Source, Status, SystemCommand, TimeInForce, Transfer, Trigger, UserCommand,
    command::scope,
    event::Cover,
    limits::{FUND_ACCOUNT, FUND_DAY_MS, NEW_ACCOUNT},
};
use hand::plain_market;
use world::{BOB, World};

const USDC: i64 = 1_000_000;
const PUBLISHER: Address = Address::repeat_byte(0xee);
const BACKSTOP: Address = Address::repeat_byte(0xbb);
const ALICE: Address = Address::repeat_byte(1);
const NEW: AccountId = AccountId(NEW_ACCOUNT);
const ONE: MarketId = MarketId(0);
const TWO: MarketId = MarketId(1);
const MAIN: PoolId = PoolId(0);
const SILO: PoolId = PoolId(1);
const NOW: u64 = 20_000 * FUND_DAY_MS;

fn market(symbol: &str, class: MarketClass) -> MarketParams {
    MarketParams { class, ..plain_market(symbol) }
}

impl World {
    /// With prices, and backstops of the two pools.
    fn backed(backstops: [Address; 2]) -> Self {
        let markets = vec![market("ONE", MarketClass::A), market("TWO", MarketClass::C)];
        let pools = backstops.map(|backstop| (backstop, Quote(0)));
        let it = Exchange::genesis(vec![PUBLISHER], 1, Address::ZERO, pools[0], markets);
        let mut world = Self { it: it.in_pools(&pools, &[MAIN, SILO]), time: NOW };
        world.report();
        world
    }

    /// Both prices are 1,000; what follows.
    fn report(&mut self) -> Vec<Event> {
        let prices = [ONE, TWO].map(|market| ReportedPrice::plain(market, PriceTicks(1_000))).to_vec();
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        let source = Source::Publisher { report, signature: Signature([0; 65]) };
        let outcome = self.input(Some(PUBLISHER), source);
        assert_eq!(outcome.status, Status::Accepted);
        outcome.events
    }

    /// Alice has 70 USDC in the first pool as account 0 and 29 in the silo as 1, Bob 100 in the first as 2.
    fn new() -> Self {
        let mut world = Self::backed([Address::ZERO; 2]);
        world.deposit(ALICE, NEW_ACCOUNT, 100 * USDC);
        assert_eq!(world.transfer(0, NEW, SILO, 30 * USDC).status, Status::Accepted);
        world.deposit(BOB, NEW_ACCOUNT, 100 * USDC);
        world
    }

    fn operate(&mut self, account: u32, operation: Operation) -> Vec<Event> {
        let (nonce, expires) = (self.nonce(account), Millis(NOW));
        let (account_id, operations) = (AccountId(account), vec![operation]);
        let command = Operations { account: account_id, nonce, expires, atomic: false, operations };
        self.command(account, UserCommand::Operations(command)).events
    }

    fn liquidate(&mut self, account: u32) -> Outcome {
        self.input(None, Source::System(SystemCommand::Liquidate { account: AccountId(account) }))
    }

    fn cash(&self, account: u32) -> i128 {
        self.it.accounts[account as usize].cash
    }

    fn pools<T>(&self, what: impl Fn(&Pool) -> T) -> Vec<T> {
        self.it.pools.iter().map(what).collect()
    }

    /// So many lots, come by at 1,000.
    fn hold(&mut self, account: u32, market: MarketId, size: i128) {
        let basis = 1_000 * size * i128::from(USDC);
        let it = &mut self.it.accounts[account as usize];
        it.cash -= basis;
        it.positions.insert(market, Position { size, basis, funding: 0 });
    }
}

fn usdc(amount: i128) -> i128 {
    amount * i128::from(USDC)
}

fn refused(outcome: &Outcome) -> (RejectCode, i128, i128) {
    match outcome.status {
        Status::Rejected(Rejection { code, value, limit }) => (code, value, limit),
        Status::Accepted => panic!("it was accepted: {outcome:?}"),
    }
}

#[test]
fn backstops_have_the_first_numbers() {
    for (backstops, of_pools) in [
        ([BACKSTOP, BACKSTOP], [Some(AccountId(0)), Some(AccountId(1))]),
        ([Address::ZERO, BACKSTOP], [None, Some(AccountId(0))]),
        ([BACKSTOP, Address::ZERO], [Some(AccountId(0)), None]),
    ] {
        let world = World::backed(backstops);
        assert_eq!(world.pools(|pool| pool.backstop), of_pools);
        for (pool, backstop) in [MAIN, SILO].into_iter().zip(of_pools) {
            assert!(backstop.is_none_or(|id| world.it.accounts[id.0 as usize].pool == pool));
        }
    }
}

/// 30 of 100 leave, 29 arrive, and the silo has a fee of 1. Then 5 come back.
#[test]
fn money_goes_to_a_silo_and_comes_back() {
    let mut world = World::backed([Address::ZERO; 2]);
    world.deposit(ALICE, NEW_ACCOUNT, 100 * USDC);
    let told = world.transfer(0, NEW, SILO, 30 * USDC).events;
    let (amount, fee) = (Quote(30 * USDC), Quote(USDC));
    assert_eq!(
        told,
        [Event::Transferred { account: AccountId(0), to: AccountId(1), pool: SILO, amount, fee }]
    );
    assert_eq!((world.cash(0), world.cash(1)), (usdc(70), usdc(29)));
    assert_eq!((world.it.accounts[1].owner, world.it.accounts[1].pool), (ALICE, SILO));
    assert_eq!(world.pools(|pool| pool.transferred), [usdc(-30), usdc(30)]);
    assert_eq!(world.pools(|pool| pool.fees), [0, usdc(1)]);
    assert_eq!(world.pools(Pool::held), [usdc(70), usdc(30)]);

    let told = world.transfer(1, AccountId(0), MAIN, 5 * USDC).events;
    let (amount, fee) = (Quote(5 * USDC), Quote(0));
    assert_eq!(
        told,
        [Event::Transferred { account: AccountId(1), to: AccountId(0), pool: MAIN, amount, fee }]
    );
    assert_eq!((world.cash(0), world.cash(1)), (usdc(75), usdc(24)));
    assert_eq!(world.pools(|pool| pool.transferred), [usdc(-25), usdc(25)]);
    // All that it has leaves the silo for L1, but for the fee.
    assert_eq!(world.withdraw(1, 24 * USDC).status, Status::Accepted);
    assert_eq!(world.pools(|pool| (pool.credited, pool.withdrawn)), [(usdc(100), 0), (0, usdc(24))]);
    assert_eq!(world.pools(Pool::held), [usdc(75), usdc(1)]);
}

/// Exactly the fee opens an account that has nothing; in its own pool nothing is transferred.
#[test]
fn an_account_may_be_opened_with_nothing() {
    let mut world = World::new();
    assert_eq!(world.transfer(2, NEW, MAIN, USDC).status, Status::Accepted);
    assert_eq!((world.cash(2), world.cash(3)), (usdc(99), 0));
    assert_eq!(world.pools(|pool| pool.fees), [usdc(1), usdc(1)]);
    assert_eq!(world.pools(|pool| pool.transferred), [usdc(-30), usdc(30)]);
}

#[test]
fn what_speaks_against_a_transfer_is_said_in_this_order() {
    let mut world = World::new();
    let most = 1 << 60;
    for (to, pool, u, code, value, limit) in [
        (0, PoolId(9), 0, RejectCode::InvalidAmount, 0, 1),
        (0, PoolId(9), -3, RejectCode::InvalidAmount, -3, 1),
        (NEW_ACCOUNT, PoolId(9), USDC - 1, RejectCode::InvalidAmount, 999_999, 1_000_000),
        (0, PoolId(9), most + 1, RejectCode::InvalidAmount, i128::from(most) + 1, i128::from(most)),
        (0, PoolId(9), most, RejectCode::InvalidRecipient, 0, 0),
        (77, PoolId(2), most, RejectCode::UnknownPool, 2, 2),
        (NEW_ACCOUNT, PoolId(2), most, RejectCode::UnknownPool, 2, 2),
        (77, MAIN, most, RejectCode::UnknownAccount, 77, 3),
        (FUND_ACCOUNT, MAIN, most, RejectCode::UnknownAccount, i128::from(FUND_ACCOUNT), 3),
        (2, SILO, most, RejectCode::ForeignAccount, 0, 0),
        (1, MAIN, most, RejectCode::UnknownPool, 0, 1),
        (1, SILO, most, RejectCode::InsufficientFunds, i128::from(most), usdc(70)),
        (NEW_ACCOUNT, SILO, 70 * USDC + 1, RejectCode::InsufficientFunds, usdc(70) + 1, usdc(70)),
    ] {
        let outcome = world.transfer(0, AccountId(to), pool, u);
        assert_eq!(refused(&outcome), (code, value, limit), "to {to} in {pool:?}");
    }
    assert_eq!((world.cash(0), world.cash(1), world.it.accounts.len()), (usdc(70), usdc(29), 3));
    assert_eq!(world.transfer(0, AccountId(1), SILO, 70 * USDC).status, Status::Accepted);
}

/// Only the owner transfers, and what was refused for its content used its nonce.
#[test]
fn a_transfer_is_the_owners_and_uses_a_nonce() {
    let mut world = World::new();
    let (valid_until, scope) = (Millis(u64::MAX), scope::ALL);
    let session = Session { number: KeyNumber(1), valid_until, scope, nonces: Default::default() };
    world.it.accounts[0].sessions.insert(BACKSTOP, session);
    let said = |nonce, u| {
        let (account, expires, to, amount) = (AccountId(0), Millis(NOW), AccountId(1), Quote(u));
        let command = UserCommand::Transfer(Transfer { account, nonce, expires, to, pool: SILO, amount });
        Source::User { command, signature: Signature([0; 65]) }
    };
    let by_key = world.input(Some(BACKSTOP), said(Nonce(0), USDC));
    assert_eq!(refused(&by_key).0, RejectCode::OutOfScope);
    assert_eq!(refused(&world.input(Some(BOB), said(Nonce(9), USDC))).0, RejectCode::UnknownSigner);
    assert_eq!(refused(&world.input(Some(ALICE), said(Nonce(9), 0))).0, RejectCode::InvalidAmount);
    assert_eq!(refused(&world.input(Some(ALICE), said(Nonce(9), USDC))), (RejectCode::NonceUsed, 9, 0));
}

/// Nobody is asked for more than 2^60, at either end.
#[test]
fn bounds_of_who_is_paid_are_looked_at_last() {
    let most: i128 = 1 << 60;
    let overflow = (RejectCode::Overflow, 0, 0);
    let mut world = World::new();
    world.it.accounts[1].cash = most - 1;
    assert_eq!(refused(&world.transfer(0, AccountId(1), SILO, 2)), overflow);
    assert_eq!(refused(&world.transfer(0, AccountId(1), SILO, 71 * USDC)).0, RejectCode::InsufficientFunds);
    assert_eq!(world.transfer(0, AccountId(1), SILO, 1).status, Status::Accepted);

    let mut world = World::new();
    world.it.pools[1].transferred = most;
    assert_eq!(refused(&world.transfer(0, AccountId(1), SILO, 1)), overflow);
    assert_eq!(world.transfer(1, AccountId(0), MAIN, 1).status, Status::Accepted);
    assert_eq!(world.transfer(0, AccountId(1), SILO, 1).status, Status::Accepted);
    // Within the pool nothing is transferred.
    assert_eq!(world.transfer(1, NEW, SILO, USDC).status, Status::Accepted);

    let mut world = World::new();
    world.it.pools[1].fees = most;
    assert_eq!(refused(&world.transfer(0, NEW, SILO, USDC)), overflow);
    assert_eq!(world.transfer(0, AccountId(1), SILO, USDC).status, Status::Accepted);
}

/// Of the 30 in the silo Alice won 2 that another lost and owes: she has 31 there, and the silo 30, also for herself.
#[test]
fn nobody_takes_more_than_the_pool_holds() {
    let mut world = World::new();
    world.it.accounts[1].cash += usdc(2);
    for (to, pool) in [(AccountId(0), MAIN), (NEW, SILO)] {
        let outcome = world.transfer(1, to, pool, 31 * USDC);
        assert_eq!(refused(&outcome), (RejectCode::InsufficientFunds, usdc(31), usdc(30)));
    }
    assert_eq!(refused(&world.withdraw(1, 31 * USDC)), (RejectCode::InsufficientFunds, usdc(31), usdc(30)));
    assert_eq!(world.transfer(1, AccountId(0), MAIN, 30 * USDC).status, Status::Accepted);
    assert_eq!(world.pools(Pool::held), [usdc(200), 0]);
}

/// One lot, 1,000 USDC, needs 100: of 129 in equity 29 may go on.
#[test]
fn who_holds_something_transfers_what_he_could_withdraw() {
    let mut world = World::new();
    world.transfer(0, AccountId(1), SILO, 50 * USDC);
    world.deposit(ALICE, 1, 50 * USDC);
    world.hold(1, TWO, 1);
    let outcome = world.transfer(1, AccountId(0), MAIN, 29 * USDC + 1);
    assert_eq!(refused(&outcome), (RejectCode::InsufficientFunds, usdc(29) + 1, usdc(29)));
    assert_eq!(world.transfer(1, AccountId(0), MAIN, 29 * USDC).status, Status::Accepted);
}

#[test]
fn there_are_no_markets_but_those_of_the_pool() {
    let (market, price, size) = (TWO, PriceTicks(1_000), SizeLots(1));
    let order = NewOrder::plain(Side::Buy, price, size, TimeInForce::Gtc, ClientId(7));
    let trigger = Trigger::Price { source: PriceSource::Mark, direction: Direction::Above, level: price };
    for operation in [
        Operation::Place { market, order },
        Operation::PlaceConditional { market, order, trigger, link: None },
        Operation::SetLeverage { market, leverage: 2 },
    ] {
        let mut world = World::backed([BACKSTOP, Address::ZERO]);
        let told = world.operate(0, operation);
        let [Event::OperationRejected { rejection, .. }] = told[..] else { panic!("{told:?}") };
        assert_eq!(rejection, Rejection { code: RejectCode::UnknownMarket, value: 1, limit: 2 });
    }
    for operation in [
        Operation::Replace { market, order: OrderId(0), new: order },
        Operation::Cancel { market, order: OrderId(0) },
        Operation::CancelClient { market, client: ClientId(7) },
    ] {
        let told = World::new().operate(0, operation);
        let [Event::OperationRejected { rejection, .. }] = told[..] else { panic!("{told:?}") };
        assert_eq!(rejection.code, RejectCode::UnknownOrder);
    }
    let filter = CancelFilter { market: Some(market), ..CancelFilter::ALL };
    let told = World::new().operate(0, Operation::CancelAll(filter));
    assert_eq!(told, [Event::AllCancelled { step: 0, count: 0 }]);
}

/// Accounts and funds are credited in their pool; what nobody answers to is a new account in the first.
#[test]
fn deposits_go_to_the_pool_of_whom_they_name() {
    let mut world = World::new();
    let amount = Quote(10 * USDC);
    let told = world.deposit(BOB, FUND_ACCOUNT - 1, amount.0);
    assert_eq!(told, Event::FundDeposited { owner: BOB, amount, pool: SILO });
    assert_eq!(world.pools(Pool::fund), [0, usdc(10)]);
    assert_eq!(world.pools(|pool| pool.credited), [usdc(200), usdc(10)]);

    let told = world.deposit(ALICE, 1, amount.0);
    assert_eq!(
        told,
        Event::Deposited { account: AccountId(1), owner: ALICE, asset: AssetId::USDC, amount, opened: false }
    );
    assert_eq!(world.pools(|pool| pool.credited), [usdc(200), usdc(20)]);

    // Another's account, and the fund of a pool that there is not.
    for (named, account) in [(1, AccountId(3)), (FUND_ACCOUNT - 2, AccountId(4))] {
        let told = world.deposit(BOB, named, amount.0);
        assert_eq!(
            told,
            Event::Deposited { account, owner: BOB, asset: AssetId::USDC, amount, opened: true }
        );
        assert_eq!(world.it.accounts[account.0 as usize].pool, MAIN);
    }
    assert_eq!(world.pools(|pool| pool.credited), [usdc(220), usdc(20)]);
}

/// What the silo may be credited is bound by what it was, and not by what another pool was.
#[test]
fn each_pool_is_credited_within_its_own_bound() {
    let mut world = World::new();
    world.it.pools[0].credited = 1 << 60;
    let (owner, asset, amount) = (ALICE, AssetId(0), Quote(1));
    let mut say = |account| {
        let payload = L1Payload::Deposit { asset, owner, account: AccountId(account), amount };
        let message = L1Message { index: world.it.l1_messages, l1_block: 1, l1_time: 1, payload };
        world.input(None, Source::L1(message)).status
    };
    for named in [0, FUND_ACCOUNT, NEW_ACCOUNT] {
        assert!(matches!(say(named), Status::Rejected(Rejection { code: RejectCode::Overflow, .. })));
    }
    assert_eq!((say(1), say(FUND_ACCOUNT - 1)), (Status::Accepted, Status::Accepted));
}

/// Bob owes 7 in the silo, whose fund has 2 and keeps 7 tenths of that: it pays 0.6, the fees of two openings pay 2, and 4.4
/// are the silo's deficit. The fund of the first pool pays nothing, and its accounts withdraw.
#[test]
fn a_deficit_stays_in_the_silo() {
    let mut world = World::new();
    world.deposit(ALICE, FUND_ACCOUNT, 1_000 * USDC);
    world.deposit(ALICE, FUND_ACCOUNT - 1, 2 * USDC);
    assert_eq!(world.transfer(2, NEW, SILO, 10 * USDC).status, Status::Accepted);
    world.it.accounts[3].cash = usdc(-7);
    let covered = |by, u| Event::DeficitCovered { account: AccountId(3), by, amount: Quote(u) };
    let told = world.liquidate(3).events;
    let paid =
        [covered(Cover::Fund, 600_000), covered(Cover::Fees, 2_000_000), covered(Cover::Pool, 4_400_000)];
    assert_eq!(told[1..], paid);
    assert_eq!(world.pools(|pool| (pool.deficit, pool.fees)), [(0, 0), (4_400_000, 0)]);
    assert_eq!(world.pools(Pool::fund), [usdc(1_000), 1_400_000]);

    let owes = (RejectCode::PoolInDeficit, 4_400_000, 0);
    assert_eq!(refused(&world.withdraw(1, USDC)), owes);
    assert_eq!(refused(&world.transfer(1, AccountId(0), MAIN, 1)), owes);
    assert_eq!(refused(&world.transfer(1, NEW, SILO, USDC)), owes);
    assert_eq!(world.withdraw(0, USDC).status, Status::Accepted);
    assert_eq!(world.transfer(0, AccountId(1), SILO, USDC).status, Status::Accepted);

    // What goes to its fund, and what it earns, makes it good first.
    assert_eq!(world.transfer(0, NEW, SILO, 2 * USDC).status, Status::Accepted);
    assert_eq!(world.pools(|pool| (pool.deficit, pool.fees)), [(0, 0), (3_400_000, 0)]);
    world.deposit(BOB, FUND_ACCOUNT - 1, 7 * USDC);
    assert_eq!(world.pools(|pool| pool.deficit), [0, 0]);
    assert_eq!(world.pools(Pool::fund), [usdc(1_000), 5_000_000]);
    assert_eq!(world.withdraw(1, USDC).status, Status::Accepted);
}

/// Only the backstop of the pool takes over, and then it neither withdraws nor transfers.
#[test]
fn a_silo_has_a_backstop_of_its_own() {
    let mut world = World::backed([BACKSTOP, BACKSTOP]);
    for backstop in [0, 1] {
        world.deposit(BACKSTOP, backstop, 100_000 * USDC);
    }
    for owner in [ALICE, BOB] {
        world.deposit(owner, NEW_ACCOUNT, 2_000 * USDC);
    }
    for account in [2, 3] {
        world.transfer(account, NEW, SILO, 1_001 * USDC);
    }
    // 10 lots are worth 10,000, maintenance is 500, and Alice has 300 left.
    world.hold(4, TWO, 10);
    world.hold(5, TWO, -10);
    world.it.accounts[4].cash -= usdc(700);
    world.it.accounts[5].cash += usdc(700);
    let told = world.liquidate(4).events;
    let takes_over =
        |event: &Event| matches!(event, Event::TakenOver { market: TWO, size: SizeLots(10), .. });
    assert!(told.iter().any(takes_over), "{told:?}");
    let held = |account: usize| world.it.accounts[account].positions.get(&TWO).map_or(0, |it| it.size);
    assert_eq!([0, 1, 4, 5].map(held), [0, 10, 0, -10]);
    let outcome = world.transfer(1, AccountId(0), MAIN, USDC);
    assert_eq!(refused(&outcome), (RejectCode::InsufficientFunds, usdc(1), 0));
    assert_eq!(refused(&world.withdraw(1, USDC)), (RejectCode::InsufficientFunds, usdc(1), 0));
    assert_eq!(world.transfer(0, AccountId(1), SILO, USDC).status, Status::Accepted);
}

/// Ten times the 500 of the silo's fund are 5 lots of 1,000; the fund of the first pool, 1,000,000, is none of it.
#[test]
fn the_fund_of_the_silo_says_how_much_may_be_open_there() {
    let mut world = World::new();
    world.it.markets[1].params.open_interest_cap = Quote(1_000_000 * USDC);
    world.deposit(BOB, FUND_ACCOUNT, 1_000_000 * USDC);
    assert_eq!(world.it.interest_cap(TWO), Some(0));
    world.deposit(BOB, FUND_ACCOUNT - 1, 500 * USDC);
    assert_eq!(world.it.interest_cap(TWO), Some(5));
}

/// 1,700 are in the first pool, of which half may leave in an hour. 500 do, and of the 1,200 that stay 100 more could. 110 leave as
/// they are few, by the bucket of the day, and Bob has nothing else; the next 120 wait, and less than 100 cannot.
#[test]
fn what_leaves_is_paced() {
    let mut world = World::new();
    world.deposit(ALICE, 0, 630 * USDC);
    world.deposit(BOB, 2, 900 * USDC);
    assert_eq!(world.it.pools[0].held(), usdc(1_700));
    let floors = [(500_000, Quote(100 * USDC)), (1_000_000, Quote(200 * USDC))];
    world.it = world.it.clone().paced(MAIN, floors);
    let told = |outcome: Outcome| match outcome.events[..] {
        [Event::Withdrawn { amount, ticket: None, .. }] => (amount.0, None),
        [Event::WithdrawalQueued { amount, ticket, .. }] => (amount.0, Some(ticket)),
        _ => panic!("{outcome:?}"),
    };
    assert_eq!(told(world.withdraw(2, 500 * USDC)), (500 * USDC, None));
    assert_eq!(told(world.withdraw(2, 110 * USDC)), (110 * USDC, None));
    assert_eq!(told(world.withdraw(2, 120 * USDC)), (120 * USDC, Some(0)));
    let too_small = (RejectCode::InvalidAmount, usdc(100) - 1, usdc(100));
    assert_eq!(refused(&world.withdraw(2, 100 * USDC - 1)), too_small);
    let paced = |limit| (RejectCode::WithdrawalPaced, usdc(2), limit);
    assert_eq!(refused(&world.transfer(0, AccountId(1), SILO, 2 * USDC)), paced(0));

    // 500 less a quarter of 545 are 363.75, with 120 more 483.75, and half of the 970 that stay 485.
    world.time += 900_000;
    let released = world.report();
    let is_it = |event: &Event| matches!(event, Event::Withdrawn { amount, ticket: Some(0), .. } if amount.0 == 120 * USDC);
    assert!(is_it(released.last().expect("something is told")), "{released:?}");
    assert_eq!(refused(&world.transfer(0, AccountId(1), SILO, 2 * USDC)), paced(1_250_000));
    assert_eq!(world.transfer(0, AccountId(1), SILO, 1_250_000).status, Status::Accepted);

    // 485 left, and half of the 968.75 that stay is less: no more than that is missing. 1.25 less when as much comes back.
    assert_eq!(refused(&world.transfer(0, AccountId(1), SILO, 2 * USDC)), paced(0));
    assert_eq!(world.transfer(1, AccountId(0), MAIN, 1_250_000).status, Status::Accepted);
    assert_eq!(refused(&world.transfer(0, AccountId(1), SILO, 2 * USDC)), paced(1_875_000));
}
