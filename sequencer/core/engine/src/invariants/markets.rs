//! Markets, venues and their books.

use alloc::{collections::BTreeSet, format, string::ToString};

use ballast_book::Book;
use ballast_types::{
    ClientId, MarketId, Side,
    limits::{MAX_FUNDING_INDEX, MAX_WAITING},
};

use super::{Violation, ensure};
use crate::{exchange::Exchange, facts};

/// INV-35: ids are dense, and what belongs together exists together.
pub(super) fn check_dense(x: &Exchange) -> Result<(), Violation> {
    let (state, chain) = (&x.state, &x.state.chain);
    let accounts = (state.accounts.len(), state.traders.len());
    ensure(accounts == (chain.accounts, chain.accounts), 35, || {
        format!("{accounts:?} accounts and traders, {} were opened", chain.accounts)
    })?;
    ensure(state.accounts.iter().count() == accounts.0 as usize, 35, || "an account is missing".to_string())?;
    ensure(state.traders.iter().count() == accounts.0 as usize, 35, || "a trader is missing".to_string())?;
    let markets = (state.markets.iter().count(), state.venues.iter().count());
    let listed = usize::from(chain.markets);
    ensure(markets == (listed, listed), 35, || format!("{markets:?} markets and venues, {listed} are listed"))
}

/// INV-31, INV-36, INV-37 and INV-38, market by market.
pub(super) fn check_markets(x: &Exchange) -> Result<(), Violation> {
    (0..x.state.chain.markets).map(MarketId).try_for_each(|market| check_market(x, market))
}

/// INV-50: no two open orders of an account in a market share a number of the trader's own.
fn check_clients(id: MarketId, book: &Book) -> Result<(), Violation> {
    let mut known = BTreeSet::new();
    for order in book.orders().filter(|order| order.client != ClientId(0)) {
        ensure(known.insert((order.account, order.client)), 50, || format!("market {id}: {order:?}"))?;
    }
    Ok(())
}

fn check_market(x: &Exchange, id: MarketId) -> Result<(), Violation> {
    let (market, venue) = (facts::market(&x.state, id), facts::venue(&x.state, id));
    let prices = (market.index.is_valid(), market.mark.is_valid());
    let unpriced = market.index.0 == 0 && market.mark.0 == 0 && market.mark_time.0 == 0;
    ensure(prices == (true, true) || unpriced, 36, || {
        format!("market {id}: index {}, mark {}", market.index, market.mark)
    })?;
    ensure(market.mark_time <= x.now(), 36, || format!("market {id}: its mark is from the future"))?;
    ensure(market.funding.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs(), 36, || {
        format!("market {id}: funding {}", market.funding)
    })?;
    let reports = venue.reports.len();
    ensure(reports == x.state.genesis.publishers.len(), 36, || format!("market {id}: {reports} reports"))?;

    let Some(book) = x.book(id) else {
        return Err(Violation { invariant: 31, finding: format!("market {id} has no book") });
    };
    book.check().map_err(|fault| Violation { invariant: 31, finding: format!("market {id}: {fault}") })?;
    if let (Some(bid), Some(ask)) = (book.best(Side::Buy), book.best(Side::Sell)) {
        ensure(bid < ask, 37, || format!("market {id}: bid {bid} meets ask {ask}"))?;
    }
    check_clients(id, book)?;
    ensure(book.is_empty() || market.mark.is_valid(), 36, || format!("market {id} has orders and no price"))?;
    let facts = (venue.next_arrival, venue.pages, venue.waiting);
    ensure(facts == (book.next_arrival(), book.pages(), book.waiting()), 38, || {
        format!("market {id}: the venue is not its book's")
    })?;
    ensure(venue.waiting <= MAX_WAITING, 38, || format!("market {id}: {} orders wait", venue.waiting))
}
