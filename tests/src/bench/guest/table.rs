//! A world in which batches of one kind of input are made.

use crate::{
    desk::{Desk, PRICE, WEALTH},
    guest::{Guest, facts},
    world::World,
};
use ballast_types::{
    ClientId, Event, Input, MarketId, Millis, NewOrder, Operation, OrderId, PriceTicks, Quote, Side,
    SizeLots, Source, TimeInForce,
};
use ballast_vm::{Ruling, Subject};

/// Traders with all the money they need.
pub(super) const RICH: u32 = 256;
/// Traders behind them with as little as their position allows.
pub(super) const THIN: u32 = 64;
/// What a thin trader has: a 16th of what a position of 100 lots is worth, of which a 20th is needed.
const LITTLE: Quote = Quote(1_000_000_000 / 16);
/// The one market.
pub(super) const MARKET: MarketId = MarketId(0);

/// The world, and what was said in it since the last seal.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) desk: Desk,
    /// Ids of the orders that came to rest since the table was made, in their order.
    pub(super) rested: Vec<OrderId>,
    world: World,
    inputs: Vec<Input>,
    /// Milliseconds that have passed.
    passed: u64,
}

impl Table {
    /// A world with money and prices, and nothing else.
    pub(super) fn new() -> Self {
        let (mut desk, mut genesis) = Desk::new(RICH + THIN, 1);
        // A fall must not make it match in batches, where a liquidation only waits.
        genesis.markets[0].params.circuit_breakers = false;
        let opening = desk.opening(PRICE, |trader| if trader < RICH { WEALTH } else { LITTLE });
        let world = World::new(&genesis);
        let mut table = Self { desk, rested: Vec::new(), world, inputs: Vec::new(), passed: 0 };
        opening.into_iter().for_each(|source| drop(table.say(source)));
        table.seal();
        table
    }

    /// Applies what somebody says.
    pub(super) fn say(&mut self, source: Source) -> Vec<Event> {
        let mut input = self.world.input(source);
        input.time = Millis(crate::desk::TIME + self.passed);
        let events = self.world.apply(&input);
        self.inputs.push(input);
        self.rested.extend(events.iter().filter_map(|event| match event {
            Event::OrderRested { order, .. } => Some(order.id),
            _ => None,
        }));
        events
    }

    /// Places an order for each of these traders, one a signature.
    pub(super) fn place(&mut self, trader: u32, order: NewOrder) -> Vec<Event> {
        self.ask(trader, vec![Operation::Place { market: MARKET, order }])
    }

    /// A trader asks for these under one signature.
    pub(super) fn ask(&mut self, trader: u32, operations: Vec<Operation>) -> Vec<Event> {
        let source = self.desk.operations(trader, operations);
        self.say(source)
    }

    /// Every price is this a second later.
    pub(super) fn report(&mut self, price: u64) -> Vec<Event> {
        self.passed += 1_000;
        let source = self.desk.report(crate::desk::TIME + self.passed, price);
        self.say(source)
    }

    /// Ends the batch.
    pub(super) fn seal(&mut self) {
        let inputs = std::mem::take(&mut self.inputs);
        self.world.seal(inputs);
    }

    /// Ends the batch; the cycles that the guest takes to judge it.
    ///
    /// # Panics
    /// When it finds it invalid.
    pub(super) fn judge(mut self, guest: &Guest) -> u64 {
        let sealed = self.world.seal(self.inputs);
        let Ruling { exit, cycles } =
            guest.run_on_machine(Subject::Batch, sealed.header.hash(), &mut facts(&sealed.tape()));
        assert_eq!(exit, 0, "the batch is valid");
        cycles
    }
}

/// An order of `size` lots so many ticks away from the first price: above it to sell, below it to buy.
pub(super) fn order(side: Side, away: u64, size: u64, time_in_force: TimeInForce) -> NewOrder {
    let price = if side == Side::Sell { PRICE + away } else { PRICE - away };
    NewOrder::plain(side, PriceTicks(price), SizeLots(size), time_in_force, ClientId(0))
}
