//! Markets that settled and pools that are resolved: compared, what no input may do to them, and what was done, by name.

use ballast_naive::{Exchange, Market, Pause, Pool, Settled, Stage};
use ballast_state::{State, minutes_index};
use ballast_types::{
    AccountId, AssetId, Causes, Event, Input, L1Payload, MarketId, Millis, Order, Outcome, RejectCode,
    RemovalReason, Source, Status, SystemCommand, UserCommand,
    event::Cover,
    limits::{FUND_ACCOUNT, NEW_ACCOUNT},
};

/// What lives with ends are there to meet.
pub(crate) const ALL: &[&str] = &[
    "MarketSettled",
    "PositionSettled",
    "ResolutionBegan",
    "PoolResolved",
    "settled by a report",
    "settled by its date",
    "settled in silence",
    "settled with its pool",
    "settled at the price of its last hour",
    "settled at an older price",
    "settled at nothing",
    "settled out of a halt",
    "settled while the guardian restricted it",
    "settled while orders waited",
    "settled while a forced order waited",
    "not settled, as its price came back",
    "removed Settled",
    "swept while it waited",
    "a forced order was swept",
    "an order in a market that settled",
    "the guardian and a market that settled",
    "a report passed over",
    "a price that nobody may say, passed over",
    "a list to be cashed: UnknownMarket",
    "a list to be cashed: TooManyItems",
    "a list to be cashed: UnsortedPrices",
    "a list to be cashed: UnknownAccount",
    "a list to be cashed: NothingDue",
    "too early to be cashed",
    "not cashed, as he owes elsewhere",
    "in grace: a withdrawal",
    "in grace: a transfer",
    "liquidated in grace",
    "torn up in grace",
    "the last hour let orders only shrink",
    "settled with its pool at what was sampled",
    "a fund paid before its pool ended",
    "a fund paid and its pool stayed open",
    "cashed in part",
    "a gain became cash",
    "a loss became cash",
    "owes since it was cashed",
    "covered after it was cashed",
    "torn up at the price",
    "liquidated beside what is cash",
    "taken over beside what is cash",
    "traded beside what is cash",
    "withdrawn beside what is cash",
    "a pool owes",
    "a pool was made whole in time",
    "a resolution too early",
    "resolved in part",
    "covered as the pool is resolved",
    "nothing leaves: a withdrawal",
    "nothing leaves: a transfer",
    "nothing comes in: a transfer",
    "a deposit went elsewhere",
    "a gift went elsewhere",
    "a deposit went back",
    "withdrawn by the ratio",
    "transferred by the ratio",
    "opened by the ratio",
    "too little by the ratio",
    "too little by the ratio for a new account",
];

/// Compares how a market ended, and the samples by which it would.
pub(crate) fn compare_market(fast: &State, naive: &Market, id: MarketId, input: &Input) {
    let market = fast.markets.get(u32::from(id.0)).expect("listed");
    let settlement = market.settlement.map(|it| (i128::from(it.price.0), it.closed));
    let expected = naive.settled.map(|it| (it.price, it.closed));
    assert_eq!(settlement, expected, "end of {id} after {input:#?}");
    if naive.settled.is_some() {
        return;
    }
    let last = fast.venues.get(u32::from(id.0)).expect("listed").minute;
    let kept = fast.minutes.get(minutes_index(id));
    let kept = kept.iter().flat_map(|minutes| &minutes.samples).chain([&last]);
    let told: Vec<_> =
        kept.filter(|it| it.index.0 > 0).map(|minute| (minute.number, i128::from(minute.index.0))).collect();
    let expected: Vec<_> = naive.minutes.iter().map(|(minute, index)| (*minute, *index)).collect();
    assert_eq!(told, expected, "minutes of {id} after {input:#?}");
}

/// Compares how long a pool owes, and how far its resolution is.
pub(crate) fn compare_pool(fast: &ballast_state::Pool, naive: &Pool, input: &Input) {
    let since = naive.owes_since.unwrap_or_default();
    assert_eq!(fast.resolution.owes_since, since, "since when it owes after {input:#?}");
    let stage = match fast.resolution.stage {
        ballast_state::Stage::Open => Stage::Open,
        ballast_state::Stage::Settling { next } => Stage::Settling(next.0 as usize),
        ballast_state::Stage::Resolved { ratio } => Stage::Resolved(ratio.into()),
    };
    assert_eq!(stage, naive.stage, "resolution after {input:#?}");
    let pause = naive.pause.map_or_else(Default::default, |Pause { since, until }| (since, until));
    assert_eq!((fast.pause.since, fast.pause.until), pause, "pause after {input:#?}");
}

fn ids(naive: &Exchange) -> Vec<MarketId> {
    (0..naive.markets.len()).map(|id| MarketId(u16::try_from(id).expect("few"))).collect()
}

fn market(naive: &Exchange, id: MarketId) -> Option<&Market> {
    naive.markets.get(usize::from(id.0))
}

fn has_settled(naive: &Exchange, id: MarketId) -> bool {
    market(naive, id).is_some_and(|it| it.settled.is_some())
}

/// Whether what ended stays so, nobody loses by being cashed or not, and there is enough for all who are paid by a ratio.
pub(crate) fn check(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) {
    for (was, is) in before.markets.iter().zip(&after.markets) {
        let Some(Settled { price, closed }) = was.settled else { continue };
        let it = is.settled.expect("it ended");
        assert_eq!(
            (it.price, is.mark, is.index, is.funding),
            (price, was.mark, was.index, was.funding),
            "after {input:#?}"
        );
        let cashes = outcome.events.iter().any(|event| matches!(event, Event::PositionSettled { .. }));
        assert!(it.closed == closed || cashes, "after {input:#?}");
    }
    let rank = |pool: &Pool| match pool.stage {
        Stage::Open => 0,
        Stage::Settling(_) => 1,
        Stage::Resolved(_) => 2,
    };
    for (was, is) in before.pools.iter().zip(&after.pools) {
        assert!(rank(is) >= rank(was), "{was:?} to {is:?} after {input:#?}");
        assert_eq!(is.owes_since.is_some(), is.deficit > 0, "{is:?} after {input:#?}");
    }
    if let Source::System(SystemCommand::SettlePositions { .. }) = &input.source {
        for id in (0..u32::try_from(after.accounts.len()).expect("few")).map(AccountId) {
            let told = |naive: &Exchange| {
                let it = naive.margin(id);
                [it.equity, it.weighted, it.withdrawing, it.required, it.maintenance]
            };
            assert_eq!(told(before), told(after), "{id} after {input:#?}");
        }
    }
    for (place, pool) in after.pools.iter().enumerate() {
        let Stage::Resolved(ratio) = pool.stage else { continue };
        // The fund and fees paid before it was resolved, so something is missing.
        assert!(ratio < 1_000_000_000, "{pool:?} after {input:#?}");
        let of_pool = |id: &AccountId| usize::from(after.accounts[id.0 as usize].pool.0) == place;
        let accounts = (0..u32::try_from(after.accounts.len()).expect("few")).map(AccountId);
        let paid = accounts
            .filter(of_pool)
            .map(|id| after.accounts[id.0 as usize].cash.max(0) * ratio / 1_000_000_000);
        assert!(paid.sum::<i128>() <= pool.held(), "{pool:?} after {input:#?}");
    }
}

/// What had to do with ends, by name.
pub(crate) fn seen(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    names.extend(markets(before, after, input, outcome).into_iter().map(str::to_owned));
    names.extend(positions(before, after, input, outcome).into_iter().map(str::to_owned));
    names.extend(pools(before, after, input, outcome).into_iter().map(str::to_owned));
    if let (Source::System(SystemCommand::SettlePositions { .. }), Status::Rejected(rejection)) =
        (&input.source, outcome.status)
    {
        names.push(format!("a list to be cashed: {:?}", rejection.code));
    }
    names.extend(in_grace(before, input, outcome).into_iter().map(str::to_owned));
    names
}

fn named(facts: &[(bool, &'static str)]) -> Vec<&'static str> {
    facts.iter().filter_map(|(holds, name)| holds.then_some(*name)).collect()
}

/// What had to do with the minute after a market settled, and with its last hour.
fn in_grace(before: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let is_early = |id: MarketId| market(before, id).is_some_and(|it| it.is_in_grace(input.time));
    let early = ids(before).into_iter().any(is_early);
    let of_early = |id: AccountId| {
        let account = before.accounts.get(id.0 as usize);
        account.is_some_and(|it| it.positions.keys().any(|id| is_early(*id)))
    };
    let is_uncertain = is_refused(outcome, RejectCode::UncertainOracle);
    let mut names = match &input.source {
        Source::System(SystemCommand::SettlePositions { market, accounts }) => {
            let owes = |id: &AccountId| {
                let account = before.accounts.get(id.0 as usize);
                let has = account.is_some_and(|it| it.positions.contains_key(market));
                has && !is_early(*market) && has_settled(before, *market) && before.owes_elsewhere(*id)
            };
            let told = outcome.status == Status::Accepted || is_refused(outcome, RejectCode::NothingDue);
            named(&[
                (is_early(*market) && is_refused(outcome, RejectCode::NothingDue), "too early to be cashed"),
                (told && accounts.iter().any(owes), "not cashed, as he owes elsewhere"),
            ])
        }
        Source::User { command: UserCommand::Withdraw(it), .. } => {
            named(&[(is_uncertain && of_early(it.account), "in grace: a withdrawal")])
        }
        Source::User { command: UserCommand::Transfer(it), .. } => {
            named(&[(is_uncertain && of_early(it.account), "in grace: a transfer")])
        }
        _ => Vec::new(),
    };
    for event in &outcome.events {
        names.extend(match *event {
            Event::Liquidated { .. } if early => Some("liquidated in grace"),
            Event::Deleveraged { market, .. } if is_early(market) => Some("torn up in grace"),
            Event::OperationRejected { rejection, .. } if rejection.code == RejectCode::MarketReduceOnly => {
                let id = u16::try_from(rejection.value).expect("a market");
                let is_ending =
                    market(before, MarketId(id)).is_some_and(|it| it.causes.any_of(Causes::ENDING));
                is_ending.then_some("the last hour let orders only shrink")
            }
            _ => None,
        });
    }
    names
}

fn markets(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let now = input.time;
    let mut names = Vec::new();
    for id in ids(after) {
        if has_settled(before, id) || !has_settled(after, id) {
            continue;
        }
        let was = &before.markets[usize::from(id.0)];
        let price = after.markets[usize::from(id.0)].settled.expect("it ended").price;
        let by_pool = matches!(input.source, Source::System(SystemCommand::Resolve { .. }));
        let is_dated = was.params.settles_at > Millis(0) && now >= was.params.settles_at;
        let in_hour = was.minutes.keys().any(|minute| minute * 60_000 + 3_600_000 >= was.params.settles_at.0);
        let waits = |forced: bool| {
            was.orders.iter().any(|order| order.waits.is_some() && (order.is_forced() || !forced))
        };
        let is_restricted = now < was.batch_until || now < was.reduce_until;
        names.extend(named(&[
            (matches!(input.source, Source::Publisher { .. }), "settled by a report"),
            (is_dated && !by_pool, "settled by its date"),
            (is_dated && !by_pool && price > 0 && in_hour, "settled at the price of its last hour"),
            (!by_pool && price > 0 && !(is_dated && in_hour), "settled at an older price"),
            (!is_dated && !by_pool, "settled in silence"),
            (by_pool, "settled with its pool"),
            (by_pool && price != was.fresh_mark, "settled with its pool at what was sampled"),
            (price == 0, "settled at nothing"),
            (was.halt.is_some(), "settled out of a halt"),
            (is_restricted, "settled while the guardian restricted it"),
            (waits(false), "settled while orders waited"),
            (waits(true), "settled while a forced order waited"),
        ]));
    }
    match &input.source {
        Source::Guardian { .. } if is_refused(outcome, RejectCode::MarketSettled) => {
            names.push("the guardian and a market that settled");
        }
        Source::Publisher { report, .. } if outcome.status == Status::Accepted => {
            let over = || report.prices.iter().filter(|it| has_settled(before, it.market));
            let is_odd = over().any(|it| it.price.0 == 0 || it.price.0 > 1 << 40);
            names.extend(named(&[
                (over().next().is_some(), "a report passed over"),
                (is_odd, "a price that nobody may say, passed over"),
            ]));
            let back = |id: &MarketId| {
                let (was, is) = (&before.markets[usize::from(id.0)], &after.markets[usize::from(id.0)]);
                let was_silent = was.index > 0 && now.0 - was.mark_time.0 >= 86_400_000;
                was_silent && is.settled.is_none() && is.mark_time == now
            };
            names.extend(ids(after).iter().any(back).then_some("not settled, as its price came back"));
        }
        _ => {}
    }
    names
}

fn is_refused(outcome: &Outcome, code: RejectCode) -> bool {
    matches!(outcome.status, Status::Rejected(rejection) if rejection.code == code)
}

fn positions(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    let order = |market: MarketId, id| -> Option<&Order> {
        before.markets[usize::from(market.0)].orders.iter().find(|order| order.id == id)
    };
    let has_cash = |id: AccountId| {
        before
            .accounts
            .get(id.0 as usize)
            .is_some_and(|it| it.positions.keys().any(|id| has_settled(before, *id)))
    };
    for event in &outcome.events {
        names.extend(match *event {
            Event::OrderRemoved { market, order: id, reason: RemovalReason::Settled, .. } => {
                let order = order(market, id).expect("it was open");
                named(&[
                    (order.waits.is_some(), "swept while it waited"),
                    (order.is_forced(), "a forced order was swept"),
                ])
            }
            Event::OperationRejected { rejection, .. } if rejection.code == RejectCode::MarketSettled => {
                vec!["an order in a market that settled"]
            }
            Event::PositionSettled { market, account, cash, .. } => {
                let was = &before.accounts[account.0 as usize];
                let gain = i128::from(cash.0) - was.cash - was.positions[&market].basis;
                let is_last = after.accounts[account.0 as usize].positions.is_empty();
                named(&[
                    (gain > 0, "a gain became cash"),
                    (gain < 0, "a loss became cash"),
                    (cash.0 < 0 && is_last, "owes since it was cashed"),
                ])
            }
            Event::Liquidated { account, .. } if has_cash(account) => vec!["liquidated beside what is cash"],
            Event::TakenOver { account, .. } if has_cash(account) => vec!["taken over beside what is cash"],
            Event::Deleveraged { market, size, .. } if size.0 != 0 && has_settled(before, market) => {
                vec!["torn up at the price"]
            }
            Event::Fill { maker, taker, .. } if has_cash(maker) || has_cash(taker) => {
                vec!["traded beside what is cash"]
            }
            Event::Withdrawn { account, asset: AssetId::USDC, .. } if has_cash(account) => {
                vec!["withdrawn beside what is cash"]
            }
            Event::DeficitCovered { by: Cover::Pool, .. } => {
                let resolves = matches!(input.source, Source::System(SystemCommand::Resolve { .. }));
                let ended = after.markets.iter().any(|it| it.settled.is_some_and(|it| it.closed != 0));
                named(&[
                    (resolves, "covered as the pool is resolved"),
                    (!resolves && ended, "covered after it was cashed"),
                ])
            }
            _ => Vec::new(),
        });
    }
    let left = |id: &MarketId| {
        let open = after.accounts.iter().any(|account| account.positions.contains_key(id));
        open && market(after, *id).and_then(|it| it.settled).is_some_and(|it| it.closed != 0)
    };
    names.extend(ids(after).iter().any(left).then_some("cashed in part"));
    names
}

fn pools(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    for (was, is) in before.pools.iter().zip(&after.pools) {
        names.extend(named(&[
            (was.owes_since.is_none() && is.owes_since.is_some(), "a pool owes"),
            (
                was.owes_since.is_some() && is.owes_since.is_none() && is.stage == Stage::Open,
                "a pool was made whole in time",
            ),
        ]));
    }
    let pool_of = |id: AccountId| before.accounts.get(id.0 as usize).map(|it| it.pool);
    let stage = |id: AccountId| pool_of(id).map(|pool| before.pools[usize::from(pool.0)].stage);
    let by_ratio = |id| matches!(stage(id), Some(Stage::Resolved(ratio)) if ratio < 1_000_000_000);
    let is_in_resolution = is_refused(outcome, RejectCode::PoolInResolution);
    match &input.source {
        Source::System(SystemCommand::Resolve { pool }) => {
            let early = before.pools.get(usize::from(pool.0)).is_some_and(|it| it.owes_since.is_some());
            let early = early && is_refused(outcome, RejectCode::NothingDue);
            names.extend(early.then_some("a resolution too early"));
        }
        Source::User { command: UserCommand::Withdraw(_), .. } if is_in_resolution => {
            names.push("nothing leaves: a withdrawal");
        }
        Source::User { command: UserCommand::Transfer(it), .. } => {
            let is_short = by_ratio(it.account) && it.amount.0 > 0;
            let comes = before.pools.get(usize::from(it.pool.0)).is_some_and(|it| it.stage != Stage::Open);
            let rejection = match outcome.status {
                Status::Rejected(rejection) => Some((rejection.code, rejection.limit)),
                Status::Accepted => None,
            };
            let is_new = it.to == AccountId(NEW_ACCOUNT);
            names.extend(named(&[
                (is_in_resolution && comes, "nothing comes in: a transfer"),
                (is_in_resolution && !comes, "nothing leaves: a transfer"),
                (
                    is_short && rejection == Some((RejectCode::InsufficientFunds, 0)),
                    "too little by the ratio",
                ),
                (
                    is_short
                        && is_new
                        && it.amount.0 >= 1_000_000
                        && matches!(rejection, Some((RejectCode::InvalidAmount, _))),
                    "too little by the ratio for a new account",
                ),
            ]));
        }
        Source::L1(message) => {
            if let L1Payload::Deposit { account, .. } = message.payload {
                names.extend(deposited(before, account, outcome));
            }
        }
        _ => {}
    }
    names.extend(paid(before, outcome));
    names
}

/// What a fund paid before its pool ended, and what a pool pays when it has.
fn paid(before: &Exchange, outcome: &Outcome) -> Vec<&'static str> {
    let by_ratio = |id: AccountId| {
        let account = before.accounts.get(id.0 as usize);
        account.is_some_and(|it| matches!(before.pools[usize::from(it.pool.0)].stage, Stage::Resolved(_)))
    };
    let has_begun = outcome.events.iter().any(|event| matches!(event, Event::ResolutionBegan { .. }));
    let first = FUND_ACCOUNT - u32::from(u16::MAX);
    let name = |event: &Event| match *event {
        Event::DeficitCovered { account, .. } if account.0 >= first && has_begun => {
            Some("a fund paid before its pool ended")
        }
        Event::DeficitCovered { account, .. } if account.0 >= first => {
            Some("a fund paid and its pool stayed open")
        }
        Event::PoolResolved { .. } => Some("resolved in part"),
        Event::Withdrawn { account, .. } if by_ratio(account) => Some("withdrawn by the ratio"),
        Event::Transferred { account, fee, .. } if by_ratio(account) => {
            Some(if fee.0 > 0 { "opened by the ratio" } else { "transferred by the ratio" })
        }
        _ => None,
    };
    outcome.events.iter().filter_map(name).collect()
}

/// What became of a deposit that names an account, or a fund.
fn deposited(before: &Exchange, account: AccountId, outcome: &Outcome) -> Vec<&'static str> {
    let pools = u32::try_from(before.pools.len()).expect("at most 16");
    let is_ended = |pool: &Pool| pool.stage != Stage::Open;
    let of_ended = before
        .accounts
        .get(account.0 as usize)
        .is_some_and(|it| is_ended(&before.pools[usize::from(it.pool.0)]));
    let opened = matches!(outcome.events[..], [Event::Deposited { opened: true, .. }]);
    let back = matches!(outcome.events[..], [Event::Withdrawn { account: AccountId(NEW_ACCOUNT), .. }]);
    let of_fund = (NEW_ACCOUNT - pools..NEW_ACCOUNT).contains(&account.0);
    named(&[
        (opened && of_ended, "a deposit went elsewhere"),
        (before.pools.iter().any(is_ended) && of_fund && (opened || back), "a gift went elsewhere"),
        (back, "a deposit went back"),
    ])
}
