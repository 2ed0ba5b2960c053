//! `apply` with margin, fees, events and the promise chain, one order an input. Signatures are another thread's work:
//! they are taken for those of the owner before it begins.

use crate::{
    SEED,
    workload::{Kind, Step, generate},
};
use ballast_auth::Recover;
use ballast_engine::{Exchange, GenesisConfig, ProtectionConfig, Verified, apply, apply_into, verify};
use ballast_types::{
    AccountId, Address, AssetId, B256, ClientId, Event, FeeTier, Input, L1Message, L1Payload, MarketClass,
    MarketId, MarketParams, Millis, NewOrder, Nonce, Operation, Operations, OrderId, Ppm, PriceReport,
    PriceTicks, Quote, ReportedPrice, Side, Signature, SignedPpm, SizeLots, Source, TimeInForce, UserCommand,
    limits::NEW_ACCOUNT,
};

const STEPS: usize = 10_000;
const ACCOUNTS: u32 = 64;
const MARKET: MarketId = MarketId(0);
const TIME: Millis = Millis(1_700_000_000_000);
/// Who owns everything and publishes prices.
const OWNER: Address = Address::repeat_byte(7);

/// Finds the same signer under everything.
struct Always;

impl Recover for Always {
    fn recover(&self, _: B256, _: &Signature) -> Option<Address> {
        Some(OWNER)
    }
}

fn signature() -> Signature {
    let mut bytes = [1; 65];
    bytes[64] = 27;
    Signature(bytes)
}

/// One market, nobody in it.
pub(crate) fn genesis() -> Exchange {
    let market = MarketParams {
        symbol: "BTC-USD".to_owned(),
        price_decimals: 2,
        size_decimals: 2,
        kappa: 100,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(25_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(350), SignedPpm(50)),
        order_band: Ppm(1_000_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(500_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote::ZERO,
    };
    let config = GenesisConfig {
        chain_id: 1,
        exchange: Address::repeat_byte(0xba),
        publishers: vec![OWNER],
        quorum: 1,
        guardian: Address::ZERO,
        pools: vec![ProtectionConfig::default()],
        markets: vec![market.into()],
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
        assets: Vec::new(),
    };
    Exchange::genesis(&config).expect("the genesis is sound")
}

/// Puts money into an account.
pub(crate) fn deposit(exchange: &mut Exchange, account: u32, amount: i64) {
    let index = exchange.state.chain.l1_count;
    let account = AccountId(account);
    let payload = L1Payload::Deposit { asset: AssetId(0), owner: OWNER, account, amount: Quote(amount) };
    carry_out(exchange, Source::L1(L1Message { index, l1_block: index, l1_time: TIME.0 / 1_000, payload }));
}

fn carry_out(exchange: &mut Exchange, source: Source) -> (Input, Verified, Option<OrderId>) {
    let input = Input { seq: exchange.state.chain.seq.next(), time: TIME, source };
    let verified = verify(&Always, exchange.separator(), &input.source);
    let outcome = apply(exchange, &input, &verified);
    let order = outcome.events.iter().find_map(|event| match event {
        Event::OrderAccepted { order, .. } => Some(*order),
        _ => None,
    });
    (input, verified, order)
}

/// Carries the inputs out, or only makes them, which takes to carry them out once.
///
/// # Panics
/// When it did something else than it should.
#[must_use]
pub fn run(runs: bool) -> usize {
    let mut opened = genesis();
    (0..ACCOUNTS).for_each(|_| deposit(&mut opened, NEW_ACCOUNT, 1_000_000_000_000_000));
    let prices = vec![ReportedPrice::plain(MARKET, PriceTicks(100_000))];
    let report = PriceReport { publisher: 0, time: TIME, prices };
    carry_out(&mut opened, Source::Publisher { report, signature: signature() });

    let mut exchange = opened.clone();
    let mut placed = vec![(OrderId(0), 0); STEPS + 1];
    let mut inputs = Vec::with_capacity(STEPS);
    for (step, nonce) in generate(STEPS, 1, SEED).steps.iter().zip(1..) {
        let at = step.id as usize;
        let (operation, account) = operation(step, placed[at]);
        let command = UserCommand::Operations(Operations {
            account: AccountId(account),
            nonce: Nonce(nonce),
            expires: Millis(TIME.0 + 1_000),
            atomic: false,
            operations: vec![operation],
        });
        let source = Source::User { command, signature: signature() };
        let (input, verified, order) = carry_out(&mut exchange, source);
        placed[at] = (order.unwrap_or(placed[at].0), account);
        inputs.push((input, verified));
    }
    if runs {
        let mut again = opened;
        let mut events = Vec::new();
        for (input, verified) in inputs {
            apply_into(&mut again, &input, &verified, &mut events);
        }
        assert_eq!(again.state.chain.promise, exchange.state.chain.promise);
    }
    STEPS
}

fn operation(step: &Step, (order, owner): (OrderId, u32)) -> (Operation, u32) {
    let new = NewOrder::plain(
        if step.side == 0 { Side::Buy } else { Side::Sell },
        PriceTicks(step.price.into()),
        SizeLots(step.size.into()),
        if step.kind == Kind::Ioc { TimeInForce::Ioc } else { TimeInForce::Gtc },
        ClientId(step.id.into()),
    );
    match step.kind {
        Kind::Limit | Kind::Ioc => (Operation::Place { market: MARKET, order: new }, step.owner % ACCOUNTS),
        Kind::Cancel => (Operation::Cancel { market: MARKET, order }, owner),
        Kind::Modify => (Operation::Replace { market: MARKET, order, new }, owner),
    }
}
