//! Against the engine itself: what is asked for is carried out, and followed.

use super::*;
use crate::secp::{Secp256k1, SigningKey};
use ballast_auth::{command_digest, report_digest};
use ballast_engine::{GenesisConfig, ProtectionConfig, apply, due_exit, verify};
use ballast_types::{
    Address, AssetId, ClientId, Input, L1Message, L1Payload, MarketParams, NewOrder, Nonce, Operation,
    Operations, PoolId, PriceReport, PriceTicks, Quote, ReportedPrice, Side, SizeLots, Source, Status,
    TimeInForce, UserCommand,
    limits::{MAX_MARK_AGE_MS, NEW_ACCOUNT},
};

const MARKET: MarketId = MarketId(0);
const PRICE: u64 = 500_000;
const FUNDS: Quote = Quote(1_000_000_000_000);
const RECIPIENT: Address = Address::repeat_byte(0x99);

/// An exchange that moves by inputs, and who exits there.
struct World {
    x: Exchange,
    exits: Exits,
    now: Millis,
}

fn key(of: u8) -> SigningKey {
    SigningKey::from_bytes([of; 32]).expect("a small number is a key")
}

fn market() -> MarketParams {
    crate::liquidator::tests::world::bitcoin()
}

impl World {
    /// Three accounts with money; the first bought ten lots of the second.
    fn new() -> Self {
        let config = GenesisConfig {
            chain_id: 1,
            exchange: Address::repeat_byte(0xcc),
            publishers: vec![key(0x70).address()],
            quorum: 1,
            guardian: Address::ZERO,
            pools: vec![ProtectionConfig::default()],
            markets: vec![market().into()],
            histories: Vec::new(),
            settlement_lag: false,
            peg_guard: false,
            assets: Vec::new(),
        };
        let x = Exchange::genesis(&config).expect("the genesis is sound");
        let mut world = Self { x, exits: Exits::default(), now: Millis(1_700_000_000_000) };
        world.price();
        (0..3).for_each(|account| world.deposit(account));
        world.order(1, Side::Sell, 10);
        world.order(0, Side::Buy, 10);
        assert_eq!(world.lots(), [10, -10, 0]);
        world
    }

    fn input(&mut self, source: Source) -> Outcome {
        let verified = verify(&Secp256k1, self.x.separator(), &source);
        let input = Input { seq: self.x.state.chain.seq.next(), time: self.now, source };
        let outcome = apply(&mut self.x, &input, &verified);
        self.exits.follow(&outcome);
        outcome
    }

    fn accept(&mut self, source: Source) -> Vec<Event> {
        let outcome = self.input(source);
        assert_eq!(outcome.status, Status::Accepted);
        outcome.events
    }

    fn l1(&mut self, payload: L1Payload) -> Vec<Event> {
        let index = self.x.state.chain.l1_count;
        self.accept(Source::L1(L1Message { index, l1_block: index, l1_time: 0, payload }))
    }

    fn deposit(&mut self, owner: u8) {
        let (owner, account) = (key(1 + owner).address(), AccountId(NEW_ACCOUNT));
        self.l1(L1Payload::Deposit { asset: AssetId(0), owner, account, amount: FUNDS });
    }

    fn force_exit(&mut self, account: u8) -> Vec<Event> {
        self.l1(L1Payload::Forced {
            request: ForcedRequest::Exit,
            sender: key(1 + account).address(),
            account: AccountId(account.into()),
            recipient: RECIPIENT,
            asset: AssetId(0),
            amount: Quote::ZERO,
        })
    }

    fn price(&mut self) {
        let prices = vec![ReportedPrice::plain(MARKET, PriceTicks(PRICE))];
        let report = PriceReport { publisher: 0, time: self.now, prices };
        let signature = key(0x70).sign(report_digest(self.x.separator(), &report));
        self.accept(Source::Publisher { report, signature });
    }

    fn order(&mut self, account: u8, side: Side, lots: u64) {
        let order = NewOrder::plain(side, PriceTicks(PRICE), SizeLots(lots), TimeInForce::Gtc, ClientId(0));
        let command = UserCommand::Operations(Operations {
            account: AccountId(account.into()),
            nonce: Nonce(self.x.state.chain.seq.0),
            expires: Millis(self.now.0 + 60_000),
            atomic: true,
            operations: vec![Operation::Place { market: MARKET, order }],
        });
        let signature = key(1 + account).sign(command_digest(self.x.separator(), &command));
        self.accept(Source::User { command, signature });
    }

    fn pass(&mut self, ms: u64) {
        self.now.0 += ms;
    }

    fn due(&mut self) -> Option<SystemCommand> {
        self.exits.due(&mut self.x, self.now, &|_| None)
    }

    /// What is asked for is carried out.
    fn step(&mut self) -> Vec<Event> {
        let command = self.due().expect("something can be done");
        self.accept(Source::System(command))
    }

    fn lots(&self) -> [i64; 3] {
        [0, 1, 2].map(|account| crate::holders::held(&self.x.state, AccountId(account), MARKET).unwrap_or(0))
    }
}

fn paid(events: &[Event]) -> Option<i64> {
    match events.last() {
        Some(Event::ExitEnded { account: AccountId(0), recipient: RECIPIENT, amount }) => Some(amount.0),
        _ => None,
    }
}

#[test]
fn an_exit_is_closed_on_the_book_and_paid() {
    let mut world = World::new();
    assert_eq!((world.due(), world.exits.next()), (None, None), "nobody exits");
    world.order(2, Side::Buy, 10);
    world.force_exit(0);
    assert_eq!((world.exits.next(), world.exits.count()), (Some(Millis(0)), 1));
    let close = SystemCommand::Exit { account: AccountId(0), market: MARKET, holders: vec![AccountId(1)] };
    assert_eq!(world.due(), Some(close.clone()));
    let events = world.accept(Source::System(close));
    assert!(
        events.iter().any(|event| matches!(event, Event::Fill { maker: AccountId(2), .. })),
        "{events:?}"
    );
    assert!(paid(&events).is_some_and(|amount| amount > FUNDS.0 * 9 / 10), "{events:?}");
    assert_eq!(world.lots(), [0, -10, 10]);
    assert_eq!((world.due(), world.exits.next(), world.exits.count()), (None, None, 0));
}

#[test]
fn without_a_book_an_exit_is_torn_up() {
    let mut world = World::new();
    world.force_exit(0);
    let events = world.step();
    assert!(events.iter().any(|event| matches!(event, Event::Deleveraged { account: AccountId(1), .. })));
    assert!(paid(&events).is_some(), "{events:?}");
    assert_eq!((world.lots(), world.exits.count()), ([0, 0, 0], 0));
}

#[test]
fn what_the_book_takes_a_part_of_is_done_at_once() {
    let mut world = World::new();
    world.order(2, Side::Buy, 4);
    world.force_exit(0);
    let events = world.step();
    assert!(paid(&events).is_some(), "{events:?}");
    assert_eq!(world.lots(), [0, -4, 4]);
}

#[test]
fn who_has_no_position_is_paid_by_his_request() {
    let mut world = World::new();
    world.force_exit(2);
    assert_eq!((world.exits.next(), world.exits.count()), (None, 0));
}

#[test]
fn a_market_without_a_price_is_tried_again_a_second_later() {
    let mut world = World::new();
    world.pass(MAX_MARK_AGE_MS + 1);
    world.force_exit(0);
    assert_eq!(world.due(), None, "the price is old");
    assert_eq!(world.exits.next(), Some(Millis(world.now.0 + RETRY_MS)));
    world.pass(RETRY_MS - 1);
    world.price();
    assert_eq!(world.due(), None, "it is not its turn");
    assert!(due_exit(&world.x, world.now).is_some());
    world.pass(1);
    assert!(paid(&world.step()).is_some());
}

#[test]
fn what_was_asked_for_in_vain_is_left_alone() {
    let mut world = World::new();
    world.force_exit(0);
    assert!(world.due().is_some());
    // It was refused: nothing was closed.
    assert_eq!(world.due(), None);
    world.pass(RETRY_MS);
    assert!(world.due().is_some());
}

#[test]
fn a_pool_that_owes_pays_when_it_owes_no_more() {
    let mut world = World::new();
    let set_deficit = |world: &mut World, amount| {
        world.x.state.pools.get_mut(PoolId(0).0.into()).expect("pool 0").deficit = Quote(amount);
    };
    set_deficit(&mut world, 1);
    world.force_exit(2);
    assert_eq!((world.due(), world.exits.count()), (None, 1));
    set_deficit(&mut world, 0);
    world.pass(RETRY_MS);
    let events = world.step();
    let ended = Event::ExitEnded { account: AccountId(2), recipient: RECIPIENT, amount: FUNDS };
    assert_eq!(events.last(), Some(&ended));
    assert_eq!(world.exits.count(), 0);
}

#[test]
fn the_exit_of_who_has_nothing_left_is_over() {
    let mut world = World::new();
    world.force_exit(0);
    world.x.state.accounts.get_mut(0).expect("it exists").cash = Quote(-FUNDS.0);
    assert_eq!(paid(&world.step()), Some(0));
    assert_eq!((world.lots(), world.exits.count()), ([10, -10, 0], 0));
}

#[test]
fn who_exits_is_found_again_at_a_start() {
    let mut world = World::new();
    world.pass(MAX_MARK_AGE_MS + 1);
    world.force_exit(0);
    assert_eq!(world.due(), None);
    world.exits = Exits::of(&world.x);
    assert_eq!((world.exits.next(), world.exits.count()), (Some(Millis(0)), 1));
    world.price();
    assert!(paid(&world.step()).is_some());
    assert_eq!(Exits::of(&world.x), Exits::default());
}
