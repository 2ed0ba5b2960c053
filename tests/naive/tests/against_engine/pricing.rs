//! What mark and funding follow from, compared.

use ballast_naive::{Average, Exchange, Market, Report};
use ballast_state::Pricing;
use ballast_types::{Event, Input, MarketId, Millis, OracleState, Outcome};

/// Compares averages, touch, premium and accrual of a market.
pub(crate) fn compare(fast: &Pricing, naive: &Market, input: &Input) {
    let value = |average: Option<Average>| average.map(|average| average.value);
    assert_eq!(fast.basis, value(naive.basis).unwrap_or(0), "basis after {input:#?}");
    assert_eq!(fast.touch, value(naive.touch), "touch after {input:#?}");
    assert_eq!(
        fast.averaged,
        naive.basis.map_or(Millis(0), |basis| basis.moved),
        "averaged after {input:#?}"
    );
    assert_eq!(fast.touched, naive.touched.unwrap_or(Millis(0)), "touched after {input:#?}");
    let last = (i128::from(fast.last.0), fast.traded);
    assert_eq!(last, naive.last_trade.unwrap_or((0, Millis(0))), "last trade after {input:#?}");

    let premium = fast.premium;
    let told = (i128::from(premium.value), i128::from(premium.sum), premium.samples as usize);
    let sum: i128 = naive.samples.iter().map(|(_, sample)| sample).sum();
    assert_eq!(told, (naive.premium, sum, naive.samples.len()), "premium after {input:#?}");
    if let Some((time, _)) = naive.samples.last() {
        assert_eq!(premium.sampled, time.0 / 5_000, "last sample after {input:#?}");
    }
    let hour = naive.ticked.map_or(0, |time| time.0 / 3_600_000);
    assert_eq!(premium.hour, hour, "hour after {input:#?}");
    let minute = naive.freshened.map_or(0, |time| time.0 / 60_000);
    assert_eq!((fast.minute, i128::from(fast.carry)), (minute, naive.carry()), "accrual after {input:#?}");
}

/// What an input did to prices and funding, by name.
pub(crate) fn seen(before: &Exchange, after: &Exchange, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    for event in &outcome.events {
        names.extend(match event {
            Event::PriceUpdated { oracle: OracleState::Fresh, .. } => Some("became or stayed fresh"),
            Event::PriceUpdated { oracle: OracleState::Uncertain, .. } => Some("became or stayed uncertain"),
            Event::PriceUpdated { oracle: OracleState::Invalid, .. } => Some("publishers contradict"),
            Event::FundingAccrued { rate, .. } if *rate > 0 => Some("longs paid"),
            Event::FundingAccrued { rate, .. } if *rate < 0 => Some("shorts paid"),
            _ => None,
        });
    }
    for (id, (old, new)) in (0..).map(MarketId).zip(before.markets.iter().zip(&after.markets)) {
        let waits = old.orders.iter().any(|order| order.waits.is_some());
        let is_good = matches!(after.oracle(id), OracleState::Fresh | OracleState::Uncertain);
        if waits && is_good && old.next_clearing <= after.time && new.jumped.is_some() {
            names.push("a clearing put off by a jump");
        }
        let enters = |event: &Event| matches!(event, Event::OrderAccepted { market, .. } if *market == id);
        if waits && !is_good && outcome.events.iter().any(enters) {
            names.push("shrank while others waited");
        }
        if new.mark > 0 {
            names.push(match after.oracle(id) {
                OracleState::Fresh => "fresh",
                OracleState::Uncertain => "uncertain",
                OracleState::Stale => "stale",
                OracleState::Invalid if new.quality == OracleState::Invalid => "invalid by contradiction",
                OracleState::Invalid => "invalid by silence",
            });
        }
        if old.ticked != new.ticked {
            names.extend(moved(before.oracle(id), old, new));
        }
    }
    names
}

/// What a tick did to a market.
fn moved(was: OracleState, old: &Market, new: &Market) -> Vec<&'static str> {
    let turned =
        new.samples.len() < old.samples.len() || old.samples.is_empty() && old.premium != new.premium;
    let bound = i128::from(new.params.maintenance_margin.0 / 2) * new.index / 1_000_000;
    let value = |average: Option<Average>| average.map_or(0, |average| average.value);
    let now = new.ticked.expect("it has just ticked");
    let tolerance = i128::from(new.params.class.tolerance().invalid.0);
    let is_outvoted = |report: &Report| {
        now.0.saturating_sub(report.time.0) <= 3_000
            && report.confidence <= 20_000
            && (report.price - new.index).abs() * 1_000_000 > tolerance * new.index
    };
    let comes_back = new.quality == OracleState::Fresh && new.uncertain == new.ticked;
    let waits = new.orders.iter().any(|order| order.waits.is_some());
    let facts = [
        (new.reports.values().any(is_outvoted), "a report was outvoted"),
        (
            old.jumped == new.jumped && new.jumped.is_some_and(|jump| now.0 - jump.0 >= 600),
            "a jump without a witness",
        ),
        (comes_back, "came back"),
        (comes_back && waits, "came back while orders waited"),
        (
            was == OracleState::Invalid && old.quality == OracleState::Invalid && old.index > 0,
            "no longer contradicted",
        ),
        (old.index > 0 && new.jumped.is_some() && new.jumped == new.ticked, "jumped"),
        (old.jumped.is_some() && new.jumped.is_none(), "a jump was believed"),
        (was == OracleState::Stale, "no longer stale"),
        (turned && old.samples.len() >= 360, "an hour with enough samples"),
        (turned && (1..360).contains(&old.samples.len()), "an hour with too few"),
        (turned && old.samples.len() < 360 && new.premium != old.premium, "a premium halved"),
        (new.samples.last().is_some_and(|(_, sample)| *sample > 0), "a premium above zero"),
        (new.samples.last().is_some_and(|(_, sample)| *sample < 0), "a premium below zero"),
        (value(new.basis) > 0, "a basis above zero"),
        (value(new.basis) < 0, "a basis below zero"),
        (old.touch.is_some() && new.touch.is_none(), "the touch was forgotten"),
        (new.touch.is_some() && new.touched != new.ticked, "a touch of before"),
        (new.mark != new.index, "mark beside the index"),
        ((new.mark - new.index).abs() == bound && bound > 0, "mark at its bound"),
        (new.fresh_mark != new.mark, "an uncertain mark"),
    ];
    facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect()
}
