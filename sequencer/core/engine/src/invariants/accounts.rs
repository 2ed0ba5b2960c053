//! Accounts and traders, against the orders that rest.

use alloc::{collections::BTreeMap, format};

use ballast_state::{Account, Contingent, Leverage, Trader, TraderBook};
use ballast_types::{
    AccountId, ClientId, Group, Lots, MarketId, Millis, Quote, Side,
    limits::{
        MAX_AMOUNT, MAX_CONDITIONALS, MAX_ENDED_SESSIONS, MAX_FUNDING_INDEX, MAX_OPEN_ORDERS, MAX_POSITIONS,
        MAX_SESSIONS, MAX_SIZE,
    },
};

use super::{Violation, ensure};
use crate::{exchange::Exchange, facts, standing::Standing};

/// What the orders of an account in a market add up to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    bid_lots: u64,
    ask_lots: u64,
    orders: u32,
    reducing: u32,
    reserve: i128,
}

type Tallies = BTreeMap<(AccountId, MarketId), Tally>;

/// INV-32 to INV-34, INV-43, INV-45, INV-51 and INV-55, account by account.
pub(super) fn check_accounts(x: &Exchange) -> Result<(), Violation> {
    let mut tallies = count_orders(x)?;
    for id in (0..x.state.chain.accounts).map(AccountId) {
        let (account, trader) = (facts::account(&x.state, id), facts::trader(&x.state, id));
        check_positions(x, id, account)?;
        check_books(x, id, account, trader, &mut tallies)?;
        check_sessions(id, account, trader)?;
        check_contingent(x, id, trader)?;
        check_leverages(x, id, trader)?;
    }
    match tallies.first_key_value() {
        None => Ok(()),
        Some(((account, market), _)) => Err(Violation {
            invariant: 32,
            pool: None,
            finding: format!("account {account} has uncounted orders in market {market}"),
        }),
    }
}

fn count_orders(x: &Exchange) -> Result<Tallies, Violation> {
    let mut tallies = Tallies::new();
    for market in (0..x.state.chain.markets).map(MarketId) {
        for order in x.books.at(market).orders() {
            ensure(order.reserve >= Quote::ZERO, 33, || {
                format!("order {} reserves {}", order.id, order.reserve)
            })?;
            let tally = tallies.entry((order.account, market)).or_default();
            tally.orders += 1;
            tally.reserve += i128::from(order.reserve.0);
            match order.side {
                _ if order.reduce_only => tally.reducing += 1,
                Side::Buy => tally.bid_lots += order.open().0,
                Side::Sell => tally.ask_lots += order.open().0,
            }
            ensure(!order.reduce_only || order.reserve == Quote::ZERO, 33, || {
                format!("order {} only closes and reserves {}", order.id, order.reserve)
            })?;
        }
    }
    Ok(tallies)
}

/// INV-34: positions ascend, are not empty, and lie within their bounds.
fn check_positions(x: &Exchange, id: AccountId, account: &Account) -> Result<(), Violation> {
    let positions = &account.positions;
    ensure(positions.is_sorted_by(|a, b| a.market < b.market), 34, || format!("account {id}: unsorted"))?;
    ensure(positions.len() <= MAX_POSITIONS, 34, || format!("account {id}: {} positions", positions.len()))?;
    ensure(account.cash.0.unsigned_abs() <= MAX_AMOUNT.unsigned_abs(), 34, || {
        format!("account {id}: cash {}", account.cash)
    })?;
    for position in positions {
        let bounded = position.size != Lots::ZERO
            && position.size.abs().0 <= MAX_SIZE
            && position.funding.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs()
            && facts::has_market(&x.state, position.market);
        ensure(bounded, 34, || format!("account {id}: {position:?}"))?;
    }
    Ok(())
}

/// INV-32, INV-33, INV-45: a trader's aggregates are those of its orders and positions, and nothing else.
fn check_books(
    x: &Exchange,
    id: AccountId,
    account: &Account,
    trader: &Trader,
    tallies: &mut Tallies,
) -> Result<(), Violation> {
    let books = &trader.books;
    ensure(books.is_sorted_by(|a, b| a.market < b.market), 32, || format!("trader {id}: unsorted"))?;
    ensure(books.len() <= MAX_POSITIONS, 34, || format!("trader {id}: in {} markets", books.len()))?;
    let (mut open_orders, mut reducing, mut reserve) = (0, 0, 0);
    for book in books {
        let tally = tallies.remove(&(id, book.market)).unwrap_or_default();
        open_orders += tally.orders;
        reducing += tally.reducing;
        reserve += tally.reserve;
        check_book(x, id, account, book, &tally)?;
    }
    let held = (trader.open_orders, trader.reducing, i128::from(trader.reserve.0));
    ensure((open_orders, reducing, reserve) == held, 33, || {
        format!("trader {id}: {open_orders} orders, {reducing} of them only close, reserve {reserve}")
    })?;
    ensure(open_orders <= MAX_OPEN_ORDERS, 33, || format!("trader {id}: {open_orders} open orders"))?;
    let listed = |market| facts::trader_book(trader, market).is_some();
    ensure(account.positions.iter().all(|position| listed(position.market)), 32, || {
        format!("trader {id} lacks a market of its positions")
    })
}

fn check_book(
    x: &Exchange,
    id: AccountId,
    account: &Account,
    book: &TraderBook,
    tally: &Tally,
) -> Result<(), Violation> {
    let counted = (tally.bid_lots, tally.ask_lots, tally.orders);
    ensure(counted == (book.bid_lots.0, book.ask_lots.0, book.orders), 32, || {
        format!("trader {id}: {book:?}, its orders say {counted:?}")
    })?;
    let position = facts::position(account, book.market);
    ensure(position.is_some() || book.basis == Quote::ZERO, 32, || format!("trader {id}: {book:?} is flat"))?;
    ensure(position.is_some() || book.orders > 0, 32, || format!("trader {id}: {book:?} is empty"))?;
    ensure(Standing::of(&x.state, id, book.market).is_bounded(), 45, || format!("trader {id}: {book:?}"))
}

/// INV-51: what waits is bounded in number and ascends, as its groups do; every group has members, of its market; the
/// order of a group is open and of no other, and only one that is keeps others asleep.
fn check_contingent(x: &Exchange, id: AccountId, trader: &Trader) -> Result<(), Violation> {
    let Some(Contingent { orders, groups }) = trader.seldom.contingent.as_deref() else { return Ok(()) };
    let sorted = orders.is_sorted_by(|a, b| a.id < b.id) && groups.is_sorted_by(|a, b| a.id < b.id);
    let bounded = (1..=MAX_CONDITIONALS).contains(&orders.len());
    let has_members = |group: &Group| {
        orders.iter().any(|order| order.group == Some(group.id))
            && orders.iter().all(|order| order.group != Some(group.id) || order.market == group.market)
    };
    let is_open = |group: &Group| match group.order {
        Some(order) => {
            let same = |other: &&Group| (other.market, other.order) == (group.market, group.order);
            groups.iter().filter(same).count() == 1
                && x.books.at(group.market).get(order).is_some_and(|order| order.account == id)
        }
        None => group.opened.is_none(),
    };
    let grouped = groups.iter().all(|group| has_members(group) && is_open(group))
        && orders.iter().all(|order| order.group.is_none_or(|id| groups.iter().any(|group| group.id == id)));
    let named = orders.iter().all(|order| {
        let client = order.order.client;
        client == ClientId(0)
            || x.books.at(order.market).by_client(id, client).is_none()
                && orders
                    .iter()
                    .filter(|other| (other.market, other.order.client) == (order.market, client))
                    .count()
                    == 1
    });
    ensure(sorted && bounded && grouped, 51, || format!("trader {id}: {orders:?} {groups:?}"))?;
    ensure(named, 50, || format!("trader {id}: {orders:?}"))
}

/// INV-55: what was said of leverage ascends by market, is bounded in number, and nowhere above what the market
/// allows, or allowed before governance moved its floors.
fn check_leverages(x: &Exchange, id: AccountId, trader: &Trader) -> Result<(), Violation> {
    let leverages = &trader.seldom.leverages;
    let sorted = leverages.is_sorted_by(|a, b| a.market < b.market);
    let allowed = |said: &Leverage| {
        let highest = |id| match facts::venue(&x.state, id).margin_moved {
            Millis(0) => facts::market(&x.state, id).params.highest_leverage(),
            _ => u16::MAX,
        };
        facts::has_market(&x.state, said.market) && (1..=highest(said.market)).contains(&said.times)
    };
    let sound = sorted && leverages.len() <= MAX_POSITIONS && leverages.iter().all(allowed);
    ensure(sound, 55, || format!("trader {id}: {leverages:?}"))
}

/// INV-43: session keys ascend, are bounded in number, and none is the owner's.
fn check_sessions(id: AccountId, account: &Account, trader: &Trader) -> Result<(), Violation> {
    let sessions = &trader.seldom.sessions;
    let bounded = sessions.len() <= MAX_SESSIONS + MAX_ENDED_SESSIONS;
    let sorted = sessions.is_sorted_by(|a, b| a.key < b.key);
    let foreign = sessions.iter().all(|session| session.key != account.owner);
    ensure(bounded && sorted && foreign, 43, || format!("trader {id}: {} sessions", sessions.len()))
}
