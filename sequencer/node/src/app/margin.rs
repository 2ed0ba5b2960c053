//! How an account stands, for those who ask: the same arithmetic as the engine's, over the same facts.

use crate::wire::{AccountView, Amount, Integer, LeverageView, PositionView, SessionView};
use ballast_risk::{
    Exposure, Summary, initial_margin,
    ladder::{Health, Holding, gain, liquidation_mark, tear_up_weight},
    settle_funding, summarize,
};
use ballast_state::{Account, Market, State, Trader, TraderBook, account_index};
use ballast_types::{AccountId, Lots};

/// An account with every term of its margin; `None` when it was never opened.
pub(super) fn account_view(state: &State, id: AccountId) -> Option<AccountView> {
    let (account, trader) = facts(state, id)?;
    let books = || trader.books.iter().filter_map(|book| Some((book, market(state, book)?)));
    let exposures = books().map(|(book, market)| exposure((account, trader), book, market));
    let summary = summarize(account.cash, trader.reserve, trader.open_orders - trader.reducing, exposures);
    let positions = books().map(|(book, market)| exposure((account, trader), book, market)).zip(books());
    let positions = positions.filter(|(exposure, _)| exposure.size != Lots::ZERO);
    let health = Health::from(&summary);
    let positions = positions.map(|(exposure, (book, _))| position_view(&exposure, book, &health)).collect();
    Some(view(state, id, (account, trader), &summary, positions))
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
    let leverage = trader.leverages.iter().find(|said| said.market == book.market);
    Exposure {
        params: &market.params,
        leverage: leverage.map_or(0, |said| said.times),
        mark: market.mark,
        funding: market.funding,
        size,
        entry_funding,
        basis: book.basis,
        bid_lots: book.bid_lots,
        ask_lots: book.ask_lots,
    }
}

fn position_view(exposure: &Exposure<'_>, book: &TraderBook, health: &Health) -> PositionView {
    let Exposure { params, mark, size, .. } = *exposure;
    let holding = Holding { params, mark, size };
    let unrealized = params.value(mark, size) - i128::from(exposure.basis.0);
    let threshold = liquidation_mark(&holding, health.equity - health.maintenance);
    PositionView {
        market: book.market.0,
        size: exposure.size.0,
        basis: Amount(exposure.basis.0.into()),
        mark: exposure.mark.0,
        unrealized: Amount(unrealized),
        funding: Amount(settle_funding(size, exposure.entry_funding, exposure.funding)),
        initial_margin: Amount(initial_margin(params, exposure.leverage, mark, size.0.into())),
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
) -> AccountView {
    // A key that was ended stays in the state for its nonces only.
    let live = trader.sessions.iter().filter(|session| session.scope != 0);
    let sessions = live.map(|session| SessionView {
        key: session.key,
        valid_until: Integer(session.valid_until.0),
        scope: session.scope,
        highest_nonce: Integer(session.nonces.highest().0),
    });
    let leverages = trader.leverages.iter();
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
        cancel_at: trader.cancel_at.map(|at| Integer(at.0)),
        volume: Integer(trader.volume.recent(state.chain.time)),
        positions,
        leverages: leverages.collect(),
        sessions: sessions.collect(),
    }
}
