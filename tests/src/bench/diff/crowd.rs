//! Many accounts that trade in the engine, and what each batch of their trades changes.

use ballast_auth::{Domain, Recover};
use ballast_batch::{Changed, Diff, diff::Previous};
use ballast_engine::{Exchange, GenesisConfig, ProtectionConfig, apply, commit, verify};
use ballast_state::{Account, Change, LeafBytes, Market, Pool, Queued, Section};
use ballast_types::{
    AccountId, Address, AssetId, B256, ClientId, Event, Input, L1Message, L1Payload, MarketId, MarketParams,
    Millis, NewOrder, Nonce, Operation, Operations, OrderId, PoolId, PriceReport, PriceTicks, Quote,
    ReportedPrice, Side, Signature, SizeLots, Source, TimeInForce, UserCommand, codec, limits::NEW_ACCOUNT,
};
use std::collections::HashMap;

/// When it begins.
const TIME: u64 = 1_700_000_000_000;
/// What an account begins with at least, in u.
const STAKE: i64 = 1_000_000_000_000;
/// Milliseconds from one report of the prices to the next.
const REPORT_MS: u64 = 1_000;
/// Who says the prices.
const PUBLISHER: Address = Address::repeat_byte(9);

/// What somebody asks for. `id` is the caller's own number of the order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wish {
    /// Rest an order; or, when it only takes, cancel what is left of it.
    Place { id: u64, account: u32, market: u16, side: Side, price: PriceTicks, size: SizeLots, takes: bool },
    /// Cancel an order.
    Cancel { id: u64 },
    /// Give an order another price and size.
    Replace { id: u64, price: PriceTicks, size: SizeLots },
}

/// Believes that a signature is of whom it names: nothing here depends on signatures.
struct Named;

impl Recover for Named {
    fn recover(&self, _: B256, signature: &Signature) -> Option<Address> {
        Some(Address::from_slice(&signature.0[..20]))
    }
}

fn signed_by(address: Address) -> Signature {
    let mut bytes = [0; 65];
    bytes[..20].copy_from_slice(address.as_slice());
    (bytes[63], bytes[64]) = (1, 27);
    Signature(bytes)
}

struct Placed {
    account: u32,
    market: u16,
    side: Side,
    order: OrderId,
}

/// An exchange whose accounts have money and whose markets have a price.
pub(super) struct Crowd {
    exchange: Exchange,
    leaves: LeafBytes,
    nonces: Vec<u64>,
    placed: HashMap<u64, Placed>,
    time: u64,
    /// What was traded last, by market.
    prices: Vec<PriceTicks>,
    /// Fills since the last batch.
    pub(super) fills: u64,
}

impl Crowd {
    pub(super) fn new(accounts: u32, markets: Vec<MarketParams>, prices: &[PriceTicks]) -> Self {
        let genesis = GenesisConfig {
            chain_id: 31_337,
            exchange: Address::repeat_byte(0xba),
            publishers: vec![PUBLISHER],
            quorum: 1,
            guardian: Address::ZERO,
            pools: vec![ProtectionConfig::default()],
            markets: markets.into_iter().map(Into::into).collect(),
            histories: Vec::new(),
            settlement_lag: false,
            peg_guard: false,
            assets: Vec::new(),
        };
        let mut crowd = Self {
            exchange: Exchange::genesis(&genesis).expect("the genesis is sound"),
            leaves: LeafBytes::default(),
            nonces: vec![0; accounts as usize],
            placed: HashMap::new(),
            time: TIME,
            prices: prices.to_vec(),
            fills: 0,
        };
        (0..accounts).for_each(|account| crowd.deposit(account));
        crowd.report();
        crowd.batch();
        crowd
    }

    /// Owner of an account.
    fn owner(account: u32) -> Address {
        let mut bytes = [7; 20];
        bytes[16..].copy_from_slice(&account.to_be_bytes());
        Address::from(bytes)
    }

    fn deposit(&mut self, account: u32) {
        let payload = L1Payload::Deposit {
            asset: AssetId(0),
            owner: Self::owner(account),
            account: AccountId(NEW_ACCOUNT),
            // No two begin alike, as nobody does.
            amount: Quote(STAKE + i64::from(account) * 1_000_003),
        };
        let message = L1Message { index: account.into(), l1_block: 1, l1_time: TIME / 1_000, payload };
        self.apply(Source::L1(message));
    }

    /// Tells the last price of each market.
    fn report(&mut self) {
        let price = |(market, price): (u16, &PriceTicks)| ReportedPrice::plain(MarketId(market), *price);
        let prices = (0..).zip(&self.prices).map(price).collect();
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        self.apply(Source::Publisher { report, signature: signed_by(PUBLISHER) });
    }

    /// Asks for `wish` a millisecond after what came before; one about an order that never rested says nothing.
    pub(super) fn ask(&mut self, wish: Wish) {
        self.time += 1;
        if self.time.is_multiple_of(REPORT_MS) {
            self.report();
        }
        let (id, account, market, side, operation) = match wish {
            Wish::Place { id, account, market, side, price, size, takes } => {
                let force = if takes { TimeInForce::Ioc } else { TimeInForce::Gtc };
                let order = NewOrder::plain(side, price, size, force, ClientId(id));
                (id, account, market, side, Operation::Place { market: MarketId(market), order })
            }
            Wish::Cancel { id } => {
                let Some(Placed { account, market, side, order }) = self.placed.remove(&id) else { return };
                (id, account, market, side, Operation::Cancel { market: MarketId(market), order })
            }
            Wish::Replace { id, price, size } => {
                let Some(Placed { account, market, side, order }) = self.placed.remove(&id) else { return };
                let new = NewOrder::plain(side, price, size, TimeInForce::Gtc, ClientId(id));
                (id, account, market, side, Operation::Replace { market: MarketId(market), order, new })
            }
        };
        let nonce = &mut self.nonces[account as usize];
        *nonce += 1;
        let command = UserCommand::Operations(Operations {
            account: AccountId(account),
            nonce: Nonce(*nonce),
            expires: Millis(self.time + 1_000),
            atomic: false,
            operations: vec![operation],
        });
        let signature = signed_by(Self::owner(account));
        if let Some(order) = self.apply(Source::User { command, signature }) {
            self.placed.insert(id, Placed { account, market, side, order });
        }
    }

    /// Applies an input; the order that it made.
    fn apply(&mut self, source: Source) -> Option<OrderId> {
        let seq = self.exchange.state.chain.seq.next();
        let input = Input { seq, time: Millis(self.time), source };
        let domain = Domain { chain_id: 31_337, exchange: Address::repeat_byte(0xba) };
        let verified = verify(&Named, domain.separator(), &input.source);
        let outcome = apply(&mut self.exchange, &input, &verified);
        for event in &outcome.events {
            if let Event::Fill { market, price, .. } = event {
                self.fills += 1;
                self.prices[usize::from(market.0)] = *price;
            }
        }
        outcome.events.iter().find_map(|event| match event {
            Event::OrderAccepted { order, .. } => Some(*order),
            _ => None,
        })
    }

    /// What changed since the last batch, and the fills that did it.
    pub(super) fn batch(&mut self) -> (Diff, u64) {
        let changes = commit(&mut self.exchange);
        let diff = Diff {
            accounts: self.changed(Section::Accounts, &changes, codec::decode),
            markets: self.changed(Section::Markets, &changes, codec::decode),
            pools: self.changed(Section::Pools, &changes, codec::decode),
            queues: Vec::new(),
            withdrawals: Vec::new(),
            stripe: None,
        };
        self.leaves.take(&changes);
        (diff.net(), std::mem::take(&mut self.fills))
    }

    /// The leaves as they were at the last batch.
    pub(super) fn committed(&self) -> Committed {
        Committed(self.leaves.clone())
    }

    fn changed<T, E: std::fmt::Debug>(
        &self,
        section: Section,
        changes: &[Change],
        read: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Vec<Changed<T>> {
        let read = |leaf: &[u8]| read(leaf).expect("a leaf of ours decodes");
        let ours = changes.iter().filter(|change| change.0 == section);
        ours.map(|(_, index, after)| Changed {
            index: *index,
            before: self.leaves.get(section, *index).map(|leaf| read(&leaf)),
            after: read(after.as_deref().expect("an exit leaf never becomes empty")),
        })
        .collect()
    }
}

/// The leaves that a diff is told against.
pub(super) struct Committed(LeafBytes);

impl Committed {
    fn read<T, E>(&self, section: Section, index: u32, read: fn(&[u8]) -> Result<T, E>) -> Option<T> {
        self.0.get(section, index).and_then(|leaf| read(&leaf).ok())
    }
}

impl Previous for Committed {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.read(Section::Accounts, id.0, codec::decode)
    }

    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.read(Section::Markets, id.0.into(), codec::decode)
    }

    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.read(Section::Pools, id.0.into(), codec::decode)
    }

    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.read(Section::Pools, index, codec::decode)
    }
}
