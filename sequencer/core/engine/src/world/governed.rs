//! Governance in the test exchange: what it says, and what may follow from it.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use ballast_state::Pace;
use ballast_types::{
    Event, GovernanceCall, Input, L1Payload, MarketId, MarketParams, Millis, OracleState, Outcome, PoolId,
    Ppm, Quote, Rejection, SizeLots, Source,
    limits::{HOUR_MS, TIER_STEPS},
};

use super::World;
use crate::{
    Exchange, facts,
    governance::{ACTIONS, Action, is_of_signer},
};

/// What governance may move, and the maintenance margin in force.
pub(super) struct Parameters {
    markets: Vec<(MarketParams, Ppm)>,
    paces: Vec<Option<Pace>>,
    /// Of each action and subject what it is, where it is anything.
    values: BTreeMap<(u8, u16), u64>,
}

/// All of them.
pub(super) fn parameters(x: &Exchange) -> Parameters {
    let markets = (0..x.state.chain.markets).map(|id| facts::market(&x.state, MarketId(id)));
    let paces = (0..x.state.genesis.pools).map(|id| facts::pool(&x.state, PoolId(id)).pacing.pace);
    let values = ACTIONS.iter().flat_map(|action| {
        let subjects = action.subjects(&x.state);
        let value = move |subject| Some(((action.number, subject), action.current(&x.state, subject)?));
        (0..subjects).filter_map(value)
    });
    Parameters {
        markets: markets.map(|market| (market.params.clone(), market.maintenance)).collect(),
        paces: paces.collect(),
        values: values.collect(),
    }
}

/// INV-79: a parameter becomes what `ParameterChanged` tells, and never else another; no more than twice, no less than half
/// of what it was, if it was anything.
pub(super) fn check_parameters(x: &Exchange, before: &Parameters, outcome: &Outcome) {
    let after = parameters(x);
    let mut told = before.values.clone();
    for event in &outcome.events {
        let Event::ParameterChanged(call) = event else { continue };
        if is_of_signer(call.action) {
            continue;
        }
        let value = told.get_mut(&(call.action, call.subject)).expect("INV-79: there is such a parameter");
        let within = *value == 0 || (value.div_ceil(2)..=2 * *value).contains(&call.value);
        assert!(within, "INV-79: from {value} by {event:?}");
        *value = call.value;
    }
    assert_eq!(told, after.values, "INV-79: {outcome:?}");
    let params = |all: &Parameters| -> Vec<MarketParams> {
        all.markets.iter().map(|(params, _)| params.clone()).collect()
    };
    let (mut followed, after_all) = (params(before), params(&after));
    outcome.events.iter().for_each(|event| follow(&mut followed, event));
    let bounds = |all: &[MarketParams]| -> Vec<Vec<SizeLots>> {
        all.iter().map(|it| it.margin_tiers.iter().map(|tier| tier.above).collect()).collect()
    };
    assert_eq!(bounds(&followed), bounds(&after_all), "INV-102: {outcome:?}");
    // What else moved with a parameter that is told is of the same market.
    let is_told = |market: u16| {
        let of_market = |action| Action::of(action).is_some_and(|action| !action.is_of_pool());
        told.iter().any(|(key, value)| key.1 == market && of_market(key.0) && before.values[key] != *value)
    };
    for (market, (followed, after)) in (0..).zip(followed.iter().zip(&after_all)) {
        assert!(is_told(market) || followed == after, "INV-79: {market}: {outcome:?}");
    }
    if told == before.values {
        assert_eq!(before.paces, after.paces, "INV-79: {outcome:?}");
    }
}

/// INV-102: tiers move by what `TiersMoved` tells, and no bound by more than its 256th.
fn follow(markets: &mut [MarketParams], event: &Event) {
    let Event::TiersMoved { market, above } = event else { return };
    let tiers = &mut markets[usize::from(market.0)].margin_tiers;
    assert_eq!(tiers.len(), above.len(), "INV-102: {event:?}");
    for (tier, above) in tiers.iter_mut().zip(above) {
        let far = tier.above.0.abs_diff(above.0);
        assert!(
            far <= tier.above.0 / TIER_STEPS && tier.notional > Quote::ZERO,
            "INV-102: {tier:?} {event:?}"
        );
        tier.above = *above;
    }
}

/// In which hour the tiers of each market moved last.
#[derive(Clone, Default)]
pub(super) struct Followed(BTreeMap<MarketId, u64>);

impl Followed {
    /// INV-102: once in an hour, with a report and a price that is sure.
    pub(super) fn check(&mut self, x: &Exchange, input: &Input, outcome: &Outcome) {
        for event in &outcome.events {
            let Event::TiersMoved { market, .. } = event else { continue };
            assert!(matches!(input.source, Source::Publisher { .. }), "INV-102: {input:?}");
            assert_eq!(facts::market(&x.state, *market).oracle, OracleState::Fresh, "INV-102: {event:?}");
            let hour = input.time.0 / HOUR_MS;
            let last = self.0.insert(*market, hour);
            assert!(last.is_none_or(|last| last < hour), "INV-102: {event:?} twice");
        }
    }
}

/// When the maintenance margin in force of each market rose last.
#[derive(Clone, Default)]
pub(super) struct Glide(BTreeMap<MarketId, u64>);

impl Glide {
    /// INV-78: maintenance margin in force rises once in an hour, by at most 2% and a ppm.
    pub(super) fn check(&mut self, x: &Exchange, before: &Parameters, input: &Input) {
        for (id, (_, was)) in (0..).map(MarketId).zip(&before.markets) {
            let is = facts::market(&x.state, id).maintenance;
            if is <= *was {
                continue;
            }
            let most = (u64::from(was.0) * 1_020).div_ceil(1_000) + 1;
            assert!(u64::from(is.0) <= most, "INV-78: market {id} from {was} to {is} by {input:?}");
            let hour = input.time.0 / HOUR_MS;
            let last = self.0.insert(id, hour);
            assert!(last.is_none_or(|last| last < hour), "INV-78: market {id} twice by {input:?}");
        }
    }
}

impl World {
    /// Governance says something on L1: what is told.
    pub(crate) fn govern(&mut self, action: u8, subject: u16, value: u64) -> Event {
        let call = GovernanceCall { action, subject, value };
        let outcome = self.l1(L1Payload::Governance(call));
        match outcome.events.as_slice() {
            [event] => event.clone(),
            other => panic!("one thing is told of {call:?}, not {other:?}: {:?}", outcome.status),
        }
    }

    /// The same, where it is scheduled: for when.
    pub(crate) fn scheduled(&mut self, action: u8, subject: u16, value: u64) -> u64 {
        match self.govern(action, subject, value) {
            Event::ChangeScheduled(_, Millis(at)) => at,
            other => panic!("not scheduled: {other:?}"),
        }
    }

    /// The same, where it is refused: why.
    pub(crate) fn ungoverned(&mut self, action: u8, subject: u16, value: u64) -> Rejection {
        match self.govern(action, subject, value) {
            Event::GovernanceRefused(_, rejection) => rejection,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// A report of the first publisher, of the same prices: what is told of governance.
    pub(crate) fn governed(&mut self) -> Vec<Event> {
        let mut told = vec![];
        let from = self.log.len();
        let prices: Vec<(MarketId, u64)> = (0..self.x.state.chain.markets)
            .map(|id| (MarketId(id), facts::market(&self.x.state, MarketId(id)).index.0.max(1)))
            .collect();
        self.try_prices(&prices);
        for (_, outcome) in &self.log[from..] {
            told.extend(outcome.events.iter().filter(|event| is_of_governance(event)).cloned());
        }
        told
    }
}

const fn is_of_governance(event: &Event) -> bool {
    matches!(event, Event::ParameterChanged(_) | Event::GovernanceRefused(..) | Event::MarginChanged { .. })
}
