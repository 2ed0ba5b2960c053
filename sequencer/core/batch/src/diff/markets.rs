//! Markets in a diff.

use alloc::vec::Vec;
use ballast_state::{Market, Priced, Section, Settlement};
use ballast_types::{MarketId, MarketParams, Millis, OracleState, PoolId, Ppm, PriceTicks};

use super::{
    Changed, DiffError, Previous,
    coder::Coder,
    section::{self, Base, Fields, Guess, Part},
};

const FIELDS: usize = 17;
/// What the fields below are likely to do: mark and last fresh mark move as the index does, all marks at one time.
const GUESSES: [Guess; FIELDS] = {
    let mut guesses = [Guess::Stays; FIELDS];
    guesses[1] = Guess::As(0);
    guesses[2] = Guess::Again;
    guesses[3] = Guess::As(1);
    guesses
};

pub(super) fn code(
    coder: &mut impl Coder,
    told: Option<&[Changed<Market>]>,
    previous: &mut impl Previous,
) -> Result<Vec<Changed<Market>>, DiffError> {
    let (mut params, mut prices, mut fields) = (Part::default(), Part::default(), Fields::new(GUESSES));
    section::code(
        coder,
        told,
        (Section::Markets, previous),
        |previous, id| previous.market(MarketId(id)),
        |coder, _, before, after| {
            let old = before.known().map(identity);
            let old = match &old {
                Some(old) => Base::Was(old),
                None if before.is_new() => Base::New,
                None => Base::Unknown,
            };
            let identity = params.code(coder, old, after.map(identity).as_ref())?;
            let none = Vec::new();
            let old = if before.is_new() { Base::Was(&none) } else { before.part(|market| &market.prices) };
            let prices = prices.code(coder, old, after.map(|market| &market.prices))?;
            let old = (!before.is_unknown()).then(|| numbers(before.known()));
            let after = after.map(|after| numbers(Some(after)));
            let numbers = fields.code(coder, old.as_ref(), after.as_ref())?;
            let parts = identity.zip(prices).filter(|_| !before.is_unknown());
            parts.map(|(identity, prices)| market(identity, prices, numbers)).transpose()
        },
    )
}

/// What is told as a whole.
fn identity(market: &Market) -> (MarketParams, PoolId) {
    (market.params.clone(), market.pool)
}

fn market(
    identity: (MarketParams, PoolId),
    prices: Vec<Priced>,
    fields: [u64; FIELDS],
) -> Result<Market, DiffError> {
    let (params, pool) = identity;
    let [index, mark, mark_time, fresh_mark, funding, oracle, factor, maintenance, initial, rest @ ..] =
        fields;
    let [average, settled, high, low, open_interest_margin, hour_average, haircut, haircut_initial] = rest;
    let fraction = |value: u64| u32::try_from(value).map(Ppm).map_err(|_| DiffError::Value);
    Ok(Market {
        params,
        pool,
        index: PriceTicks(index),
        mark: PriceTicks(mark),
        mark_time: Millis(mark_time),
        oracle: OracleState::try_from(oracle).map_err(|()| DiffError::Value)?,
        initial_factor: fraction(factor)?,
        maintenance: fraction(maintenance)?,
        initial: fraction(initial)?,
        average: PriceTicks(average),
        fresh_mark: PriceTicks(fresh_mark),
        funding: funding.cast_signed(),
        settlement: settlement(settled, high, low)?,
        open_interest_margin: fraction(open_interest_margin)?,
        prices,
        hour_average: PriceTicks(hour_average),
        haircut: fraction(haircut)?,
        haircut_initial: fraction(haircut_initial)?,
    })
}

fn numbers(market: Option<&Market>) -> [u64; FIELDS] {
    market.map_or([0; FIELDS], |market| {
        let Market { index, mark, mark_time, oracle, fresh_mark, funding, .. } = market;
        let settled = market.settlement.map_or(0, |settlement| settlement.price.0 + 1);
        let closed = market.settlement.map_or(0, |settlement| settlement.closed).cast_unsigned();
        [
            index.0,
            mark.0,
            mark_time.0,
            fresh_mark.0,
            funding.cast_unsigned(),
            (*oracle).into(),
            market.initial_factor.0.into(),
            market.maintenance.0.into(),
            market.initial.0.into(),
            market.average.0,
            settled,
            (closed >> u64::BITS) as u64,
            closed as u64,
            market.open_interest_margin.0.into(),
            market.hour_average.0,
            market.haircut.0.into(),
            market.haircut_initial.0.into(),
        ]
    })
}

/// The settlement whose price is one less than `settled`, which is 0 where there is none.
fn settlement(settled: u64, high: u64, low: u64) -> Result<Option<Settlement>, DiffError> {
    let closed = (u128::from(high) << u64::BITS | u128::from(low)).cast_signed();
    match settled.checked_sub(1) {
        Some(price) => Ok(Some(Settlement { price: PriceTicks(price), closed })),
        None if closed == 0 => Ok(None),
        None => Err(DiffError::Value),
    }
}
