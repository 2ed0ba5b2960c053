//! Modes of markets, compared; and what led to them, by name.

use ballast_engine::mode_of;
use ballast_naive::{Exchange, History, Market, Window};
use ballast_state::{Activity, State};
use ballast_types::{
    Causes, Event, Input, MarketId, MarketMode, Millis, OracleState, Outcome, RejectCode, Source, Status,
    SystemCommand, limits::WARM_UP_MS,
};

/// Compares the mode of a market and all that its breakers remember.
pub(crate) fn compare(fast: &State, naive: &Market, id: MarketId, input: &Input) {
    let now = input.time;
    assert_eq!(mode_of(fast, now, id), naive.mode(now), "mode of {id} after {input:#?}");
    let market = fast.markets.get(u32::from(id.0)).expect("listed");
    let venue = fast.venues.get(u32::from(id.0)).expect("listed");
    let breakers = &venue.breakers;
    assert_eq!(market.initial_factor.0, naive.factor, "factor of {id} after {input:#?}");
    assert_eq!(breakers.causes, naive.causes, "causes of {id} after {input:#?}");
    let halt = breakers.halt.map(|halt| (halt.causes, halt.calls_from, halt.rounds));
    let expected = naive.halt.map(|halt| (halt.causes, halt.calls_from, halt.rounds));
    assert_eq!(halt, expected, "halt of {id} after {input:#?}");
    let times = (breakers.thin_until, breakers.reduce_until);
    assert_eq!(times, (naive.thin_until, naive.reduce_until), "times of {id} after {input:#?}");
    let warm_until = naive.outage.map_or(0, |outage| outage.0 + WARM_UP_MS);
    let expected = (naive.drained, warm_until);
    assert_eq!((breakers.spent, breakers.warm_until.0), expected, "outage and fund of {id} after {input:#?}");
    if naive.params.circuit_breakers && naive.halt.is_none() {
        let expected = (naive.history.outside_since(), naive.history.quoted().unwrap_or_default());
        assert_eq!((breakers.outside, breakers.quoted), expected, "book of {id} after {input:#?}");
    }
    let told = breakers.told;
    let told = (told.mode, told.causes, told.initial_factor.0, told.calls_from);
    let expected = (naive.told.mode, naive.told.causes, naive.told.factor, naive.told.calls_from);
    assert_eq!(told, expected, "told of {id} after {input:#?}");
    for (window, seen) in
        [(Window::MINUTE, breakers.last_minute(now)), (Window::HOUR, breakers.last_hour(now))]
    {
        compare_window(&naive.history, window, &seen, input);
    }
}

fn compare_window(history: &History, window: Window, seen: &Activity, input: &Input) {
    let now = input.time;
    let range = seen.range.map(|(low, high)| (i128::from(low.0), i128::from(high.0)));
    let lots = [seen.traded, seen.forced].map(|lots| i128::try_from(lots).expect("lots"));
    let expected = [&history.traded, &history.forced].map(|list| History::lots(list, window, now));
    assert_eq!((range, lots), (history.range(window, now), expected), "{window:?} after {input:#?}");
}

/// What lives under stress are there to meet.
pub(crate) const ALL: &[&str] = &[
    "halted by outage",
    "halted by dislocation",
    "halted by quotes",
    "halted by the guardian",
    "halted while halted",
    "batches by velocity",
    "batches by the hour's velocity",
    "velocity let go",
    "velocity held below half",
    "batches by feedback",
    "feedback let go",
    "batches by dislocation",
    "dislocation is over",
    "reduce-only by the fund",
    "reduce-only by the guardian",
    "the fund let go",
    "a factor of a quarter more",
    "a factor of half more",
    "velocity and feedback at once",
    "velocity in a halt",
    "reduce-only in a halt",
    "reduce-only and batches at once",
    "a word of the guardian ran out",
    "put off",
    "put off by a clearing",
    "put off without orders",
    "put off four times",
    "reopened at a price",
    "reopened without orders",
    "reopened without a price",
    "reopened thin",
    "reopened at an uncertain price",
    "reopened with a wider band",
    "thin is over",
    "waited in a call",
    "forced orders wait in batches of a mode",
    "liquidated in a reduce-only market",
    "passed over in a halt",
    "taken over in a halt",
    "torn up in a halt",
    "a market that is not warm is not liquidated",
    "a closed market is liquidated",
    "fired in batches of a mode",
    "fired in a reduce-only market",
    "fired in a call",
    "a closed market fires nothing",
    "half of the depth",
    "MarketHalted",
    "MarketReduceOnly",
    "halted while stale",
];

fn mode(naive: &Exchange, id: MarketId) -> (MarketMode, Causes) {
    naive.markets[usize::from(id.0)].mode(naive.time)
}

/// What an input did to the modes of markets, by name.
pub(crate) fn seen(
    before: &Exchange,
    after: &Exchange,
    input: &Input,
    outcome: &Outcome,
) -> Vec<&'static str> {
    let mut names = Vec::new();
    for id in (0..3).map(MarketId) {
        let (old, new) = (&before.markets[usize::from(id.0)], &after.markets[usize::from(id.0)]);
        names.extend(changed(old, new, before.time, input.time));
        names.extend(reopened(old, new, id, input, outcome));
    }
    names.extend(acted(before, after, input, outcome));
    names
}

fn changed(old: &Market, new: &Market, then: Millis, now: Millis) -> Vec<&'static str> {
    let (was, is) = (old.mode(now).1, new.mode(now).1);
    let begins = |cause: Causes| is.any_of(cause) && !was.any_of(cause);
    let ends = |cause: Causes| was.any_of(cause) && !is.any_of(cause);
    let halted = new.history.halts.len() > old.history.halts.len();
    let begins_halt =
        |cause| halted && new.halt.is_some_and(|halt| halt.causes.any_of(cause)) && new.halt != old.halt;
    let minute = || {
        let v60 = i128::from(new.params.class.velocity().minute.0);
        new.history.range(Window::MINUTE, now).is_some_and(|(low, high)| (high - low) * 1_000_000 > v60 * low)
    };
    let ticked = new.history.ticks.last() != old.history.ticks.last();
    let low = || new.history.ticks.last().is_some_and(|tick| tick.fast == ballast_naive::Grade::Low);
    let reduces = new.causes.any_of(Causes::FUND) || now < new.reduce_until;
    let facts = [
        (begins_halt(Causes::OUTAGE), "halted by outage"),
        (begins_halt(Causes::DISLOCATION), "halted by dislocation"),
        (begins_halt(Causes::QUOTES), "halted by quotes"),
        (begins_halt(Causes::GUARDIAN), "halted by the guardian"),
        (halted && old.halt.is_some(), "halted while halted"),
        (begins(Causes::VELOCITY), "batches by velocity"),
        (begins(Causes::VELOCITY) && !minute(), "batches by the hour's velocity"),
        (ends(Causes::VELOCITY), "velocity let go"),
        (ticked && is.any_of(Causes::VELOCITY) && low(), "velocity held below half"),
        (begins(Causes::FEEDBACK), "batches by feedback"),
        (ends(Causes::FEEDBACK), "feedback let go"),
        (begins(Causes::DISLOCATION) && new.halt.is_none(), "batches by dislocation"),
        (ends(Causes::DISLOCATION) && new.halt.is_none(), "dislocation is over"),
        (begins(Causes::FUND), "reduce-only by the fund"),
        (ends(Causes::FUND), "the fund let go"),
        (now < new.reduce_until && old.reduce_until != new.reduce_until, "reduce-only by the guardian"),
        (new.factor == 1_250_000, "a factor of a quarter more"),
        (new.factor == 1_500_000, "a factor of half more"),
        (
            new.causes.any_of(Causes::VELOCITY) && new.causes.any_of(Causes::FEEDBACK),
            "velocity and feedback at once",
        ),
        (new.halt.is_some() && new.causes.any_of(Causes::VELOCITY), "velocity in a halt"),
        (new.halt.is_some() && reduces, "reduce-only in a halt"),
        (
            reduces && new.causes.any_of(Causes::VELOCITY.with(Causes::DISLOCATION)),
            "reduce-only and batches at once",
        ),
        (old.mode(then).1 != old.mode(now).1, "a word of the guardian ran out"),
        (ends(Causes::THIN), "thin is over"),
    ];
    facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect()
}

/// What became of a halt.
fn reopened(old: &Market, new: &Market, id: MarketId, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let Some(halt) = old.halt else { return Vec::new() };
    let cleared = outcome.events.iter().find_map(|event| match event {
        Event::Cleared { market, price, .. } if *market == id => Some(*price),
        _ => None,
    });
    let put_off = outcome
        .events
        .iter()
        .any(|event| matches!(event, Event::AuctionPutOff { market, .. } if *market == id));
    let clears = matches!(input.source, Source::System(SystemCommand::Clear { .. }));
    let ends = new.halt.is_none();
    let begins_thin = new.causes.any_of(Causes::THIN) && !old.causes.any_of(Causes::THIN);
    let reach = |rounds: u8| i128::from(rounds) * i128::from(old.params.maintenance_margin.0 / 2) * old.index;
    let is_beyond = |price: i128, rounds| (price - old.index).abs() * 1_000_000 > reach(rounds);
    let is_uncertain = new.quality == OracleState::Uncertain;
    let price = cleared.flatten().map(|price| i128::from(price.0));
    let facts = [
        (put_off, "put off"),
        (put_off && clears, "put off by a clearing"),
        (put_off && !clears, "put off without orders"),
        (put_off && halt.rounds == 3, "put off four times"),
        (ends && price.is_some(), "reopened at a price"),
        (ends && cleared.is_none(), "reopened without orders"),
        (ends && cleared == Some(None), "reopened without a price"),
        (ends && begins_thin, "reopened thin"),
        (ends && is_uncertain, "reopened at an uncertain price"),
        (
            ends && !begins_thin && price.is_some_and(|price| is_beyond(price, 1)),
            "reopened with a wider band",
        ),
    ];
    facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect()
}

/// What was done in a market that is not as ever.
fn acted(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    let market = |id: MarketId| &before.markets[usize::from(id.0)];
    let now = input.time;
    let of_mode = |id: MarketId| {
        let (mode, causes) = market(id).mode(now);
        mode == MarketMode::Batches
            && causes.any_of(Causes::VELOCITY.with(Causes::FEEDBACK).with(Causes::DISLOCATION))
    };
    let liquidates = matches!(input.source, Source::System(SystemCommand::Liquidate { .. }));
    let fires = matches!(input.source, Source::System(SystemCommand::Fire { .. }));
    names.extend(liquidated(before, after, input, outcome));
    if let Source::System(SystemCommand::Fire { conditionals }) = &input.source {
        let waits = |(account, id): &(ballast_types::AccountId, ballast_types::ConditionalId)| {
            let it = before.accounts.get(account.0 as usize)?.conditionals.get(id)?;
            Some(market(it.market).is_closed(now))
        };
        if conditionals.iter().any(|it| waits(it) == Some(true)) {
            names.push("a closed market fires nothing");
        }
    }
    for event in &outcome.events {
        names.extend(match event {
            Event::OrderWaits { market: id, .. } if liquidates && of_mode(*id) => {
                Some("forced orders wait in batches of a mode")
            }
            Event::OrderWaits { market: id, .. } if market(*id).halt.is_some() => Some("waited in a call"),
            Event::Fill { market: id, .. } if liquidates && mode(after, *id).0 == MarketMode::ReduceOnly => {
                Some("liquidated in a reduce-only market")
            }
            Event::TakenOver { market: id, .. } if market(*id).halt.is_some() => Some("taken over in a halt"),
            Event::Deleveraged { market: id, .. } if market(*id).halt.is_some() => Some("torn up in a halt"),
            Event::OperationRejected { rejection, .. }
                if rejection.code == RejectCode::MarketHalted && rejection.limit <= i128::from(now.0) =>
            {
                Some("halted while stale")
            }
            _ => None,
        });
        if fires && let Event::ConditionalFired { market: id, .. } = event {
            let it = market(*id);
            names.extend(it.halt.map(|_| "fired in a call"));
            names.extend(of_mode(*id).then_some("fired in batches of a mode"));
            names.extend(
                (it.mode(now).0 == MarketMode::ReduceOnly).then_some("fired in a reduce-only market"),
            );
        }
    }
    for id in (0..3).map(MarketId) {
        let (old, new) = (market(id), &after.markets[usize::from(id.0)]);
        let begins = new.pace.map(|pace| pace.window) != old.pace.map(|pace| pace.window);
        if begins && old.causes.any_of(Causes::FEEDBACK) {
            names.push("half of the depth");
        }
    }
    names
}

/// What a market that is not as ever left of a liquidation.
fn liquidated(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    let market = |id: MarketId| &before.markets[usize::from(id.0)];
    let now = input.time;
    let due = !matches!(outcome.status, Status::Rejected(it) if it.code == RejectCode::NothingDue);
    if let Source::System(SystemCommand::Liquidate { account }) = &input.source
        && let Some(it) = before.accounts.get(account.0 as usize)
    {
        let margin = before.margin(*account);
        let lacks = margin.equity < margin.maintenance && !it.positions.is_empty();
        let closed = it.positions.keys().any(|id| market(*id).is_closed(now));
        let cold = it.positions.keys().any(|id| !market(*id).is_warm(now));
        if !due && lacks && cold {
            names.push("a market that is not warm is not liquidated");
        }
        if due && lacks && closed && !cold {
            names.push("a closed market is liquidated");
        }
        let left = &after.accounts[account.0 as usize].positions;
        if lacks
            && margin.equity > 0
            && left.keys().any(|id| market(*id).halt.is_some() && !market(*id).is_closed(now))
        {
            names.push("passed over in a halt");
        }
    }
    names
}
