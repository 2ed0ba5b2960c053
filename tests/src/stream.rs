//! A seeded stream of inputs as a sequencer would order them: signed by real keys, most of them sensible, some
//! of them not.

use alloy::signers::{SignerSync, local::PrivateKeySigner};
use ballast_auth::{Domain, command_digest, guardian_digest, report_digest};
use ballast_batch::inbox;
use ballast_engine::{GenesisConfig, History, Listing, ProtectionConfig};
use ballast_state::{Pace, Rate};
use ballast_types::{
    AccountId, Address, AssetId, AssetParams, B256, BatchIndex, CancelFilter, ClientId, Collateral,
    ConditionalId, Direction, FeeTier, GovernanceCall, GrantSession, GuardianCommand, Input, L1Message,
    L1Payload, Link, LinkKind, MarginTier, MarketClass, MarketId, MarketMode, MarketParams, Millis, NewOrder,
    Nonce, Operation, Operations, OrderId, PoolId, Ppm, PriceReport, PriceSource, PriceTicks, Quote,
    ReportedPrice, Restrict, SelfTrade, Seq, Side, Signature, SignedPpm, SizeLots, Source, SystemCommand,
    TimeInForce, Transfer, Trigger, Units, UserCommand, Withdraw,
    command::scope,
    limits::{FLOOR_NOTICE_MS, HOUR_MS, HOUR_SAMPLE_MS, MAX_FIRED, MINUTE_MS, NEW_ACCOUNT},
};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::iter;

/// Publishers of the stream's exchange.
const PUBLISHERS: u64 = 3;
/// When it begins.
const TIME: u64 = 1_700_000_000_000;
/// Number of the guardian's key.
const GUARDIAN: u64 = 3_000_000;
/// The market whose open interest goes by what is traded elsewhere.
const BOUND: MarketId = MarketId(1);
/// Price that every market begins at, in ticks.
const FIRST_PRICE: u64 = 500_000;

/// Writes the inputs of one exchange, one after the other.
pub struct Stream {
    random: ChaCha8Rng,
    separator: B256,
    owners: Vec<PrivateKeySigner>,
    sessions: Vec<PrivateKeySigner>,
    publishers: Vec<PrivateKeySigner>,
    nonces: Vec<u64>,
    prices: Vec<u64>,
    /// The market of pool 1, if there is one.
    silo: Option<MarketId>,
    /// Whether governance says something now and then.
    governed: bool,
    seq: u64,
    time: u64,
    messages: u64,
    batch: u64,
    /// Orders that were placed, as far as outcomes told.
    known: Vec<(MarketId, OrderId)>,
    /// Conditional orders that were asked for lately.
    waiting: Vec<(AccountId, ConditionalId)>,
}

/// The key with this number.
#[must_use]
pub fn key(number: u64) -> PrivateKeySigner {
    let mut bytes = [7; 32];
    bytes[24..].copy_from_slice(&number.to_be_bytes());
    PrivateKeySigner::from_bytes(&B256::from(bytes)).expect("a small number is a valid key")
}

/// A market whose tick is a cent and whose lot is a hundredth.
#[must_use]
pub fn market(symbol: &str) -> MarketParams {
    MarketParams {
        symbol: symbol.to_owned(),
        price_decimals: 2,
        size_decimals: 2,
        kappa: 100,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(25_000),
        margin_tiers: vec![MarginTier {
            above: SizeLots(20_000),
            multiplier: Ppm(1_500_000),
            notional: Quote(1_000_000_000_000),
        }],
        fees: FeeTier::flat(Ppm(350), SignedPpm(50)),
        order_band: Ppm(100_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(500_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: true,
        open_interest_cap: Quote(5_000_000_000_000),
        open_interest_growth: Quote(500_000_000_000),
        capacity: false,
        strict_gains: true,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote::ZERO,
    }
}

/// A month in which nothing happened to a market's index, after ten hours in which much did: its residuals are nothing and
/// the slow volatility is not, so its margin begins at its floors, and one hour moves it far.
#[must_use]
pub fn quiet(market: MarketId) -> History {
    let returns = [[200_000_000; 10].as_slice(), &[0; 720]].concat();
    History { market, hour: 470_000, returns, stress: vec![0] }
}

/// Whether the margin of the stream's market of this number follows its index.
const fn follows(number: u16) -> bool {
    number % 2 == 1
}

/// Every fourth market settles after an hour. In every other one initial margin grows with what is open.
fn listed(number: u16) -> MarketParams {
    let settles_at = Millis(if number % 4 == 3 { (TIME / MINUTE_MS + 60) * MINUTE_MS } else { 0 });
    let open_interest_free = Quote(if follows(number) { 0 } else { 100_000_000_000 });
    let shortfall = follows(number);
    let capacity = MarketId(number) == BOUND;
    MarketParams { capacity, shortfall, settles_at, open_interest_free, ..market(&format!("M{number}-USD")) }
}

/// So little leaves the pool that some wait.
const fn pace() -> Pace {
    let hour = Rate { share: Ppm(1), floor: Quote(10_000_000_000) };
    Pace { hour, day: Rate { floor: Quote(100_000_000_000), ..hour } }
}

/// A lot of the second market, where there is one, for ten units of an asset, half of whose worth counts in the beginning.
fn collateral(markets: u16) -> Collateral {
    Collateral {
        market: MarketId(u16::from(markets > 1)),
        units_per_lot: Units(10),
        haircut: Ppm(100_000),
        size_factor: Ppm(100),
        since: Millis(TIME - 15 * 86_400_000),
        most: Quote(1_000_000_000_000),
        total: Units(1 << 50),
    }
}

impl Stream {
    /// A stream of `accounts` traders over `markets` markets, and the exchange that it is for. Of three markets and more the
    /// last is a silo, in which every trader has an account too.
    ///
    /// # Panics
    /// When `markets` is 0 or above 256.
    #[must_use]
    pub fn new(seed: u64, accounts: u64, markets: u16) -> (Self, GenesisConfig) {
        let silo = (markets > 2).then(|| MarketId(markets - 1));
        let owners = accounts * if silo.is_some() { 2 } else { 1 };
        let publishers: Vec<_> = (0..PUBLISHERS).map(|n| key(1_000_000 + n)).collect();
        let genesis = GenesisConfig {
            chain_id: 31_337,
            exchange: Address::repeat_byte(0xba),
            publishers: publishers.iter().map(PrivateKeySigner::address).collect(),
            quorum: 2,
            guardian: key(GUARDIAN).address(),
            pools: iter::once(ProtectionConfig { pacing: Some(pace()), ..ProtectionConfig::default() })
                .chain(silo.map(|_| ProtectionConfig::default()))
                .collect(),
            markets: (0..markets)
                .map(|n| {
                    let pool = PoolId(u16::from(silo == Some(MarketId(n))));
                    Listing { params: listed(n), pool }
                })
                .collect(),
            settlement_lag: false,
            peg_guard: true,
            assets: [("ETH", 1_000, Some(collateral(markets))), ("WBTC", 100, None)]
                .map(|(symbol, minimum, collateral)| AssetParams {
                    symbol: symbol.into(),
                    minimum: Units(minimum),
                    collateral,
                })
                .into(),
            histories: (0..markets).filter(|n| follows(*n)).map(|n| quiet(MarketId(n))).collect(),
        };
        let stream = Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            separator: Domain { chain_id: genesis.chain_id, exchange: genesis.exchange }.separator(),
            owners: (0..owners).map(|n| key(1 + n % accounts)).collect(),
            sessions: (0..owners).map(|n| key(2_000_000 + n)).collect(),
            silo,
            governed: false,
            publishers,
            nonces: vec![0; usize::try_from(2 * owners).expect("a small number")],
            prices: vec![FIRST_PRICE; usize::from(markets)],
            seq: 0,
            time: TIME,
            messages: 0,
            batch: 1,
            known: Vec::new(),
            waiting: Vec::new(),
        };
        (stream, genesis)
    }

    /// The same, in which governance moves parameters now and then.
    #[must_use]
    pub fn governed(self) -> Self {
        Self { governed: true, ..self }
    }

    /// The inputs that open every account with money and give every market a price.
    pub fn opening(&mut self) -> Vec<Input> {
        let count = self.outside();
        let mut inputs: Vec<Input> =
            (0..count).map(|n| self.deposit(n, NEW_ACCOUNT, 50_000_000_000)).collect();
        if self.silo.is_some() {
            inputs.extend((0..count).map(|n| {
                let owner = self.owners[n].clone();
                self.signed(n, n, &owner, transfer(AccountId(NEW_ACCOUNT), PoolId(1), 20_000_000_000))
            }));
        }
        inputs.extend((0..self.publishers.len()).map(|n| self.report(n)));
        inputs
    }

    /// The next input: an order mostly, sometimes another thing, now and then nonsense.
    pub fn next_input(&mut self) -> Input {
        self.pass();
        match self.random.random_range(0..100) {
            0..6 => {
                let publisher = self.random.random_range(0..self.publishers.len());
                self.drift();
                self.report(publisher)
            }
            6..8 => {
                let owner = self.random.random_range(0..self.owners.len());
                let account = self.random.random_range(0..self.owners.len() as u32 + 2);
                let asset = self.asset();
                self.deposit_of(asset, owner, account, 1_000_000)
            }
            8..10 if self.random.random() => self.withdraw(),
            8..10 => self.transfer(),
            10..11 => self.grant(),
            11..12 => self.sweep(),
            12..16 => self.fire(),
            16..17 => self.switch(),
            17..19 => self.clear(),
            19..21 => self.liquidate(),
            21..22 => self.end(),
            22..24 if self.governed => self.govern(),
            _ => self.operations(),
        }
    }

    /// Lets time go by now and then, so that each hour has samples and ends after 600 inputs: first to where they begin, then
    /// from one to the next.
    fn pass(&mut self) {
        match (self.seq.is_multiple_of(100), self.seq / 100 % 6) {
            (true, 1) => self.time = (self.time / HOUR_MS + 1) * HOUR_MS - 9_500,
            (true, _) => self.time += HOUR_SAMPLE_MS,
            (false, _) => {}
        }
    }

    /// The input that ends the open batch.
    pub fn seal(&mut self) -> Input {
        let index = BatchIndex(self.batch);
        self.batch += 1;
        self.input(Source::System(SystemCommand::SealBatch { index }))
    }

    /// Learns of an order that rests, so that it may be cancelled or replaced later.
    pub fn learn(&mut self, market: MarketId, order: OrderId) {
        self.known.push((market, order));
        if self.known.len() > 256 {
            self.known.remove(0);
        }
    }

    fn input(&mut self, source: Source) -> Input {
        self.seq += 1;
        self.time += self.random.random_range(0..40);
        Input { seq: Seq(self.seq), time: Millis(self.time), source }
    }

    fn drift(&mut self) {
        for price in &mut self.prices {
            let step = self.random.random_range(0..=*price / 500);
            *price = if self.random.random() { *price + step } else { *price - step };
        }
    }

    /// USDC mostly, one of the others, and one that there is not.
    const fn asset(&self) -> AssetId {
        AssetId(match self.seq % 16 {
            1 | 2 => 1,
            5 | 9 => 2,
            13 => 3,
            _ => 0,
        })
    }

    fn deposit(&mut self, owner: usize, account: u32, amount: i64) -> Input {
        self.deposit_of(AssetId::USDC, owner, account, amount)
    }

    fn deposit_of(&mut self, asset: AssetId, owner: usize, account: u32, amount: i64) -> Input {
        let payload = L1Payload::Deposit {
            asset,
            owner: self.owners[owner].address(),
            account: AccountId(account),
            amount: Quote(amount),
        };
        self.message(payload)
    }

    /// The next message of L1.
    fn message(&mut self, payload: L1Payload) -> Input {
        let message = L1Message {
            index: self.messages,
            l1_block: self.messages / 3,
            l1_time: self.time / 1_000,
            payload,
        };
        self.messages += 1;
        self.input(Source::L1(message))
    }

    fn report(&mut self, publisher: usize) -> Input {
        let usdc = self.seq.is_multiple_of(2).then(|| ReportedPrice::usdc(self.usdc()));
        let capacity = (self.prices.len() > 1).then(|| ReportedPrice::capacity(BOUND, self.capacity()));
        let prices = (0..).map(MarketId).zip(&self.prices);
        let report = PriceReport {
            publisher: u8::try_from(publisher).expect("few publishers"),
            time: Millis(self.time + 1),
            prices: prices
                .map(|(market, price)| ReportedPrice::plain(market, PriceTicks(*price)))
                .chain(capacity)
                .chain(usdc)
                .collect(),
        };
        let signature = sign(&self.publishers[publisher], report_digest(self.separator, &report));
        self.input(Source::Publisher { report, signature })
    }

    /// What open interest the second market can bear, in USDC: a lot mostly, and in one of eight spans of inputs hardly any.
    const fn capacity(&self) -> u64 {
        if self.seq / 500 % 8 == 3 { 20_000 } else { 50_000_000 }
    }

    /// What a USDC is worth, in ppm: a dollar mostly, of eight spans of inputs in one less and in one far less.
    const fn usdc(&self) -> Ppm {
        Ppm(match self.seq / 500 % 8 {
            1 => 985_000,
            5 => 965_000,
            _ => 1_000_000,
        })
    }

    /// A command of an account: by its owner or its session key, rarely by a stranger.
    fn user(
        &mut self,
        account: usize,
        command: impl FnOnce(AccountId, Nonce, Millis) -> UserCommand,
    ) -> Input {
        let by_session = self.random.random_range(0..10) == 0;
        let stranger = self.random.random_range(0..50) == 0;
        let window = account + if by_session { self.owners.len() } else { 0 };
        let key = match (stranger, by_session) {
            (true, _) => key(9_999_999),
            (false, true) => self.sessions[account].clone(),
            (false, false) => self.owners[account].clone(),
        };
        self.signed(account, window, &key, command)
    }

    /// The same by this key, with the next nonce of this window.
    fn signed(
        &mut self,
        account: usize,
        window: usize,
        key: &PrivateKeySigner,
        command: impl FnOnce(AccountId, Nonce, Millis) -> UserCommand,
    ) -> Input {
        self.nonces[window] += 1;
        let id = AccountId(u32::try_from(account).expect("few accounts"));
        let command = command(id, Nonce(self.nonces[window]), Millis(self.time + 60_000));
        let signature = sign(key, command_digest(self.separator, &command));
        self.input(Source::User { command, signature })
    }

    /// How many accounts are not in the silo: they are the first.
    fn outside(&self) -> usize {
        self.owners.len() / if self.silo.is_some() { 2 } else { 1 }
    }

    /// Mostly to the other account of the owner, where there is one; rarely to a new one.
    fn transfer(&mut self) -> Input {
        let (account, count, all) = (self.account(), self.outside(), self.owners.len());
        let to = if account < count { account + count } else { account - count };
        let to = if self.random.random_range(0..8) == 0 { self.random.random_range(0..all) } else { to };
        let is_new = self.random.random_range(0..32) == 0;
        let pool = PoolId(u16::from(to >= count));
        let to = if is_new { NEW_ACCOUNT } else { u32::try_from(to).expect("few accounts") };
        let amount = self.random.random_range(0..2_000_000_000);
        self.user(account, transfer(AccountId(to), pool, amount))
    }

    fn account(&mut self) -> usize {
        self.random.random_range(0..self.owners.len())
    }

    fn withdraw(&mut self) -> Input {
        let account = self.account();
        let asset = self.asset();
        let amount = self.random.random_range(0..2_000_000_000);
        let amount = Quote(if asset == AssetId::USDC { amount } else { amount / 1_000 });
        let recipient = self.owners[account].address();
        self.user(account, |account, nonce, expires| {
            UserCommand::Withdraw(Withdraw { account, nonce, expires, asset, amount, recipient })
        })
    }

    fn grant(&mut self) -> Input {
        let account = self.account();
        let (key, until) = (self.sessions[account].address(), Millis(self.time + 100_000));
        self.user(account, |account, nonce, expires| {
            UserCommand::GrantSession(GrantSession {
                account,
                nonce,
                expires,
                key,
                valid_until: until,
                scope: scope::ALL,
            })
        })
    }

    /// Names orders that are known: few are at their end, and many are gone.
    fn sweep(&mut self) -> Input {
        let orders = self.known.clone();
        self.input(Source::System(SystemCommand::Sweep { orders }))
    }

    /// Names what was asked for lately: some of it is due.
    fn fire(&mut self) -> Input {
        let conditionals = self.waiting.clone();
        self.input(Source::System(SystemCommand::Fire { conditionals }))
    }

    /// An order that waits, and often hangs together with the step before.
    fn conditional(&mut self, market: MarketId, step: u8) -> Operation {
        let (order, price) = (self.order(market), self.prices[usize::from(market.0)]);
        let level = PriceTicks(price + self.random.random_range(0..price / 200) - price / 400);
        let source = self.one_of(&[PriceSource::Mark, PriceSource::Index]);
        let direction = self.one_of(&[Direction::Above, Direction::Below]);
        let at = Millis(self.time + self.random.random_range(0..2_000));
        let trigger = match self.random.random_range(0..6) {
            0 => Trigger::Opened,
            1 => Trigger::Time { at, slices: 1, interval: 0 },
            2 => Trigger::Time { at, slices: self.random.random_range(2..5), interval: 1_000 },
            _ => Trigger::Price { source, direction, level },
        };
        let kind = self.one_of(&[LinkKind::After, LinkKind::Beside]);
        let link = (step > 0 && self.random.random()).then(|| Link { step: step - 1, kind });
        Operation::PlaceConditional { market, order, trigger, link }
    }

    /// The guardian restricts a market for a while, or no longer. It halts one only now and then.
    fn switch(&mut self) -> Input {
        let market = self.market();
        let ahead = self.random.random_range(0..4_000);
        let until = Millis(if self.random.random_range(0..3) == 0 { 0 } else { self.time + ahead });
        let mode = match self.random.random_range(0..16) {
            0 => MarketMode::Halt,
            1..5 => MarketMode::ReduceOnly,
            _ => MarketMode::Batches,
        };
        let command =
            GuardianCommand::Restrict(Restrict { market, mode, until, time: Millis(self.time + 1) });
        let signature = sign(&key(GUARDIAN), guardian_digest(self.separator, &command));
        self.input(Source::Guardian { command, signature })
    }

    /// Mostly of an account that has margin. Now and then a price jumps, so that one has not.
    fn liquidate(&mut self) -> Input {
        let account = AccountId(u32::try_from(self.account()).expect("few accounts"));
        if self.random.random_range(0..8) == 0 {
            let market = usize::from(self.market().0);
            self.prices[market] = self.prices[market] * self.random.random_range(85..115) / 100;
        }
        self.input(Source::System(SystemCommand::Liquidate { account }))
    }

    /// Mostly of a market that goes on, and of accounts that have nothing there.
    fn end(&mut self) -> Input {
        let market = self.market();
        let command = match self.random.random_range(0..4) {
            0 => SystemCommand::Settle { market },
            1 => SystemCommand::Resolve { pool: PoolId(self.random.random_range(0..2)) },
            _ => {
                let first = self.random.random_range(0..self.owners.len() as u32);
                let end = self.owners.len() as u32;
                let accounts = (first..end).step_by(self.random.random_range(1..4)).map(AccountId).collect();
                SystemCommand::SettlePositions { market, accounts }
            }
        };
        self.input(Source::System(command))
    }

    /// Around what genesis says, of a market or pool that may be none; now and then nobody says anything until it is due.
    fn govern(&mut self) -> Input {
        let (action, of) = self.one_of(&[
            (0, 25_000),
            (1, 50_000),
            (2, 5_000_000_000_000),
            (3, 500_000_000_000),
            (4, 1),
            (5, 0),
            (6, 1),
            (7, 10_000_000_000),
            (8, 1),
            (9, 100_000_000_000),
            (10, 100_000_000_000),
            (13, 1_000_000_000_000),
        ]);
        let subject = self.random.random_range(0..=self.prices.len() as u16);
        let value = match action {
            5 => (self.time / MINUTE_MS + 4_321) * MINUTE_MS,
            _ => of * self.random.random_range(40..210) / 100,
        };
        let payload = L1Payload::Governance(GovernanceCall { action, subject, value });
        let input = self.message(payload);
        if self.random.random_range(0..8) == 0 {
            self.time += FLOOR_NOTICE_MS;
        }
        input
    }

    /// Often of a market in which nothing waits.
    fn clear(&mut self) -> Input {
        let market = self.market();
        self.input(Source::System(SystemCommand::Clear { market }))
    }

    fn market(&mut self) -> MarketId {
        MarketId(self.random.random_range(0..self.prices.len() as u16))
    }

    /// Where the account trades; rarely one of another pool.
    fn market_of(&mut self, account: usize) -> MarketId {
        match self.silo {
            Some(silo) if self.random.random_range(0..32) != 0 => {
                if account >= self.outside() {
                    silo
                } else {
                    MarketId(self.random.random_range(0..silo.0))
                }
            }
            _ => self.market(),
        }
    }

    fn operations(&mut self) -> Input {
        let account = self.account();
        let count = self.random.random_range(1..5);
        let atomic = self.random.random_range(0..4) == 0;
        let market = self.market_of(account);
        let operations: Vec<Operation> = (0..count)
            .map(|step| {
                let waits = self.random.random_range(0..8) == 0;
                if waits { self.conditional(market, step) } else { self.operation(account) }
            })
            .collect();
        let id = AccountId(u32::try_from(account).expect("few accounts"));
        for (step, operation) in (0..).zip(&operations) {
            if matches!(operation, Operation::PlaceConditional { .. }) {
                self.waiting.push((id, ConditionalId::new(Seq(self.seq + 1), step)));
            }
        }
        let old = self.waiting.len().saturating_sub(MAX_FIRED);
        self.waiting.drain(..old);
        self.user(account, |account, nonce, expires| {
            UserCommand::Operations(Operations { account, nonce, expires, atomic, operations })
        })
    }

    fn operation(&mut self, account: usize) -> Operation {
        let market = self.market_of(account);
        let known = self.known.choose(&mut self.random).copied();
        match (self.random.random_range(0..20), known) {
            (0..3, Some((market, order))) => Operation::Cancel { market, order },
            (3..5, Some((market, order))) => Operation::Replace { market, order, new: self.order(market) },
            (5, _) if self.random.random() => Operation::CancelAll(CancelFilter::market(market)),
            (6, _) if self.random.random() => Operation::CancelAll(CancelFilter::ALL),
            (7, _) => {
                let side = Some(if self.random.random() { Side::Buy } else { Side::Sell });
                Operation::CancelAll(CancelFilter { side, ..CancelFilter::market(market) })
            }
            (10, _) if self.random.random() => match self.waiting.choose(&mut self.random) {
                Some((_, conditional)) => Operation::CancelConditional { conditional: *conditional },
                None => Operation::CancelAll(CancelFilter::ALL),
            },
            (8, _) => Operation::CancelClient { market, client: ClientId(self.random.random_range(0..50)) },
            (9, _) if self.random.random_range(0..3) == 0 => {
                Operation::SetLeverage { market, leverage: self.random.random_range(0..24) }
            }
            (9, _) if self.random.random_range(0..4) == 0 => {
                let at = Millis(self.time + self.random.random_range(0..2_000));
                Operation::ScheduleCancel { at: self.random.random::<bool>().then_some(at) }
            }
            _ => Operation::Place { market, order: self.order(market) },
        }
    }

    fn order(&mut self, market: MarketId) -> NewOrder {
        let mid = self.prices[usize::from(market.0)];
        let away = self.random.random_range(0..mid / 200);
        let price = if self.random.random() { mid + away } else { mid - away };
        let price = if self.random.random_range(0..60) == 0 { 0 } else { price };
        let size = SizeLots(self.random.random_range(0..2_000));
        let time_in_force = self.one_of(&[
            TimeInForce::Gtc,
            TimeInForce::Gtc,
            TimeInForce::Gtc,
            TimeInForce::Ioc,
            TimeInForce::Fok,
            TimeInForce::PostOnly,
            TimeInForce::PostOnlySlide,
        ]);
        let rests = !matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        let until = Millis(self.time + self.random.random_range(0..4_000));
        let display = SizeLots(size.0 / self.random.random_range(2..9) + 1);
        NewOrder {
            good_until: (rests && self.random.random_range(0..8) == 0).then_some(until),
            reduce_only: self.random.random_range(0..8) == 0,
            self_trade: self.one_of(&[
                SelfTrade::CancelMaker,
                SelfTrade::CancelTaker,
                SelfTrade::CancelBoth,
                SelfTrade::Decrement,
            ]),
            display: (rests && self.random.random_range(0..6) == 0).then_some(display),
            ..NewOrder::plain(
                if self.random.random() { Side::Buy } else { Side::Sell },
                PriceTicks(price),
                size,
                time_in_force,
                ClientId(self.random.random_range(0..50)),
            )
        }
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        *choices.choose(&mut self.random).expect("not empty")
    }
}

/// The command that moves so much to an account of a pool.
fn transfer(
    to: AccountId,
    pool: PoolId,
    amount: i64,
) -> impl FnOnce(AccountId, Nonce, Millis) -> UserCommand {
    move |account, nonce, expires| {
        UserCommand::Transfer(Transfer { account, nonce, expires, to, pool, amount: Quote(amount) })
    }
}

pub(crate) fn sign(key: &PrivateKeySigner, digest: B256) -> Signature {
    Signature(key.sign_hash_sync(&digest).expect("a local key signs").as_bytes())
}

/// The rolling hash of the inbox after `messages`, from its beginning.
#[must_use]
pub fn rolling_hash<'a>(messages: impl IntoIterator<Item = &'a L1Message>) -> B256 {
    messages.into_iter().fold(B256::ZERO, |hash, message| inbox::roll(hash, inbox::l1_message_hash(message)))
}
