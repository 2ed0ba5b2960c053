//! The facts, the books that are derived from them, and what the open batch pays out.

use alloc::{sync::Arc, vec::Vec};
use core::mem;

use ballast_auth::Domain;
use ballast_batch::Withdrawal;
use ballast_book::Book;
use ballast_state::{
    CHAIN_INDEX, Chain, GENESIS_INDEX, Genesis, LeafSource, OrderPage, Section, State, account_index,
    page_index,
};
use ballast_types::{
    AccountId, B256, MarketId, Millis, Order, OrderId, PoolId, RejectCode, Rejection, codec,
    limits::ORDERS_PER_PAGE,
};
use thiserror::Error;

use crate::{books::Books, collateral, facts, matching::Met};

/// The whole exchange at one point of the log.
#[derive(Clone)]
pub struct Exchange {
    /// The facts, but for the resting orders. Only [`apply`](crate::apply()) changes them.
    pub state: State,
    pub(crate) books: Books,
    /// Withdrawals since the last seal.
    pub(crate) open: Vec<Withdrawal>,
    /// Withdrawals of the batch that was sealed last, until they are taken.
    pub(crate) sealed: Vec<Withdrawal>,
    /// Lists of the last order's matching, to be used again by the next; they mean nothing between orders.
    pub(crate) met: Met,
}

/// Facts that are not those of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// An order of a market that does not exist.
    #[error("an order rests in market {0}, which does not exist")]
    UnknownMarket(MarketId),
    /// A market or its venue is missing.
    #[error("market {0} is missing")]
    MissingMarket(MarketId),
    /// The orders of a market do not make a book.
    #[error("the orders of market {0} do not make a book")]
    Orders(MarketId),
}

impl Exchange {
    /// The exchange with these facts and the pages of its books, from which the books are derived; see
    /// [`Self::pages`]. Nothing is left to commit.
    ///
    /// `open` are the withdrawals since the last seal, in order: empty when the facts are those at the end of
    /// a batch.
    ///
    /// # Errors
    /// [`RestoreError`] when the pages are not those of books of these markets. That the facts themselves
    /// are sound is for [`invariants::check`](crate::invariants::check) to say, that they are the committed
    /// ones for their root.
    pub fn restore(
        state: State,
        pages: impl IntoIterator<Item = (u32, OrderPage)>,
        open: Vec<Withdrawal>,
    ) -> Result<Self, RestoreError> {
        let mut by_market: Vec<Vec<Order>> = Vec::new();
        by_market.resize_with(usize::from(state.chain.markets), Vec::new);
        for (index, page) in pages {
            let market = market_of_page(index);
            let orders = by_market.get_mut(usize::from(market.0));
            let orders = orders.ok_or(RestoreError::UnknownMarket(market))?;
            if page.orders.iter().any(|order| page_of(market, order) != index) {
                return Err(RestoreError::Orders(market));
            }
            orders.extend(page.orders);
        }
        let mut books = Vec::with_capacity(by_market.len());
        for (market, orders) in (0..).map(MarketId).zip(by_market) {
            let venue = state.venues.get(u32::from(market.0)).ok_or(RestoreError::MissingMarket(market))?;
            let book = Book::restore(orders, venue.next_arrival, venue.pages);
            books.push(book.map_err(|_| RestoreError::Orders(market))?);
        }
        Ok(Self { state, books: Books::complete(books), open, sealed: Vec::new(), met: Met::default() })
    }

    /// The exchange at the end of a batch as `source` has it, every leaf and book loaded when it is needed.
    /// It behaves as the complete one does, input for input (INV-23).
    ///
    /// # Panics
    /// When the source does not have the leaves of an exchange: it has checked them against the state root.
    #[must_use]
    pub fn lazy(source: Arc<dyn LeafSource>) -> Self {
        let leaf = |index| source.load(Section::Chain, index).expect("an exchange has its chain's leaves");
        let chain: Chain = codec::decode(&leaf(CHAIN_INDEX)).expect("a committed leaf decodes");
        let genesis: Genesis = codec::decode(&leaf(GENESIS_INDEX)).expect("a committed leaf decodes");
        let books = Books::lazy(Arc::clone(&source), chain.markets);
        Self {
            state: State::lazy(source, chain, genesis),
            books,
            open: Vec::new(),
            sealed: Vec::new(),
            met: Met::default(),
        }
    }

    /// The book of `market`; `None` when there is no such market, or a lazy exchange has not touched it.
    #[must_use]
    pub fn book(&self, market: MarketId) -> Option<&Book> {
        self.books.get(market).map(|resting| &**resting)
    }

    /// The open orders of an account in a market, ids ascending; none when there is no such market, or a lazy
    /// exchange has not touched it.
    #[must_use]
    pub fn orders_of(&self, account: AccountId, market: MarketId) -> Vec<OrderId> {
        self.books.get(market).map_or_else(Vec::new, |resting| resting.of_account(account))
    }

    /// The pages of the books that hold orders, by index ascending: what a snapshot needs besides the state.
    ///
    /// # Panics
    /// When the exchange is lazy: it does not hold them all.
    pub fn pages(&self) -> impl Iterator<Item = (u32, OrderPage)> {
        (0..self.state.chain.markets).map(MarketId).flat_map(|market| {
            let book = self.books.at(market);
            let pages = (0..book.pages()).map(|page| u16::try_from(page).expect("a page index has 16 bits"));
            pages.filter_map(move |page| {
                let orders = book.page(page);
                (!orders.is_empty()).then(|| (page_index(market, page), OrderPage { orders }))
            })
        })
    }

    /// The EIP-712 domain that commands and reports of this exchange are signed for.
    #[must_use]
    pub fn separator(&self) -> B256 {
        let genesis = &self.state.genesis;
        Domain { chain_id: genesis.chain_id, exchange: genesis.exchange }.separator()
    }

    /// Withdrawals since the last seal, in order.
    #[must_use]
    pub fn open_withdrawals(&self) -> &[Withdrawal] {
        &self.open
    }

    /// The withdrawals of the batch that was sealed last, in order: the leaves of its tree. They are kept
    /// until taken or until the next seal.
    #[must_use]
    pub fn take_withdrawals(&mut self) -> Vec<Withdrawal> {
        mem::take(&mut self.sealed)
    }

    /// Time of the input that is being applied.
    pub(crate) const fn now(&self) -> Millis {
        self.state.chain.time
    }

    /// Makes the account and its trader readable, and the markets that its margin depends on.
    pub(crate) fn load_account(&mut self, id: AccountId) {
        load_account(&mut self.state, id);
    }

    /// Makes a pool's ledger readable.
    pub(crate) fn load_pool(&mut self, id: PoolId) {
        self.state.pools.load(u32::from(id.0));
    }

    /// Makes a market, its pool, its venue and its book readable.
    ///
    /// # Errors
    /// [`RejectCode::UnknownMarket`] when it was never listed.
    pub(crate) fn enter_market(&mut self, id: MarketId) -> Result<(), Rejection> {
        if !facts::has_market(&self.state, id) {
            return Err(Rejection::new(RejectCode::UnknownMarket, id.0, self.state.chain.markets));
        }
        if self.state.markets.is_complete() {
            return Ok(());
        }
        self.state.markets.load(u32::from(id.0));
        self.state.venues.load(u32::from(id.0));
        self.load_pool(facts::market(&self.state, id).pool);
        self.books.touch(id, facts::venue(&self.state, id));
        Ok(())
    }

    /// From here on what operations of traders change can be taken back.
    pub(crate) fn begin_undo(&mut self) {
        self.state.begin_undo();
        self.books.begin_undo();
    }

    /// Takes back everything since [`Self::begin_undo`].
    pub(crate) fn undo(&mut self) {
        self.state.undo();
        self.books.undo();
    }

    /// Everything since [`Self::begin_undo`] stands.
    pub(crate) fn keep(&mut self) {
        self.state.keep();
        self.books.keep();
    }

    /// Brings the venue's facts up to its book, after the book changed (INV-38).
    pub(crate) fn sync_venue(&mut self, market: MarketId) {
        let book = self.books.at(market);
        let (next_arrival, pages, waiting) = (book.next_arrival(), book.pages(), book.waiting());
        let venue = facts::venue(&self.state, market);
        if (venue.next_arrival, venue.pages, venue.waiting) != (next_arrival, pages, waiting) {
            let venue = facts::venue_mut(&mut self.state, market);
            venue.next_arrival = next_arrival;
            venue.pages = pages;
            venue.waiting = waiting;
        }
    }
}

/// Market of the page at `index`, the reverse of [`page_index`].
const fn market_of_page(index: u32) -> MarketId {
    MarketId((index >> 16) as u16)
}

/// Index of the page that holds `order`.
const fn page_of(market: MarketId, order: &Order) -> u32 {
    page_index(market, (order.id.slot() / ORDERS_PER_PAGE) as u16)
}

/// Makes the account, its pool and its trader readable, and the markets that its margin depends on. Nothing
/// happens when there is no such account.
pub(crate) fn load_account(state: &mut State, id: AccountId) {
    // A complete exchange has everything, and this is asked for whoever is met.
    if state.accounts.is_complete() || !facts::has_account(state, id) {
        return;
    }
    state.accounts.load(account_index(id));
    state.traders.load(account_index(id));
    let State { accounts, pools, traders, markets, .. } = state;
    let account = accounts.get(account_index(id)).expect("ids of accounts are dense (INV-35)");
    pools.load(u32::from(account.pool.0));
    let trader = traders.get(account_index(id)).expect("every account has a trader (INV-35)");
    trader.books.iter().for_each(|book| markets.load(u32::from(book.market.0)));
    if !facts::account(state, id).holdings.is_empty() {
        collateral::load(state, id);
    }
}
