//! The exchange before its first input.

use alloc::vec::Vec;

use ballast_book::Book;
use ballast_state::{
    Account, Breakers, Genesis, Holders, Market, Pool, Pricing, Protection, Report, State, Strain, Trader,
    Venue, account_index,
};
use ballast_types::{
    AccountId, Address, MarketId, MarketParams, Millis, OracleState, PoolId, Ppm, PriceTicks, Quote,
    SizeLots,
    limits::{MAX_AMOUNT, MAX_MARKETS, MAX_PUBLISHERS},
};
use thiserror::Error;

use crate::{books::Books, exchange::Exchange};

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
    /// What stands behind the accounts.
    pub protection: ProtectionConfig,
    /// Markets, 1 to 256, by their id; all in pool 0.
    pub markets: Vec<MarketParams>,
}

/// What stands behind the accounts of a pool when an exchange begins; by default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtectionConfig {
    /// Who owns the backstop, which is account 0 then; there is none when zero.
    pub backstop: Address,
    /// What the insurance fund should hold, in u, 0 to 2^60.
    pub fund_target: Quote,
}

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
    /// What the fund should hold.
    #[error("fund target {0}: 0 to {MAX_AMOUNT}")]
    FundTarget(Quote),
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
        let target = self.protection.fund_target;
        if !(0..=MAX_AMOUNT).contains(&target.0) {
            return Err(GenesisError::FundTarget(target));
        }
        if self.markets.is_empty() || self.markets.len() > usize::from(MAX_MARKETS) {
            return Err(GenesisError::Markets(self.markets.len()));
        }
        for (place, market) in self.markets.iter().enumerate() {
            let refuse = |rule| GenesisError::Market { symbol: market.symbol.clone(), rule };
            market.check().map_err(refuse)?;
            if self.markets[..place].iter().any(|other| other.symbol == market.symbol) {
                return Err(refuse("symbol: listed twice"));
            }
        }
        Ok(())
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
    /// The exchange before its first input: markets without prices, one empty pool, no accounts.
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
        });
        let protection = protect(&mut state, &config.protection);
        state.pools.insert(0, Pool { protection, ..Pool::default() });
        let books: Vec<Book> = config.markets.iter().map(|_| Book::new()).collect();
        for ((id, params), book) in (0..).map(MarketId).zip(&config.markets).zip(&books) {
            state.markets.insert(u32::from(id.0), unpriced(params.clone()));
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

/// What stands behind pool 0; the account of its backstop is opened, if there is to be one.
fn protect(state: &mut State, config: &ProtectionConfig) -> Protection {
    let target = config.fund_target;
    if config.backstop == Address::ZERO {
        return Protection { target, ..Protection::default() };
    }
    let id = AccountId(0);
    let owned = Account { owner: config.backstop, pool: PoolId(0), cash: Quote::ZERO, positions: Vec::new() };
    state.accounts.insert(account_index(id), owned);
    state.traders.insert(account_index(id), Trader::default());
    state.chain.accounts = 1;
    Protection { target, backstop: Some(id), ..Protection::default() }
}

/// A market that is listed and has no price yet.
const fn unpriced(params: MarketParams) -> Market {
    Market {
        params,
        pool: PoolId(0),
        index: PriceTicks(0),
        mark: PriceTicks(0),
        mark_time: Millis(0),
        oracle: OracleState::Fresh,
        fresh_mark: PriceTicks(0),
        funding: 0,
        initial_factor: Ppm::WHOLE,
    }
}

#[cfg(test)]
mod tests;
