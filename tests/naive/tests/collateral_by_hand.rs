//! Assets beside USDC as margin, with numbers that were worked out by hand from `docs/protocol.md`.
//!
//! A lot at a tick is 1 USDC; marks are 1,000 ticks; maintenance margin is 5%, initial margin 10%; there are no fees. A coin,
//! 10^6 units, is a lot of the first market, so a unit is worth 1,000 u. A tenth of that does not count, 15% for initial margin.

mod hand;

use ballast_naive::{Counted, Exchange, Position};
use ballast_types::{
    AccountId, Address, AssetId, Collateral, Event, ForcedRequest, Input, L1Message, L1Payload, MarketId,
    Millis, Nonce, Outcome, Ppm, PriceReport, PriceTicks, Quote, RejectCode, Rejection, ReportedPrice,
    Signature, Source, Status, SystemCommand, Units, UserCommand, Withdraw,
    event::Cover,
    limits::{FUND_DAY_MS, NEW_ACCOUNT},
};
use hand::plain_market;

const USDC: i128 = 1_000_000;
const PUBLISHER: Address = Address::repeat_byte(0xee);
const BACKSTOP: Address = Address::repeat_byte(0xbb);
const BOB: Address = Address::repeat_byte(2);
const ONE: MarketId = MarketId(0);
const TWO: MarketId = MarketId(1);
const COIN: i128 = 1_000_000;
const FIRST: AssetId = AssetId(1);
const SECOND: AssetId = AssetId(2);
const TERMS: Collateral = Collateral {
    market: ONE,
    units_per_lot: Units(1_000_000),
    haircut: Ppm(100_000),
    size_factor: Ppm(0),
    since: Millis(0),
    most: Quote(1 << 60),
    total: Units(1_000_000_000),
};

fn money(usdc: i128) -> Quote {
    Quote(i64::try_from(usdc * USDC).expect("small"))
}

fn units(units: i128) -> Units {
    Units(u64::try_from(units).expect("not below 0"))
}

struct World {
    it: Exchange,
    time: u64,
}

impl World {
    /// The backstop has so many USDC. The second asset is the same, with the price of the second market.
    fn new(terms: Collateral, backstop: Option<i128>) -> Self {
        let owner = backstop.map_or(Address::ZERO, |_| BACKSTOP);
        let markets = vec![plain_market("ONE"), plain_market("TWO")];
        let it = Exchange::genesis(vec![PUBLISHER], 1, Address::ZERO, (owner, Quote(0)), markets);
        let it = it.with_collateral(1, terms).with_collateral(1, Collateral { market: TWO, ..terms });
        let mut world = Self { it, time: 20_000 * FUND_DAY_MS };
        if let Some(usdc) = backstop {
            world.it.accounts[0].cash = usdc * USDC;
            world.it.pools[0].credited += usdc * USDC;
        }
        world.price(&[ONE, TWO], 1_000);
        world
    }

    fn input(&mut self, signer: Option<Address>, source: Source) -> Outcome {
        let seq = self.it.seq.next();
        self.it.apply(&Input { seq, time: Millis(self.time), source }, signer)
    }

    fn price(&mut self, markets: &[MarketId], price: u64) -> Vec<Event> {
        let prices = markets.iter().map(|id| ReportedPrice::plain(*id, PriceTicks(price))).collect();
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        let outcome =
            self.input(Some(PUBLISHER), Source::Publisher { report, signature: Signature([0; 65]) });
        assert_eq!(outcome.status, Status::Accepted);
        outcome.events
    }

    fn l1(&mut self, payload: L1Payload) -> Outcome {
        let message = L1Message { index: self.it.l1_messages, l1_block: 1, l1_time: 1, payload };
        self.input(None, Source::L1(message))
    }

    fn deposit(&mut self, asset: AssetId, owner: Address, account: u32, amount: i128) -> Vec<Event> {
        let (account, amount) = (AccountId(account), Quote(i64::try_from(amount).expect("small")));
        self.l1(L1Payload::Deposit { asset, owner, account, amount }).events
    }

    /// A new account with so much equity in USDC, lots of the second market come by at the mark, and units of the first asset.
    fn account(&mut self, usdc: i128, size: i128, held: i128) -> AccountId {
        let id = u32::try_from(self.it.accounts.len()).expect("few");
        let owner = Address::repeat_byte(u8::try_from(id + 1).expect("few"));
        self.deposit(FIRST, owner, NEW_ACCOUNT, held);
        let account = &mut self.it.accounts[id as usize];
        let basis = size * 1_000 * USDC;
        account.cash = usdc * USDC - basis;
        if size != 0 {
            account.positions.insert(TWO, Position { size, basis, funding: 0 });
        }
        AccountId(id)
    }

    fn liquidate(&mut self, account: AccountId) -> Outcome {
        self.input(None, Source::System(SystemCommand::Liquidate { account }))
    }

    /// Units of the first asset, signed for.
    fn withdraw(&mut self, account: AccountId, amount: i128) -> Outcome {
        let it = &self.it.accounts[account.0 as usize];
        let nonce = Nonce(it.nonces.used.last().map_or(0, |last| last + 1));
        let (owner, expires) = (it.owner, Millis(self.time));
        let amount = Quote(i64::try_from(amount).expect("small"));
        let command =
            UserCommand::Withdraw(Withdraw { account, nonce, expires, asset: FIRST, amount, recipient: BOB });
        self.input(Some(owner), Source::User { command, signature: Signature([0; 65]) })
    }

    fn force(&mut self, request: ForcedRequest, account: AccountId, amount: i128) -> Vec<Event> {
        let sender = self.it.accounts[account.0 as usize].owner;
        let amount = Quote(i64::try_from(amount).expect("small"));
        let outcome =
            self.l1(L1Payload::Forced { request, sender, account, recipient: BOB, asset: FIRST, amount });
        assert_eq!(outcome.status, Status::Accepted);
        outcome.events[1..].to_vec()
    }

    fn cash(&self, id: AccountId) -> i128 {
        self.it.accounts[id.0 as usize].cash
    }

    fn held(&self, id: AccountId) -> i128 {
        self.it.accounts[id.0 as usize].holdings.get(&FIRST).copied().unwrap_or_default()
    }
}

fn sold(account: AccountId, amount: i128, proceeds: i64) -> Event {
    Event::CollateralSold { account, asset: FIRST, amount: units(amount), proceeds: Quote(proceeds) }
}

fn liquidated(account: AccountId, level: u8, equity: i128, maintenance: i128) -> Event {
    Event::Liquidated { account, level, equity: equity * USDC, maintenance: maintenance * USDC }
}

fn covered(account: AccountId, by: Cover, usdc: i128) -> Event {
    Event::DeficitCovered { account, by, amount: money(usdc) }
}

/// What was withdrawn in kind.
fn left(events: &[Event]) -> Vec<i64> {
    let amount = |event: &Event| match event {
        Event::Withdrawn { asset: FIRST, amount, .. } => Some(amount.0),
        _ => None,
    };
    events.iter().filter_map(amount).collect()
}

fn refused(outcome: &Outcome) -> Rejection {
    match outcome.status {
        Status::Rejected(rejection) => rejection,
        Status::Accepted => panic!("it was accepted: {outcome:?}"),
    }
}

fn counted(terms: Collateral) -> Counted {
    let mut world = World::new(terms, None);
    let account = world.account(0, 0, 10 * COIN);
    world.it.margin(account).counted
}

/// Ten coins are 10,000 USDC, of which the root is 100.
#[test]
fn a_holding_counts_for_what_is_left_of_it() {
    let usdc = |value: i128, initial: i128| Counted {
        value: value * USDC,
        initial: initial * USDC,
        live: value * USDC,
    };
    assert_eq!(counted(TERMS), usdc(9_000, 8_500));
    // 1.1 - 1.1 / (1 + 100 hundredths) are 55%.
    assert_eq!(counted(Collateral { size_factor: Ppm(10_000), ..TERMS }), usdc(4_500, 4_000));
    // Three days and a half of thirty.
    let since = Millis(20_000 * FUND_DAY_MS - 7 * FUND_DAY_MS / 2);
    assert_eq!(counted(Collateral { since, ..TERMS }), usdc(900, 850));
    assert_eq!(counted(Collateral { most: money(8_700), ..TERMS }), usdc(8_700, 8_500));
    assert_eq!(counted(Collateral { haircut: Ppm(1_000_000), ..TERMS }), usdc(0, 0));
}

#[test]
fn it_is_equity_and_initial_margin_and_never_leaves_as_usdc() {
    let mut world = World::new(TERMS, None);
    let account = world.account(600, 10, 10 * COIN);
    let margin = world.it.margin(account);
    assert_eq!((margin.equity, margin.weighted), (9_600 * USDC, 9_100 * USDC));
    assert_eq!(margin.withdrawing, 600 * USDC);
    assert_eq!(world.it.withdrawable(account), 0);
}

/// The index is 1,010, then 1,010 again; in the minutes before it was 1,000, then 1,000 and 1,010.
#[test]
fn the_price_is_no_more_than_the_average_of_the_hour() {
    let mut world = World::new(TERMS, None);
    let account = world.account(0, 0, 10 * COIN);
    let told = |average| Event::CollateralPriced {
        market: ONE,
        average: PriceTicks(average),
        haircut: Ppm(0),
        haircut_initial: Ppm(0),
    };
    for (average, value) in [(1_000, 9_000), (1_005, 9_045)] {
        world.time += 60_000;
        assert_eq!(world.price(&[ONE], 1_010).last(), Some(&told(average)));
        assert_eq!(world.it.margin(account).counted.value, value * USDC);
    }
    world.time += 1_000;
    world.price(&[ONE], 1_003);
    assert_eq!(world.it.margin(account).counted.value, 9_027 * USDC);
}

/// Of 9,000 USDC half may be owed. A unit pays 900 u: 4,501,000,002 of them are paid by 5,001,112.
#[test]
fn who_owes_more_than_half_sells_what_pays_it() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let may = world.account(-4_500, 0, 10 * COIN);
    assert_eq!(refused(&world.liquidate(may)).code, RejectCode::NothingDue);
    let owes = world.account(-4_501, 0, 10 * COIN);
    assert_eq!(world.liquidate(owes).events, [sold(owes, 5_001_112, 4_501_000_800)]);
    assert_eq!((world.cash(owes), world.held(owes)), (800, 4_998_888));
    assert_eq!(world.it.margin(owes).equity, 4_499 * USDC);
    let backstop = AccountId(0);
    assert_eq!((world.cash(backstop), world.held(backstop)), (995_498_999_200, 5_001_112));
}

/// Of the same 5,001,112 units five sixteenths bring 1,406,562,300 u, and six more than half of what it has.
#[test]
fn a_backstop_buys_as_many_sixteenths_as_half_of_its_equity_bears() {
    let mut world = World::new(TERMS, Some(3_000));
    let owes = world.account(-4_501, 0, 10 * COIN);
    assert_eq!(world.liquidate(owes).events, [sold(owes, 1_562_847, 1_406_562_300)]);
    assert_eq!(world.cash(owes), -3_094_437_700);
}

/// It counts for a third of what it is sold for: so equity grows.
#[test]
fn what_counts_in_part_is_sold_for_all() {
    let since = Millis(20_000 * FUND_DAY_MS - 10 * FUND_DAY_MS);
    let mut world = World::new(Collateral { since, ..TERMS }, Some(1_000_000));
    let owes = world.account(-1_501, 0, 10 * COIN);
    // 1,501,000,002 u at 900 each.
    assert_eq!(world.liquidate(owes).events, [sold(owes, 1_667_778, 1_501_000_200)]);
    // 8,332,222 units are left, of which a third counts.
    assert_eq!(world.it.margin(owes).equity, 200 + 2_499_666_600);
}

/// 100 lots need 5,000 USDC. Of coins for 4,500 a ninth of a coin pays 100.
#[test]
fn below_maintenance_margin_whatever_is_owed_is_sold_for() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let sound = world.account(-100, 100, 10 * COIN);
    assert_eq!(refused(&world.liquidate(sound)).code, RejectCode::NothingDue);
    let lacks = world.account(-100, 100, 5 * COIN);
    let told = [liquidated(lacks, 1, 4_400, 5_000), sold(lacks, 111_112, 100_000_800)];
    assert_eq!(world.liquidate(lacks).events, told);
    assert_eq!(world.it.margin(lacks).equity, 4_400 * USDC);
}

/// 9,100 USDC are owed, and all that is held is worth 9,000.
#[test]
fn what_holdings_do_not_pay_others_pay_and_no_more() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let owes = world.account(-9_100, 0, 10 * COIN);
    let told = [
        liquidated(owes, 3, -100, 0),
        sold(owes, 10 * COIN, 9_000_000_000),
        covered(owes, Cover::Backstop, 100),
    ];
    assert_eq!(world.liquidate(owes).events, told);
    assert_eq!((world.cash(owes), world.held(owes)), (0, 0));

    let mut world = World::new(TERMS, None);
    let owes = world.account(-9_100, 0, 10 * COIN);
    let told = [liquidated(owes, 3, -100, 0), covered(owes, Cover::Pool, 100)];
    assert_eq!(world.liquidate(owes).events, told);
    assert_eq!((world.cash(owes), world.held(owes)), (-9_000 * USDC, 10 * COIN));
}

/// 100 lots need 5,000; coins for 4,500 may be worth 9,000, while nobody says what they are worth.
#[test]
fn a_price_that_is_not_believed_liquidates_nobody_and_protects_once() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let withheld = world.account(-3_999, 100, 5 * COIN);
    let named = world.account(-4_001, 100, 5 * COIN);
    world.time += 5_001;
    world.price(&[TWO], 1_000);
    assert_eq!(refused(&world.liquidate(withheld)).code, RejectCode::NothingDue);
    let told = world.liquidate(named).events;
    assert!(matches!(told[..], [Event::Liquidated { level: 2, .. }, Event::TakenOver { .. }]), "{told:?}");
}

/// A unit of what nobody prices now keeps all that is held from being sold.
#[test]
fn nothing_is_sold_while_the_price_of_anything_that_is_held_is_not_known() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let owes = world.account(-9_001, 0, 10 * COIN);
    let owner = world.it.accounts[owes.0 as usize].owner;
    world.deposit(SECOND, owner, owes.0, 1);
    world.time += 5_001;
    world.price(&[ONE], 1_000);
    // The unit counts for 900 u, and for as much again as it is doubted.
    let told = world.liquidate(owes).events;
    assert_eq!(told.len(), 2, "{told:?}");
    let amount = Quote(999_100);
    assert_eq!(told[1], Event::DeficitCovered { account: owes, by: Cover::Backstop, amount });
    assert_eq!((world.held(owes), world.cash(owes)), (10 * COIN, -9_000_000_900));
}

/// Ten lots need 1,000 USDC, of which the account has 600: 470,589 units at 850 u are the rest.
#[test]
fn what_is_not_needed_may_leave() {
    let mut world = World::new(TERMS, None);
    let account = world.account(600, 10, 10 * COIN);
    let refusal = refused(&world.withdraw(account, 10 * COIN));
    assert_eq!((refusal.code, refusal.limit), (RejectCode::InsufficientFunds, 9_529_411));
    assert_eq!(left(&world.withdraw(account, 9_529_411).events), [9_529_411]);
    let refusal = refused(&world.withdraw(account, 1));
    assert_eq!((refusal.code, refusal.limit), (RejectCode::InsufficientFunds, 0));

    let forced = world.account(600, 10, 10 * COIN);
    assert_eq!(left(&world.force(ForcedRequest::Withdraw, forced, 10 * COIN)), [9_529_411]);
}

/// Who owes 300 USDC keeps twice that after the haircut, 666,667 units; with ten lots, 1,300 after the larger one.
#[test]
fn of_what_stands_for_a_debt_less_leaves() {
    let mut world = World::new(TERMS, None);
    for (size, most) in [(0, 9_333_333), (10, 8_470_588)] {
        let account = world.account(-300, size, 10 * COIN);
        assert_eq!(refused(&world.withdraw(account, 10 * COIN)).limit, most);
    }
}

#[test]
fn who_has_nothing_open_and_owes_nothing_takes_it_at_any_price() {
    let mut world = World::new(TERMS, None);
    let (idle, trades) = (world.account(0, 0, 10 * COIN), world.account(600, 10, 10 * COIN));
    world.time += 5_001;
    world.price(&[TWO], 1_000);
    assert_eq!(refused(&world.withdraw(trades, COIN)).code, RejectCode::StalePrice);
    assert_eq!(left(&world.withdraw(idle, 10 * COIN).events), [10_000_000]);
}

/// 300 USDC are paid by 333,334 units, and the rest of ten coins leaves.
#[test]
fn who_exits_sells_what_pays_his_debt_and_takes_the_rest() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let leaves = world.account(-300, 0, 10 * COIN);
    let told = world.force(ForcedRequest::Exit, leaves, 0);
    assert_eq!(told[0], sold(leaves, 333_334, 300_000_600));
    assert_eq!(left(&told), [9_666_666]);
    assert!(matches!(told.last(), Some(Event::ExitEnded { amount: Quote(0), .. })), "{told:?}");
    assert_eq!((world.cash(leaves), world.held(leaves)), (600, 0));
}

#[test]
fn more_than_all_may_hold_goes_back() {
    let mut world = World::new(Collateral { total: units(10 * COIN), ..TERMS }, None);
    let account = world.account(0, 0, 10 * COIN - 1);
    let owner = world.it.accounts[account.0 as usize].owner;
    assert_eq!(left(&world.deposit(FIRST, owner, account.0, 2)), [2]);
    assert!(matches!(
        world.deposit(FIRST, owner, account.0, 1)[..],
        [Event::Deposited { opened: false, .. }]
    ));
    assert_eq!(world.held(account), 10 * COIN);
}
