//! Assembles what risk weighs from the facts: an account's money, orders and positions at current prices.

use ballast_risk::{Exposure, Summary, fill_excess, initial_excess, ladder::Holding, summarize};
use ballast_state::{Market, State, TraderBook};
use ballast_types::{AccountId, Lots, MarketId, Ppm, Quote, initial_fraction};

use crate::{collateral::backing, facts, standing::Standing};

/// How the account stands; it is loaded.
pub(crate) fn summary_of(state: &State, id: AccountId) -> Summary {
    let (account, trader) = (facts::account(state, id), facts::trader(state, id));
    let exposures = exposures(state, id, None);
    summarize(account.cash, trader.reserve, trader.open_orders - trader.reducing, exposures)
        .backed_by(backing(state, id))
}

/// The same, as if no market asked for more initial margin under stress or for its open interest: whoever is to take over
/// then must not be less able to, and does not make it larger.
pub(crate) fn summary_unraised(state: &State, id: AccountId) -> Summary {
    let (account, trader) = (facts::account(state, id), facts::trader(state, id));
    let plain = exposures(state, id, None).zip(&trader.books).map(|(exposure, book)| {
        let leverage = facts::leverage(trader, book.market);
        let own = facts::market(state, book.market).initial;
        Exposure { initial: initial_fraction(own, leverage, Ppm::WHOLE), ..exposure }
    });
    summarize(account.cash, trader.reserve, trader.open_orders - trader.reducing, plain)
        .backed_by(backing(state, id))
}

/// A position of `size` lots in the market, as what closes it by force looks at it.
pub(crate) const fn holding(market: &Market, size: Lots) -> Holding<'_> {
    Holding { params: &market.params, maintenance: market.maintenance, mark: market.mark, size }
}

/// What the gain of this standing in `market` counts as initial margin, below zero a loss.
pub(crate) fn weighted_gain(state: &State, market: MarketId, standing: &Standing) -> i128 {
    let here = exposure_of(state, market, standing, leverage(state, market, standing));
    here.map_or(0, |here| here.weighted(here.params.gain_weight_initial))
}

/// Whether the account would have initial margin with this standing in `market`: what an order is checked by.
///
/// # Panics
/// When the account was never opened or one of its markets never listed: a mistake of the caller.
#[must_use]
pub fn meets_initial(state: &State, market: MarketId, standing: &Standing) -> bool {
    let exposures = exposures_with(state, market, standing, leverage(state, market, standing));
    let excess = initial_excess(standing.cash, standing.reserve, standing.charged_orders(), exposures);
    excess + backing(state, standing.account).initial >= 0
}

/// Whether the account would have fill margin with this standing in `market`: what a resting order is checked by.
pub(crate) fn meets_fill(state: &State, market: MarketId, standing: &Standing) -> bool {
    let exposures = exposures_with(state, market, standing, leverage(state, market, standing));
    fill_excess(standing.cash, exposures) + backing(state, standing.account).initial >= 0
}

/// How the account would stand with this standing in `market`.
pub(crate) fn summary_with(state: &State, market: MarketId, standing: &Standing) -> Summary {
    summary_at(state, market, standing, leverage(state, market, standing))
}

/// How the account would stand with this standing and this leverage in `market`.
pub(crate) fn summary_at(state: &State, market: MarketId, standing: &Standing, leverage: u16) -> Summary {
    let exposures = exposures_with(state, market, standing, leverage);
    summarize(standing.cash, standing.reserve, standing.charged_orders(), exposures)
        .backed_by(backing(state, standing.account))
}

/// What the account said of its leverage in `market`.
fn leverage(state: &State, market: MarketId, standing: &Standing) -> u16 {
    facts::leverage(facts::trader(state, standing.account), market)
}

/// The account's exposures, with this standing and this leverage in `market`.
fn exposures_with<'a>(
    state: &'a State,
    market: MarketId,
    standing: &Standing,
    leverage: u16,
) -> impl Iterator<Item = Exposure<'a>> {
    let here = exposure_of(state, market, standing, leverage);
    exposures(state, standing.account, Some(market)).chain(here)
}

/// The exposure of a standing, where there is anything.
fn exposure_of<'a>(
    state: &'a State,
    market: MarketId,
    standing: &Standing,
    leverage: u16,
) -> Option<Exposure<'a>> {
    (!standing.is_empty()).then(|| {
        let book = TraderBook {
            market,
            basis: standing.basis,
            bid_lots: standing.bid_lots,
            ask_lots: standing.ask_lots,
            orders: standing.orders,
        };
        exposure(facts::market(state, market), leverage, (standing.size, standing.funding), &book)
    })
}

/// The account's exposures in every market but `except`.
fn exposures(state: &State, id: AccountId, except: Option<MarketId>) -> impl Iterator<Item = Exposure<'_>> {
    let (account, trader) = (facts::account(state, id), facts::trader(state, id));
    trader.books.iter().filter(move |book| Some(book.market) != except).map(move |book| {
        let position = facts::position(account, book.market);
        let held = position.map_or((Lots::ZERO, 0), |position| (position.size, position.funding));
        exposure(facts::market(state, book.market), facts::leverage(trader, book.market), held, book)
    })
}

/// `held`: the position and the funding index that it has settled to.
fn exposure<'a>(market: &'a Market, leverage: u16, held: (Lots, i64), book: &TraderBook) -> Exposure<'a> {
    let (size, entry_funding) = held;
    assert!(market.mark.is_valid(), "nobody trades a market before it has a price (INV-36)");
    assert!(size != Lots::ZERO || book.basis == Quote::ZERO, "no position, no basis (INV-32)");
    Exposure {
        params: &market.params,
        initial: market.initial_fraction(leverage),
        maintenance: market.maintenance,
        mark: market.mark,
        average: market.average,
        funding: market.funding,
        size,
        entry_funding,
        basis: book.basis,
        bid_lots: book.bid_lots,
        ask_lots: book.ask_lots,
        settled: market.settlement.is_some(),
    }
}
