//! The exchange that is weighed: made by the engine out of inputs, their signatures left out.

use super::Parameters;
use crate::stream;
use alloy::{
    primitives::keccak256,
    signers::{SignerSync, local::PrivateKeySigner},
};
use ballast_auth::{Recover, command_digest, report_digest};
use ballast_batch::BatchHeader;
use ballast_engine::{Exchange, GenesisConfig, ProtectionConfig, apply, commit, invariants, verify};
use ballast_node::{
    batcher::{Ledger, StoredBatch},
    journal::{
        Journal,
        store::{Store, Table, Write},
    },
    pipeline::Record,
    restart,
    secp::Secp256k1,
};
use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, ClientId, Event, Input, L1Message, L1Payload, MarketId,
    MarketParams, Millis, NewOrder, Nonce, Operation, Operations, PriceReport, PriceTicks, Quote,
    ReportedPrice, Side, Signature, SizeLots, Source, Status, SystemCommand, TimeInForce, UserCommand, codec,
    limits::NEW_ACCOUNT,
};
use rand::{Rng, SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// The only time there is: prices never age.
pub(super) const TIME: Millis = Millis(1_700_000_000_000);
/// Price of every market, in ticks.
const PRICE: u64 = 500_000;
/// Positions of each account.
const POSITIONS: usize = 3;
/// Accounts with a real key: they sign what is replayed.
const SIGNERS: u32 = 256;
/// What every account begins with, in micro-USDC.
const FUNDS: Quote = Quote(100_000_000_000);
/// Most records in one write of the journal.
const GROUP: usize = 1_000;

/// Signatures of a form that is taken; they sign nothing.
const UNSIGNED: Signature = {
    let mut bytes = [1; 65];
    bytes[64] = 27;
    Signature(bytes)
};

/// Finds the same signer under everything.
struct Always(Address);

impl Recover for Always {
    fn recover(&self, _: B256, _: &Signature) -> Option<Address> {
        Some(self.0)
    }
}

/// The exchange before its first input.
pub(super) fn genesis(markets: u16) -> Exchange {
    let config = GenesisConfig {
        chain_id: 31_337,
        exchange: Address::repeat_byte(0xba),
        publishers: vec![publisher().address()],
        quorum: 1,
        guardian: Address::ZERO,
        pools: vec![ProtectionConfig::default()],
        markets: (0..markets).map(|number| market(number).into()).collect(),
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
        assets: Vec::new(),
    };
    Exchange::genesis(&config).expect("the genesis is sound")
}

/// No time passes in which open interest could grow, so nothing limits it.
fn market(number: u16) -> MarketParams {
    let plain = stream::market(&format!("M{number}-USD"));
    MarketParams { open_interest_cap: Quote::ZERO, open_interest_growth: Quote::ZERO, ..plain }
}

fn publisher() -> PrivateKeySigner {
    stream::key(1)
}

fn signer(account: u32) -> PrivateKeySigner {
    stream::key(100 + u64::from(account))
}

fn owner(account: u32) -> Address {
    if account < SIGNERS {
        return signer(account).address();
    }
    Address::from_word(keccak256(account.to_be_bytes()))
}

/// An exchange that is being filled.
pub(super) struct Crowd {
    exchange: Exchange,
    separator: B256,
    random: ChaCha8Rng,
    accounts: u32,
}

impl Crowd {
    /// Opens the accounts, lets each pair of them trade in three markets, and lets each leave an order.
    pub(super) fn gather(workload: &Parameters) -> Self {
        let exchange = genesis(workload.markets);
        let mut crowd = Self {
            separator: exchange.separator(),
            exchange,
            random: ChaCha8Rng::seed_from_u64(workload.seed),
            accounts: workload.accounts,
        };
        crowd.report(workload.markets);
        (0..workload.accounts).for_each(|account| crowd.deposit(account));
        for pair in 0..workload.accounts / 2 {
            let markets = sample(&mut crowd.random, usize::from(workload.markets), POSITIONS);
            let markets: Vec<_> = markets.into_iter().map(|market| MarketId(market as u16)).collect();
            let sizes: Vec<_> = markets.iter().map(|_| SizeLots(crowd.random.random_range(1..=10))).collect();
            for (account, side) in [(2 * pair, Side::Sell), (2 * pair + 1, Side::Buy)] {
                let mut operations: Vec<_> = markets
                    .iter()
                    .zip(&sizes)
                    .map(|(market, size)| Operation::Place {
                        market: *market,
                        order: order(side, PriceTicks(PRICE), *size),
                    })
                    .collect();
                operations.push(crowd.resting(&markets, account));
                crowd.trade(account, operations);
            }
        }
        invariants::check(&crowd.exchange).expect("the invariants hold");
        crowd
    }

    /// Writes the snapshot of all of it, and `replayed` signed inputs behind it. What the log held before the
    /// snapshot is left out but for its last input: no restart reads it.
    pub(super) fn write(mut self, store: Arc<dyn Store>, replayed: u32) -> eyre::Result<()> {
        let journal = Journal::new(Arc::clone(&store));
        restart::base(&journal, genesis(self.exchange.state.chain.markets), false)?;
        let (index, seal) = self.seal();
        let ledger = Ledger::of(&commit(&mut self.exchange));
        let header = BatchHeader {
            index: index.0,
            lastSeq: seal.input.seq.0,
            ..BatchHeader::genesis(ledger.commitment().section_roots())
        };
        let batch = StoredBatch::new(&header, Vec::new(), &[]);
        journal.put_batch(index, codec::encode(&batch), 0..0)?;
        journal.put_snapshot(index, seal.input.seq, ledger.snapshot())?;
        let key = seal.input.seq.0.to_be_bytes().to_vec();
        store.write(&[Write { table: Table::Inputs, key, value: Some(seal.input_bytes) }])?;
        let records: Vec<Record> = (0..replayed).map(|n| self.signed(n)).collect();
        for group in records.chunks(GROUP) {
            journal.append(group)?;
        }
        Ok(())
    }

    /// Gives every market a price.
    fn report(&mut self, markets: u16) {
        let price = |market| ReportedPrice::plain(MarketId(market), PriceTicks(PRICE));
        let report = PriceReport { publisher: 0, time: TIME, prices: (0..markets).map(price).collect() };
        let signature = sign(&publisher(), report_digest(self.separator, &report));
        self.apply(Source::Publisher { report, signature }, &Secp256k1);
    }

    fn deposit(&mut self, account: u32) {
        let index = self.exchange.state.chain.l1_count;
        let payload = L1Payload::Deposit {
            asset: AssetId(0),
            owner: owner(account),
            account: AccountId(NEW_ACCOUNT),
            amount: FUNDS,
        };
        let message = L1Message { index, l1_block: index, l1_time: TIME.0 / 1_000, payload };
        self.apply(Source::L1(message), &Secp256k1);
    }

    /// An order that rests in one of `markets`, the `number`th: one of 16 only for some time, and of those of the
    /// accounts' own one of 16 only to close.
    fn resting(&mut self, markets: &[MarketId], number: u32) -> Operation {
        let market = markets[self.random.random_range(0..markets.len())];
        let away = self.random.random_range(1..PRICE / 20);
        let closes = number % 16 == 1 && number < self.accounts;
        // Who has an odd number bought.
        let sells = closes || self.random.random();
        let (side, price) = if sells { (Side::Sell, PRICE + away) } else { (Side::Buy, PRICE - away) };
        let mut order = order(side, PriceTicks(price), SizeLots(self.random.random_range(1..=10)));
        order.client = ClientId(u64::from(number) + 1);
        order.reduce_only = closes;
        order.good_until = number.is_multiple_of(16).then_some(Millis(TIME.0 + 3_600_000));
        Operation::Place { market, order }
    }

    fn trade(&mut self, account: u32, operations: Vec<Operation>) {
        let command = self.command(account, operations);
        self.apply(Source::User { command, signature: UNSIGNED }, &Always(owner(account)));
    }

    /// A signed input that leaves one more order.
    fn signed(&mut self, number: u32) -> Record {
        let account = number % SIGNERS.min(self.accounts);
        let market = MarketId(number as u16 % self.exchange.state.chain.markets);
        let operation = self.resting(&[market], self.accounts + number);
        let command = self.command(account, vec![operation]);
        let signature = sign(&signer(account), command_digest(self.separator, &command));
        self.apply(Source::User { command, signature }, &Secp256k1)
    }

    fn command(&self, account: u32, operations: Vec<Operation>) -> UserCommand {
        let trader = self.exchange.state.traders.get(account).expect("the account is open");
        UserCommand::Operations(Operations {
            account: AccountId(account),
            nonce: Nonce(trader.nonces.highest().0 + 1),
            expires: Millis(TIME.0 + 1_000),
            atomic: false,
            operations,
        })
    }

    fn seal(&mut self) -> (BatchIndex, Record) {
        let index = self.exchange.state.chain.batch;
        (index, self.apply(Source::System(SystemCommand::SealBatch { index }), &Secp256k1))
    }

    /// Applies an input of which nothing may be refused.
    fn apply(&mut self, source: Source, recover: &impl Recover) -> Record {
        let input = Input { seq: self.exchange.state.chain.seq.next(), time: TIME, source };
        let verified = verify(recover, self.separator, &input.source);
        let outcome = apply(&mut self.exchange, &input, &verified);
        let refused = |event: &Event| matches!(event, Event::OperationRejected { .. });
        assert!(
            outcome.status == Status::Accepted && !outcome.events.iter().any(refused),
            "{input:?}: {outcome:?}"
        );
        let chain = self.exchange.state.chain.promise;
        Record { input_bytes: codec::encode(&input), input, chain, outcome }
    }
}

fn order(side: Side, price: PriceTicks, size: SizeLots) -> NewOrder {
    NewOrder::plain(side, price, size, TimeInForce::Gtc, ClientId(0))
}

fn sign(key: &PrivateKeySigner, digest: B256) -> Signature {
    Signature(key.sign_hash_sync(&digest).expect("a local key signs").as_bytes())
}
