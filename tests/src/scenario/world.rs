//! Carries a scenario out on the real engine, with real signatures, and compares.

use super::{
    assets::{InKind, assets},
    listing::{heeds_lag, heeds_peg, histories, listed, pools},
    read::{Draft, Line, ReadError, Step, When, line},
    tell::{Names, phrases},
};
use crate::stream::{key, sign};
use alloy::{primitives::U256, signers::local::PrivateKeySigner};
use ballast_auth::{K256, command_digest, guardian_digest, report_digest};
use ballast_engine::{Exchange, GenesisConfig, Listing, apply, commit, invariants, verify};
use ballast_state::{Account, Pool};
use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, CancelFilter, ClientId, ConditionalId, Event,
    ForcedRequest, GrantSession, GuardianCommand, Input, L1Message, L1Payload, Link, MarketId, MarketMode,
    Millis, NewOrder, Nonce, Operation, Operations, OrderId, Outcome, Ppm, PriceReport, PriceTicks, Quote,
    ReportedPrice, Restrict, Side, SizeLots, Source, Status, SystemCommand, Transfer, Trigger, UserCommand,
    command::scope,
    limits::{FUND_ACCOUNT, JUMP_MS, MAX_ACCOUNTS, NEW_ACCOUNT, UNCERTAIN_BATCHING_MS},
};
use std::{collections::BTreeMap, iter};

pub(super) const BTC: MarketId = MarketId(0);
/// Number of the guardian's key.
const GUARDIAN: u64 = 3_000_000;
/// Number of the key of the backstop's owner.
pub(super) const BACKSTOP: u64 = 4_000_000;
pub(super) const TIME: u64 = 1_700_000_000_000;
/// How long a session of a scenario lasts, and how long a command may wait.
const LONG: u64 = 3_600_000;

/// A line that did not come out as it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text}\n  {what}")]
pub struct Failure {
    /// Its number, from 1.
    pub line: usize,
    /// The line.
    pub text: String,
    /// What is wrong.
    pub what: String,
}

/// Carries out a scenario. Returns the exchange's genesis and every input, for other hosts to repeat.
///
/// # Errors
/// The first line that cannot be read, or did not come out as it says.
pub fn run(text: &str) -> Result<(GenesisConfig, Vec<Input>), Failure> {
    let mut world = World::new(text);
    for (number, text) in (1..).zip(text.lines()) {
        let failure = |what: String| Failure { line: number, text: text.trim().to_owned(), what };
        let Some((said, expected)) = line(text).map_err(|error| failure(error.to_string()))? else {
            continue;
        };
        let told = world.carry_out(&said).map_err(|error| failure(error.to_string()))?;
        if told != expected {
            return Err(failure(format!("what happened: {}", told.join(", "))));
        }
        invariants::check(&world.exchange).map_err(|violation| failure(violation.to_string()))?;
        drop(commit(&mut world.exchange));
    }
    Ok((world.genesis, world.inputs))
}

pub(super) struct World {
    genesis: GenesisConfig,
    exchange: Exchange,
    inputs: Vec<Input>,
    time: u64,
    nonce: u64,
    publisher: PrivateKeySigner,
    /// What each report says of a USDC, in ppm.
    usdc: Option<Ppm>,
    keys: BTreeMap<String, PrivateKeySigner>,
    names: OrderNames,
}

/// Names of orders, of those that wait for a condition, of accounts, and of assets by their id.
struct OrderNames(
    BTreeMap<String, OrderId>,
    BTreeMap<String, ConditionalId>,
    BTreeMap<String, AccountId>,
    Vec<String>,
);

impl Names for OrderNames {
    fn of(&self, order: OrderId) -> String {
        let named = self.0.iter().find(|(_, id)| **id == order);
        named.map_or_else(|| "an unnamed order".to_owned(), |(name, _)| name.clone())
    }

    fn of_waiting(&self, order: ConditionalId) -> String {
        let named = self.1.iter().find(|(_, id)| **id == order);
        named.map_or_else(|| "an unnamed order".to_owned(), |(name, _)| name.clone())
    }

    fn of_account(&self, account: AccountId) -> String {
        if account.0 >= MAX_ACCOUNTS {
            return "its pool".to_owned();
        }
        let named = self.2.iter().find(|(_, id)| **id == account);
        named.map_or_else(|| "somebody".to_owned(), |(name, _)| name.clone())
    }

    fn of_asset(&self, asset: AssetId) -> String {
        self.3[usize::from(asset.0)].clone()
    }
}

pub(super) type Told = Result<Vec<String>, ReadError>;

impl World {
    fn new(text: &str) -> Self {
        let publisher = key(1_000_000);
        let (pools, pool) = pools(text);
        let genesis = GenesisConfig {
            chain_id: 31_337,
            exchange: Address::repeat_byte(0xba),
            publishers: vec![publisher.address()],
            quorum: 1,
            guardian: key(GUARDIAN).address(),
            pools,
            markets: vec![Listing { params: listed(text), pool }],
            histories: histories(text),
            settlement_lag: heeds_lag(text),
            peg_guard: heeds_peg(text),
            assets: assets(text),
        };
        let symbols = iter::once("USDC".to_owned());
        let symbols = symbols.chain(genesis.assets.iter().map(|asset| asset.symbol.clone())).collect();
        let exchange = Exchange::genesis(&genesis).expect("the scenarios' genesis is sound");
        Self {
            genesis,
            exchange,
            inputs: Vec::new(),
            time: TIME,
            nonce: 0,
            publisher,
            usdc: None,
            keys: BTreeMap::new(),
            names: OrderNames(BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), symbols),
        }
    }

    fn carry_out(&mut self, said: &Line) -> Told {
        match said {
            Line::Account { name, deposit, of } => self.open(name, *deposit, of.as_deref()),
            Line::Fees { .. }
            | Line::Tier { .. }
            | Line::Breakers
            | Line::Shortfall
            | Line::LongTail
            | Line::StrictGains
            | Line::SettlesAt(_)
            | Line::OpenInterestCap(_)
            | Line::OpenInterestGrowth(_)
            | Line::OpenInterestFree(_)
            | Line::Pace { .. }
            | Line::Peg
            | Line::Capacity
            | Line::Asset(_)
            | Line::Collateral { .. }
            | Line::Lag => Ok(Vec::new()),
            Line::Usdc(worth) => {
                self.usdc = Some(Ppm(*worth));
                Ok(Vec::new())
            }
            Line::TellCapacity(usdc) => {
                let outcome = self.say(ReportedPrice::capacity(BTC, *usdc));
                Ok(self.tell(&outcome, AccountId(NEW_ACCOUNT)))
            }
            Line::Posted(batch) => self.posted(BatchIndex(*batch)),
            Line::Seal => {
                let index = self.exchange.state.chain.batch;
                let outcome = self.input(Source::System(SystemCommand::SealBatch { index }));
                Ok(self.tell(&outcome, AccountId(NEW_ACCOUNT)))
            }
            Line::Queued { amount, count } => {
                let pacing = self.pool(false).pacing;
                equal("micro-USDC that wait", pacing.queued.0, *amount)?;
                equal("that wait", pacing.waiting(), *count)
            }
            Line::Mark(price) => self.mark(*price),
            Line::Report { spot, perp } => {
                let perp = perp.map(PriceTicks);
                let outcome =
                    self.say(ReportedPrice { perp, ..ReportedPrice::plain(BTC, PriceTicks(*spot)) });
                Ok(self.tell(&outcome, AccountId(NEW_ACCOUNT)))
            }
            Line::Wait(time) => {
                self.time += time;
                Ok(Vec::new())
            }
            Line::Sweep => self.sweep(),
            Line::Fire => Ok(self.fire()),
            Line::Restrict { mode, ahead } => Ok(self.restrict(*mode, *ahead)),
            Line::Steady { time, price } => Ok(self.steady(*time, *price)),
            Line::Protect { backstop, fund } => self.protect(*backstop, *fund),
            Line::Liquidate(name) => {
                let account = self.account(name)?;
                let outcome = self.input(Source::System(SystemCommand::Liquidate { account }));
                Ok(self.tell(&outcome, account))
            }
            Line::Deleverage(names) => self.deleverage(names),
            Line::Haircut => Ok(self.haircut()),
            Line::Force { request, account } => self.force(*request, account, (AssetId::USDC, 0)),
            Line::ForceWithdraw { amount: InKind { amount, symbol }, from } => {
                self.force(ForcedRequest::Withdraw, from, (self.asset(symbol), *amount))
            }
            Line::Exit(name) => self.exit(name),
            Line::Govern { action, value } => self.govern(action, value),
            Line::Settle => Ok(self.system(SystemCommand::Settle { market: BTC })),
            Line::CashIn(names) => {
                let mut accounts =
                    names.iter().map(|name| self.account(name)).collect::<Result<Vec<_>, _>>()?;
                accounts.sort_unstable();
                Ok(self.system(SystemCommand::SettlePositions { market: BTC, accounts }))
            }
            Line::Resolve => {
                let pool = self.exchange.state.markets.get(0).expect("listed").pool;
                Ok(self.system(SystemCommand::Resolve { pool }))
            }
            Line::Silo(fund) => {
                accepted(&self.deposit(key(BACKSTOP).address(), AccountId(FUND_ACCOUNT - 1), *fund))
            }
            Line::Withdraw { amount, from } => self.withdraw(amount, from),
            Line::Deposit { amount, to } => self.deposit_in_kind(amount, to),
            Line::Holds { account, amount } => self.holds(account, amount),
            Line::Transfer { amount, from, to } => self.transfer(*amount, from, to),
            Line::Fund { amount, of_silo } => {
                equal("fund in micro-USDC", self.pool(*of_silo).fund.0, *amount)
            }
            Line::Deficit { amount, of_silo } => {
                equal("deficit in micro-USDC", self.pool(*of_silo).deficit.0, *amount)
            }
            Line::Clear => Ok(self.system(SystemCommand::Clear { market: BTC })),
            Line::Grant { account, key } => self.grant(account, key),
            Line::Act { account, key, atomic, steps } => self.act(account, key.as_deref(), *atomic, steps),
            Line::Depth { side, levels } => self.depth(*side, levels),
            Line::Position { account, lots } => {
                let size = self.owned(account)?.positions.first().map_or(0, |position| position.size.0);
                equal("position in lots", size, *lots)
            }
            Line::Cash { account, amount } => {
                equal("cash in micro-USDC", self.owned(account)?.cash.0, *amount)
            }
            Line::Orders { account, count } => {
                let orders = self.exchange.orders_of(self.account(account)?, BTC);
                equal("orders", orders.len(), *count as usize)
            }
        }
    }

    pub(super) const fn now(&self) -> u64 {
        self.time
    }

    pub(super) fn input(&mut self, source: Source) -> Outcome {
        let seq = self.exchange.state.chain.seq.next();
        let input = Input { seq, time: Millis(self.time), source };
        let verified = verify(&K256, self.exchange.separator(), &input.source);
        let outcome = apply(&mut self.exchange, &input, &verified);
        self.inputs.push(input);
        outcome
    }

    fn system(&mut self, command: SystemCommand) -> Vec<String> {
        let outcome = self.input(Source::System(command));
        self.tell(&outcome, AccountId(NEW_ACCOUNT))
    }

    fn open(&mut self, name: &str, deposit: i64, of: Option<&str>) -> Told {
        let owner = match of {
            Some(other) => self.key(other)?.clone(),
            None => key(1 + self.keys.len() as u64),
        };
        let address = owner.address();
        self.keys.insert(name.to_owned(), owner);
        let id = AccountId(self.exchange.state.chain.accounts);
        self.names.2.insert(name.to_owned(), id);
        accepted(&self.deposit(address, AccountId(NEW_ACCOUNT), deposit))
    }

    fn deposit(&mut self, owner: Address, account: AccountId, amount: i64) -> Outcome {
        let payload = L1Payload::Deposit { asset: AssetId(0), owner, account, amount: Quote(amount) };
        self.l1(payload)
    }

    /// The next message of L1.
    pub(super) fn l1(&mut self, payload: L1Payload) -> Outcome {
        let index = self.exchange.state.chain.l1_count;
        self.input(Source::L1(L1Message { index, l1_block: 1, l1_time: self.time / 1_000, payload }))
    }

    /// L1 took the batch just now.
    fn posted(&mut self, index: BatchIndex) -> Told {
        let batch_hash = B256::repeat_byte(1);
        let payload = L1Payload::BatchPosted { index, batch_hash, l1_block: 1, prevrandao: U256::ZERO };
        accepted(&self.l1(payload))
    }

    fn pool(&self, of_silo: bool) -> &Pool {
        self.exchange.state.pools.get(u32::from(of_silo)).expect("a scenario that speaks of a silo has one")
    }

    /// To an account that is not known yet: one is opened where the market is.
    fn transfer(&mut self, amount: i64, from: &str, to: &str) -> Told {
        let known = self.names.2.get(to).copied();
        let pool = match known {
            Some(id) => self.exchange.state.accounts.get(id.0).expect("it was opened").pool,
            None => self.exchange.state.markets.get(0).expect("listed").pool,
        };
        let (account, nonce, expires) = self.header(from)?;
        let opened = AccountId(self.exchange.state.chain.accounts);
        let target = known.unwrap_or(AccountId(NEW_ACCOUNT));
        let transfer = Transfer { account, nonce, expires, to: target, pool, amount: Quote(amount) };
        let outcome = self.command(from, UserCommand::Transfer(transfer))?;
        if known.is_none() && outcome.status == Status::Accepted {
            self.names.2.insert(to.to_owned(), opened);
            self.keys.insert(to.to_owned(), self.key(from)?.clone());
        }
        Ok(self.tell(&outcome, account))
    }

    fn protect(&mut self, backstop: i64, fund: i64) -> Told {
        self.names.2.insert("backstop".to_owned(), AccountId(0));
        self.keys.insert("backstop".to_owned(), key(BACKSTOP));
        for (account, amount) in [(0, backstop), (FUND_ACCOUNT, fund)] {
            if amount > 0 {
                accepted(&self.deposit(key(BACKSTOP).address(), AccountId(account), amount))?;
            }
        }
        Ok(Vec::new())
    }

    /// Everybody on the other side is named.
    fn deleverage(&mut self, names: &[String]) -> Told {
        let mut accounts = names.iter().map(|name| self.account(name)).collect::<Result<Vec<_>, _>>()?;
        accounts.sort_unstable();
        let holders = accounts.first().map_or_else(Vec::new, |first| self.opposite(*first));
        let command = SystemCommand::Deleverage { market: BTC, accounts, holders };
        Ok(self.system(command))
    }

    /// Everybody with a position is named: there is one market.
    fn haircut(&mut self) -> Vec<String> {
        let state = &self.exchange.state;
        let pool = state.markets.get(0).expect("listed").pool;
        let has_position =
            |id: &AccountId| state.accounts.get(id.0).is_some_and(|account| !account.positions.is_empty());
        let holders = (0..state.chain.accounts).map(AccountId).filter(has_position).collect();
        self.system(SystemCommand::Haircut { pool, holders })
    }

    /// Everybody on the other side of an account's position.
    pub(super) fn opposite(&self, account: AccountId) -> Vec<AccountId> {
        let held = |id: AccountId| {
            let owned = self.exchange.state.accounts.get(id.0)?;
            owned.positions.iter().find(|position| position.market == BTC).map(|held| held.size.0)
        };
        let side = held(account).unwrap_or(0).signum();
        let all = (0..self.exchange.state.chain.accounts).map(AccountId);
        all.filter(|id| held(*id).is_some_and(|held| held.signum() == -side)).collect()
    }

    /// The publisher says the price, and where it jumps again until it is believed and the market matches continuously.
    fn mark(&mut self, price: u64) -> Told {
        let told = self.report(price)?;
        for wait in [JUMP_MS, UNCERTAIN_BATCHING_MS] {
            let venue = self.exchange.state.venues.get(u32::from(BTC.0)).expect("listed");
            let is_unsure = |at: Millis| self.time - at.0 < UNCERTAIN_BATCHING_MS;
            if venue.pricing.uncertain.is_some_and(is_unsure) {
                self.time += wait - 1;
                self.report(price)?;
            }
        }
        Ok(told)
    }

    fn report(&mut self, price: u64) -> Told {
        accepted(&self.say(ReportedPrice::plain(BTC, PriceTicks(price))))
    }

    fn say(&mut self, told: ReportedPrice) -> Outcome {
        self.time += 1;
        let usdc = self.usdc.map(ReportedPrice::usdc);
        let prices = iter::once(told).chain(usdc).collect();
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        let signer = self.key_of(self.exchange.state.publishers()[0]);
        let signature = sign(&signer, report_digest(self.exchange.separator(), &report));
        self.input(Source::Publisher { report, signature })
    }

    fn sweep(&mut self) -> Told {
        let book = self.exchange.book(BTC).expect("listed");
        let orders = book.orders().map(|order| (BTC, order.id)).collect();
        Ok(self.system(SystemCommand::Sweep { orders }))
    }

    /// Names every order that waits. One that is placed has the name of the one that waited.
    fn fire(&mut self) -> Vec<String> {
        let mut conditionals = Vec::new();
        for (account, trader) in self.exchange.state.traders.iter() {
            let waiting = trader.seldom.contingent.iter().flat_map(|contingent| &contingent.orders);
            conditionals.extend(waiting.map(|order| (AccountId(account), order.id)));
        }
        let outcome = self.input(Source::System(SystemCommand::Fire { conditionals }));
        let mut fires = None;
        for event in &outcome.events {
            match event {
                Event::ConditionalFired { conditional, .. } => {
                    fires = Some(self.names.of_waiting(*conditional));
                }
                Event::OrderAccepted { order, .. } => {
                    self.names.0.extend(fires.take().map(|name| (name, *order)));
                }
                _ => {}
            }
        }
        self.tell(&outcome, AccountId(NEW_ACCOUNT))
    }

    fn restrict(&mut self, mode: MarketMode, ahead: u64) -> Vec<String> {
        self.time += 1;
        let (until, time) = (Millis(self.time + ahead), Millis(self.time));
        let command = GuardianCommand::Restrict(Restrict { market: BTC, mode, until, time });
        let signer = self.key_of(self.exchange.state.guardian());
        let signature = sign(&signer, guardian_digest(self.exchange.separator(), &command));
        let outcome = self.input(Source::Guardian { command, signature });
        self.tell(&outcome, AccountId(NEW_ACCOUNT))
    }

    /// What comes of it, but for the price itself.
    fn steady(&mut self, time: u64, price: u64) -> Vec<String> {
        let mut told = Vec::new();
        for _ in 0..time / 1_000 {
            self.time += 999;
            let mut outcome = self.say(ReportedPrice::plain(BTC, PriceTicks(price)));
            outcome.events.retain(|event| !matches!(event, Event::PriceUpdated { .. }));
            told.extend(self.tell(&outcome, AccountId(NEW_ACCOUNT)));
        }
        told
    }

    fn grant(&mut self, account: &str, name: &str) -> Told {
        let session = key(2_000_000 + self.keys.len() as u64);
        let (key, valid_until) = (session.address(), Millis(self.time + LONG));
        self.keys.insert(name.to_owned(), session);
        let (id, nonce, expires) = self.header(account)?;
        let grant = GrantSession { account: id, nonce, expires, key, valid_until, scope: scope::ALL };
        accepted(&self.command(account, UserCommand::GrantSession(grant))?)
    }

    fn act(&mut self, account: &str, key: Option<&str>, atomic: bool, steps: &[Step]) -> Told {
        let operations = steps.iter().map(|step| self.operation(step)).collect::<Result<_, _>>()?;
        let (id, nonce, expires) = self.header(account)?;
        let command = Operations { account: id, nonce, expires, atomic, operations };
        let outcome = self.command(key.unwrap_or(account), UserCommand::Operations(command))?;
        for event in &outcome.events {
            if let Event::OrderAccepted { step, order, .. } = event
                && let Step::Place(draft) | Step::Replace(_, draft) = &steps[usize::from(*step)]
                && let Some(name) = &draft.name
            {
                self.names.0.insert(name.clone(), *order);
            }
            if let Event::ConditionalPlaced { step, conditional, .. } = event
                && let Step::When { order: Draft { name: Some(name), .. }, .. } = &steps[usize::from(*step)]
            {
                self.names.1.insert(name.clone(), conditional.id);
            }
        }
        Ok(self.tell(&outcome, id))
    }

    pub(super) fn tell(&self, outcome: &Outcome, me: AccountId) -> Vec<String> {
        match outcome.status {
            Status::Accepted => phrases(&outcome.events, me, &self.names),
            Status::Rejected(rejection) => vec![format!("refused {}", rejection.code.name())],
        }
    }

    pub(super) fn header(&mut self, account: &str) -> Result<(AccountId, Nonce, Millis), ReadError> {
        self.nonce += 1;
        Ok((self.account(account)?, Nonce(self.nonce), Millis(self.time + LONG)))
    }

    pub(super) fn command(&mut self, signer: &str, command: UserCommand) -> Result<Outcome, ReadError> {
        let digest = command_digest(self.exchange.separator(), &command);
        let signature = sign(self.key(signer)?, digest);
        Ok(self.input(Source::User { command, signature }))
    }

    fn operation(&self, step: &Step) -> Result<Operation, ReadError> {
        Ok(match step {
            Step::Place(draft) => Operation::Place { market: BTC, order: self.order(draft) },
            Step::Cancel(name) => Operation::Cancel { market: BTC, order: self.named(name)? },
            Step::CancelId(id) => Operation::CancelClient { market: BTC, client: ClientId(*id) },
            Step::Replace(name, draft) => {
                Operation::Replace { market: BTC, order: self.named(name)?, new: self.order(draft) }
            }
            Step::CancelAll { side, key } => {
                let key = match key {
                    Some(name) => Some(self.key(name)?.address()),
                    None => None,
                };
                Operation::CancelAll(CancelFilter { market: None, side: *side, key })
            }
            Step::CancelAt(ahead) => {
                Operation::ScheduleCancel { at: ahead.map(|ahead| Millis(self.time + ahead)) }
            }
            Step::When { trigger, link, order } => Operation::PlaceConditional {
                market: BTC,
                order: self.order(order),
                trigger: self.trigger(*trigger),
                link: link.map(|(kind, step)| Link { step: step.saturating_sub(1), kind }),
            },
            Step::Leverage(leverage) => Operation::SetLeverage { market: BTC, leverage: *leverage },
            Step::CancelWaiting(name) => {
                let id = self.names.1.get(name);
                let conditional =
                    *id.ok_or_else(|| ReadError(format!("no order that waits is called {name}")))?;
                Operation::CancelConditional { conditional }
            }
        })
    }

    const fn trigger(&self, when: When) -> Trigger {
        match when {
            When::Opened => Trigger::Opened,
            When::Price(source, direction, level) => {
                Trigger::Price { source, direction, level: PriceTicks(level) }
            }
            When::At(ahead, slices, interval) => {
                Trigger::Time { at: Millis(self.time + ahead), slices, interval }
            }
        }
    }

    fn order(&self, draft: &Draft) -> NewOrder {
        NewOrder {
            side: draft.side,
            price: PriceTicks(draft.price),
            size: SizeLots(draft.size),
            time_in_force: draft.time_in_force,
            good_until: draft.until.map(|ahead| Millis(self.time.saturating_add_signed(ahead))),
            reduce_only: draft.reduce_only,
            self_trade: draft.self_trade,
            display: draft.display.map(SizeLots),
            client: ClientId(draft.client),
        }
    }

    fn depth(&self, side: Side, levels: &[(u64, u64)]) -> Told {
        let book = self.exchange.book(BTC).expect("listed");
        let found = book.depth(side, usize::MAX).into_iter();
        let found: Vec<_> = found.map(|level| (level.price.0, level.size)).collect();
        let expected: Vec<_> = levels.iter().map(|(price, size)| (*price, u128::from(*size))).collect();
        equal("levels as (ticks, lots)", found, expected)
    }

    pub(super) fn account(&self, name: &str) -> Result<AccountId, ReadError> {
        self.names.2.get(name).copied().ok_or_else(|| ReadError(format!("no account is called {name}")))
    }

    pub(super) fn owned(&self, name: &str) -> Result<&Account, ReadError> {
        Ok(self.exchange.state.accounts.get(self.account(name)?.0).expect("it was opened"))
    }

    /// Tickers of assets by their id.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.names.3.iter().map(String::as_str)
    }

    /// The key of somebody who signs for prices, or as the guardian.
    fn key_of(&self, signer: Address) -> PrivateKeySigner {
        let all = self.keys.values().cloned().chain([self.publisher.clone(), key(GUARDIAN)]);
        let mut his = all.filter(|key| key.address() == signer);
        his.next().expect("whoever signs is of the genesis or has an account")
    }

    pub(super) fn key(&self, name: &str) -> Result<&PrivateKeySigner, ReadError> {
        self.keys.get(name).ok_or_else(|| ReadError(format!("no key is called {name}")))
    }

    fn named(&self, name: &str) -> Result<OrderId, ReadError> {
        self.names.0.get(name).copied().ok_or_else(|| ReadError(format!("no order is called {name}")))
    }
}

pub(super) fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Told {
    if found == expected { Ok(Vec::new()) } else { Err(ReadError(format!("{what}: {found:?}"))) }
}

pub(super) fn accepted(outcome: &Outcome) -> Told {
    match outcome.status {
        Status::Accepted => Ok(Vec::new()),
        Status::Rejected(rejection) => Ok(vec![format!("refused {}", rejection.code.name())]),
    }
}
