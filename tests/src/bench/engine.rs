//! The engine with margin, fees, events and the promise chain on. Signatures are recovered and sources hashed
//! beforehand: they are another thread's work.

use super::timing::{Figures, RUNS, cpu_time, figures, nanos};
use crate::{
    stream,
    workload::{Kind, Step, generate},
};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use ballast_auth::{K256, command_digest};
use ballast_engine::{
    Exchange, GenesisConfig, ProtectionConfig, Verified, apply, apply_into, invariants, verify,
};
use ballast_types::{
    AccountId, Address, AssetId, ClientId, Event, Input, L1Message, L1Payload, MarketId, Millis, NewOrder,
    Nonce, Operation, Operations, OrderId, Ppm, PriceReport, PriceTicks, Quote, ReportedPrice, Side,
    Signature, SizeLots, Source, TimeInForce, UserCommand, limits::NEW_ACCOUNT,
};
use serde::Serialize;
use std::time::Instant;

/// Accounts that trade.
const ACCOUNTS: u32 = 256;
const TIME: u64 = 1_700_000_000_000;

/// What it ran on.
#[derive(Debug, Serialize)]
pub struct Parameters {
    /// Steps of the common workload.
    pub ops: usize,
    /// Markets that they are spread over.
    pub markets: usize,
    /// Steps of one account under one signature; a step that names an order of a batch not sent yet sends it.
    pub operations: usize,
    /// Accounts that trade.
    pub accounts: u32,
    /// Seed of the generator.
    pub seed: u64,
    /// Fills made.
    pub fills: u64,
    /// Steps refused: the target was gone, or a margin or limit spoke against it.
    pub rejected: u64,
}

/// Runs `ops` operations over `markets` markets, `operations` under one signature.
///
/// # Panics
/// When an invariant does not hold afterwards.
#[must_use]
pub fn run(ops: usize, markets: usize, operations: usize, seed: u64) -> Figures<Parameters> {
    let mut script = Script::new(markets, operations);
    let workload = generate(ops, markets, seed);
    workload.steps.iter().for_each(|step| script.step(step));
    (0..script.pending.len()).for_each(|owner| script.send(owner));
    invariants::check(&script.exchange).expect("the invariants hold");
    let mut runs = Vec::with_capacity(RUNS);
    let (mut events, mut fills, mut rejected) = (Vec::new(), 0, 0);
    for _ in 0..RUNS {
        let mut exchange = script.opened.clone();
        runs.push(
            cpu_time(|| {
                for (input, verified) in &script.inputs {
                    apply_into(&mut exchange, input, verified, &mut events);
                }
            })
            .0,
        );
    }
    let mut exchange = script.opened.clone();
    let mut single = Vec::with_capacity(script.inputs.len());
    for (input, verified) in &script.inputs {
        let start = Instant::now();
        apply_into(&mut exchange, input, verified, &mut events);
        single.push(nanos(start));
        fills += events.iter().filter(|event| matches!(event, Event::Fill { .. })).count() as u64;
        rejected +=
            events.iter().filter(|event| matches!(event, Event::OperationRejected { .. })).count() as u64;
    }
    let workload = Parameters { ops, markets, operations, accounts: ACCOUNTS, seed, fills, rejected };
    figures("engine", workload, ops, runs, single)
}

/// The signed inputs of a workload. They are made by running it: a cancel needs the id that the order got.
struct Script {
    /// The exchange before the first of the inputs.
    opened: Exchange,
    exchange: Exchange,
    inputs: Vec<(Input, Verified)>,
    keys: Vec<PrivateKeySigner>,
    nonces: Vec<u64>,
    placed: Vec<(OrderId, u32)>,
    /// By account: steps that wait for a signature, and the ids of the workload that they are about.
    pending: Vec<Vec<(Operation, usize)>>,
    /// Steps under one signature.
    operations: usize,
}

impl Script {
    fn new(markets: usize, operations: usize) -> Self {
        let publisher = stream::key(1);
        let genesis = GenesisConfig {
            chain_id: 31_337,
            exchange: Address::repeat_byte(0xba),
            publishers: vec![publisher.address()],
            quorum: 1,
            guardian: Address::ZERO,
            pools: vec![ProtectionConfig::default()],
            markets: (0..markets)
                .map(|n| {
                    let mut market = stream::market(&format!("M{n}-USD"));
                    market.order_band = Ppm(1_000_000);
                    market.into()
                })
                .collect(),
            histories: Vec::new(),
            settlement_lag: false,
            peg_guard: false,
        };
        let exchange = Exchange::genesis(&genesis).expect("the genesis is sound");
        let keys: Vec<_> = (0..ACCOUNTS).map(|n| stream::key(100 + u64::from(n))).collect();
        let mut script = Self {
            opened: exchange.clone(),
            exchange,
            inputs: Vec::new(),
            nonces: vec![0; keys.len()],
            keys,
            placed: Vec::new(),
            pending: vec![Vec::new(); ACCOUNTS as usize],
            operations,
        };
        script.open(&publisher, markets);
        script.opened = script.exchange.clone();
        script.inputs.clear();
        script
    }

    /// Gives every account money and every market a price.
    fn open(&mut self, publisher: &PrivateKeySigner, markets: usize) {
        for (index, key) in (0..).zip(self.keys.clone()) {
            let payload = L1Payload::Deposit {
                asset: AssetId(0),
                owner: key.address(),
                account: AccountId(NEW_ACCOUNT),
                amount: Quote(1_000_000_000_000_000),
            };
            self.apply(Source::L1(L1Message { index, l1_block: 1, l1_time: TIME / 1_000, payload }));
        }
        let price = |market: usize| {
            let market = MarketId(u16::try_from(market).expect("few markets"));
            ReportedPrice::plain(market, PriceTicks(100_000))
        };
        let report =
            PriceReport { publisher: 0, time: Millis(TIME), prices: (0..markets).map(price).collect() };
        let digest = ballast_auth::report_digest(self.exchange.separator(), &report);
        self.apply(Source::Publisher { report, signature: sign(publisher, digest) });
    }

    fn step(&mut self, step: &Step) {
        let (market, id) = (MarketId(step.book), step.id as usize);
        if matches!(step.kind, Kind::Cancel | Kind::Modify) {
            let owner = self.placed[id].1 as usize;
            if self.pending[owner].iter().any(|(_, of)| *of == id) {
                self.send(owner);
            }
        }
        let known = self.placed.get(id).copied();
        let (operation, owner) = match (step.kind, known) {
            (Kind::Limit | Kind::Ioc, _) => {
                (Operation::Place { market, order: new_order(step) }, step.owner % ACCOUNTS)
            }
            (Kind::Cancel, Some((order, owner))) => (Operation::Cancel { market, order }, owner),
            (Kind::Modify, Some((order, owner))) => {
                (Operation::Replace { market, order, new: new_order(step) }, owner)
            }
            (Kind::Cancel | Kind::Modify, None) => unreachable!("the workload names only ids that it made"),
        };
        self.note(id, None, owner);
        let pending = &mut self.pending[owner as usize];
        pending.push((operation, id));
        if pending.len() == self.operations {
            self.send(owner as usize);
        }
    }

    /// Signs and applies what waits for it.
    fn send(&mut self, owner: usize) {
        let (operations, ids): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pending[owner]).into_iter().unzip();
        if operations.is_empty() {
            return;
        }
        self.nonces[owner] += 1;
        let account = u32::try_from(owner).expect("few accounts");
        let command = UserCommand::Operations(Operations {
            account: AccountId(account),
            nonce: Nonce(self.nonces[owner]),
            expires: Millis(TIME + 1_000),
            atomic: false,
            operations,
        });
        let signature = sign(&self.keys[owner], command_digest(self.exchange.separator(), &command));
        for (step, order) in self.apply(Source::User { command, signature }) {
            self.note(ids[usize::from(step)], Some(order), account);
        }
    }

    /// Applies and keeps an input; the ids of the orders that its steps made.
    fn apply(&mut self, source: Source) -> Vec<(u8, OrderId)> {
        let seq = self.exchange.state.chain.seq.next();
        let input = Input { seq, time: Millis(TIME), source };
        let verified = verify(&K256, self.exchange.separator(), &input.source);
        let outcome = apply(&mut self.exchange, &input, &verified);
        self.inputs.push((input, verified));
        let accepted = outcome.events.iter().filter_map(|event| match event {
            Event::OrderAccepted { step, order, .. } => Some((*step, *order)),
            _ => None,
        });
        accepted.collect()
    }

    fn note(&mut self, at: usize, id: Option<OrderId>, owner: u32) {
        if self.placed.len() <= at {
            // An order that was refused keeps an id that no order has.
            self.placed.resize(at + 1, (OrderId(0), owner));
            self.placed[at].1 = owner;
        }
        if let Some(id) = id {
            self.placed[at].0 = id;
        }
    }
}

fn new_order(step: &Step) -> NewOrder {
    NewOrder::plain(
        if step.side == 0 { Side::Buy } else { Side::Sell },
        PriceTicks(step.price.into()),
        SizeLots(step.size.into()),
        if step.kind == Kind::Ioc { TimeInForce::Ioc } else { TimeInForce::Gtc },
        ClientId(step.id.into()),
    )
}

fn sign(key: &PrivateKeySigner, digest: ballast_types::B256) -> Signature {
    Signature(key.sign_hash_sync(&digest).expect("a local key signs").as_bytes())
}
