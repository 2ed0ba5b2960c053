//! Forced requests and exits: compared, checked, and what they did by name.

use ballast_naive::{Exchange, Stage};
use ballast_state::State;
use ballast_types::{
    AccountId, Event, ForcedRequest, Input, L1Payload, MarketId, OracleState, Outcome, PoolId, RejectCode,
    RemovalReason, Source, Status, SystemCommand, UserCommand,
};

/// What lives with exits are there to meet.
pub(crate) const ALL: &[&str] = &[
    "forced CancelAll",
    "forced Withdraw",
    "forced Exit",
    "forced Liquidate",
    "forced while others wait",
    "refused CancelAll ForeignAccount",
    "refused Withdraw ForeignAccount",
    "refused Withdraw AccountExiting",
    "refused Withdraw InsufficientFunds",
    "refused Withdraw InvalidAmount",
    "refused Withdraw InvalidRecipient",
    "refused Exit BackstopOnlyReduces",
    "refused Exit ForeignAccount",
    "refused Exit InvalidRecipient",
    "refused Exit NothingDue",
    "refused Exit UnknownAccount",
    "refused Liquidate NothingDue",
    "refused Liquidate UnknownAccount",
    "a forced withdrawal took all that may leave",
    "a command of who exits",
    "due in a market",
    "due where no price came",
    "due where it settled",
    "due from a pool",
    "exits without a position",
    "exits with orders",
    "exits with a forced order",
    "exits with conditional orders",
    "exits with a scheduled cancel",
    "exit UnknownAccount",
    "exit UnknownMarket",
    "exit TooManyItems",
    "exit UnsortedPrices",
    "exit NothingDue",
    "closed on the book",
    "closed on the book in part",
    "closed by the backstop",
    "closed by the backstop in part",
    "closed by a tear-up",
    "closed by all three",
    "torn up against who owes",
    "paid what who owes lost to him",
    "torn up at the mark on average",
    "cashed where it settled",
    "cashed and paid",
    "the backstop took over what it held against",
    "closed while L1 was told of others",
    "closed without the book",
    "closed below maintenance margin",
    "a forced order left",
    "closed and paid",
    "closed and others are open",
    "paid later",
    "paid beside what waits",
    "paid nothing",
    "paid by the ratio",
    "paid and waits",
    "over with its positions",
];

/// Compares who exits, and what is counted of it.
pub(crate) fn compare(fast: &State, naive: &Exchange, input: &Input) {
    for (id, account) in (0..).zip(&naive.accounts) {
        let trader = fast.traders.get(id).expect("it exists");
        assert_eq!(trader.seldom.exit, account.exit, "exit of {id} after {input:#?}");
    }
    let count = |exiting: usize| u32::try_from(exiting).expect("few");
    let markets = (0..).map(MarketId).take(naive.markets.len());
    let markets: Vec<_> = markets.map(|id| (id, count(naive.exiting_in(id)))).filter(|it| it.1 > 0).collect();
    let pools = (0..).map(PoolId).take(naive.pools.len());
    let pools: Vec<_> = pools.map(|id| (id, count(naive.exiting_from(id)))).filter(|it| it.1 > 0).collect();
    let found =
        (0..).map(MarketId).zip(&naive.markets).filter(|(_, it)| it.found).map(|(id, _)| id).collect();
    let exits = &fast.chain.exits;
    let (told, expected) = ((&exits.markets, &exits.pools, &exits.found), (&markets, &pools, &found));
    assert_eq!(told, expected, "exits after {input:#?}");
}

fn size(naive: &Exchange, id: AccountId, market: MarketId) -> i128 {
    naive.accounts[id.0 as usize].positions.get(&market).map_or(0, |it| it.size)
}

fn is_torn(event: &Event) -> bool {
    matches!(event, Event::Deleveraged { .. })
}

/// Whether nobody but who exits is poorer by that, unless he sold or bought on the book; who exits has no order of his own;
/// and no message of L1 was consumed while an exit is due.
pub(crate) fn check(before: &Exchange, after: &Exchange, outcome: &Outcome, input: &Input) {
    if let Source::System(SystemCommand::Exit { account: exits, .. }) = input.source {
        let others = (0..).map(AccountId).take(before.accounts.len()).filter(|id| *id != exits);
        for id in others {
            let sold = |event: &Event| matches!(*event, Event::Fill { maker, .. } if maker == id);
            // What a backstop buys counts for less than it pays while it does not count in full.
            let buys = |event: &Event| {
                matches!(event, Event::CollateralSold { .. }) && before.pools[0].backstop == Some(id)
            };
            let is_excused = outcome.events.iter().any(|event| sold(event) || buys(event));
            let equity = |naive: &Exchange| naive.margin(id).equity;
            let is_poorer = equity(after) < equity(before) && !is_excused;
            assert!(!is_poorer, "equity of {id} after {input:#?}");
        }
    }
    for (id, account) in (0..).map(AccountId).zip(&after.accounts) {
        if account.exit.is_none() {
            continue;
        }
        let orders = after.markets.iter().flat_map(|market| &market.orders);
        let own = orders.filter(|order| order.account == id && !order.is_forced()).count();
        assert_eq!((own, account.conditionals.len()), (0, 0), "orders of {id} after {input:#?}");
    }
    let mut now = before.clone();
    now.time = input.time;
    if now.exit_due().is_some() {
        assert_eq!(before.l1_messages, after.l1_messages, "{input:#?}");
    }
}

/// What had to do with forced requests and exits, by name.
pub(crate) fn seen(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<String> {
    let refused = match outcome.status {
        Status::Rejected(rejection) => Some(rejection),
        Status::Accepted => None,
    };
    let mut names: Vec<String> = Vec::new();
    match &input.source {
        Source::L1(message) => {
            if let Some(rejection) = refused.filter(|it| it.code == RejectCode::ExitDue) {
                names.push(due(after, rejection.value).into());
            } else if let (L1Payload::Forced { request, .. }, Some(rejection)) = (&message.payload, refused) {
                names.push(format!("refused {request:?} {:?}", rejection.code));
            } else if let L1Payload::Forced { request, account, .. } = message.payload {
                names.push(format!("forced {request:?}"));
                names.extend(asked(before, after, request, account).into_iter().map(str::to_owned));
            }
        }
        Source::User { command: UserCommand::Operations(_) | UserCommand::Withdraw(_), .. } => {
            let is_exiting = refused.is_some_and(|it| it.code == RejectCode::AccountExiting);
            names.extend(is_exiting.then(|| "a command of who exits".into()));
        }
        Source::System(SystemCommand::Exit { account, market, .. }) => match refused {
            Some(rejection) => names.push(format!("exit {:?}", rejection.code)),
            None => names.extend(closed(before, (*account, *market), outcome).into_iter().map(str::to_owned)),
        },
        _ => {}
    }
    names.extend(ended(before, after, outcome).into_iter().map(str::to_owned));
    names
}

fn named(facts: &[(bool, &'static str)]) -> Vec<&'static str> {
    facts.iter().filter_map(|(holds, name)| holds.then_some(*name)).collect()
}

/// Where an exit is due, as a rejection tells it.
fn due(naive: &Exchange, place: i128) -> &'static str {
    let Ok(market) = u16::try_from(place) else { return "due from a pool" };
    let is_fresh = naive.oracle(MarketId(market)) == OracleState::Fresh;
    match naive.markets[usize::from(market)].settled {
        Some(_) => "due where it settled",
        None if is_fresh => "due in a market",
        None => "due where no price came",
    }
}

/// What a request was about that was taken.
fn asked(before: &Exchange, after: &Exchange, request: ForcedRequest, id: AccountId) -> Vec<&'static str> {
    let was = &before.accounts[id.0 as usize];
    let orders = || before.markets.iter().flat_map(|market| &market.orders).filter(|it| it.account == id);
    let others_exit = before.accounts.iter().any(|it| it.exit.is_some());
    let exits = request == ForcedRequest::Exit;
    named(&[
        (others_exit, "forced while others wait"),
        (
            request == ForcedRequest::Withdraw && after.withdrawable(id) == 0,
            "a forced withdrawal took all that may leave",
        ),
        (exits && was.positions.is_empty(), "exits without a position"),
        (exits && orders().next().is_some(), "exits with orders"),
        (exits && orders().any(ballast_types::Order::is_forced), "exits with a forced order"),
        (exits && !was.conditionals.is_empty(), "exits with conditional orders"),
        (exits && was.cancel_at.is_some(), "exits with a scheduled cancel"),
    ])
}

/// How a position was closed, where one was.
fn closed(before: &Exchange, (id, market): (AccountId, MarketId), outcome: &Outcome) -> Vec<&'static str> {
    let events = &outcome.events;
    let has = |test: fn(&Event) -> bool| events.iter().any(test);
    if !has(|event| matches!(event, Event::Exiting { .. })) {
        let cashed = has(|event| matches!(event, Event::PositionSettled { .. }));
        let paid = has(|event| matches!(event, Event::ExitEnded { .. }));
        return named(&[(cashed, "cashed where it settled"), (cashed && paid, "cashed and paid")]);
    }
    let average = before.markets[usize::from(market.0)].average;
    let is_strict = before.markets[usize::from(market.0)].params.strict_gains;
    let at_average = |event: &Event| match *event {
        Event::Deleveraged { price, .. } => is_strict && i128::from(price.0) == average,
        _ => false,
    };
    let paid = |event: &Event| matches!(*event, Event::Deleveraged { paid, .. } if paid.0 > 0);
    let fills = has(|event| matches!(event, Event::Fill { .. }));
    let taken = has(|event| matches!(event, Event::TakenOver { .. }));
    let is_exit = |event: &Event| matches!(event, Event::OrderRemoved { reason: RemovalReason::Exit, .. });
    let met = has(|event| matches!(event, Event::OrderAccepted { .. }));
    let margin = before.margin(id);
    let owes = |event: &Event| match *event {
        Event::Deleveraged { account, .. } if account != id => before.margin(account).equity <= 0,
        _ => false,
    };
    let others = before.accounts[id.0 as usize].positions.keys().any(|other| *other != market);
    let backstop = before.pool_of(id).backstop;
    let against = backstop.is_some_and(|it| size(before, it, market) * size(before, id, market) < 0);
    named(&[
        (taken && against, "the backstop took over what it held against"),
        (fills, "closed on the book"),
        (fills && (taken || has(is_torn)), "closed on the book in part"),
        (!met, "closed without the book"),
        (taken, "closed by the backstop"),
        (taken && has(is_torn), "closed by the backstop in part"),
        (has(is_torn), "closed by a tear-up"),
        (fills && taken && has(is_torn), "closed by all three"),
        (events.iter().any(owes), "torn up against who owes"),
        (has(paid), "paid what who owes lost to him"),
        (events.iter().any(at_average), "torn up at the mark on average"),
        (margin.equity < margin.maintenance, "closed below maintenance margin"),
        (has(is_exit), "a forced order left"),
        (
            before.accounts.iter().filter(|it| it.exit.is_some()).count() > 1,
            "closed while L1 was told of others",
        ),
        (others, "closed and others are open"),
    ])
}

/// What was paid to who no longer exits.
fn ended(before: &Exchange, after: &Exchange, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    for event in &outcome.events {
        let Event::ExitEnded { account, amount, .. } = *event else { continue };
        let (was, is) = (&before.accounts[account.0 as usize], &after.accounts[account.0 as usize]);
        let queued = |event: &Event| matches!(event, Event::WithdrawalQueued { .. });
        let pool = before.pool_of(account);
        let is_short = matches!(pool.stage, Stage::Resolved(ratio) if ratio < 1_000_000_000);
        let waits = pool.pacing.as_ref().is_some_and(|it| !it.queue.is_empty());
        names.extend(named(&[
            (!was.positions.is_empty() && is.positions.is_empty(), "closed and paid"),
            (was.positions.is_empty() && was.exit.is_some(), "paid later"),
            (amount.0 > 0 && waits && !outcome.events.iter().any(queued), "paid beside what waits"),
            (outcome.events.iter().any(queued), "paid and waits"),
            (amount.0 == 0 && is.positions.is_empty(), "paid nothing"),
            (!is.positions.is_empty(), "over with its positions"),
            (amount.0 > 0 && is_short, "paid by the ratio"),
        ]));
    }
    names
}

/// Who holds the other side of an account's position.
pub(crate) fn others(naive: &Exchange, id: AccountId, market: MarketId) -> Vec<AccountId> {
    let side = if size(naive, id, market) > 0 { ballast_types::Side::Sell } else { ballast_types::Side::Buy };
    naive.holders(market, side)
}
