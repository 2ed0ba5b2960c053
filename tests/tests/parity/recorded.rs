//! The beginning of every recorded flow of orders, as batches. Skipped, and says so, where the recordings are not.

use super::agree;
use ballast_tests::{
    desk::{Desk, TIME, WEALTH},
    flow::{Action, Flow, recorded},
    guest::Guest,
    size,
    world::{Sealed, World},
};
use ballast_types::{
    ClientId, Event, Input, MarketId, MarketParams, Millis, NewOrder, Operation, OrderId, Ppm, PriceTicks,
    Side, SizeLots, Source, TimeInForce,
};
use std::collections::BTreeMap;

const MARKET: MarketId = MarketId(0);
/// Who place orders, by the venue's number of the order; one more takes them.
const MAKERS: u64 = 8;
const TAKER: u32 = MAKERS as u32;

/// Actions of a file, and how many there are in a batch.
fn sizes() -> (usize, usize) {
    if size::is_full() { (4_000, 500) } else { (300, 100) }
}

/// An exchange on which somebody does what the members of a venue did.
struct Venue {
    world: World,
    desk: Desk,
    inputs: Vec<Input>,
    /// Open orders by the venue's numbers: whose they are, their numbers here, and their sides.
    open: BTreeMap<u64, (u32, OrderId, Side)>,
    fills: usize,
}

impl Venue {
    fn of(flow: &Flow) -> Self {
        let (mut desk, mut genesis) = Desk::new(TAKER + 1, 1);
        genesis.markets[0] = MarketParams { order_band: Ppm(1_000_000), ..flow.market.clone() }.into();
        let world = World::new(&genesis);
        let opening = desk.opening(flow.first_price.0, |_| WEALTH);
        let mut venue = Self { world, desk, inputs: Vec::new(), open: BTreeMap::new(), fills: 0 };
        opening.into_iter().for_each(|source| drop(venue.say(source)));
        venue
    }

    fn say(&mut self, source: Source) -> Vec<Event> {
        let input = Input { time: Millis(TIME), ..self.world.input(source) };
        let events = self.world.apply(&input);
        self.inputs.push(input);
        self.fills += events.iter().filter(|event| matches!(event, Event::Fill { .. })).count();
        events
    }

    fn ask(&mut self, trader: u32, operation: Operation) -> Option<OrderId> {
        let source = self.desk.operations(trader, vec![operation]);
        self.say(source).into_iter().find_map(|event| match event {
            Event::OrderRested { order, .. } => Some(order.id),
            _ => None,
        })
    }

    /// Does what a member did; what is about an order that does not rest here is left out.
    fn act(&mut self, action: &Action) {
        let new = |side: Side, price: PriceTicks, size: SizeLots, time_in_force| {
            NewOrder::plain(side, price, size, time_in_force, ClientId(0))
        };
        match *action {
            Action::Place { id, side, price, size } => {
                let maker = (id % MAKERS) as u32;
                let order = new(side, price, size, TimeInForce::Gtc);
                if let Some(here) = self.ask(maker, Operation::Place { market: MARKET, order }) {
                    self.open.insert(id, (maker, here, side));
                }
            }
            Action::Cancel { id } => {
                let Some((maker, order, _)) = self.open.remove(&id) else { return };
                self.ask(maker, Operation::Cancel { market: MARKET, order });
            }
            Action::Replace { id, price, size } => {
                let Some((maker, order, side)) = self.open.remove(&id) else { return };
                let new = new(side, price, size, TimeInForce::Gtc);
                if let Some(here) = self.ask(maker, Operation::Replace { market: MARKET, order, new }) {
                    self.open.insert(id, (maker, here, side));
                }
            }
            Action::Take { side, price, size } => {
                let order = new(side, price, size, TimeInForce::Ioc);
                self.ask(TAKER, Operation::Place { market: MARKET, order });
            }
        }
    }

    fn seal(&mut self) -> Sealed {
        let inputs = std::mem::take(&mut self.inputs);
        self.world.seal(inputs)
    }
}

#[test]
fn recorded_flows_reach_the_same_root_in_every_host() {
    let guest = Guest::find();
    let (most, batch) = sizes();
    let files = recorded();
    let flows: Vec<_> = files.iter().filter_map(|path| Some((path, Flow::read(path, most).ok()?))).collect();
    assert!(files.is_empty() || flows.len() >= 5, "{} of {files:?} are flows", flows.len());
    for (path, flow) in flows {
        let mut venue = Venue::of(&flow);
        for actions in flow.actions[..most.min(flow.actions.len())].chunks(batch) {
            actions.iter().for_each(|action| venue.act(action));
            let sealed = venue.seal();
            agree(&sealed, venue.world.commitment.state_root(), guest.as_ref());
        }
        assert!(!venue.open.is_empty(), "{}: no order came to rest", path.display());
        eprintln!("{}: {} open orders, {} fills", path.display(), venue.open.len(), venue.fills);
    }
}
