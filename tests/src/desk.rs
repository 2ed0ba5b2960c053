//! Those who sign on an exchange that is no process: a publisher of prices, and traders with all the money they need.

use crate::stream;
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use ballast_auth::{Domain, command_digest, report_digest};
use ballast_engine::{GenesisConfig, ProtectionConfig};
use ballast_types::{
    AccountId, Address, AssetId, B256, L1Message, L1Payload, MarketId, Millis, Nonce, Operation, Operations,
    Ppm, PriceReport, PriceTicks, Quote, ReportedPrice, Signature, Source, UserCommand, limits::NEW_ACCOUNT,
};

/// When it all happens.
pub const TIME: u64 = 1_700_000_000_000;
/// Price of every market at first, in ticks.
pub const PRICE: u64 = 100_000;
/// What a trader deposits, in micro-USDC.
pub const WEALTH: Quote = Quote(1_000_000_000_000_000);

/// Writes what they say.
#[derive(Clone, Debug)]
pub struct Desk {
    markets: u16,
    separator: B256,
    publisher: PrivateKeySigner,
    keys: Vec<PrivateKeySigner>,
    nonces: Vec<u64>,
    messages: u64,
}

impl Desk {
    /// A desk of `accounts` traders over `markets` markets whose orders may have any price, and the exchange that it is
    /// for.
    #[must_use]
    pub fn new(accounts: u32, markets: u16) -> (Self, GenesisConfig) {
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
            assets: Vec::new(),
        };
        let keys: Vec<_> = (0..accounts).map(|n| stream::key(100 + u64::from(n))).collect();
        let separator = Domain { chain_id: genesis.chain_id, exchange: genesis.exchange }.separator();
        let nonces = vec![0; keys.len()];
        (Self { markets, separator, publisher, keys, nonces, messages: 0 }, genesis)
    }

    /// Every trader gets an account with as much money as `wealth` says of his number, and every market this price, in ticks.
    pub fn opening(&mut self, price: u64, wealth: impl Fn(u32) -> Quote) -> Vec<Source> {
        let owners: Vec<_> = self.keys.iter().map(PrivateKeySigner::address).collect();
        let owners = (0..).zip(owners);
        let mut sources: Vec<_> = owners.map(|(trader, owner)| self.deposit(owner, wealth(trader))).collect();
        sources.push(self.report(TIME, price));
        sources
    }

    /// The next message of L1: a deposit into an account that is opened for it.
    pub fn deposit(&mut self, owner: Address, amount: Quote) -> Source {
        let index = self.messages;
        self.messages += 1;
        let account = AccountId(NEW_ACCOUNT);
        let payload = L1Payload::Deposit { asset: AssetId(0), owner, account, amount };
        Source::L1(L1Message { index, l1_block: 1, l1_time: TIME / 1_000, payload })
    }

    /// The publisher gives every market this price, in ticks, at `time`, in milliseconds.
    #[must_use]
    pub fn report(&self, time: u64, price: u64) -> Source {
        let prices =
            (0..self.markets).map(|market| ReportedPrice::plain(MarketId(market), PriceTicks(price)));
        let report = PriceReport { publisher: 0, time: Millis(time), prices: prices.collect() };
        let signature = sign(&self.publisher, report_digest(self.separator, &report));
        Source::Publisher { report, signature }
    }

    /// What a trader asks for under one signature.
    ///
    /// # Panics
    /// When there is no such trader.
    pub fn operations(&mut self, trader: u32, operations: Vec<Operation>) -> Source {
        let nonce = &mut self.nonces[trader as usize];
        *nonce += 1;
        let command = UserCommand::Operations(Operations {
            account: AccountId(trader),
            nonce: Nonce(*nonce),
            expires: Millis(TIME + 50_000),
            atomic: false,
            operations,
        });
        let signature = sign(&self.keys[trader as usize], command_digest(self.separator, &command));
        Source::User { command, signature }
    }
}

fn sign(key: &PrivateKeySigner, digest: B256) -> Signature {
    Signature(key.sign_hash_sync(&digest).expect("a local key signs").as_bytes())
}
