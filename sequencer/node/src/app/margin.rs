//! How an account stands, for those who ask: the same arithmetic as the engine's, over the same facts.

use super::assets::holding_views;
use crate::wire::{AccountView, Amount, ExposureView, Integer, LeverageView, PositionView, SessionView};
use ballast_engine::backing_of;
use ballast_risk::{
    Exposure, Summary, initial_margin,
    ladder::{Health, Holding, gain, liquidation_mark, tear_up_weight},
    open_initial_margin, settle_funding, summarize,
};
use ballast_state::{Account, Market, State, Trader, TraderBook, account_index};
use ballast_types::{AccountId, Address, KeyNumber, Lots, MarketId, Order};

/// An account with every term of its margin; `None` when it was never opened.
pub(super) fn account_view(state: &State, id: AccountId) -> Option<AccountView> {
    let (account, trader) = facts(state, id)?;
    let exposures = trader
        .books
        .iter()
        .filter_map(|book| Some((book.market, exposure((account, trader), book, market(state, book)?))));
    let exposures: Vec<_> = exposures.collect();
    let told = exposures.iter().map(|(_, exposure)| *exposure);
    let summary = summarize(account.cash, trader.reserve, charged_orders(trader), told)
        .backed_by(backing_of(state, account));
    let positions = exposures.iter().filter(|(_, exposure)| exposure.size != Lots::ZERO);
    let health = Health::from(&summary);
    let positions = positions.map(|(market, exposure)| position_view(*market, exposure, &health)).collect();
    let exposures = exposures.iter().map(|(market, exposure)| exposure_view(*market, exposure)).collect();
    Some(view(state, id, (account, trader), &summary, positions, exposures))
}

const fn charged_orders(trader: &Trader) -> u32 {
    trader.open_orders - trader.reducing
}

/// Account and trader.
pub(super) fn facts(state: &State, id: AccountId) -> Option<(&Account, &Trader)> {
    if id.0 >= state.chain.accounts {
        return None;
    }
    Some((state.accounts.get(account_index(id))?, state.traders.get(account_index(id))?))
}

fn market<'a>(state: &'a State, book: &TraderBook) -> Option<&'a Market> {
    state.markets.get(u32::from(book.market.0))
}

fn exposure<'a>(
    (account, trader): (&Account, &Trader),
    book: &TraderBook,
    market: &'a Market,
) -> Exposure<'a> {
    let position = account.positions.binary_search_by_key(&book.market, |position| position.market);
    let position = position.ok().and_then(|place| account.positions.get(place));
    let (size, entry_funding) =
        position.map_or((Lots::ZERO, 0), |position| (position.size, position.funding));
    let leverage = trader.seldom.leverages.iter().find(|said| said.market == book.market);
    Exposure {
        params: &market.params,
        initial: market.initial_fraction(leverage.map_or(0, |said| said.times)),
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

fn exposure_view(market: MarketId, exposure: &Exposure<'_>) -> ExposureView {
    let Exposure { params, initial, mark, size, bid_lots, ask_lots, .. } = *exposure;
    ExposureView {
        market: market.0,
        mark: mark.0,
        size: size.0,
        bids: Integer(bid_lots.0),
        asks: Integer(ask_lots.0),
        initial_fraction: initial.0,
        initial_margin: Amount(open_initial_margin(params, initial, mark, size, bid_lots, ask_lots)),
    }
}

fn position_view(market: MarketId, exposure: &Exposure<'_>, health: &Health) -> PositionView {
    let Exposure { params, maintenance, mark, size, .. } = *exposure;
    let holding = Holding { params, maintenance, mark, size };
    let unrealized = params.value(mark, size) - i128::from(exposure.basis.0);
    let threshold = liquidation_mark(&holding, health.equity - health.maintenance);
    PositionView {
        market: market.0,
        size: exposure.size.0,
        basis: Amount(exposure.basis.0.into()),
        mark: exposure.mark.0,
        unrealized: Amount(unrealized),
        funding: Amount(settle_funding(size, exposure.entry_funding, exposure.funding)),
        initial_margin: Amount(initial_margin(params, exposure.initial, mark, size.abs())),
        maintenance_margin: Amount(holding.margin()),
        liquidation_price: threshold.map(|price| price.0),
        tear_up_weight: Amount(tear_up_weight(&holding, health.equity).cast_signed()),
        haircut_gain: Amount(gain(unrealized, health.equity).cast_signed()),
    }
}

fn view(
    state: &State,
    id: AccountId,
    (account, trader): (&Account, &Trader),
    summary: &Summary,
    positions: Vec<PositionView>,
    exposures: Vec<ExposureView>,
) -> AccountView {
    // A key that was ended stays in the state for its nonces only.
    let live = trader.seldom.sessions.iter().filter(|session| session.scope != 0);
    let sessions = live.map(|session| SessionView {
        key: session.key,
        valid_until: Integer(session.valid_until.0),
        scope: session.scope,
        highest_nonce: Integer(session.nonces.highest().0),
    });
    let leverages = trader.seldom.leverages.iter();
    let leverages = leverages.map(|said| LeverageView { market: said.market.0, leverage: said.times });
    AccountView {
        seq: state.chain.seq.0,
        account: id.0,
        owner: account.owner,
        pool: account.pool.0,
        cash: Amount(account.cash.0.into()),
        equity: Amount(summary.equity),
        equity_initial: Amount(summary.equity_initial),
        equity_withdrawal: Amount(summary.equity_out),
        initial_margin: Amount(summary.initial),
        maintenance_margin: Amount(summary.maintenance),
        fill_margin: Amount(summary.fill),
        notional: Amount(summary.notional),
        cash_effective: Amount(summary.cash_effective),
        settled_balance: Amount(summary.settled_balance),
        reserve: Amount(trader.reserve.0.into()),
        withdrawable: Amount(summary.withdrawable),
        open_orders: trader.open_orders,
        charged_orders: charged_orders(trader),
        cancel_at: trader.seldom.cancel_at.map(|at| Integer(at.0)),
        volume: Integer(trader.volume.recent(state.chain.time)),
        positions,
        exposures,
        leverages: leverages.collect(),
        sessions: sessions.collect(),
        exit: trader.seldom.exit,
        holdings: holding_views(state, account),
        collateral: Amount(summary.backing.value),
        collateral_initial: Amount(summary.backing.initial),
        debt: Amount(summary.debt()),
        debt_limit: Amount(summary.backing.debt_limit()),
    }
}

/// Address of the key that placed an order, as long as its session is known.
pub(super) fn key_of(state: &State, order: &Order) -> Option<Address> {
    let (account, trader) = facts(state, order.account)?;
    if order.key == KeyNumber(0) {
        return Some(account.owner);
    }
    trader.seldom.sessions.iter().find(|session| session.number == order.key).map(|session| session.key)
}
