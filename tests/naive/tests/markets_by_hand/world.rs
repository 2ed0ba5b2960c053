//! An exchange with two markets, and what happens to it.

use ballast_naive::{Exchange, Position};
use ballast_types::{
    AccountId, Address, AssetId, CancelFilter, Causes, ClientId, Event, GuardianCommand, Input, L1Message,
    L1Payload, MarketId, MarketMode, MarketParams, Millis, NewOrder, Nonce, Operation, Operations, Outcome,
    Ppm, PriceReport, PriceTicks, Quote, Rejection, ReportedPrice, Restrict, Seq, Side, Signature, SizeLots,
    Source, Status, SystemCommand, TimeInForce, UserCommand, Withdraw,
    limits::{FUND_DAY_MS, NEW_ACCOUNT},
};

use crate::hand::plain_market;

pub(crate) const USDC: i128 = 1_000_000;
pub(crate) const PUBLISHER: Address = Address::repeat_byte(0xee);
pub(crate) const GUARDIAN: Address = Address::repeat_byte(0xdd);
pub(crate) const ONE: MarketId = MarketId(0);
pub(crate) const TWO: MarketId = MarketId(1);
/// The beginning of a day, an hour and a minute of Unix time.
pub(crate) const START: u64 = 20_000 * FUND_DAY_MS;

pub(crate) fn market(symbol: &str, circuit_breakers: bool) -> MarketParams {
    MarketParams { circuit_breakers, ..plain_market(symbol) }
}

pub(crate) struct World {
    pub(crate) it: Exchange,
}

impl World {
    /// With a price, at the beginning of a day.
    pub(crate) fn new() -> Self {
        Self::of(market("ONE", true))
    }

    /// With other parameters of the first market.
    pub(crate) fn of(one: MarketParams) -> Self {
        let markets = vec![one, market("TWO", false)];
        let it = Exchange::genesis(vec![PUBLISHER], 1, GUARDIAN, (Address::ZERO, Quote(0)), markets);
        let mut world = Self { it };
        world.tick(0, 1_000);
        world
    }

    pub(crate) fn input(&mut self, at: u64, signer: Option<Address>, source: Source) -> Outcome {
        let seq: Seq = self.it.seq.next();
        self.it.apply(&Input { seq, time: Millis(START + at), source }, signer)
    }

    /// Both markets get an index; what is told of modes and auctions.
    pub(crate) fn tick(&mut self, at: u64, price: u64) -> Vec<Event> {
        let prices = [ONE, TWO].map(|market| ReportedPrice::plain(market, PriceTicks(price))).to_vec();
        let report = PriceReport { publisher: 0, time: Millis(START + at), prices };
        let source = Source::Publisher { report, signature: Signature([0; 65]) };
        let outcome = self.input(at, Some(PUBLISHER), source);
        assert_eq!(outcome.status, Status::Accepted);
        let of_modes =
            |event: &Event| matches!(event, Event::ModeChanged { .. } | Event::AuctionPutOff { .. });
        outcome.events.into_iter().filter(of_modes).collect()
    }

    /// Ticks so far apart, from a time on and before another, of which none tells anything.
    pub(crate) fn calm(&mut self, from: u64, before: u64, apart: usize, price: u64) {
        for at in (from..before).step_by(apart) {
            assert_eq!(self.tick(at, price), [], "at {at}");
        }
    }

    pub(crate) fn deposit(&mut self, owner: Address, account: u32, usdc: i64) {
        let (asset, account) = (AssetId(0), AccountId(account));
        let payload = L1Payload::Deposit { asset, owner, account, amount: Quote(usdc * 1_000_000) };
        let message = L1Message { index: self.it.l1_messages, l1_block: 1, l1_time: 1, payload };
        let at = self.it.time.0.saturating_sub(START);
        self.input(at, None, Source::L1(message));
    }

    pub(crate) fn account(&mut self, usdc: i64) -> AccountId {
        let id = u32::try_from(self.it.accounts.len()).expect("few");
        self.deposit(Address::repeat_byte(u8::try_from(id + 1).expect("few")), NEW_ACCOUNT, usdc);
        AccountId(id)
    }

    pub(crate) fn operate(&mut self, at: u64, account: AccountId, operation: Operation) -> Vec<Event> {
        let (nonce, expires) = (self.nonce(account), Millis(START + at));
        let command = Operations { account, nonce, expires, atomic: false, operations: vec![operation] };
        self.command(at, account, UserCommand::Operations(command)).events
    }

    /// One that was not used.
    fn nonce(&self, account: AccountId) -> Nonce {
        let used = &self.it.accounts[account.0 as usize].nonces.used;
        Nonce(used.last().map_or(0, |last| last + 1))
    }

    fn command(&mut self, at: u64, account: AccountId, command: UserCommand) -> Outcome {
        let owner = self.it.accounts[account.0 as usize].owner;
        self.input(at, Some(owner), Source::User { command, signature: Signature([0; 65]) })
    }

    /// 1 USDC goes to L1, or does not.
    pub(crate) fn withdraw(&mut self, at: u64, account: AccountId) -> Status {
        let (nonce, expires, recipient) = (self.nonce(account), Millis(START + at), GUARDIAN);
        let command =
            Withdraw { account, nonce, expires, asset: AssetId::USDC, amount: Quote(1_000_000), recipient };
        self.command(at, account, UserCommand::Withdraw(command)).status
    }

    /// So many lots, come by at 1,000.
    pub(crate) fn hold(&mut self, account: AccountId, market: MarketId, size: i128) {
        let basis = 1_000 * size * USDC;
        let it = &mut self.it.accounts[account.0 as usize];
        it.cash -= basis;
        it.positions.insert(market, Position { size, basis, funding: 0 });
    }

    pub(crate) fn lose(&mut self, account: AccountId, usdc: i128) {
        self.it.accounts[account.0 as usize].cash -= usdc * USDC;
    }

    pub(crate) fn cancel_all(&mut self, at: u64, account: AccountId) {
        self.operate(at, account, Operation::CancelAll(CancelFilter::ALL));
    }

    pub(crate) fn liquidate(&mut self, at: u64, account: AccountId) -> Outcome {
        self.input(at, None, Source::System(SystemCommand::Liquidate { account }))
    }

    pub(crate) fn place(
        &mut self,
        at: u64,
        account: AccountId,
        side: Side,
        price: u64,
        size: u64,
    ) -> Vec<Event> {
        let (price, size) = (PriceTicks(price), SizeLots(size));
        self.order(at, account, NewOrder::plain(side, price, size, TimeInForce::Gtc, ClientId(0)))
    }

    pub(crate) fn order(&mut self, at: u64, account: AccountId, order: NewOrder) -> Vec<Event> {
        self.operate(at, account, Operation::Place { market: ONE, order })
    }

    /// So many lots of the first market.
    pub(crate) fn size(&self, account: AccountId) -> i128 {
        self.it.accounts[account.0 as usize].positions.get(&ONE).map_or(0, |it| it.size)
    }

    /// A bid and an ask that rest.
    pub(crate) fn quote(&mut self, at: u64, bid: u64, ask: u64) -> AccountId {
        let account = self.account(1_000_000);
        self.place(at, account, Side::Buy, bid, 10);
        self.place(at, account, Side::Sell, ask, 10);
        account
    }

    pub(crate) fn restrict(&mut self, at: u64, mode: MarketMode, until: u64) -> Outcome {
        let (time, until) = (Millis(START + at), Millis(START + until));
        let command = GuardianCommand::Restrict(Restrict { market: ONE, mode, until, time });
        self.input(at, Some(GUARDIAN), Source::Guardian { command, signature: Signature([0; 65]) })
    }

    pub(crate) fn clear(&mut self, at: u64) -> Outcome {
        self.input(at, None, Source::System(SystemCommand::Clear { market: ONE }))
    }
}

pub(crate) fn changed(mode: MarketMode, causes: Causes, initial_factor: u32) -> Event {
    let (initial_factor, calls_from) = (Ppm(initial_factor), Millis(0));
    Event::ModeChanged { market: ONE, mode, causes, initial_factor, calls_from }
}

pub(crate) fn normal() -> Event {
    changed(MarketMode::Normal, Causes::NONE, 1_000_000)
}

pub(crate) fn halted(causes: Causes, calls_from: u64) -> Event {
    let (mode, initial_factor, calls_from) = (MarketMode::Halt, Ppm(1_000_000), Millis(START + calls_from));
    Event::ModeChanged { market: ONE, mode, causes, initial_factor, calls_from }
}

pub(crate) fn put_off(until: u64, rounds: u8) -> Event {
    Event::AuctionPutOff { market: ONE, until: Millis(START + until), rounds }
}

pub(crate) fn rejection(events: &[Event]) -> Rejection {
    match events {
        [Event::OperationRejected { rejection, .. }] => *rejection,
        _ => panic!("it was not refused: {events:?}"),
    }
}

pub(crate) fn waits(events: &[Event]) -> bool {
    matches!(events, [Event::OrderAccepted { .. }, Event::OrderWaits { .. }])
}
