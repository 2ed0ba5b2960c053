//! What accounts are told by of the markets that they trade in.
//!
//! It is told where an account first is in a market, though the market's leaf has it: so accounts can be read by who does not know
//! the leaf, because he began in the middle.

use alloc::{collections::BTreeMap, vec::Vec};
use ballast_state::Market;
use ballast_types::{MarketId, limits::PPM};

use super::{
    Changed, DiffError, Previous,
    coder::Coder,
    numbers::{Number, Step},
    trades::{MOST_KAPPA, RATE_BITS, Venue},
};

/// Most rates of a market that are told.
pub(super) const MAX_RATES: usize = 1 << RATE_BITS;

/// What is known of the markets.
pub(super) struct Venues<'a> {
    met: BTreeMap<MarketId, Venue>,
    /// The markets that changed; none when nothing is told of any.
    changes: Option<&'a [Changed<Market>]>,
    kappa: Number,
    count: Number,
    rates: Vec<Step>,
    /// Rates of the market that was told last.
    last: Vec<u64>,
    price: Number,
    funding: Step,
    /// From the funding index after the batch to that before.
    before: Step,
}

impl<'a> Venues<'a> {
    fn new(changes: Option<&'a [Changed<Market>]>) -> Self {
        Self {
            met: BTreeMap::new(),
            changes,
            kappa: Number::default(),
            count: Number::default(),
            rates: alloc::vec![Step::default(); MAX_RATES],
            last: alloc::vec![0; MAX_RATES],
            price: Number::default(),
            funding: Step::default(),
            before: Step::default(),
        }
    }

    /// Of accounts after trades, in a batch that made these changes.
    pub(super) fn told(changes: &'a [Changed<Market>]) -> Self {
        Self::new(Some(changes))
    }

    /// Of accounts in full: what they paid is not foreseen.
    pub(super) fn blank() -> Self {
        Self::new(None)
    }

    /// One that a position is in. Where it is `written`, the market's leaf is among the changes or in `previous`.
    pub(super) fn meet(
        &mut self,
        coder: &mut impl Coder,
        market: MarketId,
        written: bool,
        previous: &mut impl Previous,
    ) -> Result<&mut Venue, DiffError> {
        if !self.met.contains_key(&market) {
            let venue = match self.changes {
                None => Venue::unknown(),
                Some(changes) => {
                    let told = if written { find(changes, market, previous) } else { Venue::unknown() };
                    self.code(coder, &told)?
                }
            };
            self.met.insert(market, venue);
        }
        Ok(self.met(market))
    }

    /// One that was met.
    pub(super) fn met(&mut self, market: MarketId) -> &mut Venue {
        self.met.get_mut(&market).expect("positions are met before what they paid")
    }

    fn code(&mut self, coder: &mut impl Coder, told: &Venue) -> Result<Venue, DiffError> {
        let kappa = self.kappa.code(coder, told.kappa.into())?;
        let kappa = u32::try_from(kappa).map_err(|_| DiffError::Value)?;
        let count = self.count.code(coder, told.rates.len() as u64)?;
        if count > MAX_RATES as u64 || (count > 0 && kappa > MOST_KAPPA) {
            return Err(DiffError::Value);
        }
        let mut rates = Vec::new();
        for at in 0..count as usize {
            let rate = told.rates.get(at).map_or(0, |rate| rate.cast_unsigned());
            let rate = self.rates[at].code(coder, self.last[at], rate)?;
            if rate.cast_signed().unsigned_abs() > PPM.unsigned_abs() {
                return Err(DiffError::Value);
            }
            self.last[at] = rate;
            rates.push(rate.cast_signed());
        }
        let price = self.price.code(coder, told.price)?;
        let after = self.funding.code(coder, 0, told.funding.last())?;
        let before = self.before.code(coder, after, told.funding.before())?;
        Ok(Venue::new(kappa, rates, price, (after, before)))
    }
}

fn find(changes: &[Changed<Market>], id: MarketId, previous: &mut impl Previous) -> Venue {
    match changes.binary_search_by_key(&u32::from(id.0), |change| change.index) {
        Ok(at) => of(&changes[at].after, changes[at].before.as_ref().unwrap_or(&changes[at].after)),
        Err(_) => previous.market(id).map_or_else(Venue::unknown, |market| of(&market, &market)),
    }
}

fn of(market: &Market, before: &Market) -> Venue {
    let (fees, kappa) = (&market.params.fees, market.params.kappa);
    let mut rates: Vec<i64> =
        fees.iter().flat_map(|tier| [i64::from(tier.taker.0), tier.maker.0.into()]).collect();
    rates.truncate(MAX_RATES);
    if kappa > MOST_KAPPA || rates.iter().any(|rate| rate.abs() > PPM) {
        rates.clear();
    }
    let funding = (market.funding.cast_unsigned(), before.funding.cast_unsigned());
    Venue::new(kappa, rates, market.mark.0, funding)
}
