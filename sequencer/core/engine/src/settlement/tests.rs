use alloc::{vec, vec::Vec};

use ballast_state::{Settlement, Stage};
use ballast_types::{
    AccountId, Causes, Cover, Event, MarketId, MarketMode, Millis, Outcome, PoolId, PriceTicks, Quote,
    RejectCode, Rejection, RemovalReason, Source, Status, SystemCommand,
    limits::{
        ENDING_MS, FUND_ACCOUNT, MAX_AMOUNT, MINUTE_MS, NEW_ACCOUNT, RATIO_WHOLE, SETTLEMENT_GRACE_MS,
        SETTLEMENT_MS,
    },
};

use crate::{
    facts, mode_of,
    world::{
        ALT, BTC, MEME, ONE, PRICE, SILO, USDC, World, altcoin, assert_code, assert_rejected, bitcoin, buy,
        owner, sell,
    },
};

mod properties;

/// When [`dated`] settles.
const END: u64 = 100 * MINUTE_MS;

/// ALT settles at [`END`]; accounts 0 to 3 have 100,000 USDC each. An hour and a half passed since the first price.
fn dated() -> World {
    let mut alt = altcoin();
    alt.settles_at = Millis(END);
    let mut world = World::of(vec![bitcoin(), alt]);
    world.time = 9 * MINUTE_MS;
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    for n in 0..4 {
        assert_eq!(world.deposit(owner(n), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
    }
    world
}

/// A price for each minute from `first` on.
fn minutes(world: &mut World, first: u64, prices: &[u64]) {
    for (minute, price) in (first..).zip(prices) {
        world.time = minute * MINUTE_MS + 30_000;
        world.set_prices(&[(BTC, PRICE), (ALT, *price)]);
    }
}

fn settled(outcome: &Outcome) -> Vec<(u32, i64, i64)> {
    let told = outcome.events.iter().filter_map(|event| match event {
        Event::PositionSettled { account, size, cash, .. } => Some((account.0, size.0, cash.0)),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_dated_market_settles_with_the_first_report_at_the_median_of_its_last_hour() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 100_000);
    // Long before the last hour it was dearer.
    minutes(&mut world, 20, &[1_100, 1_150]);
    minutes(&mut world, 50, &[1_080, 1_020, 1_030]);
    assert_rejected(world.settle(ALT).status, RejectCode::NothingDue);
    let before = world.leaves.clone();
    let from = world.log.len();
    let equity = world.summary(0).equity;
    world.time = END;
    let outcome = world.report(0, world.time, &[(BTC, PRICE), (ALT, 1_200)]);
    let price = PriceTicks(1_030);
    assert!(outcome.events.contains(&Event::MarketSettled { market: ALT, price }));
    assert_eq!(mode_of(&world.x.state, Millis(END), ALT), (MarketMode::Settled, Causes::NONE));
    assert_eq!(world.settlement(ALT), Some(Settlement { price, closed: 0 }));
    assert_eq!(facts::market(&world.x.state, ALT).mark, price);
    // What more is said of it is passed over, whatever it is, and the others go on.
    let told = world.report(0, world.time + 1, &[(ALT, 1)]);
    assert_eq!((told.status, told.events.len()), (Status::Accepted, 0));
    world.time += MINUTE_MS;
    world.set_prices(&[(BTC, PRICE + 10), (ALT, 5)]);
    assert_eq!(facts::market(&world.x.state, BTC).mark, PriceTicks(PRICE + 10));
    // Positions are cash, without having been named: 100,000 lots at 10.30 for what cost 10.00.
    let summary = world.summary(0);
    assert_eq!((summary.initial, summary.maintenance, summary.notional), (0, 0, 0));
    assert_eq!(summary.withdrawable, summary.equity);
    assert_eq!(summary.equity, equity, "it last was at 10.30");
    world.check_lazy(&before, from);
}

#[test]
fn nothing_trades_where_it_settled_and_cancels_always_work() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 100_000);
    let left = world.rest(2, ALT, buy(950, 1_000));
    let other = world.rest(2, ALT, buy(940, 1_000));
    minutes(&mut world, 99, &[1_000]);
    world.time = END;
    assert_eq!(world.settle(ALT).status, Status::Accepted);
    assert_rejected(world.settle(ALT).status, RejectCode::NothingDue);
    assert_code(world.place(2, ALT, buy(1_000, 5)), RejectCode::MarketSettled);
    assert_rejected(world.clear(ALT).status, RejectCode::NothingDue);
    let word = world.restrict(ALT, MarketMode::Halt, world.time + 1_000);
    assert_rejected(word.status, RejectCode::MarketSettled);
    let word = world.restrict(BTC, MarketMode::Settled, world.time + 1_000);
    assert_rejected(word.status, RejectCode::InvalidOption);
    world.cancel(2, ALT, left).expect("a cancel is never refused");
    let swept = world.input(Source::System(SystemCommand::Sweep { orders: vec![(ALT, other)] }));
    assert!(matches!(swept.events[..], [Event::OrderRemoved { reason: RemovalReason::Settled, .. }]));
    assert_eq!(world.summary(2).initial, 0);
}

#[test]
fn positions_become_cash_one_after_the_other() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 100_000);
    world.trade(2, 1, ALT, 1_000, 50_000);
    assert_rejected(world.settle_positions(ALT, &[0]).status, RejectCode::NothingDue);
    minutes(&mut world, 99, &[1_050]);
    world.time = END;
    assert_eq!(world.settle(ALT).status, Status::Accepted);
    world.time += SETTLEMENT_GRACE_MS;
    let equity: Vec<_> = (0..4).map(|account| world.summary(account).equity).collect();
    for (accounts, code) in [
        (&[][..], RejectCode::UnsortedPrices),
        (&[1, 0], RejectCode::UnsortedPrices),
        (&[0, 9], RejectCode::UnknownAccount),
        (&[3], RejectCode::NothingDue),
    ] {
        assert_rejected(world.settle_positions(ALT, accounts).status, code);
    }
    let many: Vec<u32> = (0..257).collect();
    assert_rejected(world.settle_positions(ALT, &many).status, RejectCode::TooManyItems);
    assert_rejected(world.settle_positions(MarketId(7), &[0]).status, RejectCode::UnknownMarket);
    let before = world.leaves.clone();
    let from = world.log.len();
    let outcome = world.settle_positions(ALT, &[0, 3]);
    assert_eq!(settled(&outcome), [(0, 100_000, i64::try_from(equity[0]).expect("small"))]);
    assert_eq!(world.settlement(ALT).map(|it| it.closed), Some(100_000));
    assert_eq!(facts::venue(&world.x.state, ALT).open_interest.0, 50_000);
    world.settle_positions(ALT, &[1, 2]);
    assert_eq!(world.settlement(ALT).map(|it| it.closed), Some(0));
    assert_eq!(facts::venue(&world.x.state, ALT).open_interest.0, 0);
    for account in 0..4 {
        assert_eq!(i128::from(world.cash(account)), equity[account as usize]);
        let all = world.cash(account);
        assert_eq!(world.withdraw(owner(account as u8), account, all), Status::Accepted);
    }
    world.check_lazy(&before, from);
}

#[test]
fn a_market_without_a_price_for_a_day_settles_at_what_it_last_was() {
    let mut world = dated();
    world.trade(0, 1, BTC, PRICE, ONE);
    let gone = world.time;
    assert_rejected(world.settle(MarketId(7)).status, RejectCode::UnknownMarket);
    world.time = gone + SETTLEMENT_MS - 1;
    assert_rejected(world.settle(BTC).status, RejectCode::NothingDue);
    assert_rejected(world.withdraw(owner(0), 0, USDC), RejectCode::InvalidOracle);
    world.time = gone + SETTLEMENT_MS;
    assert_eq!(world.settle(BTC).status, Status::Accepted);
    assert_eq!(world.settlement(BTC).map(|it| it.price), Some(PriceTicks(PRICE)));
    // Nobody waits for a price that never comes.
    world.time += SETTLEMENT_GRACE_MS;
    assert_eq!(world.withdraw(owner(0), 0, USDC), Status::Accepted);
}

#[test]
fn a_market_that_never_opened_just_closes() {
    let mut alt = altcoin();
    alt.settles_at = Millis(END);
    let mut world = World::of(vec![bitcoin(), alt]);
    world.time = END + 1;
    assert_rejected(world.settle(BTC).status, RejectCode::NothingDue);
    assert_eq!(world.settle(ALT).status, Status::Accepted);
    assert_eq!(world.settlement(ALT).map(|it| it.price), Some(PriceTicks(0)));
}

#[test]
fn who_won_from_a_bankrupt_account_pays_as_long_as_he_is_not_cashed() {
    let mut world = dated();
    // 0 is long of 20,000 coins at 10, and has 100,000: at 4.50 it owes 10,000 and fees.
    world.trade(0, 1, ALT, 1_000, 20_000_000);
    minutes(&mut world, 99, &[450]);
    world.time = END;
    assert_eq!(world.settle(ALT).status, Status::Accepted);
    let owed = world.summary(0).equity;
    assert!(owed < 0);
    let named = world.liquidate(0).events;
    assert!(matches!(named[..], [Event::Liquidated { .. }, Event::PoolPaused { .. }]), "{named:?}");
    let rich = world.summary(1).equity;
    assert_eq!(world.deleverage(ALT, &[0], &[1]).status, Status::Accepted);
    assert_eq!((world.cash(0), i128::from(world.cash(1))), (0, rich + owed));
    assert_eq!(world.pool().deficit, Quote(0));
}

/// Whoever was quick was cashed before anybody was named, and the others bore what he had won.
#[test]
fn a_winner_was_cashed_before_any_loser_was_named() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 20_000_000);
    minutes(&mut world, 99, &[450]);
    world.time = END;
    let price = PriceTicks(450);
    let told = world.settle(ALT);
    assert!(told.events.contains(&Event::MarketSettled { market: ALT, price }));
    assert_eq!(facts::market(&world.x.state, ALT).mark_time, Millis(END));
    assert_rejected(world.settle_positions(ALT, &[1]).status, RejectCode::NothingDue);
    world.time = END + SETTLEMENT_GRACE_MS - 1;
    assert_rejected(world.settle_positions(ALT, &[1]).status, RejectCode::NothingDue);
    let owed = world.summary(0).equity;
    let rich = world.summary(1).equity;
    assert_eq!(world.deleverage(ALT, &[0], &[1]).status, Status::Accepted);
    assert_eq!((i128::from(world.cash(1)), world.pool().deficit), (rich + owed, Quote(0)));
}

#[test]
fn positions_become_cash_when_the_grace_is_over() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 1_000);
    minutes(&mut world, 99, &[1_010]);
    world.time = END;
    world.settle(ALT);
    world.time = END + SETTLEMENT_GRACE_MS;
    assert_eq!(settled(&world.settle_positions(ALT, &[0, 1])).len(), 2);
}

#[test]
fn a_gain_left_before_the_hole_of_who_lost_it_was_known() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 20_000_000);
    minutes(&mut world, 99, &[450]);
    world.time = END;
    world.settle(ALT);
    let uncertain = Rejection::new(RejectCode::UncertainOracle, ALT.0, 0);
    assert_eq!(world.withdraw(owner(1), 1, USDC), Status::Rejected(uncertain));
    world.time = END + SETTLEMENT_GRACE_MS - 1;
    assert_eq!(world.transfer(1, NEW_ACCOUNT, PoolId(0), 2 * USDC).status, Status::Rejected(uncertain));
    assert_eq!(world.withdraw(owner(2), 2, USDC), Status::Accepted, "he has nothing there");
    world.time = END + SETTLEMENT_GRACE_MS;
    assert_eq!(world.withdraw(owner(1), 1, USDC), Status::Accepted);
}

#[test]
fn who_knew_the_price_of_the_last_hour_opened_at_a_mark_beside_it() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 1_000);
    let told = |world: &World| mode_of(&world.x.state, Millis(world.time), ALT);
    world.time = END - ENDING_MS - 3_000;
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    world.time = END - ENDING_MS - 2;
    world.try_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    assert_eq!(told(&world), (MarketMode::Normal, Causes::NONE));
    world.try_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    assert_eq!(told(&world), (MarketMode::ReduceOnly, Causes::ENDING));
    let changed = world.log.iter().rev().take(3).flat_map(|(_, outcome)| &outcome.events);
    let ending = |event: &&Event| {
        matches!(
            event,
            Event::ModeChanged { market: ALT, mode: MarketMode::ReduceOnly, causes: Causes::ENDING, .. }
        )
    };
    assert_eq!(changed.filter(ending).count(), 1);
    assert_code(world.place(2, ALT, buy(1_000, 5)), RejectCode::MarketReduceOnly);
    world.place(2, BTC, buy(PRICE, 5)).expect("others go on");
    world.place(0, ALT, sell(1_000, 1_000)).expect("it closes");
}

/// Cash of the loss was a debt, of which his other position, all that he had left, bore the whole.
#[test]
fn a_loss_in_a_settled_market_was_charged_to_the_winners_of_another() {
    let mut world = dated();
    // 0 is long against 1 in what settles, and against 2 in what goes on and did not move.
    world.trade(0, 1, ALT, 1_000, 20_000_000);
    world.trade(0, 2, BTC, PRICE, 1_000);
    minutes(&mut world, 99, &[450]);
    world.time = END + 1;
    world.settle(ALT);
    world.time += SETTLEMENT_GRACE_MS;
    world.set_prices(&[(BTC, PRICE)]);
    assert!(world.summary(0).equity < 0);
    assert_rejected(world.settle_positions(ALT, &[0]).status, RejectCode::NothingDue);
    assert_eq!(settled(&world.settle_positions(ALT, &[0, 1])).len(), 1, "he is passed over");
    let others = world.summary(2).equity;
    assert_eq!(world.deleverage(BTC, &[0], &[2]).status, Status::Accepted);
    assert_eq!(world.summary(2).equity, others, "who won nothing from him pays nothing");
    // Nothing of his is open any more: now it is cash, and his pool's.
    let (owed, fees) = (world.summary(0).equity, i128::from(world.pool().fees.0));
    assert_eq!(settled(&world.settle_positions(ALT, &[0])).len(), 1);
    assert_eq!(world.liquidate(0).status, Status::Accepted);
    assert_eq!((world.cash(0), i128::from(world.pool().deficit.0)), (0, -owed - fees));
}

/// His account needs nothing any more, so nothing at all is as much as it needs.
#[test]
fn who_has_nothing_left_where_all_is_cash_is_bankrupt() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 20_000_000);
    minutes(&mut world, 99, &[450]);
    world.time = END;
    world.settle(ALT);
    let owed = i64::try_from(-world.summary(0).equity).expect("small");
    world.deposit(owner(0), 0, owed);
    let torn_up = world.deleverage(ALT, &[0], &[1]);
    assert!(matches!(torn_up.events[0], Event::Liquidated { level: 3, equity: 0, maintenance: 0, .. }));
}

#[test]
fn who_is_bankrupt_as_cash_is_covered() {
    let mut world = dated();
    world.trade(0, 1, ALT, 1_000, 20_000_000);
    minutes(&mut world, 99, &[450]);
    world.time = END;
    world.settle(ALT);
    let owed = world.summary(0).equity;
    let fees = i128::from(world.pool().fees.0);
    world.time += SETTLEMENT_GRACE_MS;
    world.settle_positions(ALT, &[0, 1]);
    assert_eq!(world.liquidate(0).status, Status::Accepted);
    assert_eq!((world.cash(0), i128::from(world.pool().deficit.0)), (0, -owed - fees));
}

/// The silo owes: 6 lost more than it had to 5, who closed against 7. 5 is long of a million lots against 7. Next to
/// nothing stands behind them.
fn owing() -> World {
    let mut world = World::siloed(3, USDC, USDC);
    for (from, amount) in [(2, 10_001), (3, 10_001), (4, 30_001)] {
        assert_eq!(world.transfer(from, NEW_ACCOUNT, SILO, amount * USDC).status, Status::Accepted);
    }
    world.trade(6, 5, MEME, 1_000, 5_000_000);
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000), (MEME, 790)]);
    world.trade(5, 7, MEME, 790, 5_000_000);
    assert_eq!(world.deleverage(MEME, &[6], &[7]).status, Status::Accepted);
    world.trade(5, 7, MEME, 790, 1_000_000);
    assert!(world.ledger(SILO).deficit > Quote(0));
    world
}

/// [`owing`], a day later; its market had a price all the time.
fn due() -> World {
    let mut world = owing();
    world.time += SETTLEMENT_MS;
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000), (MEME, 800)]);
    world
}

#[test]
fn a_pool_that_nobody_makes_whole_pays_everybody_the_same_part() {
    let mut world = owing();
    assert_rejected(world.resolve(SILO).status, RejectCode::NothingDue);
    assert_rejected(world.resolve(PoolId(9)).status, RejectCode::UnknownPool);
    assert_rejected(world.withdraw(owner(4), 7, USDC), RejectCode::PoolInDeficit);
    let mut world = due();
    let before = world.leaves.clone();
    let from = world.log.len();
    // The lower of the two samples.
    let price = PriceTicks(790);
    let begun = world.resolve(SILO);
    let told = [Event::ResolutionBegan { pool: SILO }, Event::MarketSettled { market: MEME, price }];
    assert!(begun.events.windows(2).any(|two| two == told), "{begun:?}");
    assert_eq!(world.settlement(BTC), None, "others go on");
    assert_rejected(world.withdraw(owner(4), 7, USDC), RejectCode::UncertainOracle);
    world.time += SETTLEMENT_GRACE_MS;
    assert_rejected(world.withdraw(owner(4), 7, USDC), RejectCode::PoolInResolution);
    let ended = world.resolve(SILO);
    assert_eq!(settled(&ended).len(), 2);
    let ledger = world.ledger(SILO);
    let claims: i64 = [1, 5, 6, 7].map(|account| world.cash(account)).iter().sum();
    let fees = ledger.fees.0 + ledger.fund.0;
    assert_eq!(i128::from(claims + fees), ledger.held() + i128::from(ledger.deficit.0));
    let ratio = i128::from(RATIO_WHOLE) * ledger.held() / i128::from(claims);
    let ratio = u32::try_from(ratio).expect("less than all");
    assert!(ratio < RATIO_WHOLE && ledger.resolution.stage == Stage::Resolved { ratio });
    assert!(ended.events.contains(&Event::PoolResolved { pool: SILO, ratio }));
    assert_rejected(world.resolve(SILO).status, RejectCode::NothingDue);

    let part = |amount: i64| i128::from(amount) * i128::from(ratio) / i128::from(RATIO_WHOLE);
    let (first, second) = (world.cash(7), world.cash(5));
    let most = Rejection::new(RejectCode::InsufficientFunds, MAX_AMOUNT, first);
    assert_eq!(
        world.withdraw(owner(4), 7, MAX_AMOUNT),
        Status::Rejected(most),
        "what it has, not what is there"
    );
    assert_eq!(world.withdraw(owner(4), 7, first), Status::Accepted);
    let paid = world.x.open_withdrawals().last().map(|leaf| i128::from(leaf.amount));
    assert_eq!(paid, Some(part(first)));
    let cash = world.cash(2);
    assert_eq!(world.transfer(5, 2, PoolId(0), second).status, Status::Accepted);
    assert_eq!(i128::from(world.cash(2) - cash), part(second));
    let left = world.ledger(SILO);
    let rounding = left.held() - part(world.cash(1));
    assert!((0..100).contains(&rounding), "what is left over is of rounding: {left:?}");
    world.check_lazy(&before, from);
}

/// Whoever traded last before its end set the price at which all of its pool were paid.
#[test]
fn what_settled_with_its_pool_settled_at_a_mark_that_was_pushed() {
    let mut world = owing();
    world.time += SETTLEMENT_MS - 4 * MINUTE_MS;
    for price in [800, 805, 810, 820] {
        world.time += MINUTE_MS;
        world.set_prices(&[(BTC, PRICE), (ALT, 1_000), (MEME, price)]);
    }
    assert_eq!(facts::market(&world.x.state, MEME).fresh_mark, PriceTicks(820));
    let begun = world.resolve(SILO);
    // Of these and the 790 of the minute in which the pool began to owe.
    let settled = Event::MarketSettled { market: MEME, price: PriceTicks(805) };
    assert!(begun.events.contains(&settled), "{begun:?}");
}

#[test]
fn a_pool_that_was_made_whole_in_time_is_not_resolved() {
    let mut world = due();
    let deficit = world.ledger(SILO).deficit.0;
    assert_eq!(world.deposit(owner(99), FUND_ACCOUNT - 1, deficit), Status::Accepted);
    assert_eq!(world.ledger(SILO).resolution.owes_since, Millis(0));
    assert_rejected(world.resolve(SILO).status, RejectCode::NothingDue);
    assert_eq!(world.withdraw(owner(4), 7, USDC), Status::Accepted);
}

/// The silo of [`owing`], owing but `deficit` u, with what else it owed in its fund.
fn owing_little(deficit: i64) -> World {
    let mut world = due();
    let owed = world.ledger(SILO).deficit.0;
    let fund = world.ledger(SILO).fund.0;
    assert_eq!(world.deposit(owner(99), FUND_ACCOUNT - 1, owed - deficit), Status::Accepted);
    assert_eq!((world.ledger(SILO).deficit.0, world.ledger(SILO).fund.0), (deficit, fund));
    world
}

/// The claim of the fund kept it from paying, and a unit that was owed for a day ended the pool.
#[test]
fn a_pool_ended_for_a_unit_that_its_fund_could_pay() {
    let mut world = owing_little(1);
    let fund = world.ledger(SILO).fund.0;
    assert!(fund > 1, "{fund}");
    let told = world.resolve(SILO);
    let account = AccountId(FUND_ACCOUNT - 1);
    assert_eq!(told.status, Status::Accepted);
    assert_eq!(told.events, [Event::DeficitCovered { account, by: Cover::Fund, amount: Quote(1) }]);
    let ledger = world.ledger(SILO);
    assert_eq!((ledger.deficit, ledger.fund.0), (Quote(0), fund - 1));
    assert_eq!((ledger.resolution.stage, ledger.resolution.owes_since), (Stage::Open, Millis(0)));
    assert_eq!(world.settlement(MEME), None);
    assert_rejected(world.resolve(SILO).status, RejectCode::NothingDue);
    assert_eq!(world.withdraw(owner(4), 7, USDC), Status::Accepted);
}

#[test]
fn a_fund_that_cannot_pay_all_pays_what_it_has_before_the_pool_ends() {
    let mut world = due();
    let before = world.ledger(SILO);
    assert!(before.fund > Quote(0) && before.fund < before.deficit, "{before:?}");
    let told = world.resolve(SILO);
    let account = AccountId(FUND_ACCOUNT - 1);
    let paid = Event::DeficitCovered { account, by: Cover::Fund, amount: before.fund };
    assert_eq!(told.events[..2], [paid, Event::ResolutionBegan { pool: SILO }]);
    let left = world.ledger(SILO);
    assert_eq!((left.fund, left.deficit.0), (Quote(0), before.deficit.0 - before.fund.0));
    assert_eq!(left.resolution.owes_since, before.resolution.owes_since);
}

#[test]
fn nothing_comes_into_a_pool_in_resolution_and_nothing_is_lost() {
    let mut world = due();
    assert_eq!(world.resolve(SILO).status, Status::Accepted);
    let (accounts, held) = (world.x.state.chain.accounts, world.ledger(SILO).held());
    for account in [5, FUND_ACCOUNT - 1] {
        assert_eq!(world.deposit(owner(2), account, 7 * USDC), Status::Accepted);
    }
    assert_eq!((world.cash(accounts), world.pool_of(accounts)), (7 * USDC, PoolId(0)));
    assert_eq!((world.cash(accounts + 1), world.ledger(SILO).held()), (7 * USDC, held));
    assert_rejected(world.transfer(2, 5, SILO, USDC).status, RejectCode::PoolInResolution);
    assert_rejected(world.transfer(2, NEW_ACCOUNT, SILO, 5 * USDC).status, RejectCode::PoolInResolution);
    assert_code(world.place(5, MEME, sell(800, 5)), RejectCode::MarketSettled);
    world.resolve(SILO);
    assert_rejected(world.transfer(5, 5, SILO, USDC).status, RejectCode::InvalidRecipient);
    // A transfer that would bring less than a new account costs is none.
    let little = world.transfer(5, NEW_ACCOUNT, PoolId(0), USDC);
    assert_rejected(little.status, RejectCode::InvalidAmount);
}
