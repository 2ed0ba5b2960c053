//! The market maker: a ladder on both sides of the mark, moved by one signed batch of replacements.

use super::{desk::Desk, keep_at, marks};
use crate::devnet::accounts;
use ballast_types::{
    CancelFilter, ClientId, MarketId, MarketParams, NewOrder, Operation, OrderId, PriceTicks, Side, SizeLots,
    TimeInForce,
};
use std::time::Duration;
use tokio::task::JoinSet;

/// Levels on each side.
const LEVELS: usize = 8;
/// Distance of the first level from the mark, and between levels, in millionths.
const STEP_PPM: u64 = 200;
/// Value of the first level, in micro-USDC; each further one is as much larger.
const LEVEL_VALUE: u64 = 2_000_000_000;
/// Time between looks at the mark.
const EVERY: Duration = Duration::from_millis(400);

/// Starts the maker on the node at `ws`.
pub(super) fn start(tasks: &mut JoinSet<()>, ws: &str, desk: Desk) {
    let ws = ws.to_owned();
    tasks.spawn(keep_at(move || quote(ws.clone(), desk.clone())));
}

/// Quotes until the connection fails.
async fn quote(ws: String, desk: Desk) -> eyre::Result<()> {
    let mut trader = desk.sit_down(&ws, accounts::signer(accounts::MAKER)).await?;
    let mut ladders: Vec<Ladder> =
        desk.markets.into_iter().map(|(id, params)| Ladder::new(id, params)).collect();
    loop {
        let marks = marks(&trader.connection).await?;
        for ladder in &mut ladders {
            let mark = marks.get(usize::from(ladder.market.0)).copied().unwrap_or(0);
            if let Some(steps) = ladder.move_to(mark) {
                let ack = trader.trade(steps).await?;
                ladder.learn(&ack.results);
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// The orders of one market.
struct Ladder {
    market: MarketId,
    params: MarketParams,
    mark: u64,
    /// Bids, then asks, the best first; `None` where nothing rests.
    orders: Vec<Option<OrderId>>,
    /// Places in `orders` of the steps that were sent; `None` for a step that places nothing.
    sent: Vec<Option<usize>>,
    /// Something was refused, or nothing is known yet: begin anew.
    lost: bool,
}

impl Ladder {
    fn new(market: MarketId, params: MarketParams) -> Self {
        Self { market, params, mark: 0, orders: vec![None; 2 * LEVELS], sent: Vec::new(), lost: true }
    }

    /// The steps that bring the ladder to `mark`; none when it stands there and is whole.
    fn move_to(&mut self, mark: u64) -> Option<Vec<Operation>> {
        let whole = !self.lost && self.orders.iter().all(Option::is_some);
        if mark == 0 || (whole && mark == self.mark) {
            return None;
        }
        let mut steps = Vec::new();
        self.sent.clear();
        if self.lost {
            steps.push(Operation::CancelAll(CancelFilter::market(self.market)));
            self.sent.push(None);
            self.orders.fill(None);
        }
        // The side that the mark moves away from makes room first, so that the ladder never meets itself; within
        // a side the orders that lead the way go first.
        let rises = mark > self.mark;
        let sides = if rises { [LEVELS..2 * LEVELS, 0..LEVELS] } else { [0..LEVELS, LEVELS..2 * LEVELS] };
        for place in sides.into_iter().flatten() {
            let (market, new) = (self.market, self.order(place, mark));
            steps.push(match self.orders[place] {
                Some(order) => Operation::Replace { market, order, new },
                None => Operation::Place { market, order: new },
            });
            self.sent.push(Some(place));
        }
        (self.mark, self.lost) = (mark, false);
        Some(steps)
    }

    fn order(&self, place: usize, mark: u64) -> NewOrder {
        let (side, level) = if place < LEVELS { (Side::Buy, place) } else { (Side::Sell, place - LEVELS) };
        let level = level as u64 + 1;
        let away = (mark * STEP_PPM * level / 1_000_000).max(level);
        let price = match side {
            Side::Buy => mark.saturating_sub(away).max(1),
            Side::Sell => mark + away,
        };
        let size = (LEVEL_VALUE * level / (price * u64::from(self.params.kappa))).max(1);
        let client = ClientId(place as u64 + 1);
        NewOrder::plain(side, PriceTicks(price), SizeLots(size), TimeInForce::Gtc, client)
    }

    /// Learns which orders rest.
    fn learn(&mut self, results: &[crate::trader::Step]) {
        for (place, result) in self.sent.iter().zip(results) {
            let Some(place) = *place else { continue };
            self.orders[place] = result.resting();
            self.lost |= !result.accepted
                && result.rejection.as_ref().is_none_or(|refusal| refusal.code != UNKNOWN_ORDER);
        }
    }
}

/// The order was filled meanwhile.
const UNKNOWN_ORDER: u16 = ballast_types::RejectCode::UnknownOrder.number();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devnet::options::launch_markets;

    fn ladder() -> Ladder {
        Ladder::new(MarketId(0), launch_markets()[0].params.clone())
    }

    fn prices(steps: &[Operation], wanted: Side) -> Vec<u64> {
        let new = |step: &Operation| match step {
            Operation::Place { order, .. } | Operation::Replace { new: order, .. } => Some(*order),
            _ => None,
        };
        steps.iter().filter_map(new).filter(|order| order.side == wanted).map(|order| order.price.0).collect()
    }

    #[test]
    fn a_ladder_begins_by_cancelling_and_lies_on_both_sides() {
        let steps = ladder().move_to(1_000_000).expect("a first ladder");
        assert_eq!(steps.len(), 1 + 2 * LEVELS);
        assert!(matches!(steps[0], Operation::CancelAll { .. }));
        assert!(prices(&steps, Side::Buy).iter().all(|price| *price < 1_000_000));
        assert!(prices(&steps, Side::Sell).iter().all(|price| *price > 1_000_000));
    }

    #[test]
    fn a_whole_ladder_is_replaced_asks_first_when_the_mark_rises() {
        let mut ladder = ladder();
        ladder.move_to(1_000_000).expect("a first ladder");
        ladder.orders = (0..16).map(|n| Some(OrderId(n))).collect();
        assert_eq!(ladder.move_to(1_000_000), None, "nothing has moved");
        let steps = ladder.move_to(1_001_000).expect("it moved");
        assert_eq!(steps.len(), 2 * LEVELS);
        assert!(steps.iter().all(|step| matches!(step, Operation::Replace { .. })));
        assert!(matches!(steps[0], Operation::Replace { new: NewOrder { side: Side::Sell, .. }, .. }));
    }
}
