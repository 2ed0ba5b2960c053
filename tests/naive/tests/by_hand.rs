//! The ladder of liquidations with numbers that were worked out by hand from `docs/protocol.md`.
//!
//! A lot at a tick is 1 USDC; marks are 1,000 ticks; maintenance margin is 5%, initial margin 10%; there are no fees.

mod hand;

use ballast_naive::{Exchange, Pace, Position};
use ballast_types::{
    AccountId, Address, AssetId, ClientId, Event, Input, L1Message, L1Payload, Lots, MarketId, Millis,
    NewOrder, Nonce, Operation, Operations, Outcome, PriceReport, PriceTicks, Quote, RejectCode, Rejection,
    RemovalReason, ReportedPrice, Side, Signature, SizeLots, Source, Status, SystemCommand, TimeInForce,
    UserCommand, Waits, Withdraw,
    event::Cover,
    limits::{FUND_ACCOUNT, FUND_DAY_MS, NEW_ACCOUNT},
};
use hand::plain_market;

const USDC: i128 = 1_000_000;
const PUBLISHER: Address = Address::repeat_byte(0xee);
const BACKSTOP: Address = Address::repeat_byte(0xbb);
const ONE: MarketId = MarketId(0);
const TWO: MarketId = MarketId(1);

fn money(usdc: i128) -> Quote {
    Quote(i64::try_from(usdc * USDC).expect("small"))
}

struct World {
    it: Exchange,
    time: u64,
}

impl World {
    fn new(backstop: Address) -> Self {
        let publishers = vec![PUBLISHER];
        let nobody = Address::ZERO;
        let markets = vec![plain_market("ONE"), plain_market("TWO")];
        let it = Exchange::genesis(publishers, 1, nobody, (backstop, Quote(0)), markets);
        Self { it, time: 20_000 * FUND_DAY_MS }
    }

    fn input(&mut self, signer: Option<Address>, source: Source) -> Outcome {
        let seq = self.it.seq.next();
        self.it.apply(&Input { seq, time: Millis(self.time), source }, signer)
    }

    /// The first prices; before them time costs nothing.
    fn price(&mut self) {
        let prices = [ONE, TWO].map(|market| ReportedPrice::plain(market, PriceTicks(1_000))).to_vec();
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        let source = Source::Publisher { report, signature: Signature([0; 65]) };
        assert_eq!(self.input(Some(PUBLISHER), source).status, Status::Accepted);
    }

    fn deposit(&mut self, owner: Address, account: u32, usdc: i128) -> Vec<Event> {
        let (asset, account) = (AssetId(0), AccountId(account));
        let payload = L1Payload::Deposit { asset, owner, account, amount: money(usdc) };
        let message = L1Message { index: self.it.l1_messages, l1_block: 1, l1_time: 1, payload };
        self.input(None, Source::L1(message)).events
    }

    /// A new account of its own owner, with so much in equity and positions that were opened at the mark.
    fn account(&mut self, equity: i128, positions: &[(MarketId, i128)]) -> AccountId {
        let id = u32::try_from(self.it.accounts.len()).expect("few");
        self.deposit(Address::repeat_byte(u8::try_from(id + 1).expect("few")), NEW_ACCOUNT, 1);
        let account = &mut self.it.accounts[id as usize];
        account.cash = equity * USDC;
        for (market, size) in positions {
            let basis = size * 1_000 * USDC;
            account.cash -= basis;
            account.positions.insert(*market, Position { size: *size, basis, funding: 0 });
        }
        AccountId(id)
    }

    /// So much of what the account has is a gain of its first position.
    fn gains(&mut self, id: AccountId, usdc: i128) {
        let position = self.it.accounts[id.0 as usize].positions.get_mut(&ONE).expect("it has one");
        position.basis -= usdc * USDC;
    }

    fn command(&mut self, id: AccountId, command: UserCommand) -> Outcome {
        let owner = self.it.accounts[id.0 as usize].owner;
        self.input(Some(owner), Source::User { command, signature: Signature([0; 65]) })
    }

    fn place(&mut self, account: AccountId, nonce: u64, side: Side, orders: &[(u64, u64)]) {
        let place = |&(price, size): &(u64, u64)| {
            let (price, size) = (PriceTicks(price), SizeLots(size));
            let order = NewOrder::plain(side, price, size, TimeInForce::Gtc, ClientId(0));
            Operation::Place { market: ONE, order }
        };
        let operations = orders.iter().map(place).collect();
        let (nonce, expires) = (Nonce(nonce), Millis(self.time));
        let command = Operations { account, nonce, expires, atomic: true, operations };
        let told = self.command(account, UserCommand::Operations(command)).events;
        assert!(told.iter().all(|event| !matches!(event, Event::OperationRejected { .. })), "{told:?}");
    }

    fn liquidate(&mut self, account: AccountId) -> Outcome {
        self.input(None, Source::System(SystemCommand::Liquidate { account }))
    }

    fn deleverage(&mut self, accounts: &[AccountId], holders: &[AccountId]) -> Outcome {
        let (accounts, holders) = (accounts.to_vec(), holders.to_vec());
        let command = SystemCommand::Deleverage { market: ONE, accounts, holders };
        self.input(None, Source::System(command))
    }

    fn cash(&self, id: AccountId) -> i128 {
        self.it.accounts[id.0 as usize].cash
    }

    fn size(&self, id: AccountId, market: MarketId) -> i128 {
        self.it.accounts[id.0 as usize].positions.get(&market).map_or(0, |it| it.size)
    }
}

fn liquidated(account: AccountId, level: u8, equity: i128, maintenance: i128) -> Event {
    Event::Liquidated { account, level, equity: equity * USDC, maintenance: maintenance * USDC }
}

fn torn(account: AccountId, size: i64, paid: i128) -> Event {
    Event::Deleveraged { market: ONE, account, size: Lots(size), price: PriceTicks(1_000), paid: money(paid) }
}

fn refused(outcome: &Outcome) -> RejectCode {
    match outcome.status {
        Status::Rejected(Rejection { code, .. }) => code,
        Status::Accepted => panic!("it was accepted: {outcome:?}"),
    }
}

/// Short 100 lots with 4,000 of 5,000. Fillable: 1,000 * 5% * 1.5 * 1,000 / 5,000 = 15 above the mark. To 1.15 are
/// missing 23 * 5,000 - 20 * 4,000 = 35,000; a lot makes 23 * 50 - 20 * 5 - 10 * 15 = 900 of it: 39 lots.
#[test]
fn a_short_is_liquidated_partly_on_the_book() {
    let mut world = World::new(Address::ZERO);
    world.price();
    let short = world.account(4_000, &[(ONE, -100)]);
    world.account(50_000, &[(ONE, 100)]);
    let maker = world.account(1_000_000, &[]);
    world.place(maker, 0, Side::Sell, &[(1_002, 20), (1_010, 10), (1_020, 500), (1_021, 500)]);
    let events = world.liquidate(short).events;
    assert_eq!(events[0], liquidated(short, 1, 4_000, 5_000));
    let fills: Vec<(u64, u64, i64)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Fill { price, size, taker_fee, .. } => Some((price.0, size.0, taker_fee.0)),
            _ => None,
        })
        .collect();
    // Half a percent: far from zero, which is 40 above the mark, and then 48.
    assert_eq!(fills, [(1_002, 20, 100_200_000), (1_010, 10, 50_500_000)]);
    let Some(Event::OrderAccepted { price, size, side, .. }) = events.get(1) else { panic!("{events:?}") };
    assert_eq!((price.0, size.0, *side), (1_015, 39, Side::Buy));
    let Some(Event::OrderRemoved { size, reason, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!((size.0, *reason), (9, RemovalReason::ImmediateOrCancel));
    assert_eq!(world.it.pools[0].fund(), 150_700_000);
    assert_eq!(world.cash(short), 104_000 * USDC - 20_040 * USDC - 10_100 * USDC - 150_700_000);
    assert_eq!(world.size(short, ONE), -70);
    // 15% of the 530 lots that lie within 2%, 20 ticks.
    let pace = world.it.markets[0].pace.expect("there was a forced order");
    assert_eq!(pace, Pace { window: world.time / 5_000, allowance: 79, closed: 30 });
    assert_eq!(world.it.accounts[short.0 as usize].forced.map(|it| it.lots), Some(30));
}

/// Long 200 lots, 200,000 USDC, with 9,000 of 10,000: 52 would heal it, 40 are a fifth. The book has them one below the
/// mark.
#[test]
fn a_large_position_that_is_nearly_healthy_is_closed_by_a_fifth() {
    let mut world = World::new(Address::ZERO);
    world.price();
    let long = world.account(9_000, &[(ONE, 200)]);
    world.account(90_000, &[(ONE, -200)]);
    let maker = world.account(1_000_000, &[]);
    world.place(maker, 0, Side::Buy, &[(999, 1_000)]);
    world.liquidate(long);
    assert_eq!(world.size(long, ONE), 160);
    // 40 at a loss of 1, and a penalty of half a percent: enough for the 8,000 that 160 lots need.
    assert_eq!(world.it.margin(long).equity, (9_000 - 40) * USDC - 199_800_000);
}

/// Long 100 lots with 2,000 of 5,000: fillable 955, zero 980. The fund may add 30,000, so the limit is the former, and adds
/// 5 for each of the 20 lots that are bid for at 975.
#[test]
fn the_fund_adds_what_a_bid_lacks() {
    let mut world = World::new(Address::ZERO);
    world.deposit(BACKSTOP, FUND_ACCOUNT, 100_000);
    world.time += FUND_DAY_MS;
    world.price();
    let long = world.account(2_000, &[(ONE, 100)]);
    world.account(50_000, &[(ONE, -100)]);
    let [bidder, asker] = [0, 0].map(|_| world.account(1_000_000, &[]));
    world.place(bidder, 0, Side::Buy, &[(975, 20)]);
    world.place(asker, 0, Side::Sell, &[(1_020, 1_000)]);
    let events = world.liquidate(long).events;
    let Some(Event::OrderAccepted { price, size, side, .. }) = events.get(1) else { panic!("{events:?}") };
    assert_eq!((price.0, size.0, *side), (955, 100, Side::Sell));
    let Some(Event::Fill { price, size, taker_fee, .. }) = events.get(2) else { panic!("{events:?}") };
    assert_eq!((price.0, size.0, *taker_fee), (975, 20, money(-100)));
    assert_eq!(world.it.margin(long).equity, 1_600 * USDC);
    assert_eq!(
        (world.it.pools[0].fund(), world.it.markets[0].paid),
        (99_900 * USDC, Some((20_001, 100 * USDC)))
    );
}

/// The same in batches and without a fund: 5 lots, which are worth what an empty book takes in 5 s, wait at zero.
#[test]
fn a_forced_order_waits() {
    let mut world = World::new(Address::ZERO);
    world.it.markets[0].params.batch_interval = 1_000;
    world.price();
    let long = world.account(2_000, &[(ONE, 100)]);
    world.account(50_000, &[(ONE, -100)]);
    let events = world.liquidate(long).events;
    let Some(Event::OrderWaits { order, .. }) = events.get(2) else { panic!("{events:?}") };
    assert_eq!((order.price.0, order.size.0, order.side), (980, 5, Side::Sell));
    assert!(order.reduce_only && order.waits == Some(Waits::Forced));
    assert_eq!(world.it.markets[0].pace.map(|pace| (pace.allowance, pace.closed)), Some((5, 5)));
    assert_eq!(refused(&world.liquidate(long)), RejectCode::NothingDue);
}

/// 1,200 of 2,400: health is one half, and stays so: 25 ticks from the mark, half of the maintenance margin.
#[test]
fn two_positions_are_taken_over_at_half_of_their_margin() {
    for (backstop, sixteenths) in [(1_000_000, 16), (20_000, 8)] {
        let mut world = World::new(BACKSTOP);
        world.price();
        world.deposit(BACKSTOP, 0, backstop);
        let account = world.account(1_200, &[(ONE, 16), (TWO, -32)]);
        world.account(50_000, &[(ONE, -16), (TWO, 32)]);
        let taken = |market, side, size: u64, price| Event::TakenOver {
            account,
            market,
            side,
            size: SizeLots(size),
            price: PriceTicks(price),
            fund: Quote(0),
        };
        // The smaller backstop may hold 80% of the 20,600 that it then has: 16 lots, and not 18.
        let expected = [
            liquidated(account, 2, 1_200, 2_400),
            taken(ONE, Side::Sell, sixteenths, 975),
            taken(TWO, Side::Buy, 2 * sixteenths, 1_025),
        ];
        assert_eq!(world.liquidate(account).events, expected);
        let taken = i128::from(sixteenths);
        assert_eq!(world.size(AccountId(0), ONE), taken);
        assert_eq!(world.size(AccountId(0), TWO), -2 * taken);
        assert_eq!(world.cash(AccountId(0)), (backstop - 975 * taken + 2 * 1_025 * taken) * USDC);
        assert_eq!(world.it.margin(account).equity, (1_200 - 75 * taken) * USDC);
    }
}

/// Long 10 lots with 100 less than nothing. The backstop pays 988, a quarter of the margin below the mark; at 1,010
/// nothing would be left to owe, and the fund pays the 22 between.
#[test]
fn the_fund_pays_for_a_rescue() {
    let mut world = World::new(BACKSTOP);
    world.deposit(BACKSTOP, 0, 1_000_000);
    world.deposit(BACKSTOP, FUND_ACCOUNT, 1_000);
    world.time += FUND_DAY_MS;
    world.price();
    let account = world.account(-100, &[(ONE, 10)]);
    world.account(50_000, &[(ONE, -10)]);
    let taken = Event::TakenOver {
        account,
        market: ONE,
        side: Side::Sell,
        size: SizeLots(10),
        price: PriceTicks(988),
        fund: money(220),
    };
    assert_eq!(world.liquidate(account).events, [liquidated(account, 3, -100, 500), taken]);
    assert_eq!(world.it.pools[0].fund(), 780 * USDC);
    assert_eq!(world.it.markets[0].paid, Some((20_001, 220 * USDC)));
    assert_eq!((world.cash(account), world.size(account, ONE)), (0, 0));
    assert_eq!(world.cash(AccountId(0)), (1_000_000 - 9_880) * USDC);
}

/// A fund that was empty when the day began pays out of what was given to it: 220 of 1,000, of which 300 may go.
#[test]
fn a_gift_of_this_day_pays_for_a_rescue() {
    let mut world = World::new(BACKSTOP);
    world.price();
    world.deposit(BACKSTOP, 0, 1_000_000);
    world.deposit(BACKSTOP, FUND_ACCOUNT, 1_000);
    let account = world.account(-100, &[(ONE, 10)]);
    world.account(50_000, &[(ONE, -10)]);
    let events = world.liquidate(account).events;
    let added = events.iter().find_map(|event| match event {
        Event::TakenOver { fund, .. } => Some(fund.0),
        _ => None,
    });
    assert_eq!(added, Some(220_000_000));
}

/// A bankrupt short of 12 lots, and three who are long 6 each, at one, two and four times what they have.
fn winners(equity: i128, gains: [i128; 3]) -> (World, AccountId, [AccountId; 3]) {
    let mut world = World::new(Address::ZERO);
    world.price();
    let bankrupt = world.account(equity, &[(ONE, -12)]);
    let holders = [6_000, 3_000, 1_500].map(|equity| world.account(equity, &[(ONE, 6)]));
    world.account(10_000, &[(ONE, -6)]);
    for (holder, gain) in holders.into_iter().zip(gains) {
        world.gains(holder, gain);
    }
    let named = world.liquidate(bankrupt);
    if equity < 0 {
        assert!(
            matches!(named.events[..], [Event::Liquidated { .. }, Event::PoolPaused { .. }]),
            "{named:?}"
        );
    } else {
        assert_eq!(refused(&named), RejectCode::NothingDue);
    }
    (world, bankrupt, holders)
}

/// Weights are 6, 12 and 24: the third closes all that it has, of the 6 that are left the others 2 and 4.
#[test]
fn of_three_holders_those_with_leverage_close_first() {
    let (mut world, bankrupt, holders) = winners(0, [0; 3]);
    assert_eq!(refused(&world.deleverage(&[bankrupt], &holders[..2])), RejectCode::NothingDue);
    let [first, second, third] = holders;
    let expected = [
        liquidated(bankrupt, 3, 0, 600),
        torn(bankrupt, 12, 0),
        torn(first, -2, 0),
        torn(second, -4, 0),
        torn(third, -6, 0),
    ];
    assert_eq!(world.deleverage(&[bankrupt], &holders).events, expected);
    assert_eq!(holders.map(|id| world.size(id, ONE)), [4, 2, 0]);
    assert_eq!(holders.map(|id| world.it.margin(id).equity / USDC), [6_000, 3_000, 1_500]);
}

/// 1,000 are missing of gains of 500, 200 and 1,300: half of each.
#[test]
fn winners_pay_what_is_missing() {
    let (mut world, bankrupt, holders) = winners(-1_000, [500, 200, 1_300]);
    let [first, second, third] = holders;
    let expected = [
        liquidated(bankrupt, 3, -1_000, 600),
        torn(bankrupt, 12, -1_000),
        torn(first, -2, 250),
        torn(second, -4, 100),
        torn(third, -6, 650),
    ];
    assert_eq!(world.deleverage(&[bankrupt], &holders).events, expected);
    assert_eq!((world.cash(bankrupt), world.it.pools[0].deficit), (0, 0));
    assert_eq!(holders.map(|id| world.it.margin(id).equity / USDC), [5_750, 2_900, 850]);
}

/// 1,000 are missing, and all gains are 300: the pool owes 700, until somebody gives them.
#[test]
fn what_nobody_pays_is_a_deficit() {
    let (mut world, bankrupt, holders) = winners(-1_000, [100, 150, 50]);
    let events = world.deleverage(&[bankrupt], &holders).events;
    let covered = Event::DeficitCovered { account: bankrupt, by: Cover::Pool, amount: money(700) };
    assert_eq!(events.last(), Some(&covered));
    assert_eq!((world.cash(bankrupt), world.it.pools[0].deficit), (0, 700 * USDC));

    let saver = world.account(50, &[]);
    let withdraw = |nonce, now| {
        UserCommand::Withdraw(Withdraw {
            account: saver,
            nonce: Nonce(nonce),
            expires: Millis(now),
            asset: AssetId::USDC,
            amount: money(1),
            recipient: BACKSTOP,
        })
    };
    let now = world.time;
    assert_eq!(refused(&world.command(saver, withdraw(0, now))), RejectCode::PoolInDeficit);
    world.deposit(BACKSTOP, FUND_ACCOUNT, 750);
    assert_eq!((world.it.pools[0].deficit, world.it.pools[0].fund()), (0, 50 * USDC));
    // Who owed was named: a minute later nobody is held any more.
    assert_eq!(refused(&world.command(saver, withdraw(1, now))), RejectCode::WithdrawalsPaused);
    world.time += 60_000;
    assert_eq!(world.command(saver, withdraw(2, now + 60_000)).status, Status::Accepted);
}

/// What the backstop does closes, and while it holds anything it takes nothing out.
#[test]
fn the_backstop_only_closes() {
    let mut world = World::new(BACKSTOP);
    world.price();
    world.deposit(BACKSTOP, 0, 1_000);
    let order = NewOrder::plain(Side::Buy, PriceTicks(0), SizeLots(1), TimeInForce::Gtc, ClientId(0));
    let command = Operations {
        account: AccountId(0),
        nonce: Nonce(0),
        expires: Millis(world.time),
        atomic: false,
        operations: vec![Operation::Place { market: ONE, order }],
    };
    let told = world.command(AccountId(0), UserCommand::Operations(command)).events;
    let Some(Event::OperationRejected { rejection, .. }) = told.first() else { panic!("{told:?}") };
    assert_eq!(rejection.code, RejectCode::BackstopOnlyReduces);

    world.it.accounts[0].positions.insert(TWO, Position { size: 1, basis: 1_000 * USDC, funding: 0 });
    let withdraw = Withdraw {
        account: AccountId(0),
        nonce: Nonce(1),
        expires: Millis(world.time),
        asset: AssetId::USDC,
        amount: money(1),
        recipient: BACKSTOP,
    };
    let outcome = world.command(AccountId(0), UserCommand::Withdraw(withdraw));
    let expected = Rejection { code: RejectCode::InsufficientFunds, value: USDC, limit: 0 };
    assert_eq!(outcome.status, Status::Rejected(expected));
}
