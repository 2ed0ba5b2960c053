//! The beginning of every recorded flow of orders, as batches. Skipped, and says so, where the recordings are not.

use super::agree;
use ballast_tests::{
    desk::{Desk, TIME, WEALTH},
    flow::{
        Action, Flow, flows,
        members::{self, Members},
    },
    guest::Guest,
    size,
    world::{Sealed, World},
};
use ballast_types::{Event, Input, MarketId, MarketParams, Millis, Ppm, Source};

const MARKET: MarketId = MarketId(0);
/// Actions of a file, and how many there are in a batch.
fn sizes() -> (usize, usize) {
    if size::is_full() { (4_000, 500) } else { (300, 100) }
}

/// An exchange on which somebody does what the members of a venue did.
struct Venue {
    world: World,
    desk: Desk,
    inputs: Vec<Input>,
    members: Members,
    fills: usize,
}

impl Venue {
    fn of(flow: &Flow) -> Self {
        let (mut desk, mut genesis) = Desk::new(members::ACCOUNTS, 1);
        genesis.markets[0] = MarketParams { order_band: Ppm(1_000_000), ..flow.market.clone() }.into();
        let world = World::new(&genesis);
        let opening = desk.opening(flow.first_price.0, |_| WEALTH);
        let mut venue = Self { world, desk, inputs: Vec::new(), members: Members::default(), fills: 0 };
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

    /// Does what a member did; what is about an order that does not rest here is left out.
    fn act(&mut self, action: &Action) {
        let mut members = std::mem::take(&mut self.members);
        members.act(MARKET, action, |trader, operation| {
            let source = self.desk.operations(trader.0, vec![operation]);
            self.say(source).into_iter().find_map(|event| match event {
                Event::OrderRested { order, .. } => Some(order.id),
                _ => None,
            })
        });
        self.members = members;
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
    for (path, flow) in flows(most) {
        let mut venue = Venue::of(&flow);
        for actions in flow.actions[..most.min(flow.actions.len())].chunks(batch) {
            actions.iter().for_each(|action| venue.act(action));
            let sealed = venue.seal();
            agree(&sealed, venue.world.commitment.state_root(), guest.as_ref());
        }
        assert!(venue.members.known() > 0, "{}: no order came to rest", path.display());
        eprintln!("{}: {} open orders, {} fills", path.display(), venue.members.known(), venue.fills);
    }
}
