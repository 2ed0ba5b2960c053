//! The exchange before its first input.

use alloc::vec::Vec;

use ballast_book::Book;
use ballast_risk::shortfall::Margins;
use ballast_state::{
    Average, Breakers, Closing, Genesis, Holders, Interest, Market, Minute, Minutes, Pace, Pacing, Pool,
    Pricing, Protection, Rate, Report, State, Strain, Venue, factor_index, minutes_index,
};
use ballast_types::{
    Address, AssetParams, MarketId, MarketParams, Millis, OracleState, PoolId, Ppm, PriceTicks, Quote,
    SizeLots,
    limits::{MAX_AMOUNT, MAX_ASSETS, MAX_MARKETS, MAX_POOLS, MAX_PUBLISHERS, MIN_WITHDRAWAL, PPM},
};
use thiserror::Error;

use crate::{
    books::Books, capacity::untold, collateral::terms, exchange::Exchange, open_account::open_account,
};

mod history;

pub use history::History;
pub(crate) use history::begin;

/// What an exchange begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisConfig {
    /// Chain id of L1.
    pub chain_id: u64,
    /// `verifyingContract` of the EIP-712 domain.
    pub exchange: Address,
    /// Price publishers, 1 to 16, by their place.
    pub publishers: Vec<Address>,
    /// How many of them a price needs: more than half.
    pub quorum: u8,
    /// Who may move markets towards safety; nobody when zero.
    pub guardian: Address,
    /// Pools, 1 to 16, by their id: what stands behind the accounts of each.
    pub pools: Vec<ProtectionConfig>,
    /// Markets, 1 to 256, by their id.
    pub markets: Vec<Listing>,
    /// What is known of how indices moved, of markets that go by it, strictly ascending.
    pub histories: Vec<History>,
    /// Whether markets tighten while L1 takes no batch.
    pub settlement_lag: bool,
    /// Whether publishers tell what a USDC is worth, and markets tighten while it is less than a dollar.
    pub peg_guard: bool,
    /// Assets beside USDC that are held in custody, at most 7, by their place: asset 1 is the first.
    pub assets: Vec<AssetParams>,
}

/// A market that an exchange begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What it is.
    pub params: MarketParams,
    /// The pool to which it belongs.
    pub pool: PoolId,
}

impl From<MarketParams> for Listing {
    /// A market of pool 0.
    fn from(params: MarketParams) -> Self {
        Self { params, pool: PoolId(0) }
    }
}

/// What stands behind the accounts of a pool when an exchange begins; by default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtectionConfig {
    /// Who owns the backstop; there is none when zero. Those of all pools are the first accounts, in their order.
    pub backstop: Address,
    /// What the insurance fund should hold, in u, 0 to 2^60.
    pub fund_target: Quote,
    /// How fast money may leave it: shares of 1 to 10^6 ppm, floors of 10^6 u to 2^60; when none, at once.
    pub pacing: Option<Pace>,
}

/// Assets beside USDC.
const MOST_ASSETS: u16 = MAX_ASSETS - 1;

/// Why no exchange can begin so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GenesisError {
    /// The exchange has no address to tell its signatures by.
    #[error("the exchange's address is zero")]
    Exchange,
    /// The number of publishers.
    #[error("{0} publishers: an exchange has 1 to {MAX_PUBLISHERS}")]
    Publishers(usize),
    /// A publisher that could not sign, or counts twice.
    #[error("publisher {0} is zero or listed twice")]
    Publisher(Address),
    /// The quorum. A median of fewer than half of the publishers is in the hands of a minority.
    #[error("quorum {quorum} of {publishers}: more than half are needed, and not more than there are")]
    Quorum {
        /// What was asked for.
        quorum: u8,
        /// How many publishers there are.
        publishers: usize,
    },
    /// The number of pools.
    #[error("{0} pools: an exchange has 1 to {MAX_POOLS}")]
    Pools(usize),
    /// What the fund should hold.
    #[error("fund target {0}: 0 to {MAX_AMOUNT}")]
    FundTarget(Quote),
    /// How fast money may leave a pool.
    #[error("pacing: a share of 1 to {PPM} ppm and a floor of {MIN_WITHDRAWAL} to {MAX_AMOUNT}")]
    Pacing,
    /// The number of markets.
    #[error("{0} markets: an exchange has 1 to {MAX_MARKETS}")]
    Markets(usize),
    /// Parameters of a market that break a rule.
    #[error("market {symbol}: {rule}")]
    Market {
        /// Its ticker.
        symbol: alloc::string::String,
        /// The rule.
        rule: &'static str,
    },
    /// The number of assets.
    #[error("{0} assets beside USDC: an exchange has at most {MOST_ASSETS}")]
    Assets(usize),
    /// An asset that breaks a rule.
    #[error("asset {symbol}: {rule}")]
    Asset {
        /// Its ticker.
        symbol: alloc::string::String,
        /// The rule.
        rule: &'static str,
    },
    /// A history that breaks a rule.
    #[error("history of market {market}: {rule}")]
    History {
        /// Of which market.
        market: MarketId,
        /// The rule.
        rule: &'static str,
    },
}

impl GenesisConfig {
    /// Whether an exchange can begin so.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn check(&self) -> Result<(), GenesisError> {
        if self.exchange == Address::ZERO {
            return Err(GenesisError::Exchange);
        }
        self.check_publishers()?;
        self.check_pools()?;
        if self.markets.is_empty() || self.markets.len() > usize::from(MAX_MARKETS) {
            return Err(GenesisError::Markets(self.markets.len()));
        }
        for (place, Listing { params, pool }) in self.markets.iter().enumerate() {
            let refuse = |rule| GenesisError::Market { symbol: params.symbol.clone(), rule };
            params.check().map_err(refuse)?;
            if self.markets[..place].iter().any(|other| other.params.symbol == params.symbol) {
                return Err(refuse("symbol: listed twice"));
            }
            if usize::from(pool.0) >= self.pools.len() {
                return Err(refuse("pool: not listed"));
            }
        }
        self.check_assets()?;
        history::check(&self.histories, &self.markets)
    }

    fn check_assets(&self) -> Result<(), GenesisError> {
        if self.assets.len() > usize::from(MOST_ASSETS) {
            return Err(GenesisError::Assets(self.assets.len()));
        }
        for (place, params) in self.assets.iter().enumerate() {
            let refuse = |rule| GenesisError::Asset { symbol: params.symbol.clone(), rule };
            params.check().map_err(refuse)?;
            let mut before = self.assets[..place].iter().map(|other| &other.symbol[..]);
            if params.symbol == "USDC" || before.any(|other| other == params.symbol) {
                return Err(refuse("symbol: listed twice"));
            }
            let market = params.collateral.map(|terms| self.markets.get(usize::from(terms.market.0)));
            if market.is_some_and(|market| market.is_none_or(|market| market.pool != PoolId(0))) {
                return Err(refuse("market: none of pool 0"));
            }
        }
        Ok(())
    }

    fn check_pools(&self) -> Result<(), GenesisError> {
        if self.pools.is_empty() || self.pools.len() > usize::from(MAX_POOLS) {
            return Err(GenesisError::Pools(self.pools.len()));
        }
        let within = |target: &Quote| (0..=MAX_AMOUNT).contains(&target.0);
        let mut targets = self.pools.iter().map(|pool| pool.fund_target);
        if let Some(target) = targets.find(|target| !within(target)) {
            return Err(GenesisError::FundTarget(target));
        }
        let mut rates =
            self.pools.iter().filter_map(|pool| pool.pacing).flat_map(|Pace { hour, day }| [hour, day]);
        let sound = rates.all(|Rate { share, floor }| {
            (1..=PPM).contains(&share.0.into()) && (MIN_WITHDRAWAL..=MAX_AMOUNT).contains(&floor.0)
        });
        if sound { Ok(()) } else { Err(GenesisError::Pacing) }
    }

    fn check_publishers(&self) -> Result<(), GenesisError> {
        let count = self.publishers.len();
        if count == 0 || count > MAX_PUBLISHERS {
            return Err(GenesisError::Publishers(count));
        }
        for (place, publisher) in self.publishers.iter().enumerate() {
            if *publisher == Address::ZERO || self.publishers[..place].contains(publisher) {
                return Err(GenesisError::Publisher(*publisher));
            }
        }
        let quorum = usize::from(self.quorum);
        if quorum > count || quorum * 2 <= count {
            return Err(GenesisError::Quorum { quorum: self.quorum, publishers: count });
        }
        Ok(())
    }
}

impl Exchange {
    /// The exchange before its first input: markets without prices, empty pools, no accounts but those of backstops.
    ///
    /// # Errors
    /// [`GenesisError`] when the configuration breaks a rule.
    pub fn genesis(config: &GenesisConfig) -> Result<Self, GenesisError> {
        config.check()?;
        let mut state = State::empty(Genesis {
            chain_id: config.chain_id,
            exchange: config.exchange,
            publishers: config.publishers.clone(),
            quorum: config.quorum,
            guardian: config.guardian,
            pools: u16::try_from(config.pools.len()).expect("checked: at most 16 pools"),
            settlement_lag: config.settlement_lag,
            peg_guard: config.peg_guard,
            assets: config.assets.clone(),
        });
        for (id, pool) in (0..).map(PoolId).zip(&config.pools) {
            let protection = protect(&mut state, id, pool);
            let pacing = Pacing { pace: pool.pacing, ..Pacing::default() };
            state.pools.insert(u32::from(id.0), Pool { protection, pacing, ..Pool::default() });
        }
        let books: Vec<Book> = config.markets.iter().map(|_| Book::new()).collect();
        for ((id, listing), book) in (0..).map(MarketId).zip(&config.markets).zip(&books) {
            let history = config.histories.iter().find(|history| history.market == id);
            let (margins, haircut, factor) = begin(&listing.params, history);
            if let Some(factor) = factor {
                state.factors.insert(factor_index(id), factor);
            }
            let market = Market { prices: terms(&config.assets, id), ..unpriced(listing.clone(), margins) };
            let haircut = if market.prices.is_empty() { Ppm(0) } else { haircut };
            let market = Market { haircut, haircut_initial: haircut, ..market };
            state.markets.insert(u32::from(id.0), market);
            state.minutes.insert(minutes_index(id), Minutes::default());
            state.venues.insert(
                u32::from(id.0),
                Venue {
                    next_arrival: book.next_arrival(),
                    pages: book.pages(),
                    open_interest: SizeLots::ZERO,
                    batch_until: Millis(0),
                    next_clearing: Millis(0),
                    waiting: 0,
                    reports: config.publishers.iter().map(|_| Report::default()).collect(),
                    pricing: Pricing::default(),
                    strain: Strain::default(),
                    holders: Holders::NONE,
                    breakers: Breakers::NEW,
                    interest: Interest::default(),
                    capacity: untold(&listing.params, config.publishers.len()),
                    average: Average::default(),
                    closing: Closing::default(),
                    minute: Minute::default(),
                    margin_moved: Millis(0),
                },
            );
        }
        state.chain.markets = u16::try_from(config.markets.len()).expect("checked: at most 256 markets");
        Ok(Self {
            state,
            books: Books::complete(books),
            open: Vec::new(),
            sealed: Vec::new(),
            met: crate::matching::Met::default(),
        })
    }
}

/// What stands behind a pool; the account of its backstop is opened, if there is to be one.
fn protect(state: &mut State, pool: PoolId, config: &ProtectionConfig) -> Protection {
    let owner = Some(config.backstop).filter(|owner| *owner != Address::ZERO);
    let backstop = owner.map(|owner| open_account(state, owner, pool, Quote::ZERO));
    Protection { target: config.fund_target, backstop, ..Protection::default() }
}

/// A market that is listed and has no price yet.
fn unpriced(Listing { params, pool }: Listing, margins: Margins) -> Market {
    Market {
        average: PriceTicks(0),
        params,
        pool,
        index: PriceTicks(0),
        mark: PriceTicks(0),
        mark_time: Millis(0),
        oracle: OracleState::Fresh,
        fresh_mark: PriceTicks(0),
        funding: 0,
        initial_factor: Ppm::WHOLE,
        maintenance: margins.maintenance,
        initial: margins.initial,
        settlement: None,
        open_interest_margin: Ppm(0),
        prices: Vec::new(),
        hour_average: PriceTicks(0),
        haircut: Ppm(0),
        haircut_initial: Ppm(0),
    }
}

#[cfg(test)]
mod tests;
