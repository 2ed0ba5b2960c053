//! What exits is closed on the book first: an order like any other, but for margin, which is not asked for.

use alloc::vec::Vec;

use ballast_risk::ladder::{Health, takeover_price, zero_price};
use ballast_types::{AccountId, Event, KeyNumber, MarketId, NewOrder, PriceTicks, SizeLots};

use crate::{
    batching,
    breakers::halt,
    exchange::Exchange,
    facts,
    margin::{holding, summary_of},
    place_order::{Placement, closing, force_order},
};

/// Closes the account's position in a market, where it matches continuously, as far as others trade at what a backstop would
/// pay; an account below maintenance margin does not trade, for with the fee it could come to owe.
pub(super) fn close(x: &mut Exchange, account: AccountId, market: MarketId, events: &mut Vec<Event>) {
    if halt::is_on(&x.state, market) || batching::matches_in_batches(&x.state, x.now(), market) {
        return;
    }
    let Some(order) = closing_order(x, account, market) else { return };
    let key = KeyNumber(0);
    let ask = Placement { account, key, step: 0, market, order, instead_of: None, forced: None, exits: true };
    force_order(x, &ask, events);
}

/// An order that closes all lots of the position, once.
fn closing_order(x: &Exchange, account: AccountId, id: MarketId) -> Option<NewOrder> {
    let (market, held) = (facts::market(&x.state, id), facts::held(&x.state, account, id));
    let (holding, size) = (holding(market, held), held.abs());
    let price = worst_price(x, account, id, size)?;
    let (low, high) = market.params.order_band_around(market.index);
    Some(closing(holding.closing(), price.clamp(low, high), size))
}

/// What a backstop would pay for the position of an account that has its maintenance margin.
fn worst_price(x: &Exchange, account: AccountId, id: MarketId, size: SizeLots) -> Option<PriceTicks> {
    let summary = summary_of(&x.state, account);
    let (health, holding) =
        (Health::from(&summary), holding(facts::market(&x.state, id), facts::held(&x.state, account, id)));
    (!summary.is_below_maintenance()).then(|| takeover_price(&holding, zero_price(&health, &holding, size)))
}
